// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/dma-resv.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "testbuf_impl.h"

/* Failures to order */

/* The errno to fail with now, or 0. calls counts the calls of this kind. */
static int ordered_failure(struct testbuf *tb, u32 code, unsigned int *calls)
{
	unsigned int nth = tb->want.fail_nth;

	(*calls)++;
	if (!code || (nth && nth != *calls))
		return 0;
	return -(int)code;
}

/* dma_buf_ops; those that are called with the reservation held say so. */

static int testbuf_attach(struct dma_buf *dmabuf,
			  struct dma_buf_attachment *attach)
{
	struct testbuf *tb = dmabuf->priv;
	struct testbuf_attach *ta;
	int ret;

	ta = kzalloc(sizeof(*ta), GFP_KERNEL);
	if (!ta)
		return -ENOMEM;
	dma_resv_lock(dmabuf->resv, NULL);
	ret = ordered_failure(tb, tb->want.fail_attach, &tb->attach_calls);
	if (!ret)
		tb->stats.attachments++;
	dma_resv_unlock(dmabuf->resv);
	if (ret) {
		kfree(ta);
		return ret;
	}
	attach->priv = ta;
	return 0;
}

static void testbuf_detach(struct dma_buf *dmabuf,
			   struct dma_buf_attachment *attach)
{
	struct testbuf *tb = dmabuf->priv;

	dma_resv_lock(dmabuf->resv, NULL);
	tb->stats.attachments--;
	dma_resv_unlock(dmabuf->resv);
	kfree(attach->priv);
}

/* Called with the reservation held. */
static int testbuf_pin(struct dma_buf_attachment *attach)
{
	struct testbuf *tb = attach->dmabuf->priv;
	struct testbuf_attach *ta = attach->priv;
	int ret;

	dma_resv_assert_held(attach->dmabuf->resv);
	ret = ordered_failure(tb, tb->want.fail_pin, &tb->pin_calls);
	if (ret)
		return ret;
	ta->pins++;
	tb->stats.pins++;
	tb->stats.pinned++;
	return 0;
}

/* Called with the reservation held. */
static void testbuf_unpin(struct dma_buf_attachment *attach)
{
	struct testbuf *tb = attach->dmabuf->priv;
	struct testbuf_attach *ta = attach->priv;

	dma_resv_assert_held(attach->dmabuf->resv);
	ta->pins--;
	tb->stats.unpins++;
	tb->stats.pinned--;
}

/* One entry per page, and none continues the one before it. */
static struct sg_table *alloc_sgt(struct page_set *set)
{
	struct scatterlist *sg;
	struct sg_table *sgt;
	unsigned int i;
	int ret;

	sgt = kzalloc(sizeof(*sgt), GFP_KERNEL);
	if (!sgt)
		return ERR_PTR(-ENOMEM);
	ret = sg_alloc_table(sgt, set->num_pages, GFP_KERNEL);
	if (ret) {
		kfree(sgt);
		return ERR_PTR(ret);
	}
	for_each_sgtable_sg (sgt, sg, i)
		sg_set_page(sg, set->pages[i], PAGE_SIZE, 0);
	return sgt;
}

static void free_sgt(struct sg_table *sgt)
{
	sg_free_table(sgt);
	kfree(sgt);
}

/* Why a map cannot be, as a negative errno, or 0. */
static int refuse_map(struct testbuf *tb, struct testbuf_attach *ta)
{
	int ret;

	ret = ordered_failure(tb, tb->want.fail_map, &tb->map_calls);
	if (ret)
		return ret;
	if (tb->stats.revoked)
		return -ENODEV;
	return ta->sgt ? -EBUSY : 0;
}

/* Called with the reservation held. */
static struct sg_table *testbuf_map(struct dma_buf_attachment *attach,
				    enum dma_data_direction dir)
{
	struct testbuf *tb = attach->dmabuf->priv;
	struct testbuf_attach *ta = attach->priv;
	struct sg_table *sgt;
	int ret;

	dma_resv_assert_held(attach->dmabuf->resv);
	if (tb->want.delay_us)
		fsleep(tb->want.delay_us);
	ret = refuse_map(tb, ta);
	if (ret)
		return ERR_PTR(ret);
	sgt = alloc_sgt(tb->set);
	if (IS_ERR(sgt))
		return sgt;
	ret = dma_map_sgtable(attach->dev, sgt, dir, 0);
	if (ret) {
		free_sgt(sgt);
		return ERR_PTR(ret);
	}
	ta->sgt = sgt;
	ta->dir = dir;
	tb->stats.maps++;
	tb->stats.mapped++;
	return sgt;
}

/* Sets that nobody maps any more can go. */
static void take_retired(struct testbuf *tb, struct list_head *unused)
{
	if (!tb->stats.mapped)
		list_splice_tail_init(&tb->retired, unused);
}

static void free_retired(struct list_head *unused)
{
	struct page_set *set, *next;

	list_for_each_entry_safe (set, next, unused, retired)
		testbuf_free_pages(set);
}

/* Called with the reservation held. */
static void testbuf_unmap(struct dma_buf_attachment *attach,
			  struct sg_table *sgt, enum dma_data_direction dir)
{
	struct testbuf *tb = attach->dmabuf->priv;
	struct testbuf_attach *ta = attach->priv;
	LIST_HEAD(unused);

	dma_resv_assert_held(attach->dmabuf->resv);
	ta->sgt = NULL;
	tb->stats.unmaps++;
	tb->stats.mapped--;
	dma_unmap_sgtable(attach->dev, sgt, dir, 0);
	free_sgt(sgt);
	take_retired(tb, &unused);
	free_retired(&unused);
}

/* A device that is not coherent needs its view and the CPU's reconciled. */
static void sync_attachments(struct dma_buf *dmabuf, bool for_cpu)
{
	struct dma_buf_attachment *attach;
	struct testbuf_attach *ta;

	list_for_each_entry (attach, &dmabuf->attachments, node) {
		ta = attach->priv;
		if (!ta->sgt)
			continue;
		if (for_cpu)
			dma_sync_sgtable_for_cpu(attach->dev, ta->sgt, ta->dir);
		else
			dma_sync_sgtable_for_device(attach->dev, ta->sgt,
						    ta->dir);
	}
}

/* Both ends of a CPU access; *count is the statistic of this one. */
static int sync_cpu_access(struct dma_buf *dmabuf, bool for_cpu, u64 *count)
{
	int ret;

	ret = dma_resv_lock_interruptible(dmabuf->resv, NULL);
	if (ret)
		return ret;
	sync_attachments(dmabuf, for_cpu);
	(*count)++;
	dma_resv_unlock(dmabuf->resv);
	return 0;
}

static int testbuf_begin_cpu(struct dma_buf *dmabuf,
			     enum dma_data_direction dir)
{
	struct testbuf *tb = dmabuf->priv;

	return sync_cpu_access(dmabuf, true, &tb->stats.cpu_begins);
}

static int testbuf_end_cpu(struct dma_buf *dmabuf, enum dma_data_direction dir)
{
	struct testbuf *tb = dmabuf->priv;

	return sync_cpu_access(dmabuf, false, &tb->stats.cpu_ends);
}

/*
 * The entry is made under the reservation, so a move cannot slip in between
 * looking up the page and mapping it. Returning the page would allow that.
 */
static vm_fault_t testbuf_fault(struct vm_fault *vmf)
{
	struct testbuf *tb = vmf->vma->vm_private_data;
	struct dma_resv *resv = tb->dmabuf->resv;
	vm_fault_t ret = VM_FAULT_SIGBUS;

	if (dma_resv_lock_interruptible(resv, NULL))
		return VM_FAULT_NOPAGE;
	if (vmf->pgoff < tb->set->num_pages) {
		ret = vmf_insert_pfn(vmf->vma, vmf->address,
				     page_to_pfn(tb->set->pages[vmf->pgoff]));
		tb->stats.faults++;
	}
	dma_resv_unlock(resv);
	return ret;
}

static const struct vm_operations_struct testbuf_vm_ops = {
	.fault = testbuf_fault,
};

static int testbuf_mmap(struct dma_buf *dmabuf, struct vm_area_struct *vma)
{
	if ((vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) == VM_MAYWRITE)
		return -EINVAL; /* a private copy would miss the moves */
	vm_flags_set(vma, VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = &testbuf_vm_ops;
	vma->vm_private_data = dmabuf->priv;
	return 0;
}

/* The last reference is gone, and with it attachments and user mappings. */
static void testbuf_release(struct dma_buf *dmabuf)
{
	struct testbuf *tb = dmabuf->priv;

	free_retired(&tb->retired);
	testbuf_free_pages(tb->set);
	kfree(tb);
	atomic_dec(&testbuf_live);
}

const struct dma_buf_ops testbuf_static_ops = {
	.attach = testbuf_attach,
	.detach = testbuf_detach,
	.map_dma_buf = testbuf_map,
	.unmap_dma_buf = testbuf_unmap,
	.begin_cpu_access = testbuf_begin_cpu,
	.end_cpu_access = testbuf_end_cpu,
	.mmap = testbuf_mmap,
	.release = testbuf_release,
};

/* pin is what makes an exporter dynamic in the eyes of dma-buf. */
const struct dma_buf_ops testbuf_dynamic_ops = {
	.attach = testbuf_attach,
	.detach = testbuf_detach,
	.pin = testbuf_pin,
	.unpin = testbuf_unpin,
	.map_dma_buf = testbuf_map,
	.unmap_dma_buf = testbuf_unmap,
	.begin_cpu_access = testbuf_begin_cpu,
	.end_cpu_access = testbuf_end_cpu,
	.mmap = testbuf_mmap,
	.release = testbuf_release,
};
