/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Work queues and tables of them, as they reach ioctl(2). */
#include <stdlib.h>

#include "expect.h"

static struct ibv_cq cq = { .handle = 0x22 };

static struct ibv_wq_init_attr wq_attr(uint32_t comp_mask)
{
	return (struct ibv_wq_init_attr){
		.wq_context = &cq,
		.wq_type = IBV_WQT_RQ,
		.max_wr = 100,
		.max_sge = 3,
		.pd = pd(),
		.cq = &cq,
		.comp_mask = comp_mask,
		.create_flags = IBV_WQ_FLAGS_SCATTER_FCS,
	};
}

static void test_create_wq(void **state)
{
	struct ibv_wq_init_attr attr = wq_attr(IBV_WQ_INIT_ATTR_FLAGS);
	const uint32_t max_wr = 128, max_sge = 4, number = 0x123;
	struct ibv_wq wq = {};

	fake_answer_handle(0, 0x77);
	fake_answer_bytes(9, &max_wr, 4);
	fake_answer_bytes(10, &max_sge, 4);
	fake_answer_bytes(11, &number, 4);
	assert_int_equal(ibv_cmd_create_wq(attr.pd->context, &attr, &wq, NULL),
			 0);
	expect_method(OBJ_WQ, 0, 11);
	expect_inline(0, 0, 0, 0);
	expect_inline(1, 1, 0, 0x51);
	expect_inline(2, 2, 0, 0x22);
	expect_inline(3, 3, 8, (uintptr_t)&wq);
	expect_inline(4, 4, 8, 0); /* receives */
	expect_inline(5, 6, 4, 100);
	expect_inline(6, 7, 4, 3);
	expect_inline(7, 8, 4, 2);
	expect_pointer(8, 9, 4);
	expect_pointer(9, 10, 4);
	expect_pointer(10, 11, 4);
	assert_int_equal(attr.max_wr, 128);
	assert_int_equal(attr.max_sge, 4);
	assert_int_equal(wq.handle, 0x77);
	assert_int_equal(wq.wq_num, 0x123);
	assert_ptr_equal(wq.cq, &cq);
	fake_reset();
	assert_int_equal(ibv_cmd_destroy_wq(&wq), 0);
	expect_method(OBJ_WQ, 1, 2);
	expect_inline(0, 0, 0, 0x77);
	expect_pointer(1, 1, 4);
}

/* The kernel wants the attribute even where the program sets no flag. */
static void test_create_wq_without_flags(void **state)
{
	struct ibv_wq_init_attr attr = wq_attr(0);
	struct ibv_wq wq = {};

	assert_int_equal(ibv_cmd_create_wq(attr.pd->context, &attr, &wq, NULL),
			 0);
	expect_inline(7, 8, 4, 0);
	fake_reset();
	attr.comp_mask = IBV_WQ_INIT_ATTR_RESERVED;
	assert_int_equal(ibv_cmd_create_wq(attr.pd->context, &attr, &wq, NULL),
			 EINVAL);
	assert_int_equal(fake.calls, 0);
}

static void test_modify_wq(void **state)
{
	static const unsigned char req[24] = {
		[0] = 3,
		[4] = 0x77,
		[8] = 1,
		[12] = 2,
	};
	struct ibv_wq wq = { .context = fake_context(), .handle = 0x77 };
	struct ibv_wq_attr attr = {
		.attr_mask = IBV_WQ_ATTR_STATE | IBV_WQ_ATTR_CURR_STATE,
		.wq_state = IBV_WQS_RDY,
		.curr_wq_state = IBV_WQS_ERR,
		.flags = 0xff, /* not in the mask */
		.flags_mask = 0xff,
	};

	assert_int_equal(ibv_cmd_modify_wq(&wq, &attr, NULL), 0);
	expect_write_cmd(0x80000035, 2, 1);
	expect_payload(0, CORE_IN, req, sizeof(req));
	assert_int_equal(wq.state, IBV_WQS_RDY);
}

static void test_modify_wq_flags(void **state)
{
	static const unsigned char req[24] = {
		[0] = 4,
		[4] = 0x77,
		[16] = 1,
		[20] = 5,
	};
	struct ibv_wq wq = { .context = fake_context(), .handle = 0x77 };
	struct ibv_wq_attr attr = {
		.attr_mask = IBV_WQ_ATTR_FLAGS,
		.wq_state = IBV_WQS_ERR, /* not in the mask */
		.flags = IBV_WQ_FLAGS_CVLAN_STRIPPING,
		.flags_mask =
			IBV_WQ_FLAGS_CVLAN_STRIPPING | IBV_WQ_FLAGS_DELAY_DROP,
	};

	assert_int_equal(ibv_cmd_modify_wq(&wq, &attr, NULL), 0);
	expect_payload(0, CORE_IN, req, sizeof(req));
	assert_int_equal(wq.state, IBV_WQS_RESET);
}

static void test_failed_modify_keeps_the_wq_state(void **state)
{
	struct ibv_wq wq = { .context = fake_context() };
	struct ibv_wq_attr attr = { .attr_mask = IBV_WQ_ATTR_STATE,
				    .wq_state = IBV_WQS_RDY };

	fake_fail(EINVAL);
	errno = 0;
	assert_int_equal(ibv_cmd_modify_wq(&wq, &attr, NULL), EINVAL);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(wq.state, IBV_WQS_RESET);
}

static void test_rwq_ind_table(void **state)
{
	static const unsigned char req[24] = {
		[4] = 2, [8] = 0x77, [12] = 0x78, [16] = 0x77, [20] = 0x78,
	};
	static const uint32_t resp[4] = { 0, 16, 0x88, 0x1234 };
	struct ibv_context *context = fake_context();
	struct ibv_wq a = { .handle = 0x77 }, b = { .handle = 0x78 };
	struct ibv_wq *places[] = { &a, &b, &a, &b };
	struct ibv_rwq_ind_table_init_attr attr = { .log_ind_tbl_size = 2,
						    .ind_tbl = places };
	struct ibv_rwq_ind_table *table;

	fake_answer_bytes(CORE_OUT, resp, sizeof(resp));
	table = verbs_ops(context)->create_rwq_ind_table(context, &attr);
	assert_non_null(table);
	expect_write_cmd(0x80000037, 3, 2);
	expect_payload(0, CORE_IN, req, sizeof(req));
	expect_pointer(1, CORE_OUT, 16);
	assert_ptr_equal(table->context, context);
	assert_int_equal(table->ind_tbl_handle, 0x88);
	assert_int_equal(table->ind_tbl_num, 0x1234);
	fake_reset();
	assert_int_equal(verbs_ops(context)->destroy_rwq_ind_table(table), 0);
	expect_method(OBJ_RWQ_IND_TABLE, 0, 1);
	expect_inline(0, 0, 0, 0x88);
}

/* The kernel's limit, which keeps the request below an attribute's. */
static void test_rwq_ind_table_that_is_too_long(void **state)
{
	struct ibv_rwq_ind_table_init_attr attr = { .log_ind_tbl_size = 14 };
	struct ibv_rwq_ind_table table;

	assert_int_equal(ibv_cmd_create_rwq_ind_table(fake_context(), &attr,
						      &table, NULL),
			 EINVAL);
	attr.log_ind_tbl_size = 0;
	attr.comp_mask = IBV_CREATE_IND_TABLE_RESERVED;
	assert_int_equal(ibv_cmd_create_rwq_ind_table(fake_context(), &attr,
						      &table, NULL),
			 EOPNOTSUPP);
	assert_int_equal(fake.calls, 0);
}

static void test_failed_rwq_ind_table_leaves_nothing(void **state)
{
	struct ibv_context *context = fake_context();
	struct ibv_wq wq = { .handle = 0x77 };
	struct ibv_wq *places[] = { &wq };
	struct ibv_rwq_ind_table_init_attr attr = { .ind_tbl = places };

	fake_fail(EOPNOTSUPP);
	errno = 0;
	assert_null(verbs_ops(context)->create_rwq_ind_table(context, &attr));
	assert_int_equal(errno, EOPNOTSUPP);
}

static void test_wqs_are_unsupported_by_default(void **state)
{
	struct ibv_context *context = fake_context();
	struct ibv_wq wq = { .context = context };

	errno = 0;
	assert_null(verbs_ops(context)->create_wq(context, NULL));
	assert_int_equal(errno, EOPNOTSUPP);
	assert_int_equal(verbs_ops(context)->modify_wq(&wq, NULL), EOPNOTSUPP);
	assert_int_equal(verbs_ops(context)->destroy_wq(&wq), EOPNOTSUPP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_create_wq, setup),
		cmocka_unit_test_setup(test_create_wq_without_flags, setup),
		cmocka_unit_test_setup(test_modify_wq, setup),
		cmocka_unit_test_setup(test_modify_wq_flags, setup),
		cmocka_unit_test_setup(test_failed_modify_keeps_the_wq_state,
				       setup),
		cmocka_unit_test_setup(test_rwq_ind_table, setup),
		cmocka_unit_test_setup(test_rwq_ind_table_that_is_too_long,
				       setup),
		cmocka_unit_test_setup(test_failed_rwq_ind_table_leaves_nothing,
				       setup),
		cmocka_unit_test_setup(test_wqs_are_unsupported_by_default,
				       setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
