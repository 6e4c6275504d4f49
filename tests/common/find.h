/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef FIND_H
#define FIND_H

#include <infiniband/verbs.h>

/* The device, good until the program ends; NULL if there is none. */
struct ibv_device *find_device(const char *name);
/* Opens it; NULL with errno set if there is none or it cannot be opened. */
struct ibv_context *open_device(const char *name);
/* Of port 1, one made from an IPv4 address: its index, or -1. */
int find_ip4_gid(struct ibv_context *context, union ibv_gid *gid);

#endif
