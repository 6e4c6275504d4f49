// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/ktime.h>

#include "softhca.h"

/* Writing completions, and the events that tell of them. */

/* Whether enough has come together, or has waited for long enough. */
static bool moderated(struct hca_cq *cq, u32 news, u64 *next)
{
	u64 due;

	if (news >= cq->event_count || !cq->event_period)
		return false;
	due = cq->unannounced_since + cq->event_period * NSEC_PER_USEC;
	if (ktime_get_ns() >= due)
		return false;
	*next = min(*next, due);
	return true;
}

/*
 * Sends the event a program has armed the CQ for, once per arming. It is due
 * when there is a completion newer than the arming that no event has told of
 * yet: programs may arm before they have polled what the last one announced.
 * *next is set to when to look again, if that is earlier.
 */
static bool maybe_notify(struct hca_cq *cq, u64 *next)
{
	u32 arm = hca_db_read(&cq->db, HCA_DB_CQ_ARM);
	u32 target, ahead;

	if (arm == cq->last_arm || arm == HCA_ARM_NEVER || cq->error)
		return false;

	target = arm & HCA_ARM_SOLICITED ? cq->solicited_pi : cq->pi;
	ahead = (target - arm) & HCA_CI_MASK;
	if (!ahead || ahead > HCA_CI_MASK / 2 ||
	    (s32)(target - cq->event_pi) <= 0)
		return false;
	if (moderated(cq, target - cq->event_pi, next))
		return false;

	cq->last_arm = arm;
	cq->event_pi = cq->pi;
	cq->unannounced_since = 0;
	hca_count(to_hca(cq->ib.device), HCA_STAT_CQ_EVENTS, 1);
	if (cq->ib.comp_handler)
		cq->ib.comp_handler(&cq->ib, cq->ib.cq_context);
	return true;
}

/* Finds CQs that were armed, or due, when their completions were there. */
bool hca_cq_arm_scan_locked(u64 *next)
{
	struct hca_cq *cq;
	bool any = false;

	list_for_each_entry (cq, &hca_cqs, entry)
		any |= maybe_notify(cq, next);
	return any;
}

static void fail_cq(struct hca_cq *cq)
{
	struct ib_event event = {
		.device = cq->ib.device,
		.element.cq = &cq->ib,
		.event = IB_EVENT_CQ_ERR,
	};

	cq->error = true;
	if (cq->ib.event_handler)
		cq->ib.event_handler(&event, cq->ib.cq_context);
}

/* More than there are, if the consumer index makes no sense. */
u32 hca_cq_used_locked(struct hca_cq *cq)
{
	return (cq->pi - hca_db_read(&cq->db, HCA_DB_CQ_CI)) & HCA_CI_MASK;
}

static struct hca_cqe *next_slot(const struct hca_cq *cq)
{
	u32 i = cq->collapsed ? 0 : cq->pi & (cq->num - 1);

	return cq->ring.base + (i + 1) * cq->cqe_size - sizeof(struct hca_cqe);
}

void hca_cq_write_locked(struct hca_cq *cq, const struct hca_cqe *cqe,
			 u8 op_own)
{
	struct hca_cqe *slot = next_slot(cq);

	memcpy(slot, cqe, offsetof(struct hca_cqe, op_own));
	/* The owner bit hands the entry over: pairs with the poller's load. */
	smp_store_release(&slot->op_own,
			  op_own | (cq->pi & cq->num ? HCA_CQE_OWNER : 0));
	cq->pi++;
}

/*
 * Appends a completion; false if the CQ has no room, now or earlier. A full
 * CQ is broken for good, nothing in it is overwritten.
 */
bool hca_cq_push_locked(struct hca_cq *cq, struct hca_cqe *cqe, u8 opcode,
			bool solicited, const struct hca_inline *inl)
{
	u64 next = U64_MAX;
	u8 op_own;

	if (cq->error)
		return false;
	if (!cq->overrun && hca_cq_used_locked(cq) >= cq->num) {
		fail_cq(cq);
		return false;
	}

	if (opcode < HCA_CQE_REQ_ERR)
		cqe->timestamp = cpu_to_be64(hca_clock_tick());
	if (cq->padded)
		memset(next_slot(cq) - 1, 0, sizeof(*cqe));
	op_own = opcode << 4 | (solicited ? HCA_CQE_SOLICITED : 0);
	op_own |= hca_inline_put(inl, cqe, next_slot(cq), cq->cqe_size);
	hca_cq_write_locked(cq, cqe, op_own);
	if (!cq->unannounced_since)
		cq->unannounced_since = ktime_get_ns();
	/* An error wakes also those who wait for solicited ones only. */
	if (solicited || opcode >= HCA_CQE_REQ_ERR)
		cq->solicited_pi = cq->pi;
	maybe_notify(cq, &next);
	return true;
}
