/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* ibv_start_poll() and what follows it, of the mlx5 provider. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mlx5_completions.h"

static void walk_ends_with_enoent(struct fixture *f)
{
	struct ibv_cq_ex *ex = &f->cq.vcq.cq_ex;
	int i;

	for (i = 0; i < 3; i++) {
		post_send(&f->a, 10 + i, IBV_WR_SEND);
		put_send(f, &f->a, i);
	}
	assert_int_equal(start_poll(f), 0);
	assert_int_equal(ex->wr_id, 10);
	assert_int_equal(ibv_next_poll(ex), 0);
	assert_int_equal(ex->wr_id, 11);
	assert_int_equal(f->dbrec[0], 0); /* the device gets them at the end */
	assert_int_equal(ibv_next_poll(ex), 0);
	assert_int_equal(ex->wr_id, 12);
	assert_int_equal(ibv_next_poll(ex), ENOENT);
	assert_true(f->cq.lock.held);
	ibv_end_poll(ex);
	check_ci(f, 3);
	assert_false(f->cq.lock.held);
}

static void test_walk_ends_with_enoent(void **state)
{
	for_each_format(walk_ends_with_enoent);
}

static void start_on_empty_is_enoent(struct fixture *f)
{
	f->dbrec[0] = 0x5a5a5a5a;
	assert_int_equal(start_poll(f), ENOENT);
	assert_false(f->cq.lock.held);
	assert_int_equal(f->dbrec[0], 0x5a5a5a5a);
}

static void test_start_on_empty_is_enoent(void **state)
{
	for_each_format(start_on_empty_is_enoent);
}

static void unknown_start_attr_is_einval(struct fixture *f)
{
	struct ibv_poll_cq_attr attr = { .comp_mask = 1 };

	post_send(&f->a, 1, IBV_WR_SEND);
	put_send(f, &f->a, 0);
	assert_int_equal(ibv_start_poll(&f->cq.vcq.cq_ex, &attr), EINVAL);
	assert_false(f->cq.lock.held);
	assert_int_equal(start_poll(f), 0);
	ibv_end_poll(&f->cq.vcq.cq_ex);
}

static void test_unknown_start_attr_is_einval(void **state)
{
	for_each_format(unknown_start_attr_is_einval);
}

/* Skipped, by start_poll, which then needs no end, and by next_poll. */
static void nonsense_in_a_walk_is_einval(struct fixture *f)
{
	struct ibv_cq_ex *ex = &f->cq.vcq.cq_ex;

	post_send(&f->a, 1, IBV_WR_SEND);
	post_send(&f->a, 2, IBV_WR_SEND);
	put_cqe(f, &f->a, 0x9);
	put_send(f, &f->a, 0);
	put_cqe(f, &f->a, 0x9);
	put_send(f, &f->a, 1);
	errno = 0;
	assert_int_equal(start_poll(f), EINVAL);
	assert_int_equal(errno, EINVAL);
	assert_false(f->cq.lock.held);
	check_ci(f, 1);
	assert_int_equal(start_poll(f), 0);
	assert_int_equal(ex->wr_id, 1);
	assert_int_equal(ibv_next_poll(ex), EINVAL);
	assert_int_equal(ibv_next_poll(ex), 0);
	assert_int_equal(ex->wr_id, 2);
	ibv_end_poll(ex);
	check_ci(f, 4);
}

static void test_nonsense_in_a_walk_is_einval(void **state)
{
	for_each_format(nonsense_in_a_walk_is_einval);
}

/* Who takes a QP away makes the CQ forget that it was the last one. */
static void walk_forgets_the_last_qp(struct fixture *f)
{
	post_send(&f->a, 1, IBV_WR_SEND);
	put_send(f, &f->a, 0);
	assert_int_equal(start_poll(f), 0);
	ibv_end_poll(&f->cq.vcq.cq_ex);
	mlx5_lock_cqs(&f->a.qp);
	mlx5_clean_cqs_locked(&f->a.qp);
	mlx5_table_del(&f->rscs, f->a.qp.rsc.key, &f->a.qp.rsc);
	mlx5_unlock_cqs(&f->a.qp);
	put_send(f, &f->a, 1);
	assert_int_equal(start_poll(f), EINVAL);
}

static void test_walk_forgets_the_last_qp(void **state)
{
	for_each_format(walk_forgets_the_last_qp);
}

static void timestamp_is_the_devices(struct fixture *f)
{
	struct ibv_cq_ex *ex = &f->cq.vcq.cq_ex;

	post_send(&f->a, 1, IBV_WR_SEND);
	put_be(put_send(f, &f->a, 0) + 48, 0x0123456789abcdef, 8);
	assert_int_equal(start_poll(f), 0);
	assert_true(ibv_wc_read_completion_ts(ex) == 0x0123456789abcdef);
	ibv_end_poll(ex);
}

static void test_timestamp_is_the_devices(void **state)
{
	for_each_format(timestamp_is_the_devices);
}

/* Ten ticks after the kernel's last look, in steps of four nanoseconds. */
static void time_of_day_is_the_kernels(struct fixture *f)
{
	struct mlx5_ib_clock_info info = {
		.nsec = 1000000,
		.cycles = 5000,
		.mult = 1 << 23,
		.shift = 21,
		.mask = UINT64_MAX,
	};
	struct mlx5_context ctx = {
		.resp.clock_info_versions = 1 << MLX5_IB_CLOCK_INFO_V1,
		.clock_info = &info,
	};
	struct ibv_cq_ex *ex = &f->cq.vcq.cq_ex;

	ex->context = &ctx.vctx.context;
	post_send(&f->a, 1, IBV_WR_SEND);
	put_be(put_send(f, &f->a, 0) + 48, 5010, 8);
	assert_int_equal(start_poll(f), 0);
	assert_int_equal(ibv_wc_read_completion_wallclock_ns(ex), 1000040);
	info.nsec += 100;
	assert_int_equal(ibv_wc_read_completion_wallclock_ns(ex), 1000140);
	info.sign = MLX5_IB_CLOCK_INFO_KERNEL_UPDATING;
	info.nsec += 100;
	assert_int_equal(ibv_wc_read_completion_wallclock_ns(ex), 1000140);
	ibv_end_poll(ex);
}

static void test_time_of_day_is_the_kernels(void **state)
{
	for_each_format(time_of_day_is_the_kernels);
}

static void single_threaded_takes_no_lock(struct fixture *f)
{
	struct ibv_wc wc;
	int i;

	f->cq.single_threaded = true;
	mlx5_set_poll_ops(&f->cq);
	f->cq.lock.held = true; /* whoever wanted it would wait for ever */
	for (i = 0; i < 2; i++) {
		post_send(&f->a, i, IBV_WR_SEND);
		put_send(f, &f->a, i);
	}
	assert_int_equal(start_poll(f), 0);
	ibv_end_poll(&f->cq.vcq.cq_ex);
	assert_int_equal(poll_cq(f, 1, &wc), 1);
	assert_int_equal(start_poll(f), ENOENT);
	assert_int_equal(mlx5_req_notify_cq(&f->cq.cq, 0), 0);
	mlx5_lock_cqs(&f->a.qp);
	mlx5_unlock_cqs(&f->a.qp);
	assert_true(f->cq.lock.held);
}

static void test_single_threaded_takes_no_lock(void **state)
{
	for_each_format(single_threaded_takes_no_lock);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walk_ends_with_enoent),
		cmocka_unit_test(test_start_on_empty_is_enoent),
		cmocka_unit_test(test_unknown_start_attr_is_einval),
		cmocka_unit_test(test_nonsense_in_a_walk_is_einval),
		cmocka_unit_test(test_walk_forgets_the_last_qp),
		cmocka_unit_test(test_timestamp_is_the_devices),
		cmocka_unit_test(test_time_of_day_is_the_kernels),
		cmocka_unit_test(test_single_threaded_takes_no_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
