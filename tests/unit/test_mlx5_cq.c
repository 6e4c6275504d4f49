/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Completion queue entries of the mlx5 provider. The test plays the device: it
 * writes entries byte for byte, in all formats (64 and 128 bytes, lookup by
 * user index and by QP number).
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mlx5.h"

#define NUM_CQE 8
#define CQE_LEN 64
#define FILL 0xee

/* Two QPs, so that every test can see them mixed up. */
#define QPN_A 0x00a1b2
#define QPN_B 0xffeedd
#define UIDX_A 5
#define UIDX_B 0x123456

struct format {
	uint32_t cqe_size;
	uint8_t version;
};

static const struct format formats[] = {
	{ 64, 0 }, { 64, 1 }, { 128, 0 }, { 128, 1 }
};

struct side { /* a QP and its doorbells */
	struct mlx5_qp qp;
	__be32 dbrec[2];
	uint64_t reg;
};

struct fixture {
	const struct format *format;
	struct mlx5_cq cq;
	__be32 dbrec[2];
	uint64_t arm_reg;
	struct mlx5_table qps;
	struct side a;
	struct side b;
	uint32_t pi; /* the device's: where the next entry goes */
	bool extended; /* how poll_one() does it */
};

static void init_side(struct fixture *f, struct side *s, uint32_t qpn,
		      uint32_t uidx)
{
	static const struct mlx5_limits limits = { 1008, 512, 32768, 32768 };
	static const struct ibv_qp_cap cap = { .max_send_wr = 8,
					       .max_recv_wr = 8,
					       .max_send_sge = 1,
					       .max_recv_sge = 1 };
	struct mlx5_qp_sizes sizes;
	struct mlx5_qp *qp = &s->qp;

	assert_int_equal(mlx5_size_qp(&limits, &cap, &sizes), 0);
	assert_int_equal(mlx5_alloc_buf(&qp->buf, mlx5_qp_buf_len(&sizes)), 0);
	qp->dbrec = s->dbrec;
	assert_int_equal(mlx5_init_rings(qp, &sizes, false), 0);
	qp->sq.reg = &s->reg;
	mlx5_rings_enter(qp, IBV_QPS_RTS);
	qp->qp.qp_num = qpn;
	qp->qp.send_cq = qp->qp.recv_cq = &f->cq.cq;
	qp->key = f->format->version ? uidx : qpn;
	assert_int_equal(mlx5_table_set(&f->qps, qp->key, qp), 0);
}

static struct fixture *new_fixture(const struct format *format)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->format = format;
	mlx5_table_init(&f->qps);
	assert_int_equal(mlx5_alloc_buf(&f->cq.buf, NUM_CQE * format->cqe_size),
			 0);
	memset(f->cq.buf.addr, FILL, f->cq.buf.len);
	f->cq.dbrec = f->dbrec;
	f->cq.arm_reg = &f->arm_reg;
	f->cq.cqn = 0x00abcd;
	f->cq.qps = &f->qps;
	mlx5_init_cq_ring(&f->cq, NUM_CQE, format->cqe_size, format->version);
	mlx5_set_poll_ops(&f->cq);
	init_side(f, &f->a, QPN_A, UIDX_A);
	init_side(f, &f->b, QPN_B, UIDX_B);
	return f;
}

static void restart(struct side *s)
{
	mlx5_rings_enter(&s->qp, IBV_QPS_RESET);
	mlx5_rings_enter(&s->qp, IBV_QPS_RTS);
}

static void fini_side(struct side *s)
{
	mlx5_fini_rings(&s->qp);
	mlx5_free_buf(&s->qp.buf);
}

static void free_fixture(struct fixture *f)
{
	fini_side(&f->a);
	fini_side(&f->b);
	mlx5_free_buf(&f->cq.buf);
	mlx5_table_fini(&f->qps);
	free(f);
}

static void for_each_format(void (*test)(struct fixture *f))
{
	size_t i;

	for (i = 0; i < 2 * sizeof(formats) / sizeof(formats[0]); i++) {
		struct fixture *f = new_fixture(&formats[i / 2]);

		f->extended = i & 1;
		test(f);
		free_fixture(f);
	}
}

/* ---- The device's side ------------------------------------------------------------- */

static uint8_t *slot(struct fixture *f, uint32_t i)
{
	return (uint8_t *)f->cq.buf.addr + i % NUM_CQE * f->format->cqe_size +
	       f->format->cqe_size - CQE_LEN;
}

static void put_be(uint8_t *dst, uint64_t value, int len)
{
	while (len--) {
		dst[len] = value;
		value >>= 8;
	}
}

/* op is the CQE's opcode; qpn and uidx say whose it is. */
static uint8_t *put_cqe(struct fixture *f, struct side *s, uint8_t op)
{
	uint8_t *cqe = slot(f, f->pi);
	uint32_t uidx = s == &f->a ? UIDX_A : UIDX_B;

	memset(cqe, 0, CQE_LEN);
	put_be(cqe + 33, f->format->version ? uidx : 0xffffff, 3);
	put_be(cqe + 57, s->qp.qp.qp_num, 3);
	cqe[63] = op << 4 | (f->pi / NUM_CQE & 1);
	f->pi++;
	return cqe;
}

static uint8_t *put_send(struct fixture *f, struct side *s, uint16_t block)
{
	uint8_t *cqe = put_cqe(f, s, 0x0);

	put_be(cqe + 60, block, 2);
	return cqe;
}

/* ---- The program's side -------------------------------------------------------------- */

static void post_send(struct side *s, uint64_t wr_id, enum ibv_wr_opcode op)
{
	struct ibv_send_wr wr = { .wr_id = wr_id, .opcode = op };
	struct ibv_send_wr *bad;

	assert_int_equal(mlx5_post_send(&s->qp.qp, &wr, &bad), 0);
}

static void post_recv(struct side *s, uint64_t wr_id)
{
	struct ibv_recv_wr wr = { .wr_id = wr_id };
	struct ibv_recv_wr *bad;

	assert_int_equal(mlx5_post_recv(&s->qp.qp, &wr, &bad), 0);
}

static int poll_cq(struct fixture *f, int n, struct ibv_wc *wc)
{
	memset(wc, FILL, n * sizeof(*wc));
	return mlx5_poll_cq(&f->cq.cq, n, wc);
}

/* The same completion by the extended calls, in the struct of the others. */
static void read_ex(struct ibv_cq_ex *ex, struct ibv_wc *wc)
{
	wc->wr_id = ex->wr_id;
	wc->status = ex->status;
	wc->opcode = ibv_wc_read_opcode(ex);
	wc->vendor_err = ibv_wc_read_vendor_err(ex);
	wc->byte_len = ibv_wc_read_byte_len(ex);
	wc->imm_data = ibv_wc_read_imm_data(ex);
	wc->qp_num = ibv_wc_read_qp_num(ex);
	wc->src_qp = ibv_wc_read_src_qp(ex);
	wc->wc_flags = ibv_wc_read_wc_flags(ex);
	wc->slid = ibv_wc_read_slid(ex);
	wc->sl = ibv_wc_read_sl(ex);
	wc->dlid_path_bits = ibv_wc_read_dlid_path_bits(ex);
	wc->pkey_index = 0;
}

static int start_poll(struct fixture *f)
{
	struct ibv_poll_cq_attr attr = { 0 };

	return ibv_start_poll(&f->cq.vcq.cq_ex, &attr);
}

static void poll_one_ex(struct fixture *f, struct ibv_wc *wc)
{
	memset(wc, FILL, sizeof(*wc));
	assert_int_equal(start_poll(f), 0);
	assert_true(f->cq.lock.held);
	read_ex(&f->cq.vcq.cq_ex, wc);
	ibv_end_poll(&f->cq.vcq.cq_ex);
	assert_false(f->cq.lock.held);
}

static void poll_one(struct fixture *f, struct ibv_wc *wc)
{
	if (f->extended)
		poll_one_ex(f, wc);
	else
		assert_int_equal(poll_cq(f, 1, wc), 1);
}

static void check_ci(struct fixture *f, uint32_t ci)
{
	uint8_t word[4];

	put_be(word, ci & 0xffffff, 4);
	assert_memory_equal(&f->dbrec[0], word, 4);
}

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
	mlx5_table_del(&f->qps, f->b.qp.key, &f->b.qp);
	put_send(f, &f->a, 1);
	check_nonsense(f);
}

static void test_nonsense_is_reported_once(void **state)
{
	for_each_format(nonsense_is_reported_once);
}

/* ---- Extended polling ------------------------------------------------------------------------------- */

static void walk_ends_with_enoent(struct fixture *f)
{
	struct ibv_cq_ex *ex = &f->cq.vcq.cq_ex;
	int i;

	for (i = 0; i < 3; i++) {
		post_send(&f->a, 10 + i, IBV_WR_SEND);
		put_send(f, &f->a, i);
	}
	assert_int_equal(start_poll(f), 0);
	assert_int_equal(ex->wr_id, 10);
	assert_int_equal(ibv_next_poll(ex), 0);
	assert_int_equal(ex->wr_id, 11);
	assert_int_equal(f->dbrec[0], 0); /* the device gets them at the end */
	assert_int_equal(ibv_next_poll(ex), 0);
	assert_int_equal(ex->wr_id, 12);
	assert_int_equal(ibv_next_poll(ex), ENOENT);
	assert_true(f->cq.lock.held);
	ibv_end_poll(ex);
	check_ci(f, 3);
	assert_false(f->cq.lock.held);
}

static void test_walk_ends_with_enoent(void **state)
{
	for_each_format(walk_ends_with_enoent);
}

static void start_on_empty_is_enoent(struct fixture *f)
{
	f->dbrec[0] = 0x5a5a5a5a;
	assert_int_equal(start_poll(f), ENOENT);
	assert_false(f->cq.lock.held);
	assert_int_equal(f->dbrec[0], 0x5a5a5a5a);
}

static void test_start_on_empty_is_enoent(void **state)
{
	for_each_format(start_on_empty_is_enoent);
}

static void unknown_start_attr_is_einval(struct fixture *f)
{
	struct ibv_poll_cq_attr attr = { .comp_mask = 1 };

	post_send(&f->a, 1, IBV_WR_SEND);
	put_send(f, &f->a, 0);
	assert_int_equal(ibv_start_poll(&f->cq.vcq.cq_ex, &attr), EINVAL);
	assert_false(f->cq.lock.held);
	assert_int_equal(start_poll(f), 0);
	ibv_end_poll(&f->cq.vcq.cq_ex);
}

static void test_unknown_start_attr_is_einval(void **state)
{
	for_each_format(unknown_start_attr_is_einval);
}

/* Skipped, by start_poll, which then needs no end, and by next_poll. */
static void nonsense_in_a_walk_is_einval(struct fixture *f)
{
	struct ibv_cq_ex *ex = &f->cq.vcq.cq_ex;

	post_send(&f->a, 1, IBV_WR_SEND);
	post_send(&f->a, 2, IBV_WR_SEND);
	put_cqe(f, &f->a, 0x9);
	put_send(f, &f->a, 0);
	put_cqe(f, &f->a, 0x9);
	put_send(f, &f->a, 1);
	errno = 0;
	assert_int_equal(start_poll(f), EINVAL);
	assert_int_equal(errno, EINVAL);
	assert_false(f->cq.lock.held);
	check_ci(f, 1);
	assert_int_equal(start_poll(f), 0);
	assert_int_equal(ex->wr_id, 1);
	assert_int_equal(ibv_next_poll(ex), EINVAL);
	assert_int_equal(ibv_next_poll(ex), 0);
	assert_int_equal(ex->wr_id, 2);
	ibv_end_poll(ex);
	check_ci(f, 4);
}

static void test_nonsense_in_a_walk_is_einval(void **state)
{
	for_each_format(nonsense_in_a_walk_is_einval);
}

/* The QP of the last walk may be freed before the next one. */
static void walk_forgets_the_last_qp(struct fixture *f)
{
	post_send(&f->a, 1, IBV_WR_SEND);
	put_send(f, &f->a, 0);
	assert_int_equal(start_poll(f), 0);
	ibv_end_poll(&f->cq.vcq.cq_ex);
	mlx5_table_del(&f->qps, f->a.qp.key, &f->a.qp);
	put_send(f, &f->a, 1);
	assert_int_equal(start_poll(f), EINVAL);
}

static void test_walk_forgets_the_last_qp(void **state)
{
	for_each_format(walk_forgets_the_last_qp);
}

static void single_threaded_takes_no_lock(struct fixture *f)
{
	struct ibv_wc wc;
	int i;

	f->cq.single_threaded = true;
	f->cq.lock.held = true; /* whoever wanted it would wait for ever */
	for (i = 0; i < 2; i++) {
		post_send(&f->a, i, IBV_WR_SEND);
		put_send(f, &f->a, i);
	}
	assert_int_equal(start_poll(f), 0);
	ibv_end_poll(&f->cq.vcq.cq_ex);
	assert_int_equal(poll_cq(f, 1, &wc), 1);
	assert_int_equal(start_poll(f), ENOENT);
	assert_int_equal(mlx5_req_notify_cq(&f->cq.cq, 0), 0);
	mlx5_lock_cqs(&f->a.qp);
	mlx5_unlock_cqs(&f->a.qp);
	assert_true(f->cq.lock.held);
}

static void test_single_threaded_takes_no_lock(void **state)
{
	for_each_format(single_threaded_takes_no_lock);
}

/* Refused before anything is asked of a kernel or allocated. */
static void check_not_supported(struct ibv_cq_init_attr_ex attr)
{
	attr.cqe = 1;
	errno = 0;
	assert_null(mlx5_create_cq_ex(NULL, &attr));
	assert_int_equal(errno, EOPNOTSUPP);
}

static void test_unsupported_attributes(void **state)
{
	uint64_t bit;

	for (bit = 1; bit; bit <<= 1)
		if (!(bit & IBV_WC_STANDARD_FLAGS))
			check_not_supported((struct ibv_cq_init_attr_ex){
				.wc_flags = bit });
	check_not_supported((struct ibv_cq_init_attr_ex){
		.comp_mask = IBV_CQ_INIT_ATTR_MASK_PD });
	check_not_supported((struct ibv_cq_init_attr_ex){ .comp_mask = 4 });
	check_not_supported((struct ibv_cq_init_attr_ex){
		.comp_mask = IBV_CQ_INIT_ATTR_MASK_FLAGS, .flags = 4 });
}

/* ---- Arming ------------------------------------------------------------------------------------------- */

static void check_arm(struct fixture *f, int solicited, uint32_t word)
{
	uint8_t reg[8] = { 0 };

	assert_int_equal(mlx5_req_notify_cq(&f->cq.cq, solicited), 0);
	put_be(reg, word, 4);
	reg[6] = 0xab;
	reg[7] = 0xcd;
	assert_memory_equal(&f->dbrec[1], reg, 4);
	assert_memory_equal(&f->arm_reg, reg, 8);
}

static void arm_tells_count_and_event_number(struct fixture *f)
{
	check_arm(f, 0, 0x00000000);
	check_arm(f, 1, 0x01000000);
	f->cq.ci = 0x12345678;
	check_arm(f, 0, 0x00345678);
	mlx5_cq_event(&f->cq.cq);
	check_arm(f, 0, 0x10345678);
	check_arm(f, 1, 0x11345678);
	mlx5_cq_event(&f->cq.cq);
	mlx5_cq_event(&f->cq.cq);
	check_arm(f, 0, 0x30345678);
	mlx5_cq_event(&f->cq.cq);
	check_arm(f, 0, 0x00345678);
}

static void test_arm_tells_count_and_event_number(void **state)
{
	for_each_format(arm_tells_count_and_event_number);
}

/* ---- Cleaning -------------------------------------------------------------------------------------------- */

static void clean(struct side *s)
{
	mlx5_lock_cqs(&s->qp);
	mlx5_clean_cqs_locked(&s->qp);
	mlx5_unlock_cqs(&s->qp);
}

/* bit i of pattern: entry i is of QP a, which goes; the others stay. */
static void clean_pattern(struct fixture *f, unsigned int pattern, int n)
{
	struct ibv_wc wc[NUM_CQE];
	int kept = 0;
	int i;

	restart(&f->a);
	restart(&f->b);
	for (i = 0; i < n; i++) {
		struct side *s = pattern & 1u << i ? &f->a : &f->b;
		uint8_t *cqe;

		post_send(s, i, IBV_WR_SEND);
		cqe = put_send(f, s, s->qp.sq.cur_block - 1);
		memset(cqe + CQE_LEN - f->format->cqe_size, i,
		       f->format->cqe_size - CQE_LEN);
	}
	clean(&f->a);
	check_ci(f, f->pi - (n - __builtin_popcount(pattern)));
	for (i = 0; i < n; i++) {
		if (pattern & 1u << i)
			continue;
		if (f->format->cqe_size > CQE_LEN)
			assert_int_equal(*(slot(f, f->cq.ci) - CQE_LEN), i);
		poll_one(f, wc);
		assert_int_equal(wc->wr_id, i);
		assert_int_equal(wc->qp_num, QPN_B);
		kept++;
	}
	assert_int_equal(kept, n - __builtin_popcount(pattern));
	assert_int_equal(poll_cq(f, NUM_CQE, wc), 0);
	assert_int_equal(f->cq.ci, f->pi);
}

/* Every mixture, at places that move on through the ring and its rounds. */
static void clean_all_patterns(struct fixture *f)
{
	unsigned int pattern;
	int n;

	for (n = 1; n <= NUM_CQE; n++) {
		for (pattern = 1; pattern < 1u << n; pattern++) {
			f->dbrec[0] = htobe32(f->cq.ci & 0xffffff);
			clean_pattern(f, pattern, n);
		}
	}
}

static void test_clean_all_patterns(void **state)
{
	for_each_format(clean_all_patterns);
}

static void clean_of_nothing_leaves_the_record(struct fixture *f)
{
	f->dbrec[0] = 0x5a5a5a5a;
	clean(&f->a);
	assert_int_equal(f->dbrec[0], 0x5a5a5a5a);
	post_send(&f->b, 1, IBV_WR_SEND);
	put_send(f, &f->b, 0);
	clean(&f->a);
	assert_int_equal(f->dbrec[0], 0x5a5a5a5a);
}

static void test_clean_of_nothing_leaves_the_record(void **state)
{
	for_each_format(clean_of_nothing_leaves_the_record);
}

/* Sends complete in one queue, receives in another, whichever is first. */
static void clean_two_queues(struct fixture *f)
{
	struct fixture *g = new_fixture(f->format);
	struct ibv_wc wc;
	int round;

	for (round = 0; round < 2; round++) {
		f->a.qp.qp.send_cq = round ? &f->cq.cq : &g->cq.cq;
		f->a.qp.qp.recv_cq = round ? &g->cq.cq : &f->cq.cq;
		post_send(&f->a, 1, IBV_WR_SEND);
		post_recv(&f->a, 2);
		put_send(round ? f : g, &f->a, 0);
		put_cqe(round ? g : f, &f->a, 0x2);
		slot(g, g->pi - 1)[35] = UIDX_A; /* f's, as the device says */
		slot(g, g->pi - 1)[33] = slot(g, g->pi - 1)[34] = 0;
		clean(&f->a);
		assert_int_equal(poll_cq(f, 1, &wc), 0);
		assert_int_equal(poll_cq(g, 1, &wc), 0);
		assert_int_equal(f->cq.ci, round + 1);
		assert_int_equal(g->cq.ci, round + 1);
		assert_false(f->cq.lock.held || g->cq.lock.held);
		restart(&f->a);
	}
	free_fixture(g);
}

static void test_clean_two_queues(void **state)
{
	for_each_format(clean_two_queues);
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
		cmocka_unit_test(test_walk_ends_with_enoent),
		cmocka_unit_test(test_start_on_empty_is_enoent),
		cmocka_unit_test(test_unknown_start_attr_is_einval),
		cmocka_unit_test(test_nonsense_in_a_walk_is_einval),
		cmocka_unit_test(test_walk_forgets_the_last_qp),
		cmocka_unit_test(test_single_threaded_takes_no_lock),
		cmocka_unit_test(test_unsupported_attributes),
		cmocka_unit_test(test_arm_tells_count_and_event_number),
		cmocka_unit_test(test_clean_all_patterns),
		cmocka_unit_test(test_clean_of_nothing_leaves_the_record),
		cmocka_unit_test(test_clean_two_queues),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
