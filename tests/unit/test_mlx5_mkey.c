/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Requests that say what a key stands for, byte for byte at every kind of place
 * in the ring, and requests of a program's own making.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mkey.h"
#include "mlx5_queues.h"

#define RING_BLOCKS 32
#define RING (RING_BLOCKS * BLOCK)

#define ZEROES_8 0, 0, 0, 0, 0, 0, 0, 0
#define ZEROES_16 ZEROES_8, ZEROES_8
#define ZEROES_32 ZEROES_16, ZEROES_16

static struct mlx5_mkey mkey = {
	.dv = { .lkey = 0x00c0ff05, .rkey = 0x00c0ff05 },
	.max_entries = 12,
};

/* Five blocks for each request: two, and room for eight parts. */
static void init_keys(struct fixture *f, uint32_t first_block)
{
	struct ibv_qp_init_attr_ex attr = usual_attr;

	attr.send_ops_flags |= IBV_QP_EX_WITH_BIND_MW;
	init_fixture(f, &attr);
	assert_int_equal(f->sizes.sq_blocks, RING_BLOCKS);
	assert_int_equal(f->qp.sq.max_inline, 124);
	mlx5_set_dv_ops(&f->qp);
	mlx5_set_key_ops(&f->qp);
	f->qp.sq.cur_block = first_block;
	f->qp.sq.tail = first_block;
}

static int batch(struct fixture *f, void (*call)(struct mlx5dv_qp_ex *dv_ex),
		 unsigned int flags)
{
	struct ibv_qp_ex *qp = &f->qp.vqp.qp_ex;

	ibv_wr_start(qp);
	qp->wr_id = 77;
	qp->wr_flags = flags;
	call(&f->qp.dv_ex);
	return ibv_wr_complete(qp);
}

/* The request from that block on, the ring's end or not, and nothing else. */
static void check_ring(struct fixture *f, uint32_t block, const uint8_t *wqe,
		       size_t len)
{
	size_t i, start = (size_t)block % RING_BLOCKS * BLOCK;
	uint8_t *ring = malloc(RING);

	assert_non_null(ring);
	memset(ring, FILL, RING);
	for (i = 0; i < len; i++)
		ring[(start + i) % RING] = wqe[i];
	ring[start + 1] = block >> 8;
	ring[start + 2] = block;
	assert_memory_equal(f->qp.sq.buf, ring, RING);
	free(ring);
}

static void check_at(uint32_t block, void (*call)(struct mlx5dv_qp_ex *dv_ex),
		     unsigned int flags, uint32_t wc_opcode, const uint8_t *wqe,
		     size_t len)
{
	const struct mlx5_sent *sent;
	struct fixture f;

	init_keys(&f, block);
	assert_int_equal(batch(&f, call, flags), 0);
	check_ring(&f, block, wqe, len);
	sent = &f.qp.sq.sent[block % RING_BLOCKS];
	assert_int_equal(sent->wr_id, 77);
	assert_int_equal(sent->wc_opcode, wc_opcode);
	assert_int_equal(sent->next_block, block + (len + BLOCK - 1) / BLOCK);
	assert_int_equal(be32toh(f.dbrec[1]), sent->next_block & 0xffff);
	assert_memory_equal(&f.reg, f.qp.sq.buf + block % RING_BLOCKS * BLOCK,
			    sizeof(f.reg));
	fini_fixture(&f);
}

static void check(void (*call)(struct mlx5dv_qp_ex *dv_ex), unsigned int flags,
		  uint32_t wc_opcode, const uint8_t *wqe, size_t len)
{
	static const uint32_t blocks[] = { 0, 1, 28, 29, 30, 31, 0xfffe };
	size_t i;

	for (i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
		check_at(blocks[i], call, flags, wc_opcode, wqe, len);
}

#define check_change(call, flags, wqe) \
	check(call, (flags) | IBV_SEND_INLINE, MLX5DV_WC_UMR, wqe, sizeof(wqe))

/* The control segments, of the request and of the key. */
#define HEAD(ds, flags, octowords, mask_23_16, mask_7_0)                      \
	0, IDX, 0x25, 0x12, 0x34, 0x56, ds, 0, 0, 0, flags, 0x00, 0xc0, 0xff, \
		0x05, 0x80, 0, 0, 0, 0, octowords, 0, 0, 0, 0, 0, 0, 0x20,    \
		mask_23_16, 0x20, mask_7_0, ZEROES_32
/* The key's context. */
#define CONTEXT(access, len_31_24, len_15_8, len_7_0)                   \
	0, 0, access, 0, 0xff, 0xff, 0xff, 0x05, ZEROES_16, 0, 0, 0, 0, \
		len_31_24, 0, len_15_8, len_7_0, ZEROES_32
#define PART(a, b, c, d, lkey, addr) \
	a, b, c, d, 0, 0, 0xaa, lkey, 0x70, 0, 0, 0, 0, 0, 0, addr

static struct ibv_sge sges[16] = {
	{ 0x7000000000000001, 0x102, 0xaa01 },
	{ 0x7000000000000002, 1u << 31, 0xaa02 },
	{ 0x7000000000000003, 0, 0xaa03 },
	{ 0x7000000000000004, 3, 0xaa04 },
	{ 0x7000000000000005, 4, 0xaa05 },
};

/* ---- Lists ------------------------------------------------------------------ */

static void call_list(struct mlx5dv_qp_ex *dv_ex)
{
	mlx5dv_wr_mr_list(dv_ex, &mkey.dv,
			  IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_READ, 2,
			  sges);
}

static void test_list(void **state)
{
	static const uint8_t wqe[] = {
		HEAD(12, 0x08, 4, 0x3c, 0x01),
		CONTEXT(0x18, 0x80, 0x01, 0x02),
		PART(0, 0, 1, 2, 1, 1),
		PART(0x80, 0, 0, 0, 2, 2),
		ZEROES_32,
	};

	check_change(call_list, IBV_SEND_SIGNALED, wqe);
}

static void call_longer_list(struct mlx5dv_qp_ex *dv_ex)
{
	mlx5dv_wr_mr_list(dv_ex, &mkey.dv,
			  IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_ATOMIC, 5,
			  sges);
}

static void test_longer_list(void **state)
{
	static const uint8_t wqe[] = {
		HEAD(16, 0x82, 8, 0x3c, 0x01),
		CONTEXT(0x60, 0x80, 0x01, 0x09),
		PART(0, 0, 1, 2, 1, 1),
		PART(0x80, 0, 0, 0, 2, 2),
		PART(0, 0, 0, 0, 3, 3),
		PART(0, 0, 0, 3, 4, 4),
		PART(0, 0, 0, 4, 5, 5),
		ZEROES_32,
		ZEROES_16,
	};

	check_change(call_longer_list, IBV_SEND_FENCE | IBV_SEND_SOLICITED,
		     wqe);
}

static void call_empty_list(struct mlx5dv_qp_ex *dv_ex)
{
	mlx5dv_wr_mr_list(dv_ex, &mkey.dv, 0, 0, NULL);
}

static void test_empty_list(void **state)
{
	static const uint8_t wqe[] = {
		HEAD(8, 0, 0, 0x3c, 0x01),
		CONTEXT(0, 0, 0, 0),
	};

	check_change(call_empty_list, 0, wqe);
}

/* ---- Blocks that are repeated ------------------------------------------------- */

static struct mlx5dv_mr_interleaved strides[] = {
	{ 0x7000000000000001, 0x1000, 0x234, 0xaa01 },
	{ 0x7000000000000002, 8, 0, 0xaa02 },
};

static void call_interleaved(struct mlx5dv_qp_ex *dv_ex)
{
	mlx5dv_wr_mr_interleaved(dv_ex, &mkey.dv, IBV_ACCESS_LOCAL_WRITE, 3, 2,
				 strides);
}

#define STRIDES                                                          \
	0, 0, 0x10, 0x08, 0, 0, 0x04, 0, 0, 0, 0, 3, 0, 0, 0, 2,         \
		PART(0x12, 0x34, 0x10, 0, 1, 1), PART(0, 8, 0, 8, 2, 2), \
		ZEROES_16

static void test_interleaved(void **state)
{
	static const uint8_t wqe[] = {
		HEAD(12, 0, 4, 0x3c, 0x01),
		CONTEXT(0x08, 0, 0x30, 0x18),
		STRIDES,
	};

	check_change(call_interleaved, 0, wqe);
}

/* ---- Setters -------------------------------------------------------------------- */

static struct mlx5dv_mkey_conf_attr no_attr;

static void call_layout_alone(struct mlx5dv_qp_ex *dv_ex)
{
	mlx5dv_wr_mkey_configure(dv_ex, &mkey.dv, 1, &no_attr);
	mlx5dv_wr_set_mkey_layout_interleaved(dv_ex, 3, 2, strides);
}

static void test_layout_alone(void **state)
{
	static const uint8_t wqe[] = {
		HEAD(12, 0, 4, 0, 0x01),
		CONTEXT(0, 0, 0x30, 0x18),
		STRIDES,
	};

	check_change(call_layout_alone, 0, wqe);
}

static void call_access_alone(struct mlx5dv_qp_ex *dv_ex)
{
	mlx5dv_wr_mkey_configure(dv_ex, &mkey.dv, 1, &no_attr);
	mlx5dv_wr_set_mkey_access_flags(dv_ex, IBV_ACCESS_REMOTE_READ);
}

static void test_access_alone(void **state)
{
	static const uint8_t wqe[] = {
		HEAD(8, 0, 0, 0x3c, 0),
		CONTEXT(0x10, 0, 0, 0),
	};

	check_change(call_access_alone, 0, wqe);
}

static void call_nothing(struct mlx5dv_qp_ex *dv_ex)
{
	mlx5dv_wr_mkey_configure(dv_ex, &mkey.dv, 0, &no_attr);
}

static void test_nothing_set(void **state)
{
	static const uint8_t wqe[] = {
		HEAD(8, 0, 0, 0, 0),
		CONTEXT(0, 0, 0, 0),
	};

	check_change(call_nothing, 0, wqe);
}

/* Flags are those of when the change began. */
static void call_both(struct mlx5dv_qp_ex *dv_ex)
{
	struct mlx5_qp *qp = verbs_container_of(dv_ex, struct mlx5_qp, dv_ex);

	mlx5dv_wr_mkey_configure(dv_ex, &mkey.dv, 2, &no_attr);
	qp->vqp.qp_ex.wr_flags = IBV_SEND_SIGNALED;
	qp->vqp.qp_ex.wr_id = 88;
	mlx5dv_wr_set_mkey_layout_list(dv_ex, 2, sges);
	mlx5dv_wr_set_mkey_access_flags(dv_ex, IBV_ACCESS_LOCAL_WRITE |
						       IBV_ACCESS_REMOTE_READ);
}

static void test_setters_in_any_order(void **state)
{
	static const uint8_t wqe[] = {
		HEAD(12, 0, 4, 0x3c, 0x01),
		CONTEXT(0x18, 0x80, 0x01, 0x02),
		PART(0, 0, 1, 2, 1, 1),
		PART(0x80, 0, 0, 0, 2, 2),
		ZEROES_32,
	};

	check_change(call_both, 0, wqe);
}

/* ---- What is refused -------------------------------------------------------------- */

static void check_refused(void (*call)(struct mlx5dv_qp_ex *dv_ex),
			  unsigned int flags, int err)
{
	struct fixture f;

	init_keys(&f, 5);
	assert_int_equal(batch(&f, call, flags), err);
	assert_int_equal(f.qp.sq.cur_block, 5);
	assert_int_equal(f.dbrec[1], 0);
	/* As before: the next request is as if it were the first. */
	assert_int_equal(batch(&f, call_list, IBV_SEND_INLINE), 0);
	assert_int_equal(f.qp.sq.cur_block, 8);
	fini_fixture(&f);
}

static void call_missing_setter(struct mlx5dv_qp_ex *dv_ex)
{
	struct mlx5_qp *qp = verbs_container_of(dv_ex, struct mlx5_qp, dv_ex);

	mlx5dv_wr_mkey_configure(dv_ex, &mkey.dv, 1, &no_attr);
	ibv_wr_send(&qp->vqp.qp_ex);
	ibv_wr_set_sge(&qp->vqp.qp_ex, 1, 2, 3);
}

static void call_too_many(struct mlx5dv_qp_ex *dv_ex)
{
	mlx5dv_wr_mr_list(dv_ex, &mkey.dv, 0, 9, sges);
}

static void call_wide(struct mlx5dv_qp_ex *dv_ex)
{
	struct mlx5dv_mr_interleaved wide = { .bytes_count = 0x10000 };

	mlx5dv_wr_mr_interleaved(dv_ex, &mkey.dv, 0, 1, 1, &wide);
}

static void call_wrong_access(struct mlx5dv_qp_ex *dv_ex)
{
	mlx5dv_wr_mr_list(dv_ex, &mkey.dv, IBV_ACCESS_ON_DEMAND, 1, sges);
}

static void call_signature(struct mlx5dv_qp_ex *dv_ex)
{
	mlx5dv_wr_mkey_configure(dv_ex, &mkey.dv, 1, &no_attr);
	mlx5dv_wr_set_mkey_sig_block(dv_ex, NULL);
}

static void call_encryption(struct mlx5dv_qp_ex *dv_ex)
{
	mlx5dv_wr_mkey_configure(dv_ex, &mkey.dv, 1, &no_attr);
	mlx5dv_wr_set_mkey_crypto(dv_ex, NULL);
}

static void test_refused(void **state)
{
	check_refused(call_list, IBV_SEND_SIGNALED, EOPNOTSUPP);
	check_refused(call_missing_setter, IBV_SEND_INLINE, EINVAL);
	check_refused(call_too_many, IBV_SEND_INLINE, ENOMEM);
	check_refused(call_wide, IBV_SEND_INLINE, EINVAL);
	check_refused(call_wrong_access, IBV_SEND_INLINE, EINVAL);
	check_refused(call_signature, IBV_SEND_INLINE, EOPNOTSUPP);
	check_refused(call_encryption, IBV_SEND_INLINE, EOPNOTSUPP);
}

static void test_more_than_the_key_has(void **state)
{
	struct mlx5_mkey large = mkey;

	mkey.max_entries = 4;
	check_refused(call_longer_list, IBV_SEND_INLINE, ENOMEM);
	mkey = large;
}

/* A request of full size is what there has to be room for. */
static void test_full_queue(void **state)
{
	struct fixture f;

	init_keys(&f, 28);
	f.qp.sq.tail = 0;
	assert_int_equal(batch(&f, call_list, IBV_SEND_INLINE), ENOMEM);
	f.qp.sq.tail = 1;
	assert_int_equal(batch(&f, call_list, IBV_SEND_INLINE), 0);
	fini_fixture(&f);
}

static void test_next_request_is_fenced(void **state)
{
	struct fixture f;

	init_keys(&f, 0);
	assert_int_equal(batch(&f, call_list, IBV_SEND_INLINE), 0);
	assert_int_equal(batch(&f, call_list, IBV_SEND_INLINE), 0);
	assert_int_equal(f.qp.sq.buf[11], 0);
	assert_int_equal(f.qp.sq.buf[3 * BLOCK + 11], 0x20);
	fini_fixture(&f);
}

/* ---- Requests of one's own ------------------------------------------------------- */

static uint8_t own[] = {
	0x11,
	0x22,
	0x33,
	0x0a,
	1,
	2,
	3,
	5,
	9,
	0,
	0,
	8,
	0xde,
	0xad,
	0xbe,
	0xef,
	ZEROES_16,
	ONE_SGE_BYTES,
	REMOTE_BYTES,
	ONE_SGE_BYTES,
};

static void call_own(struct mlx5dv_qp_ex *dv_ex)
{
	mlx5dv_wr_raw_wqe(dv_ex, own);
}

/* All but the place in the queue is the program's. */
static void test_own_request(void **state)
{
	check(call_own, IBV_SEND_SIGNALED, MLX5DV_WC_RAW_WQE, own, sizeof(own));
}

static void call_empty(struct mlx5dv_qp_ex *dv_ex)
{
	static const uint8_t empty[16];

	mlx5dv_wr_raw_wqe(dv_ex, empty);
}

static void call_large(struct mlx5dv_qp_ex *dv_ex)
{
	static const uint8_t large[63 * SEG] = { [7] = 63 };

	mlx5dv_wr_raw_wqe(dv_ex, large);
	mlx5dv_wr_raw_wqe(dv_ex, large);
	mlx5dv_wr_raw_wqe(dv_ex, large);
}

static void test_own_request_refused(void **state)
{
	check_refused(call_empty, 0, EINVAL);
	check_refused(call_large, 0, ENOMEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_longer_list),
		cmocka_unit_test(test_empty_list),
		cmocka_unit_test(test_interleaved),
		cmocka_unit_test(test_layout_alone),
		cmocka_unit_test(test_access_alone),
		cmocka_unit_test(test_nothing_set),
		cmocka_unit_test(test_setters_in_any_order),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_more_than_the_key_has),
		cmocka_unit_test(test_full_queue),
		cmocka_unit_test(test_next_request_is_fenced),
		cmocka_unit_test(test_own_request),
		cmocka_unit_test(test_own_request_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
