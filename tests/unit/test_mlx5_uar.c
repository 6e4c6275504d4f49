/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Which doorbell register a queue gets. The kernel's side is played here:
 * verbs_ioctl(), mmap() and munmap() come to this file.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include <rdma/mlx5_user_ioctl_cmds.h>
#include <rdma/mlx5_user_ioctl_verbs.h>

#include "mlx5.h"

#define FD 77
#define PAGE_BYTES 4096
#define FIRST_HANDLE 500
#define FIRST_PAGE_ID 9000

static struct {
	int allocs; /* pages made, of which live are still there */
	int live;
	int mapped;
	int fail_type; /* allocations of this type fail; -1: none */
	int fail_after; /* so do those after so many */
	int fail_mmap;
	off_t offset; /* of the last mmap */
	uint32_t destroyed; /* the handle that went last */
} kernel;

static uint64_t attr_data(const struct verbs_attrs *attrs, uint16_t id)
{
	int i;

	for (i = 0; i < attrs->hdr.num_attrs; i++)
		if (attrs->attr[i].attr_id == id)
			return attrs->attr[i].data;
	fail_msg("no attribute %#x", id);
	return 0;
}

static void *attr_ptr(const struct verbs_attrs *attrs, uint16_t id)
{
	return (void *)(uintptr_t)attr_data(attrs, id);
}

static int alloc_uar(struct verbs_attrs *attrs)
{
	int type = attr_data(attrs, MLX5_IB_ATTR_UAR_OBJ_ALLOC_TYPE);
	uint64_t offset = (uint64_t)(kernel.allocs + 1) << 20;
	uint32_t len = PAGE_BYTES;
	uint32_t page_id = FIRST_PAGE_ID + kernel.allocs;

	if (type == kernel.fail_type || kernel.allocs >= kernel.fail_after)
		return ENOMEM;
	assert_int_equal(attrs->hdr.num_attrs, 5);
	assert_int_equal(attrs->attr[0].attr_id,
			 MLX5_IB_ATTR_UAR_OBJ_ALLOC_HANDLE);
	attrs->attr[0].data = FIRST_HANDLE + kernel.allocs;
	memcpy(attr_ptr(attrs, MLX5_IB_ATTR_UAR_OBJ_ALLOC_MMAP_OFFSET), &offset,
	       sizeof(offset));
	memcpy(attr_ptr(attrs, MLX5_IB_ATTR_UAR_OBJ_ALLOC_MMAP_LENGTH), &len,
	       sizeof(len));
	memcpy(attr_ptr(attrs, MLX5_IB_ATTR_UAR_OBJ_ALLOC_PAGE_ID), &page_id,
	       sizeof(page_id));
	kernel.allocs++;
	kernel.live++;
	return 0;
}

VERBS_EXPORT int __wrap_verbs_ioctl(struct ibv_context *context,
				    struct verbs_attrs *attrs);
int __wrap_verbs_ioctl(struct ibv_context *context, struct verbs_attrs *attrs)
{
	assert_int_equal(attrs->hdr.object_id, MLX5_IB_OBJECT_UAR);
	if (attrs->hdr.method_id == MLX5_IB_METHOD_UAR_OBJ_ALLOC)
		return alloc_uar(attrs);
	assert_int_equal(attrs->hdr.method_id, MLX5_IB_METHOD_UAR_OBJ_DESTROY);
	kernel.destroyed =
		attr_data(attrs, MLX5_IB_ATTR_UAR_OBJ_DESTROY_HANDLE);
	kernel.live--;
	return 0;
}

void *__real_mmap(void *addr, size_t len, int prot, int flags, int fd,
		  off_t offset);
VERBS_EXPORT void *__wrap_mmap(void *addr, size_t len, int prot, int flags,
			       int fd, off_t offset);
void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd,
		  off_t offset)
{
	if (fd != FD)
		return __real_mmap(addr, len, prot, flags, fd, offset);
	assert_int_equal(prot, PROT_WRITE);
	assert_int_equal(flags, MAP_SHARED);
	if (kernel.fail_mmap) {
		errno = EAGAIN;
		return MAP_FAILED;
	}
	kernel.mapped++;
	kernel.offset = offset;
	return calloc(1, len);
}

VERBS_EXPORT int __wrap_munmap(void *addr, size_t len);
int __wrap_munmap(void *addr, size_t len)
{
	kernel.mapped--;
	free(addr);
	return 0;
}

static struct mlx5_context *new_context(void)
{
	struct mlx5_context *ctx = calloc(1, sizeof(*ctx));

	assert_non_null(ctx);
	memset(&kernel, 0, sizeof(kernel));
	kernel.fail_type = -1;
	kernel.fail_after = 1000;
	ctx->vctx.context.cmd_fd = FD;
	ctx->page_size = PAGE_BYTES;
	return ctx;
}

static void close_context(struct mlx5_context *ctx)
{
	mlx5_fini_uars(ctx);
	free(ctx);
	assert_int_equal(kernel.live, 0);
	assert_int_equal(kernel.mapped, 0);
}

/* ---- Fixed ------------------------------------------------------------------ */

static const struct mlx5_ib_alloc_ucontext_resp fixed_resp = {
	.bf_reg_size = 512,
	.tot_bfregs = 16,
	.num_uars_per_page = 1,
};

static void check_fixed(struct mlx5_context *ctx, uint32_t index, uint32_t page,
			size_t offset, uint32_t buf_size, bool shared)
{
	struct mlx5_bfreg *bfreg = mlx5_fixed_bfreg(&ctx->uars, index);

	assert_non_null(bfreg);
	assert_ptr_equal(bfreg->reg, ctx->uars.page[page] + offset);
	assert_int_equal(bfreg->buf_size, buf_size);
	assert_int_equal(bfreg->shared, shared);
}

/* The kernel counts four registers in each UAR of 4 KiB. */
static void test_fixed_registers(void **state)
{
	struct mlx5_context *ctx = new_context();

	assert_int_equal(mlx5_init_uars(ctx, &fixed_resp), 0);
	assert_int_equal(kernel.mapped, 8);
	assert_int_equal(kernel.offset, 7 * PAGE_BYTES);
	check_fixed(ctx, 0, 0, 0x800, 0, true);
	check_fixed(ctx, 1, 0, 0xa00, 256, true);
	check_fixed(ctx, 4, 1, 0x800, 256, true);
	check_fixed(ctx, 21, 5, 0xa00, 256, true);
	check_fixed(ctx, 24, 6, 0x800, 256, false); /* low latency */
	check_fixed(ctx, 29, 7, 0xa00, 256, false);
	assert_null(mlx5_fixed_bfreg(&ctx->uars, 2));
	assert_null(mlx5_fixed_bfreg(&ctx->uars, 32));
	assert_null(mlx5_fixed_bfreg(&ctx->uars, UINT32_MAX));
	assert_ptr_equal(ctx->uars.arm_page, ctx->uars.page[0]);
	close_context(ctx);
}

static void test_several_fixed_uars_on_a_page(void **state)
{
	struct mlx5_ib_alloc_ucontext_resp resp = fixed_resp;
	struct mlx5_context *ctx = new_context();

	resp.tot_bfregs = 64;
	resp.num_uars_per_page = 16;
	ctx->page_size = 65536;
	assert_int_equal(mlx5_init_uars(ctx, &resp), 0);
	assert_int_equal(kernel.mapped, 2);
	check_fixed(ctx, 4, 0, 0x1800, 256, true);
	check_fixed(ctx, 65, 1, 0xa00, 256, true);
	close_context(ctx);
}

static void test_blueflame_can_be_off(void **state)
{
	struct mlx5_ib_alloc_ucontext_resp resp = fixed_resp;
	struct mlx5_context *ctx = new_context();

	setenv("MLX5_SHUT_UP_BF", "1", 1);
	assert_int_equal(mlx5_init_uars(ctx, &resp), 0);
	unsetenv("MLX5_SHUT_UP_BF");
	check_fixed(ctx, 1, 0, 0xa00, 0, true);
	close_context(ctx);
}

/* ---- Dynamic ------------------------------------------------------------------ */

static const struct mlx5_ib_alloc_ucontext_resp dynamic_resp = {
	.bf_reg_size = 512,
	.num_uars_per_page = 1,
	.num_dyn_bfregs = 512,
};

static struct mlx5_context *new_dynamic(void)
{
	struct mlx5_context *ctx = new_context();

	assert_int_equal(mlx5_init_uars(ctx, &dynamic_resp), 0);
	assert_int_equal(kernel.allocs, 1);
	assert_int_equal(ctx->uars.arm_page_id, FIRST_PAGE_ID);
	return ctx;
}

static void test_first_queues_have_their_own(void **state)
{
	struct mlx5_context *ctx = new_dynamic();
	struct mlx5_bfreg *bfreg;
	uint32_t i;

	for (i = 0; i < 8; i++) {
		bfreg = mlx5_get_bfreg(ctx);
		assert_non_null(bfreg);
		assert_false(bfreg->shared);
		assert_int_equal(bfreg->users, 1);
		assert_int_equal(bfreg->page_id, FIRST_PAGE_ID + 1 + i / 2);
		assert_int_equal(bfreg->buf_size, 256);
	}
	assert_int_equal(kernel.allocs, 5);
	close_context(ctx);
}

/* The load is even, and no more pages are made than that. */
static void test_later_queues_share(void **state)
{
	struct mlx5_context *ctx = new_dynamic();
	struct mlx5_bfreg *bfreg;
	int i;

	for (i = 0; i < 8; i++)
		mlx5_get_bfreg(ctx);
	for (i = 0; i < 24; i++) {
		bfreg = mlx5_get_bfreg(ctx);
		assert_non_null(bfreg);
		assert_true(bfreg->shared);
		assert_int_equal(bfreg->users, 1 + i / 8);
	}
	assert_int_equal(kernel.allocs, 9);
	close_context(ctx);
}

static void test_register_given_back_is_used_again(void **state)
{
	struct mlx5_context *ctx = new_dynamic();
	struct mlx5_bfreg *first = mlx5_get_bfreg(ctx);
	int i;

	for (i = 0; i < 8; i++)
		mlx5_get_bfreg(ctx);
	mlx5_put_bfreg(ctx, first);
	assert_ptr_equal(mlx5_get_bfreg(ctx), first);
	close_context(ctx);
}

static void test_without_write_combining(void **state)
{
	struct mlx5_context *ctx = new_dynamic();
	struct mlx5_bfreg *bfreg;

	kernel.fail_type = MLX5_IB_UAPI_UAR_ALLOC_TYPE_BF;
	bfreg = mlx5_get_bfreg(ctx);
	assert_non_null(bfreg);
	assert_int_equal(kernel.allocs, 2);
	close_context(ctx);
}

static void test_no_more_pages(void **state)
{
	struct mlx5_context *ctx = new_dynamic();
	int i;

	kernel.fail_after = 1;
	errno = 0;
	assert_null(mlx5_get_bfreg(ctx));
	assert_int_equal(errno, ENOMEM);
	kernel.fail_after = 6; /* four of one queue each, one to share */
	for (i = 0; i < 20; i++)
		assert_non_null(mlx5_get_bfreg(ctx));
	assert_int_equal(kernel.allocs, 6);
	close_context(ctx);
}

static void test_page_that_cannot_be_mapped_is_freed(void **state)
{
	struct mlx5_context *ctx = new_context();

	kernel.fail_mmap = 1;
	assert_int_equal(mlx5_init_uars(ctx, &dynamic_resp), EAGAIN);
	assert_int_equal(kernel.live, 0);
	assert_int_equal(kernel.destroyed, FIRST_HANDLE);
	free(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fixed_registers),
		cmocka_unit_test(test_several_fixed_uars_on_a_page),
		cmocka_unit_test(test_blueflame_can_be_off),
		cmocka_unit_test(test_first_queues_have_their_own),
		cmocka_unit_test(test_later_queues_share),
		cmocka_unit_test(test_register_given_back_is_used_again),
		cmocka_unit_test(test_without_write_combining),
		cmocka_unit_test(test_no_more_pages),
		cmocka_unit_test(test_page_that_cannot_be_mapped_is_freed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
