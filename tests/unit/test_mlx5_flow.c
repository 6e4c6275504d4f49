/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Flows with counters: what the driver is told of them, and when. */
#include <errno.h>

#include "mlx5_dv.h"

enum { UHW_LEN = 24, FLOW_HANDLE = 0x99 };

static struct mlx5_context *ctx;
static struct ibv_qp qp;

static int start(void **state)
{
	fake_reset();
	ctx = dv_context();
	qp.context = &ctx->vctx.context;
	return 0;
}

/* Specifications follow each other without gaps. */
struct flow_attr {
	struct ibv_flow_attr attr;
	struct ibv_flow_spec_action_drop drop;
	struct ibv_flow_spec_counter_action count[2];
} __attribute__((packed));

static struct ibv_flow *create(struct ibv_counters *first,
			       struct ibv_counters *second)
{
	const struct ibv_flow_spec_counter_action count = {
		.type = IBV_FLOW_SPEC_ACTION_COUNT,
		.size = sizeof(count),
	};
	struct flow_attr flow = {
		.attr = { .num_of_specs = 1 + !!first + !!second },
		.drop = { .type = IBV_FLOW_SPEC_ACTION_DROP,
			  .size = sizeof(flow.drop) },
		.count = { count, count },
	};

	void *attr = &flow;

	flow.count[0].counters = first;
	flow.count[1].counters = second;
	fake_reset();
	errno = 0;
	return mlx5_create_flow(&qp, attr);
}

static struct ibv_counters *counters(void)
{
	struct ibv_counters_init_attr attr = { 0 };
	struct ibv_counters *made;

	made = mlx5_create_counters(&ctx->vctx.context, &attr);
	assert_non_null(made);
	return made;
}

static int attach(struct ibv_counters *to, int desc, uint32_t index)
{
	struct ibv_counter_attach_attr attr = {
		.counter_desc = (enum ibv_counter_description)desc,
		.index = index,
	};

	return mlx5_attach_counters(to, &attr, NULL);
}

static void check_told(uint32_t ncounters)
{
	const struct mlx5_ib_create_flow *req = driver_request(UHW_LEN);
	const struct mlx5_ib_flow_counters_data *data = (const void *)(req + 1);

	assert_int_equal(req->ncounters_data, ncounters ? 1 : 0);
	assert_int_equal(data->ncounters, ncounters);
	assert_int_equal(!data->counters_data, !ncounters);
}

static void test_flow_without_counters(void **state)
{
	struct ibv_flow *flow = create(NULL, NULL);

	assert_non_null(flow);
	expect_write_cmd(IB_USER_VERBS_CMD_FLAG_EXTENDED |
				 IB_USER_VERBS_EX_CMD_CREATE_FLOW,
			 3, 2);
	fake_reset();
	assert_int_equal(mlx5_destroy_flow(flow), 0);
	expect_method(OBJ_FLOW, 0, 1);
}

static void test_driver_is_told_with_the_first_flow(void **state)
{
	struct ibv_counters *c = counters();
	struct ibv_flow *flow, *other;

	assert_int_equal(attach(c, IBV_COUNTER_PACKETS, 1), 0);
	assert_int_equal(attach(c, IBV_COUNTER_BYTES, 0), 0);
	flow = create(c, NULL);
	assert_non_null(flow);
	check_told(2);
	assert_int_equal(attach(c, IBV_COUNTER_BYTES, 2), EBUSY);
	other = create(c, NULL);
	assert_non_null(other);
	check_told(0);
	assert_int_equal(mlx5_destroy_flow(flow), 0);
	assert_int_equal(attach(c, IBV_COUNTER_BYTES, 2), EBUSY);
	assert_int_equal(mlx5_destroy_flow(other), 0);
	/* The driver has forgotten it now. */
	assert_int_equal(attach(c, IBV_COUNTER_BYTES, 2), 0);
	flow = create(c, NULL);
	check_told(3);
	assert_int_equal(mlx5_destroy_flow(flow), 0);
	assert_int_equal(mlx5_destroy_counters(c), 0);
}

static void test_failed_flow_holds_no_counters(void **state)
{
	struct ibv_flow_attr nothing = { .comp_mask = 1 };
	struct ibv_counters *c = counters();
	struct ibv_flow *flow;

	assert_int_equal(attach(c, IBV_COUNTER_PACKETS, 0), 0);
	assert_null(mlx5_create_flow(&qp, &nothing));
	assert_int_equal(errno, EINVAL);
	assert_int_equal(attach(c, IBV_COUNTER_PACKETS, 1), 0);
	flow = create(c, NULL);
	assert_non_null(flow);
	fake_fail(EBUSY);
	assert_int_equal(mlx5_destroy_flow(flow), EBUSY);
	assert_int_equal(mlx5_destroy_counters(c), EBUSY);
	assert_int_equal(attach(c, IBV_COUNTER_PACKETS, 2), EBUSY);
	fake_fail(0);
	assert_int_equal(mlx5_destroy_flow(flow), 0);
	assert_int_equal(mlx5_destroy_counters(c), 0);
}

static void test_counters_that_cannot_be_in_a_flow(void **state)
{
	struct ibv_counters *c = counters(), *d = counters();

	assert_null(create(c, NULL)); /* of nothing */
	assert_int_equal(errno, EINVAL);
	assert_int_equal(attach(c, IBV_COUNTER_PACKETS, 0), 0);
	assert_int_equal(attach(d, IBV_COUNTER_PACKETS, 0), 0);
	assert_null(create(c, d));
	assert_int_equal(errno, EINVAL);
	assert_null(create(c, c));
	assert_int_equal(errno, EINVAL);
	assert_int_equal(fake.calls, 0);
	assert_int_equal(mlx5_destroy_counters(d), 0);
	assert_int_equal(mlx5_destroy_counters(c), 0);
}

static void test_attaching_what_cannot_be_is_eopnotsupp(void **state)
{
	struct ibv_counter_attach_attr attr = { .comp_mask = 1 };
	struct ibv_counters *c = counters();
	struct ibv_flow flow;

	assert_int_equal(attach(c, IBV_COUNTER_BYTES + 1, 0), EOPNOTSUPP);
	assert_status(EOPNOTSUPP, mlx5_attach_counters(c, &attr, NULL));
	attr.comp_mask = 0;
	assert_status(EOPNOTSUPP, mlx5_attach_counters(c, &attr, &flow));
	assert_int_equal(mlx5_destroy_counters(c), 0);
}

/* To the kernel that is as a method that nobody knows. */
static void test_device_without_counters_is_eopnotsupp(void **state)
{
	struct ibv_counters_init_attr attr = { 0 };

	fake_fail(EPROTONOSUPPORT);
	assert_no_object(EOPNOTSUPP,
			 mlx5_create_counters(&ctx->vctx.context, &attr));
}

#define test(name) cmocka_unit_test_setup(name, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_flow_without_counters),
		test(test_driver_is_told_with_the_first_flow),
		test(test_failed_flow_holds_no_counters),
		test(test_counters_that_cannot_be_in_a_flow),
		test(test_attaching_what_cannot_be_is_eopnotsupp),
		test(test_device_without_counters_is_eopnotsupp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
