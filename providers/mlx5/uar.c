/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Doorbell registers. Each is on a page of the device that is mapped into the
 * process, two on one page. A kernel gives them out in one of two ways:
 *
 * - fixed: so many for the context, and the kernel says with each QP which one
 *   is its;
 * - dynamic: pages are objects, and which register a QP has is ours to choose.
 *
 * Several queues may share a register. A lock keeps their BlueFlame writes
 * apart; the single store of a doorbell needs none.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rdma/mlx5_user_ioctl_cmds.h>
#include <rdma/mlx5_user_ioctl_verbs.h>

#include "mlx5.h"

/* Of the dynamic pages so many have registers with one queue each. */
#define OWN_PAGES 4
#define MAX_PAGES 8

static void *reg_at(const struct mlx5_uars *uars, uint8_t *page, uint32_t i)
{
	return page + PRM_UAR_BFREG + (size_t)i * uars->bf_reg_size;
}

/* Of a register's two halves one is written while the other is sent. */
static uint32_t buf_size(const struct mlx5_uars *uars)
{
	return uars->no_blueflame ? 0 : uars->bf_reg_size / 2;
}

/* ---- Fixed ------------------------------------------------------------------ */

/* Command and index share the page number. */
static off_t fixed_offset(const struct mlx5_context *ctx, uint32_t index)
{
	off_t pgoff = MLX5_IB_MMAP_REGULAR_PAGE << MLX5_MMAP_CMD_SHIFT | index;

	return pgoff * (off_t)ctx->page_size;
}

static void *map_fixed_page(struct mlx5_context *ctx, uint32_t index)
{
	return mmap(NULL, ctx->page_size, PROT_WRITE, MAP_SHARED,
		    ctx->vctx.context.cmd_fd, fixed_offset(ctx, index));
}

static void unmap_fixed(struct mlx5_context *ctx)
{
	struct mlx5_uars *uars = &ctx->uars;
	uint32_t i;

	for (i = 0; i < uars->num_pages && uars->page[i]; i++)
		munmap(uars->page[i], ctx->page_size);
	free(uars->page);
	free(uars->fixed);
}

static int map_fixed(struct mlx5_context *ctx)
{
	struct mlx5_uars *uars = &ctx->uars;
	uint32_t i;
	void *page;
	int err;

	uars->page = calloc(uars->num_pages, sizeof(*uars->page));
	if (!uars->page)
		return ENOMEM;
	for (i = 0; i < uars->num_pages; i++) {
		page = map_fixed_page(ctx, i);
		if (page == MAP_FAILED) {
			err = errno;
			unmap_fixed(ctx);
			return err;
		}
		uars->page[i] = page;
	}
	err = mlx5_init_fixed_bfregs(ctx);
	if (err)
		unmap_fixed(ctx);
	return err;
}

/*
 * The first is for doorbells only, the last few the kernel gives to one QP
 * each.
 */
static void init_fixed(const struct mlx5_context *ctx, uint32_t n)
{
	const struct mlx5_uars *uars = &ctx->uars;
	struct mlx5_bfreg *bfreg = &uars->fixed[n];
	uint32_t uar = n / PRM_USABLE_BFREGS_PER_UAR;
	uint32_t index = uar / uars->uars_per_page;
	uint8_t *page = uars->page[index] +
			(size_t)(uar % uars->uars_per_page) * PRM_UAR_SIZE;

	bfreg->reg = reg_at(uars, page, n % PRM_USABLE_BFREGS_PER_UAR);
	bfreg->mmap_offset = fixed_offset(ctx, index);
	bfreg->buf_size = n ? buf_size(uars) : 0;
	bfreg->shared = n + MLX5_LOW_LATENCY_BFREGS < uars->num_fixed;
}

int mlx5_init_fixed_bfregs(struct mlx5_context *ctx)
{
	struct mlx5_uars *uars = &ctx->uars;
	uint32_t n;

	uars->num_fixed = uars->num_pages * uars->uars_per_page *
			  PRM_USABLE_BFREGS_PER_UAR;
	uars->fixed = calloc(uars->num_fixed, sizeof(*uars->fixed));
	if (!uars->fixed)
		return ENOMEM;
	for (n = 0; n < uars->num_fixed; n++)
		init_fixed(ctx, n);
	uars->arm_page = uars->page[0];
	return 0;
}

/* The kernel counts four on a page, of which two can be used. */
struct mlx5_bfreg *mlx5_fixed_bfreg(struct mlx5_uars *uars, uint32_t index)
{
	uint32_t uar = index / PRM_BFREGS_PER_UAR;
	uint32_t i = index % PRM_BFREGS_PER_UAR;
	uint32_t n = uar * PRM_USABLE_BFREGS_PER_UAR + i;

	if (i >= PRM_USABLE_BFREGS_PER_UAR || n >= uars->num_fixed)
		return NULL;
	return &uars->fixed[n];
}

/* ---- Dynamic ------------------------------------------------------------------ */

static int cmd_alloc_uar(struct mlx5_context *ctx, struct mlx5_uar *uar,
			 uint64_t type, uint64_t *offset)
{
	struct ib_uverbs_attr *handle;
	struct verbs_attrs attrs;
	uint32_t len;
	int err;

	*offset = 0;
	attrs_init(&attrs, MLX5_IB_OBJECT_UAR, MLX5_IB_METHOD_UAR_OBJ_ALLOC);
	handle = attr_new_obj(&attrs, MLX5_IB_ATTR_UAR_OBJ_ALLOC_HANDLE);
	attr_in_u64(&attrs, MLX5_IB_ATTR_UAR_OBJ_ALLOC_TYPE, type);
	attr_out(&attrs, MLX5_IB_ATTR_UAR_OBJ_ALLOC_MMAP_OFFSET, offset,
		 sizeof(*offset));
	attr_out_u32(&attrs, MLX5_IB_ATTR_UAR_OBJ_ALLOC_MMAP_LENGTH, &len);
	attr_out_u32(&attrs, MLX5_IB_ATTR_UAR_OBJ_ALLOC_PAGE_ID, &uar->page_id);
	err = verbs_ioctl(&ctx->vctx.context, &attrs);
	uar->handle = handle->data;
	uar->len = len;
	return err;
}

static void cmd_destroy_uar(struct mlx5_context *ctx, uint32_t handle)
{
	struct verbs_attrs attrs;

	attrs_init(&attrs, MLX5_IB_OBJECT_UAR, MLX5_IB_METHOD_UAR_OBJ_DESTROY);
	attr_in_obj(&attrs, MLX5_IB_ATTR_UAR_OBJ_DESTROY_HANDLE, handle);
	verbs_ioctl(&ctx->vctx.context, &attrs);
}

static int map_uar(struct mlx5_context *ctx, struct mlx5_uar *uar,
		   uint64_t type)
{
	uint64_t offset;
	void *page;
	int err;

	err = cmd_alloc_uar(ctx, uar, type, &offset);
	if (err)
		return err;
	page = mmap(NULL, uar->len, PROT_WRITE, MAP_SHARED,
		    ctx->vctx.context.cmd_fd, (off_t)offset);
	if (page == MAP_FAILED) {
		err = errno;
		cmd_destroy_uar(ctx, uar->handle);
		return err;
	}
	uar->page = page;
	uar->offset = (off_t)offset;
	return 0;
}

void mlx5_free_uar(struct mlx5_context *ctx, struct mlx5_uar *uar)
{
	if (!uar)
		return;
	munmap(uar->page, uar->len);
	cmd_destroy_uar(ctx, uar->handle);
	free(uar);
}

struct mlx5_uar *mlx5_new_uar(struct mlx5_context *ctx, uint64_t type, int *err)
{
	struct mlx5_uar *uar = calloc(1, sizeof(*uar));

	*err = ENOMEM;
	if (!uar)
		return NULL;
	*err = map_uar(ctx, uar, type);
	if (*err) {
		free(uar);
		return NULL;
	}
	return uar;
}

/* Write-combining where the machine can, else just not cached. */
static int add_page_locked(struct mlx5_context *ctx, uint32_t index)
{
	struct mlx5_uars *uars = &ctx->uars;
	struct mlx5_uar *uar;
	uint32_t i;
	int err;

	uar = mlx5_new_uar(ctx, MLX5_IB_UAPI_UAR_ALLOC_TYPE_BF, &err);
	if (!uar)
		uar = mlx5_new_uar(ctx, MLX5_IB_UAPI_UAR_ALLOC_TYPE_NC, &err);
	if (!uar)
		return err;
	for (i = 0; i < PRM_USABLE_BFREGS_PER_UAR; i++) {
		uar->bfreg[i].reg = reg_at(uars, uar->page, i);
		uar->bfreg[i].mmap_offset = uar->offset;
		uar->bfreg[i].buf_size = buf_size(uars);
		uar->bfreg[i].shared = index >= OWN_PAGES;
		uar->bfreg[i].page_id = uar->page_id;
	}
	uars->dyn[index] = uar;
	return 0;
}

/*
 * The register with the fewest queues. While nobody's is wanted, a page is made
 * for it before one is shared; if that fails, sharing will do.
 */
static struct mlx5_bfreg *choose_locked(struct mlx5_context *ctx, uint32_t from,
					uint32_t to, int *err)
{
	struct mlx5_bfreg *best = NULL;
	struct mlx5_bfreg *bfreg;
	uint32_t i;

	for (i = from * PRM_USABLE_BFREGS_PER_UAR;
	     i < to * PRM_USABLE_BFREGS_PER_UAR; i++) {
		struct mlx5_uar **uar =
			&ctx->uars.dyn[i / PRM_USABLE_BFREGS_PER_UAR];

		if (!*uar && best && !best->users)
			break;
		if (!*uar)
			*err = add_page_locked(ctx,
					       i / PRM_USABLE_BFREGS_PER_UAR);
		if (!*uar)
			break;
		bfreg = &(*uar)->bfreg[i % PRM_USABLE_BFREGS_PER_UAR];
		if (!best || bfreg->users < best->users)
			best = bfreg;
	}
	return best;
}

static struct mlx5_bfreg *get_locked(struct mlx5_context *ctx)
{
	struct mlx5_bfreg *bfreg;
	int err = 0;

	bfreg = choose_locked(ctx, 0, OWN_PAGES, &err);
	if (!bfreg || bfreg->users)
		bfreg = choose_locked(ctx, OWN_PAGES, MAX_PAGES, &err);
	if (!bfreg) {
		errno = err;
		return NULL;
	}
	bfreg->users++;
	return bfreg;
}

struct mlx5_bfreg *mlx5_get_bfreg(struct mlx5_context *ctx)
{
	struct mlx5_bfreg *bfreg;

	pthread_mutex_lock(&ctx->uars.lock);
	bfreg = get_locked(ctx);
	pthread_mutex_unlock(&ctx->uars.lock);
	return bfreg;
}

void mlx5_put_bfreg(struct mlx5_context *ctx, struct mlx5_bfreg *bfreg)
{
	if (!bfreg || !ctx->uars.dyn)
		return;
	pthread_mutex_lock(&ctx->uars.lock);
	bfreg->users--;
	pthread_mutex_unlock(&ctx->uars.lock);
}

static int init_dynamic(struct mlx5_context *ctx)
{
	struct mlx5_uars *uars = &ctx->uars;
	int err;

	uars->dyn = calloc(MAX_PAGES, sizeof(*uars->dyn));
	if (!uars->dyn)
		return ENOMEM;
	uars->arm = mlx5_new_uar(ctx, MLX5_IB_UAPI_UAR_ALLOC_TYPE_NC, &err);
	if (!uars->arm) {
		free(uars->dyn);
		return err;
	}
	uars->arm_page = uars->arm->page;
	uars->arm_page_id = uars->arm->page_id;
	return 0;
}

static void fini_dynamic(struct mlx5_context *ctx)
{
	uint32_t i;

	for (i = 0; i < MAX_PAGES; i++)
		mlx5_free_uar(ctx, ctx->uars.dyn[i]);
	mlx5_free_uar(ctx, ctx->uars.arm);
	free(ctx->uars.dyn);
}

/* ---- Either ------------------------------------------------------------------- */

/* MLX5_SHUT_UP_BF is the stock library's variable for the same. */
static bool is_blueflame_off(void)
{
	const char *env = getenv("MLX5_SHUT_UP_BF");

	return env && strcmp(env, "0");
}

int mlx5_init_uars(struct mlx5_context *ctx,
		   const struct mlx5_ib_alloc_ucontext_resp *resp)
{
	struct mlx5_uars *uars = &ctx->uars;
	int err;

	uars->bf_reg_size = resp->bf_reg_size;
	uars->no_blueflame = is_blueflame_off();
	uars->uars_per_page = resp->num_uars_per_page ?: 1;
	uars->num_pages = resp->tot_bfregs /
			  (uars->uars_per_page * PRM_USABLE_BFREGS_PER_UAR);
	if (resp->tot_bfregs && !uars->num_pages)
		return EOPNOTSUPP;
	pthread_mutex_init(&uars->lock, NULL);
	err = resp->tot_bfregs ? map_fixed(ctx) : init_dynamic(ctx);
	if (err)
		pthread_mutex_destroy(&uars->lock);
	return err;
}

void mlx5_fini_uars(struct mlx5_context *ctx)
{
	if (ctx->uars.dyn)
		fini_dynamic(ctx);
	else
		unmap_fixed(ctx);
	pthread_mutex_destroy(&ctx->uars.lock);
}
