/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* A second version of a call, which only the shared library can have. */
#include "dv.h"

/*
 * Programs linked before 2017 look it up at MLX5_1.0. For them cq_uar is where
 * the pointer to the page is kept.
 */
VERBS_EXPORT int mlx5dv_init_obj_1_0(struct mlx5dv_obj *obj, uint64_t obj_type);
__asm__(".symver mlx5dv_init_obj_1_0, mlx5dv_init_obj@MLX5_1.0");
int mlx5dv_init_obj_1_0(struct mlx5dv_obj *obj, uint64_t obj_type)
{
	int err = mlx5dv_init_obj(obj, obj_type);

	if (!err && obj_type & MLX5DV_OBJ_CQ)
		obj->cq.out->cq_uar =
			&to_mctx(obj->cq.in->context)->uars.arm_page;
	return err;
}
