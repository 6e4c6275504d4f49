// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/dma-resv.h>
#include <linux/string.h>

#include "softhca.h"

/*
 * Moving bytes between two lists of segments, each checked against the keys
 * of its side. Everything here runs under hca_mutex, which keeps the regions
 * alive; the dma_resv of their buffers is held while their pages are used.
 * Nothing here waits for an exporter: -EAGAIN says that it is at work.
 */

/* Counts copies down; the one that makes it 0 gets a wrong byte. */
atomic_t hca_corrupt_copy = ATOMIC_INIT(0);

/* Where the bytes of a segment are: in a region, inline, or nowhere. */
struct place {
	struct hca_mr *mr;
	struct ib_umem_odp *umem; /* of a region on demand */
	u64 addr; /* in the region; on demand: in memory */
	bool write;
	void *inl;
	u32 len;
};

enum {
	HCA_MAX_LIST_DEPTH = 4,
	HCA_MAX_PARTS_CHECKED = 1024, /* before the message begins */

	HCA_WRITES = IB_ACCESS_LOCAL_WRITE | IB_ACCESS_REMOTE_WRITE |
		     IB_ACCESS_REMOTE_ATOMIC,
};

static int check_key(const struct hca_key *key, const struct hca_side *side,
		     u64 addr, u64 len)
{
	u64 off = addr - key->iova;

	if (key->pd != side->pd)
		return -EINVAL;
	if (side->need & ~key->access)
		return -EACCES;
	if (addr < key->iova || off > key->len || len > key->len - off)
		return -ERANGE;
	return 0;
}

/* The region behind a window, and where in it the segment is. */
static int look_through(const struct hca_key *key, const struct hca_side *side,
			struct place *place)
{
	const struct hca_mw *mw = container_of(key, struct hca_mw, key);
	struct hca_key *mr_key = hca_key_find(side->dev, mw->mr_key);
	struct hca_side any = { .pd = side->pd };

	if (!side->remote || !mr_key || mr_key->kind != HCA_KEY_REGION ||
	    (mw->qpn && mw->qpn != side->qpn))
		return -EINVAL;
	place->mr = container_of(mr_key, struct hca_mr, key);
	place->addr = place->addr - key->iova + mw->mr_addr;
	/* The region may have shrunk since. */
	return check_key(mr_key, &any, place->addr, place->len);
}

/*
 * The part of a list that the place begins in, and what is known of it: the
 * place gets no longer than the part. As with windows, it is the list that
 * opens its memory to others. Lists may be of other lists, not without end.
 */
static int follow_list(struct hca_key *key, const struct hca_side *side,
		       struct place *place)
{
	struct hca_side below = {
		.pd = side->pd,
		.need = place->write ? IB_ACCESS_LOCAL_WRITE : 0,
	};
	struct hca_part part;
	int depth, ret;

	for (depth = 0; key->kind == HCA_KEY_LIST; depth++) {
		ret = depth < HCA_MAX_LIST_DEPTH
			      ? hca_mkey_find_part(key, place->addr, &part)
			      : -ELOOP;
		if (ret)
			return ret;
		place->addr = part.addr;
		place->len = min_t(u64, place->len, part.len);
		if (part.key == HCA_NULL_KEY)
			return 0;
		key = hca_key_find(side->dev, part.key);
		ret = key ? check_key(key, &below, place->addr, place->len)
			  : -EINVAL;
		if (ret)
			return ret;
	}
	if (key->kind != HCA_KEY_REGION)
		return -EINVAL;
	place->mr = container_of(key, struct hca_mr, key);
	return 0;
}

static int follow_key(struct hca_key *key, const struct hca_side *side,
		      struct place *place)
{
	switch (key->kind) {
	case HCA_KEY_WINDOW:
		return look_through(key, side, place);
	case HCA_KEY_LIST:
		return follow_list(key, side, place);
	default:
		place->mr = container_of(key, struct hca_mr, key);
		return 0;
	}
}

/* Where byte pos of a segment is; what follows it there is place->len. */
static int find_place(const struct hca_side *side, const struct hca_seg *seg,
		      u32 pos, struct place *place)
{
	struct hca_key *key;
	int ret;

	*place = (struct place){
		.write = side->need & HCA_WRITES,
		.addr = seg->addr + pos,
		.inl = seg->inl ? seg->inl + pos : NULL,
		.len = seg->len - pos,
	};
	if (seg->inl)
		return side->need ? -EACCES : 0;
	if (seg->key == HCA_NULL_KEY && !side->remote)
		return 0;

	key = hca_key_find(side->dev, seg->key);
	ret = key ? check_key(key, side, seg->addr, seg->len) : -EINVAL;
	if (!ret)
		ret = follow_key(key, side, place);
	if (ret || !place->mr)
		return ret;
	/* Early; what counts is the look under the dma_resv, at the access. */
	return READ_ONCE(place->mr->revoked) ? -EKEYREVOKED : 0;
}

/* A list can have very many parts; the last are looked at when it is their turn. */
static int check_seg(const struct hca_side *side, const struct hca_seg *seg)
{
	struct place place;
	int parts = 0, ret;
	u32 pos = 0;

	do {
		ret = find_place(side, seg, pos, &place);
		pos += place.len;
	} while (!ret && pos < seg->len && ++parts < HCA_MAX_PARTS_CHECKED);
	return ret;
}

int hca_check_side(const struct hca_side *side)
{
	int i, ret;

	for (i = 0; i < side->nseg; i++) {
		ret = check_seg(side, &side->seg[i]);
		if (ret)
			return ret;
	}
	return 0;
}

/*
 * Where byte pos of the message is; what follows it there is place->len. Only
 * what the len bytes from there fill is looked up: a receive request may name
 * more than its region has, and gets a message that fits.
 */
static int find_byte(const struct hca_side *side, u64 pos, size_t len,
		     struct place *place)
{
	struct hca_seg seg;
	int i, ret;

	for (i = 0; i < side->nseg && pos >= side->seg[i].len; i++)
		pos -= side->seg[i].len;
	if (i == side->nseg)
		return -ERANGE;
	seg = side->seg[i];
	seg.len = min_t(u64, seg.len, pos + len);
	ret = find_place(side, &seg, pos, place);
	if (!ret && place->mr && place->mr->odp) {
		place->addr = hca_odp_addr(place->mr, place->addr);
		place->umem =
			hca_odp_find(place->mr->odp, place->addr, &place->len);
	}
	return ret;
}

static int find_bytes(const struct hca_side *dst, const struct hca_side *src,
		      u64 pos, size_t len, struct place *to, struct place *from,
		      enum hca_blame *blame)
{
	int ret;

	*blame = HCA_BLAME_SRC;
	ret = find_byte(src, pos, len, from);
	if (ret)
		return ret;
	*blame = HCA_BLAME_DST;
	return find_byte(dst, pos, len, to);
}

static bool try_lock(const struct place *place)
{
	struct dma_resv *resv = hca_mr_resv(place->mr);

	if (place->umem)
		return mutex_trylock(&place->umem->umem_mutex);
	return !resv || dma_resv_trylock(resv);
}

static void unlock(const struct place *place)
{
	struct dma_resv *resv = hca_mr_resv(place->mr);

	if (place->umem)
		mutex_unlock(&place->umem->umem_mutex);
	else if (resv)
		dma_resv_unlock(resv);
}

static bool same_lock(const struct place *a, const struct place *b)
{
	return a->umem == b->umem && hca_mr_resv(a->mr) == hca_mr_resv(b->mr);
}

/*
 * Whoever holds a lock on pages may hold it for long: it is tried, not waited
 * for, and so the order of two does not matter.
 */
static int lock_pages(const struct place *a, const struct place *b)
{
	if (!try_lock(a))
		return -EBUSY;
	if (!same_lock(a, b) && !try_lock(b)) {
		unlock(a);
		return -EBUSY;
	}
	return 0;
}

static void unlock_pages(const struct place *a, const struct place *b)
{
	if (!same_lock(a, b))
		unlock(b);
	unlock(a);
}

static int place_ready(const struct place *place, size_t len)
{
	if (!place->mr)
		return 0;
	if (place->mr->odp)
		return hca_odp_ready_locked(place->mr->odp, place->umem,
					    place->addr, len, place->write);
	return hca_mr_ready_locked(place->mr);
}

/* Both, so that two that have moved are mapped at the same time. */
static int check_ready(const struct place *dst, const struct place *src,
		       size_t len, enum hca_blame *blame)
{
	int src_ret = place_ready(src, len);
	int dst_ret = place_ready(dst, len);

	if (src_ret && src_ret != -EAGAIN) {
		*blame = HCA_BLAME_SRC;
		return src_ret;
	}
	*blame = HCA_BLAME_DST;
	return dst_ret ? dst_ret : src_ret;
}

/* memmove() can be several times slower, and overlap is rare. */
static void copy_run(void *to, const void *from, size_t len)
{
	if (to < from + len && from < to + len)
		memmove(to, from, len);
	else
		memcpy(to, from, len);
}

/* The byte at pos, and how many follow it in its page. */
static void *place_ptr(const struct place *place, size_t pos, size_t *len)
{
	if (place->umem)
		return hca_odp_ptr(place->umem, place->addr + pos, len);
	return hca_mr_ptr(place->mr, place->addr + pos, len);
}

/*
 * Copies in runs that leave neither a page of one side nor one of the other.
 * What has no place reads as zeros and is not written.
 */
static void copy_pages(const struct place *to, const struct place *from,
		       size_t len)
{
	size_t n, m, pos;
	void *d;

	if (!to->mr && !to->inl)
		return;
	for (pos = 0; pos < len; pos += n) {
		d = to->mr ? place_ptr(to, pos, &n) : to->inl + pos;
		n = to->mr ? min(n, len - pos) : len - pos;
		if (from->mr) {
			const void *s = place_ptr(from, pos, &m);

			n = min(n, m);
			copy_run(d, s, n);
		} else if (from->inl) {
			memcpy(d, from->inl + pos, n);
		} else {
			memset(d, 0, n);
		}
	}
}

static void maybe_corrupt(const struct place *to, size_t len)
{
	size_t n;
	u8 *byte;

	if (likely(!atomic_read(&hca_corrupt_copy)) || !to->mr ||
	    atomic_dec_if_positive(&hca_corrupt_copy) != 0)
		return;
	byte = place_ptr(to, len / 2, &n);
	*byte ^= 0xff;
}

/*
 * Copies at most len bytes at byte pos of a message, as far as one segment
 * of each side goes. Returns how many; a caller goes on from there. A
 * negative errno is the fault of the side in *blame; with -EAGAIN a worker
 * is at it and tells by hca_faults, with -EBUSY somebody else is.
 */
long hca_copy(const struct hca_side *dst, const struct hca_side *src, u64 pos,
	      size_t len, enum hca_blame *blame)
{
	struct place to, from;
	int ret;

	ret = find_bytes(dst, src, pos, len, &to, &from, blame);
	if (ret)
		return ret;
	ret = lock_pages(&from, &to);
	if (ret)
		return ret;
	len = min3(len, (size_t)from.len, (size_t)to.len);
	ret = check_ready(&to, &from, len, blame);
	if (!ret) {
		copy_pages(&to, &from, len);
		maybe_corrupt(&to, len);
	}
	unlock_pages(&from, &to);
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
	struct place to, from;
	size_t n;
	u64 old;
	int ret;

	ret = find_bytes(local, remote, 0, sizeof(u64), &to, &from, blame);
	if (ret)
		return ret;
	/* Of a list it must be one part, there and here. */
	if (to.len < sizeof(u64))
		return -EINVAL;
	/* What is aligned in a window need not be in the region behind it. */
	*blame = HCA_BLAME_SRC;
	if (!IS_ALIGNED(from.addr, sizeof(u64)) || from.len < sizeof(u64) ||
	    !from.mr)
		return -EINVAL;
	ret = lock_pages(&from, &to);
	if (ret)
		return ret;
	ret = check_ready(&to, &from, sizeof(u64), blame);
	if (!ret) {
		old = do_atomic(place_ptr(&from, 0, &n), op);
		copy_pages(&to, &(struct place){ .inl = &old }, sizeof(old));
		maybe_corrupt(&to, sizeof(old));
	}
	unlock_pages(&from, &to);
	return ret;
}
