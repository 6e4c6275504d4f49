/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef MOTION_H
#define MOTION_H

#include <infiniband/verbs.h>
#include <stdbool.h>
#include <stdint.h>

#include "dmabuf_exporter.h"

/* What each connection has of each buffer. */
#define SLOT 512
#define MAX_PAIRS 64

struct motion_options {
	const char *device;
	unsigned int pairs;
	unsigned long rounds; /* of each pair */
	unsigned long revoke_after; /* moves; 0: never */
	const char *exporter;
	bool close_early; /* the traffic runs without a descriptor */
	bool may_fail; /* a connection may end with an error */
};

_Noreturn void motion_die(const char *what);

/* ---- The mover ------------------------------------------------------------ */

enum {
	NEAR, /* local to who posts the requests */
	FAR, /* where one-sided requests go */
	INBOX, /* where sends go */
	NUM_BUFS,
};

/* A process of its own, as it keeps the descriptors. */
struct mover {
	int orders; /* closing it ends the moves */
	int report;
	int pid;
};

struct mover_report {
	uint64_t moves;
	uint64_t violations; /* mappings that outlived a notification */
	uint64_t guard_bad_bytes;
	uint32_t mapped; /* of the buffer that was revoked */
};

void mover_start(struct mover *mover, struct dmabuf_buf *bufs[NUM_BUFS],
		 unsigned long revoke_after);
/* From now on moves count: the traffic is under way. */
void mover_begin(struct mover *mover);
struct mover_report mover_stop(struct mover *mover);

/* ---- The traffic ---------------------------------------------------------- */

struct traffic_report {
	uint64_t rounds;
	unsigned int failed; /* connections that ended with an error */
};

/*
 * Connects pairs of queue pairs on the device and registers the buffers, then
 * runs the rounds. Exits at the first wrong byte, and says where it is.
 */
void traffic_set_up(const struct motion_options *options,
		    struct dmabuf_buf *bufs[NUM_BUFS]);
/* So many more rounds; the report is of all so far. */
struct traffic_report traffic_run(unsigned long rounds);
void traffic_tear_down(void);

#endif
