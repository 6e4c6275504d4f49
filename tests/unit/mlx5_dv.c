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

static struct mlx5_bfreg register_of_all;

struct mlx5_context *queue_context(void)
{
	struct mlx5_context *ctx = dv_context();

	ctx->limits = (struct mlx5_limits){
		.max_sq_desc_sz = 1024,
		.max_rq_desc_sz = 512,
		.max_send_wqebb = 1024,
		.max_recv_wr = 1024,
		.max_srq_recv_wr = 1023,
	};
	ctx->cqe_version = 1;
	ctx->cqe_size = 64;
	ctx->uars.fixed = &register_of_all;
	ctx->uars.num_fixed = 1;
	ctx->uars.arm_page = (uint8_t *)&register_of_all;
	mlx5_dbrecs_init(&ctx->dbrecs, 64);
	mlx5_table_init(&ctx->rscs);
	return ctx;
}

void fini_queue_context(struct mlx5_context *ctx)
{
	mlx5_table_fini(&ctx->rscs);
	mlx5_dbrecs_fini(&ctx->dbrecs);
}

const void *driver_request(size_t len)
{
	int i;

	for (i = 0; i < fake.hdr.num_attrs; i++)
		if (fake_nth(i)->raw.attr_id == UHW_IN &&
		    fake_nth(i)->raw.len == len)
			return fake_nth(i)->payload;
	fail_msg("no request of %zu bytes", len);
	return NULL;
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
