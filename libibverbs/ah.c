/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Address handles. */
#include "driver.h"

VERBS_EXPORT
struct ibv_ah *ibv_create_ah(struct ibv_pd *pd, struct ibv_ah_attr *attr)
{
	if (!pd || !attr)
		return verbs_null(EINVAL);
	return verbs_ops(pd->context)->create_ah(pd, attr);
}

VERBS_EXPORT
int ibv_destroy_ah(struct ibv_ah *ah)
{
	if (!ah)
		return verbs_err(EINVAL);
	return verbs_ops(ah->context)->destroy_ah(ah);
}

/* --------------------------------------------------------- kernel commands */

static void ah_attr_to_uapi(struct ib_uverbs_ah_attr *dst,
			    const struct ibv_ah_attr *src)
{
	memcpy(dst->grh.dgid, src->grh.dgid.raw, sizeof(dst->grh.dgid));
	dst->grh.flow_label = src->grh.flow_label;
	dst->grh.sgid_index = src->grh.sgid_index;
	dst->grh.hop_limit = src->grh.hop_limit;
	dst->grh.traffic_class = src->grh.traffic_class;
	dst->dlid = src->dlid;
	dst->sl = src->sl;
	dst->src_path_bits = src->src_path_bits;
	dst->static_rate = src->static_rate;
	dst->is_global = src->is_global;
	dst->port_num = src->port_num;
}

VERBS_EXPORT
int ibv_cmd_create_ah(struct ibv_pd *pd, struct ibv_ah_attr *attr,
		      struct ibv_ah *ah, const struct verbs_udata *udata)
{
	struct ib_uverbs_create_ah_resp resp = {};
	struct ib_uverbs_create_ah req = {
		.user_handle = (uintptr_t)ah,
		.pd_handle = pd->handle,
	};
	int ret;

	ah_attr_to_uapi(&req.attr, attr);
	ret = verbs_write_cmd(pd->context, IB_USER_VERBS_CMD_CREATE_AH, &req,
			      sizeof(req), &resp, sizeof(resp), udata);
	if (ret)
		return ret;
	ah->context = pd->context;
	ah->pd = pd;
	ah->handle = resp.ah_handle;
	return 0;
}

VERBS_EXPORT
int ibv_cmd_destroy_ah(struct ibv_ah *ah)
{
	struct verbs_attrs attrs;

	attrs_init(&attrs, UVERBS_OBJECT_AH, UVERBS_METHOD_AH_DESTROY);
	attr_in_obj(&attrs, UVERBS_ATTR_DESTROY_AH_HANDLE, ah->handle);
	return verbs_ioctl(ah->context, &attrs);
}
