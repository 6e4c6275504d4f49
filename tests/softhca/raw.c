// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/log2.h>
#include <linux/slab.h>
#include <rdma/uverbs_ioctl.h>

#include "raw.h"

/*
 * Raw packet QPs: a send queue in memory of its own and a queue of frames, or
 * in place of both a table of WQs among which a hash chooses.
 */

enum {
	HCA_RAW_QP_FLAGS = MLX5_QP_FLAG_SCATTER_CQE | MLX5_QP_FLAG_BFREG_INDEX |
			   MLX5_QP_FLAG_ALLOW_SCATTER_CQE |
			   MLX5_QP_FLAG_UAR_PAGE_INDEX,
};

/* What all kinds of them have in common. */
int hca_raw_check(const struct ib_qp_init_attr *attr, struct ib_udata *udata)
{
	struct hca_ctx *ctx =
		rdma_udata_to_drv_context(udata, struct hca_ctx, ib);

	/* Not for the kernel, and in the older format completions of frames
	 * name no queue.
	 */
	if (!ctx || !ctx->cqe_version)
		return -EOPNOTSUPP;
	if (attr->srq)
		return -EINVAL;
	if (attr->create_flags & ~IB_QP_CREATE_CVLAN_STRIPPING)
		return -EOPNOTSUPP;
	return 0;
}

static int create_rxq(struct hca_qp *qp, const struct ib_qp_init_attr *attr,
		      const struct mlx5_ib_create_qp *cmd)
{
	const struct hca_rxq_layout layout = {
		.buf_addr = cmd->buf_addr,
		.db_addr = cmd->db_addr,
		.count = cmd->rq_wqe_count,
		.shift = cmd->rq_wqe_shift,
		.uidx = cmd->uidx,
	};
	struct hca_rxq *q;
	int ret;

	if (!attr->recv_cq)
		return -EINVAL;
	q = kzalloc(sizeof(*q), GFP_KERNEL_ACCOUNT);
	if (!q)
		return -ENOMEM;
	q->qp = qp;
	q->pd = to_hpd(qp->ib.pd);
	q->cq = to_hcq(attr->recv_cq);
	q->strip_vlan = attr->create_flags & IB_QP_CREATE_CVLAN_STRIPPING;
	ret = hca_rxq_create(q, to_hca(qp->ib.device), &layout);
	if (ret) {
		kfree(q);
		return ret;
	}
	qp->rxq = q;
	return 0;
}

static int pin_sq(struct hca_qp *qp, const struct ib_qp_init_attr *attr,
		  const struct mlx5_ib_create_qp *cmd)
{
	struct ib_device *ib = qp->ib.device;
	int ret;

	if (!attr->send_cq || !is_power_of_2(cmd->sq_wqe_count) ||
	    cmd->sq_wqe_count > HCA_MAX_WR)
		return -EINVAL;
	ret = hca_ring_pin(&qp->ring, ib, cmd->sq_buf_addr,
			   cmd->sq_wqe_count * HCA_WQE_BB);
	if (ret)
		return ret;
	ret = hca_db_pin(&qp->db, ib, cmd->db_addr);
	if (ret) {
		hca_ring_unpin(&qp->ring);
		return ret;
	}
	qp->sq_num = cmd->sq_wqe_count;
	return 0;
}

/* Makes both queues, as far as they are wanted. */
int hca_raw_create(struct hca_qp *qp, const struct ib_qp_init_attr *attr,
		   const struct mlx5_ib_create_qp *cmd)
{
	int ret = 0;

	if (cmd->flags & ~HCA_RAW_QP_FLAGS)
		return -EOPNOTSUPP;
	if (!cmd->sq_wqe_count && !cmd->rq_wqe_count)
		return -EINVAL;
	if (cmd->sq_wqe_count)
		ret = pin_sq(qp, attr, cmd);
	if (!ret && cmd->rq_wqe_count)
		ret = create_rxq(qp, attr, cmd);
	if (ret) {
		hca_ring_unpin(&qp->db);
		hca_ring_unpin(&qp->ring);
	}
	return ret;
}

/* All that a QP is made of has the QP's number. */
void hca_raw_describe(const struct hca_qp *qp,
		      struct mlx5_ib_create_qp_resp *resp)
{
	if (qp->sq_num) {
		resp->comp_mask |= MLX5_IB_CREATE_QP_RESP_MASK_SQN |
				   MLX5_IB_CREATE_QP_RESP_MASK_TISN;
		resp->sqn = qp->qpn;
		resp->tisn = qp->qpn;
	}
	if (qp->rxq) {
		resp->comp_mask |= MLX5_IB_CREATE_QP_RESP_MASK_RQN;
		resp->rqn = qp->qpn;
	}
	if (qp->rxq || qp->rss) {
		resp->comp_mask |= MLX5_IB_CREATE_QP_RESP_MASK_TIRN;
		resp->tirn = qp->qpn;
	}
}

/* The send queue is unpinned as other QPs' are. */
void hca_raw_destroy(struct hca_qp *qp)
{
	if (qp->rxq)
		hca_rxq_destroy(qp->rxq);
	kfree(qp->rxq);
	kfree(qp->rss);
	qp->rxq = NULL;
	qp->rss = NULL;
}

/* ---- RSS ----------------------------------------------------------------------- */

static bool both(u64 fields, u64 a, u64 b)
{
	return fields & a && fields & b;
}

static int check_rss(const struct mlx5_ib_create_qp_rss *cmd)
{
	u64 fields = cmd->rx_hash_fields_mask;

	if (cmd->comp_mask || cmd->flags ||
	    memchr_inv(cmd->reserved, 0, sizeof(cmd->reserved)))
		return -EOPNOTSUPP;
	if (cmd->rx_hash_function != MLX5_RX_HASH_FUNC_TOEPLITZ ||
	    fields & ~(u64)HCA_RSS_FIELDS)
		return -EOPNOTSUPP;
	if (cmd->rx_key_len != HCA_RSS_KEY_LEN ||
	    both(fields, HCA_RSS_IPV4, HCA_RSS_IPV6) ||
	    both(fields, HCA_RSS_TCP, HCA_RSS_UDP))
		return -EINVAL;
	return 0;
}

static int read_rss(struct mlx5_ib_create_qp_rss *cmd, struct ib_udata *udata)
{
	int ret =
		hca_read_request(cmd, sizeof(*cmd),
				 offsetofend(typeof(*cmd), rx_hash_key), udata);

	return ret ? ret : check_rss(cmd);
}

int hca_rss_create(struct hca_qp *qp, const struct ib_qp_init_attr *attr,
		   struct ib_udata *udata)
{
	struct mlx5_ib_create_qp_rss cmd;
	int ret;

	if (attr->qp_type != IB_QPT_RAW_PACKET)
		return -EOPNOTSUPP;
	/* What is received and how is the business of the WQs. */
	if (attr->create_flags || attr->send_cq || attr->cap.max_send_wr)
		return -EINVAL;
	ret = read_rss(&cmd, udata);
	if (ret)
		return ret;
	qp->rss = kzalloc(sizeof(*qp->rss), GFP_KERNEL_ACCOUNT);
	if (!qp->rss)
		return -ENOMEM;
	qp->rss->table = attr->rwq_ind_tbl;
	qp->rss->fields = cmd.rx_hash_fields_mask;
	memcpy(qp->rss->key, cmd.rx_hash_key, sizeof(qp->rss->key));
	return 0;
}

/* ---- States and frames --------------------------------------------------------- */

static enum ib_wq_state queue_state(enum ib_qp_state state)
{
	switch (state) {
	case IB_QPS_RTR:
	case IB_QPS_RTS:
	case IB_QPS_SQD:
	case IB_QPS_SQE:
		return IB_WQS_RDY;
	case IB_QPS_ERR:
		return IB_WQS_ERR;
	default:
		return IB_WQS_RESET;
	}
}

void hca_raw_set_state_locked(struct hca_qp *qp)
{
	if (qp->rxq)
		hca_rxq_set_state_locked(qp->rxq, queue_state(qp->state));
}

/* An RSS QP has no state that would matter: its WQs have. */
void hca_raw_take_locked(struct hca_qp *qp, const struct hca_frame *frame,
			 u32 tag)
{
	const struct hca_rss *rss = qp->rss;
	struct hca_wq *wq;
	u32 hash;

	if (!rss) {
		hca_rxq_add_frame_locked(qp->rxq, frame, tag, 0);
		return;
	}
	hash = hca_hash_frame(rss, &frame->fields);
	wq = to_hwq(
		rss->table->ind_tbl[hash &
				    ((1 << rss->table->log_ind_tbl_size) - 1)]);
	hca_rxq_add_frame_locked(&wq->rxq, frame, tag, hash);
}
