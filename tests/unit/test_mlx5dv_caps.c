/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Direct verbs: what the device itself is asked for, and what is made of it. */
#include <errno.h>

#include "mlx5_dv.h"

/* The kernel's numbers (mlx5_user_ioctl_cmds.h). */
enum { DEVX = 0x1000, CMD_IN = 0x1000, CMD_OUT = 0x1001 };

enum { ANSWER_LEN = 80, CAPS_AT = 16 };

static void query(struct mlx5dv_context *attrs, uint64_t wanted)
{
	struct mlx5_context *ctx = dv_context();

	attrs->comp_mask = wanted;
	assert_int_equal(mlx5dv_query_device(&ctx->vctx.context, attrs), 0);
	assert_int_equal(attrs->comp_mask, wanted);
}

static void expect_query(uint8_t op_mod)
{
	const uint8_t command[16] = { 0x01, 0x00, [7] = op_mod };

	expect_method(DEVX, 0x1000, 2);
	expect_payload(0, CMD_IN, command, sizeof(command));
	expect_pointer(1, CMD_OUT, ANSWER_LEN);
}

static void test_memory_on_demand(void **state)
{
	uint8_t answer[ANSWER_LEN] = { [CAPS_AT + 32] = 0xa4 };
	struct mlx5dv_context attrs;

	fake_answer_bytes(CMD_OUT, answer, sizeof(answer));
	query(&attrs, MLX5DV_CONTEXT_MASK_DC_ODP_CAPS);
	expect_query(5);
	assert_int_equal(attrs.dc_odp_caps, IBV_ODP_SUPPORT_SEND |
						    IBV_ODP_SUPPORT_WRITE |
						    IBV_ODP_SUPPORT_SRQ_RECV);
}

/* What surrounds the numbers is of something else. */
static void test_reads_under_way(void **state)
{
	uint8_t answer[ANSWER_LEN] = {
		[CAPS_AT + 37] = 0xc3,
		[CAPS_AT + 39] = 0x04,
	};
	struct mlx5dv_context attrs;

	fake_answer_bytes(CMD_OUT, answer, sizeof(answer));
	query(&attrs, MLX5DV_CONTEXT_MASK_MAX_DC_RD_ATOM);
	expect_query(1);
	assert_int_equal(attrs.max_dc_init_rd_atom, 8);
	assert_int_equal(attrs.max_dc_rd_atom, 16);
}

static void test_device_that_does_not_answer(void **state)
{
	struct mlx5dv_context attrs;

	fake_fail(EREMOTEIO);
	query(&attrs, MLX5DV_CONTEXT_MASK_DC_ODP_CAPS |
			      MLX5DV_CONTEXT_MASK_MAX_DC_RD_ATOM);
	assert_int_equal(fake.calls, 2);
	assert_int_equal(attrs.dc_odp_caps, 0);
	assert_int_equal(attrs.max_dc_rd_atom, 0);
	assert_int_equal(attrs.max_dc_init_rd_atom, 0);
}

static void test_context_without_devx_asks_nothing(void **state)
{
	struct mlx5_context *ctx = dv_context();
	struct mlx5dv_context attrs = {
		.comp_mask = MLX5DV_CONTEXT_MASK_DC_ODP_CAPS,
	};

	ctx->devx_err = EINVAL;
	assert_int_equal(mlx5dv_query_device(&ctx->vctx.context, &attrs), 0);
	assert_int_equal(fake.calls, 0);
	assert_int_equal(attrs.dc_odp_caps, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_memory_on_demand, setup),
		cmocka_unit_test_setup(test_reads_under_way, setup),
		cmocka_unit_test_setup(test_device_that_does_not_answer, setup),
		cmocka_unit_test_setup(test_context_without_devx_asks_nothing,
				       setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
