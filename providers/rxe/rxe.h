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
#include <stdbool.h>

#include "driver.h"
#include "queue.h"

/* Not taken where the program promised that one thread uses the queue. */
struct rxe_lock {
	pthread_spinlock_t spin;
	bool single_threaded;
};

static inline void rxe_lock_init(struct rxe_lock *lock, bool single_threaded)
{
	pthread_spin_init(&lock->spin, PTHREAD_PROCESS_PRIVATE);
	lock->single_threaded = single_threaded;
}

static inline void rxe_lock_fini(struct rxe_lock *lock)
{
	pthread_spin_destroy(&lock->spin);
}

static inline void rxe_lock(struct rxe_lock *lock)
{
	if (!lock->single_threaded)
		pthread_spin_lock(&lock->spin);
}

static inline void rxe_unlock(struct rxe_lock *lock)
{
	if (!lock->single_threaded)
		pthread_spin_unlock(&lock->spin);
}

struct rxe_cq {
	union {
		struct ibv_cq ibv;
		struct verbs_cq vcq;
	};
	struct rxe_lock lock; /* the consumer's side of the ring */
	struct rxe_ring ring;
	/* From ibv_start_poll() to ibv_end_poll(): */
	const struct ib_uverbs_wc *cqe; /* the current entry */
	uint32_t next; /* the index behind it */
};

/* From ibv_wr_start() to ibv_wr_complete() or ibv_wr_abort(), under the lock */
struct rxe_batch {
	struct rxe_send_wqe *wqe; /* the latest request; NULL after an error */
	uint32_t producer; /* the index behind it, not published yet */
	uint32_t ssn; /* of the first request */
	int err; /* the first one */
};

struct rxe_send_queue {
	struct rxe_lock lock; /* the producer's side of the ring, and ssn */
	struct rxe_ring ring;
	uint32_t max_sge;
	uint32_t max_inline;
	uint32_t ssn; /* sequence number of the next request */
	uint32_t opcodes; /* bit n: enum ibv_wr_opcode n may be posted */
	struct rxe_batch batch;
};

/* Of a QP or an SRQ. */
struct rxe_recv_queue {
	struct rxe_lock lock; /* the producer's side of the ring */
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

/* Of queues in this PD: it is a parent domain with a thread domain. */
static inline bool rxe_is_single_threaded(struct ibv_pd *pd)
{
	return to_vpd(pd)->td != NULL;
}

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
 * Writes wr into a slot. Returns 0, or EINVAL for an opcode that the queue
 * does not take, too many SGEs, inline data longer than the queue allows, or a
 * message that a 32-bit length cannot express.
 */
int rxe_encode_send(const struct rxe_send_queue *sq, struct rxe_send_wqe *wqe,
		    const struct ibv_send_wr *wr);
/* Likewise. */
int rxe_encode_recv(const struct rxe_recv_queue *rq, struct rxe_recv_wqe *wqe,
		    const struct ibv_recv_wr *wr);

/* ---- wr.c, poll.c: what programs call through the objects ------------------- */

/* EOPNOTSUPP for a call that QPs of this type do not have. */
int rxe_set_wr_ops(struct rxe_qp *qp, enum ibv_qp_type type,
		   uint64_t send_ops_flags);
void rxe_set_poll_ops(struct rxe_cq *cq);

/* ---- the ops ---------------------------------------------------------------- */

struct ibv_cq *rxe_create_cq(struct ibv_context *context, int cqe,
			     struct ibv_comp_channel *channel, int comp_vector);
struct ibv_cq_ex *rxe_create_cq_ex(struct ibv_context *context,
				   struct ibv_cq_init_attr_ex *attr);
int rxe_resize_cq(struct ibv_cq *cq, int cqe);
int rxe_destroy_cq(struct ibv_cq *cq);
int rxe_poll_cq(struct ibv_cq *cq, int num_entries, struct ibv_wc *wc);

struct ibv_qp *rxe_create_qp_ex(struct ibv_context *context,
				struct ibv_qp_init_attr_ex *attr);
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

int rxe_bind_mw(struct ibv_qp *qp, struct ibv_mw *mw, struct ibv_mw_bind *bind);

#endif
