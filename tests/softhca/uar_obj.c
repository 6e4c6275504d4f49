// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/slab.h>

#include "uapi.h"

/*
 * Register pages that are objects of their own. All of a context are the one
 * page that uar.c has: the object is its number and what mmap() takes for it.
 */

/* Beside what uar.c lets be mapped by command. */
enum {
	HCA_UAR_FIRST_PGOFF = 9 << 8,
	HCA_UAR_LAST_PGOFF = 0xffff,
};

struct hca_uar_obj {
	struct rdma_user_mmap_entry entry;
	struct hca_dev *dev;
};

void hca_mmap_free(struct rdma_user_mmap_entry *entry)
{
	kfree(container_of(entry, struct hca_uar_obj, entry));
}

/* Is the page with this number one of the context's? */
bool hca_uar_exists(struct hca_ctx *ctx, unsigned long page_id)
{
	struct rdma_user_mmap_entry *entry;

	if (page_id > HCA_UAR_LAST_PGOFF)
		return false;
	entry = rdma_user_mmap_entry_get_pgoff(&ctx->ib, page_id);
	if (!entry)
		return false;
	rdma_user_mmap_entry_put(entry);
	return true;
}

/* Likewise, also of those that are mapped by index. */
bool hca_uar_known(struct hca_ctx *ctx, unsigned long page_id)
{
	return page_id < ctx->num_uars || hca_uar_exists(ctx, page_id);
}

static int destroy_uar(struct ib_uobject *uobject, enum rdma_remove_reason why,
		       struct uverbs_attr_bundle *attrs)
{
	struct hca_uar_obj *uar = uobject->object;

	hca_obj_put(uar->dev, HCA_OBJ_UARS);
	rdma_user_mmap_entry_remove(&uar->entry);
	return 0;
}

static struct hca_uar_obj *new_uar_obj(struct hca_ctx *ctx)
{
	struct hca_uar_obj *uar;
	int ret;

	uar = kzalloc(sizeof(*uar), GFP_KERNEL_ACCOUNT);
	if (!uar)
		return ERR_PTR(-ENOMEM);
	uar->dev = to_hca(ctx->ib.device);
	ret = rdma_user_mmap_entry_insert_range(&ctx->ib, &uar->entry,
						PAGE_SIZE, HCA_UAR_FIRST_PGOFF,
						HCA_UAR_LAST_PGOFF);
	if (ret) {
		kfree(uar);
		return ERR_PTR(ret);
	}
	hca_obj_get(uar->dev, HCA_OBJ_UARS, INT_MAX);
	return uar;
}

static int tell(const struct hca_uar_obj *uar, struct uverbs_attr_bundle *attrs)
{
	u64 offset = rdma_user_mmap_get_offset(&uar->entry);
	u32 page_id = uar->entry.start_pgoff;
	u32 length = PAGE_SIZE;
	int ret;

	ret = uverbs_copy_to(attrs, MLX5_IB_ATTR_UAR_OBJ_ALLOC_MMAP_OFFSET,
			     &offset, sizeof(offset));
	if (!ret)
		ret = uverbs_copy_to(attrs, MLX5_IB_ATTR_UAR_OBJ_ALLOC_PAGE_ID,
				     &page_id, sizeof(page_id));
	if (!ret)
		ret = uverbs_copy_to(attrs,
				     MLX5_IB_ATTR_UAR_OBJ_ALLOC_MMAP_LENGTH,
				     &length, sizeof(length));
	return ret;
}

static int
UVERBS_HANDLER(MLX5_IB_METHOD_UAR_OBJ_ALLOC)(struct uverbs_attr_bundle *attrs)
{
	struct ib_uobject *uobject = uverbs_attr_get_uobject(
		attrs, MLX5_IB_ATTR_UAR_OBJ_ALLOC_HANDLE);
	enum mlx5_ib_uapi_uar_alloc_type type;
	struct hca_ctx *ctx = hca_ctx_of(attrs);
	struct hca_uar_obj *uar;
	int ret;

	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	ret = uverbs_get_const(&type, attrs, MLX5_IB_ATTR_UAR_OBJ_ALLOC_TYPE);
	if (ret)
		return ret;
	if (type != MLX5_IB_UAPI_UAR_ALLOC_TYPE_BF &&
	    type != MLX5_IB_UAPI_UAR_ALLOC_TYPE_NC)
		return -EOPNOTSUPP;
	uar = new_uar_obj(ctx);
	if (IS_ERR(uar))
		return PTR_ERR(uar);
	uobject->object = uar;
	uverbs_finalize_uobj_create(attrs, MLX5_IB_ATTR_UAR_OBJ_ALLOC_HANDLE);
	return tell(uar, attrs);
}

DECLARE_UVERBS_NAMED_METHOD(
	MLX5_IB_METHOD_UAR_OBJ_ALLOC,
	UVERBS_ATTR_IDR(MLX5_IB_ATTR_UAR_OBJ_ALLOC_HANDLE, MLX5_IB_OBJECT_UAR,
			UVERBS_ACCESS_NEW, UA_MANDATORY),
	UVERBS_ATTR_CONST_IN(MLX5_IB_ATTR_UAR_OBJ_ALLOC_TYPE,
			     enum mlx5_ib_uapi_uar_alloc_type, UA_MANDATORY),
	UVERBS_ATTR_PTR_OUT(MLX5_IB_ATTR_UAR_OBJ_ALLOC_MMAP_OFFSET,
			    UVERBS_ATTR_TYPE(u64), UA_MANDATORY),
	UVERBS_ATTR_PTR_OUT(MLX5_IB_ATTR_UAR_OBJ_ALLOC_MMAP_LENGTH,
			    UVERBS_ATTR_TYPE(u32), UA_MANDATORY),
	UVERBS_ATTR_PTR_OUT(MLX5_IB_ATTR_UAR_OBJ_ALLOC_PAGE_ID,
			    UVERBS_ATTR_TYPE(u32), UA_MANDATORY));

DECLARE_UVERBS_NAMED_METHOD_DESTROY(
	MLX5_IB_METHOD_UAR_OBJ_DESTROY,
	UVERBS_ATTR_IDR(MLX5_IB_ATTR_UAR_OBJ_DESTROY_HANDLE, MLX5_IB_OBJECT_UAR,
			UVERBS_ACCESS_DESTROY, UA_MANDATORY));

DECLARE_UVERBS_NAMED_OBJECT(MLX5_IB_OBJECT_UAR,
			    UVERBS_TYPE_ALLOC_IDR(destroy_uar),
			    &UVERBS_METHOD(MLX5_IB_METHOD_UAR_OBJ_ALLOC),
			    &UVERBS_METHOD(MLX5_IB_METHOD_UAR_OBJ_DESTROY));

const struct uapi_definition hca_uar_defs[] = {
	UAPI_DEF_CHAIN_OBJ_TREE_NAMED(MLX5_IB_OBJECT_UAR,
				      UAPI_DEF_IS_OBJ_SUPPORTED(hca_is_newer)),
	{},
};
