/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * ibv_post_send(): work requests become WQEs in the ring, the doorbell record
 * tells how far the ring is filled, and a store to the doorbell register tells
 * the device to look.
 *
 * One function does it for all; it is compiled once for each kind of queue
 * pair, with and without lock, so that a post asks nothing that was known when
 * the queue pair was made.
 */
#include <errno.h>

#include "doorbell.h"
#include "mw.h"
#include "packet.h"

enum transport {
	CONNECTED, /* RC and UC: no address */
	DATAGRAM,
	XRC,
};

/* Numbers above 31 alias here, and are refused where opcodes part. */
static inline bool is_allowed(const struct mlx5_sq *sq, unsigned int opcode)
{
	return sq->opcodes >> (opcode & 31) & 1;
}

/* Not announced when the QP was made, and yet allowed: as by the stock one. */
static NEVER_INLINE int check_larger(const struct mlx5_sq *sq,
				     unsigned int opcode)
{
	if (opcode > 31 || !(sq->larger_opcodes & 1u << opcode))
		return EINVAL;
	return mlx5_has_room(sq, sq->larger_blocks) ? 0 : ENOMEM;
}

static ALWAYS_INLINE void *put_address(void *seg, const struct ibv_send_wr *wr,
				       enum transport transport)
{
	switch (transport) {
	case DATAGRAM:
		return mlx5_put_av(seg, to_mah(wr->wr.ud.ah),
				   wr->wr.ud.remote_qpn, wr->wr.ud.remote_qkey);
	case XRC:
		return mlx5_put_xrc(seg, wr->qp_type.xrc.remote_srqn);
	default:
		return seg;
	}
}

/* All data in one inline segment. Returns its size in segments, or -1. */
static NEVER_INLINE int put_inline_list(const struct mlx5_sq *sq, void *seg,
					const struct ibv_send_wr *wr)
{
	struct mlx5_inline data = mlx5_start_inline(sq, seg);
	int i;

	for (i = 0; i < wr->num_sge; i++)
		if (!mlx5_add_inline(sq, &data,
				     (void *)(uintptr_t)wr->sg_list[i].addr,
				     wr->sg_list[i].length))
			return -1;
	return mlx5_finish_inline(&data);
}

/* Likewise. */
static NEVER_INLINE int put_inline(const struct mlx5_sq *sq, void *seg,
				   const struct ibv_send_wr *wr)
{
	const struct ibv_sge *sge = wr->sg_list;

	if (likely(wr->num_sge == 1 &&
		   mlx5_is_small_inline(sq, seg, sge->length)))
		return mlx5_put_small_inline(seg, (void *)(uintptr_t)sge->addr,
					     sge->length);
	return put_inline_list(sq, seg, wr);
}

static ALWAYS_INLINE void finish(struct mlx5_sq *sq,
				 const struct ibv_send_wr *wr,
				 struct prm_ctrl_seg *ctrl, uint8_t opcode,
				 uint32_t wc_opcode, uint32_t ds, __be32 imm)
{
	mlx5_begin_wqe(sq, ctrl, wr->send_flags, imm);
	mlx5_finish_wqe(sq, ctrl, mlx5_remember(sq, wr->wr_id, wc_opcode),
			mlx5_first_half(sq, opcode) + ds, ds);
}

static NEVER_INLINE int build_read(struct mlx5_sq *sq,
				   const struct ibv_send_wr *wr,
				   struct prm_ctrl_seg *ctrl, void *seg)
{
	int n;

	if (unlikely(wr->send_flags & IBV_SEND_INLINE))
		return EINVAL;
	seg = mlx5_put_raddr(seg, wr->wr.rdma.remote_addr, wr->wr.rdma.rkey);
	n = mlx5_put_sges(sq, seg, wr->sg_list, wr->num_sge, sq->max_sge,
			  PRM_MAX_DATA_LEN);
	if (unlikely(n < 0))
		return EINVAL;
	finish(sq, wr, ctrl, PRM_OP_RDMA_READ, IBV_WC_RDMA_READ,
	       mlx5_segs_before(ctrl, seg) + n, 0);
	return 0;
}

static NEVER_INLINE int build_atomic(struct mlx5_sq *sq,
				     const struct ibv_send_wr *wr,
				     struct prm_ctrl_seg *ctrl, void *seg)
{
	bool swap = wr->opcode == IBV_WR_ATOMIC_CMP_AND_SWP;
	int n;

	if (unlikely(wr->send_flags & IBV_SEND_INLINE))
		return EINVAL;
	seg = mlx5_put_raddr(seg, wr->wr.atomic.remote_addr,
			     wr->wr.atomic.rkey);
	if (swap)
		seg = mlx5_put_atomic(seg, wr->wr.atomic.swap,
				      wr->wr.atomic.compare_add);
	else
		seg = mlx5_put_atomic(seg, wr->wr.atomic.compare_add, 0);
	n = mlx5_put_sges(sq, seg, wr->sg_list, wr->num_sge, sq->max_sge,
			  PRM_ATOMIC_LEN);
	if (unlikely(n < 0))
		return EINVAL;
	finish(sq, wr, ctrl, swap ? PRM_OP_ATOMIC_CS : PRM_OP_ATOMIC_FA,
	       swap ? IBV_WC_COMP_SWAP : IBV_WC_FETCH_ADD,
	       mlx5_segs_before(ctrl, seg) + n, 0);
	return 0;
}

/*
 * A request that takes data along. All but wr is known when this is compiled:
 * where the data begins, too, and with one SGE, as usual, the size.
 */
static ALWAYS_INLINE int build_data(struct mlx5_sq *sq,
				    const struct ibv_send_wr *wr,
				    struct prm_ctrl_seg *ctrl, void *seg,
				    uint8_t opcode, uint32_t wc_opcode,
				    __be32 imm)
{
	uint32_t before = mlx5_segs_before(ctrl, seg);
	int n;

	if (wr->send_flags & IBV_SEND_INLINE) {
		n = put_inline(sq, seg, wr);
	} else if (likely(mlx5_is_one_sge(wr->sg_list, wr->num_sge))) {
		mlx5_put_one_sge(sq, seg, wr->sg_list->addr, wr->sg_list->lkey,
				 wr->sg_list->length);
		finish(sq, wr, ctrl, opcode, wc_opcode, before + 1, imm);
		return 0;
	} else {
		n = mlx5_put_sges(sq, seg, wr->sg_list, wr->num_sge,
				  sq->max_sge, PRM_MAX_DATA_LEN);
	}
	if (unlikely(n < 0))
		return EINVAL;
	finish(sq, wr, ctrl, opcode, wc_opcode, before + n, imm);
	return 0;
}

static ALWAYS_INLINE int build_write(struct mlx5_sq *sq,
				     const struct ibv_send_wr *wr,
				     struct prm_ctrl_seg *ctrl, void *seg,
				     uint8_t opcode, __be32 imm)
{
	seg = mlx5_put_raddr(seg, wr->wr.rdma.remote_addr, wr->wr.rdma.rkey);
	return build_data(sq, wr, ctrl, seg, opcode, IBV_WC_RDMA_WRITE, imm);
}

/* A request that is about a memory key. */
static NEVER_INLINE int build_key(struct mlx5_sq *sq,
				  const struct ibv_send_wr *wr)
{
	if (wr->opcode == IBV_WR_LOCAL_INV)
		return mlx5_put_local_inv(sq, wr->wr_id, wr->send_flags,
					  wr->invalidate_rkey);
	if (unlikely(wr->bind_mw.mw->type != IBV_MW_TYPE_2))
		return EINVAL;
	return mlx5_put_bind(sq, wr->wr_id, wr->send_flags, wr->bind_mw.mw,
			     wr->bind_mw.rkey, &wr->bind_mw.bind_info);
}

/*
 * The WQE of one request behind those already there. Returns 0 or an errno
 * value; the ring is unchanged after an error.
 */
static ALWAYS_INLINE int build(struct mlx5_sq *sq, const struct ibv_send_wr *wr,
			       enum transport transport)
{
	struct prm_ctrl_seg *ctrl;
	void *seg;
	int err;

	if (unlikely(!is_allowed(sq, wr->opcode))) {
		err = check_larger(sq, wr->opcode);
		if (err)
			return err;
	}
	if (unlikely(mlx5_sq_full(sq)) && !mlx5_pass_fence(sq))
		return ENOMEM;
	ctrl = mlx5_block_at(sq, sq->cur_block);
	seg = put_address(ctrl + 1, wr, transport);
	switch (wr->opcode) {
	case IBV_WR_SEND:
		return build_data(sq, wr, ctrl, seg, PRM_OP_SEND, IBV_WC_SEND,
				  0);
	case IBV_WR_SEND_WITH_IMM:
		return build_data(sq, wr, ctrl, seg, PRM_OP_SEND_IMM,
				  IBV_WC_SEND, wr->imm_data);
	case IBV_WR_SEND_WITH_INV:
		return build_data(sq, wr, ctrl, seg, PRM_OP_SEND_INVAL,
				  IBV_WC_SEND, htobe32(wr->invalidate_rkey));
	case IBV_WR_RDMA_WRITE:
		return build_write(sq, wr, ctrl, seg, PRM_OP_RDMA_WRITE, 0);
	case IBV_WR_RDMA_WRITE_WITH_IMM:
		return build_write(sq, wr, ctrl, seg, PRM_OP_RDMA_WRITE_IMM,
				   wr->imm_data);
	case IBV_WR_RDMA_READ:
		return build_read(sq, wr, ctrl, seg);
	case IBV_WR_LOCAL_INV:
	case IBV_WR_BIND_MW:
		return build_key(sq, wr);
	case IBV_WR_ATOMIC_CMP_AND_SWP:
	case IBV_WR_ATOMIC_FETCH_AND_ADD:
		return build_atomic(sq, wr, ctrl, seg);
	default:
		return EINVAL;
	}
}

static ALWAYS_INLINE int post(struct mlx5_sq *sq, struct ibv_send_wr *wr,
			      struct ibv_send_wr **bad_wr,
			      enum transport transport, bool locked)
{
	uint32_t first;
	int err = 0;

	if (locked)
		mlx5_lock(&sq->lock);
	first = sq->cur_block;
	for (; wr; wr = wr->next) {
		err = build(sq, wr, transport);
		if (unlikely(err)) {
			*bad_wr = wr;
			break;
		}
	}
	if (likely(sq->cur_block != first))
		mlx5_ring_send(sq, first);
	if (locked)
		mlx5_unlock(&sq->lock);
	return unlikely(err) ? verbs_err(err) : 0;
}

/* ---- One per kind of queue pair ------------------------------------------------ */

static int post_connected(struct mlx5_qp *qp, struct ibv_send_wr *wr,
			  struct ibv_send_wr **bad_wr)
{
	return post(&qp->sq, wr, bad_wr, CONNECTED, true);
}

static int post_connected_unlocked(struct mlx5_qp *qp, struct ibv_send_wr *wr,
				   struct ibv_send_wr **bad_wr)
{
	return post(&qp->sq, wr, bad_wr, CONNECTED, false);
}

static int post_datagram(struct mlx5_qp *qp, struct ibv_send_wr *wr,
			 struct ibv_send_wr **bad_wr)
{
	return post(&qp->sq, wr, bad_wr, DATAGRAM, true);
}

static int post_datagram_unlocked(struct mlx5_qp *qp, struct ibv_send_wr *wr,
				  struct ibv_send_wr **bad_wr)
{
	return post(&qp->sq, wr, bad_wr, DATAGRAM, false);
}

static int post_xrc(struct mlx5_qp *qp, struct ibv_send_wr *wr,
		    struct ibv_send_wr **bad_wr)
{
	return post(&qp->sq, wr, bad_wr, XRC, true);
}

static int post_xrc_unlocked(struct mlx5_qp *qp, struct ibv_send_wr *wr,
			     struct ibv_send_wr **bad_wr)
{
	return post(&qp->sq, wr, bad_wr, XRC, false);
}

#define UD_OPCODES (1u << IBV_WR_SEND | 1u << IBV_WR_SEND_WITH_IMM)
#define UC_OPCODES                                                           \
	(UD_OPCODES | 1u << IBV_WR_SEND_WITH_INV | 1u << IBV_WR_RDMA_WRITE | \
	 1u << IBV_WR_RDMA_WRITE_WITH_IMM | 1u << IBV_WR_LOCAL_INV |         \
	 1u << IBV_WR_BIND_MW)
#define RC_OPCODES                             \
	(UC_OPCODES | 1u << IBV_WR_RDMA_READ | \
	 1u << IBV_WR_ATOMIC_CMP_AND_SWP | 1u << IBV_WR_ATOMIC_FETCH_AND_ADD)

void mlx5_set_send_ops(struct mlx5_qp *qp, enum ibv_qp_type type,
		       bool single_threaded)
{
	switch (type) {
	case IBV_QPT_UD:
		qp->post_send = single_threaded ? post_datagram_unlocked
						: post_datagram;
		qp->sq.opcodes = UD_OPCODES;
		qp->sq.address_len = sizeof(struct prm_av_seg);
		break;
	case IBV_QPT_XRC_SEND:
		qp->post_send = single_threaded ? post_xrc_unlocked : post_xrc;
		qp->sq.opcodes = RC_OPCODES;
		qp->sq.address_len = sizeof(struct prm_xrc_seg);
		break;
	case IBV_QPT_RAW_PACKET:
		mlx5_set_packet_post(qp, single_threaded);
		break;
	case IBV_QPT_DRIVER: /* by the ibv_wr_* calls only */
		qp->post_send = post_connected;
		qp->sq.address_len = sizeof(struct prm_av_seg);
		break;
	default:
		qp->post_send = single_threaded ? post_connected_unlocked
						: post_connected;
		qp->sq.opcodes = type == IBV_QPT_UC ? UC_OPCODES : RC_OPCODES;
		break;
	}
}

int mlx5_post_send(struct ibv_qp *ibqp, struct ibv_send_wr *wr,
		   struct ibv_send_wr **bad_wr)
{
	struct mlx5_qp *qp = to_mqp(ibqp);

	return qp->post_send(qp, wr, bad_wr);
}
