// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* libfabric's verbs provider: the kernel's symbols first, then NULL and errno. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "consumers.h"

CONSUMER_LINKED_LOOK_UP

static bool kernel_has(const char *symbol)
{
	bool found = false;
	char line[512];
	FILE *f;

	f = fopen("/proc/kallsyms", "r");
	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f))
		found = strstr(line, symbol);
	fclose(f);
	return found;
}

static enum consumer_answer probe(const struct consumer_verbs *verbs,
				  struct ibv_context *context)
{
	struct ibv_pd *pd;
	struct ibv_mr *mr;
	int code;

	if (!kernel_has("ib_umem_dmabuf_get"))
		return CONSUMER_NOT_SUPPORTED;
	pd = verbs->ibv_alloc_pd(context);
	if (!pd)
		return CONSUMER_ERROR;
	mr = verbs->ibv_reg_dmabuf_mr(pd, 0, 0, 0, -1, 0);
	code = errno;
	if (verbs->ibv_dealloc_pd(pd))
		return CONSUMER_ERROR;
	return !mr && code != EOPNOTSUPP ? CONSUMER_SUPPORTED
					 : CONSUMER_NOT_SUPPORTED;
}

/* An empty region is taken for a wrong argument, and nothing else. */
static bool refuses_nothing(const struct consumer_verbs *verbs,
			    struct ibv_pd *pd,
			    const struct consumer_buffer *buf)
{
	struct ibv_mr *mr;

	mr = verbs->ibv_reg_dmabuf_mr(pd, buf->offset, 0, (uintptr_t)buf->addr,
				      buf->fd, CONSUMER_REMOTE_ACCESS);
	if (!mr && errno == EINVAL)
		return true;
	if (mr) {
		verbs->ibv_dereg_mr(mr);
		errno = EPROTO;
	}
	return false;
}

static struct ibv_mr *reg(const struct consumer_verbs *verbs, struct ibv_pd *pd,
			  const struct consumer_buffer *buf, uint64_t *iova)
{
	if (!refuses_nothing(verbs, pd, buf))
		return NULL;
	return consumer_reg_at_address(verbs, pd, buf, iova);
}

int main(int argc, char **argv)
{
	static const struct consumer libfabric = {
		.name = "libfabric",
		.look_up = look_up_linked,
		.probe = probe,
		.reg = reg,
	};

	return consumer_main(&libfabric, argc, argv);
}
