// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
#include <stdio.h>
#include <string.h>

#include "device.h"

static struct ibv_device *find_device(struct ibv_device **list,
				      const char *name)
{
	while (*list && name && strcmp(ibv_get_device_name(*list), name))
		list++;
	return *list;
}

static struct ibv_context *open_found(struct ibv_device *device,
				      const char *name)
{
	struct ibv_context *context;

	if (!device && name)
		fprintf(stderr, "IB device %s not found\n", name);
	else if (!device)
		fprintf(stderr, "No IB devices found\n");
	if (!device)
		return NULL;
	context = ibv_open_device(device);
	if (!context)
		fprintf(stderr, "Couldn't get context for %s\n",
			ibv_get_device_name(device));
	return context;
}

struct ibv_context *open_device(const char *name)
{
	struct ibv_device **list = ibv_get_device_list(NULL);
	struct ibv_context *context;

	if (!list) {
		perror("Failed to get IB devices list");
		return NULL;
	}
	context = open_found(find_device(list, name), name);
	ibv_free_device_list(list);
	return context;
}
