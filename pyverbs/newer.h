/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef NEWER_H
#define NEWER_H

/*
 * Calls that a library got later, looked up when they are made, so that pyverbs
 * loads on an older one. There they fail with EOPNOTSUPP, as they do on a device
 * that cannot. A module has those that it needs inside, hidden, so that they are
 * found by its calls alone.
 */
#include <dlfcn.h>
#include <errno.h>

static inline void *newer_find(const char *name)
{
	void *call = dlsym(RTLD_DEFAULT, name);

	if (!call)
		errno = EOPNOTSUPP;
	return call;
}

#endif
