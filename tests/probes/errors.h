/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Calls that are to fail. Each is made once for its answer, and then some more
 * times to see what it leaves behind: files, mapped pages, allocated bytes.
 */
#ifndef ERRORS_H
#define ERRORS_H

#include "probe.h"

/* What most calls want; made anew for every case. */
struct world {
	struct ibv_context *context;
	struct ibv_pd *pd;
	struct ibv_cq *cq;
	struct ibv_qp *qp; /* RC, in RESET */
	struct ibv_mr *mr;
	void *page; /* what mr covers */
	/* For the cases' own use. */
	void *extra;
};

enum answer_kind {
	ANSWER_STATUS, /* 0 or a positive errno value */
	ANSWER_POINTER, /* NULL; anything else counts as 1 */
	ANSWER_NUMBER, /* whatever it is */
};

struct error_case {
	const char *name;
	enum answer_kind kind;
	/* May be called any number of times; frees what it made after all. */
	long (*call)(struct world *w);
	/* Before the calls, and after: says whether things still work. */
	void (*before)(struct world *w);
	void (*after)(struct world *w);
};

/* One function per line of the tables. */
#define CALL(name, expression)            \
	static long name(struct world *w) \
	{                                 \
		return (expression);      \
	}

/* 1 for an object, which is freed again; 0 for NULL. errno stays. */
long made_pd(struct ibv_pd *pd);
long made_mr(struct ibv_mr *mr);
long made_cq(struct ibv_cq *cq);
long made_qp(struct ibv_qp *qp);
long made_srq(struct ibv_srq *srq);
long made_ah(struct ibv_ah *ah);
long made_channel(struct ibv_comp_channel *channel);
long made_context(struct ibv_context *context);

#define INIT_MASK \
	(IBV_QP_STATE | IBV_QP_PORT | IBV_QP_PKEY_INDEX | IBV_QP_ACCESS_FLAGS)
#define RTR_MASK                                                        \
	(IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | \
	 IBV_QP_RQ_PSN | IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER)
#define RTS_MASK                                                               \
	(IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY | \
	 IBV_QP_SQ_PSN | IBV_QP_MAX_QP_RD_ATOMIC)
/* w->qp on its way to itself. */
void to_init(struct world *w);
void to_rtr(struct world *w);

struct ibv_qp_init_attr rc_attr(const struct world *w);
/* A GID of the port that packets can be sent to, and its index. */
int usable_gid(struct ibv_context *context, union ibv_gid *gid);
/* Takes the command file away: the kernel then fails every command. */
void break_kernel(struct world *w);

extern const struct error_case memory_cases[];
extern const struct error_case queue_cases[];
extern const struct error_case query_cases[];
extern const struct error_case post_cases[];
extern const struct error_case kernel_cases[];
extern const struct error_case extended_cases[];
extern const size_t num_memory_cases, num_queue_cases, num_post_cases,
	num_query_cases, num_kernel_cases, num_extended_cases;

#define NUM_OF(cases) (sizeof(cases) / sizeof((cases)[0]))

#endif
