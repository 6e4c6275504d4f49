// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/ktime.h>

#include "softhca.h"

/*
 * Executing send requests: the requester's part, and what the responder's
 * device does for it.
 *
 * A request runs in steps of a bounded number of bytes. Between two steps
 * anything may happen to the other QP; its generation tells whether it is
 * still the connection in which the request was started.
 */

enum {
	TURN_BYTES = 256 << 10,		/* of one QP before the next is due */
	TURN_WQES = 64,
	RNR_FOREVER = 7,
	AGAIN_NS = NSEC_PER_MSEC,	/* an exporter that said "later" */
	NO_TIMEOUT_NS = 4 * NSEC_PER_MSEC,
};

enum step {
	STEP_DONE,			/* the request is complete */
	STEP_MORE,			/* it goes on in a later turn */
	STEP_WAIT,			/* not before qp->wait_until */
};

/* A connection exists if both ends say so and count the same packets. */
static struct hca_qp *find_responder(struct hca_qp *qp)
{
	struct hca_qp *peer = hca_qp_find_locked(qp->attr.dest_qp_num);

	if (!peer || peer->attr.dest_qp_num != qp->qpn ||
	    peer->rq_psn != qp->sq_psn)
		return NULL;
	if (peer->state != IB_QPS_RTR && peer->state != IB_QPS_RTS &&
	    peer->state != IB_QPS_SQD)
		return NULL;
	if (qp->op.started && peer->gen != qp->op.peer_gen)
		return NULL;
	return peer;
}

/* Completes the request with an error, which ends the QP. */
static enum step fail(struct hca_qp *qp, u8 syndrome)
{
	bool told = hca_complete_send_error(qp, syndrome);

	hca_qp_error_locked(qp);
	if (!told)
		hca_qp_event_locked(qp, IB_EVENT_QP_FATAL);
	return STEP_DONE;
}

/* The responder found an error: it ends too, and tells its owner. */
static enum step refuse(struct hca_qp *qp, struct hca_qp *peer,
			enum ib_event_type event, u8 syndrome)
{
	hca_qp_error_locked(peer);
	hca_qp_event_locked(peer, event);
	/* A QP that talks to itself has lost its request already. */
	return qp == peer ? STEP_DONE : fail(qp, syndrome);
}

/* As refuse(), with the receive request to blame. */
static enum step refuse_recv(struct hca_qp *qp, struct hca_qp *peer,
			     u8 recv_syndrome, u8 syndrome)
{
	bool told = hca_complete_recv_error(peer, recv_syndrome);

	hca_qp_error_locked(peer);
	if (!told)
		hca_qp_event_locked(peer, IB_EVENT_QP_FATAL);
	return qp == peer ? STEP_DONE : fail(qp, syndrome);
}

static enum step wait_for(struct hca_qp *qp, u64 ns)
{
	qp->wait_until = ktime_get_ns() + ns;
	return STEP_WAIT;
}

/* Nobody answers: send again after the timeout, a number of times. */
static enum step no_answer(struct hca_qp *qp)
{
	struct hca_op *op = &qp->op;

	op->started = false;
	op->done = 0;
	if (!qp->attr.timeout)
		return wait_for(qp, NO_TIMEOUT_NS);
	/* The first timeout runs before the first retry, as on the wire. */
	if (!op->lost) {
		op->lost = true;
	} else if (!op->retries--) {
		return fail(qp, HCA_SYN_RETRY_EXC);
	} else {
		hca_count(to_hca(qp->ib.device), HCA_STAT_RETRIES, 1);
	}
	return wait_for(qp, 4096ULL << qp->attr.timeout);
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

static enum step receiver_not_ready(struct hca_qp *qp, struct hca_qp *peer)
{
	struct hca_op *op = &qp->op;

	hca_count(to_hca(peer->ib.device), HCA_STAT_RNR_NAKS, 1);
	if (qp->attr.rnr_retry != RNR_FOREVER && !op->rnr_retries--)
		return fail(qp, HCA_SYN_RNR_EXC);
	return wait_for(qp, rnr_ns(peer->attr.min_rnr_timer));
}

static bool is_atomic(const struct hca_op *op)
{
	return op->opcode == HCA_OP_ATOMIC_CS ||
	       op->opcode == HCA_OP_ATOMIC_FA;
}

static bool is_send(const struct hca_op *op)
{
	return op->opcode == HCA_OP_SEND || op->opcode == HCA_OP_SEND_IMM;
}

static bool has_imm(const struct hca_op *op)
{
	return op->opcode == HCA_OP_SEND_IMM ||
	       op->opcode == HCA_OP_RDMA_WRITE_IMM;
}

static bool is_response(const struct hca_op *op)
{
	return op->opcode == HCA_OP_RDMA_READ || is_atomic(op);
}

/* What the operation needs of the remote QP and of the remote region. */
static int remote_access(const struct hca_op *op)
{
	if (is_atomic(op))
		return IB_ACCESS_REMOTE_ATOMIC;
	return op->opcode == HCA_OP_RDMA_READ ? IB_ACCESS_REMOTE_READ :
						IB_ACCESS_REMOTE_WRITE;
}

static void local_side(struct hca_qp *qp, struct hca_side *side)
{
	side->dev = to_hca(qp->ib.device);
	side->pd = to_hpd(qp->ib.pd);
	side->seg = qp->op.seg;
	side->nseg = qp->op.nseg;
	side->need = is_response(&qp->op) ? IB_ACCESS_LOCAL_WRITE : 0;
}

/* The remote range, or the receive request; *seg is storage for a range. */
static void remote_side(struct hca_qp *qp, struct hca_qp *peer,
			struct hca_side *side, struct hca_seg *seg)
{
	const struct hca_op *op = &qp->op;

	side->dev = to_hca(peer->ib.device);
	side->pd = to_hpd(peer->ib.pd);
	if (is_send(op)) {
		side->seg = op->recv.seg;
		side->nseg = op->recv.nseg;
		side->need = IB_ACCESS_LOCAL_WRITE;
		return;
	}
	seg->addr = op->raddr;
	seg->key = op->rkey;
	seg->len = is_atomic(op) ? sizeof(u64) : op->len;
	seg->inl = NULL;
	side->seg = seg;
	/* A message without data touches no memory, its key is not looked at. */
	side->nseg = seg->len ? 1 : 0;
	side->need = remote_access(op);
}

/* Errors that the requester's device finds on its own. */
static int check_request(struct hca_qp *qp)
{
	struct hca_op *op = &qp->op;
	struct hca_side local;
	int syn;

	syn = hca_parse_send(qp);
	if (syn)
		return syn;
	if (is_atomic(op) && (op->nseg != 1 || op->len != sizeof(u64)))
		return HCA_SYN_LOCAL_LENGTH;
	if (is_response(op))
		return qp->attr.max_rd_atomic ? 0 : HCA_SYN_LOCAL_QP_OP;

	local_side(qp, &local);
	return hca_check_side(&local) ? HCA_SYN_LOCAL_PROT : 0;
}

/* Errors in a request as the responder sees it, before any data. */
static bool valid_for(struct hca_qp *peer, const struct hca_op *op)
{
	if (is_send(op))
		return true;
	if (!(peer->attr.qp_access_flags & remote_access(op)))
		return false;
	if (is_response(op) && !peer->attr.max_dest_rd_atomic)
		return false;
	return !is_atomic(op) || IS_ALIGNED(op->raddr, sizeof(u64));
}

/* Takes STEP_MORE for "go on". */
static enum step reserve_recv(struct hca_qp *qp, struct hca_qp *peer)
{
	struct hca_op *op = &qp->op;
	int ret;

	ret = hca_fetch_recv(peer, &op->recv);
	if (!ret)
		return receiver_not_ready(qp, peer);
	if (ret < 0)
		return refuse(qp, peer, IB_EVENT_QP_FATAL, HCA_SYN_REMOTE_OP);
	if (is_send(op) && op->len > op->recv.len)
		return refuse_recv(qp, peer, HCA_SYN_LOCAL_LENGTH,
				   HCA_SYN_REMOTE_INVALID);
	return STEP_MORE;
}

/* The responder looks at the request. Returns STEP_MORE to go on with it. */
static enum step start(struct hca_qp *qp, struct hca_qp *peer)
{
	struct hca_op *op = &qp->op;
	struct hca_side remote;
	struct hca_seg range;
	enum step step;

	if (!valid_for(peer, op))
		return refuse(qp, peer, IB_EVENT_QP_REQ_ERR,
			      HCA_SYN_REMOTE_INVALID);
	if (is_send(op) || has_imm(op)) {
		step = reserve_recv(qp, peer);
		if (step != STEP_MORE)
			return step;
	}
	remote_side(qp, peer, &remote, &range);
	if (!is_send(op) && hca_check_side(&remote))
		return refuse(qp, peer, IB_EVENT_QP_ACCESS_ERR,
			      HCA_SYN_REMOTE_ACCESS);
	op->started = true;
	op->peer_gen = peer->gen;
	return STEP_MORE;
}

static bool is_transient(int err)
{
	return err == -EAGAIN || err == -EINTR || err == -ERESTARTSYS ||
	       err == -ERESTARTNOINTR;
}

/* A copy failed: whose fault is it, and who is told what? */
static enum step copy_error(struct hca_qp *qp, struct hca_qp *peer, int err,
			    bool local)
{
	if (is_transient(err))
		return wait_for(qp, AGAIN_NS);
	if (local)
		return fail(qp, HCA_SYN_LOCAL_PROT);
	if (is_send(&qp->op))
		return refuse_recv(qp, peer, HCA_SYN_LOCAL_PROT,
				   HCA_SYN_REMOTE_OP);
	return refuse(qp, peer, IB_EVENT_QP_ACCESS_ERR, HCA_SYN_REMOTE_ACCESS);
}

/* Moves data for at most *budget bytes; STEP_DONE when all is there. */
static enum step transfer(struct hca_qp *qp, struct hca_qp *peer, long *budget)
{
	struct hca_side local, remote, *src, *dst;
	struct hca_op *op = &qp->op;
	struct hca_seg range;
	enum hca_blame blame;
	long n;

	local_side(qp, &local);
	remote_side(qp, peer, &remote, &range);
	src = is_response(op) ? &remote : &local;
	dst = is_response(op) ? &local : &remote;

	while (op->done < op->len) {
		if (*budget <= 0)
			return STEP_MORE;
		if (is_atomic(op)) {
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
		*budget -= n;
		hca_count(local.dev, HCA_STAT_BYTES, n);
	}
	return STEP_DONE;
}

static u8 recv_opcode(const struct hca_op *op)
{
	if (op->opcode == HCA_OP_RDMA_WRITE_IMM)
		return HCA_CQE_RESP_WR_IMM;
	return op->opcode == HCA_OP_SEND_IMM ? HCA_CQE_RESP_SEND_IMM :
					       HCA_CQE_RESP_SEND;
}

static u32 num_packets(struct hca_qp *qp)
{
	u32 mtu = ib_mtu_enum_to_int(qp->attr.path_mtu);

	return max_t(u32, DIV_ROUND_UP_ULL(qp->op.len, mtu), 1);
}

/* All data is in place: completions at the responder, then at home. */
static enum step finish_request(struct hca_qp *qp, struct hca_qp *peer)
{
	struct hca_op *op = &qp->op;
	u32 psns = num_packets(qp);

	if ((is_send(op) || has_imm(op)) &&
	    !hca_complete_recv(peer, recv_opcode(op), op->len,
			       has_imm(op) ? op->imm : 0,
			       op->fm_ce_se & HCA_CTRL_SOLICITED))
		return refuse(qp, peer, IB_EVENT_QP_FATAL, HCA_SYN_REMOTE_OP);

	qp->sq_psn = (qp->sq_psn + psns) & 0xffffff;
	peer->rq_psn = (peer->rq_psn + psns) & 0xffffff;
	if (!hca_complete_send(qp)) {
		hca_qp_error_locked(qp);
		hca_qp_event_locked(qp, IB_EVENT_QP_FATAL);
	}
	return STEP_DONE;
}

static enum step run_request(struct hca_qp *qp, long *budget)
{
	struct hca_op *op = &qp->op;
	struct hca_qp *peer;
	enum step step;

	peer = find_responder(qp);
	if (!peer)
		return no_answer(qp);
	op->lost = false;
	if (!op->started) {
		step = start(qp, peer);
		if (step != STEP_MORE)
			return step;
	}
	step = transfer(qp, peer, budget);
	/* An error has ended the request in the middle. */
	if (step != STEP_DONE || !op->active)
		return step;
	return finish_request(qp, peer);
}

static bool next_request(struct hca_qp *qp)
{
	int syn;

	if (qp->state != IB_QPS_RTS || !hca_fetch_send(qp))
		return false;
	syn = check_request(qp);
	if (syn)
		fail(qp, syn);
	return true;
}

static void sq_drained(struct hca_qp *qp)
{
	if (!qp->drained_event || qp->op.active)
		return;
	qp->drained_event = false;
	hca_qp_event_locked(qp, IB_EVENT_SQ_DRAINED);
}

/* One turn of a QP that may send. Returns whether it got anywhere. */
bool hca_sq_run_locked(struct hca_qp *qp, u64 now)
{
	long budget = TURN_BYTES;
	int n = TURN_WQES;
	bool any = false;

	if (qp->wait_until > now)
		return false;
	qp->wait_until = 0;

	while (n-- && budget > 0) {
		if (!qp->op.active && !next_request(qp))
			break;
		/* Not so if the request was bad. */
		if (qp->op.active && run_request(qp, &budget) == STEP_WAIT)
			break;
		any = true;
	}
	if (qp->state == IB_QPS_SQD)
		sq_drained(qp);
	return any;
}
