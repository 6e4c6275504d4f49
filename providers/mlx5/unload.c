/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Small messages in completions (scatter to CQE). The device has put the data
 * into the entry, and it is the CPU that takes it to the addresses of the
 * request: they have to be addresses of the process. Those of a dma-buf's region,
 * of device memory and of regions that begin at 0 are not, and a program dies of
 * the first small message into one. The library cannot know when a queue pair is
 * made where its messages will go. So here, unlike in the stock library, it is
 * the program or its user that asks for them.
 */
#include <errno.h>
#include <string.h>

#include "cqe.h"
#include "srq.h"
#include "unload.h"

/* The segments that data goes to. Those of a send queue go on at its start. */
struct list {
	const struct prm_data_seg *seg;
	unsigned int n; /* that are left */
	const void *start;
	const void *end; /* NULL: they do not */
};

static bool is_end(const struct prm_data_seg *seg)
{
	return !seg->byte_count && seg->lkey == htobe32(PRM_LKEY_END);
}

static uint32_t len_of(const struct prm_data_seg *seg)
{
	return be32toh(seg->byte_count) ?: PRM_MAX_DATA_LEN;
}

/* The key of no memory: what goes there goes nowhere, whatever the address. */
static bool is_nowhere(const struct mlx5_ib_alloc_ucontext_resp *resp,
		       const struct prm_data_seg *seg)
{
	return resp->comp_mask &
		       MLX5_IB_ALLOC_UCONTEXT_RESP_MASK_DUMP_FILL_MKEY &&
	       be32toh(seg->lkey) == resp->dump_fill_mkey;
}

/* Returns how much of it there was no room for. */
static uint32_t copy_to(const struct mlx5_context *ctx, struct list *list,
			const uint8_t *data, uint32_t len)
{
	const struct prm_data_seg *seg = list->seg;
	unsigned int n = list->n;
	uint32_t part;

	for (; n && len && !is_end(seg); n--, data += part, len -= part) {
		part = len_of(seg) < len ? len_of(seg) : len;
		if (!is_nowhere(&ctx->resp, seg))
			memcpy((void *)(uintptr_t)be64toh(seg->addr), data,
			       part);
		if (++seg == list->end)
			seg = list->start;
	}
	return len;
}

/* ---- Which segments ------------------------------------------------------------- */

static void find_own(struct mlx5_rq *rq, struct list *list)
{
	size_t slot = rq->tail & rq->mask;

	take_from_device(rq->dbrec);
	list->seg = (void *)(rq->buf + (slot << rq->stride_shift));
	list->n = (1u << rq->stride_shift) / PRM_SEG_SIZE;
}

static void find_shared(struct mlx5_srq *srq, const struct prm_cqe *cqe,
			struct list *list)
{
	struct prm_srq_next_seg *next = mlx5_srq_wqe(
		srq, be16toh(cqe->wqe_counter) & (srq->num_wqe - 1));

	take_from_device(srq->dbrec);
	list->seg = (void *)(next + 1);
	list->n = srq->max_sge;
}

static int find_received(struct mlx5_rsc *rsc, const struct prm_cqe *cqe,
			 struct list *list)
{
	struct mlx5_qp *qp;

	if (rsc->type == MLX5_RSC_SRQ) {
		find_shared(verbs_container_of(rsc, struct mlx5_srq, rsc), cqe,
			    list);
		return 0;
	}
	if (rsc->type != MLX5_RSC_QP)
		return EINVAL;
	qp = verbs_container_of(rsc, struct mlx5_qp, rsc);
	if (qp->srq)
		find_shared(qp->srq, cqe, list);
	else
		find_own(&qp->rq, list);
	return 0;
}

/* Before the data, in a request that something comes back for; 0: in no other. */
static size_t head_len(const struct mlx5_sq *sq, uint32_t wc_opcode)
{
	size_t len = sizeof(struct prm_ctrl_seg) + sq->address_len +
		     sizeof(struct prm_raddr_seg);

	switch (wc_opcode) {
	case IBV_WC_RDMA_READ:
		return len;
	case IBV_WC_COMP_SWAP:
	case IBV_WC_FETCH_ADD:
		return len + sizeof(struct prm_atomic_seg);
	default:
		return 0;
	}
}

static int find_returned(struct mlx5_rsc *rsc, const struct prm_cqe *cqe,
			 struct list *list)
{
	struct mlx5_sq *sq = &verbs_container_of(rsc, struct mlx5_qp, rsc)->sq;
	const struct prm_ctrl_seg *ctrl;
	size_t head, len, offset;
	uint32_t block;

	if (rsc->type != MLX5_RSC_QP)
		return EINVAL;
	take_from_device(sq->dbrec);
	block = be16toh(cqe->wqe_counter) & sq->block_mask;
	head = head_len(sq, sq->sent[block].wc_opcode);
	offset = (size_t)block * PRM_BLOCK_SIZE;
	ctrl = (void *)(sq->buf + offset);
	len = (be32toh(ctrl->qpn_ds) & PRM_MAX_DS) * PRM_SEG_SIZE;
	if (!head || len < head)
		return EINVAL;
	list->seg = (void *)(sq->buf + (offset + head) % (sq->end - sq->buf));
	list->n = (len - head) / PRM_SEG_SIZE;
	list->start = sq->buf;
	list->end = sq->end;
	return 0;
}

/* ---- The entry -------------------------------------------------------------------- */

/* Where its data is, and how much fits there; NULL if the entry is none such. */
static uint8_t *find_data(const struct mlx5_cq *cq, struct prm_cqe *cqe,
			  uint32_t *room)
{
	switch (cqe->op_own & PRM_CQE_DATA_MASK) {
	case PRM_CQE_DATA_32:
		*room = PRM_CQE_DATA_32_LEN;
		return (uint8_t *)cqe;
	case PRM_CQE_DATA_64:
		*room = sizeof(*cqe);
		return 1u << cq->cqe_shift > sizeof(*cqe) ? (uint8_t *)(cqe - 1)
							  : NULL;
	default:
		return NULL;
	}
}

/* Where data was there are fields: they are to say nothing. */
static void make_ordinary(struct prm_cqe *cqe)
{
	if (cqe->op_own & PRM_CQE_DATA_32)
		memset(cqe, 0, PRM_CQE_DATA_32_LEN);
	cqe->op_own &= ~PRM_CQE_DATA_MASK;
}

int mlx5_unload_cqe(const struct mlx5_cq *cq, struct mlx5_rsc *rsc,
		    struct prm_cqe *cqe, enum ibv_wc_status *status)
{
	uint32_t room, len = be32toh(cqe->byte_cnt);
	const uint8_t *data = find_data(cq, cqe, &room);
	struct list list = { 0 };
	int err;

	if (!data || len > room)
		return EINVAL;
	err = mlx5_is_response(cqe) ? find_received(rsc, cqe, &list)
				    : find_returned(rsc, cqe, &list);
	if (err)
		return err;
	*status = copy_to(to_mctx(cq->cq.context), &list, data, len)
			  ? IBV_WC_LOC_LEN_ERR
			  : IBV_WC_SUCCESS;
	make_ordinary(cqe);
	return 0;
}
