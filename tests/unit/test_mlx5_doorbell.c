/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* What goes to the doorbell registers: eight bytes, or a WQE whole. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "mlx5_queues.h"

#define HALF 256

struct page {
	struct fixture f;
	_Alignas(64) uint8_t reg[2 * HALF];
};

static void init_page(struct page *p, const struct ibv_qp_init_attr_ex *attr)
{
	init_fixture(&p->f, attr);
	memset(p->reg, FILL, sizeof(p->reg));
	p->f.bfreg = (struct mlx5_bfreg){ .reg = p->reg, .buf_size = HALF };
}

static void post(struct page *p, struct ibv_send_wr *wr)
{
	struct ibv_send_wr *bad = NULL;

	assert_int_equal(mlx5_post_send(&p->f.qp.qp, wr, &bad), 0);
}

static void check_untouched(const uint8_t *from, size_t len)
{
	while (len--)
		assert_int_equal(*from++, FILL);
}

/* Then the other half; the record is written as ever. */
static void test_single_wqe_goes_whole(void **state)
{
	struct ibv_send_wr wr = rdma_wr(IBV_WR_RDMA_WRITE, 0);
	struct page p;

	init_page(&p, &usual_attr);
	post(&p, &wr);
	assert_memory_equal(p.reg, p.f.qp.sq.buf, BLOCK);
	check_untouched(p.reg + BLOCK, sizeof(p.reg) - BLOCK);
	assert_int_equal(be32toh(p.f.dbrec[1]), 1);
	memset(p.reg, FILL, sizeof(p.reg));
	post(&p, &wr);
	check_untouched(p.reg, HALF);
	assert_memory_equal(p.reg + HALF, p.f.qp.sq.buf + BLOCK, BLOCK);
	memset(p.reg, FILL, sizeof(p.reg));
	assert_int_equal(post_by_calls(&p.f, &wr), 0);
	assert_memory_equal(p.reg, p.f.qp.sq.buf + 2 * BLOCK, BLOCK);
	fini_fixture(&p.f);
}

static void test_wqe_over_the_end_of_the_ring(void **state)
{
	struct ibv_sge sges[6] = { one_sge, one_sge, one_sge,
				   one_sge, one_sge, one_sge };
	struct ibv_send_wr wr = rdma_wr(IBV_WR_RDMA_WRITE, 0);
	struct page p;

	init_page(&p, &usual_attr);
	wr.sg_list = sges;
	wr.num_sge = 6;
	p.f.qp.sq.cur_block = p.f.qp.sq.tail = 15;
	post(&p, &wr);
	assert_memory_equal(p.reg, p.f.qp.sq.buf + 7 * BLOCK, BLOCK);
	assert_memory_equal(p.reg + BLOCK, p.f.qp.sq.buf, BLOCK);
	check_untouched(p.reg + 2 * BLOCK, sizeof(p.reg) - 2 * BLOCK);
	fini_fixture(&p.f);
}

/* The last one's first eight bytes, to the half that is next. */
static void test_list_is_a_doorbell(void **state)
{
	struct ibv_send_wr wr[2] = { rdma_wr(IBV_WR_RDMA_WRITE, 0),
				     rdma_wr(IBV_WR_SEND, 0) };
	struct page p;

	init_page(&p, &usual_attr);
	link_wrs(wr, 2);
	post(&p, wr);
	assert_memory_equal(p.reg, p.f.qp.sq.buf + BLOCK, 8);
	check_untouched(p.reg + 8, sizeof(p.reg) - 8);
	post(&p, &wr[1]);
	assert_memory_equal(p.reg + HALF, p.f.qp.sq.buf + 2 * BLOCK, BLOCK);
	fini_fixture(&p.f);
}

static void check_inline(uint32_t len, size_t written)
{
	struct ibv_qp_init_attr_ex attr = usual_attr;
	struct ibv_send_wr wr = rdma_wr(IBV_WR_RDMA_WRITE, IBV_SEND_INLINE);
	static const char data[HALF] = { 1, 2, 3 };
	struct ibv_sge sge = { .addr = (uintptr_t)data, .length = len };
	struct page p;

	attr.cap.max_inline_data = HALF;
	init_page(&p, &attr);
	wr.sg_list = &sge;
	post(&p, &wr);
	assert_memory_equal(p.reg, p.f.qp.sq.buf, written);
	check_untouched(p.reg + written, sizeof(p.reg) - written);
	fini_fixture(&p.f);
}

/* Four blocks fill a half; one byte more is too much. */
static void test_wqe_larger_than_a_half_is_a_doorbell(void **state)
{
	check_inline(HALF - 36, HALF);
	check_inline(HALF - 35, 8);
}

static void test_register_without_blueflame(void **state)
{
	struct ibv_send_wr wr = rdma_wr(IBV_WR_RDMA_WRITE, 0);
	struct page p;

	init_page(&p, &usual_attr);
	p.f.bfreg.buf_size = 0;
	post(&p, &wr);
	post(&p, &wr);
	assert_memory_equal(p.reg, p.f.qp.sq.buf + BLOCK, 8);
	check_untouched(p.reg + 8, sizeof(p.reg) - 8);
	fini_fixture(&p.f);
}

static void test_only_a_shared_register_is_locked(void **state)
{
	struct ibv_send_wr wr = rdma_wr(IBV_WR_RDMA_WRITE, 0);
	struct page p;

	init_page(&p, &usual_attr);
	p.f.bfreg.lock.held = true; /* whoever wanted it would wait for ever */
	post(&p, &wr);
	p.f.bfreg.lock.held = false;
	p.f.bfreg.shared = true;
	post(&p, &wr);
	assert_memory_equal(p.reg + HALF, p.f.qp.sq.buf + BLOCK, BLOCK);
	assert_false(p.f.bfreg.lock.held);
	fini_fixture(&p.f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_single_wqe_goes_whole),
		cmocka_unit_test(test_wqe_over_the_end_of_the_ring),
		cmocka_unit_test(test_list_is_a_doorbell),
		cmocka_unit_test(test_wqe_larger_than_a_half_is_a_doorbell),
		cmocka_unit_test(test_register_without_blueflame),
		cmocka_unit_test(test_only_a_shared_register_is_locked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
