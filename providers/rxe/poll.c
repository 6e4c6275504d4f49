/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Taking completions: several at once, or field by field. */
#include <string.h>

#include "rxe.h"

static_assert(sizeof(struct ibv_wc) == sizeof(struct ib_uverbs_wc), "wc");
static_assert(offsetof(struct ibv_wc, wc_flags) ==
		      offsetof(struct ib_uverbs_wc, wc_flags),
	      "wc");
static_assert(offsetof(struct ibv_wc, dlid_path_bits) ==
		      offsetof(struct ib_uverbs_wc, dlid_path_bits),
	      "wc");

/* The driver writes its in-kernel flag here, which differs from the uAPI's. */
#define RXE_WC_WITH_INVALIDATE (1U << 2)

static unsigned int wc_flags_of(const struct ib_uverbs_wc *cqe)
{
	if (!(cqe->wc_flags & RXE_WC_WITH_INVALIDATE))
		return cqe->wc_flags;
	return cqe->wc_flags ^ (RXE_WC_WITH_INVALIDATE | IBV_WC_WITH_INV);
}

/* ------------------------------------------------------------ ibv_poll_cq() */

static void decode_cqe(struct ibv_wc *wc, const struct ib_uverbs_wc *cqe)
{
	memcpy(wc, cqe, sizeof(*wc));
	wc->wc_flags = wc_flags_of(cqe);
}

static int poll_locked(struct rxe_ring *ring, int num_entries,
		       struct ibv_wc *wc)
{
	uint32_t consumer = ring_consumer(ring);
	uint32_t end = ring_end(ring);
	int n;

	for (n = 0; n < num_entries && consumer != end; n++) {
		decode_cqe(&wc[n], ring_slot(ring, consumer));
		consumer = ring_next(ring, consumer);
	}
	if (n)
		ring_publish_consumer(ring, consumer);
	return n;
}

int rxe_poll_cq(struct ibv_cq *ibcq, int num_entries, struct ibv_wc *wc)
{
	struct rxe_cq *cq = to_rxe_cq(ibcq);
	int n;

	rxe_lock(&cq->lock);
	n = poll_locked(&cq->ring, num_entries, wc);
	rxe_unlock(&cq->lock);
	return n;
}

/* -------------------------------------------- ibv_start_poll() and the rest */

/*
 * Slots go back to the driver in end_poll only, so that the fields of the
 * current entry can be read where they are.
 */
static struct rxe_cq *cq_of(struct ibv_cq_ex *ex)
{
	return verbs_container_of(ex, struct rxe_cq, vcq.cq_ex);
}

static int next_poll(struct ibv_cq_ex *ex)
{
	struct rxe_cq *cq = cq_of(ex);

	if (cq->next == ring_end(&cq->ring))
		return ENOENT;
	cq->cqe = ring_slot(&cq->ring, cq->next);
	cq->next = ring_next(&cq->ring, cq->next);
	ex->wr_id = cq->cqe->wr_id;
	ex->status = cq->cqe->status;
	return 0;
}

/* The queue stays locked until end_poll; after a failure there is none. */
static int start_poll(struct ibv_cq_ex *ex, struct ibv_poll_cq_attr *attr)
{
	struct rxe_cq *cq = cq_of(ex);
	int ret;

	if (attr->comp_mask)
		return verbs_err(EINVAL);
	rxe_lock(&cq->lock);
	cq->next = ring_consumer(&cq->ring);
	ret = next_poll(ex);
	if (ret)
		rxe_unlock(&cq->lock);
	return ret;
}

static void end_poll(struct ibv_cq_ex *ex)
{
	struct rxe_cq *cq = cq_of(ex);

	ring_publish_consumer(&cq->ring, cq->next);
	rxe_unlock(&cq->lock);
}

static enum ibv_wc_opcode read_opcode(struct ibv_cq_ex *ex)
{
	return (enum ibv_wc_opcode)cq_of(ex)->cqe->opcode;
}

static uint32_t read_vendor_err(struct ibv_cq_ex *ex)
{
	return cq_of(ex)->cqe->vendor_err;
}

static uint32_t read_byte_len(struct ibv_cq_ex *ex)
{
	return cq_of(ex)->cqe->byte_len;
}

/* Or the invalidated key, which lies in the same place. */
static __be32 read_imm_data(struct ibv_cq_ex *ex)
{
	return cq_of(ex)->cqe->ex.imm_data;
}

static uint32_t read_qp_num(struct ibv_cq_ex *ex)
{
	return cq_of(ex)->cqe->qp_num;
}

static uint32_t read_src_qp(struct ibv_cq_ex *ex)
{
	return cq_of(ex)->cqe->src_qp;
}

static unsigned int read_wc_flags(struct ibv_cq_ex *ex)
{
	return wc_flags_of(cq_of(ex)->cqe);
}

static uint32_t read_slid(struct ibv_cq_ex *ex)
{
	return cq_of(ex)->cqe->slid;
}

static uint8_t read_sl(struct ibv_cq_ex *ex)
{
	return cq_of(ex)->cqe->sl;
}

static uint8_t read_dlid_path_bits(struct ibv_cq_ex *ex)
{
	return cq_of(ex)->cqe->dlid_path_bits;
}

void rxe_set_poll_ops(struct rxe_cq *cq)
{
	struct ibv_cq_ex *ex = &cq->vcq.cq_ex;

	ex->start_poll = start_poll;
	ex->next_poll = next_poll;
	ex->end_poll = end_poll;
	ex->read_opcode = read_opcode;
	ex->read_vendor_err = read_vendor_err;
	ex->read_byte_len = read_byte_len;
	ex->read_imm_data = read_imm_data;
	ex->read_qp_num = read_qp_num;
	ex->read_src_qp = read_src_qp;
	ex->read_wc_flags = read_wc_flags;
	ex->read_slid = read_slid;
	ex->read_sl = read_sl;
	ex->read_dlid_path_bits = read_dlid_path_bits;
}
