/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* What the parts of verb_errnos share: objects of the device, and answers. */
#ifndef VERB_ERRNOS_H
#define VERB_ERRNOS_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <infiniband/verbs.h>

#define PAGE 4096
#define ACCESS                                             \
	(IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_READ | \
	 IBV_ACCESS_REMOTE_WRITE)

extern struct ibv_context *context, *context2;
extern struct ibv_pd *pd, *pd2; /* of the one, of the other */
extern struct ibv_cq *cq;
extern struct ibv_qp *qp;
extern struct ibv_mr *mr; /* of the first page of buf */
extern void *buf; /* four pages */

__attribute__((format(printf, 2, 3))) void answer(const char *name,
						  const char *format, ...);
/* A status call. Where errno says another value, so does the answer. */
void status(const char *name, int ret);
/* A call that gives a pointer, and one that gives -1. */
void pointer(const char *name, const void *ptr);
void minus_one(const char *name, int ret);
const char *error_name(int err);
__attribute__((noreturn)) void die(const char *what);

/* Calls that rdma-core 56 does not have. */
void test_newest(void);

#endif
