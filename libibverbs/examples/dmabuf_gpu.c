// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* What the exporters that go through a GPU driver's library share. */
#include <dlfcn.h>
#include <errno.h>

#include "dmabuf_error.h"
#include "dmabuf_gpu.h"

enum gpu_status {
	GPU_SUCCESS = 0,
	GPU_INVALID_VALUE = 1,
	GPU_OUT_OF_MEMORY = 2,
	GPU_NO_DEVICE = 100,
	GPU_INVALID_DEVICE = 101,
	GPU_NOT_SUPPORTED = 801,
};

int gpu_errno(int status)
{
	switch (status) {
	case GPU_SUCCESS:
		return 0;
	case GPU_INVALID_VALUE:
		return EINVAL;
	case GPU_OUT_OF_MEMORY:
		return ENOMEM;
	case GPU_NO_DEVICE:
	case GPU_INVALID_DEVICE:
		return ENODEV;
	case GPU_NOT_SUPPORTED:
		return EOPNOTSUPP;
	default:
		return EIO;
	}
}

void *gpu_library(const char *what, const char *const *names,
		  const char *provider, struct dmabuf_error *err)
{
	void *library = NULL;

	for (; !library && *names; names++)
		library = dlopen(*names, RTLD_NOW | RTLD_LOCAL);
	if (!library)
		dmabuf_fail(err, ENOENT, "%s: %s (needs %s)", what, dlerror(),
			    provider);
	return library;
}

int gpu_symbols(const char *what, void *library,
		const struct gpu_symbol *symbols, struct dmabuf_error *err)
{
	for (; symbols->name; symbols++) {
		*symbols->address = dlsym(library, symbols->name);
		if (!*symbols->address)
			return dmabuf_fail(err, EOPNOTSUPP,
					   "%s: the library is too old: no %s",
					   what, symbols->name);
	}
	return 0;
}
