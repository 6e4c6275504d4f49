/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * The device's clock: a page of the kernel's that relates it to time, and the
 * page of the device with the counter itself. Few programs look, so they are
 * mapped when first asked for.
 */
#include <errno.h>
#include <sys/mman.h>

#include "mlx5.h"

enum { MAX_READS = 100 }; /* of what the kernel is writing */

/* Under the context's mutex, as two may ask at once. */
static void *map_locked(struct mlx5_context *ctx, void **where,
			enum mlx5_ib_mmap_cmd command)
{
	off_t pgoff = (off_t)command << MLX5_MMAP_CMD_SHIFT;
	void *page;

	if (*where)
		return *where;
	page = mmap(NULL, ctx->page_size, PROT_READ, MAP_SHARED,
		    ctx->vctx.context.cmd_fd, pgoff * (off_t)ctx->page_size);
	if (page == MAP_FAILED)
		return NULL;
	__atomic_store_n(where, page, __ATOMIC_RELEASE);
	return page;
}

static void *map_once(struct mlx5_context *ctx, void **where,
		      enum mlx5_ib_mmap_cmd command)
{
	void *page = __atomic_load_n(where, __ATOMIC_ACQUIRE);

	if (page)
		return page;
	pthread_mutex_lock(&ctx->vctx.context.mutex);
	page = map_locked(ctx, where, command);
	pthread_mutex_unlock(&ctx->vctx.context.mutex);
	return page;
}

const struct mlx5_ib_clock_info *mlx5_clock_info(struct mlx5_context *ctx)
{
	if (!(ctx->resp.clock_info_versions & 1 << MLX5_IB_CLOCK_INFO_V1))
		return NULL;
	return map_once(ctx, &ctx->clock_info, MLX5_IB_MMAP_CLOCK_INFO);
}

/* The kernel says by an odd number that it is writing. */
static bool read_info(const struct mlx5_ib_clock_info *info,
		      struct mlx5dv_clock_info *clock)
{
	uint32_t sign = __atomic_load_n(&info->sign, __ATOMIC_ACQUIRE);

	if (sign & MLX5_IB_CLOCK_INFO_KERNEL_UPDATING)
		return false;
	clock->nsec = info->nsec;
	clock->last_cycles = info->cycles;
	clock->frac = info->frac;
	clock->mult = info->mult;
	clock->shift = info->shift;
	clock->mask = info->mask;
	dma_load_barrier();
	return __atomic_load_n(&info->sign, __ATOMIC_RELAXED) == sign;
}

/* clock is not touched by a failure. */
int mlx5_read_clock_info(struct mlx5_context *ctx,
			 struct mlx5dv_clock_info *clock)
{
	const struct mlx5_ib_clock_info *info = mlx5_clock_info(ctx);
	struct mlx5dv_clock_info found;
	int i;

	if (!info)
		return EINVAL;
	for (i = 0; i < MAX_READS; i++) {
		if (!read_info(info, &found))
			continue;
		*clock = found;
		return 0;
	}
	return EBUSY;
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

/* The halves are two registers: the upper one must be the same before and after. */
static bool read_register(const __be32 *reg, uint64_t *ticks)
{
	__be32 high = __atomic_load_n(&reg[0], __ATOMIC_ACQUIRE);
	__be32 low = __atomic_load_n(&reg[1], __ATOMIC_ACQUIRE);

	*ticks = (uint64_t)be32toh(high) << 32 | be32toh(low);
	return __atomic_load_n(&reg[0], __ATOMIC_RELAXED) == high;
}

int mlx5_query_rt_values(struct ibv_context *context,
			 struct ibv_values_ex *values)
{
	uint32_t wanted = values->comp_mask & IBV_VALUES_MASK_RAW_CLOCK;
	const __be32 *reg;
	uint64_t ticks;

	values->comp_mask = 0;
	if (!wanted)
		return 0;
	reg = mlx5_core_clock(to_mctx(context));
	if (!reg)
		return verbs_err(EOPNOTSUPP);
	while (!read_register(reg, &ticks))
		;
	values->raw_clock.tv_sec = 0;
	values->raw_clock.tv_nsec = (long)ticks;
	values->comp_mask = wanted;
	return 0;
}

void mlx5_unmap_clocks(struct mlx5_context *ctx)
{
	if (ctx->clock_info)
		munmap(ctx->clock_info, ctx->page_size);
	if (ctx->core_clock)
		munmap(ctx->core_clock, ctx->page_size);
}
