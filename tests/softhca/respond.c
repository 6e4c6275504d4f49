// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/ktime.h>

#include "softhca.h"

/*
 * Requests between connected QPs: RC, XRC, UC and DC. Both ends are dealt with
 * here, the responder's by the requester's turn.
 *
 * Between two steps of a request anything may happen to the other QP; its
 * generation tells whether it is still the connection in which the request
 * was started. An unreliable requester learns of nothing: what goes wrong
 * on the other side loses its message.
 */

enum {
	RNR_FOREVER = 7,
	NO_TIMEOUT_NS = 4 * NSEC_PER_MSEC,
	PIECE_COST = 64, /* in bytes, of one that is smaller */
};

static bool is_unreliable(const struct hca_qp *qp)
{
	return qp->ib.qp_type == IB_QPT_UC;
}

static bool is_xrc(const struct hca_qp *qp)
{
	return qp->ib.qp_type == IB_QPT_XRC_INI;
}

static bool types_match(const struct hca_qp *qp, const struct hca_qp *peer)
{
	if (is_xrc(qp))
		return peer->ib.qp_type == IB_QPT_XRC_TGT;
	return peer->ib.qp_type == qp->ib.qp_type;
}

/* A connection exists if both ends say so and count the same packets. */
static struct hca_qp *find_connected(struct hca_qp *qp)
{
	struct hca_qp *peer = hca_qp_find_locked(qp->attr.dest_qp_num);

	if (!peer || !types_match(qp, peer) || !hca_qp_receives(peer) ||
	    peer->attr.dest_qp_num != qp->qpn)
		return NULL;
	/* One that may lose messages takes the sequence as it comes. */
	if (!is_unreliable(qp) && peer->rq_psn != qp->sq_psn)
		return NULL;
	return peer;
}

static struct hca_qp *find_responder(struct hca_qp *qp)
{
	struct hca_qp *peer =
		qp->dc ? hca_dc_responder_locked(qp) : find_connected(qp);

	if (!peer || (qp->op.started && peer->gen != qp->op.peer_gen))
		return NULL;
	return peer;
}

/* A DCT may be filling as many as there are DCIs, each has its own. */
static struct hca_recv *recv_of(struct hca_qp *qp, struct hca_qp *peer)
{
	return qp->dc ? &qp->recv : &peer->recv;
}

static void end_responder(struct hca_qp *peer, enum ib_event_type event)
{
	hca_qp_error_locked(peer);
	hca_qp_event_locked(peer, event);
}

/* An unreliable message is lost; the requester has done its part. */
static enum hca_step lose(struct hca_qp *qp)
{
	hca_count(to_hca(qp->ib.device), HCA_STAT_DROPPED, 1);
	return hca_finish_send(qp);
}

/*
 * The responder found an error: it ends too, and tells its owner. A DCT is
 * there for others as well, and goes on.
 */
static enum hca_step refuse(struct hca_qp *qp, struct hca_qp *peer,
			    enum ib_event_type event, u8 syndrome)
{
	/* Nobody may end an unreliable QP by sending nonsense to it. */
	if (is_unreliable(qp) && event != IB_EVENT_QP_FATAL)
		return lose(qp);
	if (!qp->dc || event == IB_EVENT_QP_FATAL)
		end_responder(peer, event);
	/* A QP that talks to itself has lost its request already. */
	if (qp == peer)
		return HCA_STEP_DONE;
	return is_unreliable(qp) ? lose(qp) : hca_fail_send(qp, syndrome);
}

/* As refuse(), with the receive request to blame. */
static enum hca_step refuse_recv(struct hca_qp *qp, struct hca_qp *peer,
				 u8 recv_syndrome, u8 syndrome)
{
	if (!hca_complete_recv_error(peer, recv_of(qp, peer), recv_syndrome))
		end_responder(peer, IB_EVENT_QP_FATAL);
	else if (!qp->dc)
		hca_qp_error_locked(peer);
	if (qp == peer)
		return HCA_STEP_DONE;
	return is_unreliable(qp) ? lose(qp) : hca_fail_send(qp, syndrome);
}

static enum hca_step wait_for(struct hca_qp *qp, u64 ns)
{
	qp->wait_until = ktime_get_ns() + ns;
	return HCA_STEP_WAIT;
}

/*
 * Nobody answers: send again after the timeout. The first timeout runs before
 * the first retry, as on the wire.
 */
static enum hca_step no_answer(struct hca_qp *qp)
{
	struct hca_op *op = &qp->op;

	if (is_unreliable(qp))
		return lose(qp);
	hca_dc_leave_locked(qp);
	op->started = false;
	op->done = 0;
	if (!qp->attr.timeout)
		return wait_for(qp, NO_TIMEOUT_NS);
	op->lost = true;
	return wait_for(qp, 4096ULL << qp->attr.timeout);
}

/* Whether a request may be sent: of what was lost only a number of times. */
static bool may_send(struct hca_qp *qp)
{
	struct hca_op *op = &qp->op;

	if (!op->lost)
		return true;
	if (!op->retries)
		return false;
	op->retries--;
	op->lost = false;
	hca_count(to_hca(qp->ib.device), HCA_STAT_RETRIES, 1);
	return true;
}

/* What the five bits of min_rnr_timer stand for: 0.01 ms to 655.36 ms. */
static u64 rnr_ns(u8 timer)
{
	u32 units;

	if (!timer)
		units = 1 << 16;
	else if (timer == 1)
		units = 1;
	else if (timer & 1)
		units = 3 << (timer - 3) / 2;
	else
		units = 1 << timer / 2;
	return units * 10ULL * NSEC_PER_USEC;
}

static enum hca_step receiver_not_ready(struct hca_qp *qp, struct hca_qp *peer)
{
	struct hca_op *op = &qp->op;

	if (is_unreliable(qp))
		return lose(qp);
	hca_count(to_hca(peer->ib.device), HCA_STAT_RNR_NAKS, 1);
	if (qp->attr.rnr_retry != RNR_FOREVER && !op->rnr_retries--)
		return hca_fail_send(qp, HCA_SYN_RNR_EXC);
	return wait_for(qp, rnr_ns(peer->attr.min_rnr_timer));
}

static bool has_imm(const struct hca_op *op)
{
	return op->opcode == HCA_OP_SEND_IMM ||
	       op->opcode == HCA_OP_RDMA_WRITE_IMM;
}

static bool takes_recv(const struct hca_op *op)
{
	return hca_is_send(op) || has_imm(op);
}

/* What the operation needs of the remote QP and of the remote region. */
static int remote_access(const struct hca_op *op)
{
	if (hca_is_atomic(op))
		return IB_ACCESS_REMOTE_ATOMIC;
	return op->opcode == HCA_OP_RDMA_READ ? IB_ACCESS_REMOTE_READ
					      : IB_ACCESS_REMOTE_WRITE;
}

/* The SRQ that an XRC request is for, which must be of the same domain. */
static struct hca_srq *find_xrc_srq(struct hca_qp *qp, struct hca_qp *peer)
{
	struct hca_srq *srq = hca_srq_find_locked(qp->op.xrc_srqn);

	if (!srq || srq->ib.srq_type != IB_SRQT_XRC ||
	    srq->ib.ext.xrc.xrcd != peer->ib.xrcd)
		return NULL;
	return srq;
}

/* Where the responder takes its receive requests from, NULL for its own. */
static struct hca_srq *find_srq(struct hca_qp *qp, struct hca_qp *peer)
{
	if (is_xrc(qp))
		return find_xrc_srq(qp, peer);
	return peer->ib.srq ? to_hsrq(peer->ib.srq) : NULL;
}

/* A target QP has no PD, the SRQ's counts. */
static struct hca_pd *remote_pd(struct hca_qp *qp, struct hca_qp *peer)
{
	return to_hpd(is_xrc(qp) ? find_xrc_srq(qp, peer)->ib.pd : peer->ib.pd);
}

/* The remote range, or the receive request; *seg is storage for a range. */
static void remote_side(struct hca_qp *qp, struct hca_qp *peer,
			struct hca_side *side, struct hca_seg *seg)
{
	const struct hca_recv *recv = recv_of(qp, peer);
	const struct hca_op *op = &qp->op;

	*side = (struct hca_side){
		.dev = to_hca(peer->ib.device),
		.pd = remote_pd(qp, peer),
		.qpn = peer->qpn,
	};
	if (hca_is_send(op) && recv->inl.seg.len) {
		side->seg = &recv->inl.seg;
		side->nseg = 1;
		return;
	}
	if (hca_is_send(op)) {
		side->seg = recv->seg;
		side->nseg = recv->nseg;
		side->need = IB_ACCESS_LOCAL_WRITE;
		return;
	}
	seg->addr = op->raddr;
	seg->key = op->rkey;
	seg->len = hca_is_atomic(op) ? sizeof(u64) : op->len;
	seg->inl = NULL;
	side->seg = seg;
	/* A message without data touches no memory, its key is not looked at. */
	side->nseg = seg->len ? 1 : 0;
	side->need = remote_access(op);
	side->remote = true;
}

/* Errors in a request as the responder sees it, before any data. */
static bool valid_for(struct hca_qp *peer, const struct hca_op *op)
{
	if (hca_is_send(op))
		return true;
	if (!(peer->attr.qp_access_flags & remote_access(op)))
		return false;
	/* A DCT is not told how many at a time. */
	if (hca_is_response(op) && !peer->dc && !peer->attr.max_dest_rd_atomic)
		return false;
	return !hca_is_atomic(op) || IS_ALIGNED(op->raddr, sizeof(u64));
}

/* One that an earlier requester did not live to fill; false: no room. */
static bool drop_stale_recv(struct hca_qp *peer, struct hca_recv *recv,
			    struct hca_srq *srq)
{
	u32 srqn = srq ? srq->srqn : 0;

	if (!recv->taken || recv->srqn == srqn)
		return true;
	return hca_complete_recv_error(peer, recv, HCA_SYN_FLUSH);
}

/* Takes a receive request for the message. Returns HCA_STEP_MORE to go on. */
static enum hca_step reserve_recv(struct hca_qp *qp, struct hca_qp *peer)
{
	struct hca_recv *recv = recv_of(qp, peer);
	struct hca_srq *srq = find_srq(qp, peer);
	struct hca_op *op = &qp->op;
	int ret = 1;

	if (!drop_stale_recv(peer, recv, srq))
		return refuse(qp, peer, IB_EVENT_QP_FATAL, HCA_SYN_REMOTE_OP);
	if (!recv->taken)
		ret = hca_recv_peek_locked(peer, srq, recv);
	if (!ret)
		return receiver_not_ready(qp, peer);
	if (ret < 0)
		return refuse(qp, peer, IB_EVENT_QP_FATAL, HCA_SYN_REMOTE_OP);
	if (!recv->taken)
		hca_recv_take_locked(peer, recv);
	if (hca_is_send(op) && op->len > recv->len)
		return refuse_recv(qp, peer, HCA_SYN_LOCAL_LENGTH,
				   HCA_SYN_REMOTE_INVALID);
	hca_inline_begin(&recv->inl, peer->inline_received,
			 hca_is_send(op) ? op->len : 0);
	return HCA_STEP_MORE;
}

/* The responder looks at the request. Returns HCA_STEP_MORE to go on. */
static enum hca_step start(struct hca_qp *qp, struct hca_qp *peer)
{
	struct hca_op *op = &qp->op;
	struct hca_side remote;
	struct hca_seg range;
	enum hca_step step;

	if (!valid_for(peer, op))
		return refuse(qp, peer, IB_EVENT_QP_REQ_ERR,
			      HCA_SYN_REMOTE_INVALID);
	if (!hca_is_send(op)) {
		remote_side(qp, peer, &remote, &range);
		if (hca_check_side(&remote))
			return refuse(qp, peer, IB_EVENT_QP_ACCESS_ERR,
				      HCA_SYN_REMOTE_ACCESS);
	}
	if (takes_recv(op)) {
		step = reserve_recv(qp, peer);
		if (step != HCA_STEP_MORE)
			return step;
	}
	op->started = true;
	op->peer_gen = peer->gen;
	return HCA_STEP_MORE;
}

/* A copy failed: whose fault is it, and who is told what? */
static enum hca_step copy_error(struct hca_qp *qp, struct hca_qp *peer, int err,
				bool local)
{
	if (hca_is_transient(err))
		return hca_wait(qp, err);
	if (local)
		return hca_fail_send(qp, HCA_SYN_LOCAL_PROT);
	if (hca_is_send(&qp->op))
		return refuse_recv(qp, peer, HCA_SYN_LOCAL_PROT,
				   HCA_SYN_REMOTE_OP);
	return refuse(qp, peer, IB_EVENT_QP_ACCESS_ERR, HCA_SYN_REMOTE_ACCESS);
}

/* Moves data for at most *budget bytes; HCA_STEP_DONE when all is there. */
static enum hca_step transfer(struct hca_qp *qp, struct hca_qp *peer,
			      long *budget)
{
	struct hca_side local, remote, *src, *dst;
	struct hca_op *op = &qp->op;
	struct hca_seg range;
	enum hca_blame blame;
	long n;

	hca_local_side(qp, &local);
	remote_side(qp, peer, &remote, &range);
	src = hca_is_response(op) ? &remote : &local;
	dst = hca_is_response(op) ? &local : &remote;

	while (op->done < op->len) {
		if (*budget <= 0)
			return HCA_STEP_MORE;
		if (hca_is_atomic(op)) {
			n = hca_atomic(&local, &remote, op, &blame);
			n = n ? n : sizeof(u64);
		} else {
			n = hca_copy(dst, src, op->done,
				     min_t(u64, op->len - op->done, *budget),
				     &blame);
		}
		if (n < 0)
			return copy_error(qp, peer, n,
					  (blame == HCA_BLAME_SRC) ==
						  (src == &local));
		op->done += n;
		*budget -= max_t(long, n, PIECE_COST);
		hca_count(local.dev, HCA_STAT_BYTES, n);
	}
	return HCA_STEP_DONE;
}

static u8 recv_opcode(const struct hca_op *op)
{
	switch (op->opcode) {
	case HCA_OP_RDMA_WRITE_IMM:
		return HCA_CQE_RESP_WR_IMM;
	case HCA_OP_SEND_IMM:
		return HCA_CQE_RESP_SEND_IMM;
	case HCA_OP_SEND_INVAL:
		return HCA_CQE_RESP_SEND_INV;
	default:
		return HCA_CQE_RESP_SEND;
	}
}

static bool complete_recv(struct hca_qp *qp, struct hca_qp *peer)
{
	const struct hca_op *op = &qp->op;
	struct hca_cqe cqe = { .byte_cnt = cpu_to_be32(op->len) };

	if (has_imm(op) || op->opcode == HCA_OP_SEND_INVAL)
		cqe.imm = op->imm;
	return hca_complete_recv(peer, recv_of(qp, peer), &cqe, recv_opcode(op),
				 op->fm_ce_se & HCA_CTRL_SOLICITED);
}

static u32 num_packets(struct hca_qp *qp)
{
	u32 mtu = ib_mtu_enum_to_int(qp->attr.path_mtu);

	return max_t(u32, DIV_ROUND_UP_ULL(qp->op.len, mtu), 1);
}

/* All data is in place: completions at the responder, then at home. */
static enum hca_step finish_request(struct hca_qp *qp, struct hca_qp *peer)
{
	struct hca_op *op = &qp->op;
	u32 psns = num_packets(qp);

	if (op->opcode == HCA_OP_SEND_INVAL &&
	    hca_invalidate_locked(peer, be32_to_cpu(op->imm)))
		return refuse_recv(qp, peer, HCA_SYN_MW_BIND,
				   HCA_SYN_REMOTE_OP);
	if (takes_recv(op) && !complete_recv(qp, peer))
		return refuse(qp, peer, IB_EVENT_QP_FATAL, HCA_SYN_REMOTE_OP);

	qp->sq_psn = (qp->sq_psn + psns) & 0xffffff;
	peer->rq_psn = (peer->rq_psn + psns) & 0xffffff;
	return hca_finish_send(qp);
}

/* One turn of a request. */
enum hca_step hca_run_connected(struct hca_qp *qp, long *budget)
{
	struct hca_op *op = &qp->op;
	struct hca_qp *peer;
	enum hca_step step;

	if (!may_send(qp))
		return hca_fail_send(qp, HCA_SYN_RETRY_EXC);
	peer = op->dropped ? NULL : find_responder(qp);
	op->dropped = false;
	if (!peer)
		return no_answer(qp);
	/* At any time the SRQ may go that an XRC request is for. */
	if (is_xrc(qp) && !find_xrc_srq(qp, peer))
		return refuse(qp, peer, IB_EVENT_QP_REQ_ERR,
			      HCA_SYN_REMOTE_INVALID);
	if (!op->started) {
		step = start(qp, peer);
		if (step != HCA_STEP_MORE)
			return step;
	}
	step = transfer(qp, peer, budget);
	/* An error has ended the request in the middle. */
	if (step != HCA_STEP_DONE || !op->active)
		return step;
	return finish_request(qp, peer);
}
