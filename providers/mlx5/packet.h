/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * The WQE of a raw packet: behind the control segment one of Ethernet, in which
 * the packet's headers may begin and go on behind it, then the rest of the data.
 * Headers are there if the device wants to see them itself (its inline mode), or
 * is to put them before each of the packets that it makes of the data.
 */
#ifndef MLX5_PACKET_H
#define MLX5_PACKET_H

#include "wqe.h"

enum {
	MLX5_MIN_HEADER = 14, /* of a packet: addresses and type */
	/* Both Ethernet and a VLAN tag: what a device that wants headers gets. */
	MLX5_INLINE_HEADER = 18,
};

struct mlx5_packet {
	struct prm_eth_seg *eth;
	uint8_t *seg; /* where the data goes */
	uint32_t segs; /* before it, with the control segment */
};

/* A piece of a packet, as IBV_SEND_INLINE or the like has it. */
struct mlx5_piece {
	const void *addr;
	size_t len;
};

/* Without headers so far. */
struct mlx5_packet mlx5_begin_packet(const struct mlx5_sq *sq,
				     struct prm_ctrl_seg *ctrl,
				     unsigned int send_flags);
/* To be cut into packets of mss bytes with that header each. */
int mlx5_cut_packet(const struct mlx5_sq *sq, struct mlx5_packet *packet,
		    const void *header, size_t len, uint16_t mss);
/*
 * The data, of which the device may want the beginning to be in headers.
 * Return its size in segments, or -1 for data that cannot be sent.
 */
int mlx5_put_packet(const struct mlx5_sq *sq, struct mlx5_packet *packet,
		    const struct ibv_sge *sge, size_t num_sge);
int mlx5_put_packet_inline(const struct mlx5_sq *sq, struct mlx5_packet *packet,
			   const struct mlx5_piece *pieces, size_t num);

/* Is that what the queue pair cannot do? Asked before anything is written. */
static inline bool mlx5_packet_flags_ok(const struct mlx5_sq *sq,
					unsigned int send_flags)
{
	return !(send_flags & IBV_SEND_IP_CSUM) || sq->packet.csum;
}

/* Chooses post_send, */
void mlx5_set_packet_post(struct mlx5_qp *qp, bool single_threaded);
/* and the ibv_wr_* calls but those that begin and end a batch. */
void mlx5_set_packet_calls(struct ibv_qp_ex *qp_ex);

#endif
