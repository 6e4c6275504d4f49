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
#include "packet.h"
#include "wr.h"

static inline struct mlx5_sq *to_sq(struct ibv_qp_ex *qp_ex)
{
	return &to_mqp(&qp_ex->qp_base)->sq;
}

/* The batch will be taken back; the first reason is the one that is told. */
static void fail(struct mlx5_batch *batch, int err)
{
	if (!(batch->pending & MLX5_PENDING_FAILED))
		batch->err = err;
	batch->pending = MLX5_PENDING_FAILED;
}

/* ----------------------------------------------------------------- one WQE */

/* segs: of its data. */
static inline void finish(struct mlx5_sq *sq, int segs)
{
	struct mlx5_batch *batch = &sq->batch;
	uint64_t ctrl = batch->ctrl + segs;

	mlx5_finish_wqe(sq, sq->last, batch->sent, ctrl, (uint8_t)ctrl);
	batch->pending &= MLX5_PENDING_ADDRESS;
}

/* The request that is open has got all it will get. */
static inline void close_request(struct mlx5_sq *sq)
{
	struct mlx5_batch *batch = &sq->batch;

	if (batch->pending & MLX5_PENDING_DATA)
		finish(sq, 0);
	if (batch->pending &
	    (MLX5_PENDING_ADDRESS | MLX5_PENDING_SETTERS | MLX5_PENDING_HEADER))
		fail(batch, EINVAL);
}

/* Can a request be built at once? */
static inline bool is_ready(const struct mlx5_sq *sq)
{
	return likely(!sq->batch.pending && !mlx5_sq_full(sq));
}

/* If not: can it now? Else ibv_wr_complete() will say why. */
static NEVER_INLINE bool make_ready(struct mlx5_sq *sq)
{
	struct mlx5_batch *batch = &sq->batch;

	close_request(sq);
	if (mlx5_sq_full(sq) && !mlx5_pass_fence(sq))
		fail(batch, ENOMEM);
	return !(batch->pending & MLX5_PENDING_FAILED);
}

bool mlx5_wr_ready(struct mlx5_sq *sq)
{
	return is_ready(sq) || make_ready(sq);
}

void mlx5_wr_fail(struct mlx5_sq *sq, int err)
{
	fail(&sq->batch, err);
}

/* What kinds of requests differ in. */
struct request {
	uint8_t opcode; /* PRM_OP_* */
	uint8_t wc_opcode; /* enum ibv_wc_opcode */
	uint8_t own_segs; /* segments between address and data */
	uint8_t pending; /* enum mlx5_pending: what is known of its data */
};

/* The address comes later, and its place is before all else. */
static inline void *skip_address(struct mlx5_sq *sq, uint8_t *seg)
{
	struct mlx5_batch *batch = &sq->batch;

	batch->pending |= MLX5_PENDING_ADDRESS;
	batch->address = seg;
	batch->ctrl += sq->address_len / PRM_SEG_SIZE;
	seg += sq->address_len;
	return seg == sq->end ? sq->buf : seg;
}

/* When all is ready. Returns where the request's own segments go. */
static ALWAYS_INLINE void *begin(struct ibv_qp_ex *qp_ex,
				 const struct request *req, __be32 imm)
{
	struct mlx5_sq *sq = to_sq(qp_ex);
	struct mlx5_batch *batch = &sq->batch;
	struct prm_ctrl_seg *ctrl = mlx5_block_at(sq, sq->cur_block);
	void *seg = ctrl + 1;

	mlx5_begin_wqe(sq, ctrl, qp_ex->wr_flags, imm);
	batch->sent = mlx5_remember(sq, qp_ex->wr_id, req->wc_opcode);
	batch->ctrl = mlx5_first_half(sq, req->opcode) + 1 + req->own_segs;
	batch->pending = MLX5_PENDING_DATA | req->pending;
	if (unlikely(sq->address_len))
		seg = skip_address(sq, seg);
	batch->seg = (uint8_t *)seg + req->own_segs * PRM_SEG_SIZE;
	return seg;
}

/* --------------------------------------------------------------- the batch */

static ALWAYS_INLINE void start(struct mlx5_sq *sq)
{
	sq->batch.pending = 0;
	sq->batch.block = sq->cur_block;
}

/*
 * What waits or calls is apart from what does not, here and below, as it would
 * have the usual way save registers.
 */
static NEVER_INLINE void start_waiting(struct mlx5_sq *sq)
{
	mlx5_lock_wait(&sq->lock);
	start(sq);
}

static NEVER_INLINE int complete_unusual(struct mlx5_sq *sq, bool locked)
{
	struct mlx5_batch *batch = &sq->batch;
	int err = 0;

	close_request(sq);
	if (batch->pending & MLX5_PENDING_FAILED) {
		sq->cur_block = batch->block;
		err = batch->err;
	}
	if (sq->cur_block != batch->block)
		mlx5_ring_send(sq, batch->block);
	if (locked)
		mlx5_unlock(&sq->lock);
	return err ? verbs_err(err) : 0;
}

static ALWAYS_INLINE int complete(struct mlx5_sq *sq, bool locked)
{
	if (unlikely(sq->batch.pending || sq->bfreg->buf_size ||
		     sq->cur_block == sq->batch.block))
		return complete_unusual(sq, locked);
	mlx5_ring_plain(sq);
	if (locked)
		mlx5_unlock(&sq->lock);
	return 0;
}

static ALWAYS_INLINE void drop(struct mlx5_sq *sq, bool locked)
{
	sq->cur_block = sq->batch.block;
	if (locked)
		mlx5_unlock(&sq->lock);
}

static void wr_start(struct ibv_qp_ex *qp_ex)
{
	struct mlx5_sq *sq = to_sq(qp_ex);

	if (likely(mlx5_try_lock(&sq->lock)))
		start(sq);
	else
		start_waiting(sq);
}

static void wr_start_unlocked(struct ibv_qp_ex *qp_ex)
{
	start(to_sq(qp_ex));
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

static const struct request send_req = {
	.opcode = PRM_OP_SEND,
	.wc_opcode = IBV_WC_SEND,
};

static const struct request send_imm = {
	.opcode = PRM_OP_SEND_IMM,
	.wc_opcode = IBV_WC_SEND,
};

static const struct request send_inv = {
	.opcode = PRM_OP_SEND_INVAL,
	.wc_opcode = IBV_WC_SEND,
};

static const struct request write_req = {
	.opcode = PRM_OP_RDMA_WRITE,
	.wc_opcode = IBV_WC_RDMA_WRITE,
	.own_segs = 1,
};

static const struct request write_imm = {
	.opcode = PRM_OP_RDMA_WRITE_IMM,
	.wc_opcode = IBV_WC_RDMA_WRITE,
	.own_segs = 1,
};

static const struct request read_req = {
	.opcode = PRM_OP_RDMA_READ,
	.wc_opcode = IBV_WC_RDMA_READ,
	.own_segs = 1,
	.pending = MLX5_PENDING_NOT_INLINE,
};

static const struct request cmp_swp = {
	.opcode = PRM_OP_ATOMIC_CS,
	.wc_opcode = IBV_WC_COMP_SWAP,
	.own_segs = 2,
	.pending = MLX5_PENDING_NOT_INLINE | MLX5_PENDING_ATOMIC,
};

static const struct request fetch_add = {
	.opcode = PRM_OP_ATOMIC_FA,
	.wc_opcode = IBV_WC_FETCH_ADD,
	.own_segs = 2,
	.pending = MLX5_PENDING_NOT_INLINE | MLX5_PENDING_ATOMIC,
};

static NEVER_INLINE void send_unready(struct ibv_qp_ex *qp_ex,
				      const struct request *req, __be32 imm)
{
	if (make_ready(to_sq(qp_ex)))
		begin(qp_ex, req, imm);
}

static ALWAYS_INLINE void send(struct ibv_qp_ex *qp_ex,
			       const struct request *req, __be32 imm)
{
	if (is_ready(to_sq(qp_ex)))
		begin(qp_ex, req, imm);
	else
		send_unready(qp_ex, req, imm);
}

static void wr_send(struct ibv_qp_ex *qp_ex)
{
	send(qp_ex, &send_req, 0);
}

static void wr_send_imm(struct ibv_qp_ex *qp_ex, __be32 imm_data)
{
	send(qp_ex, &send_imm, imm_data);
}

static void wr_send_inv(struct ibv_qp_ex *qp_ex, uint32_t invalidate_rkey)
{
	send(qp_ex, &send_inv, htobe32(invalidate_rkey));
}

static NEVER_INLINE void rdma_unready(struct ibv_qp_ex *qp_ex,
				      const struct request *req, uint32_t rkey,
				      uint64_t remote_addr, __be32 imm)
{
	if (make_ready(to_sq(qp_ex)))
		mlx5_put_raddr(begin(qp_ex, req, imm), remote_addr, rkey);
}

static ALWAYS_INLINE void rdma(struct ibv_qp_ex *qp_ex,
			       const struct request *req, uint32_t rkey,
			       uint64_t remote_addr, __be32 imm)
{
	if (is_ready(to_sq(qp_ex)))
		mlx5_put_raddr(begin(qp_ex, req, imm), remote_addr, rkey);
	else
		rdma_unready(qp_ex, req, rkey, remote_addr, imm);
}

static void wr_rdma_write(struct ibv_qp_ex *qp_ex, uint32_t rkey,
			  uint64_t remote_addr)
{
	rdma(qp_ex, &write_req, rkey, remote_addr, 0);
}

static void wr_rdma_write_imm(struct ibv_qp_ex *qp_ex, uint32_t rkey,
			      uint64_t remote_addr, __be32 imm_data)
{
	rdma(qp_ex, &write_imm, rkey, remote_addr, imm_data);
}

static void wr_rdma_read(struct ibv_qp_ex *qp_ex, uint32_t rkey,
			 uint64_t remote_addr)
{
	rdma(qp_ex, &read_req, rkey, remote_addr, 0);
}

static void put_atomic(struct ibv_qp_ex *qp_ex, const struct request *req,
		       uint32_t rkey, uint64_t remote_addr, uint64_t swap_add,
		       uint64_t compare)
{
	struct mlx5_sq *sq = to_sq(qp_ex);
	void *seg;

	if (!is_ready(sq) && !make_ready(sq))
		return;
	seg = mlx5_put_raddr(begin(qp_ex, req, 0), remote_addr, rkey);
	mlx5_put_atomic(seg, swap_add, compare);
}

static void wr_atomic_cmp_swp(struct ibv_qp_ex *qp_ex, uint32_t rkey,
			      uint64_t remote_addr, uint64_t compare,
			      uint64_t swap)
{
	put_atomic(qp_ex, &cmp_swp, rkey, remote_addr, swap, compare);
}

static void wr_atomic_fetch_add(struct ibv_qp_ex *qp_ex, uint32_t rkey,
				uint64_t remote_addr, uint64_t add)
{
	put_atomic(qp_ex, &fetch_add, rkey, remote_addr, add, 0);
}

/* Those that are about a memory key are complete when they are begun. */

static void wr_local_inv(struct ibv_qp_ex *qp_ex, uint32_t invalidate_rkey)
{
	struct mlx5_sq *sq = to_sq(qp_ex);
	int err;

	if (!is_ready(sq) && !make_ready(sq))
		return;
	err = mlx5_put_local_inv(sq, qp_ex->wr_id, qp_ex->wr_flags,
				 invalidate_rkey);
	if (err)
		fail(&sq->batch, err);
}

static int put_bind(struct mlx5_sq *sq, const struct ibv_qp_ex *qp_ex,
		    const struct ibv_mw *mw, uint32_t rkey,
		    const struct ibv_mw_bind_info *info)
{
	if (mw->type != IBV_MW_TYPE_2)
		return EINVAL;
	return mlx5_put_bind(sq, qp_ex->wr_id, qp_ex->wr_flags, mw, rkey, info);
}

static void wr_bind_mw(struct ibv_qp_ex *qp_ex, struct ibv_mw *mw,
		       uint32_t rkey, const struct ibv_mw_bind_info *info)
{
	struct mlx5_sq *sq = to_sq(qp_ex);
	int err;

	if (!is_ready(sq) && !make_ready(sq))
		return;
	err = put_bind(sq, qp_ex, mw, rkey, info);
	if (err)
		fail(&sq->batch, err);
}

/* ---------------------------------------------------------------- addresses */

/* They may come before or after the data: their place is in the first block. */
static void *take_address(struct mlx5_sq *sq)
{
	struct mlx5_batch *batch = &sq->batch;

	if (unlikely(!(batch->pending & MLX5_PENDING_ADDRESS))) {
		fail(batch, EINVAL); /* without a request, or twice */
		return NULL;
	}
	batch->pending &= ~MLX5_PENDING_ADDRESS;
	return batch->address;
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

/*
 * A request of the program's own making: only its place in the queue is filled
 * in. It need not be of a size that the ring was made for.
 */
static void put_raw(struct mlx5_sq *sq, uint64_t wr_id, const uint8_t *wqe,
		    uint32_t ds)
{
	struct prm_ctrl_seg *ctrl = mlx5_block_at(sq, sq->cur_block);
	struct prm_ctrl_seg own;
	uint64_t first_half;

	memcpy(&own, wqe, sizeof(own));
	first_half = (uint64_t)(be32toh(own.idx_opcode) & 0xff0000ff) << 32 |
		     (uint64_t)(sq->cur_block & 0xffff) << 40 |
		     be32toh(own.qpn_ds);
	sq->last = ctrl;
	mlx5_ring_copy(sq, (uint8_t *)ctrl, wqe, (size_t)ds * PRM_SEG_SIZE);
	mlx5_finish_wqe(sq, ctrl, mlx5_remember(sq, wr_id, MLX5DV_WC_RAW_WQE),
			first_half, ds);
}

static void wr_raw_wqe(struct mlx5dv_qp_ex *dv_ex, const void *wqe)
{
	struct mlx5_qp *qp = verbs_container_of(dv_ex, struct mlx5_qp, dv_ex);
	uint32_t ds = ((const uint8_t *)wqe)[7] & PRM_MAX_DS;
	struct mlx5_sq *sq = &qp->sq;
	uint32_t blocks = (ds + PRM_SEGS_PER_BLOCK - 1) / PRM_SEGS_PER_BLOCK;

	if (!mlx5_wr_ready(sq))
		return;
	if (!ds)
		fail(&sq->batch, EINVAL);
	else if (!mlx5_has_room(sq, blocks))
		fail(&sq->batch, ENOMEM);
	else
		put_raw(sq, qp->vqp.qp_ex.wr_id, wqe, ds);
}

/* --------------------------------------------------------------------- data */

/* segs: how many the data took, or -1. */
static inline void take_data(struct mlx5_sq *sq, int segs)
{
	if (likely(segs >= 0))
		finish(sq, segs);
	else
		fail(&sq->batch, EINVAL);
}

/* Is a request open that takes data, but none of these kinds? */
static inline bool takes(const struct mlx5_sq *sq, unsigned int but)
{
	return (sq->batch.pending & (MLX5_PENDING_DATA | but)) ==
	       MLX5_PENDING_DATA;
}

static int put_sges(const struct mlx5_sq *sq, const struct ibv_sge *sge,
		    size_t num_sge)
{
	uint32_t cut = sq->batch.pending & MLX5_PENDING_ATOMIC
			       ? PRM_ATOMIC_LEN
			       : PRM_MAX_DATA_LEN;

	if (unlikely(!takes(sq, 0) || num_sge > sq->max_sge))
		return -1;
	return mlx5_put_sges(sq, sq->batch.seg, sge, num_sge, sq->max_sge, cut);
}

static void wr_set_sge_list(struct ibv_qp_ex *qp_ex, size_t num_sge,
			    const struct ibv_sge *sg_list)
{
	struct mlx5_sq *sq = to_sq(qp_ex);

	take_data(sq, put_sges(sq, sg_list, num_sge));
}

static NEVER_INLINE void set_unusual_sge(struct ibv_qp_ex *qp_ex, uint32_t lkey,
					 uint64_t addr, uint32_t length)
{
	const struct ibv_sge sge = {
		.addr = addr,
		.length = length,
		.lkey = lkey,
	};

	wr_set_sge_list(qp_ex, 1, &sge);
}

static void wr_set_sge(struct ibv_qp_ex *qp_ex, uint32_t lkey, uint64_t addr,
		       uint32_t length)
{
	struct mlx5_sq *sq = to_sq(qp_ex);

	if (unlikely(!takes(sq, MLX5_PENDING_ATOMIC) ||
		     !mlx5_data_len_ok(length))) {
		set_unusual_sge(qp_ex, lkey, addr, length);
		return;
	}
	mlx5_put_one_sge(sq, sq->batch.seg, addr, lkey, length);
	finish(sq, 1);
}

/* Returns the number of segments, or -1. */
static int put_bufs(const struct mlx5_sq *sq, const struct ibv_data_buf *bufs,
		    size_t num_buf)
{
	struct mlx5_inline data;
	size_t i;

	if (unlikely(!takes(sq, MLX5_PENDING_NOT_INLINE)))
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

static NEVER_INLINE void set_unusual_inline(struct ibv_qp_ex *qp_ex, void *addr,
					    size_t length)
{
	const struct ibv_data_buf buf = { .addr = addr, .length = length };

	wr_set_inline_data_list(qp_ex, 1, &buf);
}

static void wr_set_inline_data(struct ibv_qp_ex *qp_ex, void *addr,
			       size_t length)
{
	struct mlx5_sq *sq = to_sq(qp_ex);
	void *seg = sq->batch.seg;

	if (unlikely(!takes(sq, MLX5_PENDING_NOT_INLINE) ||
		     !mlx5_is_small_inline(sq, seg, length))) {
		set_unusual_inline(qp_ex, addr, length);
		return;
	}
	finish(sq, mlx5_put_small_inline(seg, addr, length));
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
	case IBV_QPT_RAW_PACKET:
		return IBV_QP_EX_WITH_SEND | IBV_QP_EX_WITH_TSO;
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
	mlx5_part_opcodes(&qp->sq, attr->send_ops_flags);
	set_batch(qp_ex, single_threaded);
	if (attr->qp_type == IBV_QPT_RAW_PACKET) {
		mlx5_set_packet_calls(qp_ex);
		return 0;
	}
	set_requests(qp_ex);
	set_setters(qp_ex);
	return 0;
}

/* What is not here no queue pair is made for: see mlx5dv_create_qp(). */
void mlx5_set_dv_ops(struct mlx5_qp *qp)
{
	qp->dv_ex.wr_set_dc_addr = wr_set_dc_addr;
	qp->dv_ex.wr_set_dc_addr_stream = wr_set_dc_addr_stream;
	qp->dv_ex.wr_raw_wqe = wr_raw_wqe;
}
