// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "testbuf_impl.h"

#define POISON_BYTE 0xdb /* what pages hold that the buffer left */

/* Scattered pages, the first and the last of them between guard pages. */

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
	memset_page(block, 0, TESTBUF_GUARD_BYTE, PAGE_SIZE);
	memset_page(block + 2, 0, TESTBUF_GUARD_BYTE, PAGE_SIZE);
	guarded->before = block;
	guarded->behind = block + 2;
	return block + 1;
}

void testbuf_free_pages(struct page_set *set)
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

struct page_set *testbuf_alloc_pages(unsigned int num_pages)
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
	testbuf_free_pages(set);
	return NULL;
}

void testbuf_copy_pages(struct page_set *to, struct page_set *from)
{
	unsigned int i;

	for (i = 0; i < from->num_pages; i++)
		copy_highpage(to->pages[i], from->pages[i]);
}

void testbuf_poison_pages(struct page_set *set)
{
	unsigned int i;

	for (i = 0; i < set->num_pages; i++)
		memset_page(set->pages[i], 0, POISON_BYTE, PAGE_SIZE);
}

/* Guards */

/* position is that of the guard's first byte, seen from the guarded page. */
static void check_guard(struct page *guard, unsigned int page, s64 position,
			struct guard_finding *found)
{
	const u8 *bytes = kmap_local_page(guard);
	unsigned int i;

	if (memchr_inv(bytes, TESTBUF_GUARD_BYTE, PAGE_SIZE)) {
		for (i = 0; i < PAGE_SIZE; i++) {
			if (bytes[i] == TESTBUF_GUARD_BYTE)
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

void testbuf_check_guards(struct page_set *set, struct guard_finding *found)
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
