/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef DRM_DUMB_H
#define DRM_DUMB_H

/*
 * The three DRM calls that dumb buffers need. Debian 12 has <drm/drm.h> only
 * with libdrm's development files, hence our own names for it; a unit test
 * compares them with the kernel's where those are installed.
 */
#include <fcntl.h>
#include <linux/ioctl.h>
#include <linux/types.h>
#include <stddef.h>

struct dumb_version {
	int major;
	int minor;
	int patchlevel;
	size_t name_len;
	char *name;
	size_t date_len;
	char *date;
	size_t desc_len;
	char *desc;
};

struct dumb_create {
	__u32 height;
	__u32 width;
	__u32 bpp;
	__u32 flags;
	__u32 handle;
	__u32 pitch;
	__u64 size;
};

struct dumb_prime {
	__u32 handle;
	__u32 flags;
	__s32 fd;
};

#define DUMB_IOCTL_VERSION _IOWR('d', 0x00, struct dumb_version)
#define DUMB_IOCTL_PRIME_EXPORT _IOWR('d', 0x2d, struct dumb_prime)
#define DUMB_IOCTL_CREATE _IOWR('d', 0xb2, struct dumb_create)

#define DUMB_PRIME_FLAGS (O_CLOEXEC | O_RDWR)

#endif
