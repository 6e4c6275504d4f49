/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* What is asked about a context, and a PD of it, that another opened. */
#include <errno.h>

#include "mlx5_dv.h"

enum { QUERY_CONTEXT = 4, PD_QUERY = 0x1000 };

extern const struct verbs_provider verbs_provider_mlx5;

static void test_pd(void **state)
{
	struct ibv_context *context = &dv_context()->vctx.context;
	const uint32_t pdn = 0x1234;
	struct ibv_pd *imported;

	fake_answer_bytes(0x1001, &pdn, sizeof(pdn));
	imported = mlx5_import_pd(context, 0x51);
	assert_non_null(imported);
	expect_method(OBJ_PD, PD_QUERY, 2);
	expect_inline(0, 0x1000, 0, 0x51);
	expect_pointer(1, 0x1001, 4);
	assert_int_equal(to_mpd(imported)->pdn, 0x1234);
	assert_int_equal(imported->handle, 0x51);
	assert_ptr_equal(imported->context, context);
	fake_reset();
	verbs_ops(context)->unimport_pd(imported);
	assert_int_equal(fake.calls, 0);
}

static void test_unknown_pd(void **state)
{
	fake_fail(ENOENT);
	assert_no_object(ENOENT,
			 mlx5_import_pd(&dv_context()->vctx.context, 0x51));
}

static void test_context(void **state)
{
	struct mlx5_context *ctx = dv_context();

	fake_fail(EINVAL);
	assert_status(EINVAL, verbs_provider_mlx5.import_context(&ctx->vctx));
	expect_method(OBJ_DEVICE, QUERY_CONTEXT, 3);
	expect_pointer(0, 0x1000, sizeof(struct mlx5_ib_alloc_ucontext_resp));
	expect_pointer(1, 0, 4); /* completion vectors */
	expect_pointer(2, 1, 8); /* what the core can do */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_pd, setup),
		cmocka_unit_test_setup(test_unknown_pd, setup),
		cmocka_unit_test_setup(test_context, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
