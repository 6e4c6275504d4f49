/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Completions of receives that came from a shared receive queue: of the QPs on
 * it, and of XRC, where the entry names the queue itself.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mlx5_completions.h"

#define SRQN 0x00beef
#define UIDX_SRQ 0x000777
#define NUM_WQE 4

struct shared {
	struct mlx5_srq srq;
	__be32 dbrec[2];
};

static void init_shared(struct fixture *f, struct shared *s)
{
	memset(s, 0, sizeof(*s));
	assert_int_equal(mlx5_alloc_buf(&s->srq.buf, NUM_WQE * 32), 0);
	s->srq.dbrec = s->dbrec;
	s->srq.srqn = SRQN;
	assert_int_equal(mlx5_init_srq_ring(&s->srq, NUM_WQE, 5), 0);
	f->a.qp.srq = f->b.qp.srq = &s->srq;
}

static void fini_shared(struct shared *s)
{
	free(s->srq.wr_id);
	mlx5_free_buf(&s->srq.buf);
}

static int post_shared(struct shared *s, uint64_t wr_id)
{
	struct ibv_recv_wr wr = { .wr_id = wr_id };
	struct ibv_recv_wr *bad;

	return mlx5_post_srq_recv(&s->srq.srq, &wr, &bad);
}

static void fill(struct shared *s)
{
	int i;

	for (i = 0; i < NUM_WQE - 1; i++)
		assert_int_equal(post_shared(s, 100 + i), 0);
	assert_int_equal(post_shared(s, 0), ENOMEM);
}

static uint8_t *put_recv(struct fixture *f, struct side *side, uint16_t wqe)
{
	uint8_t *cqe = put_cqe(f, side, 0x2);

	put_be(cqe + 60, wqe, 2);
	return cqe;
}

/* In any order, on any of the QPs; each gives its WQE back. */
static void two_qps_share(struct fixture *f)
{
	struct shared s;
	struct ibv_wc wc;

	init_shared(f, &s);
	fill(&s);
	put_recv(f, &f->b, 1);
	put_recv(f, &f->a, 0);
	poll_one(f, &wc);
	assert_int_equal(wc.wr_id, 101);
	assert_int_equal(wc.opcode, IBV_WC_RECV);
	assert_int_equal(wc.qp_num, QPN_B);
	poll_one(f, &wc);
	assert_int_equal(wc.wr_id, 100);
	assert_int_equal(wc.qp_num, QPN_A);
	assert_int_equal(post_shared(&s, 200), 0);
	assert_int_equal(post_shared(&s, 201), 0);
	assert_int_equal(post_shared(&s, 202), ENOMEM);
	put_recv(f, &f->a, 3);
	poll_one(f, &wc);
	assert_int_equal(wc.wr_id, 200);
	assert_int_equal(f->a.qp.rq.tail | f->b.qp.rq.tail, 0);
	assert_false(s.srq.lock.held);
	fini_shared(&s);
}

static void test_two_qps_share(void **state)
{
	for_each_format(two_qps_share);
}

static void sends_are_not_of_the_srq(struct fixture *f)
{
	struct shared s;
	struct ibv_wc wc;

	init_shared(f, &s);
	fill(&s);
	post_send(&f->a, 1, IBV_WR_SEND);
	put_send(f, &f->a, 0);
	poll_one(f, &wc);
	assert_int_equal(wc.wr_id, 1);
	assert_int_equal(wc.opcode, IBV_WC_SEND);
	assert_int_equal(post_shared(&s, 0), ENOMEM);
	fini_shared(&s);
}

static void test_sends_are_not_of_the_srq(void **state)
{
	for_each_format(sends_are_not_of_the_srq);
}

static void errors_give_the_wqe_back(struct fixture *f)
{
	struct shared s;
	struct ibv_wc wc;
	uint8_t *cqe;

	init_shared(f, &s);
	fill(&s);
	cqe = put_cqe(f, &f->a, 0xe);
	cqe[55] = 0x05;
	put_be(cqe + 60, 2, 2);
	poll_one(f, &wc);
	assert_int_equal(wc.wr_id, 102);
	assert_int_equal(wc.status, IBV_WC_WR_FLUSH_ERR);
	assert_int_equal(post_shared(&s, 0), 0);
	fini_shared(&s);
}

static void test_errors_give_the_wqe_back(void **state)
{
	for_each_format(errors_give_the_wqe_back);
}

/* A wrong number must not lead out of the ring. */
static void numbers_stay_in_the_ring(struct fixture *f)
{
	struct shared s;
	struct ibv_wc wc;

	init_shared(f, &s);
	fill(&s);
	put_recv(f, &f->a, 0xfffd);
	poll_one(f, &wc);
	assert_int_equal(wc.wr_id, 101);
	fini_shared(&s);
}

static void test_numbers_stay_in_the_ring(void **state)
{
	for_each_format(numbers_stay_in_the_ring);
}

/* Who resets or destroys a QP gives back what it had received. */
static void clean_gives_wqes_back(struct fixture *f)
{
	struct shared s;
	struct ibv_wc wc;

	init_shared(f, &s);
	fill(&s);
	post_send(&f->a, 1, IBV_WR_SEND);
	put_send(f, &f->a, 0);
	put_recv(f, &f->a, 0);
	put_recv(f, &f->b, 1);
	mlx5_lock_cqs(&f->a.qp);
	mlx5_clean_cqs_locked(&f->a.qp);
	mlx5_unlock_cqs(&f->a.qp);
	assert_int_equal(post_shared(&s, 300), 0);
	assert_int_equal(post_shared(&s, 301), ENOMEM);
	poll_one(f, &wc);
	assert_int_equal(wc.wr_id, 101);
	assert_int_equal(post_shared(&s, 301), 0);
	fini_shared(&s);
}

static void test_clean_gives_wqes_back(void **state)
{
	for_each_format(clean_gives_wqes_back);
}

/* ---- XRC ------------------------------------------------------------------------ */

/* The QP that received is not ours; only the SRQ is. */
static uint8_t *put_xrc(struct fixture *f, uint8_t op, uint16_t wqe)
{
	uint8_t *cqe = put_cqe(f, &f->a, op);

	put_be(cqe + 57, 0x00f00d, 3);
	put_be(cqe + 33, f->format->version ? UIDX_SRQ : SRQN, 3);
	put_be(cqe + 60, wqe, 2);
	return cqe;
}

static void publish(struct fixture *f, struct shared *s)
{
	struct mlx5_rsc *rsc = &s->srq.rsc;

	f->a.qp.srq = f->b.qp.srq = NULL;
	rsc->type = MLX5_RSC_SRQ;
	rsc->key = f->format->version ? UIDX_SRQ : SRQN;
	assert_int_equal(
		mlx5_table_set(f->format->version ? &f->rscs : &f->srqs,
			       rsc->key, rsc),
		0);
}

static void xrc_entry_names_the_srq(struct fixture *f)
{
	struct shared s;
	struct ibv_wc wc[2];

	init_shared(f, &s);
	publish(f, &s);
	fill(&s);
	put_xrc(f, 0x2, 1);
	put_xrc(f, 0x2, 0);
	assert_int_equal(poll_cq(f, 2, wc), 2);
	assert_int_equal(wc[0].wr_id, 101);
	assert_int_equal(wc[1].wr_id, 100);
	assert_int_equal(wc[0].qp_num, 0x00f00d);
	assert_int_equal(post_shared(&s, 0), 0);
	put_xrc(f, 0xe, 2)[55] = 0x05;
	poll_one(f, wc);
	assert_int_equal(wc[0].wr_id, 102);
	assert_int_equal(wc[0].status, IBV_WC_WR_FLUSH_ERR);
	fini_shared(&s);
}

static void test_xrc_entry_names_the_srq(void **state)
{
	for_each_format(xrc_entry_names_the_srq);
}

static void send_of_an_srq_is_nonsense(struct fixture *f)
{
	struct shared s;
	struct ibv_wc wc;

	init_shared(f, &s);
	publish(f, &s);
	put_xrc(f, 0x0, 1);
	put_xrc(f, 0xd, 1);
	assert_int_equal(poll_cq(f, 1, &wc), -EINVAL);
	assert_int_equal(poll_cq(f, 1, &wc), -EINVAL);
	assert_int_equal(poll_cq(f, 1, &wc), 0);
	fini_shared(&s);
}

static void test_send_of_an_srq_is_nonsense(void **state)
{
	for_each_format(send_of_an_srq_is_nonsense);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_qps_share),
		cmocka_unit_test(test_sends_are_not_of_the_srq),
		cmocka_unit_test(test_errors_give_the_wqe_back),
		cmocka_unit_test(test_numbers_stay_in_the_ring),
		cmocka_unit_test(test_clean_gives_wqes_back),
		cmocka_unit_test(test_xrc_entry_names_the_srq),
		cmocka_unit_test(test_send_of_an_srq_is_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
