/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#include <stdlib.h>

#include "rxe.h"

static uint32_t flags_of(const struct ibv_cq_init_attr_ex *attr)
{
	return attr->comp_mask & IBV_CQ_INIT_ATTR_MASK_FLAGS ? attr->flags : 0;
}

/* cq_context has to be there before the kernel knows of the CQ. */
static struct rxe_cq *create_cq(struct ibv_context *context,
				const struct ibv_cq_init_attr_ex *attr)
{
	struct rxe_create_cq_resp resp = {};
	struct verbs_udata udata = { .out = &resp, .out_len = sizeof(resp) };
	struct rxe_cq *cq;
	int err;

	cq = calloc(1, sizeof(*cq));
	if (!cq)
		return NULL;
	rxe_lock_init(&cq->lock,
		      flags_of(attr) & IBV_CREATE_CQ_ATTR_SINGLE_THREADED);
	cq->ibv.cq_context = attr->cq_context;
	err = ibv_cmd_create_cq_ex(context, attr, &cq->ibv, &udata);
	if (err)
		goto free_cq;
	err = rxe_map_ring(&cq->ring, context->cmd_fd, &resp.mi);
	if (err)
		goto destroy_cq;
	return cq;

destroy_cq:
	ibv_cmd_destroy_cq(&cq->ibv);
free_cq:
	rxe_lock_fini(&cq->lock);
	free(cq);
	errno = err;
	return NULL;
}

struct ibv_cq *rxe_create_cq(struct ibv_context *context, int cqe,
			     struct ibv_comp_channel *channel, int comp_vector)
{
	const struct ibv_cq_init_attr_ex attr = {
		.cqe = (uint32_t)cqe,
		.channel = channel,
		.comp_vector = (uint32_t)comp_vector,
	};
	struct rxe_cq *cq = create_cq(context, &attr);

	return cq ? &cq->ibv : NULL;
}

/*
 * Timestamps, offloads and parent domains are not for this device, and its
 * driver fails a QP whose CQ is full.
 */
static int is_supported(const struct ibv_cq_init_attr_ex *attr)
{
	const uint64_t wc_flags = IBV_WC_STANDARD_FLAGS;
	const uint32_t comp_mask = IBV_CQ_INIT_ATTR_MASK_FLAGS;
	const uint32_t flags = IBV_CREATE_CQ_ATTR_SINGLE_THREADED;

	return !(attr->wc_flags & ~wc_flags || attr->comp_mask & ~comp_mask ||
		 flags_of(attr) & ~flags);
}

struct ibv_cq_ex *rxe_create_cq_ex(struct ibv_context *context,
				   struct ibv_cq_init_attr_ex *attr)
{
	struct rxe_cq *cq;

	if (!is_supported(attr)) {
		errno = EOPNOTSUPP;
		return NULL;
	}
	cq = create_cq(context, attr);
	if (!cq)
		return NULL;
	rxe_set_poll_ops(cq);
	return &cq->vcq.cq_ex;
}

/*
 * The kernel moves the completions over; nothing may be polled meanwhile. When
 * only the mapping fails there is no way back, and the CQ stays empty.
 */
static int resize_cq_locked(struct rxe_cq *cq, int cqe)
{
	struct rxe_resize_cq_resp resp = {};
	struct verbs_udata udata = { .out = &resp, .out_len = sizeof(resp) };
	struct rxe_ring old = cq->ring;
	int ret;

	ret = ibv_cmd_resize_cq(&cq->ibv, cqe, &udata);
	if (ret)
		return ret;
	ret = rxe_map_ring(&cq->ring, cq->ibv.context->cmd_fd, &resp.mi);
	if (ret) {
		ring_make_unusable(&cq->ring);
		return ret;
	}
	rxe_unmap_ring(&old);
	return 0;
}

int rxe_resize_cq(struct ibv_cq *ibcq, int cqe)
{
	struct rxe_cq *cq = to_rxe_cq(ibcq);
	int ret;

	rxe_lock(&cq->lock);
	ret = resize_cq_locked(cq, cqe);
	rxe_unlock(&cq->lock);
	return ret;
}

int rxe_destroy_cq(struct ibv_cq *ibcq)
{
	struct rxe_cq *cq = to_rxe_cq(ibcq);
	int ret;

	ret = ibv_cmd_destroy_cq(ibcq);
	if (ret)
		return ret;
	rxe_unmap_ring(&cq->ring);
	rxe_lock_fini(&cq->lock);
	free(cq);
	return 0;
}
