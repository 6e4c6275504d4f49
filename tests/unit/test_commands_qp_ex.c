/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * QPs whose extended attributes the kernel is told, as they reach ioctl(2);
 * those of XRC are in test_commands_xrc.c.
 */
#include "expect.h"

/* No receive queue of its own: the table's are there. */
static void test_qp_on_a_table(void **state)
{
	struct ibv_rwq_ind_table table = { .ind_tbl_handle = 0x88 };
	struct ibv_qp_init_attr_ex attr = {
		.qp_type = IBV_QPT_RAW_PACKET,
		.comp_mask = IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_IND_TABLE |
			     IBV_QP_INIT_ATTR_RX_HASH,
		.pd = pd(),
		.rwq_ind_tbl = &table,
		.rx_hash_conf = { .rx_hash_function =
					  IBV_RX_HASH_FUNC_TOEPLITZ },
	};
	struct ibv_qp qp = {};

	assert_int_equal(
		ibv_cmd_create_qp_ex(attr.pd->context, &attr, &qp, NULL), 0);
	expect_method(OBJ_QP, 0, 8);
	expect_inline(1, 2, 0, 0x51);
	expect_inline(2, 6, 0, 0x88);
	expect_inline(3, 7, 8, (uintptr_t)&qp);
	expect_inline(5, 9, 8, 8); /* raw packets */
	assert_int_equal(ibv_cmd_destroy_qp(&qp), 0);
}

/* To the kernel the flag is the presence of the number. */
static void test_qp_with_a_source_qpn(void **state)
{
	struct ibv_qp_init_attr_ex attr = {
		.qp_type = IBV_QPT_UD,
		.comp_mask = IBV_QP_INIT_ATTR_PD |
			     IBV_QP_INIT_ATTR_CREATE_FLAGS |
			     IBV_QP_INIT_ATTR_MAX_TSO_HEADER,
		.pd = pd(),
		.create_flags =
			IBV_QP_CREATE_SOURCE_QPN | IBV_QP_CREATE_SCATTER_FCS,
		.max_tso_header = 64,
		.source_qpn = 0x123456,
	};
	struct ibv_qp qp = {};

	assert_int_equal(
		ibv_cmd_create_qp_ex(attr.pd->context, &attr, &qp, NULL), 0);
	expect_method(OBJ_QP, 0, 9);
	expect_inline(5, 10, 4, 1 << 8);
	expect_inline(6, 11, 4, 0x123456);
	assert_int_equal(ibv_cmd_destroy_qp(&qp), 0);
}

static void test_qp_flags_nobody_knows(void **state)
{
	struct ibv_qp_init_attr_ex attr = {
		.qp_type = IBV_QPT_UD,
		.comp_mask =
			IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_CREATE_FLAGS,
		.pd = pd(),
		.create_flags = 1 << 30,
	};
	struct ibv_qp qp = {};

	assert_int_equal(
		ibv_cmd_create_qp_ex(attr.pd->context, &attr, &qp, NULL),
		EOPNOTSUPP);
	assert_int_equal(fake.calls, 0);
}

static void test_rate_limit_with_the_drivers_share(void **state)
{
	struct ibv_qp qp = { .context = fake_context(), .handle = 0x99 };
	static const unsigned char burst[16] = "sixteen bytes..";
	const struct verbs_udata udata = { .in = burst,
					   .in_len = sizeof(burst) };
	unsigned char req[120] = {
		[64] = 0x99, [71] = 2, [112] = 4, 3, 2, 1,
	};

	assert_int_equal(ibv_cmd_modify_qp_rate_limit(&qp, 0x01020304, &udata),
			 0);
	expect_write_cmd(0x8000001a, 4, 2);
	expect_payload(0, CORE_IN, req, sizeof(req));
	expect_inline(1, CORE_OUT, 8, fake_nth(1)->raw.data);
	expect_payload(3, UHW_IN, burst, sizeof(burst));
}

static void test_no_order_is_promised_by_default(void **state)
{
	struct ibv_qp qp = { .context = fake_context() };

	assert_int_equal(ibv_query_qp_data_in_order(
				 &qp, IBV_WR_RDMA_WRITE,
				 IBV_QUERY_QP_DATA_IN_ORDER_RETURN_CAPS),
			 0);
}

static void test_unsupported_by_default(void **state)
{
	struct ibv_qp qp = { .context = fake_context() };

	errno = 0;
	assert_int_equal(verbs_ops(qp.context)->modify_qp_rate_limit(&qp, NULL),
			 EOPNOTSUPP);
	assert_int_equal(errno, EOPNOTSUPP);
	assert_int_equal(
		verbs_ops(qp.context)->query_rt_values(qp.context, NULL),
		EOPNOTSUPP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_qp_on_a_table, setup),
		cmocka_unit_test_setup(test_qp_with_a_source_qpn, setup),
		cmocka_unit_test_setup(test_qp_flags_nobody_knows, setup),
		cmocka_unit_test_setup(test_rate_limit_with_the_drivers_share,
				       setup),
		cmocka_unit_test_setup(test_no_order_is_promised_by_default,
				       setup),
		cmocka_unit_test_setup(test_unsupported_by_default, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
