// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include "softhca.h"

/*
 * The kernel's own CQs, read as a program reads one: an entry belongs to the
 * reader once its owner bit is that of the pass, and a counter says how far
 * the reader has got. What a QP that is gone has left is nobody's.
 */

static const struct hca_cqe *next_cqe(struct hca_cq *cq)
{
	const struct hca_cqe *cqe = cq->ring.base;
	u8 op_own;

	cqe += cq->ci & (cq->num - 1);
	/* Pairs with hca_cq_write_locked(). */
	op_own = smp_load_acquire(&cqe->op_own);
	if (op_own >> 4 == HCA_CQE_INVALID ||
	    !(op_own & HCA_CQE_OWNER) != !(cq->ci & cq->num))
		return NULL;
	return cqe;
}

static void release_cqe(struct hca_cq *cq)
{
	__be32 *record = cq->db.base;

	cq->ci++;
	smp_store_release(&record[HCA_DB_CQ_CI],
			  cpu_to_be32(cq->ci & HCA_CI_MASK));
}

static enum ib_wc_status wc_status(u8 syndrome)
{
	switch (syndrome) {
	case HCA_SYN_LOCAL_LENGTH:
		return IB_WC_LOC_LEN_ERR;
	case HCA_SYN_LOCAL_QP_OP:
		return IB_WC_LOC_QP_OP_ERR;
	case HCA_SYN_LOCAL_PROT:
		return IB_WC_LOC_PROT_ERR;
	case HCA_SYN_FLUSH:
		return IB_WC_WR_FLUSH_ERR;
	case HCA_SYN_MW_BIND:
		return IB_WC_MW_BIND_ERR;
	case HCA_SYN_REMOTE_INVALID:
		return IB_WC_REM_INV_REQ_ERR;
	case HCA_SYN_REMOTE_ACCESS:
		return IB_WC_REM_ACCESS_ERR;
	case HCA_SYN_REMOTE_OP:
		return IB_WC_REM_OP_ERR;
	case HCA_SYN_RETRY_EXC:
		return IB_WC_RETRY_EXC_ERR;
	case HCA_SYN_RNR_EXC:
		return IB_WC_RNR_RETRY_EXC_ERR;
	default:
		return IB_WC_GENERAL_ERR;
	}
}

static enum ib_wc_opcode send_opcode(u8 opcode)
{
	switch (opcode) {
	case HCA_OP_RDMA_WRITE:
	case HCA_OP_RDMA_WRITE_IMM:
		return IB_WC_RDMA_WRITE;
	case HCA_OP_RDMA_READ:
		return IB_WC_RDMA_READ;
	case HCA_OP_ATOMIC_CS:
		return IB_WC_COMP_SWAP;
	case HCA_OP_ATOMIC_FA:
		return IB_WC_FETCH_ADD;
	default:
		return IB_WC_SEND;
	}
}

static void fill_recv(struct ib_wc *wc, const struct hca_cqe *cqe, u8 opcode)
{
	u32 sender = be32_to_cpu(cqe->flags_rqpn);

	wc->opcode = IB_WC_RECV;
	wc->src_qp = sender & 0xffffff;
	if (sender & HCA_CQE_GRH)
		wc->wc_flags |= IB_WC_GRH;
	switch (opcode) {
	case HCA_CQE_RESP_WR_IMM:
		wc->opcode = IB_WC_RECV_RDMA_WITH_IMM;
		fallthrough;
	case HCA_CQE_RESP_SEND_IMM:
		wc->wc_flags |= IB_WC_WITH_IMM;
		wc->ex.imm_data = cqe->imm;
		break;
	case HCA_CQE_RESP_SEND_INV:
		wc->wc_flags |= IB_WC_WITH_INVALIDATE;
		wc->ex.invalidate_rkey = be32_to_cpu(cqe->imm);
		break;
	}
}

/* The request is complete, and its place free once the next one is, too. */
static u64 finish(struct hca_kernel_queue *queue, u32 num, u16 idx)
{
	u64 wr_id = queue->wr_ids[idx & (num - 1)];

	/* Pairs with has_room(): the name is read before it is overwritten. */
	smp_store_release(&queue->ci, idx);
	return wr_id;
}

static void fill_wc(struct ib_wc *wc, struct hca_qp *qp,
		    const struct hca_cqe *cqe)
{
	u8 opcode = cqe->op_own >> 4;
	u16 idx = be16_to_cpu(cqe->wqe_counter);

	memset(wc, 0, sizeof(*wc));
	wc->qp = &qp->ib;
	wc->port_num = 1;
	if (opcode == HCA_CQE_REQ || opcode == HCA_CQE_REQ_ERR)
		wc->wr_id = finish(&qp->ksq, qp->sq_num, idx);
	else
		wc->wr_id = finish(&qp->krq, qp->rq_num, idx);
	if (opcode >= HCA_CQE_REQ_ERR) {
		wc->status = wc_status(cqe->syndrome);
		wc->vendor_err = cqe->vendor_syndrome;
		return;
	}
	wc->byte_len = be32_to_cpu(cqe->byte_cnt);
	if (opcode == HCA_CQE_REQ)
		wc->opcode = send_opcode(be32_to_cpu(cqe->opcode_qpn) >> 24);
	else
		fill_recv(wc, cqe, opcode);
}

static bool poll_one(struct hca_cq *cq, struct ib_wc *wc)
{
	const struct hca_cqe *cqe;
	struct hca_qp *qp;

	while ((cqe = next_cqe(cq))) {
		qp = hca_qp_find_locked(be32_to_cpu(cqe->opcode_qpn) &
					0xffffff);
		if (qp)
			fill_wc(wc, qp, cqe);
		release_cqe(cq);
		if (qp)
			return true;
	}
	return false;
}

int hca_poll_cq(struct ib_cq *ibcq, int n, struct ib_wc *wc)
{
	struct hca_cq *cq = to_hcq(ibcq);
	unsigned long flags;
	int i;

	spin_lock_irqsave(&cq->lock, flags);
	for (i = 0; i < n && poll_one(cq, &wc[i]); i++)
		;
	spin_unlock_irqrestore(&cq->lock, flags);
	return i;
}

/* The word has to differ from the one that the last event answered. */
static u32 arm_word(const struct hca_cq *cq, enum ib_cq_notify_flags flags)
{
	u32 word = cq->ci & HCA_CI_MASK;

	if ((flags & IB_CQ_SOLICITED_MASK) == IB_CQ_SOLICITED)
		word |= HCA_ARM_SOLICITED;
	if (word == READ_ONCE(cq->last_arm))
		word |= HCA_ARM_SEQUENCE;
	return word;
}

int hca_req_notify_cq(struct ib_cq *ibcq, enum ib_cq_notify_flags flags)
{
	struct hca_cq *cq = to_hcq(ibcq);
	__be32 *record = cq->db.base;
	unsigned long irq;
	bool missed;

	spin_lock_irqsave(&cq->lock, irq);
	WRITE_ONCE(record[HCA_DB_CQ_ARM], cpu_to_be32(arm_word(cq, flags)));
	/* What comes after this look finds the CQ armed. */
	smp_mb();
	missed = next_cqe(cq);
	spin_unlock_irqrestore(&cq->lock, irq);
	hca_kick();
	return flags & IB_CQ_REPORT_MISSED_EVENTS && missed;
}

/* Whoever was polling it when this was called is through. */
void hca_kernel_cq_sync(struct ib_cq *ibcq)
{
	struct hca_cq *cq = to_hcq(ibcq);

	spin_lock_irq(&cq->lock);
	spin_unlock_irq(&cq->lock);
}
