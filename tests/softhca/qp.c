// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/log2.h>
#include <linux/random.h>
#include <rdma/mlx5-abi.h>
#include <rdma/uverbs_ioctl.h>

#include "raw.h"

/* Creation and removal of QPs; what happens to them meanwhile: qp_state.c. */

enum {
	HCA_QPN_MIN = 0x40, /* beyond those with a meaning */
	HCA_QPN_MAX = 0xfffffe,

	/* Hints about where to put data and how to send it. */
	HCA_QP_HINTS = MLX5_QP_FLAG_SCATTER_CQE | MLX5_QP_FLAG_BFREG_INDEX |
		       MLX5_QP_FLAG_ALLOW_SCATTER_CQE |
		       MLX5_QP_FLAG_UAR_PAGE_INDEX,

	HCA_QP_FLAGS = HCA_QP_HINTS | MLX5_QP_FLAG_TYPE_DCI |
		       MLX5_QP_FLAG_TYPE_DCT | MLX5_QP_FLAG_DCI_STREAM,
};

/* QPs of all devices: they talk to each other by number. */
static DEFINE_XARRAY_ALLOC1(qps);
static u32 next_qpn;

/* Without registers of the context's the program has to name some. */
static int check_uar(const struct mlx5_ib_create_qp *cmd,
		     struct ib_udata *udata)
{
	struct hca_ctx *ctx =
		rdma_udata_to_drv_context(udata, struct hca_ctx, ib);

	if (!(cmd->flags & MLX5_QP_FLAG_UAR_PAGE_INDEX))
		return ctx->num_uars || !cmd->sq_wqe_count ? 0 : -EINVAL;
	return hca_uar_exists(ctx, cmd->bfreg_index) ? 0 : -EINVAL;
}

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
	return check_uar(cmd, udata);
}

static bool count_ok(u32 n)
{
	return !n || (is_power_of_2(n) && n <= HCA_MAX_WR);
}

/* Whether QPs of this kind have a receive queue of their own. */
static bool has_rq(const struct ib_qp_init_attr *attr)
{
	return !attr->srq && attr->qp_type != IB_QPT_XRC_INI &&
	       attr->qp_type != IB_QPT_DRIVER;
}

static int set_layout(struct hca_qp *qp, const struct ib_qp_init_attr *attr,
		      const struct mlx5_ib_create_qp *cmd)
{
	if (cmd->rq_wqe_count && !has_rq(attr))
		return -EINVAL;
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

/* Also of one that was not made to its end. */
void hca_qp_unpin(struct hca_qp *qp)
{
	if (qp->kernel)
		hca_kernel_queues_free(qp);
	hca_raw_destroy(qp);
	hca_streams_destroy(qp);
	hca_ring_unpin(&qp->db);
	hca_ring_unpin(&qp->ring);
}

static int make_usual(struct hca_qp *qp, const struct mlx5_ib_create_qp *cmd)
{
	int ret = pin_qp(qp, cmd);

	if (ret || !(cmd->flags & MLX5_QP_FLAG_DCI_STREAM))
		return ret;
	ret = hca_streams_create(qp, cmd->dci_streams.log_num_concurent,
				 cmd->dci_streams.log_num_errored);
	if (ret)
		hca_qp_unpin(qp);
	return ret;
}

static int make_queues(struct hca_qp *qp, const struct ib_qp_init_attr *attr,
		       const struct mlx5_ib_create_qp *cmd,
		       struct ib_udata *udata)
{
	if (qp->kernel)
		return hca_kernel_queues(qp);
	if (attr->rwq_ind_tbl)
		return hca_rss_create(qp, attr, udata);
	if (hca_is_raw(qp))
		return hca_raw_create(qp, attr, cmd);
	return make_usual(qp, cmd);
}

/* Nothing is found by it yet. */
int hca_qp_reserve_number(struct hca_qp *qp)
{
	int ret;

	mutex_lock(&hca_mutex);
	if (!next_qpn)
		next_qpn = get_random_u32_inclusive(HCA_QPN_MIN, HCA_QPN_MAX);
	ret = xa_alloc_cyclic(&qps, &qp->qpn, NULL,
			      XA_LIMIT(HCA_QPN_MIN, HCA_QPN_MAX), &next_qpn,
			      GFP_KERNEL);
	mutex_unlock(&hca_mutex);
	return ret < 0 ? ret : 0;
}

void hca_qp_publish(struct hca_qp *qp)
{
	mutex_lock(&hca_mutex);
	xa_store(&qps, qp->qpn, qp, GFP_KERNEL); /* its place is reserved */
	/* A DCT's is told when it can be sent to. */
	qp->ib.qp_num = qp->dc == HCA_DCT ? 0 : qp->qpn;
	if (qp->ib.qp_type == IB_QPT_GSI) {
		qp->ib.qp_num = HCA_GSI_QPN;
		to_hca(qp->ib.device)->gsi = qp;
	}
	qp->gen = hca_next_gen_locked();
	hca_engine_add_qp_locked(qp);
	mutex_unlock(&hca_mutex);
}

static void init_qp(struct hca_qp *qp, const struct ib_qp_init_attr *attr,
		    const struct mlx5_ib_create_qp *cmd, struct ib_udata *udata)
{
	struct hca_ctx *ctx =
		rdma_udata_to_drv_context(udata, struct hca_ctx, ib);

	qp->state = IB_QPS_RESET;
	qp->cap = attr->cap;
	qp->sig_type = attr->sq_sig_type;
	hca_inline_init(qp, attr, cmd->flags);
	/* The older CQE format has no user index, its place stays 0. */
	qp->uidx = ctx && ctx->cqe_version ? cmd->uidx & 0xffffff : 0;
}

static int write_response(struct hca_qp *qp, struct ib_udata *udata)
{
	struct mlx5_ib_create_qp_resp resp = {
		.ece_options = hca_ece_options(qp->ib.device),
	};

	if (!udata)
		return 0;
	if (hca_is_raw(qp))
		hca_raw_describe(qp, &resp);
	return ib_copy_to_udata(udata, &resp, min(sizeof(resp), udata->outlen));
}

static int check_request(const struct hca_qp *qp,
			 const struct ib_qp_init_attr *attr,
			 struct ib_udata *udata)
{
	if (attr->qp_type == IB_QPT_RAW_PACKET)
		return hca_raw_check(attr, udata);
	if (attr->create_flags)
		return -EOPNOTSUPP;
	switch (attr->qp_type) {
	case IB_QPT_GSI:
		return qp->kernel ? 0 : -EOPNOTSUPP;
	case IB_QPT_RC:
	case IB_QPT_UC:
	case IB_QPT_UD:
	case IB_QPT_XRC_INI:
	case IB_QPT_XRC_TGT:
	case IB_QPT_DRIVER:
		break;
	default:
		return -EOPNOTSUPP;
	}
	if (attr->srq && attr->srq->srq_type != IB_SRQT_BASIC)
		return -EINVAL;
	return 0;
}

/*
 * A target QP belongs to the domain, not to a program: it has no queues, and
 * no udata either. One with a table of WQs has none of its own.
 */
static int read_layout(struct hca_qp *qp, struct ib_qp_init_attr *attr,
		       struct mlx5_ib_create_qp *cmd, struct ib_udata *udata)
{
	int ret;

	memset(cmd, 0, sizeof(*cmd));
	if (attr->qp_type == IB_QPT_XRC_TGT || attr->rwq_ind_tbl)
		return 0;
	if (qp->kernel)
		return hca_kernel_layout(qp, attr);
	ret = read_request(cmd, udata);
	if (!ret)
		ret = hca_dc_create(qp, attr, cmd);
	/* Frames have queues of their own, see raw.c. */
	return ret || hca_is_raw(qp) ? ret : set_layout(qp, attr, cmd);
}

int hca_create_qp(struct ib_qp *ibqp, struct ib_qp_init_attr *attr,
		  struct ib_udata *udata)
{
	struct hca_dev *dev = to_hca(ibqp->device);
	struct hca_qp *qp = to_hqp(ibqp);
	struct mlx5_ib_create_qp cmd;
	int ret;

	qp->kernel = !udata && attr->qp_type != IB_QPT_XRC_TGT;
	ret = check_request(qp, attr, udata);
	if (!ret)
		ret = read_layout(qp, attr, &cmd, udata);
	if (ret)
		return ret;
	init_qp(qp, attr, &cmd, udata);
	if (!qp->kernel && !hca_obj_get(dev, HCA_OBJ_QPS, HCA_MAX_QP))
		return -ENOMEM;

	ret = make_queues(qp, attr, &cmd, udata);
	if (ret)
		goto put_count;
	ret = hca_qp_reserve_number(qp);
	if (ret)
		goto unpin;
	ret = write_response(qp, udata);
	if (ret)
		goto free_number;
	hca_qp_publish(qp);
	return 0;

free_number:
	xa_erase(&qps, qp->qpn);
unpin:
	hca_qp_unpin(qp);
put_count:
	if (!qp->kernel)
		hca_obj_put(dev, HCA_OBJ_QPS);
	return ret;
}

void hca_qp_remove(struct hca_qp *qp)
{
	struct hca_dev *dev = to_hca(qp->ib.device);

	mutex_lock(&hca_mutex);
	hca_dc_leave_locked(qp);
	hca_engine_del_qp_locked(qp);
	xa_erase(&qps, qp->qpn);
	if (dev->gsi == qp)
		dev->gsi = NULL;
	mutex_unlock(&hca_mutex);
	hca_qp_unpin(qp);
}

int hca_destroy_qp(struct ib_qp *ibqp, struct ib_udata *udata)
{
	struct hca_qp *qp = to_hqp(ibqp);

	hca_qp_remove(qp);
	if (!qp->kernel)
		hca_obj_put(to_hca(ibqp->device), HCA_OBJ_QPS);
	return 0;
}

/* Under hca_mutex; or by who has the lock of a CQ that the QP completes to. */
struct hca_qp *hca_qp_find_locked(u32 qpn)
{
	return xa_load(&qps, qpn);
}
