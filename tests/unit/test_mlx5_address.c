/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Address vectors, and the sends that carry an address: datagrams, and XRC with
 * the number of the remote SRQ. Byte for byte, at every kind of place.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "mlx5_queues.h"

/* ---- Address vectors -------------------------------------------------------- */

#define GID_BYTES 0xfe, 0x80, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0xff

static const struct ibv_ah_attr ah_attr = {
	.grh = {
		.dgid.raw = { GID_BYTES },
		.flow_label = 0xabcde,
		.sgid_index = 0x12,
		.hop_limit = 0x40,
		.traffic_class = 0x68,
	},
	.dlid = 0x4321,
	.sl = 0xb,
	.src_path_bits = 0x85,
	.static_rate = 3,
	.is_global = 1,
	.port_num = 1,
};

#define NO_KEY 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
#define NO_MAC 0, 0, 0, 0, 0, 0
#define GRH_BYTES 0x68, 0x40, 0x41, 0x2a, 0xbc, 0xde, GID_BYTES
#define ETH_BYTES 0x68, 0x40, 0x01, 0x2a, 0xbc, 0xde, GID_BYTES

static void check_av(const struct ibv_ah_attr *attr, bool ethernet,
		     bool over_udp, const uint8_t *expected)
{
	struct prm_av_seg av;

	memset(&av, FILL, sizeof(av));
	mlx5_fill_av(&av, attr, ethernet, over_udp);
	assert_memory_equal(&av, expected, sizeof(av));
}

static void test_av_infiniband(void **state)
{
	static const uint8_t with_grh[] = {
		NO_KEY, 0x3b, 0x05, 0x43, 0x21, 0, 0, 0, 0, NO_MAC, GRH_BYTES,
	};
	static const uint8_t local[48] = {
		NO_KEY, 0x3b, 0x05, 0x43, 0x21,
	};
	struct ibv_ah_attr attr = ah_attr;

	check_av(&attr, false, false, with_grh);
	attr.is_global = 0;
	check_av(&attr, false, false, local);
}

/* The SL is a priority of three bits; LID and path bits do not exist. */
static void test_av_roce_v1(void **state)
{
	static const uint8_t expected[] = {
		NO_KEY, 0x36, 0, 0, 0, 0, 0, 0, 0, NO_MAC, ETH_BYTES,
	};

	check_av(&ah_attr, true, false, expected);
}

/* 0xabcde: low 14 bits 0x3cde, rest 0x2a shifted in, base 0xc000. */
static void test_av_roce_v2_has_a_source_port(void **state)
{
	static const uint8_t expected[] = {
		NO_KEY, 0x36, 0, 0xfc, 0xf4, 0, 0, 0, 0, NO_MAC, ETH_BYTES,
	};

	check_av(&ah_attr, true, true, expected);
}

static void test_av_takes_20_bits_of_flow_label(void **state)
{
	struct ibv_ah_attr attr = ah_attr;
	struct prm_av_seg av;

	attr.grh.flow_label = 0xffffffff;
	attr.grh.sgid_index = 0xff;
	mlx5_fill_av(&av, &attr, false, false);
	assert_int_equal(be32toh(av.grh_gid_fl), 0x4fffffff);
}

/* ---- Datagrams ------------------------------------------------------------------ */

static struct mlx5_ah ah;

static void fill_ah(void)
{
	static const uint8_t mac[6] = { 0x02, 0x11, 0x22, 0x33, 0x44, 0x55 };

	mlx5_fill_av(&ah.av, &ah_attr, true, false);
	memcpy(ah.av.rmac, mac, sizeof(mac));
}

#define DATAGRAM_BYTES                                                       \
	0x11, 0x22, 0x33, 0x44, 0, 0, 0, 0, 0x80, 0xab, 0xcd, 0xef, 0x36, 0, \
		0, 0, 0, 0, 0, 0, 0x02, 0x11, 0x22, 0x33, 0x44, 0x55,        \
		ETH_BYTES

static struct ibv_send_wr ud_wr(enum ibv_wr_opcode opcode, unsigned int flags)
{
	return (struct ibv_send_wr){
		.sg_list = &one_sge,
		.num_sge = 1,
		.opcode = opcode,
		.send_flags = flags,
		.imm_data = htobe32(0xc0ffee11),
		.wr.ud = {
			.ah = &ah.ah,
			.remote_qpn = 0xabcdef,
			.remote_qkey = 0x11223344,
		},
	};
}

static struct ibv_qp_init_attr_ex ud_attr(void)
{
	struct ibv_qp_init_attr_ex attr = usual_attr;

	attr.qp_type = IBV_QPT_UD;
	attr.send_ops_flags = IBV_QP_EX_WITH_SEND;
	attr.cap.max_send_sge = 2;
	attr.cap.max_inline_data = 0;
	return attr;
}

/* Its data begins the second block: from the last place that is the first. */
static void test_datagram(void **state)
{
	struct ibv_send_wr wr = ud_wr(IBV_WR_SEND, IBV_SEND_SIGNALED);
	struct ibv_qp_init_attr_ex attr = ud_attr();
	static const uint8_t wqe[] = {
		0x00,
		IDX,
		0x0a,
		0x12,
		0x34,
		0x56,
		0x05,
		0,
		0,
		0,
		0x08,
		0,
		0,
		0,
		0,
		DATAGRAM_BYTES,
		ONE_SGE_BYTES,
	};

	fill_ah();
	check_attr(&attr, &wr, wqe, sizeof(wqe));
}

static void test_datagram_with_imm_and_two_sges(void **state)
{
	struct ibv_sge sges[2] = { one_sge, one_sge };
	struct ibv_send_wr wr = ud_wr(IBV_WR_SEND_WITH_IMM, IBV_SEND_SOLICITED);
	struct ibv_qp_init_attr_ex attr = ud_attr();
	static const uint8_t wqe[] = {
		0x00,
		IDX,
		0x0b,
		0x12,
		0x34,
		0x56,
		0x06,
		0,
		0,
		0,
		0x02,
		0xc0,
		0xff,
		0xee,
		0x11,
		DATAGRAM_BYTES,
		ONE_SGE_BYTES,
		ONE_SGE_BYTES,
	};

	fill_ah();
	wr.sg_list = sges;
	wr.num_sge = 2;
	check_attr(&attr, &wr, wqe, sizeof(wqe));
}

static void test_datagram_without_data(void **state)
{
	struct ibv_send_wr wr = ud_wr(IBV_WR_SEND, 0);
	struct ibv_qp_init_attr_ex attr = ud_attr();
	static const uint8_t wqe[] = {
		0x00, IDX, 0x0a, 0x12, 0x34, 0x56, 0x04, 0,
		0,    0,   0x00, 0,    0,    0,	   0,	 DATAGRAM_BYTES,
	};

	fill_ah();
	wr.num_sge = 0;
	check_attr(&attr, &wr, wqe, sizeof(wqe));
}

static void test_datagram_inline(void **state)
{
	struct ibv_sge sge = { .addr = (uintptr_t) "hello", .length = 5 };
	struct ibv_send_wr wr = ud_wr(IBV_WR_SEND, IBV_SEND_INLINE);
	struct ibv_qp_init_attr_ex attr = ud_attr();
	static const uint8_t wqe[] = {
		0x00, IDX,  0x0a, 0x12, 0x34, 0x56, 0x05, 0,
		0,    0,    0x00, 0,	0,    0,    0,	  DATAGRAM_BYTES,
		0x80, 0,    0,	  5,	'h',  'e',  'l',  'l',
		'o',  FILL, FILL, FILL, FILL, FILL, FILL, FILL,
	};

	fill_ah();
	wr.sg_list = &sge;
	check_attr(&attr, &wr, wqe, sizeof(wqe));
}

static void check_refused(enum ibv_qp_type type, enum ibv_wr_opcode opcode)
{
	struct ibv_qp_init_attr_ex attr = ud_attr();
	struct ibv_send_wr wr = ud_wr(opcode, 0);
	struct ibv_send_wr *bad = NULL;
	struct fixture f;

	attr.qp_type = type;
	init_fixture(&f, &attr);
	assert_int_equal(mlx5_post_send(&f.qp.qp, &wr, &bad), EINVAL);
	assert_ptr_equal(bad, &wr);
	assert_int_equal(f.reg, 0);
	fini_fixture(&f);
}

static void test_datagrams_and_uc_have_few_opcodes(void **state)
{
	check_refused(IBV_QPT_UD, IBV_WR_RDMA_WRITE);
	check_refused(IBV_QPT_UD, IBV_WR_RDMA_READ);
	check_refused(IBV_QPT_UD, IBV_WR_SEND_WITH_INV);
	check_refused(IBV_QPT_UC, IBV_WR_RDMA_READ);
	check_refused(IBV_QPT_UC, IBV_WR_ATOMIC_FETCH_AND_ADD);
}

/* ---- By calls: who forgets the address ------------------------------------------- */

static void test_request_without_address_is_einval(void **state)
{
	struct ibv_qp_init_attr_ex attr = ud_attr();
	struct ibv_qp_ex *qp;
	struct fixture f;

	init_fixture(&f, &attr);
	qp = &f.qp.vqp.qp_ex;
	ibv_wr_start(qp);
	ibv_wr_send(qp);
	ibv_wr_set_sge(qp, 1, 2, 3);
	assert_int_equal(ibv_wr_complete(qp), EINVAL);
	assert_int_equal(f.qp.sq.cur_block, 0);
	fini_fixture(&f);
}

static void test_address_without_request_is_einval(void **state)
{
	struct ibv_qp_init_attr_ex attr = ud_attr();
	struct ibv_qp_ex *qp;
	struct fixture f;

	init_fixture(&f, &attr);
	qp = &f.qp.vqp.qp_ex;
	ibv_wr_start(qp);
	ibv_wr_set_ud_addr(qp, &ah.ah, 1, 2);
	assert_int_equal(ibv_wr_complete(qp), EINVAL);
	ibv_wr_start(qp); /* the next batch is as good as new */
	ibv_wr_send(qp);
	ibv_wr_set_ud_addr(qp, &ah.ah, 1, 2);
	assert_int_equal(ibv_wr_complete(qp), 0);
	fini_fixture(&f);
}

/* ---- XRC ------------------------------------------------------------------------------ */

#define XRC_BYTES 0x00, 0x5a, 0x6b, 0x7c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0

static struct ibv_send_wr xrc_wr(enum ibv_wr_opcode opcode)
{
	struct ibv_send_wr wr = rdma_wr(opcode, IBV_SEND_SIGNALED);

	wr.qp_type.xrc.remote_srqn = 0x5a6b7c;
	return wr;
}

static struct ibv_qp_init_attr_ex xrc_attr(void)
{
	struct ibv_qp_init_attr_ex attr = usual_attr;

	attr.qp_type = IBV_QPT_XRC_SEND;
	attr.cap.max_send_sge = 5;
	attr.cap.max_inline_data = 0;
	return attr;
}

static void test_xrc_send(void **state)
{
	struct ibv_send_wr wr = xrc_wr(IBV_WR_SEND);
	struct ibv_qp_init_attr_ex attr = xrc_attr();
	static const uint8_t wqe[] = {
		0x00, IDX, 0x0a, 0x12, 0x34, 0x56,	0x03,	       0, 0, 0,
		0x08, 0,   0,	 0,    0,    XRC_BYTES, ONE_SGE_BYTES,
	};

	check_attr(&attr, &wr, wqe, sizeof(wqe));
}

static void test_xrc_write_with_imm(void **state)
{
	struct ibv_send_wr wr = xrc_wr(IBV_WR_RDMA_WRITE_WITH_IMM);
	struct ibv_qp_init_attr_ex attr = xrc_attr();
	static const uint8_t wqe[] = {
		0x00, IDX, 0x09, 0x12,	    0x34,	  0x56,
		0x04, 0,   0,	 0,	    0x08,	  1,
		2,    3,   4,	 XRC_BYTES, REMOTE_BYTES, ONE_SGE_BYTES,
	};

	check_attr(&attr, &wr, wqe, sizeof(wqe));
}

/* The one whose data begins the second block. */
static void test_xrc_fetch_and_add(void **state)
{
	struct ibv_send_wr wr = xrc_wr(IBV_WR_ATOMIC_FETCH_AND_ADD);
	struct ibv_qp_init_attr_ex attr = xrc_attr();
	static const uint8_t wqe[] = {
		0x00,
		IDX,
		0x12,
		0x12,
		0x34,
		0x56,
		0x05,
		0,
		0,
		0,
		0x08,
		0,
		0,
		0,
		0,
		XRC_BYTES,
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
		0x00,
		0x00,
		0x00,
		0x08,
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

	wr.wr.atomic.remote_addr = REMOTE_ADDR;
	wr.wr.atomic.compare_add = 0x1111111122222222;
	wr.wr.atomic.rkey = REMOTE_RKEY;
	check_attr(&attr, &wr, wqe, sizeof(wqe));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_av_infiniband),
		cmocka_unit_test(test_av_roce_v1),
		cmocka_unit_test(test_av_roce_v2_has_a_source_port),
		cmocka_unit_test(test_av_takes_20_bits_of_flow_label),
		cmocka_unit_test(test_datagram),
		cmocka_unit_test(test_datagram_with_imm_and_two_sges),
		cmocka_unit_test(test_datagram_without_data),
		cmocka_unit_test(test_datagram_inline),
		cmocka_unit_test(test_datagrams_and_uc_have_few_opcodes),
		cmocka_unit_test(test_request_without_address_is_einval),
		cmocka_unit_test(test_address_without_request_is_einval),
		cmocka_unit_test(test_xrc_send),
		cmocka_unit_test(test_xrc_write_with_imm),
		cmocka_unit_test(test_xrc_fetch_and_add),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
