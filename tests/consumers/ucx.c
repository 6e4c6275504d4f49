// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* UCX: a region or exactly EBADF. */
#include <errno.h>

#include "consumers.h"

CONSUMER_LINKED_LOOK_UP

static enum consumer_answer probe(const struct consumer_verbs *verbs,
				  struct ibv_context *context)
{
	struct ibv_pd *pd = verbs->ibv_alloc_pd(context);
	struct ibv_mr *mr;
	int code;

	if (!pd)
		return CONSUMER_ERROR;
	mr = verbs->ibv_reg_dmabuf_mr(pd, 0, CONSUMER_PAGE, 0, -1,
				      CONSUMER_REMOTE_ACCESS);
	code = errno;
	if (mr)
		verbs->ibv_dereg_mr(mr);
	if (verbs->ibv_dealloc_pd(pd))
		return CONSUMER_ERROR;
	return mr || code == EBADF ? CONSUMER_SUPPORTED
				   : CONSUMER_NOT_SUPPORTED;
}

static struct ibv_mr *reg(const struct consumer_verbs *verbs, struct ibv_pd *pd,
			  const struct dmabuf_buf *buf, uint64_t *iova)
{
	*iova = (uintptr_t)buf->map;
	return verbs->ibv_reg_dmabuf_mr(pd, 0, buf->size, *iova, buf->fd,
					CONSUMER_REMOTE_ACCESS);
}

int main(int argc, char **argv)
{
	static const struct consumer ucx = { "ucx", look_up_linked, probe,
					     reg };

	return consumer_main(&ucx, argc, argv);
}
