/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef MLX5_DV_CAPS_H
#define MLX5_DV_CAPS_H

#include "dv.h"

/*
 * What the device says that it can do: its answer to QUERY_HCA_CAP for one kind,
 * PRM_CAPS_*. All 0 without one: from a device without DEVX, or an older one.
 */
void mlx5_query_caps(struct mlx5_context *ctx, uint16_t kind, void *answer,
		     size_t len);

/* Asks the device itself; returns which of wanted are filled in. */
uint64_t mlx5_fill_device_caps(struct mlx5_context *ctx,
			       struct mlx5dv_context *attrs, uint64_t wanted);

#endif
