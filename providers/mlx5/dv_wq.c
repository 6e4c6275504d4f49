/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Direct verbs: work queues whose receives take several packets each. */
#include <errno.h>

#include "dv.h"

#define KNOWN MLX5DV_WQ_INIT_ATTR_MASK_STRIDING_RQ

static int take_attr(const struct mlx5dv_wq_init_attr *attr,
		     struct mlx5_ib_create_wq *cmd)
{
	const struct mlx5dv_striding_rq_init_attr *striding;

	if (!attr)
		return 0;
	if (attr->comp_mask & ~(uint64_t)KNOWN)
		return EINVAL;
	if (!(attr->comp_mask & MLX5DV_WQ_INIT_ATTR_MASK_STRIDING_RQ))
		return 0;
	striding = &attr->striding_rq_attrs;
	cmd->comp_mask = MLX5_IB_CREATE_WQ_STRIDING_RQ;
	cmd->single_stride_log_num_of_bytes =
		striding->single_stride_log_num_of_bytes;
	cmd->single_wqe_log_num_of_strides =
		striding->single_wqe_log_num_of_strides;
	cmd->two_byte_shift_en = striding->two_byte_shift_en;
	return 0;
}

/* What ibv_create_wq() adds to the WQ of a provider. */
static struct ibv_wq *finish(struct ibv_wq *wq,
			     const struct ibv_wq_init_attr *attr)
{
	wq->wq_context = attr->wq_context;
	wq->events_completed = 0;
	pthread_mutex_init(&wq->mutex, NULL);
	pthread_cond_init(&wq->cond, NULL);
	return wq;
}

/* Which strides the device can do is for the kernel to say. */
VERBS_EXPORT struct ibv_wq *
mlx5dv_create_wq(struct ibv_context *context, struct ibv_wq_init_attr *attr,
		 struct mlx5dv_wq_init_attr *mlx5_wq_attr)
{
	struct mlx5_ib_create_wq cmd = { 0 };
	struct ibv_wq *wq;
	int err;

	if (!is_mlx5(context))
		return verbs_null(EOPNOTSUPP);
	err = take_attr(mlx5_wq_attr, &cmd);
	if (err)
		return verbs_null(err);
	wq = mlx5_create_wq_with(context, attr, &cmd);
	return wq ? finish(wq, attr) : NULL;
}
