// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/*
 * A round: data goes from user memory to the far buffer (WRITE), to the near
 * one (READ), to the inbox (SEND) and back to user memory (READ), and a number
 * in the far buffer is counted up. So each buffer is local and remote, read and
 * written.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "find.h"
#include "motion.h"

#define ACCESS                                              \
	(IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | \
	 IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_ATOMIC)
/* The counter is a slot's last word, the data what is before it. */
#define DATA_LEN (SLOT - 8)
#define REQUESTS 5
/* Nothing takes so long but what hangs; emulated machines are slow. */
#define LIMIT_S 60

struct pair {
	struct ibv_qp *a; /* posts the requests */
	struct ibv_qp *b;
	uint64_t offset; /* of its slot */
	unsigned long round;
	unsigned int waiting; /* for so many completions */
	bool failed;
};

static struct ibv_context *context;
static struct ibv_pd *pd;
static struct ibv_cq *cq;
static struct ibv_mr *mrs[NUM_BUFS];
static struct ibv_mr *out_mr, *back_mr, *count_mr;
static uint64_t out[MAX_PAIRS][SLOT / 8];
static uint64_t back[MAX_PAIRS][SLOT / 8];
static uint64_t count[MAX_PAIRS];
static struct pair pairs[MAX_PAIRS];
static const struct motion_options *options;

/* ---- Objects -------------------------------------------------------------- */

static struct ibv_mr *reg(void *memory, size_t size)
{
	struct ibv_mr *mr =
		ibv_reg_mr(pd, memory, size, IBV_ACCESS_LOCAL_WRITE);

	if (!mr)
		motion_die("ibv_reg_mr");
	return mr;
}

static void make_objects(struct dmabuf_buf *bufs[NUM_BUFS])
{
	int i;

	pd = ibv_alloc_pd(context);
	cq = ibv_create_cq(context, 16 * MAX_PAIRS, NULL, NULL, 0);
	if (!pd || !cq)
		motion_die("objects");
	out_mr = reg(out, sizeof(out));
	back_mr = reg(back, sizeof(back));
	count_mr = reg(count, sizeof(count));
	for (i = 0; i < NUM_BUFS; i++) {
		mrs[i] = ibv_reg_dmabuf_mr(pd, 0, bufs[i]->size, 0, bufs[i]->fd,
					   ACCESS);
		if (!mrs[i])
			motion_die("ibv_reg_dmabuf_mr");
	}
}

static struct ibv_qp *make_qp(void)
{
	struct ibv_qp_init_attr init = {
		.send_cq = cq,
		.recv_cq = cq,
		.cap = { 2 * REQUESTS, 2, 1, 1, 0 },
		.qp_type = IBV_QPT_RC,
	};
	struct ibv_qp *qp = ibv_create_qp(pd, &init);

	if (!qp)
		motion_die("ibv_create_qp");
	return qp;
}

static void modify(struct ibv_qp *qp, struct ibv_qp_attr *attr,
		   enum ibv_qp_state state, int mask)
{
	attr->qp_state = state;
	errno = ibv_modify_qp(qp, attr, mask | IBV_QP_STATE);
	if (errno)
		motion_die("ibv_modify_qp");
}

static void connect_qp(struct ibv_qp *qp, const struct ibv_qp *peer)
{
	struct ibv_qp_attr attr = {
		.port_num = 1,
		.qp_access_flags = IBV_ACCESS_REMOTE_WRITE |
				   IBV_ACCESS_REMOTE_READ |
				   IBV_ACCESS_REMOTE_ATOMIC,
		.path_mtu = IBV_MTU_1024,
		.dest_qp_num = peer->qp_num,
		.max_rd_atomic = 4,
		.max_dest_rd_atomic = 4,
		.min_rnr_timer = 12,
		.timeout = 18,
		.retry_cnt = 7,
		.rnr_retry = 7,
		.ah_attr = { .grh = { .hop_limit = 1 },
			     .is_global = 1,
			     .port_num = 1 },
	};
	int gid_index;

	gid_index = find_ip4_gid(context, &attr.ah_attr.grh.dgid);
	if (gid_index < 0)
		motion_die("no GID");
	attr.ah_attr.grh.sgid_index = (uint8_t)gid_index;
	modify(qp, &attr, IBV_QPS_INIT,
	       IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS);
	modify(qp, &attr, IBV_QPS_RTR,
	       IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN |
		       IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER);
	modify(qp, &attr, IBV_QPS_RTS,
	       IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY |
		       IBV_QP_SQ_PSN | IBV_QP_MAX_QP_RD_ATOMIC);
}

void traffic_set_up(const struct motion_options *opts,
		    struct dmabuf_buf *bufs[NUM_BUFS])
{
	unsigned int i;

	options = opts;
	context = open_device(options->device);
	if (!context)
		motion_die(options->device);
	make_objects(bufs);
	for (i = 0; i < options->pairs; i++) {
		pairs[i].a = make_qp();
		pairs[i].b = make_qp();
		pairs[i].offset = (uint64_t)i * SLOT;
		connect_qp(pairs[i].a, pairs[i].b);
		connect_qp(pairs[i].b, pairs[i].a);
	}
}

void traffic_tear_down(void)
{
	unsigned int i;

	for (i = 0; i < options->pairs; i++) {
		ibv_destroy_qp(pairs[i].a);
		ibv_destroy_qp(pairs[i].b);
	}
	for (i = 0; i < NUM_BUFS; i++)
		ibv_dereg_mr(mrs[i]);
	ibv_dereg_mr(out_mr);
	ibv_dereg_mr(back_mr);
	ibv_dereg_mr(count_mr);
	ibv_destroy_cq(cq);
	ibv_dealloc_pd(pd);
	ibv_close_device(context);
}

/* ---- One round ------------------------------------------------------------ */

static uint64_t word(unsigned int i, unsigned long round, unsigned int at)
{
	uint64_t seed = (uint64_t)i << 56 | (uint64_t)at << 48 | round;

	return seed * 0x9e3779b97f4a7c15;
}

static void fill_out(unsigned int i)
{
	unsigned int at;

	for (at = 0; at < DATA_LEN / 8; at++)
		out[i][at] = word(i, pairs[i].round, at);
}

static void post_recv(struct pair *pair)
{
	struct ibv_sge sge = { pair->offset, DATA_LEN, mrs[INBOX]->lkey };
	struct ibv_recv_wr wr = { .wr_id = pair - pairs,
				  .sg_list = &sge,
				  .num_sge = 1 },
			   *bad;

	errno = ibv_post_recv(pair->b, &wr, &bad);
	if (errno)
		motion_die("ibv_post_recv");
}

static struct ibv_send_wr request(struct ibv_sge *sge,
				  enum ibv_wr_opcode opcode, uint64_t wr_id)
{
	return (struct ibv_send_wr){
		.wr_id = wr_id,
		.sg_list = sge,
		.num_sge = 1,
		.opcode = opcode,
		.send_flags = IBV_SEND_FENCE,
	};
}

static void aim(struct ibv_send_wr *wr, const struct ibv_mr *mr,
		uint64_t offset)
{
	wr->wr.rdma.remote_addr = offset;
	wr->wr.rdma.rkey = mr->rkey;
}

static void post_requests(unsigned int i)
{
	uint64_t offset = pairs[i].offset;
	struct ibv_sge sges[REQUESTS] = {
		{ (uintptr_t)out[i], DATA_LEN, out_mr->lkey },
		{ offset, DATA_LEN, mrs[NEAR]->lkey },
		{ offset, DATA_LEN, mrs[NEAR]->lkey },
		{ (uintptr_t)back[i], DATA_LEN, back_mr->lkey },
		{ (uintptr_t)&count[i], 8, count_mr->lkey },
	};
	struct ibv_send_wr wrs[REQUESTS] = {
		request(&sges[0], IBV_WR_RDMA_WRITE, i),
		request(&sges[1], IBV_WR_RDMA_READ, i),
		request(&sges[2], IBV_WR_SEND, i),
		request(&sges[3], IBV_WR_RDMA_READ, i),
		request(&sges[4], IBV_WR_ATOMIC_FETCH_AND_ADD, i),
	};
	struct ibv_send_wr *bad;
	int at;

	aim(&wrs[0], mrs[FAR], offset);
	aim(&wrs[1], mrs[FAR], offset);
	aim(&wrs[3], mrs[INBOX], offset);
	wrs[4].wr.atomic.remote_addr = offset + DATA_LEN;
	wrs[4].wr.atomic.rkey = mrs[FAR]->rkey;
	wrs[4].wr.atomic.compare_add = 1;
	wrs[4].send_flags |= IBV_SEND_SIGNALED;
	for (at = 0; at + 1 < REQUESTS; at++)
		wrs[at].next = &wrs[at + 1];
	errno = ibv_post_send(pairs[i].a, wrs, &bad);
	if (errno)
		motion_die("ibv_post_send");
}

static void start_round(unsigned int i)
{
	fill_out(i);
	memset(back[i], 0, sizeof(back[i]));
	post_recv(&pairs[i]);
	post_requests(i);
	pairs[i].waiting = 2;
}

/* The counter's value is what it was before. */
static void check_round(unsigned int i)
{
	unsigned long round = pairs[i].round;
	unsigned int at;

	for (at = 0; at < DATA_LEN / 8; at++) {
		if (back[i][at] == word(i, round, at))
			continue;
		printf("motion: pair %u, round %lu: word %u is %llx, not "
		       "%llx\n",
		       i, round, at, (unsigned long long)back[i][at],
		       (unsigned long long)word(i, round, at));
		exit(1);
	}
	if (count[i] != round) {
		printf("motion: pair %u, round %lu: counter is %llu\n", i,
		       round, (unsigned long long)count[i]);
		exit(1);
	}
}

/* ---- All rounds ----------------------------------------------------------- */

/* What a buffer that is gone, and only that, ends a request with. */
static bool is_clean_error(enum ibv_wc_status status)
{
	return status == IBV_WC_REM_ACCESS_ERR || status == IBV_WC_REM_OP_ERR ||
	       status == IBV_WC_LOC_PROT_ERR || status == IBV_WC_WR_FLUSH_ERR;
}

static void fail_pair(struct pair *pair, enum ibv_wc_status status)
{
	if (!options->may_fail || !is_clean_error(status)) {
		printf("motion: pair %d, round %lu: %s\n", (int)(pair - pairs),
		       pair->round, ibv_wc_status_str(status));
		exit(1);
	}
	pair->failed = true;
}

/* Takes what has completed; returns how many rounds have ended. */
static unsigned int take_completions(void)
{
	struct ibv_wc wc[16];
	unsigned int ended = 0;
	int i, n = ibv_poll_cq(cq, 16, wc);

	if (n < 0)
		motion_die("ibv_poll_cq");
	for (i = 0; i < n; i++) {
		struct pair *pair = &pairs[wc[i].wr_id];
		bool was_failed = pair->failed;

		if (wc[i].status != IBV_WC_SUCCESS)
			fail_pair(pair, wc[i].status);
		if (was_failed)
			continue; /* the rest is flushed */
		if (pair->failed || !--pair->waiting)
			ended++;
	}
	return ended;
}

static void wait_for_rounds(unsigned int started)
{
	time_t end = time(NULL) + LIMIT_S;

	while (started) {
		started -= take_completions();
		if (time(NULL) > end) {
			errno = ETIMEDOUT;
			motion_die("completions");
		}
	}
}

/* One round of all connections that are left, at once. Returns how many. */
static unsigned int run_round(void)
{
	unsigned int i, started = 0;

	for (i = 0; i < options->pairs; i++) {
		if (pairs[i].failed)
			continue;
		start_round(i);
		started++;
	}
	wait_for_rounds(started);
	for (i = 0; i < options->pairs; i++) {
		if (pairs[i].failed)
			continue;
		check_round(i);
		pairs[i].round++;
	}
	return started;
}

struct traffic_report traffic_run(unsigned long rounds)
{
	struct traffic_report report = { 0 };
	unsigned long round;
	unsigned int i;

	for (round = 0; round < rounds; round++)
		if (!run_round())
			break;
	for (i = 0; i < options->pairs; i++) {
		report.rounds += pairs[i].round;
		report.failed += pairs[i].failed;
	}
	return report;
}
