/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* BlueFlame: WQEs that go to the register whole. */
#include "doorbell.h"

/* The WQE from block first on, over the end of the ring when need be. */
static inline void copy_wqe(const struct mlx5_sq *sq, uint8_t *dst,
			    uint32_t first)
{
	do {
		store_wc_block(dst, mlx5_block_at(sq, first));
		dst += PRM_BLOCK_SIZE;
	} while (++first != sq->cur_block);
}

/* Writes go to the halves of the register in turn. */
static inline void ring(const struct mlx5_sq *sq, struct mlx5_bfreg *bfreg,
			uint32_t first)
{
	bool single = sq->last == mlx5_block_at(sq, first);
	uint32_t len = (sq->cur_block - first) * PRM_BLOCK_SIZE;
	uint8_t *dst = (uint8_t *)bfreg->reg + bfreg->offset;

	if (likely(single && len <= bfreg->buf_size)) {
		doorbell_barrier();
		copy_wqe(sq, dst, first);
		doorbell_barrier();
	} else {
		ring_doorbell(dst, mlx5_doorbell(sq));
	}
	bfreg->offset ^= bfreg->buf_size;
}

void mlx5_ring_blueflame(const struct mlx5_sq *sq, uint32_t first)
{
	struct mlx5_bfreg *bfreg = sq->bfreg;

	if (likely(!bfreg->shared)) {
		ring(sq, bfreg, first);
		return;
	}
	mlx5_lock(&bfreg->lock);
	ring(sq, bfreg, first);
	mlx5_unlock(&bfreg->lock);
}
