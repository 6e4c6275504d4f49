/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * How the device learns of sends: how far the ring is filled goes to the
 * doorbell record, then the first eight bytes of the last WQE to the register.
 * With BlueFlame a single small WQE goes there whole, which saves the device
 * from fetching it.
 */
#ifndef MLX5_DOORBELL_H
#define MLX5_DOORBELL_H

#include "wqe.h"

/* What begins the WQE built last: enough for the device to find it. */
static inline uint64_t mlx5_doorbell(const struct mlx5_sq *sq)
{
	uint64_t doorbell;

	memcpy(&doorbell, sq->last, sizeof(doorbell));
	return doorbell;
}

/* The part of mlx5_ring_send() behind the record, for a register with BlueFlame. */
void mlx5_ring_blueflame(const struct mlx5_sq *sq, uint32_t first);

static inline void mlx5_record_send(struct mlx5_sq *sq)
{
	dma_store_barrier();
	store_dbrec(sq->dbrec, htobe32(sq->cur_block & 0xffff));
}

/* As mlx5_ring_send(), for a register without BlueFlame. */
static inline void mlx5_ring_plain(struct mlx5_sq *sq)
{
	mlx5_record_send(sq);
	ring_doorbell(sq->bfreg->reg, mlx5_doorbell(sq));
}

/* Gives the device all that was built from block first on. */
static inline void mlx5_ring_send(struct mlx5_sq *sq, uint32_t first)
{
	if (!sq->bfreg->buf_size) {
		mlx5_ring_plain(sq);
		return;
	}
	mlx5_record_send(sq);
	mlx5_ring_blueflame(sq, first);
}

#endif
