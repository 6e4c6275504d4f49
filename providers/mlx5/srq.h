/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* The list that a shared receive queue is, for who holds its lock. */
#ifndef MLX5_SRQ_H
#define MLX5_SRQ_H

#include "mlx5.h"

static inline void mlx5_lock_srq(struct mlx5_srq *srq)
{
	if (likely(!srq->single_threaded))
		mlx5_lock(&srq->lock);
}

static inline void mlx5_unlock_srq(struct mlx5_srq *srq)
{
	if (likely(!srq->single_threaded))
		mlx5_unlock(&srq->lock);
}

static inline void *mlx5_srq_wqe(const struct mlx5_srq *srq, uint32_t i)
{
	return srq->wqes + ((size_t)i << srq->stride_shift);
}

/* Takes the lock itself: a completion has been read, its WQE is free again. */
static inline void mlx5_free_srq_wqe(struct mlx5_srq *srq, uint32_t i)
{
	struct prm_srq_next_seg *last;

	mlx5_lock_srq(srq);
	last = mlx5_srq_wqe(srq, srq->tail);
	last->next_wqe_index = htobe16(i);
	srq->tail = i;
	mlx5_unlock_srq(srq);
}

#endif
