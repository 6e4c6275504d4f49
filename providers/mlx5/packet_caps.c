/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* What the device can do for the packets of a queue pair. */
#include "packet.h"

static bool can_tso(const struct mlx5_ib_tso_caps *caps)
{
	return caps->max_tso && caps->supported_qpts & 1u << IBV_QPT_RAW_PACKET;
}

/*
 * Asked for each queue pair, which are few. What its driver does not tell a
 * device cannot do; but an old one that wants headers does not tell either.
 */
int mlx5_query_packet_caps(struct mlx5_context *ctx,
			   const struct ibv_qp_init_attr_ex *attr,
			   struct mlx5_packet_caps *caps)
{
	struct mlx5_ib_query_device_resp resp;
	struct ibv_device_attr_ex device;
	uint64_t fw_ver;
	int err = mlx5_query_caps_of_driver(ctx, &device, &fw_ver, &resp);

	if (err)
		return err;
	caps->csum = device.raw_packet_caps & IBV_RAW_PACKET_CAP_IP_CSUM;
	if (attr->comp_mask & IBV_QP_INIT_ATTR_MAX_TSO_HEADER &&
	    can_tso(&resp.tso_caps))
		caps->max_tso_header = attr->max_tso_header;
	if (ctx->resp.eth_min_inline != MLX5_USER_INLINE_MODE_NONE)
		caps->inline_header = MLX5_INLINE_HEADER;
	return 0;
}
