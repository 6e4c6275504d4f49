/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef SOFTHCA_UAPI_H
#define SOFTHCA_UAPI_H

/* What the mlx5 driver's users have beside the verbs; see uapi.c. */
#include <rdma/ib_verbs.h>
#include <rdma/mlx5_user_ioctl_cmds.h>
#include <rdma/mlx5_user_ioctl_verbs.h>
#include <rdma/uverbs_ioctl.h>
#include <rdma/uverbs_std_types.h>

#define UVERBS_MODULE_NAME softhca
#include <rdma/uverbs_named_ioctl.h>

#include "softhca.h"

/* What a method may be sent: at least the common head of all commands. */
enum { HCA_CMD_HEAD = 16 };

static inline struct hca_ctx *hca_ctx_of(struct uverbs_attr_bundle *attrs)
{
	struct ib_ucontext *ibctx = ib_uverbs_get_ucontext(attrs);

	return IS_ERR(ibctx) ? ERR_CAST(ibctx) : to_hctx(ibctx);
}

/* A context without DEVX has no say in its methods. */
static inline struct hca_ctx *hca_devx_ctx_of(struct uverbs_attr_bundle *attrs)
{
	struct hca_ctx *ctx = hca_ctx_of(attrs);

	if (!IS_ERR(ctx) && !ctx->devx)
		return ERR_PTR(-EINVAL);
	return ctx;
}

extern const struct uapi_definition hca_method_defs[];
extern const struct uapi_definition hca_devx_defs[];
extern const struct uapi_definition hca_cmd_file_defs[];
extern const struct uapi_definition hca_event_defs[];
extern const struct uapi_definition hca_umem_defs[];
extern const struct uapi_definition hca_uar_defs[];
extern const struct uapi_definition hca_dm_defs[];

#endif
