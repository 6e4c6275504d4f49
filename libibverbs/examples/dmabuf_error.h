/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef DMABUF_ERROR_H
#define DMABUF_ERROR_H

#include "dmabuf_exporter.h"

/* Fills *err (which may be NULL), sets errno to code, returns -1. */
int dmabuf_fail(struct dmabuf_error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

void close_keep_errno(int fd);

#endif
