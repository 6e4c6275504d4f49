/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * How a work queue entry is built, for who holds the queue's lock: one
 * function per segment, between a begin and a finish. A segment is written at
 * seg and the place of the next one comes back. A WQE starts at a block and
 * may go on at the start of the ring: what can lie beyond its first block
 * (data) looks for the end, the rest need not.
 */
#ifndef MLX5_WQE_H
#define MLX5_WQE_H

#include <string.h>

#include "mlx5.h"

/* ---- Segments ------------------------------------------------------------- */

static inline void *mlx5_put_raddr(void *seg, uint64_t addr, uint32_t rkey)
{
	struct prm_raddr_seg *raddr = seg;

	raddr->addr = htobe64(addr);
	raddr->rkey = htobe32(rkey);
	raddr->reserved = 0;
	return raddr + 1;
}

static inline void *mlx5_put_atomic(void *seg, uint64_t swap_add,
				    uint64_t compare)
{
	struct prm_atomic_seg *atomic = seg;

	atomic->swap_add = htobe64(swap_add);
	atomic->compare = htobe64(compare);
	return atomic + 1;
}

static inline void *mlx5_put_xrc(void *seg, uint32_t srqn)
{
	struct prm_xrc_seg *xrc = seg;

	memset(xrc, 0, sizeof(*xrc));
	xrc->srqn = htobe32(srqn);
	return xrc + 1;
}

static inline void *mlx5_put_av(void *seg, const struct mlx5_ah *ah,
				uint32_t qpn, uint32_t qkey)
{
	struct prm_av_seg *av = seg;

	*av = ah->av;
	av->qkey = htobe32(qkey);
	av->dqpn = htobe32(PRM_AV_EXTENDED | qpn);
	return av + 1;
}

/* The key takes the place of the Q_Key and of the word behind it. */
static inline void *mlx5_put_dc(void *seg, const struct mlx5_ah *ah,
				uint32_t dctn, uint64_t key)
{
	struct prm_av_seg *av = seg;
	__be64 dc_key = htobe64(key);

	*av = ah->av;
	memcpy(&av->qkey, &dc_key, sizeof(dc_key));
	av->dqpn = htobe32(PRM_AV_EXTENDED | dctn);
	return av + 1;
}

/* The caller has seen to it that len is 1 .. PRM_MAX_DATA_LEN. */
static inline void *mlx5_put_data(void *seg, uint64_t addr, uint32_t lkey,
				  uint32_t len)
{
	struct prm_data_seg *data = seg;

	data->byte_count = htobe32(len & (PRM_MAX_DATA_LEN - 1));
	data->lkey = htobe32(lkey);
	data->addr = htobe64(addr);
	return data + 1;
}

/* Is len one that a data segment can carry? 0 has no encoding either. */
static inline bool mlx5_data_len_ok(uint32_t len)
{
	return len - 1 < PRM_MAX_DATA_LEN;
}

/* ---- Data of a send --------------------------------------------------------- */

/*
 * Returns the number of segments, or -1 for a list that cannot be encoded.
 * cut is the most that a segment may announce.
 */
static ALWAYS_INLINE int mlx5_put_sges(const struct mlx5_sq *sq, void *seg,
				       const struct ibv_sge *sge,
				       uint32_t num_sge, uint32_t max_sge,
				       uint32_t cut)
{
	const struct ibv_sge *last = sge + num_sge;
	int n = 0;

	if (unlikely(num_sge > max_sge))
		return -1;
	for (; sge != last; sge++) {
		uint32_t len = sge->length;

		if (unlikely(!mlx5_data_len_ok(len))) {
			if (len)
				return -1;
			continue;
		}
		if (unlikely(seg == sq->end))
			seg = sq->buf;
		seg = mlx5_put_data(seg, sge->addr, sge->lkey,
				    len < cut ? len : cut);
		n++;
	}
	return n;
}

/* Neither a list nor a length that needs a closer look? */
static inline bool mlx5_is_one_sge(const struct ibv_sge *sge, int num_sge)
{
	return num_sge == 1 && mlx5_data_len_ok(sge->length);
}

static inline void mlx5_put_one_sge(const struct mlx5_sq *sq, void *seg,
				    uint64_t addr, uint32_t lkey, uint32_t len)
{
	if (unlikely(seg == sq->end))
		seg = sq->buf;
	mlx5_put_data(seg, addr, lkey, len);
}

/* ---- Inline data ------------------------------------------------------------ */

/*
 * The few bytes that inline data mostly is, with neither a call nor the end of
 * the ring in the way?
 */
static inline bool mlx5_is_small_inline(const struct mlx5_sq *sq,
					const void *seg, size_t len)
{
	return len - 8 <= 8 && len <= sq->max_inline &&
	       sq->end - (const uint8_t *)seg >= 2 * PRM_SEG_SIZE;
}

/* Returns the number of segments' worth of space. */
static inline int mlx5_put_small_inline(void *seg, const void *src, size_t len)
{
	uint8_t *dst = (uint8_t *)seg + sizeof(__be32);
	uint64_t first, last;

	memcpy(&first, src, 8);
	memcpy(&last, (const char *)src + len - 8, 8);
	*(__be32 *)seg = htobe32(PRM_INLINE_SEG | len);
	memcpy(dst, &first, 8);
	memcpy(dst + len - 8, &last, 8);
	return (sizeof(__be32) + len + PRM_SEG_SIZE - 1) / PRM_SEG_SIZE;
}

/* Copies to dst in the ring, over its end when need be. */
static inline uint8_t *mlx5_ring_copy(const struct mlx5_sq *sq, uint8_t *dst,
				      const void *src, size_t len)
{
	size_t room = sq->end - dst;

	if (likely(len < room)) {
		memcpy(dst, src, len);
		return dst + len;
	}
	memcpy(dst, src, room);
	memcpy(sq->buf, (const char *)src + room, len - room);
	return sq->buf + (len - room);
}

/* An inline segment while its data arrives piece by piece. */
struct mlx5_inline {
	void *seg;
	uint8_t *dst;
	uint32_t len;
};

/* A segment that would begin at the end of the ring begins at its start. */
static inline struct mlx5_inline mlx5_start_inline(const struct mlx5_sq *sq,
						   void *seg)
{
	if (unlikely(seg == sq->end))
		seg = sq->buf;
	return (struct mlx5_inline){
		.seg = seg,
		.dst = (uint8_t *)seg + sizeof(__be32),
	};
}

/* False if the piece does not fit any more. */
static inline bool mlx5_add_inline(const struct mlx5_sq *sq,
				   struct mlx5_inline *data, const void *addr,
				   size_t len)
{
	if (unlikely(len > sq->max_inline - data->len))
		return false;
	data->dst = mlx5_ring_copy(sq, data->dst, addr, len);
	data->len += len;
	return true;
}

/* Returns the number of segments' worth of space; 0 without any data. */
static inline int mlx5_finish_inline(const struct mlx5_inline *data)
{
	if (!data->len)
		return 0;
	*(__be32 *)data->seg = htobe32(PRM_INLINE_SEG | data->len);
	return (sizeof(__be32) + data->len + PRM_SEG_SIZE - 1) / PRM_SEG_SIZE;
}

/* ---- Begin and finish ------------------------------------------- */

static inline struct prm_ctrl_seg *mlx5_block_at(const struct mlx5_sq *sq,
						 uint32_t block)
{
	size_t offset = (size_t)(block & sq->block_mask) * PRM_BLOCK_SIZE;

	return (struct prm_ctrl_seg *)(sq->buf + offset);
}

/*
 * Is there no room for a WQE of full size? Acquire: the completion has been
 * read before its slot is reused.
 */
static inline bool mlx5_sq_full(const struct mlx5_sq *sq)
{
	uint32_t tail = __atomic_load_n(&sq->tail, __ATOMIC_ACQUIRE);

	return (int32_t)(sq->cur_block - tail) > sq->room;
}

/* For a WQE that may be larger than what the ring has been sized for. */
static inline bool mlx5_has_room(const struct mlx5_sq *sq, uint32_t blocks)
{
	uint32_t tail = __atomic_load_n(&sq->tail, __ATOMIC_ACQUIRE);

	return sq->cur_block + blocks - tail <= sq->block_mask + 1;
}

/*
 * Asked when mlx5_sq_full() says so: true if it is not the ring that is full, but
 * a fence in the way. The WQE at cur_block then is to be built as any other.
 */
bool mlx5_pass_fence(struct mlx5_sq *sq);
/* The request built last changes a key: the one behind it has to wait. */
void mlx5_raise_fence(struct mlx5_sq *sq);
/* Sets what room is, in a state that it depends on. */
void mlx5_set_room(struct mlx5_sq *sq, int32_t room);
/* There is none, as nothing is in the ring. */
void mlx5_drop_fence(struct mlx5_sq *sq);

/* The half of the control segment that the size of the WQE is not in. */
static inline void mlx5_begin_wqe(struct mlx5_sq *sq, struct prm_ctrl_seg *ctrl,
				  unsigned int send_flags, __be32 imm)
{
	sq->last = ctrl;
	ctrl->fm_ce_se = sq->fm_ce_se[send_flags & 7];
	ctrl->imm = imm;
}

/* What the completion will have to know, but for where the queue goes on. */
static inline struct mlx5_sent *
mlx5_remember(const struct mlx5_sq *sq, uint64_t wr_id, uint32_t wc_opcode)
{
	struct mlx5_sent *sent = &sq->sent[sq->cur_block & sq->block_mask];

	sent->wr_id = wr_id;
	sent->wc_opcode = wc_opcode;
	return sent;
}

/*
 * The other half, as a number: what is known of it before the size of the WQE
 * is, to which the size in segments is added.
 */
static inline uint64_t mlx5_first_half(const struct mlx5_sq *sq, uint8_t opcode)
{
	uint64_t idx_opcode = (sq->cur_block & 0xffff) << 8 | opcode;

	return idx_opcode << 32 | sq->qpn;
}

/* Writes it, and the WQE counts; ds: its size in segments. */
static inline void mlx5_finish_wqe(struct mlx5_sq *sq,
				   struct prm_ctrl_seg *ctrl,
				   struct mlx5_sent *sent, uint64_t first_half,
				   uint32_t ds)
{
	__be64 be_half = htobe64(first_half);
	uint32_t next = sq->cur_block +
			(ds + PRM_SEGS_PER_BLOCK - 1) / PRM_SEGS_PER_BLOCK;

	memcpy(ctrl, &be_half, sizeof(be_half));
	sq->cur_block = next;
	sent->next_block = next;
}

/* Segments from the control segment up to seg, which is not behind a wrap. */
static inline uint32_t mlx5_segs_before(const struct prm_ctrl_seg *ctrl,
					const void *seg)
{
	return ((const char *)seg - (const char *)ctrl) / PRM_SEG_SIZE;
}

#endif
