// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/wait.h>

#include "raw.h"

/*
 * The one thread that executes work requests, for all devices.
 *
 * What there is to do is read from the doorbell records alone. After work
 * the thread looks again every poll_us for hot_us; sleeping in between gives
 * way to the programs it works for. Then it sets the doorbell trap, looks
 * once more and sleeps until a doorbell faults or a retry is due. Idle, it
 * costs nothing.
 */

DEFINE_MUTEX(hca_mutex);
LIST_HEAD(hca_devs);
LIST_HEAD(hca_ctxs);
LIST_HEAD(hca_cqs);
static LIST_HEAD(hca_qps);
static unsigned int num_qps;

static DECLARE_WAIT_QUEUE_HEAD(wait);
static int kicked;
static struct task_struct *engine;

static uint poll_us = 30;
module_param(poll_us, uint, 0644);
MODULE_PARM_DESC(poll_us, "Time between two looks at busy queues, in us");

static uint hot_us = 2000;
module_param(hot_us, uint, 0644);
MODULE_PARM_DESC(hot_us, "How long queues count as busy after work, in us");

enum {
	FLUSH_WQES = 64,
	ERR_POLL_MIN_NS = NSEC_PER_MSEC,
	ERR_POLL_MAX_NS = 64 * NSEC_PER_MSEC,
};

/* From any context: there may be something to do. */
void hca_kick(void)
{
	/* Pairs with the xchg() in sleep_until_kick(). */
	smp_store_release(&kicked, 1);
	wake_up(&wait);
}

/* From now on it is found by its GIDs. */
void hca_engine_add_dev(struct hca_dev *dev)
{
	mutex_lock(&hca_mutex);
	list_add_tail(&dev->entry, &hca_devs);
	mutex_unlock(&hca_mutex);
}

void hca_engine_del_dev(struct hca_dev *dev)
{
	mutex_lock(&hca_mutex);
	list_del(&dev->entry);
	mutex_unlock(&hca_mutex);
}

void hca_engine_add_ctx(struct hca_ctx *ctx)
{
	mutex_lock(&hca_mutex);
	list_add_tail(&ctx->entry, &hca_ctxs);
	mutex_unlock(&hca_mutex);
}

void hca_engine_del_ctx(struct hca_ctx *ctx)
{
	mutex_lock(&hca_mutex);
	list_del(&ctx->entry);
	mutex_unlock(&hca_mutex);
}

void hca_engine_add_cq_locked(struct hca_cq *cq)
{
	list_add_tail(&cq->entry, &hca_cqs);
}

void hca_engine_del_cq_locked(struct hca_cq *cq)
{
	list_del(&cq->entry);
}

void hca_engine_add_qp_locked(struct hca_qp *qp)
{
	list_add_tail(&qp->entry, &hca_qps);
	num_qps++;
}

void hca_engine_del_qp_locked(struct hca_qp *qp)
{
	list_del(&qp->entry);
	num_qps--;
}

static void last_wqe_reached(struct hca_qp *qp)
{
	if (!qp->last_wqe_event || qp->recv.taken)
		return;
	qp->last_wqe_event = false;
	hca_qp_event_locked(qp, IB_EVENT_QP_LAST_WQE_REACHED);
}

/*
 * Receives posted to a queue in error ring no doorbell: look for them from
 * time to time, less often the longer none came. any: there were some just now.
 */
void hca_look_again(bool any, u64 now, u64 *err_poll, u64 *wait_until)
{
	if (any || !*err_poll)
		*err_poll = ERR_POLL_MIN_NS;
	else if (*wait_until <= now)
		*err_poll = min_t(u64, *err_poll * 2, ERR_POLL_MAX_NS);
	else
		return;
	*wait_until = now + *err_poll;
}

static bool flush_qp(struct hca_qp *qp, u64 now)
{
	bool any = hca_flush_locked(qp, FLUSH_WQES);

	last_wqe_reached(qp);
	if (qp->stuck || !qp->rq_num) {
		qp->wait_until = 0;
		return any;
	}
	hca_look_again(any, now, &qp->err_poll, &qp->wait_until);
	return any;
}

static bool run_qp(struct hca_qp *qp, u64 now)
{
	switch (qp->state) {
	case IB_QPS_RTS:
	case IB_QPS_SQD:
		return hca_sq_run_locked(qp, now);
	case IB_QPS_ERR:
		return flush_qp(qp, now);
	default:
		return false;
	}
}

/*
 * Gives each QP a turn, the lock free in between. QPs that come or go on the
 * way make some wait for the next pass. *next: when a retry or look is due.
 */
static bool run_qps(u64 *next)
{
	unsigned int n = READ_ONCE(num_qps);
	u64 now = ktime_get_ns();
	struct hca_qp *qp;
	bool any = false;

	*next = U64_MAX;
	for (; n; n--) {
		mutex_lock(&hca_mutex);
		qp = list_first_entry_or_null(&hca_qps, struct hca_qp, entry);
		if (qp) {
			list_rotate_left(&hca_qps);
			any |= run_qp(qp, now);
			if (qp->wait_until)
				*next = min(*next, qp->wait_until);
		}
		mutex_unlock(&hca_mutex);
		cond_resched();
	}
	return any;
}

static bool run_pass(u64 *next)
{
	bool any = run_qps(next);

	hca_clock_tick();
	mutex_lock(&hca_mutex);
	any |= hca_wires_run_locked();
	any |= hca_rxqs_run_locked(next);
	any |= hca_cq_arm_scan_locked(next);
	mutex_unlock(&hca_mutex);
	return any;
}

static void sleep_until_kick(u64 next)
{
	u64 now = ktime_get_ns();
	ktime_t timeout = KTIME_MAX;

	if (next <= now)
		return;
	if (next != U64_MAX)
		timeout = ns_to_ktime(next - now);
	wait_event_interruptible_hrtimeout(
		wait, READ_ONCE(kicked) || kthread_should_stop(), timeout);
}

/*
 * Sets the trap and sleeps. A doorbell before the trap is seen by the pass
 * after it, one after the trap kicks: the fault handler marks its context
 * before it kicks, so the trap misses no context whose kick it takes away.
 */
static bool trap_and_sleep(void)
{
	u64 next;

	xchg(&kicked, 0);
	mutex_lock(&hca_mutex);
	hca_trap_doorbells_locked();
	mutex_unlock(&hca_mutex);
	if (run_pass(&next))
		return true;
	sleep_until_kick(next);
	return READ_ONCE(kicked);
}

static int engine_main(void *unused)
{
	u64 hot_until = 0;
	u64 next;

	while (!kthread_should_stop()) {
		if (run_pass(&next)) {
			hot_until = ktime_get_ns() + hot_us * NSEC_PER_USEC;
			cond_resched();
		} else if (ktime_get_ns() < hot_until) {
			usleep_range(poll_us, poll_us + poll_us / 2 + 1);
		} else if (trap_and_sleep()) {
			hot_until = ktime_get_ns() + hot_us * NSEC_PER_USEC;
		}
	}
	return 0;
}

int hca_engine_start(void)
{
	int ret;

	ret = hca_fault_start();
	if (ret)
		return ret;
	engine = kthread_run(engine_main, NULL, "softhca");
	ret = PTR_ERR_OR_ZERO(engine);
	if (ret)
		hca_fault_stop();
	return ret;
}

void hca_engine_stop(void)
{
	kthread_stop(engine);
	hca_fault_stop();
}
