/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Flows: which packets a QP gets. Programs reach the ops through inline
 * functions of verbs.h.
 */
#include <stdlib.h>

#include "internal.h"

struct ibv_flow *verbs_create_flow(struct ibv_qp *qp,
				   struct ibv_flow_attr *attr)
{
	struct ibv_flow *flow = calloc(1, sizeof(*flow));

	if (!flow)
		return NULL;
	if (ibv_cmd_create_flow(qp, attr, flow, NULL)) {
		verbs_free_keep_errno(flow);
		return NULL;
	}
	return flow;
}

int verbs_destroy_flow(struct ibv_flow *flow)
{
	int ret = ibv_cmd_destroy_flow(flow);

	if (!ret)
		free(flow);
	return ret;
}

/* --------------------------------------------------------- kernel commands */

/* Of a request with room for the largest specification in every place. */
static size_t max_request_len(const struct ibv_flow_attr *attr)
{
	return sizeof(struct ib_uverbs_create_flow) +
	       attr->num_of_specs * FLOW_SPEC_MAX_LEN;
}

static void attr_to_uapi(struct ib_uverbs_flow_attr *dst,
			 const struct ibv_flow_attr *src, size_t specs_len)
{
	dst->type = src->type;
	dst->size = specs_len;
	dst->priority = src->priority;
	dst->num_of_specs = src->num_of_specs;
	dst->port = src->port;
	dst->flags = src->flags;
}

static int send_create(struct ibv_qp *qp,
		       const struct ib_uverbs_create_flow *req, size_t len,
		       struct ibv_flow *flow, const struct verbs_udata *udata)
{
	struct ib_uverbs_create_flow_resp resp = {};
	int ret;

	ret = verbs_write_cmd(qp->context,
			      IB_USER_VERBS_CMD_FLAG_EXTENDED |
				      IB_USER_VERBS_EX_CMD_CREATE_FLOW,
			      req, len, &resp, sizeof(resp), udata);
	if (ret)
		return ret;
	flow->comp_mask = 0;
	flow->context = qp->context;
	flow->handle = resp.flow_handle;
	return 0;
}

VERBS_EXPORT
int ibv_cmd_create_flow(struct ibv_qp *qp, const struct ibv_flow_attr *attr,
			struct ibv_flow *flow, const struct verbs_udata *udata)
{
	struct ib_uverbs_create_flow *req;
	size_t specs_len;
	int ret;

	if (attr->comp_mask)
		return verbs_err(EINVAL);
	req = calloc(1, max_request_len(attr));
	if (!req)
		return verbs_err(ENOMEM);
	req->qp_handle = qp->handle;
	ret = flow_specs_to_uapi(req + 1, attr, &specs_len);
	if (ret)
		goto out;
	attr_to_uapi(&req->flow_attr, attr, specs_len);
	ret = send_create(qp, req, sizeof(*req) + specs_len, flow, udata);
out:
	free(req);
	return ret ? verbs_err(ret) : 0;
}

VERBS_EXPORT
int ibv_cmd_destroy_flow(struct ibv_flow *flow)
{
	struct verbs_attrs attrs;

	attrs_init(&attrs, UVERBS_OBJECT_FLOW, UVERBS_METHOD_FLOW_DESTROY);
	attr_in_obj(&attrs, UVERBS_ATTR_DESTROY_FLOW_HANDLE, flow->handle);
	return verbs_ioctl(flow->context, &attrs);
}
