/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef NCCL_H
#define NCCL_H

/* What both of NCCL's ways to register a dma-buf have in common. */
#include "consumers.h"

int nccl_look_up(struct consumer_verbs *verbs);
int nccl_access_flags(void);
/* The registered range: whole pages, by the buffer's address. */
uint64_t nccl_first_page(const struct consumer_buffer *buf);
size_t nccl_length(const struct consumer_buffer *buf);

#endif
