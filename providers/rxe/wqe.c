/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#include "wqe.h"

/* The kernel takes the enum ibv_wr_opcode and ibv_send_flags values as they
 * are, and ibv_sge has the layout of its own struct. */
static_assert(sizeof(struct ibv_sge) == sizeof(struct rxe_sge), "sge");
static_assert(offsetof(struct ibv_sge, lkey) == offsetof(struct rxe_sge, lkey),
	      "sge");
static_assert(sizeof(struct rxe_flush_wr) <=
		      sizeof(((struct rxe_send_wr *)NULL)->wr),
	      "flush");

#define OPCODE(name) (1U << IBV_WR_##name)
#define UD_OPCODES (OPCODE(SEND) | OPCODE(SEND_WITH_IMM))
#define UC_OPCODES                                                       \
	(UD_OPCODES | OPCODE(RDMA_WRITE) | OPCODE(RDMA_WRITE_WITH_IMM) | \
	 OPCODE(BIND_MW))
#define RC_OPCODES                                                     \
	(UC_OPCODES | OPCODE(RDMA_READ) | OPCODE(ATOMIC_CMP_AND_SWP) | \
	 OPCODE(ATOMIC_FETCH_AND_ADD) | OPCODE(ATOMIC_WRITE) |         \
	 OPCODE(SEND_WITH_INV) | OPCODE(LOCAL_INV))
#define INLINE_OPCODES                                                   \
	(UD_OPCODES | OPCODE(RDMA_WRITE) | OPCODE(RDMA_WRITE_WITH_IMM) | \
	 OPCODE(SEND_WITH_INV))

/* A flush has no place in struct ibv_send_wr: ibv_wr_flush() alone posts it. */
uint32_t rxe_send_opcodes(enum ibv_qp_type type)
{
	switch (type) {
	case IBV_QPT_RC:
		return RC_OPCODES;
	case IBV_QPT_UC:
		return UC_OPCODES;
	case IBV_QPT_UD:
		return UD_OPCODES;
	default:
		return 0;
	}
}

/* --------------------------------------------------------------------- data */

static uint64_t total_length(const struct ibv_sge *sge, size_t num_sge)
{
	uint64_t length = 0;
	size_t i;

	for (i = 0; i < num_sge; i++)
		length += sge[i].length;
	return length;
}

static void copy_sges(struct rxe_dma_info *dma, const struct ibv_sge *sge,
		      size_t num_sge)
{
	dma->num_sge = (uint32_t)num_sge;
	if (num_sge)
		memcpy(dma->sge, sge, num_sge * sizeof(*sge));
}

static const void *sge_data(const struct ibv_sge *sge)
{
	return (const void *)(uintptr_t)sge->addr;
}

int rxe_put_sges(const struct rxe_send_queue *sq, struct rxe_send_wqe *wqe,
		 const struct ibv_sge *sge, size_t num_sge)
{
	uint64_t length;

	if (num_sge > sq->max_sge)
		return EINVAL;
	length = total_length(sge, num_sge);
	if (length > UINT32_MAX)
		return EINVAL;
	rxe_put_length(&wqe->dma, (uint32_t)length);
	copy_sges(&wqe->dma, sge, num_sge);
	return 0;
}

/* The driver reads the bytes from the slot if the flag says so. */
static int begin_inline(struct rxe_send_wqe *wqe)
{
	if (!(INLINE_OPCODES & (1U << wqe->wr.opcode)))
		return EINVAL;
	wqe->wr.send_flags |= IBV_SEND_INLINE;
	rxe_put_length(&wqe->dma, 0);
	return 0;
}

/* Adds len bytes behind those already there. */
static int add_inline(const struct rxe_send_queue *sq, struct rxe_send_wqe *wqe,
		      const void *data, size_t len)
{
	uint32_t used = wqe->dma.length;

	if (len > sq->max_inline - used)
		return EINVAL;
	if (len)
		memcpy(wqe->dma.inline_data + used, data, len);
	rxe_put_length(&wqe->dma, used + (uint32_t)len);
	return 0;
}

int rxe_put_inline_sges(const struct rxe_send_queue *sq,
			struct rxe_send_wqe *wqe, const struct ibv_sge *sge,
			size_t num_sge)
{
	int ret = num_sge > sq->max_sge ? EINVAL : begin_inline(wqe);
	size_t i;

	for (i = 0; i < num_sge && !ret; i++)
		ret = add_inline(sq, wqe, sge_data(&sge[i]), sge[i].length);
	return ret;
}

int rxe_put_inline_bufs(const struct rxe_send_queue *sq,
			struct rxe_send_wqe *wqe,
			const struct ibv_data_buf *buf, size_t num_buf)
{
	int ret = begin_inline(wqe);
	size_t i;

	for (i = 0; i < num_buf && !ret; i++)
		ret = add_inline(sq, wqe, buf[i].addr, buf[i].length);
	return ret;
}

/*
 * The bytes are read now, by the CPU, which is what inline means; an SGE whose
 * key is to be looked up has no way into the request.
 */
static int put_atomic_write(struct rxe_send_wqe *wqe,
			    const struct ibv_send_wr *wr)
{
	if (!(wr->send_flags & IBV_SEND_INLINE) || wr->num_sge != 1 ||
	    wr->sg_list->length != RXE_ATOMIC_WRITE_LEN)
		return EINVAL;
	rxe_put_atomic_write(wqe, sge_data(wr->sg_list));
	return 0;
}

static int put_data(const struct rxe_send_queue *sq, struct rxe_send_wqe *wqe,
		    const struct ibv_send_wr *wr)
{
	/* A negative count is too many. */
	size_t num_sge = (size_t)(ssize_t)wr->num_sge;

	if (!(wr->send_flags & IBV_SEND_INLINE))
		return rxe_put_sges(sq, wqe, wr->sg_list, num_sge);
	return rxe_put_inline_sges(sq, wqe, wr->sg_list, num_sge);
}

/* ----------------------------------------------------- whole work requests */

int rxe_encode_send(const struct rxe_send_queue *sq, struct rxe_send_wqe *wqe,
		    const struct ibv_send_wr *wr)
{
	if ((unsigned int)wr->opcode >= 32 ||
	    !(sq->opcodes & (1U << wr->opcode)))
		return EINVAL;
	rxe_put_header(wqe, sq->ssn, wr->wr_id, wr->opcode, wr->send_flags);
	if (sq->opcodes == UD_OPCODES)
		rxe_put_ud(wqe, wr->wr.ud.ah, wr->wr.ud.remote_qpn,
			   wr->wr.ud.remote_qkey);

	switch (wr->opcode) {
	case IBV_WR_RDMA_WRITE_WITH_IMM:
		wqe->wr.ex.imm_data = wr->imm_data;
		/* fall through */
	case IBV_WR_RDMA_WRITE:
	case IBV_WR_RDMA_READ:
		rxe_put_rdma(wqe, wr->wr.rdma.remote_addr, wr->wr.rdma.rkey);
		break;
	case IBV_WR_ATOMIC_CMP_AND_SWP:
	case IBV_WR_ATOMIC_FETCH_AND_ADD:
		rxe_put_atomic(wqe, wr->wr.atomic.remote_addr,
			       wr->wr.atomic.rkey, wr->wr.atomic.compare_add,
			       wr->wr.atomic.swap);
		break;
	case IBV_WR_ATOMIC_WRITE:
		rxe_put_rdma(wqe, wr->wr.rdma.remote_addr, wr->wr.rdma.rkey);
		return put_atomic_write(wqe, wr);
	case IBV_WR_SEND_WITH_IMM:
		wqe->wr.ex.imm_data = wr->imm_data;
		break;
	case IBV_WR_SEND_WITH_INV:
	case IBV_WR_LOCAL_INV:
		wqe->wr.ex.invalidate_rkey = wr->invalidate_rkey;
		break;
	case IBV_WR_BIND_MW:
		rxe_put_bind(wqe, wr->bind_mw.mw, wr->bind_mw.rkey,
			     &wr->bind_mw.bind_info);
		break;
	default:
		break;
	}
	return put_data(sq, wqe, wr);
}

int rxe_encode_recv(const struct rxe_recv_queue *rq, struct rxe_recv_wqe *wqe,
		    const struct ibv_recv_wr *wr)
{
	uint64_t length;

	if ((unsigned int)wr->num_sge > rq->max_sge)
		return EINVAL;
	length = total_length(wr->sg_list, wr->num_sge);
	if (length > UINT32_MAX)
		return EINVAL;
	*wqe = (struct rxe_recv_wqe){ .wr_id = wr->wr_id };
	rxe_put_length(&wqe->dma, (uint32_t)length);
	copy_sges(&wqe->dma, wr->sg_list, wr->num_sge);
	return 0;
}
