/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Shared receive queues: size, create, destroy. Posting is in recv.c. */
#include <errno.h>
#include <stdlib.h>

#include "cqe.h"
#include "srq.h"

static uint64_t round_up_pow2(uint64_t n)
{
	return n <= 1 ? 1 : 1ull << (64 - __builtin_clzll(n - 1));
}

/*
 * The kernel driver makes the same sums and finds the ring by them. One more
 * than asked for, because the last free WQE is never posted.
 */
int mlx5_size_srq(const struct mlx5_limits *limits,
		  const struct ibv_srq_attr *attr, uint32_t *num_wqe,
		  uint32_t *stride_shift)
{
	uint64_t stride;

	if (!attr->max_wr || attr->max_wr > limits->max_srq_recv_wr)
		return EINVAL;
	stride = round_up_pow2(sizeof(struct prm_srq_next_seg) +
			       (uint64_t)attr->max_sge * PRM_SEG_SIZE);
	if (stride < PRM_MIN_SRQ_STRIDE)
		stride = PRM_MIN_SRQ_STRIDE;
	if (stride > limits->max_rq_desc_sz)
		return EINVAL;
	*num_wqe = round_up_pow2((uint64_t)attr->max_wr + 1);
	*stride_shift = __builtin_ctzll(stride);
	return 0;
}

static uint32_t max_sge_of(uint32_t stride_shift)
{
	return (1u << stride_shift) / PRM_SEG_SIZE - 1;
}

int mlx5_init_srq_ring(struct mlx5_srq *srq, uint32_t num_wqe,
		       uint32_t stride_shift)
{
	struct prm_srq_next_seg *next;
	uint32_t i;

	srq->wqes = srq->buf.addr;
	srq->num_wqe = num_wqe;
	srq->stride_shift = stride_shift;
	srq->max_sge = max_sge_of(stride_shift);
	srq->head = 0;
	srq->tail = num_wqe - 1;
	srq->wr_id = calloc(num_wqe, sizeof(*srq->wr_id));
	if (!srq->wr_id)
		return ENOMEM;
	for (i = 0; i < num_wqe; i++) {
		next = mlx5_srq_wqe(srq, i);
		next->next_wqe_index = htobe16((i + 1) & (num_wqe - 1));
	}
	return 0;
}

static int alloc_ring(struct ibv_pd *pd, struct mlx5_srq *srq,
		      const struct ibv_srq_attr *attr)
{
	struct mlx5_context *ctx = to_mctx(pd->context);
	uint32_t stride_shift;
	uint32_t num_wqe;
	int err;

	err = mlx5_size_srq(&ctx->limits, attr, &num_wqe, &stride_shift);
	if (err)
		return err;
	err = mlx5_alloc_buf_pd(&srq->buf, &ctx->allocators, pd, MLX5_BUF_SRQ,
				(size_t)num_wqe << stride_shift);
	if (err)
		return err;
	srq->dbrec = mlx5_alloc_dbrec(&ctx->dbrecs);
	if (!srq->dbrec) {
		err = errno;
		goto free_buf;
	}
	err = mlx5_init_srq_ring(srq, num_wqe, stride_shift);
	if (err)
		goto free_dbrec;
	return 0;

free_dbrec:
	mlx5_free_dbrec(&ctx->dbrecs, srq->dbrec);
free_buf:
	mlx5_free_buf(&srq->buf);
	return err;
}

static void free_ring(struct mlx5_context *ctx, struct mlx5_srq *srq)
{
	free(srq->wr_id);
	mlx5_free_dbrec(&ctx->dbrecs, srq->dbrec);
	mlx5_free_buf(&srq->buf);
}

static bool is_xrc(const struct ibv_srq_init_attr_ex *attr)
{
	return attr->comp_mask & IBV_SRQ_INIT_ATTR_TYPE &&
	       attr->srq_type == IBV_SRQT_XRC;
}

/* Of XRC with CQE version 1: we choose what its completions will carry. */
static int choose_key(struct mlx5_context *ctx, struct mlx5_srq *srq,
		      const struct ibv_srq_init_attr_ex *attr)
{
	srq->rsc.type = MLX5_RSC_SRQ;
	if (!is_xrc(attr) || !ctx->cqe_version)
		return 0;
	return mlx5_table_add(&ctx->rscs, &srq->rsc, &srq->rsc.key);
}

/* With CQE version 0 they carry its number, known only afterwards. */
static int publish(struct mlx5_context *ctx, struct mlx5_srq *srq,
		   const struct ibv_srq_init_attr_ex *attr)
{
	if (!is_xrc(attr) || ctx->cqe_version)
		return 0;
	srq->rsc.key = srq->srqn;
	return mlx5_table_set(&ctx->srqs, srq->rsc.key, &srq->rsc);
}

static void unpublish(struct mlx5_context *ctx, struct mlx5_srq *srq)
{
	mlx5_table_del(ctx->cqe_version ? &ctx->rscs : &ctx->srqs, srq->rsc.key,
		       &srq->rsc);
}

static int cmd_create_srq(struct mlx5_srq *srq,
			  struct ibv_srq_init_attr_ex *attr)
{
	struct mlx5_ib_create_srq req = {
		.buf_addr = (uintptr_t)srq->buf.addr,
		.db_addr = (uintptr_t)srq->dbrec,
		.uidx = srq->rsc.key,
	};
	struct mlx5_ib_create_srq_resp resp = { 0 };
	struct verbs_udata udata = {
		.in = &req,
		.in_len = sizeof(req),
		.out = &resp,
		.out_len = sizeof(resp),
	};
	int err = ibv_cmd_create_srq_ex(attr->pd->context, attr, &srq->vsrq,
					&udata);

	srq->srqn = resp.srqn;
	srq->vsrq.srq_num =
		resp.srqn; /* the core's answer has it of XRC only */
	return err;
}

static int create_kernel_srq(struct mlx5_context *ctx, struct mlx5_srq *srq,
			     struct ibv_srq_init_attr_ex *attr)
{
	int err = cmd_create_srq(srq, attr);

	if (err)
		return err;
	err = publish(ctx, srq, attr);
	if (err)
		ibv_cmd_destroy_srq(&srq->srq);
	return err;
}

static int init_srq(struct mlx5_context *ctx, struct mlx5_srq *srq,
		    struct ibv_srq_init_attr_ex *attr)
{
	int err;

	srq->single_threaded = mlx5_is_single_threaded(attr->pd);
	if (is_xrc(attr) && attr->comp_mask & IBV_SRQ_INIT_ATTR_CQ)
		srq->cq = to_mcq(attr->cq);
	err = alloc_ring(attr->pd, srq, &attr->attr);
	if (err)
		return err;
	err = choose_key(ctx, srq, attr);
	if (err)
		goto free_ring;
	err = create_kernel_srq(ctx, srq, attr);
	if (err)
		goto free_key;
	attr->attr.max_wr = srq->num_wqe - 1;
	attr->attr.max_sge = srq->max_sge;
	return 0;

free_key:
	unpublish(ctx, srq);
free_ring:
	free_ring(ctx, srq);
	return err;
}

static struct ibv_srq *create_srq(struct ibv_context *context,
				  struct ibv_srq_init_attr_ex *attr)
{
	struct mlx5_srq *srq;
	int err;

	srq = calloc(1, sizeof(*srq));
	if (!srq)
		return NULL;
	err = init_srq(to_mctx(context), srq, attr);
	if (err) {
		free(srq);
		errno = err;
		return NULL;
	}
	return &srq->srq;
}

struct ibv_srq *mlx5_create_srq(struct ibv_pd *pd,
				struct ibv_srq_init_attr *attr)
{
	struct ibv_srq_init_attr_ex ex = {
		.srq_context = attr->srq_context,
		.attr = attr->attr,
		.comp_mask = IBV_SRQ_INIT_ATTR_PD,
		.pd = pd,
	};
	struct ibv_srq *srq = create_srq(pd->context, &ex);

	if (srq)
		attr->attr = ex.attr;
	return srq;
}

/* Returns 0 or the errno value of what is not for this device. */
static int check_attr(const struct ibv_srq_init_attr_ex *attr)
{
	const uint32_t known = IBV_SRQ_INIT_ATTR_TYPE | IBV_SRQ_INIT_ATTR_PD |
			       IBV_SRQ_INIT_ATTR_XRCD | IBV_SRQ_INIT_ATTR_CQ;

	if (attr->comp_mask & ~known)
		return EOPNOTSUPP;
	if (attr->comp_mask & IBV_SRQ_INIT_ATTR_TYPE &&
	    attr->srq_type != IBV_SRQT_BASIC && attr->srq_type != IBV_SRQT_XRC)
		return EOPNOTSUPP;
	return attr->comp_mask & IBV_SRQ_INIT_ATTR_PD ? 0 : EINVAL;
}

struct ibv_srq *mlx5_create_srq_ex(struct ibv_context *context,
				   struct ibv_srq_init_attr_ex *attr)
{
	int err = check_attr(attr);

	if (err) {
		errno = err;
		return NULL;
	}
	return create_srq(context, attr);
}

int mlx5_modify_srq(struct ibv_srq *ibsrq, struct ibv_srq_attr *attr,
		    int attr_mask)
{
	return ibv_cmd_modify_srq(ibsrq, attr, attr_mask, NULL);
}

/*
 * No QP is on it any more, so that whoever still polls has no entry left that
 * leads here; but those of XRC lead here without one.
 */
int mlx5_destroy_srq(struct ibv_srq *ibsrq)
{
	struct mlx5_context *ctx = to_mctx(ibsrq->context);
	struct mlx5_srq *srq = to_msrq(ibsrq);
	int ret = ibv_cmd_destroy_srq(ibsrq);

	if (ret)
		return ret;
	if (srq->cq) {
		mlx5_lock_cq(srq->cq);
		mlx5_clean_cq_of_srq_locked(srq);
		unpublish(ctx, srq);
		mlx5_unlock_cq(srq->cq);
	}
	free_ring(ctx, srq);
	free(srq);
	return 0;
}
