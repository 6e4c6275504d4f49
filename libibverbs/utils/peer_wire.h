/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef UTILS_PEER_WIRE_H
#define UTILS_PEER_WIRE_H

#include <stddef.h>

#include <infiniband/verbs.h>

/* What two programs say to each other over TCP before they have RDMA. */

/* All len bytes. 0, or -1 and errno. */
int wire_send(int fd, const void *data, size_t len);
/* Likewise; ECONNRESET if the other side ends before that. */
int wire_recv(int fd, void *data, size_t len);

/* A GID as 32 digits and a NUL. */
enum { WIRE_GID_LEN = 33 };

void wire_put_gid(char text[WIRE_GID_LEN], const union ibv_gid *gid);
/* 0, or -1 of what are not 32 digits. */
int wire_get_gid(const char *text, union ibv_gid *gid);

#endif
