// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include "uapi.h"

/*
 * What programs can ask of mlx5 beside the verbs: ports, data direct, and in
 * files of their own DEVX and register pages.
 */

/* The switch that would have something to tell is not there. */
static int
UVERBS_HANDLER(MLX5_IB_METHOD_QUERY_PORT)(struct uverbs_attr_bundle *attrs)
{
	struct mlx5_ib_uapi_query_port info = {};
	struct hca_ctx *ctx = hca_ctx_of(attrs);
	u32 port;
	int ret;

	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	ret = uverbs_copy_from(&port, attrs, MLX5_IB_ATTR_QUERY_PORT_PORT_NUM);
	if (ret)
		return ret;
	if (!rdma_is_port_valid(ctx->ib.device, port))
		return -EINVAL;
	return uverbs_copy_to_struct_or_zero(attrs, MLX5_IB_ATTR_QUERY_PORT,
					     &info, sizeof(info));
}

/* No device here has a second function. */
static int UVERBS_HANDLER(MLX5_IB_METHOD_GET_DATA_DIRECT_SYSFS_PATH)(
	struct uverbs_attr_bundle *attrs)
{
	return -ENODEV;
}

DECLARE_UVERBS_NAMED_METHOD(
	MLX5_IB_METHOD_QUERY_PORT,
	UVERBS_ATTR_PTR_IN(MLX5_IB_ATTR_QUERY_PORT_PORT_NUM,
			   UVERBS_ATTR_TYPE(u32), UA_MANDATORY),
	UVERBS_ATTR_PTR_OUT(MLX5_IB_ATTR_QUERY_PORT,
			    UVERBS_ATTR_STRUCT(struct mlx5_ib_uapi_query_port,
					       reg_c0),
			    UA_MANDATORY));

DECLARE_UVERBS_NAMED_METHOD(
	MLX5_IB_METHOD_GET_DATA_DIRECT_SYSFS_PATH,
	UVERBS_ATTR_PTR_OUT(MLX5_IB_ATTR_GET_DATA_DIRECT_SYSFS_PATH,
			    UVERBS_ATTR_MIN_SIZE(0), UA_MANDATORY));

ADD_UVERBS_METHODS(hca_device_methods, UVERBS_OBJECT_DEVICE,
		   &UVERBS_METHOD(MLX5_IB_METHOD_QUERY_PORT),
		   &UVERBS_METHOD(MLX5_IB_METHOD_GET_DATA_DIRECT_SYSFS_PATH));

ADD_UVERBS_ATTRIBUTES_SIMPLE(
	hca_reg_dmabuf_mr, UVERBS_OBJECT_MR, UVERBS_METHOD_REG_DMABUF_MR,
	UVERBS_ATTR_FLAGS_IN(MLX5_IB_ATTR_REG_DMABUF_MR_ACCESS_FLAGS,
			     enum mlx5_ib_uapi_reg_dmabuf_flags, UA_OPTIONAL));

/* The order is the driver's: the address, then the device, then the buffer. */
int hca_check_data_direct(struct uverbs_attr_bundle *attrs, u64 virt)
{
	u32 flags;
	int ret;

	ret = uverbs_get_flags32(&flags, attrs,
				 MLX5_IB_ATTR_REG_DMABUF_MR_ACCESS_FLAGS,
				 MLX5_IB_UAPI_REG_DMABUF_ACCESS_DATA_DIRECT);
	if (ret || !flags)
		return ret;
	return PAGE_ALIGNED(virt) ? -EINVAL : -EOPNOTSUPP;
}

/*
 * A program's part of a verb's request. It may be shorter than ours, but for the
 * first bytes, or longer, if what we do not know is zero.
 */
int hca_read_request(void *cmd, size_t size, size_t least,
		     struct ib_udata *udata)
{
	size_t len = min(udata->inlen, size);

	memset(cmd, 0, size);
	if (udata->inlen < least)
		return -EINVAL;
	if (udata->inlen > len &&
	    !ib_is_udata_cleared(udata, len, udata->inlen - len))
		return -EOPNOTSUPP;
	return ib_copy_from_udata(cmd, udata, len) ? -EFAULT : 0;
}

static const struct uapi_definition hca_uapi_defs[] = {
	UAPI_DEF_CHAIN_OBJ_TREE(UVERBS_OBJECT_DEVICE, &hca_device_methods),
	UAPI_DEF_CHAIN_OBJ_TREE(UVERBS_OBJECT_MR, &hca_reg_dmabuf_mr),
	UAPI_DEF_CHAIN(hca_method_defs),
	UAPI_DEF_CHAIN(hca_devx_defs),
	UAPI_DEF_CHAIN(hca_cmd_file_defs),
	UAPI_DEF_CHAIN(hca_event_defs),
	UAPI_DEF_CHAIN(hca_umem_defs),
	UAPI_DEF_CHAIN(hca_uar_defs),
	UAPI_DEF_CHAIN(hca_dm_defs),
	{},
};

void hca_add_uapi(struct ib_device *ib)
{
	ib->driver_def = hca_uapi_defs;
}
