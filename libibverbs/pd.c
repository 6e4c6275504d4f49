/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Protection domains. */
#include "driver.h"

VERBS_EXPORT
struct ibv_pd *ibv_alloc_pd(struct ibv_context *context)
{
	if (!context)
		return verbs_null(EINVAL);
	return verbs_ops(context)->alloc_pd(context);
}

VERBS_EXPORT
int ibv_dealloc_pd(struct ibv_pd *pd)
{
	if (!pd)
		return verbs_err(EINVAL);
	return verbs_ops(pd->context)->dealloc_pd(pd);
}

VERBS_EXPORT
struct ibv_pd *ibv_import_pd(struct ibv_context *context, uint32_t pd_handle)
{
	if (!context)
		return verbs_null(EINVAL);
	return verbs_ops(context)->import_pd(context, pd_handle);
}

VERBS_EXPORT
void ibv_unimport_pd(struct ibv_pd *pd)
{
	if (!pd) {
		errno = EINVAL;
		return;
	}
	verbs_ops(pd->context)->unimport_pd(pd);
}

/* --------------------------------------------------------- kernel commands */

VERBS_EXPORT
int ibv_cmd_alloc_pd(struct ibv_context *context, struct ibv_pd *pd,
		     const struct verbs_udata *udata)
{
	struct ib_uverbs_alloc_pd_resp resp = {};
	struct ib_uverbs_alloc_pd req = {};
	int ret;

	ret = verbs_write_cmd(context, IB_USER_VERBS_CMD_ALLOC_PD, &req,
			      sizeof(req), &resp, sizeof(resp), udata);
	if (ret)
		return ret;
	pd->context = context;
	pd->handle = resp.pd_handle;
	return 0;
}

VERBS_EXPORT
int ibv_cmd_dealloc_pd(struct ibv_pd *pd)
{
	struct verbs_attrs attrs;

	attrs_init(&attrs, UVERBS_OBJECT_PD, UVERBS_METHOD_PD_DESTROY);
	attr_in_obj(&attrs, UVERBS_ATTR_DESTROY_PD_HANDLE, pd->handle);
	return verbs_ioctl(pd->context, &attrs);
}
