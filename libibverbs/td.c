/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Thread domains and parent domains. The kernel knows neither: they tell the
 * provider how the objects made from them will be used. All here is for
 * providers to name in their tables, or to build theirs on.
 */
#include <stdlib.h>

#include "driver.h"

/* The last one allows more than this library makes use of. */
#define PARENT_DOMAIN_MASK                        \
	(IBV_PARENT_DOMAIN_INIT_ATTR_ALLOCATORS | \
	 IBV_PARENT_DOMAIN_INIT_ATTR_PD_CONTEXT | \
	 IBV_PARENT_DOMAIN_INIT_ATTR_ALLOW_CC_UNPROTECTED_ALLOC)

VERBS_EXPORT
struct ibv_td *verbs_alloc_td(struct ibv_context *context,
			      struct ibv_td_init_attr *attr)
{
	struct verbs_td *vtd;

	if (attr->comp_mask) {
		errno = EINVAL;
		return NULL;
	}
	vtd = calloc(1, sizeof(*vtd));
	if (!vtd)
		return NULL;
	vtd->td.context = context;
	return &vtd->td;
}

VERBS_EXPORT
int verbs_dealloc_td(struct ibv_td *td)
{
	if (atomic_load(&to_vtd(td)->parents))
		return verbs_err(EBUSY);
	free(to_vtd(td));
	return 0;
}

static int check_parent_domain(const struct ibv_parent_domain_init_attr *attr)
{
	if (!attr->pd || (attr->comp_mask & ~PARENT_DOMAIN_MASK))
		return EINVAL;
	if ((attr->comp_mask & IBV_PARENT_DOMAIN_INIT_ATTR_ALLOCATORS) &&
	    (!attr->alloc || !attr->free))
		return EINVAL;
	return 0;
}

VERBS_EXPORT
int verbs_init_parent_domain(struct verbs_pd *vpd, struct ibv_context *context,
			     const struct ibv_parent_domain_init_attr *attr)
{
	int ret = check_parent_domain(attr);

	if (ret)
		return verbs_err(ret);
	vpd->pd.context = context;
	vpd->pd.handle = attr->pd->handle;
	vpd->inner = to_vpd(attr->pd);
	atomic_fetch_add(&vpd->inner->parents, 1);
	if (attr->td) {
		vpd->td = to_vtd(attr->td);
		atomic_fetch_add(&vpd->td->parents, 1);
	}
	if (attr->comp_mask & IBV_PARENT_DOMAIN_INIT_ATTR_ALLOCATORS) {
		vpd->alloc = attr->alloc;
		vpd->free = attr->free;
	}
	if (attr->comp_mask & IBV_PARENT_DOMAIN_INIT_ATTR_PD_CONTEXT)
		vpd->pd_context = attr->pd_context;
	return 0;
}

VERBS_EXPORT
struct ibv_pd *
verbs_alloc_parent_domain(struct ibv_context *context,
			  struct ibv_parent_domain_init_attr *attr)
{
	struct verbs_pd *vpd = calloc(1, sizeof(*vpd));

	if (!vpd)
		return NULL;
	if (verbs_init_parent_domain(vpd, context, attr)) {
		verbs_free_keep_errno(vpd);
		return NULL;
	}
	return &vpd->pd;
}

static void drop_inner(struct verbs_pd *vpd)
{
	atomic_fetch_sub(&vpd->inner->parents, 1);
	if (vpd->td)
		atomic_fetch_sub(&vpd->td->parents, 1);
}

VERBS_EXPORT
int verbs_release_pd(struct ibv_pd *pd)
{
	struct verbs_pd *vpd = to_vpd(pd);

	if (atomic_load(&vpd->parents))
		return verbs_err(EBUSY);
	if (!vpd->inner)
		return ibv_cmd_dealloc_pd(pd);
	drop_inner(vpd);
	return 0;
}

VERBS_EXPORT
void *verbs_pd_alloc(struct ibv_pd *pd, size_t size, size_t alignment,
		     uint64_t resource_type)
{
	const struct verbs_pd *vpd = to_vpd(pd);

	if (!vpd->alloc)
		return IBV_ALLOCATOR_USE_DEFAULT;
	return vpd->alloc(pd, vpd->pd_context, size, alignment, resource_type);
}

VERBS_EXPORT
void verbs_pd_free(struct ibv_pd *pd, void *ptr, uint64_t resource_type)
{
	const struct verbs_pd *vpd = to_vpd(pd);

	vpd->free(pd, vpd->pd_context, ptr, resource_type);
}
