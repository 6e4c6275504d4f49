/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef WR_CALLS_H
#define WR_CALLS_H

/*
 * What a work request says, said by the ibv_wr_* calls: each a part of it,
 * between ibv_wr_start() and ibv_wr_complete().
 */
#include <infiniband/verbs.h>
#include <stdbool.h>

#define WR_CALLS_MAX_SGE 16

/* False, and nothing is called, if no call has the opcode. */
bool call_opcode(struct ibv_qp_ex *qp, const struct ibv_send_wr *wr);
/* Its pieces as inline data; at most WR_CALLS_MAX_SGE of them. */
void call_inline(struct ibv_qp_ex *qp, const struct ibv_send_wr *wr);
/* Where it goes to, for the types of QPs whose requests say so. */
void call_address(struct ibv_qp_ex *qp, const struct ibv_send_wr *wr,
		  enum ibv_qp_type type);

#endif
