/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef MLX5_DV_DEVX_H
#define MLX5_DV_DEVX_H

#include <rdma/mlx5_user_ioctl_cmds.h>

#include "dv.h"

/* What programs hold a pointer to. */
struct mlx5dv_devx_obj {
	struct ibv_context *context;
	uint32_t handle;
};

#endif
