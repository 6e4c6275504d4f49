/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Direct verbs: queue pairs with more, among them dynamic connections. */
#include <errno.h>

#include "dv.h"

#define KNOWN                                       \
	(MLX5DV_QP_INIT_ATTR_MASK_QP_CREATE_FLAGS | \
	 MLX5DV_QP_INIT_ATTR_MASK_DC |              \
	 MLX5DV_QP_INIT_ATTR_MASK_SEND_OPS_FLAGS |  \
	 MLX5DV_QP_INIT_ATTR_MASK_DCI_STREAMS)

#define DATA_IN_CQES                             \
	(MLX5DV_QP_CREATE_ALLOW_SCATTER_TO_CQE | \
	 MLX5DV_QP_CREATE_DISABLE_SCATTER_TO_CQE)

#define PACKET_FLAGS                                   \
	(MLX5DV_QP_CREATE_TUNNEL_OFFLOADS |            \
	 MLX5DV_QP_CREATE_TIR_ALLOW_SELF_LOOPBACK_UC | \
	 MLX5DV_QP_CREATE_TIR_ALLOW_SELF_LOOPBACK_MC)

/* Of what takes packets in. */
static uint32_t packet_flags(uint32_t create_flags)
{
	uint32_t flags = 0;

	if (create_flags & MLX5DV_QP_CREATE_TUNNEL_OFFLOADS)
		flags |= MLX5_QP_FLAG_TUNNEL_OFFLOADS;
	if (create_flags & MLX5DV_QP_CREATE_TIR_ALLOW_SELF_LOOPBACK_UC)
		flags |= MLX5_QP_FLAG_TIR_ALLOW_SELF_LB_UC;
	if (create_flags & MLX5DV_QP_CREATE_TIR_ALLOW_SELF_LOOPBACK_MC)
		flags |= MLX5_QP_FLAG_TIR_ALLOW_SELF_LB_MC;
	return flags;
}

/* Of small messages: those received, and with one word more those returned. */
static int take_data_in_cqes(uint32_t create_flags, struct mlx5_qp_extra *extra)
{
	switch (create_flags & DATA_IN_CQES) {
	case DATA_IN_CQES:
		return EINVAL;
	case MLX5DV_QP_CREATE_ALLOW_SCATTER_TO_CQE:
		extra->flags |= MLX5_QP_FLAG_SCATTER_CQE |
				MLX5_QP_FLAG_ALLOW_SCATTER_CQE;
		return 0;
	case MLX5DV_QP_CREATE_DISABLE_SCATTER_TO_CQE:
		extra->flags &= ~MLX5_QP_FLAG_SCATTER_CQE;
		return 0;
	default:
		return 0;
	}
}

static int take_flags(const struct mlx5dv_qp_init_attr *attr,
		      enum ibv_qp_type type, struct mlx5_qp_extra *extra)
{
	uint32_t known =
		DATA_IN_CQES | MLX5DV_QP_CREATE_PACKET_BASED_CREDIT_MODE;

	if (!(attr->comp_mask & MLX5DV_QP_INIT_ATTR_MASK_QP_CREATE_FLAGS))
		return 0;
	if (type == IBV_QPT_RAW_PACKET)
		known = DATA_IN_CQES | PACKET_FLAGS;
	if (attr->create_flags & ~known)
		return EOPNOTSUPP;
	if (attr->create_flags & MLX5DV_QP_CREATE_PACKET_BASED_CREDIT_MODE)
		extra->flags |= MLX5_QP_FLAG_PACKET_BASED_CREDIT_MODE;
	extra->flags |= packet_flags(attr->create_flags);
	return take_data_in_cqes(attr->create_flags, extra);
}

static void take_streams(const struct mlx5dv_qp_init_attr *attr,
			 struct mlx5_qp_extra *extra)
{
	const struct mlx5dv_dci_streams *streams =
		&attr->dc_init_attr.dci_streams;

	if (!(attr->comp_mask & MLX5DV_QP_INIT_ATTR_MASK_DCI_STREAMS))
		return;
	extra->flags |= MLX5_QP_FLAG_DCI_STREAM;
	extra->streams.log_num_concurent = streams->log_num_concurent;
	extra->streams.log_num_errored = streams->log_num_errored;
}

static int take_dc(const struct mlx5dv_qp_init_attr *attr,
		   struct mlx5_qp_extra *extra)
{
	if (!(attr->comp_mask & MLX5DV_QP_INIT_ATTR_MASK_DC))
		return attr->comp_mask & MLX5DV_QP_INIT_ATTR_MASK_DCI_STREAMS
			       ? EINVAL
			       : 0;
	switch (attr->dc_init_attr.dc_type) {
	case MLX5DV_DCTYPE_DCI:
		extra->flags |= MLX5_QP_FLAG_TYPE_DCI;
		take_streams(attr, extra);
		return 0;
	case MLX5DV_DCTYPE_DCT:
		if (extra->flags & MLX5_QP_FLAG_ALLOW_SCATTER_CQE)
			return EINVAL;
		extra->flags &= ~MLX5_QP_FLAG_SCATTER_CQE;
		extra->flags |= MLX5_QP_FLAG_TYPE_DCT;
		extra->access_key = attr->dc_init_attr.dct_access_key;
		return 0;
	default:
		return EINVAL;
	}
}

#define KEY_OPS                                                         \
	(MLX5DV_QP_EX_WITH_MR_INTERLEAVED | MLX5DV_QP_EX_WITH_MR_LIST | \
	 MLX5DV_QP_EX_WITH_MKEY_CONFIGURE)

static uint64_t send_ops(const struct mlx5dv_qp_init_attr *attr)
{
	if (!attr ||
	    !(attr->comp_mask & MLX5DV_QP_INIT_ATTR_MASK_SEND_OPS_FLAGS))
		return 0;
	return attr->send_ops_flags;
}

/* Requests that change keys are for RC, others of one's own for all. */
static int check_send_ops(const struct ibv_qp_init_attr_ex *qp_attr,
			  uint64_t ops)
{
	if (ops & ~(uint64_t)(KEY_OPS | MLX5DV_QP_EX_WITH_RAW_WQE))
		return EOPNOTSUPP;
	if (ops & KEY_OPS && qp_attr->qp_type != IBV_QPT_RC)
		return EOPNOTSUPP;
	return ops && !(qp_attr->comp_mask & IBV_QP_INIT_ATTR_SEND_OPS_FLAGS)
		       ? EINVAL
		       : 0;
}

static int take_attr(const struct mlx5dv_qp_init_attr *attr,
		     const struct ibv_qp_init_attr_ex *qp_attr,
		     struct mlx5_qp_extra *extra)
{
	int err;

	if (!attr)
		return 0;
	if (attr->comp_mask & ~(uint64_t)KNOWN)
		return EINVAL;
	err = check_send_ops(qp_attr, send_ops(attr));
	if (!err)
		err = take_flags(attr, qp_attr->qp_type, extra);
	return err ? err : take_dc(attr, extra);
}

/* A change of a key takes what binding a window takes, and more inline. */
static struct ibv_qp *create_with_keys(struct ibv_context *context,
				       struct ibv_qp_init_attr_ex *qp_attr,
				       const struct mlx5_qp_extra *extra)
{
	struct ibv_qp_init_attr_ex attr = *qp_attr;
	struct ibv_qp *qp;

	attr.send_ops_flags |= IBV_QP_EX_WITH_BIND_MW;
	qp = mlx5_create_qp_with(context, &attr, extra);
	qp_attr->cap = attr.cap;
	if (qp)
		mlx5_set_key_ops(to_mqp(qp));
	return qp;
}

static bool is_dc(const struct mlx5_qp_extra *extra)
{
	return extra->flags & (MLX5_QP_FLAG_TYPE_DCI | MLX5_QP_FLAG_TYPE_DCT);
}

VERBS_EXPORT struct ibv_qp *
mlx5dv_create_qp(struct ibv_context *context,
		 struct ibv_qp_init_attr_ex *qp_attr,
		 struct mlx5dv_qp_init_attr *mlx5_qp_attr)
{
	struct mlx5_qp_extra extra = { 0 };
	struct ibv_qp *qp;
	int err;

	if (!is_mlx5(context))
		return verbs_null(EOPNOTSUPP);
	extra.flags = mlx5_usual_qp_flags(context, qp_attr->qp_type);
	err = take_attr(mlx5_qp_attr, qp_attr, &extra);
	if (!err && is_dc(&extra) != (qp_attr->qp_type == IBV_QPT_DRIVER))
		err = EINVAL;
	if (err)
		return verbs_null(err);
	if (send_ops(mlx5_qp_attr) & KEY_OPS)
		qp = create_with_keys(context, qp_attr, &extra);
	else
		qp = mlx5_create_qp_with(context, qp_attr, &extra);
	if (qp)
		mlx5_set_dv_ops(to_mqp(qp));
	return qp;
}

VERBS_EXPORT struct mlx5dv_qp_ex *
mlx5dv_qp_ex_from_ibv_qp_ex(struct ibv_qp_ex *qp)
{
	/* A DCT makes no requests, and what is asked for of it is not there. */
	if (!qp)
		return verbs_null(EINVAL);
	if (!is_mlx5(qp->qp_base.context))
		return verbs_null(EOPNOTSUPP);
	return &to_mqp(&qp->qp_base)->dv_ex;
}
