/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Counters, as they reach ioctl(2). */
#include "expect.h"

static void test_counters(void **state)
{
	struct ibv_counters_init_attr attr = {};
	struct ibv_context *context = fake_context();
	struct ibv_counters *counters;
	uint64_t values[3];

	fake_answer_handle(0, 0x41);
	counters = verbs_create_counters(context, &attr);
	assert_non_null(counters);
	expect_method(OBJ_COUNTERS, 0, 1);
	expect_inline(0, 0, 0, 0);
	assert_ptr_equal(counters->context, context);
	fake_reset();
	assert_int_equal(
		verbs_read_counters(counters, values, 3,
				    IBV_READ_COUNTERS_ATTR_PREFER_CACHED),
		0);
	expect_method(OBJ_COUNTERS, 2, 3);
	expect_inline(0, 0, 0, 0x41);
	expect_pointer(1, 1, 24);
	expect_inline(2, 2, 4, 1);
	fake_reset();
	assert_int_equal(verbs_destroy_counters(counters), 0);
	expect_method(OBJ_COUNTERS, 1, 1);
	expect_inline(0, 0, 0, 0x41);
}

static void test_counters_attributes_nobody_knows(void **state)
{
	struct ibv_counters_init_attr attr = { .comp_mask = 1 };

	errno = 0;
	assert_null(verbs_create_counters(fake_context(), &attr));
	assert_int_equal(errno, EOPNOTSUPP);
	assert_int_equal(fake.calls, 0);
}

/* More than an attribute can hold. */
static void test_too_many_counters(void **state)
{
	struct verbs_counters counters = { .counters.context = fake_context() };

	assert_int_equal(verbs_read_counters(&counters.counters, NULL, 8192, 0),
			 EINVAL);
	assert_int_equal(fake.calls, 0);
}

static void test_counters_are_unsupported_by_default(void **state)
{
	struct ibv_context *context = fake_context();
	const struct verbs_ops *ops = verbs_ops(context);
	struct ibv_counters counters = { .context = context };

	errno = 0;
	assert_null(ops->create_counters(context, NULL));
	assert_int_equal(errno, EOPNOTSUPP);
	assert_int_equal(ops->attach_counters_point_flow(&counters, NULL, NULL),
			 EOPNOTSUPP);
	assert_int_equal(ops->read_counters(&counters, NULL, 0, 0), EOPNOTSUPP);
	assert_int_equal(ops->destroy_counters(&counters), EOPNOTSUPP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_counters, setup),
		cmocka_unit_test_setup(test_counters_attributes_nobody_knows,
				       setup),
		cmocka_unit_test_setup(test_too_many_counters, setup),
		cmocka_unit_test_setup(test_counters_are_unsupported_by_default,
				       setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
