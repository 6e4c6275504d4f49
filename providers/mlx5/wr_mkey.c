/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Requests that say what a memory key stands for: of one block, then the key's
 * new context in the second, then its parts, four to a block. All is in the
 * request itself, which therefore has to be inline, and the QP's inline data
 * says how much of it there can be.
 *
 * A change begins with what is to come after it, the setters, and is complete with
 * the last of these.
 */
#include <errno.h>

#include "mkey.h"
#include "mw.h"
#include "wr.h"

enum { HEAD_BLOCKS = 2 };

#define ACCESS                                              \
	(IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | \
	 IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_ATOMIC)

static struct mlx5_qp *qp_of(struct mlx5dv_qp_ex *dv_ex)
{
	return verbs_container_of(dv_ex, struct mlx5_qp, dv_ex);
}

static struct prm_umr_ctrl_seg *umr_of(struct mlx5_sq *sq)
{
	return (struct prm_umr_ctrl_seg *)(sq->last + 1);
}

static struct prm_mkey_seg *context_of(struct mlx5_sq *sq)
{
	return (struct prm_mkey_seg *)mlx5_block_at(sq, sq->cur_block + 1);
}

static void add_to_mask(struct mlx5_sq *sq, uint64_t bits)
{
	umr_of(sq)->mkey_mask |= htobe64(bits);
}

/* ---- A change ------------------------------------------------------------- */

/* The key opens what it stands for, to any QP, under the number it has. */
static void put_head(struct mlx5_qp *qp, const struct mlx5_mkey *mkey)
{
	const struct ibv_qp_ex *qp_ex = &qp->vqp.qp_ex;
	struct mlx5_sq *sq = &qp->sq;
	struct prm_mkey_seg *context;

	mlx5_begin_wqe(sq, mlx5_clear_block(sq, 0), qp_ex->wr_flags,
		       htobe32(mkey->dv.lkey));
	sq->batch.sent = mlx5_remember(sq, qp_ex->wr_id, MLX5DV_WC_UMR);
	umr_of(sq)->flags = PRM_UMR_INLINE;
	add_to_mask(sq, PRM_MKEY_MASK_FREE | PRM_MKEY_MASK_KEY);
	context = mlx5_clear_block(sq, 1);
	context->qpn_key =
		htobe32(PRM_MKEY_ANY_QPN << 8 | (mkey->dv.lkey & 0xff));
}

static void finish(struct mlx5_sq *sq)
{
	uint32_t ds = sq->change.blocks * PRM_SEGS_PER_BLOCK;

	mlx5_finish_wqe(sq, sq->last, sq->batch.sent,
			mlx5_first_half(sq, PRM_OP_UMR) + ds, ds);
	mlx5_raise_fence(sq);
	sq->batch.pending = 0;
}

static bool begin(struct mlx5dv_qp_ex *dv_ex, struct mlx5dv_mkey *dv,
		  unsigned int setters)
{
	const struct mlx5_mkey *mkey = (const struct mlx5_mkey *)dv;
	struct mlx5_qp *qp = qp_of(dv_ex);
	struct mlx5_sq *sq = &qp->sq;

	if (!mlx5_wr_ready(sq))
		return false;
	if (!(qp->vqp.qp_ex.wr_flags & IBV_SEND_INLINE)) {
		mlx5_wr_fail(sq, EOPNOTSUPP);
		return false;
	}
	sq->change = (struct mlx5_key_change){
		.mkey = mkey,
		.setters = setters,
		.blocks = HEAD_BLOCKS,
	};
	put_head(qp, mkey);
	sq->batch.pending = MLX5_PENDING_SETTERS;
	return true;
}

/* err: of a setter; the last one that there is to be completes the request. */
static void end_setter(struct mlx5_sq *sq, int err)
{
	if (err)
		mlx5_wr_fail(sq, err);
	else if (!--sq->change.setters)
		finish(sq);
}

static bool awaits_setter(const struct mlx5_sq *sq)
{
	return sq->batch.pending & MLX5_PENDING_SETTERS;
}

/* ---- What is set ----------------------------------------------------------- */

static int set_access(struct mlx5_sq *sq, uint32_t access)
{
	if (!awaits_setter(sq) || sq->change.has_access || access & ~ACCESS)
		return EINVAL;
	sq->change.has_access = true;
	add_to_mask(sq, PRM_MKEY_MASK_LOCAL_WRITE | PRM_MKEY_MASK_REMOTE_READ |
				PRM_MKEY_MASK_REMOTE_WRITE |
				PRM_MKEY_MASK_ATOMIC);
	context_of(sq)->access = mlx5_key_access(access);
	return 0;
}

/*
 * Makes place for n parts and gives the first; NULL with *err. len: of what the
 * key stands for.
 */
static int begin_layout(struct mlx5_sq *sq, uint32_t n, uint64_t len)
{
	uint32_t i, blocks = (n + PRM_SEGS_PER_BLOCK - 1) / PRM_SEGS_PER_BLOCK;

	if (!awaits_setter(sq) || sq->change.has_layout)
		return EINVAL;
	if (n > sq->change.mkey->max_entries ||
	    n * PRM_SEG_SIZE > sq->max_inline + sizeof(__be32))
		return ENOMEM;
	sq->change.has_layout = true;
	for (i = 0; i < blocks; i++)
		mlx5_clear_block(sq, HEAD_BLOCKS + i);
	sq->change.blocks += blocks;
	umr_of(sq)->klm_octowords = htobe16(blocks * PRM_SEGS_PER_BLOCK);
	context_of(sq)->len = htobe64(len);
	add_to_mask(sq, PRM_MKEY_MASK_LEN);
	return 0;
}

static void *part_at(struct mlx5_sq *sq, uint32_t i)
{
	uint32_t block = sq->cur_block + HEAD_BLOCKS + i / PRM_SEGS_PER_BLOCK;

	return mlx5_block_at(sq, block) + i % PRM_SEGS_PER_BLOCK;
}

/* Not as data segments: 2^31 is written as what it is. */
static int set_list(struct mlx5_sq *sq, uint16_t num, const struct ibv_sge *sge)
{
	struct prm_data_seg *part;
	uint64_t len = 0;
	uint32_t i;
	int err;

	for (i = 0; i < num; i++)
		len += sge[i].length;
	err = begin_layout(sq, num, len);
	if (err)
		return err;
	for (i = 0; i < num; i++) {
		part = part_at(sq, i);
		part->byte_count = htobe32(sge[i].length);
		part->lkey = htobe32(sge[i].lkey);
		part->addr = htobe64(sge[i].addr);
	}
	return 0;
}

/* Returns the length of the block, or UINT64_MAX if it cannot be encoded. */
static uint64_t measure(uint16_t num, const struct mlx5dv_mr_interleaved *data)
{
	uint64_t stride, len = 0;
	uint32_t i;

	for (i = 0; i < num; i++) {
		stride = (uint64_t)data[i].bytes_count + data[i].bytes_skip;
		if (stride > UINT16_MAX)
			return UINT64_MAX;
		len += data[i].bytes_count;
	}
	return len;
}

static void put_stride(struct prm_stride_seg *part,
		       const struct mlx5dv_mr_interleaved *data)
{
	part->stride = htobe16(data->bytes_count + data->bytes_skip);
	part->byte_count = htobe16(data->bytes_count);
	part->lkey = htobe32(data->lkey);
	part->addr = htobe64(data->addr);
}

static int set_interleaved(struct mlx5_sq *sq, uint32_t repeat_count,
			   uint16_t num,
			   const struct mlx5dv_mr_interleaved *data)
{
	uint64_t block_len = measure(num, data);
	struct prm_repeat_seg *head;
	uint32_t i;
	int err;

	if (block_len == UINT64_MAX)
		return EINVAL;
	err = begin_layout(sq, num + 1u, block_len * repeat_count);
	if (err)
		return err;
	head = part_at(sq, 0);
	head->block_len = htobe32((uint32_t)block_len);
	head->op = htobe32(PRM_REPEAT_OP);
	head->count = htobe32(repeat_count);
	head->num_parts = htobe16(num);
	for (i = 0; i < num; i++)
		put_stride(part_at(sq, i + 1), &data[i]);
	return 0;
}

/* ---- The calls --------------------------------------------------------------- */

static void wr_mr_list(struct mlx5dv_qp_ex *dv_ex, struct mlx5dv_mkey *mkey,
		       uint32_t access_flags, uint16_t num_sges,
		       struct ibv_sge *sge)
{
	struct mlx5_sq *sq = &qp_of(dv_ex)->sq;

	if (!begin(dv_ex, mkey, 2))
		return;
	end_setter(sq, set_access(sq, access_flags));
	end_setter(sq, set_list(sq, num_sges, sge));
}

static void wr_mr_interleaved(struct mlx5dv_qp_ex *dv_ex,
			      struct mlx5dv_mkey *mkey, uint32_t access_flags,
			      uint32_t repeat_count, uint16_t num_interleaved,
			      struct mlx5dv_mr_interleaved *data)
{
	struct mlx5_sq *sq = &qp_of(dv_ex)->sq;

	if (!begin(dv_ex, mkey, 2))
		return;
	end_setter(sq, set_access(sq, access_flags));
	end_setter(sq,
		   set_interleaved(sq, repeat_count, num_interleaved, data));
}

/* There are no signatures that could be reset. */
static void wr_mkey_configure(struct mlx5dv_qp_ex *dv_ex,
			      struct mlx5dv_mkey *mkey, uint8_t num_setters,
			      struct mlx5dv_mkey_conf_attr *attr)
{
	const uint32_t known = MLX5DV_MKEY_CONF_FLAG_RESET_SIG_ATTR;
	struct mlx5_sq *sq = &qp_of(dv_ex)->sq;

	if (!begin(dv_ex, mkey, num_setters))
		return;
	if (attr->comp_mask || attr->conf_flags & ~known)
		mlx5_wr_fail(sq, EOPNOTSUPP);
	else if (!num_setters)
		finish(sq);
}

static void wr_set_mkey_access_flags(struct mlx5dv_qp_ex *dv_ex,
				     uint32_t access_flags)
{
	struct mlx5_sq *sq = &qp_of(dv_ex)->sq;

	end_setter(sq, set_access(sq, access_flags));
}

static void wr_set_mkey_layout_list(struct mlx5dv_qp_ex *dv_ex,
				    uint16_t num_sges,
				    const struct ibv_sge *sge)
{
	struct mlx5_sq *sq = &qp_of(dv_ex)->sq;

	end_setter(sq, set_list(sq, num_sges, sge));
}

static void
wr_set_mkey_layout_interleaved(struct mlx5dv_qp_ex *dv_ex,
			       uint32_t repeat_count, uint16_t num_interleaved,
			       const struct mlx5dv_mr_interleaved *data)
{
	struct mlx5_sq *sq = &qp_of(dv_ex)->sq;

	end_setter(sq,
		   set_interleaved(sq, repeat_count, num_interleaved, data));
}

/* No key can be made that they would be for. */
static void wr_set_mkey_sig_block(struct mlx5dv_qp_ex *dv_ex,
				  const struct mlx5dv_sig_block_attr *attr)
{
	(void)attr;
	mlx5_wr_fail(&qp_of(dv_ex)->sq, EOPNOTSUPP);
}

static void wr_set_mkey_crypto(struct mlx5dv_qp_ex *dv_ex,
			       const struct mlx5dv_crypto_attr *attr)
{
	(void)attr;
	mlx5_wr_fail(&qp_of(dv_ex)->sq, EOPNOTSUPP);
}

void mlx5_set_key_ops(struct mlx5_qp *qp)
{
	struct mlx5dv_qp_ex *dv_ex = &qp->dv_ex;

	dv_ex->wr_mr_list = wr_mr_list;
	dv_ex->wr_mr_interleaved = wr_mr_interleaved;
	dv_ex->wr_mkey_configure = wr_mkey_configure;
	dv_ex->wr_set_mkey_access_flags = wr_set_mkey_access_flags;
	dv_ex->wr_set_mkey_layout_list = wr_set_mkey_layout_list;
	dv_ex->wr_set_mkey_layout_interleaved = wr_set_mkey_layout_interleaved;
	dv_ex->wr_set_mkey_sig_block = wr_set_mkey_sig_block;
	dv_ex->wr_set_mkey_crypto = wr_set_mkey_crypto;
}
