/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* XRC domains and the QPs in them, as they reach ioctl(2). */
#include <fcntl.h>

#include "expect.h"

static struct ibv_xrcd_init_attr xrcd_attr(int fd, int oflags)
{
	return (struct ibv_xrcd_init_attr){
		.comp_mask = IBV_XRCD_INIT_ATTR_FD | IBV_XRCD_INIT_ATTR_OFLAGS,
		.fd = fd,
		.oflags = oflags,
	};
}

static void test_open_xrcd(void **state)
{
	static const unsigned char req[16] = { [8] = 12, [12] = 0xc0 };
	struct ibv_xrcd_init_attr attr = xrcd_attr(12, O_CREAT | O_EXCL);
	struct ibv_context *context = fake_context();
	const uint32_t handle = 0x31;
	struct ibv_xrcd *xrcd;

	fake_answer_bytes(CORE_OUT, &handle, 4);
	xrcd = verbs_ops(context)->open_xrcd(context, &attr);
	assert_non_null(xrcd);
	expect_write_cmd(37, 3, 2);
	expect_payload(0, CORE_IN, req, sizeof(req));
	expect_pointer(1, CORE_OUT, 4);
	assert_ptr_equal(xrcd->context, context);
	assert_int_equal(to_vxrcd(xrcd)->handle, 0x31);
	fake_reset();
	assert_int_equal(verbs_ops(context)->close_xrcd(xrcd), 0);
	expect_method(OBJ_XRCD, 0, 1);
	expect_inline(0, 0, 0, 0x31);
}

/* A domain without a file: the kernel has to see every bit of -1. */
static void test_open_xrcd_without_a_file(void **state)
{
	static const unsigned char req[16] = {
		[8] = 0xff, 0xff, 0xff, 0xff, [12] = 0x40
	};
	struct ibv_xrcd_init_attr attr = xrcd_attr(-1, O_CREAT);
	struct verbs_xrcd vxrcd;

	assert_int_equal(ibv_cmd_open_xrcd(fake_context(), &attr, &vxrcd, NULL),
			 0);
	expect_payload(0, CORE_IN, req, sizeof(req));
}

/* What the mask does not name is not there: no file, no flags. */
static void test_open_xrcd_reads_what_the_mask_names(void **state)
{
	static const unsigned char req[16] = {
		[8] = 0xff,
		0xff,
		0xff,
		0xff,
	};
	struct ibv_xrcd_init_attr attr = xrcd_attr(12, O_CREAT);
	struct verbs_xrcd vxrcd;

	attr.comp_mask = 0;
	assert_int_equal(ibv_cmd_open_xrcd(fake_context(), &attr, &vxrcd, NULL),
			 0);
	expect_payload(0, CORE_IN, req, sizeof(req));
	fake_reset();
	attr.comp_mask = IBV_XRCD_INIT_ATTR_RESERVED;
	assert_int_equal(ibv_cmd_open_xrcd(fake_context(), &attr, &vxrcd, NULL),
			 EOPNOTSUPP);
	assert_int_equal(fake.calls, 0);
}

static void test_busy_xrcd_stays(void **state)
{
	struct verbs_xrcd vxrcd = { .xrcd.context = fake_context() };

	fake_fail(EBUSY);
	errno = 0;
	assert_int_equal(verbs_ops(vxrcd.xrcd.context)->close_xrcd(&vxrcd.xrcd),
			 EBUSY);
	assert_int_equal(errno, EBUSY);
}

/* What the attributes hold beside the domain belongs to its SRQs. */
static void test_xrc_receive_qp_has_only_the_domain(void **state)
{
	struct verbs_xrcd vxrcd = { .handle = 0x31 };
	struct ibv_cq cq = { .handle = 0x22 };
	struct ibv_srq srq = { .handle = 0x23 };
	struct ibv_qp_init_attr_ex attr = {
		.send_cq = &cq,
		.recv_cq = &cq,
		.srq = &srq,
		.qp_type = IBV_QPT_XRC_RECV,
		.comp_mask = IBV_QP_INIT_ATTR_XRCD,
		.xrcd = &vxrcd.xrcd,
	};
	struct ibv_context *context = fake_context();
	struct ibv_qp qp = {};

	assert_int_equal(ibv_cmd_create_qp_ex(context, &attr, &qp, NULL), 0);
	expect_method(OBJ_QP, 0, 7);
	expect_inline(0, 0, 0, 0);
	expect_inline(1, 1, 0, 0x31);
	expect_inline(2, 7, 8, (uintptr_t)&qp);
	expect_pointer(3, 8, 20);
	expect_inline(4, 9, 8, 10); /* XRC target */
	expect_pointer(5, 13, 20);
	expect_pointer(6, 14, 4);
	assert_ptr_equal(qp.context, context);
	assert_null(qp.pd);
	assert_null(qp.recv_cq);
	assert_int_equal(ibv_cmd_destroy_qp(&qp), 0);
}

static void test_xrc_send_qp(void **state)
{
	struct ibv_cq cq = { .handle = 0x22 };
	struct ibv_qp_init_attr_ex attr = {
		.send_cq = &cq,
		.qp_type = IBV_QPT_XRC_SEND,
		.comp_mask = IBV_QP_INIT_ATTR_PD,
		.pd = pd(),
	};
	struct ibv_qp qp = {};

	assert_int_equal(
		ibv_cmd_create_qp_ex(attr.pd->context, &attr, &qp, NULL), 0);
	expect_method(OBJ_QP, 0, 8);
	expect_inline(1, 2, 0, 0x51);
	expect_inline(2, 4, 0, 0x22);
	expect_inline(5, 9, 8, 9); /* XRC initiator */
	assert_int_equal(ibv_cmd_destroy_qp(&qp), 0);
}

static void test_xrc_receive_qp_needs_a_domain(void **state)
{
	struct ibv_qp_init_attr_ex attr = {
		.qp_type = IBV_QPT_XRC_RECV,
		.comp_mask = IBV_QP_INIT_ATTR_PD,
		.pd = pd(),
	};
	struct ibv_qp qp = {};

	assert_int_equal(
		ibv_cmd_create_qp_ex(attr.pd->context, &attr, &qp, NULL),
		EINVAL);
	assert_int_equal(fake.calls, 0);
}

static struct ibv_qp_open_attr open_attr(struct verbs_xrcd *vxrcd)
{
	return (struct ibv_qp_open_attr){
		.comp_mask = IBV_QP_OPEN_ATTR_NUM | IBV_QP_OPEN_ATTR_XRCD |
			     IBV_QP_OPEN_ATTR_TYPE,
		.qp_num = 0x123456,
		.xrcd = &vxrcd->xrcd,
		.qp_context = vxrcd, /* not in the mask */
		.qp_type = IBV_QPT_XRC_RECV,
	};
}

static void test_open_qp(void **state)
{
	unsigned char req[32] = {
		[16] = 0x31, [20] = 0x56, 0x34, 0x12, [24] = 10
	};
	static const uint32_t resp[8] = { 0x99, 0x123456 };
	struct verbs_xrcd vxrcd = { .handle = 0x31 };
	struct ibv_qp_open_attr attr = open_attr(&vxrcd);
	struct ibv_qp qp = {}, *user = &qp;

	memcpy(&req[8], &user, sizeof(user));
	fake_answer_bytes(CORE_OUT, resp, sizeof(resp));
	assert_int_equal(ibv_cmd_open_qp(fake_context(), &attr, &qp, NULL), 0);
	expect_write_cmd(40, 3, 2);
	expect_payload(0, CORE_IN, req, sizeof(req));
	expect_pointer(1, CORE_OUT, 32);
	assert_int_equal(qp.handle, 0x99);
	assert_int_equal(qp.qp_num, 0x123456);
	assert_int_equal(qp.state, IBV_QPS_UNKNOWN);
	assert_null(qp.qp_context);
	fake_reset();
	assert_int_equal(ibv_cmd_destroy_qp(&qp), 0);
}

static void test_open_qp_needs_number_domain_and_type(void **state)
{
	struct verbs_xrcd vxrcd = {};
	struct ibv_qp_open_attr attr = open_attr(&vxrcd);
	struct ibv_qp qp = {};

	attr.comp_mask &= ~(uint32_t)IBV_QP_OPEN_ATTR_TYPE;
	assert_int_equal(ibv_cmd_open_qp(fake_context(), &attr, &qp, NULL),
			 EINVAL);
	attr.comp_mask |= IBV_QP_OPEN_ATTR_RESERVED;
	assert_int_equal(ibv_cmd_open_qp(fake_context(), &attr, &qp, NULL),
			 EOPNOTSUPP);
	assert_int_equal(fake.calls, 0);
}

/* Opening leaves it to the provider what such a QP looks like. */
static void test_open_qp_is_unsupported_by_default(void **state)
{
	struct ibv_context *context = fake_context();

	errno = 0;
	assert_null(verbs_ops(context)->open_qp(context, NULL));
	assert_int_equal(errno, EOPNOTSUPP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_open_xrcd, setup),
		cmocka_unit_test_setup(test_open_xrcd_without_a_file, setup),
		cmocka_unit_test_setup(test_open_xrcd_reads_what_the_mask_names,
				       setup),
		cmocka_unit_test_setup(test_busy_xrcd_stays, setup),
		cmocka_unit_test_setup(test_xrc_receive_qp_has_only_the_domain,
				       setup),
		cmocka_unit_test_setup(test_xrc_send_qp, setup),
		cmocka_unit_test_setup(test_xrc_receive_qp_needs_a_domain,
				       setup),
		cmocka_unit_test_setup(test_open_qp, setup),
		cmocka_unit_test_setup(
			test_open_qp_needs_number_domain_and_type, setup),
		cmocka_unit_test_setup(test_open_qp_is_unsupported_by_default,
				       setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
