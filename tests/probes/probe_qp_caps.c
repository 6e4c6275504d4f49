/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * What a queue pair is granted, for requests of all sizes: what programs divide
 * their messages and count their requests by.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "probe.h"

#define ENDED -1
#define BY_OPS (IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS)

static const int wrs[] = { 0,	 1,	2,     3,     4,     5,	    7,
			   8,	 9,	15,    16,    17,    63,    64,
			   100,	 128,	255,   256,   500,   512,   1000,
			   1024, 2047,	2048,  4096,  5000,  8191,  8192,
			   8193, 16384, 16385, 32767, 32768, 32769, ENDED };
static const int few_wrs[] = { 1, 5, 16, ENDED };
static const int sges[] = { 0,	1,  2,	3,  4,	5,  6,	7,  8,	9,
			    10, 11, 12, 13, 14, 15, 16, 17, 29, 30,
			    31, 32, 33, 59, 60, 61, 62, 63, 64, ENDED };
static const int few_sges[] = { 0, 1, 5, 16, 30, ENDED };
static const int inlines[] = { 0,   1,	 12,  13,  28,	29,   32,  44,	45,
			       60,  61,	 64,  76,  77,	92,   93,  108, 124,
			       125, 128, 188, 189, 220, 252,  253, 256, 512,
			       900, 956, 957, 972, 988, ENDED };
static const int none[] = { 0, ENDED };
static const int one[] = { 1, ENDED };

/* What the requests of a case have in common. */
struct kind {
	enum ibv_qp_type type;
	uint64_t ops;
	uint32_t comp_mask;
};

struct world {
	struct ibv_context *context;
	struct ibv_pd *pd;
	struct ibv_cq *cq;
	struct ibv_xrcd *xrcd;
};

static void open_xrcd(struct world *w)
{
	struct ibv_xrcd_init_attr attr = {
		.comp_mask = IBV_XRCD_INIT_ATTR_FD | IBV_XRCD_INIT_ATTR_OFLAGS,
		.fd = -1,
		.oflags = O_CREAT,
	};

	w->xrcd = ibv_open_xrcd(w->context, &attr);
}

static void make_world(struct world *w, struct ibv_context *context)
{
	*w = (struct world){ .context = context };
	w->pd = ibv_alloc_pd(context);
	w->cq = ibv_create_cq(context, 4, NULL, NULL, 0);
	PROBE_NEED(w->pd && w->cq);
	open_xrcd(w);
}

static struct ibv_qp *create(const struct world *w, struct ibv_qp_cap *cap)
{
	const struct kind *kind = probe_current->arg;
	struct ibv_qp_init_attr_ex attr = {
		.send_cq = w->cq,
		.recv_cq = w->cq,
		.cap = *cap,
		.qp_type = kind->type,
		.comp_mask = kind->comp_mask,
		.pd = w->pd,
		.xrcd = w->xrcd,
		.send_ops_flags = kind->ops,
	};
	struct ibv_qp *qp;

	errno = 0;
	if (kind->comp_mask == IBV_QP_INIT_ATTR_PD)
		qp = ibv_create_qp(w->pd, (struct ibv_qp_init_attr *)&attr);
	else
		qp = ibv_create_qp_ex(w->context, &attr);
	*cap = attr.cap;
	return qp;
}

static void say_caps(const struct ibv_qp_cap *cap)
{
	probe_say("%u/%u/%u,%u/%u", cap->max_send_wr, cap->max_send_sge,
		  cap->max_inline_data, cap->max_recv_wr, cap->max_recv_sge);
}

/* The same numbers again, or others: what was wanted, and what is. */
static void say_asked_later(struct ibv_qp *qp, const struct ibv_qp_cap *cap)
{
	struct ibv_qp_init_attr init_attr;
	struct ibv_qp_attr attr;

	if (ibv_query_qp(qp, &attr, IBV_QP_CAP, &init_attr))
		return probe_say("!%s", probe_errno(errno));
	if (memcmp(&init_attr.cap, cap, sizeof(*cap))) {
		probe_say("!init:");
		say_caps(&init_attr.cap);
	}
	if (memcmp(&attr.cap, cap, sizeof(*cap))) {
		probe_say("!attr:");
		say_caps(&attr.cap);
	}
}

static void ask(const struct world *w, const struct ibv_qp_cap *wanted)
{
	struct ibv_qp_cap cap = *wanted;
	struct ibv_qp *qp = create(w, &cap);

	probe_say(" ");
	say_caps(wanted);
	probe_say("=");
	if (!qp)
		return probe_say("%s", probe_errno(errno));
	say_caps(&cap);
	say_asked_later(qp, &cap);
	ibv_destroy_qp(qp);
}

static void ask_send(const struct world *w, const int *num_wrs,
		     const int *num_sges, const int *lens)
{
	const int *wr, *sge, *len;

	for (wr = num_wrs; *wr != ENDED; wr++)
		for (sge = num_sges; *sge != ENDED; sge++)
			for (len = lens; *len != ENDED; len++)
				ask(w, &(struct ibv_qp_cap){
					       .max_send_wr = *wr,
					       .max_send_sge = *sge,
					       .max_inline_data = *len });
}

static void ask_recv(const struct world *w, const int *num_wrs,
		     const int *num_sges)
{
	const int *wr, *sge;

	for (wr = num_wrs; *wr != ENDED; wr++)
		for (sge = num_sges; *sge != ENDED; sge++)
			ask(w, &(struct ibv_qp_cap){ .max_recv_wr = *wr,
						     .max_recv_sge = *sge });
}

static void all_sizes(struct ibv_context *context)
{
	struct world w;

	make_world(&w, context);
	ask_send(&w, wrs, one, none);
	ask_send(&w, few_wrs, sges, none);
	ask_send(&w, few_wrs, one, inlines);
	ask_send(&w, one, few_sges, inlines);
	ask_recv(&w, wrs, one);
	ask_recv(&w, one, sges);
	ask(&w, &(struct ibv_qp_cap){ 100, 50, 3, 5, 40 });
}

/* With what the program says that it will post. */
static void send_sizes(struct ibv_context *context)
{
	struct world w;

	make_world(&w, context);
	ask_send(&w, one, sges, none);
	ask_send(&w, few_wrs, one, inlines);
}

#define PLAIN(qp_type)                          \
	&(const struct kind)                    \
	{                                       \
		qp_type, 0, IBV_QP_INIT_ATTR_PD \
	}
#define OPS(qp_type, flags)            \
	&(const struct kind)           \
	{                              \
		qp_type, flags, BY_OPS \
	}

static const struct probe_case cases[] = {
	{ "rc", all_sizes, PLAIN(IBV_QPT_RC) },
	{ "uc", all_sizes, PLAIN(IBV_QPT_UC) },
	{ "ud", all_sizes, PLAIN(IBV_QPT_UD) },
	{ "xrc_send", all_sizes, PLAIN(IBV_QPT_XRC_SEND) },
	{ "xrc_recv", send_sizes,
	  &(const struct kind){ IBV_QPT_XRC_RECV, 0, IBV_QP_INIT_ATTR_XRCD } },
	{ "rc.send", send_sizes, OPS(IBV_QPT_RC, IBV_QP_EX_WITH_SEND) },
	{ "rc.write", send_sizes, OPS(IBV_QPT_RC, IBV_QP_EX_WITH_RDMA_WRITE) },
	{ "rc.send_inv", send_sizes,
	  OPS(IBV_QPT_RC, IBV_QP_EX_WITH_SEND_WITH_INV) },
	{ "rc.read", send_sizes, OPS(IBV_QPT_RC, IBV_QP_EX_WITH_RDMA_READ) },
	{ "rc.write_imm", send_sizes,
	  OPS(IBV_QPT_RC, IBV_QP_EX_WITH_RDMA_WRITE_WITH_IMM) },
	{ "rc.add", send_sizes,
	  OPS(IBV_QPT_RC, IBV_QP_EX_WITH_ATOMIC_FETCH_AND_ADD) },
	{ "rc.nothing", send_sizes, OPS(IBV_QPT_RC, 0) },
	{ "uc.send", send_sizes, OPS(IBV_QPT_UC, IBV_QP_EX_WITH_SEND) },
	{ "xrc_send.send", send_sizes,
	  OPS(IBV_QPT_XRC_SEND, IBV_QP_EX_WITH_SEND) },
	{ "xrc_send.bind_mw", send_sizes,
	  OPS(IBV_QPT_XRC_SEND, IBV_QP_EX_WITH_BIND_MW) },
	{ "rc.cas", send_sizes,
	  OPS(IBV_QPT_RC, IBV_QP_EX_WITH_ATOMIC_CMP_AND_SWP) },
	{ "rc.bind_mw", send_sizes, OPS(IBV_QPT_RC, IBV_QP_EX_WITH_BIND_MW) },
	{ "rc.local_inv", send_sizes,
	  OPS(IBV_QPT_RC, IBV_QP_EX_WITH_LOCAL_INV) },
	{ "uc.write", send_sizes, OPS(IBV_QPT_UC, IBV_QP_EX_WITH_RDMA_WRITE) },
	{ "uc.bind_mw", send_sizes, OPS(IBV_QPT_UC, IBV_QP_EX_WITH_BIND_MW) },
	{ "ud.send", send_sizes, OPS(IBV_QPT_UD, IBV_QP_EX_WITH_SEND) },
	{ "xrc_send.write", send_sizes,
	  OPS(IBV_QPT_XRC_SEND, IBV_QP_EX_WITH_RDMA_WRITE) },
	{ "xrc_send.cas", send_sizes,
	  OPS(IBV_QPT_XRC_SEND, IBV_QP_EX_WITH_ATOMIC_CMP_AND_SWP) },
};

int main(int argc, char **argv)
{
	return probe_main(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
