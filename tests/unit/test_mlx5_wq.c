/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Work queues: what making them asks of the kernel, what posting writes, and
 * what their completions say.
 */
#include <errno.h>

#include "mlx5_dv.h"

enum { FILL = 0xee, WQ_HANDLE = 0x4b, CQE_LEN = 64, NUM_CQE = 8 };

static struct mlx5_context *ctx;
static struct mlx5_pd mpd;
static struct ibv_cq_ex *cq_ex;

static struct ibv_cq *cq(void)
{
	return ibv_cq_ex_to_cq(cq_ex);
}

static int start(void **state)
{
	struct ibv_cq_init_attr_ex attr = {
		.cqe = NUM_CQE - 1,
		.wc_flags = IBV_WC_STANDARD_FLAGS | IBV_WC_EX_WITH_CVLAN |
			    IBV_WC_EX_WITH_FLOW_TAG,
	};

	fake_reset();
	ctx = queue_context();
	mpd.pd.context = &ctx->vctx.context;
	cq_ex = mlx5_create_cq_ex(&ctx->vctx.context, &attr);
	fake_reset();
	return cq_ex ? 0 : -1;
}

static int stop(void **state)
{
	mlx5_destroy_cq(cq());
	fini_queue_context(ctx);
	return 0;
}

static struct ibv_wq_init_attr wq_attr(uint32_t max_wr, uint32_t max_sge)
{
	return (struct ibv_wq_init_attr){
		.wq_context = &mpd,
		.wq_type = IBV_WQT_RQ,
		.max_wr = max_wr,
		.max_sge = max_sge,
		.pd = &mpd.pd,
		.cq = cq(),
	};
}

static struct ibv_wq *create(uint32_t max_wr, uint32_t max_sge)
{
	struct ibv_wq_init_attr attr = wq_attr(max_wr, max_sge);
	struct ibv_wq *wq;

	fake_answer_handle(UVERBS_ATTR_CREATE_WQ_HANDLE, WQ_HANDLE);
	wq = mlx5_create_wq(&ctx->vctx.context, &attr);
	assert_non_null(wq);
	return wq;
}

static void set_state(struct ibv_wq *wq, enum ibv_wq_state state)
{
	struct ibv_wq_attr attr = {
		.attr_mask = IBV_WQ_ATTR_STATE,
		.wq_state = state,
	};

	assert_int_equal(mlx5_modify_wq(wq, &attr), 0);
	assert_int_equal(wq->state, state);
}

static struct ibv_wq *create_ready(uint32_t max_wr, uint32_t max_sge)
{
	struct ibv_wq *wq = create(max_wr, max_sge);

	set_state(wq, IBV_WQS_RDY);
	memset(to_mwq(wq)->buf.addr, FILL, to_mwq(wq)->buf.len);
	return wq;
}

static int post(struct ibv_wq *wq, uint64_t wr_id, int num_sge)
{
	struct ibv_sge sge[] = { { 0x1122334455667788, 0x1000, 0xaabbccdd },
				 { 0x1122334455667799, 0x2000, 0xaabbccde },
				 { 0x11223344556677aa, 0x3000, 0xaabbccdf } };
	struct ibv_recv_wr wr = {
		.wr_id = wr_id,
		.sg_list = sge,
		.num_sge = num_sge,
	};
	struct ibv_recv_wr *bad = NULL;
	int ret = ibv_post_wq_recv(wq, &wr, &bad);

	assert_ptr_equal(bad, ret ? &wr : NULL);
	return ret;
}

#define SGE_1                                                             \
	0x00, 0x00, 0x10, 0x00, 0xaa, 0xbb, 0xcc, 0xdd, 0x11, 0x22, 0x33, \
		0x44, 0x55, 0x66, 0x77, 0x88
#define SGE_2                                                             \
	0x00, 0x00, 0x20, 0x00, 0xaa, 0xbb, 0xcc, 0xde, 0x11, 0x22, 0x33, \
		0x44, 0x55, 0x66, 0x77, 0x99
#define END_OF_LIST 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0

/* ---- Creating ------------------------------------------------------------------- */

static void check_size(uint32_t max_wr, uint32_t max_sge, uint32_t num,
		       uint32_t shift)
{
	const struct mlx5_ib_create_wq *req;
	struct ibv_wq *wq;

	fake_reset();
	wq = create(max_wr, max_sge);
	expect_method(OBJ_WQ, 0, 13);
	req = driver_request(sizeof(*req));
	assert_int_equal(req->rq_wqe_count, num);
	assert_int_equal(req->rq_wqe_shift, shift);
	assert_int_equal(req->user_index, to_mwq(wq)->rsc.key);
	assert_true(req->buf_addr && req->db_addr);
	assert_int_equal(req->flags | req->comp_mask, 0);
	assert_int_equal(wq->handle, WQ_HANDLE);
	assert_ptr_equal(wq->wq_context, &mpd);
	fake_reset();
	assert_int_equal(mlx5_destroy_wq(wq), 0);
	expect_method(OBJ_WQ, 1, 2);
	expect_inline(0, 0, 0, WQ_HANDLE);
}

/* As the stock provider sizes them. */
static void test_sizes(void **state)
{
	check_size(1, 1, 4, 4);
	check_size(4, 0, 4, 4);
	check_size(4, 2, 4, 5);
	check_size(5, 3, 8, 6);
	check_size(8, 5, 8, 7);
	check_size(100, 32, 128, 9);
}

static void refuse(int err, const struct ibv_wq_init_attr *like)
{
	struct ibv_wq_init_attr attr = *like;

	assert_no_object(err, mlx5_create_wq(&ctx->vctx.context, &attr));
	assert_int_equal(fake.calls, 0);
}

static void test_what_cannot_be(void **state)
{
	struct ibv_wq_init_attr attr = wq_attr(0, 1);

	refuse(EINVAL, &attr);
	attr = wq_attr(4, 33);
	refuse(EINVAL, &attr);
	attr = wq_attr(4, 1);
	attr.comp_mask = IBV_WQ_INIT_ATTR_RESERVED;
	refuse(EINVAL, &attr);
	attr.comp_mask = IBV_WQ_INIT_ATTR_FLAGS;
	attr.create_flags = IBV_WQ_FLAGS_RESERVED;
	refuse(EOPNOTSUPP, &attr);
	attr = wq_attr(4, 1);
	attr.wq_type = (enum ibv_wq_type)1;
	refuse(EINVAL, &attr);
	attr = wq_attr(4, 1);
	attr.cq = NULL;
	refuse(EINVAL, &attr);
	ctx->cqe_version = 0;
	attr = wq_attr(4, 1);
	refuse(EOPNOTSUPP, &attr);
}

static void check_kernel_refuses(int kernel_err, int err)
{
	struct ibv_wq_init_attr attr = wq_attr(4, 1);

	fake_reset();
	fake_fail(kernel_err);
	assert_no_object(err, mlx5_create_wq(&ctx->vctx.context, &attr));
	assert_int_equal(fake.calls, 1);
	fake_fail(0);
}

/* To the kernel, what a driver does not have is as what nobody knows. */
static void test_device_without_work_queues(void **state)
{
	check_kernel_refuses(EPROTONOSUPPORT, EOPNOTSUPP);
	check_kernel_refuses(EOPNOTSUPP, EOPNOTSUPP);
	check_kernel_refuses(ENOMEM, ENOMEM);
}

/* ---- Posting ---------------------------------------------------------------------- */

static void test_bytes_of_receives(void **state)
{
	static const uint8_t two[] = { SGE_1, SGE_2, END_OF_LIST };
	static const uint8_t none[] = { END_OF_LIST };
	static const uint8_t record[] = { 0, 0, 0, 2 };
	struct ibv_wq *wq = create_ready(4, 3);
	struct mlx5_wq *mwq = to_mwq(wq);
	const uint8_t *ring = mwq->buf.addr;

	assert_int_equal(post(wq, 1, 2), 0);
	assert_int_equal(post(wq, 2, 0), 0);
	assert_memory_equal(ring, two, sizeof(two));
	assert_memory_equal(ring + 64, none, sizeof(none));
	assert_int_equal(ring[sizeof(two)], FILL);
	assert_memory_equal(mwq->dbrec, record, sizeof(record));
	assert_int_equal(mwq->dbrec[1], 0);
	assert_int_equal(mlx5_destroy_wq(wq), 0);
}

static void test_full_ring_is_enomem(void **state)
{
	struct ibv_wq *wq = create_ready(4, 1);
	int i;

	for (i = 0; i < 4; i++)
		assert_int_equal(post(wq, i, 1), 0);
	assert_int_equal(post(wq, 4, 1), ENOMEM);
	assert_int_equal(mlx5_destroy_wq(wq), 0);
}

static void test_post_that_cannot_be_is_einval(void **state)
{
	struct ibv_wq *wq = create(4, 1);

	assert_int_equal(post(wq, 0, 1), EINVAL); /* in RESET */
	set_state(wq, IBV_WQS_RDY);
	assert_int_equal(post(wq, 0, 2), EINVAL);
	assert_int_equal(post(wq, 0, 1), 0);
	assert_int_equal(mlx5_destroy_wq(wq), 0);
}

/* ---- Completions ------------------------------------------------------------------ */

struct packet {
	uint8_t op;
	uint8_t headers_ok;
	uint8_t header_types;
};

/* Entry i of a CQ in its first round. */
static void complete(uint32_t i, const struct ibv_wq *wq, struct packet packet)
{
	uint32_t key = ((const struct mlx5_wq *)wq)->rsc.key;
	uint8_t *cqe = (uint8_t *)to_mcq(cq())->buf.addr + i * CQE_LEN;

	memset(cqe, 0, CQE_LEN);
	cqe[28] = packet.headers_ok;
	cqe[29] = packet.header_types;
	cqe[30] = 0x12; /* VLAN */
	cqe[31] = 0x34;
	cqe[33] = key >> 16;
	cqe[34] = key >> 8;
	cqe[35] = key;
	cqe[46] = 0x01; /* 256 bytes and some */
	cqe[47] = 0x22;
	cqe[57] = 0xab; /* the tag of the flow */
	cqe[58] = 0xcd;
	cqe[59] = 0xef;
	cqe[63] = packet.op << 4;
}

static const struct packet plain = { .op = PRM_CQE_RESP_SEND };

static void test_completion_finds_its_queue(void **state)
{
	struct ibv_wq *other = create_ready(4, 1), *wq = create_ready(4, 1);
	struct ibv_wc wc[2];

	assert_int_equal(post(other, 1, 1), 0);
	assert_int_equal(post(wq, 2, 1), 0);
	complete(0, wq, plain);
	complete(1, other, plain);
	assert_int_equal(mlx5_poll_cq(cq(), 2, wc), 2);
	assert_int_equal(wc[0].wr_id, 2);
	assert_int_equal(wc[1].wr_id, 1);
	assert_int_equal(wc[0].opcode, IBV_WC_RECV);
	assert_int_equal(wc[0].status, IBV_WC_SUCCESS);
	assert_int_equal(wc[0].byte_len, 0x122);
	assert_int_equal(wc[0].wc_flags, 0);
	assert_int_equal(mlx5_destroy_wq(wq), 0);
	assert_int_equal(mlx5_destroy_wq(other), 0);
}

static void test_flushed_receive(void **state)
{
	const struct packet error = { .op = PRM_CQE_RESP_ERR };
	struct ibv_wq *wq = create_ready(4, 1);
	struct ibv_wc wc;

	assert_int_equal(post(wq, 9, 1), 0);
	complete(0, wq, error);
	((uint8_t *)to_mcq(cq())->buf.addr)[55] = PRM_SYNDROME_WR_FLUSH;
	assert_int_equal(mlx5_poll_cq(cq(), 1, &wc), 1);
	assert_int_equal(wc.wr_id, 9);
	assert_int_equal(wc.status, IBV_WC_WR_FLUSH_ERR);
	assert_int_equal(mlx5_destroy_wq(wq), 0);
}

/* No WQ sends anything. */
static void test_send_of_a_work_queue_is_einval(void **state)
{
	const struct packet send = { .op = PRM_CQE_REQ };
	struct ibv_wq *wq = create_ready(4, 1);
	struct ibv_wc wc;

	complete(0, wq, send);
	assert_int_equal(mlx5_poll_cq(cq(), 1, &wc), -EINVAL);
	assert_int_equal(mlx5_destroy_wq(wq), 0);
}

static void test_checksums(void **state)
{
	static const struct {
		struct packet packet;
		unsigned int flags;
	} cases[] = {
		{ { PRM_CQE_RESP_SEND, 6, 8 }, IBV_WC_IP_CSUM_OK },
		{ { PRM_CQE_RESP_SEND, 7, 9 }, IBV_WC_IP_CSUM_OK },
		{ { PRM_CQE_RESP_SEND, 6, 4 }, 0 }, /* IPv6 */
		{ { PRM_CQE_RESP_SEND, 2, 8 }, 0 },
		{ { PRM_CQE_RESP_SEND, 4, 8 }, 0 },
	};
	struct ibv_wq *wq = create_ready(8, 1);
	struct ibv_wc wc;
	uint32_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(post(wq, i, 1), 0);
		complete(i, wq, cases[i].packet);
		assert_int_equal(mlx5_poll_cq(cq(), 1, &wc), 1);
		assert_int_equal(wc.wr_id, i);
		assert_int_equal(wc.wc_flags, cases[i].flags);
	}
	assert_int_equal(mlx5_destroy_wq(wq), 0);
}

static void test_extended_completion(void **state)
{
	const struct packet tagged = { PRM_CQE_RESP_SEND, 6, 9 };
	struct ibv_poll_cq_attr attr = { 0 };
	struct ibv_wq *wq = create_ready(4, 1);

	assert_int_equal(post(wq, 3, 1), 0);
	complete(0, wq, tagged);
	assert_int_equal(ibv_start_poll(cq_ex, &attr), 0);
	assert_int_equal(cq_ex->wr_id, 3);
	assert_int_equal(ibv_wc_read_wc_flags(cq_ex), IBV_WC_IP_CSUM_OK);
	assert_int_equal(ibv_wc_read_cvlan(cq_ex), 0x1234);
	assert_int_equal(ibv_wc_read_flow_tag(cq_ex), 0xabcdef);
	ibv_end_poll(cq_ex);
	assert_int_equal(mlx5_destroy_wq(wq), 0);
}

/* ---- Starting anew, and going away -------------------------------------------------- */

static void test_reset_empties_the_ring(void **state)
{
	struct ibv_wq *wq = create_ready(4, 1);
	struct ibv_wc wc;
	int i;

	for (i = 0; i < 4; i++)
		assert_int_equal(post(wq, i, 1), 0);
	complete(0, wq, plain);
	set_state(wq, IBV_WQS_RESET);
	assert_int_equal(to_mwq(wq)->dbrec[0], 0);
	assert_int_equal(mlx5_poll_cq(cq(), 1, &wc), 0);
	assert_int_equal(post(wq, 4, 1), EINVAL);
	set_state(wq, IBV_WQS_RDY);
	for (i = 0; i < 4; i++)
		assert_int_equal(post(wq, i, 1), 0);
	assert_int_equal(mlx5_destroy_wq(wq), 0);
}

static void test_bytes_of_modify(void **state)
{
	static const uint8_t expected[] = { 4, 0, 0, 0, 0x4b, 0, 0, 0,
					    0, 0, 0, 0, 0,    0, 0, 0,
					    1, 0, 0, 0, 1,    0, 0, 0 };
	struct ibv_wq_attr attr = {
		.attr_mask = IBV_WQ_ATTR_FLAGS,
		.flags = IBV_WQ_FLAGS_CVLAN_STRIPPING,
		.flags_mask = IBV_WQ_FLAGS_CVLAN_STRIPPING,
		.wq_state = IBV_WQS_ERR,
	};
	struct ibv_wq *wq = create_ready(4, 1);

	fake_reset();
	assert_int_equal(mlx5_modify_wq(wq, &attr), 0);
	expect_payload(0, CORE_IN, expected, sizeof(expected));
	assert_int_equal(wq->state, IBV_WQS_RDY);
	fake_fail(EINVAL);
	attr.attr_mask = IBV_WQ_ATTR_STATE;
	assert_int_equal(mlx5_modify_wq(wq, &attr), EINVAL);
	assert_int_equal(wq->state, IBV_WQS_RDY);
	fake_fail(0);
	assert_int_equal(post(wq, 0, 1), 0);
	assert_int_equal(mlx5_destroy_wq(wq), 0);
}

static void test_completions_go_with_the_queue(void **state)
{
	struct ibv_wq *wq = create_ready(4, 1), *other = create_ready(4, 1);
	struct ibv_wc wc;

	assert_int_equal(post(wq, 1, 1), 0);
	assert_int_equal(post(other, 2, 1), 0);
	complete(0, wq, plain);
	complete(1, other, plain);
	fake_fail(EBUSY);
	assert_int_equal(mlx5_destroy_wq(wq), EBUSY);
	fake_fail(0);
	assert_int_equal(mlx5_destroy_wq(wq), 0);
	assert_int_equal(mlx5_poll_cq(cq(), 1, &wc), 1);
	assert_int_equal(wc.wr_id, 2);
	assert_int_equal(mlx5_destroy_wq(other), 0);
}

/* ---- Direct verbs -------------------------------------------------------------------- */

static void test_several_packets_per_receive(void **state)
{
	static const uint8_t two[] = { SGE_1, SGE_2, END_OF_LIST };
	struct mlx5dv_wq_init_attr dv = {
		.comp_mask = MLX5DV_WQ_INIT_ATTR_MASK_STRIDING_RQ,
		.striding_rq_attrs = { 6, 9, 1 },
	};
	struct ibv_wq_init_attr attr = wq_attr(4, 3);
	const struct mlx5_ib_create_wq *req;
	struct ibv_wq *wq;
	uint8_t *ring;

	wq = mlx5dv_create_wq(&ctx->vctx.context, &attr, &dv);
	assert_non_null(wq);
	req = driver_request(sizeof(*req));
	assert_int_equal(req->comp_mask, MLX5_IB_CREATE_WQ_STRIDING_RQ);
	assert_int_equal(req->single_stride_log_num_of_bytes, 6);
	assert_int_equal(req->single_wqe_log_num_of_strides, 9);
	assert_int_equal(req->two_byte_shift_en, 1);
	assert_int_equal(req->rq_wqe_shift, 6);
	assert_ptr_equal(wq->wq_context, &mpd);
	set_state(wq, IBV_WQS_RDY);
	ring = to_mwq(wq)->buf.addr;
	assert_int_equal(post(wq, 1, 2), 0);
	assert_memory_equal(ring + 16, two, sizeof(two));
	assert_int_equal(mlx5_destroy_wq(wq), 0);
}

static void test_direct_verb_refuses(void **state)
{
	struct mlx5dv_wq_init_attr dv = { .comp_mask = 2 };
	struct ibv_wq_init_attr attr = wq_attr(4, 1);
	struct ibv_wq *wq;

	assert_no_object(EINVAL,
			 mlx5dv_create_wq(&ctx->vctx.context, &attr, &dv));
	assert_no_object(EOPNOTSUPP,
			 mlx5dv_create_wq(others_context(), &attr, NULL));
	assert_int_equal(fake.calls, 0);
	wq = mlx5dv_create_wq(&ctx->vctx.context, &attr, NULL);
	assert_non_null(wq);
	assert_int_equal(mlx5_destroy_wq(wq), 0);
}

#define test(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_sizes),
		test(test_what_cannot_be),
		test(test_device_without_work_queues),
		test(test_bytes_of_receives),
		test(test_full_ring_is_enomem),
		test(test_post_that_cannot_be_is_einval),
		test(test_completion_finds_its_queue),
		test(test_flushed_receive),
		test(test_send_of_a_work_queue_is_einval),
		test(test_checksums),
		test(test_extended_completion),
		test(test_reset_empties_the_ring),
		test(test_bytes_of_modify),
		test(test_completions_go_with_the_queue),
		test(test_several_packets_per_receive),
		test(test_direct_verb_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
