// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* NCCL: finds every symbol with its version, registers aligned-down addresses. */
#include "nccl.h"

#define V1(name)                           \
	{                                  \
		name, "IBVERBS_1.1", false \
	}
#define MAY(name, version)          \
	{                           \
		name, version, true \
	}

/* One missing symbol of those that must be there turns InfiniBand off. */
static const struct consumer_symbol verbs_symbols[] = {
	V1("ibv_get_device_list"),
	V1("ibv_free_device_list"),
	V1("ibv_get_device_name"),
	V1("ibv_open_device"),
	V1("ibv_close_device"),
	V1("ibv_get_async_event"),
	V1("ibv_ack_async_event"),
	V1("ibv_query_device"),
	V1("ibv_query_port"),
	V1("ibv_query_gid"),
	V1("ibv_query_qp"),
	V1("ibv_alloc_pd"),
	V1("ibv_dealloc_pd"),
	V1("ibv_reg_mr"),
	V1("ibv_dereg_mr"),
	V1("ibv_create_cq"),
	V1("ibv_destroy_cq"),
	V1("ibv_create_qp"),
	V1("ibv_modify_qp"),
	V1("ibv_destroy_qp"),
	V1("ibv_fork_init"),
	V1("ibv_event_type_str"),
	MAY("ibv_reg_mr_iova2", "IBVERBS_1.8"),
	MAY("ibv_query_ece", "IBVERBS_1.10"),
	MAY("ibv_set_ece", "IBVERBS_1.10"),
	MAY("ibv_reg_dmabuf_mr", "IBVERBS_1.12"),
	MAY("ibv_query_port_speed", "IBVERBS_1.16"),
};

/* Relaxed ordering is asked for where the library is new enough to know it. */
static int access_flags = CONSUMER_REMOTE_ACCESS;

int nccl_look_up(struct consumer_verbs *verbs)
{
	static const char *const names[] = { "libibverbs.so", "libibverbs.so.1",
					     NULL };
	static const struct consumer_symbol iova2 =
		MAY("ibv_reg_mr_iova2", "IBVERBS_1.8");
	void *library = consumer_open_library(names);
	int (*fork_init)(void);

	if (!library ||
	    !consumer_has_all(library, verbs_symbols,
			      sizeof(verbs_symbols) / sizeof(*verbs_symbols)))
		return -1;
	*(void **)&fork_init = consumer_find(
		library, &(struct consumer_symbol)V1("ibv_fork_init"));
	if (fork_init())
		return -1;
	if (consumer_find(library, &iova2))
		access_flags |= IBV_ACCESS_RELAXED_ORDERING;
	return consumer_fill(verbs, library, "IBVERBS_1.1");
}

uint64_t nccl_first_page(const struct consumer_buffer *buf)
{
	return (uintptr_t)buf->addr & ~(uint64_t)(CONSUMER_PAGE - 1);
}

int nccl_access_flags(void)
{
	return access_flags;
}

/* Whole pages from the first to the last one that the buffer touches. */
size_t nccl_length(const struct consumer_buffer *buf)
{
	uint64_t end = (uintptr_t)buf->addr + buf->length;

	return (size_t)(end - nccl_first_page(buf) + CONSUMER_PAGE - 1) /
	       CONSUMER_PAGE * CONSUMER_PAGE;
}
