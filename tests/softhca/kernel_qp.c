// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/log2.h>
#include <linux/slab.h>

#include "softhca.h"

/*
 * The kernel's own QPs. They are what a program's are: requests in the same
 * format, in a ring of the same kind, which the engine finds by a counter. A
 * queue has room for one request more than it has to, so that one that is
 * complete need not be told from the next.
 */

enum { UNIT = 16 }; /* segments consist of these, and do not wrap */

/* The most that a request takes besides its data: datagram, or atomic. */
static u32 request_blocks(const struct ib_qp_init_attr *attr)
{
	u32 units = sizeof(struct hca_ctrl_seg) + sizeof(struct hca_av_seg);

	return DIV_ROUND_UP(units / UNIT + attr->cap.max_send_sge,
			    HCA_WQE_BB / UNIT);
}

/* Says how large the queues get, and what the caller may therefore do. */
int hca_kernel_layout(struct hca_qp *qp, struct ib_qp_init_attr *attr)
{
	struct ib_qp_cap *cap = &attr->cap;
	u64 blocks = ((u64)cap->max_send_wr + 1) * request_blocks(attr);

	if (attr->srq || cap->max_inline_data)
		return -EOPNOTSUPP;
	if (cap->max_send_sge > HCA_MAX_SGE ||
	    cap->max_recv_sge > HCA_MAX_SGE || blocks > HCA_MAX_WR ||
	    cap->max_recv_wr >= HCA_MAX_WR)
		return -EINVAL;

	qp->sq_num = roundup_pow_of_two(blocks);
	qp->rq_num = roundup_pow_of_two(cap->max_recv_wr + 1);
	/* A list that does not fill its place ends with a mark. */
	qp->rq_shift = ilog2(roundup_pow_of_two((cap->max_recv_sge + 1) *
						sizeof(struct hca_data_seg)));
	qp->sq_off = qp->rq_num << qp->rq_shift;
	return 0;
}

static int make_queue(struct hca_kernel_queue *queue, u32 num)
{
	spin_lock_init(&queue->lock);
	queue->wr_ids = kvcalloc(num, sizeof(*queue->wr_ids), GFP_KERNEL);
	return queue->wr_ids ? 0 : -ENOMEM;
}

int hca_kernel_queues(struct hca_qp *qp)
{
	int ret;

	ret = make_queue(&qp->ksq, qp->sq_num);
	if (!ret)
		ret = make_queue(&qp->krq, qp->rq_num);
	if (!ret)
		ret = hca_ring_alloc(&qp->ring,
				     qp->sq_off + qp->sq_num * HCA_WQE_BB);
	if (!ret)
		ret = hca_ring_alloc(&qp->db, 2 * sizeof(__be32));
	if (ret) {
		hca_ring_unpin(&qp->ring);
		kvfree(qp->krq.wr_ids);
		kvfree(qp->ksq.wr_ids);
	}
	return ret;
}

/* The engine knows it no more; those who poll may, until this returns. */
void hca_kernel_queues_free(struct hca_qp *qp)
{
	hca_kernel_cq_sync(qp->ib.send_cq);
	hca_kernel_cq_sync(qp->ib.recv_cq);
	kvfree(qp->krq.wr_ids);
	kvfree(qp->ksq.wr_ids);
}

void hca_kernel_reset_locked(struct hca_qp *qp)
{
	qp->ksq.pi = 0;
	qp->ksq.ci = 0;
	qp->krq.pi = 0;
	qp->krq.ci = 0;
	memset(qp->db.base, 0, qp->db.len);
}

static bool has_room(const struct hca_kernel_queue *queue, u32 num, u32 need)
{
	u16 used = queue->pi - READ_ONCE(queue->ci);

	return used + need <= num;
}

/* Hands what was written to the engine. */
static void ring(struct hca_qp *qp, int word, u16 pi)
{
	__be32 *record = qp->db.base;

	/* Pairs with hca_db_read(). */
	smp_store_release(&record[word], cpu_to_be32(pi));
}

static void set_data(struct hca_data_seg *data, const struct ib_sge *sge)
{
	data->byte_count = cpu_to_be32(sge->length);
	data->lkey = cpu_to_be32(sge->lkey);
	data->addr = cpu_to_be64(sge->addr);
}

static int wqe_opcode(const struct ib_send_wr *wr)
{
	switch (wr->opcode) {
	case IB_WR_SEND:
		return HCA_OP_SEND;
	case IB_WR_SEND_WITH_IMM:
		return HCA_OP_SEND_IMM;
	case IB_WR_SEND_WITH_INV:
		return HCA_OP_SEND_INVAL;
	case IB_WR_RDMA_WRITE:
		return HCA_OP_RDMA_WRITE;
	case IB_WR_RDMA_WRITE_WITH_IMM:
		return HCA_OP_RDMA_WRITE_IMM;
	case IB_WR_RDMA_READ:
		return HCA_OP_RDMA_READ;
	case IB_WR_ATOMIC_CMP_AND_SWP:
		return HCA_OP_ATOMIC_CS;
	case IB_WR_ATOMIC_FETCH_AND_ADD:
		return HCA_OP_ATOMIC_FA;
	default:
		return -EOPNOTSUPP;
	}
}

/* The nth unit of the request that is being written. */
static void *unit(struct hca_qp *qp, u32 n)
{
	u32 pos = qp->ksq.pi * HCA_WQE_BB + n * UNIT;

	return qp->ring.base + qp->sq_off +
	       (pos & (qp->sq_num * HCA_WQE_BB - 1));
}

static u32 write_datagram(struct hca_qp *qp, const struct ib_ud_wr *wr, u32 n)
{
	struct hca_av_seg *av = unit(qp, n);

	*av = to_hah(wr->ah)->av;
	av->qkey = cpu_to_be32(wr->remote_qkey);
	av->dqp = cpu_to_be32(wr->remote_qpn);
	return n + sizeof(*av) / UNIT;
}

static u32 write_raddr(struct hca_qp *qp, u64 addr, u32 rkey, u32 n)
{
	*(struct hca_raddr_seg *)unit(qp, n) = (struct hca_raddr_seg){
		.raddr = cpu_to_be64(addr),
		.rkey = cpu_to_be32(rkey),
	};
	return n + 1;
}

static u32 write_atomic(struct hca_qp *qp, const struct ib_atomic_wr *wr, u32 n)
{
	struct hca_atomic_seg *atomic = unit(qp, n);
	bool swap = wr->wr.opcode == IB_WR_ATOMIC_CMP_AND_SWP;

	atomic->swap_add = cpu_to_be64(swap ? wr->swap : wr->compare_add);
	atomic->compare = cpu_to_be64(swap ? wr->compare_add : 0);
	return n + 1;
}

/* What is between the control segment and the data; returns the next unit. */
static u32 write_operation(struct hca_qp *qp, const struct ib_send_wr *wr)
{
	u32 n = 1;

	if (hca_is_datagram(qp))
		return write_datagram(qp, ud_wr(wr), n);
	switch (wr->opcode) {
	case IB_WR_RDMA_WRITE:
	case IB_WR_RDMA_WRITE_WITH_IMM:
	case IB_WR_RDMA_READ:
		return write_raddr(qp, rdma_wr(wr)->remote_addr,
				   rdma_wr(wr)->rkey, n);
	case IB_WR_ATOMIC_CMP_AND_SWP:
	case IB_WR_ATOMIC_FETCH_AND_ADD:
		n = write_raddr(qp, atomic_wr(wr)->remote_addr,
				atomic_wr(wr)->rkey, n);
		return write_atomic(qp, atomic_wr(wr), n);
	default:
		return n;
	}
}

static u8 wqe_flags(struct hca_qp *qp, const struct ib_send_wr *wr)
{
	u8 flags = 0;

	if (wr->send_flags & IB_SEND_SIGNALED ||
	    qp->sig_type == IB_SIGNAL_ALL_WR)
		flags |= HCA_CTRL_CQ_UPDATE;
	if (wr->send_flags & IB_SEND_SOLICITED)
		flags |= HCA_CTRL_SOLICITED;
	return flags;
}

static __be32 wqe_imm(const struct ib_send_wr *wr)
{
	switch (wr->opcode) {
	case IB_WR_SEND_WITH_INV:
		return cpu_to_be32(wr->ex.invalidate_rkey);
	case IB_WR_SEND_WITH_IMM:
	case IB_WR_RDMA_WRITE_WITH_IMM:
		return wr->ex.imm_data;
	default:
		return 0;
	}
}

static int post_one_send(struct hca_qp *qp, const struct ib_send_wr *wr)
{
	u32 mask = qp->sq_num - 1;
	int opcode = wqe_opcode(wr);
	u32 n;
	int i;

	if (opcode < 0 || wr->num_sge > qp->cap.max_send_sge ||
	    wr->send_flags & IB_SEND_INLINE)
		return -EINVAL;
	n = DIV_ROUND_UP(HCA_WQE_BB / UNIT + wr->num_sge, HCA_WQE_BB / UNIT);
	if (!has_room(&qp->ksq, qp->sq_num, n))
		return -ENOMEM;

	n = write_operation(qp, wr);
	for (i = 0; i < wr->num_sge; i++)
		set_data(unit(qp, n++), &wr->sg_list[i]);
	*(struct hca_ctrl_seg *)unit(qp, 0) = (struct hca_ctrl_seg){
		.opmod_idx_opcode = cpu_to_be32(qp->ksq.pi << 8 | opcode),
		.qpn_ds = cpu_to_be32(qp->qpn << 8 | n),
		.fm_ce_se = wqe_flags(qp, wr),
		.imm = wqe_imm(wr),
	};
	qp->ksq.wr_ids[qp->ksq.pi & mask] = wr->wr_id;
	qp->ksq.pi += DIV_ROUND_UP(n, HCA_WQE_BB / UNIT);
	return 0;
}

int hca_post_send(struct ib_qp *ibqp, const struct ib_send_wr *wr,
		  const struct ib_send_wr **bad)
{
	struct hca_qp *qp = to_hqp(ibqp);
	unsigned long flags;
	int ret = 0;

	spin_lock_irqsave(&qp->ksq.lock, flags);
	for (; wr && !ret; wr = ret ? wr : wr->next)
		ret = post_one_send(qp, wr);
	ring(qp, HCA_DB_SEND, qp->ksq.pi);
	spin_unlock_irqrestore(&qp->ksq.lock, flags);
	*bad = wr;
	hca_kick();
	return ret;
}

static int post_one_recv(struct hca_qp *qp, const struct ib_recv_wr *wr)
{
	u32 idx = qp->krq.pi & (qp->rq_num - 1);
	struct hca_data_seg *data = qp->ring.base + (idx << qp->rq_shift);
	int i;

	if (wr->num_sge > qp->cap.max_recv_sge)
		return -EINVAL;
	if (!has_room(&qp->krq, qp->rq_num, 1))
		return -ENOMEM;

	for (i = 0; i < wr->num_sge; i++)
		set_data(&data[i], &wr->sg_list[i]);
	data[i] = (struct hca_data_seg){ .lkey = cpu_to_be32(HCA_END_LKEY) };
	qp->krq.wr_ids[idx] = wr->wr_id;
	qp->krq.pi++;
	return 0;
}

int hca_post_recv(struct ib_qp *ibqp, const struct ib_recv_wr *wr,
		  const struct ib_recv_wr **bad)
{
	struct hca_qp *qp = to_hqp(ibqp);
	unsigned long flags;
	int ret = 0;

	spin_lock_irqsave(&qp->krq.lock, flags);
	for (; wr && !ret; wr = ret ? wr : wr->next)
		ret = post_one_recv(qp, wr);
	ring(qp, HCA_DB_RECV, qp->krq.pi);
	spin_unlock_irqrestore(&qp->krq.lock, flags);
	*bad = wr;
	hca_kick();
	return ret;
}
