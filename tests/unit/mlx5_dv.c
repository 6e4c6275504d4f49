/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* See the header. */
#include <sys/mman.h>

#include "mlx5_dv.h"

#define CMD_FD 77

void *mmap_answer;
off_t mmap_offset;

static struct mlx5_context mctx;

struct mlx5_context *dv_context(void)
{
	struct verbs_context *vctx = to_vctx(fake_context());

	memset(&mctx, 0, sizeof(mctx));
	mctx.vctx = *vctx;
	mctx.page_size = 4096;
	to_vdev(vctx->context.device)->driver_id = RDMA_DRIVER_MLX5;
	return &mctx;
}

struct ibv_context *others_context(void)
{
	static struct verbs_device vdev = { .driver_id = RDMA_DRIVER_RXE };
	static struct ibv_context context = { .device = &vdev.device };

	return &context;
}

void *__real_mmap(void *addr, size_t len, int prot, int flags, int fd,
		  off_t offset);
VERBS_EXPORT void *__wrap_mmap(void *addr, size_t len, int prot, int flags,
			       int fd, off_t offset);
void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd,
		  off_t offset)
{
	if (fd != CMD_FD)
		return __real_mmap(addr, len, prot, flags, fd, offset);
	mmap_offset = offset;
	errno = ENODEV;
	return mmap_answer ? mmap_answer : MAP_FAILED;
}

int __real_munmap(void *addr, size_t len);
VERBS_EXPORT int __wrap_munmap(void *addr, size_t len);
int __wrap_munmap(void *addr, size_t len)
{
	if (!mmap_answer || addr != mmap_answer)
		return __real_munmap(addr, len);
	mmap_answer = NULL;
	return 0;
}
