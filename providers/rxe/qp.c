/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#include <stdlib.h>

#include "rxe.h"

static void unmap_queues(struct rxe_qp *qp)
{
	rxe_unmap_ring(&qp->rq.ring);
	rxe_unmap_ring(&qp->sq.ring);
}

/* With an SRQ there is no receive queue, and the kernel leaves rq_mi alone. */
static int map_queues(struct rxe_qp *qp, const struct rxe_create_qp_resp *resp)
{
	int fd = qp->ibv.context->cmd_fd;
	int err;

	err = rxe_map_ring(&qp->sq.ring, fd, &resp->sq_mi);
	if (err || !resp->rq_mi.size)
		return err;
	err = rxe_map_ring(&qp->rq.ring, fd, &resp->rq_mi);
	if (err)
		unmap_queues(qp);
	return err;
}

static void init_queues(struct rxe_qp *qp, const struct ibv_qp_cap *cap,
			enum ibv_qp_type type)
{
	pthread_spin_init(&qp->sq.lock, PTHREAD_PROCESS_PRIVATE);
	pthread_spin_init(&qp->rq.lock, PTHREAD_PROCESS_PRIVATE);
	qp->sq.max_sge = cap->max_send_sge;
	qp->sq.max_inline = cap->max_inline_data;
	qp->sq.opcodes = rxe_send_opcodes(type);
	qp->rq.max_sge = cap->max_recv_sge;
}

struct ibv_qp *rxe_create_qp(struct ibv_pd *pd, struct ibv_qp_init_attr *attr)
{
	struct rxe_create_qp_resp resp = {};
	struct verbs_udata udata = { .out = &resp, .out_len = sizeof(resp) };
	struct rxe_qp *qp;
	int err;

	qp = calloc(1, sizeof(*qp));
	if (!qp)
		return NULL;
	err = ibv_cmd_create_qp(pd, attr, &qp->ibv, &udata);
	if (err)
		goto free_qp;
	err = map_queues(qp, &resp);
	if (err)
		goto destroy_qp;
	init_queues(qp, &attr->cap, attr->qp_type);
	return &qp->ibv;

destroy_qp:
	ibv_cmd_destroy_qp(&qp->ibv);
free_qp:
	free(qp);
	errno = err;
	return NULL;
}

int rxe_destroy_qp(struct ibv_qp *ibqp)
{
	struct rxe_qp *qp = to_rxe_qp(ibqp);
	int ret;

	ret = ibv_cmd_destroy_qp(ibqp);
	if (ret)
		return ret;
	unmap_queues(qp);
	pthread_spin_destroy(&qp->rq.lock);
	pthread_spin_destroy(&qp->sq.lock);
	free(qp);
	return 0;
}
