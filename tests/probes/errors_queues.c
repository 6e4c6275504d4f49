/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Completion channels and queues, queue pairs. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "errors.h"

#define NO_HANDLE 0xdead

/* --------------------------------------------------------------- channels */

CALL(channel_null, made_channel(ibv_create_comp_channel(NULL)))
CALL(channel_free_null, ibv_destroy_comp_channel(NULL))
CALL(channel_free_busy, ibv_destroy_comp_channel(w->extra))

static void make_busy_channel(struct world *w)
{
	w->extra = ibv_create_comp_channel(w->context);
	PROBE_NEED(w->extra);
	PROBE_NEED(ibv_create_cq(w->context, 4, NULL, w->extra, 0));
}

static void channel_works(struct world *w)
{
	probe_say(made_cq(ibv_create_cq(w->context, 4, NULL, w->extra, 0))
			  ? " usable"
			  : " unusable");
}

static void make_silent_channel(struct world *w)
{
	struct ibv_comp_channel *channel = ibv_create_comp_channel(w->context);

	PROBE_NEED(channel);
	fcntl(channel->fd, F_SETFL, O_NONBLOCK);
	w->extra = channel;
}

static long get_no_event(struct world *w)
{
	struct ibv_cq *cq;
	void *cq_context;

	return ibv_get_cq_event(w->extra, &cq, &cq_context);
}

static void silence_async(struct world *w)
{
	fcntl(w->context->async_fd, F_SETFL, O_NONBLOCK);
}

static long get_no_async_event(struct world *w)
{
	struct ibv_async_event event;

	return ibv_get_async_event(w->context, &event);
}

/* -------------------------------------------------------------------- CQs */

static long make_cq(struct world *w, int cqe, int vector)
{
	return made_cq(ibv_create_cq(w->context, cqe, NULL, NULL, vector));
}

CALL(cq_null, made_cq(ibv_create_cq(NULL, 4, NULL, NULL, 0)))
CALL(cq_0, make_cq(w, 0, 0))
CALL(cq_minus_1, make_cq(w, -1, 0))
CALL(cq_too_large, make_cq(w, 1 << 30, 0))
CALL(cq_bad_vector, make_cq(w, 4, 9999))
CALL(cq_negative_vector, make_cq(w, 4, -1))
CALL(cq_good, make_cq(w, 4, 0))
CALL(cq_free_null, ibv_destroy_cq(NULL))
CALL(cq_free_busy, ibv_destroy_cq(w->cq))

static long cq_free_bad_handle(struct world *w)
{
	uint32_t handle = w->cq->handle;
	long ret;

	w->cq->handle = NO_HANDLE;
	ret = ibv_destroy_cq(w->cq);
	w->cq->handle = handle;
	return ret;
}

static void cq_works(struct world *w)
{
	struct ibv_qp_init_attr attr = rc_attr(w);
	struct ibv_wc wc;

	probe_say(" poll=%d", ibv_poll_cq(w->cq, 1, &wc));
	probe_say(made_qp(ibv_create_qp(w->pd, &attr)) ? " usable"
						       : " unusable");
}

CALL(cq_resize_0, ibv_resize_cq(w->cq, 0))
CALL(cq_resize_minus_1, ibv_resize_cq(w->cq, -1))
CALL(cq_resize_too_large, ibv_resize_cq(w->cq, 1 << 30))
CALL(cq_notify, ibv_req_notify_cq(w->cq, 0))

static long poll_nothing(struct world *w)
{
	struct ibv_wc wc;

	return ibv_poll_cq(w->cq, 0, &wc);
}

static long poll_empty(struct world *w)
{
	struct ibv_wc wc;

	return ibv_poll_cq(w->cq, 1, &wc);
}

static long make_cq_ex(struct world *w, uint32_t cqe, uint64_t wc_flags,
		       uint32_t comp_mask, uint32_t flags)
{
	struct ibv_cq_init_attr_ex attr = {
		.cqe = cqe,
		.wc_flags = wc_flags,
		.comp_mask = comp_mask,
		.flags = flags,
	};
	struct ibv_cq_ex *cq = ibv_create_cq_ex(w->context, &attr);

	return cq ? made_cq(ibv_cq_ex_to_cq(cq)) : 0;
}

CALL(cq_ex_0, make_cq_ex(w, 0, 0, 0, 0))
CALL(cq_ex_bad_wc_flags, make_cq_ex(w, 4, 1ull << 40, 0, 0))
CALL(cq_ex_bad_comp_mask, make_cq_ex(w, 4, 0, 1u << 30, 0))
CALL(cq_ex_bad_flags,
     make_cq_ex(w, 4, 0, IBV_CQ_INIT_ATTR_MASK_FLAGS, 1u << 30))

static long modify_cq(struct world *w)
{
	struct ibv_modify_cq_attr attr = {
		.attr_mask = 1u << 20,
	};

	return ibv_modify_cq(w->cq, &attr);
}

/* -------------------------------------------------------------------- QPs */

static long make_qp(struct world *w, struct ibv_qp_init_attr attr)
{
	return made_qp(ibv_create_qp(w->pd, &attr));
}

static long qp_null_pd(struct world *w)
{
	struct ibv_qp_init_attr attr = rc_attr(w);

	return made_qp(ibv_create_qp(NULL, &attr));
}

static long qp_no_send_cq(struct world *w)
{
	struct ibv_qp_init_attr attr = rc_attr(w);

	attr.send_cq = NULL;
	return make_qp(w, attr);
}

static long qp_no_recv_cq(struct world *w)
{
	struct ibv_qp_init_attr attr = rc_attr(w);

	attr.recv_cq = NULL;
	return make_qp(w, attr);
}

static long qp_of_type(struct world *w, int type)
{
	struct ibv_qp_init_attr attr = rc_attr(w);

	attr.qp_type = type;
	return make_qp(w, attr);
}

CALL(qp_null_attr, made_qp(ibv_create_qp(w->pd, NULL)))
CALL(qp_type_0, qp_of_type(w, 0))
CALL(qp_type_99, qp_of_type(w, 99))
CALL(qp_good, qp_of_type(w, IBV_QPT_RC))

static long qp_with_cap(struct world *w, struct ibv_qp_cap cap)
{
	struct ibv_qp_init_attr attr = rc_attr(w);

	attr.cap = cap;
	return make_qp(w, attr);
}

#define CAP(...) qp_with_cap(w, (struct ibv_qp_cap){ __VA_ARGS__ })
CALL(qp_too_many_sends, CAP(1u << 28, 1, 1, 1, 0))
CALL(qp_too_many_recvs, CAP(1, 1u << 28, 1, 1, 0))
CALL(qp_too_many_send_sges, CAP(1, 1, 5000, 1, 0))
CALL(qp_too_many_recv_sges, CAP(1, 1, 1, 5000, 0))
CALL(qp_too_much_inline, CAP(1, 1, 1, 1, 1u << 20))
CALL(qp_nothing, CAP(0, 0, 0, 0, 0))
CALL(qp_all_ones, CAP(~0u, ~0u, ~0u, ~0u, ~0u))

static long qp_bad_cq_handle(struct world *w)
{
	uint32_t handle = w->cq->handle;
	long ret;

	w->cq->handle = NO_HANDLE;
	ret = qp_of_type(w, IBV_QPT_RC);
	w->cq->handle = handle;
	return ret;
}

static long qp_bad_pd_handle(struct world *w)
{
	uint32_t handle = w->pd->handle;
	long ret;

	w->pd->handle = NO_HANDLE;
	ret = qp_of_type(w, IBV_QPT_RC);
	w->pd->handle = handle;
	return ret;
}

CALL(qp_free_null, ibv_destroy_qp(NULL))

static long qp_free_bad_handle(struct world *w)
{
	uint32_t handle = w->qp->handle;
	long ret;

	w->qp->handle = NO_HANDLE;
	ret = ibv_destroy_qp(w->qp);
	w->qp->handle = handle;
	return ret;
}

static void qp_works(struct world *w)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_INIT, .port_num = 1 };

	probe_say(" init=%s",
		  probe_errno(ibv_modify_qp(w->qp, &attr,
					    IBV_QP_STATE | IBV_QP_PORT |
						    IBV_QP_PKEY_INDEX |
						    IBV_QP_ACCESS_FLAGS)));
	probe_say(" destroy=%s", probe_errno(ibv_destroy_qp(w->qp)));
}

static long make_qp_ex(struct world *w, uint32_t comp_mask, uint64_t ops)
{
	struct ibv_qp_init_attr_ex attr = {
		.send_cq = w->cq,
		.recv_cq = w->cq,
		.cap = { 1, 1, 1, 1, 0 },
		.qp_type = IBV_QPT_RC,
		.comp_mask = comp_mask,
		.pd = w->pd,
		.send_ops_flags = ops,
	};

	return made_qp(ibv_create_qp_ex(w->context, &attr));
}

CALL(qp_ex_without_pd, make_qp_ex(w, 0, 0))
CALL(qp_ex_bad_comp_mask, make_qp_ex(w, IBV_QP_INIT_ATTR_PD | 1u << 30, 0))
CALL(qp_ex_bad_ops,
     make_qp_ex(w, IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS,
		1ull << 50))

/* ------------------------------------------------------------ transitions */

static long modify(struct world *w, struct ibv_qp_attr attr, int mask)
{
	return ibv_modify_qp(w->qp, &attr, mask);
}

static struct ibv_qp_attr init_attr(void)
{
	return (struct ibv_qp_attr){ .qp_state = IBV_QPS_INIT, .port_num = 1 };
}

static struct ibv_qp_attr rtr_attr(struct world *w)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_RTR,
		.path_mtu = IBV_MTU_1024,
		.dest_qp_num = w->qp->qp_num,
		.max_dest_rd_atomic = 1,
		.min_rnr_timer = 12,
		.ah_attr = { .is_global = 1, .port_num = 1 },
	};

	attr.ah_attr.grh.sgid_index =
		(uint8_t)usable_gid(w->context, &attr.ah_attr.grh.dgid);
	attr.ah_attr.grh.hop_limit = 1;
	errno = 0;
	return attr;
}

void to_init(struct world *w)
{
	PROBE_NEED(!modify(w, init_attr(), INIT_MASK));
}

void to_rtr(struct world *w)
{
	to_init(w);
	PROBE_NEED(!modify(w, rtr_attr(w), RTR_MASK));
}

CALL(modify_null, ibv_modify_qp(NULL, NULL, 0))
CALL(modify_nothing, modify(w, init_attr(), 0))
CALL(init_without_port, modify(w, init_attr(), INIT_MASK & ~IBV_QP_PORT))
CALL(init_bad_mask, modify(w, init_attr(), INIT_MASK | IBV_QP_SQ_PSN))
CALL(init_unknown_mask, modify(w, init_attr(), INIT_MASK | 1 << 28))

static long init_port_9(struct world *w)
{
	struct ibv_qp_attr attr = init_attr();

	attr.port_num = 9;
	return modify(w, attr, INIT_MASK);
}

static long init_bad_pkey(struct world *w)
{
	struct ibv_qp_attr attr = init_attr();

	attr.pkey_index = 9999;
	return modify(w, attr, INIT_MASK);
}

static long bad_state(struct world *w)
{
	struct ibv_qp_attr attr = { .qp_state = 99 };

	return modify(w, attr, IBV_QP_STATE);
}

static long reset_to_rts(struct world *w)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_RTS };

	return modify(w, attr, RTS_MASK);
}

CALL(rtr_from_reset, modify(w, rtr_attr(w), RTR_MASK))
CALL(rtr_without_av, modify(w, rtr_attr(w), RTR_MASK & ~IBV_QP_AV))

static long rtr_bad_sgid(struct world *w)
{
	struct ibv_qp_attr attr = rtr_attr(w);

	attr.ah_attr.grh.sgid_index = 255;
	return modify(w, attr, RTR_MASK);
}

static long rtr_no_grh(struct world *w)
{
	struct ibv_qp_attr attr = rtr_attr(w);

	attr.ah_attr.is_global = 0;
	return modify(w, attr, RTR_MASK);
}

static long rtr_bad_mtu(struct world *w)
{
	struct ibv_qp_attr attr = rtr_attr(w);

	attr.path_mtu = 9;
	return modify(w, attr, RTR_MASK);
}

static long rtr_too_many_atomics(struct world *w)
{
	struct ibv_qp_attr attr = rtr_attr(w);

	attr.max_dest_rd_atomic = 255;
	return modify(w, attr, RTR_MASK);
}

static long query_qp(struct world *w)
{
	struct ibv_qp_init_attr init;
	struct ibv_qp_attr attr;

	return ibv_query_qp(w->qp, &attr, IBV_QP_STATE, &init);
}

CALL(query_qp_null, ibv_query_qp(NULL, NULL, 0, NULL))

static long attach_rc(struct world *w)
{
	union ibv_gid gid = { .raw = { 0xff, 0x0e, [15] = 1 } };

	return ibv_attach_mcast(w->qp, &gid, 0);
}

static long detach_rc(struct world *w)
{
	union ibv_gid gid = { .raw = { 0xff, 0x0e, [15] = 1 } };

	return ibv_detach_mcast(w->qp, &gid, 0);
}

/* --------------------------------------------------------------- the table */

const struct error_case queue_cases[] = {
	{ "channel.null", ANSWER_POINTER, channel_null, NULL, NULL },
	{ "channel.free_null", ANSWER_STATUS, channel_free_null, NULL, NULL },
	{ "channel.free_busy", ANSWER_STATUS, channel_free_busy,
	  make_busy_channel, channel_works },
	{ "channel.no_event", ANSWER_NUMBER, get_no_event, make_silent_channel,
	  NULL },
	{ "channel.no_async_event", ANSWER_NUMBER, get_no_async_event,
	  silence_async, NULL },

	{ "cq.null_context", ANSWER_POINTER, cq_null, NULL, NULL },
	{ "cq.cqe_0", ANSWER_POINTER, cq_0, NULL, NULL },
	{ "cq.cqe_minus_1", ANSWER_POINTER, cq_minus_1, NULL, NULL },
	{ "cq.too_large", ANSWER_POINTER, cq_too_large, NULL, NULL },
	{ "cq.bad_vector", ANSWER_POINTER, cq_bad_vector, NULL, NULL },
	{ "cq.negative_vector", ANSWER_POINTER, cq_negative_vector, NULL,
	  NULL },
	{ "cq.good", ANSWER_POINTER, cq_good, NULL, NULL },
	{ "cq.free_null", ANSWER_STATUS, cq_free_null, NULL, NULL },
	{ "cq.free_busy", ANSWER_STATUS, cq_free_busy, NULL, cq_works },
	{ "cq.free_bad_handle", ANSWER_STATUS, cq_free_bad_handle, NULL,
	  cq_works },
	{ "cq.resize_0", ANSWER_STATUS, cq_resize_0, NULL, NULL },
	{ "cq.resize_minus_1", ANSWER_STATUS, cq_resize_minus_1, NULL, NULL },
	{ "cq.resize_too_large", ANSWER_STATUS, cq_resize_too_large, NULL,
	  NULL },
	{ "cq.notify", ANSWER_STATUS, cq_notify, NULL, NULL },
	{ "cq.poll_nothing", ANSWER_NUMBER, poll_nothing, NULL, NULL },
	{ "cq.poll_empty", ANSWER_NUMBER, poll_empty, NULL, NULL },
	{ "cq_ex.cqe_0", ANSWER_POINTER, cq_ex_0, NULL, NULL },
	{ "cq_ex.bad_wc_flags", ANSWER_POINTER, cq_ex_bad_wc_flags, NULL,
	  NULL },
	{ "cq_ex.bad_comp_mask", ANSWER_POINTER, cq_ex_bad_comp_mask, NULL,
	  NULL },
	{ "cq_ex.bad_flags", ANSWER_POINTER, cq_ex_bad_flags, NULL, NULL },
	{ "cq.modify_bad_mask", ANSWER_STATUS, modify_cq, NULL, NULL },

	{ "qp.null_pd", ANSWER_POINTER, qp_null_pd, NULL, NULL },
	{ "qp.null_attr", ANSWER_POINTER, qp_null_attr, NULL, NULL },
	{ "qp.no_send_cq", ANSWER_POINTER, qp_no_send_cq, NULL, NULL },
	{ "qp.no_recv_cq", ANSWER_POINTER, qp_no_recv_cq, NULL, NULL },
	{ "qp.type_0", ANSWER_POINTER, qp_type_0, NULL, NULL },
	{ "qp.type_99", ANSWER_POINTER, qp_type_99, NULL, NULL },
	{ "qp.good", ANSWER_POINTER, qp_good, NULL, NULL },
	{ "qp.too_many_sends", ANSWER_POINTER, qp_too_many_sends, NULL, NULL },
	{ "qp.too_many_recvs", ANSWER_POINTER, qp_too_many_recvs, NULL, NULL },
	{ "qp.too_many_send_sges", ANSWER_POINTER, qp_too_many_send_sges, NULL,
	  NULL },
	{ "qp.too_many_recv_sges", ANSWER_POINTER, qp_too_many_recv_sges, NULL,
	  NULL },
	{ "qp.too_much_inline", ANSWER_POINTER, qp_too_much_inline, NULL,
	  NULL },
	{ "qp.nothing", ANSWER_POINTER, qp_nothing, NULL, NULL },
	{ "qp.all_ones", ANSWER_POINTER, qp_all_ones, NULL, NULL },
	{ "qp.bad_cq_handle", ANSWER_POINTER, qp_bad_cq_handle, NULL, NULL },
	{ "qp.bad_pd_handle", ANSWER_POINTER, qp_bad_pd_handle, NULL, NULL },
	{ "qp.free_null", ANSWER_STATUS, qp_free_null, NULL, NULL },
	{ "qp.free_bad_handle", ANSWER_STATUS, qp_free_bad_handle, NULL,
	  qp_works },
	{ "qp_ex.without_pd", ANSWER_POINTER, qp_ex_without_pd, NULL, NULL },
	{ "qp_ex.bad_comp_mask", ANSWER_POINTER, qp_ex_bad_comp_mask, NULL,
	  NULL },
	{ "qp_ex.bad_ops", ANSWER_POINTER, qp_ex_bad_ops, NULL, NULL },

	{ "modify.null", ANSWER_STATUS, modify_null, NULL, NULL },
	{ "modify.nothing", ANSWER_STATUS, modify_nothing, NULL, NULL },
	{ "modify.init_without_port", ANSWER_STATUS, init_without_port, NULL,
	  NULL },
	{ "modify.init_bad_mask", ANSWER_STATUS, init_bad_mask, NULL, NULL },
	{ "modify.init_unknown_mask", ANSWER_STATUS, init_unknown_mask, NULL,
	  NULL },
	{ "modify.init_port_9", ANSWER_STATUS, init_port_9, NULL, NULL },
	{ "modify.init_bad_pkey", ANSWER_STATUS, init_bad_pkey, NULL, NULL },
	{ "modify.bad_state", ANSWER_STATUS, bad_state, NULL, NULL },
	{ "modify.reset_to_rts", ANSWER_STATUS, reset_to_rts, NULL, NULL },
	{ "modify.rtr_from_reset", ANSWER_STATUS, rtr_from_reset, NULL, NULL },
	{ "modify.rtr_without_av", ANSWER_STATUS, rtr_without_av, to_init,
	  NULL },
	{ "modify.rtr_bad_sgid", ANSWER_STATUS, rtr_bad_sgid, to_init, NULL },
	{ "modify.rtr_no_grh", ANSWER_STATUS, rtr_no_grh, to_init, NULL },
	{ "modify.rtr_bad_mtu", ANSWER_STATUS, rtr_bad_mtu, to_init, NULL },
	{ "modify.rtr_too_many_atomics", ANSWER_STATUS, rtr_too_many_atomics,
	  to_init, NULL },
	{ "qp.query", ANSWER_STATUS, query_qp, NULL, NULL },
	{ "qp.query_null", ANSWER_STATUS, query_qp_null, NULL, NULL },
	{ "mcast.attach_rc", ANSWER_STATUS, attach_rc, NULL, NULL },
	{ "mcast.detach_rc", ANSWER_STATUS, detach_rc, NULL, NULL },
};
const size_t num_queue_cases = NUM_OF(queue_cases);
