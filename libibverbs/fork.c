/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * fork(2) and registered memory. Kernels since 5.12, the oldest we run on,
 * copy pinned pages for the child at fork, so nothing has to be kept from it
 * and these calls have nothing to do.
 */
#include "driver.h"

VERBS_EXPORT
int ibv_fork_init(void)
{
	return 0;
}

VERBS_EXPORT
enum ibv_fork_status ibv_is_fork_initialized(void)
{
	return IBV_FORK_UNNEEDED;
}
