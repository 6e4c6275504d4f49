/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Shared receive queues. */
#include <stdlib.h>

#include "internal.h"

VERBS_EXPORT
struct ibv_srq *ibv_create_srq(struct ibv_pd *pd,
			       struct ibv_srq_init_attr *attr)
{
	if (!pd || !attr)
		return verbs_null(EINVAL);
	return verbs_ops(pd->context)->create_srq(pd, attr);
}

VERBS_EXPORT
int ibv_modify_srq(struct ibv_srq *srq, struct ibv_srq_attr *attr,
		   int attr_mask)
{
	if (!srq || !attr)
		return verbs_err(EINVAL);
	return verbs_ops(srq->context)->modify_srq(srq, attr, attr_mask);
}

VERBS_EXPORT
int ibv_query_srq(struct ibv_srq *srq, struct ibv_srq_attr *attr)
{
	if (!srq || !attr)
		return verbs_err(EINVAL);
	return verbs_ops(srq->context)->query_srq(srq, attr);
}

VERBS_EXPORT
int ibv_destroy_srq(struct ibv_srq *srq)
{
	if (!srq)
		return verbs_err(EINVAL);
	return verbs_ops(srq->context)->destroy_srq(srq);
}

VERBS_EXPORT
int verbs_get_srq_num(struct ibv_srq *srq, uint32_t *srq_num)
{
	if (!to_vsrq(srq)->srq_num)
		return verbs_err(EINVAL);
	*srq_num = to_vsrq(srq)->srq_num;
	return 0;
}

/* --------------------------------------------------------- kernel commands */

static void srq_init(struct ibv_srq *srq, struct ibv_pd *pd, void *srq_context)
{
	srq->context = pd->context;
	srq->srq_context = srq_context;
	srq->pd = pd;
	pthread_mutex_init(&srq->mutex, NULL);
	pthread_cond_init(&srq->cond, NULL);
}

static void srq_fini(struct ibv_srq *srq)
{
	pthread_cond_destroy(&srq->cond);
	pthread_mutex_destroy(&srq->mutex);
}

static enum ibv_srq_type srq_type(const struct ibv_srq_init_attr_ex *attr)
{
	if (attr->comp_mask & IBV_SRQ_INIT_ATTR_TYPE)
		return attr->srq_type;
	return IBV_SRQT_BASIC;
}

/* The objects that the type needs beside the PD, as far as they are named. */
static void attr_srq_type(struct verbs_attrs *attrs,
			  const struct ibv_srq_init_attr_ex *attr)
{
	attr_in_u64(attrs, UVERBS_ATTR_CREATE_SRQ_TYPE, srq_type(attr));
	if (attr->comp_mask & IBV_SRQ_INIT_ATTR_XRCD)
		attr_in_obj(attrs, UVERBS_ATTR_CREATE_SRQ_XRCD_HANDLE,
			    to_vxrcd(attr->xrcd)->handle);
	if (attr->comp_mask & IBV_SRQ_INIT_ATTR_CQ)
		attr_in_obj(attrs, UVERBS_ATTR_CREATE_SRQ_CQ_HANDLE,
			    attr->cq->handle);
	if (attr->comp_mask & IBV_SRQ_INIT_ATTR_TM)
		attr_in_u32(attrs, UVERBS_ATTR_CREATE_SRQ_MAX_NUM_TAGS,
			    attr->tm_cap.max_num_tags);
}

/* The kernel answers with a number only where the type is XRC. */
static int send_create(struct ibv_context *context,
		       struct ibv_srq_init_attr_ex *attr, struct ibv_srq *srq,
		       uint32_t *srq_num, const struct verbs_udata *udata)
{
	struct ib_uverbs_attr *handle;
	struct verbs_attrs attrs;
	uint32_t max_wr, max_sge;
	int ret;

	attrs_init(&attrs, UVERBS_OBJECT_SRQ, UVERBS_METHOD_SRQ_CREATE);
	handle = attr_new_obj(&attrs, UVERBS_ATTR_CREATE_SRQ_HANDLE);
	attr_in_obj(&attrs, UVERBS_ATTR_CREATE_SRQ_PD_HANDLE, attr->pd->handle);
	attr_in_u64(&attrs, UVERBS_ATTR_CREATE_SRQ_USER_HANDLE, (uintptr_t)srq);
	attr_in_u32(&attrs, UVERBS_ATTR_CREATE_SRQ_MAX_WR, attr->attr.max_wr);
	attr_in_u32(&attrs, UVERBS_ATTR_CREATE_SRQ_MAX_SGE, attr->attr.max_sge);
	attr_in_u32(&attrs, UVERBS_ATTR_CREATE_SRQ_LIMIT, attr->attr.srq_limit);
	attr_srq_type(&attrs, attr);
	attr_out_u32(&attrs, UVERBS_ATTR_CREATE_SRQ_RESP_MAX_WR, &max_wr);
	attr_out_u32(&attrs, UVERBS_ATTR_CREATE_SRQ_RESP_MAX_SGE, &max_sge);
	if (srq_type(attr) == IBV_SRQT_XRC)
		attr_out_u32(&attrs, UVERBS_ATTR_CREATE_SRQ_RESP_SRQ_NUM,
			     srq_num);
	attr_udata(&attrs, udata);
	ret = verbs_ioctl(context, &attrs);
	if (ret)
		return ret;
	srq->handle = handle->data;
	attr->attr.max_wr = max_wr;
	attr->attr.max_sge = max_sge;
	return 0;
}

static int create(struct ibv_context *context,
		  struct ibv_srq_init_attr_ex *attr, struct ibv_srq *srq,
		  uint32_t *srq_num, const struct verbs_udata *udata)
{
	int ret;

	srq_init(srq, attr->pd, attr->srq_context);
	ret = send_create(context, attr, srq, srq_num, udata);
	if (ret) {
		srq_fini(srq);
		return verbs_err(ret);
	}
	return 0;
}

VERBS_EXPORT
int ibv_cmd_create_srq(struct ibv_pd *pd, struct ibv_srq_init_attr *attr,
		       struct ibv_srq *srq, const struct verbs_udata *udata)
{
	struct ibv_srq_init_attr_ex ex = {
		.srq_context = attr->srq_context,
		.attr = attr->attr,
		.comp_mask = IBV_SRQ_INIT_ATTR_PD,
		.pd = pd,
	};
	int ret = create(pd->context, &ex, srq, NULL, udata);

	if (!ret)
		attr->attr = ex.attr;
	return ret;
}

VERBS_EXPORT
int ibv_cmd_create_srq_ex(struct ibv_context *context,
			  struct ibv_srq_init_attr_ex *attr,
			  struct verbs_srq *vsrq,
			  const struct verbs_udata *udata)
{
	if (attr->comp_mask >= IBV_SRQ_INIT_ATTR_RESERVED)
		return verbs_err(EOPNOTSUPP);
	if (!(attr->comp_mask & IBV_SRQ_INIT_ATTR_PD))
		return verbs_err(EINVAL);
	vsrq->type = srq_type(attr);
	return create(context, attr, &vsrq->srq, &vsrq->srq_num, udata);
}

VERBS_EXPORT
int ibv_cmd_modify_srq(struct ibv_srq *srq, struct ibv_srq_attr *attr,
		       int attr_mask, const struct verbs_udata *udata)
{
	struct ib_uverbs_modify_srq req = {
		.srq_handle = srq->handle,
		.attr_mask = (uint32_t)attr_mask,
		.max_wr = attr->max_wr,
		.srq_limit = attr->srq_limit,
	};

	return verbs_write_cmd(srq->context, IB_USER_VERBS_CMD_MODIFY_SRQ, &req,
			       sizeof(req), NULL, 0, udata);
}

VERBS_EXPORT
int ibv_cmd_query_srq(struct ibv_srq *srq, struct ibv_srq_attr *attr)
{
	struct ib_uverbs_query_srq_resp resp = {};
	struct ib_uverbs_query_srq req = { .srq_handle = srq->handle };
	int ret;

	ret = verbs_write_cmd(srq->context, IB_USER_VERBS_CMD_QUERY_SRQ, &req,
			      sizeof(req), &resp, sizeof(resp), NULL);
	if (ret)
		return ret;
	attr->max_wr = resp.max_wr;
	attr->max_sge = resp.max_sge;
	attr->srq_limit = resp.srq_limit;
	return 0;
}

VERBS_EXPORT
int ibv_cmd_destroy_srq(struct ibv_srq *srq)
{
	struct ib_uverbs_destroy_srq_resp resp = {};
	struct verbs_attrs attrs;
	int ret;

	attrs_init(&attrs, UVERBS_OBJECT_SRQ, UVERBS_METHOD_SRQ_DESTROY);
	attr_in_obj(&attrs, UVERBS_ATTR_DESTROY_SRQ_HANDLE, srq->handle);
	attr_out(&attrs, UVERBS_ATTR_DESTROY_SRQ_RESP, &resp, sizeof(resp));
	ret = verbs_ioctl(srq->context, &attrs);
	if (ret)
		return ret;
	wait_acknowledged(&srq->mutex, &srq->cond, &srq->events_completed,
			  resp.events_reported);
	srq_fini(srq);
	return 0;
}
