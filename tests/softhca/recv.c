// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include "softhca.h"

/*
 * Receive requests: of a QP's own queue or of a shared one. A QP takes one
 * when a message for it begins and completes it when that has ended.
 */

void hca_parse_recv(struct hca_recv *recv, const struct hca_data_seg *data,
		    int n)
{
	int i;

	recv->len = 0;
	for (i = 0; i < n; i++) {
		if (!data[i].byte_count &&
		    data[i].lkey == cpu_to_be32(HCA_END_LKEY))
			break;
		hca_set_seg(&recv->seg[i], &data[i]);
		recv->len += recv->seg[i].len;
	}
	recv->nseg = i;
}

/*
 * The request at ci of a queue of num, 1 << shift bytes each, the first own of
 * which are no part of its list; as below.
 */
int hca_peek_ring(const struct hca_ring *ring, const struct hca_ring *db,
		  u16 ci, u32 num, u32 shift, u32 own, struct hca_recv *recv)
{
	struct hca_data_seg
		data[HCA_RQ_STRIDE_MAX / sizeof(struct hca_data_seg)];
	int n = hca_posted(db, HCA_DB_RECV, ci, num);
	size_t len = (1 << shift) - own;

	if (n <= 0)
		return n;
	memcpy(data, ring->base + ((ci & (num - 1)) << shift) + own, len);
	recv->idx = ci;
	hca_parse_recv(recv, data, len / sizeof(*data));
	return 1;
}

static int peek_own(struct hca_qp *qp, struct hca_recv *recv)
{
	return hca_peek_ring(&qp->ring, &qp->db, qp->rq_ci, qp->rq_num,
			     qp->rq_shift, 0, recv);
}

/*
 * Looks at the next receive request, in srq or without one in the QP's own
 * queue. Returns 1, 0 if none is posted, -1 if the queue makes no sense.
 */
int hca_recv_peek_locked(struct hca_qp *qp, struct hca_srq *srq,
			 struct hca_recv *recv)
{
	if (!srq) {
		recv->srqn = 0;
		return peek_own(qp, recv);
	}
	recv->srqn = srq->srqn;
	return hca_srq_peek_locked(srq, recv);
}

/* Takes the request that was looked at. It is owed a completion now. */
void hca_recv_take_locked(struct hca_qp *qp, struct hca_recv *recv)
{
	if (recv->srqn)
		hca_srq_take_locked(hca_srq_find_locked(recv->srqn), recv);
	else
		qp->rq_ci++;
	recv->taken = true;
}

/* Completes the request that was taken; false if there is no room for that. */
bool hca_complete_recv(struct hca_qp *qp, struct hca_recv *recv,
		       struct hca_cqe *cqe, u8 opcode, bool solicited)
{
	struct ib_cq *cq = qp->ib.recv_cq;
	struct hca_srq *srq;

	recv->taken = false;
	cqe->opcode_qpn = cpu_to_be32(qp->qpn);
	cqe->wqe_counter = cpu_to_be16(recv->idx);
	cqe->srqn_uidx = cpu_to_be32(qp->uidx);
	if (recv->srqn) {
		srq = hca_srq_find_locked(recv->srqn);
		/* An XRC SRQ may go while a QP is at work for it. */
		if (!srq)
			return true;
		if (srq->ib.srq_type == IB_SRQT_XRC) {
			cq = srq->ib.ext.cq;
			cqe->srqn_uidx = cpu_to_be32(srq->uidx);
		}
		if (srq->by_number)
			cqe->srqn_uidx = cpu_to_be32(srq->srqn);
	}
	return hca_push(qp, cq, cqe, opcode, solicited,
			opcode == HCA_CQE_RESP_ERR ? NULL : &recv->inl);
}

bool hca_complete_recv_error(struct hca_qp *qp, struct hca_recv *recv,
			     u8 syndrome)
{
	struct hca_cqe cqe = { .syndrome = syndrome };

	return hca_complete_recv(qp, recv, &cqe, HCA_CQE_RESP_ERR, false);
}

static bool flush_recv(struct hca_qp *qp)
{
	if (!qp->recv.taken) {
		/* Those of a shared queue stay for others. */
		if (hca_recv_peek_locked(qp, NULL, &qp->recv) <= 0)
			return false;
		hca_recv_take_locked(qp, &qp->recv);
	}
	qp->stuck = !hca_complete_recv_error(qp, &qp->recv, HCA_SYN_FLUSH);
	return true;
}

/* Completes up to max requests of each queue of a QP in error. */
bool hca_flush_locked(struct hca_qp *qp, int max)
{
	bool any = false;
	int i;

	for (i = 0; i < max && !qp->stuck && hca_flush_send(qp); i++)
		any = true;
	for (i = 0; i < max && !qp->stuck && flush_recv(qp); i++)
		any = true;
	return any;
}
