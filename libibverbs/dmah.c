/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* DMA handles: hints that go with the accesses to a region. */
#include <stdlib.h>

#include "driver.h"

#define DMAH_MASK                                                      \
	(IBV_DMAH_INIT_ATTR_MASK_CPU_ID | IBV_DMAH_INIT_ATTR_MASK_PH | \
	 IBV_DMAH_INIT_ATTR_MASK_TPH_MEM_TYPE)

VERBS_EXPORT
struct ibv_dmah *ibv_alloc_dmah(struct ibv_context *context,
				struct ibv_dmah_init_attr *attr)
{
	if (!context || !attr)
		return verbs_null(EINVAL);
	return verbs_ops(context)->alloc_dmah(context, attr);
}

VERBS_EXPORT
int ibv_dealloc_dmah(struct ibv_dmah *dmah)
{
	if (!dmah)
		return verbs_err(EINVAL);
	return verbs_ops(dmah->context)->dealloc_dmah(dmah);
}

VERBS_EXPORT
struct ibv_dmah *verbs_alloc_dmah(struct ibv_context *context,
				  struct ibv_dmah_init_attr *attr)
{
	struct verbs_dmah *vdmah = calloc(1, sizeof(*vdmah));

	if (!vdmah)
		return NULL;
	if (ibv_cmd_alloc_dmah(context, attr, vdmah)) {
		verbs_free_keep_errno(vdmah);
		return NULL;
	}
	return &vdmah->dmah;
}

VERBS_EXPORT
int verbs_dealloc_dmah(struct ibv_dmah *dmah)
{
	int ret = ibv_cmd_free_dmah(to_vdmah(dmah));

	if (!ret)
		free(to_vdmah(dmah));
	return ret;
}

/* --------------------------------------------------------- kernel commands */

VERBS_EXPORT
int ibv_cmd_alloc_dmah(struct ibv_context *context,
		       const struct ibv_dmah_init_attr *attr,
		       struct verbs_dmah *vdmah)
{
	struct ib_uverbs_attr *handle;
	struct verbs_attrs attrs;
	int ret;

	if (attr->comp_mask & ~(uint32_t)DMAH_MASK)
		return verbs_err(EOPNOTSUPP);
	attrs_init(&attrs, UVERBS_OBJECT_DMAH, UVERBS_METHOD_DMAH_ALLOC);
	handle = attr_new_obj(&attrs, UVERBS_ATTR_ALLOC_DMAH_HANDLE);
	if (attr->comp_mask & IBV_DMAH_INIT_ATTR_MASK_CPU_ID)
		attr_in_u32(&attrs, UVERBS_ATTR_ALLOC_DMAH_CPU_ID,
			    attr->cpu_id);
	if (attr->comp_mask & IBV_DMAH_INIT_ATTR_MASK_TPH_MEM_TYPE)
		attr_in_enum(&attrs, UVERBS_ATTR_ALLOC_DMAH_TPH_MEM_TYPE,
			     attr->tph_mem_type);
	if (attr->comp_mask & IBV_DMAH_INIT_ATTR_MASK_PH)
		attr_in(&attrs, UVERBS_ATTR_ALLOC_DMAH_PH, &attr->ph,
			sizeof(attr->ph));
	ret = verbs_ioctl(context, &attrs);
	if (ret)
		return ret;
	vdmah->dmah.context = context;
	vdmah->handle = handle->data;
	return 0;
}

VERBS_EXPORT
int ibv_cmd_free_dmah(struct verbs_dmah *vdmah)
{
	struct verbs_attrs attrs;

	attrs_init(&attrs, UVERBS_OBJECT_DMAH, UVERBS_METHOD_DMAH_FREE);
	attr_in_obj(&attrs, UVERBS_ATTR_FREE_DMA_HANDLE, vdmah->handle);
	return verbs_ioctl(vdmah->dmah.context, &attrs);
}
