// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/unaligned.h>

#include "raw.h"

/*
 * Reading send requests out of user memory, and writing their completions.
 *
 * The rings and the producer counters are writable by the program at any
 * time. A request is copied first, each byte once, and only the copy is
 * looked at; lengths are bounded by what was copied. A counter that claims
 * more requests than the ring holds is nonsense and never followed.
 */

static int posted_sends(struct hca_qp *qp)
{
	return hca_posted(&qp->db, HCA_DB_SEND, qp->sq_ci, qp->sq_num);
}

static void *sq_block(struct hca_qp *qp, u16 idx)
{
	return qp->ring.base + qp->sq_off +
	       (idx & (qp->sq_num - 1)) * HCA_WQE_BB;
}

static u16 ctrl_blocks(const struct hca_ctrl_seg *ctrl)
{
	u32 ds = be32_to_cpu(ctrl->qpn_ds) & 0x3f;

	return max(DIV_ROUND_UP(ds * 16, HCA_WQE_BB), 1u);
}

/* Copies the next send request, which lies within n posted blocks. */
static void copy_send(struct hca_qp *qp, int n)
{
	struct hca_op *op = &qp->op;
	struct hca_ctrl_seg *ctrl = (void *)op->raw;
	u16 i;

	memcpy(op->raw, sq_block(qp, qp->sq_ci), HCA_WQE_BB);
	op->blocks = min_t(u16, ctrl_blocks(ctrl), n);
	for (i = 1; i < op->blocks; i++)
		memcpy(op->raw + i * HCA_WQE_BB, sq_block(qp, qp->sq_ci + i),
		       HCA_WQE_BB);

	op->active = true;
	op->lost = false;
	op->started = false;
	op->done = 0;
	op->len = 0;
	op->nseg = 0;
	op->inl.seg.len = 0;
	op->idx = qp->sq_ci;
	op->opcode = be32_to_cpu(ctrl->opmod_idx_opcode);
	op->stream = get_unaligned_be16(ctrl->stream);
	op->fm_ce_se = ctrl->fm_ce_se;
	op->imm = ctrl->imm;
	op->retries = qp->attr.retry_cnt;
	op->rnr_retries = qp->attr.rnr_retry;
}

/*
 * Takes the next send request, if there is one. Whether it makes sense is
 * for hca_parse_send() to say.
 */
bool hca_fetch_send(struct hca_qp *qp)
{
	int n = posted_sends(qp);

	if (n < 0) {
		hca_qp_error_locked(qp);
		hca_qp_event_locked(qp, IB_EVENT_QP_FATAL);
	}
	if (n <= 0)
		return false;
	copy_send(qp, n);
	return true;
}

static bool ctrl_ok(struct hca_qp *qp)
{
	const struct hca_op *op = &qp->op;
	const struct hca_ctrl_seg *ctrl = (void *)op->raw;

	return be32_to_cpu(ctrl->qpn_ds) >> 8 == qp->qpn &&
	       (be32_to_cpu(ctrl->opmod_idx_opcode) >> 8 & 0xffff) == op->idx &&
	       ctrl_blocks(ctrl) == op->blocks;
}

/* Bytes of the request from pos on that its control segment announces. */
static size_t left(const struct hca_op *op, size_t pos)
{
	const struct hca_ctrl_seg *ctrl = (void *)op->raw;
	size_t len = (be32_to_cpu(ctrl->qpn_ds) & 0x3f) * 16;

	return len > pos ? len - pos : 0;
}

void hca_set_seg(struct hca_seg *seg, const struct hca_data_seg *data)
{
	seg->len = be32_to_cpu(data->byte_count) ?: 1U << 31;
	seg->key = be32_to_cpu(data->lkey);
	seg->addr = be64_to_cpu(data->addr);
	seg->inl = NULL;
}

/* Returns the size of the segment at pos, padded, or 0 if it is malformed. */
static size_t parse_seg(struct hca_op *op, size_t pos)
{
	const struct hca_data_seg *data = (void *)op->raw + pos;
	struct hca_seg *seg = &op->seg[op->nseg];
	u32 count = be32_to_cpu(data->byte_count);
	size_t head = sizeof(data->byte_count);

	if (!(count & HCA_INLINE_SEG)) {
		hca_set_seg(seg, data);
		return sizeof(*data);
	}

	count &= ~HCA_INLINE_SEG;
	if (count > left(op, pos) - head)
		return 0;
	seg->len = count;
	seg->key = 0;
	seg->addr = 0;
	seg->inl = (void *)data + head;
	return ALIGN(head + count, 16);
}

static int parse_data(struct hca_op *op, size_t pos)
{
	size_t n;

	while (left(op, pos)) {
		n = parse_seg(op, pos);
		if (!n)
			return HCA_SYN_LOCAL_QP_OP;
		op->len += op->seg[op->nseg++].len;
		pos += n;
	}
	return op->len > HCA_MAX_MSG ? HCA_SYN_LOCAL_LENGTH : 0;
}

static int parse_raddr(struct hca_op *op, size_t *pos)
{
	const struct hca_raddr_seg *raddr = (void *)op->raw + *pos;

	if (left(op, *pos) < sizeof(*raddr))
		return HCA_SYN_LOCAL_QP_OP;
	op->raddr = be64_to_cpu(raddr->raddr);
	op->rkey = be32_to_cpu(raddr->rkey);
	*pos += sizeof(*raddr);
	return 0;
}

static int parse_atomic(struct hca_op *op, size_t *pos)
{
	const struct hca_atomic_seg *atomic = (void *)op->raw + *pos;

	if (left(op, *pos) < sizeof(*atomic))
		return HCA_SYN_LOCAL_QP_OP;
	op->swap_add = be64_to_cpu(atomic->swap_add);
	op->compare = be64_to_cpu(atomic->compare);
	*pos += sizeof(*atomic);
	return 0;
}

static int parse_xrc(struct hca_op *op, size_t *pos)
{
	const struct hca_xrc_seg *xrc = (void *)op->raw + *pos;

	if (left(op, *pos) < sizeof(*xrc))
		return HCA_SYN_LOCAL_QP_OP;
	op->xrc_srqn = be32_to_cpu(xrc->srqn) & 0xffffff;
	*pos += sizeof(*xrc);
	return 0;
}

/* The header that the receiver gets is the first piece of the message. */
static int parse_av(struct hca_op *op, size_t *pos)
{
	if (left(op, *pos) < sizeof(op->av))
		return HCA_SYN_LOCAL_QP_OP;
	memcpy(&op->av, op->raw + *pos, sizeof(op->av));
	*pos += sizeof(op->av);
	op->seg[op->nseg++] = (struct hca_seg){
		.len = HCA_GRH_LEN,
		.inl = op->grh,
	};
	op->len = HCA_GRH_LEN;
	return 0;
}

static int parse_dc(struct hca_op *op, size_t *pos)
{
	if (left(op, *pos) < sizeof(op->av))
		return HCA_SYN_LOCAL_QP_OP;
	memcpy(&op->av, op->raw + *pos, sizeof(op->av));
	*pos += sizeof(op->av);
	/* Without the rest there is no address on Ethernet. */
	return be32_to_cpu(op->av.dqp) & HCA_AV_EXTENDED ? 0
							 : HCA_SYN_LOCAL_QP_OP;
}

/* What comes between the control segment and those of the operation. */
static int parse_transport(struct hca_qp *qp, size_t *pos)
{
	switch (qp->ib.qp_type) {
	case IB_QPT_XRC_INI:
		return parse_xrc(&qp->op, pos);
	case IB_QPT_UD:
	case IB_QPT_GSI:
		return parse_av(&qp->op, pos);
	case IB_QPT_DRIVER:
		return parse_dc(&qp->op, pos);
	case IB_QPT_RAW_PACKET:
		return hca_raw_parse(&qp->op, pos);
	default:
		return 0;
	}
}

/* What a queue pair can do depends on its transport. */
static bool may_send(const struct hca_qp *qp)
{
	switch (qp->op.opcode) {
	case HCA_OP_NOP:
	case HCA_OP_SEND:
		return true;
	case HCA_OP_TSO:
		return hca_is_raw(qp);
	case HCA_OP_SEND_IMM:
		return !hca_is_raw(qp);
	case HCA_OP_RDMA_WRITE:
	case HCA_OP_RDMA_WRITE_IMM:
	case HCA_OP_UMR:
		return !hca_is_datagram(qp) && !hca_is_raw(qp);
	case HCA_OP_SEND_INVAL:
	case HCA_OP_RDMA_READ:
	case HCA_OP_ATOMIC_CS:
	case HCA_OP_ATOMIC_FA:
		return qp->ib.qp_type == IB_QPT_RC ||
		       qp->ib.qp_type == IB_QPT_XRC_INI || qp->dc == HCA_DCI;
	default:
		return false;
	}
}

static int parse_operation(struct hca_op *op, size_t *pos)
{
	int syn;

	if (hca_is_send(op))
		return 0;
	syn = parse_raddr(op, pos);
	if (!syn && hca_is_atomic(op))
		syn = parse_atomic(op, pos);
	return syn;
}

/* Returns 0 or the syndrome to complete the request with. */
int hca_parse_send(struct hca_qp *qp)
{
	size_t pos = sizeof(struct hca_ctrl_seg);
	struct hca_op *op = &qp->op;
	int syn;

	if (!ctrl_ok(qp) || !may_send(qp))
		return HCA_SYN_LOCAL_QP_OP;
	/* Those touch no memory. */
	if (op->opcode == HCA_OP_NOP || op->opcode == HCA_OP_UMR)
		return 0;

	syn = parse_transport(qp, &pos);
	if (!syn)
		syn = parse_operation(op, &pos);
	return syn ? syn : parse_data(op, pos);
}

bool hca_push(struct hca_qp *qp, struct ib_cq *cq, struct hca_cqe *cqe,
	      u8 opcode, bool solicited, const struct hca_inline *inl)
{
	if (inl && inl->seg.len)
		hca_count(to_hca(qp->ib.device), HCA_STAT_INLINE, 1);
	if (cqe->syndrome)
		hca_count(to_hca(qp->ib.device),
			  cqe->syndrome == HCA_SYN_FLUSH ? HCA_STAT_FLUSHED
							 : HCA_STAT_ERRORS,
			  1);
	return hca_cq_push_locked(to_hcq(cq), cqe, opcode, solicited, inl);
}

static void finish_op(struct hca_qp *qp)
{
	qp->op.active = false;
	qp->sq_ci += qp->op.blocks;
}

static bool complete_send(struct hca_qp *qp, struct hca_cqe *cqe, u8 opcode,
			  const struct hca_inline *inl)
{
	cqe->opcode_qpn = cpu_to_be32((u32)qp->op.opcode << 24 | qp->qpn);
	cqe->wqe_counter = cpu_to_be16(qp->op.idx);
	cqe->srqn_uidx = cpu_to_be32(qp->uidx);
	finish_op(qp);
	return hca_push(qp, qp->ib.send_cq, cqe, opcode, false, inl);
}

/* Ends the current request; silently, unless it asked to be told. */
bool hca_complete_send(struct hca_qp *qp)
{
	struct hca_op *op = &qp->op;
	struct hca_cqe cqe = { .byte_cnt = cpu_to_be32(op->len) };

	hca_count(to_hca(qp->ib.device), HCA_STAT_WQES, 1);
	if (hca_is_signaled(op))
		return complete_send(qp, &cqe, HCA_CQE_REQ, &op->inl);
	finish_op(qp);
	return true;
}

bool hca_complete_send_error(struct hca_qp *qp, u8 syndrome)
{
	struct hca_cqe cqe = { .syndrome = syndrome };

	return complete_send(qp, &cqe, HCA_CQE_REQ_ERR, NULL);
}

bool hca_flush_send(struct hca_qp *qp)
{
	int n = posted_sends(qp);

	if (n <= 0)
		return false;
	copy_send(qp, n);
	qp->stuck = !hca_complete_send_error(qp, HCA_SYN_FLUSH);
	return true;
}
