/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * The kernel's side of ioctl(2), for tests that link the library's objects
 * with -Wl,--wrap=ioctl: records the last command, byte for byte, and answers
 * as told.
 */
#ifndef FAKE_KERNEL_H
#define FAKE_KERNEL_H

#include <rdma/rdma_user_ioctl_cmds.h>

#include "driver.h"

#define FAKE_MAX_ATTRS 24
#define FAKE_MAX_PAYLOAD 512

struct fake_attr {
	struct ib_uverbs_attr raw;
	/* What an input longer than 8 bytes pointed to. */
	unsigned char payload[FAKE_MAX_PAYLOAD];
};

struct fake_call {
	int calls; /* since fake_reset() */
	int fd;
	unsigned long request;
	struct ib_uverbs_ioctl_hdr hdr;
	struct fake_attr attr[FAKE_MAX_ATTRS];
};

extern struct fake_call fake;

/* A context as the library leaves it, without a device behind it. */
struct ibv_context *fake_context(void);

void fake_reset(void);
/* The next calls fail with err; 0: they succeed. */
void fake_fail(int err);
/*
 * Attributes with this id (of methods that create or answer) are answered:
 * a new handle, or len bytes of output.
 */
void fake_answer_handle(uint16_t id, uint64_t handle);
void fake_answer_bytes(uint16_t id, const void *bytes, size_t len);
/* Likewise, of one object's methods alone: others have inputs of that id. */
void fake_answer_object(uint16_t object, uint16_t id, const void *bytes,
			size_t len);

/* The n-th attribute sent. */
const struct fake_attr *fake_nth(int n);

#endif
