/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * What is posted: every opcode, with data of every shape, with different flags.
 * The same request can be posted as a list and by the ibv_wr_* calls.
 */
#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "differential.h"
#include "wr_calls.h"

#define BIT(n) (1u << (n))

enum {
	REMOTE_KEY = 0x00778899,
	LOCAL_KEY = 0x00112233,
	TYPE_1_KEY = 0x00d4e5ff,
	TYPE_2_KEY = 0x00d4e600,
	MAX_INLINE = -1, /* as much as the QP takes */
	TOO_MUCH_INLINE = -2,
	MAX_SGES = -3, /* as many as the QP takes */
	TOO_MANY_SGES = -4,
};

/* ---- Opcodes -------------------------------------------------------------------- */

enum {
	RC = BIT(IBV_QPT_RC) | BIT(IBV_QPT_XRC_SEND),
	UC = RC | BIT(IBV_QPT_UC),
	UD = UC | BIT(IBV_QPT_UD),
};

static const struct {
	const char *name;
	enum ibv_wr_opcode opcode;
	unsigned int types;
} data_opcodes[] = {
	{ "send", IBV_WR_SEND, UD },
	{ "send_imm", IBV_WR_SEND_WITH_IMM, UD },
	{ "send_inv", IBV_WR_SEND_WITH_INV, UC },
	{ "write", IBV_WR_RDMA_WRITE, UC },
	{ "write_imm", IBV_WR_RDMA_WRITE_WITH_IMM, UC },
	{ "read", IBV_WR_RDMA_READ, RC },
	{ "swap", IBV_WR_ATOMIC_CMP_AND_SWP, RC },
	{ "add", IBV_WR_ATOMIC_FETCH_AND_ADD, RC },
};

/* ---- Shapes of data ----------------------------------------------------------------- */

static const struct {
	const char *name;
	unsigned int flags;
	int num;
	uint32_t len[4];
} shapes[] = {
	{ "none", 0, 0, { 0 } },
	{ "sge0", 0, 1, { 0 } },
	{ "sge8", 0, 1, { 8 } },
	{ "sge4096", 0, 1, { 4096 } },
	{ "sge2g", 0, 1, { 1u << 31 } },
	{ "sges2", 0, 2, { 100, 200 } },
	{ "sges3", 0, 3, { 1, 2, 3 } },
	{ "sges4", 0, 4, { 1, 2, 3, 4 } },
	{ "sges1_0_1", 0, 3, { 7, 0, 9 } },
	{ "sges_max", 0, MAX_SGES, { 0 } },
	{ "sges_too_many", 0, TOO_MANY_SGES, { 0 } },
	{ "inline0", IBV_SEND_INLINE, 1, { 0 } },
	{ "inline1", IBV_SEND_INLINE, 1, { 1 } },
	{ "inline8", IBV_SEND_INLINE, 1, { 8 } },
	{ "inline12", IBV_SEND_INLINE, 1, { 12 } },
	{ "inline13", IBV_SEND_INLINE, 1, { 13 } },
	{ "inline28", IBV_SEND_INLINE, 1, { 28 } },
	{ "inline29", IBV_SEND_INLINE, 1, { 29 } },
	{ "inline64", IBV_SEND_INLINE, 1, { 64 } },
	{ "inlines3", IBV_SEND_INLINE, 3, { 3, 5, 20 } },
	{ "inlines4", IBV_SEND_INLINE, 4, { 17, 0, 30, 16 } },
	{ "inline_max", IBV_SEND_INLINE, 1, { MAX_INLINE } },
	{ "inline_too_much", IBV_SEND_INLINE, 1, { TOO_MUCH_INLINE } },
};

static const struct {
	const char *name;
	unsigned int flags;
} flags[] = {
	{ "signaled", IBV_SEND_SIGNALED },
	{ "silent", 0 },
	{ "fenced", IBV_SEND_SIGNALED | IBV_SEND_FENCE },
	{ "solicited", IBV_SEND_SIGNALED | IBV_SEND_SOLICITED },
	{ "all", IBV_SEND_SIGNALED | IBV_SEND_SOLICITED | IBV_SEND_FENCE },
};

/* ---- Windows ------------------------------------------------------------------------ */

static const struct {
	const char *name;
	enum ibv_wr_opcode opcode;
	uint64_t len;
	unsigned int access;
} key_requests[] = {
	{ "local_inv", IBV_WR_LOCAL_INV, 0, 0 },
	{ "bind_read", IBV_WR_BIND_MW, 100, IBV_ACCESS_REMOTE_READ },
	{ "bind_write", IBV_WR_BIND_MW, 4096, IBV_ACCESS_REMOTE_WRITE },
	{ "bind_atomic", IBV_WR_BIND_MW, 4096, IBV_ACCESS_REMOTE_ATOMIC },
	{ "bind_all", IBV_WR_BIND_MW, 1ull << 31,
	  IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_WRITE |
		  IBV_ACCESS_REMOTE_ATOMIC },
	{ "bind_local", IBV_WR_BIND_MW, 8, IBV_ACCESS_LOCAL_WRITE },
	{ "bind_nothing", IBV_WR_BIND_MW, 8, 0 },
	{ "bind_zero_based", IBV_WR_BIND_MW, 4096,
	  IBV_ACCESS_REMOTE_READ | IBV_ACCESS_ZERO_BASED },
	{ "bind_too_long", IBV_WR_BIND_MW, (1ull << 31) + 1,
	  IBV_ACCESS_REMOTE_READ },
	{ "unbind", IBV_WR_BIND_MW, 0, 0 },
	{ "bind_plain_region", IBV_WR_BIND_MW, 8, IBV_ACCESS_REMOTE_READ },
	{ "bind_type_1", IBV_WR_BIND_MW, 8, IBV_ACCESS_REMOTE_READ },
};

#define FLAGS NUM_OF(flags)
#define SHAPES NUM_OF(shapes)
#define PER_OPCODE (FLAGS * SHAPES)

/* With XRC, binding by the stock library ends in a queue that takes nothing. */
static bool has_windows(enum ibv_qp_type type)
{
	return type == IBV_QPT_RC || type == IBV_QPT_UC;
}

/* Those of a type come first in the table. */
static size_t num_opcodes(enum ibv_qp_type type)
{
	size_t i;

	for (i = 0; i < NUM_OF(data_opcodes); i++)
		if (!(data_opcodes[i].types & BIT(type)))
			break;
	return i;
}

size_t num_requests(enum ibv_qp_type type)
{
	size_t num = num_opcodes(type) * PER_OPCODE;

	return has_windows(type) ? num + FLAGS * NUM_OF(key_requests) : num;
}

size_t num_flags(void)
{
	return FLAGS;
}

bool is_usual(size_t i)
{
	return i % FLAGS == 0;
}

/* ---- Making one --------------------------------------------------------------------- */

static uint8_t text[4096];

static uint32_t length_of(const struct side *side, uint32_t len)
{
	if (len == (uint32_t)MAX_INLINE)
		return side->cap.max_inline_data;
	if (len == (uint32_t)TOO_MUCH_INLINE)
		return sizeof(text) - 64;
	return len;
}

static int number_of(const struct side *side, int num)
{
	if (num == MAX_SGES)
		return (int)side->cap.max_send_sge;
	return num == TOO_MANY_SGES ? 16 : num;
}

static void make_data(const struct side *side, size_t shape, struct request *to)
{
	int i, num = number_of(side, shapes[shape].num);
	bool in_line = shapes[shape].flags & IBV_SEND_INLINE;

	for (i = 0; i < (int)sizeof(text); i++)
		text[i] = (uint8_t)(i * 7 + 1);
	for (i = 0; i < num; i++)
		to->sge[i] = (struct ibv_sge){
			.addr = in_line ? (uintptr_t)text + (unsigned int)i
					: 0x7000000000001000 * (i + 1ull),
			.length =
				shapes[shape].num < 0
					? 16 + (uint32_t)i
					: length_of(side, shapes[shape].len[i]),
			.lkey = LOCAL_KEY + (uint32_t)i,
		};
	to->wr.sg_list = to->sge;
	to->wr.num_sge = num;
	to->wr.send_flags |= shapes[shape].flags;
}

static void make_operands(struct world *w, struct side *side,
			  struct ibv_send_wr *wr)
{
	if (wr->opcode == IBV_WR_SEND_WITH_INV)
		wr->invalidate_rkey = REMOTE_KEY;
	else
		wr->imm_data = htobe32(0x01020304);
	if (wr->opcode == IBV_WR_ATOMIC_CMP_AND_SWP ||
	    wr->opcode == IBV_WR_ATOMIC_FETCH_AND_ADD) {
		wr->wr.atomic.remote_addr = 0x1122334455667788;
		wr->wr.atomic.compare_add = 0x99aabbccddeeff00;
		wr->wr.atomic.swap = 0x0123456789abcdef;
		wr->wr.atomic.rkey = REMOTE_KEY;
	} else if (side->qp->qp_type == IBV_QPT_UD) {
		wr->wr.ud.ah = w->ah;
		wr->wr.ud.remote_qpn = 0x00abcdef;
		wr->wr.ud.remote_qkey = 0x55667788;
	} else {
		wr->wr.rdma.remote_addr = 0x1122334455667788;
		wr->wr.rdma.rkey = REMOTE_KEY;
	}
	if (side->qp->qp_type == IBV_QPT_XRC_SEND)
		wr->qp_type.xrc.remote_srqn = 0x00654321;
}

static void make_window(struct world *w, size_t i, struct request *to)
{
	struct ibv_send_wr *wr = &to->wr;
	const char *name = key_requests[i].name;
	struct ibv_mr *mr =
		strcmp(name, "bind_plain_region") ? w->mr : w->plain_mr;
	struct ibv_mw *mw = w->mw[!!strcmp(name, "bind_type_1")];

	wr->opcode = key_requests[i].opcode;
	if (wr->opcode == IBV_WR_LOCAL_INV) {
		wr->invalidate_rkey = REMOTE_KEY;
		return;
	}
	w->mw[0]->rkey = TYPE_1_KEY;
	w->mw[1]->rkey = TYPE_2_KEY;
	wr->bind_mw.mw = mw;
	wr->bind_mw.rkey = ibv_inc_rkey(mw->rkey);
	wr->bind_mw.bind_info = (struct ibv_mw_bind_info){
		.mr = key_requests[i].len ? mr : NULL,
		.addr = key_requests[i].len ? 0x7fffdeadbeef0123 : 0,
		.length = key_requests[i].len,
		.mw_access_flags = key_requests[i].access,
	};
}

static bool comes_back(enum ibv_wr_opcode opcode)
{
	return opcode == IBV_WR_RDMA_READ ||
	       opcode == IBV_WR_ATOMIC_CMP_AND_SWP ||
	       opcode == IBV_WR_ATOMIC_FETCH_AND_ADD;
}

bool make_request(struct world *w, struct side *side, size_t i,
		  struct request *to)
{
	size_t opcode = i / PER_OPCODE, shape = i / FLAGS % SHAPES;

	memset(to, 0, sizeof(*to));
	to->wr.wr_id = 1000 + i;
	to->wr.send_flags = flags[i % FLAGS].flags;
	if (opcode < num_opcodes(side->qp->qp_type)) {
		to->wr.opcode = data_opcodes[opcode].opcode;
		make_operands(w, side, &to->wr);
		make_data(side, shape, to);
		snprintf(to->name, sizeof(to->name), "%s.%s.%s",
			 data_opcodes[opcode].name, shapes[shape].name,
			 flags[i % FLAGS].name);
		return !comes_back(to->wr.opcode) ||
		       !(to->wr.send_flags & IBV_SEND_INLINE);
	}
	i -= num_opcodes(side->qp->qp_type) * PER_OPCODE;
	make_window(w, i / FLAGS, to);
	snprintf(to->name, sizeof(to->name), "%s.%s",
		 key_requests[i / FLAGS].name, flags[i % FLAGS].name);
	return true;
}

/* ---- Posting it ---------------------------------------------------------------------- */

int post_by_list(struct world *w, struct side *side, struct request *request)
{
	struct ibv_send_wr *bad = NULL;
	int ret = ibv_post_send(side->qp, &request->wr, &bad);

	if (ret && bad != &request->wr)
		die("bad_wr is another request");
	return ret;
}

/* A window of type 1 takes the place of the other; it gets a new key. */
int post_by_verb(struct world *w, struct side *side, struct request *request)
{
	const struct ibv_send_wr *wr = &request->wr;
	struct ibv_mw_bind bind = {
		.wr_id = wr->wr_id,
		.send_flags = wr->send_flags,
		.bind_info = wr->bind_mw.bind_info,
	};
	int ret = ibv_bind_mw(side->qp, w->mw[0], &bind);

	printf(" key %08x", w->mw[0]->rkey);
	return ret;
}

static void call_data(struct ibv_qp_ex *qp, const struct ibv_send_wr *wr)
{
	if (wr->opcode == IBV_WR_LOCAL_INV || wr->opcode == IBV_WR_BIND_MW)
		return;
	if (wr->send_flags & IBV_SEND_INLINE)
		call_inline(qp, wr);
	else if (wr->num_sge == 1)
		ibv_wr_set_sge(qp, wr->sg_list->lkey, wr->sg_list->addr,
			       wr->sg_list->length);
	else
		ibv_wr_set_sge_list(qp, (size_t)wr->num_sge, wr->sg_list);
}

int post_by_calls(struct world *w, struct side *side, struct request *request)
{
	const struct ibv_send_wr *wr = &request->wr;
	struct ibv_qp_ex *qp = side->qpx;

	ibv_wr_start(qp);
	qp->wr_id = wr->wr_id;
	qp->wr_flags = wr->send_flags & ~(unsigned int)IBV_SEND_INLINE;
	if (!call_opcode(qp, wr))
		die("no call for this opcode");
	call_address(qp, wr, side->qp->qp_type);
	call_data(qp, wr);
	return ibv_wr_complete(qp);
}
