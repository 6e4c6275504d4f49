/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * The ops that public inline functions call without a look at their arguments:
 * an object that comp_mask or the type promises and that is NULL is EINVAL
 * before a provider sees it. Opening a QP and creating a WQ are EOPNOTSUPP first
 * where the provider has neither.
 */
#include "internal.h"
#include "unsupported_ops.h"

/* All that mask names is there. */
static bool has(uint32_t comp_mask, uint32_t mask, const void *object)
{
	return !(comp_mask & mask) || object;
}

static struct ibv_cq_ex *checked_create_cq_ex(struct ibv_context *context,
					      struct ibv_cq_init_attr_ex *attr)
{
	if (!attr)
		return verbs_null(EINVAL);
	return verbs_ops(context)->create_cq_ex(context, attr);
}

static struct ibv_qp *checked_create_qp_ex(struct ibv_context *context,
					   struct ibv_qp_init_attr_ex *attr)
{
	if (!has(attr->comp_mask, IBV_QP_INIT_ATTR_PD, attr->pd) ||
	    !has(attr->comp_mask, IBV_QP_INIT_ATTR_IND_TABLE,
		 attr->rwq_ind_tbl))
		return verbs_null(EINVAL);
	return verbs_ops(context)->create_qp_ex(context, attr);
}

static struct ibv_qp *checked_open_qp(struct ibv_context *context,
				      struct ibv_qp_open_attr *attr)
{
	if (!attr || !has(attr->comp_mask, IBV_QP_OPEN_ATTR_XRCD, attr->xrcd))
		return verbs_null(EINVAL);
	return verbs_ops(context)->open_qp(context, attr);
}

static struct ibv_xrcd *checked_open_xrcd(struct ibv_context *context,
					  struct ibv_xrcd_init_attr *attr)
{
	if (!attr)
		return verbs_null(EINVAL);
	return verbs_ops(context)->open_xrcd(context, attr);
}

/* Every type is in a PD, named in the mask or not. */
static struct ibv_srq *checked_create_srq_ex(struct ibv_context *context,
					     struct ibv_srq_init_attr_ex *attr)
{
	if (!attr->pd ||
	    !has(attr->comp_mask, IBV_SRQ_INIT_ATTR_XRCD, attr->xrcd) ||
	    !has(attr->comp_mask, IBV_SRQ_INIT_ATTR_CQ, attr->cq))
		return verbs_null(EINVAL);
	return verbs_ops(context)->create_srq_ex(context, attr);
}

static struct ibv_wq *checked_create_wq(struct ibv_context *context,
					struct ibv_wq_init_attr *attr)
{
	if (!attr || !attr->pd || !attr->cq)
		return verbs_null(EINVAL);
	return verbs_ops(context)->create_wq(context, attr);
}

static struct ibv_rwq_ind_table *
checked_create_rwq_ind_table(struct ibv_context *context,
			     struct ibv_rwq_ind_table_init_attr *attr)
{
	if (!attr || !attr->ind_tbl)
		return verbs_null(EINVAL);
	return verbs_ops(context)->create_rwq_ind_table(context, attr);
}

void set_checked_ops(struct verbs_context *vctx, const struct verbs_ops *ops)
{
	vctx->create_cq_ex = checked_create_cq_ex;
	vctx->create_qp_ex = checked_create_qp_ex;
	vctx->open_xrcd = checked_open_xrcd;
	vctx->create_srq_ex = checked_create_srq_ex;
	vctx->create_rwq_ind_table = checked_create_rwq_ind_table;
	if (ops->open_qp != no_open_qp)
		vctx->open_qp = checked_open_qp;
	if (ops->create_wq != no_create_wq)
		vctx->create_wq = checked_create_wq;
}
