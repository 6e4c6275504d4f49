/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#include <string.h>

#include "find.h"

#define MAX_GIDS 16

struct ibv_device *find_device(const char *name)
{
	struct ibv_device **list = ibv_get_device_list(NULL);
	int i;

	for (i = 0; list && list[i]; i++)
		if (!strcmp(ibv_get_device_name(list[i]), name))
			return list[i];
	return NULL;
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
