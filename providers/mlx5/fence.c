/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * A request behind one that changes a memory key gets a fence, as it may use
 * that key. Keys change seldom, so that the usual way asks nothing: a fence
 * makes the queue look full. Who then finds it in the way has the flags of
 * requests changed for one request, and changed back by the next.
 */
#include "wqe.h"

static void set_flag(struct mlx5_sq *sq, bool set)
{
	__be32 fence = htobe32(PRM_CTRL_FENCE);
	__be32 small = htobe32(PRM_CTRL_SMALL_FENCE);
	int i;

	for (i = 0; i < 8; i++) {
		sq->fm_ce_se[i] &= ~small;
		if (set && !(sq->fm_ce_se[i] & fence))
			sq->fm_ce_se[i] |= small;
	}
}

void mlx5_raise_fence(struct mlx5_sq *sq)
{
	if (sq->fence == MLX5_FENCE_NONE)
		sq->room_unfenced = sq->room;
	if (sq->fence == MLX5_FENCE_GIVEN)
		set_flag(sq, false);
	sq->fence = MLX5_FENCE_PENDING;
	sq->room = MLX5_NO_ROOM;
}

void mlx5_drop_fence(struct mlx5_sq *sq)
{
	if (sq->fence == MLX5_FENCE_NONE)
		return;
	set_flag(sq, false);
	sq->fence = MLX5_FENCE_NONE;
	sq->room = sq->room_unfenced;
}

void mlx5_set_room(struct mlx5_sq *sq, int32_t room)
{
	if (sq->fence == MLX5_FENCE_NONE)
		sq->room = room;
	else
		sq->room_unfenced = room;
}

/* A batch that was taken back may have taken the fenced request along. */
static bool is_past(const struct mlx5_sq *sq)
{
	return (int32_t)(sq->cur_block - sq->fenced_block) > 0;
}

bool mlx5_pass_fence(struct mlx5_sq *sq)
{
	uint32_t tail = __atomic_load_n(&sq->tail, __ATOMIC_ACQUIRE);

	if (sq->fence == MLX5_FENCE_NONE ||
	    (int32_t)(sq->cur_block - tail) > sq->room_unfenced)
		return false;
	if (sq->fence == MLX5_FENCE_PENDING) {
		set_flag(sq, true);
		sq->fence = MLX5_FENCE_GIVEN;
		sq->fenced_block = sq->cur_block;
	} else if (is_past(sq)) {
		mlx5_drop_fence(sq);
	}
	return true;
}
