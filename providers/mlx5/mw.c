/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Memory windows. A window is a memory key of its own, and binding it a request
 * that changes the key (UMR): of one block, then the key's new context in the
 * second, then what memory it is of in the third. All begin at a block, so that
 * the end of the ring is between them.
 */
#include <errno.h>

#include "doorbell.h"
#include "mw.h"

enum {
	SHUT_BLOCKS = 2,
	BIND_BLOCKS = 3,
};

/* flags, mask: what is checked and changed beside the key's low byte. */
static struct prm_ctrl_seg *put_umr(struct mlx5_sq *sq, uint8_t flags,
				    uint64_t mask, uint32_t old_key)
{
	struct prm_ctrl_seg *ctrl = mlx5_clear_block(sq, 0);
	struct prm_umr_ctrl_seg *umr = (void *)(ctrl + 1);

	umr->flags = flags | PRM_UMR_INLINE | PRM_UMR_TRANSLATION_OFFSET;
	umr->mkey_mask = htobe64(mask | PRM_MKEY_MASK_FREE | PRM_MKEY_MASK_KEY);
	ctrl->imm = htobe32(old_key);
	return ctrl;
}

static void finish(struct mlx5_sq *sq, struct prm_ctrl_seg *ctrl,
		   uint64_t wr_id, unsigned int send_flags,
		   enum ibv_wc_opcode wc_opcode, uint32_t blocks)
{
	uint32_t ds = blocks * PRM_SEGS_PER_BLOCK;

	mlx5_begin_wqe(sq, ctrl, send_flags, ctrl->imm);
	mlx5_finish_wqe(sq, ctrl, mlx5_remember(sq, wr_id, wc_opcode),
			mlx5_first_half(sq, PRM_OP_UMR) + ds, ds);
	mlx5_raise_fence(sq);
}

/* The key with this new low byte is of no QP any more, and opens nothing. */
static void put_free_key(struct mlx5_sq *sq, uint8_t key)
{
	struct prm_mkey_seg *mkey = mlx5_clear_block(sq, 1);

	mkey->free = PRM_MKEY_FREE;
	mkey->qpn_key = htobe32(PRM_MKEY_ANY_QPN << 8 | key);
}

int mlx5_put_local_inv(struct mlx5_sq *sq, uint64_t wr_id,
		       unsigned int send_flags, uint32_t rkey)
{
	struct prm_ctrl_seg *ctrl;

	if (unlikely(!mlx5_has_room(sq, SHUT_BLOCKS)))
		return ENOMEM;
	ctrl = put_umr(sq, PRM_UMR_CHECK_QPN, PRM_MKEY_MASK_QPN, rkey);
	put_free_key(sq, 0);
	finish(sq, ctrl, wr_id, send_flags, IBV_WC_LOCAL_INV, SHUT_BLOCKS);
	return 0;
}

static void put_shut(struct mlx5_sq *sq, uint64_t wr_id,
		     unsigned int send_flags, const struct ibv_mw *mw,
		     uint32_t rkey)
{
	struct prm_ctrl_seg *ctrl;

	if (mw->type == IBV_MW_TYPE_2)
		ctrl = put_umr(sq, PRM_UMR_CHECK_QPN, PRM_MKEY_MASK_QPN,
			       mw->rkey);
	else
		ctrl = put_umr(sq, 0, 0, mw->rkey);
	put_free_key(sq, rkey);
	finish(sq, ctrl, wr_id, send_flags, IBV_WC_BIND_MW, SHUT_BLOCKS);
}

uint8_t mlx5_key_access(unsigned int access)
{
	uint8_t bits = 0;

	if (access & IBV_ACCESS_LOCAL_WRITE)
		bits |= PRM_MKEY_LOCAL_WRITE;
	if (access & IBV_ACCESS_REMOTE_READ)
		bits |= PRM_MKEY_REMOTE_READ;
	if (access & IBV_ACCESS_REMOTE_WRITE)
		bits |= PRM_MKEY_REMOTE_WRITE;
	if (access & IBV_ACCESS_REMOTE_ATOMIC)
		bits |= PRM_MKEY_ATOMIC;
	return bits;
}

static void put_open_key(struct mlx5_sq *sq, uint32_t qpn, uint8_t key,
			 const struct ibv_mw_bind_info *info)
{
	struct prm_mkey_seg *mkey = mlx5_clear_block(sq, 1);
	bool zero_based = info->mw_access_flags & IBV_ACCESS_ZERO_BASED;

	mkey->access = mlx5_key_access(info->mw_access_flags);
	mkey->qpn_key = htobe32(qpn << 8 | key);
	mkey->start = htobe64(zero_based ? 0 : info->addr);
	mkey->len = htobe64(info->length);
}

/* Not as a data segment: 2^31 is written as what it is. */
static void put_memory(struct mlx5_sq *sq, const struct ibv_mw_bind_info *info)
{
	struct prm_data_seg *part = mlx5_clear_block(sq, 2);

	part->byte_count = htobe32(info->length);
	part->lkey = htobe32(info->mr->lkey);
	part->addr = htobe64(info->addr);
}

/* Of type 2 a window is for the QP that binds it, and must not be bound yet. */
static void put_open(struct mlx5_sq *sq, uint64_t wr_id,
		     unsigned int send_flags, const struct ibv_mw *mw,
		     uint32_t rkey, const struct ibv_mw_bind_info *info)
{
	uint64_t mask = PRM_MKEY_MASK_LEN | PRM_MKEY_MASK_START |
			PRM_MKEY_MASK_LOCAL_WRITE | PRM_MKEY_MASK_REMOTE_READ |
			PRM_MKEY_MASK_REMOTE_WRITE | PRM_MKEY_MASK_ATOMIC;
	struct prm_umr_ctrl_seg *umr;
	struct prm_ctrl_seg *ctrl;

	if (mw->type == IBV_MW_TYPE_2) {
		ctrl = put_umr(sq, PRM_UMR_CHECK_FREE, mask | PRM_MKEY_MASK_QPN,
			       mw->rkey);
		put_open_key(sq, sq->qpn >> 8, rkey, info);
	} else {
		ctrl = put_umr(sq, 0, mask, mw->rkey);
		put_open_key(sq, PRM_MKEY_ANY_QPN, rkey, info);
	}
	umr = (void *)(ctrl + 1);
	umr->klm_octowords = htobe16(PRM_SEGS_PER_BLOCK);
	put_memory(sq, info);
	finish(sq, ctrl, wr_id, send_flags, IBV_WC_BIND_MW, BIND_BLOCKS);
}

int mlx5_put_bind(struct mlx5_sq *sq, uint64_t wr_id, unsigned int send_flags,
		  const struct ibv_mw *mw, uint32_t rkey,
		  const struct ibv_mw_bind_info *info)
{
	if (unlikely(!mlx5_has_room(sq, BIND_BLOCKS)))
		return ENOMEM;
	if (!info->length) {
		put_shut(sq, wr_id, send_flags, mw, rkey);
		return 0;
	}
	if (unlikely(!info->mr))
		return EINVAL;
	if (unlikely(info->length > PRM_MAX_DATA_LEN))
		return EOPNOTSUPP; /* it would take more than one segment */
	put_open(sq, wr_id, send_flags, mw, rkey, info);
	return 0;
}

/* ---- ibv_bind_mw() --------------------------------------------------------- */

static int bind_locked(struct mlx5_sq *sq, const struct ibv_mw *mw,
		       const struct ibv_mw_bind *bind, uint32_t rkey)
{
	uint32_t first = sq->cur_block;
	int err;

	if (mlx5_sq_full(sq) && !mlx5_pass_fence(sq))
		return ENOMEM;
	err = mlx5_put_bind(sq, bind->wr_id, bind->send_flags, mw, rkey,
			    &bind->bind_info);
	if (!err)
		mlx5_ring_send(sq, first);
	return err;
}

/*
 * A window of type 1. Its new key is known at once, but good only when the
 * request has completed. No such window can be zero based.
 */
int mlx5_bind_mw(struct ibv_qp *ibqp, struct ibv_mw *mw,
		 struct ibv_mw_bind *bind)
{
	struct mlx5_sq *sq = &to_mqp(ibqp)->sq;
	uint32_t rkey = ibv_inc_rkey(mw->rkey);
	int err;

	if (!(sq->opcodes & 1u << IBV_WR_BIND_MW) ||
	    bind->bind_info.mw_access_flags & IBV_ACCESS_ZERO_BASED)
		return verbs_err(EINVAL);
	mlx5_lock(&sq->lock);
	err = bind_locked(sq, mw, bind, rkey);
	mlx5_unlock(&sq->lock);
	if (err)
		return verbs_err(err);
	mw->rkey = rkey;
	return 0;
}
