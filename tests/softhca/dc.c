// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/bitmap.h>
#include <rdma/mlx5-abi.h>

#include "softhca.h"

/*
 * Dynamic connections. A DCI sends each request to the address, number and key
 * that the request has with it; a DCT takes what comes with its key. There is
 * no connection that both ends would have to agree on: respond.c does the rest
 * as for RC, but what a DCI does wrong ends the DCI alone.
 */

int hca_dc_create(struct hca_qp *qp, const struct ib_qp_init_attr *attr,
		  const struct mlx5_ib_create_qp *cmd)
{
	const u32 ends = MLX5_QP_FLAG_TYPE_DCI | MLX5_QP_FLAG_TYPE_DCT;

	if (cmd->flags & MLX5_QP_FLAG_DCI_STREAM &&
	    !(cmd->flags & MLX5_QP_FLAG_TYPE_DCI))
		return -EINVAL;
	if (attr->qp_type != IB_QPT_DRIVER)
		return cmd->flags & ends ? -EINVAL : 0;
	switch (cmd->flags & ends) {
	case MLX5_QP_FLAG_TYPE_DCI:
		qp->dc = HCA_DCI;
		return 0;
	case MLX5_QP_FLAG_TYPE_DCT:
		if (!attr->srq || !attr->recv_cq || cmd->sq_wqe_count)
			return -EINVAL;
		qp->dc = HCA_DCT;
		qp->access_key = cmd->access_key;
		/* It has no number yet by which it could be listed. */
		rdma_restrack_no_track(&qp->ib.res);
		return 0;
	default:
		return -EINVAL;
	}
}

/* ---- States ------------------------------------------------------------------ */

struct step {
	enum ib_qp_state cur, new;
	int required, optional; /* beside the state */
};

static const struct step dci_steps[] = {
	{ IB_QPS_RESET, IB_QPS_INIT, IB_QP_PKEY_INDEX | IB_QP_PORT, 0 },
	{ IB_QPS_INIT, IB_QPS_INIT, 0, IB_QP_PKEY_INDEX | IB_QP_PORT },
	{ IB_QPS_INIT, IB_QPS_RTR, IB_QP_PATH_MTU,
	  IB_QP_PKEY_INDEX | IB_QP_AV },
	{ IB_QPS_RTR, IB_QPS_RTS,
	  IB_QP_TIMEOUT | IB_QP_RETRY_CNT | IB_QP_RNR_RETRY |
		  IB_QP_MAX_QP_RD_ATOMIC | IB_QP_SQ_PSN,
	  IB_QP_MIN_RNR_TIMER },
	{ IB_QPS_RTS, IB_QPS_RTS, 0, IB_QP_MIN_RNR_TIMER },
	{}
};

/* It stays ready until it is destroyed. */
static const struct step dct_steps[] = {
	{ IB_QPS_RESET, IB_QPS_INIT,
	  IB_QP_PKEY_INDEX | IB_QP_PORT | IB_QP_ACCESS_FLAGS, 0 },
	{ IB_QPS_INIT, IB_QPS_RTR,
	  IB_QP_MIN_RNR_TIMER | IB_QP_AV | IB_QP_PATH_MTU, 0 },
	{}
};

static bool is_end(enum ib_qp_state cur, enum ib_qp_state new)
{
	if (new == IB_QPS_ERR)
		return cur != IB_QPS_RESET;
	return new == IB_QPS_RESET;
}

/* The verbs know no such QPs; the driver's own rules hold for them. */
bool hca_dc_may_modify(const struct hca_qp *qp, enum ib_qp_state cur,
		       enum ib_qp_state new, int mask)
{
	const struct step *step = qp->dc == HCA_DCT ? dct_steps : dci_steps;

	mask &= ~IB_QP_CUR_STATE;
	if (qp->dc == HCA_DCI && is_end(cur, new))
		return mask == IB_QP_STATE;
	for (; step->new; step++)
		if (step->cur == cur && step->new == new)
			return mask & IB_QP_STATE &&
			       (mask & step->required) == step->required &&
			       !(mask & ~(IB_QP_STATE | step->required |
					  step->optional));
	return false;
}

/* ---- Requests ---------------------------------------------------------------- */

static u64 key_of(const struct hca_op *op)
{
	return (u64)be32_to_cpu(op->av.qkey) << 32 |
	       be32_to_cpu(op->av.key_low);
}

/* The DCT that the request is for. One that does not take it says nothing. */
struct hca_qp *hca_dc_responder_locked(struct hca_qp *qp)
{
	struct hca_qp *dct = hca_addressed_qp_locked(qp);

	if (!dct || dct->dc != HCA_DCT || !hca_qp_receives(dct) ||
	    dct->access_key != key_of(&qp->op))
		return NULL;
	return dct;
}

/* A message breaks off: what it has taken of a DCT's queue goes back. */
void hca_dc_leave_locked(struct hca_qp *qp)
{
	struct hca_qp *dct;

	if (qp->dc != HCA_DCI || !qp->recv.taken)
		return;
	dct = hca_qp_find_locked(be32_to_cpu(qp->op.av.dqp) & 0xffffff);
	if (!dct || dct->gen != qp->op.peer_gen) {
		qp->recv.taken = false; /* it went with the DCT */
		return;
	}
	if (hca_complete_recv_error(dct, &qp->recv, HCA_SYN_FLUSH))
		return;
	hca_qp_error_locked(dct);
	hca_qp_event_locked(dct, IB_EVENT_QP_FATAL);
}

/* ---- Streams ----------------------------------------------------------------- */

/*
 * Requests of a DCI that has streams each name one. They are carried out one
 * after the other all the same, which is what a device may do. An error ends
 * the stream that it is in, and what is in it from then on is flushed; the
 * others go on, until more streams have failed than was agreed.
 */

enum { NUM_STREAMS = 1 << HCA_LOG_MAX_STREAMS };

int hca_streams_create(struct hca_qp *qp, u8 log_num, u8 log_failed)
{
	if (!hca_is_newer(qp->ib.device))
		return -EOPNOTSUPP;
	if (log_num > HCA_LOG_MAX_STREAMS || log_failed > HCA_LOG_MAX_STREAMS)
		return -EINVAL;
	qp->streams.failed = bitmap_zalloc(NUM_STREAMS, GFP_KERNEL_ACCOUNT);
	if (!qp->streams.failed)
		return -ENOMEM;
	qp->streams.max_failed = 1 << log_failed;
	return 0;
}

void hca_streams_destroy(struct hca_qp *qp)
{
	bitmap_free(qp->streams.failed);
	qp->streams.failed = NULL;
}

/* Whether the current request is in a stream that has failed. */
bool hca_stream_failed(const struct hca_qp *qp)
{
	const unsigned long *failed = qp->streams.failed;

	return failed && test_bit(qp->op.stream, failed);
}

/* The current request fails. Returns whether the DCI goes on without its stream. */
bool hca_stream_fail_locked(struct hca_qp *qp)
{
	struct hca_streams *streams = &qp->streams;

	if (!streams->failed)
		return false;
	if (!__test_and_set_bit(qp->op.stream, streams->failed))
		streams->num_failed++;
	if (streams->num_failed > streams->max_failed)
		return false;
	hca_dc_leave_locked(qp);
	return true;
}

void hca_stream_reset_locked(struct hca_qp *qp, u16 stream)
{
	if (__test_and_clear_bit(stream, qp->streams.failed))
		qp->streams.num_failed--;
}

void hca_streams_reset_locked(struct hca_qp *qp)
{
	if (!qp->streams.failed)
		return;
	bitmap_zero(qp->streams.failed, NUM_STREAMS);
	qp->streams.num_failed = 0;
}
