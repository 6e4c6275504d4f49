// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/slab.h>
#include <linux/unaligned.h>

#include "devx.h"

/*
 * DEVX: commands of the device itself, from programs. Few are known: what the
 * device can do, and objects that are a number or a key. What the driver would
 * not pass on is EINVAL; what the device would not do is EREMOTEIO, and the
 * response says why.
 */

enum { HCA_FIRST_EQN = 16 };

/* Of a command to change a QP in RTS: which, and a mask of what changes. */
enum {
	HCA_CHANGE_QPN = 8,
	HCA_CHANGE_MASK = 264,
	HCA_CHANGE_MASK_END = 272,
};

#define HCA_CHANGE_UDP_SPORT (1 << 2)

struct hca_devx_obj {
	struct hca_dev *dev;
	u32 pdn; /* 0: it is no PD */
	struct hca_mkey *mkey; /* NULL: nor a key */
};

/* ---- Commands --------------------------------------------------------------- */

static int
UVERBS_HANDLER(MLX5_IB_METHOD_DEVX_OTHER)(struct uverbs_attr_bundle *attrs)
{
	const u8 *in = uverbs_attr_get_alloced_ptr(
		attrs, MLX5_IB_ATTR_DEVX_OTHER_CMD_IN);
	int len = uverbs_attr_get_len(attrs, MLX5_IB_ATTR_DEVX_OTHER_CMD_OUT);
	struct hca_ctx *ctx = hca_devx_ctx_of(attrs);
	int ret, copied;
	u8 *out;

	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	if (hca_devx_opcode(in) != MLX5_CMD_OP_QUERY_HCA_CAP)
		return -EINVAL;
	/* A program may ask for less than there is. */
	out = uverbs_zalloc(attrs,
			    max(len, (int)MLX5_ST_SZ_BYTES(query_hca_cap_out)));
	if (IS_ERR(out))
		return PTR_ERR(out);
	ret = hca_devx_query_caps(in, out);
	copied = uverbs_copy_to(attrs, MLX5_IB_ATTR_DEVX_OTHER_CMD_OUT, out,
				len);
	return copied ? copied : ret;
}

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

/* ---- Objects ----------------------------------------------------------------- */

static int destroy_obj(struct ib_uobject *uobject, enum rdma_remove_reason why,
		       struct uverbs_attr_bundle *attrs)
{
	struct hca_devx_obj *obj = uobject->object;

	if (obj->mkey)
		hca_mkey_destroy(obj->mkey);
	else
		hca_pdn_free(obj->pdn);
	hca_obj_put(obj->dev, HCA_OBJ_DEVX_OBJS);
	kfree(obj);
	return 0;
}

static int make_pd(struct hca_devx_obj *obj, u8 *out)
{
	int ret = hca_pdn_alloc(NULL);

	if (ret < 0)
		return ret;
	obj->pdn = ret;
	MLX5_SET(alloc_pd_out, out, pd, obj->pdn);
	return 0;
}

static int make_mkey(struct hca_devx_obj *obj, struct hca_ctx *ctx,
		     const u8 *in, size_t len, u8 *out)
{
	struct hca_mkey *mkey = hca_mkey_create(ctx, in, len, out);

	if (!IS_ERR(mkey)) {
		obj->mkey = mkey;
		return 0;
	}
	if (PTR_ERR(mkey) != -EINVAL)
		return PTR_ERR(mkey);
	return hca_devx_refuse(out, MLX5_CMD_STAT_BAD_PARAM_ERR);
}

static int make_obj(struct hca_devx_obj *obj, struct hca_ctx *ctx, const u8 *in,
		    size_t len, u8 *out)
{
	switch (hca_devx_opcode(in)) {
	case MLX5_CMD_OP_ALLOC_PD:
		return make_pd(obj, out);
	case MLX5_CMD_OP_CREATE_MKEY:
		return make_mkey(obj, ctx, in, len, out);
	default:
		return -EINVAL;
	}
}

static struct hca_devx_obj *new_obj(struct hca_ctx *ctx, const u8 *in,
				    size_t len, u8 *out)
{
	struct hca_devx_obj *obj;
	int ret;

	obj = kzalloc(sizeof(*obj), GFP_KERNEL_ACCOUNT);
	if (!obj)
		return ERR_PTR(-ENOMEM);
	obj->dev = to_hca(ctx->ib.device);
	ret = make_obj(obj, ctx, in, len, out);
	if (ret) {
		kfree(obj);
		return ERR_PTR(ret);
	}
	hca_obj_get(obj->dev, HCA_OBJ_DEVX_OBJS, INT_MAX);
	return obj;
}

static int
UVERBS_HANDLER(MLX5_IB_METHOD_DEVX_OBJ_CREATE)(struct uverbs_attr_bundle *attrs)
{
	const u8 *in = uverbs_attr_get_alloced_ptr(
		attrs, MLX5_IB_ATTR_DEVX_OBJ_CREATE_CMD_IN);
	int len = uverbs_attr_get_len(attrs,
				      MLX5_IB_ATTR_DEVX_OBJ_CREATE_CMD_OUT);
	struct ib_uobject *uobject = uverbs_attr_get_uobject(
		attrs, MLX5_IB_ATTR_DEVX_OBJ_CREATE_HANDLE);
	struct hca_ctx *ctx = hca_devx_ctx_of(attrs);
	struct hca_devx_obj *obj;
	int copied;
	u8 *out;

	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	out = uverbs_zalloc(attrs, len);
	if (IS_ERR(out))
		return PTR_ERR(out);
	obj = new_obj(
		ctx, in,
		uverbs_attr_get_len(attrs, MLX5_IB_ATTR_DEVX_OBJ_CREATE_CMD_IN),
		out);
	if (IS_ERR(obj) && PTR_ERR(obj) != -EREMOTEIO)
		return PTR_ERR(obj);
	if (!IS_ERR(obj)) {
		uobject->object = obj;
		uverbs_finalize_uobj_create(
			attrs, MLX5_IB_ATTR_DEVX_OBJ_CREATE_HANDLE);
	}
	copied = uverbs_copy_to(attrs, MLX5_IB_ATTR_DEVX_OBJ_CREATE_CMD_OUT,
				out, len);
	return copied ? copied : PTR_ERR_OR_ZERO(obj);
}

static int check_change(const struct hca_qp *qp, const u8 *in, size_t len)
{
	if (len < HCA_CHANGE_MASK_END)
		return MLX5_CMD_STAT_BAD_INP_LEN_ERR;
	if ((get_unaligned_be32(in + HCA_CHANGE_QPN) & 0xffffff) != qp->qpn ||
	    get_unaligned_be64(in + HCA_CHANGE_MASK) != HCA_CHANGE_UDP_SPORT)
		return MLX5_CMD_STAT_BAD_PARAM_ERR;
	return READ_ONCE(qp->state) == IB_QPS_RTS
		       ? MLX5_CMD_STAT_OK
		       : MLX5_CMD_STAT_BAD_QP_STATE_ERR;
}

/* The port that packets would come from. There are none: nothing depends on it. */
static int change_qp(const struct hca_qp *qp, const u8 *in, size_t len, u8 *out)
{
	int status = check_change(qp, in, len);

	return status ? hca_devx_refuse(out, status) : 0;
}

/* Of a PD or key nothing can be modified, of the verbs' objects QPs can. */
static int
UVERBS_HANDLER(MLX5_IB_METHOD_DEVX_OBJ_MODIFY)(struct uverbs_attr_bundle *attrs)
{
	const u8 *in = uverbs_attr_get_alloced_ptr(
		attrs, MLX5_IB_ATTR_DEVX_OBJ_MODIFY_CMD_IN);
	int len = uverbs_attr_get_len(attrs,
				      MLX5_IB_ATTR_DEVX_OBJ_MODIFY_CMD_OUT);
	struct ib_uobject *uobject = uverbs_attr_get_uobject(
		attrs, MLX5_IB_ATTR_DEVX_OBJ_MODIFY_HANDLE);
	struct hca_ctx *ctx = hca_devx_ctx_of(attrs);
	int ret, copied;
	u8 *out;

	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	if (uobj_get_object_id(uobject) != UVERBS_OBJECT_QP ||
	    hca_devx_opcode(in) != MLX5_CMD_OP_RTS2RTS_QP)
		return -EINVAL;
	out = uverbs_zalloc(attrs, len);
	if (IS_ERR(out))
		return PTR_ERR(out);
	ret = change_qp(
		to_hqp(uobject->object), in,
		uverbs_attr_get_len(attrs, MLX5_IB_ATTR_DEVX_OBJ_MODIFY_CMD_IN),
		out);
	copied = uverbs_copy_to(attrs, MLX5_IB_ATTR_DEVX_OBJ_MODIFY_CMD_OUT,
				out, len);
	return copied ? copied : ret;
}

static int
UVERBS_HANDLER(MLX5_IB_METHOD_DEVX_OBJ_QUERY)(struct uverbs_attr_bundle *attrs)
{
	return -EINVAL;
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

DECLARE_UVERBS_GLOBAL_METHODS(MLX5_IB_OBJECT_DEVX,
			      &UVERBS_METHOD(MLX5_IB_METHOD_DEVX_OTHER),
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

DECLARE_UVERBS_NAMED_OBJECT(MLX5_IB_OBJECT_DEVX_OBJ,
			    UVERBS_TYPE_ALLOC_IDR(destroy_obj),
			    &UVERBS_METHOD(MLX5_IB_METHOD_DEVX_OBJ_CREATE),
			    &UVERBS_METHOD(MLX5_IB_METHOD_DEVX_OBJ_DESTROY),
			    &UVERBS_METHOD(MLX5_IB_METHOD_DEVX_OBJ_MODIFY),
			    &UVERBS_METHOD(MLX5_IB_METHOD_DEVX_OBJ_QUERY));

const struct uapi_definition hca_devx_defs[] = {
	UAPI_DEF_CHAIN_OBJ_TREE_NAMED(MLX5_IB_OBJECT_DEVX,
				      UAPI_DEF_IS_OBJ_SUPPORTED(hca_is_newer)),
	UAPI_DEF_CHAIN_OBJ_TREE_NAMED(MLX5_IB_OBJECT_DEVX_OBJ,
				      UAPI_DEF_IS_OBJ_SUPPORTED(hca_is_newer)),
	{},
};
