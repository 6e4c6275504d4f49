// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/*
 * pyverbs' DmaBufMR, as the tests written for it use it: one byte without any
 * access tells about support, and a region's address is its offset.
 */
#include <errno.h>

#include "consumers.h"

CONSUMER_LINKED_LOOK_UP

static enum consumer_answer try_buffer(const struct consumer_verbs *verbs,
				       struct ibv_pd *pd,
				       const struct dmabuf_buf *buf)
{
	struct ibv_mr *mr;

	mr = verbs->ibv_reg_dmabuf_mr(pd, 0, 1, 0, buf->fd, 0);
	if (mr)
		return consumer_drop_trial(verbs, mr);
	return errno == EOPNOTSUPP ? CONSUMER_NOT_SUPPORTED : CONSUMER_ERROR;
}

static enum consumer_answer probe(const struct consumer_verbs *verbs,
				  struct ibv_context *context)
{
	return consumer_probe_buffer(verbs, context, 1, try_buffer);
}

static struct ibv_mr *reg(const struct consumer_verbs *verbs, struct ibv_pd *pd,
			  const struct consumer_buffer *buf, uint64_t *iova)
{
	*iova = buf->offset;
	return verbs->ibv_reg_dmabuf_mr(pd, buf->offset, buf->length, *iova,
					buf->fd, CONSUMER_REMOTE_ACCESS);
}

int main(int argc, char **argv)
{
	static const struct consumer pyverbs = {
		.name = "pyverbs",
		.look_up = look_up_linked,
		.probe = probe,
		.reg = reg,
	};

	return consumer_main(&pyverbs, argc, argv);
}
