/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* The provider, and what it keeps per open device. */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rdma/mlx5_user_ioctl_cmds.h>

#include "mlx5.h"

#define MAX_CQE_VERSION 1
#define SPINS_BEFORE_YIELD 1000

static inline void cpu_relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

/* Until the lock looks free. The holder may need this CPU to go on. */
static void wait_for(struct mlx5_lock *lock)
{
	int spins = 0;

	while (atomic_load_explicit(&lock->held, memory_order_relaxed)) {
		if (++spins < SPINS_BEFORE_YIELD)
			cpu_relax();
		else
			sched_yield();
	}
}

void mlx5_lock_wait(struct mlx5_lock *lock)
{
	do {
		wait_for(lock);
	} while (!mlx5_try_lock(lock));
}

/*
 * A kernel that has no doorbell pages as objects reserves a fixed set of
 * registers for the context, and says how many.
 */
static int get_context(struct verbs_context *vctx, uint32_t flags,
		       struct mlx5_ib_alloc_ucontext_resp *resp)
{
	struct mlx5_ib_alloc_ucontext_req_v2 req = {
		.flags = flags,
		.total_num_bfregs = MLX5_BFREGS,
		.num_low_latency_bfregs = MLX5_LOW_LATENCY_BFREGS,
		.max_cqe_version = MAX_CQE_VERSION,
		.lib_caps = MLX5_LIB_CAP_4K_UAR | MLX5_LIB_CAP_DYN_UAR,
	};
	struct verbs_udata udata = {
		.in = &req,
		.in_len = sizeof(req),
		.out = resp,
		.out_len = sizeof(*resp),
	};

	memset(resp, 0, sizeof(*resp));
	return ibv_cmd_get_context(vctx, &udata);
}

/* Of who has used up what would serve for any context. */
static bool is_shortage(int err)
{
	return err == EMFILE || err == ENFILE || err == ENOMEM;
}

/*
 * Programs use DEVX on any context, so each has it where the device does. What
 * fails for another reason is not tried again: the kernel may have made the
 * context, and would complain of the second one.
 */
static int get_any_context(struct mlx5_context *ctx,
			   struct mlx5_ib_alloc_ucontext_resp *resp)
{
	ctx->devx_err = get_context(&ctx->vctx, MLX5_IB_ALLOC_UCTX_DEVX, resp);
	if (!ctx->devx_err || is_shortage(ctx->devx_err))
		return ctx->devx_err;
	return get_context(&ctx->vctx, 0, resp);
}

/* MLX5_CQE_SIZE is the stock library's variable for the same. */
static uint32_t choose_cqe_size(uint32_t cache_line_size)
{
	const char *env = getenv("MLX5_CQE_SIZE");

	if (env && !strcmp(env, "64"))
		return 64;
	if (env && !strcmp(env, "128"))
		return 128;
	return cache_line_size >= 128 ? 128 : 64;
}

/* Likewise, of a program that never uses the device from two threads. */
static bool is_single_threaded(void)
{
	const char *env = getenv("MLX5_SINGLE_THREADED");

	return env && !strcmp(env, "1");
}

/* Likewise, but for what it means that it is not set: see unload.c. */
static bool has_data_in_cqes(void)
{
	const char *env = getenv("MLX5_SCATTER_TO_CQE");

	return env && strcmp(env, "0");
}

static int take_response(struct mlx5_context *ctx,
			 const struct mlx5_ib_alloc_ucontext_resp *resp)
{
	if (resp->cqe_version > MAX_CQE_VERSION)
		return EOPNOTSUPP;
	ctx->resp = *resp;
	ctx->limits.max_sq_desc_sz = resp->max_sq_desc_sz;
	ctx->limits.max_rq_desc_sz = resp->max_rq_desc_sz;
	ctx->limits.max_send_wqebb = resp->max_send_wqebb;
	ctx->limits.max_recv_wr = resp->max_recv_wr;
	ctx->limits.max_srq_recv_wr = resp->max_srq_recv_wr;
	ctx->ah_by_kernel =
		resp->cmds_supp_uhw & MLX5_USER_CMDS_SUPP_UHW_CREATE_AH;
	ctx->single_threaded = is_single_threaded();
	ctx->data_in_cqes = has_data_in_cqes();
	ctx->cqe_version = resp->cqe_version;
	ctx->cqe_size = choose_cqe_size(resp->cache_line_size);
	ctx->page_size = sysconf(_SC_PAGESIZE);
	return 0;
}

static int start_context(struct mlx5_context *ctx,
			 const struct mlx5_ib_alloc_ucontext_resp *resp)
{
	int err;

	err = take_response(ctx, resp);
	if (err)
		return verbs_err(err);
	err = mlx5_init_uars(ctx, resp);
	if (err)
		return verbs_err(err);
	mlx5_dbrecs_init(&ctx->dbrecs, resp->cache_line_size);
	ctx->dbrecs.allocators = &ctx->allocators;
	mlx5_table_init(&ctx->rscs);
	mlx5_table_init(&ctx->srqs);
	return 0;
}

static int mlx5_init_context(struct verbs_context *vctx)
{
	struct mlx5_context *ctx = to_mctx(&vctx->context);
	struct mlx5_ib_alloc_ucontext_resp resp;
	int err;

	err = get_any_context(ctx, &resp);
	return err ? err : start_context(ctx, &resp);
}

/* Whether it has DEVX the kernel does not say; it refuses what it has not. */
static int mlx5_import_context(struct verbs_context *vctx)
{
	struct mlx5_ib_alloc_ucontext_resp resp = { 0 };
	struct verbs_attrs attrs;
	int err;

	attrs_init(&attrs, UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_CONTEXT);
	attr_out(&attrs, MLX5_IB_ATTR_QUERY_CONTEXT_RESP_UCTX, &resp,
		 sizeof(resp));
	err = ibv_cmd_query_context(vctx, &attrs);
	return err ? err : start_context(to_mctx(&vctx->context), &resp);
}

static void mlx5_uninit_context(struct verbs_context *vctx)
{
	struct mlx5_context *ctx = to_mctx(&vctx->context);

	mlx5_table_fini(&ctx->srqs);
	mlx5_table_fini(&ctx->rscs);
	mlx5_dbrecs_fini(&ctx->dbrecs);
	mlx5_unmap_clocks(ctx);
	mlx5_fini_uars(ctx);
}

VERBS_EXPORT const struct verbs_provider verbs_provider_mlx5 = {
	.abi = VERBS_PROVIDER_ABI,
	.name = "mlx5",
	.driver_id = RDMA_DRIVER_MLX5,
	.min_kernel_abi = MLX5_IB_UVERBS_ABI_VERSION,
	.max_kernel_abi = MLX5_IB_UVERBS_ABI_VERSION,
	.context_size = sizeof(struct mlx5_context),
	.init_context = mlx5_init_context,
	.import_context = mlx5_import_context,
	.uninit_context = mlx5_uninit_context,
	.ops = {
		.query_device_ex = mlx5_query_device_ex,
		.query_rt_values = mlx5_query_rt_values,
		.alloc_pd = mlx5_alloc_pd,
		.alloc_td = verbs_alloc_td,
		.dealloc_td = verbs_dealloc_td,
		.alloc_parent_domain = mlx5_alloc_parent_domain,
		.reg_dmabuf_mr = verbs_reg_dmabuf_mr,
		.alloc_dmah = verbs_alloc_dmah,
		.dealloc_dmah = verbs_dealloc_dmah,
		.import_mr = verbs_import_mr,
		.import_pd = mlx5_import_pd,
		.alloc_null_mr = mlx5_alloc_null_mr,
		.alloc_dm = mlx5_alloc_dm,
		.free_dm = mlx5_free_dm,
		.import_dm = mlx5_import_dm,
		.unimport_dm = mlx5_unimport_dm,
		.dm_export_dmabuf_fd = mlx5_dm_export_dmabuf_fd,
		.bind_mw = mlx5_bind_mw,
		.create_cq = mlx5_create_cq,
		.create_cq_ex = mlx5_create_cq_ex,
		.resize_cq = mlx5_resize_cq,
		.destroy_cq = mlx5_destroy_cq,
		.poll_cq = mlx5_poll_cq,
		.req_notify_cq = mlx5_req_notify_cq,
		.cq_event = mlx5_cq_event,
		.create_qp_ex = mlx5_create_qp_ex,
		.open_qp = mlx5_open_qp,
		.query_qp = mlx5_query_qp,
		.query_ece = mlx5_query_ece,
		.set_ece = mlx5_set_ece,
		.modify_qp = mlx5_modify_qp,
		.destroy_qp = mlx5_destroy_qp,
		.post_send = mlx5_post_send,
		.post_recv = mlx5_post_recv,
		.create_srq = mlx5_create_srq,
		.create_srq_ex = mlx5_create_srq_ex,
		.get_srq_num = verbs_get_srq_num,
		.modify_srq = mlx5_modify_srq,
		.destroy_srq = mlx5_destroy_srq,
		.post_srq_recv = mlx5_post_srq_recv,
		.create_wq = mlx5_create_wq,
		.modify_wq = mlx5_modify_wq,
		.destroy_wq = mlx5_destroy_wq,
		.create_flow = mlx5_create_flow,
		.destroy_flow = mlx5_destroy_flow,
		.create_counters = mlx5_create_counters,
		.destroy_counters = mlx5_destroy_counters,
		.attach_counters_point_flow = mlx5_attach_counters,
		.read_counters = verbs_read_counters,
		.create_ah = mlx5_create_ah,
		.destroy_ah = mlx5_destroy_ah,
		.create_flow_action_esp = verbs_create_flow_action_esp,
		.modify_flow_action_esp = verbs_modify_flow_action_esp,
		.destroy_flow_action = verbs_destroy_flow_action,
	},
};
