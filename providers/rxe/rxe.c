/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#include <rdma/rdma_user_ioctl_cmds.h>

#include "rxe.h"

/* The user ABI of the driver since ring indices are kept masked. */
#define RXE_KERNEL_ABI 2

/* The driver has nothing to say of its own when a device is opened. */
static int init_context(struct verbs_context *vctx)
{
	return ibv_cmd_get_context(vctx, NULL);
}

static void uninit_context(struct verbs_context *vctx)
{
}

VERBS_EXPORT const struct verbs_provider verbs_provider_rxe = {
	.abi = VERBS_PROVIDER_ABI,
	.name = "rxe",
	.driver_id = RDMA_DRIVER_RXE,
	.min_kernel_abi = RXE_KERNEL_ABI,
	.max_kernel_abi = RXE_KERNEL_ABI,
	.context_size = sizeof(struct verbs_context),
	.init_context = init_context,
	.uninit_context = uninit_context,
	.ops = {
		.alloc_td = verbs_alloc_td,
		.dealloc_td = verbs_dealloc_td,
		.alloc_parent_domain = verbs_alloc_parent_domain,
		.bind_mw = rxe_bind_mw,
		.create_cq = rxe_create_cq,
		.create_cq_ex = rxe_create_cq_ex,
		.resize_cq = rxe_resize_cq,
		.destroy_cq = rxe_destroy_cq,
		.poll_cq = rxe_poll_cq,
		.create_qp_ex = rxe_create_qp_ex,
		.destroy_qp = rxe_destroy_qp,
		.post_send = rxe_post_send,
		.post_recv = rxe_post_recv,
		.create_srq = rxe_create_srq,
		.modify_srq = rxe_modify_srq,
		.destroy_srq = rxe_destroy_srq,
		.post_srq_recv = rxe_post_srq_recv,
		.create_ah = rxe_create_ah,
		.destroy_ah = rxe_destroy_ah,
	},
};
