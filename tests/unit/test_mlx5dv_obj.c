/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Direct verbs: the queues behind objects. */
#include <errno.h>

#include "mlx5_dv.h"

static uint8_t page[4096];
static __be32 record[2];

static void test_queue_pair(void **state)
{
	struct mlx5_context *ctx = dv_context();
	struct mlx5_bfreg bfreg = {
		.reg = page + 0xa00,
		.buf_size = 256,
		.mmap_offset = 0x7000,
	};
	struct mlx5_qp qp = {
		.qp.context = &ctx->vctx.context,
		.sq = { .buf = page + 512, .block_mask = 15, .bfreg = &bfreg },
		.rq = { .buf = page, .max_post = 16, .stride_shift = 5 },
		.dbrec = record,
	};
	struct mlx5dv_qp out = { .comp_mask = UINT64_MAX };
	struct mlx5dv_obj obj = { .qp = { .in = &qp.qp, .out = &out } };

	assert_int_equal(mlx5dv_init_obj(&obj, MLX5DV_OBJ_QP), 0);
	assert_ptr_equal(out.dbrec, record);
	assert_ptr_equal(out.sq.buf, page + 512);
	assert_int_equal(out.sq.wqe_cnt, 16);
	assert_int_equal(out.sq.stride, 64);
	assert_ptr_equal(out.rq.buf, page);
	assert_int_equal(out.rq.wqe_cnt, 16);
	assert_int_equal(out.rq.stride, 32);
	assert_ptr_equal(out.bf.reg, page + 0xa00);
	assert_int_equal(out.bf.size, 256);
	assert_int_equal(out.comp_mask, MLX5DV_QP_MASK_UAR_MMAP_OFFSET |
						MLX5DV_QP_MASK_RAW_QP_HANDLES);
	assert_int_equal(out.tirn | out.tisn | out.rqn | out.sqn, 0);
	assert_int_equal(out.uar_mmap_offset, 0x7000);

	out.comp_mask = 0;
	out.uar_mmap_offset = 1;
	assert_int_equal(mlx5dv_init_obj(&obj, MLX5DV_OBJ_QP), 0);
	assert_int_equal(out.comp_mask, 0);
	assert_int_equal(out.uar_mmap_offset, 1);
}

/* An XRC receive QP has neither rings nor register. */
static void test_queue_pair_without_rings(void **state)
{
	struct mlx5_context *ctx = dv_context();
	struct mlx5_qp qp = { .qp.context = &ctx->vctx.context };
	struct mlx5dv_qp out = { .comp_mask = UINT64_MAX };
	struct mlx5dv_obj obj = { .qp = { .in = &qp.qp, .out = &out } };

	assert_int_equal(mlx5dv_init_obj(&obj, MLX5DV_OBJ_QP), 0);
	assert_null(out.sq.buf);
	assert_int_equal(out.sq.wqe_cnt, 0);
	assert_int_equal(out.rq.wqe_cnt, 0);
	assert_null(out.bf.reg);
	assert_int_equal(out.comp_mask, MLX5DV_QP_MASK_RAW_QP_HANDLES);
}

static struct mlx5_cq usual_cq(struct mlx5_context *ctx)
{
	return (struct mlx5_cq){
		.cq.context = &ctx->vctx.context,
		.num_cqe = 8,
		.cqe_shift = 7,
		.dbrec = record,
		.arm_reg = page + 0x20,
		.cqn = 0x4711,
		.buf = { .addr = page, .len = 1024 },
	};
}

static void test_completion_queue(void **state)
{
	struct mlx5_context *ctx = dv_context();
	struct mlx5_cq cq = usual_cq(ctx);
	struct mlx5dv_cq out = { .comp_mask = UINT64_MAX };
	struct mlx5dv_obj obj = { .cq = { .in = &cq.cq, .out = &out } };

	assert_int_equal(mlx5dv_init_obj(&obj, MLX5DV_OBJ_CQ), 0);
	assert_ptr_equal(out.buf, page);
	assert_ptr_equal(out.dbrec, record);
	assert_int_equal(out.cqe_cnt, 8);
	assert_int_equal(out.cqe_size, 128);
	assert_ptr_equal((uint8_t *)out.cq_uar + MLX5_CQ_DOORBELL, page + 0x20);
	assert_int_equal(out.cqn, 0x4711);
	assert_int_equal(out.comp_mask, 0);
}

/* The provider has not seen what the program read: nothing may move. */
static void test_ring_is_left_to_the_program(void **state)
{
	struct mlx5_context *ctx = dv_context();
	struct mlx5_cq cq = usual_cq(ctx);
	struct mlx5_qp qp = {
		.qp = { .context = &ctx->vctx.context,
			.send_cq = &cq.cq,
			.recv_cq = &cq.cq },
		.rsc = { .key = 5 },
	};
	struct mlx5dv_cq out = { 0 };
	struct mlx5dv_obj obj = { .cq = { .in = &cq.cq, .out = &out } };
	uint8_t before[1024];

	mlx5_init_cq_ring(&cq, 8, 128, 1);
	page[64 + 32 + 3] = 5; /* uidx of a completion of qp */
	page[127] = 0;
	memcpy(before, page, sizeof(before));
	assert_int_equal(mlx5dv_init_obj(&obj, MLX5DV_OBJ_CQ), 0);
	mlx5_lock_cqs(&qp);
	mlx5_clean_cqs_locked(&qp);
	mlx5_unlock_cqs(&qp);
	assert_memory_equal(page, before, sizeof(before));
	assert_int_equal(record[0], 0);
	memset(page, 0, sizeof(page));
}

static void test_shared_receive_queue(void **state)
{
	struct mlx5_context *ctx = dv_context();
	struct mlx5_srq srq = {
		.srq.context = &ctx->vctx.context,
		.head = 3,
		.tail = 31,
		.stride_shift = 6,
		.dbrec = record,
		.srqn = 0x99,
		.buf = { .addr = page },
	};
	struct mlx5dv_srq out = { .comp_mask = MLX5DV_SRQ_MASK_SRQN };
	struct mlx5dv_obj obj = { .srq = { .in = &srq.srq, .out = &out } };

	assert_int_equal(mlx5dv_init_obj(&obj, MLX5DV_OBJ_SRQ), 0);
	assert_ptr_equal(out.buf, page);
	assert_ptr_equal(out.dbrec, record);
	assert_int_equal(out.stride, 64);
	assert_int_equal(out.head, 3);
	assert_int_equal(out.tail, 31);
	assert_int_equal(out.srqn, 0x99);
	assert_int_equal(out.comp_mask, MLX5DV_SRQ_MASK_SRQN);
}

static void test_work_queue(void **state)
{
	struct mlx5_context *ctx = dv_context();
	struct mlx5_wq wq = {
		.wq.context = &ctx->vctx.context,
		.rq = { .buf = page + 16, .max_post = 8, .stride_shift = 5 },
		.dbrec = record,
		.buf = { .addr = page },
	};
	struct mlx5dv_rwq out = { .comp_mask = UINT64_MAX };
	struct mlx5dv_obj obj = { .rwq = { .in = &wq.wq, .out = &out } };

	assert_int_equal(mlx5dv_init_obj(&obj, MLX5DV_OBJ_RWQ), 0);
	assert_ptr_equal(out.buf, page);
	assert_ptr_equal(out.dbrec, record);
	assert_int_equal(out.wqe_cnt, 8);
	assert_int_equal(out.stride, 32);
	assert_int_equal(out.comp_mask, 0);
}

static void test_several_at_once(void **state)
{
	struct mlx5_context *ctx = dv_context();
	struct mlx5_pd mpd = {
		.pd.context = &ctx->vctx.context,
		.pdn = 0x55,
	};
	struct mlx5_ah ah = { .ah.context = &ctx->vctx.context };
	struct mlx5dv_pd pd_out = { .comp_mask = 1 };
	struct mlx5dv_ah ah_out = { .comp_mask = 1 };
	struct mlx5dv_obj obj = {
		.pd = { .in = &mpd.pd, .out = &pd_out },
		.ah = { .in = &ah.ah, .out = &ah_out },
	};

	ah.av.tclass = 0x20;
	assert_int_equal(mlx5dv_init_obj(&obj, MLX5DV_OBJ_PD | MLX5DV_OBJ_AH),
			 0);
	assert_int_equal(pd_out.pdn, 0x55);
	assert_int_equal(ah_out.av->tclass, 0x20);
	assert_int_equal(pd_out.comp_mask | ah_out.comp_mask, 0);
}

static void test_objects_of_others_are_refused(void **state)
{
	struct ibv_qp qp = { .context = others_context() };
	struct ibv_cq cq = { .context = others_context() };
	struct ibv_srq srq = { .context = others_context() };
	struct ibv_ah ah = { .context = others_context() };
	struct ibv_pd other_pd = { .context = others_context() };
	struct ibv_wq wq = { .context = others_context() };
	struct ibv_dm dm = { .context = others_context() };
	struct mlx5dv_obj obj = {
		.qp.in = &qp,
		.cq.in = &cq,
		.srq.in = &srq,
		.ah.in = &ah,
		.dm.in = &dm,
		.pd.in = &other_pd,
		.rwq.in = &wq,
	};
	uint64_t type;

	for (type = MLX5DV_OBJ_QP; type <= MLX5DV_OBJ_PD; type <<= 1)
		assert_status(EOPNOTSUPP, mlx5dv_init_obj(&obj, type));
	assert_status(EOPNOTSUPP, mlx5dv_init_obj(&obj, 1 << 20));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_queue_pair),
		cmocka_unit_test(test_queue_pair_without_rings),
		cmocka_unit_test(test_completion_queue),
		cmocka_unit_test(test_ring_is_left_to_the_program),
		cmocka_unit_test(test_shared_receive_queue),
		cmocka_unit_test(test_work_queue),
		cmocka_unit_test(test_several_at_once),
		cmocka_unit_test(test_objects_of_others_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
