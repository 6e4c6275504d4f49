// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/dma-direct.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <rdma/iter.h>

#include "softhca.h"

/*
 * The memory of a region: for each of its pages the physical address, which
 * for our DMA device is the same as its DMA address.
 */

/* Pages are reached through the kernel's mapping of all memory. */
static_assert(!IS_ENABLED(CONFIG_HIGHMEM));

bool hca_ordinary_page(phys_addr_t phys)
{
	struct page *page;

	if (!pfn_valid(PHYS_PFN(phys)))
		return false;
	page = pfn_to_page(PHYS_PFN(phys));
	return !PageReserved(page) && !is_zone_device_page(page);
}

int hca_pages_alloc(struct hca_mr *mr)
{
	mr->npages = ib_umem_num_pages(mr->umem);
	/* As long as a program likes: failing is its problem, not the log's. */
	mr->pages = kvmalloc_array(mr->npages, sizeof(*mr->pages),
				   GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	return mr->pages ? 0 : -ENOMEM;
}

/* A dma-buf has other pages after each mapping, but as many. */
int hca_pages_fill(struct hca_mr *mr)
{
	struct device *dma_dev = mr->umem->ibdev->dma_device;
	struct ib_block_iter it;
	phys_addr_t phys;
	size_t i = 0;

	rdma_umem_for_each_dma_block (mr->umem, &it, PAGE_SIZE) {
		phys = dma_to_phys(dma_dev, rdma_block_iter_dma_address(&it));
		if (i == mr->npages || !hca_ordinary_page(phys))
			return -EOPNOTSUPP;
		mr->pages[i++] = phys;
	}
	return i == mr->npages ? 0 : -EOPNOTSUPP;
}

static void *dma_ptr(struct hca_mr *mr, u64 addr)
{
	return phys_to_virt(dma_to_phys(mr->ib.device->dma_device, addr));
}

/* The byte at addr, and how many follow it in its page. */
void *hca_mr_ptr(struct hca_mr *mr, u64 addr, size_t *len)
{
	u64 pos =
		addr - mr->key.iova + offset_in_page(mr->key.iova) + mr->start;

	*len = PAGE_SIZE - offset_in_page(pos);
	if (!mr->pages)
		return dma_ptr(mr, addr);
	return phys_to_virt(mr->pages[pos >> PAGE_SHIFT]) + offset_in_page(pos);
}
