/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Posting to rxe's rings in plain memory, with a doorbell that only counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rxe.h"

#define SLOTS 4
#define SLOT_SHIFT 8

struct memory {
	struct rxe_queue_buf buf;
	uint8_t slot[SLOTS << SLOT_SHIFT];
};

static struct memory sq_mem, rq_mem;
static struct rxe_qp qp;
static int doorbells;
static int doorbell_result;

int ibv_cmd_ring_send_queue(struct ibv_qp *ibqp)
{
	assert_ptr_equal(ibqp, &qp.ibv);
	doorbells++;
	return doorbell_result;
}

static void init_ring(struct rxe_ring *ring, struct memory *mem)
{
	memset(mem, 0, sizeof(*mem));
	mem->buf.index_mask = SLOTS - 1;
	mem->buf.log2_elem_size = SLOT_SHIFT;
	ring_init(ring, &mem->buf, sizeof(*mem));
}

static int setup(void **state)
{
	memset(&qp, 0, sizeof(qp));
	qp.ibv.state = IBV_QPS_RTS;
	init_ring(&qp.sq.ring, &sq_mem);
	init_ring(&qp.rq.ring, &rq_mem);
	rxe_lock_init(&qp.sq.lock, false);
	rxe_lock_init(&qp.rq.lock, false);
	qp.sq.max_sge = 1;
	qp.rq.max_sge = 1;
	qp.sq.opcodes = rxe_send_opcodes(IBV_QPT_RC);
	doorbells = 0;
	doorbell_result = 0;
	return 0;
}

static uint64_t sent_id(uint32_t index)
{
	const struct rxe_send_wqe *wqe = ring_slot(&qp.sq.ring, index);

	return wqe->wr.wr_id;
}

static void chain_sends(struct ibv_send_wr *wr, int n)
{
	int i;

	memset(wr, 0, n * sizeof(*wr));
	for (i = 0; i < n; i++) {
		wr[i].wr_id = 100 + i;
		wr[i].opcode = IBV_WR_SEND;
		wr[i].next = i + 1 < n ? &wr[i + 1] : NULL;
	}
}

static void chain_recvs(struct ibv_recv_wr *wr, int n)
{
	int i;

	memset(wr, 0, n * sizeof(*wr));
	for (i = 0; i < n; i++) {
		wr[i].wr_id = 100 + i;
		wr[i].next = i + 1 < n ? &wr[i + 1] : NULL;
	}
}

static void test_chain_rings_one_doorbell(void **state)
{
	struct ibv_send_wr wr[3], *bad = NULL;
	const struct rxe_send_wqe *wqe;
	int i;

	chain_sends(wr, 3);
	assert_int_equal(rxe_post_send(&qp.ibv, wr, &bad), 0);
	assert_int_equal(doorbells, 1);
	assert_null(bad);
	assert_int_equal(sq_mem.buf.producer_index, 3);
	for (i = 0; i < 3; i++) {
		wqe = ring_slot(&qp.sq.ring, i);
		assert_int_equal(wqe->wr.wr_id, 100 + i);
		assert_int_equal(wqe->ssn, i);
	}
}

static void test_full_queue_stops_at_the_request_without_slot(void **state)
{
	struct ibv_send_wr wr[5], *bad = NULL;

	chain_sends(wr, 5);
	assert_int_equal(rxe_post_send(&qp.ibv, wr, &bad), ENOMEM);
	assert_int_equal(errno, ENOMEM);
	assert_ptr_equal(bad, &wr[3]);
	assert_int_equal(sq_mem.buf.producer_index, 3);
	assert_int_equal(doorbells, 1);

	assert_int_equal(rxe_post_send(&qp.ibv, bad, &bad), ENOMEM);
	assert_ptr_equal(bad, &wr[3]);
	assert_int_equal(doorbells, 1); /* nothing new */

	ring_publish_consumer(&qp.sq.ring, 2);
	assert_int_equal(rxe_post_send(&qp.ibv, bad, &bad), 0);
	assert_int_equal(sq_mem.buf.producer_index, 1); /* wrapped */
	assert_int_equal(sent_id(3), 103);
	assert_int_equal(sent_id(0), 104);
	assert_int_equal(doorbells, 2);
}

static void test_requests_before_a_bad_one_are_sent(void **state)
{
	struct ibv_send_wr wr[3], *bad = NULL;

	chain_sends(wr, 3);
	wr[1].num_sge = 2;
	assert_int_equal(rxe_post_send(&qp.ibv, wr, &bad), EINVAL);
	assert_int_equal(errno, EINVAL);
	assert_ptr_equal(bad, &wr[1]);
	assert_int_equal(sq_mem.buf.producer_index, 1);
	assert_int_equal(doorbells, 1);
	assert_int_equal(qp.sq.ssn, 1);
}

static void test_send_needs_a_qp_that_sends(void **state)
{
	struct ibv_send_wr wr[1], *bad = NULL;

	chain_sends(wr, 1);
	qp.ibv.state = IBV_QPS_RTR;
	assert_int_equal(rxe_post_send(&qp.ibv, wr, &bad), EINVAL);
	assert_ptr_equal(bad, wr);
	assert_int_equal(sq_mem.buf.producer_index, 0);
	assert_int_equal(doorbells, 0);
	qp.ibv.state = IBV_QPS_ERR; /* taken, to be flushed */
	assert_int_equal(rxe_post_send(&qp.ibv, wr, &bad), 0);
}

/* With the locks held by another, whoever takes them would wait for ever. */
static void test_single_threaded_takes_no_lock(void **state)
{
	struct ibv_send_wr send[1], *bad_send;
	struct ibv_recv_wr recv[1], *bad_recv;

	chain_sends(send, 1);
	chain_recvs(recv, 1);
	qp.sq.lock.single_threaded = true;
	qp.rq.lock.single_threaded = true;
	pthread_spin_lock(&qp.sq.lock.spin);
	pthread_spin_lock(&qp.rq.lock.spin);
	assert_int_equal(rxe_post_send(&qp.ibv, send, &bad_send), 0);
	assert_int_equal(rxe_post_recv(&qp.ibv, recv, &bad_recv), 0);
	assert_int_not_equal(pthread_spin_trylock(&qp.sq.lock.spin), 0);
	assert_int_not_equal(pthread_spin_trylock(&qp.rq.lock.spin), 0);
}

static void test_failed_doorbell_is_reported(void **state)
{
	struct ibv_send_wr wr[2], *bad = NULL;

	chain_sends(wr, 2);
	doorbell_result = EIO;
	assert_int_equal(rxe_post_send(&qp.ibv, wr, &bad), EIO);
	assert_int_equal(errno, EIO);
	assert_ptr_equal(bad, wr);
}

static void test_recvs_until_full(void **state)
{
	const struct rxe_recv_wqe *wqe;
	struct ibv_recv_wr wr[4], *bad = NULL;
	int i;

	chain_recvs(wr, 4);
	assert_int_equal(rxe_post_recv(&qp.ibv, wr, &bad), ENOMEM);
	assert_int_equal(errno, ENOMEM);
	assert_ptr_equal(bad, &wr[3]);
	assert_int_equal(rq_mem.buf.producer_index, 3);
	assert_int_equal(doorbells, 0);
	for (i = 0; i < 3; i++) {
		wqe = ring_slot(&qp.rq.ring, i);
		assert_int_equal(wqe->wr_id, 100 + i);
	}
}

static void test_bad_recv(void **state)
{
	struct ibv_recv_wr wr[3], *bad = NULL;

	chain_recvs(wr, 3);
	wr[2].num_sge = 2;
	assert_int_equal(rxe_post_recv(&qp.ibv, wr, &bad), EINVAL);
	assert_ptr_equal(bad, &wr[2]);
	assert_int_equal(rq_mem.buf.producer_index, 2);
}

static void test_recv_needs_a_receive_queue(void **state)
{
	struct ibv_recv_wr wr[1], *bad = NULL;

	chain_recvs(wr, 1);
	qp.rq.ring.buf = NULL;
	assert_int_equal(rxe_post_recv(&qp.ibv, wr, &bad), EINVAL);
	assert_ptr_equal(bad, wr);
}

static void test_recv_needs_an_initialised_qp(void **state)
{
	struct ibv_recv_wr wr[1], *bad = NULL;

	chain_recvs(wr, 1);
	qp.ibv.state = IBV_QPS_RESET;
	assert_int_equal(rxe_post_recv(&qp.ibv, wr, &bad), EINVAL);
	assert_ptr_equal(bad, wr);
	qp.ibv.state = IBV_QPS_INIT;
	assert_int_equal(rxe_post_recv(&qp.ibv, wr, &bad), 0);
}

static struct ibv_mw_bind bind_of(struct ibv_mr *mr)
{
	struct ibv_mw_bind bind = {
		.wr_id = 55,
		.send_flags = IBV_SEND_SIGNALED,
		.bind_info = { .mr = mr, .addr = 0x1000, .length = 10 },
	};

	return bind;
}

static void test_bind_is_a_request_with_the_next_key(void **state)
{
	struct ibv_mr mr = { .lkey = 0x500 };
	struct ibv_mw mw = { .rkey = 0x9ff };
	struct ibv_mw_bind bind = bind_of(&mr);
	const struct rxe_send_wqe *wqe = ring_slot(&qp.sq.ring, 0);

	assert_int_equal(rxe_bind_mw(&qp.ibv, &mw, &bind), 0);
	assert_int_equal(doorbells, 1);
	assert_int_equal(wqe->wr.wr_id, 55);
	assert_int_equal(wqe->wr.opcode, IBV_WR_BIND_MW);
	assert_int_equal(wqe->wr.send_flags, IBV_SEND_SIGNALED);
	assert_int_equal(wqe->wr.wr.mw.mr_lkey, 0x500);
	assert_int_equal(wqe->wr.wr.mw.mw_rkey, 0x9ff);
	assert_int_equal(wqe->wr.wr.mw.rkey, 0x900);
	assert_int_equal(mw.rkey, 0x900);
}

static void test_refused_bind_leaves_the_key(void **state)
{
	struct ibv_mr mr = { .lkey = 0x500 };
	struct ibv_mw mw = { .rkey = 0x901 };
	struct ibv_mw_bind bind = bind_of(&mr);

	qp.ibv.state = IBV_QPS_RTR;
	assert_int_equal(rxe_bind_mw(&qp.ibv, &mw, &bind), EINVAL);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(mw.rkey, 0x901);
}

#define CASE(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_chain_rings_one_doorbell),
		CASE(test_full_queue_stops_at_the_request_without_slot),
		CASE(test_requests_before_a_bad_one_are_sent),
		CASE(test_send_needs_a_qp_that_sends),
		CASE(test_single_threaded_takes_no_lock),
		CASE(test_failed_doorbell_is_reported),
		CASE(test_bind_is_a_request_with_the_next_key),
		CASE(test_refused_bind_leaves_the_key),
		CASE(test_recvs_until_full),
		CASE(test_bad_recv),
		CASE(test_recv_needs_a_receive_queue),
		CASE(test_recv_needs_an_initialised_qp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
