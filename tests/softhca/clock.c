// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/debugfs.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <rdma/mlx5-abi.h>

#include "softhca.h"

/*
 * The clock of all devices, which stamps completions, and the two pages by which
 * programs read it: its register, and what relates it to the time of day. Both
 * are ordinary memory that the engine keeps up to date while it runs; before it
 * sleeps it takes them out of the page tables, as it does the doorbells, and the
 * next access finds them as they should be.
 */

enum {
	/* So many ticks in so many ns: HCA_CLOCK_KHZ. */
	TICKS = 5,
	NSECS = 32,
	SHIFT = 24,
	INFO_PERIOD_NS = 100 * NSEC_PER_MSEC, /* between two updates */
	INFO_LIFE_NS = NSEC_PER_SEC, /* what programs are told */
};

static_assert((u64)HCA_CLOCK_KHZ * NSECS == TICKS * NSEC_PER_MSEC);

/* Of all below; taken in page faults, too. */
static DEFINE_SPINLOCK(lock);
static struct page *register_page;
static struct page *info_page;
static u64 info_written; /* ns */
static bool updating; /* as if for ever */

static struct mlx5_ib_clock_info *clock_info(void)
{
	return page_address(info_page);
}

/* Not the time itself, but with it in the same second. */
static u64 to_ticks(u64 now)
{
	return mul_u64_u32_div(now, TICKS, NSECS);
}

static u64 write_register_locked(u64 now)
{
	__be64 *reg = page_address(register_page) + HCA_CLOCK_OFFSET;
	u64 ticks = to_ticks(now);

	/* Programs read both halves, and the first one again. */
	WRITE_ONCE(*reg, cpu_to_be64(ticks));
	return ticks;
}

/* The number is odd while the rest is not to be read. */
static void write_info_locked(u64 now)
{
	struct mlx5_ib_clock_info *info = clock_info();

	WRITE_ONCE(info->sign, info->sign | MLX5_IB_CLOCK_INFO_KERNEL_UPDATING);
	smp_wmb();
	info->cycles = to_ticks(now);
	info->nsec = ktime_to_ns(ktime_mono_to_real(ns_to_ktime(now)));
	info_written = now;
	if (!updating)
		smp_store_release(&info->sign, info->sign + 1);
}

/* Time goes on; returns the clock's. */
u64 hca_clock_tick(void)
{
	u64 now, ticks;

	spin_lock(&lock);
	now = ktime_get_ns();
	ticks = write_register_locked(now);
	if (now - info_written >= INFO_PERIOD_NS)
		write_info_locked(now);
	spin_unlock(&lock);
	return ticks;
}

struct page *hca_clock_register(void)
{
	return register_page;
}

struct page *hca_clock_info(void)
{
	return info_page;
}

static int get_updating(void *unused, u64 *value)
{
	*value = updating;
	return 0;
}

static int set_updating(void *unused, u64 value)
{
	spin_lock(&lock);
	updating = value;
	write_info_locked(ktime_get_ns());
	spin_unlock(&lock);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(updating_fops, get_updating, set_updating, "%llu\n");

static void init_info(void)
{
	struct mlx5_ib_clock_info *info = clock_info();

	info->mult = DIV_ROUND_CLOSEST(NSECS << SHIFT, TICKS);
	info->shift = SHIFT;
	info->mask = U64_MAX;
	info->overflow_period = INFO_LIFE_NS;
}

int hca_clock_init(struct dentry *root)
{
	register_page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	info_page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!register_page || !info_page) {
		hca_clock_exit();
		return -ENOMEM;
	}
	init_info();
	hca_clock_tick();
	debugfs_create_file_unsafe("clock_updating", 0600, root, NULL,
				   &updating_fops);
	return 0;
}

/* Whoever has them mapped holds the module. */
void hca_clock_exit(void)
{
	if (info_page)
		__free_page(info_page);
	if (register_page)
		__free_page(register_page);
}
