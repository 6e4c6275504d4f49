/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#include "rxe.h"

/* Fills slots from the producer index on; the caller publishes it. */
static int queue_sends_locked(struct rxe_send_queue *sq, uint32_t *producer,
			      struct ibv_send_wr **wr)
{
	int ret;

	for (; *wr; *wr = (*wr)->next) {
		if (ring_full(&sq->ring, *producer))
			return ENOMEM;
		ret = rxe_encode_send(sq, ring_slot(&sq->ring, *producer), *wr);
		if (ret)
			return ret;
		*producer = ring_next(&sq->ring, *producer);
		sq->ssn++;
	}
	return 0;
}

int rxe_post_send(struct ibv_qp *ibqp, struct ibv_send_wr *wr,
		  struct ibv_send_wr **bad_wr)
{
	struct rxe_send_queue *sq = &to_rxe_qp(ibqp)->sq;
	struct ibv_send_wr *first = wr;
	uint32_t producer;
	int ret, bell_ret;

	/* The kernel would refuse the doorbell, with the requests queued. */
	if (ibqp->state < IBV_QPS_RTS) {
		*bad_wr = wr;
		return verbs_err(EINVAL);
	}

	rxe_lock(&sq->lock);
	producer = ring_producer(&sq->ring);
	ret = queue_sends_locked(sq, &producer, &wr);
	ring_publish_producer(&sq->ring, producer);
	rxe_unlock(&sq->lock);

	if (ret)
		*bad_wr = wr;
	if (wr == first)
		return ret ? verbs_err(ret) : 0;
	/* It fails only when the device is gone, and then nothing is sent. */
	bell_ret = ibv_cmd_ring_send_queue(ibqp);
	if (bell_ret) {
		*bad_wr = first;
		return verbs_err(bell_ret);
	}
	return ret ? verbs_err(ret) : 0;
}

/* Fills slots from the producer index on; the caller publishes it. */
static int queue_recvs_locked(struct rxe_recv_queue *rq, uint32_t *producer,
			      struct ibv_recv_wr **wr)
{
	int ret;

	for (; *wr; *wr = (*wr)->next) {
		if (ring_full(&rq->ring, *producer))
			return ENOMEM;
		ret = rxe_encode_recv(rq, ring_slot(&rq->ring, *producer), *wr);
		if (ret)
			return ret;
		*producer = ring_next(&rq->ring, *producer);
	}
	return 0;
}

/* There is no doorbell: the driver looks when a message arrives. */
static int post_recvs(struct rxe_recv_queue *rq, struct ibv_recv_wr *wr,
		      struct ibv_recv_wr **bad_wr)
{
	uint32_t producer;
	int ret;

	rxe_lock(&rq->lock);
	producer = ring_producer(&rq->ring);
	ret = queue_recvs_locked(rq, &producer, &wr);
	ring_publish_producer(&rq->ring, producer);
	rxe_unlock(&rq->lock);
	if (!ret)
		return 0;
	*bad_wr = wr;
	return verbs_err(ret);
}

int rxe_post_recv(struct ibv_qp *qp, struct ibv_recv_wr *wr,
		  struct ibv_recv_wr **bad_wr)
{
	struct rxe_recv_queue *rq = &to_rxe_qp(qp)->rq;

	/* It receives through its SRQ, or is not ready for receives yet. */
	if (!rq->ring.buf || qp->state == IBV_QPS_RESET) {
		*bad_wr = wr;
		return verbs_err(EINVAL);
	}
	return post_recvs(rq, wr, bad_wr);
}

int rxe_post_srq_recv(struct ibv_srq *srq, struct ibv_recv_wr *wr,
		      struct ibv_recv_wr **bad_wr)
{
	return post_recvs(&to_rxe_srq(srq)->rq, wr, bad_wr);
}
