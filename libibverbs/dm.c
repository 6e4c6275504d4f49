/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Device memory. Allocating and freeing are called through the context's table;
 * mapping it for the CPU is the provider's.
 */
#include <stdlib.h>

#include "internal.h"

VERBS_EXPORT
struct ibv_dm *ibv_import_dm(struct ibv_context *context, uint32_t dm_handle)
{
	if (!context)
		return verbs_null(EINVAL);
	return verbs_ops(context)->import_dm(context, dm_handle);
}

VERBS_EXPORT
void ibv_unimport_dm(struct ibv_dm *dm)
{
	if (!dm) {
		errno = EINVAL;
		return;
	}
	verbs_ops(dm->context)->unimport_dm(dm);
}

VERBS_EXPORT
int ibv_dm_export_dmabuf_fd(struct ibv_dm *dm)
{
	if (!dm) {
		errno = EINVAL;
		return -1;
	}
	return verbs_ops(dm->context)->dm_export_dmabuf_fd(dm);
}

/* --------------------------------------------------------- kernel commands */

VERBS_EXPORT
int ibv_cmd_export_dmabuf(struct ibv_context *context, uint64_t offset, int *fd)
{
	struct ib_uverbs_attr *handle;
	struct verbs_attrs attrs;
	int ret;

	attrs_init(&attrs, UVERBS_OBJECT_DMABUF, UVERBS_METHOD_DMABUF_ALLOC);
	handle = attr_new_obj(&attrs, UVERBS_ATTR_ALLOC_DMABUF_HANDLE);
	/* Bytes, whatever the name says. */
	attr_in_u64(&attrs, UVERBS_ATTR_ALLOC_DMABUF_PGOFF, offset);
	ret = verbs_ioctl(context, &attrs);
	if (ret)
		return verbs_no_method(ret);
	*fd = (int)handle->data_s64;
	return 0;
}

VERBS_EXPORT
int ibv_cmd_alloc_dm(struct ibv_context *context,
		     const struct ibv_alloc_dm_attr *attr, struct ibv_dm *dm,
		     struct verbs_attrs *attrs)
{
	struct ib_uverbs_attr *handle;
	int ret;

	handle = attr_new_obj(attrs, UVERBS_ATTR_ALLOC_DM_HANDLE);
	attr_in_u64(attrs, UVERBS_ATTR_ALLOC_DM_LENGTH, attr->length);
	attr_in_u32(attrs, UVERBS_ATTR_ALLOC_DM_ALIGNMENT, attr->log_align_req);
	ret = verbs_ioctl(context, attrs);
	if (ret)
		return ret;
	dm->context = context;
	dm->handle = handle->data;
	dm->comp_mask |= IBV_DM_MASK_HANDLE;
	return 0;
}

VERBS_EXPORT
int ibv_cmd_free_dm(struct ibv_dm *dm)
{
	struct verbs_attrs attrs;

	attrs_init(&attrs, UVERBS_OBJECT_DM, UVERBS_METHOD_DM_FREE);
	attr_in_obj(&attrs, UVERBS_ATTR_FREE_DM_HANDLE, dm->handle);
	return verbs_ioctl(dm->context, &attrs);
}

VERBS_EXPORT
int ibv_cmd_reg_dm_mr(struct ibv_pd *pd, struct ibv_dm *dm, uint64_t offset,
		      size_t length, unsigned int access, struct ibv_mr *mr)
{
	struct ib_uverbs_attr *handle;
	struct verbs_attrs attrs;
	uint32_t lkey, rkey;
	int ret;

	attrs_init(&attrs, UVERBS_OBJECT_MR, UVERBS_METHOD_DM_MR_REG);
	handle = attr_new_obj(&attrs, UVERBS_ATTR_REG_DM_MR_HANDLE);
	attr_in_u64(&attrs, UVERBS_ATTR_REG_DM_MR_OFFSET, offset);
	attr_in_u64(&attrs, UVERBS_ATTR_REG_DM_MR_LENGTH, length);
	attr_in_obj(&attrs, UVERBS_ATTR_REG_DM_MR_PD_HANDLE, pd->handle);
	attr_in_u32(&attrs, UVERBS_ATTR_REG_DM_MR_ACCESS_FLAGS, access);
	attr_in_obj(&attrs, UVERBS_ATTR_REG_DM_MR_DM_HANDLE, dm->handle);
	attr_out_u32(&attrs, UVERBS_ATTR_REG_DM_MR_RESP_LKEY, &lkey);
	attr_out_u32(&attrs, UVERBS_ATTR_REG_DM_MR_RESP_RKEY, &rkey);
	ret = verbs_ioctl(pd->context, &attrs);
	if (ret)
		return ret;
	mr_fill(mr, pd, handle->data, lkey, rkey);
	mr->length = length;
	to_vmr(mr)->type = VERBS_MR_DM;
	to_vmr(mr)->access = access;
	return 0;
}

/* There is no address to tell: its work requests count from zero. */
VERBS_EXPORT
struct ibv_mr *verbs_reg_dm_mr(struct ibv_pd *pd, struct ibv_dm *dm,
			       uint64_t offset, size_t length,
			       unsigned int access)
{
	struct verbs_mr *vmr = calloc(1, sizeof(*vmr));

	if (!vmr)
		return NULL;
	if (ibv_cmd_reg_dm_mr(pd, dm, offset, length, access, &vmr->mr)) {
		verbs_free_keep_errno(vmr);
		return NULL;
	}
	return &vmr->mr;
}
