/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * The ibv_wr_* calls. Each writes its part of the WQE straight into the ring:
 * the request its segments, the call that brings the data the rest. A request
 * without such a call has no data and is finished when the next one begins, or
 * at the end. The first failure is kept for ibv_wr_complete(), which then
 * takes back all of the batch.
 */
#include <errno.h>

#include "doorbell.h"
#include "mw.h"

static inline struct mlx5_sq *to_sq(struct ibv_qp_ex *qp_ex)
{
	return &to_mqp(&qp_ex->qp_base)->sq;
}

static void note(struct mlx5_batch *batch, int err)
{
	if (!batch->err)
		batch->err = err;
}

/* ----------------------------------------------------------------- one WQE */

/* segs: of its data. */
static inline void finish(struct mlx5_sq *sq, int segs)
{
	struct mlx5_batch *batch = &sq->batch;
	struct prm_ctrl_seg *ctrl = batch->ctrl;
	uint32_t ds = mlx5_segs_before(ctrl, batch->seg) + segs;

	if (unlikely((int32_t)ds <= 0)) /* begun at the end of the ring */
		ds += (sq->block_mask + 1) * PRM_SEGS_PER_BLOCK;
	mlx5_finish_wqe(sq, ctrl, batch->opcode, ds);
	batch->ctrl = NULL;
}

/* The request that is open has got all it will get. */
static inline void close_request(struct mlx5_sq *sq)
{
	struct mlx5_batch *batch = &sq->batch;

	if (unlikely(batch->ctrl))
		finish(sq, 0);
	if (unlikely(batch->address))
		note(batch, EINVAL);
}

/* Returns 0 or what ibv_wr_complete() will say. */
static inline int make_room(struct mlx5_sq *sq)
{
	close_request(sq);
	if (unlikely(mlx5_sq_full(sq)) && !mlx5_pass_fence(sq))
		note(&sq->batch, ENOMEM);
	return sq->batch.err;
}

/*
 * Returns where the request's own segments go, behind the place of an address
 * that a later call brings; NULL after a failure.
 */
static inline void *begin(struct ibv_qp_ex *qp_ex, uint8_t opcode,
			  enum ibv_wc_opcode wc_opcode,
			  enum mlx5_payload payload, __be32 imm)
{
	struct mlx5_sq *sq = to_sq(qp_ex);
	struct mlx5_batch *batch = &sq->batch;
	struct prm_ctrl_seg *ctrl;

	if (unlikely(make_room(sq)))
		return NULL;
	ctrl = mlx5_block_at(sq, sq->cur_block);
	mlx5_begin_wqe(sq, ctrl, qp_ex->wr_flags, imm);
	mlx5_remember(sq, qp_ex->wr_id, wc_opcode);
	batch->ctrl = ctrl;
	batch->opcode = opcode;
	batch->payload = payload;
	batch->seg = ctrl + 1;
	if (unlikely(sq->address_len)) {
		batch->address = ctrl + 1;
		batch->seg = (uint8_t *)(ctrl + 1) + sq->address_len;
		if (batch->seg == sq->end)
			batch->seg = sq->buf;
	}
	return batch->seg;
}

/* --------------------------------------------------------------- the batch */

static ALWAYS_INLINE void start(struct mlx5_sq *sq, bool locked)
{
	struct mlx5_batch *batch = &sq->batch;

	if (locked)
		mlx5_lock(&sq->lock);
	batch->ctrl = NULL;
	batch->address = NULL;
	batch->err = 0;
	batch->block = sq->cur_block;
}

static ALWAYS_INLINE int complete(struct mlx5_sq *sq, bool locked)
{
	int err;

	close_request(sq);
	err = sq->batch.err;
	if (unlikely(err))
		sq->cur_block = sq->batch.block;
	else if (likely(sq->cur_block != sq->batch.block))
		mlx5_ring_send(sq, sq->batch.block);
	if (locked)
		mlx5_unlock(&sq->lock);
	return unlikely(err) ? verbs_err(err) : 0;
}

static ALWAYS_INLINE void drop(struct mlx5_sq *sq, bool locked)
{
	sq->cur_block = sq->batch.block;
	if (locked)
		mlx5_unlock(&sq->lock);
}

static void wr_start(struct ibv_qp_ex *qp_ex)
{
	start(to_sq(qp_ex), true);
}

static void wr_start_unlocked(struct ibv_qp_ex *qp_ex)
{
	start(to_sq(qp_ex), false);
}

static int wr_complete(struct ibv_qp_ex *qp_ex)
{
	return complete(to_sq(qp_ex), true);
}

static int wr_complete_unlocked(struct ibv_qp_ex *qp_ex)
{
	return complete(to_sq(qp_ex), false);
}

static void wr_abort(struct ibv_qp_ex *qp_ex)
{
	drop(to_sq(qp_ex), true);
}

static void wr_abort_unlocked(struct ibv_qp_ex *qp_ex)
{
	drop(to_sq(qp_ex), false);
}

/* ----------------------------------------------------------------- requests */

static void wr_send(struct ibv_qp_ex *qp_ex)
{
	begin(qp_ex, PRM_OP_SEND, IBV_WC_SEND, MLX5_PAYLOAD_ANY, 0);
}

static void wr_send_imm(struct ibv_qp_ex *qp_ex, __be32 imm_data)
{
	begin(qp_ex, PRM_OP_SEND_IMM, IBV_WC_SEND, MLX5_PAYLOAD_ANY, imm_data);
}

static void wr_send_inv(struct ibv_qp_ex *qp_ex, uint32_t invalidate_rkey)
{
	begin(qp_ex, PRM_OP_SEND_INVAL, IBV_WC_SEND, MLX5_PAYLOAD_ANY,
	      htobe32(invalidate_rkey));
}

static void wr_rdma_write(struct ibv_qp_ex *qp_ex, uint32_t rkey,
			  uint64_t remote_addr)
{
	void *seg = begin(qp_ex, PRM_OP_RDMA_WRITE, IBV_WC_RDMA_WRITE,
			  MLX5_PAYLOAD_ANY, 0);

	if (likely(seg))
		to_sq(qp_ex)->batch.seg =
			mlx5_put_raddr(seg, remote_addr, rkey);
}

static void wr_rdma_write_imm(struct ibv_qp_ex *qp_ex, uint32_t rkey,
			      uint64_t remote_addr, __be32 imm_data)
{
	void *seg = begin(qp_ex, PRM_OP_RDMA_WRITE_IMM, IBV_WC_RDMA_WRITE,
			  MLX5_PAYLOAD_ANY, imm_data);

	if (likely(seg))
		to_sq(qp_ex)->batch.seg =
			mlx5_put_raddr(seg, remote_addr, rkey);
}

static void wr_rdma_read(struct ibv_qp_ex *qp_ex, uint32_t rkey,
			 uint64_t remote_addr)
{
	void *seg = begin(qp_ex, PRM_OP_RDMA_READ, IBV_WC_RDMA_READ,
			  MLX5_PAYLOAD_NOT_INLINE, 0);

	if (likely(seg))
		to_sq(qp_ex)->batch.seg =
			mlx5_put_raddr(seg, remote_addr, rkey);
}

static void wr_atomic_cmp_swp(struct ibv_qp_ex *qp_ex, uint32_t rkey,
			      uint64_t remote_addr, uint64_t compare,
			      uint64_t swap)
{
	void *seg = begin(qp_ex, PRM_OP_ATOMIC_CS, IBV_WC_COMP_SWAP,
			  MLX5_PAYLOAD_ATOMIC, 0);

	if (unlikely(!seg))
		return;
	seg = mlx5_put_raddr(seg, remote_addr, rkey);
	to_sq(qp_ex)->batch.seg = mlx5_put_atomic(seg, swap, compare);
}

static void wr_atomic_fetch_add(struct ibv_qp_ex *qp_ex, uint32_t rkey,
				uint64_t remote_addr, uint64_t add)
{
	void *seg = begin(qp_ex, PRM_OP_ATOMIC_FA, IBV_WC_FETCH_ADD,
			  MLX5_PAYLOAD_ATOMIC, 0);

	if (unlikely(!seg))
		return;
	seg = mlx5_put_raddr(seg, remote_addr, rkey);
	to_sq(qp_ex)->batch.seg = mlx5_put_atomic(seg, add, 0);
}

/* Those that are about a memory key are complete when they are begun. */

static void wr_local_inv(struct ibv_qp_ex *qp_ex, uint32_t invalidate_rkey)
{
	struct mlx5_sq *sq = to_sq(qp_ex);

	if (likely(!make_room(sq)))
		note(&sq->batch,
		     mlx5_put_local_inv(sq, qp_ex->wr_id, qp_ex->wr_flags,
					invalidate_rkey));
}

static void wr_bind_mw(struct ibv_qp_ex *qp_ex, struct ibv_mw *mw,
		       uint32_t rkey, const struct ibv_mw_bind_info *info)
{
	struct mlx5_sq *sq = to_sq(qp_ex);

	if (unlikely(mw->type != IBV_MW_TYPE_2))
		note(&sq->batch, EINVAL);
	if (likely(!make_room(sq)))
		note(&sq->batch,
		     mlx5_put_bind(sq, qp_ex->wr_id, qp_ex->wr_flags, mw, rkey,
				   info));
}

/* ---------------------------------------------------------------- addresses */

/* They may come before or after the data: their place is in the first block. */
static void *take_address(struct mlx5_sq *sq)
{
	void *seg = sq->batch.address;

	if (unlikely(!seg))
		note(&sq->batch, EINVAL); /* without a request, or twice */
	sq->batch.address = NULL;
	return seg;
}

static void wr_set_ud_addr(struct ibv_qp_ex *qp_ex, struct ibv_ah *ah,
			   uint32_t remote_qpn, uint32_t remote_qkey)
{
	void *seg = take_address(to_sq(qp_ex));

	if (likely(seg))
		mlx5_put_av(seg, to_mah(ah), remote_qpn, remote_qkey);
}

static void wr_set_xrc_srqn(struct ibv_qp_ex *qp_ex, uint32_t remote_srqn)
{
	void *seg = take_address(to_sq(qp_ex));

	if (likely(seg))
		mlx5_put_xrc(seg, remote_srqn);
}

/* The ring is in the queue pair that the calls are of. */
static struct mlx5_sq *dv_to_sq(struct mlx5dv_qp_ex *dv_ex)
{
	return &verbs_container_of(dv_ex, struct mlx5_qp, dv_ex)->sq;
}

static void *put_dc_addr(struct mlx5dv_qp_ex *dv_ex, struct ibv_ah *ah,
			 uint32_t remote_dctn, uint64_t remote_dc_key)
{
	void *seg = take_address(dv_to_sq(dv_ex));

	if (likely(seg))
		mlx5_put_dc(seg, to_mah(ah), remote_dctn, remote_dc_key);
	return seg;
}

static void wr_set_dc_addr(struct mlx5dv_qp_ex *dv_ex, struct ibv_ah *ah,
			   uint32_t remote_dctn, uint64_t remote_dc_key)
{
	put_dc_addr(dv_ex, ah, remote_dctn, remote_dc_key);
}

/* The stream is in the control segment, which is just before the address. */
static void wr_set_dc_addr_stream(struct mlx5dv_qp_ex *dv_ex, struct ibv_ah *ah,
				  uint32_t remote_dctn, uint64_t remote_dc_key,
				  uint16_t stream_id)
{
	struct prm_ctrl_seg *ctrl =
		put_dc_addr(dv_ex, ah, remote_dctn, remote_dc_key);

	if (likely(ctrl))
		ctrl[-1].fm_ce_se |=
			htobe32((uint32_t)stream_id << PRM_CTRL_STREAM_SHIFT);
}

/* --------------------------------------------------------------------- data */

static inline void take_data(struct mlx5_sq *sq, int segs)
{
	if (likely(segs >= 0)) {
		finish(sq, segs);
		return;
	}
	sq->batch.ctrl = NULL;
	note(&sq->batch, EINVAL);
}

static NEVER_INLINE void set_sges(struct mlx5_sq *sq, const struct ibv_sge *sge,
				  size_t num_sge)
{
	struct mlx5_batch *batch = &sq->batch;
	uint32_t cut = batch->payload == MLX5_PAYLOAD_ATOMIC ? PRM_ATOMIC_LEN
							     : PRM_MAX_DATA_LEN;

	if (unlikely(!batch->ctrl || num_sge > sq->max_sge)) {
		take_data(sq, -1);
		return;
	}
	take_data(sq, mlx5_put_sges(sq, batch->seg, sge, num_sge, sq->max_sge,
				    cut));
}

static void wr_set_sge_list(struct ibv_qp_ex *qp_ex, size_t num_sge,
			    const struct ibv_sge *sg_list)
{
	set_sges(to_sq(qp_ex), sg_list, num_sge);
}

static void wr_set_sge(struct ibv_qp_ex *qp_ex, uint32_t lkey, uint64_t addr,
		       uint32_t length)
{
	const struct ibv_sge sge = {
		.addr = addr,
		.length = length,
		.lkey = lkey,
	};
	struct mlx5_sq *sq = to_sq(qp_ex);

	if (likely(sq->batch.ctrl && mlx5_is_one_sge(&sge, 1) &&
		   sq->batch.payload != MLX5_PAYLOAD_ATOMIC)) {
		mlx5_put_one_sge(sq, sq->batch.seg, &sge);
		finish(sq, 1);
	} else {
		set_sges(sq, &sge, 1);
	}
}

/* Returns the number of segments, or -1. */
static ALWAYS_INLINE int put_bufs(const struct mlx5_sq *sq,
				  const struct ibv_data_buf *bufs,
				  size_t num_buf)
{
	struct mlx5_inline data;
	size_t i;

	if (unlikely(!sq->batch.ctrl || sq->batch.payload != MLX5_PAYLOAD_ANY))
		return -1;
	data = mlx5_start_inline(sq, sq->batch.seg);
	for (i = 0; i < num_buf; i++)
		if (!mlx5_add_inline(sq, &data, bufs[i].addr, bufs[i].length))
			return -1;
	return mlx5_finish_inline(&data);
}

static void wr_set_inline_data_list(struct ibv_qp_ex *qp_ex, size_t num_buf,
				    const struct ibv_data_buf *buf_list)
{
	struct mlx5_sq *sq = to_sq(qp_ex);

	take_data(sq, put_bufs(sq, buf_list, num_buf));
}

static void wr_set_inline_data(struct ibv_qp_ex *qp_ex, void *addr,
			       size_t length)
{
	const struct ibv_data_buf buf = { .addr = addr, .length = length };
	struct mlx5_sq *sq = to_sq(qp_ex);

	take_data(sq, put_bufs(sq, &buf, 1));
}

/* -------------------------------------------------------------------- set-up */

#define UD_OPS (IBV_QP_EX_WITH_SEND | IBV_QP_EX_WITH_SEND_WITH_IMM)
#define UC_OPS                                                               \
	(UD_OPS | IBV_QP_EX_WITH_SEND_WITH_INV | IBV_QP_EX_WITH_RDMA_WRITE | \
	 IBV_QP_EX_WITH_RDMA_WRITE_WITH_IMM | IBV_QP_EX_WITH_LOCAL_INV |     \
	 IBV_QP_EX_WITH_BIND_MW)
#define RC_OPS                               \
	(UC_OPS | IBV_QP_EX_WITH_RDMA_READ | \
	 IBV_QP_EX_WITH_ATOMIC_CMP_AND_SWP | \
	 IBV_QP_EX_WITH_ATOMIC_FETCH_AND_ADD)

static uint64_t ops_of(enum ibv_qp_type type)
{
	switch (type) {
	case IBV_QPT_RC:
	case IBV_QPT_XRC_SEND:
		return RC_OPS;
	case IBV_QPT_DRIVER: /* what goes to an address */
		return RC_OPS &
		       ~(IBV_QP_EX_WITH_BIND_MW | IBV_QP_EX_WITH_LOCAL_INV);
	case IBV_QPT_UC:
		return UC_OPS;
	case IBV_QPT_UD:
		return UD_OPS;
	default:
		return 0;
	}
}

static void set_batch(struct ibv_qp_ex *qp_ex, bool single_threaded)
{
	if (single_threaded) {
		qp_ex->wr_start = wr_start_unlocked;
		qp_ex->wr_complete = wr_complete_unlocked;
		qp_ex->wr_abort = wr_abort_unlocked;
	} else {
		qp_ex->wr_start = wr_start;
		qp_ex->wr_complete = wr_complete;
		qp_ex->wr_abort = wr_abort;
	}
}

static void set_requests(struct ibv_qp_ex *qp_ex)
{
	qp_ex->wr_send = wr_send;
	qp_ex->wr_send_imm = wr_send_imm;
	qp_ex->wr_send_inv = wr_send_inv;
	qp_ex->wr_rdma_write = wr_rdma_write;
	qp_ex->wr_rdma_write_imm = wr_rdma_write_imm;
	qp_ex->wr_rdma_read = wr_rdma_read;
	qp_ex->wr_atomic_cmp_swp = wr_atomic_cmp_swp;
	qp_ex->wr_atomic_fetch_add = wr_atomic_fetch_add;
	qp_ex->wr_local_inv = wr_local_inv;
	qp_ex->wr_bind_mw = wr_bind_mw;
}

static void set_setters(struct ibv_qp_ex *qp_ex)
{
	qp_ex->wr_set_ud_addr = wr_set_ud_addr;
	qp_ex->wr_set_xrc_srqn = wr_set_xrc_srqn;
	qp_ex->wr_set_sge = wr_set_sge;
	qp_ex->wr_set_sge_list = wr_set_sge_list;
	qp_ex->wr_set_inline_data = wr_set_inline_data;
	qp_ex->wr_set_inline_data_list = wr_set_inline_data_list;
}

int mlx5_set_wr_ops(struct mlx5_qp *qp, const struct ibv_qp_init_attr_ex *attr,
		    bool single_threaded)
{
	struct ibv_qp_ex *qp_ex = &qp->vqp.qp_ex;

	if (attr->send_ops_flags & ~ops_of(attr->qp_type))
		return EOPNOTSUPP;
	qp->vqp.has_wr_ops = 1;
	set_batch(qp_ex, single_threaded);
	set_requests(qp_ex);
	set_setters(qp_ex);
	return 0;
}

/* What is not here no queue pair is made for: see mlx5dv_create_qp(). */
void mlx5_set_dv_ops(struct mlx5_qp *qp)
{
	qp->dv_ex.wr_set_dc_addr = wr_set_dc_addr;
	qp->dv_ex.wr_set_dc_addr_stream = wr_set_dc_addr_stream;
}
