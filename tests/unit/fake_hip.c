// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/*
 * libamdhip64 and libhsa-runtime64, as far as an exporter of dma-bufs uses them, in
 * one library that is installed by both names; see fake_gpu.h.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fake_gpu.h"

EXPORTED int hipSetDevice(int device)
{
	return check("hipSetDevice", device == 1);
}

EXPORTED int hipMalloc(void **address, size_t size)
{
	int status = check("hipMalloc", 1);

	if (status)
		return status;
	fake_gpu.memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(fake_gpu.memory, 0xee, size);
	*address = fake_gpu.memory;
	fake_gpu.live++;
	return 0;
}

EXPORTED int hipFree(void *address)
{
	fake_gpu.live--;
	return check("hipFree", address == fake_gpu.memory);
}

EXPORTED int hipMemset(void *address, int value, size_t size)
{
	memset(address, value, size);
	fake_gpu.unsynchronized = 1;
	return check("hipMemset", address == fake_gpu.memory);
}

EXPORTED int hipMemcpy(void *to, const void *from, size_t size, int kind)
{
	int to_device = to == fake_gpu.memory;

	memcpy(to, from, size);
	fake_gpu.unsynchronized = 1;
	return check("hipMemcpy", kind == (to_device ? 1 : 2));
}

EXPORTED int hipDeviceSynchronize(void)
{
	fake_gpu.unsynchronized = 0;
	return check("hipDeviceSynchronize", 1);
}

EXPORTED int hsa_amd_portable_export_dmabuf(const void *address, size_t size,
					    int *fd, uint64_t *offset)
{
	int status = check("hsa_amd_portable_export_dmabuf",
			   address == fake_gpu.memory);

	if (status)
		return status;
	fake_gpu.exported = (uintptr_t)address;
	fake_gpu.exported_size = size;
	*offset = fake_gpu.offset;
	*fd = memfd_create("hip", MFD_CLOEXEC);
	return ftruncate(*fd, size + fake_gpu.offset);
}
