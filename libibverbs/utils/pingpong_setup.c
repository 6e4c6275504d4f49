// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "pingpong.h"

static int complain(const char *what)
{
	fprintf(stderr, "%s\n", what);
	return -1;
}

static int create_cq(struct pingpong *pp)
{
	struct ibv_cq_init_attr_ex attr = {
		.cqe = pp->options.rx_depth + pp->options.num_qp,
		.channel = pp->channel,
		.wc_flags = IBV_WC_EX_WITH_COMPLETION_TIMESTAMP,
	};

	if (pp->options.timestamps) {
		pp->cq_ex = ibv_create_cq_ex(pp->context, &attr);
		pp->cq = pp->cq_ex ? ibv_cq_ex_to_cq(pp->cq_ex) : NULL;
	} else {
		pp->cq = ibv_create_cq(pp->context, attr.cqe, NULL, pp->channel,
				       0);
	}
	return pp->cq ? 0 : complain("Couldn't create CQ");
}

static int open_xrcd(struct pingpong *pp)
{
	struct ibv_xrcd_init_attr attr = {
		.comp_mask = IBV_XRCD_INIT_ATTR_FD | IBV_XRCD_INIT_ATTR_OFLAGS,
		.fd = -1,
		.oflags = O_CREAT,
	};

	if (!pp->kind->xrc)
		return 0;
	pp->xrcd = ibv_open_xrcd(pp->context, &attr);
	if (pp->xrcd)
		return 0;
	fprintf(stderr, "Couldn't Open the XRC Domain %d\n", errno);
	return -1;
}

static struct ibv_srq *create_srq_xrc(struct pingpong *pp,
				      const struct ibv_srq_attr *size)
{
	struct ibv_srq_init_attr_ex attr = {
		.attr = *size,
		.comp_mask = IBV_SRQ_INIT_ATTR_TYPE | IBV_SRQ_INIT_ATTR_PD |
			     IBV_SRQ_INIT_ATTR_XRCD | IBV_SRQ_INIT_ATTR_CQ,
		.srq_type = IBV_SRQT_XRC,
		.pd = pp->pd,
		.xrcd = pp->xrcd,
		.cq = pp->cq,
	};

	return ibv_create_srq_ex(pp->context, &attr);
}

static int create_srq(struct pingpong *pp)
{
	struct ibv_srq_init_attr attr = {
		.attr = { .max_wr = pp->options.rx_depth, .max_sge = 1 },
	};

	if (pp->kind->xrc)
		pp->srq = create_srq_xrc(pp, &attr.attr);
	else if (pp->kind->srq)
		pp->srq = ibv_create_srq(pp->pd, &attr);
	else
		return 0;
	return pp->srq ? 0 : complain("Couldn't create SRQ");
}

static struct ibv_qp *create_qp(struct pingpong *pp)
{
	struct ibv_qp_init_attr_ex attr = {
		.send_cq = pp->cq,
		.recv_cq = pp->cq,
		.srq = pp->kind->xrc ? NULL : pp->srq,
		.cap = { .max_send_wr = 1,
			 .max_recv_wr = pp->srq ? 0 : pp->options.rx_depth,
			 .max_send_sge = 1,
			 .max_recv_sge = pp->srq ? 0 : 1 },
		.qp_type = pp->kind->type,
		.comp_mask = IBV_QP_INIT_ATTR_PD,
		.pd = pp->pd,
	};

	if (pp->options.new_send) {
		attr.comp_mask |= IBV_QP_INIT_ATTR_SEND_OPS_FLAGS;
		attr.send_ops_flags = IBV_QP_EX_WITH_SEND;
	}
	return ibv_create_qp_ex(pp->context, &attr);
}

static struct ibv_qp *create_recv_qp(struct pingpong *pp)
{
	struct ibv_qp_init_attr_ex attr = {
		.qp_type = IBV_QPT_XRC_RECV,
		.comp_mask = IBV_QP_INIT_ATTR_XRCD,
		.xrcd = pp->xrcd,
	};

	return ibv_create_qp_ex(pp->context, &attr);
}

static int init_qp(struct pingpong *pp, struct ibv_qp *qp)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_INIT,
		.port_num = pp->options.ib_port,
		.qkey = UD_QKEY,
	};
	int mask = IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT;

	mask |= pp->kind->type == IBV_QPT_UD ? IBV_QP_QKEY
					     : IBV_QP_ACCESS_FLAGS;
	return ibv_modify_qp(qp, &attr, mask);
}

/* Of several QPs, which one. */
static int complain_qp(struct pingpong *pp, const char *did, int i,
		       const char *what)
{
	if (pp->kind->srq)
		fprintf(stderr, "%s QP[%d]%s\n", did, i, what);
	else
		fprintf(stderr, "%s QP%s\n", did, what);
	return -1;
}

static int create_qps(struct pingpong *pp)
{
	int i;

	for (i = 0; i < pp->options.num_qp; i++) {
		pp->qps[i].qp = create_qp(pp);
		if (!pp->qps[i].qp)
			return complain_qp(pp, "Couldn't create", i, "");
		if (init_qp(pp, pp->qps[i].qp))
			return complain_qp(pp, "Failed to modify", i,
					   " to INIT");
	}
	return 0;
}

static int create_recv_qps(struct pingpong *pp)
{
	struct pingpong_qp *qp;
	int i;

	for (i = 0; i < pp->options.num_qp; i++) {
		qp = &pp->qps[i];
		qp->fd = -1;
		qp->recv_qp = create_recv_qp(pp);
		if (!qp->recv_qp)
			return complain("Couldn't create recv QP");
		if (init_qp(pp, qp->recv_qp))
			return complain("Failed to modify recv QP to INIT");
	}
	return 0;
}

/* Of datagrams, each has to fit into one packet. */
static int check_port(struct pingpong *pp)
{
	unsigned int max;

	if (pp->kind->xrc &&
	    ibv_query_port(pp->context, pp->options.ib_port, &pp->port))
		return complain("Failed to get port info");
	if (pp->kind->type != IBV_QPT_UD)
		return 0;
	if (ibv_query_port(pp->context, pp->options.ib_port, &pp->port)) {
		fprintf(stderr, "Unable to query port info for port %d\n",
			pp->options.ib_port);
		return -1;
	}
	max = 1 << (pp->port.active_mtu + 7);
	if (pp->options.size <= max)
		return 0;
	fprintf(stderr, "Requested size larger than port MTU (%u)\n", max);
	return -1;
}

static int allocate_domain(struct pingpong *pp)
{
	struct ibv_parent_domain_init_attr attr = {
		.comp_mask =
			IBV_PARENT_DOMAIN_INIT_ATTR_ALLOW_CC_UNPROTECTED_ALLOC,
	};

	pp->base_pd = ibv_alloc_pd(pp->context);
	if (!pp->base_pd)
		return complain("Couldn't allocate base PD");
	attr.pd = pp->base_pd;
	pp->pd = ibv_alloc_parent_domain(pp->context, &attr);
	return pp->pd ? 0 : complain("Couldn't allocate parent domain");
}

static int allocate_pd(struct pingpong *pp)
{
	if (pp->options.allow_unprotected)
		return allocate_domain(pp);
	pp->pd = ibv_alloc_pd(pp->context);
	return pp->pd ? 0 : complain("Couldn't allocate PD");
}

int pingpong_open(struct pingpong *pp)
{
	pp->context = open_device(pp->options.device);
	if (!pp->context)
		return pp->kind->xrc ? complain("Failed to open device") : -1;
	if (check_port(pp))
		return -1;
	if (pp->options.events) {
		pp->channel = ibv_create_comp_channel(pp->context);
		if (!pp->channel)
			return complain("Couldn't create completion channel");
	}
	if (allocate_pd(pp) || pingpong_register(pp) || open_xrcd(pp) ||
	    create_cq(pp) || create_srq(pp) || create_qps(pp))
		return -1;
	return pp->kind->xrc ? create_recv_qps(pp) : 0;
}

static int destroy_qps(struct pingpong *pp)
{
	struct pingpong_qp *qp;
	int i, ret = 0;

	for (i = 0; i < pp->num_slots; i++) {
		qp = &pp->qps[i];
		if (qp->ah && ibv_destroy_ah(qp->ah))
			ret = complain("Couldn't destroy AH");
		if (qp->qp && ibv_destroy_qp(qp->qp))
			ret = complain("Couldn't destroy QP");
		if (!qp->recv_qp)
			continue;
		if (ibv_destroy_qp(qp->recv_qp))
			ret = complain("Couldn't destroy recv QP");
		if (qp->fd >= 0)
			close(qp->fd);
	}
	return ret;
}

int pingpong_close(struct pingpong *pp)
{
	int ret = destroy_qps(pp);

	if (pp->srq && ibv_destroy_srq(pp->srq))
		ret = complain("Couldn't destroy SRQ");
	if (pp->cq && pp->events)
		ibv_ack_cq_events(pp->cq, pp->events);
	if (pp->cq && ibv_destroy_cq(pp->cq))
		ret = complain("Couldn't destroy CQ");
	if (pp->xrcd && ibv_close_xrcd(pp->xrcd))
		ret = complain("Couldn't close the XRC domain");
	pingpong_deregister(pp);
	if (pp->pd && ibv_dealloc_pd(pp->pd))
		ret = complain("Couldn't deallocate PD");
	if (pp->base_pd && ibv_dealloc_pd(pp->base_pd))
		ret = complain("Couldn't deallocate base PD");
	if (pp->channel && ibv_destroy_comp_channel(pp->channel))
		ret = complain("Couldn't destroy completion channel");
	if (pp->context && ibv_close_device(pp->context))
		ret = complain("Couldn't release context");
	return ret;
}
