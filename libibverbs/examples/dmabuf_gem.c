// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* How each DRM driver of GPUs allocates memory. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "dmabuf_gem.h"
#include "drm_gem.h"

/* Of device memory; system memory is named as the place it may be moved to. */
static unsigned int i915_device(int fd, size_t size)
{
	const struct i915_region regions[] = {
		{ I915_DEVICE_MEMORY, 0 },
		{ I915_SYSTEM_MEMORY, 0 },
	};
	struct i915_regions extension = {
		.name = I915_EXT_REGIONS,
		.num_regions = 2,
		.regions = (uintptr_t)regions,
	};
	struct i915_create_ext create = {
		.size = size,
		.flags = I915_NEEDS_CPU_ACCESS,
		.extensions = (uintptr_t)&extension,
	};

	if (ioctl(fd, I915_IOCTL_CREATE_EXT, &create))
		return 0;
	return create.handle;
}

/* EINVAL: a GPU without memory, or a kernel older than the call. */
static unsigned int i915_create(int fd, size_t size, enum gem_place place)
{
	struct i915_create create = { .size = size };
	unsigned int handle = 0;

	if (place == GEM_DEVICE_MEMORY) {
		handle = i915_device(fd, size);
		if (handle || errno != EINVAL)
			return handle;
	}
	if (ioctl(fd, I915_IOCTL_CREATE, &create))
		return 0;
	return create.handle;
}

/* What memory there is; free() it. */
static struct xe_regions *xe_regions(int fd)
{
	struct xe_query query = { .query = XE_QUERY_MEM_REGIONS };
	struct xe_regions *regions;

	if (ioctl(fd, XE_IOCTL_QUERY, &query))
		return NULL;
	regions = calloc(1, query.size);
	if (!regions)
		return NULL;
	query.data = (uintptr_t)regions;
	if (!ioctl(fd, XE_IOCTL_QUERY, &query))
		return regions;
	free(regions);
	return NULL;
}

/* Every GPU reaches system memory, not every one has its own. */
static const struct xe_region *xe_choose(const struct xe_regions *all,
					 enum gem_place place)
{
	const struct xe_region *chosen = NULL;
	__u32 i;

	for (i = 0; i < all->num_regions; i++) {
		if (place == GEM_DEVICE_MEMORY &&
		    all->regions[i].mem_class == XE_DEVICE_MEMORY)
			return &all->regions[i];
		if (all->regions[i].mem_class == XE_SYSTEM_MEMORY)
			chosen = &all->regions[i];
	}
	return chosen;
}

static unsigned int xe_create_in(int fd, size_t size,
				 const struct xe_region *region)
{
	struct xe_create create = {
		.size = (size + region->min_page_size - 1) /
			region->min_page_size * region->min_page_size,
		.placement = 1U << region->instance,
		.cpu_caching = XE_CACHING_WRITE_BACK,
	};

	if (region->mem_class == XE_DEVICE_MEMORY) {
		create.flags = XE_NEEDS_VISIBLE_VRAM;
		create.cpu_caching = XE_CACHING_WRITE_COMBINED;
	}
	if (ioctl(fd, XE_IOCTL_CREATE, &create))
		return 0;
	return create.handle;
}

static unsigned int xe_create(int fd, size_t size, enum gem_place place)
{
	const struct xe_region *region;
	struct xe_regions *regions;
	unsigned int handle = 0;

	regions = xe_regions(fd);
	if (!regions)
		return 0;
	region = xe_choose(regions, place);
	if (region && region->min_page_size)
		handle = xe_create_in(fd, size, region);
	else
		errno = ENODEV;
	free(regions);
	return handle;
}

static unsigned int amdgpu_create(int fd, size_t size, enum gem_place place)
{
	union amdgpu_create create = {
		.in = {
			.size = size,
			.domains = AMDGPU_DOMAIN_VRAM,
			.flags = AMDGPU_CPU_ACCESS_REQUIRED |
				 AMDGPU_VRAM_CLEARED,
		},
	};

	if (place == GEM_SYSTEM_MEMORY) {
		create.in.domains = AMDGPU_DOMAIN_GTT;
		create.in.flags = AMDGPU_CPU_ACCESS_REQUIRED;
	}
	if (ioctl(fd, AMDGPU_IOCTL_CREATE, &create))
		return 0;
	return create.out.handle;
}

static const struct {
	const char *driver;
	gem_create_fn create;
} drivers[] = {
	{ "i915", i915_create },
	{ "xe", xe_create },
	{ "amdgpu", amdgpu_create },
};

gem_create_fn gem_create_of(const char *driver)
{
	unsigned int i;

	for (i = 0; i < sizeof(drivers) / sizeof(*drivers); i++)
		if (!strcmp(drivers[i].driver, driver))
			return drivers[i].create;
	return NULL;
}
