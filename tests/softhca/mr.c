// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/dma-resv.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "softhca.h"

/* The memory region verbs; dmabuf.c has what is special about dma-bufs. */

enum {
	HCA_MR_ACCESS = IB_ACCESS_LOCAL_WRITE | IB_ACCESS_REMOTE_WRITE |
			IB_ACCESS_REMOTE_READ | IB_ACCESS_REMOTE_ATOMIC |
			IB_ACCESS_MW_BIND | IB_ZERO_BASED | IB_ACCESS_HUGETLB |
			IB_ACCESS_ON_DEMAND | IB_ACCESS_OPTIONAL,
};

static int import_user(struct hca_mr *mr, struct ib_device *ib, u64 start)
{
	struct ib_umem *umem;
	int ret;

	if (mr->key.access & IB_ACCESS_ON_DEMAND)
		return hca_import_odp(mr, ib, start);
	umem = ib_umem_get_va(ib, start, mr->key.len, mr->key.access);
	if (IS_ERR(umem))
		return PTR_ERR(umem);

	mr->umem = umem;
	ret = hca_pages_alloc(mr);
	if (!ret)
		ret = hca_pages_fill(mr);
	mr->mapped = !ret;
	return ret;
}

static void put_mr(struct hca_mr *mr)
{
	hca_fault_cancel(mr);
	mr->dying = true;
	if (mr->odp)
		hca_odp_release(mr->odp);
	else if (mr->umem)
		ib_umem_release(mr->umem);
	kvfree(mr->pages);
	kfree(mr);
}

static struct hca_mr *new_mr(struct ib_pd *ibpd, u64 virt, u64 len, int access)
{
	struct hca_mr *mr;

	if (access & ~HCA_MR_ACCESS)
		return ERR_PTR(-EOPNOTSUPP);
	mr = kzalloc(sizeof(*mr), GFP_KERNEL_ACCOUNT);
	if (!mr)
		return ERR_PTR(-ENOMEM);
	mr->key.pd = to_hpd(ibpd);
	mr->key.iova = virt;
	mr->key.len = len;
	mr->key.access = access;
	mr->ib.iova = virt;
	mr->ib.length = len;
	return mr;
}

static int check_range(u64 iova, u64 len)
{
	u64 last;

	if (len && check_add_overflow(iova, len - 1, &last))
		return -EINVAL;
	return 0;
}

static int publish_mr(struct hca_mr *mr, struct hca_dev *dev)
{
	int ret;

	/* Late: the core's checks of the memory come first. */
	ret = check_range(mr->key.iova, mr->key.len);
	if (ret)
		return ret;
	if (!hca_obj_get(dev, HCA_OBJ_MRS, HCA_MAX_MR))
		return -ENOMEM;
	ret = hca_key_publish(dev, &mr->key);
	if (ret)
		hca_obj_put(dev, HCA_OBJ_MRS);
	mr->ib.lkey = mr->key.key;
	mr->ib.rkey = mr->key.key;
	return ret;
}

/* ret: whether it has got its memory. After an error there is no region. */
static struct ib_mr *finish_mr(struct hca_mr *mr, struct hca_dev *dev, int ret)
{
	if (!ret)
		ret = publish_mr(mr, dev);
	if (ret) {
		put_mr(mr);
		return ERR_PTR(ret);
	}
	return &mr->ib;
}

/* All of memory, at its DMA addresses, for the kernel; it is not counted. */
struct ib_mr *hca_get_dma_mr(struct ib_pd *ibpd, int access)
{
	struct hca_mr *mr;
	int ret;

	mr = new_mr(ibpd, 0, U64_MAX, access);
	if (IS_ERR(mr))
		return ERR_CAST(mr);
	mr->kernel = true;
	mr->mapped = true;
	ret = hca_key_publish(to_hca(ibpd->device), &mr->key);
	if (ret) {
		kfree(mr);
		return ERR_PTR(ret);
	}
	mr->ib.lkey = mr->key.key;
	mr->ib.rkey = mr->key.key;
	return &mr->ib;
}

struct ib_mr *hca_reg_user_mr(struct ib_pd *ibpd, u64 start, u64 length,
			      u64 virt, int access, struct ib_udata *udata)
{
	struct hca_mr *mr;

	mr = new_mr(ibpd, virt, length, access);
	if (IS_ERR(mr))
		return ERR_CAST(mr);
	return finish_mr(mr, to_hca(ibpd->device),
			 import_user(mr, ibpd->device, start));
}

struct ib_mr *hca_reg_user_mr_dmabuf(struct ib_pd *ibpd, u64 offset, u64 length,
				     u64 virt, int fd, int access,
				     struct uverbs_attr_bundle *attrs)
{
	struct hca_dev *dev = to_hca(ibpd->device);
	struct hca_mr *mr;
	struct ib_mr *made;
	int ret;

	ret = hca_check_data_direct(attrs, virt);
	if (ret)
		return ERR_PTR(ret);
	/* Those are mapped on demand as it is. */
	if (access & IB_ACCESS_ON_DEMAND)
		return ERR_PTR(-EOPNOTSUPP);
	mr = new_mr(ibpd, virt, length, access);
	if (IS_ERR(mr))
		return ERR_CAST(mr);

	made = finish_mr(mr, dev,
			 hca_import_dmabuf(mr, ibpd->device, offset, fd));
	if (!IS_ERR(made))
		hca_obj_get(dev, HCA_OBJ_DMABUF_MRS, INT_MAX);
	return made;
}

/* What work requests call 0 is the first byte of the part. */
struct ib_mr *hca_reg_dm_mr(struct ib_pd *ibpd, struct ib_dm *dm,
			    struct ib_dm_mr_attr *attr,
			    struct uverbs_attr_bundle *attrs)
{
	struct hca_mr *mr;

	if (attr->access_flags & IB_ACCESS_ON_DEMAND)
		return ERR_PTR(-EINVAL);
	mr = new_mr(ibpd, 0, attr->length, attr->access_flags);
	if (IS_ERR(mr))
		return ERR_CAST(mr);
	return finish_mr(mr, to_hca(ibpd->device),
			 hca_import_dm(mr, dm, attr->offset));
}

/* Memory that was pinned for reading only has to be pinned anew to write. */
static bool needs_memory(const struct hca_mr *mr, int flags, int access)
{
	return flags & IB_MR_REREG_TRANS ||
	       (access ^ mr->key.access) & IB_ACCESS_ON_DEMAND ||
	       (flags & IB_MR_REREG_ACCESS && access & ~mr->key.access &&
		!mr->umem->writable);
}

/* Under the same key, all at once: no access sees half of it. */
static void replace_mr(struct hca_mr *mr, struct hca_mr *fresh)
{
	mutex_lock(&hca_mutex);
	fresh->key.key = mr->key.key;
	swap(mr->key, fresh->key);
	swap(mr->umem, fresh->umem);
	swap(mr->odp, fresh->odp);
	swap(mr->pages, fresh->pages);
	swap(mr->npages, fresh->npages);
	mutex_unlock(&hca_mutex);
	mr->ib.iova = mr->key.iova;
	mr->ib.length = mr->key.len;
}

static int replace_memory(struct hca_mr *mr, struct hca_mr *fresh, int flags,
			  u64 start)
{
	int ret;

	/* The same memory with other rights stays where it is. */
	if (!(flags & IB_MR_REREG_TRANS))
		start = mr->umem->address;
	ret = check_range(fresh->key.iova, fresh->key.len);
	if (!ret)
		ret = import_user(fresh, mr->ib.device, start);
	if (!ret)
		replace_mr(mr, fresh);
	return ret;
}

/* NULL says that the region is still the same object. */
struct ib_mr *hca_rereg_user_mr(struct ib_mr *ibmr, int flags, u64 start,
				u64 length, u64 virt, int access,
				struct ib_pd *ibpd, struct ib_udata *udata)
{
	struct hca_mr *mr = to_hmr(ibmr);
	struct hca_mr *fresh;
	int ret = 0;

	if (flags & ~(IB_MR_REREG_TRANS | IB_MR_REREG_PD | IB_MR_REREG_ACCESS))
		return ERR_PTR(-EOPNOTSUPP);
	if (ibmr->dm)
		return ERR_PTR(-EINVAL);
	if (!(flags & IB_MR_REREG_ACCESS))
		access = mr->key.access;
	if (!(flags & IB_MR_REREG_TRANS)) {
		virt = mr->key.iova;
		length = mr->key.len;
	}
	fresh = new_mr(flags & IB_MR_REREG_PD ? ibpd : &mr->key.pd->ib, virt,
		       length, access);
	if (IS_ERR(fresh))
		return ERR_CAST(fresh);

	if (!needs_memory(mr, flags, access)) {
		mutex_lock(&hca_mutex);
		mr->key.pd = fresh->key.pd;
		mr->key.access = access;
		mutex_unlock(&hca_mutex);
	} else if (mr->umem->is_dmabuf) {
		ret = -EOPNOTSUPP;
	} else {
		ret = replace_memory(mr, fresh, flags, start);
	}
	put_mr(fresh);
	return ERR_PTR(ret);
}

int hca_dereg_mr(struct ib_mr *ibmr, struct ib_udata *udata)
{
	struct hca_dev *dev = to_hca(ibmr->device);
	struct hca_mr *mr = to_hmr(ibmr);

	/* The engine can no longer find it, so nobody copies any more. */
	hca_key_remove(dev, &mr->key);
	if (mr->umem && mr->umem->is_dmabuf)
		hca_obj_put(dev, HCA_OBJ_DMABUF_MRS);
	if (!mr->kernel)
		hca_obj_put(dev, HCA_OBJ_MRS);
	put_mr(mr);
	return 0;
}
