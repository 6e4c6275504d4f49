/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * What pyverbs does not offer, or tells less of: moderation of a CQ's events,
 * QPs for raw packets, ECE, memory whose writes may overtake each other.
 */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "dmabuf_exporter.h"
#include "find.h"
#include "probe.h"

enum {
	PAGE = 4096,
	DEPTH = 16,
	EVENT_MS = 20000, /* at most, until an event comes */
	COUNT = 4, /* of completions; not of messages */
	PERIOD_US = UINT16_MAX,
	TRIES = 20,
};

static uint8_t memory[PAGE] __attribute__((aligned(PAGE)));

static void say_status(int ret)
{
	probe_say(" %s", probe_errno(ret));
}

static void say_pointer(const void *object)
{
	int err = errno;

	probe_say(" %s", object ? "made" : probe_errno(err));
}

/* ---- A QP connected with itself -------------------------------------------------- */

struct loop {
	struct ibv_pd *pd;
	struct ibv_mr *mr;
	struct ibv_comp_channel *channel;
	struct ibv_cq *cq;
	struct ibv_qp *qp;
};

static struct ibv_qp *make_qp(struct loop *l, enum ibv_qp_type type)
{
	struct ibv_qp_init_attr attr = {
		.send_cq = l->cq,
		.recv_cq = l->cq,
		.cap = { DEPTH, DEPTH, 1, 1, 0 },
		.qp_type = type,
	};

	return ibv_create_qp(l->pd, &attr);
}

static void to_init(struct loop *l)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_INIT, .port_num = 1 };

	PROBE_NEED(!ibv_modify_qp(l->qp, &attr,
				  IBV_QP_STATE | IBV_QP_PORT |
					  IBV_QP_PKEY_INDEX |
					  IBV_QP_ACCESS_FLAGS));
}

static void to_rtr(struct loop *l)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_RTR,
		.path_mtu = IBV_MTU_1024,
		.dest_qp_num = l->qp->qp_num,
		.ah_attr = { .is_global = 1, .port_num = 1 },
	};
	union ibv_gid gid;
	int index = find_ip4_gid(l->qp->context, &gid);

	PROBE_NEED(index >= 0);
	attr.ah_attr.grh.dgid = gid;
	attr.ah_attr.grh.sgid_index = (uint8_t)index;
	attr.ah_attr.grh.hop_limit = 1;
	PROBE_NEED(!ibv_modify_qp(l->qp, &attr,
				  IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU |
					  IBV_QP_DEST_QPN | IBV_QP_RQ_PSN |
					  IBV_QP_MAX_DEST_RD_ATOMIC |
					  IBV_QP_MIN_RNR_TIMER));
}

static void to_rts(struct loop *l)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_RTS, .timeout = 14 };

	PROBE_NEED(!ibv_modify_qp(l->qp, &attr,
				  IBV_QP_STATE | IBV_QP_TIMEOUT |
					  IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY |
					  IBV_QP_SQ_PSN |
					  IBV_QP_MAX_QP_RD_ATOMIC));
}

static struct loop open_loop(struct ibv_context *context)
{
	struct loop l = { .pd = ibv_alloc_pd(context) };

	PROBE_NEED(l.pd);
	l.mr = ibv_reg_mr(l.pd, memory, PAGE, IBV_ACCESS_LOCAL_WRITE);
	l.channel = ibv_create_comp_channel(context);
	l.cq = ibv_create_cq(context, 4 * DEPTH, NULL, l.channel, 0);
	PROBE_NEED(l.mr && l.channel && l.cq);
	l.qp = make_qp(&l, IBV_QPT_RC);
	PROBE_NEED(l.qp);
	return l;
}

static void connect_loop(struct loop *l)
{
	to_init(l);
	to_rtr(l);
	to_rts(l);
}

/* Sends and receives: two completions each. */
static void pass(struct loop *l, int messages)
{
	struct ibv_sge to = { (uintptr_t)memory, 64, l->mr->lkey };
	struct ibv_sge from = { (uintptr_t)memory + 64, 64, l->mr->lkey };
	struct ibv_recv_wr recv = { .sg_list = &to, .num_sge = 1 }, *bad_recv;
	struct ibv_send_wr send = {
		.sg_list = &from,
		.num_sge = 1,
		.opcode = IBV_WR_SEND,
		.send_flags = IBV_SEND_SIGNALED,
	}, *bad;

	for (; messages; messages--) {
		PROBE_NEED(!ibv_post_recv(l->qp, &recv, &bad_recv));
		PROBE_NEED(!ibv_post_send(l->qp, &send, &bad));
	}
}

/* ---- Moderation ---------------------------------------------------------------------- */

static int moderate(struct loop *l, uint16_t count, uint16_t period)
{
	struct ibv_modify_cq_attr attr = {
		.attr_mask = IBV_CQ_ATTR_MODERATE,
		.moderate = { count, period },
	};

	return ibv_modify_cq(l->cq, &attr);
}

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void take_event(struct loop *l)
{
	struct pollfd fd = { .fd = l->channel->fd, .events = POLLIN };
	struct ibv_cq *cq;
	void *context;

	PROBE_NEED(poll(&fd, 1, EVENT_MS) == 1);
	PROBE_NEED(!ibv_get_cq_event(l->channel, &cq, &context));
	ibv_ack_cq_events(cq, 1);
}

static void take_completions(struct loop *l, int n)
{
	struct ibv_wc wc;

	while (n) {
		int ret = ibv_poll_cq(l->cq, 1, &wc);

		PROBE_NEED(ret >= 0 && (!ret || !wc.status));
		n -= ret;
	}
}

/* From before the first completion to the event, in milliseconds. */
static long wait_for_event(struct loop *l, int messages)
{
	long start;

	PROBE_NEED(!ibv_req_notify_cq(l->cq, 0));
	start = now_ms();
	pass(l, messages);
	take_event(l);
	start = now_ms() - start;
	take_completions(l, 2 * messages);
	return start;
}

/*
 * The machine may be slow, so one event that comes before its time is up says
 * that the time was not what it waited for.
 */
static void say_when(struct loop *l, int messages)
{
	int i;

	for (i = 0; i < TRIES; i++)
		if (wait_for_event(l, messages) < PERIOD_US / 1000) {
			probe_say(" early");
			return;
		}
	probe_say(" late");
}

static void run_moderation_by_count(struct ibv_context *context)
{
	struct loop l = open_loop(context);

	connect_loop(&l);
	say_status(moderate(&l, COUNT, PERIOD_US));
	say_when(&l, COUNT / 2);
}

static void run_moderation_by_time(struct ibv_context *context)
{
	struct loop l = open_loop(context);

	connect_loop(&l);
	say_status(moderate(&l, COUNT, PERIOD_US));
	say_when(&l, 1);
}

static void run_moderation_ended(struct ibv_context *context)
{
	struct loop l = open_loop(context);

	connect_loop(&l);
	say_status(moderate(&l, COUNT, PERIOD_US));
	say_status(moderate(&l, 0, 0));
	say_when(&l, 1);
}

static void run_moderation_of_nothing(struct ibv_context *context)
{
	struct ibv_modify_cq_attr attr = { .attr_mask = 0 };
	struct loop l = open_loop(context);

	say_status(ibv_modify_cq(l.cq, &attr));
	attr.attr_mask = 1u << 7;
	say_status(ibv_modify_cq(l.cq, &attr));
}

/* ---- Raw packets ----------------------------------------------------------------------- */

static void run_raw_packet(struct ibv_context *context)
{
	struct loop l = open_loop(context);

	errno = 0;
	say_pointer(make_qp(&l, IBV_QPT_RAW_PACKET));
}

static void run_raw_packet_ex(struct ibv_context *context)
{
	struct loop l = open_loop(context);
	struct ibv_qp_init_attr_ex attr = {
		.send_cq = l.cq,
		.recv_cq = l.cq,
		.cap = { DEPTH, DEPTH, 1, 1, 0 },
		.qp_type = IBV_QPT_RAW_PACKET,
		.comp_mask =
			IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS,
		.pd = l.pd,
		.send_ops_flags = IBV_QP_EX_WITH_SEND,
	};

	errno = 0;
	say_pointer(ibv_create_qp_ex(context, &attr));
}

/* ---- ECE ---------------------------------------------------------------------------------- */

static void say_ece(struct ibv_qp *qp)
{
	struct ibv_ece ece = { .vendor_id = 1, .options = 2, .comp_mask = 3 };

	say_status(ibv_query_ece(qp, &ece));
	probe_say(" vendor=%x options=%x mask=%x", ece.vendor_id, ece.options,
		  ece.comp_mask);
}

static int set_ece(struct ibv_qp *qp, uint32_t vendor, uint32_t options,
		   uint32_t comp_mask)
{
	struct ibv_ece ece = { vendor, options, comp_mask };

	return ibv_set_ece(qp, &ece);
}

static void run_ece(struct ibv_context *context)
{
	struct loop l = open_loop(context);

	say_ece(l.qp);
	connect_loop(&l);
	say_ece(l.qp);
}

static void run_ece_set(struct ibv_context *context)
{
	struct loop l = open_loop(context);

	to_init(&l);
	say_status(set_ece(l.qp, 0x15b3, 0x30000001, 0));
	say_ece(l.qp);
	to_rtr(&l);
	say_ece(l.qp);
	to_rts(&l);
	say_ece(l.qp);
}

static void run_ece_mistakes(struct ibv_context *context)
{
	struct loop l = open_loop(context);

	say_status(set_ece(l.qp, 0x1234, 1, 0));
	say_status(set_ece(l.qp, 0, 0, 0));
	say_status(set_ece(l.qp, 0, 1, 0));
	say_status(set_ece(l.qp, 0x15b3, 1, 1));
	say_status(set_ece(l.qp, 0x15b3, 1, 0));
}

/* ---- Relaxed ordering ------------------------------------------------------------------------ */

static void run_relaxed(struct ibv_context *context)
{
	struct ibv_pd *pd = ibv_alloc_pd(context);
	int access = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_RELAXED_ORDERING;
	struct dmabuf_error err;
	struct dmabuf_buf *buf = dmabuf_alloc("udmabuf", PAGE, &err);

	PROBE_NEED(pd && buf);
	say_pointer(ibv_reg_mr(pd, memory, PAGE, access));
	say_pointer(ibv_reg_dmabuf_mr(pd, 0, PAGE, 0, buf->fd, access));
	dmabuf_free(buf);
}

/* A bit that is a hint as well, to a library that knows more. */
static void run_hint_of_later(struct ibv_context *context)
{
	struct ibv_pd *pd = ibv_alloc_pd(context);
	int access = IBV_ACCESS_LOCAL_WRITE | 1 << 28;

	PROBE_NEED(pd);
	say_pointer(ibv_reg_mr(pd, memory, PAGE, access));
}

static const struct probe_case cases[] = {
	{ "moderation_by_count", run_moderation_by_count, NULL },
	{ "moderation_by_time", run_moderation_by_time, NULL },
	{ "moderation_ended", run_moderation_ended, NULL },
	{ "moderation_of_nothing", run_moderation_of_nothing, NULL },
	{ "raw_packet", run_raw_packet, NULL },
	{ "raw_packet_ex", run_raw_packet_ex, NULL },
	{ "ece", run_ece, NULL },
	{ "ece_set", run_ece_set, NULL },
	{ "ece_mistakes", run_ece_mistakes, NULL },
	{ "relaxed", run_relaxed, NULL },
	{ "hint_of_later", run_hint_of_later, NULL },
};

int main(int argc, char **argv)
{
	return probe_main(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
