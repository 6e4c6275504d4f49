/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Work queues and tables of them. Programs reach the ops through inline
 * functions of verbs.h; creation sets up the lock and the count of events
 * there.
 */
#include <stdlib.h>

#include "internal.h"

struct ibv_rwq_ind_table *
verbs_create_rwq_ind_table(struct ibv_context *context,
			   struct ibv_rwq_ind_table_init_attr *attr)
{
	struct ibv_rwq_ind_table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	if (ibv_cmd_create_rwq_ind_table(context, attr, table, NULL)) {
		verbs_free_keep_errno(table);
		return NULL;
	}
	return table;
}

int verbs_destroy_rwq_ind_table(struct ibv_rwq_ind_table *table)
{
	int ret = ibv_cmd_destroy_rwq_ind_table(table);

	if (!ret)
		free(table);
	return ret;
}

/* --------------------------------------------------------- kernel commands */

static uint32_t create_flags(const struct ibv_wq_init_attr *attr)
{
	if (attr->comp_mask & IBV_WQ_INIT_ATTR_FLAGS)
		return attr->create_flags;
	return 0;
}

static int send_create(struct ibv_context *context,
		       struct ibv_wq_init_attr *attr, struct ibv_wq *wq,
		       const struct verbs_udata *udata)
{
	struct ib_uverbs_attr *handle;
	struct verbs_attrs attrs;
	uint32_t max_wr, max_sge, wq_num;
	int ret;

	attrs_init(&attrs, UVERBS_OBJECT_WQ, UVERBS_METHOD_WQ_CREATE);
	handle = attr_new_obj(&attrs, UVERBS_ATTR_CREATE_WQ_HANDLE);
	attr_in_obj(&attrs, UVERBS_ATTR_CREATE_WQ_PD_HANDLE, attr->pd->handle);
	attr_in_obj(&attrs, UVERBS_ATTR_CREATE_WQ_CQ_HANDLE, attr->cq->handle);
	attr_in_u64(&attrs, UVERBS_ATTR_CREATE_WQ_USER_HANDLE, (uintptr_t)wq);
	attr_in_u64(&attrs, UVERBS_ATTR_CREATE_WQ_TYPE, attr->wq_type);
	attr_in_u32(&attrs, UVERBS_ATTR_CREATE_WQ_MAX_WR, attr->max_wr);
	attr_in_u32(&attrs, UVERBS_ATTR_CREATE_WQ_MAX_SGE, attr->max_sge);
	/* Not optional, even with none. */
	attr_in_u32(&attrs, UVERBS_ATTR_CREATE_WQ_FLAGS, create_flags(attr));
	attr_out_u32(&attrs, UVERBS_ATTR_CREATE_WQ_RESP_MAX_WR, &max_wr);
	attr_out_u32(&attrs, UVERBS_ATTR_CREATE_WQ_RESP_MAX_SGE, &max_sge);
	attr_out_u32(&attrs, UVERBS_ATTR_CREATE_WQ_RESP_WQ_NUM, &wq_num);
	attr_udata(&attrs, udata);
	ret = verbs_ioctl(context, &attrs);
	if (ret)
		return ret;
	wq->handle = handle->data;
	wq->wq_num = wq_num;
	attr->max_wr = max_wr;
	attr->max_sge = max_sge;
	return 0;
}

VERBS_EXPORT
int ibv_cmd_create_wq(struct ibv_context *context,
		      struct ibv_wq_init_attr *attr, struct ibv_wq *wq,
		      const struct verbs_udata *udata)
{
	if (attr->comp_mask >= IBV_WQ_INIT_ATTR_RESERVED)
		return verbs_err(EINVAL);
	wq->context = context;
	wq->wq_context = attr->wq_context;
	wq->pd = attr->pd;
	wq->cq = attr->cq;
	wq->wq_type = attr->wq_type;
	wq->state = IBV_WQS_RESET;
	return send_create(context, attr, wq, udata);
}

VERBS_EXPORT
int ibv_cmd_modify_wq(struct ibv_wq *wq, const struct ibv_wq_attr *attr,
		      const struct verbs_udata *udata)
{
	struct ib_uverbs_ex_modify_wq req = {
		.attr_mask = attr->attr_mask,
		.wq_handle = wq->handle,
	};
	int ret;

	if (attr->attr_mask >= IBV_WQ_ATTR_RESERVED)
		return verbs_err(EINVAL);
	if (attr->attr_mask & IBV_WQ_ATTR_STATE)
		req.wq_state = attr->wq_state;
	if (attr->attr_mask & IBV_WQ_ATTR_CURR_STATE)
		req.curr_wq_state = attr->curr_wq_state;
	if (attr->attr_mask & IBV_WQ_ATTR_FLAGS) {
		req.flags = attr->flags;
		req.flags_mask = attr->flags_mask;
	}
	ret = verbs_write_cmd(wq->context,
			      IB_USER_VERBS_CMD_FLAG_EXTENDED |
				      IB_USER_VERBS_EX_CMD_MODIFY_WQ,
			      &req, sizeof(req), NULL, 0, udata);
	if (!ret && (attr->attr_mask & IBV_WQ_ATTR_STATE))
		wq->state = attr->wq_state;
	return ret;
}

VERBS_EXPORT
int ibv_cmd_destroy_wq(struct ibv_wq *wq)
{
	struct verbs_attrs attrs;
	uint32_t reported;
	int ret;

	attrs_init(&attrs, UVERBS_OBJECT_WQ, UVERBS_METHOD_WQ_DESTROY);
	attr_in_obj(&attrs, UVERBS_ATTR_DESTROY_WQ_HANDLE, wq->handle);
	attr_out_u32(&attrs, UVERBS_ATTR_DESTROY_WQ_RESP, &reported);
	ret = verbs_ioctl(wq->context, &attrs);
	if (ret)
		return ret;
	wait_acknowledged(&wq->mutex, &wq->cond, &wq->events_completed,
			  reported);
	pthread_cond_destroy(&wq->cond);
	pthread_mutex_destroy(&wq->mutex);
	return 0;
}

/* The kernel's request: the two numbers, then a handle for each place. */
static struct ib_uverbs_ex_create_rwq_ind_table *
table_to_uapi(const struct ibv_rwq_ind_table_init_attr *attr, size_t *len)
{
	const uint32_t places = 1u << attr->log_ind_tbl_size;
	struct ib_uverbs_ex_create_rwq_ind_table *req;
	uint32_t i;

	*len = sizeof(*req) + places * sizeof(req->wq_handles[0]);
	req = calloc(1, *len);
	if (!req)
		return NULL;
	req->log_ind_tbl_size = attr->log_ind_tbl_size;
	for (i = 0; i < places; i++)
		req->wq_handles[i] = attr->ind_tbl[i]->handle;
	return req;
}

static int send_table(struct ibv_context *context,
		      const struct ib_uverbs_ex_create_rwq_ind_table *req,
		      size_t len, struct ibv_rwq_ind_table *table,
		      const struct verbs_udata *udata)
{
	struct ib_uverbs_ex_create_rwq_ind_table_resp resp = {};
	int ret;

	ret = verbs_write_cmd(context,
			      IB_USER_VERBS_CMD_FLAG_EXTENDED |
				      IB_USER_VERBS_EX_CMD_CREATE_RWQ_IND_TBL,
			      req, len, &resp, sizeof(resp), udata);
	if (ret)
		return ret;
	table->context = context;
	table->ind_tbl_handle = (int)resp.ind_tbl_handle;
	table->ind_tbl_num = (int)resp.ind_tbl_num;
	return 0;
}

VERBS_EXPORT
int ibv_cmd_create_rwq_ind_table(struct ibv_context *context,
				 const struct ibv_rwq_ind_table_init_attr *attr,
				 struct ibv_rwq_ind_table *table,
				 const struct verbs_udata *udata)
{
	struct ib_uverbs_ex_create_rwq_ind_table *req;
	size_t len;
	int ret;

	if (attr->comp_mask >= IBV_CREATE_IND_TABLE_RESERVED)
		return verbs_err(EOPNOTSUPP);
	/* The kernel's limit: what is longer does not fit into a request. */
	if (attr->log_ind_tbl_size > IB_USER_VERBS_MAX_LOG_IND_TBL_SIZE)
		return verbs_err(EINVAL);
	req = table_to_uapi(attr, &len);
	if (!req)
		return verbs_err(ENOMEM);
	ret = send_table(context, req, len, table, udata);
	verbs_free_keep_errno(req);
	return ret;
}

VERBS_EXPORT
int ibv_cmd_destroy_rwq_ind_table(struct ibv_rwq_ind_table *table)
{
	struct verbs_attrs attrs;

	attrs_init(&attrs, UVERBS_OBJECT_RWQ_IND_TBL,
		   UVERBS_METHOD_RWQ_IND_TBL_DESTROY);
	attr_in_obj(&attrs, UVERBS_ATTR_DESTROY_RWQ_IND_TBL_HANDLE,
		    (uint32_t)table->ind_tbl_handle);
	return verbs_ioctl(table->context, &attrs);
}
