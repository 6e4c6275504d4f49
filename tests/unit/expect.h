/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * What the library's last command looked like when it reached fake_kernel.c.
 * Attributes are counted from 0, in the order in which they were sent.
 */
#ifndef EXPECT_H
#define EXPECT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_kernel.h"

/* Objects, the kernel's numbers. */
enum {
	OBJ_DEVICE = 0,
	OBJ_PD = 1,
	OBJ_CQ = 3,
	OBJ_QP = 4,
	OBJ_SRQ = 5,
	OBJ_AH = 6,
	OBJ_MR = 7,
	OBJ_MW = 8,
	OBJ_FLOW = 9,
	OBJ_XRCD = 10,
	OBJ_RWQ_IND_TABLE = 11,
	OBJ_WQ = 12,
	OBJ_FLOW_ACTION = 13,
	OBJ_COUNTERS = 15,
	OBJ_ASYNC_EVENT = 16,
};

/* Attributes of INVOKE_WRITE. */
enum { CORE_IN = 0, CORE_OUT = 1, WRITE_CMD = 2 };
enum { UHW_IN = 0x1000, UHW_OUT = 0x1001 };

/* For cmocka: a fresh fake kernel. */
int setup(void **state);

/* A PD of fake_context() with handle 0x51. */
struct ibv_pd *pd(void);

void expect_method(int object, int method, int num_attrs);
/* An attribute whose value travels inside it. */
void expect_inline(int n, int id, int len, uint64_t data);
/* An output, or an input too long to travel inside. */
void expect_pointer(int n, int id, int len);
void expect_payload(int n, int id, const void *bytes, int len);
/* INVOKE_WRITE, with the command's number as attribute cmd_at. */
void expect_write_cmd(uint32_t command, int num_attrs, int cmd_at);

#endif
