// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* ibv_devices: the names of all RDMA devices, and their node GUIDs. */
#include <endian.h>
#include <inttypes.h>
#include <stdio.h>

#include <infiniband/verbs.h>

static void print_row(const char *name, const char *guid)
{
	printf("    %-16s\t%s\n", name, guid);
}

static void print_device(struct ibv_device *device)
{
	char guid[17];

	snprintf(guid, sizeof(guid), "%016" PRIx64,
		 be64toh(ibv_get_device_guid(device)));
	print_row(ibv_get_device_name(device), guid);
}

int main(void)
{
	struct ibv_device **list = ibv_get_device_list(NULL);
	int i;

	if (!list) {
		perror("Failed to get IB devices list");
		return 1;
	}
	print_row("device", "   node GUID");
	print_row("------", "----------------");
	for (i = 0; list[i]; i++)
		print_device(list[i]);
	ibv_free_device_list(list);
	return 0;
}
