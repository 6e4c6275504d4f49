/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Small messages in completions: which queue pairs ask for them, and what a
 * library does with what it finds there:
 *   completions DEVICE
 * As the differential program, a line is a name, a colon and what was seen.
 */
#include <endian.h>
#include <errno.h>
#include <rdma/mlx5-abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "differential.h"

enum {
	FILL = 0xee,
	SLOT = 64, /* of memory for one segment, canaries around it */
	NUM_SLOTS = 4,
	BLOCK = 64,
	INLINE_32 = 0x4,
	INLINE_64 = 0x8,
	TYPE_REQUEST = 0,
	TYPE_SEND = 2,
	OPCODE_READ = 0x10,
	OPCODE_SWAP = 0x11,
	OPCODE_ADD = 0x12,
};

/* ---- Who asks for them --------------------------------------------------------- */

static const struct kind {
	const char *name;
	enum ibv_qp_type type;
	enum mlx5dv_dc_type dc;
	bool signal_all;
	uint32_t create_flags;
} kinds[] = {
	{ "rc", IBV_QPT_RC, 0, false, 0 },
	{ "rc_all", IBV_QPT_RC, 0, true, 0 },
	{ "rc_allow", IBV_QPT_RC, 0, false,
	  MLX5DV_QP_CREATE_ALLOW_SCATTER_TO_CQE },
	{ "rc_all_allow", IBV_QPT_RC, 0, true,
	  MLX5DV_QP_CREATE_ALLOW_SCATTER_TO_CQE },
	{ "rc_disable", IBV_QPT_RC, 0, false,
	  MLX5DV_QP_CREATE_DISABLE_SCATTER_TO_CQE },
	{ "rc_both", IBV_QPT_RC, 0, false,
	  MLX5DV_QP_CREATE_ALLOW_SCATTER_TO_CQE |
		  MLX5DV_QP_CREATE_DISABLE_SCATTER_TO_CQE },
	{ "uc", IBV_QPT_UC, 0, false, 0 },
	{ "uc_allow", IBV_QPT_UC, 0, false,
	  MLX5DV_QP_CREATE_ALLOW_SCATTER_TO_CQE },
	{ "uc_disable", IBV_QPT_UC, 0, false,
	  MLX5DV_QP_CREATE_DISABLE_SCATTER_TO_CQE },
	{ "ud", IBV_QPT_UD, 0, false, 0 },
	{ "ud_allow", IBV_QPT_UD, 0, false,
	  MLX5DV_QP_CREATE_ALLOW_SCATTER_TO_CQE },
	{ "xrc", IBV_QPT_XRC_SEND, 0, false, 0 },
	{ "xrc_allow", IBV_QPT_XRC_SEND, 0, false,
	  MLX5DV_QP_CREATE_ALLOW_SCATTER_TO_CQE },
	{ "dci", IBV_QPT_DRIVER, MLX5DV_DCTYPE_DCI, false, 0 },
	{ "dci_allow", IBV_QPT_DRIVER, MLX5DV_DCTYPE_DCI, false,
	  MLX5DV_QP_CREATE_ALLOW_SCATTER_TO_CQE },
	{ "dci_disable", IBV_QPT_DRIVER, MLX5DV_DCTYPE_DCI, false,
	  MLX5DV_QP_CREATE_DISABLE_SCATTER_TO_CQE },
	{ "dct", IBV_QPT_DRIVER, MLX5DV_DCTYPE_DCT, false, 0 },
	{ "dct_allow", IBV_QPT_DRIVER, MLX5DV_DCTYPE_DCT, false,
	  MLX5DV_QP_CREATE_ALLOW_SCATTER_TO_CQE },
	{ "dct_disable", IBV_QPT_DRIVER, MLX5DV_DCTYPE_DCT, false,
	  MLX5DV_QP_CREATE_DISABLE_SCATTER_TO_CQE },
	{ "raw", IBV_QPT_RAW_PACKET, 0, false, 0 },
	{ "raw_allow", IBV_QPT_RAW_PACKET, 0, false,
	  MLX5DV_QP_CREATE_ALLOW_SCATTER_TO_CQE },
	{ "raw_disable", IBV_QPT_RAW_PACKET, 0, false,
	  MLX5DV_QP_CREATE_DISABLE_SCATTER_TO_CQE },
	{ "raw_both", IBV_QPT_RAW_PACKET, 0, false,
	  MLX5DV_QP_CREATE_ALLOW_SCATTER_TO_CQE |
		  MLX5DV_QP_CREATE_DISABLE_SCATTER_TO_CQE },
	{ "dct_both", IBV_QPT_DRIVER, MLX5DV_DCTYPE_DCT, false,
	  MLX5DV_QP_CREATE_ALLOW_SCATTER_TO_CQE |
		  MLX5DV_QP_CREATE_DISABLE_SCATTER_TO_CQE },
};

static struct ibv_qp *make_kind(struct world *w, const struct kind *kind,
				struct captured *ring)
{
	bool has_sq = kind->dc != MLX5DV_DCTYPE_DCT;
	bool has_rq =
		kind->type != IBV_QPT_XRC_SEND && kind->type != IBV_QPT_DRIVER;
	struct ibv_qp_init_attr_ex attr = {
		.send_cq = w->cq,
		.recv_cq = w->cq,
		.cap = { has_sq, has_rq, has_sq, has_rq, 0 },
		.srq = has_sq ? NULL : w->srq,
		.qp_type = kind->type,
		.sq_sig_all = kind->signal_all,
		.comp_mask = IBV_QP_INIT_ATTR_PD,
		.pd = w->pd,
	};
	struct mlx5dv_qp_init_attr dv_attr = {
		.comp_mask = MLX5DV_QP_INIT_ATTR_MASK_QP_CREATE_FLAGS,
		.create_flags = kind->create_flags,
		.dc_init_attr = { .dc_type = kind->dc },
	};

	if (kind->dc)
		dv_attr.comp_mask |= MLX5DV_QP_INIT_ATTR_MASK_DC;
	if (!kind->create_flags)
		dv_attr.comp_mask &= ~MLX5DV_QP_INIT_ATTR_MASK_QP_CREATE_FLAGS;
	capture(CAPTURE_QP, ring);
	return mlx5dv_create_qp(w->context, &attr, &dv_attr);
}

static void check_kinds(struct world *w)
{
	const uint32_t shown =
		MLX5_QP_FLAG_SCATTER_CQE | MLX5_QP_FLAG_ALLOW_SCATTER_CQE;
	struct captured ring;
	struct ibv_qp *qp;
	size_t i;

	for (i = 0; i < NUM_OF(kinds); i++) {
		qp = make_kind(w, &kinds[i], &ring);
		printf("flags.%s: %d %#x\n", kinds[i].name, qp ? 0 : errno,
		       ring.flags & shown);
		if (qp && ibv_destroy_qp(qp))
			die("QP");
	}
}

/* ---- Entries ---------------------------------------------------------------------- */

static const uint32_t lengths[] = { 0, 1, 7, 8, 31, 32, 33, 63, 64 };

static const struct {
	const char *name;
	int num;
	uint32_t len[3];
} lists[] = {
	{ "one64", 1, { 64 } },
	{ "three", 3, { 7, 40, 17 } },
	{ "empty_first", 2, { 0, 64 } },
	{ "empty_between", 3, { 1, 0, 63 } },
};

static uint8_t memory[NUM_SLOTS * 2 * SLOT];

static int make_sges(size_t i, struct ibv_sge *sge)
{
	int n;

	memset(memory, FILL, sizeof(memory));
	for (n = 0; n < lists[i].num; n++)
		sge[n] = (struct ibv_sge){
			.addr = (uintptr_t)&memory[(2 * n + 1) * SLOT],
			.length = lists[i].len[n],
			.lkey = 0x112233,
		};
	return lists[i].num;
}

static uint8_t *next_entry(const struct world *w)
{
	uint32_t size = w->cq_ring.cqe_size;

	return w->cq_ring.buf + (w->cq_pi & (w->cq_num - 1)) * size + size -
	       BLOCK;
}

static void put32(uint8_t *to, uint32_t word)
{
	word = htobe32(word);
	memcpy(to, &word, sizeof(word));
}

/* Data at its place, of which no two bytes are the same. */
static void put_data(uint8_t *entry, uint32_t format)
{
	int i;

	for (i = 0; format && i < (format == INLINE_64 ? 64 : 32); i++)
		(format == INLINE_64 ? entry - 64 : entry)[i] =
			(uint8_t)(0x11 + i);
}

struct entry {
	uint32_t index;
	uint32_t type;
	uint32_t format;
	uint32_t opcode;
	uint32_t len;
};

static void put_entry(struct world *w, const struct side *side,
		      const struct entry *e)
{
	uint8_t *entry = next_entry(w);

	memset(entry, 0, BLOCK - 4);
	put_data(entry, e->format);
	put32(entry + 32, side->ring.uidx);
	put32(entry + 44, e->len);
	put32(entry + 56, e->opcode << 24 | side->qp->qp_num);
	put32(entry + 60, (e->index & 0xffff) << 16 | e->type << 4 | e->format |
				  !!(w->cq_pi & w->cq_num));
	w->cq_pi++;
}

/* Where something was written, and what. */
static void print_memory(void)
{
	size_t i;

	for (i = 0; i < sizeof(memory); i++) {
		if (memory[i] == FILL)
			continue;
		if (!i || memory[i - 1] == FILL)
			printf(" %zu:", i);
		printf("%02x", memory[i]);
	}
}

static void print_result(struct world *w)
{
	struct ibv_wc wc = { 0 };
	int n = ibv_poll_cq(w->cq, 1, &wc);

	printf("%d wr_id %u status %u", n, (unsigned int)wc.wr_id, wc.status);
	if (n == 1 && wc.status == IBV_WC_SUCCESS)
		printf(" opcode %u len %u", wc.opcode, wc.byte_len);
	print_memory();
	putchar('\n');
}

static void check_receive(struct world *w, struct side *side, uint32_t *count,
			  size_t list, const struct entry *e)
{
	struct ibv_sge sge[3];
	struct ibv_recv_wr wr = { .wr_id = *count, .sg_list = sge }, *bad;

	wr.num_sge = make_sges(list, sge);
	if (ibv_post_recv(side->qp, &wr, &bad))
		die("receive");
	put_entry(w, side, e);
	printf("recv.%s.%u.%u.%u: ", lists[list].name, e->format, e->len,
	       e->type);
	print_result(w);
	++*count;
}

/* Is there such an entry? */
static bool fits(const struct world *w, const struct entry *e)
{
	if (e->format == INLINE_64)
		return w->cq_ring.cqe_size > BLOCK;
	return e->format != INLINE_32 || e->len <= 32;
}

static void check_all_receives(struct world *w)
{
	static const uint32_t formats[] = { 0, INLINE_32, INLINE_64 };
	struct entry e = { .type = TYPE_SEND };
	uint32_t count = 0;
	size_t l, n, f;
	struct side side;

	open_side(w, &side, "rc", IBV_QPT_RC, true);
	for (f = 0; f < NUM_OF(formats); f++)
		for (l = 0; l < NUM_OF(lists); l++)
			for (n = 0; n < NUM_OF(lengths); n++) {
				e.format = formats[f];
				e.len = lengths[n];
				e.index = count;
				if (fits(w, &e))
					check_receive(w, &side, &count, l, &e);
			}
	close_side(&side);
}

/* ---- What comes back --------------------------------------------------------------- */

static const struct {
	const char *name;
	enum ibv_wr_opcode wr;
	uint32_t opcode;
} returning[] = {
	{ "read", IBV_WR_RDMA_READ, OPCODE_READ },
	{ "swap", IBV_WR_ATOMIC_CMP_AND_SWP, OPCODE_SWAP },
	{ "add", IBV_WR_ATOMIC_FETCH_AND_ADD, OPCODE_ADD },
};

static uint32_t posted(const struct side *side)
{
	return be32toh(side->ring.dbrec[1]);
}

static void check_returned(struct world *w, struct side *side, size_t i,
			   const struct entry *like)
{
	struct entry e = *like;
	struct ibv_sge sge[3];
	struct ibv_send_wr wr = { .opcode = returning[i].wr, .sg_list = sge };
	struct ibv_send_wr *bad;

	wr.num_sge = make_sges(1, sge);
	if (wr.opcode != IBV_WR_RDMA_READ) {
		wr.num_sge = 1;
		sge[0].length = e.len = 8;
	}
	e.index = posted(side);
	e.opcode = returning[i].opcode;
	if (ibv_post_send(side->qp, &wr, &bad))
		die("request");
	put_entry(w, side, &e);
	printf("%s.%u.%u.%u: ", returning[i].name, e.format, e.len,
	       e.index % side->ring.sq_blocks);
	print_result(w);
}

/* More requests than the queue has blocks, so that they are everywhere. */
static void check_all_returned(struct world *w)
{
	static const uint32_t formats[] = { 0, INLINE_32, INLINE_64 };
	struct entry e = { .type = TYPE_REQUEST };
	struct side side;
	size_t f, i, n;

	open_side(w, &side, "rc", IBV_QPT_RC, true);
	for (f = 0; f < NUM_OF(formats); f++)
		for (n = 0; n < NUM_OF(lengths); n++)
			for (i = 0; i < NUM_OF(returning); i++) {
				e.format = formats[f];
				e.len = lengths[n];
				if (fits(w, &e))
					check_returned(w, &side, i, &e);
			}
	close_side(&side);
}

int main(int argc, char **argv)
{
	static struct world w;

	if (argc != 2)
		return 2;
	open_world(&w, argv[1]);
	check_kinds(&w);
	check_all_receives(&w);
	check_all_returned(&w);
	close_world(&w);
	return 0;
}
