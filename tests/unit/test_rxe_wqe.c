/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Work requests as rxe's kernel side reads them, byte for byte. The expected
 * bytes are placed by offset, so that a change of our structs shows as well.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rxe.h"

#define WQE_HEADER 208
#define RECV_HEADER 40
#define SLOT_BYTES 512
#define ADDR_A 0x1111222233334444ULL
#define ADDR_B 0x5555666677778888ULL

static uint8_t want[SLOT_BYTES];

static union {
	uint8_t byte[SLOT_BYTES];
	struct rxe_send_wqe send;
	struct rxe_recv_wqe recv;
} slot;

static struct ibv_sge two_sges[2] = {
	{ .addr = ADDR_A, .length = 100, .lkey = 0xaa01 },
	{ .addr = ADDR_B, .length = 23, .lkey = 0xbb02 },
};

/* Old contents of a slot must not shine through. */
static int setup(void **state)
{
	memset(&slot, 0xee, sizeof(slot));
	memset(want, 0, WQE_HEADER);
	memset(want + WQE_HEADER, 0xee, sizeof(want) - WQE_HEADER);
	return 0;
}

static void put(size_t offset, uint64_t value, size_t len)
{
	memcpy(want + offset, &value, len);
}

static void put32(size_t offset, uint32_t value)
{
	put(offset, value, sizeof(value));
}

static void put64(size_t offset, uint64_t value)
{
	put(offset, value, sizeof(value));
}

/* struct rxe_dma_info, at offset 184 of a send and 16 of a receive. */
static void put_dma(size_t offset, uint32_t length, uint32_t num_sge)
{
	put32(offset, length);
	put32(offset + 4, length);
	put32(offset + 8, 0);
	put32(offset + 12, num_sge);
	put32(offset + 16, 0);
	put32(offset + 20, 0);
}

static void put_two_sges(size_t offset)
{
	put64(offset, ADDR_A);
	put32(offset + 8, 100);
	put32(offset + 12, 0xaa01);
	put64(offset + 16, ADDR_B);
	put32(offset + 24, 23);
	put32(offset + 28, 0xbb02);
}

static struct rxe_send_queue send_queue(enum ibv_qp_type type)
{
	struct rxe_send_queue sq = {
		.max_sge = 2,
		.max_inline = 64,
		.ssn = 0x5151,
		.opcodes = rxe_send_opcodes(type),
	};

	return sq;
}

static struct ibv_send_wr send_wr(enum ibv_wr_opcode opcode)
{
	struct ibv_send_wr wr = {
		.wr_id = 0x0123456789abcdefULL,
		.sg_list = two_sges,
		.num_sge = 2,
		.opcode = opcode,
		.send_flags = IBV_SEND_SIGNALED | IBV_SEND_SOLICITED,
	};

	return wr;
}

/* What all send requests with two_sges have in common. */
static void put_send_common(uint32_t opcode)
{
	put64(0, 0x0123456789abcdefULL);
	put32(12, opcode);
	put32(16, 6); /* signaled, solicited */
	put32(176, 0x5151);
	put_dma(184, 123, 2);
	put_two_sges(208);
}

static void check(enum ibv_qp_type type, const struct ibv_send_wr *wr)
{
	struct rxe_send_queue sq = send_queue(type);

	assert_int_equal(rxe_encode_send(&sq, &slot.send, wr), 0);
	assert_memory_equal(&slot, want, sizeof(want));
}

static void test_struct_sizes_are_the_kernels(void **state)
{
	assert_int_equal(sizeof(struct rxe_send_wqe), WQE_HEADER);
	assert_int_equal(sizeof(struct rxe_recv_wqe), RECV_HEADER);
}

static void test_send(void **state)
{
	struct ibv_send_wr wr = send_wr(IBV_WR_SEND);

	put_send_common(2);
	check(IBV_QPT_RC, &wr);
}

static void test_send_with_imm(void **state)
{
	struct ibv_send_wr wr = send_wr(IBV_WR_SEND_WITH_IMM);

	wr.imm_data = 0xdeadbeef;
	put_send_common(3);
	put32(20, 0xdeadbeef);
	check(IBV_QPT_RC, &wr);
}

static void test_send_with_invalidate(void **state)
{
	struct ibv_send_wr wr = send_wr(IBV_WR_SEND_WITH_INV);

	wr.invalidate_rkey = 0x7654;
	put_send_common(9);
	put32(20, 0x7654);
	check(IBV_QPT_RC, &wr);
}

static void test_local_invalidate(void **state)
{
	struct ibv_send_wr wr = send_wr(IBV_WR_LOCAL_INV);

	wr.invalidate_rkey = 0x7654;
	put_send_common(7);
	put32(20, 0x7654);
	check(IBV_QPT_RC, &wr);
}

static void check_rdma(enum ibv_wr_opcode opcode, uint32_t imm)
{
	struct ibv_send_wr wr = send_wr(opcode);

	wr.imm_data = 0xdeadbeef;
	wr.wr.rdma.remote_addr = 0xfeedfacecafe0001ULL;
	wr.wr.rdma.rkey = 0x4242;
	put_send_common(opcode);
	put32(20, imm);
	put64(24, 0xfeedfacecafe0001ULL);
	put32(32, 0x4242);
	put64(152, 0xfeedfacecafe0001ULL);
	check(IBV_QPT_RC, &wr);
}

static void test_rdma_write(void **state)
{
	check_rdma(IBV_WR_RDMA_WRITE, 0);
}

static void test_rdma_write_with_imm(void **state)
{
	check_rdma(IBV_WR_RDMA_WRITE_WITH_IMM, 0xdeadbeef);
}

static void test_rdma_read(void **state)
{
	check_rdma(IBV_WR_RDMA_READ, 0);
}

static void check_atomic(enum ibv_wr_opcode opcode)
{
	struct ibv_send_wr wr = send_wr(opcode);

	wr.wr.atomic.remote_addr = 0xfeedfacecafe0008ULL;
	wr.wr.atomic.compare_add = 0x1010202030304040ULL;
	wr.wr.atomic.swap = 0x5050606070708080ULL;
	wr.wr.atomic.rkey = 0x4343;
	put_send_common(opcode);
	put64(24, 0xfeedfacecafe0008ULL);
	put64(32, 0x1010202030304040ULL);
	put64(40, 0x5050606070708080ULL);
	put32(48, 0x4343);
	put64(152, 0xfeedfacecafe0008ULL);
	check(IBV_QPT_RC, &wr);
}

static void test_atomic_compare_and_swap(void **state)
{
	check_atomic(IBV_WR_ATOMIC_CMP_AND_SWP);
}

static void test_atomic_fetch_and_add(void **state)
{
	check_atomic(IBV_WR_ATOMIC_FETCH_AND_ADD);
}

static void test_bind_of_a_window(void **state)
{
	struct ibv_mr mr = { .lkey = 0x8800 };
	struct ibv_mw mw = { .rkey = 0x7701 };
	struct ibv_send_wr wr = send_wr(IBV_WR_BIND_MW);

	wr.num_sge = 0;
	wr.bind_mw.mw = &mw;
	wr.bind_mw.rkey = 0x7702;
	wr.bind_mw.bind_info.mr = &mr;
	wr.bind_mw.bind_info.addr = 0xfeedfacecafe0000ULL;
	wr.bind_mw.bind_info.length = 0x123456789ULL;
	wr.bind_mw.bind_info.mw_access_flags = IBV_ACCESS_REMOTE_WRITE;
	put_send_common(8);
	put_dma(184, 0, 0);
	memset(want + WQE_HEADER, 0xee, 32);
	put64(24, 0xfeedfacecafe0000ULL);
	put64(32, 0x123456789ULL);
	put32(40, 0x8800);
	put32(44, 0x7701);
	put32(48, 0x7702);
	put32(52, 2);
	check(IBV_QPT_RC, &wr);
	check(IBV_QPT_UC, &wr);

	/* Without a region, for taking the window away. */
	wr.bind_mw.bind_info.mr = NULL;
	put32(40, 0);
	check(IBV_QPT_RC, &wr);
}

static struct ibv_send_wr atomic_write(struct ibv_sge *sge)
{
	struct ibv_send_wr wr = send_wr(IBV_WR_ATOMIC_WRITE);

	wr.sg_list = sge;
	wr.num_sge = 1;
	wr.send_flags = IBV_SEND_INLINE;
	wr.wr.rdma.remote_addr = 0xfeedfacecafe0008ULL;
	wr.wr.rdma.rkey = 0x4242;
	return wr;
}

static void test_atomic_write_brings_its_bytes(void **state)
{
	char data[] = "01234567";
	struct ibv_sge sge = { .addr = (uintptr_t)data, .length = 8 };
	struct ibv_send_wr wr = atomic_write(&sge);

	put_send_common(15);
	put32(16, 8);
	put64(24, 0xfeedfacecafe0008ULL);
	put32(32, 0x4242);
	put64(152, 0xfeedfacecafe0008ULL);
	put_dma(184, 8, 0);
	memset(want + WQE_HEADER, 0xee, 32);
	memcpy(want + WQE_HEADER, data, 8);
	check(IBV_QPT_RC, &wr);
}

static void test_ud_send_names_the_ah_by_number(void **state)
{
	struct rxe_ah ah = { .num = 77 };
	struct ibv_send_wr wr = send_wr(IBV_WR_SEND_WITH_IMM);

	wr.imm_data = 0xdeadbeef;
	wr.wr.ud.ah = &ah.ibv;
	wr.wr.ud.remote_qpn = 0x11;
	wr.wr.ud.remote_qkey = 0x11111111;
	put_send_common(3);
	put32(20, 0xdeadbeef);
	put32(24, 0x11);
	put32(28, 0x11111111);
	put32(36, 77);
	check(IBV_QPT_UD, &wr);
}

static void test_inline_data_is_gathered(void **state)
{
	struct ibv_send_wr wr = send_wr(IBV_WR_SEND);
	char head[] = "inline ", tail[] = "data";
	struct ibv_sge sge[2] = {
		{ .addr = (uintptr_t)head, .length = 7 },
		{ .addr = (uintptr_t)tail, .length = 4 },
	};

	wr.sg_list = sge;
	wr.send_flags = IBV_SEND_INLINE;
	put_send_common(2);
	put32(16, 8);
	put_dma(184, 11, 0);
	memset(want + WQE_HEADER, 0xee, 32);
	memcpy(want + WQE_HEADER, "inline data", 11);
	check(IBV_QPT_RC, &wr);
}

static void test_empty_message_has_no_sge(void **state)
{
	struct ibv_send_wr wr = send_wr(IBV_WR_SEND);

	wr.sg_list = NULL;
	wr.num_sge = 0;
	put_send_common(2);
	put_dma(184, 0, 0);
	memset(want + WQE_HEADER, 0xee, 32);
	check(IBV_QPT_RC, &wr);
}

static void check_rejected(enum ibv_qp_type type, const struct ibv_send_wr *wr)
{
	struct rxe_send_queue sq = send_queue(type);

	assert_int_equal(rxe_encode_send(&sq, &slot.send, wr), EINVAL);
}

static void test_too_many_sges(void **state)
{
	struct ibv_send_wr wr = send_wr(IBV_WR_SEND);

	wr.num_sge = 3;
	check_rejected(IBV_QPT_RC, &wr);
	wr.num_sge = -1;
	check_rejected(IBV_QPT_RC, &wr);
}

static void test_inline_limit(void **state)
{
	struct rxe_send_queue sq = send_queue(IBV_QPT_RC);
	struct ibv_send_wr wr = send_wr(IBV_WR_SEND);
	char data[65] = "";
	struct ibv_sge sge = { .addr = (uintptr_t)data, .length = 65 };

	wr.sg_list = &sge;
	wr.num_sge = 1;
	wr.send_flags = IBV_SEND_INLINE;
	check_rejected(IBV_QPT_RC, &wr);
	sge.length = 64;
	assert_int_equal(rxe_encode_send(&sq, &slot.send, &wr), 0);
}

static void test_inline_limit_counts_all_sges(void **state)
{
	struct rxe_send_queue sq = send_queue(IBV_QPT_RC);
	struct ibv_send_wr wr = send_wr(IBV_WR_SEND);
	char data[64] = "";
	struct ibv_sge sge[2] = {
		{ .addr = (uintptr_t)data, .length = 60 },
		{ .addr = (uintptr_t)data, .length = 5 },
	};

	wr.sg_list = sge;
	wr.send_flags = IBV_SEND_INLINE;
	check_rejected(IBV_QPT_RC, &wr);
	sge[1].length = UINT32_MAX;
	check_rejected(IBV_QPT_RC, &wr);
	sge[1].length = 4;
	assert_int_equal(rxe_encode_send(&sq, &slot.send, &wr), 0);
}

static void test_inline_is_for_what_sends_data(void **state)
{
	static const enum ibv_wr_opcode opcodes[] = {
		IBV_WR_RDMA_READ,
		IBV_WR_ATOMIC_CMP_AND_SWP,
		IBV_WR_ATOMIC_FETCH_AND_ADD,
		IBV_WR_LOCAL_INV,
	};
	char data[8] = "";
	struct ibv_sge sge = { .addr = (uintptr_t)data, .length = 8 };
	struct ibv_send_wr wr = send_wr(IBV_WR_SEND);
	size_t i;

	wr.sg_list = &sge;
	wr.num_sge = 1;
	wr.send_flags = IBV_SEND_INLINE;
	for (i = 0; i < sizeof(opcodes) / sizeof(*opcodes); i++) {
		wr.opcode = opcodes[i];
		check_rejected(IBV_QPT_RC, &wr);
	}
}

static void test_atomic_write_is_eight_bytes_inline(void **state)
{
	char data[16] = "";
	struct ibv_sge sge = { .addr = (uintptr_t)data, .length = 8 };
	struct ibv_send_wr wr = atomic_write(&sge);

	wr.send_flags = 0;
	check_rejected(IBV_QPT_RC, &wr);
	wr.send_flags = IBV_SEND_INLINE;
	wr.num_sge = 0;
	check_rejected(IBV_QPT_RC, &wr);
	wr.num_sge = 1;
	sge.length = 7;
	check_rejected(IBV_QPT_RC, &wr);
	sge.length = 9;
	check_rejected(IBV_QPT_RC, &wr);
}

static void test_length_beyond_32_bits(void **state)
{
	struct ibv_sge sge[2] = { { .length = UINT32_MAX }, { .length = 1 } };
	struct ibv_send_wr wr = send_wr(IBV_WR_SEND);

	wr.sg_list = sge;
	check_rejected(IBV_QPT_RC, &wr);
}

static void test_opcodes_by_qp_type(void **state)
{
	struct ibv_send_wr wr = send_wr(IBV_WR_RDMA_WRITE);

	check_rejected(IBV_QPT_UD, &wr);
	wr.opcode = IBV_WR_RDMA_READ;
	check_rejected(IBV_QPT_UC, &wr);
	wr.opcode = IBV_WR_BIND_MW;
	check_rejected(IBV_QPT_UD, &wr);
	wr.opcode = IBV_WR_FLUSH; /* a struct ibv_send_wr cannot say it */
	check_rejected(IBV_QPT_RC, &wr);
	wr.opcode = IBV_WR_TSO;
	check_rejected(IBV_QPT_RC, &wr);
	wr.opcode = 34; /* 2, if only the low five bits counted */
	check_rejected(IBV_QPT_RC, &wr);
	wr.opcode = IBV_WR_SEND;
	check_rejected(IBV_QPT_RAW_PACKET, &wr);
}

static void test_recv(void **state)
{
	struct rxe_recv_queue rq = { .max_sge = 2 };
	struct ibv_recv_wr wr = {
		.wr_id = 0x0123456789abcdefULL,
		.sg_list = two_sges,
		.num_sge = 2,
	};

	memset(want, 0xee, sizeof(want));
	put64(0, 0x0123456789abcdefULL);
	put64(8, 0);
	put_dma(16, 123, 2);
	put_two_sges(40);
	assert_int_equal(rxe_encode_recv(&rq, &slot.recv, &wr), 0);
	assert_memory_equal(&slot, want, sizeof(want));
}

static void test_recv_too_many_sges(void **state)
{
	struct rxe_recv_queue rq = { .max_sge = 1 };
	struct ibv_recv_wr wr = { .sg_list = two_sges, .num_sge = 2 };

	memset(want, 0xee, sizeof(want));
	assert_int_equal(rxe_encode_recv(&rq, &slot.recv, &wr), EINVAL);
	assert_memory_equal(&slot, want, sizeof(want));
}

#define CASE(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_struct_sizes_are_the_kernels),
		CASE(test_send),
		CASE(test_send_with_imm),
		CASE(test_send_with_invalidate),
		CASE(test_local_invalidate),
		CASE(test_rdma_write),
		CASE(test_rdma_write_with_imm),
		CASE(test_rdma_read),
		CASE(test_atomic_compare_and_swap),
		CASE(test_atomic_fetch_and_add),
		CASE(test_bind_of_a_window),
		CASE(test_atomic_write_brings_its_bytes),
		CASE(test_ud_send_names_the_ah_by_number),
		CASE(test_inline_data_is_gathered),
		CASE(test_empty_message_has_no_sge),
		CASE(test_too_many_sges),
		CASE(test_inline_limit),
		CASE(test_inline_limit_counts_all_sges),
		CASE(test_inline_is_for_what_sends_data),
		CASE(test_atomic_write_is_eight_bytes_inline),
		CASE(test_length_beyond_32_bits),
		CASE(test_opcodes_by_qp_type),
		CASE(test_recv),
		CASE(test_recv_too_many_sges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
