/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Stands between the library and ioctl(2): what an object is made of is written
 * down, and its doorbell record replaced by one that nobody writes to.
 */
#include <dlfcn.h>
#include <rdma/ib_user_ioctl_cmds.h>
#include <rdma/mlx5-abi.h>
#include <rdma/rdma_user_ioctl_cmds.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "differential.h"

/* Of all objects that are there, each on a cache line of its own. */
static struct {
	uint64_t record[8];
} records[128] __attribute__((aligned(4096)));
static size_t num_records;

static enum captured_kind wanted;
static struct captured *captured;

void capture(enum captured_kind kind, struct captured *to)
{
	memset(to, 0, sizeof(*to));
	wanted = kind;
	captured = to;
}

/* All of them begin with the address of the ring and the one of the record. */
static uint64_t *find_request(struct ib_uverbs_ioctl_hdr *hdr)
{
	struct ib_uverbs_attr *attr;
	uint16_t i;

	for (i = 0; i < hdr->num_attrs; i++) {
		attr = &hdr->attrs[i];
		if (attr->attr_id == UVERBS_ATTR_UHW_IN &&
		    attr->len >= sizeof(struct mlx5_ib_create_srq))
			return (uint64_t *)(uintptr_t)attr->data;
	}
	return NULL;
}

static void take_cq(const struct mlx5_ib_create_cq *request)
{
	captured->cqe_size = request->cqe_size;
}

static void take_wq(const struct mlx5_ib_create_wq *request)
{
	captured->rq_wqes = request->rq_wqe_count;
	captured->rq_shift = request->rq_wqe_shift;
	captured->flags = request->flags;
	captured->uidx = request->user_index;
}

static void take_qp(const struct mlx5_ib_create_qp *request)
{
	captured->sq_buf = (uint8_t *)(uintptr_t)request->sq_buf_addr;
	captured->sq_blocks = request->sq_wqe_count;
	captured->rq_wqes = request->rq_wqe_count;
	captured->rq_shift = request->rq_wqe_shift;
	captured->flags = request->flags;
	captured->uidx = request->uidx;
}

static void take(uint64_t *request)
{
	captured->buf = (uint8_t *)(uintptr_t)request[0];
	captured->dbrec = (uint32_t *)(uintptr_t)request[1];
	if (wanted == CAPTURE_CQ)
		take_cq((void *)request);
	if (wanted == CAPTURE_QP)
		take_qp((void *)request);
	if (wanted == CAPTURE_WQ)
		take_wq((void *)request);
	if (num_records == NUM_OF(records))
		die("too many objects");
	request[1] = (uintptr_t)&records[num_records++];
}

__attribute__((visibility("default"))) int ioctl(int fd, unsigned long request,
						 ...)
{
	int (*call)(int, unsigned long, ...);
	uint64_t *create = NULL;
	va_list args;
	void *arg;
	int ret;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	call = dlsym(RTLD_NEXT, "ioctl");
	if (wanted && request == RDMA_VERBS_IOCTL)
		create = find_request(arg);
	if (!create)
		return call(fd, request, arg);
	take(create);
	wanted = CAPTURE_NONE;
	ret = call(fd, request, arg);
	create[1] = (uintptr_t)captured->dbrec;
	return ret;
}
