// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* Queue pairs find each other: addresses, and the way to RTS. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "pingpong.h"

static void path_to(struct pingpong *pp, struct pingpong_qp *qp,
		    struct ibv_ah_attr *attr)
{
	*attr = (struct ibv_ah_attr){
		.dlid = qp->remote.lid,
		.sl = pp->options.sl,
		.port_num = pp->options.ib_port,
	};
	/* A peer without a GID is on the same subnet. */
	if (!qp->remote.gid.global.interface_id)
		return;
	attr->is_global = 1;
	attr->grh.hop_limit = 1;
	attr->grh.dgid = qp->remote.gid;
	attr->grh.sgid_index = pp->options.gid_index;
}

static int modify(struct ibv_qp *qp, const char *name, struct ibv_qp_attr *attr,
		  int mask)
{
	if (!ibv_modify_qp(qp, attr, mask))
		return 0;
	fprintf(stderr, "Failed to modify %s to %s\n", name,
		attr->qp_state == IBV_QPS_RTR ? "RTR" : "RTS");
	return -1;
}

/* A connected queue pair, and what its type has beyond what all have. */
struct end {
	struct ibv_qp *qp;
	const char *name;
	unsigned int dest;
	int rtr;
	int rts;
};

static const int of_responder =
	IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER;
static const int of_requester = IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT |
				IBV_QP_RNR_RETRY | IBV_QP_MAX_QP_RD_ATOMIC;

static int to_rtr(struct pingpong *pp, struct pingpong_qp *qp,
		  const struct end *end)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_RTR,
		.path_mtu = __builtin_ctz(pp->options.mtu) - 7,
		.dest_qp_num = end->dest,
		.rq_psn = qp->remote.psn,
		.max_dest_rd_atomic = 1,
		.min_rnr_timer = 12,
	};

	path_to(pp, qp, &attr.ah_attr);
	return modify(end->qp, end->name, &attr,
		      IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU |
			      IBV_QP_DEST_QPN | IBV_QP_RQ_PSN | end->rtr);
}

static int connect_end(struct pingpong *pp, struct pingpong_qp *qp,
		       const struct end *end)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_RTS,
		.sq_psn = qp->local.psn,
		.timeout = 14,
		.retry_cnt = 7,
		.rnr_retry = 7,
		.max_rd_atomic = 1,
	};

	if (to_rtr(pp, qp, end))
		return -1;
	return modify(end->qp, end->name, &attr,
		      IBV_QP_STATE | IBV_QP_SQ_PSN | end->rts);
}

int connect_rc(struct pingpong *pp, struct pingpong_qp *qp)
{
	const struct end end = { qp->qp, "QP", qp->remote.qpn, of_responder,
				 of_requester };

	return connect_end(pp, qp, &end);
}

int connect_uc(struct pingpong *pp, struct pingpong_qp *qp)
{
	const struct end end = { qp->qp, "QP", qp->remote.qpn, 0, 0 };

	return connect_end(pp, qp, &end);
}

/* Each side sends from one queue pair to the other one of the other side. */
int connect_xrc(struct pingpong *pp, struct pingpong_qp *qp)
{
	const struct end recv = { qp->recv_qp, "recv QP", qp->remote.qpn,
				  of_responder, IBV_QP_TIMEOUT };
	const struct end send = { qp->qp, "send QP", qp->remote.recv_qpn, 0,
				  of_requester };

	if (connect_end(pp, qp, &recv))
		return -1;
	return connect_end(pp, qp, &send);
}

int connect_ud(struct pingpong *pp, struct pingpong_qp *qp)
{
	struct ibv_qp_attr rtr = { .qp_state = IBV_QPS_RTR };
	struct ibv_qp_attr rts = {
		.qp_state = IBV_QPS_RTS,
		.sq_psn = qp->local.psn,
	};
	struct ibv_ah_attr path;

	if (modify(qp->qp, "QP", &rtr, IBV_QP_STATE) ||
	    modify(qp->qp, "QP", &rts, IBV_QP_STATE | IBV_QP_SQ_PSN))
		return -1;
	path_to(pp, qp, &path);
	qp->ah = ibv_create_ah(pp->pd, &path);
	if (qp->ah)
		return 0;
	fprintf(stderr, "Failed to create AH\n");
	return -1;
}

/* The line of UD's own address has had another mark since ever. */
static void print_address(const char *side,
			  const struct pingpong_address *address, char mark)
{
	char gid[INET6_ADDRSTRLEN];

	inet_ntop(AF_INET6, &address->gid, gid, sizeof(gid));
	printf("  %s LID 0x%04x, QPN 0x%06x, PSN 0x%06x%c GID %s\n", side,
	       address->lid, address->qpn, address->psn, mark, gid);
}

int pingpong_find_local(struct pingpong *pp, union ibv_gid *gid)
{
	const struct pingpong_options *options = &pp->options;

	if (ibv_query_port(pp->context, options->ib_port, &pp->port)) {
		fprintf(stderr, "Couldn't get port info\n");
		return -1;
	}
	if (pp->port.link_layer != IBV_LINK_LAYER_ETHERNET && !pp->port.lid) {
		fprintf(stderr, "Couldn't get local LID\n");
		return -1;
	}
	*gid = (union ibv_gid){};
	if (options->gid_index < 0 ||
	    !ibv_query_gid(pp->context, options->ib_port, options->gid_index,
			   gid))
		return 0;
	fprintf(stderr, "can't read sgid of index %d\n", options->gid_index);
	return -1;
}

static int connect_remotes(struct pingpong *pp)
{
	int i;

	for (i = 0; i < pp->options.num_qp; i++) {
		if (!pp->kind->connect(pp, &pp->qps[i]))
			continue;
		fprintf(stderr, "Couldn't connect to remote QP\n");
		return -1;
	}
	return 0;
}

int pingpong_connect_all(struct pingpong *pp)
{
	char mark = pp->kind->type == IBV_QPT_UD ? ':' : ',';
	union ibv_gid gid;
	int i;

	if (pingpong_find_local(pp, &gid))
		return -1;
	for (i = 0; i < pp->options.num_qp; i++) {
		pp->qps[i].local = (struct pingpong_address){
			.lid = pp->port.lid,
			.qpn = pp->qps[i].qp->qp_num,
			.psn = lrand48() & 0xffffff,
			.gid = gid,
		};
		print_address("local address: ", &pp->qps[i].local, mark);
	}
	if (pingpong_exchange(pp, connect_remotes))
		return -1;
	for (i = 0; i < pp->options.num_qp; i++)
		print_address("remote address:", &pp->qps[i].remote, ',');
	return pp->options.server ? connect_remotes(pp) : 0;
}
