/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef FUZZ_NOISE_H
#define FUZZ_NOISE_H

#include <stdint.h>
#include <stdlib.h>

struct ibv_context;

/* 0 … below - 1; below is not 0. The same run for the same srandom(). */
static inline uint32_t noise(uint32_t below)
{
	return (uint32_t)random() % below;
}

/*
 * One in so many verbs ioctls of this process is changed on its way to the
 * kernel; 0: none.
 */
extern uint32_t mutation_rate;

/* What became of those that were changed. */
struct mutation_stats {
	uint64_t accepted;
	uint64_t refused;
};

extern struct mutation_stats *mutation_stats;

/* Creates, uses and destroys objects of all kinds, so many times. */
void run_actions(struct ibv_context *context, int dmabuf_fd, uint32_t count);

/* The same to what the device makes by commands of its own: DEVX. */
void act_on_devx(struct ibv_context *context);

#endif
