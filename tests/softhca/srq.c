// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/log2.h>
#include <rdma/mlx5-abi.h>
#include <rdma/uverbs_ioctl.h>

#include "softhca.h"

/*
 * Shared receive queues. Their requests form a chain in the order in which
 * the program hands them out, the first one being number 0; a counter says
 * how many of them are posted.
 */

enum { HCA_SRQN_MAX = 0xfffffe };

/* SRQs of all devices: XRC requests name them by number. */
static DEFINE_XARRAY_ALLOC1(srqs);
static u32 next_srqn;

static int read_request(struct mlx5_ib_create_srq *cmd, struct ib_udata *udata)
{
	memset(cmd, 0, sizeof(*cmd));
	if (udata->inlen < offsetofend(typeof(*cmd), flags))
		return -EINVAL;
	if (ib_copy_from_udata(cmd, udata, min(udata->inlen, sizeof(*cmd))))
		return -EFAULT;
	/* Checksums of requests are a hint to the program's own library. */
	return cmd->flags || cmd->reserved0 || cmd->reserved1 ? -EOPNOTSUPP : 0;
}

/* The library lays the queue out by the same rule. */
static void set_layout(struct hca_srq *srq, const struct ib_srq_attr *attr)
{
	u32 stride = sizeof(struct hca_srq_next_seg) +
		     attr->max_sge * sizeof(struct hca_data_seg);

	srq->num = roundup_pow_of_two(attr->max_wr + 1);
	srq->shift = ilog2(roundup_pow_of_two(max(stride, 32u)));
	srq->max_sge = ((1 << srq->shift) - sizeof(struct hca_srq_next_seg)) /
		       sizeof(struct hca_data_seg);
}

static int pin_srq(struct hca_srq *srq, const struct mlx5_ib_create_srq *cmd)
{
	struct ib_device *ib = srq->ib.device;
	int ret;

	ret = hca_ring_pin(&srq->ring, ib, cmd->buf_addr,
			   srq->num << srq->shift);
	if (ret)
		return ret;
	ret = hca_db_pin(&srq->db, ib, cmd->db_addr);
	if (ret)
		hca_ring_unpin(&srq->ring);
	return ret;
}

static void unpin_srq(struct hca_srq *srq)
{
	hca_ring_unpin(&srq->db);
	hca_ring_unpin(&srq->ring);
}

/* Nobody finds it by its number yet. */
int hca_srq_reserve_number(struct hca_srq *srq)
{
	int ret;

	mutex_lock(&hca_mutex);
	ret = xa_alloc_cyclic(&srqs, &srq->srqn, NULL,
			      XA_LIMIT(1, HCA_SRQN_MAX), &next_srqn,
			      GFP_KERNEL);
	mutex_unlock(&hca_mutex);
	return ret < 0 ? ret : 0;
}

static int give_number(struct hca_srq *srq, struct ib_udata *udata)
{
	struct mlx5_ib_create_srq_resp resp = {};
	int ret;

	ret = hca_srq_reserve_number(srq);
	if (ret)
		return ret;
	resp.srqn = srq->srqn;
	srq->ib.ext.xrc.srq_num = srq->srqn;
	ret = ib_copy_to_udata(udata, &resp, min(sizeof(resp), udata->outlen));
	if (ret)
		xa_erase(&srqs, srq->srqn);
	return ret;
}

void hca_srq_publish(struct hca_srq *srq)
{
	mutex_lock(&hca_mutex);
	/* What reserved the number has made room for it. */
	xa_store(&srqs, srq->srqn, srq, GFP_KERNEL);
	mutex_unlock(&hca_mutex);
}

int hca_create_srq(struct ib_srq *ibsrq, struct ib_srq_init_attr *attr,
		   struct ib_udata *udata)
{
	struct hca_dev *dev = to_hca(ibsrq->device);
	struct hca_srq *srq = to_hsrq(ibsrq);
	struct mlx5_ib_create_srq cmd;
	int ret;

	/* Not for the kernel. */
	if (!udata)
		return -EOPNOTSUPP;
	if (attr->srq_type != IB_SRQT_BASIC && attr->srq_type != IB_SRQT_XRC)
		return -EOPNOTSUPP;
	if (!attr->attr.max_wr || attr->attr.max_wr > HCA_MAX_SRQ_WR ||
	    attr->attr.max_sge > HCA_MAX_SRQ_SGE)
		return -EINVAL;
	ret = read_request(&cmd, udata);
	if (ret)
		return ret;
	if (!hca_obj_get(dev, HCA_OBJ_SRQS, HCA_MAX_SRQ))
		return -ENOMEM;

	set_layout(srq, &attr->attr);
	srq->uidx = cmd.uidx & 0xffffff;
	srq->ctx = rdma_udata_to_drv_context(udata, struct hca_ctx, ib);
	srq->by_number = !srq->ctx->cqe_version;
	ret = pin_srq(srq, &cmd);
	if (ret)
		goto put_count;
	ret = give_number(srq, udata);
	if (ret)
		goto unpin;
	hca_srq_publish(srq);
	attr->attr.max_wr = srq->num - 1;
	attr->attr.max_sge = srq->max_sge;
	return 0;

unpin:
	unpin_srq(srq);
put_count:
	hca_obj_put(dev, HCA_OBJ_SRQS);
	return ret;
}

/* The core has looked whether it is in use; a command may have been faster. */
int hca_srq_remove(struct hca_srq *srq)
{
	int ret = -EBUSY;

	/* A request that an XRC QP has taken from it goes with it. */
	mutex_lock(&hca_command_mutex);
	mutex_lock(&hca_mutex);
	if (!atomic_read(&srq->ib.usecnt)) {
		xa_erase(&srqs, srq->srqn);
		ret = 0;
	}
	mutex_unlock(&hca_mutex);
	mutex_unlock(&hca_command_mutex);
	if (!ret)
		unpin_srq(srq);
	return ret;
}

int hca_destroy_srq(struct ib_srq *ibsrq, struct ib_udata *udata)
{
	int ret;

	ret = hca_srq_remove(to_hsrq(ibsrq));
	if (!ret)
		hca_obj_put(to_hca(ibsrq->device), HCA_OBJ_SRQS);
	return ret;
}

struct hca_srq *hca_srq_find_locked(u32 srqn)
{
	return xa_load(&srqs, srqn);
}

static void srq_event(struct hca_srq *srq, enum ib_event_type type)
{
	struct ib_event event = {
		.device = srq->ib.device,
		.element.srq = &srq->ib,
		.event = type,
	};

	if (srq->ib.event_handler)
		srq->ib.event_handler(&event, srq->ib.srq_context);
}

static int available(struct hca_srq *srq)
{
	return hca_posted(&srq->db, HCA_DB_RECV, srq->ci, srq->num);
}

/* Once: the program has to set the limit again. */
static void check_limit(struct hca_srq *srq)
{
	int n = available(srq);

	if (!srq->limit || n < 0 || n >= srq->limit)
		return;
	srq->limit = 0;
	srq_event(srq, IB_EVENT_SRQ_LIMIT_REACHED);
}

void hca_srq_set_limit(struct hca_srq *srq, u32 limit)
{
	mutex_lock(&hca_mutex);
	srq->limit = limit;
	check_limit(srq);
	mutex_unlock(&hca_mutex);
}

int hca_modify_srq(struct ib_srq *ibsrq, struct ib_srq_attr *attr,
		   enum ib_srq_attr_mask mask, struct ib_udata *udata)
{
	struct hca_srq *srq = to_hsrq(ibsrq);

	/* The queue keeps its size. */
	if (mask & ~IB_SRQ_LIMIT)
		return -EINVAL;
	if (mask & IB_SRQ_LIMIT && attr->srq_limit >= srq->num)
		return -EINVAL;

	if (mask & IB_SRQ_LIMIT)
		hca_srq_set_limit(srq, attr->srq_limit);
	return 0;
}

int hca_query_srq(struct ib_srq *ibsrq, struct ib_srq_attr *attr)
{
	struct hca_srq *srq = to_hsrq(ibsrq);

	mutex_lock(&hca_mutex);
	attr->srq_limit = srq->limit;
	mutex_unlock(&hca_mutex);
	attr->max_wr = srq->num - 1;
	attr->max_sge = srq->max_sge;
	return 0;
}

/*
 * Looks at the next request without taking it. Returns 1, 0 if none is
 * posted, -1 if the queue makes no sense, which breaks it for good.
 */
int hca_srq_peek_locked(struct hca_srq *srq, struct hca_recv *recv)
{
	struct {
		struct hca_srq_next_seg next;
		struct hca_data_seg data[HCA_MAX_SRQ_SGE];
	} wqe;
	int n = srq->error ? -1 : available(srq);

	static_assert(sizeof(wqe) == HCA_RQ_STRIDE_MAX);
	if (n < 0 && !srq->error) {
		srq->error = true;
		srq_event(srq, IB_EVENT_SRQ_ERR);
	}
	if (n <= 0)
		return n;

	memcpy(&wqe, srq->ring.base + ((u32)srq->head << srq->shift),
	       1 << srq->shift);
	recv->idx = srq->head;
	recv->next = be16_to_cpu(wqe.next.next) & (srq->num - 1);
	hca_parse_recv(recv, wqe.data, srq->max_sge);
	return 1;
}

void hca_srq_take_locked(struct hca_srq *srq, const struct hca_recv *recv)
{
	srq->head = recv->next;
	srq->ci++;
	check_limit(srq);
}
