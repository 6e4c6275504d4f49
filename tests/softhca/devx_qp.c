// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/log2.h>
#include <linux/mlx5/qp.h>
#include <linux/slab.h>

#include "devx.h"

/*
 * DEVX: queue pairs, DCTs among them. Their receive queue comes first in their
 * memory, and the send queue behind it, as it is for the verbs.
 */

/* The umem of the doorbell record; the kernel's headers have no name for it. */
enum { CONTEXT_RECORD_UMEM = 228 };

/* ---- What all of them have --------------------------------------------------- */

static struct hca_qp *new_qp(struct hca_devx_obj *obj, struct hca_ctx *ctx)
{
	struct hca_qp *qp = kzalloc(sizeof(*qp), GFP_KERNEL_ACCOUNT);

	if (!qp)
		return NULL;
	qp->state = IB_QPS_RESET;
	qp->ib.device = ctx->ib.device;
	qp->ib.event_handler = hca_devx_event;
	qp->ib.qp_context = obj;
	return qp;
}

/* change: 1 for a QP that is there now, -1 for one that is no more. */
static void count_use(const struct hca_qp *qp, int change)
{
	if (qp->ib.srq)
		atomic_add(change, &qp->ib.srq->usecnt);
	if (qp->ib.recv_cq)
		atomic_add(change, &qp->ib.recv_cq->usecnt);
	if (qp->ib.send_cq)
		atomic_add(change, &qp->ib.send_cq->usecnt);
	atomic_add(change, &qp->ib.pd->usecnt);
}

struct parts {
	u32 pdn, send_cqn, recv_cqn, srqn; /* 0: none, but for the PD */
};

static int find_cq_locked(struct ib_cq **cq, struct hca_ctx *ctx, u32 cqn)
{
	struct hca_cq *found;

	if (!cqn)
		return 0;
	found = hca_devx_find_cq_locked(ctx, cqn);
	if (!found)
		return -EINVAL;
	*cq = &found->ib;
	return 0;
}

static int find_srq_locked(struct ib_srq **srq, struct hca_ctx *ctx, u32 srqn)
{
	struct hca_srq *found;

	if (!srqn)
		return 0;
	found = hca_devx_find_srq_locked(ctx, srqn);
	if (!found)
		return -EINVAL;
	*srq = &found->ib;
	return 0;
}

static int find_parts_locked(struct hca_qp *qp, struct hca_ctx *ctx,
			     const struct parts *parts)
{
	struct hca_pd *pd = hca_devx_find_pd_locked(ctx, parts->pdn);
	int ret;

	if (!pd)
		return -EINVAL;
	qp->ib.pd = &pd->ib;
	ret = find_cq_locked(&qp->ib.send_cq, ctx, parts->send_cqn);
	if (!ret)
		ret = find_cq_locked(&qp->ib.recv_cq, ctx, parts->recv_cqn);
	if (!ret)
		ret = find_srq_locked(&qp->ib.srq, ctx, parts->srqn);
	return ret;
}

static int find_parts(struct hca_qp *qp, struct hca_ctx *ctx,
		      const struct parts *parts)
{
	int ret;

	mutex_lock(&hca_mutex);
	ret = find_parts_locked(qp, ctx, parts);
	mutex_unlock(&hca_mutex);
	return ret;
}

typedef int (*maker)(struct hca_qp *qp, const struct hca_devx_cmd *cmd);

static int create(struct hca_devx_obj *obj, struct hca_devx_cmd *cmd,
		  maker make)
{
	struct hca_qp *qp;
	int ret;

	if (!hca_obj_get(obj->dev, HCA_OBJ_QPS, HCA_MAX_QP))
		return hca_devx_refuse(cmd->out, MLX5_CMD_STAT_LIM_ERR);
	qp = new_qp(obj, cmd->ctx);
	ret = qp ? make(qp, cmd) : -ENOMEM;
	if (ret) {
		if (qp)
			hca_qp_unpin(qp);
		kfree(qp);
		hca_obj_put(obj->dev, HCA_OBJ_QPS);
		return hca_devx_result(cmd->out, ret);
	}
	count_use(qp, 1);
	obj->what = qp;
	obj->number = qp->qpn;
	return 0;
}

int hca_devx_destroy_qp(struct hca_devx_obj *obj)
{
	hca_qp_remove(obj->what);
	count_use(obj->what, -1);
	kfree(obj->what);
	hca_obj_put(obj->dev, HCA_OBJ_QPS);
	return 0;
}

/* ---- Queue pairs ------------------------------------------------------------- */

static int read_type(struct hca_qp *qp, const void *qpc)
{
	switch (MLX5_GET(qpc, qpc, st)) {
	case MLX5_QP_ST_RC:
		qp->ib.qp_type = IB_QPT_RC;
		return 0;
	case MLX5_QP_ST_UC:
		qp->ib.qp_type = IB_QPT_UC;
		return 0;
	case MLX5_QP_ST_UD:
		qp->ib.qp_type = IB_QPT_UD;
		return 0;
	case MLX5_QP_ST_DCI:
		qp->ib.qp_type = IB_QPT_DRIVER;
		qp->dc = HCA_DCI;
		return 0;
	default:
		return -EINVAL;
	}
}

static int read_receive(struct hca_qp *qp, const void *qpc)
{
	u32 shift = MLX5_GET(qpc, qpc, log_rq_stride) +
		    ilog2(sizeof(struct hca_data_seg));

	switch (MLX5_GET(qpc, qpc, rq_type)) {
	case MLX5_NON_ZERO_RQ:
		if (qp->dc || shift > ilog2(HCA_RQ_STRIDE_MAX))
			return -EINVAL;
		qp->rq_num = 1 << MLX5_GET(qpc, qpc, log_rq_size);
		qp->rq_shift = shift;
		return 0;
	case MLX5_SRQ_RQ:
	case MLX5_ZERO_LEN_RQ:
		return 0;
	default:
		return -EINVAL;
	}
}

static int read_context(struct hca_qp *qp, struct hca_ctx *ctx, const void *qpc)
{
	int ret;

	ret = read_type(qp, qpc);
	if (!ret)
		ret = read_receive(qp, qpc);
	if (!ret)
		ret = hca_inline_set(qp, MLX5_GET(qpc, qpc, cs_res),
				     MLX5_GET(qpc, qpc, cs_req));
	if (ret)
		return ret;
	if (!hca_uar_known(ctx, MLX5_GET(qpc, qpc, uar_page)))
		return -EINVAL;
	if (!MLX5_GET(qpc, qpc, no_sq))
		qp->sq_num = 1 << MLX5_GET(qpc, qpc, log_sq_size);
	qp->sq_off = qp->rq_num << qp->rq_shift;
	qp->uidx = ctx->cqe_version ? MLX5_GET(qpc, qpc, user_index) : 0;
	qp->cap.max_send_wr = qp->sq_num;
	qp->cap.max_recv_wr = qp->rq_num;
	return 0;
}

static void read_parts(struct parts *parts, const void *qpc)
{
	bool shared = MLX5_GET(qpc, qpc, rq_type) == MLX5_SRQ_RQ;

	*parts = (struct parts){
		.pdn = MLX5_GET(qpc, qpc, pd),
		.send_cqn = MLX5_GET(qpc, qpc, cqn_snd),
		.recv_cqn = MLX5_GET(qpc, qpc, cqn_rcv),
		.srqn = shared ? MLX5_GET(qpc, qpc, srqn_rmpn_xrqn) : 0,
	};
}

/* Whatever completes has a queue to do so. */
static bool can_complete(const struct hca_qp *qp, const void *qpc)
{
	bool shared = MLX5_GET(qpc, qpc, rq_type) == MLX5_SRQ_RQ;

	return (qp->ib.send_cq || !qp->sq_num) &&
	       (qp->ib.recv_cq || !(qp->rq_num || shared)) &&
	       (qp->ib.srq || !shared);
}

static int map_qp(struct hca_qp *qp, const struct hca_devx_cmd *cmd)
{
	const u8 *qpc = MLX5_ADDR_OF(create_qp_in, cmd->in, qpc);
	size_t len = qp->sq_off + qp->sq_num * HCA_WQE_BB;
	int ret;

	if (!len)
		return 0;
	ret = hca_umem_ring(cmd->ctx,
			    MLX5_GET(create_qp_in, cmd->in, wq_umem_id),
			    MLX5_GET64(create_qp_in, cmd->in, wq_umem_offset),
			    len, false, &qp->ring);
	if (ret)
		return ret;
	return hca_devx_record(cmd->ctx,
			       get_unaligned_be32(qpc + CONTEXT_RECORD_UMEM),
			       MLX5_GET64(qpc, qpc, dbr_addr), &qp->db);
}

static int make_streams(struct hca_qp *qp, const void *qpc)
{
	u8 log_num = MLX5_GET(qpc, qpc, log_num_dci_stream_channels);

	if (qp->dc != HCA_DCI || !log_num)
		return 0;
	return hca_streams_create(
		qp, log_num, MLX5_GET(qpc, qpc, log_num_dci_errored_streams));
}

static int publish(struct hca_qp *qp)
{
	int ret = hca_qp_reserve_number(qp);

	if (!ret)
		hca_qp_publish(qp);
	return ret;
}

static int make_qp(struct hca_qp *qp, const struct hca_devx_cmd *cmd)
{
	const void *qpc = MLX5_ADDR_OF(create_qp_in, cmd->in, qpc);
	struct parts parts;
	int ret;

	ret = read_context(qp, cmd->ctx, qpc);
	if (ret)
		return ret;
	read_parts(&parts, qpc);
	ret = find_parts(qp, cmd->ctx, &parts);
	if (ret)
		return ret;
	if (!can_complete(qp, qpc))
		return -EINVAL;
	ret = map_qp(qp, cmd);
	if (!ret)
		ret = make_streams(qp, qpc);
	return ret ? ret : publish(qp);
}

int hca_devx_create_qp(struct hca_devx_obj *obj, struct hca_devx_cmd *cmd)
{
	int ret;

	if (cmd->len < MLX5_ST_SZ_BYTES(create_qp_in))
		return hca_devx_refuse(cmd->out, MLX5_CMD_STAT_BAD_INP_LEN_ERR);
	ret = create(obj, cmd, make_qp);
	if (!ret)
		MLX5_SET(create_qp_out, cmd->out, qpn, obj->number);
	return ret;
}

/* ---- DCTs -------------------------------------------------------------------- */

static int read_dct(struct hca_qp *qp, struct ib_qp_attr *attr,
		    const void *dctc)
{
	int access = 0;

	if (MLX5_GET(dctc, dctc, rre))
		access |= IB_ACCESS_REMOTE_READ;
	if (MLX5_GET(dctc, dctc, rwe))
		access |= IB_ACCESS_REMOTE_WRITE;
	if (MLX5_GET(dctc, dctc, rae))
		access |= IB_ACCESS_REMOTE_ATOMIC;
	*attr = (struct ib_qp_attr){
		.qp_access_flags = access,
		.min_rnr_timer = MLX5_GET(dctc, dctc, min_rnr_nak),
		.path_mtu = MLX5_GET(dctc, dctc, mtu),
		.port_num = MLX5_GET(dctc, dctc, port),
		.pkey_index = MLX5_GET(dctc, dctc, pkey_index),
	};
	qp->ib.qp_type = IB_QPT_DRIVER;
	qp->dc = HCA_DCT;
	qp->access_key = MLX5_GET64(dctc, dctc, dc_access_key);
	if (hca_inline_set(qp, MLX5_GET(dctc, dctc, cs_res), 0))
		return -EINVAL;
	return hca_check_attr(attr, IB_QP_PORT | IB_QP_PKEY_INDEX |
					    IB_QP_PATH_MTU |
					    IB_QP_MIN_RNR_TIMER);
}

/* It is ready from the start. */
static int make_dct(struct hca_qp *qp, const struct hca_devx_cmd *cmd)
{
	const void *dctc =
		MLX5_ADDR_OF(create_dct_in, cmd->in, dct_context_entry);
	const struct parts parts = {
		.pdn = MLX5_GET(dctc, dctc, pd),
		.recv_cqn = MLX5_GET(dctc, dctc, cqn),
		.srqn = MLX5_GET(dctc, dctc, srqn_xrqn),
	};
	struct ib_qp_attr attr;
	int ret;

	ret = read_dct(qp, &attr, dctc);
	if (!ret)
		ret = find_parts(qp, cmd->ctx, &parts);
	if (ret)
		return ret;
	if (!qp->ib.recv_cq || !qp->ib.srq)
		return -EINVAL;
	qp->uidx = cmd->ctx->cqe_version ? MLX5_GET(dctc, dctc, user_index) : 0;
	qp->attr = attr;
	ret = publish(qp);
	if (ret)
		return ret;
	mutex_lock(&hca_mutex);
	hca_qp_enter_locked(qp, &attr, 0, IB_QPS_RTR);
	mutex_unlock(&hca_mutex);
	return 0;
}

int hca_devx_create_dct(struct hca_devx_obj *obj, struct hca_devx_cmd *cmd)
{
	int ret;

	if (cmd->len < MLX5_ST_SZ_BYTES(create_dct_in))
		return hca_devx_refuse(cmd->out, MLX5_CMD_STAT_BAD_INP_LEN_ERR);
	ret = create(obj, cmd, make_dct);
	if (!ret)
		MLX5_SET(create_dct_out, cmd->out, dctn, obj->number);
	return ret;
}
