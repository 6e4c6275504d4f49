/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * The ibv_wr_* calls of a queue pair for raw packets. Where a batch begins and
 * ends they are those of any other.
 */
#include <errno.h>

#include "packet.h"
#include "wr.h"

static struct mlx5_sq *to_sq(struct ibv_qp_ex *qp_ex)
{
	return &to_mqp(&qp_ex->qp_base)->sq;
}

/* What is known of the request so far, between two calls. */
static void keep(struct mlx5_sq *sq, const struct mlx5_packet *packet)
{
	sq->batch.address = packet->eth;
	sq->batch.seg = packet->seg;
	sq->batch.ctrl += packet->segs;
}

static struct mlx5_packet kept(const struct mlx5_sq *sq)
{
	return (struct mlx5_packet){
		.eth = sq->batch.address,
		.seg = sq->batch.seg,
	};
}

/* Without data there are no headers, which the device may want. */
static bool begin(struct ibv_qp_ex *qp_ex, uint8_t opcode, uint32_t wc_opcode,
		  struct mlx5_packet *packet)
{
	struct mlx5_sq *sq = to_sq(qp_ex);
	struct mlx5_batch *batch = &sq->batch;
	struct prm_ctrl_seg *ctrl;

	if (!mlx5_wr_ready(sq))
		return false;
	if (!mlx5_packet_flags_ok(sq, qp_ex->wr_flags)) {
		mlx5_wr_fail(sq, EINVAL);
		return false;
	}
	ctrl = mlx5_block_at(sq, sq->cur_block);
	*packet = mlx5_begin_packet(sq, ctrl, qp_ex->wr_flags);
	mlx5_begin_wqe(sq, ctrl, qp_ex->wr_flags, 0);
	batch->sent = mlx5_remember(sq, qp_ex->wr_id, wc_opcode);
	batch->ctrl = mlx5_first_half(sq, opcode);
	return true;
}

static void wr_send(struct ibv_qp_ex *qp_ex)
{
	struct mlx5_sq *sq = to_sq(qp_ex);
	struct mlx5_packet packet;

	if (!begin(qp_ex, PRM_OP_SEND, IBV_WC_SEND, &packet))
		return;
	sq->batch.pending = sq->packet.inline_header ? MLX5_PENDING_HEADER
						     : MLX5_PENDING_DATA;
	keep(sq, &packet);
}

static void wr_send_tso(struct ibv_qp_ex *qp_ex, void *hdr, uint16_t hdr_sz,
			uint16_t mss)
{
	struct mlx5_sq *sq = to_sq(qp_ex);
	struct mlx5_packet packet;
	int err;

	if (!begin(qp_ex, PRM_OP_TSO, IBV_WC_TSO, &packet))
		return;
	err = mlx5_cut_packet(sq, &packet, hdr, hdr_sz, mss);
	if (err) {
		mlx5_wr_fail(sq, err);
		return;
	}
	sq->batch.pending = MLX5_PENDING_DATA;
	keep(sq, &packet);
}

/* Is there a request that takes data? */
static bool is_open(const struct mlx5_sq *sq)
{
	return sq->batch.pending & (MLX5_PENDING_DATA | MLX5_PENDING_HEADER);
}

/* n: the data's size in segments, or -1; packet->segs: those of its headers. */
static void finish(struct mlx5_sq *sq, const struct mlx5_packet *packet, int n)
{
	struct mlx5_batch *batch = &sq->batch;
	uint64_t ctrl = batch->ctrl + packet->segs + n;

	if (n < 0) {
		mlx5_wr_fail(sq, EINVAL);
		return;
	}
	mlx5_finish_wqe(sq, sq->last, batch->sent, ctrl, (uint8_t)ctrl);
	batch->pending = 0;
}

static void wr_set_sge_list(struct ibv_qp_ex *qp_ex, size_t num_sge,
			    const struct ibv_sge *sg_list)
{
	struct mlx5_sq *sq = to_sq(qp_ex);
	struct mlx5_packet packet = kept(sq);

	if (is_open(sq))
		finish(sq, &packet,
		       mlx5_put_packet(sq, &packet, sg_list, num_sge));
	else
		mlx5_wr_fail(sq, EINVAL);
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

static void set_inline(struct mlx5_sq *sq, const struct mlx5_piece *pieces,
		       size_t num)
{
	struct mlx5_packet packet = kept(sq);

	if (is_open(sq))
		finish(sq, &packet,
		       mlx5_put_packet_inline(sq, &packet, pieces, num));
	else
		mlx5_wr_fail(sq, EINVAL);
}

/* What has more pieces than a WQE has segments is not for inline data. */
static void wr_set_inline_data_list(struct ibv_qp_ex *qp_ex, size_t num_buf,
				    const struct ibv_data_buf *buf_list)
{
	struct mlx5_piece pieces[PRM_MAX_DS];
	struct mlx5_sq *sq = to_sq(qp_ex);
	size_t i;

	if (num_buf > PRM_MAX_DS) {
		mlx5_wr_fail(sq, EINVAL);
		return;
	}
	for (i = 0; i < num_buf; i++)
		pieces[i] = (struct mlx5_piece){ buf_list[i].addr,
						 buf_list[i].length };
	set_inline(sq, pieces, num_buf);
}

static void wr_set_inline_data(struct ibv_qp_ex *qp_ex, void *addr,
			       size_t length)
{
	const struct mlx5_piece piece = { addr, length };

	set_inline(to_sq(qp_ex), &piece, 1);
}

void mlx5_set_packet_calls(struct ibv_qp_ex *qp_ex)
{
	qp_ex->wr_send = wr_send;
	qp_ex->wr_send_tso = wr_send_tso;
	qp_ex->wr_set_sge = wr_set_sge;
	qp_ex->wr_set_sge_list = wr_set_sge_list;
	qp_ex->wr_set_inline_data = wr_set_inline_data;
	qp_ex->wr_set_inline_data_list = wr_set_inline_data_list;
}
