/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Shared receive queues with extended attributes, as they reach ioctl(2). The
 * basic ones are in test_commands.c.
 */
#include "expect.h"

static struct verbs_xrcd xrcd = { .handle = 0x31 };
static struct ibv_cq cq = { .handle = 0x22 };

static struct ibv_srq_init_attr_ex srq_attr(enum ibv_srq_type type,
					    uint32_t more)
{
	return (struct ibv_srq_init_attr_ex){
		.attr = { 100, 3, 7 },
		.comp_mask =
			IBV_SRQ_INIT_ATTR_TYPE | IBV_SRQ_INIT_ATTR_PD | more,
		.srq_type = type,
		.pd = pd(),
		.xrcd = &xrcd.xrcd,
		.cq = &cq,
		.tm_cap = { .max_num_tags = 64, .max_ops = 16 },
	};
}

static void test_xrc_srq(void **state)
{
	struct ibv_srq_init_attr_ex attr = srq_attr(
		IBV_SRQT_XRC, IBV_SRQ_INIT_ATTR_XRCD | IBV_SRQ_INIT_ATTR_CQ);
	const uint32_t max_wr = 127, max_sge = 4, number = 0xabcdef;
	struct verbs_srq vsrq = {};
	uint32_t srq_num;

	fake_answer_handle(0, 0x66);
	fake_answer_bytes(11, &max_wr, 4);
	fake_answer_bytes(12, &max_sge, 4);
	fake_answer_bytes(13, &number, 4);
	assert_int_equal(
		ibv_cmd_create_srq_ex(attr.pd->context, &attr, &vsrq, NULL), 0);
	expect_method(OBJ_SRQ, 0, 12);
	expect_inline(0, 0, 0, 0);
	expect_inline(1, 1, 0, 0x51);
	expect_inline(2, 4, 8, (uintptr_t)&vsrq.srq);
	expect_inline(3, 5, 4, 100);
	expect_inline(4, 6, 4, 3);
	expect_inline(5, 7, 4, 7);
	expect_inline(6, 9, 8, 1); /* XRC */
	expect_inline(7, 2, 0, 0x31);
	expect_inline(8, 3, 0, 0x22);
	expect_pointer(9, 11, 4);
	expect_pointer(10, 12, 4);
	expect_pointer(11, 13, 4);
	assert_int_equal(attr.attr.max_wr, 127);
	assert_int_equal(vsrq.srq.handle, 0x66);
	assert_int_equal(vsrq.type, IBV_SRQT_XRC);
	assert_int_equal(verbs_get_srq_num(&vsrq.srq, &srq_num), 0);
	assert_int_equal(srq_num, 0xabcdef);
	assert_int_equal(ibv_cmd_destroy_srq(&vsrq.srq), 0);
}

/* Its number is the driver's answer, not an attribute. */
static void test_tag_matching_srq(void **state)
{
	struct ibv_srq_init_attr_ex attr = srq_attr(
		IBV_SRQT_TM, IBV_SRQ_INIT_ATTR_CQ | IBV_SRQ_INIT_ATTR_TM);
	struct verbs_srq vsrq = {};

	assert_int_equal(
		ibv_cmd_create_srq_ex(attr.pd->context, &attr, &vsrq, NULL), 0);
	expect_method(OBJ_SRQ, 0, 11);
	expect_inline(6, 9, 8, 2);
	expect_inline(7, 3, 0, 0x22);
	expect_inline(8, 8, 4, 64);
	expect_pointer(9, 11, 4);
	expect_pointer(10, 12, 4);
	assert_int_equal(ibv_cmd_destroy_srq(&vsrq.srq), 0);
}

/* Without a type it is basic, and nothing but that is sent. */
static void test_basic_srq_by_extended_attributes(void **state)
{
	struct ibv_srq_init_attr_ex attr = srq_attr(IBV_SRQT_TM, 0);
	struct verbs_srq vsrq = {};

	attr.comp_mask &= ~(uint32_t)IBV_SRQ_INIT_ATTR_TYPE;
	assert_int_equal(
		ibv_cmd_create_srq_ex(attr.pd->context, &attr, &vsrq, NULL), 0);
	expect_method(OBJ_SRQ, 0, 9);
	expect_inline(6, 9, 8, 0);
	assert_int_equal(ibv_cmd_destroy_srq(&vsrq.srq), 0);
}

static void test_srq_attributes_nobody_knows(void **state)
{
	struct ibv_srq_init_attr_ex attr =
		srq_attr(IBV_SRQT_BASIC, IBV_SRQ_INIT_ATTR_RESERVED);
	struct verbs_srq vsrq = {};

	assert_int_equal(
		ibv_cmd_create_srq_ex(attr.pd->context, &attr, &vsrq, NULL),
		EOPNOTSUPP);
	attr.comp_mask = IBV_SRQ_INIT_ATTR_TYPE;
	assert_int_equal(
		ibv_cmd_create_srq_ex(attr.pd->context, &attr, &vsrq, NULL),
		EINVAL);
	assert_int_equal(fake.calls, 0);
}

static void test_only_some_srqs_have_a_number(void **state)
{
	struct verbs_srq vsrq = { .srq.context = fake_context() };
	uint32_t number;

	errno = 0;
	assert_int_equal(verbs_get_srq_num(&vsrq.srq, &number), EINVAL);
	assert_int_equal(errno, EINVAL);
}

static void test_tag_operations_are_unsupported_by_default(void **state)
{
	struct ibv_srq srq = { .context = fake_context() };
	struct ibv_ops_wr wr = {}, *bad = NULL;

	errno = 0;
	assert_int_equal(verbs_ops(srq.context)->post_srq_ops(&srq, &wr, &bad),
			 EOPNOTSUPP);
	assert_int_equal(errno, EOPNOTSUPP);
	assert_ptr_equal(bad, &wr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_xrc_srq, setup),
		cmocka_unit_test_setup(test_tag_matching_srq, setup),
		cmocka_unit_test_setup(test_basic_srq_by_extended_attributes,
				       setup),
		cmocka_unit_test_setup(test_srq_attributes_nobody_knows, setup),
		cmocka_unit_test_setup(test_only_some_srqs_have_a_number,
				       setup),
		cmocka_unit_test_setup(
			test_tag_operations_are_unsupported_by_default, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
