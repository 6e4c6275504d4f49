/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * The device's clock: a page of the kernel's that relates it to time, and the
 * page of the device with the counter itself. Few programs look, so they are
 * mapped when first asked for.
 */
#include <sys/mman.h>

#include "mlx5.h"

/* Under the context's mutex, as two may ask at once. */
static void *map_once(struct mlx5_context *ctx, void **where,
		      enum mlx5_ib_mmap_cmd command)
{
	off_t pgoff = (off_t)command << MLX5_MMAP_CMD_SHIFT;
	void *page;

	pthread_mutex_lock(&ctx->vctx.context.mutex);
	if (!*where) {
		page = mmap(NULL, ctx->page_size, PROT_READ, MAP_SHARED,
			    ctx->vctx.context.cmd_fd,
			    pgoff * (off_t)ctx->page_size);
		*where = page == MAP_FAILED ? NULL : page;
	}
	page = *where;
	pthread_mutex_unlock(&ctx->vctx.context.mutex);
	return page;
}

const struct mlx5_ib_clock_info *mlx5_clock_info(struct mlx5_context *ctx)
{
	if (!(ctx->resp.clock_info_versions & 1 << MLX5_IB_CLOCK_INFO_V1))
		return NULL;
	return map_once(ctx, &ctx->clock_info, MLX5_IB_MMAP_CLOCK_INFO);
}

void *mlx5_core_clock(struct mlx5_context *ctx)
{
	uint8_t *page;

	if (!(ctx->resp.comp_mask &
	      MLX5_IB_ALLOC_UCONTEXT_RESP_MASK_CORE_CLOCK_OFFSET))
		return NULL;
	page = map_once(ctx, &ctx->core_clock, MLX5_IB_MMAP_CORE_CLOCK);
	if (!page)
		return NULL;
	return page + (ctx->resp.hca_core_clock_offset & (ctx->page_size - 1));
}

void mlx5_unmap_clocks(struct mlx5_context *ctx)
{
	if (ctx->clock_info)
		munmap(ctx->clock_info, ctx->page_size);
	if (ctx->core_clock)
		munmap(ctx->core_clock, ctx->page_size);
}
