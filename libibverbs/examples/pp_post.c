// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* Work requests and their completions. */
#include <endian.h>
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <time.h>

#include "pp.h"

#define TIMEOUT_S 30

/* Only what is sent needs room; a write or a signal brings an immediate. */
int pp_post_recv(struct pp_end *end, struct pp_result *result)
{
	struct ibv_sge sge = {
		.addr = end->iova,
		.length = end->size,
		.lkey = end->mr->lkey,
	};
	struct ibv_recv_wr wr = {
		.sg_list = &sge,
		.num_sge = end->op == PP_SEND,
	};
	struct ibv_recv_wr *bad;
	int ret;

	ret = ibv_post_recv(end->qp, &wr, &bad);
	if (ret)
		return pp_fail(result, PP_FAILED, ret, "post of a receive: %s",
			       strerror(ret));
	return 0;
}

static int post(struct pp_end *end, struct ibv_send_wr *wr, uint32_t imm,
		struct pp_result *result)
{
	struct ibv_send_wr *bad;
	int ret;

	wr->send_flags = IBV_SEND_SIGNALED;
	wr->imm_data = htobe32(imm);
	wr->wr.rdma.remote_addr = end->peer.iova;
	wr->wr.rdma.rkey = end->peer.rkey;
	ret = ibv_post_send(end->qp, wr, &bad);
	if (ret)
		return pp_fail(result, PP_FAILED, ret, "post of a send: %s",
			       strerror(ret));
	return 0;
}

int pp_post_data(struct pp_end *end, enum ibv_wr_opcode opcode, uint32_t imm,
		 struct pp_result *result)
{
	struct ibv_sge sge = {
		.addr = end->iova,
		.length = end->size,
		.lkey = end->mr->lkey,
	};
	struct ibv_send_wr wr = {
		.opcode = opcode,
		.sg_list = &sge,
		.num_sge = 1,
	};

	return post(end, &wr, imm, result);
}

int pp_post_signal(struct pp_end *end, uint32_t imm, struct pp_result *result)
{
	struct ibv_send_wr wr = { .opcode = IBV_WR_SEND_WITH_IMM };

	return post(end, &wr, imm, result);
}

static int count_completion(struct pp_end *end, const struct ibv_wc *wc,
			    struct pp_result *result)
{
	if (wc->status != IBV_WC_SUCCESS)
		return pp_fail(
			result, PP_FAILED, EIO,
			"side %u: completion with error: %s (%d), vendor error 0x%x",
			end->side, ibv_wc_status_str(wc->status), wc->status,
			wc->vendor_err);
	if (wc->opcode & IBV_WC_RECV) {
		end->last_imm = be32toh(wc->imm_data);
		end->recvs_done++;
	} else {
		end->sends_done++;
	}
	return 0;
}

/* The number of completions, or -1. */
static int poll_end(struct pp_end *end, struct pp_result *result)
{
	struct ibv_wc wc;
	int n;

	n = ibv_poll_cq(end->cq, 1, &wc);
	if (n < 0)
		return pp_fail(result, PP_FAILED, EIO,
			       "poll of the completion queue failed");
	if (n && count_completion(end, &wc, result))
		return -1;
	return n;
}

/* Whether there is still something to wait for. */
static int check_patience(struct pp_end *end, time_t start,
			  struct pp_result *result)
{
	if (time(NULL) - start < 1)
		return 0;
	if (end->tcp_fd >= 0 && pp_tcp_closed(end->tcp_fd))
		return pp_fail(result, PP_FAILED, ECONNRESET,
			       "the other side gave up");
	if (time(NULL) - start > TIMEOUT_S)
		return pp_fail(result, PP_FAILED, ETIMEDOUT,
			       "side %u: no completion for %d s", end->side,
			       TIMEOUT_S);
	return 0;
}

static int wait_for(struct pp_end *end, const unsigned int *counter,
		    struct pp_result *result)
{
	time_t start = time(NULL);
	unsigned int empty = 0;
	int n;

	while (!*counter) {
		n = poll_end(end, result);
		if (n < 0)
			return -1;
		if (n || ++empty % 64)
			continue;
		/* Whoever works for us may need this CPU to do it. */
		sched_yield();
		if (check_patience(end, start, result))
			return -1;
	}
	return 0;
}

int pp_wait_send(struct pp_end *end, struct pp_result *result)
{
	if (wait_for(end, &end->sends_done, result))
		return -1;
	end->sends_done--;
	return 0;
}

int pp_wait_recv(struct pp_end *end, uint32_t imm, struct pp_result *result)
{
	if (wait_for(end, &end->recvs_done, result))
		return -1;
	end->recvs_done--;
	if (end->last_imm != imm)
		return pp_fail(result, PP_FAILED, EPROTO,
			       "side %u: immediate 0x%x instead of 0x%x",
			       end->side, end->last_imm, imm);
	return 0;
}
