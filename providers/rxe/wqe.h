/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * The parts of a send request, written straight into its slot of the ring: by
 * ibv_post_send() all at once, by the ibv_wr_* calls one by one. What a slot
 * holds before the ring's producer index passes it concerns nobody, so a part
 * that fails leaves nothing to undo.
 */
#ifndef RXE_WQE_H
#define RXE_WQE_H

#include <string.h>

#include "rxe.h"

#define RXE_ATOMIC_WRITE_LEN 8

/*
 * What rxe_send_wr.wr holds for a flush. <rdma/rdma_user_rxe.h> has it since
 * Linux 6.4; older headers are good enough to build with.
 */
struct rxe_flush_wr {
	__aligned_u64 remote_addr;
	__u32 length;
	__u32 rkey;
	__u8 type;
	__u8 level;
	__u8 reserved[6]; /* named, so that it is zero in the queue */
};

/* A request without operands and data. */
static inline void rxe_put_header(struct rxe_send_wqe *wqe, uint32_t ssn,
				  uint64_t wr_id, enum ibv_wr_opcode opcode,
				  unsigned int send_flags)
{
	*wqe = (struct rxe_send_wqe){
		.wr.wr_id = wr_id,
		.wr.opcode = opcode,
		.wr.send_flags = send_flags,
		.ssn = ssn,
	};
}

static inline void rxe_put_rdma(struct rxe_send_wqe *wqe, uint64_t remote_addr,
				uint32_t rkey)
{
	wqe->iova = remote_addr;
	wqe->wr.wr.rdma.remote_addr = remote_addr;
	wqe->wr.wr.rdma.rkey = rkey;
}

static inline void rxe_put_atomic(struct rxe_send_wqe *wqe,
				  uint64_t remote_addr, uint32_t rkey,
				  uint64_t compare_add, uint64_t swap)
{
	wqe->iova = remote_addr;
	wqe->wr.wr.atomic.remote_addr = remote_addr;
	wqe->wr.wr.atomic.compare_add = compare_add;
	wqe->wr.wr.atomic.swap = swap;
	wqe->wr.wr.atomic.rkey = rkey;
}

static inline void rxe_put_flush(struct rxe_send_wqe *wqe, uint64_t remote_addr,
				 uint32_t rkey, uint32_t length, uint8_t type,
				 uint8_t level)
{
	const struct rxe_flush_wr flush = {
		.remote_addr = remote_addr,
		.length = length,
		.rkey = rkey,
		.type = type,
		.level = level,
	};

	wqe->iova = remote_addr;
	memcpy(&wqe->wr.wr, &flush, sizeof(flush));
}

/* Length 0 takes the window away, and then there may be no region. */
static inline void rxe_put_bind(struct rxe_send_wqe *wqe,
				const struct ibv_mw *mw, uint32_t rkey,
				const struct ibv_mw_bind_info *info)
{
	wqe->wr.wr.mw.addr = info->addr;
	wqe->wr.wr.mw.length = info->length;
	wqe->wr.wr.mw.mr_lkey = info->mr ? info->mr->lkey : 0;
	wqe->wr.wr.mw.mw_rkey = mw->rkey;
	wqe->wr.wr.mw.rkey = rkey;
	wqe->wr.wr.mw.access = info->mw_access_flags;
}

static inline void rxe_put_ud(struct rxe_send_wqe *wqe, struct ibv_ah *ah,
			      uint32_t remote_qpn, uint32_t remote_qkey)
{
	wqe->wr.wr.ud.remote_qpn = remote_qpn;
	wqe->wr.wr.ud.remote_qkey = remote_qkey;
	wqe->wr.wr.ud.ah_num = to_rxe_ah(ah)->num;
}

static inline void rxe_put_length(struct rxe_dma_info *dma, uint32_t length)
{
	dma->length = length;
	dma->resid = length;
}

/* The driver takes these from the slot itself; every slot has the room. */
static inline void rxe_put_atomic_write(struct rxe_send_wqe *wqe,
					const void *data)
{
	rxe_put_length(&wqe->dma, RXE_ATOMIC_WRITE_LEN);
	memcpy(wqe->dma.inline_data, data, RXE_ATOMIC_WRITE_LEN);
}

/*
 * The data of a request that rxe_put_header() has begun. EINVAL: more SGEs or
 * inline bytes than the queue allows, a message that a 32-bit length cannot
 * express, or inline data for an operation that does not send any.
 */
int rxe_put_sges(const struct rxe_send_queue *sq, struct rxe_send_wqe *wqe,
		 const struct ibv_sge *sge, size_t num_sge);
int rxe_put_inline_sges(const struct rxe_send_queue *sq,
			struct rxe_send_wqe *wqe, const struct ibv_sge *sge,
			size_t num_sge);
int rxe_put_inline_bufs(const struct rxe_send_queue *sq,
			struct rxe_send_wqe *wqe,
			const struct ibv_data_buf *buf, size_t num_buf);

#endif
