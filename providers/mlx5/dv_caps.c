/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Direct verbs: capabilities that only a command of the device itself tells. */
#include <string.h>

#include "dv_caps.h"

/* PRM "QUERY_HCA_CAP": the places in the answer of what is used here. */
enum {
	CAPS_AT = 16,
	LOG_MAX_RA_REQ_DC = 37,
	LOG_MAX_RA_RES_DC = 39,
	LOG_MAX_RA_MASK = 0x3f,
	ODP_DC = 32,

	ANSWER_LEN = CAPS_AT + 64, /* all of that */
};

void mlx5_query_caps(struct mlx5_context *ctx, uint16_t kind, void *answer,
		     size_t len)
{
	struct prm_query_caps in = {
		.opcode = htobe16(PRM_CMD_QUERY_CAPS),
		.op_mod =
			htobe16(kind << PRM_CAPS_KIND_SHIFT | PRM_CAPS_CURRENT),
	};

	memset(answer, 0, len);
	if (ctx->devx_err)
		return;
	if (mlx5dv_devx_general_cmd(&ctx->vctx.context, &in, sizeof(in), answer,
				    len))
		memset(answer, 0, len);
}

/* The device has the bits of the verbs from the top down. */
static uint32_t odp_caps(uint8_t bits)
{
	static const uint32_t verbs[] = {
		IBV_ODP_SUPPORT_SEND,	IBV_ODP_SUPPORT_RECV,
		IBV_ODP_SUPPORT_WRITE,	IBV_ODP_SUPPORT_READ,
		IBV_ODP_SUPPORT_ATOMIC, IBV_ODP_SUPPORT_SRQ_RECV,
	};
	uint32_t found = 0;
	size_t i;

	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (bits & 0x80 >> i)
			found |= verbs[i];
	return found;
}

static void fill_odp(struct mlx5_context *ctx, struct mlx5dv_context *attrs)
{
	uint8_t answer[ANSWER_LEN];

	mlx5_query_caps(ctx, PRM_CAPS_ODP, answer, sizeof(answer));
	attrs->dc_odp_caps = odp_caps(answer[CAPS_AT + ODP_DC]);
}

/* The numbers are logarithms; 0 stands for none. */
static uint64_t count(uint8_t log)
{
	log &= LOG_MAX_RA_MASK;
	return log ? 1ull << log : 0;
}

static void fill_rd_atom(struct mlx5_context *ctx, struct mlx5dv_context *attrs)
{
	uint8_t answer[ANSWER_LEN];
	const uint8_t *caps = answer + CAPS_AT;

	mlx5_query_caps(ctx, PRM_CAPS_GENERAL, answer, sizeof(answer));
	attrs->max_dc_rd_atom = count(caps[LOG_MAX_RA_RES_DC]);
	attrs->max_dc_init_rd_atom = count(caps[LOG_MAX_RA_REQ_DC]);
}

uint64_t mlx5_fill_device_caps(struct mlx5_context *ctx,
			       struct mlx5dv_context *attrs, uint64_t wanted)
{
	wanted &= MLX5DV_CONTEXT_MASK_DC_ODP_CAPS |
		  MLX5DV_CONTEXT_MASK_MAX_DC_RD_ATOM;
	if (wanted & MLX5DV_CONTEXT_MASK_DC_ODP_CAPS)
		fill_odp(ctx, attrs);
	if (wanted & MLX5DV_CONTEXT_MASK_MAX_DC_RD_ATOM)
		fill_rd_atom(ctx, attrs);
	return wanted;
}
