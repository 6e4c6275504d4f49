/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef DMABUF_KINDS_H
#define DMABUF_KINDS_H

#include "dmabuf_exporter.h"

/*
 * One per kind of exporter: sets buf->fd, and buf->testbuf_fd or buf->gpu where
 * there is one, for a dma-buf of size bytes (whole pages). 0, or -1 with errno and
 * *err set; what buf has got by then goes with it.
 */
int udmabuf_create(const struct dmabuf_spec *spec, size_t size,
		   struct dmabuf_buf *buf, struct dmabuf_error *err);
int heap_create(const struct dmabuf_spec *spec, size_t size,
		struct dmabuf_buf *buf, struct dmabuf_error *err);
int vgem_create(const struct dmabuf_spec *spec, size_t size,
		struct dmabuf_buf *buf, struct dmabuf_error *err);
int drm_create(const struct dmabuf_spec *spec, size_t size,
	       struct dmabuf_buf *buf, struct dmabuf_error *err);
int cuda_create(const struct dmabuf_spec *spec, size_t size,
		struct dmabuf_buf *buf, struct dmabuf_error *err);
int hip_create(const struct dmabuf_spec *spec, size_t size,
	       struct dmabuf_buf *buf, struct dmabuf_error *err);
int testbuf_create(const struct dmabuf_spec *spec, size_t size,
		   struct dmabuf_buf *buf, struct dmabuf_error *err);
int fd_create(const struct dmabuf_spec *spec, size_t size,
	      struct dmabuf_buf *buf, struct dmabuf_error *err);

/*
 * Opens a device node, close-on-exec. Where that fails, *err names the node,
 * the reason and, if there is no such node, what provides it.
 */
int open_node(const char *what, const char *path, const char *provider,
	      struct dmabuf_error *err);

#endif
