/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Doorbell records, cut from pages that hold up to 64 of them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mlx5.h"

#define RECS_PER_PAGE 64
#define DBREC_WORDS 2
#define MIN_STRIDE 64

struct mlx5_dbrec_page {
	struct mlx5_dbrec_page *next;
	struct mlx5_buf buf;
	uint64_t used; /* bit i: record i is taken */
};

void mlx5_dbrecs_init(struct mlx5_dbrecs *recs, uint32_t cache_line_size)
{
	pthread_mutex_init(&recs->lock, NULL);
	recs->pages = NULL;
	recs->allocators = NULL;
	recs->stride =
		cache_line_size < MIN_STRIDE ? MIN_STRIDE : cache_line_size;
}

void mlx5_dbrecs_fini(struct mlx5_dbrecs *recs)
{
	struct mlx5_dbrec_page *page;

	while ((page = recs->pages)) {
		recs->pages = page->next;
		mlx5_free_buf(&page->buf);
		free(page);
	}
	pthread_mutex_destroy(&recs->lock);
}

static struct mlx5_dbrec_page *add_page(struct mlx5_dbrecs *recs)
{
	struct mlx5_dbrec_page *page;
	int err;

	page = calloc(1, sizeof(*page));
	if (!page)
		return NULL;
	err = mlx5_alloc_buf_from(&page->buf, recs->allocators,
				  (size_t)recs->stride * RECS_PER_PAGE);
	if (err) {
		free(page);
		errno = err;
		return NULL;
	}
	page->next = recs->pages;
	recs->pages = page;
	return page;
}

static struct mlx5_dbrec_page *page_with_room(struct mlx5_dbrecs *recs)
{
	struct mlx5_dbrec_page *page;

	for (page = recs->pages; page; page = page->next)
		if (~page->used)
			return page;
	return add_page(recs);
}

__be32 *mlx5_alloc_dbrec(struct mlx5_dbrecs *recs)
{
	struct mlx5_dbrec_page *page;
	__be32 *rec = NULL;
	int i;

	pthread_mutex_lock(&recs->lock);
	page = page_with_room(recs);
	if (page) {
		i = __builtin_ctzll(~page->used);
		page->used |= 1ull << i;
		rec = (__be32 *)((char *)page->buf.addr +
				 (size_t)i * recs->stride);
		memset(rec, 0, DBREC_WORDS * sizeof(*rec));
	}
	pthread_mutex_unlock(&recs->lock);
	return rec;
}

static bool page_holds(const struct mlx5_dbrec_page *page, const __be32 *rec)
{
	uintptr_t start = (uintptr_t)page->buf.addr;

	return (uintptr_t)rec - start < page->buf.len;
}

void mlx5_free_dbrec(struct mlx5_dbrecs *recs, __be32 *rec)
{
	struct mlx5_dbrec_page **link;
	struct mlx5_dbrec_page *page;
	size_t offset;

	pthread_mutex_lock(&recs->lock);
	link = &recs->pages;
	while (!page_holds(*link, rec))
		link = &(*link)->next;
	page = *link;
	offset = (uintptr_t)rec - (uintptr_t)page->buf.addr;
	page->used &= ~(1ull << (offset / recs->stride));
	if (!page->used) {
		*link = page->next;
		mlx5_free_buf(&page->buf);
		free(page);
	}
	pthread_mutex_unlock(&recs->lock);
}
