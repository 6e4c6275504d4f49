/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* The device specific verbs that work already. */
#include "mlx5.h"
#include "mlx5dv.h"

VERBS_EXPORT bool mlx5dv_is_supported(struct ibv_device *device)
{
	return to_vdev(device)->driver_id == RDMA_DRIVER_MLX5;
}
