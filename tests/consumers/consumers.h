/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef CONSUMERS_H
#define CONSUMERS_H

/*
 * What the programs of this folder share. Each does to libibverbs what one
 * well-known program does: looks up the symbols, probes for dma-buf support,
 * registers a buffer, and has bytes moved into or out of it. The helpers call
 * verbs only through the table that the consumer filled its own way.
 */
#include <infiniband/verbs.h>

#include "dmabuf_exporter.h"

#define CONSUMER_PAGE 4096
#define CONSUMER_REMOTE_ACCESS                              \
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
	/* May be missing. */
	struct ibv_mr *(*ibv_reg_dmabuf_mr)(struct ibv_pd *, uint64_t, size_t,
					    uint64_t, int, int);
};

enum consumer_answer {
	CONSUMER_SUPPORTED,
	CONSUMER_NOT_SUPPORTED,
	CONSUMER_ERROR,
};

/* What the consumer is asked to register: it lies offset into the dma-buf. */
struct consumer_buffer {
	int fd; /* closed right after the registration */
	uint64_t offset;
	uint8_t *addr;
	size_t length;
};

struct consumer {
	const char *name;
	/* Fills *verbs as this consumer finds its symbols: 0, or -1. */
	int (*look_up)(struct consumer_verbs *verbs);
	/* What the consumer takes the device for. */
	enum consumer_answer (*probe)(const struct consumer_verbs *verbs,
				      struct ibv_context *context);
	/* Registers as the consumer would; *iova is where buf is then. */
	struct ibv_mr *(*reg)(const struct consumer_verbs *verbs,
			      struct ibv_pd *pd,
			      const struct consumer_buffer *buf,
			      uint64_t *iova);
	/* Its dma-bufs are exported from the page in which the buffer is. */
	bool exports_pages;
	/* Peers read its buffers, and may not write. */
	bool read_only;
};

/* look_up() of the programs that are linked to the library. */
#define CONSUMER_LINKED_LOOK_UP                                 \
	static int look_up_linked(struct consumer_verbs *verbs) \
	{                                                       \
		CONSUMER_VERBS(CONSUMER_TAKE)                   \
		verbs->ibv_reg_dmabuf_mr = ibv_reg_dmabuf_mr;   \
		return 0;                                       \
	}
#define CONSUMER_TAKE(name, type, args) verbs->name = (name);

/* A symbol that a consumer looks up itself; without a version, NULL. */
struct consumer_symbol {
	const char *name;
	const char *version;
	bool optional;
};

/* The library by the first of these names that there is; NULL ends them. */
void *consumer_open_library(const char *const *names);
void *consumer_find(void *library, const struct consumer_symbol *symbol);
/* Whether all that may not be missing are there; says which one is not. */
bool consumer_has_all(void *library, const struct consumer_symbol *symbols,
		      size_t count);
/* Fills the table with symbols at @version, or at any if that is NULL. */
int consumer_fill(struct consumer_verbs *verbs, void *library,
		  const char *version);

/*
 * NCCL's rule, which others share: registers descriptor -1 and length 0, and
 * takes every errno but two for support. errno is not cleared before, and what
 * the call returns is not looked at.
 */
enum consumer_answer consumer_probe_errno(const struct consumer_verbs *verbs,
					  struct ibv_context *context);
/* What such an errno amounts to. */
enum consumer_answer consumer_judge_errno(int code);

/* By registering a buffer of that size, which try() does. */
typedef enum consumer_answer (*consumer_try)(const struct consumer_verbs *verbs,
					     struct ibv_pd *pd,
					     const struct dmabuf_buf *buf);
enum consumer_answer consumer_probe_buffer(const struct consumer_verbs *verbs,
					   struct ibv_context *context,
					   size_t size, consumer_try try);

/* Drops what try() registered; that it did is the answer. */
enum consumer_answer consumer_drop_trial(const struct consumer_verbs *verbs,
					 struct ibv_mr *mr);

/* The usual registration: known to peers by its own address. */
struct ibv_mr *consumer_reg_at_address(const struct consumer_verbs *verbs,
				       struct ibv_pd *pd,
				       const struct consumer_buffer *buf,
				       uint64_t *iova);

/* main() of every program: consumer_NAME [--json] DEVICE. */
int consumer_main(const struct consumer *consumer, int argc, char **argv);

#endif
