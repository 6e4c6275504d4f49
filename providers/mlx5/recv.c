/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * ibv_post_recv() and ibv_post_srq_recv(). A receive needs no register: the
 * device looks at the doorbell record when a message comes.
 */
#include <errno.h>

#include "srq.h"
#include "wqe.h"

/* ---- The list of segments that a receive is ---------------------------------- */

/* Ends a list that does not fill its stride. */
static inline void put_end(void *seg)
{
	struct prm_data_seg *data = seg;

	data->byte_count = 0;
	data->lkey = htobe32(PRM_LKEY_END);
	data->addr = 0;
}

/* The usual list. */
static inline void put_one(void *seg, const struct ibv_sge *sge,
			   uint32_t max_sge)
{
	seg = mlx5_put_data(seg, sge->addr, sge->lkey, sge->length);
	if (max_sge > 1)
		put_end(seg);
}

/* Any other. False for one that cannot be encoded. */
static NEVER_INLINE bool put_list(void *seg, const struct ibv_recv_wr *wr,
				  uint32_t max_sge)
{
	uint32_t num_sge = wr->num_sge;
	const struct ibv_sge *sge = wr->sg_list;
	const struct ibv_sge *last = sge + num_sge;
	void *end = (struct prm_data_seg *)seg + max_sge;

	if (unlikely(num_sge > max_sge))
		return false;
	for (; sge != last; sge++) {
		if (unlikely(!mlx5_data_len_ok(sge->length))) {
			if (sge->length)
				return false;
			continue;
		}
		seg = mlx5_put_data(seg, sge->addr, sge->lkey, sge->length);
	}
	if (seg != end)
		put_end(seg);
	return true;
}

/* ---- The queue of one QP --------------------------------------------------- */

/* Acquire: the completion has been read before its slot is reused. */
static inline bool rq_full(const struct mlx5_rq *rq)
{
	uint32_t tail = __atomic_load_n(&rq->tail, __ATOMIC_ACQUIRE);

	return rq->head - tail >= rq->limit;
}

/* Returns 0 or an errno value; the ring is unchanged after an error. */
static ALWAYS_INLINE int build(struct mlx5_rq *rq, const struct ibv_recv_wr *wr)
{
	uint32_t slot = rq->head & rq->mask;
	void *wqe = rq->buf + ((size_t)slot << rq->stride_shift);

	if (unlikely(rq_full(rq)))
		return rq->limit == rq->max_post ? ENOMEM : EINVAL;
	if (likely(mlx5_is_one_sge(wr->sg_list, wr->num_sge)))
		put_one(wqe, wr->sg_list, rq->max_sge);
	else if (unlikely(!put_list(wqe, wr, rq->max_sge)))
		return EINVAL;
	rq->wr_id[slot] = wr->wr_id;
	rq->head++;
	return 0;
}

static ALWAYS_INLINE int post(struct mlx5_rq *rq, struct ibv_recv_wr *wr,
			      struct ibv_recv_wr **bad_wr, bool locked)
{
	uint32_t first;
	int err = 0;

	if (locked)
		mlx5_lock(&rq->lock);
	first = rq->head;
	for (; wr; wr = wr->next) {
		err = build(rq, wr);
		if (unlikely(err)) {
			*bad_wr = wr;
			break;
		}
	}
	if (likely(rq->head != first)) {
		dma_store_barrier();
		store_dbrec(rq->dbrec, htobe32(rq->head & 0xffff));
	}
	if (locked)
		mlx5_unlock(&rq->lock);
	return unlikely(err) ? verbs_err(err) : 0;
}

static int post_locked(struct mlx5_qp *qp, struct ibv_recv_wr *wr,
		       struct ibv_recv_wr **bad_wr)
{
	return post(&qp->rq, wr, bad_wr, true);
}

static int post_unlocked(struct mlx5_qp *qp, struct ibv_recv_wr *wr,
			 struct ibv_recv_wr **bad_wr)
{
	return post(&qp->rq, wr, bad_wr, false);
}

void mlx5_set_recv_ops(struct mlx5_qp *qp, bool single_threaded)
{
	qp->post_recv = single_threaded ? post_unlocked : post_locked;
}

int mlx5_post_recv(struct ibv_qp *ibqp, struct ibv_recv_wr *wr,
		   struct ibv_recv_wr **bad_wr)
{
	struct mlx5_qp *qp = to_mqp(ibqp);

	return qp->post_recv(qp, wr, bad_wr);
}

/* ---- A work queue --------------------------------------------------------------- */

static int post_wq_locked(struct ibv_wq *ibwq, struct ibv_recv_wr *wr,
			  struct ibv_recv_wr **bad_wr)
{
	return post(&to_mwq(ibwq)->rq, wr, bad_wr, true);
}

static int post_wq_unlocked(struct ibv_wq *ibwq, struct ibv_recv_wr *wr,
			    struct ibv_recv_wr **bad_wr)
{
	return post(&to_mwq(ibwq)->rq, wr, bad_wr, false);
}

void mlx5_set_wq_recv_ops(struct mlx5_wq *wq, bool single_threaded)
{
	wq->wq.post_recv = single_threaded ? post_wq_unlocked : post_wq_locked;
}

/* ---- A shared queue ----------------------------------------------------------- */

/* The last free WQE stays in the list. */
static inline bool srq_full(const struct mlx5_srq *srq)
{
	return srq->head == srq->tail;
}

static inline int build_shared(struct mlx5_srq *srq,
			       const struct ibv_recv_wr *wr)
{
	struct prm_srq_next_seg *next = mlx5_srq_wqe(srq, srq->head);

	if (unlikely(srq_full(srq)))
		return ENOMEM;
	if (likely(mlx5_is_one_sge(wr->sg_list, wr->num_sge)))
		put_one(next + 1, wr->sg_list, srq->max_sge);
	else if (unlikely(!put_list(next + 1, wr, srq->max_sge)))
		return EINVAL;
	srq->wr_id[srq->head] = wr->wr_id;
	srq->head = be16toh(next->next_wqe_index);
	srq->posted++;
	return 0;
}

int mlx5_post_srq_recv(struct ibv_srq *ibsrq, struct ibv_recv_wr *wr,
		       struct ibv_recv_wr **bad_wr)
{
	struct mlx5_srq *srq = to_msrq(ibsrq);
	uint32_t first;
	int err = 0;

	mlx5_lock_srq(srq);
	first = srq->posted;
	for (; wr; wr = wr->next) {
		err = build_shared(srq, wr);
		if (unlikely(err)) {
			*bad_wr = wr;
			break;
		}
	}
	if (likely(srq->posted != first)) {
		dma_store_barrier();
		store_dbrec(srq->dbrec, htobe32(srq->posted & 0xffff));
	}
	mlx5_unlock_srq(srq);
	return unlikely(err) ? verbs_err(err) : 0;
}
