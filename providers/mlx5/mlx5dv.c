/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* The device specific verbs that work already. */
#include <errno.h>

#include "mlx5.h"
#include "mlx5dv.h"

struct mlx5dv_context;
int mlx5dv_query_device(struct ibv_context *context,
			struct mlx5dv_context *attrs);

/*
 * How struct mlx5dv_context of the stock mlx5dv.h begins. What follows is
 * filled in only where comp_mask says so afterwards, and nothing of it is
 * known here: fixed registers, no compression, no clock, no offloads.
 */
struct mlx5dv_context {
	uint8_t version;
	uint64_t flags;
	uint64_t comp_mask;
};

#define CONTEXT_FLAGS_CQE_V1 (1 << 0) /* MLX5DV_CONTEXT_FLAGS_CQE_V1 */

VERBS_EXPORT int mlx5dv_query_device(struct ibv_context *context,
				     struct mlx5dv_context *attrs)
{
	if (!mlx5dv_is_supported(context->device))
		return verbs_err(EOPNOTSUPP);
	attrs->version = 0;
	attrs->flags = 0;
	if (to_mctx(context)->cqe_version)
		attrs->flags |= CONTEXT_FLAGS_CQE_V1;
	attrs->comp_mask = 0;
	return 0;
}

VERBS_EXPORT bool mlx5dv_is_supported(struct ibv_device *device)
{
	return to_vdev(device)->driver_id == RDMA_DRIVER_MLX5;
}
