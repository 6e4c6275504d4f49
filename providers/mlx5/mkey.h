/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef MLX5_MKEY_H
#define MLX5_MKEY_H

#include "mlx5.h"

/* A key that stands for a list of parts of regions. */
struct mlx5_mkey {
	struct mlx5dv_mkey dv; /* first: what programs hold */
	struct mlx5dv_devx_obj *obj;
	uint32_t max_entries;
};

#endif
