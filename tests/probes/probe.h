/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Programs that ask a verbs library what it answers to calls of all kinds,
 * mistakes among them, and print one line per case. They use nothing but the
 * public headers, so that the same binary asks any build of libibverbs.so.1,
 * and a test compares the answers.
 *
 * A case runs in a process of its own: a crash or a hang is an answer too.
 */
#ifndef PROBE_H
#define PROBE_H

#include <stddef.h>

#include <infiniband/verbs.h>

struct probe_case {
	const char *name;
	/* Gets the device opened; says what it saw. */
	void (*run)(struct ibv_context *context);
	const void *arg; /* for run, by way of probe_current */
};

/* The case that runs. */
extern const struct probe_case *probe_current;

/* Adds to the answer of the running case. */
void probe_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* "NAME" of an errno value, or the number. */
const char *probe_errno(int err);
/* For what a case needs and cannot get: ends it with that answer. */
void probe_broken(const char *what);
#define PROBE_NEED(what)                     \
	do {                                 \
		if (!(what))                 \
			probe_broken(#what); \
	} while (0)

/* main() of every program, with its cases: PROGRAM DEVICE [CASE...]. */
int probe_main(const struct probe_case *cases, size_t num, int argc,
	       char **argv);

#endif
