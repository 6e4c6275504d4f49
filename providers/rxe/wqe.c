/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#include <string.h>

#include "rxe.h"

/* The kernel takes the enum ibv_wr_opcode and ibv_send_flags values as they
 * are, and ibv_sge has the layout of its own struct. */
static_assert(sizeof(struct ibv_sge) == sizeof(struct rxe_sge), "sge");
static_assert(offsetof(struct ibv_sge, lkey) == offsetof(struct rxe_sge, lkey),
	      "sge");
static_assert(sizeof(struct ibv_wc) == sizeof(struct ib_uverbs_wc), "wc");
static_assert(offsetof(struct ibv_wc, wc_flags) ==
		      offsetof(struct ib_uverbs_wc, wc_flags),
	      "wc");
static_assert(offsetof(struct ibv_wc, dlid_path_bits) ==
		      offsetof(struct ib_uverbs_wc, dlid_path_bits),
	      "wc");

/* The driver writes its in-kernel flag here, which differs from the uAPI's. */
#define RXE_WC_WITH_INVALIDATE (1U << 2)

#define OPCODE(name) (1U << IBV_WR_##name)
#define UD_OPCODES (OPCODE(SEND) | OPCODE(SEND_WITH_IMM))
#define UC_OPCODES \
	(UD_OPCODES | OPCODE(RDMA_WRITE) | OPCODE(RDMA_WRITE_WITH_IMM))
#define RC_OPCODES                                                     \
	(UC_OPCODES | OPCODE(RDMA_READ) | OPCODE(ATOMIC_CMP_AND_SWP) | \
	 OPCODE(ATOMIC_FETCH_AND_ADD) | OPCODE(SEND_WITH_INV) |        \
	 OPCODE(LOCAL_INV))

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

static uint64_t total_length(const struct ibv_sge *sge, unsigned int num_sge)
{
	uint64_t length = 0;
	unsigned int i;

	for (i = 0; i < num_sge; i++)
		length += sge[i].length;
	return length;
}

static void copy_inline(uint8_t *dst, const struct ibv_sge *sge,
			unsigned int num_sge)
{
	unsigned int i;

	for (i = 0; i < num_sge; i++) {
		memcpy(dst, (const void *)(uintptr_t)sge[i].addr,
		       sge[i].length);
		dst += sge[i].length;
	}
}

static void set_sges(struct rxe_dma_info *dma, const struct ibv_sge *sge,
		     unsigned int num_sge)
{
	dma->num_sge = num_sge;
	if (num_sge)
		memcpy(dma->sge, sge, num_sge * sizeof(*sge));
}

static void set_length(struct rxe_dma_info *dma, uint32_t length)
{
	*dma = (struct rxe_dma_info){ .length = length, .resid = length };
}

/* The part of the request that depends on the opcode. */
static void set_operation(struct rxe_send_wqe *wqe,
			  const struct ibv_send_wr *wr)
{
	struct rxe_send_wr *dst = &wqe->wr;

	switch (wr->opcode) {
	case IBV_WR_RDMA_WRITE_WITH_IMM:
		dst->ex.imm_data = wr->imm_data;
		/* fall through */
	case IBV_WR_RDMA_WRITE:
	case IBV_WR_RDMA_READ:
		wqe->iova = wr->wr.rdma.remote_addr;
		dst->wr.rdma.remote_addr = wr->wr.rdma.remote_addr;
		dst->wr.rdma.rkey = wr->wr.rdma.rkey;
		break;
	case IBV_WR_ATOMIC_CMP_AND_SWP:
	case IBV_WR_ATOMIC_FETCH_AND_ADD:
		wqe->iova = wr->wr.atomic.remote_addr;
		dst->wr.atomic.remote_addr = wr->wr.atomic.remote_addr;
		dst->wr.atomic.compare_add = wr->wr.atomic.compare_add;
		dst->wr.atomic.swap = wr->wr.atomic.swap;
		dst->wr.atomic.rkey = wr->wr.atomic.rkey;
		break;
	case IBV_WR_SEND_WITH_IMM:
		dst->ex.imm_data = wr->imm_data;
		break;
	case IBV_WR_SEND_WITH_INV:
	case IBV_WR_LOCAL_INV:
		dst->ex.invalidate_rkey = wr->invalidate_rkey;
		break;
	default:
		break;
	}
}

static void set_destination(struct rxe_send_wr *dst,
			    const struct ibv_send_wr *wr)
{
	dst->wr.ud.remote_qpn = wr->wr.ud.remote_qpn;
	dst->wr.ud.remote_qkey = wr->wr.ud.remote_qkey;
	dst->wr.ud.ah_num = to_rxe_ah(wr->wr.ud.ah)->num;
}

int rxe_encode_send(const struct rxe_send_queue *sq, struct rxe_send_wqe *wqe,
		    const struct ibv_send_wr *wr)
{
	int is_inline = wr->send_flags & IBV_SEND_INLINE;
	uint64_t length;

	if ((unsigned int)wr->opcode >= 32 ||
	    !(sq->opcodes & (1U << wr->opcode)))
		return EINVAL;
	if ((unsigned int)wr->num_sge > sq->max_sge)
		return EINVAL;
	length = total_length(wr->sg_list, wr->num_sge);
	if (length > (is_inline ? sq->max_inline : UINT32_MAX))
		return EINVAL;

	*wqe = (struct rxe_send_wqe){
		.wr.wr_id = wr->wr_id,
		.wr.opcode = wr->opcode,
		.wr.send_flags = wr->send_flags,
		.ssn = sq->ssn,
	};
	if (sq->opcodes == UD_OPCODES)
		set_destination(&wqe->wr, wr);
	set_operation(wqe, wr);
	set_length(&wqe->dma, length);
	if (is_inline)
		copy_inline(wqe->dma.inline_data, wr->sg_list, wr->num_sge);
	else
		set_sges(&wqe->dma, wr->sg_list, wr->num_sge);
	return 0;
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
	set_length(&wqe->dma, length);
	set_sges(&wqe->dma, wr->sg_list, wr->num_sge);
	return 0;
}

void rxe_decode_cqe(struct ibv_wc *wc, const struct ib_uverbs_wc *cqe)
{
	memcpy(wc, cqe, sizeof(*wc));
	if (wc->wc_flags & RXE_WC_WITH_INVALIDATE)
		wc->wc_flags ^= RXE_WC_WITH_INVALIDATE | IBV_WC_WITH_INV;
}
