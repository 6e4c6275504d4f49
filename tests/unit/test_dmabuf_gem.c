// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/*
 * How memory is asked of the DRM drivers of GPUs. There is no such GPU here: ioctl(2)
 * is answered by this file, which keeps what the exporter asked for.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "dmabuf_exporter.h"
#include "drm_dumb.h"
#include "drm_gem.h"

#define CARD "drm:/dev/null"
#define SIZE 8192
#define HANDLE 17

/* The driver that answers, and what it was asked. */
static struct {
	const char *driver;
	int device_memory; /* of i915: whether there is any */
	unsigned int num_regions; /* of xe */
	struct i915_create i915;
	struct i915_create_ext i915_ext;
	struct i915_region i915_regions[2];
	struct xe_create xe;
	union amdgpu_create amdgpu;
	struct dumb_create dumb;
	unsigned int exported;
} card;

static const struct xe_region xe_memory[] = {
	{ .mem_class = XE_SYSTEM_MEMORY, .instance = 0, .min_page_size = 4096 },
	{ .mem_class = XE_DEVICE_MEMORY,
	  .instance = 3,
	  .min_page_size = 65536 },
};

static int refuse(int code)
{
	errno = code;
	return -1;
}

static int tell_driver(struct dumb_version *version)
{
	size_t len = strlen(card.driver);

	assert_true(version->name_len >= len);
	memcpy(version->name, card.driver, len);
	version->name_len = len;
	return 0;
}

static int answer_i915_ext(struct i915_create_ext *create)
{
	const struct i915_regions *regions =
		(void *)(uintptr_t)create->extensions;

	assert_int_equal(regions->name, I915_EXT_REGIONS);
	assert_int_equal(regions->next_extension, 0);
	assert_int_equal(regions->num_regions, 2);
	memcpy(card.i915_regions, (void *)(uintptr_t)regions->regions,
	       sizeof(card.i915_regions));
	card.i915_ext = *create;
	if (!card.device_memory)
		return refuse(EINVAL);
	create->handle = HANDLE;
	return 0;
}

static int answer_xe_query(struct xe_query *query)
{
	size_t size = sizeof(struct xe_regions) +
		      card.num_regions * sizeof(struct xe_region);
	struct xe_regions *regions = (void *)(uintptr_t)query->data;

	assert_int_equal(query->query, XE_QUERY_MEM_REGIONS);
	if (!regions) {
		query->size = size;
		return 0;
	}
	assert_int_equal(query->size, size);
	regions->num_regions = card.num_regions;
	memcpy(regions->regions, xe_memory, size - sizeof(*regions));
	return 0;
}

static int answer_amdgpu(union amdgpu_create *create)
{
	card.amdgpu = *create;
	memset(create, 0, sizeof(*create));
	create->out.handle = HANDLE;
	return 0;
}

/* Mapped and measured like a dma-buf. */
static int export(struct dumb_prime *prime)
{
	card.exported = prime->handle;
	assert_int_equal(prime->flags, DUMB_PRIME_FLAGS);
	prime->fd = memfd_create("dmabuf", MFD_CLOEXEC);
	return ftruncate(prime->fd, SIZE);
}

static int answer_i915(unsigned long request, void *arg)
{
	if (request == I915_IOCTL_CREATE_EXT)
		return answer_i915_ext(arg);
	if (request != I915_IOCTL_CREATE)
		return refuse(ENOTTY);
	card.i915 = *(struct i915_create *)arg;
	((struct i915_create *)arg)->handle = HANDLE;
	return 0;
}

static int answer_xe(unsigned long request, void *arg)
{
	if (request == XE_IOCTL_QUERY)
		return answer_xe_query(arg);
	if (request != XE_IOCTL_CREATE)
		return refuse(ENOTTY);
	card.xe = *(struct xe_create *)arg;
	((struct xe_create *)arg)->handle = HANDLE;
	return 0;
}

static int answer_dumb(struct dumb_create *create)
{
	card.dumb = *create;
	create->handle = HANDLE;
	return 0;
}

int __wrap_ioctl(int fd, unsigned long request, ...);

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (request == DUMB_IOCTL_VERSION)
		return tell_driver(arg);
	if (request == DUMB_IOCTL_PRIME_EXPORT)
		return export(arg);
	if (!strcmp(card.driver, "i915"))
		return answer_i915(request, arg);
	if (!strcmp(card.driver, "xe"))
		return answer_xe(request, arg);
	if (request == AMDGPU_IOCTL_CREATE && !strcmp(card.driver, "amdgpu"))
		return answer_amdgpu(arg);
	if (request == DUMB_IOCTL_CREATE)
		return answer_dumb(arg);
	return refuse(ENOTTY);
}

static void plug(const char *driver)
{
	memset(&card, 0, sizeof(card));
	card.driver = driver;
}

/* What is allocated by handle is what becomes the dma-buf. */
static void allocate(const char *spec)
{
	struct dmabuf_error err = { 0 };
	struct dmabuf_buf *buf;

	buf = dmabuf_alloc(spec, SIZE, &err);
	if (!buf)
		fail_msg("%s: %s", spec, err.text);
	assert_int_equal(card.exported, HANDLE);
	assert_int_equal(buf->size, SIZE);
	dmabuf_free(buf);
}

static void test_i915_device_memory_may_move_to_the_systems(void **state)
{
	plug("i915");
	card.device_memory = 1;
	allocate(CARD);
	assert_int_equal(card.i915_ext.size, SIZE);
	assert_int_equal(card.i915_ext.flags, I915_NEEDS_CPU_ACCESS);
	assert_int_equal(card.i915_regions[0].memory_class, I915_DEVICE_MEMORY);
	assert_int_equal(card.i915_regions[1].memory_class, I915_SYSTEM_MEMORY);
	assert_int_equal(card.i915.size, 0);
}

static void test_i915_without_memory_has_the_systems(void **state)
{
	plug("i915");
	allocate(CARD);
	assert_int_equal(card.i915.size, SIZE);
}

static void test_i915_gtt_is_system_memory(void **state)
{
	plug("i915");
	card.device_memory = 1;
	allocate(CARD ",gtt");
	assert_int_equal(card.i915.size, SIZE);
	assert_int_equal(card.i915_ext.size, 0);
}

static void test_xe_device_memory_in_its_pages(void **state)
{
	plug("xe");
	card.num_regions = 2;
	allocate(CARD);
	assert_int_equal(card.xe.placement, 1 << 3);
	assert_int_equal(card.xe.size, 65536);
	assert_int_equal(card.xe.flags, XE_NEEDS_VISIBLE_VRAM);
	assert_int_equal(card.xe.cpu_caching, XE_CACHING_WRITE_COMBINED);
	assert_int_equal(card.xe.vm_id, 0);
}

static void assert_xe_in_system_memory(void)
{
	assert_int_equal(card.xe.placement, 1 << 0);
	assert_int_equal(card.xe.size, SIZE);
	assert_int_equal(card.xe.flags, 0);
	assert_int_equal(card.xe.cpu_caching, XE_CACHING_WRITE_BACK);
}

static void test_xe_without_memory_has_the_systems(void **state)
{
	plug("xe");
	card.num_regions = 1;
	allocate(CARD);
	assert_xe_in_system_memory();
}

static void test_xe_gtt_is_system_memory(void **state)
{
	plug("xe");
	card.num_regions = 2;
	allocate(CARD ",gtt");
	assert_xe_in_system_memory();
}

static void test_xe_without_any_memory(void **state)
{
	struct dmabuf_error err = { 0 };

	plug("xe");
	assert_null(dmabuf_alloc(CARD, SIZE, &err));
	assert_int_equal(errno, ENODEV);
}

static void test_amdgpu_device_memory_is_cleared(void **state)
{
	plug("amdgpu");
	allocate(CARD);
	assert_int_equal(card.amdgpu.in.size, SIZE);
	assert_int_equal(card.amdgpu.in.domains, AMDGPU_DOMAIN_VRAM);
	assert_int_equal(card.amdgpu.in.flags,
			 AMDGPU_CPU_ACCESS_REQUIRED | AMDGPU_VRAM_CLEARED);
}

static void test_amdgpu_gtt_is_system_memory(void **state)
{
	plug("amdgpu");
	allocate(CARD ",gtt");
	assert_int_equal(card.amdgpu.in.domains, AMDGPU_DOMAIN_GTT);
	assert_int_equal(card.amdgpu.in.flags, AMDGPU_CPU_ACCESS_REQUIRED);
}

static void test_other_drivers_have_dumb_buffers(void **state)
{
	plug("virtio_gpu");
	allocate(CARD);
	assert_int_equal(card.dumb.width * card.dumb.height * card.dumb.bpp / 8,
			 SIZE);
}

static void test_dumb_buffers_promise_no_place(void **state)
{
	struct dmabuf_error err = { 0 };

	plug("virtio_gpu");
	assert_null(dmabuf_alloc(CARD ",gtt", SIZE, &err));
	assert_int_equal(errno, EOPNOTSUPP);
	assert_non_null(strstr(err.text, "virtio_gpu"));
	assert_int_equal(card.dumb.width, 0);
}

#if __has_include(<drm/xe_drm.h>) && __has_include(<drm/i915_drm.h>) && \
	__has_include(<drm/amdgpu_drm.h>)
#include <drm/amdgpu_drm.h>
#include <drm/i915_drm.h>
#include <drm/xe_drm.h>

static void test_i915_is_the_kernels(void **state)
{
	assert_int_equal(I915_IOCTL_CREATE, DRM_IOCTL_I915_GEM_CREATE);
	assert_int_equal(I915_IOCTL_CREATE_EXT, DRM_IOCTL_I915_GEM_CREATE_EXT);
	assert_int_equal(I915_EXT_REGIONS, I915_GEM_CREATE_EXT_MEMORY_REGIONS);
	assert_int_equal(I915_SYSTEM_MEMORY, I915_MEMORY_CLASS_SYSTEM);
	assert_int_equal(I915_DEVICE_MEMORY, I915_MEMORY_CLASS_DEVICE);
	assert_int_equal(I915_NEEDS_CPU_ACCESS,
			 I915_GEM_CREATE_EXT_FLAG_NEEDS_CPU_ACCESS);
	assert_int_equal(sizeof(struct i915_regions),
			 sizeof(struct drm_i915_gem_create_ext_memory_regions));
	assert_int_equal(offsetof(struct i915_regions, num_regions),
			 offsetof(struct drm_i915_gem_create_ext_memory_regions,
				  num_regions));
	assert_int_equal(sizeof(struct i915_region),
			 sizeof(struct drm_i915_gem_memory_class_instance));
	assert_int_equal(offsetof(struct i915_create_ext, extensions),
			 offsetof(struct drm_i915_gem_create_ext, extensions));
	assert_int_equal(offsetof(struct i915_create, handle),
			 offsetof(struct drm_i915_gem_create, handle));
}

static void test_xe_is_the_kernels(void **state)
{
	assert_int_equal(XE_IOCTL_QUERY, DRM_IOCTL_XE_DEVICE_QUERY);
	assert_int_equal(XE_IOCTL_CREATE, DRM_IOCTL_XE_GEM_CREATE);
	assert_int_equal(XE_QUERY_MEM_REGIONS, DRM_XE_DEVICE_QUERY_MEM_REGIONS);
	assert_int_equal(XE_SYSTEM_MEMORY, DRM_XE_MEM_REGION_CLASS_SYSMEM);
	assert_int_equal(XE_DEVICE_MEMORY, DRM_XE_MEM_REGION_CLASS_VRAM);
	assert_int_equal(XE_NEEDS_VISIBLE_VRAM,
			 DRM_XE_GEM_CREATE_FLAG_NEEDS_VISIBLE_VRAM);
	assert_int_equal(XE_CACHING_WRITE_BACK, DRM_XE_GEM_CPU_CACHING_WB);
	assert_int_equal(XE_CACHING_WRITE_COMBINED, DRM_XE_GEM_CPU_CACHING_WC);
	assert_int_equal(sizeof(struct xe_region),
			 sizeof(struct drm_xe_mem_region));
	assert_int_equal(offsetof(struct xe_region, total_size),
			 offsetof(struct drm_xe_mem_region, total_size));
	assert_int_equal(offsetof(struct xe_create, handle),
			 offsetof(struct drm_xe_gem_create, handle));
	assert_int_equal(offsetof(struct xe_create, cpu_caching),
			 offsetof(struct drm_xe_gem_create, cpu_caching));
	assert_int_equal(offsetof(struct xe_query, data),
			 offsetof(struct drm_xe_device_query, data));
}

static void test_amdgpu_is_the_kernels(void **state)
{
	assert_int_equal(AMDGPU_IOCTL_CREATE, DRM_IOCTL_AMDGPU_GEM_CREATE);
	assert_int_equal(AMDGPU_DOMAIN_GTT, AMDGPU_GEM_DOMAIN_GTT);
	assert_int_equal(AMDGPU_DOMAIN_VRAM, AMDGPU_GEM_DOMAIN_VRAM);
	assert_int_equal(AMDGPU_CPU_ACCESS_REQUIRED,
			 AMDGPU_GEM_CREATE_CPU_ACCESS_REQUIRED);
	assert_int_equal(AMDGPU_VRAM_CLEARED, AMDGPU_GEM_CREATE_VRAM_CLEARED);
	assert_int_equal(
		offsetof(union amdgpu_create, in.flags),
		offsetof(union drm_amdgpu_gem_create, in.domain_flags));
	assert_int_equal(offsetof(union amdgpu_create, in.domains),
			 offsetof(union drm_amdgpu_gem_create, in.domains));
}
#else
static void test_i915_is_the_kernels(void **state)
{
	printf("SKIP: <drm/i915_drm.h>\n");
	skip();
}

static void test_xe_is_the_kernels(void **state)
{
	printf("SKIP: <drm/xe_drm.h>\n");
	skip();
}

static void test_amdgpu_is_the_kernels(void **state)
{
	printf("SKIP: <drm/amdgpu_drm.h>\n");
	skip();
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_i915_device_memory_may_move_to_the_systems),
		cmocka_unit_test(test_i915_without_memory_has_the_systems),
		cmocka_unit_test(test_i915_gtt_is_system_memory),
		cmocka_unit_test(test_xe_device_memory_in_its_pages),
		cmocka_unit_test(test_xe_without_memory_has_the_systems),
		cmocka_unit_test(test_xe_gtt_is_system_memory),
		cmocka_unit_test(test_xe_without_any_memory),
		cmocka_unit_test(test_amdgpu_device_memory_is_cleared),
		cmocka_unit_test(test_amdgpu_gtt_is_system_memory),
		cmocka_unit_test(test_other_drivers_have_dumb_buffers),
		cmocka_unit_test(test_dumb_buffers_promise_no_place),
		cmocka_unit_test(test_i915_is_the_kernels),
		cmocka_unit_test(test_xe_is_the_kernels),
		cmocka_unit_test(test_amdgpu_is_the_kernels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
