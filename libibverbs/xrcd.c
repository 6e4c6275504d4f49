/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* XRC domains. Programs reach the ops through inline functions of verbs.h. */
#include <stdlib.h>

#include "internal.h"

struct ibv_xrcd *verbs_open_xrcd(struct ibv_context *context,
				 struct ibv_xrcd_init_attr *attr)
{
	struct verbs_xrcd *vxrcd = calloc(1, sizeof(*vxrcd));

	if (!vxrcd)
		return NULL;
	if (ibv_cmd_open_xrcd(context, attr, vxrcd, NULL)) {
		verbs_free_keep_errno(vxrcd);
		return NULL;
	}
	return &vxrcd->xrcd;
}

int verbs_close_xrcd(struct ibv_xrcd *xrcd)
{
	int ret = ibv_cmd_close_xrcd(to_vxrcd(xrcd));

	if (!ret)
		free(to_vxrcd(xrcd));
	return ret;
}

/* --------------------------------------------------------- kernel commands */

#define NO_FILE UINT32_MAX

VERBS_EXPORT
int ibv_cmd_open_xrcd(struct ibv_context *context,
		      const struct ibv_xrcd_init_attr *attr,
		      struct verbs_xrcd *vxrcd, const struct verbs_udata *udata)
{
	struct ib_uverbs_open_xrcd_resp resp = {};
	struct ib_uverbs_open_xrcd req = { .fd = NO_FILE };
	int ret;

	if (attr->comp_mask >= IBV_XRCD_INIT_ATTR_RESERVED)
		return verbs_err(EOPNOTSUPP);
	if (attr->comp_mask & IBV_XRCD_INIT_ATTR_FD)
		req.fd = (uint32_t)attr->fd;
	if (attr->comp_mask & IBV_XRCD_INIT_ATTR_OFLAGS)
		req.oflags = (uint32_t)attr->oflags;
	ret = verbs_write_cmd(context, IB_USER_VERBS_CMD_OPEN_XRCD, &req,
			      sizeof(req), &resp, sizeof(resp), udata);
	if (ret)
		return ret;
	vxrcd->xrcd.context = context;
	vxrcd->handle = resp.xrcd_handle;
	return 0;
}

VERBS_EXPORT
int ibv_cmd_close_xrcd(struct verbs_xrcd *vxrcd)
{
	struct verbs_attrs attrs;

	attrs_init(&attrs, UVERBS_OBJECT_XRCD, UVERBS_METHOD_XRCD_DESTROY);
	attr_in_obj(&attrs, UVERBS_ATTR_DESTROY_XRCD_HANDLE, vxrcd->handle);
	return verbs_ioctl(vxrcd->xrcd.context, &attrs);
}
