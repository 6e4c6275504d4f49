/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Memory regions that differ from those of other devices. */
#include <errno.h>

#include "mlx5.h"

/* The device has one key for all whose memory it need not reach. */
struct ibv_mr *mlx5_alloc_null_mr(struct ibv_pd *pd)
{
	const struct mlx5_ib_alloc_ucontext_resp *resp =
		&to_mctx(pd->context)->resp;

	if (!(resp->comp_mask &
	      MLX5_IB_ALLOC_UCONTEXT_RESP_MASK_DUMP_FILL_MKEY)) {
		errno = EOPNOTSUPP;
		return NULL;
	}
	return verbs_new_null_mr(pd, resp->dump_fill_mkey);
}
