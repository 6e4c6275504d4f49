// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/*
 * dma-bufs of GPUs by their drivers' libraries: what those are asked, and what comes
 * of their answers. LD_LIBRARY_PATH leads to the stand-ins, which fake_gpu.h tells of.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dmabuf_exporter.h"
#include "fake_gpu.h"

#define SIZE 8192

struct vendor {
	const char *spec;
	const char *library;
	const char *alloc_call;
	const char *export_call;
	int export_error; /* of what the export says is not supported */
	struct fake_gpu *gpu;
};

static struct vendor cuda = {
	"cuda:1",     "libcuda.so.1",
	"cuMemAlloc", "cuMemGetHandleForAddressRange",
	EOPNOTSUPP,   NULL,
};
static struct vendor hip = {
	"hip:1",     "libamdhip64.so.6",
	"hipMalloc", "hsa_amd_portable_export_dmabuf",
	EIO,	     NULL,
};

static int load(void **state)
{
	struct vendor *vendor = *state;
	void *library = dlopen(vendor->library, RTLD_NOW | RTLD_LOCAL);

	if (!library)
		return -1;
	vendor->gpu = dlsym(library, "fake_gpu");
	if (!vendor->gpu)
		return -1;
	memset(vendor->gpu, 0, sizeof(*vendor->gpu));
	return 0;
}

static struct dmabuf_buf *allocate(struct vendor *vendor)
{
	struct dmabuf_error err = { 0 };
	struct dmabuf_buf *buf;

	buf = dmabuf_alloc(vendor->spec, SIZE, &err);
	if (!buf)
		fail_msg("%s: %s", vendor->spec, err.text);
	return buf;
}

static void release(struct vendor *vendor, struct dmabuf_buf *buf)
{
	int fd = buf->fd;

	dmabuf_free(buf);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	if (vendor->gpu->wrong)
		fail_msg("wrong argument: %s", vendor->gpu->wrong);
	assert_int_equal(vendor->gpu->live, 0);
	assert_int_equal(vendor->gpu->depth, 0);
}

static void test_memory_is_exported(void **state)
{
	struct vendor *vendor = *state;
	struct dmabuf_buf *buf = allocate(vendor);

	assert_int_equal(buf->size, SIZE);
	assert_int_equal(vendor->gpu->exported_size, SIZE);
	assert_int_equal(vendor->gpu->unsynchronized, 0);
	assert_true(fcntl(buf->fd, F_GETFD) & FD_CLOEXEC);
	release(vendor, buf);
}

static void test_memory_is_zero(void **state)
{
	static const char zeros[SIZE];
	struct vendor *vendor = *state;
	struct dmabuf_buf *buf = allocate(vendor);

	assert_int_equal(dmabuf_begin_cpu(buf, DMABUF_READ), 0);
	assert_memory_equal(buf->map, zeros, SIZE);
	assert_int_equal(dmabuf_end_cpu(buf, DMABUF_READ), 0);
	release(vendor, buf);
}

/* What is exported is where the CPU's bytes go. */
static void test_cpu_writes_arrive(void **state)
{
	struct vendor *vendor = *state;
	struct dmabuf_buf *buf = allocate(vendor);

	assert_int_equal(dmabuf_begin_cpu(buf, DMABUF_WRITE), 0);
	memset(buf->map, 0x5a, SIZE / 2);
	assert_int_equal(dmabuf_end_cpu(buf, DMABUF_WRITE), 0);
	assert_int_equal(vendor->gpu->unsynchronized, 0);
	assert_memory_equal((void *)(uintptr_t)vendor->gpu->exported, buf->map,
			    SIZE);
	release(vendor, buf);
}

static void test_cpu_reads_what_the_device_wrote(void **state)
{
	struct vendor *vendor = *state;
	struct dmabuf_buf *buf = allocate(vendor);
	char *memory = (char *)(uintptr_t)vendor->gpu->exported;

	memory[SIZE - 1] = 0x33;
	assert_int_equal(dmabuf_begin_cpu(buf, DMABUF_READ), 0);
	assert_int_equal(((char *)buf->map)[SIZE - 1], 0x33);
	memory[0] = 0x44;
	assert_int_equal(dmabuf_end_cpu(buf, DMABUF_READ), 0);
	assert_int_equal(memory[0], 0x44);
	release(vendor, buf);
}

/* Nothing of it is left. */
static void assert_fails(struct vendor *vendor, const char *call, int status,
			 int code)
{
	struct dmabuf_error err = { 0 };

	vendor->gpu->failing = call;
	vendor->gpu->status = status;
	assert_null(dmabuf_alloc(vendor->spec, SIZE, &err));
	assert_int_equal(errno, code);
	assert_int_equal(err.code, code);
	assert_non_null(strstr(err.text, call));
	assert_int_equal(vendor->gpu->live, 0);
	assert_int_equal(vendor->gpu->depth, 0);
}

static void test_no_memory(void **state)
{
	struct vendor *vendor = *state;

	assert_fails(vendor, vendor->alloc_call, 2, ENOMEM);
}

static void test_export_not_supported(void **state)
{
	struct vendor *vendor = *state;

	assert_fails(vendor, vendor->export_call, 801, vendor->export_error);
}

static void test_no_cuda_device(void **state)
{
	assert_fails(&cuda, "cuInit", 100, ENODEV);
	assert_fails(&cuda, "cuDeviceGet", 101, ENODEV);
}

static void test_no_hip_device(void **state)
{
	assert_fails(&hip, "hipSetDevice", 101, ENODEV);
}

/* A region would be of other memory. */
static void test_hip_memory_within_another_buffer(void **state)
{
	struct dmabuf_error err = { 0 };

	hip.gpu->offset = 4096;
	assert_null(dmabuf_alloc(hip.spec, SIZE, &err));
	assert_int_equal(errno, EOPNOTSUPP);
	assert_int_equal(hip.gpu->live, 0);
}

#define BOTH(test)                                     \
	{ #test " (cuda)", test, load, NULL, &cuda },  \
	{                                              \
#test " (hip)", test, load, NULL, &hip \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_memory_is_exported),
		BOTH(test_memory_is_zero),
		BOTH(test_cpu_writes_arrive),
		BOTH(test_cpu_reads_what_the_device_wrote),
		BOTH(test_no_memory),
		BOTH(test_export_not_supported),
		{ "test_no_cuda_device", test_no_cuda_device, load, NULL,
		  &cuda },
		{ "test_no_hip_device", test_no_hip_device, load, NULL, &hip },
		{ "test_hip_memory_within_another_buffer",
		  test_hip_memory_within_another_buffer, load, NULL, &hip },
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
