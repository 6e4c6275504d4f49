/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef DMABUF_GPU_H
#define DMABUF_GPU_H

#include "dmabuf_exporter.h"

/*
 * Memory of a GPU that only its driver's library reaches. The buffer's map is then
 * a copy in host memory, which begin_cpu fetches and end_cpu stores. Both return 0
 * or an errno value.
 */
struct dmabuf_gpu {
	int (*fetch)(struct dmabuf_gpu *gpu, void *host, size_t size);
	int (*store)(struct dmabuf_gpu *gpu, const void *host, size_t size);
	void (*release)(struct dmabuf_gpu *gpu);
};

/* A function of a library, and where its address goes. */
struct gpu_symbol {
	const char *name;
	void **address;
};

/*
 * Opens the first of these libraries that there is, for good: the libraries of
 * drivers do not bear being unloaded. NULL with errno ENOENT and *err set, which
 * names the provider.
 */
void *gpu_library(const char *what, const char *const *names,
		  const char *provider, struct dmabuf_error *err);
/* 0, or -1 with errno EOPNOTSUPP: the library is older than one of them. */
int gpu_symbols(const char *what, void *library,
		const struct gpu_symbol *symbols, struct dmabuf_error *err);

/* The errno value that fits a status; CUDA and HIP number them alike. */
int gpu_errno(int status);

#endif
