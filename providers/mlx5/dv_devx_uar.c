/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* DEVX: pages of doorbell registers, each with its caller alone. */
#include <errno.h>
#include <stdlib.h>

#include "dv_devx.h"

struct devx_uar {
	struct mlx5dv_devx_uar dv; /* first: what programs hold */
	struct mlx5_context *ctx;
	struct mlx5_uar *uar;
};

/* A page of its own is what every caller gets, so that is no type here. */
static int type_of(uint32_t flags, uint64_t *type)
{
	switch (flags) {
	case MLX5DV_UAR_ALLOC_TYPE_BF:
		*type = MLX5_IB_UAPI_UAR_ALLOC_TYPE_BF;
		return 0;
	case MLX5DV_UAR_ALLOC_TYPE_NC:
	case MLX5DV_UAR_ALLOC_TYPE_NC_DEDICATED:
		*type = MLX5_IB_UAPI_UAR_ALLOC_TYPE_NC;
		return 0;
	default:
		return EOPNOTSUPP;
	}
}

static void show(struct devx_uar *devx_uar)
{
	const struct mlx5_uar *uar = devx_uar->uar;

	devx_uar->dv.reg_addr = uar->page + PRM_UAR_BFREG;
	devx_uar->dv.base_addr = uar->page;
	devx_uar->dv.page_id = uar->page_id;
	devx_uar->dv.mmap_off = uar->offset;
}

static int alloc_page(struct devx_uar *devx_uar, uint32_t flags)
{
	uint64_t type;
	int err = type_of(flags, &type);

	if (err)
		return err;
	devx_uar->uar = mlx5_new_uar(devx_uar->ctx, type, &err);
	return devx_uar->uar ? 0 : err;
}

VERBS_EXPORT struct mlx5dv_devx_uar *
mlx5dv_devx_alloc_uar(struct ibv_context *context, uint32_t flags)
{
	struct devx_uar *devx_uar;
	int err;

	if (!is_mlx5(context))
		return verbs_null(EOPNOTSUPP);
	devx_uar = calloc(1, sizeof(*devx_uar));
	if (!devx_uar)
		return NULL;
	devx_uar->ctx = to_mctx(context);
	err = alloc_page(devx_uar, flags);
	if (err) {
		free(devx_uar);
		return verbs_null(err);
	}
	show(devx_uar);
	return &devx_uar->dv;
}

VERBS_EXPORT void mlx5dv_devx_free_uar(struct mlx5dv_devx_uar *dv_uar)
{
	struct devx_uar *devx_uar = (struct devx_uar *)dv_uar;

	mlx5_free_uar(devx_uar->ctx, devx_uar->uar);
	free(devx_uar);
}
