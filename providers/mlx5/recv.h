/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* The list of segments that a receive WQE is, of a QP or of an SRQ. */
#ifndef MLX5_RECV_H
#define MLX5_RECV_H

#include "wqe.h"

/* Ends a list that does not fill its stride. */
static inline void mlx5_put_data_end(void *seg)
{
	struct prm_data_seg *data = seg;

	data->byte_count = 0;
	data->lkey = htobe32(PRM_LKEY_END);
	data->addr = 0;
}

/* False for a list that cannot be encoded. */
static ALWAYS_INLINE bool
mlx5_put_recv_sges(void *seg, const struct ibv_recv_wr *wr, uint32_t max_sge)
{
	uint32_t num_sge = wr->num_sge;
	const struct ibv_sge *sge = wr->sg_list;
	const struct ibv_sge *last = sge + num_sge;
	void *end = (struct prm_data_seg *)seg + max_sge;

	if (unlikely(num_sge > max_sge))
		return false;
	for (; sge != last; sge++) {
		if (unlikely(!mlx5_data_len_ok(sge->length))) {
			if (sge->length)
				return false;
			continue;
		}
		seg = mlx5_put_data(seg, sge->addr, sge->lkey, sge->length);
	}
	if (seg != end)
		mlx5_put_data_end(seg);
	return true;
}

#endif
