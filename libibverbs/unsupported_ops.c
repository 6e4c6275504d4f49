/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#include "unsupported_ops.h"

struct ibv_td *no_alloc_td(struct ibv_context *context,
			   struct ibv_td_init_attr *attr)
{
	errno = EOPNOTSUPP;
	return NULL;
}

int no_dealloc_td(struct ibv_td *td)
{
	return verbs_err(EOPNOTSUPP);
}

struct ibv_pd *no_alloc_parent_domain(struct ibv_context *context,
				      struct ibv_parent_domain_init_attr *attr)
{
	errno = EOPNOTSUPP;
	return NULL;
}

struct ibv_mr *no_alloc_null_mr(struct ibv_pd *pd)
{
	errno = EOPNOTSUPP;
	return NULL;
}

struct ibv_dm *no_alloc_dm(struct ibv_context *context,
			   struct ibv_alloc_dm_attr *attr)
{
	errno = EOPNOTSUPP;
	return NULL;
}

int no_free_dm(struct ibv_dm *dm)
{
	return verbs_err(EOPNOTSUPP);
}

struct ibv_pd *no_import_pd(struct ibv_context *context, uint32_t handle)
{
	errno = EOPNOTSUPP;
	return NULL;
}

struct ibv_dm *no_import_dm(struct ibv_context *context, uint32_t handle)
{
	errno = EOPNOTSUPP;
	return NULL;
}

int no_ece(struct ibv_qp *qp, struct ibv_ece *ece)
{
	return verbs_err(EOPNOTSUPP);
}

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
