// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
#include <stdio.h>

#include "pingpong.h"

static int post_one_recv(struct pingpong *pp)
{
	/* A datagram comes with its route header in front. */
	uint64_t addr = pp->dm ? 0 : (uintptr_t)pp->buf;
	struct ibv_sge sge = {
		.addr = addr,
		.length = pp->buf_len,
		.lkey = pp->mr->lkey,
	};
	struct ibv_recv_wr *bad, wr = {
		.wr_id = RECV_ID,
		.sg_list = &sge,
		.num_sge = 1,
	};

	if (pp->srq)
		return ibv_post_srq_recv(pp->srq, &wr, &bad);
	return ibv_post_recv(pp->qps[0].qp, &wr, &bad);
}

int pingpong_post_recv(struct pingpong *pp, int num)
{
	int i;

	for (i = 0; i < num; i++) {
		if (post_one_recv(pp)) {
			fprintf(stderr, "Couldn't post receive (%d)\n",
				pp->posted);
			return -1;
		}
		pp->posted++;
	}
	return 0;
}

static int send_by_calls(struct pingpong *pp, struct pingpong_qp *qp)
{
	struct ibv_qp_ex *qpx = ibv_qp_to_qp_ex(qp->qp);

	ibv_wr_start(qpx);
	qpx->wr_id = SEND_ID;
	qpx->wr_flags = IBV_SEND_SIGNALED;
	ibv_wr_send(qpx);
	ibv_wr_set_sge(qpx, pp->mr->lkey, pingpong_payload(pp),
		       pp->options.size);
	return ibv_wr_complete(qpx);
}

static int send_by_list(struct pingpong *pp, struct pingpong_qp *qp)
{
	struct ibv_sge sge = {
		.addr = pingpong_payload(pp),
		.length = pp->options.size,
		.lkey = pp->mr->lkey,
	};
	struct ibv_send_wr *bad, wr = {
		.wr_id = SEND_ID,
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = IBV_WR_SEND,
		.send_flags = IBV_SEND_SIGNALED,
	};

	if (qp->ah) {
		wr.wr.ud.ah = qp->ah;
		wr.wr.ud.remote_qpn = qp->remote.qpn;
		wr.wr.ud.remote_qkey = UD_QKEY;
	}
	if (qp->recv_qp)
		wr.qp_type.xrc.remote_srqn = qp->remote.srqn;
	return ibv_post_send(qp->qp, &wr, &bad);
}

int pingpong_post_send(struct pingpong *pp, struct pingpong_qp *qp)
{
	int ret = pp->options.new_send ? send_by_calls(pp, qp)
				       : send_by_list(pp, qp);

	if (ret) {
		fprintf(stderr, "Couldn't post send\n");
		return -1;
	}
	qp->sending = true;
	qp->receiving = true;
	qp->sent++;
	pp->sent++;
	return 0;
}
