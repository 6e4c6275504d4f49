/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* The ring of a completion queue, for who holds its lock. */
#ifndef MLX5_CQE_H
#define MLX5_CQE_H

#include "mlx5.h"

/* A single-threaded CQ is its program's own to guard. */
static inline bool mlx5_try_lock_cq(struct mlx5_cq *cq)
{
	return cq->single_threaded || mlx5_try_lock(&cq->lock);
}

static inline void mlx5_lock_cq(struct mlx5_cq *cq)
{
	if (unlikely(!mlx5_try_lock_cq(cq)))
		mlx5_lock_wait(&cq->lock);
}

static inline void mlx5_unlock_cq(struct mlx5_cq *cq)
{
	if (likely(!cq->single_threaded))
		mlx5_unlock(&cq->lock);
}

static inline struct prm_cqe *mlx5_cqe_at(const struct mlx5_cq *cq, uint32_t i)
{
	size_t slot = i & (cq->num_cqe - 1);

	return (struct prm_cqe *)(cq->first_cqe + (slot << cq->cqe_shift));
}

/* The ownership bit of entry i changes with every round of the ring. */
static inline uint8_t mlx5_cqe_owner(const struct mlx5_cq *cq, uint32_t i)
{
	return !!(i & cq->num_cqe);
}

/*
 * Has the device written cqe, which is entry i? One comparison: with the wrong
 * ownership bit, which is the lowest and goes to the top, the byte is too large,
 * as it is with an invalid opcode.
 */
static inline bool mlx5_is_ready(const struct mlx5_cq *cq,
				 const struct prm_cqe *cqe, uint32_t i)
{
	uint8_t op_own = __atomic_load_n(&cqe->op_own, __ATOMIC_RELAXED);
	uint8_t wrong = op_own ^ mlx5_cqe_owner(cq, i);

	if ((uint8_t)(wrong >> 1 | wrong << 7) >=
	    PRM_CQE_INVALID << PRM_CQE_OPCODE_SHIFT >> 1)
		return false;
	dma_load_barrier();
	return true;
}

/* Entry i if the device has written it, else NULL. */
static inline struct prm_cqe *mlx5_ready_cqe(const struct mlx5_cq *cq,
					     uint32_t i)
{
	struct prm_cqe *cqe = mlx5_cqe_at(cq, i);

	return mlx5_is_ready(cq, cqe, i) ? cqe : NULL;
}

static inline uint32_t mlx5_cqe_key(const struct mlx5_cq *cq,
				    const struct prm_cqe *cqe)
{
	const char *field = (const char *)cqe + cq->key_offset;

	return PRM_NUM_24(*(const __be32 *)field);
}

/*
 * Where the device will write next. In a full ring that is the oldest entry,
 * whose ownership bit is the wrong one for the next round.
 */
static inline uint32_t mlx5_cq_end(const struct mlx5_cq *cq)
{
	uint32_t end = cq->ci;

	while (mlx5_ready_cqe(cq, end))
		end++;
	return end;
}

/* Of a receive, good or bad. */
static inline bool mlx5_is_response(const struct prm_cqe *cqe)
{
	unsigned int opcode = cqe->op_own >> PRM_CQE_OPCODE_SHIFT;

	return opcode != PRM_CQE_REQ && opcode != PRM_CQE_REQ_ERR;
}

/* Gives the entries before ci back to the device. */
static inline void mlx5_publish_ci(struct mlx5_cq *cq)
{
	__be32 ci = htobe32(cq->ci & 0xffffff);

	dma_release_barrier();
	store_dbrec(&cq->dbrec[PRM_DBREC_CI], ci);
}

#endif
