/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Direct verbs: opening a device, and what it can do. */
#include <errno.h>
#include <string.h>

#include <rdma/mlx5_user_ioctl_cmds.h>

#include "dv_caps.h"

VERBS_EXPORT bool mlx5dv_is_supported(struct ibv_device *device)
{
	return to_vdev(device)->driver_id == RDMA_DRIVER_MLX5;
}

static int check_context_attr(const struct mlx5dv_context_attr *attr)
{
	if (!attr)
		return 0;
	return attr->flags & ~MLX5DV_CONTEXT_FLAGS_DEVX || attr->comp_mask
		       ? EOPNOTSUPP
		       : 0;
}

/* A context has DEVX whenever it can: see get_any_context(). */
VERBS_EXPORT struct ibv_context *
mlx5dv_open_device(struct ibv_device *device, struct mlx5dv_context_attr *attr)
{
	struct ibv_context *context;
	int err;

	if (!mlx5dv_is_supported(device))
		return verbs_null(EOPNOTSUPP);
	if (check_context_attr(attr))
		return verbs_null(EOPNOTSUPP);
	context = ibv_open_device(device);
	if (!context || !attr || !(attr->flags & MLX5DV_CONTEXT_FLAGS_DEVX))
		return context;
	err = to_mctx(context)->devx_err;
	if (!err)
		return context;
	ibv_close_device(context);
	return verbs_null(err);
}

/* ---- What it can do ---------------------------------------------------------- */

/* All 0 from a kernel that does not tell. */
static int query_caps(struct mlx5_context *ctx,
		      struct mlx5_ib_query_device_resp *caps)
{
	struct ibv_device_attr_ex attr;
	uint64_t fw_ver;

	if (mlx5_driver_tells_caps(ctx))
		return mlx5_query_caps_of_driver(ctx, &attr, &fw_ver, caps);
	memset(caps, 0, sizeof(*caps));
	return 0;
}

static uint64_t flags_of(const struct mlx5_context *ctx,
			 const struct mlx5_ib_query_device_resp *caps)
{
	uint32_t mpw = caps->mlx5_ib_support_multi_pkt_send_wqes;
	uint64_t flags = 0;

	if (ctx->cqe_version)
		flags |= MLX5DV_CONTEXT_FLAGS_CQE_V1;
	if (mpw & MLX5_IB_ALLOW_MPW)
		flags |= MLX5DV_CONTEXT_FLAGS_MPW_ALLOWED;
	if (mpw & MLX5_IB_SUPPORT_EMPW)
		flags |= MLX5DV_CONTEXT_FLAGS_ENHANCED_MPW;
	if (caps->flags & MLX5_IB_QUERY_DEV_RESP_FLAGS_CQE_128B_COMP)
		flags |= MLX5DV_CONTEXT_FLAGS_CQE_128B_COMP;
	if (caps->flags & MLX5_IB_QUERY_DEV_RESP_FLAGS_CQE_128B_PAD)
		flags |= MLX5DV_CONTEXT_FLAGS_CQE_128B_PAD;
	if (caps->flags & MLX5_IB_QUERY_DEV_RESP_PACKET_BASED_CREDIT_MODE)
		flags |= MLX5DV_CONTEXT_FLAGS_PACKET_BASED_CREDIT_MODE;
	if (ctx->resp.comp_mask & MLX5_IB_ALLOC_UCONTEXT_RESP_MASK_REAL_TIME_TS)
		flags |= MLX5DV_CONTEXT_FLAGS_REAL_TIME_TS;
	if (ctx->uars.bf_reg_size && !ctx->uars.no_blueflame)
		flags |= MLX5DV_CONTEXT_FLAGS_BLUEFLAME;
	return flags;
}

/* The kernel's structs have the members of the same name at the same places. */
_Static_assert(sizeof(struct mlx5dv_cqe_comp_caps) ==
		       sizeof(struct mlx5_ib_cqe_comp_caps),
	       "cqe_comp_caps");
_Static_assert(sizeof(struct mlx5dv_sw_parsing_caps) ==
		       sizeof(struct mlx5_ib_sw_parsing_caps),
	       "sw_parsing_caps");
_Static_assert(sizeof(struct mlx5dv_striding_rq_caps) <=
		       sizeof(struct mlx5_ib_striding_rq_caps),
	       "striding_rq_caps");
_Static_assert(sizeof(struct mlx5dv_dci_streams_caps) ==
		       sizeof(struct mlx5_ib_dci_streams_caps),
	       "dci_streams_caps");

static void fill_caps(struct mlx5dv_context *attrs,
		      const struct mlx5_ib_query_device_resp *caps)
{
	memcpy(&attrs->cqe_comp_caps, &caps->cqe_comp_caps,
	       sizeof(attrs->cqe_comp_caps));
	memcpy(&attrs->sw_parsing_caps, &caps->sw_parsing_caps,
	       sizeof(attrs->sw_parsing_caps));
	memcpy(&attrs->striding_rq_caps, &caps->striding_rq_caps,
	       sizeof(attrs->striding_rq_caps));
	memcpy(&attrs->dci_streams_caps, &caps->dci_streams_caps,
	       sizeof(attrs->dci_streams_caps));
	attrs->tunnel_offloads_caps = caps->tunnel_offloads_caps;
	attrs->reg_c0 = caps->reg_c0;
}

/* Returns what of comp_mask the device has. */
static uint64_t fill_clocks(struct mlx5_context *ctx,
			    struct mlx5dv_context *attrs)
{
	const struct mlx5_ib_clock_info *info = mlx5_clock_info(ctx);
	uint64_t has = 0;

	if (info) {
		attrs->max_clock_info_update_nsec = info->overflow_period;
		has |= MLX5DV_CONTEXT_MASK_CLOCK_INFO_UPDATE;
	}
	attrs->hca_core_clock = mlx5_core_clock(ctx);
	if (attrs->hca_core_clock)
		has |= MLX5DV_CONTEXT_MASK_HCA_CORE_CLOCK;
	return has;
}

static uint64_t fill_all(struct mlx5_context *ctx,
			 const struct mlx5_ib_query_device_resp *caps,
			 struct mlx5dv_context *attrs)
{
	const uint64_t has =
		MLX5DV_CONTEXT_MASK_CQE_COMPRESION | MLX5DV_CONTEXT_MASK_SWP |
		MLX5DV_CONTEXT_MASK_STRIDING_RQ |
		MLX5DV_CONTEXT_MASK_TUNNEL_OFFLOADS |
		MLX5DV_CONTEXT_MASK_DYN_BFREGS |
		MLX5DV_CONTEXT_MASK_FLOW_ACTION_FLAGS |
		MLX5DV_CONTEXT_MASK_DCI_STREAMS | MLX5DV_CONTEXT_MASK_REG_C0;

	fill_caps(attrs, caps);
	attrs->max_dynamic_bfregs = ctx->resp.num_dyn_bfregs;
	attrs->flow_action_flags = ctx->resp.flow_action_flags;
	return has | fill_clocks(ctx, attrs);
}

#define MEMBER(bit, name)                                          \
	{                                                          \
		MLX5DV_CONTEXT_MASK_##bit,                         \
			offsetof(struct mlx5dv_context, name),     \
			sizeof(((struct mlx5dv_context *)0)->name) \
	}

/* The caller's struct may be older, and end before members that it did not ask
 * for. */
static void copy_wanted(struct mlx5dv_context *to,
			const struct mlx5dv_context *from, uint64_t wanted)
{
	static const struct {
		uint64_t bit;
		size_t offset, len;
	} members[] = {
		MEMBER(CQE_COMPRESION, cqe_comp_caps),
		MEMBER(SWP, sw_parsing_caps),
		MEMBER(STRIDING_RQ, striding_rq_caps),
		MEMBER(TUNNEL_OFFLOADS, tunnel_offloads_caps),
		MEMBER(DYN_BFREGS, max_dynamic_bfregs),
		MEMBER(CLOCK_INFO_UPDATE, max_clock_info_update_nsec),
		MEMBER(FLOW_ACTION_FLAGS, flow_action_flags),
		MEMBER(DC_ODP_CAPS, dc_odp_caps),
		MEMBER(HCA_CORE_CLOCK, hca_core_clock),
		MEMBER(DCI_STREAMS, dci_streams_caps),
		{ MLX5DV_CONTEXT_MASK_MAX_DC_RD_ATOM,
		  offsetof(struct mlx5dv_context, max_dc_rd_atom),
		  2 * sizeof(uint64_t) },
		MEMBER(REG_C0, reg_c0),
	};
	size_t i;

	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (wanted & members[i].bit)
			memcpy((char *)to + members[i].offset,
			       (const char *)from + members[i].offset,
			       members[i].len);
}

VERBS_EXPORT int mlx5dv_query_device(struct ibv_context *ctx_in,
				     struct mlx5dv_context *attrs_out)
{
	struct mlx5_context *ctx = to_mctx(ctx_in);
	struct mlx5_ib_query_device_resp caps;
	struct mlx5dv_context all = { 0 };
	uint64_t filled;
	int err;

	if (!is_mlx5(ctx_in))
		return verbs_err(EOPNOTSUPP);
	err = query_caps(ctx, &caps);
	if (err)
		return err;
	filled = attrs_out->comp_mask & fill_all(ctx, &caps, &all);
	filled |= mlx5_fill_device_caps(ctx, &all, attrs_out->comp_mask);
	attrs_out->version = 0;
	attrs_out->flags = flags_of(ctx, &caps);
	attrs_out->comp_mask = filled;
	copy_wanted(attrs_out, &all, filled);
	return 0;
}

VERBS_EXPORT int _mlx5dv_query_port(struct ibv_context *context,
				    uint32_t port_num, struct mlx5dv_port *info,
				    size_t info_len)
{
	struct verbs_attrs attrs;

	if (!is_mlx5(context))
		return verbs_err(EOPNOTSUPP);
	memset(info, 0, info_len);
	attrs_init(&attrs, UVERBS_OBJECT_DEVICE, MLX5_IB_METHOD_QUERY_PORT);
	attr_in_u32(&attrs, MLX5_IB_ATTR_QUERY_PORT_PORT_NUM, port_num);
	attr_out(&attrs, MLX5_IB_ATTR_QUERY_PORT, info, info_len);
	return verbs_no_method(verbs_ioctl(context, &attrs));
}

/* ---- Clock ------------------------------------------------------------------- */

VERBS_EXPORT int mlx5dv_get_clock_info(struct ibv_context *context,
				       struct mlx5dv_clock_info *clock_info)
{
	int err;

	if (!is_mlx5(context))
		return verbs_err(EOPNOTSUPP);
	err = mlx5_read_clock_info(to_mctx(context), clock_info);
	return err ? verbs_err(err) : 0;
}

/* ---- Memory of queues --------------------------------------------------------- */

/* What was made before keeps the memory it has. */
VERBS_EXPORT int mlx5dv_set_context_attr(struct ibv_context *context,
					 enum mlx5dv_set_ctx_attr_type type,
					 void *attr)
{
	const struct mlx5dv_ctx_allocators *allocators = attr;

	if (!is_mlx5(context) || type != MLX5DV_CTX_ATTR_BUF_ALLOCATORS)
		return verbs_err(EOPNOTSUPP);
	if (!allocators->alloc != !allocators->free)
		return verbs_err(EINVAL);
	to_mctx(context)->allocators = *allocators;
	return 0;
}
