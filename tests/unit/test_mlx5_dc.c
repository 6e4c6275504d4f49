/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Requests to dynamic connections, byte for byte at each place of the ring. The
 * address fills the first block of a request up, so what follows it may be at
 * the start of the ring.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mlx5_queues.h"

#define DCTN 0x00abcd
#define DC_KEY 0x1122334455667788

#define RING (8 * BLOCK)

static struct mlx5_ah ah = {
	.av = {
		.reserved4 = 0xffffffff, /* the key's place */
		.rate_sl = 0x06,
		.rmac = { 2, 3, 4, 5, 6, 7 },
		.tclass = 0x20,
		.hop_limit = 64,
		.rgid = { 0xfe, 0x80, [15] = 9 },
	},
};

#define ADDRESS_BYTES                                                     \
	0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x80, 0x00, 0xab, \
		0xcd, 0x06, 0, 0, 0, /* up to rlid */                     \
		0, 0, 0, 0, 2, 3, 4, 5, 6, 7, 0x20, 64, 0, 0, 0, 0, 0xfe, \
		0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9

static struct ibv_qp_init_attr_ex dci_attr(void)
{
	struct ibv_qp_init_attr_ex attr = usual_attr;

	attr.qp_type = IBV_QPT_DRIVER;
	attr.cap.max_recv_wr = 0;
	attr.cap.max_send_sge = 2;
	attr.cap.max_inline_data = 0;
	return attr;
}

static void init_dci(struct fixture *f, uint32_t first_block)
{
	const struct ibv_qp_init_attr_ex attr = dci_attr();

	init_fixture(f, &attr);
	assert_int_equal(f->sizes.sq_blocks, 8);
	mlx5_set_dv_ops(&f->qp);
	f->qp.sq.cur_block = first_block;
	f->qp.sq.tail = first_block;
}

/* The WQE from that block on, the ring's end or not. */
static void check_ring(struct fixture *f, uint32_t block, const uint8_t *wqe,
		       size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		assert_int_equal(f->qp.sq.buf[(block * BLOCK + i) % RING],
				 wqe[i]);
	assert_int_equal(f->qp.sq.cur_block, block + (len + BLOCK - 1) / BLOCK);
	assert_int_equal(be32toh(f->dbrec[1]), f->qp.sq.cur_block & 0xffff);
}

static void test_write(void **state)
{
	uint8_t wqe[] = {
		0,
		IDX,
		0x08,
		0x12,
		0x34,
		0x56,
		6, /* DS */
		0,
		0,
		0,
		0x08,
		0,
		0,
		0,
		0,
		ADDRESS_BYTES,
		REMOTE_BYTES,
		ONE_SGE_BYTES,
	};
	struct fixture f;
	uint32_t block;

	for (block = 0; block < 20; block++) {
		struct ibv_qp_ex *qp = &f.qp.vqp.qp_ex;

		init_dci(&f, block);
		wqe[2] = block;
		ibv_wr_start(qp);
		qp->wr_flags = IBV_SEND_SIGNALED;
		ibv_wr_rdma_write(qp, REMOTE_RKEY, REMOTE_ADDR);
		mlx5dv_wr_set_dc_addr(&f.qp.dv_ex, &ah.ah, DCTN, DC_KEY);
		ibv_wr_set_sge(qp, one_sge.lkey, one_sge.addr, one_sge.length);
		assert_int_equal(ibv_wr_complete(qp), 0);
		check_ring(&f, block, wqe, sizeof(wqe));
		fini_fixture(&f);
	}
}

/* The data may come before the address. */
static void test_atomic_on_a_stream(void **state)
{
	uint8_t wqe[] = {
		0,
		IDX,
		0x12,
		0x12,
		0x34,
		0x56,
		7, /* DS */
		0,
		0x01,
		0x02,
		0,
		0,
		0,
		0,
		0, /* stream 0x102 */
		ADDRESS_BYTES,
		REMOTE_BYTES,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		5,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		8,
		0xaa,
		0xbb,
		0xcc,
		0xdd,
		0x11,
		0x22,
		0x33,
		0x44,
		0x55,
		0x66,
		0x77,
		0x88,
	};
	struct fixture f;
	uint32_t block;

	for (block = 0; block < 20; block++) {
		struct ibv_qp_ex *qp = &f.qp.vqp.qp_ex;

		init_dci(&f, block);
		wqe[2] = block;
		ibv_wr_start(qp);
		ibv_wr_atomic_fetch_add(qp, REMOTE_RKEY, REMOTE_ADDR, 5);
		ibv_wr_set_sge(qp, one_sge.lkey, one_sge.addr, 8);
		mlx5dv_wr_set_dc_addr_stream(&f.qp.dv_ex, &ah.ah, DCTN, DC_KEY,
					     0x102);
		assert_int_equal(ibv_wr_complete(qp), 0);
		check_ring(&f, block, wqe, sizeof(wqe));
		fini_fixture(&f);
	}
}

static void test_send_of_nothing(void **state)
{
	uint8_t wqe[] = {
		0, IDX, 0x0a, 0x12, 0x34, 0x56, 4, /* DS */
		0, 0,	0,    0,    0,	  0,	0, 0, ADDRESS_BYTES,
	};
	struct fixture f;
	uint32_t block;

	for (block = 0; block < 9; block++) {
		struct ibv_qp_ex *qp = &f.qp.vqp.qp_ex;

		init_dci(&f, block);
		wqe[2] = block;
		ibv_wr_start(qp);
		ibv_wr_send(qp);
		mlx5dv_wr_set_dc_addr(&f.qp.dv_ex, &ah.ah, DCTN, DC_KEY);
		assert_int_equal(ibv_wr_complete(qp), 0);
		check_ring(&f, block, wqe, sizeof(wqe));
		fini_fixture(&f);
	}
}

static void test_request_without_address(void **state)
{
	struct fixture f;
	struct ibv_qp_ex *qp = &f.qp.vqp.qp_ex;

	init_dci(&f, 7);
	ibv_wr_start(qp);
	ibv_wr_rdma_write(qp, REMOTE_RKEY, REMOTE_ADDR);
	ibv_wr_set_sge(qp, one_sge.lkey, one_sge.addr, one_sge.length);
	assert_int_equal(ibv_wr_complete(qp), EINVAL);
	assert_int_equal(f.qp.sq.cur_block, 7);
	fini_fixture(&f);
}

/* There is no way to name the other end. */
static void test_plain_posting_is_refused(void **state)
{
	struct ibv_send_wr *bad, wr = rdma_wr(IBV_WR_RDMA_WRITE, 0);
	struct fixture f;

	init_dci(&f, 0);
	assert_int_equal(f.qp.post_send(&f.qp, &wr, &bad), EINVAL);
	assert_ptr_equal(bad, &wr);
	fini_fixture(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_atomic_on_a_stream),
		cmocka_unit_test(test_send_of_nothing),
		cmocka_unit_test(test_request_without_address),
		cmocka_unit_test(test_plain_posting_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
