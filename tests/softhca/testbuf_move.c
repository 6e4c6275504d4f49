// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/delay.h>
#include <linux/dma-resv.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "testbuf_impl.h"

/* Other pages for a buffer, while devices use it. */

/*
 * Where CONFIG_DMABUF_MOVE_NOTIFY is off, mapping pins a dynamic exporter:
 * such a pin goes with the mapping and does not keep us from moving. Others
 * do, and so does a mapping whose importer cannot be notified.
 */
static bool holds_pin(struct dma_buf_attachment *attach)
{
	struct testbuf_attach *ta = attach->priv;
	unsigned int by_map = 0;

	if (ta->sgt && !attach->importer_ops)
		return true;
	if (ta->sgt && HCA_MAP_PINS)
		by_map = 1;
	return ta->pins > by_map;
}

static bool is_pinned(struct dma_buf *dmabuf)
{
	struct dma_buf_attachment *attach;

	list_for_each_entry (attach, &dmabuf->attachments, node)
		if (holds_pin(attach))
			return true;
	return false;
}

/* Importers unmap in the callback; one that did not, broke the rules. */
void testbuf_notify_importers(struct testbuf *tb)
{
	dma_buf_invalidate_mappings(tb->dmabuf);
	if (!tb->stats.mapped)
		return;
	tb->stats.violations += tb->stats.mapped;
	atomic_add(tb->stats.mapped, &testbuf_violations);
}

/* Jobs that were queued before the notification may still use the pages. */
static int wait_for_fences(struct dma_buf *dmabuf)
{
	long ret;

	ret = dma_resv_wait_timeout(dmabuf->resv, DMA_RESV_USAGE_BOOKKEEP, true,
				    MAX_SCHEDULE_TIMEOUT);
	return ret < 0 ? ret : 0;
}

/*
 * Gives the buffer the pages of *set and *set those it had, for the caller to
 * free, or NULL if an importer still uses them. Reservation held.
 */
static void exchange_pages(struct testbuf *tb, struct page_set **set)
{
	struct page_set *old = tb->set;
	struct guard_finding found;

	unmap_mapping_range(tb->dmabuf->file->f_mapping, 0, 0, 1);
	testbuf_copy_pages(*set, old);
	testbuf_check_guards(old, &found);
	tb->stats.guard_bad_bytes += found.bad_bytes;
	tb->set = *set;
	*set = old;
	testbuf_poison_pages(old);
	if (tb->stats.mapped) {
		list_add_tail(&old->retired, &tb->retired);
		*set = NULL;
	}
	tb->stats.moves++;
	atomic_inc(&testbuf_moves);
}

static int move_locked(struct testbuf *tb, u32 flags, struct page_set **set)
{
	int ret;

	if (tb->stats.revoked)
		return -ENODEV;
	if (is_pinned(tb->dmabuf) && !(flags & SOFTHCA_TESTBUF_MOVE_FORCE))
		return -EBUSY;
	testbuf_notify_importers(tb);
	ret = wait_for_fences(tb->dmabuf);
	if (ret)
		return ret;
	exchange_pages(tb, set);
	return 0;
}

static int move_once(struct testbuf *tb, u32 flags)
{
	struct dma_resv *resv = tb->dmabuf->resv;
	struct page_set *set;
	int ret;

	set = testbuf_alloc_pages(tb->want.size >> PAGE_SHIFT);
	if (!set)
		return -ENOMEM;
	ret = dma_resv_lock_interruptible(resv, NULL);
	if (!ret) {
		ret = move_locked(tb, flags, &set);
		dma_resv_unlock(resv);
	}
	testbuf_free_pages(set);
	return ret;
}

int testbuf_move_series(struct testbuf *tb, struct softhca_testbuf_move *cmd)
{
	int ret;

	for (cmd->moved = 0; cmd->moved < cmd->count; cmd->moved++) {
		if (signal_pending(current))
			return -EINTR;
		ret = move_once(tb, cmd->flags);
		if (ret)
			return ret;
		if (cmd->interval_us)
			fsleep(cmd->interval_us);
		cond_resched();
	}
	return 0;
}
