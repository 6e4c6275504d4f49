/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Names of enum values, and conversions of rates, over all that can be asked. */
#include <dlfcn.h>

#include "probe.h"

/* In Mb/s, beyond the fastest rate that there is. */
#define MAX_MBPS 4000000

static void rate_to_mult(struct ibv_context *context)
{
	int rate;

	for (rate = -1; rate < 64; rate++)
		probe_say(" %d", ibv_rate_to_mult(rate));
}

static void rate_to_mbps(struct ibv_context *context)
{
	int rate;

	for (rate = -1; rate < 64; rate++)
		probe_say(" %d", ibv_rate_to_mbps(rate));
}

/* Of every number, those that mean a rate. */
static void mult_to_rate(struct ibv_context *context)
{
	int mult;

	for (mult = -8; mult < 2048; mult++)
		if (mult_to_ibv_rate(mult))
			probe_say(" %d=%d", mult, mult_to_ibv_rate(mult));
}

static void mbps_to_rate(struct ibv_context *context)
{
	int mbps;

	for (mbps = -8; mbps < MAX_MBPS; mbps++)
		if (mbps_to_ibv_rate(mbps))
			probe_say(" %d=%d", mbps, mbps_to_ibv_rate(mbps));
}

static void round_trip(struct ibv_context *context)
{
	int rate;

	for (rate = 0; rate < 64; rate++)
		probe_say(" %d", mbps_to_ibv_rate(ibv_rate_to_mbps(rate)));
}

static void wc_status(struct ibv_context *context)
{
	int i;

	for (i = -1; i < 40; i++)
		probe_say(" [%s]", ibv_wc_status_str(i));
}

static void event_type(struct ibv_context *context)
{
	int i;

	for (i = -1; i < 40; i++)
		probe_say(" [%s]", ibv_event_type_str(i));
}

static void node_type(struct ibv_context *context)
{
	int i;

	for (i = -2; i < 16; i++)
		probe_say(" [%s]", ibv_node_type_str(i));
}

static void port_state(struct ibv_context *context)
{
	int i;

	for (i = -1; i < 16; i++)
		probe_say(" [%s]", ibv_port_state_str(i));
}

/* It lives at a node whose name every release of the stock library changes. */
static void wr_opcodes(int from, int to)
{
	const char *(*str)(enum ibv_wr_opcode opcode);
	int i;

	*(void **)&str = dlsym(RTLD_DEFAULT, "ibv_wr_opcode_str");
	PROBE_NEED(str);
	for (i = from; i < to; i++)
		probe_say(" [%s]", str(i));
}

static void wr_opcode(struct ibv_context *context)
{
	wr_opcodes(-1, IBV_WR_DRIVER1 + 1);
	wr_opcodes(IBV_WR_FLUSH, 40);
}

/* Numbers that mean nothing, between those that do. */
static void wr_opcode_gap(struct ibv_context *context)
{
	wr_opcodes(IBV_WR_DRIVER1 + 1, IBV_WR_FLUSH);
}

static const struct probe_case cases[] = {
	{ "rate_to_mult", rate_to_mult, NULL },
	{ "rate_to_mbps", rate_to_mbps, NULL },
	{ "mult_to_rate", mult_to_rate, NULL },
	{ "mbps_to_rate", mbps_to_rate, NULL },
	{ "round_trip", round_trip, NULL },
	{ "wc_status", wc_status, NULL },
	{ "event_type", event_type, NULL },
	{ "node_type", node_type, NULL },
	{ "port_state", port_state, NULL },
	{ "wr_opcode", wr_opcode, NULL },
	{ "wr_opcode_gap", wr_opcode_gap, NULL },
};

int main(int argc, char **argv)
{
	return probe_main(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
