// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
#include <errno.h>
#include <linux/dma-buf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dmabuf_error.h"
#include "dmabuf_exporter.h"
#include "dmabuf_gpu.h"
#include "dmabuf_kinds.h"

typedef int (*create_fn)(const struct dmabuf_spec *spec, size_t size,
			 struct dmabuf_buf *buf, struct dmabuf_error *err);

static const create_fn create_by_kind[] = {
	[DMABUF_UDMABUF] = udmabuf_create, [DMABUF_HEAP] = heap_create,
	[DMABUF_VGEM] = vgem_create,	   [DMABUF_DRM] = drm_create,
	[DMABUF_TESTBUF] = testbuf_create, [DMABUF_FD] = fd_create,
	[DMABUF_CUDA] = cuda_create,	   [DMABUF_HIP] = hip_create,
};

static const char *const known_specs[] = {
	"udmabuf", "heap:system", "vgem", "testbuf", "testbuf:dynamic",
};

/* 0 if size cannot be rounded up to whole pages. */
static size_t whole_pages(size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE);

	return (size + page - 1) & ~(page - 1);
}

/* Exporters may hand out more than was asked for. */
static int map_dmabuf(struct dmabuf_buf *buf, bool must,
		      struct dmabuf_error *err)
{
	off_t size;
	void *map;

	size = lseek(buf->fd, 0, SEEK_END);
	if (size < 0)
		return dmabuf_fail(err, errno, "%s: size of the dma-buf: %s",
				   buf->name, strerror(errno));
	buf->size = size;
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, buf->fd, 0);
	if (map != MAP_FAILED) {
		buf->map = map;
		return 0;
	}
	buf->map_error = errno;
	if (!must)
		return 0;
	return dmabuf_fail(err, buf->map_error, "%s: mmap of the dma-buf: %s",
			   buf->name, strerror(buf->map_error));
}

/* In place of a map of memory that has none. */
static int map_copy(struct dmabuf_buf *buf, size_t size,
		    struct dmabuf_error *err)
{
	void *map;

	map = mmap(NULL, size, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		return dmabuf_fail(err, errno, "%s: a copy of it: %s",
				   buf->name, strerror(errno));
	buf->size = size;
	buf->map = map;
	return 0;
}

static int map_buf(struct dmabuf_buf *buf, enum dmabuf_kind kind, size_t size,
		   struct dmabuf_error *err)
{
	if (buf->gpu)
		return map_copy(buf, size, err);
	return map_dmabuf(buf, kind != DMABUF_FD, err);
}

static struct dmabuf_buf *new_buf(const char *name, struct dmabuf_error *err)
{
	struct dmabuf_buf *buf;

	buf = calloc(1, sizeof(*buf));
	if (!buf) {
		dmabuf_fail(err, ENOMEM, "%s: %s", name, strerror(ENOMEM));
		return NULL;
	}
	buf->fd = -1;
	buf->testbuf_fd = -1;
	snprintf(buf->name, sizeof(buf->name), "%s", name);
	return buf;
}

struct dmabuf_buf *dmabuf_alloc(const char *spec, size_t size,
				struct dmabuf_error *err)
{
	struct dmabuf_spec parsed;
	struct dmabuf_buf *buf;

	if (dmabuf_parse_spec(spec, &parsed, err))
		return NULL;
	size = whole_pages(size);
	if (!size) {
		dmabuf_fail(err, EINVAL, "%s: no such size", spec);
		return NULL;
	}
	buf = new_buf(spec, err);
	if (!buf)
		return NULL;
	if (create_by_kind[parsed.kind](&parsed, size, buf, err) ||
	    map_buf(buf, parsed.kind, size, err)) {
		dmabuf_free(buf);
		return NULL;
	}
	return buf;
}

void dmabuf_free(struct dmabuf_buf *buf)
{
	int saved = errno;

	if (!buf)
		return;
	if (buf->map)
		munmap(buf->map, buf->size);
	close_keep_errno(buf->fd);
	close_keep_errno(buf->testbuf_fd);
	if (buf->gpu)
		buf->gpu->release(buf->gpu);
	free(buf);
	errno = saved;
}

static int sync_cpu(struct dmabuf_buf *buf, __u64 flags)
{
	struct dma_buf_sync sync = { .flags = flags };
	int ret;

	do {
		ret = ioctl(buf->fd, DMA_BUF_IOCTL_SYNC, &sync);
	} while (ret && (errno == EINTR || errno == EAGAIN));
	return ret ? errno : 0;
}

static int as_errno(int code)
{
	if (code)
		errno = code;
	return code;
}

int dmabuf_begin_cpu(struct dmabuf_buf *buf, enum dmabuf_access access)
{
	struct dmabuf_gpu *gpu = buf->gpu;

	if (!buf->map)
		return as_errno(buf->map_error);
	if (gpu)
		return as_errno(gpu->fetch(gpu, buf->map, buf->size));
	return sync_cpu(buf, DMA_BUF_SYNC_START | access);
}

int dmabuf_end_cpu(struct dmabuf_buf *buf, enum dmabuf_access access)
{
	struct dmabuf_gpu *gpu = buf->gpu;

	if (gpu && !(access & DMABUF_WRITE))
		return 0;
	if (gpu)
		return as_errno(gpu->store(gpu, buf->map, buf->size));
	return sync_cpu(buf, DMA_BUF_SYNC_END | access);
}

int dmabuf_set_name(struct dmabuf_buf *buf, const char *name)
{
	return ioctl(buf->fd, DMA_BUF_SET_NAME, name) ? errno : 0;
}

static int testbuf_command(struct dmabuf_buf *buf, unsigned long request,
			   void *arg)
{
	if (buf->testbuf_fd < 0) {
		errno = EOPNOTSUPP;
		return errno;
	}
	return ioctl(buf->testbuf_fd, request, arg) ? errno : 0;
}

int dmabuf_move(struct dmabuf_buf *buf, unsigned int count,
		unsigned int interval_us, unsigned int flags,
		unsigned int *moved)
{
	struct softhca_testbuf_move move = {
		.fd = buf->fd,
		.flags = flags,
		.count = count,
		.interval_us = interval_us,
	};
	int ret;

	ret = testbuf_command(buf, SOFTHCA_TESTBUF_MOVE, &move);
	if (moved)
		*moved = move.moved;
	return ret;
}

int dmabuf_revoke(struct dmabuf_buf *buf)
{
	struct softhca_testbuf_revoke revoke = { .fd = buf->fd };

	return testbuf_command(buf, SOFTHCA_TESTBUF_REVOKE, &revoke);
}

int dmabuf_check_guards(struct dmabuf_buf *buf,
			struct softhca_testbuf_guards *guards)
{
	memset(guards, 0, sizeof(*guards));
	guards->fd = buf->fd;
	return testbuf_command(buf, SOFTHCA_TESTBUF_CHECK_GUARDS, guards);
}

int dmabuf_get_stats(struct dmabuf_buf *buf,
		     struct softhca_testbuf_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	stats->fd = buf->fd;
	return testbuf_command(buf, SOFTHCA_TESTBUF_STATS, stats);
}

const char *dmabuf_known_spec(unsigned int index)
{
	if (index >= sizeof(known_specs) / sizeof(*known_specs))
		return NULL;
	return known_specs[index];
}

int dmabuf_available(const char *spec, struct dmabuf_error *err)
{
	struct dmabuf_buf *buf;

	buf = dmabuf_alloc(spec, 1, err);
	if (!buf)
		return errno;
	dmabuf_free(buf);
	return 0;
}
