/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "threads.h"

#define ACCESS (IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE)

static void open_and_close(struct worker *w)
{
	struct ibv_device **list;
	struct ibv_context *context;
	struct ibv_port_attr port;
	int i, num;

	list = ibv_get_device_list(&num);
	CHECK(list && num);
	for (i = 0; list[i]; i++)
		CHECK(ibv_get_device_name(list[i]));
	context = ibv_open_device(w->shared->device);
	CHECK(context);
	ibv_free_device_list(list);
	CHECK(!ibv_query_port(context, 1, &port));
	CHECK(!ibv_close_device(context));
}

static void domains(struct worker *w)
{
	struct ibv_pd *pd = ibv_alloc_pd(w->shared->context);
	struct ibv_mr *mr;

	CHECK(pd);
	mr = ibv_reg_mr(pd, w->shared->memory, 4096, ACCESS);
	CHECK(mr);
	errno = 0;
	CHECK(ibv_dealloc_pd(pd) == EBUSY && errno == EBUSY);
	CHECK(!ibv_dereg_mr(mr));
	CHECK(!ibv_dealloc_pd(pd));
}

static void regions(struct worker *w)
{
	size_t length = 4096 * (1 + w->round % 8);
	struct ibv_mr *mr;

	mr = ibv_reg_mr(w->shared->pd, w->shared->memory, length, ACCESS);
	CHECK(mr && mr->length == length);
	CHECK(!ibv_dereg_mr(mr));
	errno = 0;
	CHECK(!ibv_reg_mr(w->shared->pd, w->shared->memory, length,
			  IBV_ACCESS_REMOTE_WRITE));
	CHECK(errno == EINVAL);
}

static struct ibv_qp *make_qp(struct worker *w, struct ibv_cq *cq)
{
	struct ibv_qp_init_attr init = {
		.send_cq = cq,
		.recv_cq = w->shared->cq,
		.cap = { 4, 4, 1, 1, 0 },
		.qp_type = IBV_QPT_RC,
	};
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_INIT, .port_num = 1 };
	struct ibv_qp *qp = ibv_create_qp(w->shared->pd, &init);

	CHECK(qp);
	CHECK(!ibv_modify_qp(qp, &attr,
			     IBV_QP_STATE | IBV_QP_PORT | IBV_QP_PKEY_INDEX |
				     IBV_QP_ACCESS_FLAGS));
	return qp;
}

/* Its receives complete, flushed, on the queue that everybody polls. */
static void queues(struct worker *w)
{
	struct shared *s = w->shared;
	struct ibv_sge sge = { (uintptr_t)s->memory, 64, s->mr->lkey };
	struct ibv_recv_wr wr = { .sg_list = &sge, .num_sge = 1 }, *bad;
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_ERR };
	struct ibv_cq *cq;
	struct ibv_qp *qp;
	struct ibv_wc wc;

	cq = ibv_create_cq(s->context, 16, NULL, s->channel, 0);
	CHECK(cq);
	qp = make_qp(w, cq);
	CHECK(!ibv_post_recv(qp, &wr, &bad));
	CHECK(!ibv_modify_qp(qp, &attr, IBV_QP_STATE));
	CHECK(ibv_poll_cq(cq, 1, &wc) == 0);
	CHECK(!ibv_req_notify_cq(cq, 0));
	CHECK(!ibv_destroy_qp(qp));
	CHECK(!ibv_destroy_cq(cq));
}

/* A full queue is no mistake: all threads post to it and poll it empty. */
static void traffic(struct worker *w)
{
	struct shared *s = w->shared;
	char *half = s->memory + MEMORY_SIZE / 2;
	struct ibv_sge sge = { (uintptr_t)s->memory, 256, s->mr->lkey };
	struct ibv_send_wr wr = {
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = IBV_WR_RDMA_WRITE,
		.send_flags = IBV_SEND_SIGNALED,
		.wr.rdma = { (uintptr_t)half, s->mr->rkey },
	};
	struct ibv_send_wr *bad;
	struct ibv_wc wc[4];
	int i, j, n, ret;

	for (i = 0; i < 8; i++) {
		ret = ibv_post_send(s->qp, &wr, &bad);
		CHECK(!ret || ret == ENOMEM);
		n = ibv_poll_cq(s->cq, 4, wc);
		CHECK(n >= 0);
		for (j = 0; j < n; j++)
			CHECK(wc[j].status == IBV_WC_SUCCESS ||
			      wc[j].status == IBV_WC_WR_FLUSH_ERR);
	}
}

static void handles(struct worker *w)
{
	struct ibv_ah_attr attr = {
		.is_global = 1,
		.port_num = 1,
		.grh.hop_limit = 1,
	};
	struct ibv_ah *ah;

	CHECK(!ibv_query_gid(w->shared->context, 1, 0, &attr.grh.dgid));
	ah = ibv_create_ah(w->shared->pd, &attr);
	/* The software device has none yet. */
	CHECK(ah || errno == EOPNOTSUPP);
	CHECK(!ah || !ibv_destroy_ah(ah));
}

static void forks(struct worker *w)
{
	CHECK(!ibv_fork_init());
	CHECK(ibv_is_fork_initialized() != IBV_FORK_DISABLED);
}

const struct job jobs[] = {
	{ "open_and_close", open_and_close },
	{ "domains", domains },
	{ "regions", regions },
	{ "queues", queues },
	{ "traffic", traffic },
	{ "handles", handles },
	{ "forks", forks },
};
const unsigned int num_jobs = sizeof(jobs) / sizeof(jobs[0]);
