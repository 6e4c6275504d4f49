/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * What bench/datapath.py counts: one operation of the data path, many times, on
 * the null device (null/null.h), which has to be preloaded.
 *   bench_datapath OPERATION ROUNDS [single]
 * `single`: objects of one thread, made from a thread domain. Prints which
 * libraries it ran on and the nanoseconds of one operation. Under callgrind only the operations themselves
 * are counted: what completes them is not. Only calls and layouts of the stock
 * libibverbs.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <infiniband/verbs.h>
#include <valgrind/callgrind.h>

#include "null/null.h"

#define BATCH 64
#define LIST 16
#define DEPTH 256
#define ACCESS (IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE)
#define SGE_LEN 4096
#define INLINE_LEN 8

struct bench {
	struct ibv_context *context;
	struct ibv_pd *pd;
	struct ibv_td *td;
	struct ibv_pd *domain; /* pd, or a parent domain on top of it */
	struct ibv_cq *cq; /* of sends */
	struct ibv_cq *recv_cq;
	struct ibv_qp *qp;
	struct ibv_qp_ex *qpx;
	struct ibv_mr *mr;
	int (*complete)(uint32_t, enum null_kind, unsigned int);
	char buf[SGE_LEN];
	struct timespec start;
	double ns; /* of the fastest batch: the others were disturbed */
};

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "bench_datapath: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- Measuring ------------------------------------------------------------------------ */

static void start(struct bench *b)
{
	clock_gettime(CLOCK_MONOTONIC, &b->start);
	CALLGRIND_TOGGLE_COLLECT;
}

static void stop(struct bench *b)
{
	struct timespec now;
	double ns;

	CALLGRIND_TOGGLE_COLLECT;
	clock_gettime(CLOCK_MONOTONIC, &now);
	ns = (now.tv_sec - b->start.tv_sec) * 1e9 +
	     (now.tv_nsec - b->start.tv_nsec);
	if (!b->ns || ns < b->ns)
		b->ns = ns;
}

/* ---- Objects -------------------------------------------------------------------------- */

static struct ibv_context *open_null(void)
{
	struct ibv_device **list = ibv_get_device_list(NULL);
	struct ibv_context *context = NULL;
	int i;

	if (!list)
		die("ibv_get_device_list");
	for (i = 0; list[i]; i++)
		if (!strcmp(ibv_get_device_name(list[i]), NULL_DEV_NAME))
			context = ibv_open_device(list[i]);
	if (!context)
		die("no null device");
	ibv_free_device_list(list);
	return context;
}

static void make_domain(struct bench *b, bool single)
{
	struct ibv_td_init_attr td = {};
	struct ibv_parent_domain_init_attr attr = { .pd = b->pd };

	b->domain = b->pd;
	if (!single)
		return;
	b->td = ibv_alloc_td(b->context, &td);
	if (!b->td)
		die("ibv_alloc_td");
	attr.td = b->td;
	b->domain = ibv_alloc_parent_domain(b->context, &attr);
	if (!b->domain)
		die("ibv_alloc_parent_domain");
}

static struct ibv_cq *make_cq(struct bench *b, bool single)
{
	struct ibv_cq_init_attr_ex attr = {
		.cqe = DEPTH,
		.wc_flags = IBV_CREATE_CQ_SUP_WC_FLAGS & IBV_WC_STANDARD_FLAGS,
	};
	struct ibv_cq_ex *cq;

	if (single) {
		attr.comp_mask = IBV_CQ_INIT_ATTR_MASK_FLAGS;
		attr.flags = IBV_CREATE_CQ_ATTR_SINGLE_THREADED;
	}
	cq = ibv_create_cq_ex(b->context, &attr);
	if (!cq)
		die("ibv_create_cq_ex");
	return ibv_cq_ex_to_cq(cq);
}

/* With the ibv_wr_* calls; requests posted as lists go to the same queue. */
static void make_qp(struct bench *b)
{
	struct ibv_qp_init_attr_ex attr = {
		.send_cq = b->cq,
		.recv_cq = b->recv_cq,
		.qp_type = IBV_QPT_RC,
		.cap = { .max_send_wr = DEPTH,
			 .max_recv_wr = DEPTH,
			 .max_send_sge = 1,
			 .max_recv_sge = 1,
			 .max_inline_data = INLINE_LEN },
		.comp_mask =
			IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS,
		.pd = b->domain,
		.send_ops_flags = IBV_QP_EX_WITH_RDMA_WRITE,
	};

	b->qp = ibv_create_qp_ex(b->context, &attr);
	if (!b->qp)
		die("ibv_create_qp_ex");
	b->qpx = ibv_qp_to_qp_ex(b->qp);
}

static void modify(struct bench *b, struct ibv_qp_attr attr, int mask)
{
	errno = ibv_modify_qp(b->qp, &attr, mask | IBV_QP_STATE);
	if (errno)
		die("ibv_modify_qp");
}

static void connect_qp(struct bench *b)
{
	modify(b,
	       (struct ibv_qp_attr){ .qp_state = IBV_QPS_INIT, .port_num = 1 },
	       IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS);
	modify(b,
	       (struct ibv_qp_attr){ .qp_state = IBV_QPS_RTR,
				     .path_mtu = IBV_MTU_4096,
				     .dest_qp_num = b->qp->qp_num,
				     .max_dest_rd_atomic = 1,
				     .min_rnr_timer = 12,
				     .ah_attr = { .dlid = 1, .port_num = 1 } },
	       IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN |
		       IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER);
	modify(b,
	       (struct ibv_qp_attr){ .qp_state = IBV_QPS_RTS,
				     .timeout = 14,
				     .retry_cnt = 7,
				     .rnr_retry = 7,
				     .max_rd_atomic = 1 },
	       IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY |
		       IBV_QP_SQ_PSN | IBV_QP_MAX_QP_RD_ATOMIC);
}

static void set_up(struct bench *b, bool single)
{
	void *complete = dlsym(RTLD_DEFAULT, "null_complete");

	if (!complete) {
		errno = ENOSYS;
		die("the null device is not preloaded");
	}
	memcpy(&b->complete, &complete, sizeof(complete));
	b->context = open_null();
	b->pd = ibv_alloc_pd(b->context);
	if (!b->pd)
		die("ibv_alloc_pd");
	make_domain(b, single);
	b->cq = make_cq(b, single);
	b->recv_cq = make_cq(b, single);
	make_qp(b);
	connect_qp(b);
	b->mr = ibv_reg_mr(b->pd, b->buf, sizeof(b->buf), ACCESS);
	if (!b->mr)
		die("ibv_reg_mr");
}

static void tear_down(struct bench *b)
{
	ibv_dereg_mr(b->mr);
	ibv_destroy_qp(b->qp);
	ibv_destroy_cq(b->recv_cq);
	ibv_destroy_cq(b->cq);
	if (b->td) {
		ibv_dealloc_pd(b->domain);
		ibv_dealloc_td(b->td);
	}
	ibv_dealloc_pd(b->pd);
	ibv_close_device(b->context);
}

/* ---- Operations: each runs one batch, and leaves the queues empty --------------------- */

static struct ibv_sge sge_of(struct bench *b, uint32_t len)
{
	return (struct ibv_sge){ (uintptr_t)b->buf, len, b->mr->lkey };
}

/* A list of num requests to write. */
static void fill_writes(struct bench *b, struct ibv_send_wr *wr,
			struct ibv_sge *sge, int num, unsigned int flags)
{
	int i;

	for (i = 0; i < num; i++)
		wr[i] = (struct ibv_send_wr){
			.next = i + 1 < num ? &wr[i + 1] : NULL,
			.sg_list = sge,
			.num_sge = 1,
			.opcode = IBV_WR_RDMA_WRITE,
			.send_flags = IBV_SEND_SIGNALED | flags,
			.wr.rdma = { (uintptr_t)b->buf, b->mr->rkey },
		};
}

static void poll_all(struct ibv_cq *cq, int num)
{
	struct ibv_wc wc[LIST];
	int n;

	for (; num > 0; num -= n) {
		n = ibv_poll_cq(cq, LIST, wc);
		if (n <= 0 || wc[0].status != IBV_WC_SUCCESS)
			die("ibv_poll_cq");
	}
}

static void complete_sends(struct bench *b)
{
	if (b->complete(b->qp->qp_num, NULL_SEND, BATCH))
		die("null_complete");
}

static void post_writes(struct bench *b, int num, uint32_t len,
			unsigned int flags)
{
	struct ibv_sge sge = sge_of(b, len);
	struct ibv_send_wr wr[LIST], *bad;
	int i, ret = 0;

	fill_writes(b, wr, &sge, num, flags);
	start(b);
	for (i = 0; i < BATCH; i += num)
		ret |= ibv_post_send(b->qp, wr, &bad);
	stop(b);
	if (ret)
		die("ibv_post_send");
	complete_sends(b);
}

static void post_send_inline(struct bench *b)
{
	post_writes(b, 1, INLINE_LEN, IBV_SEND_INLINE);
	poll_all(b->cq, BATCH);
}

static void post_send_sge(struct bench *b)
{
	post_writes(b, 1, SGE_LEN, 0);
	poll_all(b->cq, BATCH);
}

static void post_send_list(struct bench *b)
{
	post_writes(b, LIST, SGE_LEN, 0);
	poll_all(b->cq, BATCH);
}

static void wr_one(struct bench *b, bool is_inline)
{
	struct ibv_qp_ex *qpx = b->qpx;
	int i, ret = 0;

	start(b);
	for (i = 0; i < BATCH; i++) {
		ibv_wr_start(qpx);
		qpx->wr_id = i;
		qpx->wr_flags = IBV_SEND_SIGNALED;
		ibv_wr_rdma_write(qpx, b->mr->rkey, (uintptr_t)b->buf);
		if (is_inline)
			ibv_wr_set_inline_data(qpx, b->buf, INLINE_LEN);
		else
			ibv_wr_set_sge(qpx, b->mr->lkey, (uintptr_t)b->buf,
				       SGE_LEN);
		ret |= ibv_wr_complete(qpx);
	}
	stop(b);
	if (ret)
		die("ibv_wr_complete");
	complete_sends(b);
	poll_all(b->cq, BATCH);
}

static void wr_inline(struct bench *b)
{
	wr_one(b, true);
}

static void wr_sge(struct bench *b)
{
	wr_one(b, false);
}

static void post_recvs(struct bench *b)
{
	struct ibv_sge sge = sge_of(b, SGE_LEN);
	struct ibv_recv_wr wr = { .sg_list = &sge, .num_sge = 1 }, *bad;
	int i, ret = 0;

	start(b);
	for (i = 0; i < BATCH; i++)
		ret |= ibv_post_recv(b->qp, &wr, &bad);
	stop(b);
	if (ret)
		die("ibv_post_recv");
	if (b->complete(b->qp->qp_num, NULL_RECV, BATCH))
		die("null_complete");
	poll_all(b->recv_cq, BATCH);
}

/* Runs the posting of another operation without counting it. */
static void fill_cq(struct bench *b)
{
	struct ibv_sge sge = sge_of(b, SGE_LEN);
	struct ibv_send_wr wr, *bad;
	int i;

	fill_writes(b, &wr, &sge, 1, 0);
	for (i = 0; i < BATCH; i++)
		if (ibv_post_send(b->qp, &wr, &bad))
			die("ibv_post_send");
	complete_sends(b);
}

static void poll_by(struct bench *b, int at_once)
{
	struct ibv_wc wc[LIST];
	int i, n = 0;

	fill_cq(b);
	start(b);
	for (i = 0; i < BATCH; i += at_once)
		n += ibv_poll_cq(b->cq, at_once, wc);
	stop(b);
	if (n != BATCH)
		die("ibv_poll_cq");
}

static void poll_one(struct bench *b)
{
	poll_by(b, 1);
}

static void poll_list(struct bench *b)
{
	poll_by(b, LIST);
}

static void poll_empty(struct bench *b)
{
	struct ibv_wc wc;
	int i, n = 0;

	start(b);
	for (i = 0; i < BATCH; i++)
		n += ibv_poll_cq(b->cq, 1, &wc);
	stop(b);
	if (n)
		die("ibv_poll_cq");
}

static void poll_ex(struct bench *b)
{
	struct ibv_cq_ex *cq = (struct ibv_cq_ex *)b->cq;
	struct ibv_poll_cq_attr attr = {};
	uint64_t sum = 0;
	int n = 0;

	fill_cq(b);
	start(b);
	if (!ibv_start_poll(cq, &attr)) {
		do {
			n++;
			sum += cq->wr_id + cq->status + ibv_wc_read_opcode(cq) +
			       ibv_wc_read_byte_len(cq);
		} while (!ibv_next_poll(cq));
		ibv_end_poll(cq);
	}
	stop(b);
	if (n != BATCH || !sum)
		die("ibv_start_poll");
}

static void reg_dmabuf(struct bench *b)
{
	struct ibv_mr *mr;
	int i, ret = 0;

	start(b);
	for (i = 0; i < BATCH; i++) {
		mr = ibv_reg_dmabuf_mr(b->pd, 0, SGE_LEN, 0, 0, ACCESS);
		if (!mr)
			die("ibv_reg_dmabuf_mr");
		ret |= ibv_dereg_mr(mr);
	}
	stop(b);
	if (ret)
		die("ibv_dereg_mr");
}

static const struct {
	const char *name;
	void (*run)(struct bench *b);
} operations[] = {
	{ "post_send_inline", post_send_inline },
	{ "post_send_sge", post_send_sge },
	{ "post_send_list", post_send_list },
	{ "wr_inline", wr_inline },
	{ "wr_sge", wr_sge },
	{ "post_recv", post_recvs },
	{ "poll_one", poll_one },
	{ "poll_list", poll_list },
	{ "poll_empty", poll_empty },
	{ "poll_ex", poll_ex },
	{ "reg_dmabuf", reg_dmabuf },
};

static void (*find_operation(const char *name))(struct bench *b)
{
	size_t i;

	for (i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (!strcmp(operations[i].name, name))
			return operations[i].run;
	return NULL;
}

/* Which libraries it was: the reader makes sure that they are those meant. */
static void print_libraries(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	char *path;

	if (!maps)
		die("/proc/self/maps");
	while (fgets(line, sizeof(line), maps)) {
		path = strchr(line, '/');
		if (path && (strstr(path, "/libibverbs.so") ||
			     strstr(path, "/libmlx5")))
			fputs(path, stdout);
	}
	fclose(maps);
}

int main(int argc, char **argv)
{
	static struct bench b;
	void (*run)(struct bench * b);
	long i, rounds;

	run = argc >= 3 ? find_operation(argv[1]) : NULL;
	if (!run) {
		fprintf(stderr,
			"usage: bench_datapath OPERATION ROUNDS [single]\n");
		return 2;
	}
	rounds = strtol(argv[2], NULL, 10);
	set_up(&b, argc > 3);
	for (i = 0; i < rounds; i++)
		run(&b);
	print_libraries();
	tear_down(&b);
	printf("%.2f\n", b.ns / BATCH);
	return 0;
}
