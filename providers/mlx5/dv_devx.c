/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * DEVX: the device's own commands. What they mean is between program and
 * device; here they only pass through.
 */
#include <errno.h>
#include <stdlib.h>

#include "dv_devx.h"

/*
 * Command and response have one number after the other in every method. What
 * is too long for an attribute no device takes either.
 */
static int send_command(struct ibv_context *context, struct verbs_attrs *attrs,
			uint16_t in_id, const void *in, size_t inlen, void *out,
			size_t outlen)
{
	if (inlen > UINT16_MAX || outlen > UINT16_MAX)
		return verbs_err(EINVAL);
	attr_in(attrs, in_id, in, inlen);
	attr_out(attrs, in_id + 1, out, outlen);
	return verbs_ioctl(context, attrs);
}

VERBS_EXPORT int mlx5dv_devx_general_cmd(struct ibv_context *context,
					 const void *in, size_t inlen,
					 void *out, size_t outlen)
{
	struct verbs_attrs attrs;

	if (!is_mlx5(context))
		return verbs_err(EOPNOTSUPP);
	attrs_init(&attrs, MLX5_IB_OBJECT_DEVX, MLX5_IB_METHOD_DEVX_OTHER);
	return send_command(context, &attrs, MLX5_IB_ATTR_DEVX_OTHER_CMD_IN, in,
			    inlen, out, outlen);
}

VERBS_EXPORT int mlx5dv_devx_query_eqn(struct ibv_context *context,
				       uint32_t vector, uint32_t *eqn)
{
	struct verbs_attrs attrs;

	if (!is_mlx5(context))
		return verbs_err(EOPNOTSUPP);
	attrs_init(&attrs, MLX5_IB_OBJECT_DEVX, MLX5_IB_METHOD_DEVX_QUERY_EQN);
	attr_in_u32(&attrs, MLX5_IB_ATTR_DEVX_QUERY_EQN_USER_VEC, vector);
	attr_out_u32(&attrs, MLX5_IB_ATTR_DEVX_QUERY_EQN_DEV_EQN, eqn);
	return verbs_ioctl(context, &attrs);
}

/* ---- Objects --------------------------------------------------------------- */

static int create_object(struct mlx5dv_devx_obj *obj, const void *in,
			 size_t inlen, void *out, size_t outlen)
{
	struct ib_uverbs_attr *handle;
	struct verbs_attrs attrs;
	int err;

	attrs_init(&attrs, MLX5_IB_OBJECT_DEVX_OBJ,
		   MLX5_IB_METHOD_DEVX_OBJ_CREATE);
	handle = attr_new_obj(&attrs, MLX5_IB_ATTR_DEVX_OBJ_CREATE_HANDLE);
	err = send_command(obj->context, &attrs,
			   MLX5_IB_ATTR_DEVX_OBJ_CREATE_CMD_IN, in, inlen, out,
			   outlen);
	obj->handle = handle->data;
	return err;
}

VERBS_EXPORT struct mlx5dv_devx_obj *
mlx5dv_devx_obj_create(struct ibv_context *context, const void *in,
		       size_t inlen, void *out, size_t outlen)
{
	struct mlx5dv_devx_obj *obj;

	if (!is_mlx5(context))
		return verbs_null(EOPNOTSUPP);
	obj = calloc(1, sizeof(*obj));
	if (!obj)
		return NULL;
	obj->context = context;
	if (create_object(obj, in, inlen, out, outlen)) {
		verbs_free_keep_errno(obj);
		return NULL;
	}
	return obj;
}

VERBS_EXPORT int mlx5dv_devx_obj_destroy(struct mlx5dv_devx_obj *obj)
{
	struct verbs_attrs attrs;
	int err;

	attrs_init(&attrs, MLX5_IB_OBJECT_DEVX_OBJ,
		   MLX5_IB_METHOD_DEVX_OBJ_DESTROY);
	attr_in_obj(&attrs, MLX5_IB_ATTR_DEVX_OBJ_DESTROY_HANDLE, obj->handle);
	err = verbs_ioctl(obj->context, &attrs);
	if (!err)
		free(obj);
	return err;
}

/* A handle is the kernel's, of whatever kind of object. */
static int query_handle(struct ibv_context *context, uint32_t handle,
			const void *in, size_t inlen, void *out, size_t outlen)
{
	struct verbs_attrs attrs;

	if (!is_mlx5(context))
		return verbs_err(EOPNOTSUPP);
	attrs_init(&attrs, MLX5_IB_OBJECT_DEVX_OBJ,
		   MLX5_IB_METHOD_DEVX_OBJ_QUERY);
	attr_in_obj(&attrs, MLX5_IB_ATTR_DEVX_OBJ_QUERY_HANDLE, handle);
	return send_command(context, &attrs, MLX5_IB_ATTR_DEVX_OBJ_QUERY_CMD_IN,
			    in, inlen, out, outlen);
}

static int modify_handle(struct ibv_context *context, uint32_t handle,
			 const void *in, size_t inlen, void *out, size_t outlen)
{
	struct verbs_attrs attrs;

	if (!is_mlx5(context))
		return verbs_err(EOPNOTSUPP);
	attrs_init(&attrs, MLX5_IB_OBJECT_DEVX_OBJ,
		   MLX5_IB_METHOD_DEVX_OBJ_MODIFY);
	attr_in_obj(&attrs, MLX5_IB_ATTR_DEVX_OBJ_MODIFY_HANDLE, handle);
	return send_command(context, &attrs,
			    MLX5_IB_ATTR_DEVX_OBJ_MODIFY_CMD_IN, in, inlen, out,
			    outlen);
}

VERBS_EXPORT int mlx5dv_devx_obj_query(struct mlx5dv_devx_obj *obj,
				       const void *in, size_t inlen, void *out,
				       size_t outlen)
{
	return query_handle(obj->context, obj->handle, in, inlen, out, outlen);
}

VERBS_EXPORT int mlx5dv_devx_obj_modify(struct mlx5dv_devx_obj *obj,
					const void *in, size_t inlen, void *out,
					size_t outlen)
{
	return modify_handle(obj->context, obj->handle, in, inlen, out, outlen);
}

/* ---- Objects of the verbs ---------------------------------------------------- */

VERBS_EXPORT int mlx5dv_devx_cq_query(struct ibv_cq *cq, const void *in,
				      size_t inlen, void *out, size_t outlen)
{
	return query_handle(cq->context, cq->handle, in, inlen, out, outlen);
}

VERBS_EXPORT int mlx5dv_devx_cq_modify(struct ibv_cq *cq, const void *in,
				       size_t inlen, void *out, size_t outlen)
{
	return modify_handle(cq->context, cq->handle, in, inlen, out, outlen);
}

VERBS_EXPORT int mlx5dv_devx_qp_query(struct ibv_qp *qp, const void *in,
				      size_t inlen, void *out, size_t outlen)
{
	return query_handle(qp->context, qp->handle, in, inlen, out, outlen);
}

VERBS_EXPORT int mlx5dv_devx_qp_modify(struct ibv_qp *qp, const void *in,
				       size_t inlen, void *out, size_t outlen)
{
	return modify_handle(qp->context, qp->handle, in, inlen, out, outlen);
}

VERBS_EXPORT int mlx5dv_devx_srq_query(struct ibv_srq *srq, const void *in,
				       size_t inlen, void *out, size_t outlen)
{
	return query_handle(srq->context, srq->handle, in, inlen, out, outlen);
}

VERBS_EXPORT int mlx5dv_devx_srq_modify(struct ibv_srq *srq, const void *in,
					size_t inlen, void *out, size_t outlen)
{
	return modify_handle(srq->context, srq->handle, in, inlen, out, outlen);
}

VERBS_EXPORT int mlx5dv_devx_wq_query(struct ibv_wq *wq, const void *in,
				      size_t inlen, void *out, size_t outlen)
{
	return query_handle(wq->context, wq->handle, in, inlen, out, outlen);
}

VERBS_EXPORT int mlx5dv_devx_wq_modify(struct ibv_wq *wq, const void *in,
				       size_t inlen, void *out, size_t outlen)
{
	return modify_handle(wq->context, wq->handle, in, inlen, out, outlen);
}

VERBS_EXPORT int mlx5dv_devx_ind_tbl_query(struct ibv_rwq_ind_table *ind_tbl,
					   const void *in, size_t inlen,
					   void *out, size_t outlen)
{
	return query_handle(ind_tbl->context, (uint32_t)ind_tbl->ind_tbl_handle,
			    in, inlen, out, outlen);
}

VERBS_EXPORT int mlx5dv_devx_ind_tbl_modify(struct ibv_rwq_ind_table *ind_tbl,
					    const void *in, size_t inlen,
					    void *out, size_t outlen)
{
	return modify_handle(ind_tbl->context,
			     (uint32_t)ind_tbl->ind_tbl_handle, in, inlen, out,
			     outlen);
}
