/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef FAKE_GPU_H
#define FAKE_GPU_H

#include <stdbool.h>
#include <stdint.h>

#define EXPORTED __attribute__((visibility("default")))

/*
 * The libraries of GPU drivers that test_dmabuf_gpu loads in place of the real ones:
 * fake_cuda.c and fake_hip.c. Their memory is the host's, and what they export is a
 * memfd. Each gives one of these out by the name fake_gpu.
 */
struct fake_gpu {
	const char *failing; /* the call that fails, with status */
	int status;
	const char *wrong; /* the first wrong argument, for ever */
	int live; /* allocations, and contexts that are held */
	int depth; /* of the stack of contexts */
	int unsynchronized; /* writes that may not have arrived */
	uint64_t offset; /* of what is exported within the dma-buf */
	char *memory; /* of the last allocation */
	uint64_t exported; /* address and size of the last export */
	uint64_t exported_size;
};

extern struct fake_gpu fake_gpu;
/* A status for the call: what the test set, or 1 if an argument is wrong. */
int check(const char *call, bool right);

#endif
