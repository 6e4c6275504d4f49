// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include "devx.h"

/*
 * DEVX: which command is for what. Queues that commands make are those that the
 * verbs make, but for who tells of them and where their memory is: the engine
 * does not tell them apart. They are made of what the program has in the same
 * context, by its number, and keep it, as the core has it keep for the verbs: the
 * counters are the core's own. They count when a queue is there: a command that
 * fails is no reason to refuse to destroy what it has named, so that is waited for.
 */

DEFINE_MUTEX(hca_command_mutex);

/* ---- What a queue is made of ------------------------------------------------- */

/*
 * Whether the verbs are through with making it. Until then making it may fail,
 * and taking it back must not. Commands make theirs one after the other.
 */
static bool is_made(const struct ib_uobject *uobject)
{
	return !uobject || !list_empty_careful(&uobject->list);
}

/* What the core has for CQs and SRQs begins with what it has for all. */
static const struct ib_uobject *uobject_of(const void *uobject)
{
	return uobject;
}

struct hca_pd *hca_devx_find_pd_locked(struct hca_ctx *ctx, u32 pdn)
{
	struct hca_pd *pd = hca_pd_find_locked(ctx, pdn);

	return pd && is_made(pd->ib.uobject) ? pd : NULL;
}

struct hca_cq *hca_devx_find_cq_locked(struct hca_ctx *ctx, u32 cqn)
{
	struct hca_cq *cq = hca_cq_find_locked(cqn);

	if (!cq || cq->ctx != ctx || !is_made(uobject_of(cq->ib.uobject)))
		return NULL;
	return cq;
}

struct hca_srq *hca_devx_find_srq_locked(struct hca_ctx *ctx, u32 srqn)
{
	struct hca_srq *srq = hca_srq_find_locked(srqn);

	if (!srq || srq->ctx != ctx || srq->ib.srq_type != IB_SRQT_BASIC ||
	    !is_made(uobject_of(srq->ib.uobject)))
		return NULL;
	return srq;
}

/* A doorbell record: two words, also where the second one is of no use. */
int hca_devx_record(struct hca_ctx *ctx, u32 id, u64 offset,
		    struct hca_ring *db)
{
	size_t len = 2 * sizeof(__be32);
	int ret;

	ret = hca_umem_ring(ctx, id, offset, len, false, db);
	if (!ret && !IS_ALIGNED((uintptr_t)db->base, len)) {
		hca_ring_unpin(db);
		ret = -EINVAL;
	}
	return ret;
}

/* ---- Numbers and keys -------------------------------------------------------- */

static int create_pd(struct hca_devx_obj *obj, struct hca_devx_cmd *cmd)
{
	int ret = hca_pdn_alloc();

	if (ret < 0)
		return ret;
	obj->number = ret;
	MLX5_SET(alloc_pd_out, cmd->out, pd, obj->number);
	return 0;
}

static int destroy_pd(struct hca_devx_obj *obj)
{
	hca_pdn_free(obj->number);
	return 0;
}

static int create_mkey(struct hca_devx_obj *obj, struct hca_devx_cmd *cmd)
{
	struct hca_mkey *mkey =
		hca_mkey_create(cmd->ctx, cmd->in, cmd->len, cmd->out);

	if (IS_ERR(mkey))
		return hca_devx_result(cmd->out, PTR_ERR(mkey));
	obj->what = mkey;
	return 0;
}

static int destroy_mkey(struct hca_devx_obj *obj)
{
	hca_mkey_destroy(obj->what);
	return 0;
}

/* ---- Making and unmaking ----------------------------------------------------- */

static const struct {
	u16 opcode;
	int (*create)(struct hca_devx_obj *obj, struct hca_devx_cmd *cmd);
	int (*destroy)(struct hca_devx_obj *obj);
} kinds[] = {
	[HCA_DEVX_PD] = { MLX5_CMD_OP_ALLOC_PD, create_pd, destroy_pd },
	[HCA_DEVX_MKEY] = { MLX5_CMD_OP_CREATE_MKEY, create_mkey,
			    destroy_mkey },
	[HCA_DEVX_CQ] = { MLX5_CMD_OP_CREATE_CQ, hca_devx_create_cq,
			  hca_devx_destroy_cq },
	[HCA_DEVX_QP] = { MLX5_CMD_OP_CREATE_QP, hca_devx_create_qp,
			  hca_devx_destroy_qp },
	[HCA_DEVX_DCT] = { MLX5_CMD_OP_CREATE_DCT, hca_devx_create_dct,
			   hca_devx_destroy_qp },
	[HCA_DEVX_RMP] = { MLX5_CMD_OP_CREATE_RMP, hca_devx_create_rmp,
			   hca_devx_destroy_rmp },
};

/* -EINVAL for commands that create nothing, as the driver has it. */
int hca_devx_run_create(struct hca_devx_obj *obj, struct hca_devx_cmd *cmd)
{
	u16 opcode = hca_devx_opcode(cmd->in);
	int ret;

	for (obj->kind = 0; obj->kind < ARRAY_SIZE(kinds); obj->kind++)
		if (kinds[obj->kind].opcode == opcode)
			break;
	if (obj->kind == ARRAY_SIZE(kinds))
		return -EINVAL;
	mutex_lock(&hca_command_mutex);
	ret = kinds[obj->kind].create(obj, cmd);
	mutex_unlock(&hca_command_mutex);
	if (!ret && obj->kind >= HCA_DEVX_CQ)
		hca_count(obj->dev, HCA_STAT_DEVX_QUEUES, 1);
	return ret;
}

/* -EBUSY while a queue needs it. */
int hca_devx_destroy(struct hca_devx_obj *obj)
{
	return kinds[obj->kind].destroy(obj);
}

/* ---- Asking and changing ----------------------------------------------------- */

struct rule {
	u16 opcode;
	enum hca_devx_kind kind;
	int (*run)(void *what, struct hca_devx_cmd *cmd);
};

static const struct rule queries[] = {
	{ MLX5_CMD_OP_QUERY_CQ, HCA_DEVX_CQ, hca_devx_query_cq },
	{ MLX5_CMD_OP_QUERY_QP, HCA_DEVX_QP, hca_devx_query_qp },
	{ MLX5_CMD_OP_QUERY_DCT, HCA_DEVX_DCT, hca_devx_query_dct },
	{ MLX5_CMD_OP_QUERY_RMP, HCA_DEVX_RMP, hca_devx_query_rmp },
	{}
};

static const struct rule changes[] = {
	{ MLX5_CMD_OP_MODIFY_CQ, HCA_DEVX_CQ, hca_devx_modify_cq },
	{ MLX5_CMD_OP_RST2INIT_QP, HCA_DEVX_QP, hca_devx_modify_qp },
	{ MLX5_CMD_OP_INIT2INIT_QP, HCA_DEVX_QP, hca_devx_modify_qp },
	{ MLX5_CMD_OP_INIT2RTR_QP, HCA_DEVX_QP, hca_devx_modify_qp },
	{ MLX5_CMD_OP_RTR2RTS_QP, HCA_DEVX_QP, hca_devx_modify_qp },
	{ MLX5_CMD_OP_RTS2RTS_QP, HCA_DEVX_QP, hca_devx_modify_qp },
	{ MLX5_CMD_OP_2ERR_QP, HCA_DEVX_QP, hca_devx_modify_qp },
	{ MLX5_CMD_OP_2RST_QP, HCA_DEVX_QP, hca_devx_modify_qp },
	{ MLX5_CMD_OP_MODIFY_RMP, HCA_DEVX_RMP, hca_devx_modify_rmp },
	{}
};

static bool take_qp(struct ib_uobject *uobject, struct hca_devx_obj *target)
{
	struct hca_qp *qp = to_hqp(uobject->object);

	target->kind = qp->dc == HCA_DCT ? HCA_DEVX_DCT : HCA_DEVX_QP;
	target->number = qp->qpn;
	target->what = qp;
	/* Those are no program's alone, and these are of other objects. */
	return qp->ib.qp_type != IB_QPT_XRC_TGT && !hca_is_raw(qp);
}

/* What a command is about: an object of its kind, or of the verbs. */
static bool take_target(struct ib_uobject *uobject, struct hca_devx_obj *target)
{
	switch (uobj_get_object_id(uobject)) {
	case MLX5_IB_OBJECT_DEVX_OBJ:
		*target = *(struct hca_devx_obj *)uobject->object;
		return true;
	case UVERBS_OBJECT_QP:
		return take_qp(uobject, target);
	case UVERBS_OBJECT_CQ:
		target->kind = HCA_DEVX_CQ;
		target->what = to_hcq(uobject->object);
		target->number = to_hcq(uobject->object)->cqn;
		return true;
	default:
		return false;
	}
}

static int run(const struct rule *rule, struct ib_uobject *uobject,
	       struct hca_devx_cmd *cmd)
{
	u16 opcode = hca_devx_opcode(cmd->in);
	struct hca_devx_obj target;

	if (!take_target(uobject, &target))
		return -EINVAL;
	for (; rule->run; rule++)
		if (rule->opcode == opcode && rule->kind == target.kind &&
		    hca_devx_number(cmd->in) == target.number)
			return rule->run(target.what, cmd);
	return -EINVAL;
}

int hca_devx_run_query(struct ib_uobject *uobject, struct hca_devx_cmd *cmd)
{
	return run(queries, uobject, cmd);
}

int hca_devx_run_modify(struct ib_uobject *uobject, struct hca_devx_cmd *cmd)
{
	return run(changes, uobject, cmd);
}
