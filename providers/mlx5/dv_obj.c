/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Direct verbs: the queues behind the objects. */
#include <errno.h>

#include "cqe.h"
#include "dv_devx.h"

/* All 0 but of raw packets. */
static void show_handles(const struct mlx5_packet_handles *in,
			 struct mlx5dv_qp *out)
{
	out->tirn = in->tirn;
	out->tisn = in->tisn;
	out->rqn = in->rqn;
	out->sqn = in->sqn;
}

/* The register is written to by whoever has it: a lock, if there is one, is the
 * program's own. */
static void show_qp(struct ibv_qp *in, struct mlx5dv_qp *out)
{
	struct mlx5_qp *qp = to_mqp(in);
	const struct mlx5_bfreg *bfreg = qp->sq.bfreg;
	uint64_t wanted = out->comp_mask;

	out->dbrec = qp->dbrec;
	out->sq.buf = qp->sq.buf;
	out->sq.wqe_cnt = qp->sq.buf ? qp->sq.block_mask + 1 : 0;
	out->sq.stride = PRM_BLOCK_SIZE;
	out->rq.buf = qp->rq.buf;
	out->rq.wqe_cnt = qp->rq.max_post;
	out->rq.stride = 1u << qp->rq.stride_shift;
	out->bf.reg = bfreg ? bfreg->reg : NULL;
	out->bf.size = bfreg ? bfreg->buf_size : 0;
	out->comp_mask = wanted & MLX5DV_QP_MASK_RAW_QP_HANDLES;
	if (out->comp_mask)
		show_handles(&qp->handles, out);
	if (wanted & MLX5DV_QP_MASK_RAW_QP_TIR_ADDR &&
	    qp->handles.tir_icm_addr) {
		out->tir_icm_addr = qp->handles.tir_icm_addr;
		out->comp_mask |= MLX5DV_QP_MASK_RAW_QP_TIR_ADDR;
	}
	if (wanted & MLX5DV_QP_MASK_UAR_MMAP_OFFSET && bfreg) {
		out->uar_mmap_offset = bfreg->mmap_offset;
		out->comp_mask |= MLX5DV_QP_MASK_UAR_MMAP_OFFSET;
	}
}

static void show_cq(struct ibv_cq *in, struct mlx5dv_cq *out)
{
	struct mlx5_cq *cq = to_mcq(in);

	out->buf = cq->buf.addr;
	out->dbrec = cq->dbrec;
	out->cqe_cnt = cq->num_cqe;
	out->cqe_size = 1u << cq->cqe_shift;
	out->cq_uar = (uint8_t *)cq->arm_reg - PRM_UAR_CQ_ARM;
	out->cqn = cq->cqn;
	out->comp_mask = 0;
	mlx5_lock_cq(cq);
	cq->dv_owned = true;
	mlx5_unlock_cq(cq);
}

static void show_srq(struct ibv_srq *in, struct mlx5dv_srq *out)
{
	struct mlx5_srq *srq = to_msrq(in);
	uint64_t wanted = out->comp_mask;

	out->buf = srq->buf.addr;
	out->dbrec = srq->dbrec;
	out->stride = 1u << srq->stride_shift;
	out->head = srq->head;
	out->tail = srq->tail;
	out->comp_mask = wanted & MLX5DV_SRQ_MASK_SRQN;
	if (out->comp_mask)
		out->srqn = srq->srqn;
}

/* A WQE whose segments have something before them begins with that. */
static void show_wq(struct ibv_wq *in, struct mlx5dv_rwq *out)
{
	struct mlx5_wq *wq = to_mwq(in);

	out->buf = wq->buf.addr;
	out->dbrec = wq->dbrec;
	out->wqe_cnt = wq->rq.max_post;
	out->stride = 1u << wq->rq.stride_shift;
	out->comp_mask = 0;
}

/* The address that the device has for it is not told. */
static void show_dm(struct ibv_dm *in, struct mlx5dv_dm *out)
{
	out->buf = mlx5_dm_place(in, &out->length);
	out->comp_mask = 0;
}

_Static_assert(sizeof(struct mlx5_wqe_av) == sizeof(struct prm_av_seg),
	       "address vector");

static void show_ah(struct ibv_ah *in, struct mlx5dv_ah *out)
{
	out->av = (struct mlx5_wqe_av *)&to_mah(in)->av;
	out->comp_mask = 0;
}

static void show_pd(struct ibv_pd *in, struct mlx5dv_pd *out)
{
	out->pdn = to_mpd(in)->pdn;
	out->comp_mask = 0;
}

static void show_devx(struct mlx5dv_devx_obj *in, struct mlx5dv_devx *out)
{
	out->handle = in->handle;
}

#define KNOWN_OBJECTS                                                      \
	(MLX5DV_OBJ_QP | MLX5DV_OBJ_CQ | MLX5DV_OBJ_SRQ | MLX5DV_OBJ_RWQ | \
	 MLX5DV_OBJ_DM | MLX5DV_OBJ_AH | MLX5DV_OBJ_PD | MLX5DV_OBJ_DEVX)

/* Before anything is filled in: are all of them there, and of mlx5? */
static int check_objects(const struct mlx5dv_obj *obj, uint64_t type)
{
	if (type & ~(uint64_t)KNOWN_OBJECTS ||
	    (type & MLX5DV_OBJ_QP && !is_mlx5(obj->qp.in->context)) ||
	    (type & MLX5DV_OBJ_CQ && !is_mlx5(obj->cq.in->context)) ||
	    (type & MLX5DV_OBJ_SRQ && !is_mlx5(obj->srq.in->context)) ||
	    (type & MLX5DV_OBJ_RWQ && !is_mlx5(obj->rwq.in->context)) ||
	    (type & MLX5DV_OBJ_DM && !is_mlx5(obj->dm.in->context)) ||
	    (type & MLX5DV_OBJ_AH && !is_mlx5(obj->ah.in->context)) ||
	    (type & MLX5DV_OBJ_PD && !is_mlx5(obj->pd.in->context)))
		return EOPNOTSUPP;
	return 0;
}

VERBS_EXPORT int mlx5dv_init_obj(struct mlx5dv_obj *obj, uint64_t obj_type)
{
	int err = check_objects(obj, obj_type);

	if (err)
		return verbs_err(err);
	if (obj_type & MLX5DV_OBJ_QP)
		show_qp(obj->qp.in, obj->qp.out);
	if (obj_type & MLX5DV_OBJ_CQ)
		show_cq(obj->cq.in, obj->cq.out);
	if (obj_type & MLX5DV_OBJ_SRQ)
		show_srq(obj->srq.in, obj->srq.out);
	if (obj_type & MLX5DV_OBJ_RWQ)
		show_wq(obj->rwq.in, obj->rwq.out);
	if (obj_type & MLX5DV_OBJ_DM)
		show_dm(obj->dm.in, obj->dm.out);
	if (obj_type & MLX5DV_OBJ_AH)
		show_ah(obj->ah.in, obj->ah.out);
	if (obj_type & MLX5DV_OBJ_PD)
		show_pd(obj->pd.in, obj->pd.out);
	if (obj_type & MLX5DV_OBJ_DEVX)
		show_devx(obj->devx.in, obj->devx.out);
	return 0;
}
