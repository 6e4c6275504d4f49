/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Direct verbs: dma-bufs by way of the data direct function. */
#include <errno.h>
#include <stdlib.h>

#include "mlx5_dv.h"

#define REG_DMABUF_MR 4

static struct ibv_pd *mlx5_pd(void)
{
	dv_context(); /* it is its device that is mlx5 */
	return pd();
}

static void test_plain_registration(void **state)
{
	uint32_t lkey = 0x11, rkey = 0x22;
	struct ibv_mr *mr;

	fake_answer_handle(0, 0x31);
	fake_answer_bytes(7, &lkey, sizeof(lkey));
	fake_answer_bytes(8, &rkey, sizeof(rkey));
	mr = mlx5dv_reg_dmabuf_mr(mlx5_pd(), 0x1000, 0x2000, 0x7000, 5,
				  IBV_ACCESS_LOCAL_WRITE, 0);
	assert_non_null(mr);
	expect_method(OBJ_MR, REG_DMABUF_MR, 9);
	expect_inline(1, 1, 0, 0x51);
	expect_inline(2, 2, 8, 0x1000);
	expect_inline(3, 3, 8, 0x2000);
	expect_inline(4, 4, 8, 0x7000);
	expect_inline(5, 5, 4, 5);
	expect_inline(6, 6, 4, IBV_ACCESS_LOCAL_WRITE);
	assert_int_equal(mr->lkey, 0x11);
	assert_int_equal(mr->rkey, 0x22);
	assert_int_equal(mr->handle, 0x31);
	assert_int_equal(mr->length, 0x2000);
	assert_ptr_equal(mr->addr, (void *)0x1000);
	assert_ptr_equal(mr->pd, pd());
	free(mr);
}

static void test_data_direct(void **state)
{
	struct ibv_mr *mr;

	mr = mlx5dv_reg_dmabuf_mr(mlx5_pd(), 0, 4096, 0, 5, 0,
				  MLX5DV_REG_DMABUF_ACCESS_DATA_DIRECT);
	assert_non_null(mr);
	expect_method(OBJ_MR, REG_DMABUF_MR, 10);
	expect_inline(0, 0x1000, 4, 1);
	free(mr);
}

/* What it does not know the kernel refuses. */
static void test_unknown_access_reaches_the_kernel(void **state)
{
	fake_fail(EINVAL);
	assert_no_object(EINVAL,
			 mlx5dv_reg_dmabuf_mr(mlx5_pd(), 0, 0, 0, -1, 0, 6));
	expect_inline(0, 0x1000, 4, 6);
}

/* As NCCL and NVSHMEM do; the kernel sees the descriptor. */
static void test_probe(void **state)
{
	fake_fail(EBADF);
	assert_no_object(EBADF,
			 mlx5dv_reg_dmabuf_mr(mlx5_pd(), 0, 0, 0, -1, 0, 0));
	expect_method(OBJ_MR, REG_DMABUF_MR, 9);
	expect_inline(5, 5, 4, 0xffffffff);
}

static void test_other_kinds_are_refused(void **state)
{
	struct ibv_pd others = { .context = others_context() };
	char path[16];

	assert_no_object(EOPNOTSUPP,
			 mlx5dv_reg_dmabuf_mr(&others, 0, 0, 0, -1, 0, 0));
	assert_status(EOPNOTSUPP, mlx5dv_get_data_direct_sysfs_path(
					  others.context, path, sizeof(path)));
	assert_int_equal(fake.calls, 0);
}

static void check_path_errno(int kernels, int ours)
{
	struct ibv_context *context = &dv_context()->vctx.context;
	char path[16];

	fake_reset();
	fake_fail(kernels);
	assert_status(ours, mlx5dv_get_data_direct_sysfs_path(context, path,
							      sizeof(path)));
}

static void test_path(void **state)
{
	struct ibv_context *context = &dv_context()->vctx.context;
	static char large[70000];
	char path[64];

	fake_answer_bytes(0x1000, "/sys/devices/x", 15);
	assert_int_equal(
		mlx5dv_get_data_direct_sysfs_path(context, path, sizeof(path)),
		0);
	expect_method(OBJ_DEVICE, 0x1001, 1);
	expect_pointer(0, 0x1000, 64);
	assert_string_equal(path, "/sys/devices/x");
	fake_reset();
	assert_int_equal(mlx5dv_get_data_direct_sysfs_path(context, large,
							   sizeof(large)),
			 0);
	expect_pointer(0, 0x1000, 65535);
	check_path_errno(ENODEV, ENODEV);
	check_path_errno(ENOSPC, ENOSPC);
	check_path_errno(EPROTONOSUPPORT, EOPNOTSUPP);
}

#define test(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_plain_registration),
		test(test_data_direct),
		test(test_unknown_access_reaches_the_kernel),
		test(test_probe),
		test(test_other_kinds_are_refused),
		test(test_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
