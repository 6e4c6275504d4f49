/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Memory for rings. */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mlx5.h"

int mlx5_alloc_buf(struct mlx5_buf *buf, size_t len)
{
	size_t page = sysconf(_SC_PAGESIZE);
	void *addr;

	len = (len + page - 1) & ~(page - 1);
	addr = mmap(NULL, len, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (addr == MAP_FAILED)
		return errno;
	buf->addr = addr;
	buf->len = len;
	return 0;
}

void mlx5_free_buf(struct mlx5_buf *buf)
{
	if (buf->addr)
		munmap(buf->addr, buf->len);
	buf->addr = NULL;
}
