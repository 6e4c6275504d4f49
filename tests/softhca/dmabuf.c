// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/dma-buf.h>
#include <linux/dma-resv.h>
#include <linux/workqueue.h>

#include "softhca.h"

/*
 * Regions of dma-bufs.
 *
 * Their pages may be used under the buffer's dma_resv only, and only while
 * the region is mapped. When a dynamic exporter moves the buffer, the region
 * drops its mapping before the notification returns; the next access finds
 * that out and has a worker make a new one. When a buffer is revoked, every
 * later access fails. The key stays taken until the region is deregistered.
 */

/* Faults that were dealt with: QPs that wait for one look again. */
atomic_t hca_faults = ATOMIC_INIT(0);

static struct workqueue_struct *fault_queue;

static int map_locked(struct hca_mr *mr)
{
	struct ib_umem_dmabuf *umem = to_ib_umem_dmabuf(mr->umem);
	int ret;

	ret = ib_umem_dmabuf_map_pages(umem);
	if (ret)
		return ret;
	ret = hca_pages_fill(mr);
	if (ret) {
		ib_umem_dmabuf_unmap_pages(umem);
		return ret;
	}
	mr->mapped = true;
	return 0;
}

static void handle_fault(struct work_struct *work)
{
	struct hca_mr *mr = container_of(work, struct hca_mr, fault);
	struct dma_resv *resv = hca_mr_resv(mr);

	dma_resv_lock(resv, NULL);
	if (!mr->mapped && !mr->revoked) {
		mr->fault_error = map_locked(mr);
		if (!mr->fault_error)
			hca_count(to_hca(mr->umem->ibdev), HCA_STAT_PAGE_FAULTS,
				  1);
	}
	dma_resv_unlock(resv);
	atomic_inc(&hca_faults);
	hca_kick();
}

static void move_notify(struct dma_buf_attachment *attach)
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

static const struct dma_buf_attach_ops attach_ops = {
	.allow_peer2peer = false,
	.HCA_MOVE_NOTIFY_OP = move_notify,
};

/* Also called when the memory is released: that is no revocation. */
static void revoke(void *priv)
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
	mr->umem->iova = offset_in_page(mr->key.iova);
}

static int import_dynamic(struct hca_mr *mr, struct ib_device *ib, u64 offset,
			  int fd)
{
	struct ib_umem_dmabuf *umem;
	struct dma_resv *resv;
	int ret;

	umem = ib_umem_dmabuf_get(ib, offset, mr->key.len, fd, mr->key.access,
				  &attach_ops);
	if (IS_ERR(umem))
		return PTR_ERR(umem);

	resv = umem->attach->dmabuf->resv;
	dma_resv_lock(resv, NULL);
	adopt_umem(mr, umem);
	umem->private = mr;
	ret = hca_pages_alloc(mr);
	/* Now rather than at the first access, so that the caller is told. */
	if (!ret)
		ret = map_locked(mr);
	dma_resv_unlock(resv);
	return ret;
}

static int import_pinned(struct hca_mr *mr, struct ib_device *ib, u64 offset,
			 int fd)
{
	struct ib_umem_dmabuf *umem;
	int ret;

	umem = ib_umem_dmabuf_get_pinned(ib, offset, mr->key.len, fd,
					 mr->key.access);
	if (IS_ERR(umem))
		return PTR_ERR(umem);

	adopt_umem(mr, umem);
	ret = hca_pages_alloc(mr);
	if (!ret)
		ret = hca_pages_fill(mr);
	mr->mapped = !ret;
	return ret;
}

static int import_revocable(struct hca_mr *mr, struct ib_device *ib, u64 offset,
			    int fd)
{
	struct ib_umem_dmabuf *umem;
	int ret;

	umem = ib_umem_dmabuf_get_pinned_revocable_and_lock(
		ib, offset, mr->key.len, fd, mr->key.access);
	if (IS_ERR(umem))
		return PTR_ERR(umem);

	adopt_umem(mr, umem);
	ret = hca_pages_alloc(mr);
	if (!ret)
		ret = hca_pages_fill(mr);
	if (!ret) {
		mr->mapped = true;
		ib_umem_dmabuf_set_revoke_locked(umem, revoke, mr);
	}
	ib_umem_dmabuf_revoke_unlock(umem);
	return ret;
}

int hca_import_dmabuf(struct hca_mr *mr, struct ib_device *ib, u64 offset,
		      int fd)
{
	INIT_WORK(&mr->fault, handle_fault);
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

/* Once nobody finds the region any more. */
void hca_fault_cancel(struct hca_mr *mr)
{
	if (mr->umem && mr->umem->is_dmabuf)
		cancel_work_sync(&mr->fault);
}

/* The lock under which the pages may be used, NULL if none is needed. */
struct dma_resv *hca_mr_resv(struct hca_mr *mr)
{
	if (!mr || !mr->umem || !mr->umem->is_dmabuf)
		return NULL;
	return to_ib_umem_dmabuf(mr->umem)->attach->dmabuf->resv;
}

/*
 * Whether the pages may be used until the dma_resv is unlocked: 0, -EAGAIN
 * while they are being made so, or the error that this came to.
 */
int hca_mr_ready_locked(struct hca_mr *mr)
{
	int ret = mr->fault_error;

	if (mr->revoked)
		return -EKEYREVOKED;
	if (mr->mapped)
		return 0;
	mr->fault_error = 0;
	if (ret)
		return ret;
	hca_fault_queue(&mr->fault);
	return -EAGAIN;
}

void hca_fault_queue(struct work_struct *work)
{
	queue_work(fault_queue, work);
}

int hca_fault_start(void)
{
	fault_queue = alloc_workqueue("softhca_fault", WQ_UNBOUND, 0);
	return fault_queue ? 0 : -ENOMEM;
}

void hca_fault_stop(void)
{
	destroy_workqueue(fault_queue);
}
