/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* ibv_resize_cq(): a new ring, while the device goes on. */
#include <errno.h>
#include <string.h>

#include "cqe.h"

static void copy_cqe(const struct mlx5_cq *cq, uint32_t i,
		     const struct mlx5_cq *old, const struct prm_cqe *src)
{
	size_t size = (size_t)1 << cq->cqe_shift;
	struct prm_cqe *dst = mlx5_cqe_at(cq, i);

	memcpy((uint8_t *)(dst + 1) - size, (const uint8_t *)(src + 1) - size,
	       size);
	dst->op_own = (dst->op_own & ~PRM_CQE_OWNER) | mlx5_cqe_owner(cq, i);
}

/*
 * The last entry in the old ring is the device's word that it goes on in the
 * new one. It counts as an entry, so that what came before moves up by one.
 */
void mlx5_move_cqes_locked(struct mlx5_cq *cq, struct mlx5_buf *buf, uint32_t n)
{
	const struct mlx5_cq old = *cq;
	const struct prm_cqe *cqe;
	uint32_t i;

	cq->buf = *buf;
	*buf = old.buf;
	mlx5_set_cq_ring(cq, n, 1u << old.cqe_shift);
	for (i = cq->ci; (cqe = mlx5_ready_cqe(&old, i)); i++) {
		if (cqe->op_own >> PRM_CQE_OPCODE_SHIFT == PRM_CQE_RESIZE)
			break;
		copy_cqe(cq, i + 1, &old, cqe);
	}
	cq->ci++;
}

static int cmd_resize_cq(struct mlx5_cq *cq, const struct mlx5_buf *buf,
			 uint32_t n)
{
	struct mlx5_ib_resize_cq req = {
		.buf_addr = (uintptr_t)buf->addr,
		.cqe_size = 1u << cq->cqe_shift,
	};
	struct verbs_udata udata = {
		.in = &req,
		.in_len = sizeof(req),
	};

	return ibv_cmd_resize_cq(&cq->cq, (int)n - 1, &udata);
}

/* Until the entries have moved nobody may poll, so the lock is held. */
static int resize_locked(struct mlx5_cq *cq, uint32_t n)
{
	struct mlx5_buf buf;
	int err;

	if (n == cq->num_cqe)
		return 0;
	if (mlx5_cq_end(cq) - cq->ci >= n)
		return EINVAL; /* they would not fit */
	err = mlx5_alloc_buf_from(&buf, &to_mctx(cq->cq.context)->allocators,
				  (size_t)n << cq->cqe_shift);
	if (err)
		return err;
	mlx5_clear_cq_ring(&buf, n, 1u << cq->cqe_shift);
	err = cmd_resize_cq(cq, &buf, n);
	if (!err)
		mlx5_move_cqes_locked(cq, &buf, n);
	mlx5_free_buf(&buf);
	return err;
}

int mlx5_resize_cq(struct ibv_cq *ibcq, int cqe)
{
	struct mlx5_cq *cq = to_mcq(ibcq);
	uint32_t n = cqe > 0 ? mlx5_size_cq(cqe) : 0;
	int err;

	if (!n)
		return verbs_err(EINVAL);
	mlx5_lock_cq(cq);
	err = resize_locked(cq, n);
	mlx5_unlock_cq(cq);
	return err ? verbs_err(err) : 0;
}
