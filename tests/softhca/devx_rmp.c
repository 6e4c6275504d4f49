// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/log2.h>
#include <linux/slab.h>

#include "devx.h"

/* DEVX: shared receive queues, which the device calls receive memory pools. */

enum {
	MIN_SHIFT = 5, /* one segment behind the link to the next request */
};

static int read_layout(struct hca_srq *srq, const void *wq)
{
	u32 shift = MLX5_GET(wq, wq, log_wq_stride);
	u32 log_num = MLX5_GET(wq, wq, log_wq_sz);

	if (MLX5_GET(wq, wq, wq_type) != MLX5_WQ_TYPE_LINKED_LIST ||
	    MLX5_GET(wq, wq, wq_signature) || shift < MIN_SHIFT ||
	    shift > ilog2(HCA_RQ_STRIDE_MAX) || log_num > ilog2(HCA_MAX_WR))
		return -EINVAL;
	srq->num = 1 << log_num;
	srq->shift = shift;
	srq->max_sge = ((1 << shift) - sizeof(struct hca_srq_next_seg)) /
		       sizeof(struct hca_data_seg);
	srq->limit = MLX5_GET(wq, wq, lwm);
	return 0;
}

static int map_rmp(struct hca_srq *srq, const void *wq)
{
	int ret;

	ret = hca_umem_ring(srq->ctx, MLX5_GET(wq, wq, wq_umem_id),
			    MLX5_GET64(wq, wq, wq_umem_offset),
			    srq->num << srq->shift, false, &srq->ring);
	if (ret)
		return ret;
	ret = hca_devx_record(srq->ctx, MLX5_GET(wq, wq, dbr_umem_id),
			      MLX5_GET64(wq, wq, dbr_addr), &srq->db);
	if (ret)
		hca_ring_unpin(&srq->ring);
	return ret;
}

static int find_pd(struct hca_srq *srq, u32 pdn)
{
	struct hca_pd *pd;

	mutex_lock(&hca_mutex);
	pd = hca_devx_find_pd_locked(srq->ctx, pdn);
	mutex_unlock(&hca_mutex);
	if (!pd)
		return -EINVAL;
	srq->ib.pd = &pd->ib;
	return 0;
}

static int make_rmp(struct hca_srq *srq, const void *wq)
{
	int ret;

	ret = read_layout(srq, wq);
	if (!ret)
		ret = find_pd(srq, MLX5_GET(wq, wq, pd));
	if (!ret)
		ret = map_rmp(srq, wq);
	if (ret)
		return ret;
	ret = hca_srq_reserve_number(srq);
	if (ret) {
		hca_ring_unpin(&srq->db);
		hca_ring_unpin(&srq->ring);
		return ret;
	}
	hca_srq_publish(srq);
	return 0;
}

static struct hca_srq *new_rmp(struct hca_devx_obj *obj, struct hca_ctx *ctx)
{
	struct hca_srq *srq = kzalloc(sizeof(*srq), GFP_KERNEL_ACCOUNT);

	if (!srq)
		return NULL;
	srq->ctx = ctx;
	srq->by_number = !ctx->cqe_version;
	srq->ib.device = ctx->ib.device;
	srq->ib.srq_type = IB_SRQT_BASIC;
	srq->ib.event_handler = hca_devx_event;
	srq->ib.srq_context = obj;
	return srq;
}

int hca_devx_create_rmp(struct hca_devx_obj *obj, struct hca_devx_cmd *cmd)
{
	struct hca_srq *srq;
	int ret;

	if (cmd->len < MLX5_ST_SZ_BYTES(create_rmp_in))
		return hca_devx_refuse(cmd->out, MLX5_CMD_STAT_BAD_INP_LEN_ERR);
	if (!hca_obj_get(obj->dev, HCA_OBJ_SRQS, HCA_MAX_SRQ))
		return hca_devx_refuse(cmd->out, MLX5_CMD_STAT_LIM_ERR);
	srq = new_rmp(obj, cmd->ctx);
	ret = srq ? make_rmp(srq, MLX5_ADDR_OF(create_rmp_in, cmd->in, ctx.wq))
		  : -ENOMEM;
	if (ret) {
		kfree(srq);
		hca_obj_put(obj->dev, HCA_OBJ_SRQS);
		return hca_devx_result(cmd->out, ret);
	}
	atomic_inc(&srq->ib.pd->usecnt);
	obj->what = srq;
	obj->number = srq->srqn;
	MLX5_SET(create_rmp_out, cmd->out, rmpn, srq->srqn);
	return 0;
}

int hca_devx_destroy_rmp(struct hca_devx_obj *obj)
{
	struct hca_srq *srq = obj->what;
	int ret;

	ret = hca_srq_remove(srq);
	if (ret)
		return ret;
	atomic_dec(&srq->ib.pd->usecnt);
	kfree(srq);
	hca_obj_put(obj->dev, HCA_OBJ_SRQS);
	return 0;
}

/* The limit that tells of few requests, once; and that it stays ready. */
int hca_devx_modify_rmp(void *srq, struct hca_devx_cmd *cmd)
{
	const void *ctx;

	if (cmd->len < MLX5_ST_SZ_BYTES(modify_rmp_in))
		return hca_devx_refuse(cmd->out, MLX5_CMD_STAT_BAD_INP_LEN_ERR);
	ctx = MLX5_ADDR_OF(modify_rmp_in, cmd->in, ctx);
	if (MLX5_GET(rmpc, ctx, state) != MLX5_RMPC_STATE_RDY ||
	    MLX5_GET(rmpc, ctx, wq.lwm) >= ((struct hca_srq *)srq)->num)
		return hca_devx_refuse(cmd->out, MLX5_CMD_STAT_BAD_PARAM_ERR);
	if (MLX5_GET(modify_rmp_in, cmd->in, bitmask.lwm))
		hca_srq_set_limit(srq, MLX5_GET(rmpc, ctx, wq.lwm));
	return 0;
}

int hca_devx_query_rmp(void *what, struct hca_devx_cmd *cmd)
{
	void *ctx = MLX5_ADDR_OF(query_rmp_out, cmd->out, rmp_context);
	void *wq = MLX5_ADDR_OF(rmpc, ctx, wq);
	struct hca_srq *srq = what;

	mutex_lock(&hca_mutex);
	MLX5_SET(rmpc, ctx, state,
		 srq->error ? MLX5_RMPC_STATE_ERR : MLX5_RMPC_STATE_RDY);
	MLX5_SET(wq, wq, wq_type, MLX5_WQ_TYPE_LINKED_LIST);
	MLX5_SET(wq, wq, log_wq_stride, srq->shift);
	MLX5_SET(wq, wq, log_wq_sz, ilog2(srq->num));
	MLX5_SET(wq, wq, lwm, srq->limit);
	MLX5_SET(wq, wq, pd, to_hpd(srq->ib.pd)->pdn);
	MLX5_SET(wq, wq, hw_counter, srq->ci);
	MLX5_SET(wq, wq, sw_counter, hca_db_read(&srq->db, HCA_DB_RECV));
	mutex_unlock(&hca_mutex);
	return 0;
}
