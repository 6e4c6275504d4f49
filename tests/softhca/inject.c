// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/debugfs.h>
#include <linux/ktime.h>

#include "softhca.h"

/*
 * What is to go wrong, of what programs send: for each kind a number that is
 * counted down with every request, the one that makes it 0 being hit.
 */

static atomic_t countdown[HCA_NUM_INJECTIONS];
static u32 delay_ms = 100;

static const char *const names[HCA_NUM_INJECTIONS] = {
	[HCA_INJECT_FAIL] = "fail_wqe",
	[HCA_INJECT_DROP] = "drop_wqe",
	[HCA_INJECT_DELAY] = "delay_wqe",
};

static bool is_hit(enum hca_injection kind)
{
	return atomic_read(&countdown[kind]) &&
	       !atomic_dec_if_positive(&countdown[kind]);
}

/* For each new request, once. Returns the syndrome of one that is to fail. */
int hca_inject(struct hca_qp *qp)
{
	struct hca_op *op = &qp->op;

	op->not_before = 0;
	op->dropped = false;
	if (qp->kernel)
		return 0;
	if (is_hit(HCA_INJECT_DELAY))
		op->not_before = ktime_get_ns() + delay_ms * NSEC_PER_MSEC;
	op->dropped = is_hit(HCA_INJECT_DROP);
	return is_hit(HCA_INJECT_FAIL) ? HCA_SYN_LOCAL_QP_OP : 0;
}

void hca_inject_init(struct dentry *root)
{
	int i;

	for (i = 0; i < HCA_NUM_INJECTIONS; i++)
		debugfs_create_atomic_t(names[i], 0600, root, &countdown[i]);
	debugfs_create_u32("delay_ms", 0600, root, &delay_ms);
}
