/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * The default of every op: the generic kernel command where that is all a
 * device needs, EOPNOTSUPP where a provider has to know its device.
 */
#include <stdlib.h>

#include "internal.h"
#include "unsupported_ops.h"

/* ------------------------------------------------- generic implementations */

static struct ibv_pd *alloc_pd(struct ibv_context *context)
{
	struct verbs_pd *vpd = calloc(1, sizeof(*vpd));

	if (!vpd)
		return NULL;
	if (ibv_cmd_alloc_pd(context, &vpd->pd, NULL)) {
		verbs_free_keep_errno(vpd);
		return NULL;
	}
	return &vpd->pd;
}

static int dealloc_pd(struct ibv_pd *pd)
{
	int ret = verbs_release_pd(pd);

	if (!ret)
		free(to_vpd(pd));
	return ret;
}

static struct ibv_mr *reg_mr(struct ibv_pd *pd, void *addr, size_t length,
			     uint64_t iova, int access)
{
	struct verbs_mr *vmr = calloc(1, sizeof(*vmr));

	if (!vmr)
		return NULL;
	if (ibv_cmd_reg_mr(pd, addr, length, iova, access, &vmr->mr, NULL)) {
		verbs_free_keep_errno(vmr);
		return NULL;
	}
	return &vmr->mr;
}

static int dereg_mr(struct ibv_mr *mr)
{
	int ret = 0;

	if (to_vmr(mr)->type != VERBS_MR_NULL)
		ret = ibv_cmd_dereg_mr(mr);
	if (!ret)
		free(to_vmr(mr));
	return ret;
}

static struct ibv_mw *alloc_mw(struct ibv_pd *pd, enum ibv_mw_type type)
{
	struct ibv_mw *mw = calloc(1, sizeof(*mw));

	if (!mw)
		return NULL;
	if (ibv_cmd_alloc_mw(pd, type, mw)) {
		verbs_free_keep_errno(mw);
		return NULL;
	}
	return mw;
}

static int dealloc_mw(struct ibv_mw *mw)
{
	int ret = ibv_cmd_dealloc_mw(mw);

	if (!ret)
		free(mw);
	return ret;
}

/* Plain attributes are extended ones with nothing but a PD to add. */
static struct ibv_qp *create_qp(struct ibv_pd *pd,
				struct ibv_qp_init_attr *attr)
{
	struct ibv_qp_init_attr_ex ex = verbs_qp_attr_ex(pd, attr);
	struct ibv_qp *qp;

	qp = verbs_ops(pd->context)->create_qp_ex(pd->context, &ex);
	if (qp)
		attr->cap = ex.cap;
	return qp;
}

static struct ibv_ah *create_ah(struct ibv_pd *pd, struct ibv_ah_attr *attr)
{
	struct ibv_ah *ah = calloc(1, sizeof(*ah));

	if (!ah)
		return NULL;
	if (ibv_cmd_create_ah(pd, attr, ah, NULL)) {
		verbs_free_keep_errno(ah);
		return NULL;
	}
	return ah;
}

static int destroy_ah(struct ibv_ah *ah)
{
	int ret = ibv_cmd_destroy_ah(ah);

	if (!ret)
		free(ah);
	return ret;
}

static void unimport_pd(struct ibv_pd *pd)
{
	free(to_vpd(pd));
}

static void unimport_mr(struct ibv_mr *mr)
{
	free(to_vmr(mr));
}

static void unimport_dm(struct ibv_dm *dm)
{
	free(dm);
}

/* The honest answer of a device about which nothing is known. */
static int promise_no_order(struct ibv_qp *qp, enum ibv_wr_opcode op,
			    uint32_t flags)
{
	return 0;
}

static void ignore_async_event(struct ibv_context *context,
			       struct ibv_async_event *event)
{
}

static void ignore_cq_event(struct ibv_cq *cq)
{
}

/* ----------------------------------------------------------- not supported */

static struct ibv_mr *no_reg_dmabuf_mr(struct ibv_pd *pd, uint64_t offset,
				       size_t length, uint64_t iova, int fd,
				       int access)
{
	errno = EOPNOTSUPP;
	return NULL;
}

static struct ibv_cq *no_create_cq(struct ibv_context *context, int cqe,
				   struct ibv_comp_channel *channel,
				   int comp_vector)
{
	errno = EOPNOTSUPP;
	return NULL;
}

static struct ibv_cq_ex *no_create_cq_ex(struct ibv_context *context,
					 struct ibv_cq_init_attr_ex *attr)
{
	errno = EOPNOTSUPP;
	return NULL;
}

static int no_resize_cq(struct ibv_cq *cq, int cqe)
{
	return verbs_err(EOPNOTSUPP);
}

static int no_destroy_cq(struct ibv_cq *cq)
{
	return verbs_err(EOPNOTSUPP);
}

/* Negative: a positive number would read as that many completions. */
static int no_poll_cq(struct ibv_cq *cq, int num_entries, struct ibv_wc *wc)
{
	errno = EOPNOTSUPP;
	return -EOPNOTSUPP;
}

static int no_bind_mw(struct ibv_qp *qp, struct ibv_mw *mw,
		      struct ibv_mw_bind *bind)
{
	return verbs_err(EOPNOTSUPP);
}

static struct ibv_qp *no_create_qp_ex(struct ibv_context *context,
				      struct ibv_qp_init_attr_ex *attr)
{
	errno = EOPNOTSUPP;
	return NULL;
}

static int no_destroy_qp(struct ibv_qp *qp)
{
	return verbs_err(EOPNOTSUPP);
}

static int no_post_send(struct ibv_qp *qp, struct ibv_send_wr *wr,
			struct ibv_send_wr **bad_wr)
{
	*bad_wr = wr;
	return verbs_err(EOPNOTSUPP);
}

static int no_post_recv(struct ibv_qp *qp, struct ibv_recv_wr *wr,
			struct ibv_recv_wr **bad_wr)
{
	*bad_wr = wr;
	return verbs_err(EOPNOTSUPP);
}

static struct ibv_srq *no_create_srq(struct ibv_pd *pd,
				     struct ibv_srq_init_attr *attr)
{
	errno = EOPNOTSUPP;
	return NULL;
}

static int no_modify_srq(struct ibv_srq *srq, struct ibv_srq_attr *attr,
			 int attr_mask)
{
	return verbs_err(EOPNOTSUPP);
}

static int no_destroy_srq(struct ibv_srq *srq)
{
	return verbs_err(EOPNOTSUPP);
}

static int no_post_srq_recv(struct ibv_srq *srq, struct ibv_recv_wr *wr,
			    struct ibv_recv_wr **bad_wr)
{
	*bad_wr = wr;
	return verbs_err(EOPNOTSUPP);
}

const struct verbs_ops verbs_default_ops = {
	.query_device_ex = verbs_query_device_ex,
	.query_port = ibv_cmd_query_port,
	.query_rt_values = no_query_rt_values,
	.async_event = ignore_async_event,
	.alloc_pd = alloc_pd,
	.dealloc_pd = dealloc_pd,
	.alloc_td = no_alloc_td,
	.dealloc_td = no_dealloc_td,
	.alloc_parent_domain = no_alloc_parent_domain,
	.reg_mr = reg_mr,
	.reg_dmabuf_mr = no_reg_dmabuf_mr,
	.rereg_mr = ibv_cmd_rereg_mr,
	.dereg_mr = dereg_mr,
	.alloc_null_mr = no_alloc_null_mr,
	.advise_mr = ibv_cmd_advise_mr,
	.alloc_mw = alloc_mw,
	.dealloc_mw = dealloc_mw,
	.bind_mw = no_bind_mw,
	.alloc_dm = no_alloc_dm,
	.free_dm = no_free_dm,
	.reg_dm_mr = verbs_reg_dm_mr,
	.import_pd = no_import_pd,
	.unimport_pd = unimport_pd,
	.import_mr = no_import_mr,
	.unimport_mr = unimport_mr,
	.import_dm = no_import_dm,
	.unimport_dm = unimport_dm,
	.reg_mr_ex = verbs_reg_mr_ex,
	.alloc_dmah = no_alloc_dmah,
	.dealloc_dmah = no_dealloc_dmah,
	.dm_export_dmabuf_fd = no_dm_export_dmabuf_fd,
	.alloc_buf = verbs_alloc_buf,
	.free_buf = verbs_free_buf,
	.query_port_speed = ibv_cmd_query_port_speed,
	.query_comp_cntr_caps = ibv_cmd_query_comp_cntr_caps,
	.create_comp_cntr = verbs_create_comp_cntr,
	.destroy_comp_cntr = verbs_destroy_comp_cntr,
	.modify_comp_cntr = ibv_cmd_modify_comp_cntr,
	.read_comp_cntr = ibv_cmd_read_comp_cntr,
	.attach_comp_cntr = ibv_cmd_attach_comp_cntr,
	.create_cq = no_create_cq,
	.create_cq_ex = no_create_cq_ex,
	.modify_cq = ibv_cmd_modify_cq,
	.resize_cq = no_resize_cq,
	.destroy_cq = no_destroy_cq,
	.poll_cq = no_poll_cq,
	.req_notify_cq = ibv_cmd_req_notify_cq,
	.cq_event = ignore_cq_event,
	.create_qp = create_qp,
	.create_qp_ex = no_create_qp_ex,
	.open_qp = no_open_qp,
	.query_qp = ibv_cmd_query_qp,
	.modify_qp = ibv_cmd_modify_qp,
	.modify_qp_rate_limit = no_modify_qp_rate_limit,
	.query_qp_data_in_order = promise_no_order,
	.destroy_qp = no_destroy_qp,
	.post_send = no_post_send,
	.post_recv = no_post_recv,
	.attach_mcast = ibv_cmd_attach_mcast,
	.detach_mcast = ibv_cmd_detach_mcast,
	.open_xrcd = verbs_open_xrcd,
	.close_xrcd = verbs_close_xrcd,
	.query_ece = no_ece,
	.set_ece = no_ece,
	.create_srq = no_create_srq,
	.create_srq_ex = no_create_srq_ex,
	.get_srq_num = no_get_srq_num,
	.modify_srq = no_modify_srq,
	.query_srq = ibv_cmd_query_srq,
	.destroy_srq = no_destroy_srq,
	.post_srq_recv = no_post_srq_recv,
	.post_srq_ops = no_post_srq_ops,
	.create_wq = no_create_wq,
	.modify_wq = no_modify_wq,
	.destroy_wq = no_destroy_wq,
	.create_rwq_ind_table = verbs_create_rwq_ind_table,
	.destroy_rwq_ind_table = verbs_destroy_rwq_ind_table,
	.create_flow = verbs_create_flow,
	.destroy_flow = verbs_destroy_flow,
	.create_flow_action_esp = no_create_flow_action_esp,
	.modify_flow_action_esp = no_modify_flow_action_esp,
	.destroy_flow_action = no_destroy_flow_action,
	.create_counters = no_create_counters,
	.destroy_counters = no_destroy_counters,
	.attach_counters_point_flow = no_attach_counters_point_flow,
	.read_counters = no_read_counters,
	.create_ah = create_ah,
	.destroy_ah = destroy_ah,
};
