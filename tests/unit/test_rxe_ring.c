/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "queue.h"

#define SLOTS 4
#define SLOT_SHIFT 3

struct memory {
	struct rxe_queue_buf buf;
	uint64_t slot[SLOTS];
};

static void setup(struct rxe_ring *ring, struct memory *mem)
{
	memset(mem, 0, sizeof(*mem));
	mem->buf.log2_elem_size = SLOT_SHIFT;
	mem->buf.index_mask = SLOTS - 1;
	ring_init(ring, &mem->buf, sizeof(*mem));
}

static void test_layout_is_the_kernels(void **state)
{
	assert_int_equal(offsetof(struct rxe_queue_buf, producer_index), 128);
	assert_int_equal(offsetof(struct rxe_queue_buf, consumer_index), 256);
	assert_int_equal(offsetof(struct rxe_queue_buf, data), 384);
}

static void test_new_ring_is_empty_not_full(void **state)
{
	struct rxe_ring ring;
	struct memory mem;

	setup(&ring, &mem);
	assert_int_equal(ring_consumer(&ring), ring_end(&ring));
	assert_false(ring_full(&ring, ring_producer(&ring)));
}

static void test_one_slot_stays_free(void **state)
{
	struct rxe_ring ring;
	struct memory mem;
	uint32_t producer;
	int n = 0;

	setup(&ring, &mem);
	producer = ring_producer(&ring);
	while (!ring_full(&ring, producer)) {
		producer = ring_next(&ring, producer);
		n++;
	}
	assert_int_equal(n, SLOTS - 1);
	assert_int_equal(ring_producer(&ring), 0); /* nothing published */
	ring_publish_producer(&ring, producer);
	assert_int_equal(mem.buf.producer_index, SLOTS - 1);
	assert_true(ring_full(&ring, ring_producer(&ring)));
	ring_publish_consumer(&ring, 1);
	assert_false(ring_full(&ring, ring_producer(&ring)));
}

static void test_indices_wrap(void **state)
{
	struct rxe_ring ring;
	struct memory mem;

	setup(&ring, &mem);
	assert_int_equal(ring_next(&ring, SLOTS - 1), 0);
	mem.buf.consumer_index = SLOTS - 1;
	mem.buf.producer_index = SLOTS - 1;
	assert_int_equal(ring_consumer(&ring), ring_end(&ring));
	assert_false(ring_full(&ring, SLOTS - 1));
	assert_true(ring_full(&ring, SLOTS - 2));
	mem.buf.consumer_index = 0;
	assert_true(ring_full(&ring, SLOTS - 1));
}

static void test_indices_are_masked_when_read(void **state)
{
	struct rxe_ring ring;
	struct memory mem;

	setup(&ring, &mem);
	mem.buf.consumer_index = SLOTS + 1;
	mem.buf.producer_index = 5 * SLOTS + 3;
	assert_int_equal(ring_consumer(&ring), 1);
	assert_int_equal(ring_producer(&ring), 3);
	assert_int_equal(ring_end(&ring), 3);
	assert_true(ring_full(&ring, 0));
}

static void test_slots_lie_behind_the_header(void **state)
{
	struct rxe_ring ring;
	struct memory mem;
	int i;

	setup(&ring, &mem);
	for (i = 0; i < SLOTS; i++)
		assert_ptr_equal(ring_slot(&ring, i), &mem.slot[i]);
}

static void test_geometry_is_copied_once(void **state)
{
	struct rxe_ring ring;
	struct memory mem;

	setup(&ring, &mem);
	mem.buf.index_mask = 0xffff;
	mem.buf.log2_elem_size = 20;
	assert_int_equal(ring_next(&ring, SLOTS - 1), 0);
	assert_ptr_equal(ring_slot(&ring, 1), &mem.slot[1]);
}

static void test_unusable_ring_is_full_and_empty(void **state)
{
	struct rxe_ring ring;
	struct memory mem;

	setup(&ring, &mem);
	mem.buf.producer_index = 2;
	ring_make_unusable(&ring);
	assert_true(ring_full(&ring, ring_producer(&ring)));
	assert_int_equal(ring_consumer(&ring), ring_end(&ring));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout_is_the_kernels),
		cmocka_unit_test(test_new_ring_is_empty_not_full),
		cmocka_unit_test(test_one_slot_stays_free),
		cmocka_unit_test(test_indices_wrap),
		cmocka_unit_test(test_indices_are_masked_when_read),
		cmocka_unit_test(test_slots_lie_behind_the_header),
		cmocka_unit_test(test_geometry_is_copied_once),
		cmocka_unit_test(test_unusable_ring_is_full_and_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
