/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef CONSUMERS_MLX5_H
#define CONSUMERS_MLX5_H

/* What consumers look up in libmlx5 for dma-bufs. */
#include <infiniband/mlx5dv.h>

#include "consumers.h"

struct consumer_mlx5 {
	bool (*is_supported)(struct ibv_device *device);
	struct ibv_mr *(*reg_dmabuf_mr)(struct ibv_pd *pd, uint64_t offset,
					size_t length, uint64_t iova, int fd,
					int access, int mlx5_access);
	int (*get_data_direct_path)(struct ibv_context *context, char *buf,
				    size_t length);
	struct mlx5dv_devx_umem *(*umem_reg_ex)(struct ibv_context *context,
						struct mlx5dv_devx_umem_in *in);
	int (*umem_dereg)(struct mlx5dv_devx_umem *umem);
};

/* 0, or -1 without the library; what it lacks is NULL. */
int consumer_load_mlx5(struct consumer_mlx5 *mlx5);

/*
 * The errno rule on mlx5's registration, then the device's second path. What
 * fails otherwise is an error: the consumer does not start.
 */
enum consumer_answer
consumer_probe_data_direct(const struct consumer_mlx5 *mlx5,
			   const struct consumer_verbs *verbs,
			   struct ibv_context *context);

#endif
