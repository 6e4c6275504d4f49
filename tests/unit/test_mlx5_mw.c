/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Requests about memory keys, byte for byte, at every kind of place in the
 * ring; and the fence of what comes behind them.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "mlx5_queues.h"
#include "wqe.h"

#define ZEROES_8 0, 0, 0, 0, 0, 0, 0, 0
#define ZEROES_16 ZEROES_8, ZEROES_8
#define ZEROES_32 ZEROES_16, ZEROES_16
#define NO_QP 0xff, 0xff, 0xff
#define THIS_QP 0x12, 0x34, 0x56

static struct ibv_mr mr = { .lkey = 0x0badcafe };
static struct ibv_mw mw_1 = { .rkey = 0x00c0ffff, .type = IBV_MW_TYPE_1 };
static struct ibv_mw mw_2 = { .rkey = 0x00c0ff05, .type = IBV_MW_TYPE_2 };

static struct ibv_send_wr bind_wr(uint64_t len, unsigned int access)
{
	return (struct ibv_send_wr){
		.opcode = IBV_WR_BIND_MW,
		.send_flags = IBV_SEND_SIGNALED,
		.bind_mw = {
			.mw = &mw_2,
			.rkey = 0x00c0ff06,
			.bind_info = { &mr, 0x1122334455667788, len, access },
		},
	};
}

/* The control segments, of the WQE and of the key. */
#define HEAD(ds, ce, key, umr_flags, octowords, mask_31_24, mask_15_8, mask) \
	0, IDX, 0x25, THIS_QP, ds, 0, 0, 0, ce, 0x00, 0xc0, 0xff, key,       \
		umr_flags, 0, 0, 0, 0, octowords, 0, 0, 0, 0, 0, 0,          \
		mask_31_24, (mask) ? 0x3c : 0, mask_15_8, mask, ZEROES_32

#define SEGMENT(len_31_24, len_15_8, len)                                      \
	len_31_24, 0, len_15_8, len, 0x0b, 0xad, 0xca, 0xfe, 0x11, 0x22, 0x33, \
		0x44, 0x55, 0x66, 0x77, 0x88, ZEROES_32, ZEROES_16

static void test_bind(void **state)
{
	struct ibv_send_wr wr = bind_wr(
		0x1234, IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_WRITE);
	static const uint8_t wqe[] = {
		HEAD(12, 8, 0x05, 0xb0, 4, 0x20, 0x60, 0x41),
		0,
		0,
		0x30,
		0,
		THIS_QP,
		0x06,
		ZEROES_8,
		0x11,
		0x22,
		0x33,
		0x44,
		0x55,
		0x66,
		0x77,
		0x88,
		0,
		0,
		0,
		0,
		0,
		0,
		0x12,
		0x34,
		ZEROES_32,
		SEGMENT(0, 0x12, 0x34),
	};

	check_usual(&wr, wqe, sizeof(wqe));
}

/* The peer counts from 0 then; what is known of the memory is the same. */
static void test_bind_zero_based_and_largest(void **state)
{
	struct ibv_send_wr wr = bind_wr(
		1u << 31, IBV_ACCESS_REMOTE_ATOMIC | IBV_ACCESS_ZERO_BASED);
	static const uint8_t wqe[] = {
		HEAD(12, 8, 0x05, 0xb0, 4, 0x20, 0x60, 0x41),
		0,
		0,
		0x40,
		0,
		THIS_QP,
		0x06,
		ZEROES_16,
		0,
		0,
		0,
		0,
		0x80,
		0,
		0,
		0,
		ZEROES_32,
		SEGMENT(0x80, 0, 0),
	};

	check_usual(&wr, wqe, sizeof(wqe));
}

static void test_bind_to_nothing(void **state)
{
	struct ibv_send_wr wr = bind_wr(0, 0);
	static const uint8_t wqe[] = {
		HEAD(8, 8, 0x05, 0x98, 0, 0x20, 0x60, 0),
		0x40,
		0,
		0,
		0,
		NO_QP,
		0x06,
		ZEROES_8,
		ZEROES_16,
		ZEROES_32,
	};

	wr.bind_mw.bind_info.mr = NULL;
	check_usual(&wr, wqe, sizeof(wqe));
}

static void test_local_invalidate(void **state)
{
	struct ibv_send_wr wr = {
		.opcode = IBV_WR_LOCAL_INV,
		.send_flags = IBV_SEND_FENCE,
		.invalidate_rkey = 0x00c0ff77,
	};
	static const uint8_t wqe[] = {
		HEAD(8, 0x80, 0x77, 0x98, 0, 0x20, 0x60, 0),
		0x40,
		0,
		0,
		0,
		NO_QP,
		0x00,
		ZEROES_8,
		ZEROES_16,
		ZEROES_32,
	};

	check_usual(&wr, wqe, sizeof(wqe));
}

/* ---- Windows of type 1 ------------------------------------------------------- */

static void check_verb(uint64_t len, const uint8_t *wqe, size_t wqe_len)
{
	struct ibv_mw_bind bind = {
		.wr_id = 7,
		.send_flags = IBV_SEND_SIGNALED,
		.bind_info = { len ? &mr : NULL, len ? 0x1122334455667788 : 0,
			       len, IBV_ACCESS_LOCAL_WRITE },
	};
	struct ibv_mw mw = mw_1;
	struct fixture f;

	init_fixture(&f, &usual_attr);
	assert_int_equal(mlx5_bind_mw(&f.qp.qp, &mw, &bind), 0);
	assert_memory_equal(f.qp.sq.buf, wqe, wqe_len);
	assert_int_equal(mw.rkey, 0x00c0ff00);
	assert_int_equal(f.qp.sq.sent[0].wr_id, 7);
	assert_int_equal(f.qp.sq.sent[0].wc_opcode, IBV_WC_BIND_MW);
	assert_int_equal(be32toh(f.dbrec[1]), wqe_len / BLOCK);
	assert_memory_equal(&f.reg, wqe, sizeof(f.reg));
	fini_fixture(&f);
}

/* Of any QP. Bound or not, it can be bound. */
static void test_bind_by_verb(void **state)
{
	static const uint8_t wqe[] = {
		HEAD(12, 8, 0xff, 0x90, 4, 0x20, 0x20, 0x41),
		0,
		0,
		0x08,
		0,
		NO_QP,
		0x00,
		ZEROES_8,
		0x11,
		0x22,
		0x33,
		0x44,
		0x55,
		0x66,
		0x77,
		0x88,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		8,
		ZEROES_32,
		SEGMENT(0, 0, 8),
	};

	check_verb(8, wqe, sizeof(wqe));
}

static void test_bind_to_nothing_by_verb(void **state)
{
	static const uint8_t wqe[] = {
		HEAD(8, 8, 0xff, 0x90, 0, 0x20, 0x20, 0),
		0x40,
		0,
		0,
		0,
		NO_QP,
		0x00,
		ZEROES_8,
		ZEROES_16,
		ZEROES_32,
	};

	check_verb(0, wqe, sizeof(wqe));
}

/* ---- What is refused ----------------------------------------------------------- */

static void check_refused(struct ibv_send_wr *wr, int err)
{
	struct ibv_send_wr *bad = NULL;
	struct fixture f;

	init_fixture(&f, &usual_attr);
	assert_int_equal(mlx5_post_send(&f.qp.qp, wr, &bad), err);
	assert_ptr_equal(bad, wr);
	assert_int_equal(post_by_calls(&f, wr), err);
	assert_int_equal(f.qp.sq.cur_block, 0);
	assert_int_equal(f.dbrec[1], 0);
	fini_fixture(&f);
}

static void test_no_region_is_einval(void **state)
{
	struct ibv_send_wr wr = bind_wr(1, 0);

	wr.bind_mw.bind_info.mr = NULL;
	check_refused(&wr, EINVAL);
}

static void test_more_than_a_segment_is_eopnotsupp(void **state)
{
	struct ibv_send_wr wr = bind_wr((1ull << 31) + 1, 0);

	check_refused(&wr, EOPNOTSUPP);
}

static void test_type_1_is_not_for_requests(void **state)
{
	struct ibv_send_wr wr = bind_wr(1, 0);

	wr.bind_mw.mw = &mw_1;
	check_refused(&wr, EINVAL);
}

static void check_verb_refused(const struct ibv_qp_init_attr_ex *attr,
			       unsigned int access)
{
	struct ibv_mw_bind bind = { .bind_info = { &mr, 0, 8, access } };
	struct ibv_mw mw = mw_1;
	struct fixture f;

	init_fixture(&f, attr);
	assert_int_equal(mlx5_bind_mw(&f.qp.qp, &mw, &bind), EINVAL);
	assert_int_equal(mw.rkey, mw_1.rkey);
	assert_int_equal(f.qp.sq.cur_block, 0);
	fini_fixture(&f);
}

static void test_verb_refuses_what_it_cannot(void **state)
{
	struct ibv_qp_init_attr_ex ud = usual_attr;

	ud.qp_type = IBV_QPT_UD;
	ud.send_ops_flags = 0;
	check_verb_refused(&ud, 0);
	check_verb_refused(&usual_attr, IBV_ACCESS_ZERO_BASED);
}

/* Three blocks, whatever the ring's requests are. */
static void test_bind_needs_its_room(void **state)
{
	struct ibv_send_wr send = { .opcode = IBV_WR_SEND };
	struct ibv_send_wr wr = bind_wr(8, 0);
	struct ibv_send_wr *bad = NULL;
	struct fixture f;
	int i;

	init_fixture(&f, &usual_attr);
	for (i = 0; i < 6; i++)
		assert_int_equal(mlx5_post_send(&f.qp.qp, &send, &bad), 0);
	assert_int_equal(mlx5_post_send(&f.qp.qp, &wr, &bad), ENOMEM);
	f.qp.sq.tail++;
	assert_int_equal(mlx5_post_send(&f.qp.qp, &wr, &bad), 0);
	fini_fixture(&f);
}

/* ---- Fences ------------------------------------------------------------------------ */

static uint8_t flags_at(const struct fixture *f, uint32_t block)
{
	return f->qp.sq.buf[block * BLOCK + 11];
}

static void post(struct fixture *f, struct ibv_send_wr wr)
{
	struct ibv_send_wr *bad = NULL;

	assert_int_equal(mlx5_post_send(&f->qp.qp, &wr, &bad), 0);
}

static const struct ibv_send_wr send_wr = {
	.opcode = IBV_WR_SEND,
	.send_flags = IBV_SEND_SIGNALED,
};

static const struct ibv_send_wr inv_wr = { .opcode = IBV_WR_LOCAL_INV };

/* Two blocks each. */
static void test_next_request_is_fenced(void **state)
{
	struct fixture f;

	init_fixture(&f, &usual_attr);
	post(&f, inv_wr);
	post(&f, inv_wr);
	post(&f, send_wr);
	post(&f, send_wr);
	assert_int_equal(flags_at(&f, 0), 0);
	assert_int_equal(flags_at(&f, 2), 0x20);
	assert_int_equal(flags_at(&f, 4), 0x28);
	assert_int_equal(flags_at(&f, 5), 0x08);
	fini_fixture(&f);
}

static void test_calls_are_fenced_within_a_batch(void **state)
{
	struct ibv_qp_ex *qp;
	struct fixture f;

	init_fixture(&f, &usual_attr);
	qp = &f.qp.vqp.qp_ex;
	ibv_wr_start(qp);
	call_request(qp, &inv_wr, IBV_QPT_RC);
	call_request(qp, &send_wr, IBV_QPT_RC);
	call_request(qp, &send_wr, IBV_QPT_RC);
	assert_int_equal(ibv_wr_complete(qp), 0);
	assert_int_equal(flags_at(&f, 2), 0x28);
	assert_int_equal(flags_at(&f, 3), 0x08);
	fini_fixture(&f);
}

/* The fence was for who comes next, and that is not who was taken back. */
static void test_fence_survives_a_batch_taken_back(void **state)
{
	struct ibv_qp_ex *qp;
	struct fixture f;

	init_fixture(&f, &usual_attr);
	qp = &f.qp.vqp.qp_ex;
	post(&f, inv_wr);
	ibv_wr_start(qp);
	call_request(qp, &send_wr, IBV_QPT_RC);
	ibv_wr_abort(qp);
	post(&f, send_wr);
	post(&f, send_wr);
	assert_int_equal(flags_at(&f, 2), 0x28);
	assert_int_equal(flags_at(&f, 3), 0x08);
	fini_fixture(&f);
}

static void test_fence_survives_a_refused_request(void **state)
{
	struct ibv_send_wr wr = bind_wr((1ull << 31) + 1, 0);
	struct ibv_send_wr *bad = NULL;
	struct fixture f;

	init_fixture(&f, &usual_attr);
	post(&f, inv_wr);
	assert_int_equal(mlx5_post_send(&f.qp.qp, &wr, &bad), EOPNOTSUPP);
	post(&f, send_wr);
	assert_int_equal(flags_at(&f, 2), 0x28);
	fini_fixture(&f);
}

/* A fence does not make room, neither in a full queue nor in a state without. */
static void test_fence_is_no_room(void **state)
{
	struct ibv_send_wr *bad = NULL;
	struct ibv_send_wr wr = send_wr;
	struct fixture f;

	init_fixture(&f, &usual_attr);
	post(&f, inv_wr);
	mlx5_rings_enter(&f.qp, IBV_QPS_INIT);
	assert_int_equal(mlx5_post_send(&f.qp.qp, &wr, &bad), ENOMEM);
	mlx5_rings_enter(&f.qp, IBV_QPS_RTS);
	f.qp.sq.tail -= 6;
	assert_int_equal(mlx5_post_send(&f.qp.qp, &wr, &bad), ENOMEM);
	f.qp.sq.tail += 6;
	post(&f, send_wr);
	assert_int_equal(flags_at(&f, 2), 0x28);
	fini_fixture(&f);
}

static void test_reset_drops_the_fence(void **state)
{
	struct fixture f;

	init_fixture(&f, &usual_attr);
	post(&f, inv_wr);
	mlx5_rings_enter(&f.qp, IBV_QPS_RESET);
	mlx5_rings_enter(&f.qp, IBV_QPS_RTS);
	post(&f, send_wr);
	assert_int_equal(flags_at(&f, 0), 0x08);
	fini_fixture(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bind),
		cmocka_unit_test(test_bind_zero_based_and_largest),
		cmocka_unit_test(test_bind_to_nothing),
		cmocka_unit_test(test_local_invalidate),
		cmocka_unit_test(test_bind_by_verb),
		cmocka_unit_test(test_bind_to_nothing_by_verb),
		cmocka_unit_test(test_no_region_is_einval),
		cmocka_unit_test(test_more_than_a_segment_is_eopnotsupp),
		cmocka_unit_test(test_type_1_is_not_for_requests),
		cmocka_unit_test(test_verb_refuses_what_it_cannot),
		cmocka_unit_test(test_bind_needs_its_room),
		cmocka_unit_test(test_next_request_is_fenced),
		cmocka_unit_test(test_calls_are_fenced_within_a_batch),
		cmocka_unit_test(test_fence_survives_a_batch_taken_back),
		cmocka_unit_test(test_fence_survives_a_refused_request),
		cmocka_unit_test(test_fence_is_no_room),
		cmocka_unit_test(test_reset_drops_the_fence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
