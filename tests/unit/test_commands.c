/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Every kernel method the library uses, byte for byte as it reaches ioctl(2).
 * Numbers are written out, not taken from the headers that the library itself
 * uses: kernel uAPI <rdma/ib_user_ioctl_cmds.h>, <rdma/ib_user_verbs.h>.
 */
#include <stdlib.h>

#include "expect.h"

#undef ibv_reg_mr

/* ---------------------------------------------------------------- dma-buf */

static const uint32_t test_lkey = 0x11223344, test_rkey = 0x55667788;

static void answer_dmabuf_mr(void)
{
	fake_answer_handle(0, 0xabc);
	fake_answer_bytes(7, &test_lkey, 4);
	fake_answer_bytes(8, &test_rkey, 4);
}

static void test_reg_dmabuf_mr(void **state)
{
	struct ibv_mr *mr;

	answer_dmabuf_mr();
	mr = verbs_reg_dmabuf_mr(pd(), 0x1111222233334444, 0x5555666677778888,
				 0x9999aaaabbbbc444, 42, 0x10000f);
	assert_non_null(mr);
	expect_method(OBJ_MR, 4, 9);
	expect_inline(0, 0, 0, 0);		    /* new handle */
	expect_inline(1, 1, 0, 0x51);		    /* PD */
	expect_inline(2, 2, 8, 0x1111222233334444); /* offset */
	expect_inline(3, 3, 8, 0x5555666677778888); /* length */
	expect_inline(4, 4, 8, 0x9999aaaabbbbc444); /* iova */
	expect_inline(5, 5, 4, 42);		    /* fd, a plain u32 */
	expect_inline(6, 6, 4, 0x10000f);	    /* access */
	expect_pointer(7, 7, 4);		    /* lkey */
	expect_pointer(8, 8, 4);		    /* rkey */
	assert_int_equal(mr->handle, 0xabc);
	assert_int_equal(mr->lkey, test_lkey);
	assert_int_equal(mr->rkey, test_rkey);
	free(mr);
}

/* The kernel must see every bit of -1, and it alone judges it. */
static void test_reg_dmabuf_mr_bad_fd(void **state)
{
	fake_fail(EBADF);
	errno = 0;
	assert_null(verbs_reg_dmabuf_mr(pd(), 0, 0, 0, -1, 0));
	assert_int_equal(errno, EBADF);
	expect_method(OBJ_MR, 4, 9);
	expect_inline(3, 3, 8, 0);
	expect_inline(5, 5, 4, 0xffffffff);
}

/* A kernel of before 5.12 lacks the method; its answer passes unchanged. */
static void test_reg_dmabuf_mr_on_an_old_kernel(void **state)
{
	fake_fail(EPROTONOSUPPORT);
	errno = 0;
	assert_null(verbs_reg_dmabuf_mr(pd(), 0, 4096, 0, 42, 1));
	assert_int_equal(errno, EPROTONOSUPPORT);
	assert_int_equal(fake.calls, 1); /* nothing to undo, nothing else tried */
}

static void test_dmabuf_is_unsupported_by_default(void **state)
{
	errno = 0;
	assert_null(ibv_reg_dmabuf_mr(pd(), 0, 0, 0, -1, 0));
	assert_int_equal(errno, EOPNOTSUPP);
	assert_int_equal(fake.calls, 0);
}

/* ---------------------------------------------------------------- others */

static void test_get_context(void **state)
{
	/* The first of its two methods: a failure keeps it the last sent. */
	fake_fail(EINVAL);
	assert_int_equal(ibv_cmd_get_context(to_vctx(fake_context()), NULL),
			 EINVAL);
	expect_method(OBJ_DEVICE, 3, 2);
	expect_pointer(0, 0, 4);
	expect_pointer(1, 1, 8);
}

static void test_async_event_alloc(void **state)
{
	struct ibv_context *context = fake_context();

	/* The first method gets this too, as an output it never reads. */
	fake_answer_handle(0, 99);
	assert_int_equal(ibv_cmd_get_context(to_vctx(context), NULL), 0);
	assert_int_equal(fake.calls, 2);
	fake.calls = 1;
	expect_method(OBJ_ASYNC_EVENT, 0, 1);
	expect_inline(0, 0, 0, 0);
	assert_int_equal(context->async_fd, 99);
}

static void test_query_device(void **state)
{
	static const unsigned char req[8];
	struct ibv_device_attr attr;
	unsigned char resp[304] = {};

	resp[4] = 28;	 /* fw_ver: major at bits 32.. */
	resp[2] = 39;	 /* minor at bits 16.. */
	resp[0] = 0x0f;	 /* sub: 9999 */
	resp[1] = 0x27;
	fake_answer_bytes(CORE_OUT, resp, 200);
	assert_int_equal(ibv_query_device(fake_context(), &attr), 0);
	expect_write_cmd(0x80000001, 3, 2);
	expect_inline(0, CORE_IN, sizeof(req), 0);
	expect_pointer(1, CORE_OUT, 304);
	assert_string_equal(attr.fw_ver, "28.39.9999");
}

static void test_query_port(void **state)
{
	struct ibv_port_attr attr;

	assert_int_equal(ibv_cmd_query_port(fake_context(), 3, &attr,
					    sizeof(attr)), 0);
	expect_method(OBJ_DEVICE, 2, 2);
	expect_inline(0, 0, 8, 3);
	expect_pointer(1, 1, 48);
}

static void test_query_gid_entry(void **state)
{
	struct ibv_gid_entry entry;

	assert_int_equal(ibv_query_gid_ex(fake_context(), 2, 9, &entry, 0), 0);
	expect_method(OBJ_DEVICE, 6, 4);
	expect_inline(0, 0, 8, 2);
	expect_inline(1, 1, 8, 9);
	expect_inline(2, 2, 4, 0);
	expect_pointer(3, 3, 32);
}

static void test_query_gid_table(void **state)
{
	struct ibv_gid_entry entries[4];
	const uint64_t num = 3;

	fake_answer_bytes(3, &num, 8);
	assert_int_equal(ibv_query_gid_table(fake_context(), entries, 4, 0),
			 3);
	expect_method(OBJ_DEVICE, 5, 4);
	expect_inline(0, 0, 8, 32);
	expect_inline(1, 1, 4, 0);
	expect_pointer(2, 2, 128);
	expect_pointer(3, 3, 8);
}

static void test_query_gid_table_error(void **state)
{
	struct ibv_gid_entry entry;

	fake_fail(EINVAL);
	assert_int_equal(ibv_query_gid_table(fake_context(), &entry, 1, 0),
			 -EINVAL);
}

static void test_empty_gid_reads_as_zero(void **state)
{
	static const union ibv_gid zero;
	union ibv_gid gid;

	memset(&gid, 0xff, sizeof(gid));
	fake_fail(ENODATA);
	assert_int_equal(ibv_query_gid(fake_context(), 1, 7, &gid), 0);
	assert_memory_equal(&gid, &zero, sizeof(gid));
}

static void test_alloc_pd(void **state)
{
	const uint32_t handle = 0x77;
	struct ibv_pd *new_pd;

	fake_answer_bytes(CORE_OUT, &handle, 4);
	new_pd = ibv_alloc_pd(fake_context());
	assert_non_null(new_pd);
	expect_write_cmd(3, 3, 2);
	expect_inline(0, CORE_IN, 8, 0);
	expect_pointer(1, CORE_OUT, 4);
	assert_int_equal(new_pd->handle, 0x77);
	fake.calls = 0;
	assert_int_equal(ibv_dealloc_pd(new_pd), 0);
	expect_method(OBJ_PD, 0, 1);
	expect_inline(0, 0, 0, 0x77);
}

static void test_dealloc_pd_failure_keeps_it(void **state)
{
	fake_fail(EBUSY);
	errno = 0;
	assert_int_equal(ibv_dealloc_pd(pd()), EBUSY);
	assert_int_equal(errno, EBUSY);
}

static void test_reg_mr(void **state)
{
	static const unsigned char req[40] = {
		[8] = 0, 0x10, 0, 0, 0, 0x7f, 0, 0,	     /* start */
		[16] = 0x21, 0x43, 0, 0, 0, 0, 0, 0,	     /* length */
		[24] = 0, 0x20, 0, 0, 0, 0, 0, 0xf0,	     /* hca_va */
		[32] = 0x51, 0, 0, 0,			     /* PD */
		[36] = 0x07, 0, 0x10, 0,		     /* access */
	};
	static const uint32_t resp[3] = { 5, 6, 7 };
	struct ibv_mr *mr;

	fake_answer_bytes(CORE_OUT, resp, sizeof(resp));
	mr = ibv_reg_mr_iova2(pd(), (void *)0x7f0000001000, 0x4321,
			      0xf000000000002000, 0x100007);
	assert_non_null(mr);
	expect_write_cmd(9, 3, 2);
	expect_payload(0, CORE_IN, req, sizeof(req));
	expect_pointer(1, CORE_OUT, 12);
	assert_int_equal(mr->handle, 5);
	assert_int_equal(mr->lkey, 6);
	assert_int_equal(mr->rkey, 7);
	assert_ptr_equal(mr->addr, (void *)0x7f0000001000);
	assert_int_equal(mr->length, 0x4321);
	fake.calls = 0;
	assert_int_equal(ibv_dereg_mr(mr), 0);
	expect_method(OBJ_MR, 1, 1);
	expect_inline(0, 0, 0, 5);
}

static void test_old_kernel_gets_no_optional_access(void **state)
{
	struct ibv_pd *parent = pd();
	struct ibv_mr *mr;

	to_vctx(parent->context)->priv->core_support = 0;
	mr = ibv_reg_mr_iova2(parent, (void *)0x1000, 1, 0, 0x100001);
	assert_non_null(mr);
	assert_int_equal(fake_nth(0)->payload[36], 0x01);
	assert_int_equal(fake_nth(0)->payload[38], 0);
	free(mr);
}

static void test_udata_travels_beside(void **state)
{
	static const unsigned char in[12] = "driver bytes";
	unsigned char out[20];
	const struct verbs_udata udata = { in, sizeof(in), out, sizeof(out) };
	struct ibv_pd new_pd;

	assert_int_equal(ibv_cmd_alloc_pd(fake_context(), &new_pd, &udata), 0);
	expect_write_cmd(3, 5, 2);
	expect_payload(3, UHW_IN, in, sizeof(in));
	expect_pointer(4, UHW_OUT, sizeof(out));
}

static void test_create_cq(void **state)
{
	struct ibv_comp_channel channel = { .context = fake_context(),
					    .fd = 12 };
	const uint32_t granted = 255;
	struct ibv_cq cq = {};

	fake_answer_handle(0, 0x33);
	fake_answer_bytes(6, &granted, 4);
	assert_int_equal(ibv_cmd_create_cq(channel.context, 200, &channel, 1,
					   &cq, NULL), 0);
	expect_method(OBJ_CQ, 0, 6);
	expect_inline(0, 0, 0, 0);
	expect_inline(1, 2, 8, (uintptr_t)&cq);
	expect_inline(2, 1, 4, 200);
	expect_inline(3, 3, 0, 12);
	expect_inline(4, 4, 4, 1);
	expect_pointer(5, 6, 4);
	assert_int_equal(cq.handle, 0x33);
	assert_int_equal(cq.cqe, 255);
	assert_int_equal(channel.refcnt, 1);
	assert_int_equal(ibv_destroy_comp_channel(&channel), EBUSY);
	fake_reset();
	assert_int_equal(ibv_cmd_destroy_cq(&cq), 0);
	expect_method(OBJ_CQ, 1, 2);
	expect_inline(0, 0, 0, 0x33);
	expect_pointer(1, 1, 8);
	assert_int_equal(channel.refcnt, 0);
}

static void test_create_cq_that_ignores_overrun(void **state)
{
	const struct ibv_cq_init_attr_ex attr = {
		.cqe = 10,
		.comp_mask = IBV_CQ_INIT_ATTR_MASK_FLAGS,
		.flags = IBV_CREATE_CQ_ATTR_SINGLE_THREADED |
			 IBV_CREATE_CQ_ATTR_IGNORE_OVERRUN,
	};
	struct ibv_cq cq = {};

	assert_int_equal(ibv_cmd_create_cq_ex(fake_context(), &attr, &cq,
					      NULL), 0);
	expect_method(OBJ_CQ, 0, 6);
	expect_inline(3, 4, 4, 0);
	expect_inline(4, 5, 4, 2); /* the other flag is not the kernel's */
}

static void test_modify_cq(void **state)
{
	static const unsigned char req[16] = {
		[0] = 9, [4] = 1, [8] = 3, [10] = 7,
	};
	struct ibv_cq cq = { .context = fake_context(), .handle = 9 };
	struct ibv_modify_cq_attr attr = {
		.attr_mask = IBV_CQ_ATTR_MODERATE,
		.moderate = { .cq_count = 3, .cq_period = 7 },
	};

	assert_int_equal(ibv_cmd_modify_cq(&cq, &attr), 0);
	expect_write_cmd(0x80000039, 2, 1);
	expect_payload(0, CORE_IN, req, sizeof(req));
}

static void test_memory_window(void **state)
{
	static const unsigned char req[16] = { [8] = 0x51, [12] = 2 };
	static const uint32_t resp[2] = { 0x44, 0x4500 };
	struct ibv_mw mw;

	fake_answer_bytes(CORE_OUT, resp, sizeof(resp));
	assert_int_equal(ibv_cmd_alloc_mw(pd(), IBV_MW_TYPE_2, &mw), 0);
	expect_write_cmd(14, 3, 2);
	expect_payload(0, CORE_IN, req, sizeof(req));
	assert_int_equal(mw.rkey, 0x4500);
	fake_reset();
	assert_int_equal(ibv_cmd_dealloc_mw(&mw), 0);
	expect_method(8, 0, 1);
	expect_inline(0, 0, 0, 0x44);
}

static void test_failed_create_cq_frees_the_channel(void **state)
{
	struct ibv_comp_channel channel = { .context = fake_context() };
	struct ibv_cq cq = {};

	fake_fail(ENOMEM);
	assert_int_equal(ibv_cmd_create_cq(channel.context, 1, &channel, 0,
					   &cq, NULL), ENOMEM);
	assert_int_equal(channel.refcnt, 0);
}

static void test_create_comp_channel(void **state)
{
	struct ibv_comp_channel *channel;
	const uint32_t fd = 1000000; /* no such file: closing it is harmless */

	fake_answer_bytes(CORE_OUT, &fd, 4);
	channel = ibv_create_comp_channel(fake_context());
	assert_non_null(channel);
	expect_write_cmd(17, 3, 2);
	expect_inline(0, CORE_IN, 8, 0);
	expect_pointer(1, CORE_OUT, 4);
	assert_int_equal(channel->fd, 1000000);
	assert_int_equal(ibv_destroy_comp_channel(channel), 0);
}

static void test_resize_cq(void **state)
{
	static const unsigned char req[16] = { [8] = 9, [12] = 0x2c, 0x01 };
	struct ibv_cq cq = { .context = fake_context(), .handle = 9 };
	static const uint32_t resp[2] = { 511 };

	fake_answer_bytes(CORE_OUT, resp, sizeof(resp));
	assert_int_equal(ibv_cmd_resize_cq(&cq, 300, NULL), 0);
	expect_write_cmd(19, 3, 2);
	expect_payload(0, CORE_IN, req, sizeof(req));
	assert_int_equal(cq.cqe, 511);
}

static void test_req_notify_cq(void **state)
{
	struct ibv_cq cq = { .context = fake_context(), .handle = 9 };

	assert_int_equal(ibv_cmd_req_notify_cq(&cq, 5), 0);
	expect_write_cmd(23, 2, 1);
	expect_inline(0, CORE_IN, 8, 0x100000009);
}

static void test_create_qp(void **state)
{
	static const unsigned char cap[20] = {
		1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0,
	};
	static const uint32_t granted[5] = { 10, 20, 30, 40, 50 };
	const uint32_t qpn = 0x123456;
	struct ibv_cq send_cq = { .handle = 0x21 }, recv_cq = { .handle = 0x22 };
	struct ibv_srq srq = { .handle = 0x23 };
	struct ibv_qp_init_attr attr = {
		.send_cq = &send_cq, .recv_cq = &recv_cq, .srq = &srq,
		.cap = { 1, 2, 3, 4, 5 },
		.qp_type = IBV_QPT_RC, .sq_sig_all = 1,
	};
	struct ibv_qp qp = {};

	fake_answer_handle(0, 0x99);
	fake_answer_bytes(13, granted, sizeof(granted));
	fake_answer_bytes(14, &qpn, 4);
	assert_int_equal(ibv_cmd_create_qp(pd(), &attr, &qp, NULL), 0);
	expect_method(OBJ_QP, 0, 11);
	expect_inline(0, 0, 0, 0);
	expect_inline(1, 2, 0, 0x51);
	expect_inline(2, 4, 0, 0x21);
	expect_inline(3, 5, 0, 0x22);
	expect_inline(4, 3, 0, 0x23);
	expect_inline(5, 7, 8, (uintptr_t)&qp);
	expect_payload(6, 8, cap, sizeof(cap));
	expect_inline(7, 9, 8, 2);	   /* RC */
	expect_inline(8, 10, 4, 1 << 12);  /* every send signalled */
	expect_pointer(9, 13, 20);
	expect_pointer(10, 14, 4);
	assert_int_equal(qp.handle, 0x99);
	assert_int_equal(qp.qp_num, 0x123456);
	assert_int_equal(attr.cap.max_inline_data, 50);
	assert_ptr_equal(qp.recv_cq, &recv_cq);
	fake_reset();
	assert_int_equal(ibv_cmd_destroy_qp(&qp), 0);
	expect_method(OBJ_QP, 1, 2);
	expect_inline(0, 0, 0, 0x99);
	expect_pointer(1, 1, 4);
}

static void test_create_qp_flags(void **state)
{
	struct ibv_qp_init_attr_ex attr = {
		.qp_type = IBV_QPT_RC, .pd = pd(),
		.comp_mask = IBV_QP_INIT_ATTR_PD |
			     IBV_QP_INIT_ATTR_CREATE_FLAGS |
			     IBV_QP_INIT_ATTR_SEND_OPS_FLAGS,
		.create_flags = IBV_QP_CREATE_BLOCK_SELF_MCAST_LB,
	};
	struct ibv_qp qp = {};

	assert_int_equal(ibv_cmd_create_qp_ex(attr.pd->context, &attr, &qp,
					      NULL), 0);
	expect_method(OBJ_QP, 0, 8);
	expect_inline(5, 10, 4, 2);
	attr.comp_mask |= IBV_QP_INIT_ATTR_SEND_OPS_FLAGS << 1;
	assert_int_equal(ibv_cmd_create_qp_ex(attr.pd->context, &attr, &qp,
					      NULL), EOPNOTSUPP);
	attr.comp_mask = 0;
	assert_int_equal(ibv_cmd_create_qp_ex(attr.pd->context, &attr, &qp,
					      NULL), EINVAL);
	assert_int_equal(fake.calls, 1);
}

static void test_modify_qp(void **state)
{
	static const unsigned char req[112] = {
		[0] = 0xfe, 0x80, [15] = 0x01,		/* dgid */
		[16] = 0x44, 0x33, 0x22, 0x11,		/* flow label */
		[24] = 3, 64, 7, 1,			/* sgid, hops, tc, sl */
		[30] = 1, 1,				/* global, port */
		[64] = 0x99, 0, 0, 0,			/* QP */
		[68] = 0x81, 0x91, 0x12, 0,		/* mask */
		[76] = 0x99, 0x88, 0, 0,		/* rq_psn */
		[84] = 0x56, 0x34, 0x12, 0,		/* dest QP */
		[96] = 2, 0, 5,				/* RTR, -, mtu */
		[102] = 4, 12,				/* dest rd, rnr timer */
	};
	struct ibv_qp qp = { .context = fake_context(), .handle = 0x99 };
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_RTR, .path_mtu = IBV_MTU_4096,
		.rq_psn = 0x8899, .dest_qp_num = 0x123456,
		.max_dest_rd_atomic = 4, .min_rnr_timer = 12,
		/* Not selected by the mask, so not sent. */
		.sq_psn = 0xdead, .timeout = 9, .qkey = 0xbeef,
		.ah_attr = { .grh = { .flow_label = 0x11223344,
				      .sgid_index = 3, .hop_limit = 64,
				      .traffic_class = 7 },
			     .sl = 1, .is_global = 1, .port_num = 1 },
	};

	attr.ah_attr.grh.dgid.raw[0] = 0xfe;
	attr.ah_attr.grh.dgid.raw[1] = 0x80;
	attr.ah_attr.grh.dgid.raw[15] = 0x01;
	assert_int_equal(ibv_cmd_modify_qp(&qp, &attr,
			IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU |
			IBV_QP_DEST_QPN | IBV_QP_RQ_PSN |
			IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER), 0);
	expect_write_cmd(26, 2, 1);
	expect_payload(0, CORE_IN, req, sizeof(req));
	assert_int_equal(qp.state, IBV_QPS_RTR);
}

static void test_modify_qp_rate_limit_is_extended(void **state)
{
	struct ibv_qp qp = { .context = fake_context(), .handle = 0x99 };
	struct ibv_qp_attr attr = { .rate_limit = 0x01020304 };

	assert_int_equal(ibv_cmd_modify_qp(&qp, &attr, IBV_QP_RATE_LIMIT), 0);
	expect_write_cmd(0x8000001a, 3, 2);
	expect_pointer(0, CORE_IN, 120);
	assert_int_equal(fake_nth(0)->payload[112], 4);
	assert_int_equal(fake_nth(0)->payload[115], 1);
	expect_inline(1, CORE_OUT, 8, fake_nth(1)->raw.data);
}

static void test_failed_modify_keeps_the_state(void **state)
{
	struct ibv_qp qp = { .context = fake_context(),
			     .state = IBV_QPS_INIT };
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_RTS };

	fake_fail(EINVAL);
	assert_int_equal(ibv_cmd_modify_qp(&qp, &attr, IBV_QP_STATE), EINVAL);
	assert_int_equal(qp.state, IBV_QPS_INIT);
}

static void test_query_qp(void **state)
{
	static const unsigned char req[16] = { [8] = 0x99, [12] = 1 };
	unsigned char resp[128] = {};
	struct ibv_qp qp = { .context = fake_context(), .handle = 0x99 };
	struct ibv_qp_init_attr init;
	struct ibv_qp_attr attr;

	resp[84] = 0x34;   /* qkey */
	resp[96] = 0x56;   /* dest QP */
	resp[108] = 3;	   /* RTS */
	resp[122] = 1;	   /* sq_sig_all */
	fake_answer_bytes(CORE_OUT, resp, sizeof(resp));
	assert_int_equal(ibv_cmd_query_qp(&qp, &attr, IBV_QP_STATE, &init), 0);
	expect_write_cmd(25, 3, 2);
	expect_payload(0, CORE_IN, req, sizeof(req));
	expect_pointer(1, CORE_OUT, 128);
	assert_int_equal(attr.qp_state, IBV_QPS_RTS);
	assert_int_equal(attr.qkey, 0x34);
	assert_int_equal(attr.dest_qp_num, 0x56);
	assert_int_equal(init.sq_sig_all, 1);
	assert_int_equal(qp.state, IBV_QPS_RTS);
}

static void test_ring_send_queue(void **state)
{
	static const unsigned char req[24] = { [8] = 0x99, [20] = 56 };
	struct ibv_qp qp = { .context = fake_context(), .handle = 0x99 };

	assert_int_equal(ibv_cmd_ring_send_queue(&qp), 0);
	expect_write_cmd(28, 3, 2);
	expect_payload(0, CORE_IN, req, sizeof(req));
	expect_pointer(1, CORE_OUT, 4);
}

static void test_multicast(void **state)
{
	static const unsigned char req[24] = {
		0xff, 0x0e, [15] = 0x07, [16] = 0x99, [20] = 0x01, 0xc0,
	};
	struct ibv_qp qp = { .context = fake_context(), .handle = 0x99 };
	union ibv_gid gid = { .raw = { 0xff, 0x0e, [15] = 0x07 } };

	assert_int_equal(ibv_cmd_attach_mcast(&qp, &gid, 0xc001), 0);
	expect_write_cmd(30, 2, 1);
	expect_payload(0, CORE_IN, req, sizeof(req));
	fake_reset();
	assert_int_equal(ibv_cmd_detach_mcast(&qp, &gid, 0xc001), 0);
	expect_write_cmd(31, 2, 1);
	expect_payload(0, CORE_IN, req, sizeof(req));
}

static void test_create_srq(void **state)
{
	struct ibv_srq_init_attr attr = { .attr = { 100, 3, 7 } };
	const uint32_t max_wr = 127, max_sge = 4;
	struct ibv_srq srq = {};

	fake_answer_handle(0, 0x66);
	fake_answer_bytes(11, &max_wr, 4);
	fake_answer_bytes(12, &max_sge, 4);
	assert_int_equal(ibv_cmd_create_srq(pd(), &attr, &srq, NULL), 0);
	expect_method(OBJ_SRQ, 0, 9);
	expect_inline(0, 0, 0, 0);
	expect_inline(1, 1, 0, 0x51);
	expect_inline(2, 4, 8, (uintptr_t)&srq);
	expect_inline(3, 5, 4, 100);
	expect_inline(4, 6, 4, 3);
	expect_inline(5, 7, 4, 7);
	expect_inline(6, 9, 8, 0); /* basic */
	expect_pointer(7, 11, 4);
	expect_pointer(8, 12, 4);
	assert_int_equal(attr.attr.max_wr, 127);
	assert_int_equal(attr.attr.max_sge, 4);
	fake_reset();
	assert_int_equal(ibv_cmd_destroy_srq(&srq), 0);
	expect_method(OBJ_SRQ, 1, 2);
	expect_inline(0, 0, 0, 0x66);
	expect_pointer(1, 1, 4);
}

static void test_modify_and_query_srq(void **state)
{
	static const unsigned char modify[16] = { 0x66, [4] = 2, [8] = 10,
						  [12] = 5 };
	static const unsigned char query[16] = { [8] = 0x66 };
	struct ibv_srq srq = { .context = fake_context(), .handle = 0x66 };
	struct ibv_srq_attr attr = { .max_wr = 10, .srq_limit = 5 };
	static const uint32_t resp[4] = { 127, 4, 5 };

	assert_int_equal(ibv_cmd_modify_srq(&srq, &attr, IBV_SRQ_LIMIT, NULL),
			 0);
	expect_write_cmd(33, 2, 1);
	expect_payload(0, CORE_IN, modify, sizeof(modify));
	fake_reset();
	fake_answer_bytes(CORE_OUT, resp, sizeof(resp));
	assert_int_equal(ibv_cmd_query_srq(&srq, &attr), 0);
	expect_write_cmd(34, 3, 2);
	expect_payload(0, CORE_IN, query, sizeof(query));
	assert_int_equal(attr.max_wr, 127);
	assert_int_equal(attr.srq_limit, 5);
}

static void test_create_ah(void **state)
{
	unsigned char req[56] = {
		[16] = 0x51,			/* PD */
		[24] = 0xfe, [39] = 0x02,	/* dgid */
		[44] = 1, 255, 8,		/* sgid, hops, tc */
		[50] = 2,			/* sl */
		[53] = 1, 1,			/* global, port */
	};
	struct ibv_ah_attr attr = {
		.grh = { .dgid = { .raw = { 0xfe, [15] = 0x02 } },
			 .sgid_index = 1, .hop_limit = 255,
			 .traffic_class = 8 },
		.sl = 2, .is_global = 1, .port_num = 1,
	};
	const uint32_t handle = 0x88;
	struct ibv_ah ah, *user = &ah;

	memcpy(&req[8], &user, sizeof(user));
	fake_answer_bytes(CORE_OUT, &handle, 4);
	assert_int_equal(ibv_cmd_create_ah(pd(), &attr, &ah, NULL), 0);
	expect_write_cmd(5, 3, 2);
	expect_payload(0, CORE_IN, req, sizeof(req));
	expect_pointer(1, CORE_OUT, 4);
	assert_int_equal(ah.handle, 0x88);
	fake_reset();
	assert_int_equal(ibv_cmd_destroy_ah(&ah), 0);
	expect_method(OBJ_AH, 0, 1);
	expect_inline(0, 0, 0, 0x88);
}

static void test_rereg_mr(void **state)
{
	static const unsigned char req[48] = {
		[8] = 5, [12] = 7, [16] = 0, 0x10, [24] = 0x22,
		[32] = 0, 0x10, [40] = 0x51, [44] = 1,
	};
	static const uint32_t resp[2] = { 0x16, 0x17 };
	struct verbs_mr vmr = { .mr = { .context = fake_context(),
					.handle = 5 } };

	fake_answer_bytes(CORE_OUT, resp, sizeof(resp));
	assert_int_equal(ibv_rereg_mr(&vmr.mr, 7, pd(), (void *)0x1000, 0x22,
				      1), 0);
	expect_write_cmd(11, 3, 2);
	expect_payload(0, CORE_IN, req, sizeof(req));
	assert_int_equal(vmr.mr.lkey, 0x16);
	assert_int_equal(vmr.mr.rkey, 0x17);
}

static void test_rereg_of_a_dmabuf_is_refused(void **state)
{
	struct verbs_mr vmr = { .mr = { .context = fake_context() },
				.type = VERBS_MR_DMABUF };

	errno = 0;
	assert_int_equal(ibv_rereg_mr(&vmr.mr, IBV_REREG_MR_CHANGE_ACCESS,
				      NULL, NULL, 0, 1),
			 IBV_REREG_MR_ERR_INPUT);
	assert_int_equal(errno, EOPNOTSUPP);
	assert_int_equal(fake.calls, 0);
}

/* What a provider does not fill must fail as its verb promises. */
static void test_default_poll_is_negative(void **state)
{
	struct ibv_cq cq = { .context = fake_context() };

	cq.context->ops.poll_cq = verbs_ops(cq.context)->poll_cq;
	assert_int_equal(ibv_poll_cq(&cq, 1, NULL), -EOPNOTSUPP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_reg_dmabuf_mr, setup),
		cmocka_unit_test_setup(test_reg_dmabuf_mr_bad_fd, setup),
		cmocka_unit_test_setup(test_reg_dmabuf_mr_on_an_old_kernel,
				       setup),
		cmocka_unit_test_setup(test_dmabuf_is_unsupported_by_default,
				       setup),
		cmocka_unit_test_setup(test_get_context, setup),
		cmocka_unit_test_setup(test_async_event_alloc, setup),
		cmocka_unit_test_setup(test_query_device, setup),
		cmocka_unit_test_setup(test_query_port, setup),
		cmocka_unit_test_setup(test_query_gid_entry, setup),
		cmocka_unit_test_setup(test_query_gid_table, setup),
		cmocka_unit_test_setup(test_query_gid_table_error, setup),
		cmocka_unit_test_setup(test_empty_gid_reads_as_zero, setup),
		cmocka_unit_test_setup(test_alloc_pd, setup),
		cmocka_unit_test_setup(test_dealloc_pd_failure_keeps_it,
				       setup),
		cmocka_unit_test_setup(test_reg_mr, setup),
		cmocka_unit_test_setup(test_old_kernel_gets_no_optional_access,
				       setup),
		cmocka_unit_test_setup(test_udata_travels_beside, setup),
		cmocka_unit_test_setup(test_create_cq, setup),
		cmocka_unit_test_setup(test_create_cq_that_ignores_overrun,
				       setup),
		cmocka_unit_test_setup(test_modify_cq, setup),
		cmocka_unit_test_setup(test_memory_window, setup),
		cmocka_unit_test_setup(test_create_qp_flags, setup),
		cmocka_unit_test_setup(test_failed_create_cq_frees_the_channel,
				       setup),
		cmocka_unit_test_setup(test_create_comp_channel, setup),
		cmocka_unit_test_setup(test_resize_cq, setup),
		cmocka_unit_test_setup(test_req_notify_cq, setup),
		cmocka_unit_test_setup(test_create_qp, setup),
		cmocka_unit_test_setup(test_modify_qp, setup),
		cmocka_unit_test_setup(test_modify_qp_rate_limit_is_extended,
				       setup),
		cmocka_unit_test_setup(test_failed_modify_keeps_the_state,
				       setup),
		cmocka_unit_test_setup(test_query_qp, setup),
		cmocka_unit_test_setup(test_ring_send_queue, setup),
		cmocka_unit_test_setup(test_multicast, setup),
		cmocka_unit_test_setup(test_create_srq, setup),
		cmocka_unit_test_setup(test_modify_and_query_srq, setup),
		cmocka_unit_test_setup(test_create_ah, setup),
		cmocka_unit_test_setup(test_rereg_mr, setup),
		cmocka_unit_test_setup(test_rereg_of_a_dmabuf_is_refused,
				       setup),
		cmocka_unit_test_setup(test_default_poll_is_negative, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
