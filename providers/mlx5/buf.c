/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Memory for rings. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mlx5.h"

static size_t whole_pages(size_t len)
{
	size_t page = sysconf(_SC_PAGESIZE);

	return (len + page - 1) & ~(page - 1);
}

int mlx5_alloc_buf(struct mlx5_buf *buf, size_t len)
{
	void *addr;

	*buf = (struct mlx5_buf){ 0 };
	if (!len)
		return 0;
	len = whole_pages(len);
	addr = mmap(NULL, len, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (addr == MAP_FAILED)
		return errno;
	buf->addr = addr;
	buf->len = len;
	return 0;
}

int mlx5_alloc_buf_from(struct mlx5_buf *buf,
			const struct mlx5dv_ctx_allocators *allocators,
			size_t len)
{
	len = whole_pages(len);
	if (!len || !allocators || !allocators->alloc)
		return mlx5_alloc_buf(buf, len);
	*buf = (struct mlx5_buf){ .from = *allocators, .len = len };
	buf->addr = allocators->alloc(len, allocators->data);
	if (!buf->addr)
		return ENOMEM;
	memset(buf->addr, 0, len);
	return 0;
}

int mlx5_alloc_buf_pd(struct mlx5_buf *buf,
		      const struct mlx5dv_ctx_allocators *allocators,
		      struct ibv_pd *pd, enum mlx5_buf_type type, size_t len)
{
	uint64_t res_type = (uint64_t)RDMA_DRIVER_MLX5 << 32 | type;
	void *addr = IBV_ALLOCATOR_USE_DEFAULT;

	len = whole_pages(len);
	if (pd && len)
		addr = verbs_pd_alloc(pd, len, sysconf(_SC_PAGESIZE), res_type);
	if (addr == IBV_ALLOCATOR_USE_DEFAULT)
		return mlx5_alloc_buf_from(buf, allocators, len);
	if (!addr)
		return ENOMEM;
	*buf = (struct mlx5_buf){
		.addr = addr,
		.len = len,
		.pd = pd,
		.type = res_type,
	};
	memset(addr, 0, len);
	return 0;
}

void mlx5_free_buf(struct mlx5_buf *buf)
{
	if (buf->pd)
		verbs_pd_free(buf->pd, buf->addr, buf->type);
	else if (buf->from.free)
		buf->from.free(buf->addr, buf->from.data);
	else if (buf->addr)
		munmap(buf->addr, buf->len);
	buf->addr = NULL;
}
