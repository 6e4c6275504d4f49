/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Provider for the kernel's soft-RoCE driver, rxe. Its work and completion
 * queues are rings in memory that the kernel allocates and we map; requests
 * and completions in them are the structs of <rdma/rdma_user_rxe.h>.
 */
#ifndef RXE_H
#define RXE_H

#include <pthread.h>

#include "driver.h"
#include "queue.h"

struct rxe_cq {
	union {
		struct ibv_cq ibv;
		struct verbs_cq vcq;
	};
	pthread_spinlock_t lock; /* the consumer's side of the ring */
	struct rxe_ring ring;
};

struct rxe_send_queue {
	pthread_spinlock_t lock; /* the producer's side of the ring, and ssn */
	struct rxe_ring ring;
	uint32_t max_sge;
	uint32_t max_inline;
	uint32_t ssn; /* sequence number of the next request */
	uint32_t opcodes; /* bit n: enum ibv_wr_opcode n may be posted */
};

/* Of a QP or an SRQ. */
struct rxe_recv_queue {
	pthread_spinlock_t lock; /* the producer's side of the ring */
	struct rxe_ring ring;
	uint32_t max_sge;
};

struct rxe_qp {
	union {
		struct ibv_qp ibv;
		struct verbs_qp vqp;
	};
	struct rxe_send_queue sq;
	struct rxe_recv_queue rq; /* not mapped when the QP has an SRQ */
};

struct rxe_srq {
	struct ibv_srq ibv;
	struct rxe_recv_queue rq;
};

struct rxe_ah {
	struct ibv_ah ibv;
	uint32_t num; /* the driver's name for it in work requests */
};

static inline struct rxe_cq *to_rxe_cq(struct ibv_cq *cq)
{
	return verbs_container_of(cq, struct rxe_cq, ibv);
}

static inline struct rxe_qp *to_rxe_qp(struct ibv_qp *qp)
{
	return verbs_container_of(qp, struct rxe_qp, ibv);
}

static inline struct rxe_srq *to_rxe_srq(struct ibv_srq *srq)
{
	return verbs_container_of(srq, struct rxe_srq, ibv);
}

static inline struct rxe_ah *to_rxe_ah(struct ibv_ah *ah)
{
	return verbs_container_of(ah, struct rxe_ah, ibv);
}

/* ---- wqe.c: what the slots of the rings hold ------------------------------ */

/* The enum ibv_wr_opcode bits that a send queue of that type takes. */
uint32_t rxe_send_opcodes(enum ibv_qp_type type);
/*
 * Writes wr into a slot. Returns 0, or EINVAL (without touching the slot) for
 * an opcode that the queue does not take, too many SGEs, inline data longer
 * than the queue allows, or a message that a 32-bit length cannot express.
 */
int rxe_encode_send(const struct rxe_send_queue *sq, struct rxe_send_wqe *wqe,
		    const struct ibv_send_wr *wr);
/* Likewise. */
int rxe_encode_recv(const struct rxe_recv_queue *rq, struct rxe_recv_wqe *wqe,
		    const struct ibv_recv_wr *wr);
void rxe_decode_cqe(struct ibv_wc *wc, const struct ib_uverbs_wc *cqe);

/* ---- the ops ---------------------------------------------------------------- */

struct ibv_cq *rxe_create_cq(struct ibv_context *context, int cqe,
			     struct ibv_comp_channel *channel, int comp_vector);
int rxe_resize_cq(struct ibv_cq *cq, int cqe);
int rxe_destroy_cq(struct ibv_cq *cq);
int rxe_poll_cq(struct ibv_cq *cq, int num_entries, struct ibv_wc *wc);

struct ibv_qp *rxe_create_qp(struct ibv_pd *pd, struct ibv_qp_init_attr *attr);
int rxe_destroy_qp(struct ibv_qp *qp);
int rxe_post_send(struct ibv_qp *qp, struct ibv_send_wr *wr,
		  struct ibv_send_wr **bad_wr);
int rxe_post_recv(struct ibv_qp *qp, struct ibv_recv_wr *wr,
		  struct ibv_recv_wr **bad_wr);

struct ibv_srq *rxe_create_srq(struct ibv_pd *pd,
			       struct ibv_srq_init_attr *attr);
int rxe_modify_srq(struct ibv_srq *srq, struct ibv_srq_attr *attr,
		   int attr_mask);
int rxe_destroy_srq(struct ibv_srq *srq);
int rxe_post_srq_recv(struct ibv_srq *srq, struct ibv_recv_wr *wr,
		      struct ibv_recv_wr **bad_wr);

struct ibv_ah *rxe_create_ah(struct ibv_pd *pd, struct ibv_ah_attr *attr);
int rxe_destroy_ah(struct ibv_ah *ah);

#endif
