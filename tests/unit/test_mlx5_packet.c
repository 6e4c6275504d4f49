/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Raw packets: the bytes of their requests at every kind of place in the ring. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "mlx5_queues.h"
#include "packet.h"

/* Two WQEs of three blocks. */
static const struct ibv_qp_init_attr_ex packet_attr = {
	.qp_type = IBV_QPT_RAW_PACKET,
	.comp_mask = IBV_QP_INIT_ATTR_SEND_OPS_FLAGS |
		     IBV_QP_INIT_ATTR_MAX_TSO_HEADER,
	.send_ops_flags = IBV_QP_EX_WITH_SEND | IBV_QP_EX_WITH_TSO,
	.max_tso_header = 54,
	.cap = {
		.max_send_wr = 2,
		.max_recv_wr = 1,
		.max_send_sge = 3,
		.max_recv_sge = 1,
		.max_inline_data = 64,
	},
};

enum { MAX_INLINE = 140 };

static const struct mlx5_packet_caps no_header = {
	.max_tso_header = 54,
	.csum = true,
};

static const struct mlx5_packet_caps with_header = {
	.inline_header = 18,
	.max_tso_header = 54,
	.csum = true,
};

/* ---- The bytes that are expected ------------------------------------------------- */

static uint8_t text[512];

struct bytes {
	uint8_t at[512];
	size_t len;
};

static void add(struct bytes *to, const void *from, size_t len)
{
	assert_true(to->len + len <= sizeof(to->at));
	if (len)
		memcpy(to->at + to->len, from, len);
	to->len += len;
}

static void add_be(struct bytes *to, uint64_t value, int len)
{
	uint8_t byte;

	while (len--) {
		byte = value >> (8 * len);
		add(to, &byte, 1);
	}
}

/* What nobody writes, up to a segment's end. */
static void fill_up(struct bytes *to, uint8_t fill)
{
	while (to->len % SEG)
		add(to, &fill, 1);
}

static void add_ctrl(struct bytes *to, uint8_t opcode, uint32_t ds)
{
	to->len = 0;
	add_be(to, opcode, 4);
	add_be(to, QPN << 8 | ds, 4);
	add_be(to, 8, 4); /* a completion */
	add_be(to, 0, 4);
}

static void add_eth(struct bytes *to, uint8_t csum, uint16_t mss,
		    const void *header, size_t header_len)
{
	add_be(to, 0, 4);
	add_be(to, csum, 1);
	add_be(to, 0, 1);
	add_be(to, mss, 2);
	add_be(to, 0, 4);
	add_be(to, header_len, 2);
	add(to, header, header_len);
	if (!header_len)
		fill_up(to, 0);
	else
		fill_up(to, header_len < 18 ? 0 : FILL);
}

static void add_sge(struct bytes *to, const struct ibv_sge *sge, size_t skip)
{
	add_be(to, sge->length - skip, 4);
	add_be(to, sge->lkey, 4);
	add_be(to, sge->addr + skip, 8);
}

static void add_inline(struct bytes *to, const void *data, size_t len)
{
	add_be(to, 1u << 31 | len, 4);
	add(to, data, len);
	fill_up(to, FILL);
}

/* ---- Requests ----------------------------------------------------------------------- */

static struct ibv_sge sges[3];

/* Pieces of text of these lengths, up to one of 0. */
static struct ibv_send_wr send_wr(unsigned int flags, uint32_t len0,
				  uint32_t len1, uint32_t len2)
{
	const uint32_t len[] = { len0, len1, len2 };
	struct ibv_send_wr wr = {
		.sg_list = sges,
		.opcode = IBV_WR_SEND,
		.send_flags = IBV_SEND_SIGNALED | flags,
	};
	uintptr_t addr = (uintptr_t)text;
	size_t i;

	for (i = 0; i < sizeof(text); i++)
		text[i] = i * 7 + 1;
	for (i = 0; i < 3 && len[i]; i++) {
		sges[i] = (struct ibv_sge){ addr, len[i], 0x112233 + i };
		addr += len[i];
		wr.num_sge++;
	}
	return wr;
}

static struct ibv_send_wr tso_wr(unsigned int flags, uint16_t header_len,
				 uint32_t len)
{
	struct ibv_send_wr wr = send_wr(flags, len, 0, 0);

	wr.opcode = IBV_WR_TSO;
	wr.tso.hdr = text + 256;
	wr.tso.hdr_sz = header_len;
	wr.tso.mss = 1000;
	return wr;
}

static void init(struct fixture *f, const struct mlx5_packet_caps *caps)
{
	init_fixture(f, &packet_attr);
	f->qp.sq.packet = *caps;
}

static void check(const struct mlx5_packet_caps *caps, struct ibv_send_wr *wr,
		  const struct bytes *expected)
{
	struct fixture f;

	init(&f, caps);
	assert_int_equal(f.sizes.sq_blocks, 8);
	assert_int_equal(f.qp.sq.max_inline, MAX_INLINE);
	check_everywhere(&f, wr, expected->at, expected->len);
	fini_fixture(&f);
}

static void test_packet(void **state)
{
	struct ibv_send_wr wr = send_wr(0, 100, 200, 0);
	struct bytes b;

	add_ctrl(&b, 0x0a, 4);
	add_eth(&b, 0, 0, NULL, 0);
	add_sge(&b, &sges[0], 0);
	add_sge(&b, &sges[1], 0);
	check(&no_header, &wr, &b);
}

static void test_checksums(void **state)
{
	struct ibv_send_wr wr = send_wr(IBV_SEND_IP_CSUM, 100, 0, 0);
	struct bytes b;

	add_ctrl(&b, 0x0a, 3);
	add_eth(&b, 0xc0, 0, NULL, 0);
	add_sge(&b, &sges[0], 0);
	check(&no_header, &wr, &b);
}

static void test_header_in_the_request(void **state)
{
	struct ibv_send_wr wr = send_wr(0, 100, 0, 0);
	struct bytes b;

	add_ctrl(&b, 0x0a, 4);
	add_eth(&b, 0, 0, text, 18);
	add_sge(&b, &sges[0], 18);
	check(&with_header, &wr, &b);
}

/* Of the first nothing is left, of the second a part. */
static void test_header_of_several_pieces(void **state)
{
	struct ibv_send_wr wr = send_wr(0, 10, 20, 30);
	struct bytes b;

	add_ctrl(&b, 0x0a, 5);
	add_eth(&b, 0, 0, text, 18);
	add_sge(&b, &sges[1], 8);
	add_sge(&b, &sges[2], 0);
	check(&with_header, &wr, &b);
}

static void test_header_alone(void **state)
{
	struct ibv_send_wr wr = send_wr(0, 18, 0, 0);
	struct bytes b;

	add_ctrl(&b, 0x0a, 3);
	add_eth(&b, 0, 0, text, 18);
	check(&with_header, &wr, &b);
}

static void test_inline_data(void **state)
{
	struct ibv_send_wr wr = send_wr(IBV_SEND_INLINE, 40, 60, 0);
	struct bytes b;

	add_ctrl(&b, 0x0a, 9);
	add_eth(&b, 0, 0, NULL, 0);
	add_inline(&b, text, 100);
	check(&no_header, &wr, &b);
	add_ctrl(&b, 0x0a, 9);
	add_eth(&b, 0, 0, text, 18);
	add_inline(&b, text + 18, 82);
	check(&with_header, &wr, &b);
}

/* Beside the header that the device wants there is room for as much as else. */
static void test_most_inline_data(void **state)
{
	struct ibv_send_wr wr = send_wr(IBV_SEND_INLINE, 18 + MAX_INLINE, 0, 0);
	struct bytes b;

	add_ctrl(&b, 0x0a, 12);
	add_eth(&b, 0, 0, text, 18);
	add_inline(&b, text + 18, MAX_INLINE);
	check(&with_header, &wr, &b);
}

static void check_tso(const struct mlx5_packet_caps *caps, uint16_t header_len,
		      uint32_t header_segs)
{
	struct ibv_send_wr wr = tso_wr(IBV_SEND_IP_CSUM, header_len, 3000);
	struct bytes b;

	add_ctrl(&b, 0x0e, 2 + header_segs + 1);
	add_eth(&b, 0xc0, 1000, text + 256, header_len);
	add_sge(&b, &sges[0], 0);
	check(caps, &wr, &b);
}

/* The program's header is there, so that the device needs no other. */
static void test_packet_to_be_cut(void **state)
{
	check_tso(&no_header, 14, 1);
	check_tso(&no_header, 18, 1);
	check_tso(&no_header, 42, 3);
	check_tso(&no_header, 54, 4);
	check_tso(&with_header, 54, 4);
}

/* ---- What cannot be posted ------------------------------------------------------------ */

static int post_list(struct fixture *f, struct ibv_send_wr *wr)
{
	struct ibv_send_wr *bad = NULL;
	int ret = mlx5_post_send(&f->qp.qp, wr, &bad);

	assert_ptr_equal(bad, ret ? wr : NULL);
	return ret;
}

static void refuse(const struct mlx5_packet_caps *caps, struct ibv_send_wr wr)
{
	struct fixture f;

	init(&f, caps);
	assert_int_equal(post_list(&f, &wr), EINVAL);
	if (wr.opcode == IBV_WR_SEND || wr.opcode == IBV_WR_TSO)
		assert_int_equal(post_by_calls(&f, &wr), EINVAL);
	assert_int_equal(f.qp.sq.cur_block, 0);
	assert_int_equal(f.dbrec[1], 0);
	/* and the queue goes on */
	wr = send_wr(0, 100, 0, 0);
	assert_int_equal(post_list(&f, &wr), 0);
	assert_int_equal(post_by_calls(&f, &wr), 0);
	fini_fixture(&f);
}

static void test_other_opcode_is_einval(void **state)
{
	struct ibv_send_wr wr = send_wr(0, 100, 0, 0);

	wr.opcode = IBV_WR_SEND_WITH_IMM;
	refuse(&no_header, wr);
	wr.opcode = IBV_WR_RDMA_WRITE;
	refuse(&no_header, wr);
}

static void test_too_short_for_a_header_is_einval(void **state)
{
	refuse(&with_header, send_wr(0, 17, 0, 0));
	refuse(&with_header, send_wr(IBV_SEND_INLINE, 10, 7, 0));
	refuse(&with_header, send_wr(0, 0, 0, 0));
}

static void test_too_much_is_einval(void **state)
{
	struct ibv_send_wr wr = send_wr(0, 1, 1, 1);

	wr.num_sge = 4;
	refuse(&no_header, wr);
	refuse(&no_header, send_wr(IBV_SEND_INLINE, MAX_INLINE + 1, 0, 0));
	refuse(&with_header, send_wr(IBV_SEND_INLINE, MAX_INLINE + 19, 0, 0));
	/* The header is larger than what is reckoned with inline data. */
	refuse(&no_header, tso_wr(IBV_SEND_INLINE, 54, MAX_INLINE - 47));
}

static void test_header_of_impossible_length_is_einval(void **state)
{
	refuse(&no_header, tso_wr(0, 13, 3000));
	refuse(&no_header, tso_wr(0, 55, 3000));
}

static void test_what_the_device_cannot_do_is_einval(void **state)
{
	static const struct mlx5_packet_caps nothing;

	refuse(&nothing, tso_wr(0, 14, 3000));
	refuse(&nothing, send_wr(IBV_SEND_IP_CSUM, 100, 0, 0));
}

static void test_full_ring_is_enomem(void **state)
{
	struct ibv_send_wr wr = send_wr(IBV_SEND_INLINE, MAX_INLINE, 0, 0);
	struct fixture f;

	init(&f, &no_header);
	assert_int_equal(post_list(&f, &wr), 0);
	assert_int_equal(post_list(&f, &wr), 0);
	assert_int_equal(post_list(&f, &wr), ENOMEM);
	assert_int_equal(post_by_calls(&f, &wr), ENOMEM);
	fini_fixture(&f);
}

/* A request without data is complete, unless headers are wanted. */
static void test_call_without_data(void **state)
{
	struct ibv_qp_ex *qp;
	struct fixture f;

	init(&f, &no_header);
	qp = &f.qp.vqp.qp_ex;
	ibv_wr_start(qp);
	qp->wr_flags = 0;
	ibv_wr_send_tso(qp, text, 54, 1000);
	assert_int_equal(ibv_wr_complete(qp), 0);
	assert_int_equal(f.qp.sq.cur_block, 2);
	/* Data without a request. */
	ibv_wr_start(qp);
	ibv_wr_set_sge(qp, 1, 2, 3);
	assert_int_equal(ibv_wr_complete(qp), EINVAL);
	assert_int_equal(f.qp.sq.cur_block, 2);
	fini_fixture(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packet),
		cmocka_unit_test(test_checksums),
		cmocka_unit_test(test_header_in_the_request),
		cmocka_unit_test(test_header_of_several_pieces),
		cmocka_unit_test(test_header_alone),
		cmocka_unit_test(test_inline_data),
		cmocka_unit_test(test_most_inline_data),
		cmocka_unit_test(test_packet_to_be_cut),
		cmocka_unit_test(test_other_opcode_is_einval),
		cmocka_unit_test(test_too_short_for_a_header_is_einval),
		cmocka_unit_test(test_too_much_is_einval),
		cmocka_unit_test(test_header_of_impossible_length_is_einval),
		cmocka_unit_test(test_what_the_device_cannot_do_is_einval),
		cmocka_unit_test(test_full_ring_is_enomem),
		cmocka_unit_test(test_call_without_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
