// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* libcuda, as far as an exporter of dma-bufs uses it; see fake_gpu.h. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fake_gpu.h"

#define DEVICE 40 /* what the ordinal 1 is called */
#define NOT_PAGE_ALIGNED 512

static char context;

EXPORTED int cuInit(unsigned int flags)
{
	return check("cuInit", flags == 0);
}

EXPORTED int cuDeviceGet(int *device, int ordinal)
{
	*device = DEVICE;
	return check("cuDeviceGet", ordinal == 1);
}

EXPORTED int cuDevicePrimaryCtxRetain(void **out, int device)
{
	int status = check("cuDevicePrimaryCtxRetain", device == DEVICE);

	if (status)
		return status;
	*out = &context;
	fake_gpu.live++;
	return 0;
}

EXPORTED int cuDevicePrimaryCtxRelease_v2(int device)
{
	fake_gpu.live--;
	return check("cuDevicePrimaryCtxRelease", device == DEVICE);
}

EXPORTED int cuCtxPushCurrent_v2(void *current)
{
	fake_gpu.depth++;
	return check("cuCtxPushCurrent", current == &context);
}

EXPORTED int cuCtxPopCurrent_v2(void **current)
{
	*current = &context;
	fake_gpu.depth--;
	return check("cuCtxPopCurrent", fake_gpu.depth >= 0);
}

EXPORTED int cuMemAlloc_v2(uint64_t *address, size_t size)
{
	int status = check("cuMemAlloc", fake_gpu.depth == 1);
	char *memory;

	if (status)
		return status;
	memory = mmap(NULL, size + NOT_PAGE_ALIGNED, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(memory, 0xee, size + NOT_PAGE_ALIGNED);
	fake_gpu.memory = memory;
	*address = (uintptr_t)memory + NOT_PAGE_ALIGNED;
	fake_gpu.live++;
	return 0;
}

EXPORTED int cuMemFree_v2(uint64_t address)
{
	fake_gpu.live--;
	return check("cuMemFree",
		     address == (uintptr_t)fake_gpu.memory + NOT_PAGE_ALIGNED &&
			     fake_gpu.depth == 1);
}

EXPORTED int cuMemsetD8_v2(uint64_t address, unsigned char value, size_t size)
{
	memset((void *)(uintptr_t)address, value, size);
	fake_gpu.unsynchronized = 1;
	return check("cuMemsetD8", fake_gpu.depth == 1);
}

EXPORTED int cuMemcpyHtoD_v2(uint64_t address, const void *host, size_t size)
{
	memcpy((void *)(uintptr_t)address, host, size);
	fake_gpu.unsynchronized = 1;
	return check("cuMemcpyHtoD", fake_gpu.depth == 1);
}

EXPORTED int cuMemcpyDtoH_v2(void *host, uint64_t address, size_t size)
{
	memcpy(host, (void *)(uintptr_t)address, size);
	return check("cuMemcpyDtoH", fake_gpu.depth == 1);
}

EXPORTED int cuCtxSynchronize(void)
{
	fake_gpu.unsynchronized = 0;
	return check("cuCtxSynchronize", fake_gpu.depth == 1);
}

EXPORTED int cuMemGetHandleForAddressRange(void *handle, uint64_t address,
					   size_t size, int type,
					   unsigned long long flags)
{
	size_t page = sysconf(_SC_PAGESIZE);
	int status =
		check("cuMemGetHandleForAddressRange",
		      address % page == 0 && size % page == 0 && type == 1 &&
			      flags == 0 && fake_gpu.depth == 1);
	int fd;

	if (status)
		return status;
	fake_gpu.exported = address;
	fake_gpu.exported_size = size;
	fd = memfd_create("cuda", MFD_CLOEXEC);
	*(int *)handle = fd;
	return ftruncate(fd, size);
}
