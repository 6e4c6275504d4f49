/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * The null device: a preloaded library that answers what a verbs library asks
 * of the kernel, so that its data path runs at full speed on a machine without
 * RDMA. One mlx5 device "null0" that grants everything and moves no data.
 * Completions appear when the program asks for them (null_complete()).
 *
 * For benches only: it checks nothing, and is not thread safe.
 */
#ifndef BENCH_NULL_H
#define BENCH_NULL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define NULL_DEV_NAME "null0"
#define NULL_CHARDEV "/dev/infiniband/uverbs0"
/* What fstat(2) and netlink say of its node. */
#define NULL_RDEV 0xe700

/* Which completions: of sends, whose blocks in the ring they name, or of
 * receives. */
enum null_kind {
	NULL_SEND,
	NULL_RECV,
};

/*
 * For programs, by dlsym(3): writes num completions of the QP into its CQ,
 * for requests of one block each, in the order of posting. Returns 0, or -1
 * for a QP that is not there.
 */
int null_complete(uint32_t qp_num, enum null_kind kind, unsigned int num);

/* ---- netlink.c -------------------------------------------------------------- */

/* Answers one request: what the socket's reader is to get goes to reply_fd. */
void null_netlink(int reply_fd, const void *request, size_t len);

/* ---- uverbs.c ---------------------------------------------------------------- */

struct ib_uverbs_ioctl_hdr;

/* Returns 0 or an errno value. */
int null_ioctl(struct ib_uverbs_ioctl_hdr *hdr);

#endif
