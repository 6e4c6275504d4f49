// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/kref.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "uapi.h"

/*
 * Memory of the device: pages of the kernel, given to one program, which maps
 * them by a number. A mapping may outlive the memory that the verbs know of.
 */

enum {
	HCA_DM_UNIT = 64, /* bytes; what is asked for is rounded up to it */
	/* Where the first byte is in its page, if it may; see choose_start(). */
	HCA_DM_START = HCA_DM_UNIT,
	HCA_DM_MAX_INDEX = 0xffff,
};

struct hca_dm_mem {
	struct kref ref;
	struct ib_ucontext *ctx; /* may map it, if it is still there */
	u32 index;
	u32 start; /* in the first page */
	size_t len;
	size_t npages;
	struct page *pages[] __counted_by(npages);
};

struct hca_dm {
	struct ib_dm ib;
	struct hca_dm_mem *mem;
};

/* By index; of all devices, as their contexts tell them apart. */
static DEFINE_XARRAY_ALLOC(mems);

static void free_mem(struct kref *ref)
{
	struct hca_dm_mem *mem = container_of(ref, struct hca_dm_mem, ref);
	size_t i;

	for (i = 0; i < mem->npages && mem->pages[i]; i++)
		__free_page(mem->pages[i]);
	kfree(mem);
}

static void put_mem(struct hca_dm_mem *mem)
{
	kref_put(&mem->ref, free_mem);
}

static struct hca_dm_mem *new_mem(u32 start, size_t len)
{
	size_t i, npages = PFN_UP(start + len);
	struct hca_dm_mem *mem;

	mem = kzalloc(struct_size(mem, pages, npages), GFP_KERNEL_ACCOUNT);
	if (!mem)
		return NULL;
	kref_init(&mem->ref);
	mem->npages = npages;
	mem->start = start;
	mem->len = len;
	for (i = 0; i < npages; i++) {
		mem->pages[i] = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
		if (!mem->pages[i]) {
			put_mem(mem);
			return NULL;
		}
	}
	return mem;
}

/* ---- mapping ------------------------------------------------------------- */

static void dm_open(struct vm_area_struct *vma)
{
	struct hca_dm_mem *mem = vma->vm_private_data;

	__module_get(THIS_MODULE);
	kref_get(&mem->ref);
}

static void dm_close(struct vm_area_struct *vma)
{
	put_mem(vma->vm_private_data);
	module_put(THIS_MODULE);
}

/* Again and again: a doorbell's trap takes all pages of the file away. */
static vm_fault_t dm_fault(struct vm_fault *vmf)
{
	struct hca_dm_mem *mem = vmf->vma->vm_private_data;
	unsigned long i = (vmf->address - vmf->vma->vm_start) >> PAGE_SHIFT;

	if (i >= mem->npages)
		return VM_FAULT_SIGBUS;
	vmf->page = mem->pages[i];
	get_page(vmf->page);
	return 0;
}

static const struct vm_operations_struct dm_vm_ops = {
	.open = dm_open,
	.close = dm_close,
	.fault = dm_fault,
};

static struct hca_dm_mem *get_mem(struct ib_ucontext *ctx, unsigned long index)
{
	struct hca_dm_mem *mem;

	xa_lock(&mems);
	mem = xa_load(&mems, index);
	if (mem && mem->ctx == ctx)
		kref_get(&mem->ref);
	else
		mem = NULL;
	xa_unlock(&mems);
	return mem;
}

int hca_dm_mmap(struct ib_ucontext *ctx, struct vm_area_struct *vma,
		unsigned long index)
{
	struct hca_dm_mem *mem = get_mem(ctx, index);

	if (!mem)
		return -EINVAL;
	if (vma_pages(vma) > mem->npages || !(vma->vm_flags & VM_SHARED) ||
	    vma->vm_flags & VM_EXEC) {
		put_mem(mem);
		return -EINVAL;
	}
	vm_flags_mod(vma, VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP,
		     VM_MAYEXEC);
	vma->vm_private_data = mem; /* and the reference */
	vma->vm_ops = &dm_vm_ops;
	__module_get(THIS_MODULE);
	return 0;
}

/* ---- verbs --------------------------------------------------------------- */

static bool take_room(struct hca_dev *dev, size_t len)
{
	if (atomic_add_return(len, &dev->dm_used) <= HCA_MAX_DM)
		return true;
	atomic_sub(len, &dev->dm_used);
	return false;
}

static int tell_place(struct uverbs_attr_bundle *attrs, u16 start_attr,
		      u16 index_attr, const struct hca_dm_mem *mem)
{
	u64 start = mem->start;
	u16 index = mem->index;
	int ret;

	ret = uverbs_copy_to(attrs, index_attr, &index, sizeof(index));
	if (ret)
		return ret;
	return uverbs_copy_to(attrs, start_attr, &start, sizeof(start));
}

static int publish(struct hca_dm_mem *mem, struct ib_ucontext *ctx,
		   struct uverbs_attr_bundle *attrs)
{
	int ret;

	mem->ctx = ctx;
	ret = xa_alloc(&mems, &mem->index, mem, XA_LIMIT(0, HCA_DM_MAX_INDEX),
		       GFP_KERNEL);
	if (ret)
		return ret;
	ret = tell_place(attrs, MLX5_IB_ATTR_ALLOC_DM_RESP_START_OFFSET,
			 MLX5_IB_ATTR_ALLOC_DM_RESP_PAGE_INDEX, mem);
	if (ret)
		xa_erase(&mems, mem->index);
	return ret;
}

static int check_request(const struct ib_dm_alloc_attr *attr,
			 struct uverbs_attr_bundle *attrs)
{
	int type, ret;

	ret = uverbs_get_const_default(&type, attrs,
				       MLX5_IB_ATTR_ALLOC_DM_REQ_TYPE,
				       MLX5_IB_UAPI_DM_TYPE_MEMIC);
	if (ret)
		return ret;
	if (type != MLX5_IB_UAPI_DM_TYPE_MEMIC)
		return -EOPNOTSUPP;
	if (!attr->length || attr->length > HCA_MAX_DM ||
	    attr->alignment > PAGE_SHIFT)
		return -EINVAL;
	return 0;
}

/*
 * On a real device the page may have other memory before it. Not so that it takes
 * a page more, which the stock library would not map.
 */
static u32 choose_start(size_t len, u32 log_align)
{
	if (BIT(log_align) > HCA_DM_START ||
	    PFN_UP(HCA_DM_START + len) > PFN_UP(len))
		return 0;
	return HCA_DM_START;
}

struct ib_dm *hca_alloc_dm(struct ib_device *ib, struct ib_ucontext *ctx,
			   struct ib_dm_alloc_attr *attr,
			   struct uverbs_attr_bundle *attrs)
{
	struct hca_dev *dev = to_hca(ib);
	struct hca_dm *dm;
	size_t len;
	int ret;

	ret = check_request(attr, attrs);
	if (ret)
		return ERR_PTR(ret);
	len = ALIGN(attr->length, HCA_DM_UNIT);
	if (!take_room(dev, len))
		return ERR_PTR(-ENOMEM);
	ret = -ENOMEM;
	dm = kzalloc(sizeof(*dm), GFP_KERNEL_ACCOUNT);
	if (!dm)
		goto give_room;
	dm->mem = new_mem(choose_start(len, attr->alignment), len);
	if (!dm->mem)
		goto free_dm;
	ret = publish(dm->mem, ctx, attrs);
	if (ret)
		goto put_mem;
	hca_obj_get(dev, HCA_OBJ_DMS, INT_MAX);
	return &dm->ib;

put_mem:
	put_mem(dm->mem);
free_dm:
	kfree(dm);
give_room:
	atomic_sub(len, &dev->dm_used);
	return ERR_PTR(ret);
}

int hca_dealloc_dm(struct ib_dm *ibdm, struct uverbs_attr_bundle *attrs)
{
	struct hca_dm *dm = container_of(ibdm, struct hca_dm, ib);
	struct hca_dev *dev = to_hca(ibdm->device);

	xa_erase(&mems, dm->mem->index);
	atomic_sub(dm->mem->len, &dev->dm_used);
	put_mem(dm->mem);
	kfree(dm);
	hca_obj_put(dev, HCA_OBJ_DMS);
	return 0;
}

/* The memory of a region of it: its pages, and where in the first it begins. */
int hca_import_dm(struct hca_mr *mr, struct ib_dm *ibdm, u64 offset)
{
	struct hca_dm_mem *mem = container_of(ibdm, struct hca_dm, ib)->mem;
	u64 start = mem->start + offset;
	size_t i, first = start >> PAGE_SHIFT;

	mr->start = offset_in_page(start);
	mr->npages = PFN_UP(mr->start + mr->key.len);
	mr->pages = kvmalloc_array(mr->npages, sizeof(*mr->pages),
				   GFP_KERNEL_ACCOUNT);
	if (!mr->pages)
		return -ENOMEM;
	for (i = 0; i < mr->npages; i++)
		mr->pages[i] = page_to_phys(mem->pages[first + i]);
	mr->mapped = true;
	return 0;
}

/* ---- what only mlx5 has -------------------------------------------------- */

static int
UVERBS_HANDLER(MLX5_IB_METHOD_DM_QUERY)(struct uverbs_attr_bundle *attrs)
{
	struct ib_dm *ibdm =
		uverbs_attr_get_obj(attrs, MLX5_IB_ATTR_QUERY_DM_REQ_HANDLE);
	struct hca_dm_mem *mem = container_of(ibdm, struct hca_dm, ib)->mem;
	u64 len = mem->len;
	int ret;

	ret = tell_place(attrs, MLX5_IB_ATTR_QUERY_DM_RESP_START_OFFSET,
			 MLX5_IB_ATTR_QUERY_DM_RESP_PAGE_INDEX, mem);
	if (ret)
		return ret;
	return uverbs_copy_to(attrs, MLX5_IB_ATTR_QUERY_DM_RESP_LENGTH, &len,
			      sizeof(len));
}

DECLARE_UVERBS_NAMED_METHOD(
	MLX5_IB_METHOD_DM_QUERY,
	UVERBS_ATTR_IDR(MLX5_IB_ATTR_QUERY_DM_REQ_HANDLE, UVERBS_OBJECT_DM,
			UVERBS_ACCESS_READ, UA_MANDATORY),
	UVERBS_ATTR_PTR_OUT(MLX5_IB_ATTR_QUERY_DM_RESP_START_OFFSET,
			    UVERBS_ATTR_TYPE(u64), UA_MANDATORY),
	UVERBS_ATTR_PTR_OUT(MLX5_IB_ATTR_QUERY_DM_RESP_PAGE_INDEX,
			    UVERBS_ATTR_TYPE(u16), UA_MANDATORY),
	UVERBS_ATTR_PTR_OUT(MLX5_IB_ATTR_QUERY_DM_RESP_LENGTH,
			    UVERBS_ATTR_TYPE(u64), UA_MANDATORY));

ADD_UVERBS_METHODS(dm_methods, UVERBS_OBJECT_DM,
		   &UVERBS_METHOD(MLX5_IB_METHOD_DM_QUERY));

ADD_UVERBS_ATTRIBUTES_SIMPLE(
	dm_attrs, UVERBS_OBJECT_DM, UVERBS_METHOD_DM_ALLOC,
	UVERBS_ATTR_PTR_OUT(MLX5_IB_ATTR_ALLOC_DM_RESP_START_OFFSET,
			    UVERBS_ATTR_TYPE(u64), UA_MANDATORY),
	UVERBS_ATTR_PTR_OUT(MLX5_IB_ATTR_ALLOC_DM_RESP_PAGE_INDEX,
			    UVERBS_ATTR_TYPE(u16), UA_MANDATORY),
	UVERBS_ATTR_CONST_IN(MLX5_IB_ATTR_ALLOC_DM_REQ_TYPE,
			     enum mlx5_ib_uapi_dm_type, UA_OPTIONAL));

const struct uapi_definition hca_dm_defs[] = {
	UAPI_DEF_CHAIN_OBJ_TREE(UVERBS_OBJECT_DM, &dm_methods),
	UAPI_DEF_CHAIN_OBJ_TREE(UVERBS_OBJECT_DM, &dm_attrs),
	{},
};
