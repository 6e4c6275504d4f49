/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "errors.h"
#include "find.h"

#define PAGE 4096
#define REPEATS 8

/* ------------------------------------------------------- for the cases' use */

#define MADE(what, type, destroy)        \
	long made_##what(type *object)   \
	{                                \
		int err = errno;         \
                                         \
		if (object)              \
			destroy(object); \
		errno = err;             \
		return object != NULL;   \
	}
MADE(pd, struct ibv_pd, ibv_dealloc_pd)
MADE(mr, struct ibv_mr, ibv_dereg_mr)
MADE(cq, struct ibv_cq, ibv_destroy_cq)
MADE(qp, struct ibv_qp, ibv_destroy_qp)
MADE(srq, struct ibv_srq, ibv_destroy_srq)
MADE(ah, struct ibv_ah, ibv_destroy_ah)
MADE(channel, struct ibv_comp_channel, ibv_destroy_comp_channel)
MADE(context, struct ibv_context, ibv_close_device)

struct ibv_qp_init_attr rc_attr(const struct world *w)
{
	return (struct ibv_qp_init_attr){
		.send_cq = w->cq,
		.recv_cq = w->cq,
		.cap = { 4, 4, 2, 2, 0 },
		.qp_type = IBV_QPT_RC,
	};
}

int usable_gid(struct ibv_context *context, union ibv_gid *gid)
{
	int index = find_ip4_gid(context, gid);

	PROBE_NEED(index >= 0);
	return index;
}

void break_kernel(struct world *w)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	PROBE_NEED(fd >= 0 && dup2(fd, w->context->cmd_fd) >= 0);
	close(fd);
}

/* ---------------------------------------------------- what a call leaves */

struct held {
	int fds;
	long pages;
	size_t bytes;
};

static int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	PROBE_NEED(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static long count_pages(void)
{
	char text[64] = "";
	int fd = open("/proc/self/statm", O_RDONLY);

	PROBE_NEED(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	return strtol(text, NULL, 10);
}

static struct held count_held(void)
{
	struct mallinfo2 info = mallinfo2();

	return (struct held){
		.fds = count_fds(),
		.pages = count_pages(),
		.bytes = info.uordblks + info.hblkhd,
	};
}

static void say_left(const struct held *before, const struct held *after)
{
	if (after->fds != before->fds)
		probe_say(" fds%+d", after->fds - before->fds);
	if (after->pages > before->pages)
		probe_say(" pages%+ld", after->pages - before->pages);
	if (after->bytes > before->bytes)
		probe_say(" bytes%+zd", after->bytes - before->bytes);
}

/* ------------------------------------------------------------------- runs */

static void make_world(struct world *w, struct ibv_context *context)
{
	struct ibv_qp_init_attr attr;

	memset(w, 0, sizeof(*w));
	w->context = context;
	w->page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	w->pd = ibv_alloc_pd(context);
	PROBE_NEED(w->page != MAP_FAILED && w->pd);
	w->cq = ibv_create_cq(context, 16, NULL, NULL, 0);
	w->mr = ibv_reg_mr(w->pd, w->page, PAGE, IBV_ACCESS_LOCAL_WRITE);
	PROBE_NEED(w->cq && w->mr);
	attr = rc_attr(w);
	w->qp = ibv_create_qp(w->pd, &attr);
	PROBE_NEED(w->qp);
}

static void say_answer(const struct error_case *c, long ret, int err)
{
	if (c->kind == ANSWER_POINTER && ret)
		probe_say(" made");
	else if (c->kind == ANSWER_POINTER)
		probe_say(" NULL errno=%s", probe_errno(err));
	else if (c->kind == ANSWER_STATUS && ret >= 0)
		probe_say(" %s", probe_errno((int)ret));
	else
		probe_say(" %ld", ret);
	if (c->kind != ANSWER_POINTER && ret)
		probe_say(" errno=%s", probe_errno(err));
}

static void run(struct ibv_context *context)
{
	const struct error_case *c = probe_current->arg;
	struct held before, after;
	struct world w;
	int i, err;
	long ret;

	make_world(&w, context);
	if (c->before)
		c->before(&w);
	errno = 0;
	ret = c->call(&w);
	err = errno;
	say_answer(c, ret, err);
	before = count_held();
	for (i = 0; i < REPEATS; i++)
		c->call(&w);
	after = count_held();
	say_left(&before, &after);
	if (c->after)
		c->after(&w);
}

int main(int argc, char **argv)
{
	const struct {
		const struct error_case *cases;
		size_t num;
	} tables[] = {
		{ memory_cases, num_memory_cases },
		{ queue_cases, num_queue_cases },
		{ post_cases, num_post_cases },
		{ query_cases, num_query_cases },
		{ extended_cases, num_extended_cases },
		{ kernel_cases, num_kernel_cases },
	};
	struct probe_case cases[512];
	size_t t, i, n = 0;

	for (t = 0; t < NUM_OF(tables); t++)
		for (i = 0; i < tables[t].num && n < NUM_OF(cases); i++)
			cases[n++] = (struct probe_case){
				tables[t].cases[i].name,
				run,
				&tables[t].cases[i],
			};
	return probe_main(cases, n, argc, argv);
}
