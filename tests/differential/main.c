/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Posts everything, and prints what is then in the queues and doorbell records:
 *   differential DEVICE
 * A line is a name, a colon and bytes. What depends on the device or on what
 * was posted before is not in there, so that two libraries can be compared.
 */
#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "differential.h"

enum {
	BLOCK = 64,
	FILL = 0xee, /* what nobody has written */
	MAX_BLOCKS = 16, /* of one request */
	QPN_SHOWN = 0xabcabc, /* in place of the number of the QP itself */
	OPCODE_SEND = 0x0a,
	OPCODE_UMR = 0x25,
	UMR_QPN = 68, /* where such a request names the QP again */
};

/* ---- The send queue -------------------------------------------------------------- */

static uint8_t *send_queue(const struct side *side)
{
	if (side->ring.sq_buf)
		return side->ring.sq_buf;
	return side->ring.buf +
	       ((size_t)side->ring.rq_wqes << side->ring.rq_shift);
}

static uint8_t *block_at(const struct side *side, uint32_t block)
{
	return send_queue(side) +
	       (size_t)(block % side->ring.sq_blocks) * BLOCK;
}

/* How many blocks the device has been told of; the record has 16 bits. */
static uint32_t posted(const struct side *side)
{
	return be32toh(side->ring.dbrec[1]);
}

static uint32_t get32(const uint8_t *from)
{
	uint32_t word;

	memcpy(&word, from, sizeof(word));
	return be32toh(word);
}

static void put32(uint8_t *to, uint32_t word)
{
	word = htobe32(word);
	memcpy(to, &word, sizeof(word));
}

static void hide_qpn(const struct side *side, uint8_t *at)
{
	if (get32(at) >> 8 == side->qp->qp_num)
		put32(at, (uint32_t)QPN_SHOWN << 8 | (get32(at) & 0xff));
}

/* Only a wrong one is shown. */
static void hide_index(uint8_t *at, uint32_t block)
{
	put32(at, get32(at) ^ (block & 0xffff) << 8);
}

/* Prints the request at first and returns its number of blocks. */
static uint32_t print_wqe(const struct side *side, uint32_t first, uint32_t end)
{
	uint32_t i, ds, blocks, left = (end - first) & 0xffff;
	uint8_t wqe[MAX_BLOCKS * BLOCK];

	for (i = 0; i < MAX_BLOCKS; i++)
		memcpy(wqe + i * BLOCK, block_at(side, first + i), BLOCK);
	ds = wqe[7] & 0x3f;
	blocks = (ds * 16 + BLOCK - 1) / BLOCK;
	if (!ds || blocks > left) {
		printf(" (%u segments, but %u blocks)", ds, left);
		return left;
	}
	hide_index(wqe, first);
	hide_qpn(side, wqe + 4);
	if (wqe[3] == OPCODE_UMR)
		hide_qpn(side, wqe + UMR_QPN);
	print_bytes(wqe, (size_t)ds * 16);
	return blocks;
}

void print_posted(struct world *w, struct side *side)
{
	uint32_t end = posted(side), next = side->polled, last = next;
	struct ibv_wc wc;

	while (next != end) {
		last = next;
		next = (next + print_wqe(side, next, end)) & 0xffff;
		if (next != end)
			printf(" |");
	}
	if (end == side->polled)
		return; /* nothing */
	wc = complete_send(w, side, last, block_at(side, last)[3]);
	printf(" wc %u %u %u", (unsigned int)wc.wr_id, wc.opcode, wc.status);
	side->polled = end;
}

/* Posts requests of one block until the next one begins at block. */
static void move_to(struct world *w, struct side *side, uint32_t block)
{
	struct request filler = {
		.wr = { .opcode = IBV_WR_SEND, .sg_list = filler.sge },
		.sge = { { .length = 60 } },
	};

	if (side->qp->qp_type == IBV_QPT_UD)
		filler.wr.wr.ud.ah = w->ah;
	if (side->qp->qp_type == IBV_QPT_RAW_PACKET)
		filler.wr.num_sge = 1; /* no packet is empty */
	while (posted(side) % side->ring.sq_blocks != block) {
		if (post_by_list(w, side, &filler))
			die("filler");
		side->polled = posted(side);
		complete_send(w, side, side->polled - 1, OPCODE_SEND);
	}
}

void prepare(struct world *w, struct side *side, uint32_t to_end)
{
	uint32_t num = side->ring.sq_blocks;

	move_to(w, side, (num - to_end) % num);
	memset(send_queue(side), FILL, (size_t)num * BLOCK);
}

/* ---- All requests at all places ------------------------------------------------------- */

static void post_at(struct world *w, struct side *side, uint32_t to_end,
		    const char *way, post_fn *post, size_t i)
{
	struct request request;

	prepare(w, side, to_end);
	make_request(w, side, i, &request);
	printf("%s.%s.%s.%u:", side->name, request.name, way, to_end);
	printf(" %d", post(w, side, &request));
	print_posted(w, side);
	putchar('\n');
}

/* What comes behind a request that changes a key has to wait for it. */
static void post_behind(struct world *w, struct side *side, const char *name,
			size_t i)
{
	struct request request;
	int n;

	for (n = 1; n <= 2; n++) {
		make_request(w, side, i % num_flags(), &request);
		printf("%s.%s.before.%d: %d", side->name, name, n,
		       post_by_list(w, side, &request));
		print_posted(w, side);
		putchar('\n');
	}
}

static void post_all_ways(struct world *w, struct side *side, uint32_t to_end,
			  size_t i)
{
	struct request request;

	if (!make_request(w, side, i, &request))
		return;
	post_at(w, side, to_end, "post", post_by_list, i);
	if (!to_end)
		post_behind(w, side, request.name, i);
	post_at(w, side, to_end, "call", post_by_calls, i);
	if (request.wr.opcode == IBV_WR_BIND_MW)
		post_at(w, side, to_end, "verb", post_by_verb, i);
}

/* Flags make no difference to where the ring ends, so one set of them will do. */
static void post_everywhere(struct world *w, struct side *side, size_t i)
{
	uint32_t to_end = is_usual(i) ? NEAR_THE_END : 0;

	for (; to_end; to_end--)
		post_all_ways(w, side, to_end, i);
	post_all_ways(w, side, 0, i);
}

void print_geometry(const struct side *side)
{
	printf("%s.send_blocks: %u\n", side->name, side->ring.sq_blocks);
	printf("%s.receives: %u << %u\n", side->name, side->ring.rq_wqes,
	       side->ring.rq_shift);
	printf("%s.flags: %#x\n", side->name, side->ring.flags);
	printf("%s.cap: %u %u %u %u %u\n", side->name, side->cap.max_send_wr,
	       side->cap.max_recv_wr, side->cap.max_send_sge,
	       side->cap.max_recv_sge, side->cap.max_inline_data);
}

static void check_type(struct world *w, const char *name, enum ibv_qp_type type,
		       bool signal_all)
{
	struct side side;
	size_t i;

	open_side(w, &side, name, type, signal_all);
	print_geometry(&side);
	for (i = 0; i < num_requests(type); i++)
		post_everywhere(w, &side, i);
	if (side.ring.rq_wqes)
		check_receives(w, &side);
	close_side(&side);
}

int main(int argc, char **argv)
{
	static struct world w;

	if (argc != 2)
		return 2;
	open_world(&w, argv[1]);
	check_events(&w);
	check_shared_receives(&w);
	check_type(&w, "rc", IBV_QPT_RC, false);
	check_type(&w, "rc_all", IBV_QPT_RC, true);
	check_type(&w, "uc", IBV_QPT_UC, false);
	check_type(&w, "ud", IBV_QPT_UD, false);
	check_type(&w, "xrc", IBV_QPT_XRC_SEND, false);
	check_keys(&w);
	check_packets(&w);
	check_wq_receives(&w);
	check_events(&w);
	close_world(&w);
	return 0;
}
