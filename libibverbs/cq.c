/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Completion channels and completion queues. */
#include <stdlib.h>
#include <unistd.h>

#include "internal.h"

/* ----------------------------------------------------- completion channels */

static int cmd_create_comp_channel(struct ibv_context *context, int *fd)
{
	struct ib_uverbs_create_comp_channel_resp resp = {};
	struct ib_uverbs_create_comp_channel req = {};
	int ret;

	ret = verbs_write_cmd(context, IB_USER_VERBS_CMD_CREATE_COMP_CHANNEL,
			      &req, sizeof(req), &resp, sizeof(resp), NULL);
	if (!ret)
		*fd = (int)resp.fd;
	return ret;
}

VERBS_EXPORT
struct ibv_comp_channel *ibv_create_comp_channel(struct ibv_context *context)
{
	struct ibv_comp_channel *channel;

	if (!context)
		return verbs_null(EINVAL);
	channel = calloc(1, sizeof(*channel));
	if (!channel)
		return NULL;
	if (cmd_create_comp_channel(context, &channel->fd)) {
		verbs_free_keep_errno(channel);
		return NULL;
	}
	channel->context = context;
	return channel;
}

VERBS_EXPORT
int ibv_destroy_comp_channel(struct ibv_comp_channel *channel)
{
	struct ibv_context *context;
	int in_use;

	if (!channel)
		return verbs_err(EINVAL);
	context = channel->context;
	pthread_mutex_lock(&context->mutex);
	in_use = channel->refcnt;
	pthread_mutex_unlock(&context->mutex);
	if (in_use)
		return verbs_err(EBUSY);
	close(channel->fd);
	free(channel);
	return 0;
}

static void channel_ref(struct ibv_comp_channel *channel, int change)
{
	if (!channel)
		return;
	pthread_mutex_lock(&channel->context->mutex);
	channel->refcnt += change;
	pthread_mutex_unlock(&channel->context->mutex);
}

VERBS_EXPORT
int ibv_get_cq_event(struct ibv_comp_channel *channel, struct ibv_cq **cq,
		     void **cq_context)
{
	struct ib_uverbs_comp_event_desc event;
	ssize_t len;

	if (!channel || !cq || !cq_context) {
		errno = EINVAL;
		return -1;
	}
	len = read(channel->fd, &event, sizeof(event));
	if (len < 0)
		return -1;
	if (len != sizeof(event)) {
		errno = EIO;
		return -1;
	}
	/* The kernel hands back the user handle given at creation. */
	*cq = (struct ibv_cq *)(uintptr_t)event.cq_handle;
	*cq_context = (*cq)->cq_context;
	verbs_ops((*cq)->context)->cq_event(*cq);
	return 0;
}

VERBS_EXPORT
void ibv_ack_cq_events(struct ibv_cq *cq, unsigned int nevents)
{
	if (!cq) {
		errno = EINVAL;
		return;
	}
	pthread_mutex_lock(&cq->mutex);
	cq->comp_events_completed += nevents;
	pthread_cond_signal(&cq->cond);
	pthread_mutex_unlock(&cq->mutex);
}

/* ------------------------------------------------------- completion queues */

VERBS_EXPORT
struct ibv_cq *ibv_create_cq(struct ibv_context *context, int cqe,
			     void *cq_context, struct ibv_comp_channel *channel,
			     int comp_vector)
{
	struct ibv_cq *cq;

	if (!context)
		return verbs_null(EINVAL);
	cq = verbs_ops(context)->create_cq(context, cqe, channel, comp_vector);
	if (cq)
		cq->cq_context = cq_context;
	return cq;
}

VERBS_EXPORT
int ibv_resize_cq(struct ibv_cq *cq, int cqe)
{
	if (!cq)
		return verbs_err(EINVAL);
	return verbs_ops(cq->context)->resize_cq(cq, cqe);
}

VERBS_EXPORT
int ibv_destroy_cq(struct ibv_cq *cq)
{
	if (!cq)
		return verbs_err(EINVAL);
	return verbs_ops(cq->context)->destroy_cq(cq);
}

/* --------------------------------------------------------- kernel commands */

static void cq_init(struct ibv_cq *cq, struct ibv_context *context,
		    struct ibv_comp_channel *channel)
{
	cq->context = context;
	cq->channel = channel;
	pthread_mutex_init(&cq->mutex, NULL);
	pthread_cond_init(&cq->cond, NULL);
	channel_ref(channel, 1);
}

static void cq_fini(struct ibv_cq *cq)
{
	channel_ref(cq->channel, -1);
	pthread_cond_destroy(&cq->cond);
	pthread_mutex_destroy(&cq->mutex);
}

static uint32_t kernel_flags(const struct ibv_cq_init_attr_ex *attr)
{
	if ((attr->comp_mask & IBV_CQ_INIT_ATTR_MASK_FLAGS) &&
	    (attr->flags & IBV_CREATE_CQ_ATTR_IGNORE_OVERRUN))
		return IB_UVERBS_CQ_FLAGS_IGNORE_OVERRUN;
	return 0;
}

static void attr_cq(struct verbs_attrs *attrs,
		    const struct ibv_cq_init_attr_ex *attr)
{
	attr_in_u32(attrs, UVERBS_ATTR_CREATE_CQ_CQE, attr->cqe);
	if (attr->channel)
		attr_in_fd(attrs, UVERBS_ATTR_CREATE_CQ_COMP_CHANNEL,
			   attr->channel->fd);
	attr_in_u32(attrs, UVERBS_ATTR_CREATE_CQ_COMP_VECTOR,
		    attr->comp_vector);
	if (kernel_flags(attr))
		attr_in_u32(attrs, UVERBS_ATTR_CREATE_CQ_FLAGS,
			    kernel_flags(attr));
}

VERBS_EXPORT
int ibv_cmd_create_cq_ex(struct ibv_context *context,
			 const struct ibv_cq_init_attr_ex *attr,
			 struct ibv_cq *cq, const struct verbs_udata *udata)
{
	struct ib_uverbs_attr *handle;
	struct verbs_attrs attrs;
	uint32_t granted = 0; /* as qp_num in ibv_cmd_create_qp() */
	int ret;

	cq_init(cq, context, attr->channel);
	attrs_init(&attrs, UVERBS_OBJECT_CQ, UVERBS_METHOD_CQ_CREATE);
	handle = attr_new_obj(&attrs, UVERBS_ATTR_CREATE_CQ_HANDLE);
	attr_in_u64(&attrs, UVERBS_ATTR_CREATE_CQ_USER_HANDLE, (uintptr_t)cq);
	attr_cq(&attrs, attr);
	attr_out_u32(&attrs, UVERBS_ATTR_CREATE_CQ_RESP_CQE, &granted);
	attr_udata(&attrs, udata);
	ret = verbs_ioctl(context, &attrs);
	if (ret) {
		cq_fini(cq);
		return verbs_err(ret);
	}
	cq->handle = handle->data;
	cq->cqe = (int)granted;
	return 0;
}

VERBS_EXPORT
int ibv_cmd_create_cq(struct ibv_context *context, int cqe,
		      struct ibv_comp_channel *channel, int comp_vector,
		      struct ibv_cq *cq, const struct verbs_udata *udata)
{
	const struct ibv_cq_init_attr_ex attr = {
		.cqe = (uint32_t)cqe,
		.channel = channel,
		.comp_vector = (uint32_t)comp_vector,
	};

	return ibv_cmd_create_cq_ex(context, &attr, cq, udata);
}

VERBS_EXPORT
int ibv_cmd_modify_cq(struct ibv_cq *cq, struct ibv_modify_cq_attr *attr)
{
	struct ib_uverbs_ex_modify_cq req = {
		.cq_handle = cq->handle,
		.attr_mask = attr->attr_mask,
	};

	if (attr->attr_mask & IBV_CQ_ATTR_MODERATE) {
		req.attr.cq_count = attr->moderate.cq_count;
		req.attr.cq_period = attr->moderate.cq_period;
	}
	return verbs_write_cmd(cq->context,
			       IB_USER_VERBS_CMD_FLAG_EXTENDED |
				       IB_USER_VERBS_EX_CMD_MODIFY_CQ,
			       &req, sizeof(req), NULL, 0, NULL);
}

VERBS_EXPORT
int ibv_cmd_resize_cq(struct ibv_cq *cq, int cqe,
		      const struct verbs_udata *udata)
{
	struct ib_uverbs_resize_cq_resp resp = {};
	struct ib_uverbs_resize_cq req = {
		.cq_handle = cq->handle,
		.cqe = (uint32_t)cqe,
	};
	int ret;

	ret = verbs_write_cmd(cq->context, IB_USER_VERBS_CMD_RESIZE_CQ, &req,
			      sizeof(req), &resp, sizeof(resp), udata);
	if (!ret)
		cq->cqe = (int)resp.cqe;
	return ret;
}

VERBS_EXPORT
int ibv_cmd_req_notify_cq(struct ibv_cq *cq, int solicited_only)
{
	struct ib_uverbs_req_notify_cq req = {
		.cq_handle = cq->handle,
		.solicited_only = !!solicited_only,
	};

	return verbs_write_cmd(cq->context, IB_USER_VERBS_CMD_REQ_NOTIFY_CQ,
			       &req, sizeof(req), NULL, 0, NULL);
}

VERBS_EXPORT
int ibv_cmd_destroy_cq(struct ibv_cq *cq)
{
	struct ib_uverbs_destroy_cq_resp reported = {};
	struct verbs_attrs attrs;
	int ret;

	attrs_init(&attrs, UVERBS_OBJECT_CQ, UVERBS_METHOD_CQ_DESTROY);
	attr_in_obj(&attrs, UVERBS_ATTR_DESTROY_CQ_HANDLE, cq->handle);
	attr_out(&attrs, UVERBS_ATTR_DESTROY_CQ_RESP, &reported,
		 sizeof(reported));
	ret = verbs_ioctl(cq->context, &attrs);
	if (ret)
		return ret;
	wait_acknowledged(&cq->mutex, &cq->cond, &cq->comp_events_completed,
			  reported.comp_events_reported);
	wait_acknowledged(&cq->mutex, &cq->cond, &cq->async_events_completed,
			  reported.async_events_reported);
	cq_fini(cq);
	return 0;
}
