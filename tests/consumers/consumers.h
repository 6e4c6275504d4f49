/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef CONSUMERS_H
#define CONSUMERS_H

/*
 * What the programs of this folder share. Each does to libibverbs what one
 * well-known program does: looks up the symbols, probes for dma-buf support,
 * registers a buffer, and has bytes written into it. The helpers call verbs
 * only through the table that the consumer filled its own way.
 */
#include <infiniband/verbs.h>

#include "dmabuf_exporter.h"

#define CONSUMER_PAGE 4096
#define CONSUMER_REMOTE_ACCESS                                  \
	(IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | \
	 IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_ATOMIC)

/* Names and prototypes of the calls that every consumer needs. */
#define CONSUMER_VERBS(V)                                                      \
	V(ibv_get_device_list, struct ibv_device **, (int *))                  \
	V(ibv_free_device_list, void, (struct ibv_device **))                  \
	V(ibv_get_device_name, const char *, (struct ibv_device *))            \
	V(ibv_open_device, struct ibv_context *, (struct ibv_device *))        \
	V(ibv_close_device, int, (struct ibv_context *))                       \
	V(ibv_alloc_pd, struct ibv_pd *, (struct ibv_context *))               \
	V(ibv_dealloc_pd, int, (struct ibv_pd *))                              \
	V(ibv_reg_mr, struct ibv_mr *, (struct ibv_pd *, void *, size_t, int)) \
	V(ibv_dereg_mr, int, (struct ibv_mr *))                                \
	V(ibv_query_gid, int,                                                  \
	  (struct ibv_context *, uint8_t, int, union ibv_gid *))               \
	V(ibv_create_cq, struct ibv_cq *,                                      \
	  (struct ibv_context *, int, void *, struct ibv_comp_channel *, int)) \
	V(ibv_destroy_cq, int, (struct ibv_cq *))                              \
	V(ibv_create_qp, struct ibv_qp *,                                      \
	  (struct ibv_pd *, struct ibv_qp_init_attr *))                        \
	V(ibv_modify_qp, int, (struct ibv_qp *, struct ibv_qp_attr *, int))    \
	V(ibv_destroy_qp, int, (struct ibv_qp *))

struct consumer_verbs {
#define MEMBER(name, type, args) type(*name) args;
	CONSUMER_VERBS(MEMBER)
#undef MEMBER
	struct ibv_mr *(*ibv_reg_dmabuf_mr)(struct ibv_pd *, uint64_t, size_t,
					    uint64_t, int, int);
};

enum consumer_answer {
	CONSUMER_SUPPORTED,
	CONSUMER_NOT_SUPPORTED,
	CONSUMER_ERROR,
};

struct consumer {
	const char *name;
	/* Fills *verbs as this consumer finds its symbols: 0, or -1. */
	int (*look_up)(struct consumer_verbs *verbs);
	/* What the consumer takes the device for. */
	enum consumer_answer (*probe)(const struct consumer_verbs *verbs,
				      struct ibv_context *context);
	/* Registers as much of buf as the consumer would; *iova is where. */
	struct ibv_mr *(*reg)(const struct consumer_verbs *verbs,
			      struct ibv_pd *pd, const struct dmabuf_buf *buf,
			      uint64_t *iova);
};

/* look_up() of the programs that are linked to the library. */
#define CONSUMER_LINKED_LOOK_UP                                       \
	static int look_up_linked(struct consumer_verbs *verbs)       \
	{                                                             \
		CONSUMER_VERBS(CONSUMER_TAKE)                         \
		verbs->ibv_reg_dmabuf_mr = ibv_reg_dmabuf_mr;         \
		return 0;                                             \
	}
#define CONSUMER_TAKE(name, type, args) verbs->name = (name);

/* main() of every program: consumer_NAME [--json] DEVICE. */
int consumer_main(const struct consumer *consumer, int argc, char **argv);

#endif
