/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef MLX5_DV_H
#define MLX5_DV_H

/*
 * What the files behind <infiniband/mlx5dv.h> share. Every public call is made
 * on whatever a program has, so each asks first whether the device is mlx5: of
 * another provider's object nothing more than the public struct is known.
 */
#include "mlx5.h"
#include "mlx5dv.h"

static inline bool is_mlx5(struct ibv_context *context)
{
	return to_vdev(context->device)->driver_id == RDMA_DRIVER_MLX5;
}

#endif
