/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Direct verbs: what an mlx5 device says that it can do, and its clock. */
#include <errno.h>
#include <limits.h>

#include <rdma/mlx5_user_ioctl_cmds.h>

#include "mlx5_dv.h"

#define FILL 0xee

static void test_other_devices_are_refused(void **state)
{
	struct ibv_context *others = others_context();
	struct mlx5dv_context_attr attr = { 0 };
	struct mlx5dv_clock_info clock;
	struct mlx5dv_context attrs;
	struct mlx5dv_port port;

	assert_false(mlx5dv_is_supported(others->device));
	assert_no_object(EOPNOTSUPP, mlx5dv_open_device(others->device, &attr));
	assert_status(EOPNOTSUPP, mlx5dv_query_device(others, &attrs));
	assert_status(EOPNOTSUPP, mlx5dv_query_port(others, 1, &port));
	assert_status(EOPNOTSUPP, mlx5dv_get_clock_info(others, &clock));
	assert_int_equal(fake.calls, 0);
}

static void test_unknown_ways_to_open_are_refused(void **state)
{
	struct ibv_device *device = dv_context()->vctx.context.device;
	struct mlx5dv_context_attr attr = { .flags = 1 << 1 };

	assert_no_object(EOPNOTSUPP, mlx5dv_open_device(device, &attr));
	attr.flags = 0;
	attr.comp_mask = MLX5DV_CONTEXT_ATTR_MASK_FD_ARRAY;
	assert_no_object(EOPNOTSUPP, mlx5dv_open_device(device, &attr));
}

/* ---- Capabilities ---------------------------------------------------------- */

static void test_nothing_but_what_the_context_knows(void **state)
{
	struct mlx5_context *ctx = dv_context();
	struct mlx5dv_context attrs;

	ctx->cqe_version = 1;
	ctx->uars.bf_reg_size = 512;
	ctx->resp.num_dyn_bfregs = 1024;
	memset(&attrs, FILL, sizeof(attrs));
	attrs.comp_mask = MLX5DV_CONTEXT_MASK_DYN_BFREGS;
	assert_int_equal(mlx5dv_query_device(&ctx->vctx.context, &attrs), 0);
	assert_int_equal(attrs.version, 0);
	assert_int_equal(attrs.flags, MLX5DV_CONTEXT_FLAGS_CQE_V1 |
					      MLX5DV_CONTEXT_FLAGS_BLUEFLAME);
	assert_int_equal(attrs.comp_mask, MLX5DV_CONTEXT_MASK_DYN_BFREGS);
	assert_int_equal(attrs.max_dynamic_bfregs, 1024);
	assert_int_equal(fake.calls, 0);
}

/* The struct of an older program ends where it does not ask for more. */
static void test_members_not_asked_for_stay(void **state)
{
	struct mlx5_context *ctx = dv_context();
	struct mlx5dv_context attrs, before;

	memset(&attrs, FILL, sizeof(attrs));
	attrs.comp_mask = 0;
	before = attrs;
	assert_int_equal(mlx5dv_query_device(&ctx->vctx.context, &attrs), 0);
	assert_memory_equal(
		&attrs.cqe_comp_caps, &before.cqe_comp_caps,
		sizeof(attrs) - offsetof(struct mlx5dv_context, cqe_comp_caps));
}

static const struct mlx5_ib_query_device_resp device_caps = {
	.cqe_comp_caps = { .max_num = 7, .supported_format = 3 },
	.mlx5_ib_support_multi_pkt_send_wqes = MLX5_IB_ALLOW_MPW |
					       MLX5_IB_SUPPORT_EMPW,
	.flags = MLX5_IB_QUERY_DEV_RESP_FLAGS_CQE_128B_COMP |
		 MLX5_IB_QUERY_DEV_RESP_FLAGS_CQE_128B_PAD |
		 MLX5_IB_QUERY_DEV_RESP_PACKET_BASED_CREDIT_MODE,
	.sw_parsing_caps = { .sw_parsing_offloads = 5, .supported_qpts = 0x100 },
	.striding_rq_caps = {
		.min_single_stride_log_num_of_bytes = 6,
		.max_single_stride_log_num_of_bytes = 13,
		.min_single_wqe_log_num_of_strides = 9,
		.max_single_wqe_log_num_of_strides = 16,
		.supported_qpts = 0x200,
	},
	.tunnel_offloads_caps = 0x1f,
	.dci_streams_caps = { .max_log_num_concurent = 5,
			      .max_log_num_errored = 4 },
	.reg_c0 = { .value = 0x11, .mask = 0xffff },
};

static void test_kernel_is_asked_for_the_rest(void **state)
{
	struct mlx5_context *ctx = dv_context();
	struct mlx5dv_context attrs = {
		.comp_mask = ~(MLX5DV_CONTEXT_MASK_DC_ODP_CAPS |
			       MLX5DV_CONTEXT_MASK_MAX_DC_RD_ATOM),
	};

	ctx->resp.cmds_supp_uhw = MLX5_USER_CMDS_SUPP_UHW_QUERY_DEVICE;
	ctx->resp.comp_mask = MLX5_IB_ALLOC_UCONTEXT_RESP_MASK_REAL_TIME_TS;
	fake_answer_bytes(UHW_OUT, &device_caps, sizeof(device_caps));
	assert_int_equal(mlx5dv_query_device(&ctx->vctx.context, &attrs), 0);
	expect_write_cmd(0x80000001, 4, 2);
	expect_pointer(3, UHW_OUT, sizeof(device_caps));
	assert_int_equal(attrs.flags,
			 MLX5DV_CONTEXT_FLAGS_MPW_ALLOWED |
				 MLX5DV_CONTEXT_FLAGS_ENHANCED_MPW |
				 MLX5DV_CONTEXT_FLAGS_CQE_128B_COMP |
				 MLX5DV_CONTEXT_FLAGS_CQE_128B_PAD |
				 MLX5DV_CONTEXT_FLAGS_PACKET_BASED_CREDIT_MODE |
				 MLX5DV_CONTEXT_FLAGS_REAL_TIME_TS);
	assert_int_equal(attrs.comp_mask,
			 MLX5DV_CONTEXT_MASK_CQE_COMPRESION |
				 MLX5DV_CONTEXT_MASK_SWP |
				 MLX5DV_CONTEXT_MASK_STRIDING_RQ |
				 MLX5DV_CONTEXT_MASK_TUNNEL_OFFLOADS |
				 MLX5DV_CONTEXT_MASK_DYN_BFREGS |
				 MLX5DV_CONTEXT_MASK_FLOW_ACTION_FLAGS |
				 MLX5DV_CONTEXT_MASK_DCI_STREAMS |
				 MLX5DV_CONTEXT_MASK_REG_C0);
	assert_int_equal(attrs.cqe_comp_caps.max_num, 7);
	assert_int_equal(attrs.cqe_comp_caps.supported_format, 3);
	assert_int_equal(attrs.sw_parsing_caps.supported_qpts, 0x100);
	assert_int_equal(
		attrs.striding_rq_caps.max_single_wqe_log_num_of_strides, 16);
	assert_int_equal(attrs.striding_rq_caps.supported_qpts, 0x200);
	assert_int_equal(attrs.tunnel_offloads_caps, 0x1f);
	assert_int_equal(attrs.dci_streams_caps.max_log_num_errored, 4);
	assert_int_equal(attrs.reg_c0.mask, 0xffff);
}

static void test_kernel_that_refuses_to_tell(void **state)
{
	struct mlx5_context *ctx = dv_context();
	struct mlx5dv_context attrs = { .comp_mask = 0 };

	ctx->resp.cmds_supp_uhw = MLX5_USER_CMDS_SUPP_UHW_QUERY_DEVICE;
	fake_fail(EIO);
	assert_status(EIO, mlx5dv_query_device(&ctx->vctx.context, &attrs));
}

static void test_query_port(void **state)
{
	struct mlx5_context *ctx = dv_context();
	struct mlx5dv_port port, answer = {
		.flags = MLX5DV_QUERY_PORT_VPORT,
		.vport = 3,
	};

	fake_answer_bytes(MLX5_IB_ATTR_QUERY_PORT, &answer, sizeof(answer));
	assert_int_equal(mlx5dv_query_port(&ctx->vctx.context, 2, &port), 0);
	expect_method(OBJ_DEVICE, 0x1000, 2);
	expect_inline(0, 0x1000, 4, 2);
	expect_pointer(1, 0x1001, sizeof(port));
	assert_int_equal(port.vport, 3);

	fake_fail(EPROTONOSUPPORT);
	assert_status(EOPNOTSUPP,
		      mlx5dv_query_port(&ctx->vctx.context, 2, &port));
}

/* ---- Clock ------------------------------------------------------------------- */

static struct mlx5_ib_clock_info clock_page = {
	.nsec = 1000000,
	.cycles = 5000,
	.frac = 0,
	.mult = 1 << 23,
	.shift = 21, /* four nanoseconds a cycle */
	.mask = 0xffffffffff,
	.overflow_period = 1234567,
};

static struct mlx5_context *context_with_clock(void)
{
	struct mlx5_context *ctx = dv_context();

	ctx->resp.clock_info_versions = 1 << MLX5_IB_CLOCK_INFO_V1;
	mmap_answer = &clock_page;
	return ctx;
}

static void test_clock(void **state)
{
	struct mlx5_context *ctx = context_with_clock();
	struct mlx5dv_clock_info clock;

	assert_int_equal(mlx5dv_get_clock_info(&ctx->vctx.context, &clock), 0);
	assert_int_equal(mmap_offset, 0x700 * 4096);
	assert_int_equal(clock.nsec, 1000000);
	assert_int_equal(clock.last_cycles, 5000);
	assert_int_equal(mlx5dv_ts_to_ns(&clock, 5000), 1000000);
	assert_int_equal(mlx5dv_ts_to_ns(&clock, 5010), 1000040);
	assert_int_equal(mlx5dv_ts_to_ns(&clock, 4990), 999960);
	/* The counter has begun again since. */
	clock.last_cycles = 0xfffffffff0;
	assert_int_equal(mlx5dv_ts_to_ns(&clock, 0x10), 1000128);
}

static void test_clock_that_is_being_written(void **state)
{
	struct mlx5_context *ctx = context_with_clock();
	struct mlx5dv_clock_info clock;

	clock_page.sign = MLX5_IB_CLOCK_INFO_KERNEL_UPDATING;
	assert_status(EBUSY, mlx5dv_get_clock_info(&ctx->vctx.context, &clock));
	clock_page.sign = 2;
	assert_int_equal(mlx5dv_get_clock_info(&ctx->vctx.context, &clock), 0);
}

static void test_no_clock(void **state)
{
	struct mlx5_context *ctx = dv_context();
	struct mlx5dv_clock_info clock;

	assert_status(EINVAL,
		      mlx5dv_get_clock_info(&ctx->vctx.context, &clock));
	ctx->resp.clock_info_versions = 1 << MLX5_IB_CLOCK_INFO_V1;
	mmap_answer = NULL;
	assert_status(EINVAL,
		      mlx5dv_get_clock_info(&ctx->vctx.context, &clock));
}

static void test_clocks_among_the_capabilities(void **state)
{
	struct mlx5_context *ctx = context_with_clock();
	struct mlx5dv_context attrs = {
		.comp_mask = MLX5DV_CONTEXT_MASK_CLOCK_INFO_UPDATE |
			     MLX5DV_CONTEXT_MASK_HCA_CORE_CLOCK,
	};

	ctx->resp.comp_mask =
		MLX5_IB_ALLOC_UCONTEXT_RESP_MASK_CORE_CLOCK_OFFSET;
	ctx->resp.hca_core_clock_offset = 0x7010;
	assert_int_equal(mlx5dv_query_device(&ctx->vctx.context, &attrs), 0);
	assert_int_equal(mmap_offset, 0x500 * 4096);
	assert_int_equal(attrs.max_clock_info_update_nsec, 1234567);
	assert_ptr_equal(attrs.hca_core_clock, (char *)&clock_page + 0x10);
}

static void test_register_of_the_clock(void **state)
{
	static const uint8_t page[32] = { [16] = 1, 2, 3, 4, 5, 6, 7, 8 };
	struct mlx5_context *ctx = dv_context();
	struct ibv_values_ex values = { .comp_mask = UINT32_MAX };

	assert_status(EOPNOTSUPP,
		      mlx5_query_rt_values(&ctx->vctx.context, &values));
	ctx->resp.comp_mask =
		MLX5_IB_ALLOC_UCONTEXT_RESP_MASK_CORE_CLOCK_OFFSET;
	ctx->resp.hca_core_clock_offset = 0x10;
	mmap_answer = (void *)page;
	values.comp_mask = UINT32_MAX;
	assert_int_equal(mlx5_query_rt_values(&ctx->vctx.context, &values), 0);
	assert_int_equal(values.comp_mask, IBV_VALUES_MASK_RAW_CLOCK);
	assert_int_equal(values.raw_clock.tv_sec, 0);
	assert_int_equal(values.raw_clock.tv_nsec, 0x0102030405060708);
	values.comp_mask = 0;
	assert_int_equal(mlx5_query_rt_values(&ctx->vctx.context, &values), 0);
	assert_int_equal(values.comp_mask, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_other_devices_are_refused, setup),
		cmocka_unit_test_setup(test_unknown_ways_to_open_are_refused,
				       setup),
		cmocka_unit_test_setup(test_nothing_but_what_the_context_knows,
				       setup),
		cmocka_unit_test_setup(test_members_not_asked_for_stay, setup),
		cmocka_unit_test_setup(test_kernel_is_asked_for_the_rest,
				       setup),
		cmocka_unit_test_setup(test_kernel_that_refuses_to_tell, setup),
		cmocka_unit_test_setup(test_query_port, setup),
		cmocka_unit_test_setup(test_clock, setup),
		cmocka_unit_test_setup(test_clock_that_is_being_written, setup),
		cmocka_unit_test_setup(test_no_clock, setup),
		cmocka_unit_test_setup(test_clocks_among_the_capabilities,
				       setup),
		cmocka_unit_test_setup(test_register_of_the_clock, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
