/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Queues of the mlx5 provider without a device behind them, and the check that
 * a request becomes the expected bytes at every kind of place in the ring, by
 * ibv_post_send() and by the ibv_wr_* calls.
 */
#ifndef MLX5_QUEUES_H
#define MLX5_QUEUES_H

#include "mlx5.h"

#define QPN 0x123456
#define FILL 0xee /* what nobody has written */
#define SEG 16
#define BLOCK 64

/* A WQE's block number, which the tests fill in for each place. */
#define IDX 0, 0

struct fixture {
	struct mlx5_qp qp;
	struct mlx5_qp_sizes sizes;
	__be32 dbrec[2];
	struct mlx5_bfreg bfreg; /* doorbells only */
	uint64_t reg;
};

extern const struct mlx5_limits usual_limits;
/* A send queue of 8 blocks for WQEs of at most 2; a receive queue before it. */
extern const struct ibv_qp_init_attr_ex usual_attr;

void init_fixture(struct fixture *f, const struct ibv_qp_init_attr_ex *attr);
void fini_fixture(struct fixture *f);

/* The request by ibv_wr_* calls, between wr_start and wr_complete. */
void call_request(struct ibv_qp_ex *qp, const struct ibv_send_wr *wr,
		  enum ibv_qp_type type);
int post_by_calls(struct fixture *f, struct ibv_send_wr *wr);

/*
 * One request at all kinds of places, both ways: the ring, the doorbell and
 * what the completion will need have to be as for these bytes.
 */
void check_everywhere(struct fixture *f, struct ibv_send_wr *wr,
		      const uint8_t *wqe, size_t len);
/* In a fixture of its own. */
void check_attr(const struct ibv_qp_init_attr_ex *attr, struct ibv_send_wr *wr,
		const uint8_t *wqe, size_t len);
void check_usual(struct ibv_send_wr *wr, const uint8_t *wqe, size_t len);

void link_wrs(struct ibv_send_wr *wr, int n);
struct ibv_send_wr rdma_wr(enum ibv_wr_opcode opcode, unsigned int flags);

extern struct ibv_sge one_sge;

#define ONE_SGE_BYTES                                                     \
	0x00, 0x00, 0x10, 0x00, 0xaa, 0xbb, 0xcc, 0xdd, 0x11, 0x22, 0x33, \
		0x44, 0x55, 0x66, 0x77, 0x88

#define REMOTE_ADDR 0x0102030405060708
#define REMOTE_RKEY 0x99887766
#define REMOTE_BYTES                                                      \
	0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x99, 0x88, 0x77, \
		0x66, 0, 0, 0, 0

#endif
