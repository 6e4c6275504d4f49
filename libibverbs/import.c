/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* A second context over a file that another context opened. */
#include <sys/stat.h>

#include "internal.h"

/* The device whose file that is, for the caller to put back, or NULL. */
static struct verbs_device *device_of_file(int cmd_fd)
{
	struct verbs_device *vdev = NULL;
	struct ibv_device **list;
	struct stat st;
	int i;

	if (fstat(cmd_fd, &st)) {
		errno = EINVAL;
		return NULL;
	}
	list = ibv_get_device_list(NULL);
	if (!list)
		return NULL;
	for (i = 0; list[i] && !vdev; i++)
		if (S_ISCHR(st.st_mode) &&
		    to_vdev(list[i])->chardev == st.st_rdev)
			vdev = to_vdev(list[i]);
	if (vdev)
		device_get(vdev);
	else
		errno = ENODEV;
	ibv_free_device_list(list);
	return vdev;
}

static struct ibv_context *import_context(struct verbs_device *vdev, int cmd_fd)
{
	struct verbs_context *vctx;

	if (!vdev->provider->import_context) {
		errno = EOPNOTSUPP;
		return NULL;
	}
	vctx = context_alloc(vdev);
	if (!vctx)
		return NULL;
	vctx->context.cmd_fd = cmd_fd;
	if (vdev->provider->import_context(vctx)) {
		vctx->context.cmd_fd = -1; /* stays the caller's */
		context_free(vctx);
		return NULL;
	}
	return &vctx->context;
}

VERBS_EXPORT
struct ibv_context *ibv_import_device(int cmd_fd)
{
	struct verbs_device *vdev = device_of_file(cmd_fd);
	struct ibv_context *context;

	if (!vdev)
		return NULL;
	context = import_context(vdev, cmd_fd);
	device_put(vdev);
	return context;
}

/* --------------------------------------------------------- kernel commands */

VERBS_EXPORT
int ibv_cmd_query_context(struct verbs_context *vctx, struct verbs_attrs *attrs)
{
	uint64_t core_support = 0;
	uint32_t num_comp_vectors;
	int ret;

	attr_out_u32(attrs, UVERBS_ATTR_QUERY_CONTEXT_NUM_COMP_VECTORS,
		     &num_comp_vectors);
	attr_out(attrs, UVERBS_ATTR_QUERY_CONTEXT_CORE_SUPPORT, &core_support,
		 sizeof(core_support));
	ret = verbs_ioctl(&vctx->context, attrs);
	if (ret)
		return ret;
	vctx->context.num_comp_vectors = num_comp_vectors;
	vctx->priv->core_support = core_support;
	return alloc_async_event(&vctx->context);
}
