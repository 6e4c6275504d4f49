/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef UTILS_DEVICE_H
#define UTILS_DEVICE_H

#include <infiniband/verbs.h>

/*
 * The device of that name, the first one without a name, open. NULL after
 * having said on stderr what is missing.
 */
struct ibv_context *open_device(const char *name);

#endif
