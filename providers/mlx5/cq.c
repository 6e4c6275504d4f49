/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Completion queues: create, arm, clean. What runs per completion is in
 * poll.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cqe.h"
#include "mlx5.h"
#include "srq.h"

void mlx5_clear_cq_ring(const struct mlx5_buf *buf, uint32_t n,
			uint32_t cqe_size)
{
	uint8_t *op_own = (uint8_t *)buf->addr + cqe_size - 1;
	uint32_t i;

	for (i = 0; i < n; i++, op_own += cqe_size)
		*op_own = PRM_CQE_INVALID << PRM_CQE_OPCODE_SHIFT;
}

void mlx5_set_cq_ring(struct mlx5_cq *cq, uint32_t n, uint32_t cqe_size)
{
	cq->num_cqe = n;
	cq->cqe_shift = __builtin_ctz(cqe_size);
	cq->first_cqe =
		(uint8_t *)cq->buf.addr + cqe_size - sizeof(struct prm_cqe);
}

void mlx5_init_cq_ring(struct mlx5_cq *cq, uint32_t n, uint32_t cqe_size,
		       uint8_t cqe_version)
{
	cq->last_rsc = &mlx5_no_rsc;
	cq->key_offset = cqe_version ? offsetof(struct prm_cqe, srqn_uidx)
				     : offsetof(struct prm_cqe, opcode_qpn);
	mlx5_clear_cq_ring(&cq->buf, n, cqe_size);
	mlx5_set_cq_ring(cq, n, cqe_size);
}

uint32_t mlx5_size_cq(uint32_t cqe)
{
	if (!cqe || cqe > PRM_MAX_CQE)
		return 0;
	return 1u << (32 - __builtin_clz(cqe));
}

/* The device may write CQEs from here on. */
static int create_kernel_cq(struct mlx5_cq *cq, struct ibv_context *context,
			    const struct ibv_cq_init_attr_ex *attr,
			    const struct mlx5_ib_create_cq *cmd)
{
	struct ibv_cq_init_attr_ex ring_attr = *attr;
	struct mlx5_ib_create_cq req = *cmd;
	struct mlx5_ib_create_cq_resp resp = { 0 };
	struct verbs_udata udata = {
		.in = &req,
		.in_len = sizeof(req),
		.out = &resp,
		.out_len = sizeof(resp),
	};
	const struct mlx5_uars *uars = &to_mctx(context)->uars;
	int err;

	req.buf_addr = (uintptr_t)cq->buf.addr;
	req.db_addr = (uintptr_t)cq->dbrec;
	req.cqe_size = 1u << cq->cqe_shift;
	if (uars->dyn) {
		req.flags |= MLX5_IB_CREATE_CQ_FLAGS_UAR_PAGE_INDEX;
		req.uar_page_index = uars->arm_page_id;
	}
	ring_attr.cqe = cq->num_cqe - 1;
	err = ibv_cmd_create_cq_ex(context, &ring_attr, &cq->cq, &udata);
	cq->cqn = resp.cqn;
	return err;
}

static struct mlx5_cq *alloc_cq(struct mlx5_context *ctx, struct ibv_pd *pd,
				uint32_t n, uint32_t cqe_size)
{
	struct mlx5_cq *cq;
	int err;

	cq = calloc(1, sizeof(*cq));
	if (!cq)
		return NULL;
	err = mlx5_alloc_buf_pd(&cq->buf, &ctx->allocators, pd, MLX5_BUF_CQ,
				(size_t)n * cqe_size);
	if (err)
		goto free_cq;
	cq->dbrec = mlx5_alloc_dbrec(&ctx->dbrecs);
	if (!cq->dbrec) {
		err = errno;
		goto free_buf;
	}
	mlx5_init_cq_ring(cq, n, cqe_size, ctx->cqe_version);
	cq->rscs = &ctx->rscs;
	cq->srqs = &ctx->srqs;
	cq->arm_reg = ctx->uars.arm_page + PRM_UAR_CQ_ARM;
	return cq;

free_buf:
	mlx5_free_buf(&cq->buf);
free_cq:
	free(cq);
	errno = err;
	return NULL;
}

static void free_cq(struct mlx5_context *ctx, struct mlx5_cq *cq)
{
	mlx5_free_dbrec(&ctx->dbrecs, cq->dbrec);
	mlx5_free_buf(&cq->buf);
	free(cq);
}

static uint32_t flags_of(const struct ibv_cq_init_attr_ex *attr)
{
	return attr->comp_mask & IBV_CQ_INIT_ATTR_MASK_FLAGS ? attr->flags : 0;
}

static struct ibv_pd *domain_of(const struct ibv_cq_init_attr_ex *attr)
{
	return attr->comp_mask & IBV_CQ_INIT_ATTR_MASK_PD ? attr->parent_domain
							  : NULL;
}

static bool is_single_threaded(const struct mlx5_context *ctx,
			       const struct ibv_cq_init_attr_ex *attr)
{
	struct ibv_pd *domain = domain_of(attr);

	return ctx->single_threaded ||
	       flags_of(attr) & IBV_CREATE_CQ_ATTR_SINGLE_THREADED ||
	       (domain && to_vpd(domain)->td);
}

/* What an ordinary one asks of the kernel beside its memory. */
static const struct mlx5_ib_create_cq usual_cmd;

static struct mlx5_cq *create_cq(struct ibv_context *context,
				 const struct ibv_cq_init_attr_ex *attr,
				 const struct mlx5_ib_create_cq *cmd)
{
	struct mlx5_context *ctx = to_mctx(context);
	uint32_t n = mlx5_size_cq(attr->cqe);
	struct mlx5_cq *cq;
	int err;

	if (!n) {
		errno = EINVAL;
		return NULL;
	}
	cq = alloc_cq(ctx, domain_of(attr), n, cmd->cqe_size ?: ctx->cqe_size);
	if (!cq)
		return NULL;
	cq->single_threaded = is_single_threaded(ctx, attr);
	cq->cq.cq_context = attr->cq_context; /* events may come at once */
	err = create_kernel_cq(cq, context, attr, cmd);
	if (err) {
		free_cq(ctx, cq);
		errno = err;
		return NULL;
	}
	return cq;
}

struct ibv_cq *mlx5_create_cq(struct ibv_context *context, int cqe,
			      struct ibv_comp_channel *channel, int comp_vector)
{
	const struct ibv_cq_init_attr_ex attr = {
		.cqe = (uint32_t)cqe, /* less than 0 is too many */
		.channel = channel,
		.comp_vector = (uint32_t)comp_vector,
	};
	struct mlx5_cq *cq = create_cq(context, &attr, &usual_cmd);

	return cq ? &cq->cq : NULL;
}

/* Of day, which the device's own clock does not. */
static bool tells_time(const struct ibv_cq_init_attr_ex *attr)
{
	return attr->wc_flags & IBV_WC_EX_WITH_COMPLETION_TIMESTAMP_WALLCLOCK;
}

/* Returns 0 or the errno value of what is not for this device. */
static int check_attr(struct mlx5_context *ctx,
		      const struct ibv_cq_init_attr_ex *attr)
{
	const uint32_t comp_mask =
		IBV_CQ_INIT_ATTR_MASK_FLAGS | IBV_CQ_INIT_ATTR_MASK_PD;
	const uint32_t flags = IBV_CREATE_CQ_ATTR_SINGLE_THREADED |
			       IBV_CREATE_CQ_ATTR_IGNORE_OVERRUN;
	/* Every CQE has a timestamp, of whatever clock the program can read. */
	const uint64_t wc_flags =
		IBV_WC_STANDARD_FLAGS | IBV_WC_EX_WITH_COMPLETION_TIMESTAMP |
		IBV_WC_EX_WITH_CVLAN | IBV_WC_EX_WITH_FLOW_TAG |
		IBV_WC_EX_WITH_COMPLETION_TIMESTAMP_WALLCLOCK;
	struct ibv_pd *domain = domain_of(attr);

	if (tells_time(attr) && !mlx5_clock_info(ctx))
		return EOPNOTSUPP;
	if (attr->wc_flags & ~wc_flags || attr->comp_mask & ~comp_mask ||
	    flags_of(attr) & ~flags)
		return EOPNOTSUPP;
	return domain && !to_vpd(domain)->inner ? EINVAL : 0;
}

struct ibv_cq_ex *mlx5_create_cq_with(struct ibv_context *context,
				      struct ibv_cq_init_attr_ex *attr,
				      const struct mlx5_ib_create_cq *cmd)
{
	struct mlx5_context *ctx = to_mctx(context);
	struct mlx5dv_clock_info clock = { 0 };
	struct mlx5_cq *cq;
	int err;

	err = check_attr(ctx, attr);
	if (!err && tells_time(attr))
		err = mlx5_read_clock_info(ctx, &clock);
	if (err) {
		errno = err;
		return NULL;
	}
	cq = create_cq(context, attr, cmd);
	if (!cq)
		return NULL;
	cq->clock = clock;
	mlx5_set_poll_ops(cq);
	return &cq->vcq.cq_ex;
}

struct ibv_cq_ex *mlx5_create_cq_ex(struct ibv_context *context,
				    struct ibv_cq_init_attr_ex *attr)
{
	return mlx5_create_cq_with(context, attr, &usual_cmd);
}

int mlx5_destroy_cq(struct ibv_cq *ibcq)
{
	struct mlx5_context *ctx = to_mctx(ibcq->context);
	int ret = ibv_cmd_destroy_cq(ibcq);

	if (!ret)
		free_cq(ctx, to_mcq(ibcq));
	return ret;
}

/*
 * The record says how far the program has read and with which event number
 * it asks; the device ignores a number that it has answered already.
 */
int mlx5_req_notify_cq(struct ibv_cq *ibcq, int solicited_only)
{
	struct mlx5_cq *cq = to_mcq(ibcq);
	uint32_t word;

	mlx5_lock_cq(cq);
	word = (cq->arm_sn & 3) << PRM_ARM_SN_SHIFT | (cq->ci & 0xffffff);
	if (solicited_only)
		word |= PRM_ARM_SOLICITED;
	store_dbrec(&cq->dbrec[PRM_DBREC_ARM], htobe32(word));
	ring_doorbell(cq->arm_reg, htobe64((uint64_t)word << 32 | cq->cqn));
	mlx5_unlock_cq(cq);
	return 0;
}

void mlx5_cq_event(struct ibv_cq *ibcq)
{
	struct mlx5_cq *cq = to_mcq(ibcq);

	mlx5_lock_cq(cq);
	cq->arm_sn++;
	mlx5_unlock_cq(cq);
}

static void move_cqe(struct mlx5_cq *cq, uint32_t to, uint32_t from)
{
	size_t size = (size_t)1 << cq->cqe_shift;
	struct prm_cqe *dst = mlx5_cqe_at(cq, to);
	uint8_t *dst_end = (uint8_t *)(dst + 1);
	uint8_t *src_end = (uint8_t *)(mlx5_cqe_at(cq, from) + 1);

	memcpy(dst_end - size, src_end - size, size);
	dst->op_own = (dst->op_own & ~PRM_CQE_OWNER) | mlx5_cqe_owner(cq, to);
}

/* Does the entry belong to rsc? Of an SRQ its number is in the one place. */
static bool belongs_to(const struct mlx5_cq *cq, const struct prm_cqe *cqe,
		       const struct mlx5_rsc *rsc)
{
	if (rsc->type == MLX5_RSC_SRQ)
		return PRM_NUM_24(cqe->srqn_uidx) == rsc->key;
	return mlx5_cqe_key(cq, cqe) == rsc->key;
}

/* In the entry's place another may go: the WQE of srq is free again. */
static void drop_cqe(struct mlx5_srq *srq, const struct prm_cqe *cqe)
{
	if (srq && mlx5_is_response(cqe))
		mlx5_free_srq_wqe(srq, be16toh(cqe->wqe_counter) &
					       (srq->num_wqe - 1));
}

/*
 * What stays moves up to the end of the ring's used part, because the
 * device goes on there; the room that is left below counts as consumed. Of a
 * ring that the program reads itself nothing here knows what it has read.
 */
static void clean_locked(struct mlx5_cq *cq, const struct mlx5_rsc *rsc,
			 struct mlx5_srq *srq)
{
	struct prm_cqe *cqe;
	uint32_t from, to;

	if (cq->last_rsc == rsc)
		cq->last_rsc = &mlx5_no_rsc; /* it may go away */
	if (cq->dv_owned)
		return;
	from = mlx5_cq_end(cq);
	to = from;
	while (from != cq->ci) {
		from--;
		cqe = mlx5_cqe_at(cq, from);
		if (belongs_to(cq, cqe, rsc)) {
			drop_cqe(srq, cqe);
			continue;
		}
		to--;
		if (to != from)
			move_cqe(cq, to, from);
	}
	if (to == cq->ci)
		return;
	cq->ci = to;
	mlx5_publish_ci(cq);
}

/* Two CQs are locked in the order of their addresses. */
void mlx5_lock_cqs(struct mlx5_qp *qp)
{
	struct mlx5_cq *first = to_mcq(qp->qp.send_cq);
	struct mlx5_cq *second = to_mcq(qp->qp.recv_cq);

	if (first > second) {
		first = second;
		second = to_mcq(qp->qp.send_cq);
	}
	if (first)
		mlx5_lock_cq(first);
	if (second && second != first)
		mlx5_lock_cq(second);
}

void mlx5_unlock_cqs(struct mlx5_qp *qp)
{
	struct mlx5_cq *send_cq = to_mcq(qp->qp.send_cq);
	struct mlx5_cq *recv_cq = to_mcq(qp->qp.recv_cq);

	if (send_cq)
		mlx5_unlock_cq(send_cq);
	if (recv_cq && recv_cq != send_cq)
		mlx5_unlock_cq(recv_cq);
}

void mlx5_clean_cqs_locked(struct mlx5_qp *qp)
{
	if (qp->qp.send_cq)
		clean_locked(to_mcq(qp->qp.send_cq), &qp->rsc, qp->srq);
	if (qp->qp.recv_cq && qp->qp.recv_cq != qp->qp.send_cq)
		clean_locked(to_mcq(qp->qp.recv_cq), &qp->rsc, qp->srq);
}

void mlx5_clean_cq_of_srq_locked(struct mlx5_srq *srq)
{
	clean_locked(srq->cq, &srq->rsc, NULL);
}

void mlx5_clean_cq_of_wq_locked(struct mlx5_wq *wq)
{
	clean_locked(to_mcq(wq->wq.cq), &wq->rsc, NULL);
}
