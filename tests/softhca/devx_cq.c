// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/log2.h>
#include <linux/mlx5/cq.h>
#include <linux/slab.h>

#include "devx.h"

/* DEVX: completion queues. */

/* Where the umems are in the command; the kernel's headers have no name. */
enum {
	CMD_CONTEXT = 16,
	CMD_RING_OFFSET = 80,
	CMD_RING_UMEM = 88,
	CMD_END = 96,
	CONTEXT_RECORD_UMEM = 4,
};

enum { CQE_64 = 0, CQE_128 = 1 };

static int read_context(struct hca_cq *cq, const void *ctx)
{
	u32 eqn = MLX5_GET(cqc, ctx, c_eqn_or_apu_element) - HCA_FIRST_EQN;

	if (MLX5_GET(cqc, ctx, cqe_sz) > CQE_128 ||
	    MLX5_GET(cqc, ctx, cqe_comp_en) || MLX5_GET(cqc, ctx, apu_cq) ||
	    MLX5_GET(cqc, ctx, log_cq_size) > ilog2(HCA_MAX_CQE) ||
	    eqn >= cq->ib.device->num_comp_vectors ||
	    !hca_uar_known(cq->ctx, MLX5_GET(cqc, ctx, uar_page)))
		return -EINVAL;
	cq->num = 1 << MLX5_GET(cqc, ctx, log_cq_size);
	cq->ib.cqe = cq->num - 1;
	cq->cqe_size = MLX5_GET(cqc, ctx, cqe_sz) == CQE_128 ? 128 : 64;
	cq->collapsed = MLX5_GET(cqc, ctx, cc);
	cq->overrun = MLX5_GET(cqc, ctx, oi);
	cq->event_count = MLX5_GET(cqc, ctx, cq_max_count);
	cq->event_period = MLX5_GET(cqc, ctx, cq_period);
	return 0;
}

static int map_cq(struct hca_cq *cq, const u8 *in)
{
	const u8 *ctx = in + CMD_CONTEXT;
	size_t len = array_size(cq->collapsed ? 1 : cq->num, cq->cqe_size);
	int ret;

	ret = hca_umem_ring(cq->ctx, get_unaligned_be32(in + CMD_RING_UMEM),
			    get_unaligned_be64(in + CMD_RING_OFFSET), len, true,
			    &cq->ring);
	if (ret)
		return ret;
	ret = hca_devx_record(cq->ctx,
			      get_unaligned_be32(ctx + CONTEXT_RECORD_UMEM),
			      MLX5_GET64(cqc, ctx, dbr_addr), &cq->db);
	if (ret)
		hca_ring_unpin(&cq->ring);
	return ret;
}

static int make_cq(struct hca_cq *cq, const struct hca_devx_cmd *cmd)
{
	int ret;

	ret = read_context(cq, cmd->in + CMD_CONTEXT);
	if (ret)
		return ret;
	ret = map_cq(cq, cmd->in);
	if (ret)
		return ret;
	ret = hca_cq_reserve_number(cq);
	if (ret) {
		hca_ring_unpin(&cq->db);
		hca_ring_unpin(&cq->ring);
		return ret;
	}
	hca_cq_publish(cq);
	return 0;
}

static struct hca_cq *new_cq(struct hca_devx_obj *obj, struct hca_ctx *ctx)
{
	struct hca_cq *cq = kzalloc(sizeof(*cq), GFP_KERNEL_ACCOUNT);

	if (!cq)
		return NULL;
	cq->ctx = ctx;
	cq->ib.device = ctx->ib.device;
	cq->ib.comp_handler = hca_devx_completion;
	cq->ib.event_handler = hca_devx_event;
	cq->ib.cq_context = obj;
	return cq;
}

int hca_devx_create_cq(struct hca_devx_obj *obj, struct hca_devx_cmd *cmd)
{
	struct hca_cq *cq;
	int ret;

	if (cmd->len < CMD_END)
		return hca_devx_refuse(cmd->out, MLX5_CMD_STAT_BAD_INP_LEN_ERR);
	if (!hca_obj_get(obj->dev, HCA_OBJ_CQS, HCA_MAX_CQ))
		return hca_devx_refuse(cmd->out, MLX5_CMD_STAT_LIM_ERR);
	cq = new_cq(obj, cmd->ctx);
	ret = cq ? make_cq(cq, cmd) : -ENOMEM;
	if (ret) {
		kfree(cq);
		hca_obj_put(obj->dev, HCA_OBJ_CQS);
		return hca_devx_result(cmd->out, ret);
	}
	obj->what = cq;
	obj->number = cq->cqn;
	MLX5_SET(create_cq_out, cmd->out, cqn, cq->cqn);
	return 0;
}

int hca_devx_destroy_cq(struct hca_devx_obj *obj)
{
	int ret;

	ret = hca_cq_remove(obj->what);
	if (ret)
		return ret;
	kfree(obj->what);
	hca_obj_put(obj->dev, HCA_OBJ_CQS);
	return 0;
}

/* When it tells of completions; its memory stays where it is. */
int hca_devx_modify_cq(void *what, struct hca_devx_cmd *cmd)
{
	const u32 known = MLX5_CQ_MODIFY_PERIOD | MLX5_CQ_MODIFY_COUNT |
			  MLX5_CQ_MODIFY_OVERRUN;
	struct hca_cq *cq = what;
	const void *ctx;
	u32 fields;

	if (cmd->len < MLX5_ST_SZ_BYTES(modify_cq_in))
		return hca_devx_refuse(cmd->out, MLX5_CMD_STAT_BAD_INP_LEN_ERR);
	ctx = MLX5_ADDR_OF(modify_cq_in, cmd->in, cq_context);
	fields = MLX5_GET(
		modify_cq_in, cmd->in,
		modify_field_select_resize_field_select.modify_field_select);
	if (fields & ~known || MLX5_GET(modify_cq_in, cmd->in, op_mod))
		return hca_devx_refuse(cmd->out, MLX5_CMD_STAT_BAD_PARAM_ERR);

	mutex_lock(&hca_mutex);
	if (fields & MLX5_CQ_MODIFY_PERIOD)
		cq->event_period = MLX5_GET(cqc, ctx, cq_period);
	if (fields & MLX5_CQ_MODIFY_COUNT)
		cq->event_count = MLX5_GET(cqc, ctx, cq_max_count);
	if (fields & MLX5_CQ_MODIFY_OVERRUN)
		cq->overrun = MLX5_GET(cqc, ctx, oi);
	mutex_unlock(&hca_mutex);
	/* An event that was held back may be due now. */
	hca_kick();
	return 0;
}

enum { STATUS_OVERFLOW = 9 };

int hca_devx_query_cq(void *what, struct hca_devx_cmd *cmd)
{
	void *ctx = MLX5_ADDR_OF(query_cq_out, cmd->out, cq_context);
	struct hca_cq *cq = what;

	mutex_lock(&hca_mutex);
	MLX5_SET(cqc, ctx, status, cq->error ? STATUS_OVERFLOW : 0);
	MLX5_SET(cqc, ctx, cqe_sz, cq->cqe_size == 128 ? CQE_128 : CQE_64);
	MLX5_SET(cqc, ctx, cc, cq->collapsed);
	MLX5_SET(cqc, ctx, oi, cq->overrun);
	MLX5_SET(cqc, ctx, log_cq_size, ilog2(cq->num));
	MLX5_SET(cqc, ctx, cq_period, cq->event_period);
	MLX5_SET(cqc, ctx, cq_max_count, cq->event_count);
	MLX5_SET(cqc, ctx, last_notified_index, cq->event_pi);
	MLX5_SET(cqc, ctx, last_solicit_index, cq->solicited_pi);
	MLX5_SET(cqc, ctx, consumer_counter,
		 hca_db_read(&cq->db, HCA_DB_CQ_CI));
	MLX5_SET(cqc, ctx, producer_counter, cq->pi);
	mutex_unlock(&hca_mutex);
	return 0;
}
