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

int main(int argc, char **argv)
{
	static const struct consumer ucx = {
		.name = "ucx",
		.look_up = look_up_linked,
		.probe = probe,
		.reg = consumer_reg_at_address,
	};

	return consumer_main(&ucx, argc, argv);
}
