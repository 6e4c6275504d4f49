/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Small messages in completion queue entries of mlx5: where the data goes, and
 * what is told of it.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mlx5_completions.h"

#define NULL_KEY 0x00445566
#define KEY 0x00112233
#define AREA 256 /* of which segments are parts */
#define SRQ_WQES 4

enum { DATA_32 = 0x4, DATA_64 = 0x8, SEND = 0x2, SEND_IMM = 0x3 };

static uint8_t area[AREA];

/* Three segments of other lengths, with canaries between them. */
static struct ibv_sge list[] = {
	{ .addr = (uintptr_t)area + 10, .length = 7, .lkey = KEY },
	{ .addr = (uintptr_t)area + 30, .length = 20, .lkey = KEY },
	{ .addr = (uintptr_t)area + 70, .length = 37, .lkey = KEY },
};

static const struct ibv_qp_init_attr_ex wide = {
	.qp_type = IBV_QPT_RC,
	.cap = { .max_send_wr = 8,
		 .max_recv_wr = 8,
		 .max_send_sge = 3,
		 .max_recv_sge = 3 },
};

static uint8_t data_at(uint32_t i)
{
	return 0x21 + i;
}

static void clear_area(void)
{
	memset(area, FILL, sizeof(area));
}

/* The first len bytes went to the segments from first on, and nothing else. */
static void check_area_from(int first, uint32_t len)
{
	uint8_t expected[AREA];
	uint32_t pos = 0, i;
	int n;

	memset(expected, FILL, sizeof(expected));
	for (n = first; n < 3; n++)
		for (i = 0; i < list[n].length && pos < len; i++)
			expected[list[n].addr - (uintptr_t)area + i] =
				data_at(pos++);
	assert_memory_equal(area, expected, AREA);
}

static void check_area(uint32_t len)
{
	check_area_from(0, len);
}

static void post_list(struct side *s, uint64_t wr_id, struct ibv_sge *sge,
		      int num_sge)
{
	struct ibv_recv_wr wr = { .wr_id = wr_id,
				  .sg_list = sge,
				  .num_sge = num_sge };
	struct ibv_recv_wr *bad;

	assert_int_equal(mlx5_post_recv(&s->qp.qp, &wr, &bad), 0);
}

/* With len bytes in it; what is behind them belongs to nobody. */
static uint8_t *load(struct fixture *f, uint8_t *cqe, uint8_t format,
		     uint32_t len)
{
	uint8_t *at = format == DATA_32 ? cqe : cqe - CQE_LEN;
	uint32_t i;

	memset(at, 0xff, format == DATA_32 ? 32 : 64);
	for (i = 0; i < len; i++)
		at[i] = data_at(i);
	put_be(cqe + 44, len, 4);
	cqe[63] |= format;
	return cqe;
}

/* All that the entry has room for. */
static bool has_room(const struct fixture *f, uint8_t format)
{
	return format == DATA_32 || f->format->cqe_size > CQE_LEN;
}

/* ---- Receives ------------------------------------------------------------------------ */

static const struct {
	uint8_t format;
	uint32_t len;
} messages[] = {
	{ DATA_32, 0 },	 { DATA_32, 1 },  { DATA_32, 7 },  { DATA_32, 8 },
	{ DATA_32, 31 }, { DATA_32, 32 }, { DATA_64, 0 },  { DATA_64, 1 },
	{ DATA_64, 32 }, { DATA_64, 33 }, { DATA_64, 63 }, { DATA_64, 64 },
};

#define NUM_MESSAGES (sizeof(messages) / sizeof(messages[0]))

/* More of them than the rings have, so each place of them. */
static void message_goes_to_its_list(struct fixture *f)
{
	struct ibv_wc wc;
	size_t i;

	remake(&f->a, &wide);
	for (i = 0; i < 3 * NUM_MESSAGES; i++) {
		if (!has_room(f, messages[i % NUM_MESSAGES].format))
			continue;
		clear_area();
		post_list(&f->a, i, list, 3);
		load(f, put_cqe(f, &f->a, SEND),
		     messages[i % NUM_MESSAGES].format,
		     messages[i % NUM_MESSAGES].len);
		poll_one(f, &wc);
		assert_int_equal(wc.status, IBV_WC_SUCCESS);
		assert_int_equal(wc.wr_id, i);
		assert_int_equal(wc.opcode, IBV_WC_RECV);
		assert_int_equal(wc.byte_len, messages[i % NUM_MESSAGES].len);
		check_area(wc.byte_len);
	}
}

static void test_message_goes_to_its_list(void **state)
{
	for_each_format(message_goes_to_its_list);
}

/* In an entry of 64 bytes the data is where these would be. */
static void fields_are_not_data(struct fixture *f)
{
	struct ibv_wc wc;
	uint8_t *cqe;

	remake(&f->a, &wide);
	post_list(&f->a, 1, list, 3);
	cqe = load(f, put_cqe(f, &f->a, SEND_IMM), DATA_32, 32);
	put_be(cqe + 36, 0x01020304, 4);
	poll_one(f, &wc);
	assert_int_equal(wc.wc_flags, IBV_WC_WITH_IMM);
	assert_int_equal(be32toh(wc.imm_data), 0x01020304);
	assert_int_equal(wc.qp_num, QPN_A);
	assert_int_equal(wc.src_qp, 0);
	assert_int_equal(wc.slid, 0);
	assert_int_equal(wc.sl, 0);
	assert_int_equal(wc.dlid_path_bits, 0);
	assert_int_equal(wc.vendor_err, 0);
}

static void test_fields_are_not_data(void **state)
{
	for_each_format(fields_are_not_data);
}

/* With and without data, and an error, all by one call. */
static void others_are_between(struct fixture *f)
{
	struct ibv_wc wc[4];
	int i;

	remake(&f->a, &wide);
	clear_area();
	for (i = 0; i < 4; i++)
		post_list(&f->a, i, &list[i % 3], 1);
	load(f, put_cqe(f, &f->a, SEND), DATA_32, 3);
	put_be(put_cqe(f, &f->a, SEND) + 44, 1000, 4);
	load(f, put_cqe(f, &f->a, SEND), DATA_32, 5);
	put_cqe(f, &f->a, 0xe)[55] = 0x05;
	assert_int_equal(poll_cq(f, 4, wc), 4);
	for (i = 0; i < 4; i++)
		assert_int_equal(wc[i].wr_id, i);
	assert_int_equal(wc[0].byte_len, 3);
	assert_int_equal(wc[1].byte_len, 1000);
	assert_int_equal(wc[2].byte_len, 5);
	assert_int_equal(wc[3].status, IBV_WC_WR_FLUSH_ERR);
	assert_int_equal(area[list[0].addr - (uintptr_t)area + 2], data_at(2));
	assert_int_equal(area[list[1].addr - (uintptr_t)area], FILL);
	assert_int_equal(area[list[2].addr - (uintptr_t)area + 4], data_at(4));
}

static void test_others_are_between(void **state)
{
	for_each_format(others_are_between);
}

static void list_that_is_too_short_is_an_error(struct fixture *f)
{
	struct ibv_wc wc;

	remake(&f->a, &wide);
	clear_area();
	post_list(&f->a, 1, list, 2);
	post_list(&f->a, 2, NULL, 0);
	load(f, put_cqe(f, &f->a, SEND), DATA_32, 28);
	load(f, put_cqe(f, &f->a, SEND), DATA_32, 1);
	poll_one(f, &wc);
	assert_int_equal(wc.status, IBV_WC_LOC_LEN_ERR);
	assert_int_equal(wc.wr_id, 1);
	check_area(27);
	poll_one(f, &wc);
	assert_int_equal(wc.status, IBV_WC_LOC_LEN_ERR);
	assert_int_equal(wc.wr_id, 2);
}

static void test_list_that_is_too_short_is_an_error(void **state)
{
	for_each_format(list_that_is_too_short_is_an_error);
}

/* The device keeps such data to itself, so there is nowhere to write to. */
static void null_key_takes_any_data(struct fixture *f)
{
	struct ibv_sge sge[] = { { .length = 9, .lkey = NULL_KEY }, list[2] };
	struct ibv_wc wc;

	f->ctx.resp.comp_mask = MLX5_IB_ALLOC_UCONTEXT_RESP_MASK_DUMP_FILL_MKEY;
	f->ctx.resp.dump_fill_mkey = NULL_KEY;
	remake(&f->a, &wide);
	clear_area();
	post_list(&f->a, 1, sge, 2);
	load(f, put_cqe(f, &f->a, SEND), DATA_32, 12);
	poll_one(f, &wc);
	assert_int_equal(wc.status, IBV_WC_SUCCESS);
	assert_int_equal(area[list[2].addr - (uintptr_t)area], data_at(9));
	assert_int_equal(area[list[2].addr - (uintptr_t)area + 3], FILL);
}

static void test_null_key_takes_any_data(void **state)
{
	for_each_format(null_key_takes_any_data);
}

/* ---- Entries that make no sense --------------------------------------------------------- */

static void check_nonsense(struct fixture *f)
{
	struct ibv_wc wc;
	uint32_t ci = f->cq.ci;

	clear_area();
	assert_int_equal(poll_cq(f, 1, &wc), -EINVAL);
	assert_int_equal(f->cq.ci, ci + 1);
	check_area(0);
}

static void more_than_fits_is_nonsense(struct fixture *f)
{
	uint8_t *cqe;

	remake(&f->a, &wide);
	post_list(&f->a, 1, list, 3);
	cqe = load(f, put_cqe(f, &f->a, SEND), DATA_32, 32);
	put_be(cqe + 44, 33, 4);
	check_nonsense(f);
	put_cqe(f, &f->a, SEND)[63] |= DATA_32 | DATA_64;
	check_nonsense(f);
	cqe = put_cqe(f, &f->a, SEND);
	cqe[63] |= DATA_64;
	if (has_room(f, DATA_64))
		put_be(cqe + 44, 65, 4);
	check_nonsense(f);
}

static void test_more_than_fits_is_nonsense(void **state)
{
	for_each_format(more_than_fits_is_nonsense);
}

static void send_returns_nothing(struct fixture *f)
{
	post_send(&f->a, 1, IBV_WR_SEND);
	load(f, put_send(f, &f->a, 0), DATA_32, 1);
	check_nonsense(f);
}

static void test_send_returns_nothing(void **state)
{
	for_each_format(send_returns_nothing);
}

/* ---- Shared receive queues ---------------------------------------------------------------- */

/* The entry says which, in whatever order. */
static void shared_receive_has_its_data(struct fixture *f)
{
	struct mlx5_srq srq = { .dbrec = f->b.dbrec };
	struct ibv_recv_wr wr = { .num_sge = 1 }, *bad;
	struct ibv_wc wc;
	int i;

	assert_int_equal(mlx5_alloc_buf(&srq.buf, SRQ_WQES * 32), 0);
	assert_int_equal(mlx5_init_srq_ring(&srq, SRQ_WQES, 5), 0);
	f->a.qp.srq = &srq;
	for (i = 0; i < 3; i++) {
		wr.wr_id = i;
		wr.sg_list = &list[i];
		assert_int_equal(mlx5_post_srq_recv(&srq.srq, &wr, &bad), 0);
	}
	clear_area();
	put_be(load(f, put_cqe(f, &f->a, SEND), DATA_32, 20) + 60, 1, 2);
	poll_one(f, &wc);
	assert_int_equal(wc.wr_id, 1);
	assert_int_equal(wc.status, IBV_WC_SUCCESS);
	check_area_from(1, 20);
	assert_int_equal(srq.tail, 1);
	free(srq.wr_id);
	mlx5_free_buf(&srq.buf);
}

static void test_shared_receive_has_its_data(void **state)
{
	for_each_format(shared_receive_has_its_data);
}

/* ---- What comes back -------------------------------------------------------------------- */

static uint16_t post_read(struct side *s, uint64_t wr_id)
{
	struct ibv_send_wr wr = { .wr_id = wr_id,
				  .opcode = IBV_WR_RDMA_READ,
				  .sg_list = list,
				  .num_sge = 3 };
	struct ibv_send_wr *bad;
	uint16_t block = s->qp.sq.cur_block;

	assert_int_equal(mlx5_post_send(&s->qp.qp, &wr, &bad), 0);
	return block;
}

/* Its list is on two blocks, which are the last and the first once. */
static void read_goes_to_its_list(struct fixture *f)
{
	struct ibv_wc wc;
	uint16_t block;
	int i;

	remake(&f->a, &wide);
	for (i = 0; i < 40; i++) {
		clear_area();
		if (i % 3 == 0) {
			post_send(&f->a, 99, IBV_WR_SEND);
			put_send(f, &f->a, f->a.qp.sq.cur_block - 1);
			poll_one(f, &wc);
		}
		block = post_read(&f->a, i);
		load(f, put_send(f, &f->a, block), DATA_32, 32 - i % 3);
		poll_one(f, &wc);
		assert_int_equal(wc.status, IBV_WC_SUCCESS);
		assert_int_equal(wc.wr_id, i);
		assert_int_equal(wc.opcode, IBV_WC_RDMA_READ);
		assert_int_equal(wc.byte_len, 32 - i % 3);
		check_area(wc.byte_len);
	}
}

static void test_read_goes_to_its_list(void **state)
{
	for_each_format(read_goes_to_its_list);
}

static void atomic_brings_eight_bytes(struct fixture *f)
{
	struct ibv_sge sge = { .addr = (uintptr_t)area + 8,
			       .length = 8,
			       .lkey = KEY };
	struct ibv_send_wr wr = { .opcode = IBV_WR_ATOMIC_FETCH_AND_ADD,
				  .sg_list = &sge,
				  .num_sge = 1 };
	struct ibv_send_wr *bad;
	struct ibv_wc wc;

	remake(&f->a, &wide);
	clear_area();
	assert_int_equal(mlx5_post_send(&f->a.qp.qp, &wr, &bad), 0);
	load(f, put_send(f, &f->a, 0), DATA_32, 8);
	poll_one(f, &wc);
	assert_int_equal(wc.status, IBV_WC_SUCCESS);
	assert_int_equal(wc.opcode, IBV_WC_FETCH_ADD);
	assert_int_equal(wc.byte_len, 8);
	assert_int_equal(area[7], FILL);
	assert_int_equal(area[8], data_at(0));
	assert_int_equal(area[15], data_at(7));
	assert_int_equal(area[16], FILL);
}

static void test_atomic_brings_eight_bytes(void **state)
{
	for_each_format(atomic_brings_eight_bytes);
}

/* ---- Another ring ------------------------------------------------------------------------- */

static void data_moves_with_its_entry(struct fixture *f)
{
	uint8_t format = f->format->cqe_size > CQE_LEN ? DATA_64 : DATA_32;
	uint32_t n = 2 * NUM_CQE;
	struct mlx5_buf buf;
	struct ibv_wc wc;

	remake(&f->a, &wide);
	clear_area();
	post_list(&f->a, 1, list, 3);
	load(f, put_cqe(f, &f->a, SEND), format, 32);
	put_cqe(f, &f->a, 0x5);
	assert_int_equal(mlx5_alloc_buf(&buf, n * f->format->cqe_size), 0);
	mlx5_clear_cq_ring(&buf, n, f->format->cqe_size);
	mlx5_move_cqes_locked(&f->cq, &buf, n);
	mlx5_free_buf(&buf);
	poll_one(f, &wc);
	assert_int_equal(wc.status, IBV_WC_SUCCESS);
	check_area(32);
}

static void test_data_moves_with_its_entry(void **state)
{
	for_each_format(data_moves_with_its_entry);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_message_goes_to_its_list),
		cmocka_unit_test(test_fields_are_not_data),
		cmocka_unit_test(test_others_are_between),
		cmocka_unit_test(test_list_that_is_too_short_is_an_error),
		cmocka_unit_test(test_null_key_takes_any_data),
		cmocka_unit_test(test_more_than_fits_is_nonsense),
		cmocka_unit_test(test_send_returns_nothing),
		cmocka_unit_test(test_shared_receive_has_its_data),
		cmocka_unit_test(test_read_goes_to_its_list),
		cmocka_unit_test(test_atomic_brings_eight_bytes),
		cmocka_unit_test(test_data_moves_with_its_entry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
