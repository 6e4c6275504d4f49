/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Registration of whatever the attributes describe. Newer kernels have one
 * method for it, which we use for what the other two cannot: DMA handles. What
 * it makes on Linux 7.3 has neither length nor iova unless the driver sees to
 * that, so a region of rxe lets nobody in.
 */
#include <stdlib.h>

#include "internal.h"

#define FOR_ADDR (IBV_REG_MR_MASK_IOVA | IBV_REG_MR_MASK_ADDR)
#define ALL_BITS \
	(FOR_ADDR | FOR_FD | IBV_REG_MR_MASK_DMAH | IBV_REG_MR_MASK_BUF)
#define FOR_FD \
	(IBV_REG_MR_MASK_IOVA | IBV_REG_MR_MASK_FD | IBV_REG_MR_MASK_FD_OFFSET)

static bool has(const struct ibv_mr_init_attr *attr, uint64_t bits)
{
	return (attr->comp_mask & bits) == bits;
}

VERBS_EXPORT
struct ibv_mr *ibv_reg_mr_ex(struct ibv_pd *pd,
			     struct ibv_mr_init_attr *mr_init_attr)
{
	struct ibv_mr_init_attr attr;
	struct verbs_context *vctx;
	struct ibv_mr *mr;

	if (!pd || !mr_init_attr)
		return verbs_null(EINVAL);
	vctx = to_vctx(pd->context);
	attr = *mr_init_attr;
	/* A kernel that does not know optional bits would refuse them. */
	if (!(vctx->priv->core_support &
	      IB_UVERBS_CORE_SUPPORT_OPTIONAL_MR_ACCESS))
		attr.access &= ~IBV_ACCESS_OPTIONAL_RANGE;
	mr = vctx->priv->ops->reg_mr_ex(pd, &attr);
	if (!mr)
		return NULL;
	/* Of a dma-buf there is no address to tell but the offset in it. */
	mr->addr = has(mr_init_attr, IBV_REG_MR_MASK_FD)
			   ? (void *)(uintptr_t)attr.fd_offset
			   : attr.addr;
	mr->length = attr.length;
	return mr;
}

/*
 * The mask is no kernel's, so what it may hold is judged here. An address that
 * has no other name is its own.
 */
static int complete(struct ibv_mr_init_attr *attr)
{
	uint64_t mask;
	int ret;

	if (attr->comp_mask & ~(uint64_t)ALL_BITS)
		return EOPNOTSUPP;
	if (has(attr, IBV_REG_MR_MASK_ADDR) &&
	    !has(attr, IBV_REG_MR_MASK_IOVA)) {
		attr->comp_mask |= IBV_REG_MR_MASK_IOVA;
		attr->iova = (uintptr_t)attr->addr;
	}
	if (has(attr, IBV_REG_MR_MASK_BUF)) {
		ret = buf_to_memory(attr);
		if (ret)
			return ret;
	}
	mask = attr->comp_mask & ~(uint64_t)IBV_REG_MR_MASK_DMAH;
	return mask == FOR_ADDR || mask == FOR_FD ? 0 : EINVAL;
}

static struct ibv_mr *reg_by_plain_op(struct ibv_pd *pd,
				      const struct ibv_mr_init_attr *attr)
{
	const struct verbs_ops *ops = verbs_ops(pd->context);

	if (has(attr, IBV_REG_MR_MASK_FD))
		return ops->reg_dmabuf_mr(pd, attr->fd_offset, attr->length,
					  attr->iova, attr->fd, attr->access);
	return ops->reg_mr(pd, attr->addr, attr->length, attr->iova,
			   attr->access);
}

VERBS_EXPORT
struct ibv_mr *verbs_reg_mr_ex(struct ibv_pd *pd, struct ibv_mr_init_attr *attr)
{
	struct verbs_mr *vmr;
	int ret = complete(attr);

	if (ret) {
		errno = ret;
		return NULL;
	}
	if (!has(attr, IBV_REG_MR_MASK_DMAH))
		return reg_by_plain_op(pd, attr);
	vmr = calloc(1, sizeof(*vmr));
	if (!vmr)
		return NULL;
	if (ibv_cmd_reg_mr_ex(pd, attr, &vmr->mr)) {
		verbs_free_keep_errno(vmr);
		return NULL;
	}
	return &vmr->mr;
}

/* --------------------------------------------------------- kernel commands */

static void add_source(struct verbs_attrs *attrs,
		       const struct ibv_mr_init_attr *attr)
{
	if (has(attr, IBV_REG_MR_MASK_DMAH))
		attr_in_obj(attrs, UVERBS_ATTR_REG_MR_DMA_HANDLE,
			    to_vdmah(attr->dmah)->handle);
	if (has(attr, IBV_REG_MR_MASK_ADDR))
		attr_in_u64(attrs, UVERBS_ATTR_REG_MR_ADDR,
			    (uintptr_t)attr->addr);
	if (has(attr, IBV_REG_MR_MASK_FD))
		attr_in_fd(attrs, UVERBS_ATTR_REG_MR_FD, attr->fd);
	if (has(attr, IBV_REG_MR_MASK_FD_OFFSET))
		attr_in_u64(attrs, UVERBS_ATTR_REG_MR_FD_OFFSET,
			    attr->fd_offset);
}

VERBS_EXPORT
int ibv_cmd_reg_mr_ex(struct ibv_pd *pd, const struct ibv_mr_init_attr *attr,
		      struct ibv_mr *mr)
{
	struct ib_uverbs_attr *handle;
	struct verbs_attrs attrs;
	uint32_t lkey, rkey;
	int ret;

	attrs_init(&attrs, UVERBS_OBJECT_MR, UVERBS_METHOD_REG_MR);
	handle = attr_new_obj(&attrs, UVERBS_ATTR_REG_MR_HANDLE);
	attr_in_obj(&attrs, UVERBS_ATTR_REG_MR_PD_HANDLE, pd->handle);
	attr_in_u64(&attrs, UVERBS_ATTR_REG_MR_IOVA, attr->iova);
	attr_in_u64(&attrs, UVERBS_ATTR_REG_MR_LENGTH, attr->length);
	attr_in_u32(&attrs, UVERBS_ATTR_REG_MR_ACCESS_FLAGS,
		    (uint32_t)attr->access);
	add_source(&attrs, attr);
	attr_out_u32(&attrs, UVERBS_ATTR_REG_MR_RESP_LKEY, &lkey);
	attr_out_u32(&attrs, UVERBS_ATTR_REG_MR_RESP_RKEY, &rkey);
	ret = verbs_ioctl(pd->context, &attrs);
	if (ret)
		return ret;
	mr_fill(mr, pd, handle->data, lkey, rkey);
	to_vmr(mr)->type =
		has(attr, IBV_REG_MR_MASK_FD) ? VERBS_MR_DMABUF : VERBS_MR;
	to_vmr(mr)->access = (unsigned int)attr->access;
	return 0;
}
