/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* A program outside the project, to be built against what was installed. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <infiniband/verbs.h>

int main(void)
{
	struct ibv_device **list;
	int num;

	list = ibv_get_device_list(&num);
	if (!list) {
		/* A machine without RDMA: the library works all the same. */
		printf("no list: %s\n", strerror(errno));
		return errno == ENOSYS ? 0 : 1;
	}
	printf("%d devices\n", num);
	ibv_free_device_list(list);
	return 0;
}
