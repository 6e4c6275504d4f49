/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Direct verbs: what changes of a queue pair in RTS, byte for byte. */
#include <errno.h>

#include "mlx5_dv.h"

enum {
	DEVX = 0x1000,
	DEVX_OBJ = 0x1001,
	CAPS_OUT = 0x1001,
	COMMAND_LEN = 464,
	DCI_BYTE = 16 + 36, /* of the answer */
	CAP_BYTE = 16 + 42,
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
	const uint8_t caps[COMMAND_LEN + 1] = { [CAP_BYTE] = cap };

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

/* ---- The port of a bond ------------------------------------------------------ */

enum { QUERY_OUT = 0x1002, QUERY_LEN = 272, LAG_BYTE = 24 };

/* What the device says from now on, and the port that a queue pair wants. */
static void bond(uint8_t state, uint8_t cap, uint8_t wanted)
{
	const uint8_t lag[16] = { [11] = state, [14] = 4, [15] = 3 };
	const uint8_t qp[QUERY_LEN] = { [LAG_BYTE] = 0x30 | wanted };

	fake_reset();
	device_can(
		cap); /* by the same attribute; this one is too long for lag */
	fake_answer_object(DEVX, CAPS_OUT, lag, sizeof(lag));
	fake_answer_bytes(QUERY_OUT, qp, sizeof(qp));
}

static void test_lag_port_is_read(void **state)
{
	static const uint8_t command[16] = { 0x05, 0x0b, [9] = 0x12, 0x34,
					     0x56 };
	struct ibv_qp qp = qp_of_type(IBV_QPT_RC);
	uint8_t wanted, active;

	bond(1, 0, 1);
	assert_int_equal(mlx5dv_query_qp_lag_port(&qp, &wanted, &active), 0);
	assert_int_equal(wanted, 1);
	assert_int_equal(active, 3);
	assert_int_equal(fake.calls--, 2); /* the first one is QUERY_LAG */
	expect_method(DEVX_OBJ, 0x1003, 3);
	expect_inline(0, 0x1000, 0, 9);
	expect_payload(1, 0x1001, command, sizeof(command));
	expect_pointer(2, QUERY_OUT, QUERY_LEN);

	bond(1, 0, 2);
	assert_int_equal(mlx5dv_query_qp_lag_port(&qp, &wanted, &active), 0);
	assert_int_equal(wanted, 2);
	assert_int_equal(active, 4);
}

static void test_no_lag_port_to_read(void **state)
{
	struct ibv_qp others = { .context = others_context() };
	struct ibv_qp qp = qp_of_type(IBV_QPT_RC);
	uint8_t wanted = 77, active = 78;

	assert_status(EOPNOTSUPP,
		      mlx5dv_query_qp_lag_port(&others, &wanted, &active));
	assert_int_equal(fake.calls, 0);
	bond(0, 0xff, 1);
	assert_status(EOPNOTSUPP,
		      mlx5dv_query_qp_lag_port(&qp, &wanted, &active));
	bond(1, 0xff, 0);
	assert_status(EOPNOTSUPP,
		      mlx5dv_query_qp_lag_port(&qp, &wanted, &active));
	assert_status(EOPNOTSUPP, mlx5dv_modify_qp_lag_port(&qp, 1));
	bond(1, 0xff, 3);
	assert_status(EOPNOTSUPP,
		      mlx5dv_query_qp_lag_port(&qp, &wanted, &active));
	assert_int_equal(wanted, 77);
	assert_int_equal(active, 78);
}

static void test_lag_port_is_changed(void **state)
{
	static const uint8_t command[COMMAND_LEN] = {
		[0] = 0x05,	[1] = 0x05,  [9] = 0x12,
		[10] = 0x34,	[11] = 0x56, [18] = 0x80, /* what changes */
		[LAG_BYTE] = 2,
	};
	struct ibv_qp qp = qp_of_type(IBV_QPT_UD);

	bond(1, 0x20, 1);
	assert_int_equal(mlx5dv_modify_qp_lag_port(&qp, 2), 0);
	assert_int_equal(fake.calls, 4); /* and asking for three things */
	fake.calls = 1;
	expect_method(DEVX_OBJ, 0x1002, 3);
	expect_payload(1, 0x1001, command, sizeof(command));
}

static void test_lag_port_that_cannot_be_changed(void **state)
{
	struct ibv_qp qp = qp_of_type(IBV_QPT_RC);

	bond(1, 0xdf, 1);
	assert_status(EOPNOTSUPP, mlx5dv_modify_qp_lag_port(&qp, 2));
	bond(1, 0x20, 1);
	assert_status(EINVAL, mlx5dv_modify_qp_lag_port(&qp, 16));
}

/* ---- The streams of a DCI ---------------------------------------------------- */

static struct mlx5_qp dci(uint32_t flags)
{
	return (struct mlx5_qp){
		.qp = qp_of_type(IBV_QPT_DRIVER),
		.extra.flags = MLX5_QP_FLAG_TYPE_DCI | flags,
	};
}

static void device_resets_streams(bool can)
{
	const uint8_t caps[COMMAND_LEN + 1] = { [DCI_BYTE] =
							can ? 0x20 : 0xdf };

	fake_reset();
	fake_answer_bytes(CAPS_OUT, caps, sizeof(caps));
}

static void test_stream_is_reset(void **state)
{
	static const uint8_t command[COMMAND_LEN] = {
		[0] = 0x05,   [1] = 0x05,   [9] = 0x12,
		[10] = 0x34,  [11] = 0x56,  [271] = 0x01, /* is what changes */
		[274] = 0xab, [275] = 0xcd, /* the stream */
	};
	struct mlx5_qp qp = dci(MLX5_QP_FLAG_DCI_STREAM);

	device_resets_streams(true);
	assert_int_equal(mlx5dv_dci_stream_id_reset(&qp.qp, 0xabcd), 0);
	assert_int_equal(fake.calls--,
			 2); /* the first one asks whether it can */
	expect_method(DEVX_OBJ, 0x1002, 3);
	expect_inline(0, 0x1000, 0, 9);
	expect_payload(1, 0x1001, command, sizeof(command));
	expect_pointer(2, 0x1002, 16);
}

static void test_stream_of_a_device_that_does_not_reset(void **state)
{
	struct mlx5_qp qp = dci(MLX5_QP_FLAG_DCI_STREAM);

	device_resets_streams(false);
	assert_status(EOPNOTSUPP, mlx5dv_dci_stream_id_reset(&qp.qp, 1));
	assert_int_equal(fake.calls, 1);
}

static void test_queue_pairs_without_streams(void **state)
{
	struct mlx5_qp reset = dci(MLX5_QP_FLAG_DCI_STREAM), without = dci(0);
	struct mlx5_qp others = dci(MLX5_QP_FLAG_DCI_STREAM);
	struct mlx5_qp rc = { .qp = qp_of_type(IBV_QPT_RC) };

	reset.qp.state = IBV_QPS_RESET;
	others.qp.context = others_context();
	assert_status(EOPNOTSUPP, mlx5dv_dci_stream_id_reset(&reset.qp, 1));
	assert_status(EOPNOTSUPP, mlx5dv_dci_stream_id_reset(&others.qp, 1));
	assert_int_equal(fake.calls, 0);
	device_resets_streams(true);
	assert_status(EINVAL, mlx5dv_dci_stream_id_reset(&without.qp, 1));
	assert_status(EINVAL, mlx5dv_dci_stream_id_reset(&rc.qp, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_udp_port),
		test(test_capability_is_asked_for),
		test(test_device_that_cannot_be_asked),
		test(test_not_before_rts),
		test(test_not_for_datagrams_and_others),
		test(test_lag_port_is_read),
		test(test_no_lag_port_to_read),
		test(test_lag_port_is_changed),
		test(test_lag_port_that_cannot_be_changed),
		test(test_stream_is_reset),
		test(test_stream_of_a_device_that_does_not_reset),
		test(test_queue_pairs_without_streams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
