// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "softhca.h"

/*
 * Regions of memory that is paged in on demand.
 *
 * Nothing is pinned: pages may be used under the umem_mutex only, and only
 * those that are mapped. When the kernel takes pages of the process away, the
 * region drops them before the notification returns; the next access finds
 * that out and has a worker bring them in.
 *
 * A region of the whole address space is made of chunks, which come into being
 * when they are first needed and stay until the region goes.
 */

enum { CHUNK_SHIFT = 24 };

static bool invalidate(struct mmu_interval_notifier *notifier,
		       const struct mmu_notifier_range *range,
		       unsigned long seq)
{
	struct ib_umem_odp *umem =
		container_of(notifier, struct ib_umem_odp, notifier);
	u64 start = max_t(u64, ib_umem_start(umem), range->start);
	u64 end = min_t(u64, ib_umem_end(umem), range->end);

	if (!mmu_notifier_range_blockable(range))
		return false;
	/* Held for the time of one copy at most. */
	mutex_lock(&umem->umem_mutex);
	mmu_interval_set_seq(notifier, seq);
	ib_umem_odp_unmap_dma_pages(umem, start, end);
	mutex_unlock(&umem->umem_mutex);
	hca_count(to_hca(umem->umem.ibdev), HCA_STAT_INVALIDATIONS, 1);
	return true;
}

static const struct mmu_interval_notifier_ops notifier_ops = {
	.invalidate = invalidate,
};

static void free_odp(struct kref *ref)
{
	struct hca_odp *odp = container_of(ref, struct hca_odp, ref);
	struct ib_umem_odp *chunk;
	unsigned long i;

	xa_for_each(&odp->chunks, i, chunk) ib_umem_odp_release(chunk);
	xa_destroy(&odp->chunks);
	if (odp->umem)
		ib_umem_odp_release(odp->umem);
	kfree(odp);
}

static void put_odp(struct hca_odp *odp)
{
	kref_put(&odp->ref, free_odp);
}

/* Once nobody finds the region any more; advice may still be at work on it. */
void hca_odp_release(struct hca_odp *odp)
{
	cancel_work_sync(&odp->work);
	put_odp(odp);
}

static struct ib_umem_odp *chunk_at(struct hca_odp *odp, u64 addr)
{
	return odp->umem->is_implicit_odp
		       ? xa_load(&odp->chunks, addr >> CHUNK_SHIFT)
		       : odp->umem;
}

/* Two may want the same chunk at a time: the first one's is it. */
static struct ib_umem_odp *make_chunk(struct hca_odp *odp, u64 addr)
{
	unsigned long i = addr >> CHUNK_SHIFT;
	struct ib_umem_odp *chunk, *old;

	chunk = ib_umem_odp_alloc_child(odp->umem, i << CHUNK_SHIFT,
					1UL << CHUNK_SHIFT, &notifier_ops);
	if (IS_ERR(chunk))
		return chunk;
	old = xa_cmpxchg(&odp->chunks, i, NULL, chunk, GFP_KERNEL);
	if (!old)
		return chunk;
	ib_umem_odp_release(chunk);
	return xa_is_err(old) ? ERR_PTR(xa_err(old)) : old;
}

/* Brings in what one chunk has of a range. Returns for how many bytes. */
static long map_part(struct hca_odp *odp, u64 addr, size_t len, u64 need,
		     bool fault)
{
	struct ib_umem_odp *chunk = chunk_at(odp, addr);
	int ret;

	if (!chunk)
		chunk = make_chunk(odp, addr);
	if (IS_ERR(chunk))
		return PTR_ERR(chunk);
	len = min_t(u64, len, ib_umem_end(chunk) - addr);
	ret = ib_umem_odp_map_dma_and_lock(chunk, addr, len, need, fault);
	if (ret < 0)
		return ret;
	mutex_unlock(&chunk->umem_mutex);
	hca_count(to_hca(odp->umem->umem.ibdev), HCA_STAT_PAGE_FAULTS, 1);
	return len;
}

static int map_range(struct hca_odp *odp, u64 addr, size_t len, u64 need,
		     bool fault)
{
	long n;

	for (; len; addr += n, len -= n) {
		n = map_part(odp, addr, len, need, fault);
		if (n < 0)
			return n;
	}
	return 0;
}

static void handle_fault(struct work_struct *work)
{
	struct hca_odp *odp = container_of(work, struct hca_odp, work);
	int ret;

	/* What is asked for does not change while it is being done. */
	ret = map_range(odp, odp->fault_addr, odp->fault_len, odp->fault_need,
			true);
	mutex_lock(&hca_mutex);
	odp->fault_error = ret;
	odp->busy = false;
	mutex_unlock(&hca_mutex);
	atomic_inc(&hca_faults);
	hca_kick();
}

static struct ib_umem_odp *get_umem(struct ib_device *ib, u64 start, u64 len,
				    int access)
{
	if (!start && len == U64_MAX)
		return ib_umem_odp_alloc_implicit(ib, access);
	return ib_umem_odp_get(ib, start, len, access, &notifier_ops);
}

int hca_import_odp(struct hca_mr *mr, struct ib_device *ib, u64 start)
{
	struct ib_umem_odp *umem;
	struct hca_odp *odp;

	odp = kzalloc(sizeof(*odp), GFP_KERNEL_ACCOUNT);
	if (!odp)
		return -ENOMEM;
	kref_init(&odp->ref);
	xa_init(&odp->chunks);
	INIT_WORK(&odp->work, handle_fault);
	umem = get_umem(ib, start, mr->key.len, mr->key.access);
	if (IS_ERR(umem)) {
		put_odp(odp);
		return PTR_ERR(umem);
	}
	odp->umem = umem;
	mr->odp = odp;
	mr->umem = &umem->umem;
	mr->mapped = true;
	return 0;
}

/* The address in the program's memory of one in the region. */
u64 hca_odp_addr(const struct hca_mr *mr, u64 addr)
{
	if (mr->odp->umem->is_implicit_odp)
		return addr;
	return addr - mr->key.iova + mr->umem->address;
}

/* What the page is part of; NULL: nobody has asked for it yet. *len to its end. */
struct ib_umem_odp *hca_odp_find(struct hca_odp *odp, u64 addr, u32 *len)
{
	struct ib_umem_odp *chunk = chunk_at(odp, addr);
	u64 end = chunk ? ib_umem_end(chunk)
			: ALIGN(addr + 1, 1ULL << CHUNK_SHIFT);

	*len = min_t(u64, *len, end - addr);
	return chunk;
}

static bool is_present(struct ib_umem_odp *umem, u64 addr, size_t len, u64 need)
{
	u64 base = ib_umem_start(umem);
	size_t i = (addr - base) >> PAGE_SHIFT;
	size_t last = (addr + len - 1 - base) >> PAGE_SHIFT;

	for (; i <= last; i++)
		if (!hca_odp_page(umem, i, need))
			return false;
	return true;
}

/* A byte of a page that is present, and how many follow it there. */
void *hca_odp_ptr(struct ib_umem_odp *umem, u64 addr, size_t *len)
{
	size_t i = (addr - ib_umem_start(umem)) >> PAGE_SHIFT;

	*len = PAGE_SIZE - offset_in_page(addr);
	return hca_odp_page(umem, i, HCA_ODP_READ) + offset_in_page(addr);
}

/*
 * Whether the range may be used until umem_mutex is unlocked: 0, -EAGAIN
 * while it is brought in, or the error that this came to. Under hca_mutex.
 */
int hca_odp_ready_locked(struct hca_odp *odp, struct ib_umem_odp *umem,
			 u64 addr, size_t len, bool write)
{
	u64 need = write ? HCA_ODP_WRITE : HCA_ODP_READ;
	int ret = odp->fault_error;

	if (umem && is_present(umem, addr, len, need))
		return 0;
	/* It may be somebody else's turn. */
	if (odp->busy)
		return -EAGAIN;
	odp->fault_error = 0;
	if (ret && odp->fault_addr == addr && odp->fault_need == need)
		return ret;
	odp->fault_addr = addr;
	odp->fault_len = len;
	odp->fault_need = need;
	odp->busy = true;
	hca_fault_queue(&odp->work);
	return -EAGAIN;
}

/* What an advice is about, with a reference to it. */
static struct hca_odp *find_advised(struct ib_pd *pd, const struct ib_sge *sge,
				    bool write, u64 *addr)
{
	struct hca_key *key = hca_key_find(to_hca(pd->device), sge->lkey);
	struct hca_mr *mr;
	u64 off;

	if (!key || key->kind != HCA_KEY_REGION || key->pd != to_hpd(pd))
		return ERR_PTR(-ENOENT);
	mr = container_of(key, struct hca_mr, key);
	off = sge->addr - key->iova;
	if (!mr->odp)
		return ERR_PTR(-EINVAL);
	if (sge->addr < key->iova || off > key->len ||
	    sge->length > key->len - off || (write && !mr->umem->writable))
		return ERR_PTR(-EFAULT);
	*addr = hca_odp_addr(mr, sge->addr);
	kref_get(&mr->odp->ref);
	return mr->odp;
}

static int advise(struct ib_pd *pd, enum ib_uverbs_advise_mr_advice advice,
		  const struct ib_sge *sge, bool wait)
{
	bool write = advice == IB_UVERBS_ADVISE_MR_ADVICE_PREFETCH_WRITE;
	struct hca_odp *odp;
	u64 addr;
	int ret;

	mutex_lock(&hca_mutex);
	odp = find_advised(pd, sge, write, &addr);
	mutex_unlock(&hca_mutex);
	if (IS_ERR(odp))
		return PTR_ERR(odp);
	ret = map_range(odp, addr, sge->length,
			write ? HCA_ODP_WRITE : HCA_ODP_READ,
			advice != IB_UVERBS_ADVISE_MR_ADVICE_PREFETCH_NO_FAULT);
	put_odp(odp);
	/* Who does not wait for it is not told how it went. */
	return wait ? ret : 0;
}

/* Never put off: who does not want to wait may be made to. */
int hca_advise_mr(struct ib_pd *pd, enum ib_uverbs_advise_mr_advice advice,
		  u32 flags, struct ib_sge *sges, u32 n,
		  struct uverbs_attr_bundle *attrs)
{
	int ret = 0;
	u32 i;

	if (advice > IB_UVERBS_ADVISE_MR_ADVICE_PREFETCH_NO_FAULT ||
	    flags & ~IB_UVERBS_ADVISE_MR_FLAG_FLUSH)
		return -EINVAL;
	for (i = 0; i < n && !ret; i++)
		ret = advise(pd, advice, &sges[i],
			     flags & IB_UVERBS_ADVISE_MR_FLAG_FLUSH);
	return ret;
}
