/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* See the header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mlx5_queues.h"
#include "wqe.h"
#include "wr_calls.h"

const struct mlx5_limits usual_limits = {
	.max_sq_desc_sz = 1008,
	.max_rq_desc_sz = 512,
	.max_send_wqebb = 32768,
	.max_recv_wr = 32768,
	.max_srq_recv_wr = 32767,
};

/* Four WQEs of two blocks. */
const struct ibv_qp_init_attr_ex usual_attr = {
	.qp_type = IBV_QPT_RC,
	.comp_mask = IBV_QP_INIT_ATTR_SEND_OPS_FLAGS,
	.send_ops_flags = IBV_QP_EX_WITH_SEND | IBV_QP_EX_WITH_RDMA_WRITE,
	.cap = {
		.max_send_wr = 4,
		.max_recv_wr = 4,
		.max_send_sge = 6,
		.max_recv_sge = 2,
		.max_inline_data = 92,
	},
};

struct ibv_sge one_sge = {
	.addr = 0x1122334455667788,
	.length = 0x1000,
	.lkey = 0xaabbccdd,
};

void init_fixture(struct fixture *f, const struct ibv_qp_init_attr_ex *attr)
{
	struct mlx5_qp *qp = &f->qp;

	memset(f, 0, sizeof(*f));
	assert_int_equal(mlx5_size_qp(&usual_limits, attr, &f->sizes), 0);
	assert_int_equal(mlx5_alloc_buf(&qp->buf, mlx5_qp_buf_len(&f->sizes)),
			 0);
	qp->dbrec = f->dbrec;
	qp->qp.qp_type = attr->qp_type;
	assert_int_equal(mlx5_init_rings(qp, &f->sizes, attr), 0);
	mlx5_set_post_ops(qp, attr->qp_type, false);
	qp->sq.qpn = QPN << 8;
	f->bfreg.reg = &f->reg;
	qp->sq.bfreg = &f->bfreg;
	mlx5_rings_enter(qp, IBV_QPS_RTS);
	assert_int_equal(mlx5_set_wr_ops(qp, attr, false), 0);
	memset(qp->buf.addr, FILL, qp->buf.len);
}

void fini_fixture(struct fixture *f)
{
	mlx5_fini_rings(&f->qp);
	mlx5_free_buf(&f->qp.buf);
}

static size_t ring_len(const struct fixture *f)
{
	return f->qp.sq.end - f->qp.sq.buf;
}

static void start_at(struct fixture *f, uint32_t block)
{
	mlx5_drop_fence(&f->qp.sq);
	memset(f->qp.buf.addr, FILL, f->qp.buf.len);
	f->dbrec[0] = f->dbrec[1] = 0;
	f->reg = 0;
	f->qp.sq.cur_block = block;
	f->qp.sq.tail = block;
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

static void call_data(struct ibv_qp_ex *qp, const struct ibv_send_wr *wr)
{
	assert_in_range(wr->num_sge, 0, WR_CALLS_MAX_SGE);
	if (wr->send_flags & IBV_SEND_INLINE)
		call_inline(qp, wr);
	else if (wr->num_sge == 1)
		ibv_wr_set_sge(qp, wr->sg_list->lkey, wr->sg_list->addr,
			       wr->sg_list->length);
	else if (wr->num_sge) /* no data needs no call */
		ibv_wr_set_sge_list(qp, wr->num_sge, wr->sg_list);
}

/* The address comes before the data or after it, by the request's number. */
void call_request(struct ibv_qp_ex *qp, const struct ibv_send_wr *wr,
		  enum ibv_qp_type type)
{
	qp->wr_id = wr->wr_id;
	qp->wr_flags = wr->send_flags;
	if (!call_opcode(qp, wr))
		fail_msg("no call for opcode %d", wr->opcode);
	if (wr->wr_id & 1)
		call_address(qp, wr, type);
	call_data(qp, wr);
	if (!(wr->wr_id & 1))
		call_address(qp, wr, type);
}

/* The same request by the ibv_wr_* calls. */
int post_by_calls(struct fixture *f, struct ibv_send_wr *wr)
{
	struct ibv_qp_ex *qp = &f->qp.vqp.qp_ex;

	ibv_wr_start(qp);
	call_request(qp, wr, f->qp.qp.qp_type);
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
	sent = &f->qp.sq.sent[block & f->qp.sq.block_mask];
	assert_int_equal(sent->wr_id, wr->wr_id);
	assert_int_equal(sent->next_block, next_block);
}

void check_everywhere(struct fixture *f, struct ibv_send_wr *wr,
		      const uint8_t *wqe, size_t len)
{
	static const uint32_t blocks[] = { 0,	   1,	      6,      7,
					   8,	   0x1234,    0xffff, 0x10000,
					   0xfff7, 0xffffffff };
	size_t i;

	for (i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		wr->wr_id = 0xa5a5000011112222 + i / 2;
		check_at(f, blocks[i], wr, post_by_list, wqe, len);
		check_at(f, blocks[i], wr, post_by_calls, wqe, len);
	}
}

void check_attr(const struct ibv_qp_init_attr_ex *attr, struct ibv_send_wr *wr,
		const uint8_t *wqe, size_t len)
{
	struct fixture f;

	init_fixture(&f, attr);
	check_everywhere(&f, wr, wqe, len);
	fini_fixture(&f);
}

void check_usual(struct ibv_send_wr *wr, const uint8_t *wqe, size_t len)
{
	check_attr(&usual_attr, wr, wqe, len);
}

void link_wrs(struct ibv_send_wr *wr, int n)
{
	int i;

	for (i = 0; i < n; i++)
		wr[i].next = i + 1 < n ? &wr[i + 1] : NULL;
}

struct ibv_send_wr rdma_wr(enum ibv_wr_opcode opcode, unsigned int flags)
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
