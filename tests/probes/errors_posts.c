/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Posting, and shared receive queues. */
#include <stdint.h>

#include "errors.h"

/* ---------------------------------------------------------------- posting */

static long post_send(struct world *w, struct ibv_send_wr wr)
{
	struct ibv_sge sge[8] = { { (uintptr_t)w->page, 8, w->mr->lkey } };
	struct ibv_send_wr *bad = NULL;
	int ret;

	wr.sg_list = sge;
	ret = ibv_post_send(w->qp, &wr, &bad);
	if (ret && bad != &wr)
		probe_say(" bad_wr?");
	return ret;
}

static long send_plain(struct world *w)
{
	struct ibv_send_wr wr = { .opcode = IBV_WR_SEND, .num_sge = 1 };

	return post_send(w, wr);
}

static long send_bad_opcode(struct world *w)
{
	struct ibv_send_wr wr = { .opcode = 77, .num_sge = 1 };

	return post_send(w, wr);
}

static long send_too_many_sges(struct world *w)
{
	struct ibv_send_wr wr = { .opcode = IBV_WR_SEND, .num_sge = 500 };

	return post_send(w, wr);
}

static long send_until_full(struct world *w)
{
	long ret = 0;
	int i;

	for (i = 0; i < 10000 && !ret; i++)
		ret = send_plain(w);
	return ret;
}

static void to_rts(struct world *w)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_RTS, .timeout = 14 };

	to_rtr(w);
	PROBE_NEED(!ibv_modify_qp(w->qp, &attr, RTS_MASK));
}

static long post_recv(struct world *w, int num_sge)
{
	struct ibv_sge sge[8] = { { (uintptr_t)w->page, 8, w->mr->lkey } };
	struct ibv_recv_wr wr = { .sg_list = sge, .num_sge = num_sge };
	struct ibv_recv_wr *bad = NULL;
	int ret = ibv_post_recv(w->qp, &wr, &bad);

	if (ret && bad != &wr)
		probe_say(" bad_wr?");
	return ret;
}

CALL(recv_plain, post_recv(w, 1))
CALL(recv_too_many_sges, post_recv(w, 500))

static long recv_until_full(struct world *w)
{
	long ret = 0;
	int i;

	for (i = 0; i < 10000 && !ret; i++)
		ret = post_recv(w, 1);
	return ret;
}

/* ------------------------------------------------------------------- SRQs */

static long make_srq(struct world *w, uint32_t wr, uint32_t sge)
{
	struct ibv_srq_init_attr attr = { .attr = { wr, sge, 0 } };

	return made_srq(ibv_create_srq(w->pd, &attr));
}

static long srq_null_pd(struct world *w)
{
	struct ibv_srq_init_attr attr = { .attr = { 4, 1, 0 } };

	return made_srq(ibv_create_srq(NULL, &attr));
}

CALL(srq_null_attr, made_srq(ibv_create_srq(w->pd, NULL)))
CALL(srq_0, make_srq(w, 0, 1))
CALL(srq_too_large, make_srq(w, 1u << 28, 1))
CALL(srq_too_many_sges, make_srq(w, 4, 5000))
CALL(srq_free_null, ibv_destroy_srq(NULL))
CALL(srq_query_null, ibv_query_srq(NULL, NULL))
CALL(srq_modify_null, ibv_modify_srq(NULL, NULL, 0))

/* --------------------------------------------------------------- the table */

const struct error_case post_cases[] = {
	{ "send.in_reset", ANSWER_STATUS, send_plain, NULL, NULL },
	{ "send.in_init", ANSWER_STATUS, send_plain, to_init, NULL },
	{ "send.in_rtr", ANSWER_STATUS, send_plain, to_rtr, NULL },
	{ "send.bad_opcode", ANSWER_STATUS, send_bad_opcode, to_rts, NULL },
	{ "send.too_many_sges", ANSWER_STATUS, send_too_many_sges, to_rts,
	  NULL },
	{ "send.until_full", ANSWER_STATUS, send_until_full, to_rts, NULL },
	{ "recv.in_reset", ANSWER_STATUS, recv_plain, NULL, NULL },
	{ "recv.too_many_sges", ANSWER_STATUS, recv_too_many_sges, to_init,
	  NULL },
	{ "recv.until_full", ANSWER_STATUS, recv_until_full, to_init, NULL },
	{ "srq.null_pd", ANSWER_POINTER, srq_null_pd, NULL, NULL },
	{ "srq.null_attr", ANSWER_POINTER, srq_null_attr, NULL, NULL },
	{ "srq.wr_0", ANSWER_POINTER, srq_0, NULL, NULL },
	{ "srq.too_large", ANSWER_POINTER, srq_too_large, NULL, NULL },
	{ "srq.too_many_sges", ANSWER_POINTER, srq_too_many_sges, NULL, NULL },
	{ "srq.free_null", ANSWER_STATUS, srq_free_null, NULL, NULL },
	{ "srq.query_null", ANSWER_STATUS, srq_query_null, NULL, NULL },
	{ "srq.modify_null", ANSWER_STATUS, srq_modify_null, NULL, NULL },
};
const size_t num_post_cases = NUM_OF(post_cases);
