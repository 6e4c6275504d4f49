/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Calls on objects that are not there: EINVAL, and the kernel is not asked. */
#include "expect.h"
#include "internal.h"

static void check_errno(void)
{
	assert_int_equal(errno, EINVAL);
	assert_int_equal(fake.calls, 0);
	errno = 0;
}

static void refused(int ret)
{
	assert_int_equal(ret, EINVAL);
	check_errno();
}

static void minus_one(int ret)
{
	assert_int_equal(ret, -1);
	check_errno();
}

static void no_pointer(const void *ptr)
{
	assert_null(ptr);
	check_errno();
}

static void test_imports(void **state)
{
	no_pointer(ibv_import_pd(NULL, 1));
	no_pointer(ibv_import_mr(NULL, 1));
	no_pointer(ibv_import_dm(NULL, 1));
	ibv_unimport_pd(NULL);
	check_errno();
	ibv_unimport_mr(NULL);
	check_errno();
	ibv_unimport_dm(NULL);
	check_errno();
}

static void test_buffers(void **state)
{
	struct ibv_buf *buf;

	no_pointer(ibv_alloc_buf(NULL, 1, &buf));
	no_pointer(ibv_alloc_buf(pd(), 1, NULL));
	no_pointer(ibv_reg_buf_mr(NULL, NULL, NULL, 0, 0));
	no_pointer(ibv_reg_buf_mr(pd(), NULL, NULL, 0, 0));
	minus_one(ibv_export_buf_dmabuf_fd(NULL));
	ibv_free_buf(NULL);
	check_errno();
}

static void test_registration(void **state)
{
	struct ibv_mr_init_attr attr = { 0 };

	no_pointer(ibv_reg_mr_ex(NULL, &attr));
	no_pointer(ibv_reg_mr_ex(pd(), NULL));
	minus_one(ibv_dm_export_dmabuf_fd(NULL));
}

static void test_port_speed(void **state)
{
	uint64_t speed;

	refused(ibv_query_port_speed(NULL, 1, &speed));
	refused(ibv_query_port_speed(pd()->context, 1, NULL));
}

static void test_counters(void **state)
{
	refused(ibv_set_comp_cntr(NULL, 1));
	refused(ibv_set_err_comp_cntr(NULL, 1));
	refused(ibv_inc_comp_cntr(NULL, 1));
	refused(ibv_inc_err_comp_cntr(NULL, 1));
}

static void test_events(void **state)
{
	static const enum ibv_event_type types[] = { IBV_EVENT_CQ_ERR,
						     IBV_EVENT_QP_FATAL,
						     IBV_EVENT_SRQ_ERR,
						     IBV_EVENT_WQ_FATAL };
	struct ibv_async_event event = { 0 };
	struct ibv_comp_channel channel = { .fd = -1 };
	struct ibv_cq *cq;
	void *context;
	size_t i;

	ibv_ack_async_event(NULL);
	check_errno();
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		event.event_type = types[i];
		ibv_ack_async_event(&event);
		check_errno();
	}
	minus_one(ibv_get_cq_event(NULL, &cq, &context));
	minus_one(ibv_get_cq_event(&channel, NULL, &context));
	minus_one(ibv_get_cq_event(&channel, &cq, NULL));
	ibv_ack_cq_events(NULL, 1);
	check_errno();
}

static void test_queue_pairs(void **state)
{
	no_pointer(ibv_qp_to_qp_ex(NULL));
	assert_int_equal(ibv_query_qp_data_in_order(NULL, IBV_WR_RDMA_WRITE, 0),
			 0);
	check_errno();
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_imports),	 TEST(test_buffers),
		TEST(test_registration), TEST(test_port_speed),
		TEST(test_counters),	 TEST(test_events),
		TEST(test_queue_pairs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
