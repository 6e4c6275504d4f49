/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Queue pairs for raw packets: what making them asks of the kernel. */
#include <errno.h>

#include "mlx5_dv.h"

static struct mlx5_context *ctx;
static struct mlx5_pd mpd;
static struct ibv_cq *cq;

static int start(void **state)
{
	fake_reset();
	ctx = queue_context();
	mpd.pd.context = &ctx->vctx.context;
	cq = mlx5_create_cq(&ctx->vctx.context, 7, NULL, 0);
	fake_reset();
	return cq ? 0 : -1;
}

static int stop(void **state)
{
	mlx5_destroy_cq(cq);
	fini_queue_context(ctx);
	return 0;
}

static struct ibv_qp_init_attr_ex raw_attr(void)
{
	return (struct ibv_qp_init_attr_ex){
		.qp_type = IBV_QPT_RAW_PACKET,
		.comp_mask = IBV_QP_INIT_ATTR_PD,
		.pd = &mpd.pd,
		.send_cq = cq,
		.recv_cq = cq,
		.cap = { 4, 4, 2, 1, 0 },
	};
}

static const struct mlx5_ib_create_qp_resp answer = {
	.comp_mask = MLX5_IB_CREATE_QP_RESP_MASK_TIRN |
		     MLX5_IB_CREATE_QP_RESP_MASK_TISN |
		     MLX5_IB_CREATE_QP_RESP_MASK_RQN |
		     MLX5_IB_CREATE_QP_RESP_MASK_SQN,
	.tirn = 0x11,
	.tisn = 0x22,
	.rqn = 0x33,
	.sqn = 0x44,
};

static void check_handles(struct ibv_qp *qp)
{
	struct mlx5dv_qp out = { .comp_mask = UINT64_MAX };
	struct mlx5dv_obj obj = { .qp = { .in = qp, .out = &out } };

	assert_int_equal(mlx5dv_init_obj(&obj, MLX5DV_OBJ_QP), 0);
	assert_true(out.comp_mask & MLX5DV_QP_MASK_RAW_QP_HANDLES);
	assert_int_equal(out.tirn, 0x11);
	assert_int_equal(out.tisn, 0x22);
	assert_int_equal(out.rqn, 0x33);
	assert_int_equal(out.sqn, 0x44);
}

static void test_rings_apart(void **state)
{
	struct ibv_qp_init_attr_ex attr = raw_attr();
	const struct mlx5_ib_create_qp *req;
	struct mlx5_qp *mqp;
	struct ibv_qp *qp;

	fake_answer_bytes(UHW_OUT, &answer, sizeof(answer));
	qp = mlx5_create_qp_ex(&ctx->vctx.context, &attr);
	assert_non_null(qp);
	mqp = to_mqp(qp);
	req = driver_request(sizeof(*req));
	assert_ptr_equal((void *)(uintptr_t)req->buf_addr, mqp->rq.buf);
	assert_ptr_equal((void *)(uintptr_t)req->sq_buf_addr, mqp->sq.buf);
	assert_ptr_equal(mqp->sq.buf, mqp->sq_buf.addr);
	assert_int_equal(req->rq_wqe_count, 4);
	assert_int_equal(req->rq_wqe_shift, 4);
	assert_int_equal(req->sq_wqe_count, 8);
	assert_int_equal(req->flags, 0);
	assert_int_equal(req->uidx, mqp->rsc.key);
	assert_int_equal(attr.cap.max_send_wr, 4);
	assert_int_equal(attr.cap.max_inline_data, 76);
	assert_true(mqp->rsc.of_packets);
	check_handles(qp);
	assert_int_equal(mlx5_destroy_qp(qp), 0);
}

static void check_size(struct ibv_qp_cap cap, uint16_t tso, uint32_t blocks,
		       uint32_t max_send_wr, uint32_t max_inline)
{
	struct ibv_qp_init_attr_ex attr = raw_attr();
	struct mlx5_qp_sizes sizes;

	attr.cap = cap;
	attr.max_tso_header = tso;
	attr.comp_mask |= IBV_QP_INIT_ATTR_MAX_TSO_HEADER;
	assert_int_equal(mlx5_size_qp(&ctx->limits, &attr, &sizes), 0);
	assert_int_equal(sizes.sq_blocks, blocks);
	assert_int_equal(sizes.sq_blocks / sizes.sq_wqe_blocks, max_send_wr);
	assert_int_equal(sizes.sq_max_inline, max_inline);
}

/* As the stock provider grants it. */
static void test_sizes(void **state)
{
	static const struct {
		struct ibv_qp_cap cap;
		uint16_t tso;
		uint32_t blocks, max_send_wr, max_inline;
	} cases[] = {
		{ { 4, 4, 1, 1, 0 }, 0, 4, 4, 12 },
		{ { 4, 4, 3, 3, 0 }, 0, 8, 4, 76 },
		{ { 4, 4, 1, 1, 14 }, 0, 8, 4, 76 },
		{ { 4, 4, 1, 1, 124 }, 0, 16, 5, 140 },
		{ { 4, 4, 48, 1, 0 }, 0, 64, 4, 780 },
		{ { 4, 4, 2, 1, 0 }, 19, 8, 4, 76 },
		{ { 4, 4, 2, 1, 0 }, 54, 16, 5, 140 },
		{ { 4, 4, 2, 1, 0 }, 128, 16, 4, 204 },
		{ { 4, 4, 2, 1, 0 }, 400, 32, 4, 460 },
		{ { 4, 4, 1, 1, 20 }, 54, 8, 4, 76 },
		{ { 4, 4, 6, 1, 120 }, 54, 16, 4, 204 },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_size(cases[i].cap, cases[i].tso, cases[i].blocks,
			   cases[i].max_send_wr, cases[i].max_inline);
}

static void test_too_large_is_einval(void **state)
{
	struct ibv_qp_init_attr_ex attr = raw_attr();

	attr.comp_mask |= IBV_QP_INIT_ATTR_MAX_TSO_HEADER;
	attr.max_tso_header = 1000;
	assert_no_object(EINVAL, mlx5_create_qp_ex(&ctx->vctx.context, &attr));
}

/* ---- What the device can do --------------------------------------------------------- */

/* The kernel's answers to QUERY_DEVICE. */
static void answer_caps(uint32_t raw_packet_caps, uint32_t max_tso,
			uint32_t tso_qpts)
{
	struct ib_uverbs_ex_query_device_resp core = {
		.response_length = sizeof(core),
		.raw_packet_caps = raw_packet_caps,
	};
	struct mlx5_ib_query_device_resp caps = {
		.response_length = sizeof(caps),
		.tso_caps = { max_tso, tso_qpts },
	};

	fake_reset();
	fake_answer_bytes(CORE_OUT, &core, sizeof(core));
	fake_answer_bytes(UHW_OUT, &caps, sizeof(caps));
}

static struct mlx5_packet_caps query(void)
{
	struct ibv_qp_init_attr_ex attr = raw_attr();
	struct mlx5_packet_caps caps = { 0 };

	attr.comp_mask |= IBV_QP_INIT_ATTR_MAX_TSO_HEADER;
	attr.max_tso_header = 54;
	assert_int_equal(mlx5_query_packet_caps(ctx, &attr, &caps), 0);
	return caps;
}

static void test_capabilities(void **state)
{
	const uint32_t raw = 1u << IBV_QPT_RAW_PACKET;

	ctx->resp.cmds_supp_uhw = MLX5_USER_CMDS_SUPP_UHW_QUERY_DEVICE;
	answer_caps(IBV_RAW_PACKET_CAP_IP_CSUM, 65536, raw);
	assert_true(query().csum);
	assert_int_equal(query().max_tso_header, 54);
	answer_caps(0, 65536, 1u << IBV_QPT_UD);
	assert_false(query().csum);
	assert_int_equal(query().max_tso_header, 0);
	answer_caps(0, 0, raw);
	assert_int_equal(query().max_tso_header, 0);
}

static void test_headers_that_the_device_wants(void **state)
{
	static const struct {
		uint8_t mode;
		uint32_t len;
	} cases[] = {
		{ MLX5_USER_INLINE_MODE_NA, 18 },
		{ MLX5_USER_INLINE_MODE_NONE, 0 },
		{ MLX5_USER_INLINE_MODE_L2, 18 },
		{ MLX5_USER_INLINE_MODE_IP, 18 },
		{ MLX5_USER_INLINE_MODE_TCP_UDP, 18 },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ctx->resp.eth_min_inline = cases[i].mode;
		assert_int_equal(query().inline_header, cases[i].len);
	}
}

static void test_other_calls_are_eopnotsupp(void **state)
{
	struct ibv_qp_init_attr_ex attr = raw_attr();

	attr.comp_mask |= IBV_QP_INIT_ATTR_SEND_OPS_FLAGS;
	attr.send_ops_flags = IBV_QP_EX_WITH_RDMA_WRITE;
	assert_no_object(EOPNOTSUPP,
			 mlx5_create_qp_ex(&ctx->vctx.context, &attr));
}

/* ---- Over a table of work queues ------------------------------------------------------ */

static uint8_t key[40];
static struct ibv_rwq_ind_table table = { .ind_tbl_handle = 0x7a };

static struct ibv_qp_init_attr_ex table_attr(void)
{
	return (struct ibv_qp_init_attr_ex){
		.qp_type = IBV_QPT_RAW_PACKET,
		.comp_mask = IBV_QP_INIT_ATTR_PD |
			     IBV_QP_INIT_ATTR_IND_TABLE |
			     IBV_QP_INIT_ATTR_RX_HASH,
		.pd = &mpd.pd,
		.rwq_ind_tbl = &table,
		.rx_hash_conf = {
			.rx_hash_function = IBV_RX_HASH_FUNC_TOEPLITZ,
			.rx_hash_key_len = sizeof(key),
			.rx_hash_key = key,
			.rx_hash_fields_mask = IBV_RX_HASH_SRC_IPV4,
		},
	};
}

static void test_hash(void **state)
{
	struct ibv_qp_init_attr_ex attr = table_attr();
	const struct mlx5_ib_create_qp_rss *req;
	struct ibv_qp *qp;

	memset(key, 0x5a, sizeof(key));
	fake_answer_bytes(UHW_OUT, &answer, sizeof(answer));
	qp = mlx5_create_qp_ex(&ctx->vctx.context, &attr);
	assert_non_null(qp);
	expect_method(OBJ_QP, 0, 10);
	expect_inline(2, UVERBS_ATTR_CREATE_QP_IND_TABLE_HANDLE, 0, 0x7a);
	req = driver_request(sizeof(*req));
	assert_true(req->rx_hash_fields_mask == IBV_RX_HASH_SRC_IPV4);
	assert_int_equal(req->rx_hash_function, 1);
	assert_int_equal(req->rx_key_len, sizeof(key));
	assert_memory_equal(req->rx_hash_key, key, sizeof(key));
	assert_int_equal(req->rx_hash_key[sizeof(key)], 0);
	assert_int_equal(req->comp_mask | req->flags, 0);
	check_handles(qp);
	fake_reset();
	assert_int_equal(mlx5_destroy_qp(qp), 0);
	expect_method(OBJ_QP, 1, 2);
}

/* It has neither rings nor states. */
static void test_nothing_else_can_be_done_with_it(void **state)
{
	struct ibv_qp_init_attr_ex attr = table_attr();
	struct ibv_qp *qp = mlx5_create_qp_ex(&ctx->vctx.context, &attr);
	struct ibv_send_wr send_wr = { .opcode = IBV_WR_SEND }, *bad_send;
	struct ibv_qp_attr state_attr = { .qp_state = IBV_QPS_INIT };
	struct ibv_recv_wr recv_wr = { 0 }, *bad_recv;
	struct ibv_qp_init_attr init_attr;

	fake_reset();
	assert_non_null(qp);
	assert_status(EOPNOTSUPP,
		      mlx5_modify_qp(qp, &state_attr, IBV_QP_STATE));
	assert_status(EOPNOTSUPP,
		      mlx5_query_qp(qp, &state_attr, IBV_QP_STATE, &init_attr));
	assert_int_equal(mlx5_post_send(qp, &send_wr, &bad_send), EINVAL);
	assert_int_equal(mlx5_post_recv(qp, &recv_wr, &bad_recv), ENOMEM);
	assert_int_equal(fake.calls, 0);
	assert_int_equal(mlx5_destroy_qp(qp), 0);
}

static void refuse(int err, struct ibv_qp_init_attr_ex attr)
{
	assert_no_object(err, mlx5_create_qp_ex(&ctx->vctx.context, &attr));
	assert_int_equal(fake.calls, 0);
}

static void test_hash_that_cannot_be(void **state)
{
	struct ibv_qp_init_attr_ex attr = table_attr();

	attr.comp_mask &= ~IBV_QP_INIT_ATTR_RX_HASH;
	refuse(EINVAL, attr);
	attr = table_attr();
	attr.comp_mask &= ~IBV_QP_INIT_ATTR_IND_TABLE;
	refuse(EINVAL, attr);
	attr = table_attr();
	attr.qp_type = IBV_QPT_RC;
	refuse(EINVAL, attr);
	attr = table_attr();
	attr.rx_hash_conf.rx_hash_key_len = 129;
	refuse(EINVAL, attr);
	attr = table_attr();
	attr.comp_mask |= IBV_QP_INIT_ATTR_SEND_OPS_FLAGS;
	refuse(EOPNOTSUPP, attr);
}

static void test_direct_verbs(void **state)
{
	const uint32_t flags = MLX5DV_QP_CREATE_TUNNEL_OFFLOADS |
			       MLX5DV_QP_CREATE_TIR_ALLOW_SELF_LOOPBACK_UC |
			       MLX5DV_QP_CREATE_TIR_ALLOW_SELF_LOOPBACK_MC;
	const uint32_t expected = MLX5_QP_FLAG_TUNNEL_OFFLOADS |
				  MLX5_QP_FLAG_TIR_ALLOW_SELF_LB_UC |
				  MLX5_QP_FLAG_TIR_ALLOW_SELF_LB_MC;
	struct mlx5dv_qp_init_attr dv = {
		.comp_mask = MLX5DV_QP_INIT_ATTR_MASK_QP_CREATE_FLAGS,
		.create_flags = flags,
	};
	struct ibv_qp_init_attr_ex attr = table_attr();
	const struct mlx5_ib_create_qp_rss *rss;
	const struct mlx5_ib_create_qp *req;
	struct ibv_qp *qp;

	qp = mlx5dv_create_qp(&ctx->vctx.context, &attr, &dv);
	assert_non_null(qp);
	rss = driver_request(sizeof(*rss));
	assert_int_equal(rss->flags, expected);
	assert_int_equal(mlx5_destroy_qp(qp), 0);
	attr = raw_attr();
	qp = mlx5dv_create_qp(&ctx->vctx.context, &attr, &dv);
	assert_non_null(qp);
	req = driver_request(sizeof(*req));
	assert_int_equal(req->flags, expected);
	assert_int_equal(mlx5_destroy_qp(qp), 0);
}

#define test(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_rings_apart),
		test(test_sizes),
		test(test_too_large_is_einval),
		test(test_capabilities),
		test(test_headers_that_the_device_wants),
		test(test_other_calls_are_eopnotsupp),
		test(test_hash),
		test(test_nothing_else_can_be_done_with_it),
		test(test_hash_that_cannot_be),
		test(test_direct_verbs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
