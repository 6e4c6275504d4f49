/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Completion counters: the device counts what completes on queue pairs, what
 * succeeded and what failed apart.
 */
#include <stdlib.h>

#include "driver.h"

/* Fills what the caller's struct has; a newer one's other members are zero. */
VERBS_EXPORT
int _ibv_query_comp_cntr_caps(struct ibv_context *context,
			      struct ibv_comp_cntr_caps *caps, size_t caps_size)
{
	struct ibv_comp_cntr_caps full = {};
	size_t len = caps_size < sizeof(full) ? caps_size : sizeof(full);
	int ret;

	if (!context || !caps)
		return verbs_err(EINVAL);
	ret = verbs_ops(context)->query_comp_cntr_caps(context, &full);
	if (ret)
		return ret;
	memset(caps, 0, caps_size);
	memcpy(caps, &full, len);
	return 0;
}

VERBS_EXPORT
struct ibv_comp_cntr *
ibv_create_comp_cntr(struct ibv_context *context,
		     struct ibv_comp_cntr_init_attr *cc_attr)
{
	if (!context || !cc_attr)
		return verbs_null(EINVAL);
	return verbs_ops(context)->create_comp_cntr(context, cc_attr);
}

VERBS_EXPORT
int ibv_destroy_comp_cntr(struct ibv_comp_cntr *comp_cntr)
{
	if (!comp_cntr)
		return verbs_err(EINVAL);
	return verbs_ops(comp_cntr->context)->destroy_comp_cntr(comp_cntr);
}

VERBS_EXPORT
int ibv_qp_attach_comp_cntr(struct ibv_qp *qp, struct ibv_comp_cntr *comp_cntr,
			    struct ibv_qp_attach_comp_cntr_attr *attr)
{
	if (!qp || !comp_cntr || !attr)
		return verbs_err(EINVAL);
	return verbs_ops(qp->context)->attach_comp_cntr(qp, comp_cntr, attr);
}

static int modify(struct ibv_comp_cntr *cntr, uint64_t entry, uint64_t op,
		  uint64_t value)
{
	if (!cntr)
		return verbs_err(EINVAL);
	return verbs_ops(cntr->context)
		->modify_comp_cntr(cntr, entry, op, value);
}

VERBS_EXPORT
int ibv_set_comp_cntr(struct ibv_comp_cntr *comp_cntr, uint64_t value)
{
	return modify(comp_cntr, IB_UVERBS_COMP_CNTR_ENTRY_COMP,
		      IB_UVERBS_COMP_CNTR_MODIFY_OP_SET, value);
}

VERBS_EXPORT
int ibv_set_err_comp_cntr(struct ibv_comp_cntr *comp_cntr, uint64_t value)
{
	return modify(comp_cntr, IB_UVERBS_COMP_CNTR_ENTRY_ERR,
		      IB_UVERBS_COMP_CNTR_MODIFY_OP_SET, value);
}

VERBS_EXPORT
int ibv_inc_comp_cntr(struct ibv_comp_cntr *comp_cntr, uint64_t amount)
{
	return modify(comp_cntr, IB_UVERBS_COMP_CNTR_ENTRY_COMP,
		      IB_UVERBS_COMP_CNTR_MODIFY_OP_INC, amount);
}

VERBS_EXPORT
int ibv_inc_err_comp_cntr(struct ibv_comp_cntr *comp_cntr, uint64_t amount)
{
	return modify(comp_cntr, IB_UVERBS_COMP_CNTR_ENTRY_ERR,
		      IB_UVERBS_COMP_CNTR_MODIFY_OP_INC, amount);
}

VERBS_EXPORT
int ibv_read_comp_cntr(struct ibv_comp_cntr *comp_cntr, uint64_t *value)
{
	if (!comp_cntr || !value)
		return verbs_err(EINVAL);
	return verbs_ops(comp_cntr->context)
		->read_comp_cntr(comp_cntr, IB_UVERBS_COMP_CNTR_ENTRY_COMP,
				 value);
}

VERBS_EXPORT
int ibv_read_err_comp_cntr(struct ibv_comp_cntr *comp_cntr, uint64_t *value)
{
	if (!comp_cntr || !value)
		return verbs_err(EINVAL);
	return verbs_ops(comp_cntr->context)
		->read_comp_cntr(comp_cntr, IB_UVERBS_COMP_CNTR_ENTRY_ERR,
				 value);
}

/* The kernel's command creates a counter of requests and takes no flags. */
VERBS_EXPORT
struct ibv_comp_cntr *
verbs_create_comp_cntr(struct ibv_context *context,
		       struct ibv_comp_cntr_init_attr *attr)
{
	struct ibv_comp_cntr *cntr;

	if (attr->comp_mask || attr->flags ||
	    attr->type != IBV_COMP_CNTR_TYPE_WRS) {
		errno = EOPNOTSUPP;
		return NULL;
	}
	cntr = calloc(1, sizeof(*cntr));
	if (!cntr)
		return NULL;
	if (ibv_cmd_create_comp_cntr(context, cntr)) {
		verbs_free_keep_errno(cntr);
		return NULL;
	}
	return cntr;
}

VERBS_EXPORT
int verbs_destroy_comp_cntr(struct ibv_comp_cntr *cntr)
{
	int ret = ibv_cmd_destroy_comp_cntr(cntr);

	if (!ret)
		free(cntr);
	return ret;
}

/* --------------------------------------------------------- kernel commands */

VERBS_EXPORT
int ibv_cmd_query_comp_cntr_caps(struct ibv_context *context,
				 struct ibv_comp_cntr_caps *caps)
{
	struct verbs_attrs attrs;

	caps->max_value = 0;
	attrs_init(&attrs, UVERBS_OBJECT_DEVICE,
		   UVERBS_METHOD_QUERY_COMP_CNTR_CAPS);
	attr_out_u32(&attrs, UVERBS_ATTR_QUERY_COMP_CNTR_CAPS_MAX_COUNTERS,
		     &caps->max_counters);
	attr_out(&attrs, UVERBS_ATTR_QUERY_COMP_CNTR_CAPS_MAX_VALUE,
		 &caps->max_value, sizeof(caps->max_value));
	attr_out_u32(&attrs,
		     UVERBS_ATTR_QUERY_COMP_CNTR_CAPS_SUPPORTED_QP_ATTACH_OPS,
		     &caps->supported_qp_attach_ops);
	return verbs_no_method(verbs_ioctl(context, &attrs));
}

VERBS_EXPORT
int ibv_cmd_create_comp_cntr(struct ibv_context *context,
			     struct ibv_comp_cntr *cntr)
{
	struct ib_uverbs_attr *handle;
	struct verbs_attrs attrs;
	int ret;

	attrs_init(&attrs, UVERBS_OBJECT_COMP_CNTR,
		   UVERBS_METHOD_COMP_CNTR_CREATE);
	handle = attr_new_obj(&attrs, UVERBS_ATTR_CREATE_COMP_CNTR_HANDLE);
	ret = verbs_ioctl(context, &attrs);
	if (ret)
		return verbs_no_method(ret);
	cntr->context = context;
	cntr->handle = handle->data;
	return 0;
}

VERBS_EXPORT
int ibv_cmd_destroy_comp_cntr(struct ibv_comp_cntr *cntr)
{
	struct verbs_attrs attrs;

	attrs_init(&attrs, UVERBS_OBJECT_COMP_CNTR,
		   UVERBS_METHOD_COMP_CNTR_DESTROY);
	attr_in_obj(&attrs, UVERBS_ATTR_DESTROY_COMP_CNTR_HANDLE, cntr->handle);
	return verbs_ioctl(cntr->context, &attrs);
}

/* Entry and operation are CONST_IN: eight bytes. */
VERBS_EXPORT
int ibv_cmd_modify_comp_cntr(struct ibv_comp_cntr *cntr, uint64_t entry,
			     uint64_t op, uint64_t value)
{
	struct verbs_attrs attrs;

	attrs_init(&attrs, UVERBS_OBJECT_COMP_CNTR,
		   UVERBS_METHOD_COMP_CNTR_MODIFY);
	attr_in_obj(&attrs, UVERBS_ATTR_MODIFY_COMP_CNTR_HANDLE, cntr->handle);
	attr_in_u64(&attrs, UVERBS_ATTR_MODIFY_COMP_CNTR_ENTRY, entry);
	attr_in_u64(&attrs, UVERBS_ATTR_MODIFY_COMP_CNTR_OP, op);
	attr_in_u64(&attrs, UVERBS_ATTR_MODIFY_COMP_CNTR_VALUE, value);
	return verbs_ioctl(cntr->context, &attrs);
}

VERBS_EXPORT
int ibv_cmd_read_comp_cntr(struct ibv_comp_cntr *cntr, uint64_t entry,
			   uint64_t *value)
{
	struct verbs_attrs attrs;

	*value = 0;
	attrs_init(&attrs, UVERBS_OBJECT_COMP_CNTR,
		   UVERBS_METHOD_COMP_CNTR_READ);
	attr_in_obj(&attrs, UVERBS_ATTR_READ_COMP_CNTR_HANDLE, cntr->handle);
	attr_in_u64(&attrs, UVERBS_ATTR_READ_COMP_CNTR_ENTRY, entry);
	attr_out(&attrs, UVERBS_ATTR_READ_COMP_CNTR_RESP_VALUE, value,
		 sizeof(*value));
	return verbs_ioctl(cntr->context, &attrs);
}

VERBS_EXPORT
int ibv_cmd_attach_comp_cntr(struct ibv_qp *qp, struct ibv_comp_cntr *cntr,
			     struct ibv_qp_attach_comp_cntr_attr *attr)
{
	struct verbs_attrs attrs;

	if (attr->comp_mask)
		return verbs_err(EOPNOTSUPP);
	attrs_init(&attrs, UVERBS_OBJECT_QP, UVERBS_METHOD_QP_ATTACH_COMP_CNTR);
	attr_in_obj(&attrs, UVERBS_ATTR_QP_ATTACH_COMP_CNTR_HANDLE, qp->handle);
	attr_in_obj(&attrs, UVERBS_ATTR_QP_ATTACH_COMP_CNTR_CNTR_HANDLE,
		    cntr->handle);
	attr_in_u32(&attrs, UVERBS_ATTR_QP_ATTACH_COMP_CNTR_OP_MASK,
		    attr->op_mask);
	return verbs_ioctl(qp->context, &attrs);
}
