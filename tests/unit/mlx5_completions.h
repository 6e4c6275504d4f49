/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * A completion queue of the mlx5 provider and two QPs on it, without a device:
 * the test plays it and writes entries byte for byte, in all formats (64 and
 * 128 bytes, lookup by user index and by QP number).
 */
#ifndef MLX5_COMPLETIONS_H
#define MLX5_COMPLETIONS_H

#include "mlx5.h"

#define NUM_CQE 8
#define CQE_LEN 64
#define FILL 0xee

/* Two QPs, so that every test can see them mixed up. */
#define QPN_A 0x00a1b2
#define QPN_B 0xffeedd
#define UIDX_A 5
#define UIDX_B 0x123456

struct format {
	uint32_t cqe_size;
	uint8_t version;
};

struct side { /* a QP and its doorbells */
	struct mlx5_qp qp;
	__be32 dbrec[2];
	struct mlx5_bfreg bfreg;
	uint64_t reg;
};

struct fixture {
	const struct format *format;
	struct mlx5_context ctx;
	struct mlx5_cq cq;
	__be32 dbrec[2];
	uint64_t arm_reg;
	struct mlx5_table rscs;
	struct mlx5_table srqs;
	struct side a;
	struct side b;
	uint32_t pi; /* the device's: where the next entry goes */
	bool extended; /* how poll_one() does it */
};

struct fixture *new_fixture(const struct format *format);
void free_fixture(struct fixture *f);
/* Each format with each way to poll. */
void for_each_format(void (*test)(struct fixture *f));
/* Its rings are as new. */
void restart(struct side *s);
/* Likewise, and of other sizes. */
void remake(struct side *s, const struct ibv_qp_init_attr_ex *attr);

/* The device's side. op is the CQE's opcode; s says whose it is. */
uint8_t *slot(struct fixture *f, uint32_t i);
void put_be(uint8_t *dst, uint64_t value, int len);
uint8_t *put_cqe(struct fixture *f, struct side *s, uint8_t op);
uint8_t *put_send(struct fixture *f, struct side *s, uint16_t block);

/* The program's side. */
void post_send(struct side *s, uint64_t wr_id, enum ibv_wr_opcode op);
void post_recv(struct side *s, uint64_t wr_id);
int poll_cq(struct fixture *f, int n, struct ibv_wc *wc);
int start_poll(struct fixture *f);
void poll_one(struct fixture *f, struct ibv_wc *wc);
void check_ci(struct fixture *f, uint32_t ci);

#endif
