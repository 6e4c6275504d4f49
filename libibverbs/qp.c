/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Queue pairs. */
#include <stdlib.h>

#include "internal.h"

VERBS_EXPORT
struct ibv_qp *ibv_create_qp(struct ibv_pd *pd, struct ibv_qp_init_attr *attr)
{
	if (!pd || !attr)
		return verbs_null(EINVAL);
	return verbs_ops(pd->context)->create_qp(pd, attr);
}

VERBS_EXPORT
int ibv_query_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr, int attr_mask,
		 struct ibv_qp_init_attr *init_attr)
{
	if (!qp || !attr || !init_attr)
		return verbs_err(EINVAL);
	return verbs_ops(qp->context)->query_qp(qp, attr, attr_mask, init_attr);
}

VERBS_EXPORT
int ibv_modify_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr, int attr_mask)
{
	if (!qp || !attr)
		return verbs_err(EINVAL);
	return verbs_ops(qp->context)->modify_qp(qp, attr, attr_mask);
}

VERBS_EXPORT
int ibv_destroy_qp(struct ibv_qp *qp)
{
	if (!qp)
		return verbs_err(EINVAL);
	return verbs_ops(qp->context)->destroy_qp(qp);
}

VERBS_EXPORT
int ibv_attach_mcast(struct ibv_qp *qp, const union ibv_gid *gid, uint16_t lid)
{
	if (!qp || !gid)
		return verbs_err(EINVAL);
	return verbs_ops(qp->context)->attach_mcast(qp, gid, lid);
}

VERBS_EXPORT
int ibv_detach_mcast(struct ibv_qp *qp, const union ibv_gid *gid, uint16_t lid)
{
	if (!qp || !gid)
		return verbs_err(EINVAL);
	return verbs_ops(qp->context)->detach_mcast(qp, gid, lid);
}

/* NULL for a QP that was created without the ibv_wr_* calls. */
VERBS_EXPORT
struct ibv_qp_ex *ibv_qp_to_qp_ex(struct ibv_qp *qp)
{
	struct verbs_qp *vqp = (struct verbs_qp *)qp;

	if (!vqp)
		return verbs_null(EINVAL);
	return vqp->has_wr_ops ? &vqp->qp_ex : NULL;
}

VERBS_EXPORT
int ibv_query_qp_data_in_order(struct ibv_qp *qp, enum ibv_wr_opcode op,
			       uint32_t flags)
{
	if (!qp) {
		errno = EINVAL;
		return 0; /* of nothing */
	}
	return verbs_ops(qp->context)->query_qp_data_in_order(qp, op, flags);
}

/* --------------------------------------------------------- kernel commands */

static void qp_init(struct ibv_qp *qp, struct ibv_context *context,
		    void *qp_context, enum ibv_qp_type type)
{
	qp->context = context;
	qp->qp_context = qp_context;
	qp->qp_type = type;
	pthread_mutex_init(&qp->mutex, NULL);
	pthread_cond_init(&qp->cond, NULL);
}

/*
 * What the QP is made of. An XRC receive QP has no queues and no PD: those
 * are its SRQs', whatever the attributes hold there. A PD that was named all
 * the same is remembered: librdmacm looks here for the one of its SRQs.
 */
static void qp_set_objects(struct ibv_qp *qp,
			   const struct ibv_qp_init_attr_ex *attr)
{
	if (attr->comp_mask & IBV_QP_INIT_ATTR_PD)
		qp->pd = attr->pd;
	if (attr->qp_type == IBV_QPT_XRC_RECV)
		return;
	qp->send_cq = attr->send_cq;
	qp->recv_cq = attr->recv_cq;
	qp->srq = attr->srq;
}

static void qp_fini(struct ibv_qp *qp)
{
	pthread_cond_destroy(&qp->cond);
	pthread_mutex_destroy(&qp->mutex);
}

static struct ib_uverbs_qp_cap cap_to_uapi(const struct ibv_qp_cap *cap)
{
	return (struct ib_uverbs_qp_cap){
		.max_send_wr = cap->max_send_wr,
		.max_recv_wr = cap->max_recv_wr,
		.max_send_sge = cap->max_send_sge,
		.max_recv_sge = cap->max_recv_sge,
		.max_inline_data = cap->max_inline_data,
	};
}

static struct ibv_qp_cap cap_from_uapi(const struct ib_uverbs_qp_cap *cap)
{
	return (struct ibv_qp_cap){
		.max_send_wr = cap->max_send_wr,
		.max_recv_wr = cap->max_recv_wr,
		.max_send_sge = cap->max_send_sge,
		.max_recv_sge = cap->max_recv_sge,
		.max_inline_data = cap->max_inline_data,
	};
}

/* The objects that the QP refers to; an absent one is simply not named. */
static void attr_qp_objects(struct verbs_attrs *attrs, const struct ibv_qp *qp,
			    const struct ibv_qp_init_attr_ex *attr)
{
	if (qp->pd && qp->qp_type != IBV_QPT_XRC_RECV)
		attr_in_obj(attrs, UVERBS_ATTR_CREATE_QP_PD_HANDLE,
			    qp->pd->handle);
	if (qp->send_cq)
		attr_in_obj(attrs, UVERBS_ATTR_CREATE_QP_SEND_CQ_HANDLE,
			    qp->send_cq->handle);
	if (qp->recv_cq)
		attr_in_obj(attrs, UVERBS_ATTR_CREATE_QP_RECV_CQ_HANDLE,
			    qp->recv_cq->handle);
	if (qp->srq)
		attr_in_obj(attrs, UVERBS_ATTR_CREATE_QP_SRQ_HANDLE,
			    qp->srq->handle);
	if (attr->qp_type == IBV_QPT_XRC_RECV &&
	    attr->comp_mask & IBV_QP_INIT_ATTR_XRCD)
		attr_in_obj(attrs, UVERBS_ATTR_CREATE_QP_XRCD_HANDLE,
			    to_vxrcd(attr->xrcd)->handle);
	if (attr->comp_mask & IBV_QP_INIT_ATTR_IND_TABLE)
		attr_in_obj(attrs, UVERBS_ATTR_CREATE_QP_IND_TABLE_HANDLE,
			    (uint32_t)attr->rwq_ind_tbl->ind_tbl_handle);
}

/* The public flags have the kernel's values. */
#define KERNEL_CREATE_FLAGS                                              \
	(IBV_QP_CREATE_BLOCK_SELF_MCAST_LB | IBV_QP_CREATE_SCATTER_FCS | \
	 IBV_QP_CREATE_CVLAN_STRIPPING | IBV_QP_CREATE_PCI_WRITE_END_PADDING)

#define KNOWN_INIT_ATTR ((IBV_QP_INIT_ATTR_SEND_OPS_FLAGS << 1) - 1)

static uint32_t create_flags(const struct ibv_qp_init_attr_ex *attr)
{
	if (attr->comp_mask & IBV_QP_INIT_ATTR_CREATE_FLAGS)
		return attr->create_flags;
	return 0;
}

/* A source QPN is no flag to the kernel but an attribute of its own. */
static void attr_create_flags(struct verbs_attrs *attrs,
			      const struct ibv_qp_init_attr_ex *attr)
{
	uint32_t flags = create_flags(attr) & KERNEL_CREATE_FLAGS;

	if (attr->sq_sig_all)
		flags |= IB_UVERBS_QP_CREATE_SQ_SIG_ALL;
	if (flags)
		attr_in_u32(attrs, UVERBS_ATTR_CREATE_QP_FLAGS, flags);
	if (create_flags(attr) & IBV_QP_CREATE_SOURCE_QPN)
		attr_in_u32(attrs, UVERBS_ATTR_CREATE_QP_SOURCE_QPN,
			    attr->source_qpn);
}

/*
 * Returns 0, EINVAL when the domain that the QP is to be in is missing, or
 * EOPNOTSUPP for what no kernel method takes.
 */
static int check_create(const struct ibv_qp_init_attr_ex *attr)
{
	bool xrc_recv = attr->qp_type == IBV_QPT_XRC_RECV;
	uint32_t needed =
		xrc_recv ? IBV_QP_INIT_ATTR_XRCD : IBV_QP_INIT_ATTR_PD;

	if (!(attr->comp_mask & needed) || (xrc_recv && !attr->xrcd))
		return EINVAL;
	if (attr->comp_mask & ~(uint32_t)KNOWN_INIT_ATTR)
		return EOPNOTSUPP;
	if (create_flags(attr) &
	    ~(uint32_t)(KERNEL_CREATE_FLAGS | IBV_QP_CREATE_SOURCE_QPN))
		return EOPNOTSUPP;
	return 0;
}

static int send_create(struct ibv_context *context,
		       struct ibv_qp_init_attr_ex *attr, struct ibv_qp *qp,
		       const struct verbs_udata *udata)
{
	struct ib_uverbs_qp_cap cap = cap_to_uapi(&attr->cap);
	struct ib_uverbs_qp_cap granted = {};
	struct ib_uverbs_attr *handle;
	struct verbs_attrs attrs;
	uint32_t qp_num = 0; /* for valgrind, blind to what ioctls write */
	int ret;

	attrs_init(&attrs, UVERBS_OBJECT_QP, UVERBS_METHOD_QP_CREATE);
	handle = attr_new_obj(&attrs, UVERBS_ATTR_CREATE_QP_HANDLE);
	attr_qp_objects(&attrs, qp, attr);
	attr_in_u64(&attrs, UVERBS_ATTR_CREATE_QP_USER_HANDLE, (uintptr_t)qp);
	attr_in(&attrs, UVERBS_ATTR_CREATE_QP_CAP, &cap, sizeof(cap));
	attr_in_u64(&attrs, UVERBS_ATTR_CREATE_QP_TYPE, attr->qp_type);
	attr_create_flags(&attrs, attr);
	attr_out(&attrs, UVERBS_ATTR_CREATE_QP_RESP_CAP, &granted,
		 sizeof(granted));
	attr_out_u32(&attrs, UVERBS_ATTR_CREATE_QP_RESP_QP_NUM, &qp_num);
	attr_udata(&attrs, udata);
	ret = verbs_ioctl(context, &attrs);
	if (ret)
		return ret;
	qp->handle = handle->data;
	qp->qp_num = qp_num;
	attr->cap = cap_from_uapi(&granted);
	return 0;
}

VERBS_EXPORT
int ibv_cmd_create_qp_ex(struct ibv_context *context,
			 struct ibv_qp_init_attr_ex *attr, struct ibv_qp *qp,
			 const struct verbs_udata *udata)
{
	int ret = check_create(attr);

	if (ret)
		return verbs_err(ret);
	qp_init(qp, context, attr->qp_context, attr->qp_type);
	qp_set_objects(qp, attr);
	ret = send_create(context, attr, qp, udata);
	if (ret) {
		qp_fini(qp);
		return verbs_err(ret);
	}
	return 0;
}

VERBS_EXPORT
int ibv_cmd_create_qp(struct ibv_pd *pd, struct ibv_qp_init_attr *attr,
		      struct ibv_qp *qp, const struct verbs_udata *udata)
{
	struct ibv_qp_init_attr_ex ex = verbs_qp_attr_ex(pd, attr);
	int ret = ibv_cmd_create_qp_ex(pd->context, &ex, qp, udata);

	if (!ret)
		attr->cap = ex.cap;
	return ret;
}

/* Returns 0 or the errno value of what is missing, or unknown. */
static int check_open(const struct ibv_qp_open_attr *attr)
{
	const uint32_t needed = IBV_QP_OPEN_ATTR_NUM | IBV_QP_OPEN_ATTR_XRCD |
				IBV_QP_OPEN_ATTR_TYPE;

	if (attr->comp_mask >= IBV_QP_OPEN_ATTR_RESERVED)
		return EOPNOTSUPP;
	return (attr->comp_mask & needed) == needed ? 0 : EINVAL;
}

/* The kernel takes the XRC domain in the place of a PD. */
static int send_open(struct ibv_context *context,
		     const struct ibv_qp_open_attr *attr, struct ibv_qp *qp,
		     const struct verbs_udata *udata)
{
	struct ib_uverbs_create_qp_resp resp = {};
	struct ib_uverbs_open_qp req = {
		.user_handle = (uintptr_t)qp,
		.pd_handle = to_vxrcd(attr->xrcd)->handle,
		.qpn = attr->qp_num,
		.qp_type = attr->qp_type,
	};
	int ret;

	ret = verbs_write_cmd(context, IB_USER_VERBS_CMD_OPEN_QP, &req,
			      sizeof(req), &resp, sizeof(resp), udata);
	if (ret)
		return ret;
	qp->handle = resp.qp_handle;
	qp->qp_num = resp.qpn;
	return 0;
}

VERBS_EXPORT
int ibv_cmd_open_qp(struct ibv_context *context,
		    const struct ibv_qp_open_attr *attr, struct ibv_qp *qp,
		    const struct verbs_udata *udata)
{
	void *qp_context = NULL;
	int ret = check_open(attr);

	if (ret)
		return verbs_err(ret);
	if (attr->comp_mask & IBV_QP_OPEN_ATTR_CONTEXT)
		qp_context = attr->qp_context;
	qp_init(qp, context, qp_context, attr->qp_type);
	qp->state = IBV_QPS_UNKNOWN;
	ret = send_open(context, attr, qp, udata);
	if (ret) {
		qp_fini(qp);
		return verbs_err(ret);
	}
	return 0;
}

static void dest_to_uapi(struct ib_uverbs_qp_dest *dest,
			 const struct ibv_ah_attr *ah)
{
	memcpy(dest->dgid, ah->grh.dgid.raw, sizeof(dest->dgid));
	dest->flow_label = ah->grh.flow_label;
	dest->sgid_index = ah->grh.sgid_index;
	dest->hop_limit = ah->grh.hop_limit;
	dest->traffic_class = ah->grh.traffic_class;
	dest->dlid = ah->dlid;
	dest->sl = ah->sl;
	dest->src_path_bits = ah->src_path_bits;
	dest->static_rate = ah->static_rate;
	dest->is_global = ah->is_global;
	dest->port_num = ah->port_num;
}

static void dest_from_uapi(struct ibv_ah_attr *ah,
			   const struct ib_uverbs_qp_dest *dest)
{
	memcpy(ah->grh.dgid.raw, dest->dgid, sizeof(dest->dgid));
	ah->grh.flow_label = dest->flow_label;
	ah->grh.sgid_index = dest->sgid_index;
	ah->grh.hop_limit = dest->hop_limit;
	ah->grh.traffic_class = dest->traffic_class;
	ah->dlid = dest->dlid;
	ah->sl = dest->sl;
	ah->src_path_bits = dest->src_path_bits;
	ah->static_rate = dest->static_rate;
	ah->is_global = dest->is_global;
	ah->port_num = dest->port_num;
}

/*
 * Only what the mask selects is copied: the rest of a program's attr may well
 * be uninitialised.
 */
static void modify_to_uapi(struct ib_uverbs_modify_qp *req,
			   const struct ibv_qp_attr *attr, int mask)
{
	if (mask & IBV_QP_STATE)
		req->qp_state = attr->qp_state;
	if (mask & IBV_QP_CUR_STATE)
		req->cur_qp_state = attr->cur_qp_state;
	if (mask & IBV_QP_EN_SQD_ASYNC_NOTIFY)
		req->en_sqd_async_notify = attr->en_sqd_async_notify;
	if (mask & IBV_QP_ACCESS_FLAGS)
		req->qp_access_flags = attr->qp_access_flags;
	if (mask & IBV_QP_PKEY_INDEX)
		req->pkey_index = attr->pkey_index;
	if (mask & IBV_QP_PORT)
		req->port_num = attr->port_num;
	if (mask & IBV_QP_QKEY)
		req->qkey = attr->qkey;
	if (mask & IBV_QP_AV)
		dest_to_uapi(&req->dest, &attr->ah_attr);
	if (mask & IBV_QP_PATH_MTU)
		req->path_mtu = attr->path_mtu;
	if (mask & IBV_QP_TIMEOUT)
		req->timeout = attr->timeout;
	if (mask & IBV_QP_RETRY_CNT)
		req->retry_cnt = attr->retry_cnt;
	if (mask & IBV_QP_RNR_RETRY)
		req->rnr_retry = attr->rnr_retry;
	if (mask & IBV_QP_RQ_PSN)
		req->rq_psn = attr->rq_psn;
	if (mask & IBV_QP_MAX_QP_RD_ATOMIC)
		req->max_rd_atomic = attr->max_rd_atomic;
	if (mask & IBV_QP_ALT_PATH) {
		dest_to_uapi(&req->alt_dest, &attr->alt_ah_attr);
		req->alt_pkey_index = attr->alt_pkey_index;
		req->alt_port_num = attr->alt_port_num;
		req->alt_timeout = attr->alt_timeout;
	}
	if (mask & IBV_QP_MIN_RNR_TIMER)
		req->min_rnr_timer = attr->min_rnr_timer;
	if (mask & IBV_QP_SQ_PSN)
		req->sq_psn = attr->sq_psn;
	if (mask & IBV_QP_MAX_DEST_RD_ATOMIC)
		req->max_dest_rd_atomic = attr->max_dest_rd_atomic;
	if (mask & IBV_QP_PATH_MIG_STATE)
		req->path_mig_state = attr->path_mig_state;
	if (mask & IBV_QP_DEST_QPN)
		req->dest_qp_num = attr->dest_qp_num;
}

static int send_modify_ex(struct ibv_qp *qp,
			  const struct ib_uverbs_ex_modify_qp *req,
			  const struct verbs_udata *udata)
{
	struct ib_uverbs_ex_modify_qp_resp resp = {};

	return verbs_write_cmd(qp->context,
			       IB_USER_VERBS_CMD_FLAG_EXTENDED |
				       IB_USER_VERBS_EX_CMD_MODIFY_QP,
			       req, sizeof(*req), &resp, sizeof(resp), udata);
}

/* A rate limit exists only in the extended command. */
static int send_modify(struct ibv_qp *qp, const struct ibv_qp_attr *attr,
		       int mask, const struct verbs_udata *udata)
{
	struct ib_uverbs_ex_modify_qp req = {};

	req.base.qp_handle = qp->handle;
	req.base.attr_mask = (uint32_t)mask;
	modify_to_uapi(&req.base, attr, mask);
	if (!(mask & IBV_QP_RATE_LIMIT))
		return verbs_write_cmd(qp->context, IB_USER_VERBS_CMD_MODIFY_QP,
				       &req.base, sizeof(req.base), NULL, 0,
				       udata);
	req.rate_limit = attr->rate_limit;
	return send_modify_ex(qp, &req, udata);
}

VERBS_EXPORT
int ibv_cmd_modify_qp_udata(struct ibv_qp *qp, struct ibv_qp_attr *attr,
			    int attr_mask, const struct verbs_udata *udata)
{
	int ret = send_modify(qp, attr, attr_mask, udata);

	if (!ret && (attr_mask & IBV_QP_STATE))
		qp->state = attr->qp_state;
	return ret;
}

VERBS_EXPORT
int ibv_cmd_modify_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr,
		      int attr_mask)
{
	return ibv_cmd_modify_qp_udata(qp, attr, attr_mask, NULL);
}

VERBS_EXPORT
int ibv_cmd_modify_qp_rate_limit(struct ibv_qp *qp, uint32_t rate_limit,
				 const struct verbs_udata *udata)
{
	const struct ib_uverbs_ex_modify_qp req = {
		.base.qp_handle = qp->handle,
		.base.attr_mask = IBV_QP_RATE_LIMIT,
		.rate_limit = rate_limit,
	};

	return send_modify_ex(qp, &req, udata);
}

static void query_from_uapi(struct ibv_qp_attr *attr,
			    const struct ib_uverbs_query_qp_resp *r)
{
	memset(attr, 0, sizeof(*attr));
	attr->qp_state = r->qp_state;
	attr->cur_qp_state = r->cur_qp_state;
	attr->path_mtu = r->path_mtu;
	attr->path_mig_state = r->path_mig_state;
	attr->qkey = r->qkey;
	attr->rq_psn = r->rq_psn;
	attr->sq_psn = r->sq_psn;
	attr->dest_qp_num = r->dest_qp_num;
	attr->qp_access_flags = r->qp_access_flags;
	attr->cap.max_send_wr = r->max_send_wr;
	attr->cap.max_recv_wr = r->max_recv_wr;
	attr->cap.max_send_sge = r->max_send_sge;
	attr->cap.max_recv_sge = r->max_recv_sge;
	attr->cap.max_inline_data = r->max_inline_data;
	dest_from_uapi(&attr->ah_attr, &r->dest);
	dest_from_uapi(&attr->alt_ah_attr, &r->alt_dest);
	attr->pkey_index = r->pkey_index;
	attr->alt_pkey_index = r->alt_pkey_index;
	attr->sq_draining = r->sq_draining;
	attr->max_rd_atomic = r->max_rd_atomic;
	attr->max_dest_rd_atomic = r->max_dest_rd_atomic;
	attr->min_rnr_timer = r->min_rnr_timer;
	attr->port_num = r->port_num;
	attr->timeout = r->timeout;
	attr->retry_cnt = r->retry_cnt;
	attr->rnr_retry = r->rnr_retry;
	attr->alt_port_num = r->alt_port_num;
	attr->alt_timeout = r->alt_timeout;
}

VERBS_EXPORT
int ibv_cmd_query_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr, int attr_mask,
		     struct ibv_qp_init_attr *init_attr)
{
	struct ib_uverbs_query_qp_resp resp = {};
	struct ib_uverbs_query_qp req = {
		.qp_handle = qp->handle,
		.attr_mask = (uint32_t)attr_mask,
	};
	int ret;

	ret = verbs_write_cmd(qp->context, IB_USER_VERBS_CMD_QUERY_QP, &req,
			      sizeof(req), &resp, sizeof(resp), NULL);
	if (ret)
		return ret;
	query_from_uapi(attr, &resp);
	if (attr_mask & IBV_QP_STATE)
		qp->state = attr->qp_state;
	init_attr->qp_context = qp->qp_context;
	init_attr->send_cq = qp->send_cq;
	init_attr->recv_cq = qp->recv_cq;
	init_attr->srq = qp->srq;
	init_attr->qp_type = qp->qp_type;
	init_attr->cap = attr->cap;
	init_attr->sq_sig_all = resp.sq_sig_all;
	return 0;
}

VERBS_EXPORT
int ibv_cmd_destroy_qp(struct ibv_qp *qp)
{
	struct ib_uverbs_destroy_qp_resp resp = {};
	struct verbs_attrs attrs;
	int ret;

	attrs_init(&attrs, UVERBS_OBJECT_QP, UVERBS_METHOD_QP_DESTROY);
	attr_in_obj(&attrs, UVERBS_ATTR_DESTROY_QP_HANDLE, qp->handle);
	attr_out(&attrs, UVERBS_ATTR_DESTROY_QP_RESP, &resp, sizeof(resp));
	ret = verbs_ioctl(qp->context, &attrs);
	if (ret)
		return ret;
	wait_acknowledged(&qp->mutex, &qp->cond, &qp->events_completed,
			  resp.events_reported);
	qp_fini(qp);
	return 0;
}

VERBS_EXPORT
int ibv_cmd_ring_send_queue(struct ibv_qp *qp)
{
	struct ib_uverbs_post_send_resp resp;
	struct ib_uverbs_post_send req = {
		.qp_handle = qp->handle,
		.wqe_size = sizeof(struct ib_uverbs_send_wr),
	};

	return verbs_write_cmd(qp->context, IB_USER_VERBS_CMD_POST_SEND, &req,
			       sizeof(req), &resp, sizeof(resp), NULL);
}

static int send_mcast(struct ibv_qp *qp, uint32_t command,
		      const union ibv_gid *gid, uint16_t lid)
{
	struct ib_uverbs_attach_mcast req = {
		.qp_handle = qp->handle,
		.mlid = lid,
	};

	memcpy(req.gid, gid->raw, sizeof(req.gid));
	return verbs_write_cmd(qp->context, command, &req, sizeof(req), NULL, 0,
			       NULL);
}

VERBS_EXPORT
int ibv_cmd_attach_mcast(struct ibv_qp *qp, const union ibv_gid *gid,
			 uint16_t lid)
{
	return send_mcast(qp, IB_USER_VERBS_CMD_ATTACH_MCAST, gid, lid);
}

VERBS_EXPORT
int ibv_cmd_detach_mcast(struct ibv_qp *qp, const union ibv_gid *gid,
			 uint16_t lid)
{
	return send_mcast(qp, IB_USER_VERBS_CMD_DETACH_MCAST, gid, lid);
}
