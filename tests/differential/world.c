/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* See the header. Keys and addresses are always the same, whatever the device
 * chose: the library only passes them on. */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "differential.h"
#include "find.h"

enum {
	CQ_DEPTH = 64,
	MR_LEN = 8192,
	MR_KEY = 0x00a1b2c3,
	CQE_SIZE = 64, /* its last half, of a larger one */
};

_Noreturn void die(const char *what)
{
	perror(what);
	exit(1);
}

static void *check(void *object, const char *what)
{
	if (!object)
		die(what);
	return object;
}

static void check_status(int ret, const char *what)
{
	if (ret)
		die(what);
}

static struct ibv_ah_attr address(const struct world *w)
{
	return (struct ibv_ah_attr){
		.grh = { .dgid = w->gid,
			 .flow_label = 0x12345,
			 .sgid_index = (uint8_t)w->gid_index,
			 .hop_limit = 9,
			 .traffic_class = 0x40 },
		.sl = 5,
		.is_global = 1,
		.port_num = 1,
	};
}

static void make_memory(struct world *w)
{
	void *memory = check(aligned_alloc(4096, MR_LEN), "memory");
	int i;

	w->mr = check(ibv_reg_mr(w->pd, memory, MR_LEN,
				 IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_MW_BIND),
		      "region");
	w->plain_mr =
		check(ibv_reg_mr(w->pd, memory, MR_LEN, IBV_ACCESS_LOCAL_WRITE),
		      "region");
	w->mr->lkey = MR_KEY;
	w->plain_mr->lkey = MR_KEY;
	for (i = 0; i < 2; i++)
		w->mw[i] = check(
			ibv_alloc_mw(w->pd, i ? IBV_MW_TYPE_2 : IBV_MW_TYPE_1),
			"window");
}

static void make_queues(struct world *w)
{
	struct ibv_srq_init_attr attr = { .attr = { 15, 3, 0 } };

	capture(CAPTURE_CQ, &w->cq_ring);
	w->cq = check(ibv_create_cq(w->context, CQ_DEPTH - 1, NULL, NULL, 0),
		      "CQ");
	w->cq_num = CQ_DEPTH;
	capture(CAPTURE_SRQ, &w->srq_ring);
	w->srq = check(ibv_create_srq(w->pd, &attr), "SRQ");
	w->srq_stride = 16 * (1 + 3); /* a power of two */
}

void open_world(struct world *w, const char *device)
{
	struct ibv_ah_attr ah;

	w->context = check(open_device(device), device);
	w->gid_index = find_ip4_gid(w->context, &w->gid);
	if (w->gid_index < 0)
		die("no GID");
	w->pd = check(ibv_alloc_pd(w->context), "PD");
	make_memory(w);
	make_queues(w);
	ah = address(w);
	w->ah = check(ibv_create_ah(w->pd, &ah), "AH");
}

void close_world(struct world *w)
{
	void *memory = w->mr->addr;

	check_status(ibv_destroy_ah(w->ah), "AH");
	check_status(ibv_destroy_srq(w->srq), "SRQ");
	check_status(ibv_destroy_cq(w->cq), "CQ");
	check_status(ibv_dealloc_mw(w->mw[0]), "window");
	check_status(ibv_dealloc_mw(w->mw[1]), "window");
	check_status(ibv_dereg_mr(w->plain_mr), "region");
	check_status(ibv_dereg_mr(w->mr), "region");
	free(memory);
	check_status(ibv_dealloc_pd(w->pd), "PD");
	check_status(ibv_close_device(w->context), "device");
}

/* ---- Queue pairs ---------------------------------------------------------------- */

static uint64_t calls_of(enum ibv_qp_type type)
{
	uint64_t ud = IBV_QP_EX_WITH_SEND | IBV_QP_EX_WITH_SEND_WITH_IMM;
	uint64_t uc = ud | IBV_QP_EX_WITH_RDMA_WRITE |
		      IBV_QP_EX_WITH_RDMA_WRITE_WITH_IMM |
		      IBV_QP_EX_WITH_SEND_WITH_INV | IBV_QP_EX_WITH_BIND_MW |
		      IBV_QP_EX_WITH_LOCAL_INV;

	if (type == IBV_QPT_RAW_PACKET)
		return IBV_QP_EX_WITH_SEND | IBV_QP_EX_WITH_TSO;
	if (type == IBV_QPT_UD)
		return ud;
	if (type == IBV_QPT_UC)
		return uc;
	return uc | IBV_QP_EX_WITH_RDMA_READ |
	       IBV_QP_EX_WITH_ATOMIC_CMP_AND_SWP |
	       IBV_QP_EX_WITH_ATOMIC_FETCH_AND_ADD;
}

/* What a type does not have is left out of the mask. */
static int modify(struct side *side, struct ibv_qp_attr *attr, int state,
		  int all, int connected, int reliable, int datagram)
{
	enum ibv_qp_type type = side->qp->qp_type;
	int mask = IBV_QP_STATE | all;

	attr->qp_state = (enum ibv_qp_state)state;
	if (type == IBV_QPT_UD)
		mask |= datagram;
	else
		mask |= connected;
	if (type == IBV_QPT_RC || type == IBV_QPT_XRC_SEND)
		mask |= reliable;
	if (type == IBV_QPT_XRC_SEND)
		mask &= ~(IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER);
	return ibv_modify_qp(side->qp, attr, mask);
}

/* It has a port, and nothing else to be told. */
static void raw_to_rts(struct side *side)
{
	struct ibv_qp_attr attr = { .port_num = 1 };

	check_status(modify(side, &attr, IBV_QPS_INIT, IBV_QP_PORT, 0, 0, 0),
		     "to INIT");
	check_status(modify(side, &attr, IBV_QPS_RTR, 0, 0, 0, 0), "to RTR");
	check_status(modify(side, &attr, IBV_QPS_RTS, 0, 0, 0, 0), "to RTS");
}

static void to_rts(struct world *w, struct side *side)
{
	struct ibv_qp_attr attr = {
		.port_num = 1,
		.qkey = 7,
		.path_mtu = IBV_MTU_1024,
		.dest_qp_num = side->qp->qp_num,
		.max_rd_atomic = 1,
		.max_dest_rd_atomic = 1,
		.min_rnr_timer = 1,
		.timeout = 14,
		.ah_attr = address(w),
	};

	check_status(modify(side, &attr, IBV_QPS_INIT,
			    IBV_QP_PKEY_INDEX | IBV_QP_PORT,
			    IBV_QP_ACCESS_FLAGS, 0, IBV_QP_QKEY),
		     "to INIT");
	check_status(modify(side, &attr, IBV_QPS_RTR, 0,
			    IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN |
				    IBV_QP_RQ_PSN,
			    IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER,
			    0),
		     "to RTR");
	check_status(modify(side, &attr, IBV_QPS_RTS, IBV_QP_SQ_PSN, 0,
			    IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT |
				    IBV_QP_RNR_RETRY | IBV_QP_MAX_QP_RD_ATOMIC,
			    0),
		     "to RTS");
}

void open_side(struct world *w, struct side *side, const char *name,
	       enum ibv_qp_type type, bool signal_all)
{
	bool has_recv = type != IBV_QPT_XRC_SEND;
	struct ibv_qp_init_attr_ex attr = {
		.send_cq = w->cq,
		.recv_cq = has_recv ? w->cq : NULL,
		.cap = { 2, has_recv ? 8 : 0, 4, has_recv ? 3 : 0, 64 },
		.qp_type = type,
		.sq_sig_all = signal_all,
		.comp_mask =
			IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS,
		.pd = w->pd,
		.send_ops_flags = calls_of(type),
		.max_tso_header = 54,
	};

	memset(side, 0, sizeof(*side));
	side->name = name;
	if (type == IBV_QPT_RAW_PACKET)
		attr.comp_mask |= IBV_QP_INIT_ATTR_MAX_TSO_HEADER;
	capture(CAPTURE_QP, &side->ring);
	side->qp = check(ibv_create_qp_ex(w->context, &attr), name);
	side->qpx = check(ibv_qp_to_qp_ex(side->qp), name);
	side->cap = attr.cap;
	if (type == IBV_QPT_RAW_PACKET)
		raw_to_rts(side);
	else
		to_rts(w, side);
}

void open_key_side(struct world *w, struct side *side)
{
	struct ibv_qp_init_attr_ex attr = {
		.send_cq = w->cq,
		.recv_cq = w->cq,
		.cap = { 2, 1, 4, 1, 64 },
		.qp_type = IBV_QPT_RC,
		.comp_mask =
			IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS,
		.pd = w->pd,
		.send_ops_flags = IBV_QP_EX_WITH_SEND,
	};
	struct mlx5dv_qp_init_attr dv_attr = {
		.comp_mask = MLX5DV_QP_INIT_ATTR_MASK_SEND_OPS_FLAGS,
		.send_ops_flags = MLX5DV_QP_EX_WITH_MR_INTERLEAVED |
				  MLX5DV_QP_EX_WITH_MR_LIST |
				  MLX5DV_QP_EX_WITH_MKEY_CONFIGURE |
				  MLX5DV_QP_EX_WITH_RAW_WQE,
	};

	memset(side, 0, sizeof(*side));
	side->name = "keys";
	capture(CAPTURE_QP, &side->ring);
	side->qp = check(mlx5dv_create_qp(w->context, &attr, &dv_attr), "keys");
	side->qpx = check(ibv_qp_to_qp_ex(side->qp), "keys");
	side->cap = attr.cap;
	to_rts(w, side);
}

void close_side(struct side *side)
{
	check_status(ibv_destroy_qp(side->qp), "QP");
}

/* ---- Completions ---------------------------------------------------------------- */

/* The fields of an entry that a library looks at. */
struct entry {
	uint8_t reserved0[32];
	uint32_t uidx;
	uint8_t reserved36[8];
	uint32_t byte_cnt;
	uint8_t reserved48[8];
	uint32_t opcode_qpn;
	uint32_t counter_own;
};

_Static_assert(sizeof(struct entry) == CQE_SIZE, "an entry");

static struct ibv_wc complete(struct world *w, const struct side *side,
			      uint32_t block, uint8_t opcode, uint8_t type)
{
	uint32_t size = w->cq_ring.cqe_size;
	uint8_t *slot = w->cq_ring.buf + (w->cq_pi & (w->cq_num - 1)) * size +
			size - CQE_SIZE;
	struct entry *entry = (struct entry *)slot;
	struct ibv_wc wc;

	memset(entry, 0, offsetof(struct entry, counter_own));
	entry->uidx = htobe32(side->ring.uidx);
	entry->byte_cnt = htobe32(4);
	entry->opcode_qpn = htobe32((uint32_t)opcode << 24 | side->qp->qp_num);
	__atomic_store_n(&entry->counter_own,
			 htobe32((block & 0xffff) << 16 | type << 4 |
				 !!(w->cq_pi & w->cq_num)),
			 __ATOMIC_RELEASE);
	w->cq_pi++;
	memset(&wc, 0, sizeof(wc));
	if (ibv_poll_cq(w->cq, 1, &wc) != 1)
		die("no completion");
	return wc;
}

struct ibv_wc complete_send(struct world *w, const struct side *side,
			    uint32_t block, uint8_t opcode)
{
	return complete(w, side, block, opcode, 0);
}
