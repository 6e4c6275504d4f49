// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "softhca.h"

/*
 * Queues and doorbell records live in the memory of a program, or of the
 * kernel for its own. What is a program's is user memory. They are pinned for as
 * long as the object exists and mapped once, so that the engine needs no
 * user address space. What is in them can change at any time.
 */

static void *map_umem(struct ib_umem *umem)
{
	size_t n = ib_umem_num_pages(umem);
	struct sg_page_iter it;
	struct page **pages;
	size_t i = 0;
	void *va;

	pages = kvmalloc_array(n, sizeof(*pages), GFP_KERNEL | __GFP_NOWARN);
	if (!pages)
		return NULL;

	for_each_sgtable_page (&umem->sgt_append.sgt, &it, 0) {
		if (i == n)
			break;
		pages[i++] = sg_page_iter_page(&it);
	}
	va = i == n ? vmap(pages, n, VM_MAP, PAGE_KERNEL) : NULL;
	kvfree(pages);
	return va;
}

int hca_ring_pin(struct hca_ring *ring, struct ib_device *ib, u64 addr,
		 size_t len)
{
	struct ib_umem *umem;

	umem = ib_umem_get_va(ib, addr, len, IB_ACCESS_LOCAL_WRITE);
	if (IS_ERR(umem))
		return PTR_ERR(umem);

	ring->va = map_umem(umem);
	if (!ring->va) {
		ib_umem_release(umem);
		return -ENOMEM;
	}
	ring->umem = umem;
	ring->base = ring->va + ib_umem_offset(umem);
	ring->len = len;
	return 0;
}

int hca_ring_alloc(struct hca_ring *ring, size_t len)
{
	ring->base = kvzalloc(len, GFP_KERNEL);
	ring->va = ring->base;
	ring->len = len;
	return ring->base ? 0 : -ENOMEM;
}

/* Also of a ring that was never made: a QP may have no queues. */
void hca_ring_unpin(struct hca_ring *ring)
{
	if (ring->umem) {
		vunmap(ring->va);
		ib_umem_release(ring->umem);
	} else if (ring->shared) {
		vunmap(ring->va);
		hca_umem_put(ring->shared);
	} else {
		kvfree(ring->va);
	}
	*ring = (struct hca_ring){};
}

int hca_db_pin(struct hca_ring *db, struct ib_device *ib, u64 addr)
{
	if (!IS_ALIGNED(addr, 2 * sizeof(__be32)))
		return -EINVAL;
	return hca_ring_pin(db, ib, addr, 2 * sizeof(__be32));
}
