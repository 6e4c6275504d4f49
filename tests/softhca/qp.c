// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/log2.h>
#include <linux/random.h>
#include <rdma/mlx5-abi.h>
#include <rdma/uverbs_ioctl.h>

#include "softhca.h"

/* The QP verbs: creation, state changes, removal. */

enum {
	HCA_QPN_MIN = 0x40,
	HCA_QPN_MAX = 0xfffffe,

	HCA_QP_ACCESS = IB_ACCESS_LOCAL_WRITE | IB_ACCESS_REMOTE_WRITE |
			IB_ACCESS_REMOTE_READ | IB_ACCESS_REMOTE_ATOMIC,

	/* Hints about where to put data and how to send it. */
	HCA_QP_FLAGS = MLX5_QP_FLAG_SCATTER_CQE | MLX5_QP_FLAG_BFREG_INDEX |
		       MLX5_QP_FLAG_ALLOW_SCATTER_CQE,
};

/* QPs of all devices: they talk to each other by number. */
static DEFINE_XARRAY_ALLOC1(qps);
static u32 next_qpn;
static u32 next_gen;

static int read_request(struct mlx5_ib_create_qp *cmd, struct ib_udata *udata)
{
	size_t len = min(udata->inlen, sizeof(*cmd));

	memset(cmd, 0, sizeof(*cmd));
	if (udata->inlen < offsetofend(typeof(*cmd), bfreg_index))
		return -EINVAL;
	if (ib_copy_from_udata(cmd, udata, len))
		return -EFAULT;
	if (cmd->flags & ~HCA_QP_FLAGS)
		return -EOPNOTSUPP;
	return 0;
}

static bool count_ok(u32 n)
{
	return !n || (is_power_of_2(n) && n <= HCA_MAX_WR);
}

static int set_layout(struct hca_qp *qp, const struct mlx5_ib_create_qp *cmd)
{
	if (!count_ok(cmd->sq_wqe_count) || !count_ok(cmd->rq_wqe_count))
		return -EINVAL;
	if (cmd->rq_wqe_count &&
	    (cmd->rq_wqe_shift < ilog2(sizeof(struct hca_data_seg)) ||
	     cmd->rq_wqe_shift > ilog2(HCA_RQ_STRIDE_MAX)))
		return -EINVAL;

	qp->sq_num = cmd->sq_wqe_count;
	qp->rq_num = cmd->rq_wqe_count;
	qp->rq_shift = qp->rq_num ? cmd->rq_wqe_shift : 0;
	qp->sq_off = qp->rq_num << qp->rq_shift;
	return 0;
}

static int pin_qp(struct hca_qp *qp, const struct mlx5_ib_create_qp *cmd)
{
	size_t len = qp->sq_off + qp->sq_num * HCA_WQE_BB;
	struct ib_device *ib = qp->ib.device;
	int ret;

	if (!len)
		return 0;
	ret = hca_ring_pin(&qp->ring, ib, cmd->buf_addr, len);
	if (ret)
		return ret;
	ret = hca_db_pin(&qp->db, ib, cmd->db_addr);
	if (ret)
		hca_ring_unpin(&qp->ring);
	return ret;
}

static void unpin_qp(struct hca_qp *qp)
{
	hca_ring_unpin(&qp->db);
	hca_ring_unpin(&qp->ring);
}

static int publish_qp(struct hca_qp *qp)
{
	int ret;

	mutex_lock(&hca_mutex);
	if (!next_qpn)
		next_qpn = get_random_u32_inclusive(HCA_QPN_MIN, HCA_QPN_MAX);
	ret = xa_alloc_cyclic(&qps, &qp->qpn, qp,
			      XA_LIMIT(HCA_QPN_MIN, HCA_QPN_MAX), &next_qpn,
			      GFP_KERNEL);
	if (ret >= 0) {
		qp->ib.qp_num = qp->qpn;
		qp->gen = next_gen++;
		hca_engine_add_qp_locked(qp);
	}
	mutex_unlock(&hca_mutex);
	return ret < 0 ? ret : 0;
}

static void init_qp(struct hca_qp *qp, const struct ib_qp_init_attr *attr,
		    const struct mlx5_ib_create_qp *cmd, struct ib_udata *udata)
{
	struct hca_ctx *ctx = rdma_udata_to_drv_context(udata, struct hca_ctx,
							ib);

	qp->state = IB_QPS_RESET;
	qp->cap = attr->cap;
	qp->sig_type = attr->sq_sig_type;
	/* The older CQE format has no user index, its place stays 0. */
	qp->uidx = ctx->cqe_version ? cmd->uidx & 0xffffff : 0;
}

int hca_create_qp(struct ib_qp *ibqp, struct ib_qp_init_attr *attr,
		  struct ib_udata *udata)
{
	struct mlx5_ib_create_qp_resp resp = {};
	struct hca_dev *dev = to_hca(ibqp->device);
	struct hca_qp *qp = to_hqp(ibqp);
	struct mlx5_ib_create_qp cmd;
	int ret;

	if (attr->qp_type != IB_QPT_RC || attr->srq || attr->create_flags)
		return -EOPNOTSUPP;
	ret = read_request(&cmd, udata);
	if (!ret)
		ret = set_layout(qp, &cmd);
	if (ret)
		return ret;
	init_qp(qp, attr, &cmd, udata);
	if (!hca_obj_get(dev, HCA_OBJ_QPS, HCA_MAX_QP))
		return -ENOMEM;

	ret = pin_qp(qp, &cmd);
	if (ret)
		goto put_count;
	ret = ib_copy_to_udata(udata, &resp, min(sizeof(resp), udata->outlen));
	if (ret)
		goto unpin;
	ret = publish_qp(qp);
	if (ret)
		goto unpin;
	return 0;

unpin:
	unpin_qp(qp);
put_count:
	hca_obj_put(dev, HCA_OBJ_QPS);
	return ret;
}

int hca_destroy_qp(struct ib_qp *ibqp, struct ib_udata *udata)
{
	struct hca_qp *qp = to_hqp(ibqp);

	mutex_lock(&hca_mutex);
	hca_engine_del_qp_locked(qp);
	xa_erase(&qps, qp->qpn);
	mutex_unlock(&hca_mutex);

	unpin_qp(qp);
	hca_obj_put(to_hca(ibqp->device), HCA_OBJ_QPS);
	return 0;
}

struct hca_qp *hca_qp_find_locked(u32 qpn)
{
	return xa_load(&qps, qpn);
}

static int check_attr(const struct ib_qp_attr *attr, int mask)
{
	if (mask & ~IB_QP_ATTR_STANDARD_BITS || mask & IB_QP_ALT_PATH)
		return -EOPNOTSUPP;
	if ((mask & IB_QP_PORT && attr->port_num != 1) ||
	    (mask & IB_QP_PKEY_INDEX && attr->pkey_index) ||
	    (mask & IB_QP_PATH_MTU && (attr->path_mtu < IB_MTU_256 ||
				       attr->path_mtu > IB_MTU_4096)) ||
	    (mask & IB_QP_TIMEOUT && attr->timeout > 31) ||
	    (mask & IB_QP_RETRY_CNT && attr->retry_cnt > 7) ||
	    (mask & IB_QP_RNR_RETRY && attr->rnr_retry > 7) ||
	    (mask & IB_QP_MIN_RNR_TIMER && attr->min_rnr_timer > 31) ||
	    (mask & IB_QP_MAX_QP_RD_ATOMIC &&
	     attr->max_rd_atomic > HCA_MAX_RD_ATOMIC) ||
	    (mask & IB_QP_MAX_DEST_RD_ATOMIC &&
	     attr->max_dest_rd_atomic > HCA_MAX_RD_ATOMIC))
		return -EINVAL;
	return 0;
}

static void store_path(struct hca_qp *qp, const struct ib_qp_attr *attr,
		       int mask)
{
	struct ib_qp_attr *a = &qp->attr;

	if (mask & IB_QP_PORT)
		a->port_num = attr->port_num;
	if (mask & IB_QP_PKEY_INDEX)
		a->pkey_index = attr->pkey_index;
	if (mask & IB_QP_PATH_MTU)
		a->path_mtu = attr->path_mtu;
	if (mask & IB_QP_DEST_QPN)
		a->dest_qp_num = attr->dest_qp_num & 0xffffff;
	if (mask & IB_QP_AV) {
		a->ah_attr = attr->ah_attr;
		/* The core keeps the reference to the GID, not we. */
		a->ah_attr.grh.sgid_attr = NULL;
	}
	if (mask & IB_QP_PATH_MIG_STATE)
		a->path_mig_state = attr->path_mig_state;
	if (mask & IB_QP_SQ_PSN)
		qp->sq_psn = attr->sq_psn & 0xffffff;
	if (mask & IB_QP_RQ_PSN)
		qp->rq_psn = attr->rq_psn & 0xffffff;
}

static void store_limits(struct hca_qp *qp, const struct ib_qp_attr *attr,
			 int mask)
{
	struct ib_qp_attr *a = &qp->attr;

	if (mask & IB_QP_ACCESS_FLAGS)
		a->qp_access_flags = attr->qp_access_flags & HCA_QP_ACCESS;
	if (mask & IB_QP_TIMEOUT)
		a->timeout = attr->timeout;
	if (mask & IB_QP_RETRY_CNT)
		a->retry_cnt = attr->retry_cnt;
	if (mask & IB_QP_RNR_RETRY)
		a->rnr_retry = attr->rnr_retry;
	if (mask & IB_QP_MIN_RNR_TIMER)
		a->min_rnr_timer = attr->min_rnr_timer;
	if (mask & IB_QP_MAX_QP_RD_ATOMIC)
		a->max_rd_atomic = attr->max_rd_atomic;
	if (mask & IB_QP_MAX_DEST_RD_ATOMIC)
		a->max_dest_rd_atomic = attr->max_dest_rd_atomic;
	if (mask & IB_QP_EN_SQD_ASYNC_NOTIFY)
		a->en_sqd_async_notify = attr->en_sqd_async_notify;
}

/* Whoever was in the middle of a message with this QP finds that it left. */
static void leave_connection(struct hca_qp *qp)
{
	qp->gen = next_gen++;
	qp->op.active = false;
	qp->wait_until = 0;
	qp->err_poll = 0;
	qp->drained_event = false;
}

static void reset_qp(struct hca_qp *qp)
{
	leave_connection(qp);
	memset(&qp->attr, 0, sizeof(qp->attr));
	qp->sq_ci = 0;
	qp->rq_ci = 0;
	qp->sq_psn = 0;
	qp->rq_psn = 0;
	qp->stuck = false;
}

static void set_state(struct hca_qp *qp, enum ib_qp_state state)
{
	enum ib_qp_state old = qp->state;

	qp->state = state;
	if (state == IB_QPS_RESET)
		reset_qp(qp);
	else if (state == IB_QPS_ERR && old != IB_QPS_ERR)
		leave_connection(qp);
	else if (state == IB_QPS_SQD && old == IB_QPS_RTS)
		qp->drained_event = qp->attr.en_sqd_async_notify;
	else if (state == IB_QPS_RTS)
		qp->drained_event = false;
}

int hca_modify_qp(struct ib_qp *ibqp, struct ib_qp_attr *attr, int mask,
		  struct ib_udata *udata)
{
	struct hca_qp *qp = to_hqp(ibqp);
	enum ib_qp_state cur, new;
	int ret;

	ret = check_attr(attr, mask);
	if (ret)
		return ret;

	mutex_lock(&hca_mutex);
	cur = mask & IB_QP_CUR_STATE ? attr->cur_qp_state : qp->state;
	new = mask & IB_QP_STATE ? attr->qp_state : cur;
	ret = -EINVAL;
	if (cur != qp->state ||
	    !ib_modify_qp_is_ok(cur, new, IB_QPT_RC, mask))
		goto out;
	store_path(qp, attr, mask);
	store_limits(qp, attr, mask);
	set_state(qp, new);
	ret = 0;
out:
	mutex_unlock(&hca_mutex);
	if (!ret)
		hca_kick();
	return ret;
}

int hca_query_qp(struct ib_qp *ibqp, struct ib_qp_attr *attr, int mask,
		 struct ib_qp_init_attr *init)
{
	struct hca_qp *qp = to_hqp(ibqp);

	mutex_lock(&hca_mutex);
	*attr = qp->attr;
	attr->qp_state = qp->state;
	attr->cur_qp_state = qp->state;
	attr->sq_psn = qp->sq_psn;
	attr->rq_psn = qp->rq_psn;
	attr->sq_draining = qp->state == IB_QPS_SQD && qp->op.active;
	attr->cap = qp->cap;
	mutex_unlock(&hca_mutex);

	memset(init, 0, sizeof(*init));
	init->qp_type = IB_QPT_RC;
	init->send_cq = ibqp->send_cq;
	init->recv_cq = ibqp->recv_cq;
	init->sq_sig_type = qp->sig_type;
	init->cap = qp->cap;
	return 0;
}

/* Its queues are flushed by the engine from now on. */
void hca_qp_error_locked(struct hca_qp *qp)
{
	set_state(qp, IB_QPS_ERR);
}

void hca_qp_event_locked(struct hca_qp *qp, enum ib_event_type type)
{
	struct ib_event event = {
		.device = qp->ib.device,
		.element.qp = &qp->ib,
		.event = type,
	};

	if (qp->ib.event_handler)
		qp->ib.event_handler(&event, qp->ib.qp_context);
}
