/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Requests of QPs for raw packets, and the receives of work queues. */
#include <stdio.h>
#include <string.h>

#include "differential.h"

enum {
	LOCAL_KEY = 0x00112233,
	MAX_INLINE = -1, /* as much as the QP takes */
	MSS = 1000,
};

static uint8_t text[512];

/* ---- What is posted ---------------------------------------------------------------- */

static const struct {
	const char *name;
	unsigned int flags;
	int num;
	uint32_t len[5];
} shapes[] = {
	{ "none", 0, 0, { 0 } },
	{ "sge0", 0, 1, { 0 } },
	{ "sge60", 0, 1, { 60 } },
	{ "sge1500", 0, 1, { 1500 } },
	{ "sges2", 0, 2, { 14, 200 } },
	{ "sges3", 0, 3, { 10, 20, 30 } },
	{ "sges4", 0, 4, { 14, 20, 8, 100 } },
	{ "sges1_0_1", 0, 3, { 14, 0, 90 } },
	{ "sges_too_many", 0, 5, { 14, 1, 1, 1, 50 } },
	{ "inline18", IBV_SEND_INLINE, 1, { 18 } },
	{ "inline28", IBV_SEND_INLINE, 1, { 28 } },
	{ "inline60", IBV_SEND_INLINE, 1, { 60 } },
	{ "inline64", IBV_SEND_INLINE, 1, { 64 } },
	{ "inlines3", IBV_SEND_INLINE, 3, { 14, 20, 30 } },
	{ "inline_max", IBV_SEND_INLINE, 1, { (uint32_t)MAX_INLINE } },
	{ "inline_too_much", IBV_SEND_INLINE, 1, { sizeof(text) } },
};

static const struct {
	const char *name;
	unsigned int flags;
} flags[] = {
	{ "signaled", IBV_SEND_SIGNALED },
	{ "silent", 0 },
	{ "fenced", IBV_SEND_SIGNALED | IBV_SEND_FENCE },
	{ "solicited", IBV_SEND_SIGNALED | IBV_SEND_SOLICITED },
	{ "csum", IBV_SEND_SIGNALED | IBV_SEND_IP_CSUM },
};

/* How long the header is of what is to be cut; 0: it is to be sent as it is. */
static const uint16_t headers[] = { 0, 14, 15, 18, 42, 54 };
static const uint16_t bad_headers[] = { 2, 13, 55 };

static void make_data(const struct side *side, size_t shape,
		      struct request *request)
{
	bool in_line = shapes[shape].flags & IBV_SEND_INLINE;
	uint32_t len;
	int i;

	for (i = 0; i < shapes[shape].num; i++) {
		len = shapes[shape].len[i];
		request->sge[i] = (struct ibv_sge){
			.addr = in_line ? (uintptr_t)text + (unsigned int)i
					: 0x7000000000001000 * (i + 1ull),
			.length = len == (uint32_t)MAX_INLINE
					  ? side->cap.max_inline_data
					  : len,
			.lkey = LOCAL_KEY + (uint32_t)i,
		};
	}
	request->wr.sg_list = request->sge;
	request->wr.num_sge = shapes[shape].num;
	request->wr.send_flags |= shapes[shape].flags;
}

/* Of the tables above; header: the length of one. */
struct choice {
	size_t shape, flag;
	uint16_t header;
};

static void make(const struct side *side, struct choice choice,
		 struct request *to)
{
	memset(to, 0, sizeof(*to));
	to->wr.wr_id = 1000 + choice.shape;
	to->wr.opcode = choice.header ? IBV_WR_TSO : IBV_WR_SEND;
	to->wr.send_flags = flags[choice.flag].flags;
	make_data(side, choice.shape, to);
	if (choice.header) {
		to->wr.tso.hdr = text;
		to->wr.tso.hdr_sz = choice.header;
		to->wr.tso.mss = MSS;
	}
	snprintf(to->name, sizeof(to->name), "%s%u.%s.%s",
		 choice.header ? "tso" : "send", choice.header,
		 shapes[choice.shape].name, flags[choice.flag].name);
}

/* ---- Posting it -------------------------------------------------------------------- */

static void post(struct world *w, struct side *side, uint32_t to_end,
		 struct choice choice, const char *way, post_fn *call)
{
	struct request request;

	prepare(w, side, to_end);
	make(side, choice, &request);
	printf("raw.%s.%s.%u:", request.name, way, to_end);
	printf(" %d", call(w, side, &request));
	print_posted(w, side);
	putchar('\n');
}

static void post_both_ways(struct world *w, struct side *side, uint32_t to_end,
			   struct choice choice)
{
	post(w, side, to_end, choice, "post", post_by_list);
	post(w, side, to_end, choice, "call", post_by_calls);
}

/* Flags make no difference to where the ring ends. */
static void post_everywhere(struct world *w, struct side *side,
			    struct choice choice)
{
	uint32_t to_end;

	for (to_end = 0; to_end <= NEAR_THE_END; to_end++)
		post_both_ways(w, side, to_end, choice);
	while (++choice.flag < NUM_OF(flags))
		post_both_ways(w, side, 0, choice);
}

/* Inline data beside a long header takes room that was asked for the header. */
static bool fits(size_t shape, uint16_t header)
{
	return !header || !(shapes[shape].flags & IBV_SEND_INLINE);
}

static void check_sends(struct world *w, struct side *side)
{
	struct choice choice = { 0 };
	size_t i;

	for (i = 0; i < NUM_OF(headers); i++) {
		choice.header = headers[i];
		for (choice.shape = 0; choice.shape < NUM_OF(shapes);
		     choice.shape++)
			if (fits(choice.shape, choice.header))
				post_everywhere(w, side, choice);
	}
	choice.shape = 2;
	for (i = 0; i < NUM_OF(bad_headers); i++) {
		choice.header = bad_headers[i];
		post_both_ways(w, side, 0, choice);
	}
}

void check_packets(struct world *w)
{
	struct side side;
	size_t i;

	for (i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * 7 + 1);
	open_side(w, &side, "raw", IBV_QPT_RAW_PACKET, false);
	print_geometry(&side);
	check_sends(w, &side);
	check_receives(w, &side);
	close_side(&side);
}
