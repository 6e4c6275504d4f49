/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * The ibv_wr_* calls. They fill in a work request, and the call that brings
 * its data builds the WQE, by the same code as ibv_post_send(). A request
 * without such a call has no data and is built when the next one begins, or
 * at the end. The first failure is kept for ibv_wr_complete(), which then
 * takes back all of the batch.
 */
#include <errno.h>

#include "wqe.h"

static struct mlx5_sq *to_sq(struct ibv_qp_ex *qp_ex)
{
	return &to_mqp(&qp_ex->qp_base)->sq;
}

static void note(struct mlx5_batch *batch, int err)
{
	if (unlikely(err) && !batch->err)
		batch->err = err;
}

static void close_request(struct mlx5_sq *sq)
{
	struct mlx5_batch *batch = &sq->batch;

	if (likely(!batch->open))
		return;
	batch->open = false;
	batch->wr.num_sge = 0;
	note(batch, mlx5_build_send(sq, &batch->wr));
}

/* The request of the calls that follow; its data is still to come. */
static struct ibv_send_wr *open_request(struct ibv_qp_ex *qp_ex,
					enum ibv_wr_opcode opcode)
{
	struct mlx5_sq *sq = to_sq(qp_ex);
	struct ibv_send_wr *wr = &sq->batch.wr;

	close_request(sq);
	sq->batch.open = !sq->batch.err;
	wr->wr_id = qp_ex->wr_id;
	wr->opcode = opcode;
	/* Whether data is inline is for the call that brings it to say. */
	wr->send_flags = qp_ex->wr_flags & ~(unsigned int)IBV_SEND_INLINE;
	return wr;
}

/* The open request, for its data; NULL after a failure. */
static struct mlx5_batch *take_request(struct mlx5_sq *sq)
{
	struct mlx5_batch *batch = &sq->batch;

	if (unlikely(!batch->open)) {
		note(batch, EINVAL); /* data without a request */
		return NULL;
	}
	batch->open = false;
	return batch;
}

/* --------------------------------------------------------------- the batch */

static void wr_start(struct ibv_qp_ex *qp_ex)
{
	struct mlx5_sq *sq = to_sq(qp_ex);

	mlx5_lock(&sq->lock);
	sq->batch.open = false;
	sq->batch.err = 0;
	sq->batch.head = sq->head;
	sq->batch.block = sq->cur_block;
}

static void take_back(struct mlx5_sq *sq)
{
	sq->head = sq->batch.head;
	sq->cur_block = sq->batch.block;
}

static int wr_complete(struct ibv_qp_ex *qp_ex)
{
	struct mlx5_sq *sq = to_sq(qp_ex);
	int err;

	close_request(sq);
	err = sq->batch.err;
	if (unlikely(err))
		take_back(sq);
	else if (likely(sq->head != sq->batch.head))
		mlx5_ring_send(sq);
	mlx5_unlock(&sq->lock);
	return unlikely(err) ? verbs_err(err) : 0;
}

static void wr_abort(struct ibv_qp_ex *qp_ex)
{
	struct mlx5_sq *sq = to_sq(qp_ex);

	take_back(sq);
	mlx5_unlock(&sq->lock);
}

/* ----------------------------------------------------------------- requests */

static void wr_send(struct ibv_qp_ex *qp_ex)
{
	open_request(qp_ex, IBV_WR_SEND);
}

static void wr_send_imm(struct ibv_qp_ex *qp_ex, __be32 imm_data)
{
	open_request(qp_ex, IBV_WR_SEND_WITH_IMM)->imm_data = imm_data;
}

static struct ibv_send_wr *open_rdma(struct ibv_qp_ex *qp_ex,
				     enum ibv_wr_opcode opcode, uint32_t rkey,
				     uint64_t remote_addr)
{
	struct ibv_send_wr *wr = open_request(qp_ex, opcode);

	wr->wr.rdma.rkey = rkey;
	wr->wr.rdma.remote_addr = remote_addr;
	return wr;
}

static void wr_rdma_write(struct ibv_qp_ex *qp_ex, uint32_t rkey,
			  uint64_t remote_addr)
{
	open_rdma(qp_ex, IBV_WR_RDMA_WRITE, rkey, remote_addr);
}

static void wr_rdma_write_imm(struct ibv_qp_ex *qp_ex, uint32_t rkey,
			      uint64_t remote_addr, __be32 imm_data)
{
	open_rdma(qp_ex, IBV_WR_RDMA_WRITE_WITH_IMM, rkey, remote_addr)
		->imm_data = imm_data;
}

static void wr_rdma_read(struct ibv_qp_ex *qp_ex, uint32_t rkey,
			 uint64_t remote_addr)
{
	open_rdma(qp_ex, IBV_WR_RDMA_READ, rkey, remote_addr);
}

static void open_atomic(struct ibv_qp_ex *qp_ex, enum ibv_wr_opcode opcode,
			uint32_t rkey, uint64_t remote_addr,
			uint64_t compare_add, uint64_t swap)
{
	struct ibv_send_wr *wr = open_request(qp_ex, opcode);

	wr->wr.atomic.rkey = rkey;
	wr->wr.atomic.remote_addr = remote_addr;
	wr->wr.atomic.compare_add = compare_add;
	wr->wr.atomic.swap = swap;
}

static void wr_atomic_cmp_swp(struct ibv_qp_ex *qp_ex, uint32_t rkey,
			      uint64_t remote_addr, uint64_t compare,
			      uint64_t swap)
{
	open_atomic(qp_ex, IBV_WR_ATOMIC_CMP_AND_SWP, rkey, remote_addr,
		    compare, swap);
}

static void wr_atomic_fetch_add(struct ibv_qp_ex *qp_ex, uint32_t rkey,
				uint64_t remote_addr, uint64_t add)
{
	open_atomic(qp_ex, IBV_WR_ATOMIC_FETCH_AND_ADD, rkey, remote_addr, add,
		    0);
}

/* --------------------------------------------------------------------- data */

static void wr_set_sge_list(struct ibv_qp_ex *qp_ex, size_t num_sge,
			    const struct ibv_sge *sg_list)
{
	struct mlx5_sq *sq = to_sq(qp_ex);
	struct mlx5_batch *batch = take_request(sq);

	if (unlikely(!batch))
		return;
	if (unlikely(num_sge > sq->max_sge)) {
		note(batch, EINVAL);
		return;
	}
	batch->wr.sg_list = (struct ibv_sge *)sg_list;
	batch->wr.num_sge = (int)num_sge;
	note(batch, mlx5_build_send(sq, &batch->wr));
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
	struct mlx5_sq *sq = to_sq(qp_ex);
	struct mlx5_batch *batch = take_request(sq);

	if (likely(batch))
		note(batch,
		     mlx5_build_send_bufs(sq, &batch->wr, buf_list, num_buf));
}

static void wr_set_inline_data(struct ibv_qp_ex *qp_ex, void *addr,
			       size_t length)
{
	const struct ibv_data_buf buf = { .addr = addr, .length = length };

	wr_set_inline_data_list(qp_ex, 1, &buf);
}

/* -------------------------------------------------------------------- set-up */

#define RC_OPS                                                            \
	(IBV_QP_EX_WITH_SEND | IBV_QP_EX_WITH_SEND_WITH_IMM |             \
	 IBV_QP_EX_WITH_RDMA_WRITE | IBV_QP_EX_WITH_RDMA_WRITE_WITH_IMM | \
	 IBV_QP_EX_WITH_RDMA_READ | IBV_QP_EX_WITH_ATOMIC_CMP_AND_SWP |   \
	 IBV_QP_EX_WITH_ATOMIC_FETCH_AND_ADD)

int mlx5_set_wr_ops(struct mlx5_qp *qp, uint64_t send_ops_flags)
{
	struct ibv_qp_ex *qp_ex = &qp->vqp.qp_ex;

	if (send_ops_flags & ~(uint64_t)RC_OPS)
		return EOPNOTSUPP;
	qp->vqp.has_wr_ops = 1;
	qp_ex->wr_start = wr_start;
	qp_ex->wr_complete = wr_complete;
	qp_ex->wr_abort = wr_abort;
	qp_ex->wr_send = wr_send;
	qp_ex->wr_send_imm = wr_send_imm;
	qp_ex->wr_rdma_write = wr_rdma_write;
	qp_ex->wr_rdma_write_imm = wr_rdma_write_imm;
	qp_ex->wr_rdma_read = wr_rdma_read;
	qp_ex->wr_atomic_cmp_swp = wr_atomic_cmp_swp;
	qp_ex->wr_atomic_fetch_add = wr_atomic_fetch_add;
	qp_ex->wr_set_sge = wr_set_sge;
	qp_ex->wr_set_sge_list = wr_set_sge_list;
	qp_ex->wr_set_inline_data = wr_set_inline_data;
	qp_ex->wr_set_inline_data_list = wr_set_inline_data_list;
	return 0;
}
