// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <rdma/mlx5-abi.h>

#include "raw.h"

/* The states of a QP, its attributes and its events. */

enum {
	HCA_QP_ACCESS = IB_ACCESS_LOCAL_WRITE | IB_ACCESS_REMOTE_WRITE |
			IB_ACCESS_REMOTE_READ | IB_ACCESS_REMOTE_ATOMIC,
};

int hca_check_attr(const struct ib_qp_attr *attr, int mask)
{
	if (mask & ~IB_QP_ATTR_STANDARD_BITS || mask & IB_QP_ALT_PATH)
		return -EOPNOTSUPP;
	if ((mask & IB_QP_PORT && attr->port_num != 1) ||
	    (mask & IB_QP_PKEY_INDEX && attr->pkey_index) ||
	    (mask & IB_QP_PATH_MTU &&
	     (attr->path_mtu < IB_MTU_256 || attr->path_mtu > IB_MTU_4096)) ||
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
	if (mask & IB_QP_QKEY)
		a->qkey = attr->qkey;
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

/* Under hca_mutex. */
u32 hca_next_gen_locked(void)
{
	static u32 next_gen;

	return next_gen++;
}

/* Whoever was in the middle of a message with this QP finds that it left. */
static void leave_connection(struct hca_qp *qp)
{
	hca_dc_leave_locked(qp);
	qp->gen = hca_next_gen_locked();
	qp->op.active = false;
	qp->wait_until = 0;
	qp->err_poll = 0;
	qp->drained_event = false;
	qp->faulting = false;
}

static void reset_qp(struct hca_qp *qp)
{
	leave_connection(qp);
	hca_streams_reset_locked(qp);
	memset(&qp->attr, 0, sizeof(qp->attr));
	qp->sq_ci = 0;
	qp->rq_ci = 0;
	qp->sq_psn = 0;
	qp->rq_psn = 0;
	qp->stuck = false;
	qp->last_wqe_event = false;
	qp->recv.taken = false;
	if (qp->kernel)
		hca_kernel_reset_locked(qp);
}

static void enter_error(struct hca_qp *qp)
{
	leave_connection(qp);
	/* It takes no more from its SRQ, once what it has taken is flushed. */
	qp->last_wqe_event = qp->ib.srq;
}

static void set_state(struct hca_qp *qp, enum ib_qp_state state)
{
	enum ib_qp_state old = qp->state;

	qp->state = state;
	if (qp->dc == HCA_DCT && state == IB_QPS_RTR)
		qp->ib.qp_num = qp->qpn;
	if (state == IB_QPS_RESET)
		reset_qp(qp);
	else if (state == IB_QPS_ERR && old != IB_QPS_ERR)
		enter_error(qp);
	else if (state == IB_QPS_SQD && old == IB_QPS_RTS)
		qp->drained_event = qp->attr.en_sqd_async_notify;
	else if (state == IB_QPS_RTS)
		qp->drained_event = false;
	hca_raw_set_state_locked(qp);
}

/* As the driver does, queue pairs of a bond send by one port or the other. */
static void choose_lag_port(struct hca_qp *qp)
{
	bool bonded = READ_ONCE(to_hca(qp->ib.device)->lag_ports) > 1;

	qp->lag_port = bonded ? 1 + qp->qpn % 2 : 0;
}

void hca_qp_enter_locked(struct hca_qp *qp, const struct ib_qp_attr *attr,
			 int mask, enum ib_qp_state state)
{
	if (state == IB_QPS_INIT)
		choose_lag_port(qp);
	store_path(qp, attr, mask);
	store_limits(qp, attr, mask);
	set_state(qp, state);
}

/* Options of the connection that both ends agree on; nothing depends on them. */
static int read_ece(struct ib_device *ib, struct ib_udata *udata, u32 *options)
{
	struct mlx5_ib_modify_qp cmd = {};

	*options = 0;
	if (!udata || !udata->inlen)
		return 0;
	if (udata->inlen < offsetofend(typeof(cmd), burst_info))
		return -EINVAL;
	if (ib_copy_from_udata(&cmd, udata, min(udata->inlen, sizeof(cmd))))
		return -EFAULT;
	if (cmd.comp_mask)
		return -EOPNOTSUPP;
	*options = cmd.ece_options & hca_ece_options(ib);
	return 0;
}

/* With dctn, the number of a DCT that is about to be ready to receive. */
static int answer(struct ib_udata *udata, u32 ece, u32 dctn)
{
	struct mlx5_ib_modify_qp_resp resp = {
		.ece_options = ece,
		.dctn = dctn,
	};

	if (dctn && udata->outlen < offsetofend(typeof(resp), dctn))
		return -EINVAL;
	if (!udata || udata->outlen < sizeof(resp.response_length))
		return 0;
	resp.response_length = min(udata->outlen, sizeof(resp));
	return ib_copy_to_udata(udata, &resp, resp.response_length);
}

static u32 number_to_tell(const struct hca_qp *qp,
			  const struct ib_qp_attr *attr, int mask)
{
	return qp->dc == HCA_DCT && mask & IB_QP_STATE &&
			       attr->qp_state == IB_QPS_RTR
		       ? qp->qpn
		       : 0;
}

static bool may_modify(const struct hca_qp *qp, enum ib_qp_state cur,
		       enum ib_qp_state new, int mask)
{
	if (cur != qp->state)
		return false;
	if (qp->dc)
		return hca_dc_may_modify(qp, cur, new, mask);
	return ib_modify_qp_is_ok(cur, new, qp->ib.qp_type, mask);
}

int hca_modify_qp(struct ib_qp *ibqp, struct ib_qp_attr *attr, int mask,
		  struct ib_udata *udata)
{
	struct hca_qp *qp = to_hqp(ibqp);
	enum ib_qp_state cur, new;
	u32 ece;
	int ret;

	/* As with the driver: it is its WQs that have states. */
	if (qp->rss)
		return -ENOSYS;
	ret = hca_check_attr(attr, mask);
	if (!ret)
		ret = read_ece(ibqp->device, udata, &ece);
	if (!ret)
		ret = answer(udata, ece, number_to_tell(qp, attr, mask));
	if (ret)
		return ret;

	mutex_lock(&hca_mutex);
	cur = mask & IB_QP_CUR_STATE ? attr->cur_qp_state : qp->state;
	new = mask &IB_QP_STATE ? attr->qp_state : cur;
	ret = -EINVAL;
	if (!may_modify(qp, cur, new, mask))
		goto out;
	hca_qp_enter_locked(qp, attr, mask, new);
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

	if (qp->rss)
		return -ENOSYS;
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
	init->qp_type = ibqp->qp_type;
	init->send_cq = ibqp->send_cq;
	init->recv_cq = ibqp->recv_cq;
	init->srq = ibqp->srq;
	init->sq_sig_type = qp->sig_type;
	init->cap = qp->cap;
	return 0;
}

/* Whether it takes what others send to it. */
bool hca_qp_receives(const struct hca_qp *qp)
{
	return qp->state == IB_QPS_RTR || qp->state == IB_QPS_RTS ||
	       qp->state == IB_QPS_SQD;
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
