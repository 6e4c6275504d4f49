/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* ibv_post_send() of a queue pair for raw packets. */
#include <errno.h>

#include "doorbell.h"
#include "packet.h"

/* More SGEs than any WQE has room for are never granted. */
static int put_inline(const struct mlx5_sq *sq, struct mlx5_packet *packet,
		      const struct ibv_send_wr *wr)
{
	struct mlx5_piece pieces[PRM_MAX_DS];
	int i;

	if (wr->num_sge > PRM_MAX_DS)
		return -1;
	for (i = 0; i < wr->num_sge; i++) {
		pieces[i].addr = (const void *)(uintptr_t)wr->sg_list[i].addr;
		pieces[i].len = wr->sg_list[i].length;
	}
	return mlx5_put_packet_inline(sq, packet, pieces, wr->num_sge);
}

static int put_data(const struct mlx5_sq *sq, struct mlx5_packet *packet,
		    const struct ibv_send_wr *wr)
{
	if (wr->send_flags & IBV_SEND_INLINE)
		return put_inline(sq, packet, wr);
	return mlx5_put_packet(sq, packet, wr->sg_list, wr->num_sge);
}

/* Returns 0 or an errno value; the ring is unchanged after an error. */
static int build(struct mlx5_sq *sq, const struct ibv_send_wr *wr)
{
	bool tso = wr->opcode == IBV_WR_TSO;
	struct mlx5_packet packet;
	struct prm_ctrl_seg *ctrl;
	int err, n;

	if ((!tso && wr->opcode != IBV_WR_SEND) || wr->num_sge < !tso ||
	    !mlx5_packet_flags_ok(sq, wr->send_flags))
		return EINVAL;
	if (mlx5_sq_full(sq))
		return ENOMEM;
	ctrl = mlx5_block_at(sq, sq->cur_block);
	packet = mlx5_begin_packet(sq, ctrl, wr->send_flags);
	if (tso) {
		err = mlx5_cut_packet(sq, &packet, wr->tso.hdr, wr->tso.hdr_sz,
				      wr->tso.mss);
		if (err)
			return err;
	}
	n = put_data(sq, &packet, wr);
	if (n < 0)
		return EINVAL;
	mlx5_begin_wqe(sq, ctrl, wr->send_flags, 0);
	mlx5_finish_wqe(
		sq, ctrl,
		mlx5_remember(sq, wr->wr_id, tso ? IBV_WC_TSO : IBV_WC_SEND),
		mlx5_first_half(sq, tso ? PRM_OP_TSO : PRM_OP_SEND) +
			packet.segs + n,
		packet.segs + n);
	return 0;
}

static ALWAYS_INLINE int post(struct mlx5_sq *sq, struct ibv_send_wr *wr,
			      struct ibv_send_wr **bad_wr, bool locked)
{
	uint32_t first;
	int err = 0;

	if (locked)
		mlx5_lock(&sq->lock);
	first = sq->cur_block;
	for (; wr; wr = wr->next) {
		err = build(sq, wr);
		if (err) {
			*bad_wr = wr;
			break;
		}
	}
	if (sq->cur_block != first)
		mlx5_ring_send(sq, first);
	if (locked)
		mlx5_unlock(&sq->lock);
	return err ? verbs_err(err) : 0;
}

static int post_locked(struct mlx5_qp *qp, struct ibv_send_wr *wr,
		       struct ibv_send_wr **bad_wr)
{
	return post(&qp->sq, wr, bad_wr, true);
}

static int post_unlocked(struct mlx5_qp *qp, struct ibv_send_wr *wr,
			 struct ibv_send_wr **bad_wr)
{
	return post(&qp->sq, wr, bad_wr, false);
}

void mlx5_set_packet_post(struct mlx5_qp *qp, bool single_threaded)
{
	qp->post_send = single_threaded ? post_unlocked : post_locked;
}
