/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Enhanced connection establishment. What a QP could do, and what is left once it
 * was told of its peer, the driver says with its answers; the options mean
 * something to devices only.
 */
#include <errno.h>

#include "mlx5.h"

enum { VENDOR = 0x15b3 };

int mlx5_query_ece(struct ibv_qp *ibqp, struct ibv_ece *ece)
{
	*ece = (struct ibv_ece){
		.vendor_id = VENDOR,
		.options = to_mqp(ibqp)->ece_granted,
	};
	return 0;
}

static bool is_supported(const struct mlx5_context *ctx)
{
	return ctx->resp.comp_mask & MLX5_IB_ALLOC_UCONTEXT_RESP_MASK_ECE;
}

/* For the next step of the connection; before it nothing is granted. */
int mlx5_set_ece(struct ibv_qp *ibqp, struct ibv_ece *ece)
{
	if (ece->comp_mask || ece->vendor_id != VENDOR)
		return verbs_err(EINVAL);
	if (!is_supported(to_mctx(ibqp->context)))
		return verbs_err(EOPNOTSUPP);
	to_mqp(ibqp)->ece_wanted = ece->options;
	to_mqp(ibqp)->ece_granted = 0;
	return 0;
}

int mlx5_modify_with_ece(struct mlx5_qp *qp, struct ibv_qp_attr *attr,
			 int attr_mask)
{
	struct mlx5_ib_modify_qp req = { .ece_options = qp->ece_wanted };
	struct mlx5_ib_modify_qp_resp resp = { 0 };
	struct verbs_udata udata = {
		.in = &req,
		.in_len = sizeof(req),
		.out = &resp,
		.out_len = sizeof(resp),
	};
	int ret = ibv_cmd_modify_qp_udata(&qp->qp, attr, attr_mask, &udata);

	if (!ret)
		qp->ece_granted = resp.ece_options;
	return ret;
}
