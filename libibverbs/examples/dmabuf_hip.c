// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/*
 * dma-bufs of AMD's GPUs: memory by HIP, exported by the HSA library underneath.
 * Types and numbers are written here as those libraries have them.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "dmabuf_error.h"
#include "dmabuf_gpu.h"
#include "dmabuf_kinds.h"

enum hip_copy {
	HIP_TO_DEVICE = 1,
	HIP_TO_HOST = 2,
};

static struct {
	int (*set_device)(int device);
	int (*alloc)(void **address, size_t size);
	int (*free)(void *address);
	int (*set)(void *address, int value, size_t size);
	int (*synchronize)(void);
	int (*copy)(void *to, const void *from, size_t size, int kind);
	int (*export)(const void *address, size_t size, int *fd,
		      uint64_t *offset);
} hip;

static const struct gpu_symbol hip_symbols[] = {
	{ "hipSetDevice", (void **)&hip.set_device },
	{ "hipMalloc", (void **)&hip.alloc },
	{ "hipFree", (void **)&hip.free },
	{ "hipMemset", (void **)&hip.set },
	{ "hipDeviceSynchronize", (void **)&hip.synchronize },
	{ "hipMemcpy", (void **)&hip.copy },
	{ NULL, NULL },
};

static const struct gpu_symbol hsa_symbols[] = {
	{ "hsa_amd_portable_export_dmabuf", (void **)&hip.export },
	{ NULL, NULL },
};

struct hip_buf {
	struct dmabuf_gpu gpu;
	int device;
	void *start;
};

static int fail(struct dmabuf_error *err, const char *call, int status)
{
	return dmabuf_fail(err, gpu_errno(status), "hip: %s: HIP's error %d",
			   call, status);
}

static int load(struct dmabuf_error *err)
{
	static const char *const hip_names[] = {
		"libamdhip64.so",
		"libamdhip64.so.7",
		"libamdhip64.so.6",
		"libamdhip64.so.5",
		NULL,
	};
	static const char *const hsa_names[] = { "libhsa-runtime64.so.1",
						 NULL };
	void *library;

	library = gpu_library("hip", hip_names, "ROCm's HIP", err);
	if (!library || gpu_symbols("hip", library, hip_symbols, err))
		return -1;
	library = gpu_library("hip", hsa_names, "ROCm's HSA runtime", err);
	return library ? gpu_symbols("hip", library, hsa_symbols, err) : -1;
}

static int hip_copy(struct hip_buf *buf, void *to, const void *from,
		    size_t size, enum hip_copy kind)
{
	int status;

	status = hip.set_device(buf->device);
	if (!status)
		status = hip.copy(to, from, size, kind);
	if (!status)
		status = hip.synchronize();
	return gpu_errno(status);
}

static int hip_fetch(struct dmabuf_gpu *gpu, void *host, size_t size)
{
	struct hip_buf *buf = (struct hip_buf *)gpu;

	return hip_copy(buf, host, buf->start, size, HIP_TO_HOST);
}

static int hip_store(struct dmabuf_gpu *gpu, const void *host, size_t size)
{
	struct hip_buf *buf = (struct hip_buf *)gpu;

	return hip_copy(buf, buf->start, host, size, HIP_TO_DEVICE);
}

static void hip_release(struct dmabuf_gpu *gpu)
{
	struct hip_buf *buf = (struct hip_buf *)gpu;

	if (buf->start)
		hip.free(buf->start);
	free(buf);
}

static int allocate(struct hip_buf *buf, size_t size, struct dmabuf_error *err)
{
	int status;

	status = hip.set_device(buf->device);
	if (status)
		return fail(err, "hipSetDevice", status);
	status = hip.alloc(&buf->start, size);
	if (status)
		return fail(err, "hipMalloc", status);
	status = hip.set(buf->start, 0, size);
	if (!status)
		status = hip.synchronize();
	return status ? fail(err, "hipMemset", status) : 0;
}

/* The dma-buf is of the whole allocation that the memory was taken from. */
static int export_buf(struct hip_buf *made, size_t size, struct dmabuf_buf *buf,
		      struct dmabuf_error *err)
{
	uint64_t offset = 0;
	int status;

	status = hip.export(made->start, size, &buf->fd, &offset);
	if (status)
		return dmabuf_fail(
			err, EIO,
			"hip: hsa_amd_portable_export_dmabuf: HSA's status %#x",
			status);
	if (offset)
		return dmabuf_fail(
			err, EOPNOTSUPP,
			"hip: the memory starts within its dma-buf, at %#llx",
			(unsigned long long)offset);
	return 0;
}

int hip_create(const struct dmabuf_spec *spec, size_t size,
	       struct dmabuf_buf *buf, struct dmabuf_error *err)
{
	struct hip_buf *made;

	if (load(err))
		return -1;
	made = calloc(1, sizeof(*made));
	if (!made)
		return dmabuf_fail(err, ENOMEM, "hip: no memory");
	made->gpu.fetch = hip_fetch;
	made->gpu.store = hip_store;
	made->gpu.release = hip_release;
	made->device = spec->fd;
	buf->gpu = &made->gpu;
	if (allocate(made, size, err))
		return -1;
	return export_buf(made, size, buf, err);
}
