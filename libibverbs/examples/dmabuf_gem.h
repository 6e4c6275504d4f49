/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef DMABUF_GEM_H
#define DMABUF_GEM_H

#include <stddef.h>

/* Where a buffer is to lie: in the GPU's memory if it has any, or not. */
enum gem_place {
	GEM_DEVICE_MEMORY,
	GEM_SYSTEM_MEMORY,
};

/*
 * Allocates memory of the card that is open as fd, zeroed and within reach of the
 * CPU: the handle, or 0, which none has, with errno set.
 */
typedef unsigned int (*gem_create_fn)(int fd, size_t size,
				      enum gem_place place);

/* For the driver of that name; NULL: it has dumb buffers at best. */
gem_create_fn gem_create_of(const char *driver);

#endif
