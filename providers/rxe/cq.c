/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#include <stdlib.h>

#include "rxe.h"

struct ibv_cq *rxe_create_cq(struct ibv_context *context, int cqe,
			     struct ibv_comp_channel *channel, int comp_vector)
{
	struct rxe_create_cq_resp resp = {};
	struct verbs_udata udata = { .out = &resp, .out_len = sizeof(resp) };
	struct rxe_cq *cq;
	int err;

	cq = calloc(1, sizeof(*cq));
	if (!cq)
		return NULL;
	pthread_spin_init(&cq->lock, PTHREAD_PROCESS_PRIVATE);
	err = ibv_cmd_create_cq(context, cqe, channel, comp_vector, &cq->ibv,
				&udata);
	if (err)
		goto free_cq;
	err = rxe_map_ring(&cq->ring, context->cmd_fd, &resp.mi);
	if (err)
		goto destroy_cq;
	return &cq->ibv;

destroy_cq:
	ibv_cmd_destroy_cq(&cq->ibv);
free_cq:
	pthread_spin_destroy(&cq->lock);
	free(cq);
	errno = err;
	return NULL;
}

/*
 * The kernel moves the completions over; nothing may be polled meanwhile. When
 * only the mapping fails there is no way back, and the CQ stays empty.
 */
static int resize_cq_locked(struct rxe_cq *cq, int cqe)
{
	struct rxe_resize_cq_resp resp = {};
	struct verbs_udata udata = { .out = &resp, .out_len = sizeof(resp) };
	struct rxe_ring old = cq->ring;
	int ret;

	ret = ibv_cmd_resize_cq(&cq->ibv, cqe, &udata);
	if (ret)
		return ret;
	ret = rxe_map_ring(&cq->ring, cq->ibv.context->cmd_fd, &resp.mi);
	if (ret) {
		ring_make_unusable(&cq->ring);
		return ret;
	}
	rxe_unmap_ring(&old);
	return 0;
}

int rxe_resize_cq(struct ibv_cq *ibcq, int cqe)
{
	struct rxe_cq *cq = to_rxe_cq(ibcq);
	int ret;

	pthread_spin_lock(&cq->lock);
	ret = resize_cq_locked(cq, cqe);
	pthread_spin_unlock(&cq->lock);
	return ret;
}

int rxe_destroy_cq(struct ibv_cq *ibcq)
{
	struct rxe_cq *cq = to_rxe_cq(ibcq);
	int ret;

	ret = ibv_cmd_destroy_cq(ibcq);
	if (ret)
		return ret;
	rxe_unmap_ring(&cq->ring);
	pthread_spin_destroy(&cq->lock);
	free(cq);
	return 0;
}

int rxe_poll_cq(struct ibv_cq *ibcq, int num_entries, struct ibv_wc *wc)
{
	struct rxe_cq *cq = to_rxe_cq(ibcq);
	uint32_t consumer, end;
	int n;

	pthread_spin_lock(&cq->lock);
	consumer = ring_consumer(&cq->ring);
	end = ring_end(&cq->ring);
	for (n = 0; n < num_entries && consumer != end; n++) {
		rxe_decode_cqe(&wc[n], ring_slot(&cq->ring, consumer));
		consumer = ring_next(&cq->ring, consumer);
	}
	if (n)
		ring_publish_consumer(&cq->ring, consumer);
	pthread_spin_unlock(&cq->lock);
	return n;
}
