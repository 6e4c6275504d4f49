// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/dma-direct.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <rdma/iter.h>

#include "uapi.h"

/*
 * DEVX memory: pinned for as long as the object lives, user memory or a
 * dma-buf. Queues that commands make are in it, and keep it.
 */

static DEFINE_XARRAY_ALLOC1(umems);

struct hca_umem {
	struct hca_dev *dev;
	struct hca_ctx *ctx;
	struct ib_umem *umem;
	u32 id;
	bool write; /* the program said that the device may */
	u32 users; /* queues and records that are in it; under hca_mutex */
};

/* ---- Queues in it ----------------------------------------------------------- */

/* Its pages from the one with index first on. */
static int list_pages(struct ib_umem *umem, size_t first, size_t n,
		      struct page **pages)
{
	struct device *dma_dev = umem->ibdev->dma_device;
	struct ib_block_iter it;
	phys_addr_t phys;
	size_t i = 0;

	rdma_umem_for_each_dma_block (umem, &it, PAGE_SIZE) {
		if (i == first + n)
			break;
		if (i++ < first)
			continue;
		phys = dma_to_phys(dma_dev, rdma_block_iter_dma_address(&it));
		if (!hca_ordinary_page(phys))
			return -EOPNOTSUPP;
		pages[i - 1 - first] = pfn_to_page(PHYS_PFN(phys));
	}
	return i == first + n ? 0 : -EINVAL;
}

static int map_part(struct ib_umem *umem, u64 offset, size_t len,
		    struct hca_ring *ring)
{
	u64 pos = ib_umem_offset(umem) + offset;
	size_t n = PHYS_PFN(PAGE_ALIGN(offset_in_page(pos) + len));
	struct page **pages;
	int ret;

	pages = kvmalloc_array(n, sizeof(*pages), GFP_KERNEL | __GFP_NOWARN);
	if (!pages)
		return -ENOMEM;
	ret = list_pages(umem, pos >> PAGE_SHIFT, n, pages);
	if (!ret) {
		ring->va = vmap(pages, n, VM_MAP, PAGE_KERNEL);
		ret = ring->va ? 0 : -ENOMEM;
	}
	kvfree(pages);
	if (ret)
		return ret;
	ring->base = ring->va + offset_in_page(pos);
	ring->len = len;
	return 0;
}

static bool has_range(const struct hca_umem *umem, u64 offset, size_t len)
{
	return offset <= umem->umem->length &&
	       len <= umem->umem->length - offset;
}

/*
 * Records are written to once, to see when the program does, whatever it says
 * about the device: it must be allowed to itself.
 */
static struct hca_umem *hold_umem(struct hca_ctx *ctx, u32 id, u64 offset,
				  size_t len, bool write)
{
	struct hca_umem *umem;

	mutex_lock(&hca_mutex);
	umem = xa_load(&umems, id);
	if (umem && umem->ctx == ctx && umem->umem->writable &&
	    (umem->write || !write) && has_range(umem, offset, len))
		umem->users++;
	else
		umem = NULL;
	mutex_unlock(&hca_mutex);
	return umem;
}

void hca_umem_put(struct hca_umem *umem)
{
	mutex_lock(&hca_mutex);
	umem->users--;
	mutex_unlock(&hca_mutex);
}

/* A ring in the memory that a command names; -EINVAL: it is not the program's. */
int hca_umem_ring(struct hca_ctx *ctx, u32 id, u64 offset, size_t len,
		  bool write, struct hca_ring *ring)
{
	struct hca_umem *umem = hold_umem(ctx, id, offset, len, write);
	int ret;

	if (!umem)
		return -EINVAL;
	ret = map_part(umem->umem, offset, len, ring);
	if (ret)
		hca_umem_put(umem);
	else
		ring->shared = umem;
	return ret;
}

/* ---- The object -------------------------------------------------------------- */

static bool withdraw(struct hca_umem *umem)
{
	bool unused;

	mutex_lock(&hca_mutex);
	unused = !umem->users;
	if (unused)
		xa_erase(&umems, umem->id);
	mutex_unlock(&hca_mutex);
	return unused;
}

static int destroy_umem(struct ib_uobject *uobject, enum rdma_remove_reason why,
			struct uverbs_attr_bundle *attrs)
{
	struct hca_umem *umem = uobject->object;

	if (!withdraw(umem))
		return -EBUSY;
	ib_umem_release(umem->umem);
	hca_obj_put(umem->dev, HCA_OBJ_UMEMS);
	kfree(umem);
	return 0;
}

/* Such that it can be written, if the program can. */
static struct ib_umem *get_user_memory(struct ib_device *ib, u64 addr, u64 size,
				       u32 access)
{
	struct ib_umem *umem;

	umem = ib_umem_get_va(ib, addr, size, access | IB_ACCESS_LOCAL_WRITE);
	if (PTR_ERR_OR_ZERO(umem) != -EFAULT ||
	    access & (IB_ACCESS_LOCAL_WRITE | IB_ACCESS_REMOTE_WRITE))
		return umem;
	return ib_umem_get_va(ib, addr, size, access);
}

/* Of a dma-buf the address is an offset. */
static struct ib_umem *get_memory(struct ib_device *ib,
				  struct uverbs_attr_bundle *attrs, u64 addr,
				  u64 size, u32 access)
{
	struct ib_umem_dmabuf *dmabuf;
	int fd, ret;

	if (!uverbs_attr_is_valid(attrs, MLX5_IB_ATTR_DEVX_UMEM_REG_DMABUF_FD))
		return get_user_memory(ib, addr, size, access);
	ret = uverbs_get_raw_fd(&fd, attrs,
				MLX5_IB_ATTR_DEVX_UMEM_REG_DMABUF_FD);
	if (ret)
		return ERR_PTR(-EFAULT);
	dmabuf = ib_umem_dmabuf_get_pinned(ib, addr, size, fd,
					   access | IB_ACCESS_LOCAL_WRITE);
	return IS_ERR(dmabuf) ? ERR_CAST(dmabuf) : &dmabuf->umem;
}

static struct ib_umem *pin(struct hca_umem *umem,
			   struct uverbs_attr_bundle *attrs)
{
	struct ib_device *ib = &umem->dev->ib;
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
	umem->write = access & IB_ACCESS_LOCAL_WRITE;
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

	umem->umem = pin(umem, attrs);
	if (IS_ERR(umem->umem))
		return PTR_ERR(umem->umem);
	ret = check_page_sizes(umem->umem, attrs);
	if (!ret)
		ret = xa_alloc(&umems, &umem->id, umem, XA_LIMIT(1, INT_MAX),
			       GFP_KERNEL);
	if (ret)
		ib_umem_release(umem->umem);
	return ret;
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
	umem->ctx = ctx;
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
