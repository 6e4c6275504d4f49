// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/log2.h>
#include <rdma/mlx5-abi.h>
#include <rdma/uverbs_ioctl.h>

#include "softhca.h"

/* The completion queue verbs; what the engine does with them is in cqe.c. */

static DEFINE_XARRAY_ALLOC1(cqs);

/* Where the CQ is armed. */
static int check_uar(const struct mlx5_ib_create_cq *cmd,
		     struct ib_udata *udata)
{
	struct hca_ctx *ctx =
		rdma_udata_to_drv_context(udata, struct hca_ctx, ib);

	if (!(cmd->flags & MLX5_IB_CREATE_CQ_FLAGS_UAR_PAGE_INDEX))
		return ctx->num_uars ? 0 : -EINVAL;
	return hca_uar_exists(ctx, cmd->uar_page_index) ? 0 : -EINVAL;
}

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
	/* Compression and the time of day in stamps are not here. */
	if (cmd->cqe_comp_en ||
	    cmd->flags & ~(MLX5_IB_CREATE_CQ_FLAGS_UAR_PAGE_INDEX |
			   MLX5_IB_CREATE_CQ_FLAGS_CQE_128B_PAD))
		return -EOPNOTSUPP;
	return check_uar(cmd, udata);
}

static int read_padding(struct hca_cq *cq, const struct mlx5_ib_create_cq *cmd)
{
	if (!(cmd->flags & MLX5_IB_CREATE_CQ_FLAGS_CQE_128B_PAD))
		return 0;
	if (cmd->cqe_size != 128 || !hca_is_newer(cq->ib.device))
		return -EOPNOTSUPP;
	cq->padded = true;
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

/* Nobody finds it by its number yet. */
int hca_cq_reserve_number(struct hca_cq *cq)
{
	return xa_alloc(&cqs, &cq->cqn, NULL, XA_LIMIT(1, HCA_CI_MASK),
			GFP_KERNEL);
}

static int give_number(struct hca_cq *cq, struct ib_udata *udata)
{
	struct mlx5_ib_create_cq_resp resp = {};
	int ret;

	ret = hca_cq_reserve_number(cq);
	if (ret)
		return ret;
	resp.cqn = cq->cqn;
	ret = ib_copy_to_udata(udata, &resp, min(sizeof(resp), udata->outlen));
	if (ret)
		xa_erase(&cqs, cq->cqn);
	return ret;
}

/* The first arming may well be the 0 that the record starts with. */
static void disarm(struct hca_cq *cq)
{
	cq->last_arm = HCA_ARM_NEVER;
	WRITE_ONCE(((u32 *)cq->db.base)[HCA_DB_CQ_ARM], HCA_ARM_NEVER);
}

void hca_cq_publish(struct hca_cq *cq)
{
	disarm(cq);
	mutex_lock(&hca_mutex);
	/* What reserved the number has made room for it. */
	if (!cq->kernel)
		xa_store(&cqs, cq->cqn, cq, GFP_KERNEL);
	hca_engine_add_cq_locked(cq);
	mutex_unlock(&hca_mutex);
}

/* The core has looked whether it is in use; a command may have been faster. */
int hca_cq_remove(struct hca_cq *cq)
{
	int ret = -EBUSY;

	mutex_lock(&hca_command_mutex);
	mutex_lock(&hca_mutex);
	if (!atomic_read(&cq->ib.usecnt)) {
		hca_engine_del_cq_locked(cq);
		if (!cq->kernel)
			xa_erase(&cqs, cq->cqn);
		ret = 0;
	}
	mutex_unlock(&hca_mutex);
	mutex_unlock(&hca_command_mutex);
	if (!ret)
		unpin_cq(cq);
	return ret;
}

struct hca_cq *hca_cq_find_locked(u32 cqn)
{
	return xa_load(&cqs, cqn);
}

int hca_create_user_cq(struct ib_cq *ibcq, const struct ib_cq_init_attr *attr,
		       struct uverbs_attr_bundle *attrs)
{
	struct ib_udata *udata = &attrs->driver_udata;
	struct hca_dev *dev = to_hca(ibcq->device);
	struct hca_cq *cq = to_hcq(ibcq);
	struct mlx5_ib_create_cq cmd;
	int ret;

	/* Every completion has a time stamp. */
	if (attr->flags & ~(IB_UVERBS_CQ_FLAGS_TIMESTAMP_COMPLETION |
			    IB_UVERBS_CQ_FLAGS_IGNORE_OVERRUN))
		return -EOPNOTSUPP;
	if (!attr->cqe || attr->cqe >= HCA_MAX_CQE ||
	    attr->comp_vector >= ibcq->device->num_comp_vectors)
		return -EINVAL;
	ret = read_request(&cmd, udata);
	if (!ret)
		ret = read_padding(cq, &cmd);
	if (ret)
		return ret;
	if (!hca_obj_get(dev, HCA_OBJ_CQS, HCA_MAX_CQ))
		return -ENOMEM;

	cq->overrun = attr->flags & IB_UVERBS_CQ_FLAGS_IGNORE_OVERRUN;
	cq->num = roundup_pow_of_two(attr->cqe + 1);
	ibcq->cqe = cq->num - 1;
	cq->ctx = rdma_udata_to_drv_context(udata, struct hca_ctx, ib);
	ret = pin_cq(cq, &cmd);
	if (ret)
		goto put_count;
	ret = give_number(cq, udata);
	if (ret)
		goto unpin;
	hca_cq_publish(cq);
	return 0;

unpin:
	unpin_cq(cq);
put_count:
	hca_obj_put(dev, HCA_OBJ_CQS);
	return ret;
}

static int alloc_cq(struct hca_cq *cq)
{
	struct hca_cqe *cqe;
	u32 i;
	int ret;

	cq->cqe_size = sizeof(*cqe);
	ret = hca_ring_alloc(&cq->ring, array_size(cq->num, sizeof(*cqe)));
	if (ret)
		return ret;
	ret = hca_ring_alloc(&cq->db, 2 * sizeof(__be32));
	if (ret)
		hca_ring_unpin(&cq->ring);
	cqe = cq->ring.base;
	for (i = 0; !ret && i < cq->num; i++)
		cqe[i].op_own = HCA_CQE_INVALID << 4;
	return ret;
}

int hca_create_kernel_cq(struct ib_cq *ibcq, const struct ib_cq_init_attr *attr)
{
	struct hca_cq *cq = to_hcq(ibcq);
	int ret;

	if (attr->flags)
		return -EOPNOTSUPP;
	if (!attr->cqe || attr->cqe >= HCA_MAX_CQE)
		return -EINVAL;
	cq->kernel = true;
	spin_lock_init(&cq->lock);
	cq->num = roundup_pow_of_two(attr->cqe + 1);
	ibcq->cqe = cq->num - 1;
	ret = alloc_cq(cq);
	if (ret)
		return ret;
	hca_cq_publish(cq);
	return 0;
}

int hca_destroy_cq(struct ib_cq *ibcq, struct ib_udata *udata)
{
	struct hca_cq *cq = to_hcq(ibcq);
	int ret;

	ret = hca_cq_remove(cq);
	if (!ret && !cq->kernel)
		hca_obj_put(to_hca(ibcq->device), HCA_OBJ_CQS);
	return ret;
}

int hca_modify_cq(struct ib_cq *ibcq, u16 count, u16 period)
{
	struct hca_cq *cq = to_hcq(ibcq);

	mutex_lock(&hca_mutex);
	cq->event_count = count;
	cq->event_period = period;
	mutex_unlock(&hca_mutex);
	/* An event that was held back may be due now. */
	hca_kick();
	return 0;
}

/*
 * The last completion in the old ring says that there are no more; the
 * program takes those before it over and finds the next ones in the new ring,
 * at the position where they would have been.
 */
static int switch_rings(struct hca_cq *cq, struct hca_ring *ring, u32 num,
			u32 cqe_size)
{
	struct hca_cqe last = {};
	u32 used = hca_cq_used_locked(cq);

	if (cq->error || used >= cq->num)
		return -EBUSY;
	if (used + 1 >= num || (cq->padded && cqe_size != 128))
		return -EINVAL;

	hca_cq_write_locked(cq, &last, HCA_CQE_RESIZE << 4);
	swap(cq->ring, *ring);
	cq->num = num;
	cq->cqe_size = cqe_size;
	return 0;
}

int hca_resize_cq(struct ib_cq *ibcq, unsigned int cqe, struct ib_udata *udata)
{
	struct hca_cq *cq = to_hcq(ibcq);
	struct mlx5_ib_resize_cq cmd;
	struct hca_ring ring = {};
	u32 num;
	int ret;

	if (!cqe || cqe >= HCA_MAX_CQE ||
	    udata->inlen < offsetofend(typeof(cmd), cqe_size))
		return -EINVAL;
	if (ib_copy_from_udata(&cmd, udata, min(udata->inlen, sizeof(cmd))))
		return -EFAULT;
	if (cmd.cqe_size != 64 && cmd.cqe_size != 128)
		return -EINVAL;

	num = roundup_pow_of_two(cqe + 1);
	ret = hca_ring_pin(&ring, ibcq->device, cmd.buf_addr,
			   array_size(num, cmd.cqe_size));
	if (ret)
		return ret;
	mutex_lock(&hca_mutex);
	ret = switch_rings(cq, &ring, num, cmd.cqe_size);
	if (!ret)
		ibcq->cqe = num - 1;
	mutex_unlock(&hca_mutex);
	/* The old one, or the new one if it is not to be. */
	hca_ring_unpin(&ring);
	return ret;
}
