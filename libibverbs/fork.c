/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * fork(2) and registered memory. A kernel since 5.12, the oldest we run on,
 * copies pinned pages for the child at fork, huge ones too: the parent keeps
 * the pages that the device knows. So no range is ever kept from the child, and
 * all there is to do is to ask the kernel whether it does copy. It tells since
 * 5.13; one that does not tell is not taken at its release number, because the
 * answer would be a guess about somebody's data.
 */
#include <pthread.h>
#include <stdlib.h>

#include "internal.h"

/* Returns 0 when registered memory survives a fork, or why it might not. */
static int check_kernel(void)
{
	int ret = nl_copies_on_fork();

	if (ret > 0)
		return 0;
	/* A kernel without RDMA has registered nothing. */
	if (ret < 0)
		return errno == ENOSYS ? 0 : errno;
	return EPROTONOSUPPORT;
}

VERBS_EXPORT
int ibv_fork_init(void)
{
	int ret = check_kernel();

	return ret ? verbs_err(ret) : 0;
}

VERBS_EXPORT
enum ibv_fork_status ibv_is_fork_initialized(void)
{
	return check_kernel() ? IBV_FORK_DISABLED : IBV_FORK_UNNEEDED;
}

/*
 * Whoever manages registered ranges by itself calls these two; no header has
 * ever declared them. Nothing is kept from a child, so there is nothing to do.
 */
int ibv_dontfork_range(void *base, size_t size);
int ibv_dofork_range(void *base, size_t size);

VERBS_EXPORT
int ibv_dontfork_range(void *base, size_t size)
{
	return 0;
}

VERBS_EXPORT
int ibv_dofork_range(void *base, size_t size)
{
	return 0;
}

/* ------------------------------------------------------------ environment */

static void init_as_asked(void)
{
	int ret;

	if (!getenv("RDMAV_FORK_SAFE") && !getenv("IBV_FORK_SAFE"))
		return;
	ret = check_kernel();
	if (ret)
		fprintf(stderr,
			"libibverbs: registered memory is not safe across fork: %s\n",
			strerror(ret));
}

void fork_init_from_env(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	int err = errno;

	pthread_once(&once, init_as_asked);
	errno = err;
}
