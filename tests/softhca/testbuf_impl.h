/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef TESTBUF_IMPL_H
#define TESTBUF_IMPL_H

#include <linux/dma-buf.h>
#include <linux/list.h>

#include "compat.h"
#include "softhca_testbuf.h"

/*
 * What the files of the test dma-bufs share. Locking is that of every dma-buf
 * exporter: the reservation lock protects the pages, the attachments and the
 * counters. It nests inside mmap_lock, so no user memory is touched under it.
 * Notified importers unmap under it.
 */

#define TESTBUF_GUARD_BYTE 0xc3 /* what guard pages hold */

/* Of all buffers, in debugfs. */
extern atomic_t testbuf_live;
extern atomic_t testbuf_moves;
extern atomic_t testbuf_violations;

/* A page of the buffer with its physical neighbours. */
struct guarded_page {
	unsigned int index;
	struct page *before;
	struct page *behind;
};

/* What a move exchanges: the pages, in the order of the buffer. */
struct page_set {
	struct list_head retired;
	unsigned int num_pages;
	unsigned int num_guarded;
	struct guarded_page guarded[2];
	struct page *pages[];
};

struct testbuf {
	struct dma_buf *dmabuf;
	struct page_set *set;
	/* Sets an importer still had mapped after it was told to let go. */
	struct list_head retired;
	struct softhca_testbuf_create want;
	struct softhca_testbuf_stats stats;
	unsigned int attach_calls;
	unsigned int map_calls;
	unsigned int pin_calls;
};

struct testbuf_attach {
	struct sg_table *sgt; /* while mapped */
	enum dma_data_direction dir;
	unsigned int pins;
};

struct guard_finding {
	u64 bad_bytes;
	u32 first_page;
	s64 first_position;
	u8 first_got;
};

/* testbuf_pages.c: NULL is for want of memory, and nothing to free. */
struct page_set *testbuf_alloc_pages(unsigned int num_pages);
void testbuf_free_pages(struct page_set *set);
void testbuf_copy_pages(struct page_set *to, struct page_set *from);
void testbuf_poison_pages(struct page_set *set);
void testbuf_check_guards(struct page_set *set, struct guard_finding *found);

/* testbuf_ops.c: of a buffer that stays, and of one that moves. */
extern const struct dma_buf_ops testbuf_static_ops;
extern const struct dma_buf_ops testbuf_dynamic_ops;

/* testbuf_move.c; importers are told with the reservation held. */
void testbuf_notify_importers(struct testbuf *tb);
int testbuf_move_series(struct testbuf *tb, struct softhca_testbuf_move *cmd);

#endif
