/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Many threads that do everything at once to one device. The jobs check what
 * the calls return; races are for the thread sanitizer to see.
 */
#ifndef THREADS_H
#define THREADS_H

#include <infiniband/verbs.h>

/* What all threads work on together. */
struct shared {
	struct ibv_device *device;
	struct ibv_context *context;
	struct ibv_pd *pd;
	struct ibv_comp_channel *channel;
	struct ibv_cq *cq;
	struct ibv_mr *mr;
	struct ibv_qp *qp; /* its own peer */
	char *memory;
};

/* One thread's state from job to job. */
struct worker {
	struct shared *shared;
	unsigned int number;
	unsigned int round;
};

struct job {
	const char *name;
	void (*run)(struct worker *w);
};

extern const struct job jobs[];
extern const unsigned int num_jobs;

#define MEMORY_SIZE 65536

/* Ends the program with what went wrong, and errno. */
void die(const char *what);
#define CHECK(what)                 \
	do {                        \
		if (!(what))        \
			die(#what); \
	} while (0)

#endif
