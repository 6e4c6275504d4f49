/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef SOFTHCA_TESTBUF_H
#define SOFTHCA_TESTBUF_H

/*
 * /dev/softhca_testbuf: an exporter of dma-bufs that does on request what
 * other exporters do when it suits them: move its pages, take them away, be
 * slow, refuse. CREATE hands out the dma-buf's descriptor, which is all that
 * keeps the buffer alive. Every other command is given to the same device and
 * names the buffer by that descriptor.
 */
#include <linux/ioctl.h>
#include <linux/types.h>

#define SOFTHCA_TESTBUF_PATH "/dev/softhca_testbuf"

enum softhca_testbuf_flags {
	/* The exporter has pin and unpin: importers may map it unpinned. */
	SOFTHCA_TESTBUF_DYNAMIC = 1 << 0,
};

#define SOFTHCA_TESTBUF_MAX_SIZE (256ULL << 20)
#define SOFTHCA_TESTBUF_MAX_DELAY_US 1000000
#define SOFTHCA_TESTBUF_MAX_ERRNO 511

/*
 * size is rounded up to whole pages. fail_attach, fail_map and fail_pin are
 * the (positive) errno that the importer shall see from that step, 0 for none;
 * with fail_nth 0 every call fails, with n only the n-th of that kind.
 * delay_us is how long each map takes. fd is the result.
 */
struct softhca_testbuf_create {
	__u64 size;
	__u32 flags;
	__u32 fail_attach;
	__u32 fail_map;
	__u32 fail_pin;
	__u32 fail_nth;
	__u32 delay_us;
	__s32 fd;
	__u32 reserved;
};

enum softhca_testbuf_move_flags {
	/* Notify and move even if an importer has pinned the buffer. */
	SOFTHCA_TESTBUF_MOVE_FORCE = 1 << 0,
};

/*
 * Moves a dynamic buffer to new pages count times, with a pause of interval_us
 * between the moves; moved tells how often it was done, also after a failure.
 * EOPNOTSUPP: the buffer is not dynamic. EBUSY: an importer pinned it.
 * ENODEV: it was revoked. EINTR: a signal ended the series.
 */
struct softhca_testbuf_move {
	__s32 fd;
	__u32 flags;
	__u32 count;
	__u32 interval_us;
	__u32 moved;
	__u32 reserved;
};

#define SOFTHCA_TESTBUF_MAX_INTERVAL_US 100000

/* Tells importers to let go; from then on every map fails with ENODEV. */
struct softhca_testbuf_revoke {
	__s32 fd;
	__u32 reserved;
};

/*
 * The buffer's first and last page each lie between two guard pages. bad_bytes
 * counts what differs in those that guard the buffer now; the rest describes
 * the first such byte: its distance from the guarded page's start (negative
 * before it, from the page size on behind it), in which of the pages.
 */
struct softhca_testbuf_guards {
	__s32 fd;
	__u32 guarded_page;
	__u64 bad_bytes;
	__s64 position;
	__u8 expected;
	__u8 got;
	__u8 reserved[6];
};

struct softhca_testbuf_stats {
	__s32 fd;
	__u32 revoked;
	__u64 moves; /* all since creation */
	__u64 maps;
	__u64 unmaps;
	__u64 pins;
	__u64 unpins;
	__u64 faults; /* pages that the CPU faulted in */
	__u64 cpu_begins;
	__u64 cpu_ends;
	__u64 violations; /* mappings still there after a notification */
	__u64 guard_bad_bytes; /* in guards that earlier moves retired */
	__u32 attachments; /* right now */
	__u32 mapped;
	__u32 pinned;
	__u32 reserved;
};

/* Numbers 1 and 2 belong to the VFS whatever the type letter says. */
#define SOFTHCA_TESTBUF_TYPE 0xb5
#define SOFTHCA_TESTBUF_CREATE \
	_IOWR(SOFTHCA_TESTBUF_TYPE, 0x20, struct softhca_testbuf_create)
#define SOFTHCA_TESTBUF_MOVE \
	_IOWR(SOFTHCA_TESTBUF_TYPE, 0x21, struct softhca_testbuf_move)
#define SOFTHCA_TESTBUF_REVOKE \
	_IOW(SOFTHCA_TESTBUF_TYPE, 0x22, struct softhca_testbuf_revoke)
#define SOFTHCA_TESTBUF_CHECK_GUARDS \
	_IOWR(SOFTHCA_TESTBUF_TYPE, 0x23, struct softhca_testbuf_guards)
#define SOFTHCA_TESTBUF_STATS \
	_IOWR(SOFTHCA_TESTBUF_TYPE, 0x24, struct softhca_testbuf_stats)

#endif
