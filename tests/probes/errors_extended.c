/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Extended creation calls whose mask names what is not there. */
#include <errno.h>

#include "errors.h"

static long make_qp(struct world *w, uint32_t comp_mask, struct ibv_pd *pd)
{
	struct ibv_qp_init_attr_ex attr = {
		.send_cq = w->cq,
		.recv_cq = w->cq,
		.cap = { 1, 1, 1, 1, 0 },
		.qp_type = IBV_QPT_RC,
		.comp_mask = comp_mask,
		.pd = pd,
	};

	return made_qp(ibv_create_qp_ex(w->context, &attr));
}

CALL(qp_pd_null,
     make_qp(w, IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_CREATE_FLAGS, NULL))
CALL(qp_xrcd_null,
     make_qp(w, IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_XRCD, w->pd))
CALL(qp_ind_table_null,
     make_qp(w, IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_IND_TABLE, w->pd))

static long open_qp_xrcd_null(struct world *w)
{
	struct ibv_qp_open_attr attr = {
		.comp_mask = IBV_QP_OPEN_ATTR_NUM | IBV_QP_OPEN_ATTR_XRCD |
			     IBV_QP_OPEN_ATTR_TYPE,
		.qp_type = IBV_QPT_XRC_RECV,
	};

	return made_qp(ibv_open_qp(w->context, &attr));
}

static long make_srq(struct world *w, enum ibv_srq_type type,
		     uint32_t comp_mask, struct ibv_pd *pd)
{
	struct ibv_srq_init_attr_ex attr = {
		.attr = { 1, 1, 0 },
		.comp_mask = comp_mask | IBV_SRQ_INIT_ATTR_TYPE,
		.srq_type = type,
		.pd = pd,
	};

	return made_srq(ibv_create_srq_ex(w->context, &attr));
}

CALL(srq_pd_null, make_srq(w, IBV_SRQT_BASIC, IBV_SRQ_INIT_ATTR_PD, NULL))
CALL(srq_pd_absent, make_srq(w, IBV_SRQT_BASIC, 0, NULL))
CALL(srq_xrcd_null,
     make_srq(w, IBV_SRQT_XRC, IBV_SRQ_INIT_ATTR_PD | IBV_SRQ_INIT_ATTR_XRCD,
	      w->pd))
CALL(srq_cq_null, make_srq(w, IBV_SRQT_XRC,
			   IBV_SRQ_INIT_ATTR_PD | IBV_SRQ_INIT_ATTR_CQ, w->pd))

static long make_cq_null(struct world *w)
{
	struct ibv_cq_ex *cq = ibv_create_cq_ex(w->context, NULL);

	return cq ? made_cq(ibv_cq_ex_to_cq(cq)) : 0;
}

static long open_xrcd_null(struct world *w)
{
	struct ibv_xrcd *xrcd = ibv_open_xrcd(w->context, NULL);

	return xrcd && !ibv_close_xrcd(xrcd);
}

static long make_wq(struct world *w, struct ibv_pd *pd, struct ibv_cq *cq)
{
	struct ibv_wq_init_attr attr = {
		.wq_type = IBV_WQT_RQ,
		.max_wr = 1,
		.max_sge = 1,
		.pd = pd,
		.cq = cq,
	};
	struct ibv_wq *wq = ibv_create_wq(w->context, &attr);

	return wq && !ibv_destroy_wq(wq);
}

CALL(wq_pd_null, make_wq(w, NULL, w->cq))
CALL(wq_cq_null, make_wq(w, w->pd, NULL))

static long make_table_null(struct world *w)
{
	struct ibv_rwq_ind_table_init_attr attr = { 0 };
	struct ibv_rwq_ind_table *table;

	table = ibv_create_rwq_ind_table(w->context, &attr);
	return table && !ibv_destroy_rwq_ind_table(table);
}

const struct error_case extended_cases[] = {
	{ "cq_ex.null", ANSWER_POINTER, make_cq_null, NULL, NULL },
	{ "qp_ex.pd_null", ANSWER_POINTER, qp_pd_null, NULL, NULL },
	{ "qp_ex.xrcd_null", ANSWER_POINTER, qp_xrcd_null, NULL, NULL },
	{ "qp_ex.ind_table_null", ANSWER_POINTER, qp_ind_table_null, NULL,
	  NULL },
	{ "open_qp.xrcd_null", ANSWER_POINTER, open_qp_xrcd_null, NULL, NULL },
	{ "srq_ex.pd_null", ANSWER_POINTER, srq_pd_null, NULL, NULL },
	{ "srq_ex.pd_absent", ANSWER_POINTER, srq_pd_absent, NULL, NULL },
	{ "srq_ex.xrcd_null", ANSWER_POINTER, srq_xrcd_null, NULL, NULL },
	{ "srq_ex.cq_null", ANSWER_POINTER, srq_cq_null, NULL, NULL },
	{ "xrcd.null", ANSWER_POINTER, open_xrcd_null, NULL, NULL },
	{ "wq.pd_null", ANSWER_POINTER, wq_pd_null, NULL, NULL },
	{ "wq.cq_null", ANSWER_POINTER, wq_cq_null, NULL, NULL },
	{ "rwq_ind_table.null", ANSWER_POINTER, make_table_null, NULL, NULL },
};
const size_t num_extended_cases = NUM_OF(extended_cases);
