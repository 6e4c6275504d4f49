/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#include <errno.h>
#include <stdlib.h>

#include <rdma/mlx5_user_ioctl_cmds.h>

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

/* Address handles and the like name the PD by a number of the device. */
static int query_pd(struct ibv_context *context, uint32_t handle, uint32_t *pdn)
{
	struct verbs_attrs attrs;

	attrs_init(&attrs, UVERBS_OBJECT_PD, MLX5_IB_METHOD_PD_QUERY);
	attr_in_obj(&attrs, MLX5_IB_ATTR_QUERY_PD_HANDLE, handle);
	attr_out_u32(&attrs, MLX5_IB_ATTR_QUERY_PD_RESP_PDN, pdn);
	return verbs_ioctl(context, &attrs);
}

struct ibv_pd *mlx5_import_pd(struct ibv_context *context, uint32_t handle)
{
	struct mlx5_pd *pd;

	pd = calloc(1, sizeof(*pd));
	if (!pd)
		return NULL;
	if (query_pd(context, handle, &pd->pdn)) {
		verbs_free_keep_errno(pd);
		return NULL;
	}
	pd->pd.context = context;
	pd->pd.handle = handle;
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
