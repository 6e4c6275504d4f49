// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/ktime.h>
#include <linux/netdevice.h>
#include <rdma/ib_addr.h>

#include "raw.h"

/*
 * Executing send requests: what the requester does on its own. respond.c has
 * connected QPs, ud.c datagrams, transmit.c frames.
 *
 * A request runs in steps of a bounded number of bytes, one step holding the
 * lock of a buffer for as long as it takes to copy them.
 */

enum {
	TURN_BYTES = 256 << 10, /* of one QP before the next is due */
	TURN_WQES = 64,
	BUSY_NS = 100 * NSEC_PER_USEC, /* somebody holds a buffer's lock */
	AGAIN_NS = 10 * NSEC_PER_MSEC, /* a worker is at it, and will tell */
	LATER_NS = NSEC_PER_MSEC, /* an exporter that said so */
};

/* Completes the request with an error, which ends the QP or a DCI's stream. */
enum hca_step hca_fail_send(struct hca_qp *qp, u8 syndrome)
{
	bool told = hca_complete_send_error(qp, syndrome);

	if (told && hca_stream_fail_locked(qp))
		return HCA_STEP_DONE;
	hca_qp_error_locked(qp);
	if (!told)
		hca_qp_event_locked(qp, IB_EVENT_QP_FATAL);
	return HCA_STEP_DONE;
}

enum hca_step hca_finish_send(struct hca_qp *qp)
{
	if (!hca_complete_send(qp)) {
		hca_qp_error_locked(qp);
		hca_qp_event_locked(qp, IB_EVENT_QP_FATAL);
	}
	return HCA_STEP_DONE;
}

/* Errors of an exporter, or of ours, that another attempt may not meet. */
bool hca_is_transient(int err)
{
	return err == -EAGAIN || err == -EBUSY || err == -EINTR ||
	       err == -ERESTARTSYS || err == -ERESTARTNOINTR;
}

/* A buffer cannot be used just now. */
enum hca_step hca_wait(struct hca_qp *qp, int err)
{
	u64 ns = LATER_NS;

	if (err == -EBUSY)
		ns = BUSY_NS;
	else if (err == -EAGAIN)
		ns = AGAIN_NS;
	qp->faulting = err == -EAGAIN;
	qp->wait_until = ktime_get_ns() + ns;
	return HCA_STEP_WAIT;
}

/* Read before the attempt, so that no fault that ends meanwhile is missed. */
static void note_faults(struct hca_qp *qp)
{
	qp->faulting = false;
	qp->fault_seq = atomic_read(&hca_faults);
}

static bool must_wait(const struct hca_qp *qp, u64 now)
{
	if (qp->wait_until <= now)
		return false;
	return !qp->faulting || qp->fault_seq == atomic_read(&hca_faults);
}

void hca_local_side(struct hca_qp *qp, struct hca_side *side)
{
	*side = (struct hca_side){
		.dev = to_hca(qp->ib.device),
		.pd = to_hpd(qp->ib.pd),
		.qpn = qp->qpn,
		.seg = qp->op.seg,
		.nseg = qp->op.nseg,
		.need = hca_is_response(&qp->op) ? IB_ACCESS_LOCAL_WRITE : 0,
	};
	if (qp->op.inl.seg.len) {
		side->seg = &qp->op.inl.seg;
		side->nseg = 1;
		side->need = 0;
	}
}

static bool fits_mtu(struct hca_qp *qp)
{
	struct net_device *ndev = to_hca(qp->ib.device)->ndev;
	u32 mtu = ib_mtu_enum_to_int(iboe_get_mtu(READ_ONCE(ndev->mtu)));

	return qp->op.len <= HCA_GRH_LEN + mtu;
}

static int check_length(struct hca_qp *qp)
{
	struct hca_op *op = &qp->op;

	if (hca_is_atomic(op) && (op->nseg != 1 || op->len != sizeof(u64)))
		return HCA_SYN_LOCAL_LENGTH;
	if (hca_is_datagram(qp) && !fits_mtu(qp))
		return HCA_SYN_LOCAL_LENGTH;
	if (hca_is_raw(qp))
		return hca_raw_check_length(qp);
	return 0;
}

/* Errors that the requester's device finds on its own. */
static int check_request(struct hca_qp *qp)
{
	struct hca_op *op = &qp->op;
	struct hca_side local;
	int syn;

	syn = hca_parse_send(qp);
	if (!syn)
		syn = check_length(qp);
	if (syn)
		return syn;
	if (hca_is_response(op)) {
		/* What nobody is told of goes to memory. */
		if (hca_is_signaled(op))
			hca_inline_begin(&op->inl, qp->inline_returned,
					 op->len);
		return qp->attr.max_rd_atomic ? 0 : HCA_SYN_LOCAL_QP_OP;
	}

	hca_local_side(qp, &local);
	return hca_check_side(&local) ? HCA_SYN_LOCAL_PROT : 0;
}

static enum hca_step bind(struct hca_qp *qp)
{
	int syn = hca_umr_locked(qp);

	return syn ? hca_fail_send(qp, syn) : hca_finish_send(qp);
}

static enum hca_step delay(struct hca_qp *qp)
{
	qp->wait_until = qp->op.not_before;
	qp->op.not_before = 0;
	return HCA_STEP_WAIT;
}

static enum hca_step run_request(struct hca_qp *qp, long *budget)
{
	note_faults(qp);
	if (qp->op.not_before)
		return delay(qp);
	switch (qp->op.opcode) {
	case HCA_OP_NOP:
		return hca_finish_send(qp);
	case HCA_OP_UMR:
		return bind(qp);
	default:
		if (hca_is_raw(qp))
			return hca_run_raw(qp, budget);
		if (hca_is_datagram(qp))
			return hca_run_datagram(qp, budget);
		return hca_run_connected(qp, budget);
	}
}

static bool next_request(struct hca_qp *qp)
{
	int syn;

	if (qp->state != IB_QPS_RTS || !hca_fetch_send(qp))
		return false;
	syn = hca_stream_failed(qp) ? HCA_SYN_FLUSH : hca_inject(qp);
	if (!syn)
		syn = check_request(qp);
	if (syn)
		hca_fail_send(qp, syn);
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

	if (must_wait(qp, now))
		return false;
	qp->wait_until = 0;

	while (n-- && budget > 0) {
		if (!qp->op.active && !next_request(qp))
			break;
		/* Not so if the request was bad. */
		if (qp->op.active && run_request(qp, &budget) == HCA_STEP_WAIT)
			break;
		any = true;
	}
	if (qp->state == IB_QPS_SQD)
		sq_drained(qp);
	return any;
}
