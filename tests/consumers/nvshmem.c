// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/*
 * NVSHMEM's host transport: looks up every symbol without a version, takes the
 * presence of one of them for support, and where the registration fails then,
 * falls back to plain memory without a word.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "consumers.h"

#define ANY(name)                 \
	{                         \
		name, NULL, false \
	}

static const struct consumer_symbol symbols[] = {
	ANY("ibv_get_device_list"), ANY("ibv_free_device_list"),
	ANY("ibv_get_device_name"), ANY("ibv_open_device"),
	ANY("ibv_close_device"),    ANY("ibv_query_device"),
	ANY("ibv_query_port"),	    ANY("ibv_query_gid"),
	ANY("ibv_alloc_pd"),	    ANY("ibv_dealloc_pd"),
	ANY("ibv_reg_mr"),	    ANY("ibv_reg_mr_iova"),
	ANY("ibv_dereg_mr"),	    ANY("ibv_create_cq"),
	ANY("ibv_destroy_cq"),	    ANY("ibv_create_qp"),
	ANY("ibv_modify_qp"),	    ANY("ibv_destroy_qp"),
	ANY("ibv_create_srq"),	    ANY("ibv_destroy_srq"),
	ANY("ibv_create_ah"),	    ANY("ibv_destroy_ah"),
	ANY("ibv_fork_init"),
};

static int look_up(struct consumer_verbs *verbs)
{
	static const char *const names[] = { "libibverbs.so.1", NULL };
	void *library = consumer_open_library(names);

	if (!library || !consumer_has_all(library, symbols,
					  sizeof(symbols) / sizeof(*symbols)))
		return -1;
	return consumer_fill(verbs, library, NULL);
}

/* Where the device hangs decides which GPU gets it: not to know is the end. */
static bool has_place(struct ibv_context *context,
		      const struct consumer_verbs *verbs)
{
	char path[PATH_MAX], real[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/class/infiniband/%s/device",
		 verbs->ibv_get_device_name(context->device));
	return realpath(path, real);
}

static enum consumer_answer try_buffer(const struct consumer_verbs *verbs,
				       struct ibv_pd *pd,
				       const struct dmabuf_buf *buf)
{
	struct ibv_mr *mr;

	mr = verbs->ibv_reg_dmabuf_mr(pd, 0, buf->size, (uintptr_t)buf->map,
				      buf->fd, CONSUMER_REMOTE_ACCESS);
	if (mr)
		return consumer_drop_trial(verbs, mr);
	mr = (verbs->ibv_reg_mr)(pd, buf->map, buf->size,
				 CONSUMER_REMOTE_ACCESS);
	if (mr && verbs->ibv_dereg_mr(mr))
		return CONSUMER_ERROR;
	return CONSUMER_NOT_SUPPORTED;
}

static enum consumer_answer probe(const struct consumer_verbs *verbs,
				  struct ibv_context *context)
{
	if (!has_place(context, verbs))
		return CONSUMER_ERROR;
	if (!verbs->ibv_reg_dmabuf_mr)
		return CONSUMER_NOT_SUPPORTED;
	return consumer_probe_buffer(verbs, context, CONSUMER_PAGE, try_buffer);
}

int main(int argc, char **argv)
{
	static const struct consumer nvshmem = {
		.name = "nvshmem",
		.look_up = look_up,
		.probe = probe,
		.reg = consumer_reg_at_address,
		.exports_pages = true,
	};

	return consumer_main(&nvshmem, argc, argv);
}
