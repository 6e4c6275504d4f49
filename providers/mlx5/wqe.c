/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Posting: work requests become WQEs in the ring, the doorbell record tells
 * how far the ring is filled, and for sends a store to the doorbell register
 * tells the device to look. A receive needs no register.
 */
#include <errno.h>

#include "wqe.h"

enum wr_flags {
	WR_RADDR = 1 << 0,
	WR_ATOMIC = 1 << 1,
	WR_IMM = 1 << 2,
	WR_INLINE = 1 << 3, /* IBV_SEND_INLINE is allowed */
};

struct wr_type {
	uint8_t opcode;
	uint8_t flags;
	uint8_t wc_opcode;
};

/* By enum ibv_wr_opcode; no PRM opcode is 0. */
static const struct wr_type wr_types[] = {
	[IBV_WR_RDMA_WRITE] = { PRM_OP_RDMA_WRITE, WR_RADDR | WR_INLINE,
				IBV_WC_RDMA_WRITE },
	[IBV_WR_RDMA_WRITE_WITH_IMM] = { PRM_OP_RDMA_WRITE_IMM,
					 WR_RADDR | WR_INLINE | WR_IMM,
					 IBV_WC_RDMA_WRITE },
	[IBV_WR_SEND] = { PRM_OP_SEND, WR_INLINE, IBV_WC_SEND },
	[IBV_WR_SEND_WITH_IMM] = { PRM_OP_SEND_IMM, WR_INLINE | WR_IMM,
				   IBV_WC_SEND },
	[IBV_WR_RDMA_READ] = { PRM_OP_RDMA_READ, WR_RADDR, IBV_WC_RDMA_READ },
	[IBV_WR_ATOMIC_CMP_AND_SWP] = { PRM_OP_ATOMIC_CS, WR_ATOMIC,
					IBV_WC_COMP_SWAP },
	[IBV_WR_ATOMIC_FETCH_AND_ADD] = { PRM_OP_ATOMIC_FA, WR_ATOMIC,
					  IBV_WC_FETCH_ADD },
};

static inline const struct wr_type *type_of(unsigned int opcode)
{
	if (unlikely(opcode >= sizeof(wr_types) / sizeof(wr_types[0]) ||
		     !wr_types[opcode].opcode))
		return NULL;
	return &wr_types[opcode];
}

static void *put_remote_atomic(void *seg, const struct ibv_send_wr *wr)
{
	seg = mlx5_put_raddr(seg, wr->wr.atomic.remote_addr,
			     wr->wr.atomic.rkey);
	if (wr->opcode == IBV_WR_ATOMIC_CMP_AND_SWP)
		return mlx5_put_atomic(seg, wr->wr.atomic.swap,
				       wr->wr.atomic.compare_add);
	return mlx5_put_atomic(seg, wr->wr.atomic.compare_add, 0);
}

/*
 * Returns the number of segments, or -1 for a list that cannot be encoded.
 * cut is the most that a segment may announce.
 */
static int put_sge_list(const struct mlx5_sq *sq, void *seg,
			const struct ibv_send_wr *wr, uint32_t max_sge,
			uint32_t cut)
{
	uint32_t num_sge = wr->num_sge;
	uint32_t i;
	int n = 0;

	if (unlikely(num_sge > max_sge))
		return -1;
	for (i = 0; i < num_sge; i++) {
		const struct ibv_sge *sge = &wr->sg_list[i];
		uint32_t len = sge->length;

		if (unlikely(!mlx5_data_len_ok(len))) {
			if (len)
				return -1;
			continue;
		}
		if (unlikely(seg == sq->end))
			seg = sq->buf;
		seg = mlx5_put_data(seg, sge, len < cut ? len : cut);
		n++;
	}
	return n;
}

/* An inline segment while its data arrives piece by piece. */
struct inline_seg {
	void *seg;
	uint8_t *dst;
	uint32_t len;
};

static inline void start_inline(struct inline_seg *data, void *seg)
{
	data->seg = seg;
	data->dst = (uint8_t *)seg + sizeof(__be32);
	data->len = 0;
}

/* False if the piece does not fit any more. */
static inline bool add_inline(const struct mlx5_sq *sq, struct inline_seg *data,
			      const void *addr, size_t len)
{
	if (unlikely(len > sq->max_inline - data->len))
		return false;
	data->dst = mlx5_ring_copy(sq, data->dst, addr, len);
	data->len += len;
	return true;
}

/* Returns the number of segments' worth of space; 0 without any data. */
static inline int finish_inline(const struct inline_seg *data)
{
	if (!data->len)
		return 0;
	*(__be32 *)data->seg = htobe32(PRM_INLINE_SEG | data->len);
	return (sizeof(__be32) + data->len + PRM_SEG_SIZE - 1) / PRM_SEG_SIZE;
}

/* As put_sge_list(), for one inline segment with all the data. */
static int put_inline(const struct mlx5_sq *sq, void *seg,
		      const struct ibv_send_wr *wr)
{
	struct inline_seg data;
	int i;

	start_inline(&data, seg);
	for (i = 0; i < wr->num_sge; i++)
		if (!add_inline(sq, &data,
				(void *)(uintptr_t)wr->sg_list[i].addr,
				wr->sg_list[i].length))
			return -1;
	return finish_inline(&data);
}

/* Likewise, from buffers of the process. */
static int put_inline_bufs(const struct mlx5_sq *sq, void *seg,
			   const struct ibv_data_buf *bufs, size_t num_buf)
{
	struct inline_seg data;
	size_t i;

	start_inline(&data, seg);
	for (i = 0; i < num_buf; i++)
		if (!add_inline(sq, &data, bufs[i].addr, bufs[i].length))
			return -1;
	return finish_inline(&data);
}

static void put_ctrl(struct mlx5_sq *sq, struct prm_ctrl_seg *ctrl,
		     const struct wr_type *type, const struct ibv_send_wr *wr,
		     uint32_t ds)
{
	ctrl->idx_opcode =
		htobe32((sq->cur_block & 0xffff) << 8 | type->opcode);
	ctrl->qpn_ds = sq->qpn | htobe32(ds);
	ctrl->fm_ce_se = sq->fm_ce_se[wr->send_flags & 7];
	ctrl->imm = type->flags & WR_IMM ? wr->imm_data : 0;
	memcpy(&sq->doorbell, ctrl, sizeof(sq->doorbell));
}

/* Acquire: the completion has been read before its slot is reused. */
static inline bool sq_full(const struct mlx5_sq *sq)
{
	uint32_t tail = __atomic_load_n(&sq->tail, __ATOMIC_ACQUIRE);

	return sq->head - tail >= sq->limit;
}

static void remember(struct mlx5_sq *sq, const struct wr_type *type,
		     const struct ibv_send_wr *wr, uint32_t ds)
{
	struct mlx5_sent *sent = &sq->sent[sq->cur_block & sq->block_mask];

	sent->wr_id = wr->wr_id;
	sent->head = ++sq->head;
	sent->wc_opcode = type->wc_opcode;
	sq->cur_block += (ds + PRM_SEGS_PER_BLOCK - 1) / PRM_SEGS_PER_BLOCK;
}

/* A WQE on its way, before its data. */
struct started {
	const struct wr_type *type;
	struct prm_ctrl_seg *ctrl;
	void *seg; /* of the data */
	uint32_t max_sge;
	uint32_t cut; /* the most that a data segment may announce */
};

static inline int start_wqe(struct mlx5_sq *sq, const struct ibv_send_wr *wr,
			    struct started *wqe)
{
	wqe->type = type_of(wr->opcode);
	if (unlikely(!wqe->type))
		return EINVAL;
	if (unlikely(sq_full(sq)))
		return ENOMEM;
	wqe->max_sge = sq->max_sge;
	wqe->cut = PRM_MAX_DATA_LEN;
	wqe->ctrl =
		(void *)(sq->buf + (size_t)(sq->cur_block & sq->block_mask) *
					   PRM_BLOCK_SIZE);
	wqe->seg = wqe->ctrl + 1;
	if (wqe->type->flags & WR_RADDR) {
		wqe->seg = mlx5_put_raddr(wqe->seg, wr->wr.rdma.remote_addr,
					  wr->wr.rdma.rkey);
	} else if (wqe->type->flags & WR_ATOMIC) {
		wqe->seg = put_remote_atomic(wqe->seg, wr);
		wqe->max_sge--; /* its own segment takes the place */
		wqe->cut = PRM_ATOMIC_LEN;
	}
	return 0;
}

/* n: what the data took, in segments. */
static inline void finish_wqe(struct mlx5_sq *sq, const struct ibv_send_wr *wr,
			      const struct started *wqe, int n)
{
	uint32_t ds = ((char *)wqe->seg - (char *)wqe->ctrl) / PRM_SEG_SIZE + n;

	put_ctrl(sq, wqe->ctrl, wqe->type, wr, ds);
	remember(sq, wqe->type, wr, ds);
}

int mlx5_build_send(struct mlx5_sq *sq, const struct ibv_send_wr *wr)
{
	struct started wqe;
	int err, n;

	err = start_wqe(sq, wr, &wqe);
	if (unlikely(err))
		return err;
	if (!(wr->send_flags & IBV_SEND_INLINE))
		n = put_sge_list(sq, wqe.seg, wr, wqe.max_sge, wqe.cut);
	else if (likely(wqe.type->flags & WR_INLINE))
		n = put_inline(sq, wqe.seg, wr);
	else
		return EINVAL;
	if (unlikely(n < 0))
		return EINVAL;
	finish_wqe(sq, wr, &wqe, n);
	return 0;
}

int mlx5_build_send_bufs(struct mlx5_sq *sq, const struct ibv_send_wr *wr,
			 const struct ibv_data_buf *bufs, size_t num_buf)
{
	struct started wqe;
	int err, n;

	err = start_wqe(sq, wr, &wqe);
	if (unlikely(err))
		return err;
	if (unlikely(!(wqe.type->flags & WR_INLINE)))
		return EINVAL;
	n = put_inline_bufs(sq, wqe.seg, bufs, num_buf);
	if (unlikely(n < 0))
		return EINVAL;
	finish_wqe(sq, wr, &wqe, n);
	return 0;
}

void mlx5_ring_send(struct mlx5_sq *sq)
{
	dma_store_barrier();
	store_dbrec(sq->dbrec, htobe32(sq->cur_block & 0xffff));
	ring_doorbell(sq->reg, sq->doorbell);
}

int mlx5_post_send(struct ibv_qp *ibqp, struct ibv_send_wr *wr,
		   struct ibv_send_wr **bad_wr)
{
	struct mlx5_sq *sq = &to_mqp(ibqp)->sq;
	uint32_t first;
	int err = 0;

	mlx5_lock(&sq->lock);
	first = sq->head;
	for (; wr; wr = wr->next) {
		err = mlx5_build_send(sq, wr);
		if (unlikely(err)) {
			*bad_wr = wr;
			break;
		}
	}
	if (likely(sq->head != first))
		mlx5_ring_send(sq);
	mlx5_unlock(&sq->lock);
	return unlikely(err) ? verbs_err(err) : 0;
}

static inline bool rq_full(const struct mlx5_rq *rq)
{
	uint32_t tail = __atomic_load_n(&rq->tail, __ATOMIC_ACQUIRE);

	return rq->head - tail >= rq->max_post;
}

/* Returns 0 or an errno value; the ring is unchanged after an error. */
static int build_recv(struct mlx5_rq *rq, const struct ibv_recv_wr *wr)
{
	uint32_t slot = rq->head & rq->mask;
	uint32_t num_sge = wr->num_sge;
	uint32_t n = 0;
	uint32_t i;
	void *seg;

	if (unlikely(rq_full(rq)))
		return ENOMEM;
	if (unlikely(num_sge > rq->max_sge))
		return EINVAL;
	seg = rq->buf + ((size_t)slot << rq->stride_shift);
	for (i = 0; i < num_sge; i++) {
		const struct ibv_sge *sge = &wr->sg_list[i];

		if (unlikely(!mlx5_data_len_ok(sge->length))) {
			if (sge->length)
				return EINVAL;
			continue;
		}
		seg = mlx5_put_data(seg, sge, sge->length);
		n++;
	}
	if (n < rq->max_sge)
		mlx5_put_data_end(seg);
	rq->wr_id[slot] = wr->wr_id;
	rq->head++;
	return 0;
}

int mlx5_post_recv(struct ibv_qp *ibqp, struct ibv_recv_wr *wr,
		   struct ibv_recv_wr **bad_wr)
{
	struct mlx5_rq *rq = &to_mqp(ibqp)->rq;
	uint32_t first;
	int err = 0;

	mlx5_lock(&rq->lock);
	first = rq->head;
	for (; wr; wr = wr->next) {
		err = build_recv(rq, wr);
		if (unlikely(err)) {
			*bad_wr = wr;
			break;
		}
	}
	if (likely(rq->head != first)) {
		dma_store_barrier();
		store_dbrec(rq->dbrec, htobe32(rq->head & 0xffff));
	}
	mlx5_unlock(&rq->lock);
	return unlikely(err) ? verbs_err(err) : 0;
}
