/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* What other files need to add requests to a batch of ibv_wr_* calls. */
#ifndef MLX5_WR_H
#define MLX5_WR_H

#include "wqe.h"

/* Can a request be built, with room for one of full size? Else it has failed. */
bool mlx5_wr_ready(struct mlx5_sq *sq);
/* ibv_wr_complete() will say why, if it is the first failure. */
void mlx5_wr_fail(struct mlx5_sq *sq, int err);

#endif
