// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* Bytes through a region that the consumer registered. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dmabuf_error.h"
#include "run.h"

#define BUF_SIZE (4 * CONSUMER_PAGE)
#define LIMIT_SECONDS 20
#define CANARY 0xa5

struct loop {
	struct ibv_pd *pd;
	struct ibv_mr *local, *target;
	struct ibv_cq *cq;
	struct ibv_qp *qp;
	struct dmabuf_buf *dmabuf;
	struct consumer_buffer buf;
	uint64_t iova;
	uint8_t data[CONSUMER_PAGE];
};

static uint8_t byte_at(size_t i)
{
	return (uint8_t)(i * 7 + i / 256 + 1);
}

static void fill(uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		p[i] = byte_at(i);
}

static bool is_filled(const uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (p[i] != byte_at(i))
			return false;
	return true;
}

static bool is_canary(const uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (p[i] != CANARY)
			return false;
	return true;
}

static int create_queues(struct run *run, struct loop *loop)
{
	struct ibv_qp_init_attr init = {
		.cap = { 1, 1, 1, 1, 0 },
		.qp_type = IBV_QPT_RC,
	};

	loop->local =
		(run->v.ibv_reg_mr)(loop->pd, loop->data, sizeof(loop->data),
				    IBV_ACCESS_LOCAL_WRITE);
	loop->cq = run->v.ibv_create_cq(run->context, 4, NULL, NULL, 0);
	if (!loop->local || !loop->cq)
		return run_fail(run, "local region, completion queue", errno);
	init.send_cq = loop->cq;
	init.recv_cq = loop->cq;
	loop->qp = run->v.ibv_create_qp(loop->pd, &init);
	return loop->qp ? 0 : run_fail(run, "queue pair", errno);
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
		return run_fail(run, "GID", errno);
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
	return ret ? run_fail(run, "connection", ret) : 0;
}

static int wait_for_completion(struct run *run, struct loop *loop)
{
	time_t end = time(NULL) + LIMIT_SECONDS;
	struct ibv_wc wc;
	int n;

	do {
		n = ibv_poll_cq(loop->cq, 1, &wc);
	} while (!n && time(NULL) < end);
	if (n != 1)
		return run_fail(run, "completion", n ? EIO : ETIMEDOUT);
	return wc.status ? run_fail(run, "RDMA request", EREMOTEIO) : 0;
}

static int move_once(struct run *run, struct loop *loop)
{
	struct ibv_sge sge = {
		.addr = (uintptr_t)loop->data,
		.length = sizeof(loop->data),
		.lkey = loop->local->lkey,
	};
	struct ibv_send_wr wr = {
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = run->consumer->read_only ? IBV_WR_RDMA_READ
						   : IBV_WR_RDMA_WRITE,
		.send_flags = IBV_SEND_SIGNALED,
		.wr.rdma = { loop->iova, loop->target->rkey },
	};
	struct ibv_send_wr *bad;
	int ret;

	ret = ibv_post_send(loop->qp, &wr, &bad);
	return ret ? run_fail(run, "post", ret)
		   : wait_for_completion(run, loop);
}

/* The pattern on the side that is read, canaries wherever nothing belongs. */
static int set_bytes(struct run *run, struct loop *loop)
{
	bool read_only = run->consumer->read_only;
	int ret;

	ret = dmabuf_begin_cpu(loop->dmabuf, DMABUF_WRITE);
	if (ret)
		return run_fail(run, "CPU access", ret);
	memset(loop->dmabuf->map, CANARY, loop->dmabuf->size);
	if (read_only)
		fill(loop->buf.addr, loop->buf.length);
	dmabuf_end_cpu(loop->dmabuf, DMABUF_WRITE);
	memset(loop->data, CANARY, sizeof(loop->data));
	if (!read_only)
		fill(loop->data, sizeof(loop->data));
	return 0;
}

static int check_bytes(struct run *run, struct loop *loop)
{
	const uint8_t *map = loop->dmabuf->map;
	uint8_t *end = loop->buf.addr + loop->buf.length;
	bool good;
	int ret;

	ret = dmabuf_begin_cpu(loop->dmabuf, DMABUF_READ);
	if (ret)
		return run_fail(run, "CPU access", ret);
	good = is_filled(loop->buf.addr, loop->buf.length) &&
	       is_filled(loop->data, sizeof(loop->data)) &&
	       is_canary(map, (size_t)(loop->buf.addr - map)) &&
	       is_canary(end, (size_t)(map + loop->dmabuf->size - end));
	dmabuf_end_cpu(loop->dmabuf, DMABUF_READ);
	return good ? 0 : run_fail(run, "wrong bytes", EILSEQ);
}

/* Its descriptor is closed at once: the region must not need it. */
static int register_buf(struct run *run, struct loop *loop)
{
	struct consumer_buffer own = loop->buf;

	own.fd = dup(loop->dmabuf->fd);
	if (own.fd < 0)
		return run_fail(run, "dup", errno);
	loop->target = run->consumer->reg(&run->v, loop->pd, &own, &loop->iova);
	close_keep_errno(own.fd);
	if (!loop->target)
		return run_fail(run, "registration", errno);
	if (loop->target->pd != loop->pd ||
	    loop->target->context != run->context || !loop->target->rkey ||
	    loop->target->length < loop->buf.length)
		return run_fail(run, "fields of the region", EPROTO);
	return 0;
}

static int make_buf(struct run *run, struct loop *loop, const char *exporter,
		    uint64_t offset)
{
	struct dmabuf_error error;

	loop->dmabuf = dmabuf_alloc(exporter, BUF_SIZE, &error);
	if (!loop->dmabuf)
		return run_fail(run, error.text, error.code);
	if (run->consumer->exports_pages)
		offset %= CONSUMER_PAGE;
	loop->buf.offset = offset;
	loop->buf.addr = (uint8_t *)loop->dmabuf->map + offset;
	loop->buf.length = sizeof(loop->data);
	loop->pd = run->v.ibv_alloc_pd(run->context);
	return loop->pd ? 0 : run_fail(run, "protection domain", errno);
}

static int free_loop(struct run *run, struct loop *loop)
{
	int ret = 0;

	if (loop->qp)
		ret |= run->v.ibv_destroy_qp(loop->qp);
	if (loop->cq)
		ret |= run->v.ibv_destroy_cq(loop->cq);
	if (loop->local)
		ret |= run->v.ibv_dereg_mr(loop->local);
	if (loop->target)
		ret |= run->v.ibv_dereg_mr(loop->target);
	if (loop->pd)
		ret |= run->v.ibv_dealloc_pd(loop->pd);
	dmabuf_free(loop->dmabuf);
	return ret ? run_fail(run, "teardown", EBUSY) : 0;
}

int run_transfer(struct run *run, const char *exporter, uint64_t offset)
{
	struct loop loop = { 0 };
	int ret = -1;

	if (!make_buf(run, &loop, exporter, offset) && !set_bytes(run, &loop) &&
	    !register_buf(run, &loop) && !create_queues(run, &loop) &&
	    !connect_queues(run, &loop) && !move_once(run, &loop))
		ret = check_bytes(run, &loop);
	return free_loop(run, &loop) ? -1 : ret;
}
