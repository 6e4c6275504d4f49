// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include "softhca.h"

/*
 * Reading requests out of user memory, and writing their completions.
 *
 * The rings and the producer counters are writable by the program at any
 * time. A request is copied first, each byte once, and only the copy is
 * looked at; lengths are bounded by what was copied. A counter that claims
 * more requests than the ring holds is nonsense and never followed.
 */

/* Posted and not yet consumed, or -1 if the counter is forged. */
static int posted(struct hca_qp *qp, int word, u16 ci, u32 num)
{
	u16 n;

	if (!num)
		return 0;
	n = hca_db_read(&qp->db, word) - ci;
	return n <= num ? n : -1;
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
	op->idx = qp->sq_ci;
	op->opcode = be32_to_cpu(ctrl->opmod_idx_opcode);
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
	int n = posted(qp, HCA_DB_SEND, qp->sq_ci, qp->sq_num);

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

static void set_seg(struct hca_seg *seg, const struct hca_data_seg *data)
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
		set_seg(seg, data);
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

/* Returns 0 or the syndrome to complete the request with. */
int hca_parse_send(struct hca_qp *qp)
{
	size_t pos = sizeof(struct hca_ctrl_seg);
	struct hca_op *op = &qp->op;
	int syn = 0;

	if (!ctrl_ok(qp))
		return HCA_SYN_LOCAL_QP_OP;

	switch (op->opcode) {
	case HCA_OP_SEND:
	case HCA_OP_SEND_IMM:
		break;
	case HCA_OP_RDMA_WRITE:
	case HCA_OP_RDMA_WRITE_IMM:
	case HCA_OP_RDMA_READ:
		syn = parse_raddr(op, &pos);
		break;
	case HCA_OP_ATOMIC_CS:
	case HCA_OP_ATOMIC_FA:
		syn = parse_raddr(op, &pos);
		if (!syn)
			syn = parse_atomic(op, &pos);
		break;
	default:
		return HCA_SYN_LOCAL_QP_OP;
	}
	return syn ? syn : parse_data(op, pos);
}

/*
 * Looks at the next receive request without consuming it. Returns 1, 0 if
 * none is posted, -1 if the queue makes no sense.
 */
int hca_fetch_recv(struct hca_qp *qp, struct hca_recv *recv)
{
	struct hca_data_seg data[HCA_RQ_STRIDE_MAX / sizeof(struct hca_data_seg)];
	int n = posted(qp, HCA_DB_RECV, qp->rq_ci, qp->rq_num);
	size_t len = 1 << qp->rq_shift;
	int i;

	if (n <= 0)
		return n;

	memcpy(data, qp->ring.base +
	       ((qp->rq_ci & (qp->rq_num - 1)) << qp->rq_shift), len);
	recv->len = 0;
	for (i = 0; i < len / sizeof(*data); i++) {
		if (!data[i].byte_count &&
		    data[i].lkey == cpu_to_be32(HCA_END_LKEY))
			break;
		set_seg(&recv->seg[i], &data[i]);
		recv->len += recv->seg[i].len;
	}
	recv->nseg = i;
	return 1;
}

static bool push(struct hca_qp *qp, struct ib_cq *cq, struct hca_cqe *cqe,
		 u8 opcode, bool solicited)
{
	cqe->uidx = cpu_to_be32(qp->uidx);
	if (cqe->syndrome)
		hca_count(to_hca(qp->ib.device),
			  cqe->syndrome == HCA_SYN_FLUSH ? HCA_STAT_FLUSHED :
			  HCA_STAT_ERRORS, 1);
	return hca_cq_push_locked(to_hcq(cq), cqe, opcode, solicited);
}

static bool complete_recv(struct hca_qp *qp, struct hca_cqe *cqe, u8 opcode,
			  bool solicited)
{
	cqe->opcode_qpn = cpu_to_be32(qp->qpn);
	cqe->wqe_counter = cpu_to_be16(qp->rq_ci);
	qp->rq_ci++;
	return push(qp, qp->ib.recv_cq, cqe, opcode, solicited);
}

bool hca_complete_recv(struct hca_qp *qp, u8 opcode, u32 len, __be32 imm,
		       bool solicited)
{
	struct hca_cqe cqe = {
		.imm = imm,
		.byte_cnt = cpu_to_be32(len),
	};

	return complete_recv(qp, &cqe, opcode, solicited);
}

bool hca_complete_recv_error(struct hca_qp *qp, u8 syndrome)
{
	struct hca_cqe cqe = { .syndrome = syndrome };

	return complete_recv(qp, &cqe, HCA_CQE_RESP_ERR, false);
}

static void finish_op(struct hca_qp *qp)
{
	qp->op.active = false;
	qp->sq_ci += qp->op.blocks;
}

static bool complete_send(struct hca_qp *qp, struct hca_cqe *cqe, u8 opcode)
{
	cqe->opcode_qpn = cpu_to_be32((u32)qp->op.opcode << 24 | qp->qpn);
	cqe->wqe_counter = cpu_to_be16(qp->op.idx);
	finish_op(qp);
	return push(qp, qp->ib.send_cq, cqe, opcode, false);
}

/* Ends the current request; silently, unless it asked to be told. */
bool hca_complete_send(struct hca_qp *qp)
{
	struct hca_op *op = &qp->op;
	struct hca_cqe cqe = { .byte_cnt = cpu_to_be32(op->len) };

	hca_count(to_hca(qp->ib.device), HCA_STAT_WQES, 1);
	if ((op->fm_ce_se & HCA_CTRL_CQ_MASK) == HCA_CTRL_CQ_UPDATE)
		return complete_send(qp, &cqe, HCA_CQE_REQ);
	finish_op(qp);
	return true;
}

bool hca_complete_send_error(struct hca_qp *qp, u8 syndrome)
{
	struct hca_cqe cqe = { .syndrome = syndrome };

	return complete_send(qp, &cqe, HCA_CQE_REQ_ERR);
}

static bool flush_one_send(struct hca_qp *qp)
{
	int n = posted(qp, HCA_DB_SEND, qp->sq_ci, qp->sq_num);

	if (n <= 0)
		return false;
	copy_send(qp, n);
	qp->stuck = !hca_complete_send_error(qp, HCA_SYN_FLUSH);
	return true;
}

static bool flush_one_recv(struct hca_qp *qp)
{
	if (posted(qp, HCA_DB_RECV, qp->rq_ci, qp->rq_num) <= 0)
		return false;
	qp->stuck = !hca_complete_recv_error(qp, HCA_SYN_FLUSH);
	return true;
}

/* Completes up to max requests of each queue of a QP in error. */
bool hca_flush_locked(struct hca_qp *qp, int max)
{
	bool any = false;
	int i;

	for (i = 0; i < max && !qp->stuck && flush_one_send(qp); i++)
		any = true;
	for (i = 0; i < max && !qp->stuck && flush_one_recv(qp); i++)
		any = true;
	return any;
}
