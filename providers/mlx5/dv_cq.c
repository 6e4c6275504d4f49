/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Direct verbs: completion queues with more. */
#include <errno.h>

#include "dv.h"

#define KNOWN                                      \
	(MLX5DV_CQ_INIT_ATTR_MASK_COMPRESSED_CQE | \
	 MLX5DV_CQ_INIT_ATTR_MASK_FLAGS | MLX5DV_CQ_INIT_ATTR_MASK_CQE_SIZE)

/* Compressed entries are for programs that read the ring themselves. */
static void take_compression(const struct mlx5dv_cq_init_attr *attr,
			     struct mlx5_ib_create_cq *cmd)
{
	if (!(attr->comp_mask & MLX5DV_CQ_INIT_ATTR_MASK_COMPRESSED_CQE))
		return;
	cmd->cqe_comp_en = 1;
	cmd->cqe_comp_res_format = attr->cqe_comp_res_format;
}

static int take_flags(const struct mlx5dv_cq_init_attr *attr,
		      struct mlx5_ib_create_cq *cmd)
{
	if (!(attr->comp_mask & MLX5DV_CQ_INIT_ATTR_MASK_FLAGS))
		return 0;
	if (attr->flags & ~MLX5DV_CQ_INIT_ATTR_FLAGS_CQE_PAD)
		return EINVAL;
	if (attr->flags)
		cmd->flags = MLX5_IB_CREATE_CQ_FLAGS_CQE_128B_PAD;
	return 0;
}

static int take_size(const struct mlx5dv_cq_init_attr *attr,
		     struct mlx5_ib_create_cq *cmd)
{
	if (!(attr->comp_mask & MLX5DV_CQ_INIT_ATTR_MASK_CQE_SIZE))
		return 0;
	if (attr->cqe_size != 64 && attr->cqe_size != 128)
		return EINVAL;
	cmd->cqe_size = attr->cqe_size;
	return 0;
}

static int take_attr(const struct mlx5dv_cq_init_attr *attr,
		     struct mlx5_ib_create_cq *cmd)
{
	int err;

	if (!attr)
		return 0;
	if (attr->comp_mask & ~(uint64_t)KNOWN)
		return EINVAL;
	take_compression(attr, cmd);
	err = take_flags(attr, cmd);
	return err ? err : take_size(attr, cmd);
}

/* What the device cannot do is for the kernel to say. */
VERBS_EXPORT struct ibv_cq_ex *
mlx5dv_create_cq(struct ibv_context *context,
		 struct ibv_cq_init_attr_ex *cq_attr,
		 struct mlx5dv_cq_init_attr *mlx5_cq_attr)
{
	struct mlx5_ib_create_cq cmd = { 0 };
	int err;

	if (!is_mlx5(context))
		return verbs_null(EOPNOTSUPP);
	err = take_attr(mlx5_cq_attr, &cmd);
	if (err)
		return verbs_null(err);
	return mlx5_create_cq_with(context, cq_attr, &cmd);
}
