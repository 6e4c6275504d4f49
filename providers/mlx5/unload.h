/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef MLX5_UNLOAD_H
#define MLX5_UNLOAD_H

#include "mlx5.h"

/* Is data in the entry, which is of something that succeeded? */
static inline bool mlx5_is_loaded(const struct prm_cqe *cqe)
{
	return cqe->op_own & PRM_CQE_DATA_MASK &&
	       cqe->op_own >> PRM_CQE_OPCODE_SHIFT <= PRM_CQE_RESP_SEND_INV;
}

/*
 * Takes the data out of such an entry of cq, which is next and rsc's: it goes
 * to where the request says. Then the entry is as if there had been none.
 * Returns 0, with the status that the request completes with, or EINVAL for what
 * makes no sense.
 */
int mlx5_unload_cqe(const struct mlx5_cq *cq, struct mlx5_rsc *rsc,
		    struct prm_cqe *cqe, enum ibv_wc_status *status);

#endif
