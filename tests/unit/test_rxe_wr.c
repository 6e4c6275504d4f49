/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * The ibv_wr_* calls on a ring in plain memory. What they write has to be what
 * ibv_post_send() writes for the same request, whose bytes test_rxe_wqe.c
 * knows; what only these calls can say is looked at here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rxe.h"

#define SLOTS 4
#define SLOT_SHIFT 9
#define SLOT_BYTES (1 << SLOT_SHIFT)
#define MAX_INLINE 64
#define ADDR 0xfeedfacecafe0008ULL
#define RKEY 0x4242
#define IMM 0xdeadbeef

static struct {
	struct rxe_queue_buf buf;
	uint8_t slot[SLOTS][SLOT_BYTES];
} mem;

static struct rxe_qp qp;
static struct ibv_qp_ex *const ex = &qp.vqp.qp_ex;
static int doorbells;
static int doorbell_result;

int ibv_cmd_ring_send_queue(struct ibv_qp *ibqp)
{
	assert_ptr_equal(ibqp, &qp.ibv);
	assert_int_equal(pthread_spin_trylock(&qp.sq.lock.spin), 0);
	pthread_spin_unlock(&qp.sq.lock.spin);
	doorbells++;
	return doorbell_result;
}

static int setup_type(enum ibv_qp_type type)
{
	memset(&qp, 0, sizeof(qp));
	memset(&mem, 0, sizeof(mem));
	memset(mem.slot, 0xee, sizeof(mem.slot));
	mem.buf.index_mask = SLOTS - 1;
	mem.buf.log2_elem_size = SLOT_SHIFT;
	ring_init(&qp.sq.ring, &mem.buf, sizeof(mem));
	rxe_lock_init(&qp.sq.lock, false);
	qp.ibv.state = IBV_QPS_RTS;
	qp.sq.max_sge = 2;
	qp.sq.max_inline = MAX_INLINE;
	qp.sq.opcodes = rxe_send_opcodes(type);
	doorbells = 0;
	doorbell_result = 0;
	return rxe_set_wr_ops(&qp, type, 0);
}

static int setup(void **state)
{
	return setup_type(IBV_QPT_RC);
}

static const struct rxe_send_wqe *sent(uint32_t index)
{
	return ring_slot(&qp.sq.ring, index);
}

static void begin(uint64_t wr_id, unsigned int flags)
{
	ibv_wr_start(ex);
	ex->wr_id = wr_id;
	ex->wr_flags = flags;
}

static struct ibv_sge sges[2] = {
	{ .addr = 0x1111222233334444ULL, .length = 100, .lkey = 0xaa01 },
	{ .addr = 0x5555666677778888ULL, .length = 23, .lkey = 0xbb02 },
};

static struct ibv_send_wr send_wr(enum ibv_wr_opcode opcode)
{
	struct ibv_send_wr wr = {
		.wr_id = 77,
		.sg_list = sges,
		.num_sge = 2,
		.opcode = opcode,
		.send_flags = IBV_SEND_SIGNALED | IBV_SEND_FENCE,
	};

	return wr;
}

/* Ends the batch; its one request is as wr would have made it. */
static void check(const struct ibv_send_wr *wr)
{
	struct rxe_send_queue sq = qp.sq;
	union {
		uint8_t byte[SLOT_BYTES];
		struct rxe_send_wqe wqe;
	} want;

	memset(&want, 0xee, sizeof(want));
	sq.ssn = 0;
	assert_int_equal(rxe_encode_send(&sq, &want.wqe, wr), 0);
	assert_int_equal(ibv_wr_complete(ex), 0);
	assert_int_equal(doorbells, 1);
	assert_int_equal(mem.buf.producer_index, 1);
	assert_memory_equal(mem.slot[0], &want, sizeof(want));
}

static void begin_like(const struct ibv_send_wr *wr)
{
	begin(wr->wr_id, wr->send_flags);
}

static void test_send(void **state)
{
	struct ibv_send_wr wr = send_wr(IBV_WR_SEND);

	begin_like(&wr);
	ibv_wr_send(ex);
	ibv_wr_set_sge_list(ex, 2, sges);
	check(&wr);
}

static void test_send_imm(void **state)
{
	struct ibv_send_wr wr = send_wr(IBV_WR_SEND_WITH_IMM);

	wr.imm_data = IMM;
	begin_like(&wr);
	ibv_wr_send_imm(ex, IMM);
	ibv_wr_set_sge_list(ex, 2, sges);
	check(&wr);
}

static void test_send_inv(void **state)
{
	struct ibv_send_wr wr = send_wr(IBV_WR_SEND_WITH_INV);

	wr.invalidate_rkey = RKEY;
	wr.num_sge = 1;
	begin_like(&wr);
	ibv_wr_send_inv(ex, RKEY);
	ibv_wr_set_sge(ex, sges[0].lkey, sges[0].addr, sges[0].length);
	check(&wr);
}

static void test_local_inv(void **state)
{
	struct ibv_send_wr wr = send_wr(IBV_WR_LOCAL_INV);

	wr.invalidate_rkey = RKEY;
	wr.num_sge = 0;
	begin_like(&wr);
	ibv_wr_local_inv(ex, RKEY);
	check(&wr);
}

static struct ibv_send_wr rdma_wr(enum ibv_wr_opcode opcode)
{
	struct ibv_send_wr wr = send_wr(opcode);

	wr.wr.rdma.remote_addr = ADDR;
	wr.wr.rdma.rkey = RKEY;
	return wr;
}

static void test_rdma_write(void **state)
{
	struct ibv_send_wr wr = rdma_wr(IBV_WR_RDMA_WRITE);

	begin_like(&wr);
	ibv_wr_rdma_write(ex, RKEY, ADDR);
	ibv_wr_set_sge_list(ex, 2, sges);
	check(&wr);
}

static void test_rdma_write_imm(void **state)
{
	struct ibv_send_wr wr = rdma_wr(IBV_WR_RDMA_WRITE_WITH_IMM);

	wr.imm_data = IMM;
	begin_like(&wr);
	ibv_wr_rdma_write_imm(ex, RKEY, ADDR, IMM);
	ibv_wr_set_sge_list(ex, 2, sges);
	check(&wr);
}

static void test_rdma_read(void **state)
{
	struct ibv_send_wr wr = rdma_wr(IBV_WR_RDMA_READ);

	begin_like(&wr);
	ibv_wr_rdma_read(ex, RKEY, ADDR);
	ibv_wr_set_sge_list(ex, 2, sges);
	check(&wr);
}

static struct ibv_send_wr atomic_wr(enum ibv_wr_opcode opcode, uint64_t swap)
{
	struct ibv_send_wr wr = send_wr(opcode);

	wr.wr.atomic.remote_addr = ADDR;
	wr.wr.atomic.rkey = RKEY;
	wr.wr.atomic.compare_add = 0x1010202030304040ULL;
	wr.wr.atomic.swap = swap;
	return wr;
}

static void test_compare_and_swap(void **state)
{
	struct ibv_send_wr wr = atomic_wr(IBV_WR_ATOMIC_CMP_AND_SWP, 99);

	begin_like(&wr);
	ibv_wr_atomic_cmp_swp(ex, RKEY, ADDR, 0x1010202030304040ULL, 99);
	ibv_wr_set_sge_list(ex, 2, sges);
	check(&wr);
}

static void test_fetch_and_add(void **state)
{
	struct ibv_send_wr wr = atomic_wr(IBV_WR_ATOMIC_FETCH_AND_ADD, 0);

	begin_like(&wr);
	ibv_wr_atomic_fetch_add(ex, RKEY, ADDR, 0x1010202030304040ULL);
	ibv_wr_set_sge_list(ex, 2, sges);
	check(&wr);
}

static void test_bind_mw(void **state)
{
	struct ibv_send_wr wr = send_wr(IBV_WR_BIND_MW);
	struct ibv_mr mr = { .lkey = 0x8800 };
	struct ibv_mw mw = { .rkey = 0x7701 };

	wr.num_sge = 0;
	wr.bind_mw.mw = &mw;
	wr.bind_mw.rkey = 0x7702;
	wr.bind_mw.bind_info.mr = &mr;
	wr.bind_mw.bind_info.addr = ADDR;
	wr.bind_mw.bind_info.length = 0x123456789ULL;
	wr.bind_mw.bind_info.mw_access_flags = IBV_ACCESS_REMOTE_READ;
	begin_like(&wr);
	ibv_wr_bind_mw(ex, &mw, 0x7702, &wr.bind_mw.bind_info);
	check(&wr);
}

static void test_atomic_write(void **state)
{
	struct ibv_send_wr wr = rdma_wr(IBV_WR_ATOMIC_WRITE);
	char data[] = "01234567";
	struct ibv_sge sge = { .addr = (uintptr_t)data, .length = 8 };

	wr.sg_list = &sge;
	wr.num_sge = 1;
	wr.send_flags = IBV_SEND_INLINE;
	begin(wr.wr_id, 0);
	ibv_wr_atomic_write(ex, RKEY, ADDR, data);
	mem.slot[0][16] = IBV_SEND_INLINE; /* the calls need no such flag */
	check(&wr);
}

/* By offset: the headers that the provider builds with may not have it. */
static void test_flush(void **state)
{
	uint8_t want[24] = {};

	begin(77, IBV_SEND_SIGNALED);
	ibv_wr_flush(ex, RKEY, ADDR, 0x1234, IBV_FLUSH_GLOBAL, IBV_FLUSH_MR);
	assert_int_equal(ibv_wr_complete(ex), 0);
	memcpy(want, &(uint64_t){ ADDR }, 8);
	memcpy(want + 8, &(uint32_t){ 0x1234 }, 4);
	memcpy(want + 12, &(uint32_t){ RKEY }, 4);
	want[16] = IBV_FLUSH_GLOBAL;
	want[17] = IBV_FLUSH_MR;
	assert_memory_equal(mem.slot[0] + 24, want, sizeof(want));
	assert_int_equal(sent(0)->wr.opcode, 14);
	assert_int_equal(sent(0)->iova, ADDR);
	assert_int_equal(sent(0)->dma.length, 0);
}

static void test_flush_beyond_32_bits_is_einval(void **state)
{
	begin(77, 0);
	ibv_wr_flush(ex, RKEY, ADDR, 1ULL << 32, IBV_FLUSH_GLOBAL,
		     IBV_FLUSH_RANGE);
	assert_int_equal(ibv_wr_complete(ex), EINVAL);
}

static void test_datagram(void **state)
{
	struct ibv_send_wr wr = send_wr(IBV_WR_SEND);
	struct rxe_ah ah = { .num = 7 };

	setup_type(IBV_QPT_UD);
	wr.wr.ud.ah = &ah.ibv;
	wr.wr.ud.remote_qpn = 0x11;
	wr.wr.ud.remote_qkey = 0x11111111;
	begin_like(&wr);
	ibv_wr_send(ex);
	ibv_wr_set_ud_addr(ex, &ah.ibv, 0x11, 0x11111111);
	ibv_wr_set_sge_list(ex, 2, sges);
	check(&wr);
}

/* In wr the same bytes come from SGEs. */
static void test_inline_data_from_several_buffers(void **state)
{
	struct ibv_send_wr wr = send_wr(IBV_WR_SEND);
	char head[] = "inline ", tail[] = "data";
	struct ibv_data_buf bufs[3] = {
		{ .addr = head, .length = 7 },
		{ .addr = NULL, .length = 0 },
		{ .addr = tail, .length = 4 },
	};
	struct ibv_sge copy[2] = {
		{ .addr = (uintptr_t)head, .length = 7 },
		{ .addr = (uintptr_t)tail, .length = 4 },
	};

	wr.sg_list = copy;
	wr.send_flags |= IBV_SEND_INLINE;
	begin(wr.wr_id, IBV_SEND_SIGNALED | IBV_SEND_FENCE);
	ibv_wr_send(ex);
	ibv_wr_set_inline_data_list(ex, 3, bufs);
	check(&wr);
}

/* The flag is the data call's to set, not the program's. */
static void test_inline_flag_without_inline_data_is_dropped(void **state)
{
	begin(77, IBV_SEND_INLINE | IBV_SEND_SIGNALED);
	ibv_wr_send(ex);
	ibv_wr_set_sge_list(ex, 2, sges);
	assert_int_equal(ibv_wr_complete(ex), 0);
	assert_int_equal(sent(0)->wr.send_flags, IBV_SEND_SIGNALED);
	assert_int_equal(sent(0)->dma.num_sge, 2);
}

static void test_inline_limit(void **state)
{
	char data[MAX_INLINE + 1] = "";

	begin(77, 0);
	ibv_wr_send(ex);
	ibv_wr_set_inline_data(ex, data, MAX_INLINE);
	assert_int_equal(ibv_wr_complete(ex), 0);
	assert_int_equal(sent(0)->dma.length, MAX_INLINE);
	begin(78, 0);
	ibv_wr_send(ex);
	ibv_wr_set_inline_data(ex, data, MAX_INLINE + 1);
	assert_int_equal(ibv_wr_complete(ex), EINVAL);
	assert_int_equal(errno, EINVAL);
}

static void test_too_many_sges_are_einval(void **state)
{
	const struct ibv_sge three[3] = {};

	begin(77, 0);
	ibv_wr_send(ex);
	ibv_wr_set_sge_list(ex, 3, three);
	assert_int_equal(ibv_wr_complete(ex), EINVAL);
}

static void test_request_without_data_is_empty(void **state)
{
	begin(77, 0);
	ibv_wr_send(ex);
	assert_int_equal(ibv_wr_complete(ex), 0);
	assert_int_equal(sent(0)->dma.length, 0);
	assert_int_equal(sent(0)->dma.num_sge, 0);
}

static void test_data_without_request_is_einval(void **state)
{
	begin(77, 0);
	ibv_wr_set_sge(ex, 1, 2, 3);
	assert_int_equal(ibv_wr_complete(ex), EINVAL);
	begin(77, 0);
	ibv_wr_set_inline_data(ex, NULL, 0);
	assert_int_equal(ibv_wr_complete(ex), EINVAL);
	assert_int_equal(mem.buf.producer_index, 0);
}

static void test_batch_is_published_at_its_end(void **state)
{
	uint64_t i;

	ibv_wr_start(ex);
	for (i = 0; i < 3; i++) {
		ex->wr_id = 100 + i;
		ibv_wr_send(ex);
		ibv_wr_set_sge(ex, 1, 2, 3);
		assert_int_equal(mem.buf.producer_index, 0);
	}
	assert_int_not_equal(pthread_spin_trylock(&qp.sq.lock.spin), 0);
	assert_int_equal(ibv_wr_complete(ex), 0);
	assert_int_equal(mem.buf.producer_index, 3);
	assert_int_equal(doorbells, 1);
	for (i = 0; i < 3; i++) {
		assert_int_equal(sent(i)->wr.wr_id, 100 + i);
		assert_int_equal(sent(i)->ssn, i);
	}
}

/* With the lock held by another, whoever takes it would wait for ever. */
static void test_single_threaded_takes_no_lock(void **state)
{
	qp.sq.lock.single_threaded = true;
	pthread_spin_lock(&qp.sq.lock.spin);
	begin(1, 0);
	ibv_wr_send(ex);
	ibv_wr_abort(ex);
	assert_int_not_equal(pthread_spin_trylock(&qp.sq.lock.spin), 0);
	ibv_wr_start(ex);
	assert_int_equal(ibv_wr_complete(ex), 0);
	assert_int_not_equal(pthread_spin_trylock(&qp.sq.lock.spin), 0);
}

static void test_empty_batch_rings_no_doorbell(void **state)
{
	ibv_wr_start(ex);
	assert_int_equal(ibv_wr_complete(ex), 0);
	assert_int_equal(doorbells, 0);
	assert_int_equal(pthread_spin_trylock(&qp.sq.lock.spin), 0);
}

static void send_some(int n)
{
	while (n--) {
		ibv_wr_send(ex);
		ibv_wr_set_sge(ex, 1, 2, 3);
	}
}

static void test_full_queue_is_enomem_for_all_of_the_batch(void **state)
{
	begin(1, 0);
	send_some(SLOTS);
	assert_int_equal(ibv_wr_complete(ex), ENOMEM);
	assert_int_equal(errno, ENOMEM);
	assert_int_equal(mem.buf.producer_index, 0);
	assert_int_equal(qp.sq.ssn, 0);
	assert_int_equal(doorbells, 0);

	begin(1, 0);
	send_some(SLOTS - 1);
	assert_int_equal(ibv_wr_complete(ex), 0);
	assert_int_equal(mem.buf.producer_index, SLOTS - 1);
	assert_int_equal(sent(0)->ssn, 0);
}

static void test_batch_wraps(void **state)
{
	mem.buf.producer_index = SLOTS - 1;
	mem.buf.consumer_index = SLOTS - 1;
	begin(5, 0);
	send_some(2);
	assert_int_equal(ibv_wr_complete(ex), 0);
	assert_int_equal(mem.buf.producer_index, 1);
	assert_int_equal(sent(SLOTS - 1)->ssn, 0);
	assert_int_equal(sent(0)->ssn, 1);
}

static void test_first_error_is_the_one_reported(void **state)
{
	const struct ibv_sge three[3] = {};

	begin(1, 0);
	ibv_wr_send(ex);
	ibv_wr_set_sge_list(ex, 3, three);
	send_some(SLOTS); /* ENOMEM, if it came so far */
	ibv_wr_rdma_write_imm(ex, RKEY, ADDR, IMM);
	ibv_wr_flush(ex, RKEY, ADDR, 1, 1, 1);
	ibv_wr_atomic_write(ex, RKEY, ADDR, "01234567");
	assert_int_equal(ibv_wr_complete(ex), EINVAL);
	assert_int_equal(mem.buf.producer_index, 0);
}

static void test_abort_forgets_the_batch(void **state)
{
	begin(1, 0);
	send_some(2);
	ibv_wr_abort(ex);
	assert_int_equal(mem.buf.producer_index, 0);
	assert_int_equal(doorbells, 0);
	begin(9, 0);
	send_some(1);
	assert_int_equal(ibv_wr_complete(ex), 0);
	assert_int_equal(sent(0)->wr.wr_id, 9);
	assert_int_equal(sent(0)->ssn, 0);
}

static void test_batch_needs_a_qp_that_sends(void **state)
{
	qp.ibv.state = IBV_QPS_RTR;
	begin(1, 0);
	send_some(1);
	assert_int_equal(ibv_wr_complete(ex), EINVAL);
	assert_int_equal(mem.buf.producer_index, 0);
	assert_int_equal(doorbells, 0);
}

static void test_failed_doorbell_is_reported(void **state)
{
	doorbell_result = EIO;
	begin(1, 0);
	send_some(1);
	assert_int_equal(ibv_wr_complete(ex), EIO);
}

static void check_ops(enum ibv_qp_type type, uint64_t flags, int expected)
{
	memset(&qp, 0, sizeof(qp));
	assert_int_equal(rxe_set_wr_ops(&qp, type, flags), expected);
	assert_int_equal(!!qp.vqp.has_wr_ops, !expected);
}

static void test_calls_by_qp_type(void **state)
{
	check_ops(IBV_QPT_RC, IBV_QP_EX_WITH_FLUSH, 0);
	check_ops(IBV_QPT_RC, IBV_QP_EX_WITH_TSO, EOPNOTSUPP);
	check_ops(IBV_QPT_RC, 1ULL << 63, EOPNOTSUPP);
	check_ops(IBV_QPT_UC, IBV_QP_EX_WITH_RDMA_WRITE_WITH_IMM, 0);
	check_ops(IBV_QPT_UC, IBV_QP_EX_WITH_RDMA_READ, EOPNOTSUPP);
	check_ops(IBV_QPT_UD, IBV_QP_EX_WITH_SEND_WITH_IMM, 0);
	check_ops(IBV_QPT_UD, IBV_QP_EX_WITH_RDMA_WRITE, EOPNOTSUPP);
	check_ops(IBV_QPT_RAW_PACKET, IBV_QP_EX_WITH_SEND, EOPNOTSUPP);
}

#define CASE(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_send),
		CASE(test_send_imm),
		CASE(test_send_inv),
		CASE(test_local_inv),
		CASE(test_rdma_write),
		CASE(test_rdma_write_imm),
		CASE(test_rdma_read),
		CASE(test_compare_and_swap),
		CASE(test_fetch_and_add),
		CASE(test_bind_mw),
		CASE(test_atomic_write),
		CASE(test_flush),
		CASE(test_flush_beyond_32_bits_is_einval),
		CASE(test_datagram),
		CASE(test_inline_data_from_several_buffers),
		CASE(test_inline_flag_without_inline_data_is_dropped),
		CASE(test_inline_limit),
		CASE(test_too_many_sges_are_einval),
		CASE(test_request_without_data_is_empty),
		CASE(test_data_without_request_is_einval),
		CASE(test_batch_is_published_at_its_end),
		CASE(test_single_threaded_takes_no_lock),
		CASE(test_empty_batch_rings_no_doorbell),
		CASE(test_full_queue_is_enomem_for_all_of_the_batch),
		CASE(test_batch_wraps),
		CASE(test_first_error_is_the_one_reported),
		CASE(test_abort_forgets_the_batch),
		CASE(test_batch_needs_a_qp_that_sends),
		CASE(test_failed_doorbell_is_reported),
		CASE(test_calls_by_qp_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
