/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Work queues: receive queues of their own, for the QPs that spread packets over
 * a table of them. Posting is in recv.c.
 */
#include <errno.h>
#include <stdlib.h>

#include "cqe.h"

/* With several packets in a WQE, it begins as one of a shared queue does. */
static uint32_t own_len(const struct mlx5_ib_create_wq *cmd)
{
	return cmd->comp_mask & MLX5_IB_CREATE_WQ_STRIDING_RQ
		       ? sizeof(struct prm_srq_next_seg)
		       : 0;
}

static int init_ring(struct mlx5_wq *wq, uint32_t num_wqe,
		     uint32_t stride_shift, uint32_t own)
{
	struct mlx5_rq *rq = &wq->rq;

	rq->buf = (uint8_t *)wq->buf.addr + own;
	rq->mask = num_wqe - 1;
	rq->max_post = num_wqe;
	rq->max_sge = ((1u << stride_shift) - own) / PRM_SEG_SIZE;
	rq->stride_shift = stride_shift;
	rq->dbrec = &wq->dbrec[PRM_DBREC_RECV];
	rq->wr_id = calloc(num_wqe, sizeof(*rq->wr_id));
	return rq->wr_id ? 0 : ENOMEM;
}

static int alloc_ring(struct mlx5_context *ctx, struct mlx5_wq *wq,
		      const struct ibv_wq_init_attr *attr,
		      struct mlx5_ib_create_wq *req)
{
	uint32_t own = own_len(req);
	int err;

	err = mlx5_size_rq(&ctx->limits, attr->max_wr, attr->max_sge, own,
			   &req->rq_wqe_count, &req->rq_wqe_shift);
	if (err)
		return err;
	err = mlx5_alloc_buf_pd(&wq->buf, &ctx->allocators, attr->pd,
				MLX5_BUF_WQ,
				(size_t)req->rq_wqe_count << req->rq_wqe_shift);
	if (err)
		return err;
	wq->dbrec = mlx5_alloc_dbrec(&ctx->dbrecs);
	if (!wq->dbrec) {
		err = errno;
		goto free_buf;
	}
	err = init_ring(wq, req->rq_wqe_count, req->rq_wqe_shift, own);
	if (err)
		goto free_dbrec;
	return 0;

free_dbrec:
	mlx5_free_dbrec(&ctx->dbrecs, wq->dbrec);
free_buf:
	mlx5_free_buf(&wq->buf);
	return err;
}

static void free_ring(struct mlx5_context *ctx, struct mlx5_wq *wq)
{
	free(wq->rq.wr_id);
	mlx5_free_dbrec(&ctx->dbrecs, wq->dbrec);
	mlx5_free_buf(&wq->buf);
}

static int create_kernel_wq(struct ibv_context *context, struct mlx5_wq *wq,
			    struct ibv_wq_init_attr *attr,
			    struct mlx5_ib_create_wq *req)
{
	struct mlx5_ib_create_wq_resp resp = { 0 };
	struct verbs_udata udata = {
		.in = req,
		.in_len = sizeof(*req),
		.out = &resp,
		.out_len = sizeof(resp),
	};

	req->buf_addr = (uintptr_t)wq->buf.addr;
	req->db_addr = (uintptr_t)wq->dbrec;
	req->user_index = wq->rsc.key;
	return verbs_no_method(
		ibv_cmd_create_wq(context, attr, &wq->wq, &udata));
}

static int init_wq(struct mlx5_context *ctx, struct mlx5_wq *wq,
		   struct ibv_wq_init_attr *attr, struct mlx5_ib_create_wq *req)
{
	int err;

	wq->rsc.type = MLX5_RSC_WQ;
	wq->rsc.of_packets = true;
	mlx5_set_wq_recv_ops(wq, mlx5_is_single_threaded(attr->pd));
	err = alloc_ring(ctx, wq, attr, req);
	if (err)
		return err;
	err = mlx5_table_add(&ctx->rscs, &wq->rsc, &wq->rsc.key);
	if (err)
		goto free_ring;
	err = create_kernel_wq(&ctx->vctx.context, wq, attr, req);
	if (err)
		goto free_key;
	return 0;

free_key:
	mlx5_table_del(&ctx->rscs, wq->rsc.key, &wq->rsc);
free_ring:
	free_ring(ctx, wq);
	return err;
}

/*
 * Returns 0 or the errno value of what cannot be. Completions in the older format
 * name a QP, and there is none.
 */
static int check_attr(const struct mlx5_context *ctx,
		      const struct ibv_wq_init_attr *attr)
{
	if (!attr->pd || !attr->cq || attr->wq_type != IBV_WQT_RQ ||
	    !attr->max_wr)
		return EINVAL;
	if (attr->comp_mask >= IBV_WQ_INIT_ATTR_RESERVED)
		return EINVAL;
	if (attr->comp_mask & IBV_WQ_INIT_ATTR_FLAGS &&
	    attr->create_flags >= IBV_WQ_FLAGS_RESERVED)
		return EOPNOTSUPP;
	return ctx->cqe_version ? 0 : EOPNOTSUPP;
}

struct ibv_wq *mlx5_create_wq_with(struct ibv_context *context,
				   struct ibv_wq_init_attr *attr,
				   const struct mlx5_ib_create_wq *cmd)
{
	struct mlx5_context *ctx = to_mctx(context);
	struct mlx5_ib_create_wq req = *cmd;
	struct mlx5_wq *wq;
	int err;

	err = check_attr(ctx, attr);
	if (err)
		return verbs_null(err);
	wq = calloc(1, sizeof(*wq));
	if (!wq)
		return NULL;
	err = init_wq(ctx, wq, attr, &req);
	if (err) {
		free(wq);
		return verbs_null(err);
	}
	return &wq->wq;
}

struct ibv_wq *mlx5_create_wq(struct ibv_context *context,
			      struct ibv_wq_init_attr *attr)
{
	static const struct mlx5_ib_create_wq usual;

	return mlx5_create_wq_with(context, attr, &usual);
}

static void restart_ring(struct mlx5_wq *wq)
{
	mlx5_clean_cq_of_wq_locked(wq);
	wq->rq.head = 0;
	wq->rq.tail = 0;
	store_dbrec(wq->rq.dbrec, 0);
}

/* RESET empties the ring; nothing can be posted before it is left. */
int mlx5_modify_wq(struct ibv_wq *ibwq, struct ibv_wq_attr *attr)
{
	static const struct mlx5_ib_modify_wq req;
	const struct verbs_udata udata = { .in = &req, .in_len = sizeof(req) };
	struct mlx5_wq *wq = to_mwq(ibwq);
	struct mlx5_cq *cq = to_mcq(ibwq->cq);
	int ret = ibv_cmd_modify_wq(ibwq, attr, &udata);

	if (ret || !(attr->attr_mask & IBV_WQ_ATTR_STATE))
		return ret;
	mlx5_lock_cq(cq);
	if (attr->wq_state == IBV_WQS_RESET)
		restart_ring(wq);
	mlx5_unlock_cq(cq);
	wq->rq.limit = attr->wq_state == IBV_WQS_RESET ? 0 : wq->rq.max_post;
	return 0;
}

/* As with QPs, the kernel's goes first: no completion arrives after that. */
int mlx5_destroy_wq(struct ibv_wq *ibwq)
{
	struct mlx5_context *ctx = to_mctx(ibwq->context);
	struct mlx5_wq *wq = to_mwq(ibwq);
	struct mlx5_cq *cq = to_mcq(ibwq->cq);
	int ret = ibv_cmd_destroy_wq(ibwq);

	if (ret)
		return ret;
	mlx5_lock_cq(cq);
	mlx5_clean_cq_of_wq_locked(wq);
	mlx5_table_del(&ctx->rscs, wq->rsc.key, &wq->rsc);
	mlx5_unlock_cq(cq);
	free_ring(ctx, wq);
	free(wq);
	return 0;
}
