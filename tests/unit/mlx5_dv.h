/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * A context of an mlx5 device, and one of another's, for direct verbs. Commands
 * go to fake_kernel.c, and mmap() of the context's file comes here.
 */
#ifndef MLX5_DV_TEST_H
#define MLX5_DV_TEST_H

#include "dv.h"
#include "expect.h"

/* Zeroed but for what the library sets. */
struct mlx5_context *dv_context(void);
/* Of a device with fixed registers that makes whatever is asked of it. */
struct mlx5_context *queue_context(void);
void fini_queue_context(struct mlx5_context *ctx);
/* What went to the driver. */
const void *driver_request(size_t len);
/* Of rxe: there is nothing behind the public struct. */
struct ibv_context *others_context(void);

/* What mmap() of the context's file gives; NULL: it fails with ENODEV. */
extern void *mmap_answer;
extern off_t mmap_offset; /* of the last one */

#define assert_no_object(err, call)           \
	do {                                  \
		errno = 0;                    \
		assert_null(call);            \
		assert_int_equal(errno, err); \
	} while (0)

#define assert_status(err, call)              \
	do {                                  \
		errno = 0;                    \
		assert_int_equal(call, err);  \
		assert_int_equal(errno, err); \
	} while (0)

#endif
