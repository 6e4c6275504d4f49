/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * What bench/startup.py counts: a process that lists the devices so many times
 * and then opens and closes one so many times.
 *   bench_startup LISTS OPENS DEVICE
 * Only calls and layouts of the stock libibverbs, so that the same file runs on
 * that one too.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <infiniband/verbs.h>

static int fail(const char *what)
{
	fprintf(stderr, "bench_startup: %s: %s\n", what, strerror(errno));
	return 1;
}

static int list_devices(long count)
{
	struct ibv_device **list;

	while (count-- > 0) {
		list = ibv_get_device_list(NULL);
		if (!list)
			return fail("ibv_get_device_list");
		ibv_free_device_list(list);
	}
	return 0;
}

static struct ibv_device *find_device(struct ibv_device **list,
				      const char *name)
{
	for (; *list; list++)
		if (!strcmp(ibv_get_device_name(*list), name))
			return *list;
	return NULL;
}

static int open_device(struct ibv_device *device, long count)
{
	struct ibv_context *context;

	if (!device) {
		errno = ENODEV;
		return fail("no such device");
	}
	while (count-- > 0) {
		context = ibv_open_device(device);
		if (!context)
			return fail("ibv_open_device");
		if (ibv_close_device(context))
			return fail("ibv_close_device");
	}
	return 0;
}

/* Opens with a list of its own around them: none without an open. */
static int open_devices(const char *name, long count)
{
	struct ibv_device **list;
	int ret;

	if (count <= 0)
		return 0;
	list = ibv_get_device_list(NULL);
	if (!list)
		return fail("ibv_get_device_list");
	ret = open_device(find_device(list, name), count);
	ibv_free_device_list(list);
	return ret;
}

int main(int argc, char **argv)
{
	int ret;

	if (argc != 4) {
		fprintf(stderr, "usage: bench_startup LISTS OPENS DEVICE\n");
		return 2;
	}
	ret = list_devices(strtol(argv[1], NULL, 10));
	if (!ret)
		ret = open_devices(argv[3], strtol(argv[2], NULL, 10));
	return ret;
}
