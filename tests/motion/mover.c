// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* Moves buffers, one after the other, until it is told to stop. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "motion.h"

/* A move for the guards to be checked, and a rest for the traffic. */
#define INTERVAL_US 50

/* What is read from orders: a byte when the traffic begins, then its end. */
static bool goes_on(int orders, bool *begun)
{
	struct pollfd fd = { .fd = orders, .events = POLLIN };
	char byte;

	if (!poll(&fd, 1, 0))
		return true;
	*begun = true;
	return read(orders, &byte, 1) == 1;
}

static void move(struct dmabuf_buf *buf, uint64_t *moves)
{
	unsigned int moved = 0;

	if (dmabuf_move(buf, 2, INTERVAL_US, 0, &moved) && errno != EINTR)
		motion_die("move");
	*moves += moved;
}

static void add_stats(struct dmabuf_buf *buf, struct mover_report *report)
{
	struct softhca_testbuf_guards guards;
	struct softhca_testbuf_stats stats;

	if (dmabuf_get_stats(buf, &stats) || dmabuf_check_guards(buf, &guards))
		motion_die("what became of a buffer");
	report->violations += stats.violations;
	report->guard_bad_bytes += stats.guard_bad_bytes + guards.bad_bytes;
	if (stats.revoked)
		report->mapped = stats.mapped;
}

static void take_away(struct dmabuf_buf *buf)
{
	if (dmabuf_revoke(buf))
		motion_die("revoke");
}

static _Noreturn void run(struct dmabuf_buf *bufs[NUM_BUFS], int orders,
			  int report_to, unsigned long revoke_after)
{
	struct mover_report report = { 0 };
	bool begun = false, revoked = false;
	int i;

	while (goes_on(orders, &begun)) {
		for (i = 0; i < NUM_BUFS; i++)
			if (i != FAR || !revoked)
				move(bufs[i], &report.moves);
		if (!begun)
			report.moves = 0;
		if (revoke_after && !revoked && report.moves >= revoke_after) {
			take_away(bufs[FAR]);
			revoked = true;
		}
	}
	for (i = 0; i < NUM_BUFS; i++)
		add_stats(bufs[i], &report);
	if (write(report_to, &report, sizeof(report)) != sizeof(report))
		motion_die("report");
	_exit(0);
}

void mover_start(struct mover *mover, struct dmabuf_buf *bufs[NUM_BUFS],
		 unsigned long revoke_after)
{
	int orders[2], report[2];

	if (pipe(orders) || pipe(report))
		motion_die("pipe");
	mover->pid = fork();
	if (mover->pid < 0)
		motion_die("fork");
	if (!mover->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(orders[1]);
		run(bufs, orders[0], report[1], revoke_after);
	}
	close(orders[0]);
	close(report[1]);
	mover->orders = orders[1];
	mover->report = report[0];
}

void mover_begin(struct mover *mover)
{
	if (write(mover->orders, "", 1) != 1)
		motion_die("the mover has ended");
}

struct mover_report mover_stop(struct mover *mover)
{
	struct mover_report report;

	close(mover->orders);
	if (read(mover->report, &report, sizeof(report)) != sizeof(report))
		motion_die("the mover has ended");
	close(mover->report);
	waitpid(mover->pid, NULL, 0);
	return report;
}
