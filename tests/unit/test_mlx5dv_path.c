/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Direct verbs: the path of a queue pair's packets, byte for byte. */
#include <errno.h>

#include "mlx5_dv.h"

enum {
	DEVX = 0x1000,
	DEVX_OBJ = 0x1001,
	CAPS_OUT = 0x1001,
	COMMAND_LEN = 464,
	CAP_BYTE = 16 + 42, /* of the answer */
};

static struct ibv_qp qp_of_type(enum ibv_qp_type type)
{
	return (struct ibv_qp){
		.context = &dv_context()->vctx.context,
		.handle = 9,
		.qp_num = 0x123456,
		.state = IBV_QPS_RTS,
		.qp_type = type,
	};
}

/* More of it than a command has. */
static void device_can(uint8_t cap)
{
	uint8_t caps[COMMAND_LEN + 1] = { [CAP_BYTE] = cap };

	fake_answer_bytes(CAPS_OUT, caps, sizeof(caps));
}

static void check_sport(enum ibv_qp_type type)
{
	static const uint8_t command[COMMAND_LEN] = {
		[0] = 0x05,   [1] = 0x05,  [9] = 0x12,	[10] = 0x34,
		[11] = 0x56,  [82] = 0xc0, [83] = 0xde, /* the port */
		[271] = 0x04, /* is what changes */
	};
	struct ibv_qp qp = qp_of_type(type);

	fake_reset();
	device_can(0x40);
	assert_int_equal(mlx5dv_modify_qp_udp_sport(&qp, 0xc0de), 0);
	assert_int_equal(fake.calls--, 2); /* the first one is another test's */
	expect_method(DEVX_OBJ, 0x1002, 3);
	expect_inline(0, 0x1000, 0, 9);
	expect_payload(1, 0x1001, command, sizeof(command));
	expect_pointer(2, 0x1002, 16);
}

static void test_udp_port(void **state)
{
	check_sport(IBV_QPT_RC);
	check_sport(IBV_QPT_UC);
}

static void test_capability_is_asked_for(void **state)
{
	static const uint8_t command[16] = { 0x01, 0x00, [7] = 1 };
	struct ibv_qp qp = qp_of_type(IBV_QPT_RC);

	device_can(0xbf);
	assert_status(EOPNOTSUPP, mlx5dv_modify_qp_udp_sport(&qp, 1));
	expect_method(DEVX, 0x1000, 2);
	expect_payload(0, 0x1000, command, sizeof(command));
	expect_pointer(1, CAPS_OUT, 4112);
}

static void test_device_that_cannot_be_asked(void **state)
{
	struct ibv_qp qp = qp_of_type(IBV_QPT_RC);

	fake_fail(EINVAL);
	assert_status(EOPNOTSUPP, mlx5dv_modify_qp_udp_sport(&qp, 1));
	assert_int_equal(fake.calls, 1);
}

static void test_not_before_rts(void **state)
{
	struct ibv_qp qp = qp_of_type(IBV_QPT_RC);

	qp.state = IBV_QPS_RTR;
	assert_status(EOPNOTSUPP, mlx5dv_modify_qp_udp_sport(&qp, 1));
	assert_int_equal(fake.calls, 0);
}

static void test_not_for_datagrams_and_others(void **state)
{
	struct ibv_qp others = { .context = others_context(),
				 .state = IBV_QPS_RTS,
				 .qp_type = IBV_QPT_RC };
	struct ibv_qp qp = qp_of_type(IBV_QPT_UD);

	assert_status(EOPNOTSUPP, mlx5dv_modify_qp_udp_sport(&qp, 1));
	assert_status(EOPNOTSUPP, mlx5dv_modify_qp_udp_sport(&others, 1));
	assert_int_equal(fake.calls, 0);
}

#define test(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_udp_port),
		test(test_capability_is_asked_for),
		test(test_device_that_cannot_be_asked),
		test(test_not_before_rts),
		test(test_not_for_datagrams_and_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
