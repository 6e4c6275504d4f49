// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#include "peer_wire.h"

int wire_send(int fd, const void *data, size_t len)
{
	const char *at = data;
	ssize_t n;

	for (; len; at += n, len -= n) {
		n = send(fd, at, len, MSG_NOSIGNAL);
		if (n < 0)
			return -1;
	}
	return 0;
}

int wire_recv(int fd, void *data, size_t len)
{
	ssize_t n = recv(fd, data, len, MSG_WAITALL);

	if (n == (ssize_t)len)
		return 0;
	if (n >= 0)
		errno = ECONNRESET;
	return -1;
}

void wire_put_gid(char text[WIRE_GID_LEN], const union ibv_gid *gid)
{
	int i;

	for (i = 0; i < 16; i++)
		sprintf(text + 2 * i, "%02x", gid->raw[i]);
}

int wire_get_gid(const char *text, union ibv_gid *gid)
{
	unsigned int byte;
	int i;

	for (i = 0; i < 16; i++) {
		if (sscanf(text + 2 * i, "%2x", &byte) != 1)
			return -1;
		gid->raw[i] = byte;
	}
	return 0;
}
