/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* libmana.so.1 as long as there is no MANA provider behind it. */
#include <infiniband/manadv.h>

#include "stub.h"

int manadv_set_context_attr(struct ibv_context *ibv_ctx,
			    enum manadv_set_ctx_attr_type type, void *attr)
{
	return no_status();
}

int manadv_init_obj(struct manadv_obj *obj, uint64_t obj_type)
{
	return no_status();
}

struct ibv_pd *manadv_alloc_pd(struct ibv_context *context, uint32_t flags)
{
	return no_object();
}
