/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Receives of the mlx5 provider, of QPs and shared, byte for byte. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mlx5_queues.h"

#include "srq.h"

static void check_recv(struct ibv_sge *sges, int num_sge, const uint8_t *wqe)
{
	static const uint32_t heads[] = { 0, 1, 3, 4, 0xffff, 0xffffffff };
	struct ibv_recv_wr wr = { .wr_id = 0x77,
				  .sg_list = sges,
				  .num_sge = num_sge };
	struct ibv_recv_wr *bad = NULL;
	struct fixture f;
	uint8_t ring[4 * 2 * SEG];
	size_t i;

	init_fixture(&f, &usual_attr);
	for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		uint32_t next = heads[i] + 1;
		uint8_t db[4] = { 0, 0, next >> 8, next };

		memset(f.qp.buf.addr, FILL, f.qp.buf.len);
		f.qp.rq.head = f.qp.rq.tail = heads[i];
		assert_int_equal(mlx5_post_recv(&f.qp.qp, &wr, &bad), 0);
		memset(ring, FILL, sizeof(ring));
		memcpy(ring + heads[i] % 4 * 2 * SEG, wqe, 2 * SEG);
		assert_memory_equal(f.qp.buf.addr, ring, sizeof(ring));
		assert_int_equal(f.qp.sq.buf[0], FILL);
		assert_memory_equal(&f.dbrec[0], db, sizeof(db));
		assert_int_equal(f.qp.rq.wr_id[heads[i] % 4], 0x77);
	}
	assert_int_equal(f.dbrec[1], 0);
	assert_int_equal(f.reg, 0);
	fini_fixture(&f);
}

#define RECV_END 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0
#define UNTOUCHED                                                         \
	FILL, FILL, FILL, FILL, FILL, FILL, FILL, FILL, FILL, FILL, FILL, \
		FILL, FILL, FILL, FILL, FILL

static void test_recv_one_sge_ends_the_list(void **state)
{
	static const uint8_t wqe[] = { ONE_SGE_BYTES, RECV_END };

	check_recv(&one_sge, 1, wqe);
}

static void test_recv_full_stride_has_no_end(void **state)
{
	struct ibv_sge sges[2] = { one_sge, one_sge };
	static const uint8_t wqe[] = { ONE_SGE_BYTES, ONE_SGE_BYTES };

	check_recv(sges, 2, wqe);
}

static void test_recv_without_data(void **state)
{
	static const uint8_t wqe[] = { RECV_END, UNTOUCHED };

	check_recv(NULL, 0, wqe);
}

static void test_recv_empty_sges_are_left_out(void **state)
{
	struct ibv_sge sges[2] = { { .addr = 1, .lkey = 2 }, one_sge };
	static const uint8_t wqe[] = { ONE_SGE_BYTES, RECV_END };

	check_recv(sges, 2, wqe);
}

static void check_recv_refused(struct ibv_recv_wr *second, int err)
{
	struct ibv_recv_wr first = { .next = second };
	struct ibv_recv_wr *bad = NULL;
	static const uint8_t db[] = { 0, 0, 0, 1 };
	struct fixture f;

	init_fixture(&f, &usual_attr);
	errno = 0;
	assert_int_equal(mlx5_post_recv(&f.qp.qp, &first, &bad), err);
	assert_int_equal(errno, err);
	assert_ptr_equal(bad, second);
	assert_memory_equal(&f.dbrec[0], db, sizeof(db));
	fini_fixture(&f);
}

static void test_recv_refusals(void **state)
{
	struct ibv_sge sges[3] = { one_sge, one_sge, one_sge };
	struct ibv_recv_wr wr = { .sg_list = sges, .num_sge = 3 };

	check_recv_refused(&wr, EINVAL);
	wr.num_sge = -1;
	check_recv_refused(&wr, EINVAL);
	wr.num_sge = 2;
	sges[1].length = UINT32_MAX;
	check_recv_refused(&wr, EINVAL);
}

static void test_full_receive_queue_is_enomem(void **state)
{
	struct ibv_recv_wr wr = { .wr_id = 1 };
	struct ibv_recv_wr *bad = NULL;
	struct fixture f;
	int i;

	init_fixture(&f, &usual_attr);
	for (i = 0; i < 4; i++)
		assert_int_equal(mlx5_post_recv(&f.qp.qp, &wr, &bad), 0);
	assert_int_equal(mlx5_post_recv(&f.qp.qp, &wr, &bad), ENOMEM);
	assert_ptr_equal(bad, &wr);
	f.qp.rq.tail++;
	assert_int_equal(mlx5_post_recv(&f.qp.qp, &wr, &bad), 0);
	fini_fixture(&f);
}

/* ---- Shared receive queues ----------------------------------------------------------- */

struct srq_size {
	uint32_t max_wr;
	uint32_t max_sge;
	int err;
	uint32_t num_wqe;
	uint32_t stride_shift;
};

static void test_srq_sizes(void **state)
{
	static const struct srq_size cases[] = {
		{ 1, 0, 0, 2, 5 },
		{ 1, 1, 0, 2, 5 },
		{ 2, 2, 0, 4, 6 },
		{ 3, 3, 0, 4, 6 },
		{ 4, 4, 0, 8, 7 },
		{ 32767, 31, 0, 32768, 9 },
		{ 0, 1, EINVAL, 0, 0 },
		{ 32768, 1, EINVAL, 0, 0 },
		{ 1, 32, EINVAL, 0, 0 },
		{ UINT32_MAX, 1, EINVAL, 0, 0 },
		{ 1, UINT32_MAX, EINVAL, 0, 0 },
	};
	struct ibv_srq_attr attr = { 0 };
	uint32_t num_wqe, stride_shift;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		attr.max_wr = cases[i].max_wr;
		attr.max_sge = cases[i].max_sge;
		num_wqe = stride_shift = 0;
		assert_int_equal(mlx5_size_srq(&usual_limits, &attr, &num_wqe,
					       &stride_shift),
				 cases[i].err);
		assert_int_equal(num_wqe, cases[i].num_wqe);
		assert_int_equal(stride_shift, cases[i].stride_shift);
	}
}

struct srq_fixture {
	struct mlx5_srq srq;
	__be32 dbrec[2];
};

/* Four WQEs of a next segment and three of data. */
static void init_srq(struct srq_fixture *f)
{
	memset(f, 0, sizeof(*f));
	assert_int_equal(mlx5_alloc_buf(&f->srq.buf, 4 * BLOCK), 0);
	memset(f->srq.buf.addr, FILL, f->srq.buf.len);
	f->srq.dbrec = f->dbrec;
	assert_int_equal(mlx5_init_srq_ring(&f->srq, 4, 6), 0);
}

static void fini_srq(struct srq_fixture *f)
{
	free(f->srq.wr_id);
	mlx5_free_buf(&f->srq.buf);
}

static int post_shared(struct srq_fixture *f, uint64_t wr_id, int num_sge)
{
	struct ibv_sge sges[4] = { one_sge, one_sge, one_sge, one_sge };
	struct ibv_recv_wr wr = { .wr_id = wr_id,
				  .sg_list = sges,
				  .num_sge = num_sge };
	struct ibv_recv_wr *bad = NULL;
	int ret = mlx5_post_srq_recv(&f->srq.srq, &wr, &bad);

	assert_ptr_equal(bad, ret ? &wr : NULL);
	assert_false(f->srq.lock.held);
	return ret;
}

static const uint8_t *shared_wqe(const struct srq_fixture *f, int i)
{
	return (uint8_t *)f->srq.buf.addr + i * BLOCK;
}

static void test_new_srq_is_one_list(void **state)
{
	struct srq_fixture f;
	int i;

	init_srq(&f);
	for (i = 0; i < 4; i++) {
		assert_int_equal(shared_wqe(&f, i)[2], 0);
		assert_int_equal(shared_wqe(&f, i)[3], (i + 1) % 4);
	}
	fini_srq(&f);
}

static void test_srq_wqe_bytes(void **state)
{
	static const uint8_t first[] = { FILL, FILL, 0, 1 };
	static const uint8_t one[] = { ONE_SGE_BYTES, RECV_END };
	static const uint8_t three[] = { ONE_SGE_BYTES, ONE_SGE_BYTES,
					 ONE_SGE_BYTES };
	static const uint8_t db[] = { 0, 0, 0, 2, 0, 0, 0, 0 };
	struct srq_fixture f;

	init_srq(&f);
	assert_int_equal(post_shared(&f, 11, 1), 0);
	assert_int_equal(post_shared(&f, 22, 3), 0);
	assert_memory_equal(shared_wqe(&f, 0), first, sizeof(first));
	assert_memory_equal(shared_wqe(&f, 0) + SEG, one, sizeof(one));
	assert_memory_equal(shared_wqe(&f, 1) + SEG, three, sizeof(three));
	assert_memory_equal(f.dbrec, db, sizeof(db));
	assert_int_equal(f.srq.wr_id[0], 11);
	assert_int_equal(f.srq.wr_id[1], 22);
	fini_srq(&f);
}

static void test_srq_refusals(void **state)
{
	struct srq_fixture f;
	int i;

	init_srq(&f);
	assert_int_equal(post_shared(&f, 1, 4), EINVAL);
	assert_int_equal(post_shared(&f, 1, -1), EINVAL);
	assert_int_equal(f.dbrec[0], 0);
	for (i = 0; i < 3; i++)
		assert_int_equal(post_shared(&f, i, 1), 0);
	assert_int_equal(post_shared(&f, 3, 1), ENOMEM);
	assert_int_equal(be32toh(f.dbrec[0]), 3);
	fini_srq(&f);
}

/* They come back in the order of completion, and are posted in that order. */
static void test_freed_wqes_are_appended(void **state)
{
	static const int order[] = { 2, 0, 1 };
	struct srq_fixture f;
	int i;

	init_srq(&f);
	for (i = 0; i < 3; i++)
		assert_int_equal(post_shared(&f, i, 1), 0);
	for (i = 0; i < 3; i++)
		mlx5_free_srq_wqe(&f.srq, order[i]);
	assert_int_equal(shared_wqe(&f, 3)[3], 2);
	assert_int_equal(shared_wqe(&f, 2)[3], 0);
	assert_int_equal(shared_wqe(&f, 0)[3], 1);
	for (i = 0; i < 3; i++)
		assert_int_equal(post_shared(&f, 100 + i, 1), 0);
	assert_int_equal(post_shared(&f, 103, 1), ENOMEM);
	assert_int_equal(f.srq.wr_id[3], 100);
	assert_int_equal(f.srq.wr_id[2], 101);
	assert_int_equal(f.srq.wr_id[0], 102);
	assert_int_equal(be32toh(f.dbrec[0]), 6);
	fini_srq(&f);
}

static void test_single_threaded_srq_takes_no_lock(void **state)
{
	struct ibv_recv_wr wr = { 0 };
	struct ibv_recv_wr *bad = NULL;
	struct srq_fixture f;

	init_srq(&f);
	f.srq.single_threaded = true;
	f.srq.lock.held = true;
	assert_int_equal(mlx5_post_srq_recv(&f.srq.srq, &wr, &bad), 0);
	mlx5_free_srq_wqe(&f.srq, 0);
	assert_true(f.srq.lock.held);
	fini_srq(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recv_one_sge_ends_the_list),
		cmocka_unit_test(test_recv_full_stride_has_no_end),
		cmocka_unit_test(test_recv_without_data),
		cmocka_unit_test(test_recv_empty_sges_are_left_out),
		cmocka_unit_test(test_recv_refusals),
		cmocka_unit_test(test_full_receive_queue_is_enomem),
		cmocka_unit_test(test_srq_sizes),
		cmocka_unit_test(test_new_srq_is_one_list),
		cmocka_unit_test(test_srq_wqe_bytes),
		cmocka_unit_test(test_srq_refusals),
		cmocka_unit_test(test_freed_wqes_are_appended),
		cmocka_unit_test(test_single_threaded_srq_takes_no_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
