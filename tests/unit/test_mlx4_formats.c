/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* What the inline functions of <infiniband/mlx4dv.h> write, byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <infiniband/mlx4dv.h>

static void test_ctrl_seg(void **state)
{
	static const uint8_t bytes[] = { 0x80, 0,    0,	   0x0a, 0xee, 0xee,
					 0xee, 5,    0,	   0,	 0,    0x0c,
					 0x78, 0x56, 0x34, 0x12 };
	struct mlx4_wqe_ctrl_seg seg;

	memset(&seg, 0xee, sizeof(seg));
	mlx4dv_set_ctrl_seg(&seg, 0x8000000a, 5, 0xc, htole32(0x12345678));
	assert_int_equal(sizeof(seg), sizeof(bytes));
	assert_memory_equal(&seg, bytes, sizeof(bytes));
}

static void test_data_seg(void **state)
{
	static const uint8_t bytes[] = { 0, 0, 0x10, 0, 0, 0, 1, 2,
					 1, 2, 3,    4, 5, 6, 7, 8 };
	struct mlx4_wqe_data_seg seg;

	mlx4dv_set_data_seg(&seg, 4096, 0x102, 0x0102030405060708);
	assert_int_equal(sizeof(seg), sizeof(bytes));
	assert_memory_equal(&seg, bytes, sizeof(bytes));
}

static void test_dgram_seg(void **state)
{
	uint8_t dgid[16] = { 0xfe, 0x80, [15] = 1 };
	uint8_t mac[ETHERNET_LL_SIZE] = { 2, 4, 6, 8, 10, 12 };
	const uint8_t bytes[] = {
		1,    0,    0,	9,    0,    0x81, 0x12, 0x34, 0,
		3,    4,    64, 0x50, 0,    0,	  7, /* address vector up to the GID */
		0xfe, 0x80, 0,	0,    0,    0,	  0,	0,    0,
		0,    0,    0,	0,    0,    0,	  1, /* the GID */
		0,    0,    2,	0,    0x11, 0x22, 0x33, 0x44, /* QPN, Q_Key */
		0x0f, 0xff, 2,	4,    6,    8,	  10,	12, /* VLAN, MAC */
	};
	struct mlx4_wqe_datagram_seg seg = {};

	mlx4dv_set_dgram_seg(&seg, 0x01000009, 0x81, 0x1234, 3, 4, 64,
			     0x50000007, dgid, 0x200, 0x11223344, 0xfff, mac);
	assert_int_equal(sizeof(seg), sizeof(bytes));
	assert_memory_equal(&seg, bytes, sizeof(bytes));
}

static void test_cqe_owner_and_opcode_share_a_byte(void **state)
{
	struct mlx4_cqe cqe = { .owner_sr_opcode = 0x4a };

	mlx4dv_set_cqe_owner(&cqe, 0xff);
	assert_int_equal(cqe.owner_sr_opcode, 0xca);
	assert_int_equal(mlx4dv_get_cqe_owner(&cqe), 0x80);
	assert_int_equal(mlx4dv_get_cqe_opcode(&cqe), MLX4_OPCODE_SEND);
	mlx4dv_set_cqe_owner(&cqe, 0);
	assert_int_equal(cqe.owner_sr_opcode, 0x4a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ctrl_seg),
		cmocka_unit_test(test_data_seg),
		cmocka_unit_test(test_dgram_seg),
		cmocka_unit_test(test_cqe_owner_and_opcode_share_a_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
