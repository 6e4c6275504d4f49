// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* NCCL: finds every symbol with its version, registers aligned-down addresses. */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>

#include "consumers.h"

static void *open_library(void)
{
	void *library = dlopen("libibverbs.so", RTLD_NOW);

	return library ? library : dlopen("libibverbs.so.1", RTLD_NOW);
}

/*
 * One missing symbol of 1.1 turns InfiniBand off (of NCCL's list, those that
 * this program goes on to call); dma-bufs may be missing.
 */
static int look_up(struct consumer_verbs *verbs)
{
	void *library = open_library();

	if (!library)
		return -1;
#define FIND(name, type, args)                                          \
	*(void **)&verbs->name = dlvsym(library, #name, "IBVERBS_1.1"); \
	if (!verbs->name)                                               \
		return -1;
	CONSUMER_VERBS(FIND)
#undef FIND
	*(void **)&verbs->ibv_reg_dmabuf_mr =
		dlvsym(library, "ibv_reg_dmabuf_mr", "IBVERBS_1.12");
	return 0;
}

/* errno is not cleared before, and what the call returns is not looked at. */
static enum consumer_answer probe(const struct consumer_verbs *verbs,
				  struct ibv_context *context)
{
	struct ibv_pd *pd = verbs->ibv_alloc_pd(context);
	int code = EOPNOTSUPP;

	if (!pd)
		return CONSUMER_ERROR;
	if (verbs->ibv_reg_dmabuf_mr) {
		verbs->ibv_reg_dmabuf_mr(pd, 0, 0, 0, -1, 0);
		code = errno;
	}
	if (verbs->ibv_dealloc_pd(pd))
		return CONSUMER_ERROR;
	if (code == EOPNOTSUPP || code == EPROTONOSUPPORT)
		return CONSUMER_NOT_SUPPORTED;
	return CONSUMER_SUPPORTED;
}

static struct ibv_mr *reg(const struct consumer_verbs *verbs, struct ibv_pd *pd,
			  const struct dmabuf_buf *buf, uint64_t *iova)
{
	*iova = (uintptr_t)buf->map & ~(uint64_t)(CONSUMER_PAGE - 1);
	return verbs->ibv_reg_dmabuf_mr(pd, 0, buf->size, *iova, buf->fd,
					CONSUMER_REMOTE_ACCESS);
}

int main(int argc, char **argv)
{
	static const struct consumer nccl = { "nccl", look_up, probe, reg };

	return consumer_main(&nccl, argc, argv);
}
