// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/dma-resv.h>
#include <linux/string.h>

#include "softhca.h"

/*
 * Moving bytes between two lists of segments, each checked against the keys
 * of its side. Everything here runs under hca_mutex, which keeps the regions
 * alive; the dma_resv of their buffers is held while their pages are used.
 */

/* Counts copies down; the one that makes it 0 gets a wrong byte. */
atomic_t hca_corrupt_copy = ATOMIC_INIT(0);

/* The region a segment lies in; *mr is NULL for inline data. */
static int find_region(const struct hca_side *side, const struct hca_seg *seg,
		       struct hca_mr **mr)
{
	u64 off;

	*mr = NULL;
	if (seg->inl)
		return side->need ? -EACCES : 0;

	*mr = hca_mr_find(side->dev, seg->key);
	if (!*mr || (*mr)->pd != side->pd)
		return -EINVAL;
	/* Early; what counts is the look under the dma_resv, at the access. */
	if (READ_ONCE((*mr)->revoked))
		return -EKEYREVOKED;
	if (side->need & ~(*mr)->access)
		return -EACCES;

	off = seg->addr - (*mr)->iova;
	if (seg->addr < (*mr)->iova || off > (*mr)->len ||
	    seg->len > (*mr)->len - off)
		return -ERANGE;
	return 0;
}

int hca_check_side(const struct hca_side *side)
{
	struct hca_mr *mr;
	int i, ret;

	for (i = 0; i < side->nseg; i++) {
		ret = find_region(side, &side->seg[i], &mr);
		if (ret)
			return ret;
	}
	return 0;
}

/* The segment that byte pos of the message is in, and where in it. */
static const struct hca_seg *find_seg(const struct hca_side *side, u64 pos,
				      u32 *off)
{
	int i;

	for (i = 0; i < side->nseg; i++) {
		if (pos < side->seg[i].len) {
			*off = pos;
			return &side->seg[i];
		}
		pos -= side->seg[i].len;
	}
	return NULL;
}

/* Two buffers may be locked in any order elsewhere: back off and retry. */
static void lock_two(struct dma_resv *a, struct dma_resv *b,
		     struct ww_acquire_ctx *ww)
{
	int ret;

	ww_acquire_init(ww, &reservation_ww_class);
	ret = dma_resv_lock(a, ww);
	while (!ret) {
		ret = dma_resv_lock(b, ww);
		if (ret != -EDEADLK)
			break;
		dma_resv_unlock(a);
		dma_resv_lock_slow(b, ww);
		swap(a, b);
		ret = 0;
	}
	ww_acquire_done(ww);
}

struct pages_lock {
	struct dma_resv *a;
	struct dma_resv *b;
	struct ww_acquire_ctx ww;
};

static void lock_pages(struct pages_lock *lock, struct hca_mr *x,
		       struct hca_mr *y)
{
	lock->a = hca_mr_resv(x);
	lock->b = hca_mr_resv(y);
	if (!lock->a)
		swap(lock->a, lock->b);
	if (lock->a == lock->b)
		lock->b = NULL;

	if (lock->b)
		lock_two(lock->a, lock->b, &lock->ww);
	else if (lock->a)
		dma_resv_lock(lock->a, NULL);
}

static void unlock_pages(struct pages_lock *lock)
{
	if (lock->b)
		dma_resv_unlock(lock->b);
	if (lock->a)
		dma_resv_unlock(lock->a);
	if (lock->b)
		ww_acquire_fini(&lock->ww);
}

static int fault_pages(struct hca_mr *dst, struct hca_mr *src,
		       enum hca_blame *blame)
{
	int ret;

	*blame = HCA_BLAME_SRC;
	ret = src ? hca_mr_fault_locked(src) : 0;
	if (ret)
		return ret;
	*blame = HCA_BLAME_DST;
	return hca_mr_fault_locked(dst);
}

/* memmove() can be several times slower, and overlap is rare. */
static void copy_run(void *to, const void *from, size_t len)
{
	if (to < from + len && from < to + len)
		memmove(to, from, len);
	else
		memcpy(to, from, len);
}

/* Copies in runs that leave neither a page of dst nor one of src. */
static void copy_pages(struct hca_mr *dst, u64 to, struct hca_mr *src,
		       u64 from, const void *inl, size_t len)
{
	size_t n, m = SIZE_MAX;
	const void *s;
	void *d;

	for (; len; len -= n, to += n, from += n) {
		d = hca_mr_ptr(dst, to, &n);
		s = src ? hca_mr_ptr(src, from, &m) : inl + from;
		n = min3(n, m, len);
		copy_run(d, s, n);
	}
}

static void maybe_corrupt(struct hca_mr *dst, u64 to, size_t len)
{
	size_t n;
	u8 *byte;

	if (likely(!atomic_read(&hca_corrupt_copy)) ||
	    atomic_dec_if_positive(&hca_corrupt_copy) != 0)
		return;
	byte = hca_mr_ptr(dst, to + len / 2, &n);
	*byte ^= 0xff;
}

/*
 * Copies at most len bytes at byte pos of a message, as far as one segment
 * of each side goes. Returns how many; a caller goes on from there. A
 * negative errno is the fault of the side in *blame.
 */
long hca_copy(const struct hca_side *dst, const struct hca_side *src, u64 pos,
	      size_t len, enum hca_blame *blame)
{
	const struct hca_seg *from, *to;
	struct hca_mr *src_mr, *dst_mr;
	struct pages_lock lock;
	u32 src_off, dst_off;
	int ret;

	*blame = HCA_BLAME_SRC;
	from = find_seg(src, pos, &src_off);
	ret = from ? find_region(src, from, &src_mr) : -ERANGE;
	if (ret)
		return ret;
	*blame = HCA_BLAME_DST;
	to = find_seg(dst, pos, &dst_off);
	ret = to ? find_region(dst, to, &dst_mr) : -ERANGE;
	if (ret)
		return ret;

	len = min3(len, (size_t)from->len - src_off, (size_t)to->len - dst_off);
	lock_pages(&lock, src_mr, dst_mr);
	ret = fault_pages(dst_mr, src_mr, blame);
	if (!ret) {
		copy_pages(dst_mr, to->addr + dst_off, src_mr,
			   src_mr ? from->addr + src_off : src_off, from->inl,
			   len);
		maybe_corrupt(dst_mr, to->addr + dst_off, len);
	}
	unlock_pages(&lock);
	return ret ? ret : len;
}

static u64 do_atomic(u64 *p, const struct hca_op *op)
{
	if (op->opcode == HCA_OP_ATOMIC_CS)
		return cmpxchg64(p, op->compare, op->swap_add);
	return atomic64_fetch_add(op->swap_add, (atomic64_t *)p);
}

/*
 * Atomic also towards the CPUs. The old value goes to the local segment;
 * both regions are made usable first, so that no failure follows the change.
 */
int hca_atomic(const struct hca_side *local, const struct hca_side *remote,
	       const struct hca_op *op, enum hca_blame *blame)
{
	struct hca_mr *local_mr, *remote_mr;
	struct pages_lock lock;
	size_t n;
	u64 old;
	int ret;

	*blame = HCA_BLAME_SRC;
	ret = find_region(remote, remote->seg, &remote_mr);
	if (ret)
		return ret;
	*blame = HCA_BLAME_DST;
	ret = find_region(local, local->seg, &local_mr);
	if (ret)
		return ret;

	lock_pages(&lock, remote_mr, local_mr);
	ret = fault_pages(local_mr, remote_mr, blame);
	if (!ret) {
		old = do_atomic(hca_mr_ptr(remote_mr, op->raddr, &n), op);
		copy_pages(local_mr, local->seg->addr, NULL, 0, &old,
			   sizeof(old));
		maybe_corrupt(local_mr, local->seg->addr, sizeof(old));
	}
	unlock_pages(&lock);
	return ret;
}
