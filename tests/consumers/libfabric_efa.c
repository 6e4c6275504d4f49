// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/*
 * libfabric's EFA provider: no descriptor -1, it registers a real buffer of two
 * pages, and what it gets for that is the answer. Peers may only read.
 */
#include "consumers.h"

#define ACCESS (IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_READ)

CONSUMER_LINKED_LOOK_UP

static enum consumer_answer try_buffer(const struct consumer_verbs *verbs,
				       struct ibv_pd *pd,
				       const struct dmabuf_buf *buf)
{
	struct ibv_mr *mr;

	mr = verbs->ibv_reg_dmabuf_mr(pd, 0, buf->size, (uintptr_t)buf->map,
				      buf->fd, ACCESS);
	if (mr)
		return consumer_drop_trial(verbs, mr);
	/* Left is the address, for a driver that knows the GPU's memory. */
	mr = (verbs->ibv_reg_mr)(pd, buf->map, buf->size, ACCESS);
	if (mr && verbs->ibv_dereg_mr(mr))
		return CONSUMER_ERROR;
	return CONSUMER_NOT_SUPPORTED;
}

static enum consumer_answer probe(const struct consumer_verbs *verbs,
				  struct ibv_context *context)
{
	return consumer_probe_buffer(verbs, context, 2 * CONSUMER_PAGE,
				     try_buffer);
}

static struct ibv_mr *reg(const struct consumer_verbs *verbs, struct ibv_pd *pd,
			  const struct consumer_buffer *buf, uint64_t *iova)
{
	*iova = (uintptr_t)buf->addr;
	return verbs->ibv_reg_dmabuf_mr(pd, buf->offset, buf->length, *iova,
					buf->fd, ACCESS);
}

int main(int argc, char **argv)
{
	static const struct consumer efa = {
		.name = "libfabric_efa",
		.look_up = look_up_linked,
		.probe = probe,
		.reg = reg,
		.read_only = true,
	};

	return consumer_main(&efa, argc, argv);
}
