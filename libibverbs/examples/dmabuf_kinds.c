// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* How each exporter makes a dma-buf, except those of DRM. */
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-heap.h>
#include <linux/udmabuf.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dmabuf_error.h"
#include "dmabuf_kinds.h"

int open_node(const char *what, const char *path, const char *provider,
	      struct dmabuf_error *err)
{
	int code;
	int fd;

	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	code = errno;
	if (code == ENOENT || code == ENODEV || code == ENXIO)
		return dmabuf_fail(err, code, "%s: %s: %s (needs %s)", what,
				   path, strerror(code), provider);
	return dmabuf_fail(err, code, "%s: %s: %s", what, path, strerror(code));
}

/* udmabuf takes a memfd only if nobody can shrink it any more. */
static int sealed_memfd(size_t size, struct dmabuf_error *err)
{
	int fd;

	fd = memfd_create("dmabuf", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return dmabuf_fail(err, errno, "udmabuf: memfd_create: %s",
				   strerror(errno));
	if (ftruncate(fd, size) || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK)) {
		dmabuf_fail(err, errno, "udmabuf: memfd of %zu bytes: %s", size,
			    strerror(errno));
		close_keep_errno(fd);
		return -1;
	}
	return fd;
}

static int udmabuf_over(int dev_fd, int memfd, size_t size,
			struct dmabuf_error *err)
{
	struct udmabuf_create create = {
		.memfd = memfd,
		.flags = UDMABUF_FLAGS_CLOEXEC,
		.size = size,
	};
	int fd;

	fd = ioctl(dev_fd, UDMABUF_CREATE, &create);
	if (fd < 0)
		return dmabuf_fail(err, errno,
				   "udmabuf: UDMABUF_CREATE of %zu bytes: %s",
				   size, strerror(errno));
	return fd;
}

int udmabuf_create(const struct dmabuf_spec *spec, size_t size,
		   struct dmabuf_buf *buf, struct dmabuf_error *err)
{
	int dev_fd, memfd;

	dev_fd = open_node("udmabuf", "/dev/udmabuf",
			   "a kernel with CONFIG_UDMABUF", err);
	if (dev_fd < 0)
		return -1;
	memfd = sealed_memfd(size, err);
	if (memfd >= 0)
		buf->fd = udmabuf_over(dev_fd, memfd, size, err);
	close_keep_errno(memfd);
	close_keep_errno(dev_fd);
	return buf->fd < 0 ? -1 : 0;
}

int heap_create(const struct dmabuf_spec *spec, size_t size,
		struct dmabuf_buf *buf, struct dmabuf_error *err)
{
	struct dma_heap_allocation_data data = {
		.len = size,
		.fd_flags = O_RDWR | O_CLOEXEC,
	};
	int heap_fd;
	int ret;

	heap_fd = open_node("heap", spec->path,
			    "a kernel with CONFIG_DMABUF_HEAPS and this heap",
			    err);
	if (heap_fd < 0)
		return -1;
	ret = ioctl(heap_fd, DMA_HEAP_IOCTL_ALLOC, &data);
	if (ret)
		dmabuf_fail(err, errno, "heap: %zu bytes from %s: %s", size,
			    spec->path, strerror(errno));
	else
		buf->fd = data.fd;
	close_keep_errno(heap_fd);
	return ret;
}

int testbuf_create(const struct dmabuf_spec *spec, size_t size,
		   struct dmabuf_buf *buf, struct dmabuf_error *err)
{
	struct softhca_testbuf_create create = spec->testbuf;
	int dev_fd;

	dev_fd = open_node("testbuf", SOFTHCA_TESTBUF_PATH,
			   "the module softhca", err);
	if (dev_fd < 0)
		return -1;
	create.size = size;
	if (ioctl(dev_fd, SOFTHCA_TESTBUF_CREATE, &create)) {
		dmabuf_fail(err, errno, "testbuf: %zu bytes: %s", size,
			    strerror(errno));
		close_keep_errno(dev_fd);
		return -1;
	}
	buf->fd = create.fd;
	buf->testbuf_fd = dev_fd;
	return 0;
}

/* The inherited descriptor stays the caller's: the buffer gets a copy. */
int fd_create(const struct dmabuf_spec *spec, size_t size,
	      struct dmabuf_buf *buf, struct dmabuf_error *err)
{
	off_t has;

	has = lseek(spec->fd, 0, SEEK_END);
	if (has < 0)
		return dmabuf_fail(err, errno, "fd:%d: not a dma-buf: %s",
				   spec->fd, strerror(errno));
	if ((size_t)has < size)
		return dmabuf_fail(err, ENOSPC,
				   "fd:%d: %lld bytes, %zu are needed",
				   spec->fd, (long long)has, size);
	buf->fd = fcntl(spec->fd, F_DUPFD_CLOEXEC, 0);
	if (buf->fd < 0)
		return dmabuf_fail(err, errno, "fd:%d: %s", spec->fd,
				   strerror(errno));
	return 0;
}
