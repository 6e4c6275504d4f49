// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/*
 * dma-bufs of NVIDIA's GPUs, by the driver API in libcuda. Types and numbers are
 * written here as that library has them, so that building needs nothing of CUDA.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "dmabuf_error.h"
#include "dmabuf_gpu.h"
#include "dmabuf_kinds.h"

#define CUDA_DMA_BUF_FD 0x1 /* CU_MEM_RANGE_HANDLE_TYPE_DMA_BUF_FD */

static struct {
	int (*init)(unsigned int flags);
	int (*device_get)(int *device, int ordinal);
	int (*retain)(void **context, int device);
	int (*release)(int device);
	int (*push)(void *context);
	int (*pop)(void **context);
	int (*alloc)(uint64_t *address, size_t size);
	int (*free)(uint64_t address);
	int (*set)(uint64_t address, unsigned char value, size_t size);
	int (*store)(uint64_t address, const void *host, size_t size);
	int (*fetch)(void *host, uint64_t address, size_t size);
	int (*synchronize)(void);
	int (*get_handle)(void *handle, uint64_t address, size_t size,
			  int handle_type, unsigned long long flags);
} cuda;

static const struct gpu_symbol symbols[] = {
	{ "cuInit", (void **)&cuda.init },
	{ "cuDeviceGet", (void **)&cuda.device_get },
	{ "cuDevicePrimaryCtxRetain", (void **)&cuda.retain },
	{ "cuDevicePrimaryCtxRelease_v2", (void **)&cuda.release },
	{ "cuCtxPushCurrent_v2", (void **)&cuda.push },
	{ "cuCtxPopCurrent_v2", (void **)&cuda.pop },
	{ "cuMemAlloc_v2", (void **)&cuda.alloc },
	{ "cuMemFree_v2", (void **)&cuda.free },
	{ "cuMemsetD8_v2", (void **)&cuda.set },
	{ "cuMemcpyHtoD_v2", (void **)&cuda.store },
	{ "cuMemcpyDtoH_v2", (void **)&cuda.fetch },
	{ "cuCtxSynchronize", (void **)&cuda.synchronize },
	{ "cuMemGetHandleForAddressRange", (void **)&cuda.get_handle },
	{ NULL, NULL },
};

struct cuda_buf {
	struct dmabuf_gpu gpu;
	int device;
	void *context;
	uint64_t allocated;
	uint64_t start; /* of the first whole page within */
};

static int fail(struct dmabuf_error *err, const char *call, int status)
{
	return dmabuf_fail(err, gpu_errno(status), "cuda: %s: CUDA's error %d",
			   call, status);
}

static int load(struct dmabuf_error *err)
{
	static const char *const names[] = { "libcuda.so.1", NULL };
	void *library;
	int status;

	library =
		gpu_library("cuda", names, "the driver of NVIDIA's GPUs", err);
	if (!library || gpu_symbols("cuda", library, symbols, err))
		return -1;
	status = cuda.init(0);
	return status ? fail(err, "cuInit", status) : 0;
}

/* Every call about memory is made in the context that the memory is of. */
static int enter(struct cuda_buf *buf)
{
	return gpu_errno(cuda.push(buf->context));
}

static int leave(int status)
{
	void *context;

	cuda.pop(&context);
	return gpu_errno(status);
}

static int cuda_fetch(struct dmabuf_gpu *gpu, void *host, size_t size)
{
	struct cuda_buf *buf = (struct cuda_buf *)gpu;
	int ret = enter(buf);

	return ret ? ret : leave(cuda.fetch(host, buf->start, size));
}

/* A copy may return before its bytes are where other devices look for them. */
static int cuda_store(struct dmabuf_gpu *gpu, const void *host, size_t size)
{
	struct cuda_buf *buf = (struct cuda_buf *)gpu;
	int ret, status;

	ret = enter(buf);
	if (ret)
		return ret;
	status = cuda.store(buf->start, host, size);
	if (!status)
		status = cuda.synchronize();
	return leave(status);
}

static void cuda_release(struct dmabuf_gpu *gpu)
{
	struct cuda_buf *buf = (struct cuda_buf *)gpu;

	if (buf->allocated && !enter(buf))
		leave(cuda.free(buf->allocated));
	if (buf->context)
		cuda.release(buf->device);
	free(buf);
}

static int open_device(struct cuda_buf *buf, int ordinal,
		       struct dmabuf_error *err)
{
	int status;

	status = cuda.device_get(&buf->device, ordinal);
	if (status)
		return fail(err, "cuDeviceGet", status);
	status = cuda.retain(&buf->context, buf->device);
	return status ? fail(err, "cuDevicePrimaryCtxRetain", status) : 0;
}

/* CUDA exports whole pages of the host only, and aligns allocations to less. */
static int allocate(struct cuda_buf *buf, size_t size, int *fd,
		    struct dmabuf_error *err)
{
	uint64_t page = sysconf(_SC_PAGESIZE);
	int status;

	status = cuda.alloc(&buf->allocated, size + page);
	if (status)
		return fail(err, "cuMemAlloc", status);
	buf->start = (buf->allocated + page - 1) & ~(page - 1);
	status = cuda.set(buf->start, 0, size);
	if (!status)
		status = cuda.synchronize();
	if (status)
		return fail(err, "cuMemsetD8", status);
	status = cuda.get_handle(fd, buf->start, size, CUDA_DMA_BUF_FD, 0);
	if (status)
		return fail(err, "cuMemGetHandleForAddressRange", status);
	return 0;
}

int cuda_create(const struct dmabuf_spec *spec, size_t size,
		struct dmabuf_buf *buf, struct dmabuf_error *err)
{
	struct cuda_buf *made;
	int ret;

	if (load(err))
		return -1;
	made = calloc(1, sizeof(*made));
	if (!made)
		return dmabuf_fail(err, ENOMEM, "cuda: no memory");
	made->gpu.fetch = cuda_fetch;
	made->gpu.store = cuda_store;
	made->gpu.release = cuda_release;
	buf->gpu = &made->gpu;
	if (open_device(made, spec->fd, err))
		return -1;
	ret = enter(made);
	if (ret)
		return dmabuf_fail(err, ret, "cuda: cuCtxPushCurrent");
	ret = allocate(made, size, &buf->fd, err);
	leave(0);
	return ret;
}
