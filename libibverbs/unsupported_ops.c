/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#include "unsupported_ops.h"

struct ibv_qp *no_open_qp(struct ibv_context *context,
			  struct ibv_qp_open_attr *attr)
{
	errno = EOPNOTSUPP;
	return NULL;
}

struct ibv_srq *no_create_srq_ex(struct ibv_context *context,
				 struct ibv_srq_init_attr_ex *attr)
{
	errno = EOPNOTSUPP;
	return NULL;
}

int no_get_srq_num(struct ibv_srq *srq, uint32_t *srq_num)
{
	return verbs_err(EOPNOTSUPP);
}

int no_post_srq_ops(struct ibv_srq *srq, struct ibv_ops_wr *wr,
		    struct ibv_ops_wr **bad_wr)
{
	*bad_wr = wr;
	return verbs_err(EOPNOTSUPP);
}
