/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * What a libibverbs writes into the queues of an mlx5 device. The device never
 * sees it: the kernel is told of other doorbell records than the library has,
 * so that any request can be posted at any place, and completed by hand.
 */
#ifndef DIFFERENTIAL_H
#define DIFFERENTIAL_H

#include <infiniband/mlx5dv.h>
#include <infiniband/verbs.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NUM_OF(array) (sizeof(array) / sizeof((array)[0]))

_Noreturn void die(const char *what);

/* ---- capture.c: the memory that the library shows to the kernel --------------- */

enum captured_kind {
	CAPTURE_NONE,
	CAPTURE_CQ,
	CAPTURE_QP,
	CAPTURE_SRQ,
	CAPTURE_WQ,
};

struct captured {
	uint8_t *buf;
	uint8_t *sq_buf; /* NULL: behind the receive queue */
	volatile uint32_t *dbrec; /* the library's own, big-endian */
	uint32_t cqe_size;
	uint32_t sq_blocks;
	uint32_t rq_wqes;
	uint32_t rq_shift;
	uint32_t flags; /* of the request to create a QP */
	uint32_t uidx;
};

/* What the next object of this kind is made of goes to `to`. */
void capture(enum captured_kind kind, struct captured *to);

/* ---- world.c: objects of one device -------------------------------------------- */

struct side {
	const char *name;
	struct ibv_qp *qp;
	struct ibv_qp_ex *qpx;
	struct captured ring;
	struct ibv_qp_cap cap;
	uint32_t polled; /* the blocks before it are completed */
};

struct world {
	struct ibv_context *context;
	struct ibv_pd *pd;
	struct ibv_mr *mr; /* windows can be bound to it */
	struct ibv_mr *plain_mr;
	struct ibv_mw *mw[2]; /* of type 1 and 2 */
	struct ibv_ah *ah;
	struct ibv_cq *cq;
	struct captured cq_ring;
	uint32_t cq_num;
	uint32_t cq_pi;
	struct ibv_srq *srq;
	struct captured srq_ring;
	uint32_t srq_stride;
	union ibv_gid gid;
	int gid_index;
};

void open_world(struct world *w, const char *device);
void close_world(struct world *w);
/* A QP in RTS, with all ibv_wr_* calls that its type has. */
void open_side(struct world *w, struct side *side, const char *name,
	       enum ibv_qp_type type, bool signal_all);
/* One that changes keys, by direct verbs. */
void open_key_side(struct world *w, struct side *side);
void close_side(struct side *side);
/* As the device does when the request at block has been executed. */
struct ibv_wc complete_send(struct world *w, const struct side *side,
			    uint32_t block, uint8_t opcode);

/* ---- requests.c: what is posted ------------------------------------------------- */

struct request {
	char name[64];
	struct ibv_send_wr wr;
	struct ibv_sge sge[16];
};

/*
 * How many there are for QPs of this type; fills in the one of number i, or
 * returns false if that makes no sense.
 */
size_t num_requests(enum ibv_qp_type type);
/* The same with different flags are next to each other. */
size_t num_flags(void);
bool is_usual(size_t i); /* signaled, and nothing else */
bool make_request(struct world *w, struct side *side, size_t i,
		  struct request *to);
typedef int post_fn(struct world *w, struct side *side,
		    struct request *request);
int post_by_list(struct world *w, struct side *side, struct request *request);
int post_by_calls(struct world *w, struct side *side, struct request *request);
int post_by_verb(struct world *w, struct side *side, struct request *request);

/* ---- main.c: the send queue ------------------------------------------------------ */

enum { NEAR_THE_END = 6 }; /* blocks before it that requests are begun at */

void print_geometry(const struct side *side);
/* The next request is to begin so many blocks before the end; nobody has written
 * to the queue. */
void prepare(struct world *w, struct side *side, uint32_t to_end);
/* What was posted since the last time, and what its completion says. */
void print_posted(struct world *w, struct side *side);

/* ---- keys.c: requests that change keys --------------------------------------- */

void check_keys(struct world *w);

/* ---- packets.c: raw packets ---------------------------------------------------- */

void check_packets(struct world *w);

/* ---- print.c ------------------------------------------------------------------- */

void print_bytes(const uint8_t *bytes, size_t len);

/* ---- receive.c: receives, and asking for events -------------------------------- */

void check_receives(struct world *w, struct side *side);
void check_shared_receives(struct world *w);
void check_wq_receives(struct world *w);
void check_events(struct world *w);

#endif
