// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/idr.h>
#include <linux/log2.h>
#include <rdma/mlx5-abi.h>
#include <rdma/uverbs_ioctl.h>

#include "softhca.h"

static DEFINE_IDA(cqns);

/*
 * No arm word looks like this. It is written over the one of a new CQ, whose
 * first arming may well be the 0 that the record starts with.
 */
#define ARM_NEVER 0xffffffffu

static int read_request(struct mlx5_ib_create_cq *cmd, struct ib_udata *udata)
{
	size_t len = min(udata->inlen, sizeof(*cmd));

	memset(cmd, 0, sizeof(*cmd));
	if (udata->inlen < offsetofend(typeof(*cmd), cqe_comp_res_format))
		return -EINVAL;
	if (ib_copy_from_udata(cmd, udata, len))
		return -EFAULT;
	if (cmd->cqe_size != 64 && cmd->cqe_size != 128)
		return -EINVAL;
	/* Compression, padding, UAR objects and time stamps are not here. */
	if (cmd->cqe_comp_en || cmd->flags)
		return -EOPNOTSUPP;
	return 0;
}

static int pin_cq(struct hca_cq *cq, const struct mlx5_ib_create_cq *cmd)
{
	struct ib_device *ib = cq->ib.device;
	int ret;

	cq->cqe_size = cmd->cqe_size;
	ret = hca_ring_pin(&cq->ring, ib, cmd->buf_addr,
			   array_size(cq->num, cq->cqe_size));
	if (ret)
		return ret;
	ret = hca_db_pin(&cq->db, ib, cmd->db_addr);
	if (ret)
		hca_ring_unpin(&cq->ring);
	return ret;
}

static void unpin_cq(struct hca_cq *cq)
{
	hca_ring_unpin(&cq->db);
	hca_ring_unpin(&cq->ring);
}

static int give_number(struct hca_cq *cq, struct ib_udata *udata)
{
	struct mlx5_ib_create_cq_resp resp = {};
	int ret;

	ret = ida_alloc_range(&cqns, 1, HCA_CI_MASK, GFP_KERNEL);
	if (ret < 0)
		return ret;
	cq->cqn = ret;
	resp.cqn = cq->cqn;
	ret = ib_copy_to_udata(udata, &resp, min(sizeof(resp), udata->outlen));
	if (ret)
		ida_free(&cqns, cq->cqn);
	return ret;
}

int hca_create_cq(struct ib_cq *ibcq, const struct ib_cq_init_attr *attr,
		  struct uverbs_attr_bundle *attrs)
{
	struct ib_udata *udata = &attrs->driver_udata;
	struct hca_dev *dev = to_hca(ibcq->device);
	struct hca_cq *cq = to_hcq(ibcq);
	struct mlx5_ib_create_cq cmd;
	int ret;

	if (attr->flags)
		return -EOPNOTSUPP;
	if (!attr->cqe || attr->cqe >= HCA_MAX_CQE ||
	    attr->comp_vector >= ibcq->device->num_comp_vectors)
		return -EINVAL;
	ret = read_request(&cmd, udata);
	if (ret)
		return ret;
	if (!hca_obj_get(dev, HCA_OBJ_CQS, HCA_MAX_CQ))
		return -ENOMEM;

	cq->num = roundup_pow_of_two(attr->cqe + 1);
	ibcq->cqe = cq->num - 1;
	ret = pin_cq(cq, &cmd);
	if (ret)
		goto put_count;
	cq->last_arm = ARM_NEVER;
	WRITE_ONCE(((u32 *)cq->db.base)[HCA_DB_CQ_ARM], ARM_NEVER);
	ret = give_number(cq, udata);
	if (ret)
		goto unpin;
	hca_engine_add_cq(cq);
	return 0;

unpin:
	unpin_cq(cq);
put_count:
	hca_obj_put(dev, HCA_OBJ_CQS);
	return ret;
}

int hca_destroy_cq(struct ib_cq *ibcq, struct ib_udata *udata)
{
	struct hca_cq *cq = to_hcq(ibcq);

	hca_engine_del_cq(cq);
	ida_free(&cqns, cq->cqn);
	unpin_cq(cq);
	hca_obj_put(to_hca(ibcq->device), HCA_OBJ_CQS);
	return 0;
}

/*
 * Sends the event a program has armed the CQ for, once per arming. It is due
 * when there is a completion newer than the arming that no event has told of
 * yet: programs may arm before they have polled what the last one announced.
 */
static bool maybe_notify(struct hca_cq *cq)
{
	u32 arm = hca_db_read(&cq->db, HCA_DB_CQ_ARM);
	u32 target, ahead;

	if (arm == cq->last_arm || arm == ARM_NEVER || cq->error)
		return false;

	target = arm & HCA_ARM_SOLICITED ? cq->solicited_pi : cq->pi;
	ahead = (target - arm) & HCA_CI_MASK;
	if (!ahead || ahead > HCA_CI_MASK / 2 ||
	    (s32)(target - cq->event_pi) <= 0)
		return false;

	cq->last_arm = arm;
	cq->event_pi = cq->pi;
	hca_count(to_hca(cq->ib.device), HCA_STAT_CQ_EVENTS, 1);
	if (cq->ib.comp_handler)
		cq->ib.comp_handler(&cq->ib, cq->ib.cq_context);
	return true;
}

/* Finds CQs that were armed when their completions were already there. */
bool hca_cq_arm_scan_locked(void)
{
	struct hca_cq *cq;
	bool any = false;

	list_for_each_entry(cq, &hca_cqs, entry)
		any |= maybe_notify(cq);
	return any;
}

static void fail_cq(struct hca_cq *cq)
{
	struct ib_event event = {
		.device = cq->ib.device,
		.element.cq = &cq->ib,
		.event = IB_EVENT_CQ_ERR,
	};

	cq->error = true;
	if (cq->ib.event_handler)
		cq->ib.event_handler(&event, cq->ib.cq_context);
}

static bool cq_full(struct hca_cq *cq)
{
	u32 used = (cq->pi - hca_db_read(&cq->db, HCA_DB_CQ_CI)) & HCA_CI_MASK;

	/* Also true of a consumer index that makes no sense. */
	return used >= cq->num;
}

/*
 * Appends a completion; false if the CQ has no room, now or earlier. A full
 * CQ is broken for good, nothing in it is overwritten.
 */
bool hca_cq_push_locked(struct hca_cq *cq, struct hca_cqe *cqe, u8 opcode,
			bool solicited)
{
	struct hca_cqe *slot;

	if (cq->error)
		return false;
	if (cq_full(cq)) {
		fail_cq(cq);
		return false;
	}

	slot = cq->ring.base + (cq->pi & (cq->num - 1)) * cq->cqe_size +
	       cq->cqe_size - sizeof(*cqe);
	memcpy(slot, cqe, offsetof(struct hca_cqe, op_own));
	/* The owner bit hands the entry over: pairs with the poller's load. */
	smp_store_release(&slot->op_own,
			  opcode << 4 | (solicited ? HCA_CQE_SOLICITED : 0) |
			  (cq->pi & cq->num ? HCA_CQE_OWNER : 0));
	cq->pi++;
	/* An error wakes also those who wait for solicited ones only. */
	if (solicited || opcode >= HCA_CQE_REQ_ERR)
		cq->solicited_pi = cq->pi;
	maybe_notify(cq);
	return true;
}
