/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* DEVX: memory that commands name by number. */
#include <errno.h>
#include <stdlib.h>

#include "dv_devx.h"

struct umem {
	struct mlx5dv_devx_umem dv; /* first: what programs hold */
	struct ibv_context *context;
	uint32_t handle;
};

/* Of a dma-buf the address is the offset in it. */
static void add_optional(struct verbs_attrs *attrs,
			 const struct mlx5dv_devx_umem_in *in,
			 const uint64_t *pgsz_bitmap)
{
	if (pgsz_bitmap)
		attr_in_u64(attrs, MLX5_IB_ATTR_DEVX_UMEM_REG_PGSZ_BITMAP,
			    *pgsz_bitmap);
	if (in->comp_mask & MLX5DV_UMEM_MASK_DMABUF)
		attr_in_fd(attrs, MLX5_IB_ATTR_DEVX_UMEM_REG_DMABUF_FD,
			   in->dmabuf_fd);
}

static int cmd_reg(struct umem *umem, const struct mlx5dv_devx_umem_in *in,
		   const uint64_t *pgsz_bitmap)
{
	struct ib_uverbs_attr *handle;
	struct verbs_attrs attrs;
	int err;

	attrs_init(&attrs, MLX5_IB_OBJECT_DEVX_UMEM,
		   MLX5_IB_METHOD_DEVX_UMEM_REG);
	handle = attr_new_obj(&attrs, MLX5_IB_ATTR_DEVX_UMEM_REG_HANDLE);
	attr_in_u64(&attrs, MLX5_IB_ATTR_DEVX_UMEM_REG_ADDR,
		    (uintptr_t)in->addr);
	attr_in_u64(&attrs, MLX5_IB_ATTR_DEVX_UMEM_REG_LEN, in->size);
	attr_in_u32(&attrs, MLX5_IB_ATTR_DEVX_UMEM_REG_ACCESS, in->access);
	attr_out_u32(&attrs, MLX5_IB_ATTR_DEVX_UMEM_REG_OUT_ID,
		     &umem->dv.umem_id);
	add_optional(&attrs, in, pgsz_bitmap);
	err = verbs_ioctl(umem->context, &attrs);
	umem->handle = handle->data;
	return err;
}

/* pgsz_bitmap NULL: any page size will do. */
static struct mlx5dv_devx_umem *reg(struct ibv_context *context,
				    const struct mlx5dv_devx_umem_in *in,
				    const uint64_t *pgsz_bitmap)
{
	struct umem *umem;

	if (!is_mlx5(context))
		return verbs_null(EOPNOTSUPP);
	umem = calloc(1, sizeof(*umem));
	if (!umem)
		return NULL;
	umem->context = context;
	if (cmd_reg(umem, in, pgsz_bitmap)) {
		verbs_free_keep_errno(umem);
		return NULL;
	}
	return &umem->dv;
}

VERBS_EXPORT struct mlx5dv_devx_umem *
mlx5dv_devx_umem_reg(struct ibv_context *ctx, void *addr, size_t size,
		     uint32_t access)
{
	const struct mlx5dv_devx_umem_in in = {
		.addr = addr,
		.size = size,
		.access = access,
	};

	return reg(ctx, &in, NULL);
}

VERBS_EXPORT struct mlx5dv_devx_umem *
mlx5dv_devx_umem_reg_ex(struct ibv_context *ctx,
			struct mlx5dv_devx_umem_in *umem_in)
{
	if (umem_in->comp_mask & ~(uint64_t)MLX5DV_UMEM_MASK_DMABUF)
		return verbs_null(EOPNOTSUPP);
	return reg(ctx, umem_in, &umem_in->pgsz_bitmap);
}

VERBS_EXPORT int mlx5dv_devx_umem_dereg(struct mlx5dv_devx_umem *dv_umem)
{
	struct umem *umem = (struct umem *)dv_umem;
	struct verbs_attrs attrs;
	int err;

	attrs_init(&attrs, MLX5_IB_OBJECT_DEVX_UMEM,
		   MLX5_IB_METHOD_DEVX_UMEM_DEREG);
	attr_in_obj(&attrs, MLX5_IB_ATTR_DEVX_UMEM_DEREG_HANDLE, umem->handle);
	err = verbs_ioctl(umem->context, &attrs);
	if (!err)
		free(umem);
	return err;
}
