/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * A completion queue that gets another ring. The test plays the device: it says
 * so with a last entry in the old ring and goes on behind it in the new one.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mlx5_completions.h"

static void test_sizes(void **state)
{
	assert_int_equal(mlx5_size_cq(0), 0);
	assert_int_equal(mlx5_size_cq(1), 2);
	assert_int_equal(mlx5_size_cq(7), 8);
	assert_int_equal(mlx5_size_cq(8), 16);
	assert_int_equal(mlx5_size_cq((1 << 23) - 1), 1 << 23);
	assert_int_equal(mlx5_size_cq(1 << 23), 0);
	assert_int_equal(mlx5_size_cq(UINT32_MAX), 0);
}

static void put_pending(struct fixture *f, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		post_send(&f->a, 100 + i, IBV_WR_SEND);
		put_send(f, &f->a, f->a.qp.sq.cur_block - 1);
	}
}

/* The device writes entry i, of WQE block, to the ring that the CQ has now. */
static void put_new(struct fixture *f, uint32_t i, uint32_t n, uint16_t block)
{
	uint8_t *cqe = (uint8_t *)f->cq.buf.addr + i % n * f->format->cqe_size +
		       f->format->cqe_size - CQE_LEN;

	memset(cqe, 0, CQE_LEN);
	put_be(cqe + 33, f->format->version ? UIDX_A : 0xffffff, 3);
	put_be(cqe + 57, QPN_A, 3);
	put_be(cqe + 60, block, 2);
	cqe[63] = i / n & 1;
}

static void move_to(struct fixture *f, uint32_t n)
{
	struct mlx5_buf old = f->cq.buf;
	struct mlx5_buf buf;

	assert_int_equal(mlx5_alloc_buf(&buf, n * f->format->cqe_size), 0);
	mlx5_clear_cq_ring(&buf, n, f->format->cqe_size);
	put_cqe(f, &f->a, 0x5);
	mlx5_move_cqes_locked(&f->cq, &buf, n);
	assert_ptr_equal(buf.addr, old.addr);
	mlx5_free_buf(&buf);
}

/* From entry start on, pending ones move to a ring of n; more follow there. */
static void check_move(struct fixture *f, uint32_t start, int pending,
		       uint32_t n)
{
	struct ibv_wc wc;
	int i;

	f->cq.ci = f->pi = start;
	for (i = 0; i < NUM_CQE; i++)
		slot(f, i)[63] = 0xf0;
	put_pending(f, pending);
	move_to(f, n);
	for (i = 0; i < pending; i++) {
		poll_one(f, &wc);
		assert_int_equal(wc.wr_id, 100 + i);
	}
	check_ci(f, start + pending + 1);
	assert_int_equal(poll_cq(f, 1, &wc), 0);
	post_send(&f->a, 7, IBV_WR_SEND);
	put_new(f, start + pending + 1, n, f->a.qp.sq.cur_block - 1);
	poll_one(f, &wc);
	assert_int_equal(wc.wr_id, 7);
	assert_int_equal(poll_cq(f, 1, &wc), 0);
}

static void entries_move(struct fixture *f)
{
	static const uint32_t sizes[] = { 4, 8, 16, 32 };
	static const uint32_t starts[] = { 0, 1, 7, 13, 0xfffffffd };
	struct fixture *g;
	size_t i, j;
	int pending;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (j = 0; j < sizeof(starts) / sizeof(starts[0]); j++)
			for (pending = 1; pending < 4; pending++) {
				g = new_fixture(f->format);
				g->extended = f->extended;
				check_move(g, starts[j], pending, sizes[i]);
				free_fixture(g);
			}
}

static void test_entries_move(void **state)
{
	for_each_format(entries_move);
}

/* Before the device got there: in its order, with nothing lost. */
static void device_was_faster(struct fixture *f)
{
	struct mlx5_buf buf;
	struct mlx5_buf old = f->cq.buf;
	struct ibv_wc wc;

	put_pending(f, 2);
	assert_int_equal(mlx5_alloc_buf(&buf, 16 * f->format->cqe_size), 0);
	mlx5_clear_cq_ring(&buf, 16, f->format->cqe_size);
	put_cqe(f, &f->a, 0x5);
	post_send(&f->a, 55, IBV_WR_SEND);
	f->cq.buf = buf;
	put_new(f, 3, 16, 2);
	f->cq.buf = old;
	mlx5_move_cqes_locked(&f->cq, &buf, 16);
	poll_one(f, &wc);
	assert_int_equal(wc.wr_id, 100);
	poll_one(f, &wc);
	assert_int_equal(wc.wr_id, 101);
	poll_one(f, &wc);
	assert_int_equal(wc.wr_id, 55);
	mlx5_free_buf(&buf);
}

static void test_device_was_faster(void **state)
{
	for_each_format(device_was_faster);
}

/* Both without a kernel to ask. */
static void same_size_is_nothing_to_do(struct fixture *f)
{
	void *addr = f->cq.buf.addr;

	assert_int_equal(mlx5_resize_cq(&f->cq.cq, 7), 0);
	assert_int_equal(mlx5_resize_cq(&f->cq.cq, 4), 0);
	assert_ptr_equal(f->cq.buf.addr, addr);
	assert_false(f->cq.lock.held);
}

static void test_same_size_is_nothing_to_do(void **state)
{
	for_each_format(same_size_is_nothing_to_do);
}

static void what_cannot_be_is_einval(struct fixture *f)
{
	assert_int_equal(mlx5_resize_cq(&f->cq.cq, 0), EINVAL);
	assert_int_equal(mlx5_resize_cq(&f->cq.cq, -1), EINVAL);
	assert_int_equal(mlx5_resize_cq(&f->cq.cq, 1 << 23), EINVAL);
	put_pending(f, 4);
	assert_int_equal(mlx5_resize_cq(&f->cq.cq, 3), EINVAL);
	assert_false(f->cq.lock.held);
}

static void test_what_cannot_be_is_einval(void **state)
{
	for_each_format(what_cannot_be_is_einval);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_entries_move),
		cmocka_unit_test(test_device_was_faster),
		cmocka_unit_test(test_same_size_is_nothing_to_do),
		cmocka_unit_test(test_what_cannot_be_is_einval),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
