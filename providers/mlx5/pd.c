/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#include <errno.h>
#include <stdlib.h>

#include "mlx5.h"

struct ibv_pd *mlx5_alloc_pd(struct ibv_context *context)
{
	struct mlx5_ib_alloc_pd_resp resp = { 0 };
	struct verbs_udata udata = {
		.out = &resp,
		.out_len = sizeof(resp),
	};
	struct mlx5_pd *pd;

	pd = calloc(1, sizeof(*pd));
	if (!pd)
		return NULL;
	if (ibv_cmd_alloc_pd(context, &pd->pd, &udata)) {
		verbs_free_keep_errno(pd);
		return NULL;
	}
	pd->pdn = resp.pdn;
	return &pd->pd;
}

struct ibv_pd *
mlx5_alloc_parent_domain(struct ibv_context *context,
			 struct ibv_parent_domain_init_attr *attr)
{
	struct mlx5_pd *pd;

	pd = calloc(1, sizeof(*pd));
	if (!pd)
		return NULL;
	if (verbs_init_parent_domain(&pd->vpd, context, attr)) {
		verbs_free_keep_errno(pd);
		return NULL;
	}
	pd->pdn = to_mpd(attr->pd)->pdn;
	return &pd->pd;
}
