/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* From completion queue entries to work completions. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cqe.h"
#include "srq.h"
#include "unload.h"

static enum ibv_wc_status status_of(uint8_t syndrome)
{
	switch (syndrome) {
	case PRM_SYNDROME_LOCAL_LENGTH:
		return IBV_WC_LOC_LEN_ERR;
	case PRM_SYNDROME_LOCAL_QP_OP:
		return IBV_WC_LOC_QP_OP_ERR;
	case PRM_SYNDROME_LOCAL_PROT:
		return IBV_WC_LOC_PROT_ERR;
	case PRM_SYNDROME_WR_FLUSH:
		return IBV_WC_WR_FLUSH_ERR;
	case PRM_SYNDROME_MW_BIND:
		return IBV_WC_MW_BIND_ERR;
	case PRM_SYNDROME_BAD_RESP:
		return IBV_WC_BAD_RESP_ERR;
	case PRM_SYNDROME_LOCAL_ACCESS:
		return IBV_WC_LOC_ACCESS_ERR;
	case PRM_SYNDROME_REMOTE_INVAL_REQ:
		return IBV_WC_REM_INV_REQ_ERR;
	case PRM_SYNDROME_REMOTE_ACCESS:
		return IBV_WC_REM_ACCESS_ERR;
	case PRM_SYNDROME_REMOTE_OP:
		return IBV_WC_REM_OP_ERR;
	case PRM_SYNDROME_RETRY_EXC:
		return IBV_WC_RETRY_EXC_ERR;
	case PRM_SYNDROME_RNR_RETRY_EXC:
		return IBV_WC_RNR_RETRY_EXC_ERR;
	case PRM_SYNDROME_REMOTE_ABORTED:
		return IBV_WC_REM_ABORT_ERR;
	default:
		return IBV_WC_GENERAL_ERR;
	}
}

/* ---- From an entry to its work request ---------------------------------------- */

/* What has to be read before the work request's place is used again. */
struct finished {
	uint64_t wr_id;
	enum ibv_wc_opcode opcode;
	enum ibv_wc_status status;
	bool is_recv; /* as the opcode says, but known where this is inlined */
};

static inline unsigned int opcode_of(const struct prm_cqe *cqe)
{
	return cqe->op_own >> PRM_CQE_OPCODE_SHIFT;
}

static inline struct mlx5_qp *qp_of(struct mlx5_rsc *rsc)
{
	return verbs_container_of(rsc, struct mlx5_qp, rsc);
}

/*
 * The entry tells the first block of its WQE. Unsignaled WQEs before that
 * one are done as well. The release pairs with the poster's acquire: it may
 * overwrite what has been read here.
 */
static inline void finish_send(struct mlx5_sq *sq, const struct prm_cqe *cqe,
			       struct finished *done)
{
	const struct mlx5_sent *sent;

	take_from_device(sq->dbrec);
	sent = &sq->sent[be16toh(cqe->wqe_counter) & sq->block_mask];
	done->wr_id = sent->wr_id;
	done->opcode = sent->wc_opcode;
	done->is_recv = false;
	__atomic_store_n(&sq->tail, sent->next_block, __ATOMIC_RELEASE);
}

static inline uint64_t finish_recv(struct mlx5_rq *rq)
{
	uint32_t tail = rq->tail;
	uint64_t wr_id;

	take_from_device(rq->dbrec);
	wr_id = rq->wr_id[tail & rq->mask];
	__atomic_store_n(&rq->tail, tail + 1, __ATOMIC_RELEASE);
	return wr_id;
}

static NEVER_INLINE uint64_t finish_shared(struct mlx5_srq *srq,
					   const struct prm_cqe *cqe)
{
	uint32_t i = be16toh(cqe->wqe_counter) & (srq->num_wqe - 1);
	uint64_t wr_id;

	take_from_device(srq->dbrec);
	wr_id = srq->wr_id[i];
	mlx5_free_srq_wqe(srq, i);
	return wr_id;
}

/* Of an owner that is no QP. */
static NEVER_INLINE uint64_t finish_other(struct mlx5_rsc *rsc,
					  const struct prm_cqe *cqe)
{
	if (rsc->type == MLX5_RSC_WQ)
		return finish_recv(
			&verbs_container_of(rsc, struct mlx5_wq, rsc)->rq);
	return finish_shared(verbs_container_of(rsc, struct mlx5_srq, rsc),
			     cqe);
}

/*
 * The wr_id of a receive. Which queue it came from, the entry's owner knows.
 */
static inline uint64_t finish_response(struct mlx5_rsc *rsc,
				       const struct prm_cqe *cqe)
{
	if (unlikely(rsc->type != MLX5_RSC_QP))
		return finish_other(rsc, cqe);
	if (qp_of(rsc)->srq)
		return finish_shared(qp_of(rsc)->srq, cqe);
	return finish_recv(&qp_of(rsc)->rq);
}

/* Returns 0, or EINVAL for an entry that this provider never asked for. */
static int finish_error(struct mlx5_rsc *rsc, const struct prm_cqe *cqe,
			struct finished *done)
{
	switch (opcode_of(cqe)) {
	case PRM_CQE_REQ_ERR:
		if (rsc->type != MLX5_RSC_QP)
			return EINVAL;
		finish_send(&qp_of(rsc)->sq, cqe, done);
		break;
	case PRM_CQE_RESP_ERR:
		done->wr_id = finish_response(rsc, cqe);
		done->opcode = IBV_WC_RECV;
		done->is_recv = true;
		break;
	default:
		return EINVAL;
	}
	done->status = status_of(cqe->syndrome);
	return 0;
}

/* Errors, and what has data in it. Likewise. */
static NEVER_INLINE int finish_unusual(struct mlx5_cq *cq, struct mlx5_rsc *rsc,
				       struct prm_cqe *cqe,
				       struct finished *done);

/*
 * What tells the usual entries apart: the opcode, and above it, so that it is
 * none of theirs, whether data is in the entry.
 */
static inline unsigned int kind_of(const struct prm_cqe *cqe)
{
	uint8_t kind = cqe->op_own & (PRM_CQE_OPCODE_MASK | PRM_CQE_DATA_MASK);

	return (uint8_t)(kind >> 4 | kind << 4);
}

/* Likewise. */
static ALWAYS_INLINE int finish(struct mlx5_cq *cq, struct mlx5_rsc *rsc,
				struct prm_cqe *cqe, struct finished *done)
{
	unsigned int kind = kind_of(cqe);
	struct finished unusual;

	if (kind == PRM_CQE_REQ && likely(rsc->type == MLX5_RSC_QP)) {
		done->status = IBV_WC_SUCCESS;
		finish_send(&qp_of(rsc)->sq, cqe, done);
		return 0;
	}
	if (unlikely(kind - 1 >= PRM_CQE_RESP_SEND_INV)) {
		/* done itself shall have no address, so that it needs none */
		if (finish_unusual(cq, rsc, cqe, &unusual))
			return EINVAL;
		*done = unusual;
		return 0;
	}
	done->status = IBV_WC_SUCCESS;
	done->opcode = kind == PRM_CQE_RESP_WRITE_IMM
			       ? IBV_WC_RECV_RDMA_WITH_IMM
			       : IBV_WC_RECV;
	done->is_recv = true;
	done->wr_id = finish_response(rsc, cqe);
	return 0;
}

static int finish_unusual(struct mlx5_cq *cq, struct mlx5_rsc *rsc,
			  struct prm_cqe *cqe, struct finished *done)
{
	enum ibv_wc_status status;
	int err;

	if (!mlx5_is_loaded(cqe))
		return finish_error(rsc, cqe, done);
	err = mlx5_unload_cqe(cq, rsc, cqe, &status);
	if (!err)
		err = finish(cq, rsc, cqe, done);
	if (!err)
		done->status = status;
	return err;
}

/* Nobody's: no number in an entry is so large. */
struct mlx5_rsc mlx5_no_rsc = { .key = UINT32_MAX };

/*
 * Whose the entry is; NULL if nobody's. With CQE version 0 a receive for an
 * SRQ of XRC names a QP that need not be ours, and the SRQ beside it.
 */
static NEVER_INLINE struct mlx5_rsc *
find_rsc(const struct mlx5_cq *cq, const struct prm_cqe *cqe, uint32_t key)
{
	struct mlx5_rsc *rsc = mlx5_table_get(cq->rscs, key);

	if (likely(rsc) ||
	    cq->key_offset == offsetof(struct prm_cqe, srqn_uidx))
		return rsc;
	return mlx5_table_get(cq->srqs, PRM_NUM_24(cqe->srqn_uidx));
}

/*
 * What has to be done about an entry. Returns 0, or EINVAL for one that cannot
 * be understood. The owner is remembered: mostly the next entry is its as well.
 */
static ALWAYS_INLINE int take_cqe(struct mlx5_cq *cq, struct prm_cqe *cqe,
				  struct finished *done)
{
	struct mlx5_rsc *rsc = cq->last_rsc;
	uint32_t key = mlx5_cqe_key(cq, cqe);

	if (unlikely(rsc->key != key)) {
		rsc = find_rsc(cq, cqe, key);
		if (unlikely(!rsc))
			return EINVAL;
		cq->last_rsc = rsc;
	}
	return finish(cq, rsc, cqe, done);
}

/* ---- The fields of an entry that is no error ------------------------------------- */

static inline bool is_recv(enum ibv_wc_opcode opcode)
{
	return opcode & IBV_WC_RECV;
}

static inline uint32_t byte_len_of(const struct prm_cqe *cqe,
				   enum ibv_wc_opcode opcode)
{
	if (opcode == IBV_WC_COMP_SWAP || opcode == IBV_WC_FETCH_ADD)
		return PRM_ATOMIC_LEN;
	return be32toh(cqe->byte_cnt);
}

/* Of a packet: are the checksums of IPv4 and of what it carries right? */
static inline bool is_csum_ok(const struct prm_cqe *cqe)
{
	const uint8_t ok = PRM_CQE_L3_OK | PRM_CQE_L4_OK;

	return (cqe->headers_ok & ok) == ok &&
	       (cqe->header_types & PRM_CQE_L3_TYPE_MASK) == PRM_CQE_L3_IPV4;
}

static inline unsigned int header_flags(const struct mlx5_cq *cq,
					const struct prm_cqe *cqe)
{
	unsigned int flags = 0;

	if (cqe->flags_rqpn & htobe32(PRM_CQE_GRH_MASK))
		flags |= IBV_WC_GRH;
	if (cq->last_rsc->of_packets && is_csum_ok(cqe))
		flags |= IBV_WC_IP_CSUM_OK;
	return flags;
}

/* All that headers say of themselves, in one word. */
static inline bool tells_of_headers(const struct prm_cqe *cqe)
{
	const uint64_t mask = (uint64_t)PRM_CQE_GRH_MASK << 32 |
			      (PRM_CQE_L3_OK | PRM_CQE_L4_OK) << 24;
	uint64_t word;

	memcpy(&word, &cqe->flags_rqpn, sizeof(word));
	return word & htobe64(mask);
}

/* Of a receive, whose owner is the last one that was found. */
static inline unsigned int wc_flags_of(const struct mlx5_cq *cq,
				       const struct prm_cqe *cqe)
{
	static const uint8_t flags[] = {
		[PRM_CQE_RESP_WRITE_IMM] = IBV_WC_WITH_IMM,
		[PRM_CQE_RESP_SEND] = 0,
		[PRM_CQE_RESP_SEND_IMM] = IBV_WC_WITH_IMM,
		[PRM_CQE_RESP_SEND_INV] = IBV_WC_WITH_INV,
	};

	if (likely(!tells_of_headers(cqe)))
		return flags[opcode_of(cqe)];
	return flags[opcode_of(cqe)] | header_flags(cq, cqe);
}

/* The immediate as it came, or the number of an invalidated key. */
static inline __be32 imm_of(const struct prm_cqe *cqe)
{
	if (opcode_of(cqe) == PRM_CQE_RESP_SEND_INV)
		return be32toh(cqe->imm_inval);
	return cqe->imm_inval;
}

static inline uint8_t sl_of(const struct prm_cqe *cqe)
{
	return be32toh(cqe->flags_rqpn) >> 24 & 0xf;
}

static inline uint8_t path_bits_of(const struct prm_cqe *cqe)
{
	return cqe->ml_path & 0x7f;
}

/* ---- ibv_poll_cq() -------------------------------------------------------------------- */

static inline void read_send(const struct prm_cqe *cqe, struct ibv_wc *wc)
{
	wc->byte_len = byte_len_of(cqe, wc->opcode);
	wc->wc_flags = 0;
}

static inline void read_recv(const struct mlx5_cq *cq,
			     const struct prm_cqe *cqe, struct ibv_wc *wc)
{
	wc->byte_len = be32toh(cqe->byte_cnt);
	wc->imm_data = imm_of(cqe);
	wc->src_qp = PRM_NUM_24(cqe->flags_rqpn);
	wc->wc_flags = wc_flags_of(cq, cqe);
	wc->pkey_index = 0;
	wc->slid = be16toh(cqe->slid);
	wc->sl = sl_of(cqe);
	wc->dlid_path_bits = path_bits_of(cqe);
}

static void read_error(const struct prm_cqe *cqe, struct ibv_wc *wc)
{
	wc->vendor_err = cqe->vendor_syndrome;
	wc->byte_len = 0;
	wc->wc_flags = 0;
}

static inline void read_cqe(const struct mlx5_cq *cq, const struct prm_cqe *cqe,
			    const struct finished *done, struct ibv_wc *wc)
{
	wc->wr_id = done->wr_id;
	wc->status = done->status;
	wc->opcode = done->opcode;
	wc->qp_num = PRM_NUM_24(cqe->opcode_qpn);
	wc->vendor_err = 0;
	if (unlikely(done->status != IBV_WC_SUCCESS))
		read_error(cqe, wc);
	else if (done->is_recv)
		read_recv(cq, cqe, wc);
	else
		read_send(cqe, wc);
}

/* An entry that cannot be understood is skipped when nothing else can be told. */
static NEVER_INLINE int skip_cqe(struct mlx5_cq *cq)
{
	cq->ci++;
	mlx5_publish_ci(cq);
	mlx5_unlock_cq(cq);
	return -verbs_err(EINVAL);
}

/* From cqe, the next, on, with the lock, which it gives back. */
static NEVER_INLINE int poll_ready(struct mlx5_cq *cq, int num_entries,
				   struct ibv_wc *wc, struct prm_cqe *cqe)
{
	uint32_t first = cq->ci, end = first + num_entries, ci = first;
	struct finished done;

	do {
		if (unlikely(take_cqe(cq, cqe, &done))) {
			if (ci == first)
				return skip_cqe(cq);
			break;
		}
		read_cqe(cq, cqe, &done, wc++);
		if (++ci == end)
			break;
		cqe = mlx5_cqe_at(cq, ci);
	} while (mlx5_is_ready(cq, cqe, ci));
	cq->ci = ci;
	mlx5_publish_ci(cq);
	mlx5_unlock_cq(cq);
	return ci - first;
}

static ALWAYS_INLINE int poll_locked(struct mlx5_cq *cq, int num_entries,
				     struct ibv_wc *wc)
{
	struct prm_cqe *cqe = mlx5_cqe_at(cq, cq->ci);

	if (mlx5_is_ready(cq, cqe, cq->ci) && likely(num_entries > 0))
		return poll_ready(cq, num_entries, wc, cqe);
	mlx5_unlock_cq(cq);
	return 0;
}

/* Apart, as waiting would have every call save registers. */
static NEVER_INLINE int poll_waiting(struct mlx5_cq *cq, int num_entries,
				     struct ibv_wc *wc)
{
	mlx5_lock_wait(&cq->lock);
	return poll_locked(cq, num_entries, wc);
}

int mlx5_poll_cq(struct ibv_cq *ibcq, int num_entries, struct ibv_wc *wc)
{
	struct mlx5_cq *cq = to_mcq(ibcq);

	if (likely(mlx5_try_lock_cq(cq)))
		return poll_locked(cq, num_entries, wc);
	return poll_waiting(cq, num_entries, wc);
}

/* ---- ibv_start_poll() and what follows ------------------------------------------------- */

/*
 * The queue stays locked from start_poll to end_poll. Only then do the entries
 * go back to the device, so that the fields can be read from the entry itself.
 */
static inline struct mlx5_cq *cq_of(struct ibv_cq_ex *ex)
{
	return verbs_container_of(ex, struct mlx5_cq, vcq.cq_ex);
}

static ALWAYS_INLINE int next(struct mlx5_cq *cq)
{
	struct prm_cqe *cqe = mlx5_ready_cqe(cq, cq->ci);
	struct ibv_cq_ex *ex = &cq->vcq.cq_ex;
	struct finished done;

	if (!cqe)
		return ENOENT;
	cq->ci++; /* one that cannot be understood is skipped */
	if (unlikely(take_cqe(cq, cqe, &done)))
		return verbs_err(EINVAL);
	ex->wr_id = done.wr_id;
	ex->status = done.status;
	cq->cur_cqe = cqe;
	cq->cur_opcode = done.opcode;
	return 0;
}

static ALWAYS_INLINE void end(struct mlx5_cq *cq, bool locked)
{
	mlx5_publish_ci(cq);
	if (locked)
		mlx5_unlock(&cq->lock);
}

/* After a failure there is no end_poll. */
static ALWAYS_INLINE int start(struct mlx5_cq *cq,
			       const struct ibv_poll_cq_attr *attr, bool locked)
{
	int ret;

	if (unlikely(attr->comp_mask))
		return verbs_err(EINVAL);
	if (locked)
		mlx5_lock(&cq->lock);
	ret = next(cq);
	if (likely(!ret))
		return 0;
	if (ret != ENOENT)
		mlx5_publish_ci(cq);
	if (locked)
		mlx5_unlock(&cq->lock);
	return ret;
}

static int next_poll(struct ibv_cq_ex *ex)
{
	return next(cq_of(ex));
}

static int start_poll(struct ibv_cq_ex *ex, struct ibv_poll_cq_attr *attr)
{
	return start(cq_of(ex), attr, true);
}

static int start_poll_unlocked(struct ibv_cq_ex *ex,
			       struct ibv_poll_cq_attr *attr)
{
	return start(cq_of(ex), attr, false);
}

static void end_poll(struct ibv_cq_ex *ex)
{
	end(cq_of(ex), true);
}

static void end_poll_unlocked(struct ibv_cq_ex *ex)
{
	end(cq_of(ex), false);
}

static enum ibv_wc_opcode read_opcode(struct ibv_cq_ex *ex)
{
	return cq_of(ex)->cur_opcode;
}

static uint32_t read_vendor_err(struct ibv_cq_ex *ex)
{
	return ex->status ? cq_of(ex)->cur_cqe->vendor_syndrome : 0;
}

static uint32_t read_byte_len(struct ibv_cq_ex *ex)
{
	struct mlx5_cq *cq = cq_of(ex);

	return ex->status ? 0 : byte_len_of(cq->cur_cqe, cq->cur_opcode);
}

static __be32 read_imm_data(struct ibv_cq_ex *ex)
{
	return imm_of(cq_of(ex)->cur_cqe);
}

static uint32_t read_qp_num(struct ibv_cq_ex *ex)
{
	return PRM_NUM_24(cq_of(ex)->cur_cqe->opcode_qpn);
}

static uint32_t read_src_qp(struct ibv_cq_ex *ex)
{
	return PRM_NUM_24(cq_of(ex)->cur_cqe->flags_rqpn);
}

static unsigned int read_wc_flags(struct ibv_cq_ex *ex)
{
	struct mlx5_cq *cq = cq_of(ex);

	if (ex->status || !is_recv(cq->cur_opcode))
		return 0;
	return wc_flags_of(cq, cq->cur_cqe);
}

static uint64_t read_completion_ts(struct ibv_cq_ex *ex)
{
	return be64toh(cq_of(ex)->cur_cqe->timestamp);
}

/* By what was read last, should the kernel be writing for too long. */
static uint64_t read_wallclock_ns(struct ibv_cq_ex *ex)
{
	struct mlx5_cq *cq = cq_of(ex);

	mlx5_read_clock_info(to_mctx(ex->context), &cq->clock);
	return mlx5dv_ts_to_ns(&cq->clock, be64toh(cq->cur_cqe->timestamp));
}

static uint32_t read_slid(struct ibv_cq_ex *ex)
{
	return be16toh(cq_of(ex)->cur_cqe->slid);
}

static uint8_t read_sl(struct ibv_cq_ex *ex)
{
	return sl_of(cq_of(ex)->cur_cqe);
}

static uint8_t read_dlid_path_bits(struct ibv_cq_ex *ex)
{
	return path_bits_of(cq_of(ex)->cur_cqe);
}

static uint16_t read_cvlan(struct ibv_cq_ex *ex)
{
	return be16toh(cq_of(ex)->cur_cqe->vlan);
}

/* The flow that a packet came by gives it in place of a QP's number. */
static uint32_t read_flow_tag(struct ibv_cq_ex *ex)
{
	return PRM_NUM_24(cq_of(ex)->cur_cqe->opcode_qpn);
}

void mlx5_set_poll_ops(struct mlx5_cq *cq)
{
	struct ibv_cq_ex *ex = &cq->vcq.cq_ex;

	ex->start_poll = cq->single_threaded ? start_poll_unlocked : start_poll;
	ex->next_poll = next_poll;
	ex->end_poll = cq->single_threaded ? end_poll_unlocked : end_poll;
	ex->read_opcode = read_opcode;
	ex->read_vendor_err = read_vendor_err;
	ex->read_byte_len = read_byte_len;
	ex->read_imm_data = read_imm_data;
	ex->read_qp_num = read_qp_num;
	ex->read_src_qp = read_src_qp;
	ex->read_wc_flags = read_wc_flags;
	ex->read_completion_ts = read_completion_ts;
	ex->read_completion_wallclock_ns = read_wallclock_ns;
	ex->read_slid = read_slid;
	ex->read_sl = read_sl;
	ex->read_dlid_path_bits = read_dlid_path_bits;
	ex->read_cvlan = read_cvlan;
	ex->read_flow_tag = read_flow_tag;
}
