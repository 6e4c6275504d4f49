/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Requests about a memory key, for who holds the queue's lock and has found
 * room for a WQE. Return 0 or an errno value; the ring is unchanged then.
 */
#ifndef MLX5_MW_H
#define MLX5_MW_H

#include "wqe.h"

/* Takes a window of type 2 back. */
int mlx5_put_local_inv(struct mlx5_sq *sq, uint64_t wr_id,
		       unsigned int send_flags, uint32_t rkey);
/* rkey: the key that the window will have; length 0: it gets shut. */
int mlx5_put_bind(struct mlx5_sq *sq, uint64_t wr_id, unsigned int send_flags,
		  const struct ibv_mw *mw, uint32_t rkey,
		  const struct ibv_mw_bind_info *info);

/* Block i of the request that is being built, of zeroes. */
static inline void *mlx5_clear_block(struct mlx5_sq *sq, uint32_t i)
{
	return memset(mlx5_block_at(sq, sq->cur_block + i), 0, PRM_BLOCK_SIZE);
}

/* IBV_ACCESS_* as a key's context has them. */
uint8_t mlx5_key_access(unsigned int access);

#endif
