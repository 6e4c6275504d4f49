/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Buffers that the provider allocates, because it knows what memory the device
 * reaches. The default is memory of this process, as any other.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "internal.h"

VERBS_EXPORT
void *ibv_alloc_buf(struct ibv_pd *pd, size_t size, struct ibv_buf **buf)
{
	if (!pd || !buf)
		return verbs_null(EINVAL);
	return verbs_ops(pd->context)->alloc_buf(pd, size, buf);
}

VERBS_EXPORT
void ibv_free_buf(struct ibv_buf *buf)
{
	if (!buf) {
		errno = EINVAL;
		return;
	}
	verbs_ops(buf->context)->free_buf(buf);
}

VERBS_EXPORT
int ibv_export_buf_dmabuf_fd(struct ibv_buf *buf)
{
	if (!buf || buf->dmabuf_fd < 0) {
		errno = buf ? ENODATA : EINVAL;
		return -1;
	}
	return fcntl(buf->dmabuf_fd, F_DUPFD_CLOEXEC, 0);
}

VERBS_EXPORT
struct ibv_mr *ibv_reg_buf_mr(struct ibv_pd *pd, struct ibv_buf *buf,
			      void *addr, size_t length, int access)
{
	struct ibv_mr_init_attr attr = {
		.length = length,
		.access = access,
		.comp_mask = IBV_REG_MR_MASK_ADDR | IBV_REG_MR_MASK_BUF,
		.addr = addr,
		.buf = buf,
	};

	return ibv_reg_mr_ex(pd, &attr);
}

static bool is_inside(const struct ibv_buf *buf, const void *addr,
		      size_t length)
{
	size_t offset = (size_t)((const char *)addr - (char *)buf->addr);

	return offset <= buf->size && length <= buf->size - offset;
}

int buf_to_memory(struct ibv_mr_init_attr *attr)
{
	const struct ibv_buf *buf = attr->buf;

	if (!(attr->comp_mask & IBV_REG_MR_MASK_ADDR) || !buf ||
	    !is_inside(buf, attr->addr, attr->length))
		return EINVAL;
	attr->comp_mask &= ~(uint64_t)IBV_REG_MR_MASK_BUF;
	if (buf->dmabuf_fd < 0)
		return 0;
	if (attr->comp_mask & (IBV_REG_MR_MASK_FD | IBV_REG_MR_MASK_FD_OFFSET))
		return EINVAL;
	attr->comp_mask ^= IBV_REG_MR_MASK_ADDR | IBV_REG_MR_MASK_FD |
			   IBV_REG_MR_MASK_FD_OFFSET;
	attr->fd = buf->dmabuf_fd;
	attr->fd_offset = (uint64_t)((char *)attr->addr - (char *)buf->addr);
	return 0;
}

/* ------------------------------------------------------------ the default */

static size_t whole_pages(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (size > SIZE_MAX - page)
		return 0;
	return size ? (size + page - 1) / page * page : page;
}

VERBS_EXPORT
void *verbs_alloc_buf(struct ibv_pd *pd, size_t size, struct ibv_buf **buf)
{
	struct ibv_buf *new_buf = calloc(1, sizeof(*new_buf));

	if (!new_buf)
		return NULL;
	new_buf->context = pd->context;
	new_buf->size = size;
	new_buf->mapped = whole_pages(size);
	new_buf->dmabuf_fd = -1;
	new_buf->addr = mmap(NULL, new_buf->mapped, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (new_buf->addr == MAP_FAILED) {
		free(new_buf);
		errno = ENOMEM;
		return NULL;
	}
	*buf = new_buf;
	return new_buf->addr;
}

VERBS_EXPORT
void verbs_free_buf(struct ibv_buf *buf)
{
	munmap(buf->addr, buf->mapped);
	verbs_close_keep_errno(buf->dmabuf_fd);
	free(buf);
}
