/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Sends of connected QPs, byte for byte, at every kind of place in the ring.
 * The expected bytes are written out from the format description, not from
 * what the code produces.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mlx5_queues.h"

/* Of a longer SGE an atomic announces the eight bytes that it writes. */
#define ATOMIC_SGE_BYTES                                                  \
	0x00, 0x00, 0x00, 0x08, 0xaa, 0xbb, 0xcc, 0xdd, 0x11, 0x22, 0x33, \
		0x44, 0x55, 0x66, 0x77, 0x88

static void test_send(void **state)
{
	struct ibv_send_wr wr = {
		.sg_list = &one_sge,
		.num_sge = 1,
		.opcode = IBV_WR_SEND,
		.send_flags = IBV_SEND_SIGNALED,
		.imm_data = 0x5a5a5a5a, /* not for this opcode */
	};
	static const uint8_t wqe[] = {
		0x00, IDX, 0x0a, 0x12, 0x34, 0x56, 0x02, 0,
		0,    0,   0x08, 0,    0,    0,	   0,	 ONE_SGE_BYTES,
	};

	check_usual(&wr, wqe, sizeof(wqe));
}

static void test_send_without_data_or_signal(void **state)
{
	struct ibv_send_wr wr = { .opcode = IBV_WR_SEND };
	static const uint8_t wqe[] = {
		0x00, IDX, 0x0a, 0x12, 0x34, 0x56, 0x01, 0,
		0,    0,   0x00, 0,    0,    0,	   0,
	};

	check_usual(&wr, wqe, sizeof(wqe));
}

static void test_send_with_imm_solicited_two_sges(void **state)
{
	struct ibv_sge sges[2] = {
		one_sge,
		{ .addr = 0xfffffffffffffffe, .length = 1, .lkey = 1 },
	};
	struct ibv_send_wr wr = {
		.sg_list = sges,
		.num_sge = 2,
		.opcode = IBV_WR_SEND_WITH_IMM,
		.send_flags = IBV_SEND_SOLICITED | IBV_SEND_SIGNALED,
		.imm_data = htobe32(0xc0ffee11),
	};
	static const uint8_t wqe[] = {
		0x00, IDX,  0x0b, 0x12, 0x34, 0x56, 0x03, 0,
		0,    0,    0x0a, 0xc0, 0xff, 0xee, 0x11, ONE_SGE_BYTES,
		0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
	};

	check_usual(&wr, wqe, sizeof(wqe));
}

static void test_send_with_invalidate(void **state)
{
	struct ibv_send_wr wr = {
		.sg_list = &one_sge,
		.num_sge = 1,
		.opcode = IBV_WR_SEND_WITH_INV,
		.send_flags = IBV_SEND_SIGNALED,
		.invalidate_rkey = 0x00c0ffee,
	};
	static const uint8_t wqe[] = {
		0x00, IDX, 0x01, 0x12, 0x34, 0x56, 0x02, 0,
		0,    0,   0x08, 0x00, 0xc0, 0xff, 0xee, ONE_SGE_BYTES,
	};

	check_usual(&wr, wqe, sizeof(wqe));
}

static void test_rdma_write_fenced(void **state)
{
	struct ibv_send_wr wr =
		rdma_wr(IBV_WR_RDMA_WRITE, IBV_SEND_SIGNALED | IBV_SEND_FENCE);
	static const uint8_t wqe[] = {
		0x00,
		IDX,
		0x08,
		0x12,
		0x34,
		0x56,
		0x03,
		0,
		0,
		0,
		0x88,
		0,
		0,
		0,
		0,
		REMOTE_BYTES,
		ONE_SGE_BYTES,
	};

	check_usual(&wr, wqe, sizeof(wqe));
}

static void test_rdma_write_with_imm(void **state)
{
	struct ibv_send_wr wr =
		rdma_wr(IBV_WR_RDMA_WRITE_WITH_IMM, IBV_SEND_SOLICITED);
	static const uint8_t wqe[] = {
		0x00,
		IDX,
		0x09,
		0x12,
		0x34,
		0x56,
		0x03,
		0,
		0,
		0,
		0x02,
		1,
		2,
		3,
		4,
		REMOTE_BYTES,
		ONE_SGE_BYTES,
	};

	check_usual(&wr, wqe, sizeof(wqe));
}

static void test_rdma_read(void **state)
{
	struct ibv_send_wr wr = rdma_wr(IBV_WR_RDMA_READ, IBV_SEND_SIGNALED);
	static const uint8_t wqe[] = {
		0x00,
		IDX,
		0x10,
		0x12,
		0x34,
		0x56,
		0x03,
		0,
		0,
		0,
		0x08,
		0,
		0,
		0,
		0,
		REMOTE_BYTES,
		ONE_SGE_BYTES,
	};

	check_usual(&wr, wqe, sizeof(wqe));
}

static struct ibv_send_wr atomic_wr(enum ibv_wr_opcode opcode)
{
	struct ibv_send_wr wr = {
		.sg_list = &one_sge,
		.num_sge = 1,
		.opcode = opcode,
		.send_flags = IBV_SEND_SIGNALED,
		.wr.atomic = {
			.remote_addr = REMOTE_ADDR,
			.compare_add = 0x1111111122222222,
			.swap = 0x3333333344444444,
			.rkey = REMOTE_RKEY,
		},
	};

	return wr;
}

static void test_compare_and_swap(void **state)
{
	struct ibv_send_wr wr = atomic_wr(IBV_WR_ATOMIC_CMP_AND_SWP);
	static const uint8_t wqe[] = {
		0x00,
		IDX,
		0x11,
		0x12,
		0x34,
		0x56,
		0x04,
		0,
		0,
		0,
		0x08,
		0,
		0,
		0,
		0,
		REMOTE_BYTES,
		0x33,
		0x33,
		0x33,
		0x33,
		0x44,
		0x44,
		0x44,
		0x44,
		0x11,
		0x11,
		0x11,
		0x11,
		0x22,
		0x22,
		0x22,
		0x22,
		ATOMIC_SGE_BYTES,
	};

	check_usual(&wr, wqe, sizeof(wqe));
}

static void test_fetch_and_add(void **state)
{
	struct ibv_send_wr wr = atomic_wr(IBV_WR_ATOMIC_FETCH_AND_ADD);
	static const uint8_t wqe[] = {
		0x00,
		IDX,
		0x12,
		0x12,
		0x34,
		0x56,
		0x04,
		0,
		0,
		0,
		0x08,
		0,
		0,
		0,
		0,
		REMOTE_BYTES,
		0x11,
		0x11,
		0x11,
		0x11,
		0x22,
		0x22,
		0x22,
		0x22,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		ATOMIC_SGE_BYTES,
	};

	check_usual(&wr, wqe, sizeof(wqe));
}

/* Two blocks: from the last place of the ring the second is the ring's first. */
static void test_six_sges_fill_two_blocks(void **state)
{
	struct ibv_sge sges[6] = { one_sge, one_sge, one_sge,
				   one_sge, one_sge, one_sge };
	struct ibv_send_wr wr = rdma_wr(IBV_WR_RDMA_WRITE, IBV_SEND_SIGNALED);
	static const uint8_t wqe[] = {
		0x00,
		IDX,
		0x08,
		0x12,
		0x34,
		0x56,
		0x08,
		0,
		0,
		0,
		0x08,
		0,
		0,
		0,
		0,
		REMOTE_BYTES,
		ONE_SGE_BYTES,
		ONE_SGE_BYTES,
		ONE_SGE_BYTES,
		ONE_SGE_BYTES,
		ONE_SGE_BYTES,
		ONE_SGE_BYTES,
	};

	wr.sg_list = sges;
	wr.num_sge = 6;
	check_usual(&wr, wqe, sizeof(wqe));
}

/* On the wire a byte count of 0 means 2^31. */
static void test_empty_sges_are_left_out(void **state)
{
	struct ibv_sge sges[4] = {
		{ .addr = 1 }, one_sge, { .lkey = 2 }, { .addr = 3, .lkey = 4 }
	};
	struct ibv_send_wr wr = rdma_wr(IBV_WR_RDMA_WRITE, IBV_SEND_SIGNALED);
	static const uint8_t wqe[] = {
		0x00,
		IDX,
		0x08,
		0x12,
		0x34,
		0x56,
		0x03,
		0,
		0,
		0,
		0x08,
		0,
		0,
		0,
		0,
		REMOTE_BYTES,
		ONE_SGE_BYTES,
	};

	wr.sg_list = sges;
	wr.num_sge = 4;
	check_usual(&wr, wqe, sizeof(wqe));
}

static void test_largest_sge_has_byte_count_zero(void **state)
{
	struct ibv_sge sge = { .addr = 0, .length = 1u << 31, .lkey = 7 };
	struct ibv_send_wr wr = rdma_wr(IBV_WR_RDMA_READ, 0);
	static const uint8_t wqe[] = {
		0x00, IDX, 0x10, 0x12, 0x34, 0x56, 0x03, 0,
		0,    0,   0x00, 0,    0,    0,	   0,	 REMOTE_BYTES,
		0,    0,   0,	 0,    0,    0,	   0,	 7,
		0,    0,   0,	 0,    0,    0,	   0,	 0,
	};

	wr.sg_list = &sge;
	check_usual(&wr, wqe, sizeof(wqe));
}

static void test_signal_all_marks_every_wqe(void **state)
{
	struct ibv_send_wr wr = { .opcode = IBV_WR_SEND,
				  .send_flags = IBV_SEND_FENCE };
	static const uint8_t wqe[] = {
		0x00, IDX, 0x0a, 0x12, 0x34, 0x56, 0x01, 0,
		0,    0,   0x88, 0,    0,    0,	   0,
	};
	struct ibv_qp_init_attr_ex attr = usual_attr;

	attr.sq_sig_all = 1;
	check_attr(&attr, &wr, wqe, sizeof(wqe));
}

/* ---- Inline data ---------------------------------------------------------------- */

static const char text[] = "abcdefghijklmnopqrstuvwxyz"
			   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			   "0123456789.,:;-_+*/=!?()[]{}<>#$%&@~|^'`";

static struct ibv_sge text_sge(size_t offset, uint32_t len)
{
	return (struct ibv_sge){ .addr = (uintptr_t)text + offset,
				 .length = len,
				 .lkey = 0xdeadbeef /* not looked at */ };
}

static void test_send_inline_joins_sges(void **state)
{
	struct ibv_sge sges[3] = { text_sge(0, 2), text_sge(5, 0),
				   text_sge(2, 3) };
	struct ibv_send_wr wr = {
		.sg_list = sges,
		.num_sge = 3,
		.opcode = IBV_WR_SEND,
		.send_flags = IBV_SEND_SIGNALED | IBV_SEND_INLINE,
	};
	static const uint8_t wqe[] = {
		0x00, IDX, 0x0a, 0x12, 0x34, 0x56, 0x02, 0,    0,    0,	  0x08,
		0,    0,   0,	 0,    0x80, 0,	   0,	 5,    'a',  'b', 'c',
		'd',  'e', FILL, FILL, FILL, FILL, FILL, FILL, FILL,
	};

	check_usual(&wr, wqe, sizeof(wqe));
}

static void test_send_with_imm_inline(void **state)
{
	struct ibv_sge sge = text_sge(0, 1);
	struct ibv_send_wr wr = {
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = IBV_WR_SEND_WITH_IMM,
		.send_flags = IBV_SEND_INLINE,
		.imm_data = htobe32(0xa1b2c3d4),
	};
	static const uint8_t wqe[] = {
		0x00, IDX,  0x0b, 0x12, 0x34, 0x56, 0x02, 0,
		0,    0,    0x00, 0xa1, 0xb2, 0xc3, 0xd4, 0x80,
		0,    0,    1,	  'a',	FILL, FILL, FILL, FILL,
		FILL, FILL, FILL, FILL, FILL, FILL, FILL,
	};

	check_usual(&wr, wqe, sizeof(wqe));
}

static void test_write_inline_fills_a_segment(void **state)
{
	struct ibv_sge sge = text_sge(0, 12);
	struct ibv_send_wr wr = rdma_wr(IBV_WR_RDMA_WRITE, IBV_SEND_INLINE);
	static const uint8_t wqe[] = {
		0x00, IDX, 0x08, 0x12, 0x34, 0x56, 0x03, 0,
		0,    0,   0x00, 0,    0,    0,	   0,	 REMOTE_BYTES,
		0x80, 0,   0,	 12,   'a',  'b',  'c',	 'd',
		'e',  'f', 'g',	 'h',  'i',  'j',  'k',	 'l',
	};

	wr.sg_list = &sge;
	check_usual(&wr, wqe, sizeof(wqe));
}

static void test_write_with_imm_inline_starts_next_segment(void **state)
{
	struct ibv_sge sge = text_sge(0, 13);
	struct ibv_send_wr wr =
		rdma_wr(IBV_WR_RDMA_WRITE_WITH_IMM, IBV_SEND_INLINE);
	static const uint8_t wqe[] = {
		0x00, IDX,  0x09, 0x12, 0x34, 0x56, 0x04, 0,
		0,    0,    0x00, 1,	2,    3,    4,	  REMOTE_BYTES,
		0x80, 0,    0,	  13,	'a',  'b',  'c',  'd',
		'e',  'f',  'g',  'h',	'i',  'j',  'k',  'l',
		'm',  FILL, FILL, FILL, FILL, FILL, FILL, FILL,
		FILL, FILL, FILL, FILL, FILL, FILL, FILL, FILL,
	};

	wr.sg_list = &sge;
	check_usual(&wr, wqe, sizeof(wqe));
}

#define WRITE_CTRL(ds) \
	0x00, IDX, 0x08, 0x12, 0x34, 0x56, ds, 0, 0, 0, 0x00, 0, 0, 0, 0

/* 28 bytes end exactly where the first block does, one more does not. */
static void test_write_inline_at_a_block_boundary(void **state)
{
	struct ibv_send_wr wr = rdma_wr(IBV_WR_RDMA_WRITE, IBV_SEND_INLINE);
	struct ibv_sge sge = text_sge(0, 28);
	uint8_t wqe[5 * SEG] = { WRITE_CTRL(4), REMOTE_BYTES, 0x80, 0, 0, 28 };

	wr.sg_list = &sge;
	memset(wqe + 36, FILL, sizeof(wqe) - 36);
	memcpy(wqe + 36, text, 28);
	check_usual(&wr, wqe, 4 * SEG);
	sge.length = 29;
	wqe[7] = 5;
	wqe[35] = 29;
	wqe[64] = text[28];
	check_usual(&wr, wqe, 5 * SEG);
}

/* The most that fits, in pieces so that copies end everywhere. */
static void test_longest_inline(void **state)
{
	struct ibv_send_wr wr = rdma_wr(IBV_WR_RDMA_WRITE, IBV_SEND_INLINE);
	uint8_t wqe[8 * SEG] = { WRITE_CTRL(8), REMOTE_BYTES, 0x80, 0, 0, 92 };
	struct ibv_sge sges[2];
	uint32_t cut;

	assert_true(sizeof(text) > 92);
	memset(wqe + 36, FILL, sizeof(wqe) - 36);
	memcpy(wqe + 36, text, 92);
	wr.sg_list = sges;
	wr.num_sge = 2;
	for (cut = 0; cut <= 92; cut++) {
		sges[0] = text_sge(0, cut);
		sges[1] = text_sge(cut, 92 - cut);
		check_usual(&wr, wqe, sizeof(wqe));
	}
}

static void test_inline_without_data_has_no_segment(void **state)
{
	struct ibv_sge sge = text_sge(0, 0);
	struct ibv_send_wr wr = rdma_wr(IBV_WR_RDMA_WRITE, IBV_SEND_INLINE);
	static const uint8_t wqe[] = { WRITE_CTRL(2), REMOTE_BYTES };

	wr.sg_list = &sge;
	check_usual(&wr, wqe, sizeof(wqe));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_send),
		cmocka_unit_test(test_send_without_data_or_signal),
		cmocka_unit_test(test_send_with_imm_solicited_two_sges),
		cmocka_unit_test(test_send_with_invalidate),
		cmocka_unit_test(test_rdma_write_fenced),
		cmocka_unit_test(test_rdma_write_with_imm),
		cmocka_unit_test(test_rdma_read),
		cmocka_unit_test(test_compare_and_swap),
		cmocka_unit_test(test_fetch_and_add),
		cmocka_unit_test(test_six_sges_fill_two_blocks),
		cmocka_unit_test(test_empty_sges_are_left_out),
		cmocka_unit_test(test_largest_sge_has_byte_count_zero),
		cmocka_unit_test(test_signal_all_marks_every_wqe),
		cmocka_unit_test(test_send_inline_joins_sges),
		cmocka_unit_test(test_send_with_imm_inline),
		cmocka_unit_test(test_write_inline_fills_a_segment),
		cmocka_unit_test(
			test_write_with_imm_inline_starts_next_segment),
		cmocka_unit_test(test_write_inline_at_a_block_boundary),
		cmocka_unit_test(test_longest_inline),
		cmocka_unit_test(test_inline_without_data_has_no_segment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
