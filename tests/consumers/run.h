/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef CONSUMERS_RUN_H
#define CONSUMERS_RUN_H

/* One run of a program of this folder, between its two halves. */
#include "consumers.h"

struct run {
	const struct consumer *consumer;
	struct consumer_verbs v;
	struct ibv_context *context;
	int gid_index;
	char exporters[160]; /* those that bytes went through */
	char detail[480]; /* what went wrong */
};

/* Says so in run->detail; -1. */
int run_fail(struct run *run, const char *what, int code);

/*
 * Registers a buffer offset bytes into a new dma-buf of that exporter, as the
 * consumer does, has the device move bytes through the region, and looks at
 * every byte of the dma-buf. 0, or -1 with run->detail.
 */
int run_transfer(struct run *run, const char *exporter, uint64_t offset);

#endif
