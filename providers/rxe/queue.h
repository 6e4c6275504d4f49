/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * The rings that a program shares with the kernel's rxe driver: a power of
 * two of equally large slots, and two indices that are kept masked. One slot
 * always stays free, so that equal indices mean empty.
 *
 * Each side writes one index only. It publishes it with a release store, after
 * what it wrote into (or read out of) the slots; the other side's acquire load
 * pairs with that. The kernel does the same at its end.
 */
#ifndef RXE_QUEUE_H
#define RXE_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include <rdma/rdma_user_rxe.h>

struct rxe_ring {
	struct rxe_queue_buf *buf; /* NULL: there is no such queue */
	/* Geometry, copied at mapping time; never changes while mapped. */
	uint32_t mask;
	uint32_t slot_shift;
	size_t size; /* of the mapping */
};

/* The ring over buf, whose header the kernel has filled in. */
static inline void ring_init(struct rxe_ring *ring, struct rxe_queue_buf *buf,
			     size_t size)
{
	ring->buf = buf;
	ring->mask = buf->index_mask;
	ring->slot_shift = buf->log2_elem_size;
	ring->size = size;
}

/* A ring that is full for its producer and empty for its consumer. */
static inline void ring_make_unusable(struct rxe_ring *ring)
{
	ring->mask = 0;
}

static inline void *ring_slot(const struct rxe_ring *ring, uint32_t index)
{
	return ring->buf->data + ((size_t)index << ring->slot_shift);
}

static inline uint32_t ring_next(const struct rxe_ring *ring, uint32_t index)
{
	return (index + 1) & ring->mask;
}

/* For the producer: where it will write next, before publishing. */
static inline uint32_t ring_producer(const struct rxe_ring *ring)
{
	return ring->buf->producer_index & ring->mask;
}

static inline void ring_publish_producer(struct rxe_ring *ring, uint32_t index)
{
	__atomic_store_n(&ring->buf->producer_index, index, __ATOMIC_RELEASE);
}

/* For the producer, at its own (perhaps not yet published) index. */
static inline int ring_full(const struct rxe_ring *ring, uint32_t producer)
{
	uint32_t consumer =
		__atomic_load_n(&ring->buf->consumer_index, __ATOMIC_ACQUIRE);

	return ring_next(ring, producer) == (consumer & ring->mask);
}

/* For the consumer: where it will read next. */
static inline uint32_t ring_consumer(const struct rxe_ring *ring)
{
	return ring->buf->consumer_index & ring->mask;
}

static inline void ring_publish_consumer(struct rxe_ring *ring, uint32_t index)
{
	__atomic_store_n(&ring->buf->consumer_index, index, __ATOMIC_RELEASE);
}

/* For the consumer: the first slot that it must not read yet. */
static inline uint32_t ring_end(const struct rxe_ring *ring)
{
	return __atomic_load_n(&ring->buf->producer_index, __ATOMIC_ACQUIRE) &
	       ring->mask;
}

/*
 * Maps the ring that a create response describes; mi is good for one mapping.
 * Returns 0 or a positive errno value, with errno set to the same.
 */
int rxe_map_ring(struct rxe_ring *ring, int cmd_fd, const struct mminfo *mi);
/* Nothing to do for a ring that was never mapped. */
void rxe_unmap_ring(struct rxe_ring *ring);

#endif
