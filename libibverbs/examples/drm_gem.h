/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef DRM_GEM_H
#define DRM_GEM_H

/*
 * How the drivers of GPUs allocate memory: the calls that an exporter needs, by
 * names of our own for the reason told in drm_dumb.h. A unit test compares them
 * with <drm/i915_drm.h>, <drm/xe_drm.h> and <drm/amdgpu_drm.h>.
 */
#include <linux/ioctl.h>
#include <linux/types.h>

/* A driver's own calls start here. */
#define GEM_IOCTL(number, type) _IOWR('d', 0x40 + (number), type)

struct i915_create {
	__u64 size;
	__u32 handle;
	__u32 pad;
};

struct i915_region {
	__u16 memory_class;
	__u16 memory_instance;
};

struct i915_regions {
	__u64 next_extension;
	__u32 name;
	__u32 flags;
	__u32 rsvd[4];
	__u32 pad;
	__u32 num_regions;
	__u64 regions;
};

struct i915_create_ext {
	__u64 size;
	__u32 handle;
	__u32 flags;
	__u64 extensions;
};

#define I915_IOCTL_CREATE GEM_IOCTL(0x1b, struct i915_create)
#define I915_IOCTL_CREATE_EXT GEM_IOCTL(0x3c, struct i915_create_ext)
#define I915_EXT_REGIONS 0
#define I915_SYSTEM_MEMORY 0
#define I915_DEVICE_MEMORY 1
#define I915_NEEDS_CPU_ACCESS 1

struct xe_query {
	__u64 extensions;
	__u32 query;
	__u32 size;
	__u64 data;
	__u64 reserved[2];
};

struct xe_region {
	__u16 mem_class;
	__u16 instance;
	__u32 min_page_size;
	__u64 total_size;
	__u64 used;
	__u64 cpu_visible_size;
	__u64 cpu_visible_used;
	__u64 reserved[6];
};

struct xe_regions {
	__u32 num_regions;
	__u32 pad;
	struct xe_region regions[];
};

struct xe_create {
	__u64 extensions;
	__u64 size;
	__u32 placement;
	__u32 flags;
	__u32 vm_id;
	__u32 handle;
	__u16 cpu_caching;
	__u16 pad[3];
	__u64 reserved[2];
};

#define XE_IOCTL_QUERY GEM_IOCTL(0x00, struct xe_query)
#define XE_IOCTL_CREATE GEM_IOCTL(0x01, struct xe_create)
#define XE_QUERY_MEM_REGIONS 1
#define XE_SYSTEM_MEMORY 0
#define XE_DEVICE_MEMORY 1
#define XE_NEEDS_VISIBLE_VRAM (1 << 2)
#define XE_CACHING_WRITE_BACK 1
#define XE_CACHING_WRITE_COMBINED 2

union amdgpu_create {
	struct {
		__u64 size;
		__u64 alignment;
		__u64 domains;
		__u64 flags;
	} in;
	struct {
		__u32 handle;
		__u32 pad;
	} out;
};

#define AMDGPU_IOCTL_CREATE GEM_IOCTL(0x00, union amdgpu_create)
#define AMDGPU_DOMAIN_GTT 0x2
#define AMDGPU_DOMAIN_VRAM 0x4
#define AMDGPU_CPU_ACCESS_REQUIRED (1 << 0)
#define AMDGPU_VRAM_CLEARED (1 << 3)

#endif
