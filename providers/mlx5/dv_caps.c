/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Direct verbs: capabilities that only a command of the device itself tells. */
#include <string.h>

#include "dv_caps.h"

/* PRM "QUERY_HCA_CAP": the places in command and answer, and of what is used. */
enum {
	OPCODE_QUERY_HCA_CAP = 0x100,
	CAP_GENERAL = 0,
	CAP_ODP = 2,
	CAP_CURRENT = 1, /* not what the most is that could be set */

	CAPS_AT = 16, /* in the answer */
	LOG_MAX_RA_REQ_DC = 37,
	LOG_MAX_RA_RES_DC = 39,
	LOG_MAX_RA_MASK = 0x3f,
	ODP_DC = 32,

	ANSWER_LEN = CAPS_AT + 64, /* all of that */
};

struct command {
	__be16 opcode;
	__be16 uid;
	__be16 reserved4;
	__be16 op_mod;
	uint8_t reserved8[8];
};
_Static_assert(sizeof(struct command) == 16, "command");

/* All 0 without an answer: from a device without DEVX, or an older one. */
static void ask(struct mlx5_context *ctx, uint16_t type, uint8_t *answer)
{
	struct command command = {
		.opcode = htobe16(OPCODE_QUERY_HCA_CAP),
		.op_mod = htobe16(type << 1 | CAP_CURRENT),
	};

	memset(answer, 0, ANSWER_LEN);
	if (ctx->devx_err)
		return;
	if (mlx5dv_devx_general_cmd(&ctx->vctx.context, &command,
				    sizeof(command), answer, ANSWER_LEN))
		memset(answer, 0, ANSWER_LEN);
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

	ask(ctx, CAP_ODP, answer);
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

	ask(ctx, CAP_GENERAL, answer);
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
