/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Queue pairs: size, create, modify, query, destroy. Posting is in send.c and recv.c. */
#include <errno.h>
#include <stdlib.h>

#include "wqe.h"

/* The device takes no uidx: completions name the QP number. */
#define NO_UIDX 0xffffff

#define INLINE_HEADER sizeof(__be32)

static uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t align_u64(uint64_t n, uint64_t to)
{
	return (n + to - 1) & ~(to - 1);
}

static uint64_t round_up_pow2(uint64_t n)
{
	return n <= 1 ? 1 : 1ull << (64 - __builtin_clzll(n - 1));
}

/* What DS can express of one WQE. */
#define MAX_WQE_SIZE ((uint64_t)PRM_MAX_DS * PRM_SEG_SIZE)

/*
 * Binding a window takes a memory key along: the control segments of the WQE
 * and of the key, 64 bytes together, the key's context and a block that tells
 * of its memory.
 */
#define BIND_SIZE (3 * PRM_BLOCK_SIZE)

#define WINDOW_OPS (IBV_QP_EX_WITH_BIND_MW | IBV_QP_EX_WITH_LOCAL_INV)
#define ATOMIC_OPS                           \
	(IBV_QP_EX_WITH_ATOMIC_CMP_AND_SWP | \
	 IBV_QP_EX_WITH_ATOMIC_FETCH_AND_ADD)
#define RDMA_OPS                                                          \
	(IBV_QP_EX_WITH_RDMA_WRITE | IBV_QP_EX_WITH_RDMA_WRITE_WITH_IMM | \
	 IBV_QP_EX_WITH_RDMA_READ)
#define ALL_OPS (WINDOW_OPS | ATOMIC_OPS | RDMA_OPS)

/* Before the data, in a WQE of the request that takes most. */
static uint64_t ops_overhead(uint64_t ops)
{
	uint64_t size = sizeof(struct prm_ctrl_seg);

	if (ops & WINDOW_OPS)
		return BIND_SIZE;
	if (ops & (RDMA_OPS | ATOMIC_OPS))
		size += sizeof(struct prm_raddr_seg);
	if (ops & ATOMIC_OPS)
		size += sizeof(struct prm_atomic_seg);
	return size;
}

/*
 * A program that does not say which requests it will post may post any. What
 * is granted follows from this, and programs reckon with what the stock
 * provider grants; so for UC, too, all that a connection could have.
 */
static uint64_t announced_ops(const struct ibv_qp_init_attr_ex *attr)
{
	return attr->comp_mask & IBV_QP_INIT_ATTR_SEND_OPS_FLAGS
		       ? attr->send_ops_flags
		       : ALL_OPS;
}

static uint64_t send_overhead(const struct ibv_qp_init_attr_ex *attr,
			      uint64_t ops)
{
	switch (attr->qp_type) {
	case IBV_QPT_UD:
		return sizeof(struct prm_ctrl_seg) + sizeof(struct prm_av_seg);
	case IBV_QPT_RAW_PACKET: /* with headers as a device may want them */
		return sizeof(struct prm_ctrl_seg) +
		       2 * sizeof(struct prm_eth_seg);
	case IBV_QPT_DRIVER:
		return sizeof(struct prm_av_seg) + ops_overhead(ops);
	case IBV_QPT_XRC_SEND:
		return sizeof(struct prm_xrc_seg) + ops_overhead(ops);
	default:
		return ops_overhead(ops);
	}
}

/* Of the headers of packets that are cut; with inline data they share. */
static uint64_t tso_size(const struct ibv_qp_init_attr_ex *attr)
{
	return attr->comp_mask & IBV_QP_INIT_ATTR_MAX_TSO_HEADER
		       ? align_u64(attr->max_tso_header, PRM_SEG_SIZE)
		       : 0;
}

static uint64_t payload_size(const struct ibv_qp_init_attr_ex *attr)
{
	const struct ibv_qp_cap *cap = &attr->cap;
	uint64_t size =
		(uint64_t)cap->max_send_sge * PRM_SEG_SIZE + tso_size(attr);

	if (!cap->max_inline_data)
		return size;
	return max_u64(size, align_u64(INLINE_HEADER + cap->max_inline_data,
				       PRM_SEG_SIZE));
}

/* In a WQE of that size. None is left where only the overhead filled it. */
static uint32_t max_inline(uint64_t size, uint64_t overhead)
{
	if (size > MAX_WQE_SIZE)
		size = MAX_WQE_SIZE;
	return size > overhead ? size - overhead - INLINE_HEADER : 0;
}

/*
 * A WQE gets whole blocks. What the rounding leaves over goes to the
 * program as room for inline data.
 */
static int size_sq(const struct mlx5_limits *limits,
		   const struct ibv_qp_init_attr_ex *attr,
		   struct mlx5_qp_sizes *sizes)
{
	uint64_t overhead = send_overhead(attr, announced_ops(attr));
	uint64_t size = overhead + payload_size(attr);
	uint64_t blocks;

	if (!attr->cap.max_send_wr || attr->qp_type == IBV_QPT_XRC_RECV)
		return 0;
	if (size > MAX_WQE_SIZE)
		return EINVAL;
	size = align_u64(size, PRM_BLOCK_SIZE);
	blocks = round_up_pow2(attr->cap.max_send_wr * (size / PRM_BLOCK_SIZE));
	if (size > limits->max_sq_desc_sz || blocks > limits->max_send_wqebb)
		return EINVAL;
	sizes->sq_blocks = blocks;
	sizes->sq_wqe_blocks = size / PRM_BLOCK_SIZE;
	sizes->sq_max_sge = attr->cap.max_send_sge;
	sizes->sq_max_inline = max_inline(size, overhead);
	return 0;
}

static bool has_rq(const struct ibv_qp_init_attr_ex *attr)
{
	return attr->cap.max_recv_wr && !attr->srq &&
	       attr->qp_type != IBV_QPT_XRC_SEND &&
	       attr->qp_type != IBV_QPT_XRC_RECV;
}

/* At least one block, so that a send queue behind it starts at one. */
int mlx5_size_rq(const struct mlx5_limits *limits, uint32_t max_wr,
		 uint32_t max_sge, uint32_t own, uint32_t *num_wqe,
		 uint32_t *stride_shift)
{
	uint64_t stride;

	stride = round_up_pow2(own + (uint64_t)max_sge * PRM_SEG_SIZE);
	stride = max_u64(stride, PRM_SEG_SIZE);
	if (stride > limits->max_rq_desc_sz || max_wr > limits->max_recv_wr)
		return EINVAL;
	*stride_shift = __builtin_ctzll(stride);
	*num_wqe = max_u64(round_up_pow2(max_wr), PRM_BLOCK_SIZE / stride);
	return 0;
}

static int size_rq(const struct mlx5_limits *limits,
		   const struct ibv_qp_init_attr_ex *attr,
		   struct mlx5_qp_sizes *sizes)
{
	if (!has_rq(attr))
		return 0;
	return mlx5_size_rq(limits, attr->cap.max_recv_wr,
			    attr->cap.max_recv_sge, 0, &sizes->rq_wqes,
			    &sizes->rq_stride_shift);
}

int mlx5_size_qp(const struct mlx5_limits *limits,
		 const struct ibv_qp_init_attr_ex *attr,
		 struct mlx5_qp_sizes *sizes)
{
	int err;

	*sizes = (struct mlx5_qp_sizes){ 0 };
	err = size_sq(limits, attr, sizes);
	return err ? err : size_rq(limits, attr, sizes);
}

static size_t rq_len(const struct mlx5_qp_sizes *sizes)
{
	return (size_t)sizes->rq_wqes << sizes->rq_stride_shift;
}

size_t mlx5_qp_buf_len(const struct mlx5_qp_sizes *sizes)
{
	return rq_len(sizes) + (size_t)sizes->sq_blocks * PRM_BLOCK_SIZE;
}

/* All combinations of IBV_SEND_FENCE, _SIGNALED and _SOLICITED. */
static void init_flag_table(struct mlx5_sq *sq, bool signal_all)
{
	unsigned int flags;
	uint32_t fm_ce_se;

	for (flags = 0; flags < 8; flags++) {
		fm_ce_se = 0;
		if (flags & IBV_SEND_FENCE)
			fm_ce_se |= PRM_CTRL_FENCE;
		if (flags & IBV_SEND_SIGNALED || signal_all)
			fm_ce_se |= PRM_CTRL_CQ_UPDATE;
		if (flags & IBV_SEND_SOLICITED)
			fm_ce_se |= PRM_CTRL_SOLICITED;
		sq->fm_ce_se[flags] = htobe32(fm_ce_se);
	}
}

/* Of a WQE of any kind but those about keys, which see for themselves. */
static uint32_t larger_blocks(const struct ibv_qp_init_attr_ex *attr)
{
	uint64_t size =
		send_overhead(attr, RDMA_OPS | ATOMIC_OPS) + payload_size(attr);

	return align_u64(size, PRM_BLOCK_SIZE) / PRM_BLOCK_SIZE;
}

void mlx5_part_opcodes(struct mlx5_sq *sq, uint64_t send_ops_flags)
{
	uint32_t larger = 0;

	if (!(send_ops_flags & (WINDOW_OPS | ATOMIC_OPS)))
		larger |= 1u << IBV_WR_ATOMIC_CMP_AND_SWP |
			  1u << IBV_WR_ATOMIC_FETCH_AND_ADD;
	if (!(send_ops_flags & ALL_OPS))
		larger |= 1u << IBV_WR_RDMA_WRITE |
			  1u << IBV_WR_RDMA_WRITE_WITH_IMM |
			  1u << IBV_WR_RDMA_READ;
	sq->larger_opcodes = larger & sq->opcodes;
	sq->opcodes &= ~larger;
}

static int init_sq(struct mlx5_qp *qp, const struct mlx5_qp_sizes *sizes,
		   const struct ibv_qp_init_attr_ex *attr)
{
	struct mlx5_sq *sq = &qp->sq;

	sq->dbrec = &qp->dbrec[PRM_DBREC_SEND];
	sq->room = MLX5_NO_ROOM;
	sq->room_if_ready = MLX5_NO_ROOM;
	if (!sizes->sq_blocks)
		return 0;
	sq->block_mask = sizes->sq_blocks - 1;
	sq->max_post = sizes->sq_blocks / sizes->sq_wqe_blocks;
	sq->larger_blocks = larger_blocks(attr);
	sq->room_if_ready = (int32_t)(sizes->sq_blocks - sizes->sq_wqe_blocks);
	sq->max_sge = sizes->sq_max_sge;
	sq->max_inline = sizes->sq_max_inline;
	sq->buf = qp->sq_buf.addr ?: (uint8_t *)qp->buf.addr + rq_len(sizes);
	sq->end = sq->buf + (size_t)sizes->sq_blocks * PRM_BLOCK_SIZE;
	init_flag_table(sq, attr->sq_sig_all);
	sq->sent = calloc(sizes->sq_blocks, sizeof(*sq->sent));
	return sq->sent ? 0 : ENOMEM;
}

static int init_rq(struct mlx5_qp *qp, const struct mlx5_qp_sizes *sizes)
{
	struct mlx5_rq *rq = &qp->rq;

	rq->dbrec = &qp->dbrec[PRM_DBREC_RECV];
	if (!sizes->rq_wqes)
		return 0;
	rq->mask = sizes->rq_wqes - 1;
	rq->max_post = sizes->rq_wqes;
	rq->max_sge = (1u << sizes->rq_stride_shift) / PRM_SEG_SIZE;
	rq->stride_shift = sizes->rq_stride_shift;
	rq->buf = qp->buf.addr;
	rq->wr_id = calloc(sizes->rq_wqes, sizeof(*rq->wr_id));
	return rq->wr_id ? 0 : ENOMEM;
}

int mlx5_init_rings(struct mlx5_qp *qp, const struct mlx5_qp_sizes *sizes,
		    const struct ibv_qp_init_attr_ex *attr)
{
	int err;

	err = init_sq(qp, sizes, attr);
	if (err)
		return err;
	err = init_rq(qp, sizes);
	if (err)
		mlx5_fini_rings(qp);
	return err;
}

void mlx5_fini_rings(struct mlx5_qp *qp)
{
	free(qp->sq.sent);
	free(qp->rq.wr_id);
}

void mlx5_set_post_ops(struct mlx5_qp *qp, enum ibv_qp_type type,
		       bool single_threaded)
{
	mlx5_set_send_ops(qp, type, single_threaded);
	mlx5_set_recv_ops(qp, single_threaded);
}

static void reset_rings(struct mlx5_qp *qp)
{
	mlx5_drop_fence(&qp->sq);
	qp->sq.cur_block = 0;
	qp->sq.tail = 0;
	qp->rq.head = 0;
	qp->rq.tail = 0;
	store_dbrec(qp->sq.dbrec, 0);
	store_dbrec(qp->rq.dbrec, 0);
}

void mlx5_rings_enter(struct mlx5_qp *qp, enum ibv_qp_state state)
{
	if (state == IBV_QPS_RESET)
		reset_rings(qp);
	mlx5_set_room(&qp->sq, state > IBV_QPS_RTR ? qp->sq.room_if_ready
						   : MLX5_NO_ROOM);
	qp->rq.limit = state > IBV_QPS_RESET ? qp->rq.max_post : 0;
}

/* The two rings of a QP for raw packets are the device's queues of their own. */
static int alloc_bufs(struct mlx5_context *ctx, struct mlx5_qp *qp,
		      const struct mlx5_qp_sizes *sizes,
		      const struct ibv_qp_init_attr_ex *attr)
{
	struct ibv_pd *pd =
		attr->comp_mask & IBV_QP_INIT_ATTR_PD ? attr->pd : NULL;
	bool apart = attr->qp_type == IBV_QPT_RAW_PACKET;
	int err;

	err = mlx5_alloc_buf_pd(&qp->buf, &ctx->allocators, pd, MLX5_BUF_QP,
				apart ? rq_len(sizes) : mlx5_qp_buf_len(sizes));
	if (err || !apart)
		return err;
	err = mlx5_alloc_buf_pd(&qp->sq_buf, &ctx->allocators, pd, MLX5_BUF_QP,
				(size_t)sizes->sq_blocks * PRM_BLOCK_SIZE);
	if (err)
		mlx5_free_buf(&qp->buf);
	return err;
}

static void free_bufs(struct mlx5_qp *qp)
{
	mlx5_free_buf(&qp->sq_buf);
	mlx5_free_buf(&qp->buf);
}

static int alloc_rings(struct mlx5_context *ctx, struct mlx5_qp *qp,
		       const struct mlx5_qp_sizes *sizes,
		       const struct ibv_qp_init_attr_ex *attr)
{
	int err;

	err = alloc_bufs(ctx, qp, sizes, attr);
	if (err)
		return err;
	qp->dbrec = mlx5_alloc_dbrec(&ctx->dbrecs);
	if (!qp->dbrec) {
		err = errno;
		goto free_bufs;
	}
	err = mlx5_init_rings(qp, sizes, attr);
	if (err)
		goto free_dbrec;
	return 0;

free_dbrec:
	mlx5_free_dbrec(&ctx->dbrecs, qp->dbrec);
free_bufs:
	free_bufs(qp);
	return err;
}

static void free_rings(struct mlx5_context *ctx, struct mlx5_qp *qp)
{
	mlx5_fini_rings(qp);
	mlx5_free_dbrec(&ctx->dbrecs, qp->dbrec);
	free_bufs(qp);
}

static int cmd_create_qp(struct mlx5_qp *qp, struct ibv_context *context,
			 struct ibv_qp_init_attr_ex *attr,
			 const struct mlx5_qp_sizes *sizes,
			 struct mlx5_ib_create_qp_resp *resp)
{
	struct mlx5_ib_create_qp req = {
		.buf_addr = (uintptr_t)qp->buf.addr,
		.db_addr = (uintptr_t)qp->dbrec,
		.sq_wqe_count = sizes->sq_blocks,
		.rq_wqe_count = sizes->rq_wqes,
		.rq_wqe_shift = sizes->rq_stride_shift,
		.flags = qp->extra.flags,
		.uidx = qp->rsc.key,
		.access_key = qp->extra.access_key,
		.dci_streams = qp->extra.streams,
	};
	struct verbs_udata udata = {
		.in = &req,
		.in_len = sizeof(req),
		.out = resp,
		.out_len = sizeof(*resp),
	};

	if (attr->qp_type == IBV_QPT_RAW_PACKET)
		req.sq_buf_addr = (uintptr_t)qp->sq_buf.addr;
	if (qp->sq.bfreg) { /* dynamic, so it is we who choose */
		req.flags |= MLX5_QP_FLAG_UAR_PAGE_INDEX;
		req.bfreg_index = qp->sq.bfreg->page_id;
	}
	return ibv_cmd_create_qp_ex(context, attr, &qp->qp, &udata);
}

/*
 * With CQE version 0 the key is the QP number, known only afterwards. Of an XRC
 * receive QP there are completions, too, but they are for its SRQs.
 */
static int publish_qp(struct mlx5_context *ctx, struct mlx5_qp *qp)
{
	if (ctx->cqe_version || qp->qp.qp_type == IBV_QPT_XRC_RECV)
		return 0;
	qp->rsc.key = qp->qp.qp_num;
	return mlx5_table_set(&ctx->rscs, qp->rsc.key, &qp->rsc);
}

void mlx5_take_handles(struct mlx5_qp *qp,
		       const struct mlx5_ib_create_qp_resp *resp)
{
	qp->handles = (struct mlx5_packet_handles){
		.tirn = resp->tirn,
		.tisn = resp->tisn,
		.rqn = resp->rqn,
		.sqn = resp->sqn,
		.tir_icm_addr = resp->tir_icm_addr,
	};
}

static int create_kernel_qp(struct mlx5_context *ctx, struct mlx5_qp *qp,
			    struct ibv_qp_init_attr_ex *attr,
			    const struct mlx5_qp_sizes *sizes)
{
	struct mlx5_ib_create_qp_resp resp = { 0 };
	int err;

	err = cmd_create_qp(qp, &ctx->vctx.context, attr, sizes, &resp);
	if (err)
		return err;
	qp->ece_granted = resp.ece_options;
	mlx5_take_handles(qp, &resp);
	qp->sq.qpn = qp->qp.qp_num << 8;
	if (!qp->sq.bfreg)
		qp->sq.bfreg = mlx5_fixed_bfreg(&ctx->uars, resp.bfreg_index);
	err = qp->sq.bfreg ? publish_qp(ctx, qp) : EPROTO;
	if (err)
		ibv_cmd_destroy_qp(&qp->qp);
	return err;
}

/* With CQE version 1 we choose what the completions will carry. */
static int choose_key(struct mlx5_context *ctx, struct mlx5_qp *qp)
{
	if (ctx->cqe_version)
		return mlx5_table_add(&ctx->rscs, &qp->rsc, &qp->rsc.key);
	qp->rsc.key = NO_UIDX;
	return 0;
}

/* What is fixed only the kernel's answer tells. */
static int choose_bfreg(struct mlx5_context *ctx, struct mlx5_qp *qp)
{
	if (!ctx->uars.dyn)
		return 0;
	qp->sq.bfreg = mlx5_get_bfreg(ctx);
	return qp->sq.bfreg ? 0 : errno;
}

static void get_caps(const struct mlx5_qp *qp, struct ibv_qp_cap *cap)
{
	cap->max_send_wr = qp->sq.max_post;
	cap->max_recv_wr = qp->rq.max_post;
	cap->max_send_sge = qp->sq.max_sge;
	cap->max_recv_sge = qp->rq.max_sge;
	cap->max_inline_data = qp->sq.max_inline;
}

static int init_qp(struct mlx5_context *ctx, struct mlx5_qp *qp,
		   struct ibv_qp_init_attr_ex *attr)
{
	struct mlx5_qp_sizes sizes;
	int err;

	err = mlx5_size_qp(&ctx->limits, attr, &sizes);
	if (err)
		return err;
	err = alloc_rings(ctx, qp, &sizes, attr);
	if (err)
		return err;
	err = choose_key(ctx, qp);
	if (err)
		goto free_rings;
	err = choose_bfreg(ctx, qp);
	if (err)
		goto free_key;
	err = create_kernel_qp(ctx, qp, attr, &sizes);
	if (err)
		goto put_bfreg;
	get_caps(qp, &attr->cap);
	return 0;

put_bfreg:
	mlx5_put_bfreg(ctx, qp->sq.bfreg);
free_key:
	mlx5_table_del(&ctx->rscs, qp->rsc.key, &qp->rsc);
free_rings:
	free_rings(ctx, qp);
	return err;
}

static bool is_dct(const struct mlx5_qp *qp)
{
	return qp->extra.flags & MLX5_QP_FLAG_TYPE_DCT;
}

/*
 * Dynamic connections. A DCI only sends, and a DCT, which has no rings, only
 * receives, from its SRQ. Completions in the older format carry the number of the
 * QP, which a DCT does not have yet.
 */
static int check_dc(const struct mlx5_context *ctx, const struct mlx5_qp *qp,
		    const struct ibv_qp_init_attr_ex *attr)
{
	const uint32_t either = MLX5_QP_FLAG_TYPE_DCT | MLX5_QP_FLAG_TYPE_DCI;

	if (!(qp->extra.flags & either) || !ctx->cqe_version)
		return EOPNOTSUPP;
	if (is_dct(qp))
		return attr->recv_cq && attr->srq && !attr->cap.max_send_wr &&
				       !attr->cap.max_recv_wr
			       ? 0
			       : EINVAL;
	return attr->send_cq && !attr->cap.max_recv_wr ? 0 : EINVAL;
}

/* Returns 0 or the errno value of what is not for this device. */
static int check_attr(const struct mlx5_context *ctx, const struct mlx5_qp *qp,
		      const struct ibv_qp_init_attr_ex *attr)
{
	uint32_t known = IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_CREATE_FLAGS |
			 IBV_QP_INIT_ATTR_SEND_OPS_FLAGS |
			 IBV_QP_INIT_ATTR_XRCD;

	if (attr->qp_type == IBV_QPT_RAW_PACKET)
		known |= IBV_QP_INIT_ATTR_MAX_TSO_HEADER;
	if (attr->comp_mask & ~known)
		return EOPNOTSUPP;
	switch (attr->qp_type) {
	case IBV_QPT_RC:
	case IBV_QPT_UC:
	case IBV_QPT_UD:
	case IBV_QPT_RAW_PACKET:
		return attr->send_cq && attr->recv_cq ? 0 : EINVAL;
	case IBV_QPT_XRC_SEND:
		return attr->send_cq ? 0 : EINVAL;
	case IBV_QPT_XRC_RECV:
		return 0;
	case IBV_QPT_DRIVER:
		return check_dc(ctx, qp, attr);
	default:
		return EINVAL;
	}
}

/* An XRC receive QP has no PD, whatever is there; nor does anybody post. */
static bool is_single_threaded(const struct ibv_qp_init_attr_ex *attr)
{
	return attr->comp_mask & IBV_QP_INIT_ATTR_PD &&
	       mlx5_is_single_threaded(attr->pd);
}

static int create_qp(struct mlx5_context *ctx, struct mlx5_qp *qp,
		     struct ibv_qp_init_attr_ex *attr)
{
	bool single_threaded = is_single_threaded(attr);
	int err = check_attr(ctx, qp, attr);

	if (err)
		return err;
	if (attr->qp_type == IBV_QPT_RAW_PACKET) {
		err = mlx5_query_packet_caps(ctx, attr, &qp->sq.packet);
		if (err)
			return err;
		qp->rsc.of_packets = true;
	}
	qp->srq = attr->srq ? to_msrq(attr->srq) : NULL;
	mlx5_set_post_ops(qp, attr->qp_type, single_threaded);
	if (attr->comp_mask & IBV_QP_INIT_ATTR_SEND_OPS_FLAGS) {
		err = mlx5_set_wr_ops(qp, attr, single_threaded);
		if (err)
			return err;
	}
	return init_qp(ctx, qp, attr);
}

#define OVER_TABLE (IBV_QP_INIT_ATTR_IND_TABLE | IBV_QP_INIT_ATTR_RX_HASH)

struct ibv_qp *mlx5_create_qp_with(struct ibv_context *context,
				   struct ibv_qp_init_attr_ex *attr,
				   const struct mlx5_qp_extra *extra)
{
	struct mlx5_qp *qp;
	int err;

	if (attr->comp_mask & OVER_TABLE)
		return mlx5_create_table_qp(context, attr, extra);
	qp = calloc(1, sizeof(*qp));
	if (!qp)
		return NULL;
	qp->extra = *extra;
	err = create_qp(to_mctx(context), qp, attr);
	if (err) {
		free(qp);
		errno = err;
		return NULL;
	}
	return &qp->qp;
}

uint32_t mlx5_usual_qp_flags(struct ibv_context *context, enum ibv_qp_type type)
{
	if (!to_mctx(context)->data_in_cqes)
		return 0;
	return type == IBV_QPT_RC || type == IBV_QPT_UC ||
			       type == IBV_QPT_DRIVER
		       ? MLX5_QP_FLAG_SCATTER_CQE
		       : 0;
}

struct ibv_qp *mlx5_create_qp_ex(struct ibv_context *context,
				 struct ibv_qp_init_attr_ex *attr)
{
	const struct mlx5_qp_extra usual = {
		.flags = mlx5_usual_qp_flags(context, attr->qp_type),
	};

	return mlx5_create_qp_with(context, attr, &usual);
}

/* It has no rings, so no record of them either. */
struct ibv_qp *mlx5_open_qp(struct ibv_context *context,
			    struct ibv_qp_open_attr *attr)
{
	struct mlx5_qp *qp;

	qp = calloc(1, sizeof(*qp));
	if (!qp)
		return NULL;
	mlx5_set_post_ops(qp, IBV_QPT_XRC_RECV, false);
	qp->sq.room = MLX5_NO_ROOM;
	qp->sq.room_if_ready = MLX5_NO_ROOM;
	if (ibv_cmd_open_qp(context, attr, &qp->qp, NULL)) {
		verbs_free_keep_errno(qp);
		return NULL;
	}
	return &qp->qp;
}

/* The kernel does not know what fits into the rings; we do. Of a QP that has none
 * there is nothing to ask, nor to change. */
int mlx5_query_qp(struct ibv_qp *ibqp, struct ibv_qp_attr *attr, int attr_mask,
		  struct ibv_qp_init_attr *init_attr)
{
	int ret;

	if (to_mqp(ibqp)->over_table)
		return verbs_err(EOPNOTSUPP);
	ret = ibv_cmd_query_qp(ibqp, attr, attr_mask, init_attr);
	if (ret)
		return ret;
	get_caps(to_mqp(ibqp), &init_attr->cap);
	attr->cap = init_attr->cap;
	return 0;
}

/* A DCT has no number before it is ready to receive. */
static int modify_dct(struct mlx5_qp *qp, struct ibv_qp_attr *attr,
		      int attr_mask)
{
	struct mlx5_ib_modify_qp_resp resp = { 0 };
	struct verbs_udata udata = {
		.out = &resp,
		.out_len = sizeof(resp),
	};
	int ret = ibv_cmd_modify_qp_udata(&qp->qp, attr, attr_mask, &udata);

	if (!ret && resp.dctn)
		qp->qp.qp_num = resp.dctn;
	return ret;
}

int mlx5_modify_qp(struct ibv_qp *ibqp, struct ibv_qp_attr *attr, int attr_mask)
{
	struct mlx5_qp *qp = to_mqp(ibqp);
	int ret;

	if (qp->over_table)
		return verbs_err(EOPNOTSUPP);
	if (is_dct(qp))
		return modify_dct(qp, attr, attr_mask);
	if (qp->ece_wanted && attr_mask & IBV_QP_STATE)
		ret = mlx5_modify_with_ece(qp, attr, attr_mask);
	else
		ret = ibv_cmd_modify_qp(ibqp, attr, attr_mask);
	if (ret || !(attr_mask & IBV_QP_STATE) || !qp->dbrec)
		return ret;
	mlx5_lock_cqs(qp);
	if (attr->qp_state == IBV_QPS_RESET)
		mlx5_clean_cqs_locked(qp);
	mlx5_rings_enter(qp, attr->qp_state);
	mlx5_unlock_cqs(qp);
	return 0;
}

/*
 * The kernel's QP goes first: after that no completion arrives. Whoever
 * polls meanwhile still finds the QP, up to the moment when the last of its
 * completions is gone.
 */
int mlx5_destroy_qp(struct ibv_qp *ibqp)
{
	struct mlx5_context *ctx = to_mctx(ibqp->context);
	struct mlx5_qp *qp = to_mqp(ibqp);
	int ret = ibv_cmd_destroy_qp(ibqp);

	if (ret)
		return ret;
	if (qp->dbrec) {
		mlx5_lock_cqs(qp);
		mlx5_clean_cqs_locked(qp);
		mlx5_table_del(&ctx->rscs, qp->rsc.key, &qp->rsc);
		mlx5_unlock_cqs(qp);
		mlx5_put_bfreg(ctx, qp->sq.bfreg);
		free_rings(ctx, qp);
	}
	free(qp);
	return 0;
}
