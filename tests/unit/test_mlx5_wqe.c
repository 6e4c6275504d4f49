/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Work queue entries of the mlx5 provider, byte for byte, at every kind of
 * place in the ring. The expected bytes are written out from the format
 * description, not from what the code produces.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mlx5.h"

#define QPN 0x123456
#define FILL 0xee /* what nobody has written */
#define SEG 16
#define BLOCK 64

/* A WQE's block number, which the tests fill in for each place. */
#define IDX 0, 0

struct fixture {
	struct mlx5_qp qp;
	struct mlx5_qp_sizes sizes;
	__be32 dbrec[2];
	uint64_t reg;
};

static const struct mlx5_limits limits = {
	.max_sq_desc_sz = 1008,
	.max_rq_desc_sz = 512,
	.max_send_wqebb = 32768,
	.max_recv_wr = 32768,
};

static void init_fixture(struct fixture *f, const struct ibv_qp_cap *cap,
			 bool signal_all)
{
	memset(f, 0, sizeof(*f));
	assert_int_equal(mlx5_size_qp(&limits, cap, &f->sizes), 0);
	assert_int_equal(mlx5_alloc_buf(&f->qp.buf,
					mlx5_qp_buf_len(&f->sizes)),
			 0);
	f->qp.dbrec = f->dbrec;
	assert_int_equal(mlx5_init_rings(&f->qp, &f->sizes, signal_all), 0);
	f->qp.sq.qpn = htobe32(QPN << 8);
	f->qp.sq.reg = &f->reg;
	mlx5_rings_enter(&f->qp, IBV_QPS_RTS);
	assert_int_equal(mlx5_set_wr_ops(&f->qp, IBV_QP_EX_WITH_SEND), 0);
	memset(f->qp.buf.addr, FILL, f->qp.buf.len);
}

static void fini_fixture(struct fixture *f)
{
	mlx5_fini_rings(&f->qp);
	mlx5_free_buf(&f->qp.buf);
}

/* A send queue of 8 blocks for WQEs of at most 2; a receive queue before it. */
static const struct ibv_qp_cap usual_cap = {
	.max_send_wr = 4,
	.max_recv_wr = 4,
	.max_send_sge = 6,
	.max_recv_sge = 2,
	.max_inline_data = 92,
};

/* ---- The check: one request, all places -------------------------------------- */

static size_t ring_len(const struct fixture *f)
{
	return f->qp.sq.end - f->qp.sq.buf;
}

static void start_at(struct fixture *f, uint32_t block)
{
	memset(f->qp.buf.addr, FILL, f->qp.buf.len);
	f->dbrec[0] = f->dbrec[1] = 0;
	f->reg = 0;
	f->qp.sq.cur_block = block;
	f->qp.sq.head = f->qp.sq.tail = block;
}

/* The ring as it has to be when the WQE starts at block and nothing else is. */
static uint8_t *expected_ring(const struct fixture *f, uint32_t block,
			      const uint8_t *wqe, size_t len)
{
	uint8_t *ring = malloc(ring_len(f));
	size_t start = (size_t)block * BLOCK;
	size_t i;

	assert_non_null(ring);
	memset(ring, FILL, ring_len(f));
	for (i = 0; i < len; i++)
		ring[(start + i) % ring_len(f)] = wqe[i];
	ring[(start + 1) % ring_len(f)] = block >> 8;
	ring[(start + 2) % ring_len(f)] = block;
	return ring;
}

static void check_doorbell(const struct fixture *f, uint32_t block,
			   uint32_t next_block, const uint8_t *wqe)
{
	uint8_t db[4] = { 0, 0, next_block >> 8, next_block };
	uint8_t reg[8];

	assert_memory_equal(&f->dbrec[1], db, sizeof(db));
	assert_int_equal(f->dbrec[0], 0);
	memcpy(reg, wqe, sizeof(reg));
	reg[1] = block >> 8;
	reg[2] = block;
	assert_memory_equal(&f->reg, reg, sizeof(reg));
}

static int post_by_list(struct fixture *f, struct ibv_send_wr *wr)
{
	struct ibv_send_wr *bad = NULL;
	int ret = mlx5_post_send(&f->qp.qp, wr, &bad);

	assert_ptr_equal(bad, ret ? wr : NULL);
	return ret;
}

static void call_opcode(struct ibv_qp_ex *qp, const struct ibv_send_wr *wr)
{
	uint64_t addr = wr->wr.rdma.remote_addr;
	uint32_t rkey = wr->wr.rdma.rkey;

	switch (wr->opcode) {
	case IBV_WR_SEND:
		ibv_wr_send(qp);
		break;
	case IBV_WR_SEND_WITH_IMM:
		ibv_wr_send_imm(qp, wr->imm_data);
		break;
	case IBV_WR_RDMA_WRITE:
		ibv_wr_rdma_write(qp, rkey, addr);
		break;
	case IBV_WR_RDMA_WRITE_WITH_IMM:
		ibv_wr_rdma_write_imm(qp, rkey, addr, wr->imm_data);
		break;
	case IBV_WR_RDMA_READ:
		ibv_wr_rdma_read(qp, rkey, addr);
		break;
	case IBV_WR_ATOMIC_CMP_AND_SWP:
		ibv_wr_atomic_cmp_swp(qp, wr->wr.atomic.rkey,
				      wr->wr.atomic.remote_addr,
				      wr->wr.atomic.compare_add,
				      wr->wr.atomic.swap);
		break;
	case IBV_WR_ATOMIC_FETCH_AND_ADD:
		ibv_wr_atomic_fetch_add(qp, wr->wr.atomic.rkey,
					wr->wr.atomic.remote_addr,
					wr->wr.atomic.compare_add);
		break;
	default:
		fail_msg("no call for opcode %d", wr->opcode);
	}
}

static void call_inline(struct ibv_qp_ex *qp, const struct ibv_send_wr *wr)
{
	struct ibv_data_buf bufs[16];
	int i;

	assert_in_range(wr->num_sge, 0, 16);
	for (i = 0; i < wr->num_sge; i++) {
		bufs[i].addr = (void *)(uintptr_t)wr->sg_list[i].addr;
		bufs[i].length = wr->sg_list[i].length;
	}
	if (wr->num_sge == 1)
		ibv_wr_set_inline_data(qp, bufs[0].addr, bufs[0].length);
	else
		ibv_wr_set_inline_data_list(qp, wr->num_sge, bufs);
}

static void call_data(struct ibv_qp_ex *qp, const struct ibv_send_wr *wr)
{
	if (wr->send_flags & IBV_SEND_INLINE)
		call_inline(qp, wr);
	else if (wr->num_sge == 1)
		ibv_wr_set_sge(qp, wr->sg_list->lkey, wr->sg_list->addr,
			       wr->sg_list->length);
	else if (wr->num_sge) /* no data needs no call */
		ibv_wr_set_sge_list(qp, wr->num_sge, wr->sg_list);
}

static void call_request(struct ibv_qp_ex *qp, const struct ibv_send_wr *wr)
{
	qp->wr_id = wr->wr_id;
	qp->wr_flags = wr->send_flags;
	call_opcode(qp, wr);
	call_data(qp, wr);
}

/* The same request by the ibv_wr_* calls. */
static int post_by_calls(struct fixture *f, struct ibv_send_wr *wr)
{
	struct ibv_qp_ex *qp = &f->qp.vqp.qp_ex;

	ibv_wr_start(qp);
	call_request(qp, wr);
	return ibv_wr_complete(qp);
}

static void check_at(struct fixture *f, uint32_t block, struct ibv_send_wr *wr,
		     int (*post)(struct fixture *f, struct ibv_send_wr *wr),
		     const uint8_t *wqe, size_t len)
{
	uint32_t next_block = block + (len + BLOCK - 1) / BLOCK;
	const struct mlx5_sent *sent;
	uint8_t *ring;

	start_at(f, block);
	assert_int_equal(post(f, wr), 0);
	ring = expected_ring(f, block, wqe, len);
	assert_memory_equal(f->qp.sq.buf, ring, ring_len(f));
	free(ring);
	assert_int_equal(f->qp.sq.cur_block, next_block);
	check_doorbell(f, block, next_block, wqe);
	sent = &f->qp.sq.sent[block % 8];
	assert_int_equal(sent->wr_id, wr->wr_id);
	assert_int_equal(sent->head, block + 1);
}

static void check_everywhere(struct fixture *f, struct ibv_send_wr *wr,
			     const uint8_t *wqe, size_t len)
{
	static const uint32_t blocks[] = { 0,	   1,	    6,	    7,
					   8,	   0x1234,  0xffff, 0x10000,
					   0xfff7, 0xffffffff };
	size_t i;

	for (i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		check_at(f, blocks[i], wr, post_by_list, wqe, len);
		check_at(f, blocks[i], wr, post_by_calls, wqe, len);
	}
}

static void check_usual(struct ibv_send_wr *wr, const uint8_t *wqe, size_t len)
{
	struct fixture f;

	init_fixture(&f, &usual_cap, false);
	assert_int_equal(ring_len(&f), 8 * BLOCK);
	wr->wr_id = 0xa5a5000011112222;
	check_everywhere(&f, wr, wqe, len);
	fini_fixture(&f);
}

/* ---- Opcodes with segments in memory ----------------------------------------- */

static struct ibv_sge one_sge = {
	.addr = 0x1122334455667788,
	.length = 0x1000,
	.lkey = 0xaabbccdd,
};

#define ONE_SGE_BYTES                                                          \
	0x00, 0x00, 0x10, 0x00, 0xaa, 0xbb, 0xcc, 0xdd, 0x11, 0x22, 0x33,      \
		0x44, 0x55, 0x66, 0x77, 0x88

/* Of a longer SGE an atomic announces the eight bytes that it writes. */
#define ATOMIC_SGE_BYTES                                                       \
	0x00, 0x00, 0x00, 0x08, 0xaa, 0xbb, 0xcc, 0xdd, 0x11, 0x22, 0x33,      \
		0x44, 0x55, 0x66, 0x77, 0x88

#define REMOTE_ADDR 0x0102030405060708
#define REMOTE_RKEY 0x99887766
#define REMOTE_BYTES                                                           \
	0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x99, 0x88, 0x77,      \
		0x66, 0, 0, 0, 0

static void test_send(void **state)
{
	struct ibv_send_wr wr = {
		.sg_list = &one_sge,
		.num_sge = 1,
		.opcode = IBV_WR_SEND,
		.send_flags = IBV_SEND_SIGNALED,
		.imm_data = 0x5a5a5a5a, /* not for this opcode */
	};
	static const uint8_t wqe[] = {
		0x00, IDX, 0x0a, 0x12, 0x34, 0x56, 0x02,
		0, 0, 0, 0x08, 0, 0, 0, 0,
		ONE_SGE_BYTES,
	};

	check_usual(&wr, wqe, sizeof(wqe));
}

static void test_send_without_data_or_signal(void **state)
{
	struct ibv_send_wr wr = { .opcode = IBV_WR_SEND };
	static const uint8_t wqe[] = {
		0x00, IDX, 0x0a, 0x12, 0x34, 0x56, 0x01,
		0, 0, 0, 0x00, 0, 0, 0, 0,
	};

	check_usual(&wr, wqe, sizeof(wqe));
}

static void test_send_with_imm_solicited_two_sges(void **state)
{
	struct ibv_sge sges[2] = {
		one_sge,
		{ .addr = 0xfffffffffffffffe, .length = 1, .lkey = 1 },
	};
	struct ibv_send_wr wr = {
		.sg_list = sges,
		.num_sge = 2,
		.opcode = IBV_WR_SEND_WITH_IMM,
		.send_flags = IBV_SEND_SOLICITED | IBV_SEND_SIGNALED,
		.imm_data = htobe32(0xc0ffee11),
	};
	static const uint8_t wqe[] = {
		0x00, IDX, 0x0b, 0x12, 0x34, 0x56, 0x03,
		0, 0, 0, 0x0a, 0xc0, 0xff, 0xee, 0x11,
		ONE_SGE_BYTES,
		0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
	};

	check_usual(&wr, wqe, sizeof(wqe));
}

static struct ibv_send_wr rdma_wr(enum ibv_wr_opcode opcode,
				  unsigned int flags)
{
	struct ibv_send_wr wr = {
		.sg_list = &one_sge,
		.num_sge = 1,
		.opcode = opcode,
		.send_flags = flags,
		.imm_data = htobe32(0x01020304),
		.wr.rdma = { .remote_addr = REMOTE_ADDR, .rkey = REMOTE_RKEY },
	};

	return wr;
}

static void test_rdma_write_fenced(void **state)
{
	struct ibv_send_wr wr = rdma_wr(IBV_WR_RDMA_WRITE,
					IBV_SEND_SIGNALED | IBV_SEND_FENCE);
	static const uint8_t wqe[] = {
		0x00, IDX, 0x08, 0x12, 0x34, 0x56, 0x03,
		0, 0, 0, 0x88, 0, 0, 0, 0,
		REMOTE_BYTES, ONE_SGE_BYTES,
	};

	check_usual(&wr, wqe, sizeof(wqe));
}

static void test_rdma_write_with_imm(void **state)
{
	struct ibv_send_wr wr = rdma_wr(IBV_WR_RDMA_WRITE_WITH_IMM,
					IBV_SEND_SOLICITED);
	static const uint8_t wqe[] = {
		0x00, IDX, 0x09, 0x12, 0x34, 0x56, 0x03,
		0, 0, 0, 0x02, 1, 2, 3, 4,
		REMOTE_BYTES, ONE_SGE_BYTES,
	};

	check_usual(&wr, wqe, sizeof(wqe));
}

static void test_rdma_read(void **state)
{
	struct ibv_send_wr wr = rdma_wr(IBV_WR_RDMA_READ, IBV_SEND_SIGNALED);
	static const uint8_t wqe[] = {
		0x00, IDX, 0x10, 0x12, 0x34, 0x56, 0x03,
		0, 0, 0, 0x08, 0, 0, 0, 0,
		REMOTE_BYTES, ONE_SGE_BYTES,
	};

	check_usual(&wr, wqe, sizeof(wqe));
}

static struct ibv_send_wr atomic_wr(enum ibv_wr_opcode opcode)
{
	struct ibv_send_wr wr = {
		.sg_list = &one_sge,
		.num_sge = 1,
		.opcode = opcode,
		.send_flags = IBV_SEND_SIGNALED,
		.wr.atomic = {
			.remote_addr = REMOTE_ADDR,
			.compare_add = 0x1111111122222222,
			.swap = 0x3333333344444444,
			.rkey = REMOTE_RKEY,
		},
	};

	return wr;
}

static void test_compare_and_swap(void **state)
{
	struct ibv_send_wr wr = atomic_wr(IBV_WR_ATOMIC_CMP_AND_SWP);
	static const uint8_t wqe[] = {
		0x00, IDX, 0x11, 0x12, 0x34, 0x56, 0x04,
		0, 0, 0, 0x08, 0, 0, 0, 0,
		REMOTE_BYTES,
		0x33, 0x33, 0x33, 0x33, 0x44, 0x44, 0x44, 0x44,
		0x11, 0x11, 0x11, 0x11, 0x22, 0x22, 0x22, 0x22,
		ATOMIC_SGE_BYTES,
	};

	check_usual(&wr, wqe, sizeof(wqe));
}

static void test_fetch_and_add(void **state)
{
	struct ibv_send_wr wr = atomic_wr(IBV_WR_ATOMIC_FETCH_AND_ADD);
	static const uint8_t wqe[] = {
		0x00, IDX, 0x12, 0x12, 0x34, 0x56, 0x04,
		0, 0, 0, 0x08, 0, 0, 0, 0,
		REMOTE_BYTES,
		0x11, 0x11, 0x11, 0x11, 0x22, 0x22, 0x22, 0x22,
		0, 0, 0, 0, 0, 0, 0, 0,
		ATOMIC_SGE_BYTES,
	};

	check_usual(&wr, wqe, sizeof(wqe));
}

/* Two blocks: from the last place of the ring the second is the ring's first. */
static void test_six_sges_fill_two_blocks(void **state)
{
	struct ibv_sge sges[6] = { one_sge, one_sge, one_sge,
				   one_sge, one_sge, one_sge };
	struct ibv_send_wr wr = rdma_wr(IBV_WR_RDMA_WRITE, IBV_SEND_SIGNALED);
	static const uint8_t wqe[] = {
		0x00, IDX, 0x08, 0x12, 0x34, 0x56, 0x08,
		0, 0, 0, 0x08, 0, 0, 0, 0,
		REMOTE_BYTES, ONE_SGE_BYTES, ONE_SGE_BYTES,
		ONE_SGE_BYTES, ONE_SGE_BYTES, ONE_SGE_BYTES, ONE_SGE_BYTES,
	};

	wr.sg_list = sges;
	wr.num_sge = 6;
	check_usual(&wr, wqe, sizeof(wqe));
}

/* On the wire a byte count of 0 means 2^31. */
static void test_empty_sges_are_left_out(void **state)
{
	struct ibv_sge sges[4] = { { .addr = 1 }, one_sge, { .lkey = 2 },
				   { .addr = 3, .lkey = 4 } };
	struct ibv_send_wr wr = rdma_wr(IBV_WR_RDMA_WRITE, IBV_SEND_SIGNALED);
	static const uint8_t wqe[] = {
		0x00, IDX, 0x08, 0x12, 0x34, 0x56, 0x03,
		0, 0, 0, 0x08, 0, 0, 0, 0,
		REMOTE_BYTES, ONE_SGE_BYTES,
	};

	wr.sg_list = sges;
	wr.num_sge = 4;
	check_usual(&wr, wqe, sizeof(wqe));
}

static void test_largest_sge_has_byte_count_zero(void **state)
{
	struct ibv_sge sge = { .addr = 0, .length = 1u << 31, .lkey = 7 };
	struct ibv_send_wr wr = rdma_wr(IBV_WR_RDMA_READ, 0);
	static const uint8_t wqe[] = {
		0x00, IDX, 0x10, 0x12, 0x34, 0x56, 0x03,
		0, 0, 0, 0x00, 0, 0, 0, 0,
		REMOTE_BYTES,
		0, 0, 0, 0, 0, 0, 0, 7,
		0, 0, 0, 0, 0, 0, 0, 0,
	};

	wr.sg_list = &sge;
	check_usual(&wr, wqe, sizeof(wqe));
}

static void test_signal_all_marks_every_wqe(void **state)
{
	struct ibv_send_wr wr = { .opcode = IBV_WR_SEND,
				  .send_flags = IBV_SEND_FENCE };
	static const uint8_t wqe[] = {
		0x00, IDX, 0x0a, 0x12, 0x34, 0x56, 0x01,
		0, 0, 0, 0x88, 0, 0, 0, 0,
	};
	struct fixture f;

	init_fixture(&f, &usual_cap, true);
	check_everywhere(&f, &wr, wqe, sizeof(wqe));
	fini_fixture(&f);
}

/* ---- Inline data ---------------------------------------------------------------- */

static const char text[] = "abcdefghijklmnopqrstuvwxyz"
			   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			   "0123456789.,:;-_+*/=!?()[]{}<>#$%&@~|^'`";

static struct ibv_sge text_sge(size_t offset, uint32_t len)
{
	return (struct ibv_sge){ .addr = (uintptr_t)text + offset,
				 .length = len,
				 .lkey = 0xdeadbeef /* not looked at */ };
}

static void test_send_inline_joins_sges(void **state)
{
	struct ibv_sge sges[3] = { text_sge(0, 2), text_sge(5, 0),
				   text_sge(2, 3) };
	struct ibv_send_wr wr = {
		.sg_list = sges,
		.num_sge = 3,
		.opcode = IBV_WR_SEND,
		.send_flags = IBV_SEND_SIGNALED | IBV_SEND_INLINE,
	};
	static const uint8_t wqe[] = {
		0x00, IDX, 0x0a, 0x12, 0x34, 0x56, 0x02,
		0, 0, 0, 0x08, 0, 0, 0, 0,
		0x80, 0, 0, 5, 'a', 'b', 'c', 'd', 'e',
		FILL, FILL, FILL, FILL, FILL, FILL, FILL,
	};

	check_usual(&wr, wqe, sizeof(wqe));
}

static void test_send_with_imm_inline(void **state)
{
	struct ibv_sge sge = text_sge(0, 1);
	struct ibv_send_wr wr = {
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = IBV_WR_SEND_WITH_IMM,
		.send_flags = IBV_SEND_INLINE,
		.imm_data = htobe32(0xa1b2c3d4),
	};
	static const uint8_t wqe[] = {
		0x00, IDX, 0x0b, 0x12, 0x34, 0x56, 0x02,
		0, 0, 0, 0x00, 0xa1, 0xb2, 0xc3, 0xd4,
		0x80, 0, 0, 1, 'a', FILL, FILL, FILL,
		FILL, FILL, FILL, FILL, FILL, FILL, FILL, FILL,
	};

	check_usual(&wr, wqe, sizeof(wqe));
}

static void test_write_inline_fills_a_segment(void **state)
{
	struct ibv_sge sge = text_sge(0, 12);
	struct ibv_send_wr wr = rdma_wr(IBV_WR_RDMA_WRITE, IBV_SEND_INLINE);
	static const uint8_t wqe[] = {
		0x00, IDX, 0x08, 0x12, 0x34, 0x56, 0x03,
		0, 0, 0, 0x00, 0, 0, 0, 0,
		REMOTE_BYTES,
		0x80, 0, 0, 12, 'a', 'b', 'c', 'd',
		'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l',
	};

	wr.sg_list = &sge;
	check_usual(&wr, wqe, sizeof(wqe));
}

static void test_write_with_imm_inline_starts_next_segment(void **state)
{
	struct ibv_sge sge = text_sge(0, 13);
	struct ibv_send_wr wr = rdma_wr(IBV_WR_RDMA_WRITE_WITH_IMM,
					IBV_SEND_INLINE);
	static const uint8_t wqe[] = {
		0x00, IDX, 0x09, 0x12, 0x34, 0x56, 0x04,
		0, 0, 0, 0x00, 1, 2, 3, 4,
		REMOTE_BYTES,
		0x80, 0, 0, 13, 'a', 'b', 'c', 'd',
		'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l',
		'm', FILL, FILL, FILL, FILL, FILL, FILL, FILL,
		FILL, FILL, FILL, FILL, FILL, FILL, FILL, FILL,
	};

	wr.sg_list = &sge;
	check_usual(&wr, wqe, sizeof(wqe));
}

#define WRITE_CTRL(ds)                                                         \
	0x00, IDX, 0x08, 0x12, 0x34, 0x56, ds, 0, 0, 0, 0x00, 0, 0, 0, 0

/* 28 bytes end exactly where the first block does, one more does not. */
static void test_write_inline_at_a_block_boundary(void **state)
{
	struct ibv_send_wr wr = rdma_wr(IBV_WR_RDMA_WRITE, IBV_SEND_INLINE);
	struct ibv_sge sge = text_sge(0, 28);
	uint8_t wqe[5 * SEG] = { WRITE_CTRL(4), REMOTE_BYTES, 0x80, 0, 0, 28 };

	wr.sg_list = &sge;
	memset(wqe + 36, FILL, sizeof(wqe) - 36);
	memcpy(wqe + 36, text, 28);
	check_usual(&wr, wqe, 4 * SEG);
	sge.length = 29;
	wqe[7] = 5;
	wqe[35] = 29;
	wqe[64] = text[28];
	check_usual(&wr, wqe, 5 * SEG);
}

/* The most that fits, in pieces so that copies end everywhere. */
static void test_longest_inline(void **state)
{
	struct ibv_send_wr wr = rdma_wr(IBV_WR_RDMA_WRITE, IBV_SEND_INLINE);
	uint8_t wqe[8 * SEG] = { WRITE_CTRL(8), REMOTE_BYTES, 0x80, 0, 0, 92 };
	struct ibv_sge sges[2];
	uint32_t cut;

	assert_true(sizeof(text) > 92);
	memset(wqe + 36, FILL, sizeof(wqe) - 36);
	memcpy(wqe + 36, text, 92);
	wr.sg_list = sges;
	wr.num_sge = 2;
	for (cut = 0; cut <= 92; cut++) {
		sges[0] = text_sge(0, cut);
		sges[1] = text_sge(cut, 92 - cut);
		check_usual(&wr, wqe, sizeof(wqe));
	}
}

static void test_inline_without_data_has_no_segment(void **state)
{
	struct ibv_sge sge = text_sge(0, 0);
	struct ibv_send_wr wr = rdma_wr(IBV_WR_RDMA_WRITE, IBV_SEND_INLINE);
	static const uint8_t wqe[] = { WRITE_CTRL(2), REMOTE_BYTES };

	wr.sg_list = &sge;
	check_usual(&wr, wqe, sizeof(wqe));
}

/* ---- Chains and refusals ---------------------------------------------------------- */

static void link_wrs(struct ibv_send_wr *wr, int n)
{
	int i;

	for (i = 0; i < n; i++)
		wr[i].next = i + 1 < n ? &wr[i + 1] : NULL;
}

/* One doorbell for all, with the control segment of the last. */
static void test_chain_rings_once(void **state)
{
	struct ibv_send_wr wr[3] = {
		rdma_wr(IBV_WR_RDMA_WRITE, 0),
		rdma_wr(IBV_WR_RDMA_READ, 0),
		rdma_wr(IBV_WR_SEND, IBV_SEND_SIGNALED),
	};
	static const uint8_t db[] = { 0, 0, 0, 3 };
	static const uint8_t reg[] = { 0, 0, 2, 0x0a, 0x12, 0x34, 0x56, 2 };
	struct ibv_send_wr *bad = NULL;
	struct fixture f;

	init_fixture(&f, &usual_cap, false);
	link_wrs(wr, 3);
	assert_int_equal(mlx5_post_send(&f.qp.qp, wr, &bad), 0);
	assert_memory_equal(&f.dbrec[1], db, sizeof(db));
	assert_memory_equal(&f.reg, reg, sizeof(reg));
	fini_fixture(&f);
}

/* A chain of three with something wrong in the second. */
static void check_refused(struct ibv_send_wr *second, int err)
{
	struct ibv_send_wr wr[3] = {
		rdma_wr(IBV_WR_RDMA_WRITE, 0),
		*second,
		rdma_wr(IBV_WR_RDMA_WRITE, 0),
	};
	static const uint8_t db[] = { 0, 0, 0, 1 };
	static const uint8_t reg[] = { 0, 0, 0, 8, 0x12, 0x34, 0x56, 3 };
	struct ibv_send_wr *bad = NULL;
	struct fixture f;

	init_fixture(&f, &usual_cap, false);
	link_wrs(wr, 3);
	errno = 0;
	assert_int_equal(mlx5_post_send(&f.qp.qp, wr, &bad), err);
	assert_int_equal(errno, err);
	assert_ptr_equal(bad, &wr[1]);
	assert_int_equal(f.qp.sq.head, 1);
	assert_memory_equal(&f.dbrec[1], db, sizeof(db));
	assert_memory_equal(&f.reg, reg, sizeof(reg));
	fini_fixture(&f);
}

static void test_unknown_opcodes_are_einval(void **state)
{
	static const int opcodes[] = { IBV_WR_LOCAL_INV, IBV_WR_BIND_MW,
				       IBV_WR_TSO, IBV_WR_FLUSH, 99, -1 };
	struct ibv_send_wr wr = rdma_wr(IBV_WR_SEND, 0);
	size_t i;

	for (i = 0; i < sizeof(opcodes) / sizeof(opcodes[0]); i++) {
		wr.opcode = opcodes[i];
		check_refused(&wr, EINVAL);
	}
}

static void test_too_many_sges_are_einval(void **state)
{
	struct ibv_sge sges[7] = { one_sge, one_sge, one_sge, one_sge,
				   one_sge, one_sge, one_sge };
	struct ibv_send_wr wr = rdma_wr(IBV_WR_RDMA_WRITE, 0);

	wr.sg_list = sges;
	wr.num_sge = 7;
	check_refused(&wr, EINVAL);
	wr.num_sge = -1;
	check_refused(&wr, EINVAL);
	wr = atomic_wr(IBV_WR_ATOMIC_FETCH_AND_ADD);
	wr.sg_list = sges;
	wr.num_sge = 6;
	check_refused(&wr, EINVAL);
}

static void test_too_long_sge_is_einval(void **state)
{
	struct ibv_sge sge = { .length = (1u << 31) + 1 };
	struct ibv_send_wr wr = rdma_wr(IBV_WR_RDMA_WRITE, 0);

	wr.sg_list = &sge;
	check_refused(&wr, EINVAL);
	sge.length = UINT32_MAX;
	check_refused(&wr, EINVAL);
}

static void test_too_much_inline_is_einval(void **state)
{
	struct ibv_sge sges[2] = { text_sge(0, 80), text_sge(0, 13) };
	struct ibv_send_wr wr = rdma_wr(IBV_WR_RDMA_WRITE, IBV_SEND_INLINE);

	wr.sg_list = sges;
	wr.num_sge = 2;
	check_refused(&wr, EINVAL);
	sges[1].length = UINT32_MAX; /* must not be read, nor overflow a sum */
	check_refused(&wr, EINVAL);
}

static void test_inline_read_and_atomic_are_einval(void **state)
{
	struct ibv_send_wr wr = rdma_wr(IBV_WR_RDMA_READ, IBV_SEND_INLINE);

	check_refused(&wr, EINVAL);
	wr = atomic_wr(IBV_WR_ATOMIC_CMP_AND_SWP);
	wr.send_flags |= IBV_SEND_INLINE;
	check_refused(&wr, EINVAL);
}

/* First in the chain refused: nothing may ring. */
static void test_refused_first_rings_nothing(void **state)
{
	struct ibv_send_wr wr = rdma_wr(IBV_WR_TSO, 0);
	struct ibv_send_wr *bad = NULL;
	struct fixture f;

	init_fixture(&f, &usual_cap, false);
	f.dbrec[1] = 0x11111111;
	f.reg = 0x22222222;
	assert_int_equal(mlx5_post_send(&f.qp.qp, &wr, &bad), EINVAL);
	assert_ptr_equal(bad, &wr);
	assert_int_equal(f.dbrec[1], 0x11111111);
	assert_int_equal(f.reg, 0x22222222);
	fini_fixture(&f);
}

/* Full at max_send_wr however small the WQEs; a completion makes room. */
/* ---- Batches of calls -------------------------------------------------------- */

/* Nothing of the batch is left, and the next one can be posted. */
static void check_taken_back(struct fixture *f)
{
	struct ibv_send_wr wr = { .opcode = IBV_WR_SEND };

	assert_int_equal(f->reg, 0);
	assert_int_equal(f->dbrec[1], 0);
	assert_int_equal(f->qp.sq.head, 0);
	assert_int_equal(f->qp.sq.cur_block, 0);
	assert_int_equal(post_by_calls(f, &wr), 0);
	assert_int_equal(f->qp.sq.head, 1);
}

static void check_call_refused(struct ibv_send_wr *wr, int err)
{
	struct ibv_send_wr good = { .opcode = IBV_WR_SEND };
	struct ibv_qp_ex *qp;
	struct fixture f;

	init_fixture(&f, &usual_cap, false);
	qp = &f.qp.vqp.qp_ex;
	ibv_wr_start(qp);
	call_request(qp, &good);
	call_request(qp, wr);
	call_request(qp, &good);
	errno = 0;
	assert_int_equal(ibv_wr_complete(qp), err);
	assert_int_equal(errno, err);
	check_taken_back(&f);
	fini_fixture(&f);
}

static void test_refused_call_takes_the_batch_back(void **state)
{
	struct ibv_sge many[7] = { one_sge };
	static char data[200];
	struct ibv_sge long_sge = { .addr = (uintptr_t)data, .length = 200 };
	struct ibv_send_wr too_many = {
		.opcode = IBV_WR_SEND, .sg_list = many, .num_sge = 7,
	};
	struct ibv_send_wr too_long = {
		.opcode = IBV_WR_SEND, .sg_list = &long_sge, .num_sge = 1,
		.send_flags = IBV_SEND_INLINE,
	};
	struct ibv_send_wr inline_read = {
		.opcode = IBV_WR_RDMA_READ, .sg_list = &long_sge, .num_sge = 1,
		.send_flags = IBV_SEND_INLINE,
	};

	check_call_refused(&too_many, EINVAL);
	check_call_refused(&too_long, EINVAL);
	check_call_refused(&inline_read, EINVAL);
}

static void test_batch_too_large_is_enomem(void **state)
{
	struct ibv_send_wr wr = { .opcode = IBV_WR_SEND };
	struct ibv_qp_ex *qp;
	struct fixture f;
	int i;

	init_fixture(&f, &usual_cap, false);
	qp = &f.qp.vqp.qp_ex;
	ibv_wr_start(qp);
	for (i = 0; i < 5; i++)
		call_request(qp, &wr);
	assert_int_equal(ibv_wr_complete(qp), ENOMEM);
	check_taken_back(&f);
	fini_fixture(&f);
}

static void test_abort_takes_the_batch_back(void **state)
{
	struct ibv_send_wr wr = {
		.opcode = IBV_WR_SEND, .sg_list = &one_sge, .num_sge = 1,
	};
	struct ibv_qp_ex *qp;
	struct fixture f;

	init_fixture(&f, &usual_cap, false);
	qp = &f.qp.vqp.qp_ex;
	ibv_wr_start(qp);
	call_request(qp, &wr);
	ibv_wr_abort(qp);
	check_taken_back(&f);
	fini_fixture(&f);
}

static void test_data_without_a_request_is_einval(void **state)
{
	struct ibv_qp_ex *qp;
	struct fixture f;

	init_fixture(&f, &usual_cap, false);
	qp = &f.qp.vqp.qp_ex;
	ibv_wr_start(qp);
	ibv_wr_set_sge(qp, 1, 2, 3);
	assert_int_equal(ibv_wr_complete(qp), EINVAL);
	check_taken_back(&f);
	fini_fixture(&f);
}

static void test_empty_batch_rings_nothing(void **state)
{
	struct fixture f;

	init_fixture(&f, &usual_cap, false);
	ibv_wr_start(&f.qp.vqp.qp_ex);
	assert_int_equal(ibv_wr_complete(&f.qp.vqp.qp_ex), 0);
	check_taken_back(&f);
	fini_fixture(&f);
}

static void test_batch_rings_once_for_all(void **state)
{
	struct ibv_send_wr wr = {
		.opcode = IBV_WR_RDMA_WRITE, .sg_list = &one_sge, .num_sge = 1,
	};
	struct ibv_qp_ex *qp;
	struct fixture f;

	init_fixture(&f, &usual_cap, false);
	qp = &f.qp.vqp.qp_ex;
	ibv_wr_start(qp);
	call_request(qp, &wr);
	assert_int_equal(f.reg, 0);
	call_request(qp, &wr);
	assert_int_equal(ibv_wr_complete(qp), 0);
	assert_int_equal(be32toh(f.dbrec[1]), 2);
	assert_int_equal(f.qp.sq.head, 2);
	fini_fixture(&f);
}

static void test_calls_that_rc_lacks_are_refused(void **state)
{
	static const uint64_t flags[] = {
		IBV_QP_EX_WITH_LOCAL_INV, IBV_QP_EX_WITH_BIND_MW,
		IBV_QP_EX_WITH_SEND_WITH_INV, IBV_QP_EX_WITH_TSO, 1ull << 40,
	};
	struct mlx5_qp qp = { 0 };
	size_t i;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		assert_int_equal(mlx5_set_wr_ops(&qp, IBV_QP_EX_WITH_SEND |
							      flags[i]),
				 EOPNOTSUPP);
	assert_int_equal(qp.vqp.has_wr_ops, 0);
	assert_null(ibv_qp_to_qp_ex(&qp.qp));
}

static void test_full_queue_is_enomem(void **state)
{
	struct ibv_send_wr wr[5];
	struct ibv_send_wr *bad = NULL;
	struct fixture f;
	int i;

	init_fixture(&f, &usual_cap, false);
	assert_int_equal(f.qp.sq.max_post, 4);
	for (i = 0; i < 5; i++)
		wr[i] = rdma_wr(IBV_WR_SEND, 0);
	link_wrs(wr, 5);
	f.qp.sq.head = f.qp.sq.tail = f.qp.sq.cur_block = 0xfffffffe;
	assert_int_equal(mlx5_post_send(&f.qp.qp, wr, &bad), ENOMEM);
	assert_ptr_equal(bad, &wr[4]);
	f.qp.sq.tail += 1;
	assert_int_equal(mlx5_post_send(&f.qp.qp, &wr[4], &bad), 0);
	assert_int_equal(mlx5_post_send(&f.qp.qp, &wr[4], &bad), ENOMEM);
	fini_fixture(&f);
}

static void test_send_needs_a_connected_state(void **state)
{
	static const enum ibv_qp_state states[] = {
		IBV_QPS_RESET, IBV_QPS_INIT, IBV_QPS_RTR, IBV_QPS_RTS,
		IBV_QPS_SQD,   IBV_QPS_SQE,  IBV_QPS_ERR,
	};
	struct ibv_send_wr wr = { .opcode = IBV_WR_SEND };
	struct ibv_send_wr *bad = NULL;
	struct fixture f;
	size_t i;

	init_fixture(&f, &usual_cap, false);
	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		mlx5_rings_enter(&f.qp, IBV_QPS_RESET);
		mlx5_rings_enter(&f.qp, states[i]);
		assert_int_equal(mlx5_post_send(&f.qp.qp, &wr, &bad),
				 i < 2 ? ENOMEM : 0);
	}
	fini_fixture(&f);
}

/* The device starts anew at block 0, and so must the record. */
static void test_reset_empties_the_rings(void **state)
{
	struct ibv_send_wr wr = { .opcode = IBV_WR_SEND };
	struct ibv_recv_wr recv_wr = { 0 };
	struct ibv_send_wr *bad = NULL;
	struct ibv_recv_wr *bad_recv = NULL;
	struct fixture f;

	init_fixture(&f, &usual_cap, false);
	assert_int_equal(mlx5_post_send(&f.qp.qp, &wr, &bad), 0);
	assert_int_equal(mlx5_post_recv(&f.qp.qp, &recv_wr, &bad_recv), 0);
	f.qp.rq.tail = 1;
	mlx5_rings_enter(&f.qp, IBV_QPS_RESET);
	assert_int_equal(f.dbrec[0] | f.dbrec[1], 0);
	assert_int_equal(f.qp.sq.cur_block | f.qp.sq.head | f.qp.sq.tail, 0);
	assert_int_equal(f.qp.rq.head | f.qp.rq.tail, 0);
	fini_fixture(&f);
}

/* ---- Receives ------------------------------------------------------------------------ */

static void check_recv(struct ibv_sge *sges, int num_sge, const uint8_t *wqe)
{
	static const uint32_t heads[] = { 0, 1, 3, 4, 0xffff, 0xffffffff };
	struct ibv_recv_wr wr = { .wr_id = 0x77,
				  .sg_list = sges,
				  .num_sge = num_sge };
	struct ibv_recv_wr *bad = NULL;
	struct fixture f;
	uint8_t ring[4 * 2 * SEG];
	size_t i;

	init_fixture(&f, &usual_cap, false);
	for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		uint32_t next = heads[i] + 1;
		uint8_t db[4] = { 0, 0, next >> 8, next };

		memset(f.qp.buf.addr, FILL, f.qp.buf.len);
		f.qp.rq.head = f.qp.rq.tail = heads[i];
		assert_int_equal(mlx5_post_recv(&f.qp.qp, &wr, &bad), 0);
		memset(ring, FILL, sizeof(ring));
		memcpy(ring + heads[i] % 4 * 2 * SEG, wqe, 2 * SEG);
		assert_memory_equal(f.qp.buf.addr, ring, sizeof(ring));
		assert_int_equal(f.qp.sq.buf[0], FILL);
		assert_memory_equal(&f.dbrec[0], db, sizeof(db));
		assert_int_equal(f.qp.rq.wr_id[heads[i] % 4], 0x77);
	}
	assert_int_equal(f.dbrec[1], 0);
	assert_int_equal(f.reg, 0);
	fini_fixture(&f);
}

#define RECV_END 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0
#define UNTOUCHED                                                              \
	FILL, FILL, FILL, FILL, FILL, FILL, FILL, FILL, FILL, FILL, FILL,      \
		FILL, FILL, FILL, FILL, FILL

static void test_recv_one_sge_ends_the_list(void **state)
{
	static const uint8_t wqe[] = { ONE_SGE_BYTES, RECV_END };

	check_recv(&one_sge, 1, wqe);
}

static void test_recv_full_stride_has_no_end(void **state)
{
	struct ibv_sge sges[2] = { one_sge, one_sge };
	static const uint8_t wqe[] = { ONE_SGE_BYTES, ONE_SGE_BYTES };

	check_recv(sges, 2, wqe);
}

static void test_recv_without_data(void **state)
{
	static const uint8_t wqe[] = { RECV_END, UNTOUCHED };

	check_recv(NULL, 0, wqe);
}

static void test_recv_empty_sges_are_left_out(void **state)
{
	struct ibv_sge sges[2] = { { .addr = 1, .lkey = 2 }, one_sge };
	static const uint8_t wqe[] = { ONE_SGE_BYTES, RECV_END };

	check_recv(sges, 2, wqe);
}

static void check_recv_refused(struct ibv_recv_wr *second, int err)
{
	struct ibv_recv_wr first = { .next = second };
	struct ibv_recv_wr *bad = NULL;
	static const uint8_t db[] = { 0, 0, 0, 1 };
	struct fixture f;

	init_fixture(&f, &usual_cap, false);
	errno = 0;
	assert_int_equal(mlx5_post_recv(&f.qp.qp, &first, &bad), err);
	assert_int_equal(errno, err);
	assert_ptr_equal(bad, second);
	assert_memory_equal(&f.dbrec[0], db, sizeof(db));
	fini_fixture(&f);
}

static void test_recv_refusals(void **state)
{
	struct ibv_sge sges[3] = { one_sge, one_sge, one_sge };
	struct ibv_recv_wr wr = { .sg_list = sges, .num_sge = 3 };

	check_recv_refused(&wr, EINVAL);
	wr.num_sge = -1;
	check_recv_refused(&wr, EINVAL);
	wr.num_sge = 2;
	sges[1].length = UINT32_MAX;
	check_recv_refused(&wr, EINVAL);
}

static void test_full_receive_queue_is_enomem(void **state)
{
	struct ibv_recv_wr wr = { .wr_id = 1 };
	struct ibv_recv_wr *bad = NULL;
	struct fixture f;
	int i;

	init_fixture(&f, &usual_cap, false);
	for (i = 0; i < 4; i++)
		assert_int_equal(mlx5_post_recv(&f.qp.qp, &wr, &bad), 0);
	assert_int_equal(mlx5_post_recv(&f.qp.qp, &wr, &bad), ENOMEM);
	assert_ptr_equal(bad, &wr);
	f.qp.rq.tail++;
	assert_int_equal(mlx5_post_recv(&f.qp.qp, &wr, &bad), 0);
	fini_fixture(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_send),
		cmocka_unit_test(test_send_without_data_or_signal),
		cmocka_unit_test(test_send_with_imm_solicited_two_sges),
		cmocka_unit_test(test_rdma_write_fenced),
		cmocka_unit_test(test_rdma_write_with_imm),
		cmocka_unit_test(test_rdma_read),
		cmocka_unit_test(test_compare_and_swap),
		cmocka_unit_test(test_fetch_and_add),
		cmocka_unit_test(test_six_sges_fill_two_blocks),
		cmocka_unit_test(test_empty_sges_are_left_out),
		cmocka_unit_test(test_largest_sge_has_byte_count_zero),
		cmocka_unit_test(test_signal_all_marks_every_wqe),
		cmocka_unit_test(test_send_inline_joins_sges),
		cmocka_unit_test(test_send_with_imm_inline),
		cmocka_unit_test(test_write_inline_fills_a_segment),
		cmocka_unit_test(
			test_write_with_imm_inline_starts_next_segment),
		cmocka_unit_test(test_write_inline_at_a_block_boundary),
		cmocka_unit_test(test_longest_inline),
		cmocka_unit_test(test_inline_without_data_has_no_segment),
		cmocka_unit_test(test_chain_rings_once),
		cmocka_unit_test(test_unknown_opcodes_are_einval),
		cmocka_unit_test(test_too_many_sges_are_einval),
		cmocka_unit_test(test_too_long_sge_is_einval),
		cmocka_unit_test(test_too_much_inline_is_einval),
		cmocka_unit_test(test_inline_read_and_atomic_are_einval),
		cmocka_unit_test(test_refused_first_rings_nothing),
		cmocka_unit_test(test_refused_call_takes_the_batch_back),
		cmocka_unit_test(test_batch_too_large_is_enomem),
		cmocka_unit_test(test_abort_takes_the_batch_back),
		cmocka_unit_test(test_data_without_a_request_is_einval),
		cmocka_unit_test(test_empty_batch_rings_nothing),
		cmocka_unit_test(test_batch_rings_once_for_all),
		cmocka_unit_test(test_calls_that_rc_lacks_are_refused),
		cmocka_unit_test(test_full_queue_is_enomem),
		cmocka_unit_test(test_send_needs_a_connected_state),
		cmocka_unit_test(test_reset_empties_the_rings),
		cmocka_unit_test(test_recv_one_sge_ends_the_list),
		cmocka_unit_test(test_recv_full_stride_has_no_end),
		cmocka_unit_test(test_recv_without_data),
		cmocka_unit_test(test_recv_empty_sges_are_left_out),
		cmocka_unit_test(test_recv_refusals),
		cmocka_unit_test(test_full_receive_queue_is_enomem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
