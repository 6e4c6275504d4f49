// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include "raw.h"

/*
 * Queues whose receives are divided into strides, and take several frames: each
 * begins with a stride of its own. What is left of a receive and too little for
 * a frame is given back by a completion that has no frame.
 */

enum {
	CQE_FILLER = 1U << 31, /* in the length of a completion */
	CQE_STRIDES_SHIFT = 16,
};

static u32 strides_in(const struct hca_strides *s)
{
	return 1 << s->log_num;
}

int hca_strides_read(struct hca_strides *s, const struct mlx5_ib_create_wq *cmd)
{
	if (!(cmd->comp_mask & MLX5_IB_CREATE_WQ_STRIDING_RQ))
		return cmd->two_byte_shift_en ? -EINVAL : 0;
	if (cmd->single_stride_log_num_of_bytes < HCA_LOG_MIN_STRIDE ||
	    cmd->single_stride_log_num_of_bytes > HCA_LOG_MAX_STRIDE ||
	    cmd->single_wqe_log_num_of_strides < HCA_LOG_MIN_STRIDES ||
	    cmd->single_wqe_log_num_of_strides > HCA_LOG_MAX_STRIDES)
		return -EINVAL;
	*s = (struct hca_strides){
		.on = true,
		.log_len = cmd->single_stride_log_num_of_bytes,
		.log_num = cmd->single_wqe_log_num_of_strides,
		.pad = cmd->two_byte_shift_en ? 2 : 0,
	};
	return 0;
}

/* So many of them a frame of len bytes takes. */
u32 hca_strides_for(const struct hca_strides *s, u32 len)
{
	return ((len + s->pad - 1) >> s->log_len) + 1;
}

bool hca_strides_can_hold(const struct hca_strides *s, u32 len)
{
	return hca_strides_for(s, len) <= strides_in(s);
}

/* Whether the receive that is being filled has enough left. */
bool hca_strides_left_for(const struct hca_strides *s, u32 len)
{
	return hca_strides_for(s, len) <= strides_in(s) - s->used;
}

/* Where in the receive the next frame goes. */
u64 hca_strides_pos(const struct hca_strides *s)
{
	return ((u64)s->used << s->log_len) + s->pad;
}

/* Says what is used up; returns whether that is all there was. */
static bool take(struct hca_strides *s, struct hca_cqe *cqe, u16 wqe_id, u32 n)
{
	cqe->wqe_id = cpu_to_be16(wqe_id);
	cqe->wqe_counter = cpu_to_be16(s->used);
	cqe->byte_cnt |= cpu_to_be32(n << CQE_STRIDES_SHIFT);
	s->used += n;
	if (s->used < strides_in(s))
		return false;
	s->used = 0;
	return true;
}

bool hca_strides_take(struct hca_strides *s, struct hca_cqe *cqe, u16 wqe_id)
{
	return take(s, cqe, wqe_id,
		    hca_strides_for(s, be32_to_cpu(cqe->byte_cnt)));
}

void hca_strides_fill(struct hca_strides *s, struct hca_cqe *cqe, u16 wqe_id)
{
	cqe->byte_cnt = cpu_to_be32(CQE_FILLER);
	take(s, cqe, wqe_id, strides_in(s) - s->used);
}
