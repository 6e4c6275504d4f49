/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#include <errno.h>
#include <string.h>

#include "find.h"

#define MAX_GIDS 16

static struct ibv_device *find_in(struct ibv_device **list, const char *name)
{
	int i;

	for (i = 0; list && list[i]; i++)
		if (!strcmp(ibv_get_device_name(list[i]), name))
			return list[i];
	errno = ENODEV;
	return NULL;
}

struct ibv_device *find_device(const char *name)
{
	return find_in(ibv_get_device_list(NULL), name);
}

struct ibv_context *open_device(const char *name)
{
	struct ibv_device **list = ibv_get_device_list(NULL);
	struct ibv_device *device = find_in(list, name);
	struct ibv_context *context = device ? ibv_open_device(device) : NULL;
	int err = errno;

	if (list)
		ibv_free_device_list(list);
	errno = err;
	return context;
}

int find_ip4_gid(struct ibv_context *context, union ibv_gid *gid)
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };
	int i;

	for (i = 0; i < MAX_GIDS; i++)
		if (!ibv_query_gid(context, 1, i, gid) &&
		    !memcmp(gid->raw, prefix, sizeof(prefix)))
			return i;
	return -1;
}
