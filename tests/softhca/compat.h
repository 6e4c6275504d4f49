/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef SOFTHCA_COMPAT_H
#define SOFTHCA_COMPAT_H

/*
 * What differs between the kernels this is built for, 6.12 and 7.3: here and
 * in compat.c, and nowhere else. The module uses the names of the newer one.
 */
#include <linux/dma-buf.h>
#include <linux/version.h>
#include <linux/dma-direct.h>
#include <linux/hmm.h>
#include <rdma/ib_umem.h>
#include <rdma/ib_umem_odp.h>
#include <rdma/ib_verbs.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 3, 0)

/* Mapping never pins a buffer whose importer can be told of a move. */
#define HCA_MAP_PINS false
/* The core tells programs when a network device goes up or down. */
#define HCA_CORE_REPORTS_PORTS true

#define HCA_MOVE_NOTIFY_OP invalidate_mappings

#define HCA_ODP_READ HMM_PFN_VALID
#define HCA_ODP_WRITE (HMM_PFN_VALID | HMM_PFN_WRITE)

/* The ith page, NULL if it is not there or not for what is needed. */
static inline void *hca_odp_page(struct ib_umem_odp *umem, size_t i, u64 need)
{
	unsigned long pfn = umem->map.pfn_list[i];

	return (pfn & need) == need ? page_to_virt(hmm_pfn_to_page(pfn)) : NULL;
}

#else

#define HCA_MAP_PINS (!IS_ENABLED(CONFIG_DMABUF_MOVE_NOTIFY))
#define HCA_CORE_REPORTS_PORTS false

#define HCA_MOVE_NOTIFY_OP move_notify

#define HCA_ODP_READ ODP_READ_ALLOWED_BIT
#define HCA_ODP_WRITE (ODP_READ_ALLOWED_BIT | ODP_WRITE_ALLOWED_BIT)

static inline void *hca_odp_page(struct ib_umem_odp *umem, size_t i, u64 need)
{
	dma_addr_t dma = umem->dma_list[i];

	if ((dma & need) != need)
		return NULL;
	return phys_to_virt(dma_to_phys(umem->umem.ibdev->dma_device,
					dma & ODP_DMA_ADDR_MASK));
}

static inline struct ib_umem *ib_umem_get_va(struct ib_device *ib,
					     unsigned long addr, size_t size,
					     int access)
{
	return ib_umem_get(ib, addr, size, access);
}

static inline void dma_buf_invalidate_mappings(struct dma_buf *dmabuf)
{
	dma_buf_move_notify(dmabuf);
}

#endif

/* The verbs whose place or arguments differ; set beside the others. */
extern const struct ib_device_ops hca_compat_ops;

#endif
