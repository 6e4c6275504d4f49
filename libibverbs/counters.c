/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Counters. Which place counts what is an agreement between a provider and
 * its driver, made when the first flow is created with them: so is attaching.
 */
#include <stdlib.h>

#include "driver.h"

VERBS_EXPORT
struct ibv_counters *verbs_create_counters(struct ibv_context *context,
					   struct ibv_counters_init_attr *attr)
{
	struct verbs_counters *counters = calloc(1, sizeof(*counters));

	if (!counters)
		return NULL;
	if (ibv_cmd_create_counters(context, attr, counters)) {
		verbs_free_keep_errno(counters);
		return NULL;
	}
	return &counters->counters;
}

VERBS_EXPORT
int verbs_destroy_counters(struct ibv_counters *counters)
{
	int ret = ibv_cmd_destroy_counters(to_vcounters(counters));

	if (!ret)
		free(to_vcounters(counters));
	return ret;
}

VERBS_EXPORT
int verbs_read_counters(struct ibv_counters *counters, uint64_t *values,
			uint32_t num, uint32_t flags)
{
	return ibv_cmd_read_counters(to_vcounters(counters), values, num, flags,
				     NULL);
}

/* --------------------------------------------------------- kernel commands */

VERBS_EXPORT
int ibv_cmd_create_counters(struct ibv_context *context,
			    const struct ibv_counters_init_attr *attr,
			    struct verbs_counters *counters)
{
	struct ib_uverbs_attr *handle;
	struct verbs_attrs attrs;
	int ret;

	if (attr->comp_mask)
		return verbs_err(EOPNOTSUPP);
	attrs_init(&attrs, UVERBS_OBJECT_COUNTERS,
		   UVERBS_METHOD_COUNTERS_CREATE);
	handle = attr_new_obj(&attrs, UVERBS_ATTR_CREATE_COUNTERS_HANDLE);
	ret = verbs_ioctl(context, &attrs);
	if (ret)
		return ret;
	counters->counters.context = context;
	counters->handle = handle->data;
	return 0;
}

VERBS_EXPORT
int ibv_cmd_read_counters(struct verbs_counters *counters, uint64_t *values,
			  uint32_t num, uint32_t flags,
			  const struct verbs_udata *udata)
{
	struct verbs_attrs attrs;

	/* No attribute is longer than 64 KiB, and no flow counts so much. */
	if (num > UINT16_MAX / sizeof(*values))
		return verbs_err(EINVAL);
	attrs_init(&attrs, UVERBS_OBJECT_COUNTERS, UVERBS_METHOD_COUNTERS_READ);
	attr_in_obj(&attrs, UVERBS_ATTR_READ_COUNTERS_HANDLE, counters->handle);
	attr_out(&attrs, UVERBS_ATTR_READ_COUNTERS_BUFF, values,
		 num * sizeof(*values));
	attr_in_u32(&attrs, UVERBS_ATTR_READ_COUNTERS_FLAGS, flags);
	attr_udata(&attrs, udata);
	return verbs_ioctl(counters->counters.context, &attrs);
}

VERBS_EXPORT
int ibv_cmd_destroy_counters(struct verbs_counters *counters)
{
	struct verbs_attrs attrs;

	attrs_init(&attrs, UVERBS_OBJECT_COUNTERS,
		   UVERBS_METHOD_COUNTERS_DESTROY);
	attr_in_obj(&attrs, UVERBS_ATTR_DESTROY_COUNTERS_HANDLE,
		    counters->handle);
	return verbs_ioctl(counters->counters.context, &attrs);
}
