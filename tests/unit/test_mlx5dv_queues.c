/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Direct verbs: what making CQs and QPs asks of the kernel. */
#include <errno.h>
#include <stdlib.h>

#include "mlx5_dv.h"

#define QP_CREATE 0

/* ---- Completion queues -------------------------------------------------------- */

static struct ibv_cq_init_attr_ex cq_attr(void)
{
	return (struct ibv_cq_init_attr_ex){ .cqe = 10 };
}

static void check_cq(struct mlx5dv_cq_init_attr *attr, uint32_t cqe_size,
		     uint32_t flags, uint8_t format)
{
	struct ibv_cq_init_attr_ex usual = cq_attr();
	struct mlx5_context *ctx = queue_context();
	const struct mlx5_ib_create_cq *req;
	struct ibv_cq_ex *cq;

	fake_reset();
	cq = mlx5dv_create_cq(&ctx->vctx.context, &usual, attr);
	assert_non_null(cq);
	req = driver_request(sizeof(*req));
	assert_int_equal(req->cqe_size, cqe_size);
	assert_int_equal(req->flags, flags);
	assert_int_equal(req->cqe_comp_en, format != 0);
	assert_int_equal(req->cqe_comp_res_format, format);
	assert_true(req->buf_addr && req->db_addr);
	assert_int_equal(mlx5_destroy_cq(ibv_cq_ex_to_cq(cq)), 0);
	fini_queue_context(ctx);
}

static void test_cq(void **state)
{
	struct mlx5dv_cq_init_attr attr = {
		.comp_mask = MLX5DV_CQ_INIT_ATTR_MASK_CQE_SIZE,
		.cqe_size = 128,
	};

	check_cq(NULL, 64, 0, 0);
	check_cq(&attr, 128, 0, 0);
	attr.comp_mask |= MLX5DV_CQ_INIT_ATTR_MASK_FLAGS |
			  MLX5DV_CQ_INIT_ATTR_MASK_COMPRESSED_CQE;
	attr.flags = MLX5DV_CQ_INIT_ATTR_FLAGS_CQE_PAD;
	attr.cqe_comp_res_format = MLX5DV_CQE_RES_FORMAT_CSUM;
	check_cq(&attr, 128, MLX5_IB_CREATE_CQ_FLAGS_CQE_128B_PAD,
		 MLX5DV_CQE_RES_FORMAT_CSUM);
}

static void refuse_cq(struct ibv_context *ctx, int err, uint64_t mask,
		      uint16_t cqe_size, uint32_t flags)
{
	struct ibv_cq_init_attr_ex usual = cq_attr();
	struct mlx5dv_cq_init_attr attr = {
		.comp_mask = mask,
		.cqe_size = cqe_size,
		.flags = flags,
	};

	assert_no_object(err, mlx5dv_create_cq(ctx, &usual, &attr));
	assert_int_equal(fake.calls, 0);
}

static void test_cq_that_cannot_be(void **state)
{
	struct mlx5_context *ctx = queue_context();

	refuse_cq(others_context(), EOPNOTSUPP, 0, 0, 0);
	refuse_cq(&ctx->vctx.context, EINVAL, 1 << 3, 0, 0);
	refuse_cq(&ctx->vctx.context, EINVAL, MLX5DV_CQ_INIT_ATTR_MASK_CQE_SIZE,
		  32, 0);
	refuse_cq(&ctx->vctx.context, EINVAL, MLX5DV_CQ_INIT_ATTR_MASK_FLAGS, 0,
		  1 << 1);
	fini_queue_context(ctx);
}

/* ---- Queue pairs ----------------------------------------------------------------- */

static struct ibv_cq *some_cq(void)
{
	static struct mlx5_cq cq;

	cq.single_threaded = true;
	cq.dv_owned = true; /* it has no ring */
	return &cq.cq;
}

static struct ibv_srq *some_srq(void)
{
	static struct mlx5_srq srq;

	return &srq.srq;
}

static struct ibv_qp_init_attr_ex qp_attr(struct mlx5_context *ctx,
					  enum ibv_qp_type type)
{
	static struct mlx5_pd mpd;

	mpd.pd.context = &ctx->vctx.context;
	return (struct ibv_qp_init_attr_ex){
		.qp_type = type,
		.comp_mask = IBV_QP_INIT_ATTR_PD,
		.pd = &mpd.pd,
		.send_cq = some_cq(),
		.recv_cq = some_cq(),
	};
}

static struct ibv_qp *create_dci(struct mlx5_context *ctx, uint64_t mask)
{
	struct ibv_qp_init_attr_ex attr = qp_attr(ctx, IBV_QPT_DRIVER);
	struct mlx5dv_qp_init_attr dv = {
		.comp_mask = mask,
		.dc_init_attr = {
			.dc_type = MLX5DV_DCTYPE_DCI,
			.dci_streams = { .log_num_concurent = 3,
					 .log_num_errored = 2 },
		},
	};

	attr.comp_mask |= IBV_QP_INIT_ATTR_SEND_OPS_FLAGS;
	attr.send_ops_flags = IBV_QP_EX_WITH_RDMA_WRITE;
	attr.cap.max_send_wr = 8;
	attr.cap.max_send_sge = 1;
	return mlx5dv_create_qp(&ctx->vctx.context, &attr, &dv);
}

static void test_dci(void **state)
{
	struct mlx5_context *ctx = queue_context();
	const struct mlx5_ib_create_qp *req;
	struct ibv_qp_ex *ex;
	struct ibv_qp *qp;

	qp = create_dci(ctx, MLX5DV_QP_INIT_ATTR_MASK_DC |
				     MLX5DV_QP_INIT_ATTR_MASK_DCI_STREAMS);
	assert_non_null(qp);
	req = driver_request(sizeof(*req));
	assert_int_equal(req->flags,
			 MLX5_QP_FLAG_TYPE_DCI | MLX5_QP_FLAG_DCI_STREAM);
	assert_int_equal(req->dci_streams.log_num_concurent, 3);
	assert_int_equal(req->dci_streams.log_num_errored, 2);
	/* Two blocks each: the address fills the first. */
	assert_int_equal(req->sq_wqe_count, 16);
	assert_int_equal(req->rq_wqe_count, 0);
	assert_int_equal(req->access_key, 0);
	ex = &to_mqp(qp)->vqp.qp_ex;
	assert_non_null(mlx5dv_qp_ex_from_ibv_qp_ex(ex)->wr_set_dc_addr);
	assert_int_equal(mlx5_destroy_qp(qp), 0);
	fini_queue_context(ctx);
}

static void test_dct(void **state)
{
	struct mlx5_context *ctx = queue_context();
	struct ibv_qp_init_attr_ex attr = qp_attr(ctx, IBV_QPT_DRIVER);
	struct ibv_qp_attr rtr = { .qp_state = IBV_QPS_RTR };
	struct mlx5_ib_modify_qp_resp resp = {
		.response_length = sizeof(resp),
		.dctn = 0x777,
	};
	struct mlx5dv_qp_init_attr dv = {
		.comp_mask = MLX5DV_QP_INIT_ATTR_MASK_DC,
		.dc_init_attr = {
			.dc_type = MLX5DV_DCTYPE_DCT,
			.dct_access_key = 0x1234567890,
		},
	};
	const struct mlx5_ib_create_qp *req;
	struct ibv_qp *qp;

	attr.srq = some_srq();
	qp = mlx5dv_create_qp(&ctx->vctx.context, &attr, &dv);
	assert_non_null(qp);
	req = driver_request(sizeof(*req));
	assert_int_equal(req->flags, MLX5_QP_FLAG_TYPE_DCT);
	assert_true(req->access_key == 0x1234567890);
	assert_int_equal(req->buf_addr, 0);

	fake_answer_bytes(UHW_OUT, &resp, sizeof(resp));
	assert_int_equal(mlx5_modify_qp(qp, &rtr, IBV_QP_STATE), 0);
	assert_int_equal(qp->qp_num, 0x777);
	assert_int_equal(mlx5_destroy_qp(qp), 0);
	fini_queue_context(ctx);
}

#define WITH(...) ((struct mlx5dv_qp_init_attr){ __VA_ARGS__ })

static void refuse_qp(struct mlx5_context *ctx, enum ibv_qp_type type, int err,
		      struct mlx5dv_qp_init_attr dv)
{
	struct ibv_qp_init_attr_ex attr = qp_attr(ctx, type);

	attr.cap.max_send_wr = 1;
	assert_no_object(err, mlx5dv_create_qp(&ctx->vctx.context, &attr, &dv));
	assert_int_equal(fake.calls, 0);
}

static void test_qp_that_cannot_be(void **state)
{
	const uint64_t dc = MLX5DV_QP_INIT_ATTR_MASK_DC;
	const uint64_t flags = MLX5DV_QP_INIT_ATTR_MASK_QP_CREATE_FLAGS;
	const uint64_t ops = MLX5DV_QP_INIT_ATTR_MASK_SEND_OPS_FLAGS;
	struct mlx5_context *ctx = queue_context();

	refuse_qp(ctx, IBV_QPT_RC, EINVAL, WITH(.comp_mask = 1 << 4));
	refuse_qp(ctx, IBV_QPT_DRIVER, EINVAL, WITH(.comp_mask = 0));
	refuse_qp(ctx, IBV_QPT_RC, EINVAL,
		  WITH(.comp_mask = dc,
		       .dc_init_attr.dc_type = MLX5DV_DCTYPE_DCI));
	refuse_qp(ctx, IBV_QPT_DRIVER, EINVAL,
		  WITH(.comp_mask = dc,
		       .dc_init_attr.dc_type = MLX5DV_DCTYPE_DCT)); /* no SRQ */
	refuse_qp(ctx, IBV_QPT_RC, EOPNOTSUPP,
		  WITH(.comp_mask = flags,
		       .create_flags = MLX5DV_QP_CREATE_TUNNEL_OFFLOADS));
	refuse_qp(ctx, IBV_QPT_UC, EOPNOTSUPP,
		  WITH(.comp_mask = ops,
		       .send_ops_flags = MLX5DV_QP_EX_WITH_MR_LIST));
	refuse_qp(ctx, IBV_QPT_RC, EOPNOTSUPP,
		  WITH(.comp_mask = ops,
		       .send_ops_flags = MLX5DV_QP_EX_WITH_MEMCPY));
	/* Without the calls that requests begin and end with. */
	refuse_qp(ctx, IBV_QPT_RC, EINVAL,
		  WITH(.comp_mask = ops,
		       .send_ops_flags = MLX5DV_QP_EX_WITH_MR_LIST));
	ctx->cqe_version = 0;
	refuse_qp(ctx, IBV_QPT_DRIVER, EOPNOTSUPP,
		  WITH(.comp_mask = dc,
		       .dc_init_attr.dc_type = MLX5DV_DCTYPE_DCI));
	fini_queue_context(ctx);
}

/* What the driver is asked for with these. */
static uint32_t flags_with(struct mlx5_context *ctx, uint64_t create_flags)
{
	struct ibv_qp_init_attr_ex attr = qp_attr(ctx, IBV_QPT_RC);
	struct mlx5dv_qp_init_attr dv = {
		.comp_mask = MLX5DV_QP_INIT_ATTR_MASK_QP_CREATE_FLAGS,
		.create_flags = create_flags,
	};
	const struct mlx5_ib_create_qp *req;
	struct ibv_qp *qp;
	uint32_t flags;

	attr.cap.max_send_wr = 1;
	qp = mlx5dv_create_qp(&ctx->vctx.context, &attr, &dv);
	assert_non_null(qp);
	req = driver_request(sizeof(*req));
	flags = req->flags;
	assert_int_equal(mlx5_destroy_qp(qp), 0);
	return flags;
}

static void test_ordinary_qp(void **state)
{
	struct mlx5_context *ctx = queue_context();

	refuse_qp(
		ctx, IBV_QPT_RC, EINVAL,
		WITH(.comp_mask = MLX5DV_QP_INIT_ATTR_MASK_QP_CREATE_FLAGS,
		     .create_flags = MLX5DV_QP_CREATE_ALLOW_SCATTER_TO_CQE |
				     MLX5DV_QP_CREATE_DISABLE_SCATTER_TO_CQE));
	assert_int_equal(
		flags_with(ctx, MLX5DV_QP_CREATE_PACKET_BASED_CREDIT_MODE),
		MLX5_QP_FLAG_PACKET_BASED_CREDIT_MODE);
	assert_int_equal(flags_with(ctx, MLX5DV_QP_CREATE_ALLOW_SCATTER_TO_CQE),
			 MLX5_QP_FLAG_SCATTER_CQE |
				 MLX5_QP_FLAG_ALLOW_SCATTER_CQE);
	assert_int_equal(
		flags_with(ctx, MLX5DV_QP_CREATE_DISABLE_SCATTER_TO_CQE), 0);
	fini_queue_context(ctx);
}

/* ---- Memory -------------------------------------------------------------------- */

static int allocated;

static void *allocate(size_t size, void *data)
{
	assert_ptr_equal(data, &allocated);
	assert_int_equal(size % 4096, 0);
	allocated++;
	return aligned_alloc(4096, size);
}

static void release(void *ptr, void *data)
{
	assert_ptr_equal(data, &allocated);
	allocated--;
	free(ptr);
}

static void *allocate_nothing(size_t size, void *data)
{
	return NULL;
}

static struct ibv_cq *make_cq(struct mlx5_context *ctx)
{
	return mlx5_create_cq(&ctx->vctx.context, 10, NULL, 0);
}

static int set_allocators(struct mlx5_context *ctx,
			  void *(*alloc)(size_t size, void *data),
			  void (*give_back)(void *ptr, void *data))
{
	struct mlx5dv_ctx_allocators allocators = { alloc, give_back,
						    &allocated };

	ctx->dbrecs.allocators = &ctx->allocators;
	return mlx5dv_set_context_attr(&ctx->vctx.context,
				       MLX5DV_CTX_ATTR_BUF_ALLOCATORS,
				       &allocators);
}

static void test_memory_of_the_program(void **state)
{
	struct mlx5_context *ctx = queue_context();
	struct ibv_cq *before = make_cq(ctx), *cq;

	assert_int_equal(set_allocators(ctx, allocate, release), 0);
	cq = make_cq(ctx);
	assert_non_null(cq);
	assert_int_equal(allocated, 1); /* a record was left */
	assert_int_equal(mlx5_destroy_cq(before), 0);
	assert_int_equal(allocated, 1);
	/* It is given back to whom it came from. */
	assert_int_equal(set_allocators(ctx, NULL, NULL), 0);
	assert_int_equal(mlx5_destroy_cq(cq), 0);
	assert_int_equal(allocated, 0);

	assert_int_equal(set_allocators(ctx, allocate, release), 0);
	cq = make_cq(ctx);
	assert_int_equal(allocated, 2); /* ring and records */
	assert_int_equal(mlx5_destroy_cq(cq), 0);
	assert_int_equal(allocated, 0);
	fini_queue_context(ctx);
}

static void test_no_memory_of_the_program(void **state)
{
	struct mlx5_context *ctx = queue_context();

	assert_int_equal(set_allocators(ctx, allocate_nothing, release), 0);
	assert_no_object(ENOMEM, make_cq(ctx));
	assert_status(EINVAL, set_allocators(ctx, allocate, NULL));
	assert_status(EOPNOTSUPP,
		      mlx5dv_set_context_attr(others_context(),
					      MLX5DV_CTX_ATTR_BUF_ALLOCATORS,
					      NULL));
	assert_status(EOPNOTSUPP,
		      mlx5dv_set_context_attr(&ctx->vctx.context,
					      (enum mlx5dv_set_ctx_attr_type)9,
					      NULL));
	assert_int_equal(allocated, 0);
	fini_queue_context(ctx);
}

static void test_qp_of_others(void **state)
{
	struct ibv_qp_init_attr_ex attr = { 0 };
	struct ibv_qp_ex qp = { .qp_base.context = others_context() };

	assert_no_object(EOPNOTSUPP,
			 mlx5dv_create_qp(others_context(), &attr, NULL));
	assert_no_object(EOPNOTSUPP, mlx5dv_qp_ex_from_ibv_qp_ex(&qp));
	assert_no_object(EINVAL, mlx5dv_qp_ex_from_ibv_qp_ex(NULL));
}

#define test(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_cq),
		test(test_cq_that_cannot_be),
		test(test_dci),
		test(test_dct),
		test(test_qp_that_cannot_be),
		test(test_ordinary_qp),
		test(test_qp_of_others),
		test(test_memory_of_the_program),
		test(test_no_memory_of_the_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
