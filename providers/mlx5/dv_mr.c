/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Direct verbs: dma-bufs by way of the device's data direct function, a second
 * PCI function that is nearer to the memory.
 */
#include <errno.h>
#include <stdlib.h>

#include <rdma/mlx5_user_ioctl_cmds.h>

#include "dv.h"

static int cmd_reg(struct ibv_pd *pd, uint64_t offset, size_t length,
		   uint64_t iova, int fd, int access, int mlx5_access,
		   struct ibv_mr *mr)
{
	struct verbs_attrs attrs;

	attrs_init(&attrs, UVERBS_OBJECT_MR, UVERBS_METHOD_REG_DMABUF_MR);
	if (mlx5_access) /* kernels before 6.12 do not know it */
		attr_in_u32(&attrs, MLX5_IB_ATTR_REG_DMABUF_MR_ACCESS_FLAGS,
			    (uint32_t)mlx5_access);
	return ibv_cmd_reg_dmabuf_mr_attrs(pd, offset, length, iova, fd, access,
					   mr, &attrs);
}

VERBS_EXPORT struct ibv_mr *mlx5dv_reg_dmabuf_mr(struct ibv_pd *pd,
						 uint64_t offset, size_t length,
						 uint64_t iova, int fd,
						 int access, int mlx5_access)
{
	struct verbs_mr *vmr;

	if (!is_mlx5(pd->context))
		return verbs_null(EOPNOTSUPP);
	vmr = calloc(1, sizeof(*vmr));
	if (!vmr)
		return NULL;
	if (cmd_reg(pd, offset, length, iova, fd, access, mlx5_access,
		    &vmr->mr)) {
		verbs_free_keep_errno(vmr);
		return NULL;
	}
	vmr->mr.addr = (void *)(uintptr_t)offset;
	vmr->mr.length = length;
	return &vmr->mr;
}

VERBS_EXPORT int mlx5dv_get_data_direct_sysfs_path(struct ibv_context *context,
						   char *buf, size_t buf_len)
{
	struct verbs_attrs attrs;

	if (!is_mlx5(context))
		return verbs_err(EOPNOTSUPP);
	attrs_init(&attrs, UVERBS_OBJECT_DEVICE,
		   MLX5_IB_METHOD_GET_DATA_DIRECT_SYSFS_PATH);
	attr_out(&attrs, MLX5_IB_ATTR_GET_DATA_DIRECT_SYSFS_PATH, buf,
		 buf_len < UINT16_MAX ? buf_len : UINT16_MAX);
	return verbs_no_method(verbs_ioctl(context, &attrs));
}
