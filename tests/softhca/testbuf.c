// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
/*
 * Test dma-bufs: scattered pages between guard pages, moved and revoked on
 * request, with failures to order. See softhca_testbuf.h for the commands.
 *
 * Locking is that of every dma-buf exporter: the reservation lock protects
 * the pages, the attachments and the counters. It nests inside mmap_lock, so
 * no user memory is touched under it. Notified importers unmap under it.
 */
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/dma-resv.h>
#include <linux/fs.h>
#include <linux/highmem.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "softhca_testbuf.h"
#include "testbuf.h"

#define GUARD_BYTE 0xc3 /* what guard pages hold */
#define POISON_BYTE 0xdb /* what pages hold that the buffer left */

static atomic_t testbuf_live;
static atomic_t testbuf_moves;
static atomic_t testbuf_violations;
static u32 map_pins = HCA_MAP_PINS;

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

/* Pages */

/*
 * Four neighbouring pages: guard, page of the buffer, guard, and one to give
 * back. An access that leaves the buffer's page either way hits a guard.
 */
static struct page *alloc_guarded(struct guarded_page *guarded)
{
	struct page *block;

	block = alloc_pages(GFP_KERNEL_ACCOUNT | __GFP_ZERO, 2);
	if (!block)
		return NULL;
	split_page(block, 2);
	__free_page(block + 3);
	memset_page(block, 0, GUARD_BYTE, PAGE_SIZE);
	memset_page(block + 2, 0, GUARD_BYTE, PAGE_SIZE);
	guarded->before = block;
	guarded->behind = block + 2;
	return block + 1;
}

static void free_page_set(struct page_set *set)
{
	unsigned int i;

	if (!set)
		return;
	for (i = 0; i < set->num_pages; i++)
		if (set->pages[i])
			__free_page(set->pages[i]);
	for (i = 0; i < set->num_guarded; i++) {
		__free_page(set->guarded[i].before);
		__free_page(set->guarded[i].behind);
	}
	kvfree(set);
}

static bool is_edge(const struct page_set *set, unsigned int i)
{
	return i == 0 || i == set->num_pages - 1;
}

static struct page *alloc_nth_page(struct page_set *set, unsigned int i)
{
	struct guarded_page *guarded;
	struct page *page;

	if (!is_edge(set, i))
		return alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	guarded = &set->guarded[set->num_guarded];
	guarded->index = i;
	page = alloc_guarded(guarded);
	if (page)
		set->num_guarded++;
	return page;
}

/* Random order for the inner pages; the outer ones have guards next to them. */
static void shuffle_pages(struct page_set *set)
{
	unsigned int i, other;

	for (i = set->num_pages; i > 3; i--) {
		other = 1 + get_random_u32_below(i - 2);
		swap(set->pages[i - 2], set->pages[other]);
	}
}

/*
 * No page may be followed by its physical successor. Exchanging two that are
 * makes no new such pair: each one's only possible partner is the other.
 */
static void part_neighbours(struct page_set *set)
{
	unsigned int i;

	for (i = 2; i + 1 < set->num_pages; i++)
		if (page_to_pfn(set->pages[i]) ==
		    page_to_pfn(set->pages[i - 1]) + 1)
			swap(set->pages[i], set->pages[i - 1]);
}

static struct page_set *alloc_page_set(unsigned int num_pages)
{
	struct page_set *set;
	unsigned int i;

	set = kvzalloc(struct_size(set, pages, num_pages), GFP_KERNEL_ACCOUNT);
	if (!set)
		return NULL;
	INIT_LIST_HEAD(&set->retired);
	set->num_pages = num_pages;
	for (i = 0; i < num_pages; i++) {
		set->pages[i] = alloc_nth_page(set, i);
		if (!set->pages[i])
			goto free_set;
		cond_resched();
	}
	shuffle_pages(set);
	part_neighbours(set);
	return set;

free_set:
	free_page_set(set);
	return NULL;
}

static void copy_page_set(struct page_set *to, struct page_set *from)
{
	unsigned int i;

	for (i = 0; i < from->num_pages; i++)
		copy_highpage(to->pages[i], from->pages[i]);
}

static void poison_page_set(struct page_set *set)
{
	unsigned int i;

	for (i = 0; i < set->num_pages; i++)
		memset_page(set->pages[i], 0, POISON_BYTE, PAGE_SIZE);
}

/* Guards */

struct guard_finding {
	u64 bad_bytes;
	u32 first_page;
	s64 first_position;
	u8 first_got;
};

/* position is that of the guard's first byte, seen from the guarded page. */
static void check_guard(struct page *guard, unsigned int page, s64 position,
			struct guard_finding *found)
{
	const u8 *bytes = kmap_local_page(guard);
	unsigned int i;

	if (memchr_inv(bytes, GUARD_BYTE, PAGE_SIZE)) {
		for (i = 0; i < PAGE_SIZE; i++) {
			if (bytes[i] == GUARD_BYTE)
				continue;
			if (!found->bad_bytes++) {
				found->first_page = page;
				found->first_position = position + i;
				found->first_got = bytes[i];
			}
		}
	}
	kunmap_local(bytes);
}

static void check_set_guards(struct page_set *set, struct guard_finding *found)
{
	struct guarded_page *guarded;
	unsigned int i;

	memset(found, 0, sizeof(*found));
	for (i = 0; i < set->num_guarded; i++) {
		guarded = &set->guarded[i];
		check_guard(guarded->before, guarded->index, -(s64)PAGE_SIZE,
			    found);
		check_guard(guarded->behind, guarded->index, PAGE_SIZE, found);
	}
}

/* Failures to order */

/* The errno to fail with now, or 0. calls counts the calls of this kind. */
static int ordered_failure(struct testbuf *tb, u32 code, unsigned int *calls)
{
	unsigned int nth = tb->want.fail_nth;

	(*calls)++;
	if (!code || (nth && nth != *calls))
		return 0;
	return -(int)code;
}

/* dma_buf_ops; those that are called with the reservation held say so. */

static int testbuf_attach(struct dma_buf *dmabuf,
			  struct dma_buf_attachment *attach)
{
	struct testbuf *tb = dmabuf->priv;
	struct testbuf_attach *ta;
	int ret;

	ta = kzalloc(sizeof(*ta), GFP_KERNEL);
	if (!ta)
		return -ENOMEM;
	dma_resv_lock(dmabuf->resv, NULL);
	ret = ordered_failure(tb, tb->want.fail_attach, &tb->attach_calls);
	if (!ret)
		tb->stats.attachments++;
	dma_resv_unlock(dmabuf->resv);
	if (ret) {
		kfree(ta);
		return ret;
	}
	attach->priv = ta;
	return 0;
}

static void testbuf_detach(struct dma_buf *dmabuf,
			   struct dma_buf_attachment *attach)
{
	struct testbuf *tb = dmabuf->priv;

	dma_resv_lock(dmabuf->resv, NULL);
	tb->stats.attachments--;
	dma_resv_unlock(dmabuf->resv);
	kfree(attach->priv);
}

/* Called with the reservation held. */
static int testbuf_pin(struct dma_buf_attachment *attach)
{
	struct testbuf *tb = attach->dmabuf->priv;
	struct testbuf_attach *ta = attach->priv;
	int ret;

	dma_resv_assert_held(attach->dmabuf->resv);
	ret = ordered_failure(tb, tb->want.fail_pin, &tb->pin_calls);
	if (ret)
		return ret;
	ta->pins++;
	tb->stats.pins++;
	tb->stats.pinned++;
	return 0;
}

/* Called with the reservation held. */
static void testbuf_unpin(struct dma_buf_attachment *attach)
{
	struct testbuf *tb = attach->dmabuf->priv;
	struct testbuf_attach *ta = attach->priv;

	dma_resv_assert_held(attach->dmabuf->resv);
	ta->pins--;
	tb->stats.unpins++;
	tb->stats.pinned--;
}

/* One entry per page, and none continues the one before it. */
static struct sg_table *alloc_sgt(struct page_set *set)
{
	struct scatterlist *sg;
	struct sg_table *sgt;
	unsigned int i;
	int ret;

	sgt = kzalloc(sizeof(*sgt), GFP_KERNEL);
	if (!sgt)
		return ERR_PTR(-ENOMEM);
	ret = sg_alloc_table(sgt, set->num_pages, GFP_KERNEL);
	if (ret) {
		kfree(sgt);
		return ERR_PTR(ret);
	}
	for_each_sgtable_sg(sgt, sg, i)
		sg_set_page(sg, set->pages[i], PAGE_SIZE, 0);
	return sgt;
}

static void free_sgt(struct sg_table *sgt)
{
	sg_free_table(sgt);
	kfree(sgt);
}

/* Why a map cannot be, as a negative errno, or 0. */
static int refuse_map(struct testbuf *tb, struct testbuf_attach *ta)
{
	int ret;

	ret = ordered_failure(tb, tb->want.fail_map, &tb->map_calls);
	if (ret)
		return ret;
	if (tb->stats.revoked)
		return -ENODEV;
	return ta->sgt ? -EBUSY : 0;
}

/* Called with the reservation held. */
static struct sg_table *testbuf_map(struct dma_buf_attachment *attach,
				    enum dma_data_direction dir)
{
	struct testbuf *tb = attach->dmabuf->priv;
	struct testbuf_attach *ta = attach->priv;
	struct sg_table *sgt;
	int ret;

	dma_resv_assert_held(attach->dmabuf->resv);
	if (tb->want.delay_us)
		fsleep(tb->want.delay_us);
	ret = refuse_map(tb, ta);
	if (ret)
		return ERR_PTR(ret);
	sgt = alloc_sgt(tb->set);
	if (IS_ERR(sgt))
		return sgt;
	ret = dma_map_sgtable(attach->dev, sgt, dir, 0);
	if (ret) {
		free_sgt(sgt);
		return ERR_PTR(ret);
	}
	ta->sgt = sgt;
	ta->dir = dir;
	tb->stats.maps++;
	tb->stats.mapped++;
	return sgt;
}

/* Sets that nobody maps any more can go. */
static void take_retired(struct testbuf *tb, struct list_head *unused)
{
	if (!tb->stats.mapped)
		list_splice_tail_init(&tb->retired, unused);
}

static void free_retired(struct list_head *unused)
{
	struct page_set *set, *next;

	list_for_each_entry_safe(set, next, unused, retired) free_page_set(set);
}

/* Called with the reservation held. */
static void testbuf_unmap(struct dma_buf_attachment *attach,
			  struct sg_table *sgt, enum dma_data_direction dir)
{
	struct testbuf *tb = attach->dmabuf->priv;
	struct testbuf_attach *ta = attach->priv;
	LIST_HEAD(unused);

	dma_resv_assert_held(attach->dmabuf->resv);
	ta->sgt = NULL;
	tb->stats.unmaps++;
	tb->stats.mapped--;
	dma_unmap_sgtable(attach->dev, sgt, dir, 0);
	free_sgt(sgt);
	take_retired(tb, &unused);
	free_retired(&unused);
}

/* A device that is not coherent needs its view and the CPU's reconciled. */
static void sync_attachments(struct dma_buf *dmabuf, bool for_cpu)
{
	struct dma_buf_attachment *attach;
	struct testbuf_attach *ta;

	list_for_each_entry(attach, &dmabuf->attachments, node) {
		ta = attach->priv;
		if (!ta->sgt)
			continue;
		if (for_cpu)
			dma_sync_sgtable_for_cpu(attach->dev, ta->sgt, ta->dir);
		else
			dma_sync_sgtable_for_device(attach->dev, ta->sgt,
						    ta->dir);
	}
}

/* Both ends of a CPU access; *count is the statistic of this one. */
static int sync_cpu_access(struct dma_buf *dmabuf, bool for_cpu, u64 *count)
{
	int ret;

	ret = dma_resv_lock_interruptible(dmabuf->resv, NULL);
	if (ret)
		return ret;
	sync_attachments(dmabuf, for_cpu);
	(*count)++;
	dma_resv_unlock(dmabuf->resv);
	return 0;
}

static int testbuf_begin_cpu(struct dma_buf *dmabuf,
			     enum dma_data_direction dir)
{
	struct testbuf *tb = dmabuf->priv;

	return sync_cpu_access(dmabuf, true, &tb->stats.cpu_begins);
}

static int testbuf_end_cpu(struct dma_buf *dmabuf, enum dma_data_direction dir)
{
	struct testbuf *tb = dmabuf->priv;

	return sync_cpu_access(dmabuf, false, &tb->stats.cpu_ends);
}

/*
 * The entry is made under the reservation, so a move cannot slip in between
 * looking up the page and mapping it. Returning the page would allow that.
 */
static vm_fault_t testbuf_fault(struct vm_fault *vmf)
{
	struct testbuf *tb = vmf->vma->vm_private_data;
	struct dma_resv *resv = tb->dmabuf->resv;
	vm_fault_t ret = VM_FAULT_SIGBUS;

	if (dma_resv_lock_interruptible(resv, NULL))
		return VM_FAULT_NOPAGE;
	if (vmf->pgoff < tb->set->num_pages) {
		ret = vmf_insert_pfn(vmf->vma, vmf->address,
				     page_to_pfn(tb->set->pages[vmf->pgoff]));
		tb->stats.faults++;
	}
	dma_resv_unlock(resv);
	return ret;
}

static const struct vm_operations_struct testbuf_vm_ops = {
	.fault = testbuf_fault,
};

static int testbuf_mmap(struct dma_buf *dmabuf, struct vm_area_struct *vma)
{
	if ((vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) == VM_MAYWRITE)
		return -EINVAL; /* a private copy would miss the moves */
	vm_flags_set(vma, VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = &testbuf_vm_ops;
	vma->vm_private_data = dmabuf->priv;
	return 0;
}

/* The last reference is gone, and with it attachments and user mappings. */
static void testbuf_release(struct dma_buf *dmabuf)
{
	struct testbuf *tb = dmabuf->priv;

	free_retired(&tb->retired);
	free_page_set(tb->set);
	kfree(tb);
	atomic_dec(&testbuf_live);
}

static const struct dma_buf_ops static_ops = {
	.attach = testbuf_attach,
	.detach = testbuf_detach,
	.map_dma_buf = testbuf_map,
	.unmap_dma_buf = testbuf_unmap,
	.begin_cpu_access = testbuf_begin_cpu,
	.end_cpu_access = testbuf_end_cpu,
	.mmap = testbuf_mmap,
	.release = testbuf_release,
};

/* pin is what makes an exporter dynamic in the eyes of dma-buf. */
static const struct dma_buf_ops dynamic_ops = {
	.attach = testbuf_attach,
	.detach = testbuf_detach,
	.pin = testbuf_pin,
	.unpin = testbuf_unpin,
	.map_dma_buf = testbuf_map,
	.unmap_dma_buf = testbuf_unmap,
	.begin_cpu_access = testbuf_begin_cpu,
	.end_cpu_access = testbuf_end_cpu,
	.mmap = testbuf_mmap,
	.release = testbuf_release,
};

/* Moving */

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

	list_for_each_entry(attach, &dmabuf->attachments,
			    node) if (holds_pin(attach)) return true;
	return false;
}

/* Importers unmap in the callback; one that did not, broke the rules. */
static void notify_importers(struct testbuf *tb)
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
	copy_page_set(*set, old);
	check_set_guards(old, &found);
	tb->stats.guard_bad_bytes += found.bad_bytes;
	tb->set = *set;
	*set = old;
	poison_page_set(old);
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
	notify_importers(tb);
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

	set = alloc_page_set(tb->want.size >> PAGE_SHIFT);
	if (!set)
		return -ENOMEM;
	ret = dma_resv_lock_interruptible(resv, NULL);
	if (!ret) {
		ret = move_locked(tb, flags, &set);
		dma_resv_unlock(resv);
	}
	free_page_set(set);
	return ret;
}

static int move_series(struct testbuf *tb, struct softhca_testbuf_move *cmd)
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

/* Commands */

/* The test buffer behind fd, with a reference for put_testbuf(). */
static struct testbuf *get_testbuf(int fd)
{
	struct dma_buf *dmabuf = dma_buf_get(fd);

	if (IS_ERR(dmabuf))
		return ERR_CAST(dmabuf);
	if (dmabuf->ops != &static_ops && dmabuf->ops != &dynamic_ops) {
		dma_buf_put(dmabuf);
		return ERR_PTR(-EINVAL);
	}
	return dmabuf->priv;
}

static void put_testbuf(struct testbuf *tb)
{
	dma_buf_put(tb->dmabuf);
}

static int check_create(const struct softhca_testbuf_create *cmd)
{
	if (!cmd->size || cmd->size > SOFTHCA_TESTBUF_MAX_SIZE)
		return -EINVAL;
	if (cmd->flags & ~(u32)SOFTHCA_TESTBUF_DYNAMIC || cmd->reserved)
		return -EINVAL;
	if (cmd->fail_attach > SOFTHCA_TESTBUF_MAX_ERRNO ||
	    cmd->fail_map > SOFTHCA_TESTBUF_MAX_ERRNO ||
	    cmd->fail_pin > SOFTHCA_TESTBUF_MAX_ERRNO)
		return -EINVAL;
	if (cmd->delay_us > SOFTHCA_TESTBUF_MAX_DELAY_US)
		return -EINVAL;
	return 0;
}

static struct testbuf *alloc_testbuf(const struct softhca_testbuf_create *cmd)
{
	struct testbuf *tb;

	tb = kzalloc(sizeof(*tb), GFP_KERNEL_ACCOUNT);
	if (!tb)
		return NULL;
	INIT_LIST_HEAD(&tb->retired);
	tb->want = *cmd;
	tb->want.size = PAGE_ALIGN(cmd->size);
	tb->set = alloc_page_set(tb->want.size >> PAGE_SHIFT);
	if (!tb->set) {
		kfree(tb);
		return NULL;
	}
	return tb;
}

/* From here on the dma-buf's release frees tb. */
static struct dma_buf *export_testbuf(struct testbuf *tb)
{
	DEFINE_DMA_BUF_EXPORT_INFO(info);
	struct dma_buf *dmabuf;

	info.ops = tb->want.flags & SOFTHCA_TESTBUF_DYNAMIC ? &dynamic_ops
							    : &static_ops;
	info.size = tb->want.size;
	info.flags = O_RDWR | O_CLOEXEC;
	info.priv = tb;
	dmabuf = dma_buf_export(&info);
	if (IS_ERR(dmabuf)) {
		free_page_set(tb->set);
		kfree(tb);
		return dmabuf;
	}
	tb->dmabuf = dmabuf;
	atomic_inc(&testbuf_live);
	return dmabuf;
}

static long create_testbuf(void __user *arg)
{
	struct softhca_testbuf_create cmd;
	struct dma_buf *dmabuf;
	struct testbuf *tb;
	int ret;

	if (copy_from_user(&cmd, arg, sizeof(cmd)))
		return -EFAULT;
	ret = check_create(&cmd);
	if (ret)
		return ret;
	tb = alloc_testbuf(&cmd);
	if (!tb)
		return -ENOMEM;
	dmabuf = export_testbuf(tb);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	cmd.fd = get_unused_fd_flags(O_CLOEXEC);
	ret = cmd.fd;
	if (ret < 0)
		goto put_dmabuf;
	ret = -EFAULT;
	if (copy_to_user(arg, &cmd, sizeof(cmd)))
		goto put_fd;
	/* Nothing fails any more: only now can others see the descriptor. */
	fd_install(cmd.fd, dmabuf->file);
	return 0;

put_fd:
	put_unused_fd(cmd.fd);
put_dmabuf:
	dma_buf_put(dmabuf);
	return ret;
}

static int check_move(const struct softhca_testbuf_move *cmd)
{
	if (cmd->flags & ~(u32)SOFTHCA_TESTBUF_MOVE_FORCE || cmd->reserved)
		return -EINVAL;
	if (cmd->interval_us > SOFTHCA_TESTBUF_MAX_INTERVAL_US)
		return -EINVAL;
	return 0;
}

static long move_testbuf(void __user *arg)
{
	struct softhca_testbuf_move cmd;
	struct testbuf *tb;
	int ret;

	if (copy_from_user(&cmd, arg, sizeof(cmd)))
		return -EFAULT;
	ret = check_move(&cmd);
	if (ret)
		return ret;
	tb = get_testbuf(cmd.fd);
	if (IS_ERR(tb))
		return PTR_ERR(tb);
	ret = -EOPNOTSUPP;
	if (tb->want.flags & SOFTHCA_TESTBUF_DYNAMIC)
		ret = move_series(tb, &cmd);
	else
		cmd.moved = 0;
	put_testbuf(tb);
	if (copy_to_user(arg, &cmd, sizeof(cmd)))
		return -EFAULT;
	return ret;
}

static long revoke_testbuf(void __user *arg)
{
	struct softhca_testbuf_revoke cmd;
	struct testbuf *tb;

	if (copy_from_user(&cmd, arg, sizeof(cmd)))
		return -EFAULT;
	if (cmd.reserved)
		return -EINVAL;
	tb = get_testbuf(cmd.fd);
	if (IS_ERR(tb))
		return PTR_ERR(tb);
	dma_resv_lock(tb->dmabuf->resv, NULL);
	if (!tb->stats.revoked) {
		tb->stats.revoked = 1;
		notify_importers(tb);
	}
	dma_resv_unlock(tb->dmabuf->resv);
	put_testbuf(tb);
	return 0;
}

static long check_guards(void __user *arg)
{
	struct softhca_testbuf_guards cmd;
	struct guard_finding found;
	struct testbuf *tb;

	if (copy_from_user(&cmd, arg, sizeof(cmd)))
		return -EFAULT;
	tb = get_testbuf(cmd.fd);
	if (IS_ERR(tb))
		return PTR_ERR(tb);
	dma_resv_lock(tb->dmabuf->resv, NULL);
	check_set_guards(tb->set, &found);
	dma_resv_unlock(tb->dmabuf->resv);
	put_testbuf(tb);
	cmd.bad_bytes = found.bad_bytes;
	cmd.guarded_page = found.first_page;
	cmd.position = found.first_position;
	cmd.expected = GUARD_BYTE;
	cmd.got = found.bad_bytes ? found.first_got : GUARD_BYTE;
	return copy_to_user(arg, &cmd, sizeof(cmd)) ? -EFAULT : 0;
}

static long get_stats(void __user *arg)
{
	struct softhca_testbuf_stats cmd;
	struct testbuf *tb;
	int fd;

	if (copy_from_user(&cmd, arg, sizeof(cmd)))
		return -EFAULT;
	fd = cmd.fd;
	tb = get_testbuf(fd);
	if (IS_ERR(tb))
		return PTR_ERR(tb);
	dma_resv_lock(tb->dmabuf->resv, NULL);
	cmd = tb->stats;
	dma_resv_unlock(tb->dmabuf->resv);
	put_testbuf(tb);
	cmd.fd = fd;
	return copy_to_user(arg, &cmd, sizeof(cmd)) ? -EFAULT : 0;
}

static long testbuf_ioctl(struct file *file, unsigned int cmd,
			  unsigned long arg)
{
	void __user *p = (void __user *)arg;

	switch (cmd) {
	case SOFTHCA_TESTBUF_CREATE:
		return create_testbuf(p);
	case SOFTHCA_TESTBUF_MOVE:
		return move_testbuf(p);
	case SOFTHCA_TESTBUF_REVOKE:
		return revoke_testbuf(p);
	case SOFTHCA_TESTBUF_CHECK_GUARDS:
		return check_guards(p);
	case SOFTHCA_TESTBUF_STATS:
		return get_stats(p);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations testbuf_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = testbuf_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice testbuf_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "softhca_testbuf",
	.fops = &testbuf_fops,
	.mode = 0600,
};

int testbuf_init(struct dentry *debugfs_dir)
{
	debugfs_create_atomic_t("testbuf_live", 0400, debugfs_dir,
				&testbuf_live);
	debugfs_create_atomic_t("testbuf_moves", 0400, debugfs_dir,
				&testbuf_moves);
	debugfs_create_atomic_t("testbuf_violations", 0400, debugfs_dir,
				&testbuf_violations);
	debugfs_create_u32("map_pins", 0400, debugfs_dir, &map_pins);
	return misc_register(&testbuf_misc);
}

void testbuf_exit(void)
{
	misc_deregister(&testbuf_misc);
}
