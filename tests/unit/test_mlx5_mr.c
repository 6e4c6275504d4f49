/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Memory regions of the mlx5 provider. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "mlx5.h"

static void test_null_mr_is_the_key_that_the_device_has(void **state)
{
	struct mlx5_context ctx = {
		.resp = { .comp_mask =
				  MLX5_IB_ALLOC_UCONTEXT_RESP_MASK_DUMP_FILL_MKEY,
			  .dump_fill_mkey = 0x1234 },
	};
	struct ibv_pd pd = { .context = &ctx.vctx.context };
	struct ibv_mr *mr = mlx5_alloc_null_mr(&pd);

	assert_non_null(mr);
	assert_int_equal(mr->lkey, 0x1234);
	assert_ptr_equal(mr->pd, &pd);
	free(mr);
}

static void test_no_key_no_null_mr(void **state)
{
	struct mlx5_context ctx = { .resp = { .dump_fill_mkey = 0x1234 } };
	struct ibv_pd pd = { .context = &ctx.vctx.context };

	errno = 0;
	assert_null(mlx5_alloc_null_mr(&pd));
	assert_int_equal(errno, EOPNOTSUPP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_null_mr_is_the_key_that_the_device_has),
		cmocka_unit_test(test_no_key_no_null_mr),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
