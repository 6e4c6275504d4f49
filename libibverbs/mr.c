/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Memory regions. */
#include <stdlib.h>

#include "internal.h"

/* Programs reach these two through macros of the same name. */
#undef ibv_reg_mr
#undef ibv_reg_mr_iova

static struct ibv_mr *publish(struct ibv_mr *mr, void *addr, size_t length)
{
	if (!mr)
		return NULL;
	mr->addr = addr;
	mr->length = length;
	return mr;
}

VERBS_EXPORT
struct ibv_mr *ibv_reg_mr_iova2(struct ibv_pd *pd, void *addr, size_t length,
				uint64_t iova, unsigned int access)
{
	struct verbs_context *vctx;

	if (!pd)
		return verbs_null(EINVAL);
	vctx = to_vctx(pd->context);
	/* A kernel that does not know optional bits would refuse them. */
	if (!(vctx->priv->core_support &
	      IB_UVERBS_CORE_SUPPORT_OPTIONAL_MR_ACCESS))
		access &= ~(unsigned int)IBV_ACCESS_OPTIONAL_RANGE;
	return publish(
		vctx->priv->ops->reg_mr(pd, addr, length, iova, (int)access),
		addr, length);
}

VERBS_EXPORT
struct ibv_mr *ibv_reg_mr_iova(struct ibv_pd *pd, void *addr, size_t length,
			       uint64_t iova, int access)
{
	return ibv_reg_mr_iova2(pd, addr, length, iova, (unsigned int)access);
}

VERBS_EXPORT
struct ibv_mr *ibv_reg_mr(struct ibv_pd *pd, void *addr, size_t length,
			  int access)
{
	return ibv_reg_mr_iova2(pd, addr, length, (uintptr_t)addr,
				(unsigned int)access);
}

/*
 * No check that the kernel makes too: its errno, and their order, are what
 * programs probe for. The address of the region within its buffer is
 * its offset; there is no other address to tell.
 */
VERBS_EXPORT
struct ibv_mr *ibv_reg_dmabuf_mr(struct ibv_pd *pd, uint64_t offset,
				 size_t length, uint64_t iova, int fd,
				 int access)
{
	if (!pd)
		return verbs_null(EINVAL);
	return publish(
		verbs_ops(pd->context)
			->reg_dmabuf_mr(pd, offset, length, iova, fd, access),
		(void *)(uintptr_t)offset, length);
}

#define REREG_FLAGS                                                 \
	(IBV_REREG_MR_CHANGE_TRANSLATION | IBV_REREG_MR_CHANGE_PD | \
	 IBV_REREG_MR_CHANGE_ACCESS)

static int check_rereg(const struct ibv_mr *mr, int flags,
		       const struct ibv_pd *pd, const void *addr, size_t length)
{
	if (!mr || !flags || (flags & ~REREG_FLAGS))
		return EINVAL;
	if ((flags & IBV_REREG_MR_CHANGE_TRANSLATION) && (!addr || !length))
		return EINVAL;
	if ((flags & IBV_REREG_MR_CHANGE_PD) &&
	    (!pd || pd->context != mr->context))
		return EINVAL;
	/* There is no way to name another range of a dma-buf here. */
	if (((const struct verbs_mr *)mr)->type == VERBS_MR_DMABUF)
		return EOPNOTSUPP;
	return 0;
}

VERBS_EXPORT
int ibv_rereg_mr(struct ibv_mr *mr, int flags, struct ibv_pd *pd, void *addr,
		 size_t length, int access)
{
	int ret = check_rereg(mr, flags, pd, addr, length);

	if (ret) {
		errno = ret;
		return IBV_REREG_MR_ERR_INPUT;
	}
	if (verbs_ops(mr->context)
		    ->rereg_mr(mr, flags, pd, addr, length, access))
		return IBV_REREG_MR_ERR_CMD;
	if (flags & IBV_REREG_MR_CHANGE_TRANSLATION) {
		mr->addr = addr;
		mr->length = length;
	}
	if (flags & IBV_REREG_MR_CHANGE_PD)
		mr->pd = pd;
	return 0;
}

VERBS_EXPORT
int ibv_dereg_mr(struct ibv_mr *mr)
{
	if (!mr)
		return verbs_err(EINVAL);
	return verbs_ops(mr->context)->dereg_mr(mr);
}

VERBS_EXPORT
struct ibv_mr *ibv_import_mr(struct ibv_pd *pd, uint32_t mr_handle)
{
	if (!pd)
		return verbs_null(EINVAL);
	return verbs_ops(pd->context)->import_mr(pd, mr_handle);
}

VERBS_EXPORT
void ibv_unimport_mr(struct ibv_mr *mr)
{
	if (!mr) {
		errno = EINVAL;
		return;
	}
	verbs_ops(mr->context)->unimport_mr(mr);
}

/* --------------------------------------------------------- kernel commands */

void mr_fill(struct ibv_mr *mr, struct ibv_pd *pd, uint32_t handle,
	     uint32_t lkey, uint32_t rkey)
{
	mr->context = pd->context;
	mr->pd = pd;
	mr->handle = handle;
	mr->lkey = lkey;
	mr->rkey = rkey;
}

VERBS_EXPORT
int ibv_cmd_reg_mr(struct ibv_pd *pd, void *addr, size_t length, uint64_t iova,
		   int access, struct ibv_mr *mr,
		   const struct verbs_udata *udata)
{
	struct ib_uverbs_reg_mr_resp resp = {};
	struct ib_uverbs_reg_mr req = {
		.start = (uintptr_t)addr,
		.length = length,
		.hca_va = iova,
		.pd_handle = pd->handle,
		.access_flags = (uint32_t)access,
	};
	int ret;

	ret = verbs_write_cmd(pd->context, IB_USER_VERBS_CMD_REG_MR, &req,
			      sizeof(req), &resp, sizeof(resp), udata);
	if (ret)
		return ret;
	mr_fill(mr, pd, resp.mr_handle, resp.lkey, resp.rkey);
	to_vmr(mr)->type = VERBS_MR;
	to_vmr(mr)->access = (unsigned int)access;
	return 0;
}

VERBS_EXPORT
int ibv_cmd_reg_dmabuf_mr_attrs(struct ibv_pd *pd, uint64_t offset,
				size_t length, uint64_t iova, int fd,
				int access, struct ibv_mr *mr,
				struct verbs_attrs *attrs)
{
	struct ib_uverbs_attr *handle;
	uint32_t lkey, rkey;
	int ret;

	handle = attr_new_obj(attrs, UVERBS_ATTR_REG_DMABUF_MR_HANDLE);
	attr_in_obj(attrs, UVERBS_ATTR_REG_DMABUF_MR_PD_HANDLE, pd->handle);
	attr_in_u64(attrs, UVERBS_ATTR_REG_DMABUF_MR_OFFSET, offset);
	attr_in_u64(attrs, UVERBS_ATTR_REG_DMABUF_MR_LENGTH, length);
	attr_in_u64(attrs, UVERBS_ATTR_REG_DMABUF_MR_IOVA, iova);
	/* A plain number to the kernel's decoder, not one of its fd kinds. */
	attr_in_u32(attrs, UVERBS_ATTR_REG_DMABUF_MR_FD, (uint32_t)fd);
	attr_in_u32(attrs, UVERBS_ATTR_REG_DMABUF_MR_ACCESS_FLAGS,
		    (uint32_t)access);
	attr_out_u32(attrs, UVERBS_ATTR_REG_DMABUF_MR_RESP_LKEY, &lkey);
	attr_out_u32(attrs, UVERBS_ATTR_REG_DMABUF_MR_RESP_RKEY, &rkey);
	ret = verbs_ioctl(pd->context, attrs);
	if (ret)
		return ret;
	mr_fill(mr, pd, handle->data, lkey, rkey);
	to_vmr(mr)->type = VERBS_MR_DMABUF;
	to_vmr(mr)->access = (unsigned int)access;
	return 0;
}

VERBS_EXPORT
int ibv_cmd_reg_dmabuf_mr(struct ibv_pd *pd, uint64_t offset, size_t length,
			  uint64_t iova, int fd, int access, struct ibv_mr *mr)
{
	struct verbs_attrs attrs;

	attrs_init(&attrs, UVERBS_OBJECT_MR, UVERBS_METHOD_REG_DMABUF_MR);
	return ibv_cmd_reg_dmabuf_mr_attrs(pd, offset, length, iova, fd, access,
					   mr, &attrs);
}

VERBS_EXPORT
int ibv_cmd_rereg_mr(struct ibv_mr *mr, int flags, struct ibv_pd *pd,
		     void *addr, size_t length, int access)
{
	struct ib_uverbs_rereg_mr_resp resp = {};
	struct ib_uverbs_rereg_mr req = {
		.mr_handle = mr->handle,
		.flags = (uint32_t)flags,
		.start = (uintptr_t)addr,
		.length = length,
		.hca_va = (uintptr_t)addr,
		.pd_handle = pd ? pd->handle : 0,
		.access_flags = (uint32_t)access,
	};
	int ret;

	ret = verbs_write_cmd(mr->context, IB_USER_VERBS_CMD_REREG_MR, &req,
			      sizeof(req), &resp, sizeof(resp), NULL);
	if (ret)
		return ret;
	mr->lkey = resp.lkey;
	mr->rkey = resp.rkey;
	if (flags & IBV_REREG_MR_CHANGE_ACCESS)
		to_vmr(mr)->access = (unsigned int)access;
	return 0;
}

VERBS_EXPORT
int ibv_cmd_dereg_mr(struct ibv_mr *mr)
{
	struct verbs_attrs attrs;

	attrs_init(&attrs, UVERBS_OBJECT_MR, UVERBS_METHOD_MR_DESTROY);
	attr_in_obj(&attrs, UVERBS_ATTR_DESTROY_MR_HANDLE, mr->handle);
	return verbs_ioctl(mr->context, &attrs);
}

VERBS_EXPORT
int ibv_cmd_advise_mr(struct ibv_pd *pd, enum ib_uverbs_advise_mr_advice advice,
		      uint32_t flags, struct ibv_sge *sg_list, uint32_t num_sge)
{
	struct verbs_attrs attrs;

	if (num_sge > UINT16_MAX / sizeof(*sg_list))
		return verbs_err(EINVAL);
	attrs_init(&attrs, UVERBS_OBJECT_MR, UVERBS_METHOD_ADVISE_MR);
	attr_in_obj(&attrs, UVERBS_ATTR_ADVISE_MR_PD_HANDLE, pd->handle);
	/* CONST_IN: eight bytes. */
	attr_in_u64(&attrs, UVERBS_ATTR_ADVISE_MR_ADVICE, advice);
	attr_in_u32(&attrs, UVERBS_ATTR_ADVISE_MR_FLAGS, flags);
	attr_in(&attrs, UVERBS_ATTR_ADVISE_MR_SGE_LIST, sg_list,
		num_sge * sizeof(*sg_list));
	return verbs_no_method(verbs_ioctl(pd->context, &attrs));
}

VERBS_EXPORT
int ibv_cmd_query_mr(struct ibv_pd *pd, uint32_t handle, struct ibv_mr *mr)
{
	struct verbs_attrs attrs;
	uint64_t length = 0, iova = 0;
	uint32_t lkey, rkey;
	int ret;

	attrs_init(&attrs, UVERBS_OBJECT_MR, UVERBS_METHOD_QUERY_MR);
	attr_in_obj(&attrs, UVERBS_ATTR_QUERY_MR_HANDLE, handle);
	attr_out_u32(&attrs, UVERBS_ATTR_QUERY_MR_RESP_LKEY, &lkey);
	attr_out_u32(&attrs, UVERBS_ATTR_QUERY_MR_RESP_RKEY, &rkey);
	attr_out(&attrs, UVERBS_ATTR_QUERY_MR_RESP_LENGTH, &length,
		 sizeof(length));
	attr_out(&attrs, UVERBS_ATTR_QUERY_MR_RESP_IOVA, &iova, sizeof(iova));
	ret = verbs_ioctl(pd->context, &attrs);
	if (ret)
		return ret;
	mr_fill(mr, pd, handle, lkey, rkey);
	mr->length = length;
	to_vmr(mr)->type = VERBS_MR_IMPORTED;
	return 0;
}

VERBS_EXPORT
struct ibv_mr *verbs_import_mr(struct ibv_pd *pd, uint32_t handle)
{
	struct verbs_mr *vmr = calloc(1, sizeof(*vmr));

	if (!vmr)
		return NULL;
	if (ibv_cmd_query_mr(pd, handle, &vmr->mr)) {
		verbs_free_keep_errno(vmr);
		return NULL;
	}
	return &vmr->mr;
}

/* The kernel does not know of it: its key is one that the device always has. */
VERBS_EXPORT
struct ibv_mr *verbs_new_null_mr(struct ibv_pd *pd, uint32_t lkey)
{
	struct verbs_mr *vmr = calloc(1, sizeof(*vmr));

	if (!vmr)
		return NULL;
	mr_fill(&vmr->mr, pd, 0, lkey, 0);
	vmr->type = VERBS_MR_NULL;
	return &vmr->mr;
}

VERBS_EXPORT
int ibv_cmd_alloc_mw(struct ibv_pd *pd, enum ibv_mw_type type,
		     struct ibv_mw *mw)
{
	struct ib_uverbs_alloc_mw_resp resp = {};
	struct ib_uverbs_alloc_mw req = {
		.pd_handle = pd->handle,
		.mw_type = type,
	};
	int ret;

	ret = verbs_write_cmd(pd->context, IB_USER_VERBS_CMD_ALLOC_MW, &req,
			      sizeof(req), &resp, sizeof(resp), NULL);
	if (ret)
		return ret;
	mw->context = pd->context;
	mw->pd = pd;
	mw->type = type;
	mw->handle = resp.mw_handle;
	mw->rkey = resp.rkey;
	return 0;
}

VERBS_EXPORT
int ibv_cmd_dealloc_mw(struct ibv_mw *mw)
{
	struct verbs_attrs attrs;

	attrs_init(&attrs, UVERBS_OBJECT_MW, UVERBS_METHOD_MW_DESTROY);
	attr_in_obj(&attrs, UVERBS_ATTR_DESTROY_MW_HANDLE, mw->handle);
	return verbs_ioctl(mw->context, &attrs);
}

VERBS_EXPORT
struct ibv_mr *verbs_reg_dmabuf_mr(struct ibv_pd *pd, uint64_t offset,
				   size_t length, uint64_t iova, int fd,
				   int access)
{
	struct verbs_mr *vmr = calloc(1, sizeof(*vmr));

	if (!vmr)
		return NULL;
	if (ibv_cmd_reg_dmabuf_mr(pd, offset, length, iova, fd, access,
				  &vmr->mr)) {
		verbs_free_keep_errno(vmr);
		return NULL;
	}
	return &vmr->mr;
}
