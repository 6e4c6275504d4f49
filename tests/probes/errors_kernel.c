/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Every call that asks the kernel, when that fails; and calls that run out of
 * files or address space half-way.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "errors.h"

#define PAGE 4096

/* ------------------------------------------------- the kernel says no */

CALL(no_pd, made_pd(ibv_alloc_pd(w->context)))
CALL(no_pd_free, ibv_dealloc_pd(w->pd))
CALL(no_mr, made_mr(ibv_reg_mr(w->pd, w->page, PAGE, 1)))
CALL(no_mr_free, ibv_dereg_mr(w->mr))
CALL(no_rereg,
     ibv_rereg_mr(w->mr, IBV_REREG_MR_CHANGE_ACCESS, NULL, NULL, 0, 0))
CALL(no_dmabuf, made_mr(ibv_reg_dmabuf_mr(w->pd, 0, PAGE, 0, -1, 1)))
CALL(no_channel, made_channel(ibv_create_comp_channel(w->context)))
CALL(no_cq, made_cq(ibv_create_cq(w->context, 4, NULL, NULL, 0)))
CALL(no_cq_free, ibv_destroy_cq(w->cq))
CALL(no_resize, ibv_resize_cq(w->cq, 64))
CALL(no_qp_free, ibv_destroy_qp(w->qp))

static long no_qp(struct world *w)
{
	struct ibv_qp_init_attr attr = rc_attr(w);

	return made_qp(ibv_create_qp(w->pd, &attr));
}

static long no_srq(struct world *w)
{
	struct ibv_srq_init_attr attr = { .attr = { 4, 1, 0 } };

	return made_srq(ibv_create_srq(w->pd, &attr));
}

static long no_ah(struct world *w)
{
	struct ibv_ah_attr attr = { .is_global = 1, .port_num = 1 };

	return made_ah(ibv_create_ah(w->pd, &attr));
}

static long no_modify(struct world *w)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_ERR };

	return ibv_modify_qp(w->qp, &attr, IBV_QP_STATE);
}

static long no_query(struct world *w)
{
	struct ibv_qp_init_attr init;
	struct ibv_qp_attr attr;

	return ibv_query_qp(w->qp, &attr, IBV_QP_STATE, &init);
}

static long no_device(struct world *w)
{
	struct ibv_device_attr attr;

	return ibv_query_device(w->context, &attr);
}

static long no_port(struct world *w)
{
	struct ibv_port_attr attr;

	return ibv_query_port(w->context, 1, &attr);
}

static long no_gid_ex(struct world *w)
{
	struct ibv_gid_entry entry;

	return ibv_query_gid_ex(w->context, 1, 0, &entry, 0);
}

static long no_mcast(struct world *w)
{
	union ibv_gid gid = { .raw = { 0xff, 0x0e, [15] = 1 } };

	return ibv_attach_mcast(w->qp, &gid, 0);
}

/* --------------------------------------------------- out of something else */

static struct rlimit old_limit;

/* No file may be opened beside those that are. */
static void limit_files(int more)
{
	struct rlimit limit;
	int fd = dup(0);

	PROBE_NEED(fd >= 0);
	close(fd); /* the lowest free number */
	PROBE_NEED(!getrlimit(RLIMIT_NOFILE, &old_limit));
	limit = old_limit;
	limit.rlim_cur = (rlim_t)(fd + more);
	PROBE_NEED(!setrlimit(RLIMIT_NOFILE, &limit));
}

static void lift_files(void)
{
	int err = errno;

	PROBE_NEED(!setrlimit(RLIMIT_NOFILE, &old_limit));
	errno = err;
}

static long channel_without_files(struct world *w)
{
	long made;

	limit_files(0);
	errno = 0;
	made = made_channel(ibv_create_comp_channel(w->context));
	lift_files();
	return made;
}

/* Opening a device takes two files: neither, then the first only. */
static long open_with_files(struct world *w, int files)
{
	long made;

	limit_files(files);
	errno = 0;
	made = made_context(ibv_open_device(w->context->device));
	lift_files();
	return made;
}

CALL(open_without_files, open_with_files(w, 0))
CALL(open_with_one_file, open_with_files(w, 1))

/*
 * The address space ends a page further on each round, so that each mapping
 * and allocation on the way is once the one that fails. What the errors were
 * is the answer; where they ended differs from library to library.
 */
static void limit_space(long pages)
{
	struct rlimit limit;
	char text[64] = "";
	FILE *f = fopen("/proc/self/statm", "r");

	PROBE_NEED(f && fgets(text, sizeof(text), f));
	fclose(f);
	PROBE_NEED(!getrlimit(RLIMIT_AS, &old_limit));
	limit = old_limit;
	limit.rlim_cur = (rlim_t)(strtol(text, NULL, 10) + pages) * PAGE;
	PROBE_NEED(!setrlimit(RLIMIT_AS, &limit));
}

static void lift_space(void)
{
	int err = errno;

	setrlimit(RLIMIT_AS, &old_limit);
	errno = err;
}

static long all_no_memory(struct world *w, long (*make)(struct world *w))
{
	int other = 0, failed = 0;
	long pages, made;

	for (pages = 0; pages < 48; pages++) {
		limit_space(pages);
		errno = 0;
		made = make(w);
		lift_space();
		if (made)
			break;
		failed = 1;
		if (errno != ENOMEM)
			other = errno ? errno : -1;
	}
	errno = other ? other : ENOMEM;
	return !failed;
}

static long make_cq(struct world *w)
{
	return made_cq(ibv_create_cq(w->context, 1000, NULL, NULL, 0));
}

static long make_qp(struct world *w)
{
	struct ibv_qp_init_attr attr = rc_attr(w);

	attr.cap.max_send_wr = 200;
	attr.cap.max_recv_wr = 200;
	return made_qp(ibv_create_qp(w->pd, &attr));
}

static long make_context(struct world *w)
{
	return made_context(ibv_open_device(w->context->device));
}

CALL(cq_without_space, all_no_memory(w, make_cq))
CALL(qp_without_space, all_no_memory(w, make_qp))
CALL(open_without_space, all_no_memory(w, make_context))

const struct error_case kernel_cases[] = {
	{ "kernel.pd", ANSWER_POINTER, no_pd, break_kernel, NULL },
	{ "kernel.pd_free", ANSWER_STATUS, no_pd_free, break_kernel, NULL },
	{ "kernel.mr", ANSWER_POINTER, no_mr, break_kernel, NULL },
	{ "kernel.mr_free", ANSWER_STATUS, no_mr_free, break_kernel, NULL },
	{ "kernel.rereg", ANSWER_NUMBER, no_rereg, break_kernel, NULL },
	{ "kernel.dmabuf", ANSWER_POINTER, no_dmabuf, break_kernel, NULL },
	{ "kernel.channel", ANSWER_POINTER, no_channel, break_kernel, NULL },
	{ "kernel.cq", ANSWER_POINTER, no_cq, break_kernel, NULL },
	{ "kernel.cq_free", ANSWER_STATUS, no_cq_free, break_kernel, NULL },
	{ "kernel.resize", ANSWER_STATUS, no_resize, break_kernel, NULL },
	{ "kernel.qp", ANSWER_POINTER, no_qp, break_kernel, NULL },
	{ "kernel.qp_free", ANSWER_STATUS, no_qp_free, break_kernel, NULL },
	{ "kernel.srq", ANSWER_POINTER, no_srq, break_kernel, NULL },
	{ "kernel.ah", ANSWER_POINTER, no_ah, break_kernel, NULL },
	{ "kernel.modify", ANSWER_STATUS, no_modify, break_kernel, NULL },
	{ "kernel.query_qp", ANSWER_STATUS, no_query, break_kernel, NULL },
	{ "kernel.device", ANSWER_STATUS, no_device, break_kernel, NULL },
	{ "kernel.port", ANSWER_STATUS, no_port, break_kernel, NULL },
	{ "kernel.gid_ex", ANSWER_STATUS, no_gid_ex, break_kernel, NULL },
	{ "kernel.mcast", ANSWER_STATUS, no_mcast, break_kernel, NULL },

	{ "limit.channel_files", ANSWER_POINTER, channel_without_files, NULL,
	  NULL },
	{ "limit.open_files", ANSWER_POINTER, open_without_files, NULL, NULL },
	{ "limit.open_one_file", ANSWER_POINTER, open_with_one_file, NULL,
	  NULL },
	{ "limit.cq_space", ANSWER_POINTER, cq_without_space, NULL, NULL },
	{ "limit.qp_space", ANSWER_POINTER, qp_without_space, NULL, NULL },
	{ "limit.open_space", ANSWER_POINTER, open_without_space, NULL, NULL },
};
const size_t num_kernel_cases = NUM_OF(kernel_cases);
