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
	bool single_threaded = rxe_is_single_threaded(qp->ibv.pd);

	rxe_lock_init(&qp->sq.lock, single_threaded);
	rxe_lock_init(&qp->rq.lock, single_threaded);
	qp->sq.max_sge = cap->max_send_sge;
	qp->sq.max_inline = cap->max_inline_data;
	qp->sq.opcodes = rxe_send_opcodes(type);
	qp->rq.max_sge = cap->max_recv_sge;
}

/* Nothing that only XRC, TSO or a WQ table could mean. */
#define SUPPORTED_ATTRS                                        \
	(IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_CREATE_FLAGS | \
	 IBV_QP_INIT_ATTR_SEND_OPS_FLAGS)

static int create_qp(struct rxe_qp *qp, struct ibv_context *context,
		     struct ibv_qp_init_attr_ex *attr)
{
	struct rxe_create_qp_resp resp = {};
	struct verbs_udata udata = { .out = &resp, .out_len = sizeof(resp) };
	int err;

	if (attr->comp_mask & ~(uint32_t)SUPPORTED_ATTRS)
		return EOPNOTSUPP;
	if (attr->comp_mask & IBV_QP_INIT_ATTR_SEND_OPS_FLAGS) {
		err = rxe_set_wr_ops(qp, attr->qp_type, attr->send_ops_flags);
		if (err)
			return err;
	}
	err = ibv_cmd_create_qp_ex(context, attr, &qp->ibv, &udata);
	if (err)
		return err;
	err = map_queues(qp, &resp);
	if (err) {
		ibv_cmd_destroy_qp(&qp->ibv);
		return err;
	}
	init_queues(qp, &attr->cap, attr->qp_type);
	return 0;
}

struct ibv_qp *rxe_create_qp_ex(struct ibv_context *context,
				struct ibv_qp_init_attr_ex *attr)
{
	struct rxe_qp *qp;
	int err;

	qp = calloc(1, sizeof(*qp));
	if (!qp)
		return NULL;
	err = create_qp(qp, context, attr);
	if (err) {
		free(qp);
		errno = err;
		return NULL;
	}
	return &qp->ibv;
}

int rxe_destroy_qp(struct ibv_qp *ibqp)
{
	struct rxe_qp *qp = to_rxe_qp(ibqp);
	int ret;

	ret = ibv_cmd_destroy_qp(ibqp);
	if (ret)
		return ret;
	unmap_queues(qp);
	rxe_lock_fini(&qp->rq.lock);
	rxe_lock_fini(&qp->sq.lock);
	free(qp);
	return 0;
}
