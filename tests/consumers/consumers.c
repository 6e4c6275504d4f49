// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "consumers.h"
#include "dmabuf_error.h"

#define BUF_SIZE (4 * CONSUMER_PAGE)
#define LIMIT_SECONDS 20

struct run {
	const struct consumer *consumer;
	struct consumer_verbs v;
	struct ibv_context *context;
	int gid_index;
	char detail[320];
};

struct loop {
	struct ibv_pd *pd;
	struct ibv_mr *source, *target;
	struct ibv_cq *cq;
	struct ibv_qp *qp;
	uint64_t iova;
	uint8_t data[CONSUMER_PAGE];
};

static int fail(struct run *run, const char *what, int code)
{
	snprintf(run->detail, sizeof(run->detail), "%s: %s", what,
		 strerror(code));
	return -1;
}

static int open_named(struct run *run, const char *name)
{
	struct ibv_device **list;
	int i;

	list = run->v.ibv_get_device_list(NULL);
	if (!list)
		return fail(run, "device list", errno);
	errno = ENODEV;
	for (i = 0; list[i] && !run->context; i++)
		if (!strcmp(run->v.ibv_get_device_name(list[i]), name))
			run->context = run->v.ibv_open_device(list[i]);
	run->v.ibv_free_device_list(list);
	return run->context ? 0 : fail(run, name, errno);
}

/* Reads sysfs, as consumers do: an IPv4 address of RoCE v2. */
static bool is_usable_gid(const char *device, int index)
{
	char path[160], text[64] = "";
	FILE *f;

	snprintf(path, sizeof(path),
		 "/sys/class/infiniband/%s/ports/1/gid_attrs/types/%d", device,
		 index);
	f = fopen(path, "r");
	if (!f)
		return false;
	if (!fgets(text, sizeof(text), f))
		text[0] = 0;
	fclose(f);
	return !strncmp(text, "RoCE v2", 7);
}

static int choose_gid(struct run *run, const char *device)
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };
	union ibv_gid gid;
	int i;

	for (i = 0; i < 32; i++) {
		if (!is_usable_gid(device, i) ||
		    run->v.ibv_query_gid(run->context, 1, i, &gid) ||
		    memcmp(gid.raw, prefix, sizeof(prefix)))
			continue;
		run->gid_index = i;
		return 0;
	}
	return fail(run, "no GID of RoCE v2 with an IPv4 address", ENODATA);
}

static int create_queues(struct run *run, struct loop *loop)
{
	struct ibv_qp_init_attr init = {
		.cap = { 1, 1, 1, 1, 0 },
		.qp_type = IBV_QPT_RC,
	};

	loop->source = (run->v.ibv_reg_mr)(loop->pd, loop->data,
					   sizeof(loop->data), 0);
	loop->cq = run->v.ibv_create_cq(run->context, 4, NULL, NULL, 0);
	if (!loop->source || !loop->cq)
		return fail(run, "source region, completion queue", errno);
	init.send_cq = loop->cq;
	init.recv_cq = loop->cq;
	loop->qp = run->v.ibv_create_qp(loop->pd, &init);
	return loop->qp ? 0 : fail(run, "queue pair", errno);
}

/* The queue pair is its own peer. */
static int connect_queues(struct run *run, struct loop *loop)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_INIT,
		.port_num = 1,
		.qp_access_flags = CONSUMER_REMOTE_ACCESS,
		.path_mtu = IBV_MTU_1024,
		.dest_qp_num = loop->qp->qp_num,
		.max_rd_atomic = 1,
		.max_dest_rd_atomic = 1,
		.min_rnr_timer = 12,
		.timeout = 14,
		.retry_cnt = 7,
		.ah_attr = { .port_num = 1,
			     .is_global = 1,
			     .grh.hop_limit = 64 },
	};
	int ret;

	attr.ah_attr.grh.sgid_index = (uint8_t)run->gid_index;
	ret = run->v.ibv_query_gid(run->context, 1, run->gid_index,
				   &attr.ah_attr.grh.dgid);
	if (ret)
		return fail(run, "GID", errno);
	ret = run->v.ibv_modify_qp(loop->qp, &attr,
				   IBV_QP_STATE | IBV_QP_PKEY_INDEX |
					   IBV_QP_PORT | IBV_QP_ACCESS_FLAGS);
	attr.qp_state = IBV_QPS_RTR;
	if (!ret)
		ret = run->v.ibv_modify_qp(
			loop->qp, &attr,
			IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU |
				IBV_QP_DEST_QPN | IBV_QP_RQ_PSN |
				IBV_QP_MAX_DEST_RD_ATOMIC |
				IBV_QP_MIN_RNR_TIMER);
	attr.qp_state = IBV_QPS_RTS;
	if (!ret)
		ret = run->v.ibv_modify_qp(
			loop->qp, &attr,
			IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT |
				IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN |
				IBV_QP_MAX_QP_RD_ATOMIC);
	return ret ? fail(run, "connection", ret) : 0;
}

static int wait_for_write(struct run *run, struct loop *loop)
{
	time_t end = time(NULL) + LIMIT_SECONDS;
	struct ibv_wc wc;
	int n;

	do {
		n = ibv_poll_cq(loop->cq, 1, &wc);
	} while (!n && time(NULL) < end);
	if (n != 1)
		return fail(run, "completion", n ? EIO : ETIMEDOUT);
	return wc.status ? fail(run, "RDMA WRITE", EREMOTEIO) : 0;
}

static int write_once(struct run *run, struct loop *loop)
{
	struct ibv_sge sge = {
		.addr = (uintptr_t)loop->data,
		.length = sizeof(loop->data),
		.lkey = loop->source->lkey,
	};
	struct ibv_send_wr wr = {
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = IBV_WR_RDMA_WRITE,
		.send_flags = IBV_SEND_SIGNALED,
		.wr.rdma = { loop->iova, loop->target->rkey },
	};
	struct ibv_send_wr *bad;
	int ret;

	ret = ibv_post_send(loop->qp, &wr, &bad);
	return ret ? fail(run, "post", ret) : wait_for_write(run, loop);
}

static int check_bytes(struct run *run, struct loop *loop,
		       struct dmabuf_buf *buf)
{
	int ret, differ;

	ret = dmabuf_begin_cpu(buf, DMABUF_READ);
	if (ret)
		return fail(run, "CPU access", ret);
	differ = memcmp(buf->map, loop->data, sizeof(loop->data));
	dmabuf_end_cpu(buf, DMABUF_READ);
	return differ ? fail(run, "wrong bytes in the dma-buf", EILSEQ) : 0;
}

/* Its descriptor is closed at once: the region must not need it. */
static int register_buf(struct run *run, struct loop *loop,
			struct dmabuf_buf *buf)
{
	struct dmabuf_buf own = *buf;

	own.fd = dup(buf->fd);
	if (own.fd < 0)
		return fail(run, "dup", errno);
	loop->target = run->consumer->reg(&run->v, loop->pd, &own, &loop->iova);
	close_keep_errno(own.fd);
	if (!loop->target)
		return fail(run, "registration", errno);
	if (loop->target->pd != loop->pd || !loop->target->rkey ||
	    loop->target->length < sizeof(loop->data))
		return fail(run, "fields of the region", EPROTO);
	return 0;
}

static void free_loop(struct run *run, struct loop *loop)
{
	if (loop->qp)
		run->v.ibv_destroy_qp(loop->qp);
	if (loop->cq)
		run->v.ibv_destroy_cq(loop->cq);
	if (loop->source)
		run->v.ibv_dereg_mr(loop->source);
	if (loop->target)
		run->v.ibv_dereg_mr(loop->target);
	if (loop->pd)
		run->v.ibv_dealloc_pd(loop->pd);
}

static int move_bytes(struct run *run)
{
	struct dmabuf_error error;
	struct loop loop = { 0 };
	struct dmabuf_buf *buf;
	int ret = -1;
	size_t i;

	for (i = 0; i < sizeof(loop.data); i++)
		loop.data[i] = (uint8_t)(i * 7 + i / 256 + 1);
	buf = dmabuf_alloc("udmabuf", BUF_SIZE, &error);
	if (!buf)
		return fail(run, error.text, error.code);
	loop.pd = run->v.ibv_alloc_pd(run->context);
	if (!loop.pd)
		fail(run, "protection domain", errno);
	else if (!register_buf(run, &loop, buf) && !create_queues(run, &loop) &&
		 !connect_queues(run, &loop) && !write_once(run, &loop))
		ret = check_bytes(run, &loop, buf);
	free_loop(run, &loop);
	dmabuf_free(buf);
	return ret;
}

static enum consumer_answer ask(struct run *run, const char *device)
{
	enum consumer_answer answer;

	if (run->consumer->look_up(&run->v)) {
		fail(run, "symbols", ENOSYS);
		return CONSUMER_ERROR;
	}
	if (open_named(run, device))
		return CONSUMER_ERROR;
	answer = run->consumer->probe(&run->v, run->context);
	if (answer == CONSUMER_ERROR)
		fail(run, "probe", errno);
	if (answer == CONSUMER_SUPPORTED &&
	    (choose_gid(run, device) || move_bytes(run)))
		answer = CONSUMER_ERROR;
	if (run->v.ibv_close_device(run->context))
		answer = CONSUMER_ERROR;
	return answer;
}

int consumer_main(const struct consumer *consumer, int argc, char **argv)
{
	static const char *const names[] = { "supported", "not supported",
					     "error" };
	bool json = argc == 3 && !strcmp(argv[1], "--json");
	struct run run = { .consumer = consumer };
	enum consumer_answer answer;

	if (argc != 2 + json) {
		fprintf(stderr, "Usage: consumer_%s [--json] DEVICE\n",
			consumer->name);
		return 2;
	}
	answer = ask(&run, argv[argc - 1]);
	if (json)
		printf("{\"consumer\": \"%s\", \"conclusion\": \"%s\", \"detail\": \"%s\"}\n",
		       consumer->name, names[answer], run.detail);
	else
		printf("%s %s\n", names[answer], run.detail);
	return answer;
}
