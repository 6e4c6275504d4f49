/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Posting to the mlx5 provider's send queues: lists and batches, what is
 * refused and what is left after that, full queues, states.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mlx5_queues.h"

static const char text[200];

static struct ibv_sge text_sge(size_t offset, uint32_t len)
{
	return (struct ibv_sge){ .addr = (uintptr_t)text + offset,
				 .length = len };
}

static struct ibv_send_wr atomic_wr(enum ibv_wr_opcode opcode)
{
	return (struct ibv_send_wr){
		.sg_list = &one_sge,
		.num_sge = 1,
		.opcode = opcode,
	};
}

/* ---- What a QP did not say that it would post -------------------------------- */

/* A block suffices for what it said, not for another request with as much. */
static const struct ibv_qp_init_attr_ex sends_alone = {
	.qp_type = IBV_QPT_RC,
	.comp_mask = IBV_QP_INIT_ATTR_SEND_OPS_FLAGS,
	.send_ops_flags = IBV_QP_EX_WITH_SEND,
	.cap = { .max_send_wr = 4, .max_send_sge = 3 },
};

static int post_three(struct fixture *f, enum ibv_wr_opcode opcode)
{
	struct ibv_sge sges[3] = { one_sge, one_sge, one_sge };
	struct ibv_send_wr wr = {
		.sg_list = sges,
		.num_sge = 3,
		.opcode = opcode,
	};
	struct ibv_send_wr *bad;

	return mlx5_post_send(&f->qp.qp, &wr, &bad);
}

static void test_larger_request_has_to_fit(void **state)
{
	struct fixture f;

	init_fixture(&f, &sends_alone);
	assert_int_equal(f.sizes.sq_blocks, 4);
	assert_int_equal(post_three(&f, IBV_WR_SEND), 0);
	assert_int_equal(post_three(&f, IBV_WR_RDMA_WRITE), 0);
	assert_int_equal(f.qp.sq.cur_block, 3);
	assert_int_equal(post_three(&f, IBV_WR_RDMA_WRITE), ENOMEM);
	assert_int_equal(f.qp.sq.cur_block, 3);
	assert_int_equal(post_three(&f, IBV_WR_SEND), 0);
	assert_int_equal(post_three(&f, IBV_WR_SEND), ENOMEM);
	fini_fixture(&f);
}

static void test_larger_request_than_the_ring(void **state)
{
	struct ibv_qp_init_attr_ex attr = sends_alone;
	struct fixture f;

	attr.cap.max_send_wr = 1;
	init_fixture(&f, &attr);
	assert_int_equal(post_three(&f, IBV_WR_RDMA_WRITE), ENOMEM);
	assert_int_equal(post_three(&f, IBV_WR_SEND), 0);
	fini_fixture(&f);
}

/* ---- Lists ------------------------------------------------------------------- */

/* One doorbell for all, with the control segment of the last. */
static void test_chain_rings_once(void **state)
{
	struct ibv_send_wr wr[3] = {
		rdma_wr(IBV_WR_RDMA_WRITE, 0),
		rdma_wr(IBV_WR_RDMA_READ, 0),
		rdma_wr(IBV_WR_SEND, IBV_SEND_SIGNALED),
	};
	static const uint8_t db[] = { 0, 0, 0, 3 };
	static const uint8_t reg[] = { 0, 0, 2, 0x0a, 0x12, 0x34, 0x56, 2 };
	struct ibv_send_wr *bad = NULL;
	struct fixture f;

	init_fixture(&f, &usual_attr);
	link_wrs(wr, 3);
	assert_int_equal(mlx5_post_send(&f.qp.qp, wr, &bad), 0);
	assert_memory_equal(&f.dbrec[1], db, sizeof(db));
	assert_memory_equal(&f.reg, reg, sizeof(reg));
	fini_fixture(&f);
}

/* A chain of three with something wrong in the second. */
static void check_refused(struct ibv_send_wr *second, int err)
{
	struct ibv_send_wr wr[3] = {
		rdma_wr(IBV_WR_RDMA_WRITE, 0),
		*second,
		rdma_wr(IBV_WR_RDMA_WRITE, 0),
	};
	static const uint8_t db[] = { 0, 0, 0, 1 };
	static const uint8_t reg[] = { 0, 0, 0, 8, 0x12, 0x34, 0x56, 3 };
	struct ibv_send_wr *bad = NULL;
	struct fixture f;

	init_fixture(&f, &usual_attr);
	link_wrs(wr, 3);
	errno = 0;
	assert_int_equal(mlx5_post_send(&f.qp.qp, wr, &bad), err);
	assert_int_equal(errno, err);
	assert_ptr_equal(bad, &wr[1]);
	assert_int_equal(f.qp.sq.cur_block, 1);
	assert_memory_equal(&f.dbrec[1], db, sizeof(db));
	assert_memory_equal(&f.reg, reg, sizeof(reg));
	fini_fixture(&f);
}

static void test_unknown_opcodes_are_einval(void **state)
{
	static const int opcodes[] = { IBV_WR_TSO,   IBV_WR_DRIVER1,
				       IBV_WR_FLUSH, 32,
				       99,	     -1 };
	struct ibv_send_wr wr = rdma_wr(IBV_WR_SEND, 0);
	size_t i;

	for (i = 0; i < sizeof(opcodes) / sizeof(opcodes[0]); i++) {
		wr.opcode = opcodes[i];
		check_refused(&wr, EINVAL);
	}
}

static void test_too_many_sges_are_einval(void **state)
{
	struct ibv_sge sges[7] = { one_sge, one_sge, one_sge, one_sge,
				   one_sge, one_sge, one_sge };
	struct ibv_send_wr wr = rdma_wr(IBV_WR_RDMA_WRITE, 0);

	wr.sg_list = sges;
	wr.num_sge = 7;
	check_refused(&wr, EINVAL);
	wr.num_sge = -1;
	check_refused(&wr, EINVAL);
	wr = atomic_wr(IBV_WR_ATOMIC_FETCH_AND_ADD);
	wr.sg_list = sges;
	wr.num_sge = 7;
	check_refused(&wr, EINVAL);
}

static void test_too_long_sge_is_einval(void **state)
{
	struct ibv_sge sge = { .length = (1u << 31) + 1 };
	struct ibv_send_wr wr = rdma_wr(IBV_WR_RDMA_WRITE, 0);

	wr.sg_list = &sge;
	check_refused(&wr, EINVAL);
	sge.length = UINT32_MAX;
	check_refused(&wr, EINVAL);
}

static void test_too_much_inline_is_einval(void **state)
{
	struct ibv_sge sges[2] = { text_sge(0, 80), text_sge(0, 13) };
	struct ibv_send_wr wr = rdma_wr(IBV_WR_RDMA_WRITE, IBV_SEND_INLINE);

	wr.sg_list = sges;
	wr.num_sge = 2;
	check_refused(&wr, EINVAL);
	sges[1].length = UINT32_MAX; /* must not be read, nor overflow a sum */
	check_refused(&wr, EINVAL);
}

static void test_inline_read_and_atomic_are_einval(void **state)
{
	struct ibv_send_wr wr = rdma_wr(IBV_WR_RDMA_READ, IBV_SEND_INLINE);

	check_refused(&wr, EINVAL);
	wr = atomic_wr(IBV_WR_ATOMIC_CMP_AND_SWP);
	wr.send_flags |= IBV_SEND_INLINE;
	check_refused(&wr, EINVAL);
}

/* First in the chain refused: nothing may ring. */
static void test_refused_first_rings_nothing(void **state)
{
	struct ibv_send_wr wr = rdma_wr(IBV_WR_TSO, 0);
	struct ibv_send_wr *bad = NULL;
	struct fixture f;

	init_fixture(&f, &usual_attr);
	f.dbrec[1] = 0x11111111;
	f.reg = 0x22222222;
	assert_int_equal(mlx5_post_send(&f.qp.qp, &wr, &bad), EINVAL);
	assert_ptr_equal(bad, &wr);
	assert_int_equal(f.dbrec[1], 0x11111111);
	assert_int_equal(f.reg, 0x22222222);
	fini_fixture(&f);
}

/* ---- Batches of calls -------------------------------------------------------- */

/* Nothing of the batch is left, and the next one can be posted. */
static void check_taken_back(struct fixture *f)
{
	struct ibv_send_wr wr = { .opcode = IBV_WR_SEND };

	assert_int_equal(f->reg, 0);
	assert_int_equal(f->dbrec[1], 0);
	assert_int_equal(f->qp.sq.cur_block, 0);
	assert_int_equal(post_by_calls(f, &wr), 0);
	assert_int_equal(f->qp.sq.cur_block, 1);
}

static void check_call_refused(struct ibv_send_wr *wr, int err)
{
	struct ibv_send_wr good = { .opcode = IBV_WR_SEND };
	struct ibv_qp_ex *qp;
	struct fixture f;

	init_fixture(&f, &usual_attr);
	qp = &f.qp.vqp.qp_ex;
	ibv_wr_start(qp);
	call_request(qp, &good, IBV_QPT_RC);
	call_request(qp, wr, IBV_QPT_RC);
	call_request(qp, &good, IBV_QPT_RC);
	errno = 0;
	assert_int_equal(ibv_wr_complete(qp), err);
	assert_int_equal(errno, err);
	check_taken_back(&f);
	fini_fixture(&f);
}

static void test_refused_call_takes_the_batch_back(void **state)
{
	struct ibv_sge many[7] = { one_sge };
	static char data[200];
	struct ibv_sge long_sge = { .addr = (uintptr_t)data, .length = 200 };
	struct ibv_send_wr too_many = {
		.opcode = IBV_WR_SEND,
		.sg_list = many,
		.num_sge = 7,
	};
	struct ibv_send_wr too_long = {
		.opcode = IBV_WR_SEND,
		.sg_list = &long_sge,
		.num_sge = 1,
		.send_flags = IBV_SEND_INLINE,
	};
	struct ibv_send_wr inline_read = {
		.opcode = IBV_WR_RDMA_READ,
		.sg_list = &long_sge,
		.num_sge = 1,
		.send_flags = IBV_SEND_INLINE,
	};

	check_call_refused(&too_many, EINVAL);
	check_call_refused(&too_long, EINVAL);
	check_call_refused(&inline_read, EINVAL);
}

static void test_batch_too_large_is_enomem(void **state)
{
	struct ibv_send_wr wr = { .opcode = IBV_WR_SEND };
	struct ibv_qp_ex *qp;
	struct fixture f;
	int i;

	init_fixture(&f, &usual_attr);
	qp = &f.qp.vqp.qp_ex;
	ibv_wr_start(qp);
	for (i = 0; i < 8; i++)
		call_request(qp, &wr, IBV_QPT_RC);
	assert_int_equal(ibv_wr_complete(qp), ENOMEM);
	check_taken_back(&f);
	fini_fixture(&f);
}

static void test_abort_takes_the_batch_back(void **state)
{
	struct ibv_send_wr wr = {
		.opcode = IBV_WR_SEND,
		.sg_list = &one_sge,
		.num_sge = 1,
	};
	struct ibv_qp_ex *qp;
	struct fixture f;

	init_fixture(&f, &usual_attr);
	qp = &f.qp.vqp.qp_ex;
	ibv_wr_start(qp);
	call_request(qp, &wr, IBV_QPT_RC);
	ibv_wr_abort(qp);
	check_taken_back(&f);
	fini_fixture(&f);
}

static void test_data_without_a_request_is_einval(void **state)
{
	struct ibv_qp_ex *qp;
	struct fixture f;

	init_fixture(&f, &usual_attr);
	qp = &f.qp.vqp.qp_ex;
	ibv_wr_start(qp);
	ibv_wr_set_sge(qp, 1, 2, 3);
	assert_int_equal(ibv_wr_complete(qp), EINVAL);
	check_taken_back(&f);
	fini_fixture(&f);
}

static void test_empty_batch_rings_nothing(void **state)
{
	struct fixture f;

	init_fixture(&f, &usual_attr);
	ibv_wr_start(&f.qp.vqp.qp_ex);
	assert_int_equal(ibv_wr_complete(&f.qp.vqp.qp_ex), 0);
	check_taken_back(&f);
	fini_fixture(&f);
}

static void test_batch_rings_once_for_all(void **state)
{
	struct ibv_send_wr wr = {
		.opcode = IBV_WR_RDMA_WRITE,
		.sg_list = &one_sge,
		.num_sge = 1,
	};
	struct ibv_qp_ex *qp;
	struct fixture f;

	init_fixture(&f, &usual_attr);
	qp = &f.qp.vqp.qp_ex;
	ibv_wr_start(qp);
	call_request(qp, &wr, IBV_QPT_RC);
	assert_int_equal(f.reg, 0);
	call_request(qp, &wr, IBV_QPT_RC);
	assert_int_equal(ibv_wr_complete(qp), 0);
	assert_int_equal(be32toh(f.dbrec[1]), 2);
	assert_int_equal(f.qp.sq.cur_block, 2);
	fini_fixture(&f);
}

static void check_ops(enum ibv_qp_type type, uint64_t allowed)
{
	struct ibv_qp_init_attr_ex attr = { .qp_type = type };
	struct mlx5_qp qp;
	uint64_t bit;

	for (bit = 1; bit; bit <<= 1) {
		memset(&qp, 0, sizeof(qp));
		attr.send_ops_flags = bit;
		assert_int_equal(mlx5_set_wr_ops(&qp, &attr, false),
				 bit & allowed ? 0 : EOPNOTSUPP);
		assert_true(!ibv_qp_to_qp_ex(&qp.qp) == !(bit & allowed));
	}
}

static void test_each_type_has_its_calls(void **state)
{
	const uint64_t ud = IBV_QP_EX_WITH_SEND | IBV_QP_EX_WITH_SEND_WITH_IMM;
	const uint64_t uc = ud | IBV_QP_EX_WITH_RDMA_WRITE |
			    IBV_QP_EX_WITH_RDMA_WRITE_WITH_IMM |
			    IBV_QP_EX_WITH_SEND_WITH_INV |
			    IBV_QP_EX_WITH_LOCAL_INV | IBV_QP_EX_WITH_BIND_MW;
	const uint64_t rc = uc | IBV_QP_EX_WITH_RDMA_READ |
			    IBV_QP_EX_WITH_ATOMIC_CMP_AND_SWP |
			    IBV_QP_EX_WITH_ATOMIC_FETCH_AND_ADD;

	check_ops(IBV_QPT_UD, ud);
	check_ops(IBV_QPT_UC, uc);
	check_ops(IBV_QPT_RC, rc);
	check_ops(IBV_QPT_XRC_SEND, rc);
	check_ops(IBV_QPT_XRC_RECV, 0);
}

static void check_opcodes(enum ibv_qp_type type, uint32_t allowed)
{
	struct mlx5_qp qp = { 0 };

	mlx5_set_post_ops(&qp, type, false);
	assert_int_equal(qp.sq.opcodes, allowed);
}

static void test_each_type_has_its_opcodes(void **state)
{
	const uint32_t ud = 1u << IBV_WR_SEND | 1u << IBV_WR_SEND_WITH_IMM;
	const uint32_t uc = ud | 1u << IBV_WR_RDMA_WRITE |
			    1u << IBV_WR_RDMA_WRITE_WITH_IMM |
			    1u << IBV_WR_SEND_WITH_INV |
			    1u << IBV_WR_LOCAL_INV | 1u << IBV_WR_BIND_MW;
	const uint32_t rc = uc | 1u << IBV_WR_RDMA_READ |
			    1u << IBV_WR_ATOMIC_CMP_AND_SWP |
			    1u << IBV_WR_ATOMIC_FETCH_AND_ADD;

	check_opcodes(IBV_QPT_UD, ud);
	check_opcodes(IBV_QPT_UC, uc);
	check_opcodes(IBV_QPT_RC, rc);
	check_opcodes(IBV_QPT_XRC_SEND, rc);
}

static void lock_is_left_alone(struct fixture *f)
{
	struct ibv_send_wr wr = { .opcode = IBV_WR_SEND };
	struct ibv_recv_wr recv_wr = { 0 };
	struct ibv_send_wr *bad = NULL;
	struct ibv_recv_wr *bad_recv = NULL;

	f->qp.sq.lock.held = true; /* whoever wanted it would wait for ever */
	f->qp.rq.lock.held = true;
	assert_int_equal(mlx5_post_send(&f->qp.qp, &wr, &bad), 0);
	assert_int_equal(post_by_calls(f, &wr), 0);
	ibv_wr_start(&f->qp.vqp.qp_ex);
	ibv_wr_abort(&f->qp.vqp.qp_ex);
	assert_int_equal(mlx5_post_recv(&f->qp.qp, &recv_wr, &bad_recv), 0);
	assert_true(f->qp.sq.lock.held && f->qp.rq.lock.held);
	assert_int_equal(f->qp.sq.cur_block, 2);
}

static void test_single_threaded_takes_no_lock(void **state)
{
	struct fixture f;

	init_fixture(&f, &usual_attr);
	mlx5_set_post_ops(&f.qp, IBV_QPT_RC, true);
	assert_int_equal(mlx5_set_wr_ops(&f.qp, &usual_attr, true), 0);
	lock_is_left_alone(&f);
	fini_fixture(&f);
}

/* ---- Full queues and states ----------------------------------------------------- */

/* No room is left for a WQE of full size; a completion makes it. */
static void test_full_queue_is_enomem(void **state)
{
	struct ibv_send_wr wr[8];
	struct ibv_send_wr *bad = NULL;
	struct fixture f;
	int i;

	init_fixture(&f, &usual_attr);
	assert_int_equal(f.qp.sq.max_post, 4);
	for (i = 0; i < 8; i++)
		wr[i] = rdma_wr(IBV_WR_SEND, 0);
	link_wrs(wr, 8);
	f.qp.sq.tail = f.qp.sq.cur_block = 0xfffffffe;
	assert_int_equal(mlx5_post_send(&f.qp.qp, wr, &bad), ENOMEM);
	assert_ptr_equal(bad, &wr[7]);
	f.qp.sq.tail += 1;
	assert_int_equal(mlx5_post_send(&f.qp.qp, &wr[7], &bad), 0);
	assert_int_equal(mlx5_post_send(&f.qp.qp, &wr[7], &bad), ENOMEM);
	fini_fixture(&f);
}

/* As many as were promised, each of full size. */
static void check_promised(const struct ibv_qp_init_attr_ex *attr,
			   struct ibv_send_wr wr, int num)
{
	struct ibv_sge sges[6] = { one_sge, one_sge, one_sge,
				   one_sge, one_sge, one_sge };
	struct ibv_send_wr *bad = NULL;
	struct fixture f;
	int i;

	init_fixture(&f, attr);
	assert_int_equal(f.qp.sq.max_post, num);
	wr.sg_list = sges;
	wr.num_sge = 6;
	for (i = 0; i < num; i++)
		assert_int_equal(mlx5_post_send(&f.qp.qp, &wr, &bad), 0);
	assert_true(f.qp.sq.cur_block <= f.sizes.sq_blocks);
	fini_fixture(&f);
}

static void test_promised_requests_fit(void **state)
{
	check_promised(&usual_attr, rdma_wr(IBV_WR_RDMA_WRITE, 0), 4);
}

static void test_promised_atomics_fit(void **state)
{
	struct ibv_qp_init_attr_ex attr = usual_attr;

	attr.send_ops_flags = IBV_QP_EX_WITH_ATOMIC_FETCH_AND_ADD;
	check_promised(&attr, atomic_wr(IBV_WR_ATOMIC_FETCH_AND_ADD), 5);
	attr.comp_mask = 0;
	check_promised(&attr, atomic_wr(IBV_WR_ATOMIC_FETCH_AND_ADD), 6);
}

static void test_send_needs_a_connected_state(void **state)
{
	static const enum ibv_qp_state states[] = {
		IBV_QPS_RESET, IBV_QPS_INIT, IBV_QPS_RTR, IBV_QPS_RTS,
		IBV_QPS_SQD,   IBV_QPS_SQE,  IBV_QPS_ERR,
	};
	struct ibv_send_wr wr = { .opcode = IBV_WR_SEND };
	struct ibv_send_wr *bad = NULL;
	struct fixture f;
	size_t i;

	init_fixture(&f, &usual_attr);
	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		mlx5_rings_enter(&f.qp, IBV_QPS_RESET);
		mlx5_rings_enter(&f.qp, states[i]);
		assert_int_equal(mlx5_post_send(&f.qp.qp, &wr, &bad),
				 i < 3 ? ENOMEM : 0);
	}
	fini_fixture(&f);
}

static void test_receive_needs_a_state_beyond_reset(void **state)
{
	struct ibv_recv_wr wr = { 0 };
	struct ibv_recv_wr *bad = NULL;
	struct fixture f;

	init_fixture(&f, &usual_attr);
	mlx5_rings_enter(&f.qp, IBV_QPS_RESET);
	assert_int_equal(mlx5_post_recv(&f.qp.qp, &wr, &bad), EINVAL);
	assert_ptr_equal(bad, &wr);
	mlx5_rings_enter(&f.qp, IBV_QPS_INIT);
	assert_int_equal(mlx5_post_recv(&f.qp.qp, &wr, &bad), 0);
	fini_fixture(&f);
}

/* The device starts anew at block 0, and so must the record. */
static void test_reset_empties_the_rings(void **state)
{
	struct ibv_send_wr wr = { .opcode = IBV_WR_SEND };
	struct ibv_recv_wr recv_wr = { 0 };
	struct ibv_send_wr *bad = NULL;
	struct ibv_recv_wr *bad_recv = NULL;
	struct fixture f;

	init_fixture(&f, &usual_attr);
	assert_int_equal(mlx5_post_send(&f.qp.qp, &wr, &bad), 0);
	assert_int_equal(mlx5_post_recv(&f.qp.qp, &recv_wr, &bad_recv), 0);
	f.qp.rq.tail = 1;
	mlx5_rings_enter(&f.qp, IBV_QPS_RESET);
	assert_int_equal(f.dbrec[0] | f.dbrec[1], 0);
	assert_int_equal(f.qp.sq.cur_block | f.qp.sq.tail, 0);
	assert_int_equal(f.qp.rq.head | f.qp.rq.tail, 0);
	fini_fixture(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_larger_request_has_to_fit),
		cmocka_unit_test(test_larger_request_than_the_ring),
		cmocka_unit_test(test_chain_rings_once),
		cmocka_unit_test(test_unknown_opcodes_are_einval),
		cmocka_unit_test(test_too_many_sges_are_einval),
		cmocka_unit_test(test_too_long_sge_is_einval),
		cmocka_unit_test(test_too_much_inline_is_einval),
		cmocka_unit_test(test_inline_read_and_atomic_are_einval),
		cmocka_unit_test(test_refused_first_rings_nothing),
		cmocka_unit_test(test_refused_call_takes_the_batch_back),
		cmocka_unit_test(test_batch_too_large_is_enomem),
		cmocka_unit_test(test_abort_takes_the_batch_back),
		cmocka_unit_test(test_data_without_a_request_is_einval),
		cmocka_unit_test(test_empty_batch_rings_nothing),
		cmocka_unit_test(test_batch_rings_once_for_all),
		cmocka_unit_test(test_each_type_has_its_calls),
		cmocka_unit_test(test_each_type_has_its_opcodes),
		cmocka_unit_test(test_single_threaded_takes_no_lock),
		cmocka_unit_test(test_full_queue_is_enomem),
		cmocka_unit_test(test_promised_requests_fit),
		cmocka_unit_test(test_promised_atomics_fit),
		cmocka_unit_test(test_send_needs_a_connected_state),
		cmocka_unit_test(test_receive_needs_a_state_beyond_reset),
		cmocka_unit_test(test_reset_empties_the_rings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
