/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * What the mlx5 provider's queues are made of: sizes of rings, doorbell
 * records, and the table that leads from a completion to its queue.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mlx5_queues.h"

/* ---- Sizes ------------------------------------------------------------------- */

struct size_case {
	enum ibv_qp_type type;
	struct ibv_qp_cap
		cap; /* send_wr, recv_wr, send_sge, recv_sge, inline */
	struct mlx5_qp_sizes sizes;
	size_t len;
	uint64_t ops; /* 0: any */
};

/* What is granted for sends is what the stock provider grants. */
static const struct size_case size_cases[] = {
	/* Neither queue, and each alone. */
	{ IBV_QPT_RC, { 0, 0, 1, 1, 0 }, { 0 }, 0, 0 },
	{ IBV_QPT_RC, { 1, 0, 1, 0, 0 }, { 4, 4, 1, 60, 0, 0 }, 256, 0 },
	{ IBV_QPT_RC, { 0, 1, 0, 1, 0 }, { 0, 0, 0, 0, 4, 4 }, 64, 0 },
	/* No SGE of a receive still has room for one. */
	{ IBV_QPT_RC, { 1, 0, 0, 0, 0 }, { 4, 3, 0, 0, 0, 0 }, 256, 0 },
	{ IBV_QPT_RC, { 0, 1, 0, 0, 0 }, { 0, 0, 0, 0, 4, 4 }, 64, 0 },
	/* Counts round up, strides too. */
	{ IBV_QPT_RC, { 9, 100, 2, 3, 0 }, { 64, 4, 2, 60, 128, 6 }, 12288, 0 },
	{ IBV_QPT_RC, { 16, 64, 4, 4, 60 }, { 64, 4, 4, 60, 64, 6 }, 8192, 0 },
	/* One more SGE or byte of inline data takes another block. */
	{ IBV_QPT_RC, { 5, 1, 5, 1, 0 }, { 32, 5, 5, 124, 4, 4 }, 2112, 0 },
	{ IBV_QPT_RC, { 5, 1, 1, 1, 61 }, { 32, 5, 1, 124, 4, 4 }, 2112, 0 },
	{ IBV_QPT_RC, { 5, 1, 1, 1, 124 }, { 32, 5, 1, 124, 4, 4 }, 2112, 0 },
	{ IBV_QPT_RC, { 5, 1, 1, 1, 125 }, { 32, 6, 1, 188, 4, 4 }, 2112, 0 },
	/* The largest that the device takes. */
	{ IBV_QPT_RC, { 1, 1, 48, 32, 0 }, { 16, 15, 48, 764, 1, 9 }, 1536, 0 },
	{ IBV_QPT_RC,
	  { 8192, 1, 1, 1, 0 },
	  { 32768, 4, 1, 60, 4, 4 },
	  32768 * 64 + 64,
	  0 },
	/* Others have other things before the data. */
	{ IBV_QPT_UC, { 16, 64, 4, 4, 60 }, { 64, 4, 4, 60, 64, 6 }, 8192, 0 },
	{ IBV_QPT_UD, { 8, 8, 1, 1, 0 }, { 16, 2, 1, 60, 8, 4 }, 1152, 0 },
	{ IBV_QPT_UD, { 8, 0, 4, 1, 60 }, { 16, 2, 4, 60, 0, 0 }, 1024, 0 },
	{ IBV_QPT_UD, { 8, 0, 5, 1, 0 }, { 32, 3, 5, 124, 0, 0 }, 2048, 0 },
	{ IBV_QPT_XRC_SEND,
	  { 4, 8, 1, 1, 0 },
	  { 16, 4, 1, 44, 0, 0 },
	  1024,
	  0 },
	{ IBV_QPT_XRC_SEND,
	  { 4, 0, 4, 1, 0 },
	  { 32, 5, 4, 108, 0, 0 },
	  2048,
	  0 },
	{ IBV_QPT_XRC_RECV, { 8, 8, 1, 1, 0 }, { 0 }, 0, 0 },
	/* Whoever says what will be posted needs less. */
	{ IBV_QPT_RC,
	  { 8, 0, 3, 0, 0 },
	  { 8, 1, 3, 44, 0, 0 },
	  512,
	  IBV_QP_EX_WITH_SEND },
	{ IBV_QPT_RC,
	  { 8, 0, 2, 0, 0 },
	  { 8, 1, 2, 28, 0, 0 },
	  512,
	  IBV_QP_EX_WITH_SEND | IBV_QP_EX_WITH_RDMA_WRITE },
	{ IBV_QPT_UC,
	  { 8, 0, 2, 0, 29 },
	  { 16, 2, 2, 92, 0, 0 },
	  1024,
	  IBV_QP_EX_WITH_RDMA_WRITE_WITH_IMM },
	{ IBV_QPT_RC,
	  { 8, 0, 1, 0, 0 },
	  { 8, 1, 1, 12, 0, 0 },
	  512,
	  IBV_QP_EX_WITH_ATOMIC_CMP_AND_SWP },
	{ IBV_QPT_RC,
	  { 8, 0, 1, 0, 0 },
	  { 32, 4, 1, 60, 0, 0 },
	  2048,
	  IBV_QP_EX_WITH_BIND_MW },
	{ IBV_QPT_UD,
	  { 8, 8, 1, 1, 0 },
	  { 16, 2, 1, 60, 8, 4 },
	  1152,
	  IBV_QP_EX_WITH_SEND },
	{ IBV_QPT_XRC_SEND,
	  { 8, 0, 1, 0, 0 },
	  { 8, 1, 1, 12, 0, 0 },
	  512,
	  IBV_QP_EX_WITH_RDMA_READ },
};

static void test_sizes(void **state)
{
	struct ibv_qp_init_attr_ex attr = { 0 };
	struct mlx5_qp_sizes sizes;
	size_t i;

	for (i = 0; i < sizeof(size_cases) / sizeof(size_cases[0]); i++) {
		const struct size_case *c = &size_cases[i];

		attr.qp_type = c->type;
		attr.cap = c->cap;
		attr.comp_mask = c->ops ? IBV_QP_INIT_ATTR_SEND_OPS_FLAGS : 0;
		attr.send_ops_flags = c->ops;
		assert_int_equal(mlx5_size_qp(&usual_limits, &attr, &sizes), 0);
		assert_memory_equal(&sizes, &c->sizes, sizeof(sizes));
		assert_int_equal(mlx5_qp_buf_len(&sizes), c->len);
	}
}

static void test_srq_takes_the_place_of_the_receive_queue(void **state)
{
	struct ibv_qp_init_attr_ex attr = usual_attr;
	struct mlx5_qp_sizes sizes;
	struct ibv_srq srq;

	attr.srq = &srq;
	assert_int_equal(mlx5_size_qp(&usual_limits, &attr, &sizes), 0);
	assert_int_equal(sizes.rq_wqes, 0);
	assert_int_equal(sizes.sq_blocks, 8);
}

static void test_too_large_is_einval(void **state)
{
	static const struct ibv_qp_cap caps[] = {
		{ 8193, 1, 1, 1, 0 },	    { 6554, 1, 5, 1, 0 },
		{ 1, 1, 49, 1, 0 },	    { 1, 1, 1, 1, 765 },
		{ 1, 1, 1, 33, 0 },	    { 1, 32769, 1, 1, 0 },
		{ UINT32_MAX, 1, 1, 1, 0 }, { 1, UINT32_MAX, 1, 1, 0 },
		{ 1, 1, UINT32_MAX, 1, 0 }, { 1, 1, 1, UINT32_MAX, 0 },
		{ 1, 1, 1, 1, UINT32_MAX },
	};
	struct ibv_qp_init_attr_ex attr = { .qp_type = IBV_QPT_RC };
	struct mlx5_qp_sizes sizes;
	size_t i;

	for (i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
		attr.cap = caps[i];
		assert_int_equal(mlx5_size_qp(&usual_limits, &attr, &sizes),
				 EINVAL);
	}
}

/* What a QP without one of its queues says to a post. */
static void test_post_without_queue_is_enomem(void **state)
{
	static const struct ibv_qp_init_attr_ex none = {
		.qp_type = IBV_QPT_RC,
	};
	struct ibv_send_wr send_wr = { .opcode = IBV_WR_SEND };
	struct ibv_recv_wr recv_wr = { 0 };
	struct ibv_send_wr *bad_send = NULL;
	struct ibv_recv_wr *bad_recv = NULL;
	struct mlx5_qp_sizes sizes;
	struct mlx5_qp qp = { 0 };
	__be32 dbrec[2] = { 0 };

	qp.dbrec = dbrec;
	assert_int_equal(mlx5_size_qp(&usual_limits, &none, &sizes), 0);
	assert_int_equal(mlx5_init_rings(&qp, &sizes, &none), 0);
	mlx5_set_post_ops(&qp, IBV_QPT_RC, false);
	mlx5_rings_enter(&qp, IBV_QPS_RTS);
	assert_int_equal(mlx5_post_send(&qp.qp, &send_wr, &bad_send), ENOMEM);
	assert_ptr_equal(bad_send, &send_wr);
	assert_int_equal(mlx5_post_recv(&qp.qp, &recv_wr, &bad_recv), ENOMEM);
	assert_ptr_equal(bad_recv, &recv_wr);
	mlx5_fini_rings(&qp);
}

/* ---- Doorbell records -------------------------------------------------------- */

#define NUM_RECS 200 /* more than three pages */

static int by_address(const void *a, const void *b)
{
	uintptr_t x = (uintptr_t) * (__be32 *const *)a;
	uintptr_t y = (uintptr_t) * (__be32 *const *)b;

	return x < y ? -1 : x > y;
}

static void check_records(uint32_t cache_line, size_t distance)
{
	__be32 *rec[NUM_RECS];
	struct mlx5_dbrecs recs;
	int i;

	mlx5_dbrecs_init(&recs, cache_line);
	for (i = 0; i < NUM_RECS; i++) {
		rec[i] = mlx5_alloc_dbrec(&recs);
		assert_non_null(rec[i]);
		assert_int_equal((uintptr_t)rec[i] % distance, 0);
		assert_int_equal(rec[i][0] | rec[i][1], 0);
		rec[i][0] = rec[i][1] = 0xffffffff;
	}
	qsort(rec, NUM_RECS, sizeof(rec[0]), by_address);
	for (i = 1; i < NUM_RECS; i++)
		assert_true((char *)rec[i] - (char *)rec[i - 1] >=
			    (ptrdiff_t)distance);
	for (i = 0; i < NUM_RECS; i++)
		mlx5_free_dbrec(&recs, rec[i]);
	assert_null(recs.pages);
	mlx5_dbrecs_fini(&recs);
}

static void test_records_have_a_cache_line_each(void **state)
{
	check_records(0, 64);
	check_records(64, 64);
	check_records(128, 128);
}

static void test_freed_record_is_used_again_zeroed(void **state)
{
	struct mlx5_dbrecs recs;
	__be32 *first;
	__be32 *second;

	mlx5_dbrecs_init(&recs, 64);
	first = mlx5_alloc_dbrec(&recs);
	second = mlx5_alloc_dbrec(&recs);
	assert_non_null(first);
	assert_non_null(second);
	first[0] = first[1] = 1;
	mlx5_free_dbrec(&recs, first);
	assert_ptr_equal(mlx5_alloc_dbrec(&recs), first);
	assert_int_equal(first[0] | first[1], 0);
	mlx5_dbrecs_fini(&recs);
}

/* ---- Table ---------------------------------------------------------------------- */

#define NUM_ENTRIES (MLX5_TABLE_CHUNK + 10)

static struct mlx5_table *new_table(void)
{
	struct mlx5_table *table = calloc(1, sizeof(*table));

	assert_non_null(table);
	mlx5_table_init(table);
	return table;
}

static void free_table(struct mlx5_table *table)
{
	mlx5_table_fini(table);
	free(table);
}

static void test_table_gives_lowest_free_number(void **state)
{
	static char entry[NUM_ENTRIES];
	struct mlx5_table *table = new_table();
	uint32_t num;
	uint32_t i;

	for (i = 0; i < NUM_ENTRIES; i++) {
		assert_int_equal(mlx5_table_add(table, &entry[i], &num), 0);
		assert_int_equal(num, i);
	}
	for (i = 0; i < NUM_ENTRIES; i++)
		assert_ptr_equal(mlx5_table_get(table, i), &entry[i]);
	mlx5_table_del(table, 77, &entry[77]);
	mlx5_table_del(table, 4095, &entry[4095]);
	assert_null(mlx5_table_get(table, 77));
	assert_int_equal(mlx5_table_add(table, entry, &num), 0);
	assert_int_equal(num, 77);
	assert_int_equal(mlx5_table_add(table, entry, &num), 0);
	assert_int_equal(num, 4095);
	assert_int_equal(mlx5_table_add(table, entry, &num), 0);
	assert_int_equal(num, NUM_ENTRIES);
	free_table(table);
}

/* The kernel may have given the number to a new QP before the old one goes. */
static void test_table_removes_only_its_own(void **state)
{
	struct mlx5_table *table = new_table();
	char old_qp;
	char new_qp;

	assert_int_equal(mlx5_table_set(table, 0xfffffe, &old_qp), 0);
	assert_int_equal(mlx5_table_set(table, 0xfffffe, &new_qp), 0);
	mlx5_table_del(table, 0xfffffe, &old_qp);
	assert_ptr_equal(mlx5_table_get(table, 0xfffffe), &new_qp);
	mlx5_table_del(table, 0xfffffe, &new_qp);
	assert_null(mlx5_table_get(table, 0xfffffe));
	mlx5_table_del(table, 0x123456, &new_qp); /* no such chunk */
	assert_null(mlx5_table_get(table, 0x123456));
	free_table(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_srq_takes_the_place_of_the_receive_queue),
		cmocka_unit_test(test_too_large_is_einval),
		cmocka_unit_test(test_post_without_queue_is_enomem),
		cmocka_unit_test(test_records_have_a_cache_line_each),
		cmocka_unit_test(test_freed_record_is_used_again_zeroed),
		cmocka_unit_test(test_table_gives_lowest_free_number),
		cmocka_unit_test(test_table_removes_only_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
