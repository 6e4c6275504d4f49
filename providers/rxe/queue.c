/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#include <sys/mman.h>

#include "driver.h"
#include "queue.h"

int rxe_map_ring(struct rxe_ring *ring, int cmd_fd, const struct mminfo *mi)
{
	void *buf;

	buf = mmap(NULL, mi->size, PROT_READ | PROT_WRITE, MAP_SHARED, cmd_fd,
		   mi->offset);
	if (buf == MAP_FAILED)
		return errno;
	ring_init(ring, buf, mi->size);
	return 0;
}

void rxe_unmap_ring(struct rxe_ring *ring)
{
	if (!ring->buf)
		return;
	munmap(ring->buf, ring->size);
	ring->buf = NULL;
}
