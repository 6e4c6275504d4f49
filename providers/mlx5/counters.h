/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef MLX5_COUNTERS_H
#define MLX5_COUNTERS_H

#include "mlx5.h"

/*
 * The kernel learns what they count with the first flow that they are given to,
 * and forgets it with the last.
 */
struct mlx5_counters {
	struct verbs_counters vcounters;
	pthread_mutex_t lock; /* of all below */
	struct mlx5_ib_flow_counters_desc *descs;
	uint32_t num;
	uint32_t flows;
};

static inline struct mlx5_counters *to_mcounters(struct ibv_counters *counters)
{
	return (struct mlx5_counters *)counters;
}

#endif
