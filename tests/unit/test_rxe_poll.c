/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Taking completions from a ring in plain memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rxe.h"

#define SLOTS 4
#define SLOT_SHIFT 6

static struct {
	struct rxe_queue_buf buf;
	uint8_t slot[SLOTS << SLOT_SHIFT];
} mem;

static struct rxe_cq cq;
static struct ibv_cq_ex *const ex = &cq.vcq.cq_ex;
static struct ibv_poll_cq_attr no_attr;

static int setup_cq(bool single_threaded)
{
	memset(&cq, 0, sizeof(cq));
	memset(&mem, 0, sizeof(mem));
	mem.buf.index_mask = SLOTS - 1;
	mem.buf.log2_elem_size = SLOT_SHIFT;
	ring_init(&cq.ring, &mem.buf, sizeof(mem));
	rxe_lock_init(&cq.lock, single_threaded);
	rxe_set_poll_ops(&cq);
	return 0;
}

static int setup(void **state)
{
	return setup_cq(false);
}

static struct ib_uverbs_wc *slot_at(uint32_t index)
{
	return ring_slot(&cq.ring, index);
}

/* What the driver does: a completion with this wr_id. */
static struct ib_uverbs_wc *complete(uint64_t wr_id)
{
	uint32_t producer = mem.buf.producer_index;
	struct ib_uverbs_wc *cqe = slot_at(producer);

	memset(cqe, 0, sizeof(*cqe));
	cqe->wr_id = wr_id;
	mem.buf.producer_index = (producer + 1) & (SLOTS - 1);
	return cqe;
}

static void fill_fields(struct ib_uverbs_wc *cqe)
{
	cqe->status = IBV_WC_RNR_RETRY_EXC_ERR;
	cqe->opcode = IBV_WC_RECV_RDMA_WITH_IMM;
	cqe->vendor_err = 3;
	cqe->byte_len = 4096;
	cqe->ex.imm_data = 0xdeadbeef;
	cqe->qp_num = 17;
	cqe->src_qp = 18;
	cqe->wc_flags = 3; /* GRH, immediate */
	cqe->pkey_index = 5;
	cqe->slid = 6;
	cqe->sl = 7;
	cqe->dlid_path_bits = 8;
}

static void test_entry_size_is_the_kernels(void **state)
{
	assert_int_equal(sizeof(struct ib_uverbs_wc), 48);
}

static void test_poll_reads_all_fields(void **state)
{
	struct ibv_wc wc;

	fill_fields(complete(0x0123456789abcdefULL));
	assert_int_equal(rxe_poll_cq(&cq.ibv, 1, &wc), 1);
	assert_int_equal(wc.wr_id, 0x0123456789abcdefULL);
	assert_int_equal(wc.status, IBV_WC_RNR_RETRY_EXC_ERR);
	assert_int_equal(wc.opcode, IBV_WC_RECV_RDMA_WITH_IMM);
	assert_int_equal(wc.vendor_err, 3);
	assert_int_equal(wc.byte_len, 4096);
	assert_int_equal(wc.imm_data, 0xdeadbeef);
	assert_int_equal(wc.qp_num, 17);
	assert_int_equal(wc.src_qp, 18);
	assert_int_equal(wc.wc_flags, IBV_WC_GRH | IBV_WC_WITH_IMM);
	assert_int_equal(wc.pkey_index, 5);
	assert_int_equal(wc.slid, 6);
	assert_int_equal(wc.sl, 7);
	assert_int_equal(wc.dlid_path_bits, 8);
}

static void test_invalidate_flag_is_the_kernels_own(void **state)
{
	struct ib_uverbs_wc *cqe = complete(1);
	struct ibv_wc wc;

	cqe->wc_flags = 1 | 1 << 2;
	cqe->ex.invalidate_rkey = 0x7654;
	assert_int_equal(ibv_start_poll(ex, &no_attr), 0);
	assert_int_equal(ibv_wc_read_wc_flags(ex),
			 IBV_WC_GRH | IBV_WC_WITH_INV);
	assert_int_equal(ibv_wc_read_invalidated_rkey(ex), 0x7654);
	pthread_spin_unlock(&cq.lock.spin);

	assert_int_equal(rxe_poll_cq(&cq.ibv, 1, &wc), 1);
	assert_int_equal(wc.wc_flags, IBV_WC_GRH | IBV_WC_WITH_INV);
	assert_int_equal(wc.invalidated_rkey, 0x7654);
}

static void test_poll_takes_what_is_there_in_order(void **state)
{
	struct ibv_wc wc[8];

	assert_int_equal(rxe_poll_cq(&cq.ibv, 8, wc), 0);
	complete(1);
	complete(2);
	complete(3);
	assert_int_equal(rxe_poll_cq(&cq.ibv, 0, wc), 0);
	assert_int_equal(rxe_poll_cq(&cq.ibv, 2, wc), 2);
	assert_int_equal(mem.buf.consumer_index, 2);
	assert_int_equal(wc[0].wr_id, 1);
	assert_int_equal(wc[1].wr_id, 2);
	complete(4); /* wraps */
	complete(5);
	assert_int_equal(rxe_poll_cq(&cq.ibv, 8, wc), 3);
	assert_int_equal(wc[0].wr_id, 3);
	assert_int_equal(wc[2].wr_id, 5);
	assert_int_equal(mem.buf.consumer_index, 1);
}

static void test_extended_poll_of_an_empty_queue(void **state)
{
	assert_int_equal(ibv_start_poll(ex, &no_attr), ENOENT);
	/* It is not locked, and nothing has been given back. */
	assert_int_equal(pthread_spin_trylock(&cq.lock.spin), 0);
	assert_int_equal(mem.buf.consumer_index, 0);
}

static void test_extended_poll_reads_all_fields(void **state)
{
	fill_fields(complete(0x0123456789abcdefULL));
	assert_int_equal(ibv_start_poll(ex, &no_attr), 0);
	assert_int_equal(ex->wr_id, 0x0123456789abcdefULL);
	assert_int_equal(ex->status, IBV_WC_RNR_RETRY_EXC_ERR);
	assert_int_equal(ibv_wc_read_opcode(ex), IBV_WC_RECV_RDMA_WITH_IMM);
	assert_int_equal(ibv_wc_read_vendor_err(ex), 3);
	assert_int_equal(ibv_wc_read_byte_len(ex), 4096);
	assert_int_equal(ibv_wc_read_imm_data(ex), 0xdeadbeef);
	assert_int_equal(ibv_wc_read_qp_num(ex), 17);
	assert_int_equal(ibv_wc_read_src_qp(ex), 18);
	assert_int_equal(ibv_wc_read_wc_flags(ex),
			 IBV_WC_GRH | IBV_WC_WITH_IMM);
	assert_int_equal(ibv_wc_read_slid(ex), 6);
	assert_int_equal(ibv_wc_read_sl(ex), 7);
	assert_int_equal(ibv_wc_read_dlid_path_bits(ex), 8);
	ibv_end_poll(ex);
}

static void test_fields_are_read_when_asked_for(void **state)
{
	struct ib_uverbs_wc *cqe = complete(1);

	assert_int_equal(ibv_start_poll(ex, &no_attr), 0);
	cqe->byte_len = 77;
	assert_int_equal(ibv_wc_read_byte_len(ex), 77);
	ibv_end_poll(ex);
}

static void test_extended_poll_gives_back_at_its_end(void **state)
{
	complete(1);
	complete(2);
	complete(3);
	assert_int_equal(ibv_start_poll(ex, &no_attr), 0);
	assert_int_equal(ex->wr_id, 1);
	assert_int_equal(ibv_next_poll(ex), 0);
	assert_int_equal(ex->wr_id, 2);
	assert_int_equal(mem.buf.consumer_index, 0);
	assert_int_not_equal(pthread_spin_trylock(&cq.lock.spin), 0);
	ibv_end_poll(ex);
	assert_int_equal(mem.buf.consumer_index, 2);
	assert_int_equal(pthread_spin_trylock(&cq.lock.spin), 0);
}

static void test_next_poll_goes_on_where_it_found_nothing(void **state)
{
	complete(1);
	assert_int_equal(ibv_start_poll(ex, &no_attr), 0);
	assert_int_equal(ibv_next_poll(ex), ENOENT);
	assert_int_equal(ex->wr_id, 1); /* still the current one */
	complete(2);
	assert_int_equal(ibv_next_poll(ex), 0);
	assert_int_equal(ex->wr_id, 2);
	assert_int_equal(ibv_next_poll(ex), ENOENT);
	ibv_end_poll(ex);
	assert_int_equal(mem.buf.consumer_index, 2);
}

static void test_extended_poll_wraps(void **state)
{
	uint64_t wr_id;

	for (wr_id = 0; wr_id < 3 * SLOTS; wr_id++) {
		complete(wr_id);
		assert_int_equal(ibv_start_poll(ex, &no_attr), 0);
		assert_int_equal(ex->wr_id, wr_id);
		ibv_end_poll(ex);
		assert_int_equal(mem.buf.consumer_index, (wr_id + 1) % SLOTS);
	}
}

static void test_unknown_poll_attribute_is_einval(void **state)
{
	struct ibv_poll_cq_attr attr = { .comp_mask = 1 };

	complete(1);
	assert_int_equal(ibv_start_poll(ex, &attr), EINVAL);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(pthread_spin_trylock(&cq.lock.spin), 0);
	assert_int_equal(mem.buf.consumer_index, 0);
}

/* With the lock held by another, whoever takes it would wait for ever. */
static void test_single_threaded_takes_no_lock(void **state)
{
	struct ibv_wc wc;

	setup_cq(true);
	pthread_spin_lock(&cq.lock.spin);
	assert_int_equal(ibv_start_poll(ex, &no_attr), ENOENT);
	complete(1);
	complete(2);
	assert_int_equal(ibv_start_poll(ex, &no_attr), 0);
	assert_int_equal(ex->wr_id, 1);
	ibv_end_poll(ex);
	assert_int_equal(mem.buf.consumer_index, 1);
	assert_int_equal(rxe_poll_cq(&cq.ibv, 1, &wc), 1);
	assert_int_equal(wc.wr_id, 2);
	assert_int_not_equal(pthread_spin_trylock(&cq.lock.spin), 0);
}

#define CASE(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_entry_size_is_the_kernels),
		CASE(test_poll_reads_all_fields),
		CASE(test_invalidate_flag_is_the_kernels_own),
		CASE(test_poll_takes_what_is_there_in_order),
		CASE(test_extended_poll_of_an_empty_queue),
		CASE(test_extended_poll_reads_all_fields),
		CASE(test_fields_are_read_when_asked_for),
		CASE(test_extended_poll_gives_back_at_its_end),
		CASE(test_next_poll_goes_on_where_it_found_nothing),
		CASE(test_extended_poll_wraps),
		CASE(test_unknown_poll_attribute_is_einval),
		CASE(test_single_threaded_takes_no_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
