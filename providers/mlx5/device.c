/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* What a device says of itself, to the verbs. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "mlx5.h"

int mlx5_query_caps_of_driver(struct mlx5_context *ctx,
			      struct ibv_device_attr_ex *attr, uint64_t *fw_ver,
			      struct mlx5_ib_query_device_resp *caps)
{
	struct verbs_udata udata = { .out = caps, .out_len = sizeof(*caps) };

	memset(caps, 0, sizeof(*caps));
	return ibv_cmd_query_device(&ctx->vctx.context, attr, fw_ver,
				    mlx5_driver_tells_caps(ctx) ? &udata
								: NULL);
}

/* Firmware of this family is known by a last number of four digits. */
static void format_fw_ver(char *buf, size_t len, uint64_t fw_ver)
{
	snprintf(buf, len, "%u.%u.%04u", (unsigned int)(fw_ver >> 32) & 0xffff,
		 (unsigned int)(fw_ver >> 16) & 0xffff,
		 (unsigned int)fw_ver & 0xffff);
}

/* What the kernel's generic part has no place for. */
static void take_caps(struct ibv_device_attr_ex *attr,
		      const struct mlx5_ib_query_device_resp *caps)
{
	attr->tso_caps.max_tso = caps->tso_caps.max_tso;
	attr->tso_caps.supported_qpts = caps->tso_caps.supported_qpts;
	attr->rss_caps.rx_hash_fields_mask = caps->rss_caps.rx_hash_fields_mask;
	attr->rss_caps.rx_hash_function = caps->rss_caps.rx_hash_function;
	attr->packet_pacing_caps.qp_rate_limit_min =
		caps->packet_pacing_caps.qp_rate_limit_min;
	attr->packet_pacing_caps.qp_rate_limit_max =
		caps->packet_pacing_caps.qp_rate_limit_max;
	attr->packet_pacing_caps.supported_qpts =
		caps->packet_pacing_caps.supported_qpts;
}

int mlx5_query_device_ex(struct ibv_context *context,
			 const struct ibv_query_device_ex_input *input,
			 struct ibv_device_attr_ex *attr, size_t attr_size)
{
	struct mlx5_ib_query_device_resp caps;
	struct ibv_device_attr_ex full;
	uint64_t fw_ver;
	int ret;

	if (input && input->comp_mask)
		return verbs_err(EINVAL);
	ret = mlx5_query_caps_of_driver(to_mctx(context), &full, &fw_ver,
					&caps);
	if (ret)
		return ret;
	format_fw_ver(full.orig_attr.fw_ver, sizeof(full.orig_attr.fw_ver),
		      fw_ver);
	take_caps(&full, &caps);
	verbs_give_attr(attr, attr_size, &full, sizeof(full));
	return 0;
}
