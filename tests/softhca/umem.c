// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/idr.h>
#include <linux/slab.h>

#include "uapi.h"

/*
 * DEVX memory: pinned for as long as the object lives, user memory or a
 * dma-buf. Commands that would read or write it are not known here.
 */

static DEFINE_IDA(umem_ids);

struct hca_umem {
	struct hca_dev *dev;
	struct ib_umem *umem;
	u32 id;
};

static int destroy_umem(struct ib_uobject *uobject, enum rdma_remove_reason why,
			struct uverbs_attr_bundle *attrs)
{
	struct hca_umem *umem = uobject->object;

	ib_umem_release(umem->umem);
	ida_free(&umem_ids, umem->id);
	hca_obj_put(umem->dev, HCA_OBJ_UMEMS);
	kfree(umem);
	return 0;
}

/* Of a dma-buf the address is an offset. */
static struct ib_umem *get_memory(struct ib_device *ib,
				  struct uverbs_attr_bundle *attrs, u64 addr,
				  u64 size, u32 access)
{
	struct ib_umem_dmabuf *dmabuf;
	int fd, ret;

	if (!uverbs_attr_is_valid(attrs, MLX5_IB_ATTR_DEVX_UMEM_REG_DMABUF_FD))
		return ib_umem_get_va(ib, addr, size, access);
	ret = uverbs_get_raw_fd(&fd, attrs,
				MLX5_IB_ATTR_DEVX_UMEM_REG_DMABUF_FD);
	if (ret)
		return ERR_PTR(-EFAULT);
	dmabuf = ib_umem_dmabuf_get_pinned(ib, addr, size, fd, access);
	return IS_ERR(dmabuf) ? ERR_CAST(dmabuf) : &dmabuf->umem;
}

static struct ib_umem *pin(struct ib_device *ib,
			   struct uverbs_attr_bundle *attrs)
{
	u64 addr, size;
	u32 access;
	int ret;

	if (uverbs_copy_from(&addr, attrs, MLX5_IB_ATTR_DEVX_UMEM_REG_ADDR) ||
	    uverbs_copy_from(&size, attrs, MLX5_IB_ATTR_DEVX_UMEM_REG_LEN))
		return ERR_PTR(-EFAULT);
	ret = uverbs_get_flags32(
		&access, attrs, MLX5_IB_ATTR_DEVX_UMEM_REG_ACCESS,
		IB_ACCESS_LOCAL_WRITE | IB_ACCESS_REMOTE_WRITE |
			IB_ACCESS_REMOTE_READ);
	if (!ret)
		ret = ib_check_mr_access(ib, access);
	if (ret)
		return ERR_PTR(ret);
	return get_memory(ib, attrs, addr, size, access);
}

/* Is it made of pages of a size that the program can live with? */
static int check_page_sizes(struct ib_umem *umem,
			    struct uverbs_attr_bundle *attrs)
{
	u64 bitmap;
	int ret;

	ret = uverbs_get_const_default(&bitmap, attrs,
				       MLX5_IB_ATTR_DEVX_UMEM_REG_PGSZ_BITMAP,
				       GENMASK_ULL(63, PAGE_SHIFT));
	if (ret)
		return ret;
	if (!(bitmap >> PAGE_SHIFT))
		return -EINVAL;
	return ib_umem_find_best_pgsz(umem, bitmap, umem->address) ? 0
								   : -EINVAL;
}

static int init_umem(struct hca_umem *umem, struct uverbs_attr_bundle *attrs)
{
	int ret;

	umem->umem = pin(&umem->dev->ib, attrs);
	if (IS_ERR(umem->umem))
		return PTR_ERR(umem->umem);
	ret = check_page_sizes(umem->umem, attrs);
	if (!ret)
		ret = ida_alloc_min(&umem_ids, 1, GFP_KERNEL);
	if (ret < 0) {
		ib_umem_release(umem->umem);
		return ret;
	}
	umem->id = ret;
	return 0;
}

static int
UVERBS_HANDLER(MLX5_IB_METHOD_DEVX_UMEM_REG)(struct uverbs_attr_bundle *attrs)
{
	struct ib_uobject *uobject = uverbs_attr_get_uobject(
		attrs, MLX5_IB_ATTR_DEVX_UMEM_REG_HANDLE);
	struct hca_ctx *ctx = hca_devx_ctx_of(attrs);
	struct hca_umem *umem;
	int ret;

	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	umem = kzalloc(sizeof(*umem), GFP_KERNEL_ACCOUNT);
	if (!umem)
		return -ENOMEM;
	umem->dev = to_hca(ctx->ib.device);
	ret = init_umem(umem, attrs);
	if (ret) {
		kfree(umem);
		return ret;
	}
	hca_obj_get(umem->dev, HCA_OBJ_UMEMS, INT_MAX);
	uobject->object = umem;
	uverbs_finalize_uobj_create(attrs, MLX5_IB_ATTR_DEVX_UMEM_REG_HANDLE);
	return uverbs_copy_to(attrs, MLX5_IB_ATTR_DEVX_UMEM_REG_OUT_ID,
			      &umem->id, sizeof(umem->id));
}

DECLARE_UVERBS_NAMED_METHOD(
	MLX5_IB_METHOD_DEVX_UMEM_REG,
	UVERBS_ATTR_IDR(MLX5_IB_ATTR_DEVX_UMEM_REG_HANDLE,
			MLX5_IB_OBJECT_DEVX_UMEM, UVERBS_ACCESS_NEW,
			UA_MANDATORY),
	UVERBS_ATTR_PTR_IN(MLX5_IB_ATTR_DEVX_UMEM_REG_ADDR,
			   UVERBS_ATTR_TYPE(u64), UA_MANDATORY),
	UVERBS_ATTR_PTR_IN(MLX5_IB_ATTR_DEVX_UMEM_REG_LEN,
			   UVERBS_ATTR_TYPE(u64), UA_MANDATORY),
	UVERBS_ATTR_RAW_FD(MLX5_IB_ATTR_DEVX_UMEM_REG_DMABUF_FD, UA_OPTIONAL),
	UVERBS_ATTR_FLAGS_IN(MLX5_IB_ATTR_DEVX_UMEM_REG_ACCESS,
			     enum ib_access_flags),
	UVERBS_ATTR_CONST_IN(MLX5_IB_ATTR_DEVX_UMEM_REG_PGSZ_BITMAP, u64),
	UVERBS_ATTR_PTR_OUT(MLX5_IB_ATTR_DEVX_UMEM_REG_OUT_ID,
			    UVERBS_ATTR_TYPE(u32), UA_MANDATORY));

DECLARE_UVERBS_NAMED_METHOD_DESTROY(
	MLX5_IB_METHOD_DEVX_UMEM_DEREG,
	UVERBS_ATTR_IDR(MLX5_IB_ATTR_DEVX_UMEM_DEREG_HANDLE,
			MLX5_IB_OBJECT_DEVX_UMEM, UVERBS_ACCESS_DESTROY,
			UA_MANDATORY));

DECLARE_UVERBS_NAMED_OBJECT(MLX5_IB_OBJECT_DEVX_UMEM,
			    UVERBS_TYPE_ALLOC_IDR(destroy_umem),
			    &UVERBS_METHOD(MLX5_IB_METHOD_DEVX_UMEM_REG),
			    &UVERBS_METHOD(MLX5_IB_METHOD_DEVX_UMEM_DEREG));

const struct uapi_definition hca_umem_defs[] = {
	UAPI_DEF_CHAIN_OBJ_TREE_NAMED(MLX5_IB_OBJECT_DEVX_UMEM,
				      UAPI_DEF_IS_OBJ_SUPPORTED(hca_is_newer)),
	{},
};
