// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/idr.h>
#include <linux/slab.h>
#include <rdma/uverbs_ioctl.h>

#include "raw.h"

/* The verbs of work queues, and of the tables by which frames go to several. */

static DEFINE_IDA(wqns);

static int read_request(struct mlx5_ib_create_wq *cmd, struct ib_udata *udata)
{
	int ret = hca_read_request(cmd, sizeof(*cmd),
				   offsetofend(typeof(*cmd), comp_mask), udata);

	if (ret)
		return ret;
	/* Requests with signatures are not here. */
	if (cmd->flags || cmd->comp_mask & ~MLX5_IB_CREATE_WQ_STRIDING_RQ)
		return -EOPNOTSUPP;
	return 0;
}

static int check_request(const struct ib_wq_init_attr *attr,
			 const struct mlx5_ib_create_wq *cmd,
			 struct ib_udata *udata)
{
	struct hca_ctx *ctx =
		rdma_udata_to_drv_context(udata, struct hca_ctx, ib);

	if (cmd->comp_mask && !hca_is_newer(ctx->ib.device))
		return -EOPNOTSUPP;
	if (attr->wq_type != IB_WQT_RQ ||
	    attr->create_flags & ~IB_WQ_FLAGS_CVLAN_STRIPPING)
		return -EOPNOTSUPP;
	/* In the older format completions of frames name no queue. */
	if (!ctx->cqe_version)
		return -EOPNOTSUPP;
	return attr->max_wr && attr->max_wr <= HCA_MAX_WR ? 0 : -EINVAL;
}

static void init_wq(struct hca_wq *wq, struct ib_pd *pd,
		    const struct ib_wq_init_attr *attr)
{
	wq->ib.wq_context = attr->wq_context;
	wq->ib.event_handler = attr->event_handler;
	wq->ib.state = IB_WQS_RESET;
	wq->rxq.wq = wq;
	wq->rxq.pd = to_hpd(pd);
	wq->rxq.cq = to_hcq(attr->cq);
	wq->rxq.strip_vlan = attr->create_flags & IB_WQ_FLAGS_CVLAN_STRIPPING;
}

static int make_wq(struct hca_wq *wq, struct hca_dev *dev,
		   const struct mlx5_ib_create_wq *cmd, struct ib_udata *udata)
{
	const struct hca_rxq_layout layout = {
		.buf_addr = cmd->buf_addr,
		.db_addr = cmd->db_addr,
		.count = cmd->rq_wqe_count,
		.shift = cmd->rq_wqe_shift,
		.uidx = cmd->user_index,
	};
	struct mlx5_ib_create_wq_resp resp = {};
	int ret;

	ret = hca_strides_read(&wq->rxq.strides, cmd);
	if (ret)
		return ret;
	ret = ida_alloc_range(&wqns, 1, 0xffffff, GFP_KERNEL);
	if (ret < 0)
		return ret;
	wq->ib.wq_num = ret;
	ret = hca_rxq_create(&wq->rxq, dev, &layout);
	if (ret)
		goto free_number;
	resp.response_length = min(sizeof(resp), udata->outlen);
	ret = ib_copy_to_udata(udata, &resp, resp.response_length);
	if (ret)
		goto destroy;
	return 0;

destroy:
	hca_rxq_destroy(&wq->rxq);
free_number:
	ida_free(&wqns, wq->ib.wq_num);
	return ret;
}

struct ib_wq *hca_create_wq(struct ib_pd *pd, struct ib_wq_init_attr *attr,
			    struct ib_udata *udata)
{
	struct hca_dev *dev = to_hca(pd->device);
	struct mlx5_ib_create_wq cmd;
	struct hca_wq *wq;
	int ret;

	ret = read_request(&cmd, udata);
	if (!ret)
		ret = check_request(attr, &cmd, udata);
	if (ret)
		return ERR_PTR(ret);
	if (!hca_obj_get(dev, HCA_OBJ_WQS, HCA_MAX_WQ))
		return ERR_PTR(-ENOMEM);
	wq = kzalloc(sizeof(*wq), GFP_KERNEL_ACCOUNT);
	ret = -ENOMEM;
	if (!wq)
		goto put_count;
	init_wq(wq, pd, attr);
	ret = make_wq(wq, dev, &cmd, udata);
	if (ret)
		goto free_wq;
	return &wq->ib;

free_wq:
	kfree(wq);
put_count:
	hca_obj_put(dev, HCA_OBJ_WQS);
	return ERR_PTR(ret);
}

/* The core sees to it that no table has it any more. */
int hca_destroy_wq(struct ib_wq *ibwq, struct ib_udata *udata)
{
	struct hca_wq *wq = to_hwq(ibwq);
	struct hca_dev *dev = wq->rxq.dev;

	hca_rxq_destroy(&wq->rxq);
	ida_free(&wqns, ibwq->wq_num);
	kfree(wq);
	hca_obj_put(dev, HCA_OBJ_WQS);
	return 0;
}

static bool may_become(enum ib_wq_state cur, enum ib_wq_state new)
{
	switch (cur) {
	case IB_WQS_RESET:
		return new != IB_WQS_ERR;
	case IB_WQS_RDY:
		return true;
	default:
		return new != IB_WQS_RDY;
	}
}

static int check_modify(const struct ib_wq_attr *attr, u32 mask,
			struct ib_udata *udata)
{
	struct mlx5_ib_modify_wq cmd;
	int ret = hca_read_request(&cmd, sizeof(cmd), sizeof(cmd), udata);

	if (ret)
		return ret;
	if (cmd.comp_mask || cmd.reserved)
		return -EOPNOTSUPP;
	if (mask & IB_WQ_FLAGS &&
	    attr->flags_mask & ~IB_WQ_FLAGS_CVLAN_STRIPPING)
		return -EOPNOTSUPP;
	return 0;
}

static int change(struct hca_wq *wq, const struct ib_wq_attr *attr, u32 mask)
{
	struct hca_rxq *q = &wq->rxq;
	enum ib_wq_state cur =
		mask & IB_WQ_CUR_STATE ? attr->curr_wq_state : q->state;
	enum ib_wq_state new = mask &IB_WQ_STATE ? attr->wq_state : cur;

	if (cur != q->state || !may_become(cur, new))
		return -EINVAL;
	if (mask & IB_WQ_FLAGS && attr->flags_mask)
		q->strip_vlan = attr->flags & IB_WQ_FLAGS_CVLAN_STRIPPING;
	hca_rxq_set_state_locked(q, new);
	wq->ib.state = new;
	return 0;
}

int hca_modify_wq(struct ib_wq *ibwq, struct ib_wq_attr *attr, u32 mask,
		  struct ib_udata *udata)
{
	int ret;

	ret = check_modify(attr, mask, udata);
	if (ret)
		return ret;
	mutex_lock(&hca_mutex);
	ret = change(to_hwq(ibwq), attr, mask);
	mutex_unlock(&hca_mutex);
	if (!ret)
		hca_kick();
	return ret;
}

/* It is in error already; its program is told. */
void hca_wq_failed_locked(struct hca_wq *wq)
{
	struct ib_event event = {
		.device = wq->ib.device,
		.element.wq = &wq->ib,
		.event = IB_EVENT_WQ_FATAL,
	};

	wq->ib.state = IB_WQS_ERR;
	if (wq->ib.event_handler)
		wq->ib.event_handler(&event, wq->ib.wq_context);
}

/* ---- Tables -------------------------------------------------------------------- */

int hca_create_rwq_table(struct ib_rwq_ind_table *table,
			 struct ib_rwq_ind_table_init_attr *attr,
			 struct ib_udata *udata)
{
	struct mlx5_ib_create_rwq_ind_tbl_resp resp = {};
	struct hca_dev *dev = to_hca(table->device);
	int ret;

	if (udata->inlen && !ib_is_udata_cleared(udata, 0, udata->inlen))
		return -EOPNOTSUPP;
	if (attr->log_ind_tbl_size > HCA_LOG_MAX_RWQ_TABLE)
		return -EINVAL;
	if (!hca_obj_get(dev, HCA_OBJ_RWQ_TABLES, HCA_MAX_RWQ_TABLES))
		return -ENOMEM;
	table->ind_tbl_num = table->uobject ? table->uobject->id : 0;
	resp.response_length = min(sizeof(resp), udata->outlen);
	ret = ib_copy_to_udata(udata, &resp, resp.response_length);
	if (ret)
		hca_obj_put(dev, HCA_OBJ_RWQ_TABLES);
	return ret;
}

int hca_destroy_rwq_table(struct ib_rwq_ind_table *table)
{
	hca_obj_put(to_hca(table->device), HCA_OBJ_RWQ_TABLES);
	return 0;
}
