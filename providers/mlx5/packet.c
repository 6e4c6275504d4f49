/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* See the header. */
#include <errno.h>

#include "packet.h"

/* Both segments are in the first block. */
struct mlx5_packet mlx5_begin_packet(const struct mlx5_sq *sq,
				     struct prm_ctrl_seg *ctrl,
				     unsigned int send_flags)
{
	struct prm_eth_seg *eth = (struct prm_eth_seg *)(ctrl + 1);

	/* With the first of what headers fill up. */
	memset(eth, 0, 2 * PRM_SEG_SIZE);
	if (send_flags & IBV_SEND_IP_CSUM)
		eth->csum = PRM_ETH_L3_CSUM | PRM_ETH_L4_CSUM;
	return (struct mlx5_packet){
		.eth = eth,
		.seg = (uint8_t *)(eth + 1),
		.segs = 2,
	};
}

/* Segments that a header takes behind the one it begins in. */
static uint32_t header_segs(size_t len)
{
	const size_t first = sizeof(((struct prm_eth_seg *)0)->header);

	return len > first ? (len - first + PRM_SEG_SIZE - 1) / PRM_SEG_SIZE
			   : 0;
}

static void put_header(const struct mlx5_sq *sq, struct mlx5_packet *packet,
		       const void *header, size_t len)
{
	uint8_t *start =
		(uint8_t *)packet->eth + offsetof(struct prm_eth_seg, header);
	uint32_t segs = header_segs(len);
	size_t end;

	packet->eth->header_len = htobe16(len);
	mlx5_ring_copy(sq, start, header, len);
	packet->segs += segs;
	end = packet->seg - sq->buf + (size_t)segs * PRM_SEG_SIZE;
	packet->seg = sq->buf + end % (size_t)(sq->end - sq->buf);
}

int mlx5_cut_packet(const struct mlx5_sq *sq, struct mlx5_packet *packet,
		    const void *header, size_t len, uint16_t mss)
{
	if (len < MLX5_MIN_HEADER || len > sq->packet.max_tso_header)
		return EINVAL;
	packet->eth->mss = htobe16(mss);
	put_header(sq, packet, header, len);
	return 0;
}

/* What of the data goes into a header, unless it has one. */
static size_t wanted_header(const struct mlx5_sq *sq,
			    const struct mlx5_packet *packet)
{
	return packet->eth->header_len ? 0 : sq->packet.inline_header;
}

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The beginning of the data. False if it is shorter than that. */
static bool gather(uint8_t *header, size_t len, const struct mlx5_piece *pieces,
		   size_t num)
{
	size_t i, n;

	for (i = 0; i < num && len; i++) {
		n = min_size(len, pieces[i].len);
		memcpy(header, pieces[i].addr, n);
		header += n;
		len -= n;
	}
	return !len;
}

/* Likewise; that part of them has to be memory that this process can read. */
static bool gather_sges(uint8_t *header, size_t len, const struct ibv_sge *sge,
			size_t num_sge)
{
	size_t i, n;

	for (i = 0; i < num_sge && len; i++) {
		n = min_size(len, sge[i].length);
		memcpy(header, (const void *)(uintptr_t)sge[i].addr, n);
		header += n;
		len -= n;
	}
	return !len;
}

/* But for the first bytes, which are elsewhere. */
static int put_rest(const struct mlx5_sq *sq, void *seg,
		    const struct ibv_sge *sge, size_t num_sge, size_t skip)
{
	int segs = 0;
	size_t cut;

	for (; num_sge--; sge++) {
		cut = min_size(skip, sge->length);
		skip -= cut;
		if (cut == sge->length)
			continue;
		if (!mlx5_data_len_ok(sge->length - cut))
			return -1;
		if (seg == sq->end)
			seg = sq->buf;
		seg = mlx5_put_data(seg, sge->addr + cut, sge->lkey,
				    sge->length - cut);
		segs++;
	}
	return segs;
}

int mlx5_put_packet(const struct mlx5_sq *sq, struct mlx5_packet *packet,
		    const struct ibv_sge *sge, size_t num_sge)
{
	size_t len = wanted_header(sq, packet);
	uint8_t header[MLX5_INLINE_HEADER];

	if (num_sge > sq->max_sge)
		return -1;
	if (len) {
		if (!gather_sges(header, len, sge, num_sge))
			return -1;
		put_header(sq, packet, header, len);
	}
	return put_rest(sq, packet->seg, sge, num_sge, len);
}

/*
 * There is room for as much inline data beside the header that the device wants.
 * A longer one takes away from it.
 */
static size_t header_excess(const struct mlx5_packet *packet)
{
	uint32_t segs = header_segs(be16toh(packet->eth->header_len));

	return segs > 1 ? (size_t)(segs - 1) * PRM_SEG_SIZE : 0;
}

static int put_inline_rest(const struct mlx5_sq *sq,
			   const struct mlx5_packet *packet,
			   const struct mlx5_piece *pieces, size_t num,
			   size_t skip)
{
	struct mlx5_inline data = mlx5_start_inline(sq, packet->seg);
	size_t i, cut;

	for (i = 0; i < num; i++) {
		cut = min_size(skip, pieces[i].len);
		skip -= cut;
		if (!mlx5_add_inline(sq, &data,
				     (const char *)pieces[i].addr + cut,
				     pieces[i].len - cut))
			return -1;
	}
	if (data.len && data.len + header_excess(packet) > sq->max_inline)
		return -1;
	return mlx5_finish_inline(&data);
}

int mlx5_put_packet_inline(const struct mlx5_sq *sq, struct mlx5_packet *packet,
			   const struct mlx5_piece *pieces, size_t num)
{
	size_t len = wanted_header(sq, packet);
	uint8_t header[MLX5_INLINE_HEADER];

	if (len) {
		if (!gather(header, len, pieces, num))
			return -1;
		put_header(sq, packet, header, len);
	}
	return put_inline_rest(sq, packet, pieces, num, len);
}
