// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/slab.h>

#include "devx.h"
#include "devx_file.h"

/*
 * DEVX: commands of the device itself, from programs, and what carries them.
 * What the driver would not pass on is EINVAL; what the device would not do is
 * EREMOTEIO, and the response says why.
 */

/* ---- Commands --------------------------------------------------------------- */

/* The largest of the answers. A program may ask for less, or for more. */
enum { ANSWER = MLX5_ST_SZ_BYTES(query_hca_cap_out) };

typedef int (*runner)(struct uverbs_attr_bundle *attrs,
		      struct hca_devx_cmd *cmd);

static int read_command(struct uverbs_attr_bundle *attrs, u16 in,
			struct hca_devx_cmd *cmd)
{
	cmd->ctx = hca_devx_ctx_of(attrs);
	if (IS_ERR(cmd->ctx))
		return PTR_ERR(cmd->ctx);
	cmd->in = uverbs_attr_get_alloced_ptr(attrs, in);
	cmd->len = uverbs_attr_get_len(attrs, in);
	return 0;
}

/* Every method that carries a command: it is read, run, and its answer given. */
static int carry(struct uverbs_attr_bundle *attrs, u16 in, u16 out, runner run)
{
	int len = uverbs_attr_get_len(attrs, out);
	struct hca_devx_cmd cmd;
	int ret, copied;

	ret = read_command(attrs, in, &cmd);
	if (ret)
		return ret;
	cmd.out = uverbs_zalloc(attrs, max(len, (int)ANSWER));
	if (IS_ERR(cmd.out))
		return PTR_ERR(cmd.out);
	ret = run(attrs, &cmd);
	if (ret && ret != -EREMOTEIO)
		return ret;
	copied = uverbs_copy_to(attrs, out, cmd.out, len);
	return copied ? copied : ret;
}

static int run_general(struct uverbs_attr_bundle *attrs,
		       struct hca_devx_cmd *cmd)
{
	const struct hca_dev *dev = to_hca(cmd->ctx->ib.device);

	switch (hca_devx_opcode(cmd->in)) {
	case MLX5_CMD_OP_QUERY_HCA_CAP:
		return hca_devx_query_caps(dev, cmd->in, cmd->out);
	case MLX5_CMD_OP_QUERY_LAG:
		hca_devx_query_lag(dev, cmd->out);
		return 0;
	default:
		return -EINVAL;
	}
}

static int
UVERBS_HANDLER(MLX5_IB_METHOD_DEVX_OTHER)(struct uverbs_attr_bundle *attrs)
{
	return carry(attrs, MLX5_IB_ATTR_DEVX_OTHER_CMD_IN,
		     MLX5_IB_ATTR_DEVX_OTHER_CMD_OUT, run_general);
}

/* ---- Numbers ----------------------------------------------------------------- */

static int
UVERBS_HANDLER(MLX5_IB_METHOD_DEVX_QUERY_EQN)(struct uverbs_attr_bundle *attrs)
{
	struct hca_ctx *ctx = hca_ctx_of(attrs);
	u32 vector, eqn;
	int ret;

	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	ret = uverbs_copy_from(&vector, attrs,
			       MLX5_IB_ATTR_DEVX_QUERY_EQN_USER_VEC);
	if (ret)
		return ret;
	if (vector >= ctx->ib.device->num_comp_vectors)
		return -EINVAL;
	eqn = HCA_FIRST_EQN + vector;
	return uverbs_copy_to(attrs, MLX5_IB_ATTR_DEVX_QUERY_EQN_DEV_EQN, &eqn,
			      sizeof(eqn));
}

/* What commands call a page of registers that the context has by index. */
static int
UVERBS_HANDLER(MLX5_IB_METHOD_DEVX_QUERY_UAR)(struct uverbs_attr_bundle *attrs)
{
	struct hca_ctx *ctx = hca_ctx_of(attrs);
	u32 index;
	int ret;

	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	ret = uverbs_copy_from(&index, attrs,
			       MLX5_IB_ATTR_DEVX_QUERY_UAR_USER_IDX);
	if (ret)
		return ret;
	if (index >= ctx->num_uars)
		return -EINVAL;
	return uverbs_copy_to(attrs, MLX5_IB_ATTR_DEVX_QUERY_UAR_DEV_IDX,
			      &index, sizeof(index));
}

/* ---- Objects ----------------------------------------------------------------- */

static int destroy_obj(struct ib_uobject *uobject, enum rdma_remove_reason why,
		       struct uverbs_attr_bundle *attrs)
{
	struct hca_devx_obj *obj = uobject->object;
	int ret;

	ret = hca_devx_destroy(obj);
	if (ret)
		return ret;
	hca_devx_forget(obj);
	hca_obj_put(obj->dev, HCA_OBJ_DEVX_OBJS);
	kfree(obj);
	return 0;
}

static int run_create(struct uverbs_attr_bundle *attrs,
		      struct hca_devx_cmd *cmd)
{
	struct ib_uobject *uobject = uverbs_attr_get_uobject(
		attrs, MLX5_IB_ATTR_DEVX_OBJ_CREATE_HANDLE);
	struct hca_devx_obj *obj;
	int ret;

	obj = kzalloc(sizeof(*obj), GFP_KERNEL_ACCOUNT);
	if (!obj)
		return -ENOMEM;
	obj->dev = to_hca(cmd->ctx->ib.device);
	INIT_LIST_HEAD(&obj->subs);
	ret = hca_devx_run_create(obj, cmd);
	if (ret) {
		kfree(obj);
		return ret;
	}
	hca_obj_get(obj->dev, HCA_OBJ_DEVX_OBJS, INT_MAX);
	uobject->object = obj;
	uverbs_finalize_uobj_create(attrs, MLX5_IB_ATTR_DEVX_OBJ_CREATE_HANDLE);
	return 0;
}

static int
UVERBS_HANDLER(MLX5_IB_METHOD_DEVX_OBJ_CREATE)(struct uverbs_attr_bundle *attrs)
{
	return carry(attrs, MLX5_IB_ATTR_DEVX_OBJ_CREATE_CMD_IN,
		     MLX5_IB_ATTR_DEVX_OBJ_CREATE_CMD_OUT, run_create);
}

static int run_modify(struct uverbs_attr_bundle *attrs,
		      struct hca_devx_cmd *cmd)
{
	return hca_devx_run_modify(
		uverbs_attr_get_uobject(attrs,
					MLX5_IB_ATTR_DEVX_OBJ_MODIFY_HANDLE),
		cmd);
}

static int
UVERBS_HANDLER(MLX5_IB_METHOD_DEVX_OBJ_MODIFY)(struct uverbs_attr_bundle *attrs)
{
	return carry(attrs, MLX5_IB_ATTR_DEVX_OBJ_MODIFY_CMD_IN,
		     MLX5_IB_ATTR_DEVX_OBJ_MODIFY_CMD_OUT, run_modify);
}

static int run_query(struct uverbs_attr_bundle *attrs, struct hca_devx_cmd *cmd)
{
	return hca_devx_run_query(
		uverbs_attr_get_uobject(attrs,
					MLX5_IB_ATTR_DEVX_OBJ_QUERY_HANDLE),
		cmd);
}

static int
UVERBS_HANDLER(MLX5_IB_METHOD_DEVX_OBJ_QUERY)(struct uverbs_attr_bundle *attrs)
{
	return carry(attrs, MLX5_IB_ATTR_DEVX_OBJ_QUERY_CMD_IN,
		     MLX5_IB_ATTR_DEVX_OBJ_QUERY_CMD_OUT, run_query);
}

/* ---- Answers that come later -------------------------------------------------- */

/* A refusal is an answer too; that there is no such command, none. */
static int answer_later(struct uverbs_attr_bundle *attrs,
			struct hca_devx_cmd *cmd, struct hca_record *record)
{
	int ret;

	ret = hca_devx_run_query(
		uverbs_attr_get_uobject(
			attrs, MLX5_IB_ATTR_DEVX_OBJ_QUERY_ASYNC_HANDLE),
		cmd);
	if (ret && ret != -EREMOTEIO)
		return ret;
	memcpy(record->data + sizeof(u64), cmd->out, record->len - sizeof(u64));
	return hca_file_add(
		hca_file_of(uverbs_attr_get_uobject(
			attrs, MLX5_IB_ATTR_DEVX_OBJ_QUERY_ASYNC_FD)),
		record);
}

static int read_async(struct uverbs_attr_bundle *attrs, u64 *wr_id, u16 *len)
{
	int ret;

	ret = uverbs_copy_from(wr_id, attrs,
			       MLX5_IB_ATTR_DEVX_OBJ_QUERY_ASYNC_WR_ID);
	if (!ret)
		ret = uverbs_get_const(
			len, attrs, MLX5_IB_ATTR_DEVX_OBJ_QUERY_ASYNC_OUT_LEN);
	return ret;
}

static int UVERBS_HANDLER(MLX5_IB_METHOD_DEVX_OBJ_ASYNC_QUERY)(
	struct uverbs_attr_bundle *attrs)
{
	struct hca_record *record;
	struct hca_devx_cmd cmd;
	u64 wr_id;
	u16 len;
	int ret;

	ret = read_command(attrs, MLX5_IB_ATTR_DEVX_OBJ_QUERY_ASYNC_CMD_IN,
			   &cmd);
	if (!ret)
		ret = read_async(attrs, &wr_id, &len);
	if (ret)
		return ret;
	cmd.out = uverbs_zalloc(attrs, max_t(size_t, len, ANSWER));
	if (IS_ERR(cmd.out))
		return PTR_ERR(cmd.out);
	record = hca_record_new(wr_id, len);
	if (!record)
		return -ENOMEM;
	ret = answer_later(attrs, &cmd, record);
	if (ret)
		kfree(record);
	return ret;
}

/* ---- Declarations -------------------------------------------------------------- */

#define CMD_IN(id)                                                 \
	UVERBS_ATTR_PTR_IN(id, UVERBS_ATTR_MIN_SIZE(HCA_CMD_HEAD), \
			   UA_MANDATORY, UA_ALLOC_AND_COPY)
#define CMD_OUT(id)                                                 \
	UVERBS_ATTR_PTR_OUT(id, UVERBS_ATTR_MIN_SIZE(HCA_CMD_HEAD), \
			    UA_MANDATORY)

DECLARE_UVERBS_NAMED_METHOD(MLX5_IB_METHOD_DEVX_OTHER,
			    CMD_IN(MLX5_IB_ATTR_DEVX_OTHER_CMD_IN),
			    CMD_OUT(MLX5_IB_ATTR_DEVX_OTHER_CMD_OUT));

DECLARE_UVERBS_NAMED_METHOD(
	MLX5_IB_METHOD_DEVX_QUERY_EQN,
	UVERBS_ATTR_PTR_IN(MLX5_IB_ATTR_DEVX_QUERY_EQN_USER_VEC,
			   UVERBS_ATTR_TYPE(u32), UA_MANDATORY),
	UVERBS_ATTR_PTR_OUT(MLX5_IB_ATTR_DEVX_QUERY_EQN_DEV_EQN,
			    UVERBS_ATTR_TYPE(u32), UA_MANDATORY));

DECLARE_UVERBS_NAMED_METHOD(
	MLX5_IB_METHOD_DEVX_QUERY_UAR,
	UVERBS_ATTR_PTR_IN(MLX5_IB_ATTR_DEVX_QUERY_UAR_USER_IDX,
			   UVERBS_ATTR_TYPE(u32), UA_MANDATORY),
	UVERBS_ATTR_PTR_OUT(MLX5_IB_ATTR_DEVX_QUERY_UAR_DEV_IDX,
			    UVERBS_ATTR_TYPE(u32), UA_MANDATORY));

DECLARE_UVERBS_GLOBAL_METHODS(MLX5_IB_OBJECT_DEVX,
			      &UVERBS_METHOD(MLX5_IB_METHOD_DEVX_OTHER),
			      &UVERBS_METHOD(MLX5_IB_METHOD_DEVX_QUERY_UAR),
			      &UVERBS_METHOD(MLX5_IB_METHOD_DEVX_QUERY_EQN));

DECLARE_UVERBS_NAMED_METHOD(MLX5_IB_METHOD_DEVX_OBJ_CREATE,
			    UVERBS_ATTR_IDR(MLX5_IB_ATTR_DEVX_OBJ_CREATE_HANDLE,
					    MLX5_IB_OBJECT_DEVX_OBJ,
					    UVERBS_ACCESS_NEW, UA_MANDATORY),
			    CMD_IN(MLX5_IB_ATTR_DEVX_OBJ_CREATE_CMD_IN),
			    CMD_OUT(MLX5_IB_ATTR_DEVX_OBJ_CREATE_CMD_OUT));

DECLARE_UVERBS_NAMED_METHOD_DESTROY(
	MLX5_IB_METHOD_DEVX_OBJ_DESTROY,
	UVERBS_ATTR_IDR(MLX5_IB_ATTR_DEVX_OBJ_DESTROY_HANDLE,
			MLX5_IB_OBJECT_DEVX_OBJ, UVERBS_ACCESS_DESTROY,
			UA_MANDATORY));

DECLARE_UVERBS_NAMED_METHOD(MLX5_IB_METHOD_DEVX_OBJ_MODIFY,
			    UVERBS_ATTR_IDR(MLX5_IB_ATTR_DEVX_OBJ_MODIFY_HANDLE,
					    UVERBS_IDR_ANY_OBJECT,
					    UVERBS_ACCESS_WRITE, UA_MANDATORY),
			    CMD_IN(MLX5_IB_ATTR_DEVX_OBJ_MODIFY_CMD_IN),
			    CMD_OUT(MLX5_IB_ATTR_DEVX_OBJ_MODIFY_CMD_OUT));

DECLARE_UVERBS_NAMED_METHOD(MLX5_IB_METHOD_DEVX_OBJ_QUERY,
			    UVERBS_ATTR_IDR(MLX5_IB_ATTR_DEVX_OBJ_QUERY_HANDLE,
					    UVERBS_IDR_ANY_OBJECT,
					    UVERBS_ACCESS_READ, UA_MANDATORY),
			    CMD_IN(MLX5_IB_ATTR_DEVX_OBJ_QUERY_CMD_IN),
			    CMD_OUT(MLX5_IB_ATTR_DEVX_OBJ_QUERY_CMD_OUT));

DECLARE_UVERBS_NAMED_METHOD(
	MLX5_IB_METHOD_DEVX_OBJ_ASYNC_QUERY,
	UVERBS_ATTR_IDR(MLX5_IB_ATTR_DEVX_OBJ_QUERY_ASYNC_HANDLE,
			UVERBS_IDR_ANY_OBJECT, UVERBS_ACCESS_READ,
			UA_MANDATORY),
	CMD_IN(MLX5_IB_ATTR_DEVX_OBJ_QUERY_ASYNC_CMD_IN),
	UVERBS_ATTR_CONST_IN(MLX5_IB_ATTR_DEVX_OBJ_QUERY_ASYNC_OUT_LEN, u16,
			     UA_MANDATORY),
	UVERBS_ATTR_FD(MLX5_IB_ATTR_DEVX_OBJ_QUERY_ASYNC_FD,
		       MLX5_IB_OBJECT_DEVX_ASYNC_CMD_FD, UVERBS_ACCESS_READ,
		       UA_MANDATORY),
	UVERBS_ATTR_PTR_IN(MLX5_IB_ATTR_DEVX_OBJ_QUERY_ASYNC_WR_ID,
			   UVERBS_ATTR_TYPE(u64), UA_MANDATORY));

DECLARE_UVERBS_NAMED_OBJECT(
	MLX5_IB_OBJECT_DEVX_OBJ, UVERBS_TYPE_ALLOC_IDR(destroy_obj),
	&UVERBS_METHOD(MLX5_IB_METHOD_DEVX_OBJ_CREATE),
	&UVERBS_METHOD(MLX5_IB_METHOD_DEVX_OBJ_DESTROY),
	&UVERBS_METHOD(MLX5_IB_METHOD_DEVX_OBJ_MODIFY),
	&UVERBS_METHOD(MLX5_IB_METHOD_DEVX_OBJ_QUERY),
	&UVERBS_METHOD(MLX5_IB_METHOD_DEVX_OBJ_ASYNC_QUERY));

const struct uapi_definition hca_devx_defs[] = {
	UAPI_DEF_CHAIN_OBJ_TREE_NAMED(MLX5_IB_OBJECT_DEVX,
				      UAPI_DEF_IS_OBJ_SUPPORTED(hca_is_newer)),
	UAPI_DEF_CHAIN_OBJ_TREE_NAMED(MLX5_IB_OBJECT_DEVX_OBJ,
				      UAPI_DEF_IS_OBJ_SUPPORTED(hca_is_newer)),
	{},
};
