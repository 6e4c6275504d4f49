// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/dma-buf.h>
#include <linux/dma-direct.h>
#include <linux/dma-resv.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <rdma/iter.h>

#include "softhca.h"

/*
 * Memory regions: for each page of the region its physical address, which
 * for our DMA device is the same as its DMA address.
 *
 * The addresses of a dma-buf may be used under its dma_resv only, and only
 * while the region is mapped. When a dynamic exporter moves the buffer, the
 * region drops its mapping before move_notify returns and asks for a new one
 * at the next access; when a buffer is revoked, every later access fails. The
 * key stays taken until the region is deregistered.
 */

enum {
	HCA_MR_ACCESS = IB_ACCESS_LOCAL_WRITE | IB_ACCESS_REMOTE_WRITE |
			IB_ACCESS_REMOTE_READ | IB_ACCESS_REMOTE_ATOMIC |
			IB_ZERO_BASED | IB_ACCESS_HUGETLB |
			IB_ACCESS_OPTIONAL,
	HCA_KEY_MIN = 0x10,
	HCA_KEY_MAX = 0xfffffe,
};

/* Pages are reached through the kernel's mapping of all memory. */
static_assert(!IS_ENABLED(CONFIG_HIGHMEM));

static bool ordinary_page(phys_addr_t phys)
{
	struct page *page;

	if (!pfn_valid(PHYS_PFN(phys)))
		return false;
	page = pfn_to_page(PHYS_PFN(phys));
	return !PageReserved(page) && !is_zone_device_page(page);
}

/* A dma-buf has other pages after each mapping, but as many. */
static int fill_pages(struct hca_mr *mr)
{
	struct device *dma_dev = mr->umem->ibdev->dma_device;
	struct ib_block_iter it;
	phys_addr_t phys;
	size_t i = 0;

	rdma_umem_for_each_dma_block(mr->umem, &it, PAGE_SIZE) {
		phys = dma_to_phys(dma_dev, rdma_block_iter_dma_address(&it));
		if (i == mr->npages || !ordinary_page(phys))
			return -EOPNOTSUPP;
		mr->pages[i++] = phys;
	}
	return i == mr->npages ? 0 : -EOPNOTSUPP;
}

static int alloc_pages_array(struct hca_mr *mr)
{
	mr->npages = ib_umem_num_pages(mr->umem);
	/* As long as a program likes: failing is its problem, not the log's. */
	mr->pages = kvmalloc_array(mr->npages, sizeof(*mr->pages),
				   GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	return mr->pages ? 0 : -ENOMEM;
}

static int map_dmabuf_locked(struct hca_mr *mr)
{
	struct ib_umem_dmabuf *umem = to_ib_umem_dmabuf(mr->umem);
	int ret;

	ret = ib_umem_dmabuf_map_pages(umem);
	if (ret)
		return ret;
	ret = fill_pages(mr);
	if (ret) {
		ib_umem_dmabuf_unmap_pages(umem);
		return ret;
	}
	mr->mapped = true;
	return 0;
}

static void hca_move_notify(struct dma_buf_attachment *attach)
{
	struct ib_umem_dmabuf *umem = attach->importer_priv;
	struct hca_mr *mr = umem->private;

	/* Not ours yet, or nothing to give back. */
	if (!mr || !umem->sgt)
		return;

	mr->mapped = false;
	ib_umem_dmabuf_unmap_pages(umem);
	hca_count(to_hca(umem->umem.ibdev), HCA_STAT_MOVE_NOTIFIES, 1);
}

static const struct dma_buf_attach_ops hca_attach_ops = {
	.allow_peer2peer = false,
	.HCA_MOVE_NOTIFY_OP = hca_move_notify,
};

/* Also called when the memory is released: that is no revocation. */
static void hca_revoke(void *priv)
{
	struct hca_mr *mr = priv;

	mr->mapped = false;
	WRITE_ONCE(mr->revoked, true);
	if (!mr->dying)
		hca_count(to_hca(mr->umem->ibdev), HCA_STAT_REVOKES, 1);
}

/*
 * The page offset of the address in the region is the one in the buffer, the
 * core has checked that; counting the pages from there cannot overflow.
 */
static void adopt_umem(struct hca_mr *mr, struct ib_umem_dmabuf *umem)
{
	mr->umem = &umem->umem;
	mr->umem->iova = offset_in_page(mr->iova);
}

static int import_dynamic(struct hca_mr *mr, struct ib_device *ib, u64 offset,
		       int fd)
{
	struct ib_umem_dmabuf *umem;
	struct dma_resv *resv;
	int ret;

	umem = ib_umem_dmabuf_get(ib, offset, mr->len, fd, mr->access,
				  &hca_attach_ops);
	if (IS_ERR(umem))
		return PTR_ERR(umem);

	resv = umem->attach->dmabuf->resv;
	dma_resv_lock(resv, NULL);
	adopt_umem(mr, umem);
	umem->private = mr;
	ret = alloc_pages_array(mr);
	/* Now rather than at the first access, so that the caller is told. */
	if (!ret)
		ret = map_dmabuf_locked(mr);
	dma_resv_unlock(resv);
	return ret;
}

static int import_pinned(struct hca_mr *mr, struct ib_device *ib, u64 offset,
		      int fd)
{
	struct ib_umem_dmabuf *umem;
	int ret;

	umem = ib_umem_dmabuf_get_pinned(ib, offset, mr->len, fd, mr->access);
	if (IS_ERR(umem))
		return PTR_ERR(umem);

	adopt_umem(mr, umem);
	ret = alloc_pages_array(mr);
	if (!ret)
		ret = fill_pages(mr);
	mr->mapped = !ret;
	return ret;
}

static int import_revocable(struct hca_mr *mr, struct ib_device *ib, u64 offset,
			 int fd)
{
	struct ib_umem_dmabuf *umem;
	int ret;

	umem = ib_umem_dmabuf_get_pinned_revocable_and_lock(ib, offset,
							    mr->len, fd,
							    mr->access);
	if (IS_ERR(umem))
		return PTR_ERR(umem);

	adopt_umem(mr, umem);
	ret = alloc_pages_array(mr);
	if (!ret)
		ret = fill_pages(mr);
	if (!ret) {
		mr->mapped = true;
		ib_umem_dmabuf_set_revoke_locked(umem, hca_revoke, mr);
	}
	ib_umem_dmabuf_revoke_unlock(umem);
	return ret;
}

static int import_dmabuf(struct hca_mr *mr, struct ib_device *ib, u64 offset,
		      int fd)
{
	switch (to_hca(ib)->mode) {
	case HCA_MODE_DYNAMIC:
		return import_dynamic(mr, ib, offset, fd);
	case HCA_MODE_PINNED:
		return import_pinned(mr, ib, offset, fd);
	case HCA_MODE_REVOCABLE:
		return import_revocable(mr, ib, offset, fd);
	default:
		return -EOPNOTSUPP;
	}
}

static int import_user(struct hca_mr *mr, struct ib_device *ib, u64 start)
{
	struct ib_umem *umem;
	int ret;

	umem = ib_umem_get_va(ib, start, mr->len, mr->access);
	if (IS_ERR(umem))
		return PTR_ERR(umem);

	mr->umem = umem;
	ret = alloc_pages_array(mr);
	if (!ret)
		ret = fill_pages(mr);
	mr->mapped = !ret;
	return ret;
}

static void put_mr(struct hca_mr *mr)
{
	mr->dying = true;
	if (mr->umem)
		ib_umem_release(mr->umem);
	kvfree(mr->pages);
	kfree(mr);
}

/* Makes the region known under a key of its own. */
static int publish_mr(struct hca_mr *mr, struct hca_dev *dev)
{
	u32 idx;
	int ret;

	mutex_lock(&hca_mutex);
	ret = xa_alloc_cyclic(&dev->mrs, &idx, mr,
			      XA_LIMIT(HCA_KEY_MIN, HCA_KEY_MAX),
			      &dev->next_mr, GFP_KERNEL);
	if (ret >= 0) {
		/* A new low byte, so that a stale key finds nothing. */
		mr->ib.lkey = idx << 8 | dev->key_seq++;
		mr->ib.rkey = mr->ib.lkey;
	}
	mutex_unlock(&hca_mutex);
	return ret < 0 ? ret : 0;
}

static struct hca_mr *new_mr(struct ib_pd *ibpd, u64 virt, u64 len, int access)
{
	struct hca_mr *mr;

	if (access & ~HCA_MR_ACCESS)
		return ERR_PTR(-EOPNOTSUPP);
	mr = kzalloc(sizeof(*mr), GFP_KERNEL_ACCOUNT);
	if (!mr)
		return ERR_PTR(-ENOMEM);
	mr->pd = to_hpd(ibpd);
	mr->iova = virt;
	mr->len = len;
	mr->access = access;
	mr->ib.iova = virt;
	mr->ib.length = len;
	return mr;
}

static int finish_mr(struct hca_mr *mr, struct hca_dev *dev)
{
	u64 last;
	int ret;

	/* Late: the core's checks of the memory come first. */
	if (mr->len && check_add_overflow(mr->iova, mr->len - 1, &last))
		return -EINVAL;
	if (!hca_obj_get(dev, HCA_OBJ_MRS, HCA_MAX_MR))
		return -ENOMEM;
	ret = publish_mr(mr, dev);
	if (ret)
		hca_obj_put(dev, HCA_OBJ_MRS);
	return ret;
}

struct ib_mr *hca_reg_user_mr(struct ib_pd *ibpd, u64 start, u64 length,
			      u64 virt, int access, struct ib_udata *udata)
{
	struct hca_mr *mr;
	int ret;

	mr = new_mr(ibpd, virt, length, access);
	if (IS_ERR(mr))
		return ERR_CAST(mr);

	ret = import_user(mr, ibpd->device, start);
	if (!ret)
		ret = finish_mr(mr, to_hca(ibpd->device));
	if (ret) {
		put_mr(mr);
		return ERR_PTR(ret);
	}
	return &mr->ib;
}

struct ib_mr *hca_reg_user_mr_dmabuf(struct ib_pd *ibpd, u64 offset,
				     u64 length, u64 virt, int fd, int access,
				     struct uverbs_attr_bundle *attrs)
{
	struct hca_dev *dev = to_hca(ibpd->device);
	struct hca_mr *mr;
	int ret;

	mr = new_mr(ibpd, virt, length, access);
	if (IS_ERR(mr))
		return ERR_CAST(mr);

	ret = import_dmabuf(mr, ibpd->device, offset, fd);
	if (!ret)
		ret = finish_mr(mr, dev);
	if (ret) {
		put_mr(mr);
		return ERR_PTR(ret);
	}
	hca_obj_get(dev, HCA_OBJ_DMABUF_MRS, INT_MAX);
	return &mr->ib;
}

int hca_dereg_mr(struct ib_mr *ibmr, struct ib_udata *udata)
{
	struct hca_dev *dev = to_hca(ibmr->device);
	struct hca_mr *mr = to_hmr(ibmr);

	mutex_lock(&hca_mutex);
	xa_erase(&dev->mrs, ibmr->lkey >> 8);
	mutex_unlock(&hca_mutex);

	/* The engine can no longer find it, so nobody copies any more. */
	if (mr->umem->is_dmabuf)
		hca_obj_put(dev, HCA_OBJ_DMABUF_MRS);
	hca_obj_put(dev, HCA_OBJ_MRS);
	put_mr(mr);
	return 0;
}

/* Under hca_mutex, which keeps the region alive. */
struct hca_mr *hca_mr_find(struct hca_dev *dev, u32 key)
{
	struct hca_mr *mr = xa_load(&dev->mrs, key >> 8);

	return mr && mr->ib.lkey == key ? mr : NULL;
}

/* The lock under which the pages may be used, NULL if none is needed. */
struct dma_resv *hca_mr_resv(struct hca_mr *mr)
{
	if (!mr || !mr->umem->is_dmabuf)
		return NULL;
	return to_ib_umem_dmabuf(mr->umem)->attach->dmabuf->resv;
}

/* Makes the pages usable until the dma_resv is unlocked. */
int hca_mr_fault_locked(struct hca_mr *mr)
{
	int ret;

	if (mr->revoked)
		return -EKEYREVOKED;
	if (mr->mapped)
		return 0;
	ret = map_dmabuf_locked(mr);
	if (!ret)
		hca_count(to_hca(mr->umem->ibdev), HCA_STAT_PAGE_FAULTS, 1);
	return ret;
}

/* The byte at addr, and how many follow it in its page. */
void *hca_mr_ptr(struct hca_mr *mr, u64 addr, size_t *len)
{
	u64 pos = addr - mr->iova + offset_in_page(mr->iova);

	*len = PAGE_SIZE - offset_in_page(pos);
	return phys_to_virt(mr->pages[pos >> PAGE_SHIFT]) + offset_in_page(pos);
}
