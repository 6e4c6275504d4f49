// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* dma-bufs from DRM: memory of a GPU or a dumb buffer, exported by PRIME. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "dmabuf_error.h"
#include "dmabuf_gem.h"
#include "dmabuf_kinds.h"
#include "drm_dumb.h"

/* The driver of an open card, "" if it does not say. */
static void driver_name(int card_fd, char name[32])
{
	struct dumb_version version = {
		.name = name,
		.name_len = 31,
	};

	memset(name, 0, 32);
	if (ioctl(card_fd, DUMB_IOCTL_VERSION, &version))
		name[0] = '\0';
}

static bool is_driver(int card_fd, const char *driver)
{
	char name[32];

	driver_name(card_fd, name);
	return !strcmp(name, driver);
}

/* The first card of that driver that may be opened, or -1. */
static int open_card_of(const char *driver)
{
	glob_t cards;
	size_t i;
	int fd = -1;

	if (glob("/dev/dri/card*", 0, NULL, &cards))
		return -1;
	for (i = 0; fd < 0 && i < cards.gl_pathc; i++) {
		fd = open(cards.gl_pathv[i], O_RDWR | O_CLOEXEC);
		if (fd >= 0 && !is_driver(fd, driver)) {
			close(fd);
			fd = -1;
		}
	}
	globfree(&cards);
	return fd;
}

/*
 * The handle, or 0, which none has. 1024 pixels of 32 bits make a line of
 * 4 KiB, so that the lines fill whole pages.
 */
static unsigned int dumb_handle(const char *what, int card_fd, size_t size,
				struct dmabuf_error *err)
{
	struct dumb_create create = {
		.width = 1024,
		.height = (size + 4095) / 4096,
		.bpp = 32,
	};

	if (ioctl(card_fd, DUMB_IOCTL_CREATE, &create)) {
		dmabuf_fail(err, errno, "%s: dumb buffer of %zu bytes: %s",
			    what, size, strerror(errno));
		return 0;
	}
	return create.handle;
}

static int prime_export(const char *what, int card_fd, unsigned int handle,
			struct dmabuf_error *err)
{
	struct dumb_prime prime = {
		.handle = handle,
		.flags = DUMB_PRIME_FLAGS,
		.fd = -1,
	};

	if (ioctl(card_fd, DUMB_IOCTL_PRIME_EXPORT, &prime))
		return dmabuf_fail(err, errno, "%s: PRIME export: %s", what,
				   strerror(errno));
	return prime.fd;
}

/* The dma-buf keeps the memory; the handle goes with card_fd. */
static int export_dumb(const char *what, int card_fd, size_t size,
		       struct dmabuf_buf *buf, struct dmabuf_error *err)
{
	unsigned int handle;

	handle = dumb_handle(what, card_fd, size, err);
	if (handle)
		buf->fd = prime_export(what, card_fd, handle, err);
	close_keep_errno(card_fd);
	return buf->fd < 0 ? -1 : 0;
}

int vgem_create(const struct dmabuf_spec *spec, size_t size,
		struct dmabuf_buf *buf, struct dmabuf_error *err)
{
	int card_fd;

	card_fd = open_card_of("vgem");
	if (card_fd < 0)
		return dmabuf_fail(
			err, ENOENT,
			"vgem: no /dev/dri/card* of this driver (needs the module vgem)");
	return export_dumb("vgem", card_fd, size, buf, err);
}

static int export_gem(gem_create_fn create, int card_fd, size_t size,
		      const struct dmabuf_spec *spec, struct dmabuf_buf *buf,
		      struct dmabuf_error *err)
{
	unsigned int handle;

	handle = create(card_fd, size,
			spec->gtt ? GEM_SYSTEM_MEMORY : GEM_DEVICE_MEMORY);
	if (handle)
		buf->fd = prime_export("drm", card_fd, handle, err);
	else
		dmabuf_fail(err, errno, "drm: %zu bytes from %s: %s", size,
			    spec->path, strerror(errno));
	close_keep_errno(card_fd);
	return buf->fd < 0 ? -1 : 0;
}

int drm_create(const struct dmabuf_spec *spec, size_t size,
	       struct dmabuf_buf *buf, struct dmabuf_error *err)
{
	gem_create_fn create;
	char driver[32];
	int card_fd;

	card_fd = open_node("drm", spec->path, "a DRM driver", err);
	if (card_fd < 0)
		return -1;
	driver_name(card_fd, driver);
	create = gem_create_of(driver);
	if (create)
		return export_gem(create, card_fd, size, spec, buf, err);
	if (!spec->gtt)
		return export_dumb("drm", card_fd, size, buf, err);
	close(card_fd);
	return dmabuf_fail(err, EOPNOTSUPP,
			   "drm: %s: dumb buffers lie where %s wants them",
			   spec->path, *driver ? driver : "the driver");
}
