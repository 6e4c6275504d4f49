/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef DMABUF_EXPORTER_H
#define DMABUF_EXPORTER_H

/*
 * dma-bufs from whatever exporter the machine has, behind one interface. An
 * exporter is named by a spec:
 *
 *	udmabuf			pages of a memfd
 *	heap:NAME		/dev/dma_heap/NAME ("heap" is heap:system)
 *	vgem			dumb buffer of the vgem driver
 *	drm:/dev/dri/NODE[,gtt]	memory of that card: of i915, xe and amdgpu that
 *				of the GPU, with gtt the system's; of others a
 *				dumb buffer
 *	cuda[:N]		memory of NVIDIA's N-th GPU, by libcuda
 *	hip[:N]			memory of AMD's N-th GPU, by HIP
 *	testbuf[:OPT,...]	softhca's exporter; options: dynamic, nth=N,
 *				delay=USEC, fail_attach=E, fail_map=E,
 *				fail_pin=E (E: a number or a name, ENOMEM)
 *	fd:N			a dma-buf that is open as descriptor N, which
 *				stays the caller's
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "softhca_testbuf.h"

/* What went wrong: the errno, and a sentence that names what is missing. */
struct dmabuf_error {
	int code;
	char text[240];
};

enum dmabuf_kind {
	DMABUF_UDMABUF,
	DMABUF_HEAP,
	DMABUF_VGEM,
	DMABUF_DRM,
	DMABUF_TESTBUF,
	DMABUF_FD,
	DMABUF_CUDA,
	DMABUF_HIP,
};

/*
 * A spec taken apart. fd is a descriptor, or the number of a GPU. testbuf holds the
 * options, its size is still 0.
 */
struct dmabuf_spec {
	enum dmabuf_kind kind;
	char path[96];
	int fd;
	bool gtt;
	struct softhca_testbuf_create testbuf;
};

struct dmabuf_gpu;

struct dmabuf_buf {
	int fd;
	size_t size; /* of the whole dma-buf: whole pages */
	void *map; /* all of it, readable and writable; NULL: see below */
	int testbuf_fd; /* testbuf's device, else -1 */
	int map_error; /* why there is no map, an errno value */
	struct dmabuf_gpu *gpu; /* cuda and hip, else NULL */
	char name[96]; /* the spec */
};

/* Same values as DMA_BUF_SYNC_READ and DMA_BUF_SYNC_WRITE. */
enum dmabuf_access {
	DMABUF_READ = 1,
	DMABUF_WRITE = 2,
	DMABUF_RW = 3,
};

/* 0, or -1 with errno and *err set. */
int dmabuf_parse_spec(const char *text, struct dmabuf_spec *spec,
		      struct dmabuf_error *err);

/*
 * A buffer of at least size bytes, zero-filled and mapped; NULL with errno
 * and *err set. dmabuf_free() takes NULL, and leaves errno alone. What fd:N names
 * is as it was, and may be a dma-buf that cannot be mapped: then map is NULL.
 */
struct dmabuf_buf *dmabuf_alloc(const char *spec, size_t size,
				struct dmabuf_error *err);
void dmabuf_free(struct dmabuf_buf *buf);

/*
 * The CPU touches map only between these two, with the same access. They may
 * wait for the device. 0, or the errno value (errno set, too), among them why there
 * is no map. Of cuda and hip, map is a copy: the first fetches all of it, the
 * second stores all of it if the access is to write.
 */
int dmabuf_begin_cpu(struct dmabuf_buf *buf, enum dmabuf_access access);
int dmabuf_end_cpu(struct dmabuf_buf *buf, enum dmabuf_access access);

/*
 * Names the dma-buf for who looks at the kernel's lists; at most 31 bytes. 0, or the
 * errno value (errno set, too).
 */
int dmabuf_set_name(struct dmabuf_buf *buf, const char *name);

/*
 * testbuf only, EOPNOTSUPP elsewhere; 0, or the errno value (errno set, too).
 * What they do is told in softhca_testbuf.h. moved may be NULL.
 */
int dmabuf_move(struct dmabuf_buf *buf, unsigned int count,
		unsigned int interval_us, unsigned int flags,
		unsigned int *moved);
int dmabuf_revoke(struct dmabuf_buf *buf);
int dmabuf_check_guards(struct dmabuf_buf *buf,
			struct softhca_testbuf_guards *guards);
int dmabuf_get_stats(struct dmabuf_buf *buf,
		     struct softhca_testbuf_stats *stats);

/*
 * The specs worth trying everywhere: "udmabuf", "heap:system", "vgem",
 * "testbuf", "testbuf:dynamic"; NULL behind the last.
 */
const char *dmabuf_known_spec(unsigned int index);
/* Tries it with one page: 0, or the errno value, and *err says what lacks. */
int dmabuf_available(const char *spec, struct dmabuf_error *err);

#endif
