// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <rdma/mlx5-abi.h>

#include "softhca.h"

/*
 * Small messages in completions (CQE scatter): of a queue pair for which that
 * was asked, data goes into the completion in place of the memory that is named
 * by the request, and the program's library copies it there when it polls. That
 * memory is not looked at by the device, neither are its keys.
 *
 * An entry of 64 bytes has room for 32 at its start, where it says nothing of
 * RC; one of 128 has all of its first half.
 */

enum {
	LEN_IN_ENTRY = 32,
	LEN_IN_FRONT = HCA_MAX_INLINE,
};

/* Without a CQ there is none. */
static u8 room_in(struct ib_cq *cq)
{
	if (!cq)
		return 0;
	return to_hcq(cq)->cqe_size > sizeof(struct hca_cqe) ? LEN_IN_FRONT
							     : LEN_IN_ENTRY;
}

/* As the driver has it: of these transports, and of DCTs only the larger ones. */
static u8 limit_received(const struct hca_qp *qp,
			 const struct ib_qp_init_attr *attr)
{
	u8 room;

	if (attr->qp_type != IB_QPT_RC && attr->qp_type != IB_QPT_UC &&
	    qp->dc != HCA_DCT)
		return 0;
	room = room_in(attr->recv_cq);
	return qp->dc == HCA_DCT && room < LEN_IN_FRONT ? 0 : room;
}

/*
 * Likewise of what comes back to a requester: some requests may have no
 * completion, so that it takes another word if there can be such.
 */
static u8 limit_returned(const struct hca_qp *qp,
			 const struct ib_qp_init_attr *attr, u32 flags)
{
	if (attr->qp_type != IB_QPT_RC && qp->dc != HCA_DCI)
		return 0;
	if (attr->sq_sig_type != IB_SIGNAL_ALL_WR &&
	    !(flags & MLX5_QP_FLAG_ALLOW_SCATTER_CQE))
		return 0;
	return room_in(attr->send_cq);
}

void hca_inline_init(struct hca_qp *qp, const struct ib_qp_init_attr *attr,
		     u32 flags)
{
	if (!(flags & MLX5_QP_FLAG_SCATTER_CQE))
		return;
	qp->inline_received = limit_received(qp, attr);
	qp->inline_returned = limit_returned(qp, attr, flags);
}

/*
 * In the context of a queue pair or DCT: how many times 32 bytes. That of a
 * requester is there twice.
 */
static int limit_of(u8 code, u8 *limit)
{
	*limit = code * LEN_IN_ENTRY;
	return code > LEN_IN_FRONT / LEN_IN_ENTRY ? -EINVAL : 0;
}

int hca_inline_set(struct hca_qp *qp, u8 cs_res, u8 cs_req)
{
	int ret = limit_of(cs_res, &qp->inline_received);

	if (!ret)
		ret = limit_of(cs_req & 0xf, &qp->inline_returned);
	return ret || cs_req >> 4 == (cs_req & 0xf) ? ret : -EINVAL;
}

void hca_inline_get(const struct hca_qp *qp, u8 *cs_res, u8 *cs_req)
{
	u8 returned = qp->inline_returned / LEN_IN_ENTRY;

	*cs_res = qp->inline_received / LEN_IN_ENTRY;
	*cs_req = returned << 4 | returned;
}

/* A message of this length begins. Does it go into the completion? */
void hca_inline_begin(struct hca_inline *inl, u8 limit, u64 len)
{
	inl->in_front = limit > LEN_IN_ENTRY;
	inl->seg = (struct hca_seg){
		.inl = inl->data,
		.len = len <= limit ? len : 0,
	};
}

/*
 * Puts what is there into the entry, which is going to be at slot. Returns the
 * format that the entry has then.
 */
u8 hca_inline_put(const struct hca_inline *inl, struct hca_cqe *cqe,
		  struct hca_cqe *slot, u32 cqe_size)
{
	if (!inl || !inl->seg.len)
		return 0;
	/* The program may have changed the size: then it gets what fits. */
	if (inl->in_front && cqe_size > sizeof(*slot)) {
		memcpy(slot - 1, inl->data, inl->seg.len);
		return HCA_CQE_INLINE_64;
	}
	memcpy(cqe, inl->data, min_t(u32, inl->seg.len, LEN_IN_ENTRY));
	return HCA_CQE_INLINE_32;
}
