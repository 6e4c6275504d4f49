/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * The ibv_wr_* calls. Each writes its part into the slot behind those already
 * filled; ibv_wr_complete() moves the producer index over all of them at once.
 * The first failure is kept until then, and what follows it is ignored.
 */
#include "wqe.h"

static struct rxe_send_queue *to_sq(struct ibv_qp_ex *qp_ex)
{
	return &to_rxe_qp(&qp_ex->qp_base)->sq;
}

static void fail(struct rxe_batch *batch, int err)
{
	if (!batch->err)
		batch->err = err;
	batch->wqe = NULL;
}

/* The slot of a new request, begun; NULL after a failure. */
static struct rxe_send_wqe *open_request(struct ibv_qp_ex *qp_ex,
					 enum ibv_wr_opcode opcode)
{
	struct rxe_send_queue *sq = to_sq(qp_ex);
	struct rxe_batch *batch = &sq->batch;

	if (batch->err)
		return NULL;
	if (ring_full(&sq->ring, batch->producer)) {
		fail(batch, ENOMEM);
		return NULL;
	}
	batch->wqe = ring_slot(&sq->ring, batch->producer);
	batch->producer = ring_next(&sq->ring, batch->producer);
	/* Whether data is inline is for the call that brings it to say. */
	rxe_put_header(batch->wqe, sq->ssn++, qp_ex->wr_id, opcode,
		       qp_ex->wr_flags & ~(unsigned int)IBV_SEND_INLINE);
	return batch->wqe;
}

/* The request that the call adds to; NULL if there is none. */
static struct rxe_send_wqe *current_request(struct rxe_send_queue *sq)
{
	if (!sq->batch.wqe)
		fail(&sq->batch, EINVAL);
	return sq->batch.wqe;
}

/* --------------------------------------------------------------- the batch */

static void wr_start(struct ibv_qp_ex *qp_ex)
{
	struct rxe_send_queue *sq = to_sq(qp_ex);

	rxe_lock(&sq->lock);
	sq->batch.producer = ring_producer(&sq->ring);
	sq->batch.ssn = sq->ssn;
	sq->batch.wqe = NULL;
	sq->batch.err = 0;
}

static int complete_locked(struct rxe_send_queue *sq, enum ibv_qp_state state)
{
	/* The kernel would refuse the doorbell, with the requests queued. */
	int err = state < IBV_QPS_RTS ? EINVAL : sq->batch.err;

	if (err)
		sq->ssn = sq->batch.ssn;
	else
		ring_publish_producer(&sq->ring, sq->batch.producer);
	return err;
}

static int wr_complete(struct ibv_qp_ex *qp_ex)
{
	struct rxe_send_queue *sq = to_sq(qp_ex);
	int any, err;

	any = sq->ssn != sq->batch.ssn;
	err = complete_locked(sq, qp_ex->qp_base.state);
	rxe_unlock(&sq->lock);
	if (err)
		return verbs_err(err);
	return any ? ibv_cmd_ring_send_queue(&qp_ex->qp_base) : 0;
}

static void wr_abort(struct ibv_qp_ex *qp_ex)
{
	struct rxe_send_queue *sq = to_sq(qp_ex);

	sq->ssn = sq->batch.ssn;
	rxe_unlock(&sq->lock);
}

/* ----------------------------------------------------------------- requests */

static void wr_send(struct ibv_qp_ex *qp_ex)
{
	open_request(qp_ex, IBV_WR_SEND);
}

static void wr_send_imm(struct ibv_qp_ex *qp_ex, __be32 imm_data)
{
	struct rxe_send_wqe *wqe = open_request(qp_ex, IBV_WR_SEND_WITH_IMM);

	if (wqe)
		wqe->wr.ex.imm_data = imm_data;
}

static void wr_send_inv(struct ibv_qp_ex *qp_ex, uint32_t invalidate_rkey)
{
	struct rxe_send_wqe *wqe = open_request(qp_ex, IBV_WR_SEND_WITH_INV);

	if (wqe)
		wqe->wr.ex.invalidate_rkey = invalidate_rkey;
}

static void wr_local_inv(struct ibv_qp_ex *qp_ex, uint32_t invalidate_rkey)
{
	struct rxe_send_wqe *wqe = open_request(qp_ex, IBV_WR_LOCAL_INV);

	if (wqe)
		wqe->wr.ex.invalidate_rkey = invalidate_rkey;
}

static void wr_bind_mw(struct ibv_qp_ex *qp_ex, struct ibv_mw *mw,
		       uint32_t rkey, const struct ibv_mw_bind_info *info)
{
	struct rxe_send_wqe *wqe = open_request(qp_ex, IBV_WR_BIND_MW);

	if (wqe)
		rxe_put_bind(wqe, mw, rkey, info);
}

static struct rxe_send_wqe *open_rdma(struct ibv_qp_ex *qp_ex,
				      enum ibv_wr_opcode opcode, uint32_t rkey,
				      uint64_t remote_addr)
{
	struct rxe_send_wqe *wqe = open_request(qp_ex, opcode);

	if (wqe)
		rxe_put_rdma(wqe, remote_addr, rkey);
	return wqe;
}

static void wr_rdma_write(struct ibv_qp_ex *qp_ex, uint32_t rkey,
			  uint64_t remote_addr)
{
	open_rdma(qp_ex, IBV_WR_RDMA_WRITE, rkey, remote_addr);
}

static void wr_rdma_write_imm(struct ibv_qp_ex *qp_ex, uint32_t rkey,
			      uint64_t remote_addr, __be32 imm_data)
{
	struct rxe_send_wqe *wqe;

	wqe = open_rdma(qp_ex, IBV_WR_RDMA_WRITE_WITH_IMM, rkey, remote_addr);
	if (wqe)
		wqe->wr.ex.imm_data = imm_data;
}

static void wr_rdma_read(struct ibv_qp_ex *qp_ex, uint32_t rkey,
			 uint64_t remote_addr)
{
	open_rdma(qp_ex, IBV_WR_RDMA_READ, rkey, remote_addr);
}

static void wr_atomic_cmp_swp(struct ibv_qp_ex *qp_ex, uint32_t rkey,
			      uint64_t remote_addr, uint64_t compare,
			      uint64_t swap)
{
	struct rxe_send_wqe *wqe;

	wqe = open_request(qp_ex, IBV_WR_ATOMIC_CMP_AND_SWP);
	if (wqe)
		rxe_put_atomic(wqe, remote_addr, rkey, compare, swap);
}

static void wr_atomic_fetch_add(struct ibv_qp_ex *qp_ex, uint32_t rkey,
				uint64_t remote_addr, uint64_t add)
{
	struct rxe_send_wqe *wqe;

	wqe = open_request(qp_ex, IBV_WR_ATOMIC_FETCH_AND_ADD);
	if (wqe)
		rxe_put_atomic(wqe, remote_addr, rkey, add, 0);
}

static void wr_atomic_write(struct ibv_qp_ex *qp_ex, uint32_t rkey,
			    uint64_t remote_addr, const void *atomic_wr)
{
	struct rxe_send_wqe *wqe;

	wqe = open_rdma(qp_ex, IBV_WR_ATOMIC_WRITE, rkey, remote_addr);
	if (wqe)
		rxe_put_atomic_write(wqe, atomic_wr);
}

static void wr_flush(struct ibv_qp_ex *qp_ex, uint32_t rkey,
		     uint64_t remote_addr, size_t len, uint8_t type,
		     uint8_t level)
{
	struct rxe_send_wqe *wqe = open_request(qp_ex, IBV_WR_FLUSH);

	if (!wqe)
		return;
	if (len > UINT32_MAX)
		fail(&to_sq(qp_ex)->batch, EINVAL);
	else
		rxe_put_flush(wqe, remote_addr, rkey, (uint32_t)len, type,
			      level);
}

/* ---------------------------------------------------- destination and data */

static void wr_set_ud_addr(struct ibv_qp_ex *qp_ex, struct ibv_ah *ah,
			   uint32_t remote_qpn, uint32_t remote_qkey)
{
	struct rxe_send_wqe *wqe = current_request(to_sq(qp_ex));

	if (wqe)
		rxe_put_ud(wqe, ah, remote_qpn, remote_qkey);
}

static void wr_set_sge_list(struct ibv_qp_ex *qp_ex, size_t num_sge,
			    const struct ibv_sge *sg_list)
{
	struct rxe_send_queue *sq = to_sq(qp_ex);
	struct rxe_send_wqe *wqe = current_request(sq);

	if (!wqe || rxe_put_sges(sq, wqe, sg_list, num_sge))
		fail(&sq->batch, EINVAL);
}

static void wr_set_sge(struct ibv_qp_ex *qp_ex, uint32_t lkey, uint64_t addr,
		       uint32_t length)
{
	const struct ibv_sge sge = {
		.addr = addr,
		.length = length,
		.lkey = lkey,
	};

	wr_set_sge_list(qp_ex, 1, &sge);
}

static void wr_set_inline_data_list(struct ibv_qp_ex *qp_ex, size_t num_buf,
				    const struct ibv_data_buf *buf_list)
{
	struct rxe_send_queue *sq = to_sq(qp_ex);
	struct rxe_send_wqe *wqe = current_request(sq);

	if (!wqe || rxe_put_inline_bufs(sq, wqe, buf_list, num_buf))
		fail(&sq->batch, EINVAL);
}

static void wr_set_inline_data(struct ibv_qp_ex *qp_ex, void *addr,
			       size_t length)
{
	const struct ibv_data_buf buf = { .addr = addr, .length = length };

	wr_set_inline_data_list(qp_ex, 1, &buf);
}

/* -------------------------------------------------------------------- set-up */

#define UD_OPS (IBV_QP_EX_WITH_SEND | IBV_QP_EX_WITH_SEND_WITH_IMM)
#define UC_OPS                                \
	(UD_OPS | IBV_QP_EX_WITH_RDMA_WRITE | \
	 IBV_QP_EX_WITH_RDMA_WRITE_WITH_IMM | IBV_QP_EX_WITH_BIND_MW)
#define RC_OPS                                                               \
	(UC_OPS | IBV_QP_EX_WITH_RDMA_READ |                                 \
	 IBV_QP_EX_WITH_ATOMIC_CMP_AND_SWP |                                 \
	 IBV_QP_EX_WITH_ATOMIC_FETCH_AND_ADD | IBV_QP_EX_WITH_ATOMIC_WRITE | \
	 IBV_QP_EX_WITH_FLUSH | IBV_QP_EX_WITH_SEND_WITH_INV |               \
	 IBV_QP_EX_WITH_LOCAL_INV)

static uint64_t supported_ops(enum ibv_qp_type type)
{
	switch (type) {
	case IBV_QPT_RC:
		return RC_OPS;
	case IBV_QPT_UC:
		return UC_OPS;
	case IBV_QPT_UD:
		return UD_OPS;
	default:
		return 0;
	}
}

static void set_request_calls(struct ibv_qp_ex *qp_ex)
{
	qp_ex->wr_send = wr_send;
	qp_ex->wr_send_imm = wr_send_imm;
	qp_ex->wr_send_inv = wr_send_inv;
	qp_ex->wr_local_inv = wr_local_inv;
	qp_ex->wr_bind_mw = wr_bind_mw;
	qp_ex->wr_rdma_write = wr_rdma_write;
	qp_ex->wr_rdma_write_imm = wr_rdma_write_imm;
	qp_ex->wr_rdma_read = wr_rdma_read;
	qp_ex->wr_atomic_cmp_swp = wr_atomic_cmp_swp;
	qp_ex->wr_atomic_fetch_add = wr_atomic_fetch_add;
	qp_ex->wr_atomic_write = wr_atomic_write;
	qp_ex->wr_flush = wr_flush;
}

/* Only what was asked for at creation may be called; the rest does no harm. */
int rxe_set_wr_ops(struct rxe_qp *qp, enum ibv_qp_type type,
		   uint64_t send_ops_flags)
{
	struct ibv_qp_ex *qp_ex = &qp->vqp.qp_ex;

	if (send_ops_flags & ~supported_ops(type))
		return EOPNOTSUPP;
	qp->vqp.has_wr_ops = 1;
	set_request_calls(qp_ex);
	qp_ex->wr_start = wr_start;
	qp_ex->wr_complete = wr_complete;
	qp_ex->wr_abort = wr_abort;
	qp_ex->wr_set_ud_addr = wr_set_ud_addr;
	qp_ex->wr_set_sge = wr_set_sge;
	qp_ex->wr_set_sge_list = wr_set_sge_list;
	qp_ex->wr_set_inline_data = wr_set_inline_data;
	qp_ex->wr_set_inline_data_list = wr_set_inline_data_list;
	return 0;
}
