/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * One function per segment of a work queue entry. A segment is written at
 * seg and the place of the next one comes back. A WQE starts at a block and
 * may go on at the start of the ring: what can lie beyond its first block
 * (data) looks for the end, the rest need not.
 */
#ifndef MLX5_WQE_H
#define MLX5_WQE_H

#include <string.h>

#include "mlx5.h"

static inline void *mlx5_put_raddr(void *seg, uint64_t addr, uint32_t rkey)
{
	struct prm_raddr_seg *raddr = seg;

	raddr->addr = htobe64(addr);
	raddr->rkey = htobe32(rkey);
	raddr->reserved = 0;
	return raddr + 1;
}

static inline void *mlx5_put_atomic(void *seg, uint64_t swap_add,
				    uint64_t compare)
{
	struct prm_atomic_seg *atomic = seg;

	atomic->swap_add = htobe64(swap_add);
	atomic->compare = htobe64(compare);
	return atomic + 1;
}

/* The caller has seen to it that len is 1 .. PRM_MAX_DATA_LEN. */
static inline void *mlx5_put_data(void *seg, const struct ibv_sge *sge,
				  uint32_t len)
{
	struct prm_data_seg *data = seg;

	data->byte_count = htobe32(len & (PRM_MAX_DATA_LEN - 1));
	data->lkey = htobe32(sge->lkey);
	data->addr = htobe64(sge->addr);
	return data + 1;
}

/* Ends the list of a receive WQE that does not fill its stride. */
static inline void mlx5_put_data_end(void *seg)
{
	struct prm_data_seg *data = seg;

	data->byte_count = 0;
	data->lkey = htobe32(PRM_LKEY_END);
	data->addr = 0;
}

/* Copies to dst in the ring, over its end when need be. */
static inline uint8_t *mlx5_ring_copy(const struct mlx5_sq *sq, uint8_t *dst,
				      const void *src, size_t len)
{
	size_t room = sq->end - dst;

	if (likely(len < room)) {
		memcpy(dst, src, len);
		return dst + len;
	}
	memcpy(dst, src, room);
	memcpy(sq->buf, (const char *)src + room, len - room);
	return sq->buf + (len - room);
}

/*
 * Builds the WQE of one request behind those already there, for who holds the
 * lock. Returns 0 or an errno value; the ring is unchanged after an error.
 * mlx5_ring_send() gives the device all that was built.
 */
int mlx5_build_send(struct mlx5_sq *sq, const struct ibv_send_wr *wr);
/* Likewise, with inline data from bufs in place of wr->sg_list. */
int mlx5_build_send_bufs(struct mlx5_sq *sq, const struct ibv_send_wr *wr,
			 const struct ibv_data_buf *bufs, size_t num_buf);
void mlx5_ring_send(struct mlx5_sq *sq);

/* Is len one that a data segment can carry? 0 has no encoding either. */
static inline bool mlx5_data_len_ok(uint32_t len)
{
	return len - 1 < PRM_MAX_DATA_LEN;
}

#endif
