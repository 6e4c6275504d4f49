/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#include <stdlib.h>

#include "rxe.h"

struct ibv_srq *rxe_create_srq(struct ibv_pd *pd,
			       struct ibv_srq_init_attr *attr)
{
	struct rxe_create_srq_resp resp = {};
	struct verbs_udata udata = { .out = &resp, .out_len = sizeof(resp) };
	struct rxe_srq *srq;
	int err;

	srq = calloc(1, sizeof(*srq));
	if (!srq)
		return NULL;
	rxe_lock_init(&srq->rq.lock, rxe_is_single_threaded(pd));
	err = ibv_cmd_create_srq(pd, attr, &srq->ibv, &udata);
	if (err)
		goto free_srq;
	err = rxe_map_ring(&srq->rq.ring, pd->context->cmd_fd, &resp.mi);
	if (err)
		goto destroy_srq;
	srq->rq.max_sge = attr->attr.max_sge;
	return &srq->ibv;

destroy_srq:
	ibv_cmd_destroy_srq(&srq->ibv);
free_srq:
	rxe_lock_fini(&srq->rq.lock);
	free(srq);
	errno = err;
	return NULL;
}

/*
 * A new size makes a new ring, into which the kernel moves what is posted.
 * When only the mapping fails there is no way back, and the SRQ stays full.
 */
static int modify_srq_locked(struct rxe_srq *srq, struct ibv_srq_attr *attr,
			     int attr_mask)
{
	struct mminfo mi = {};
	struct rxe_modify_srq_cmd cmd = { .mmap_info_addr = (uintptr_t)&mi };
	struct verbs_udata udata = { .in = &cmd, .in_len = sizeof(cmd) };
	struct rxe_ring old = srq->rq.ring;
	int ret;

	ret = ibv_cmd_modify_srq(&srq->ibv, attr, attr_mask, &udata);
	if (ret || !(attr_mask & IBV_SRQ_MAX_WR))
		return ret;
	ret = rxe_map_ring(&srq->rq.ring, srq->ibv.context->cmd_fd, &mi);
	if (ret) {
		ring_make_unusable(&srq->rq.ring);
		return ret;
	}
	rxe_unmap_ring(&old);
	return 0;
}

int rxe_modify_srq(struct ibv_srq *ibsrq, struct ibv_srq_attr *attr,
		   int attr_mask)
{
	struct rxe_srq *srq = to_rxe_srq(ibsrq);
	int ret;

	rxe_lock(&srq->rq.lock);
	ret = modify_srq_locked(srq, attr, attr_mask);
	rxe_unlock(&srq->rq.lock);
	return ret;
}

int rxe_destroy_srq(struct ibv_srq *ibsrq)
{
	struct rxe_srq *srq = to_rxe_srq(ibsrq);
	int ret;

	ret = ibv_cmd_destroy_srq(ibsrq);
	if (ret)
		return ret;
	rxe_unmap_ring(&srq->rq.ring);
	rxe_lock_fini(&srq->rq.lock);
	free(srq);
	return 0;
}
