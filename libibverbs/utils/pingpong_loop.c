// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* To and fro: a QP whose message went and whose answer came sends again. */
#include <errno.h>
#include <stdio.h>

#include "pingpong.h"

static struct pingpong_qp *find_qp(struct pingpong *pp, uint32_t num)
{
	int i;

	for (i = 0; i < pp->options.num_qp; i++) {
		if (pp->qps[i].qp->qp_num == num ||
		    (pp->qps[i].recv_qp && pp->qps[i].recv_qp->qp_num == num))
			return &pp->qps[i];
	}
	fprintf(stderr, "Couldn't find QPN %06x\n", num);
	return NULL;
}

static int refill(struct pingpong *pp)
{
	int missing;

	if (--pp->posted > pp->options.num_qp)
		return 0;
	missing = pp->options.rx_depth - pp->posted;
	return pingpong_post_recv(pp, missing);
}

static void note_stamp(struct pingpong *pp, uint64_t stamp)
{
	uint64_t delta = stamp - pp->last_stamp;

	if (pp->last_stamp) {
		if (!pp->num_stamps || delta < pp->min_stamp)
			pp->min_stamp = delta;
		if (delta > pp->max_stamp)
			pp->max_stamp = delta;
		pp->sum_stamp += delta;
		pp->num_stamps++;
	}
	pp->last_stamp = stamp;
}

static int completed(struct pingpong *pp, uint64_t wr_id, uint32_t qp_num,
		     enum ibv_wc_status status)
{
	struct pingpong_qp *qp;

	if (status != IBV_WC_SUCCESS) {
		fprintf(stderr, "Failed status %s (%d) for wr_id %d\n",
			ibv_wc_status_str(status), status, (int)wr_id);
		return -1;
	}
	qp = find_qp(pp, qp_num);
	if (!qp)
		return -1;
	if (wr_id == SEND_ID) {
		qp->sending = false;
		pp->sends_done++;
	} else {
		qp->receiving = false;
		pp->recvs_done++;
		if (refill(pp))
			return -1;
	}
	if (qp->sending || qp->receiving || pp->sent >= pp->options.iters ||
	    qp->sent >= pp->options.iters_of_qp)
		return 0;
	return pingpong_post_send(pp, qp);
}

/* Both: the number of completions, or -1. */
static int poll_stamped(struct pingpong *pp)
{
	struct ibv_poll_cq_attr attr = {};
	struct ibv_cq_ex *cq = pp->cq_ex;
	int ret = ibv_start_poll(cq, &attr);

	if (ret == ENOENT)
		return 0;
	if (ret) {
		fprintf(stderr, "poll CQ failed %d\n", ret);
		return -1;
	}
	if (ibv_wc_read_opcode(cq) == IBV_WC_RECV &&
	    cq->status == IBV_WC_SUCCESS)
		note_stamp(pp, ibv_wc_read_completion_ts(cq));
	ret = completed(pp, cq->wr_id, ibv_wc_read_qp_num(cq), cq->status);
	ibv_end_poll(cq);
	return ret ? -1 : 1;
}

static int poll_plain(struct pingpong *pp)
{
	struct ibv_wc wc;
	int ret = ibv_poll_cq(pp->cq, 1, &wc);

	if (ret < 0)
		fprintf(stderr, "poll CQ failed %d\n", ret);
	if (ret <= 0)
		return ret;
	return completed(pp, wc.wr_id, wc.qp_num, wc.status) ? -1 : 1;
}

/* The CQ is armed before it is found empty, or an event might be missed. */
static int wait_event(struct pingpong *pp)
{
	struct ibv_cq *cq;
	void *context;

	if (ibv_get_cq_event(pp->channel, &cq, &context)) {
		fprintf(stderr, "Failed to get cq_event\n");
		return -1;
	}
	pp->events++;
	if (!ibv_req_notify_cq(pp->cq, 0))
		return 0;
	fprintf(stderr, "Couldn't request CQ notification\n");
	return -1;
}

int pingpong_loop(struct pingpong *pp)
{
	int iters = pp->options.iters;
	int ret;

	while (pp->sends_done < iters || pp->recvs_done < iters) {
		ret = pp->cq_ex ? poll_stamped(pp) : poll_plain(pp);
		if (ret < 0)
			return -1;
		if (!ret && pp->channel && wait_event(pp))
			return -1;
	}
	return 0;
}
