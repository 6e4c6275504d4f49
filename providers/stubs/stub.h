/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef STUB_H
#define STUB_H

/* How the calls of a library without a provider fail: by their convention. */

#include <errno.h>
#include <stddef.h>

static inline void *no_object(void)
{
	errno = EOPNOTSUPP;
	return NULL;
}

static inline int no_status(void)
{
	errno = EOPNOTSUPP;
	return EOPNOTSUPP;
}

/* Of a call that returns a size. */
static inline int no_size(void)
{
	errno = EOPNOTSUPP;
	return -EOPNOTSUPP;
}

#endif
