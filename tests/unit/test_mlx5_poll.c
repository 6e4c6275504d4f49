/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* From completion queue entries of mlx5 to work completions. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mlx5_completions.h"

/* ---- Who owns an entry --------------------------------------------------------------------- */

static void new_ring_is_empty(struct fixture *f)
{
	struct ibv_wc wc;
	uint32_t i;

	for (i = 0; i < NUM_CQE; i++)
		assert_int_equal(slot(f, i)[63], 0xf0);
	assert_int_equal(poll_cq(f, 1, &wc), 0);
	assert_int_equal(f->dbrec[0], 0);
	f->cq.ci = NUM_CQE;
	assert_int_equal(poll_cq(f, 1, &wc), 0);
}

static void test_new_ring_is_empty(void **state)
{
	for_each_format(new_ring_is_empty);
}

static void wrong_owner_is_not_read(struct fixture *f)
{
	struct ibv_wc wc;
	uint8_t *cqe;

	post_send(&f->a, 1, IBV_WR_SEND);
	cqe = put_send(f, &f->a, 0);
	cqe[63] ^= 1;
	assert_int_equal(poll_cq(f, 1, &wc), 0);
	cqe[63] ^= 1;
	assert_int_equal(poll_cq(f, 1, &wc), 1);
	assert_int_equal(poll_cq(f, 1, &wc), 0);
}

static void test_wrong_owner_is_not_read(void **state)
{
	for_each_format(wrong_owner_is_not_read);
}

/* Five rounds of the ring, across the wrap of the 24-bit and 32-bit counts. */
static void rounds(struct fixture *f, uint32_t start)
{
	struct ibv_wc wc;
	uint32_t i;

	f->cq.ci = f->pi = start;
	for (i = 0; i < NUM_CQE; i++)
		slot(f, i)[63] = 0xf0;
	for (i = 0; i < 5 * NUM_CQE; i++) {
		post_send(&f->a, i, IBV_WR_SEND);
		assert_int_equal(poll_cq(f, 1, &wc), 0);
		put_send(f, &f->a, i);
		poll_one(f, &wc);
		assert_int_equal(wc.wr_id, i);
		check_ci(f, start + i + 1);
		assert_int_equal(poll_cq(f, 1, &wc), 0);
	}
	restart(&f->a);
}

static void many_rounds(struct fixture *f)
{
	rounds(f, 0);
	rounds(f, 0xffffff - NUM_CQE);
	rounds(f, 0xffffffff - NUM_CQE);
}

static void test_many_rounds(void **state)
{
	for_each_format(many_rounds);
}

static void poll_takes_no_more_than_asked(struct fixture *f)
{
	struct ibv_wc wc[NUM_CQE];
	int i;

	for (i = 0; i < NUM_CQE; i++) {
		post_send(&f->a, i, IBV_WR_SEND);
		put_send(f, &f->a, i);
	}
	assert_int_equal(poll_cq(f, 0, wc), 0);
	assert_int_equal(poll_cq(f, 3, wc), 3);
	assert_int_equal(wc[2].wr_id, 2);
	check_ci(f, 3);
	assert_int_equal(poll_cq(f, NUM_CQE, wc), 5);
	assert_int_equal(wc[0].wr_id, 3);
	assert_int_equal(wc[4].wr_id, 7);
	check_ci(f, 8);
}

static void test_poll_takes_no_more_than_asked(void **state)
{
	for_each_format(poll_takes_no_more_than_asked);
}

/* ---- Sends -------------------------------------------------------------------------------------- */

static void send_opcodes(struct fixture *f)
{
	static const struct {
		enum ibv_wr_opcode wr;
		enum ibv_wc_opcode wc;
		uint32_t len;
	} ops[] = {
		{ IBV_WR_SEND, IBV_WC_SEND, 0x01020304 },
		{ IBV_WR_SEND_WITH_IMM, IBV_WC_SEND, 0x01020304 },
		{ IBV_WR_RDMA_WRITE, IBV_WC_RDMA_WRITE, 0x01020304 },
		{ IBV_WR_RDMA_WRITE_WITH_IMM, IBV_WC_RDMA_WRITE, 0x01020304 },
		{ IBV_WR_RDMA_READ, IBV_WC_RDMA_READ, 0x01020304 },
		{ IBV_WR_ATOMIC_CMP_AND_SWP, IBV_WC_COMP_SWAP, 8 },
		{ IBV_WR_ATOMIC_FETCH_AND_ADD, IBV_WC_FETCH_ADD, 8 },
	};
	struct ibv_wc wc;
	size_t i;

	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		post_send(&f->b, 0xdead0000beef0000 + i, ops[i].wr);
		put_be(put_send(f, &f->b, i) + 44, 0x01020304, 4);
		poll_one(f, &wc);
		assert_int_equal(wc.status, IBV_WC_SUCCESS);
		assert_int_equal(wc.wr_id, 0xdead0000beef0000 + i);
		assert_int_equal(wc.opcode, ops[i].wc);
		assert_int_equal(wc.byte_len, ops[i].len);
		assert_int_equal(wc.qp_num, QPN_B);
		assert_int_equal(wc.vendor_err, 0);
		assert_int_equal(wc.wc_flags, 0);
	}
}

static void test_send_opcodes(void **state)
{
	for_each_format(send_opcodes);
}

/* One completion frees its own place and those of the unsignaled before it. */
static void completion_frees_unsignaled(struct fixture *f)
{
	struct ibv_send_wr wr = { .opcode = IBV_WR_SEND };
	struct ibv_send_wr *bad;
	struct ibv_wc wc;
	int i;

	for (i = 0; i < 8; i++)
		post_send(&f->a, i, IBV_WR_SEND);
	assert_int_equal(mlx5_post_send(&f->a.qp.qp, &wr, &bad), ENOMEM);
	put_send(f, &f->a, 2);
	poll_one(f, &wc);
	assert_int_equal(wc.wr_id, 2);
	assert_int_equal(f->a.qp.sq.tail, 3);
	for (i = 8; i < 11; i++)
		post_send(&f->a, i, IBV_WR_SEND);
	assert_int_equal(mlx5_post_send(&f->a.qp.qp, &wr, &bad), ENOMEM);
	put_send(f, &f->a, 10);
	poll_one(f, &wc);
	assert_int_equal(wc.wr_id, 10);
	assert_int_equal(f->a.qp.sq.tail, 11);
}

static void test_completion_frees_unsignaled(void **state)
{
	for_each_format(completion_frees_unsignaled);
}

/* ---- Receives ------------------------------------------------------------------------------------- */

static uint8_t *put_recv(struct fixture *f, struct side *s, uint8_t op)
{
	uint8_t *cqe = put_cqe(f, s, op);

	put_be(cqe + 24, 0x1a765432, 4); /* GRH, SL 10, source QP */
	put_be(cqe + 36, 0xcafe0123, 4);
	put_be(cqe + 44, 4711, 4);
	put_be(cqe + 22, 0x0815, 2);
	cqe[17] = 0x85;
	return cqe;
}

static void check_recv(struct fixture *f, uint64_t wr_id,
		       enum ibv_wc_opcode opcode, unsigned int flags)
{
	struct ibv_wc wc;

	poll_one(f, &wc);
	assert_int_equal(wc.status, IBV_WC_SUCCESS);
	assert_int_equal(wc.wr_id, wr_id);
	assert_int_equal(wc.opcode, opcode);
	assert_int_equal(wc.byte_len, 4711);
	assert_int_equal(wc.qp_num, QPN_A);
	assert_int_equal(wc.src_qp, 0x765432);
	assert_int_equal(wc.sl, 10);
	assert_int_equal(wc.slid, 0x0815);
	assert_int_equal(wc.dlid_path_bits, 5);
	assert_int_equal(wc.pkey_index, 0);
	assert_int_equal(wc.vendor_err, 0);
	assert_int_equal(wc.wc_flags, flags);
	if (flags & IBV_WC_WITH_IMM)
		assert_int_equal(be32toh(wc.imm_data), 0xcafe0123);
	if (flags & IBV_WC_WITH_INV)
		assert_int_equal(wc.invalidated_rkey, 0xcafe0123);
}

static void recv_opcodes(struct fixture *f)
{
	int i;

	for (i = 0; i < 5; i++)
		post_recv(&f->a, 100 + i);
	put_recv(f, &f->a, 0x2);
	put_recv(f, &f->a, 0x3);
	put_recv(f, &f->a, 0x1);
	put_recv(f, &f->a, 0x4);
	put_recv(f, &f->a, 0x2)[24] = 0x0a; /* no GRH */
	check_recv(f, 100, IBV_WC_RECV, IBV_WC_GRH);
	check_recv(f, 101, IBV_WC_RECV, IBV_WC_GRH | IBV_WC_WITH_IMM);
	check_recv(f, 102, IBV_WC_RECV_RDMA_WITH_IMM,
		   IBV_WC_GRH | IBV_WC_WITH_IMM);
	check_recv(f, 103, IBV_WC_RECV, IBV_WC_GRH | IBV_WC_WITH_INV);
	check_recv(f, 104, IBV_WC_RECV, 0);
	assert_int_equal(f->a.qp.rq.tail, 5);
}

static void test_recv_opcodes(void **state)
{
	for_each_format(recv_opcodes);
}

/* Sends and receives of two QPs in one queue, each with its own count. */
static void queues_are_told_apart(struct fixture *f)
{
	struct ibv_wc wc[4];

	post_recv(&f->a, 1);
	post_recv(&f->b, 2);
	post_send(&f->a, 3, IBV_WR_SEND);
	post_send(&f->b, 4, IBV_WR_SEND);
	put_cqe(f, &f->b, 0x2);
	put_send(f, &f->a, 0);
	put_cqe(f, &f->a, 0x2);
	put_send(f, &f->b, 0);
	assert_int_equal(poll_cq(f, 4, wc), 4);
	assert_int_equal(wc[0].wr_id, 2);
	assert_int_equal(wc[0].qp_num, QPN_B);
	assert_int_equal(wc[1].wr_id, 3);
	assert_int_equal(wc[1].qp_num, QPN_A);
	assert_int_equal(wc[2].wr_id, 1);
	assert_int_equal(wc[2].qp_num, QPN_A);
	assert_int_equal(wc[3].wr_id, 4);
	assert_int_equal(wc[3].qp_num, QPN_B);
}

static void test_queues_are_told_apart(void **state)
{
	for_each_format(queues_are_told_apart);
}

/* ---- Errors ------------------------------------------------------------------------------------------ */

static const struct {
	uint8_t syndrome;
	enum ibv_wc_status status;
} errors[] = {
	{ 0x01, IBV_WC_LOC_LEN_ERR },	 { 0x02, IBV_WC_LOC_QP_OP_ERR },
	{ 0x04, IBV_WC_LOC_PROT_ERR },	 { 0x05, IBV_WC_WR_FLUSH_ERR },
	{ 0x06, IBV_WC_MW_BIND_ERR },	 { 0x10, IBV_WC_BAD_RESP_ERR },
	{ 0x11, IBV_WC_LOC_ACCESS_ERR }, { 0x12, IBV_WC_REM_INV_REQ_ERR },
	{ 0x13, IBV_WC_REM_ACCESS_ERR }, { 0x14, IBV_WC_REM_OP_ERR },
	{ 0x15, IBV_WC_RETRY_EXC_ERR },	 { 0x16, IBV_WC_RNR_RETRY_EXC_ERR },
	{ 0x22, IBV_WC_REM_ABORT_ERR },	 { 0x7f, IBV_WC_GENERAL_ERR },
};

static void put_error(struct fixture *f, uint8_t op, size_t i)
{
	uint8_t *cqe = put_cqe(f, &f->a, op);

	cqe[54] = 0x93;
	cqe[55] = errors[i].syndrome;
	put_be(cqe + 60, i, 2);
}

static void check_error(struct fixture *f, size_t i)
{
	struct ibv_wc wc;

	poll_one(f, &wc);
	assert_int_equal(wc.wr_id, 1000 + i);
	assert_int_equal(wc.status, errors[i].status);
	assert_int_equal(wc.vendor_err, 0x93);
	assert_int_equal(wc.qp_num, QPN_A);
	assert_int_equal(wc.byte_len, 0);
	assert_int_equal(wc.wc_flags, 0);
}

static void send_errors(struct fixture *f)
{
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		post_send(&f->a, 1000 + i, IBV_WR_RDMA_WRITE);
		put_error(f, 0xd, i);
		check_error(f, i);
		assert_int_equal(f->a.qp.sq.tail, i + 1);
	}
}

static void test_send_errors(void **state)
{
	for_each_format(send_errors);
}

static void recv_errors(struct fixture *f)
{
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		post_recv(&f->a, 1000 + i);
		put_error(f, 0xe, i);
		check_error(f, i);
		assert_int_equal(f->a.qp.rq.tail, i + 1);
	}
}

static void test_recv_errors(void **state)
{
	for_each_format(recv_errors);
}

/* Completions before an entry that makes no sense are not lost with it. */
static void check_nonsense(struct fixture *f)
{
	struct ibv_wc wc[4];

	assert_int_equal(poll_cq(f, 4, wc), 1);
	assert_int_equal(wc[0].wr_id, 1);
	errno = 0;
	assert_int_equal(poll_cq(f, 4, wc), -EINVAL);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(poll_cq(f, 4, wc), 1);
	assert_int_equal(wc[0].wr_id, 2);
}

static void nonsense_is_reported_once(struct fixture *f)
{
	post_send(&f->a, 1, IBV_WR_SEND);
	post_send(&f->a, 2, IBV_WR_SEND);
	put_send(f, &f->a, 0);
	put_cqe(f, &f->a, 0x9); /* no such opcode */
	put_send(f, &f->a, 1);
	check_nonsense(f);
	restart(&f->a);
	post_send(&f->a, 1, IBV_WR_SEND);
	post_send(&f->a, 2, IBV_WR_SEND);
	put_send(f, &f->a, 0);
	put_send(f, &f->b, 0); /* of a QP that is gone */
	mlx5_table_del(&f->rscs, f->b.qp.rsc.key, &f->b.qp.rsc);
	put_send(f, &f->a, 1);
	check_nonsense(f);
}

static void test_nonsense_is_reported_once(void **state)
{
	for_each_format(nonsense_is_reported_once);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new_ring_is_empty),
		cmocka_unit_test(test_wrong_owner_is_not_read),
		cmocka_unit_test(test_many_rounds),
		cmocka_unit_test(test_poll_takes_no_more_than_asked),
		cmocka_unit_test(test_send_opcodes),
		cmocka_unit_test(test_completion_frees_unsignaled),
		cmocka_unit_test(test_recv_opcodes),
		cmocka_unit_test(test_queues_are_told_apart),
		cmocka_unit_test(test_send_errors),
		cmocka_unit_test(test_recv_errors),
		cmocka_unit_test(test_nonsense_is_reported_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
