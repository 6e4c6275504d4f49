// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* Those of libefa, after rdma-core 56. */
#include <infiniband/efadv.h>

#include "newer.h"

int efadv_get_max_sq_depth(struct ibv_context *ibvctx,
			   struct efadv_sq_depth_attr *attr, uint32_t inlen)
{
	__typeof__(&efadv_get_max_sq_depth) real =
		newer_find("efadv_get_max_sq_depth");

	return real ? real(ibvctx, attr, inlen) : -EOPNOTSUPP;
}

int efadv_get_max_rq_depth(struct ibv_context *ibvctx,
			   struct efadv_rq_depth_attr *attr, uint32_t inlen)
{
	__typeof__(&efadv_get_max_rq_depth) real =
		newer_find("efadv_get_max_rq_depth");

	return real ? real(ibvctx, attr, inlen) : -EOPNOTSUPP;
}

struct efadv_qp *efadv_qp_from_ibv_qp_ex(struct ibv_qp_ex *ibvqpx)
{
	__typeof__(&efadv_qp_from_ibv_qp_ex) real =
		newer_find("efadv_qp_from_ibv_qp_ex");

	return real ? real(ibvqpx) : NULL;
}

struct ibv_comp_cntr *efadv_create_comp_cntr(
	struct ibv_context *ibvctx, struct ibv_comp_cntr_init_attr *attr,
	struct efadv_comp_cntr_init_attr *efa_attr, uint32_t inlen)
{
	__typeof__(&efadv_create_comp_cntr) real =
		newer_find("efadv_create_comp_cntr");

	return real ? real(ibvctx, attr, efa_attr, inlen) : NULL;
}
