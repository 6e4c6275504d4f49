/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Receives, of a QP and of an SRQ, and the records of a CQ. */
#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "differential.h"

enum { FILL = 0xee, NEXT_SEG = 16 };

static const struct {
	const char *name;
	int num;
	uint32_t len[4];
} lists[] = {
	{ "none", 0, { 0 } },	    { "sge0", 1, { 0 } },
	{ "sge8", 1, { 8 } },	    { "sge2g", 1, { 1u << 31 } },
	{ "sges2", 2, { 1, 2 } },   { "sges3", 3, { 1, 2, 3 } },
	{ "sges1_0", 2, { 7, 0 } }, { "sges1_0_1", 3, { 7, 0, 9 } },
	{ "too_many", 5, { 0 } },
};

static void make_list(size_t i, struct ibv_recv_wr *wr, struct ibv_sge *sge)
{
	int n;

	for (n = 0; n < lists[i].num; n++)
		sge[n] = (struct ibv_sge){
			.addr = 0x7000000000001000 * (n + 1ull),
			.length = n < 4 ? lists[i].len[n] : 0,
			.lkey = 0x00112233 + (uint32_t)n,
		};
	*wr = (struct ibv_recv_wr){
		.wr_id = i,
		.sg_list = sge,
		.num_sge = lists[i].num,
	};
}

/* The second word is that of sends, which no receive may change. */
static void print_result(const char *where, size_t i, int ret,
			 const volatile uint32_t *dbrec, uint32_t sends,
			 const uint8_t *wqe, size_t stride)
{
	printf("%s.recv.%s: %d record %08x %08x", where, lists[i].name, ret,
	       be32toh(dbrec[0]), be32toh(dbrec[1] ^ sends));
	print_bytes(wqe, stride);
	putchar('\n');
}

void check_receives(struct world *w, struct side *side)
{
	size_t stride = (size_t)1 << side->ring.rq_shift;
	uint32_t sends = side->ring.dbrec[1];
	struct ibv_recv_wr wr, *bad;
	struct ibv_sge sge[8];
	uint8_t *at;
	size_t i;
	int ret;

	for (i = 0; i < NUM_OF(lists); i++) {
		at = side->ring.buf + i % side->ring.rq_wqes * stride;
		memset(at, FILL, stride);
		make_list(i, &wr, sge);
		ret = ibv_post_recv(side->qp, &wr, &bad);
		print_result(side->name, i, ret, side->ring.dbrec, sends, at,
			     stride);
	}
}

/* The library's list of WQEs is in their heads, and is left alone. */
void check_shared_receives(struct world *w)
{
	size_t stride = w->srq_stride;
	struct ibv_recv_wr wr, *bad;
	struct ibv_sge sge[8];
	uint8_t *at;
	size_t i;
	int ret;

	for (i = 0; i < NUM_OF(lists); i++) {
		at = w->srq_ring.buf + i * stride;
		memset(at + NEXT_SEG, FILL, stride - NEXT_SEG);
		make_list(i, &wr, sge);
		ret = ibv_post_srq_recv(w->srq, &wr, &bad);
		print_result("srq", i, ret, w->srq_ring.dbrec, 0, at, stride);
	}
}

static struct ibv_wq *open_wq(struct world *w, struct captured *ring)
{
	struct ibv_wq_init_attr attr = {
		.wq_type = IBV_WQT_RQ,
		.max_wr = 16,
		.max_sge = 3,
		.pd = w->pd,
		.cq = w->cq,
	};
	struct ibv_wq_attr ready = {
		.attr_mask = IBV_WQ_ATTR_STATE,
		.wq_state = IBV_WQS_RDY,
	};
	struct ibv_wq *wq;

	capture(CAPTURE_WQ, ring);
	wq = ibv_create_wq(w->context, &attr);
	if (!wq || ibv_modify_wq(wq, &ready))
		die("WQ");
	printf("wq.receives: %u << %u, %u %u\n", ring->rq_wqes, ring->rq_shift,
	       attr.max_wr, attr.max_sge);
	return wq;
}

void check_wq_receives(struct world *w)
{
	struct captured ring;
	struct ibv_wq *wq = open_wq(w, &ring);
	size_t stride = (size_t)1 << ring.rq_shift;
	struct ibv_recv_wr wr, *bad;
	struct ibv_sge sge[8];
	uint8_t *at;
	size_t i;
	int ret;

	for (i = 0; i < NUM_OF(lists); i++) {
		at = ring.buf + i * stride;
		memset(at, FILL, stride);
		make_list(i, &wr, sge);
		ret = ibv_post_wq_recv(wq, &wr, &bad);
		print_result("wq", i, ret, ring.dbrec, 0, at, stride);
	}
	if (ibv_destroy_wq(wq))
		die("WQ");
}

void check_events(struct world *w)
{
	int solicited, ret;

	for (solicited = 0; solicited < 2; solicited++) {
		ret = ibv_req_notify_cq(w->cq, solicited);
		printf("cq.notify.%s: %d consumed %d of %u record %08x\n",
		       solicited ? "solicited" : "all", ret,
		       be32toh(w->cq_ring.dbrec[0]) == w->cq_pi, w->cq_num,
		       be32toh(w->cq_ring.dbrec[1]) ^ w->cq_pi);
	}
}
