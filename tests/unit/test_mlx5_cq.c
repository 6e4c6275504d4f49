/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Completion queues of mlx5: what is refused, arming, cleaning. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mlx5_completions.h"

/* Refused before anything is asked of a kernel or allocated. */
static void check_refused(struct ibv_cq_init_attr_ex attr, int err)
{
	struct mlx5_context *ctx = calloc(1, sizeof(*ctx));

	assert_non_null(ctx);
	attr.cqe = 1;
	errno = 0;
	assert_null(mlx5_create_cq_ex(&ctx->vctx.context, &attr));
	assert_int_equal(errno, err);
	free(ctx);
}

static void check_not_supported(struct ibv_cq_init_attr_ex attr)
{
	check_refused(attr, EOPNOTSUPP);
}

static void test_plain_pd_is_no_parent_domain(void **state)
{
	struct verbs_pd plain = { 0 };

	check_refused(
		(struct ibv_cq_init_attr_ex){ .comp_mask =
						      IBV_CQ_INIT_ATTR_MASK_PD,
					      .parent_domain = &plain.pd },
		EINVAL);
}

static void test_unsupported_attributes(void **state)
{
	const uint64_t supported =
		IBV_WC_STANDARD_FLAGS | IBV_WC_EX_WITH_COMPLETION_TIMESTAMP |
		IBV_WC_EX_WITH_CVLAN | IBV_WC_EX_WITH_FLOW_TAG;
	uint64_t bit;

	for (bit = 1; bit; bit <<= 1)
		if (!(bit & supported))
			check_not_supported((struct ibv_cq_init_attr_ex){
				.wc_flags = bit });
	check_not_supported((struct ibv_cq_init_attr_ex){ .comp_mask = 4 });
	check_not_supported((struct ibv_cq_init_attr_ex){
		.comp_mask = IBV_CQ_INIT_ATTR_MASK_FLAGS, .flags = 4 });
}

/* ---- Arming ------------------------------------------------------------------------------------------- */

static void check_arm(struct fixture *f, int solicited, uint32_t word)
{
	uint8_t reg[8] = { 0 };

	assert_int_equal(mlx5_req_notify_cq(&f->cq.cq, solicited), 0);
	put_be(reg, word, 4);
	reg[6] = 0xab;
	reg[7] = 0xcd;
	assert_memory_equal(&f->dbrec[1], reg, 4);
	assert_memory_equal(&f->arm_reg, reg, 8);
}

static void arm_tells_count_and_event_number(struct fixture *f)
{
	check_arm(f, 0, 0x00000000);
	check_arm(f, 1, 0x01000000);
	f->cq.ci = 0x12345678;
	check_arm(f, 0, 0x00345678);
	mlx5_cq_event(&f->cq.cq);
	check_arm(f, 0, 0x10345678);
	check_arm(f, 1, 0x11345678);
	mlx5_cq_event(&f->cq.cq);
	mlx5_cq_event(&f->cq.cq);
	check_arm(f, 0, 0x30345678);
	mlx5_cq_event(&f->cq.cq);
	check_arm(f, 0, 0x00345678);
}

static void test_arm_tells_count_and_event_number(void **state)
{
	for_each_format(arm_tells_count_and_event_number);
}

/* ---- Cleaning -------------------------------------------------------------------------------------------- */

static void clean(struct side *s)
{
	mlx5_lock_cqs(&s->qp);
	mlx5_clean_cqs_locked(&s->qp);
	mlx5_unlock_cqs(&s->qp);
}

/* bit i of pattern: entry i is of QP a, which goes; the others stay. */
static void clean_pattern(struct fixture *f, unsigned int pattern, int n)
{
	struct ibv_wc wc[NUM_CQE];
	int kept = 0;
	int i;

	restart(&f->a);
	restart(&f->b);
	for (i = 0; i < n; i++) {
		struct side *s = pattern & 1u << i ? &f->a : &f->b;
		uint8_t *cqe;

		post_send(s, i, IBV_WR_SEND);
		cqe = put_send(f, s, s->qp.sq.cur_block - 1);
		memset(cqe + CQE_LEN - f->format->cqe_size, i,
		       f->format->cqe_size - CQE_LEN);
	}
	clean(&f->a);
	check_ci(f, f->pi - (n - __builtin_popcount(pattern)));
	for (i = 0; i < n; i++) {
		if (pattern & 1u << i)
			continue;
		if (f->format->cqe_size > CQE_LEN)
			assert_int_equal(*(slot(f, f->cq.ci) - CQE_LEN), i);
		poll_one(f, wc);
		assert_int_equal(wc->wr_id, i);
		assert_int_equal(wc->qp_num, QPN_B);
		kept++;
	}
	assert_int_equal(kept, n - __builtin_popcount(pattern));
	assert_int_equal(poll_cq(f, NUM_CQE, wc), 0);
	assert_int_equal(f->cq.ci, f->pi);
}

/* Every mixture, at places that move on through the ring and its rounds. */
static void clean_all_patterns(struct fixture *f)
{
	unsigned int pattern;
	int n;

	for (n = 1; n <= NUM_CQE; n++) {
		for (pattern = 1; pattern < 1u << n; pattern++) {
			f->dbrec[0] = htobe32(f->cq.ci & 0xffffff);
			clean_pattern(f, pattern, n);
		}
	}
}

static void test_clean_all_patterns(void **state)
{
	for_each_format(clean_all_patterns);
}

static void clean_of_nothing_leaves_the_record(struct fixture *f)
{
	f->dbrec[0] = 0x5a5a5a5a;
	clean(&f->a);
	assert_int_equal(f->dbrec[0], 0x5a5a5a5a);
	post_send(&f->b, 1, IBV_WR_SEND);
	put_send(f, &f->b, 0);
	clean(&f->a);
	assert_int_equal(f->dbrec[0], 0x5a5a5a5a);
}

static void test_clean_of_nothing_leaves_the_record(void **state)
{
	for_each_format(clean_of_nothing_leaves_the_record);
}

/* Sends complete in one queue, receives in another, whichever is first. */
static void clean_two_queues(struct fixture *f)
{
	struct fixture *g = new_fixture(f->format);
	struct ibv_wc wc;
	int round;

	for (round = 0; round < 2; round++) {
		f->a.qp.qp.send_cq = round ? &f->cq.cq : &g->cq.cq;
		f->a.qp.qp.recv_cq = round ? &g->cq.cq : &f->cq.cq;
		post_send(&f->a, 1, IBV_WR_SEND);
		post_recv(&f->a, 2);
		put_send(round ? f : g, &f->a, 0);
		put_cqe(round ? g : f, &f->a, 0x2);
		slot(g, g->pi - 1)[35] = UIDX_A; /* f's, as the device says */
		slot(g, g->pi - 1)[33] = slot(g, g->pi - 1)[34] = 0;
		clean(&f->a);
		assert_int_equal(poll_cq(f, 1, &wc), 0);
		assert_int_equal(poll_cq(g, 1, &wc), 0);
		assert_int_equal(f->cq.ci, round + 1);
		assert_int_equal(g->cq.ci, round + 1);
		assert_false(f->cq.lock.held || g->cq.lock.held);
		restart(&f->a);
	}
	free_fixture(g);
}

static void test_clean_two_queues(void **state)
{
	for_each_format(clean_two_queues);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_pd_is_no_parent_domain),
		cmocka_unit_test(test_unsupported_attributes),
		cmocka_unit_test(test_arm_tells_count_and_event_number),
		cmocka_unit_test(test_clean_all_patterns),
		cmocka_unit_test(test_clean_of_nothing_leaves_the_record),
		cmocka_unit_test(test_clean_two_queues),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
