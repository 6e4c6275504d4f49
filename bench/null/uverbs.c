/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* The uverbs methods that it takes to come to a data path, and completions. */
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>

#include <rdma/ib_user_ioctl_cmds.h>
#include <rdma/ib_user_verbs.h>
#include <rdma/mlx5-abi.h>
#include <rdma/rdma_user_ioctl_cmds.h>

#include "null.h"

#define MAX_OBJECTS 64
#define FIRST_QPN 0x100
#define MAX_WR 32768
#define PORT_ACTIVE 4
#define LINK_LAYER_IB 1
#define MTU_4096 5

struct null_cq {
	uint8_t *buf;
	uint32_t num; /* entries, a power of two */
	uint32_t cqe_size; /* 64 or 128: the entry is the last 64 bytes */
	uint32_t pi;
};

struct null_qp {
	struct null_cq *cq[2]; /* by enum null_kind */
	uint32_t index[2]; /* of the next request that completes */
	uint32_t uidx;
};

static struct null_cq cqs[MAX_OBJECTS];
static struct null_qp qps[MAX_OBJECTS];
static uint32_t num_cqs, num_qps, num_others;

/* ---- Attributes --------------------------------------------------------------------- */

static struct ib_uverbs_attr *find_attr(struct ib_uverbs_ioctl_hdr *hdr,
					uint16_t id)
{
	uint16_t i;

	for (i = 0; i < hdr->num_attrs; i++)
		if (hdr->attrs[i].attr_id == id)
			return &hdr->attrs[i];
	return NULL;
}

/* Up to eight bytes lie in the attribute itself. */
static void read_attr(struct ib_uverbs_ioctl_hdr *hdr, uint16_t id, void *buf,
		      size_t len)
{
	const struct ib_uverbs_attr *attr = find_attr(hdr, id);
	const void *src;

	memset(buf, 0, len);
	if (!attr)
		return;
	src = attr->len > sizeof(attr->data)
		      ? (const void *)(uintptr_t)attr->data
		      : &attr->data;
	memcpy(buf, src, attr->len < len ? attr->len : len);
}

static void write_attr(struct ib_uverbs_ioctl_hdr *hdr, uint16_t id,
		       const void *buf, size_t len)
{
	struct ib_uverbs_attr *attr = find_attr(hdr, id);

	if (!attr)
		return;
	memcpy((void *)(uintptr_t)attr->data, buf,
	       attr->len < len ? attr->len : len);
	attr->flags |= UVERBS_ATTR_F_VALID_OUTPUT;
}

static void write_attr_u32(struct ib_uverbs_ioctl_hdr *hdr, uint16_t id,
			   uint32_t value)
{
	write_attr(hdr, id, &value, sizeof(value));
}

static void write_handle(struct ib_uverbs_ioctl_hdr *hdr, uint16_t id,
			 uint32_t handle)
{
	struct ib_uverbs_attr *attr = find_attr(hdr, id);

	if (attr)
		attr->data = handle;
}

static uint32_t read_handle(struct ib_uverbs_ioctl_hdr *hdr, uint16_t id)
{
	const struct ib_uverbs_attr *attr = find_attr(hdr, id);

	return attr ? attr->data : 0;
}

/* ---- Methods ------------------------------------------------------------------------ */

/* Registers of the legacy kind, as drivers without dynamic UARs give them. */
static int get_context(struct ib_uverbs_ioctl_hdr *hdr)
{
	struct mlx5_ib_alloc_ucontext_req_v2 req;
	struct mlx5_ib_alloc_ucontext_resp resp = {
		.qp_tab_size = 1 << 18,
		.bf_reg_size = 512,
		.cache_line_size = 64,
		.max_sq_desc_sz = 1008,
		.max_rq_desc_sz = 512,
		.max_send_wqebb = MAX_WR,
		.max_recv_wr = MAX_WR,
		.max_srq_recv_wr = MAX_WR - 1,
		.num_ports = 1,
		.response_length = sizeof(resp),
		.cqe_version = 1,
		.eth_min_inline = MLX5_USER_INLINE_MODE_NONE,
		.log_uar_size = 12,
		.num_uars_per_page = 1,
		.num_dyn_bfregs = 512,
	};

	read_attr(hdr, UVERBS_ATTR_UHW_IN, &req, sizeof(req));
	if (req.flags & MLX5_IB_ALLOC_UCTX_DEVX)
		return EOPNOTSUPP;
	resp.tot_bfregs = req.total_num_bfregs;
	write_attr_u32(hdr, UVERBS_ATTR_GET_CONTEXT_NUM_COMP_VECTORS, 1);
	write_attr(hdr, UVERBS_ATTR_UHW_OUT, &resp, sizeof(resp));
	return 0;
}

static int alloc_event_file(struct ib_uverbs_ioctl_hdr *hdr)
{
	int fd = eventfd(0, EFD_CLOEXEC);

	if (fd < 0)
		return errno;
	write_handle(hdr, UVERBS_ATTR_ASYNC_EVENT_ALLOC_FD_HANDLE, fd);
	return 0;
}

static void fill_port(struct ib_uverbs_query_port_resp *port)
{
	port->state = PORT_ACTIVE;
	port->max_mtu = port->active_mtu = MTU_4096;
	port->gid_tbl_len = 1;
	port->pkey_tbl_len = 1;
	port->max_msg_sz = 1u << 31;
	port->lid = 1;
	port->link_layer = LINK_LAYER_IB;
}

static int query_port(struct ib_uverbs_ioctl_hdr *hdr)
{
	struct ib_uverbs_query_port_resp_ex resp = {};

	fill_port(&resp.legacy_resp);
	write_attr(hdr, UVERBS_ATTR_QUERY_PORT_RESP, &resp, sizeof(resp));
	return 0;
}

static int create_cq(struct ib_uverbs_ioctl_hdr *hdr)
{
	struct null_cq *cq = &cqs[num_cqs];
	struct mlx5_ib_create_cq_resp resp = { .cqn = num_cqs };
	struct mlx5_ib_create_cq req;
	uint32_t cqe;

	if (num_cqs == MAX_OBJECTS)
		return ENOMEM;
	read_attr(hdr, UVERBS_ATTR_CREATE_CQ_CQE, &cqe, sizeof(cqe));
	read_attr(hdr, UVERBS_ATTR_UHW_IN, &req, sizeof(req));
	cq->buf = (uint8_t *)(uintptr_t)req.buf_addr;
	cq->cqe_size = req.cqe_size;
	for (cq->num = 1; cq->num <= cqe; cq->num <<= 1)
		;
	write_handle(hdr, UVERBS_ATTR_CREATE_CQ_HANDLE, num_cqs++);
	write_attr_u32(hdr, UVERBS_ATTR_CREATE_CQ_RESP_CQE, cq->num - 1);
	write_attr(hdr, UVERBS_ATTR_UHW_OUT, &resp, sizeof(resp));
	return 0;
}

static struct null_cq *find_cq(struct ib_uverbs_ioctl_hdr *hdr, uint16_t id)
{
	return &cqs[read_handle(hdr, id) % MAX_OBJECTS];
}

static int create_qp(struct ib_uverbs_ioctl_hdr *hdr)
{
	struct null_qp *qp = &qps[num_qps];
	struct mlx5_ib_create_qp_resp resp = {};
	struct ib_uverbs_qp_cap cap;
	struct mlx5_ib_create_qp req;

	if (num_qps == MAX_OBJECTS)
		return ENOMEM;
	read_attr(hdr, UVERBS_ATTR_UHW_IN, &req, sizeof(req));
	read_attr(hdr, UVERBS_ATTR_CREATE_QP_CAP, &cap, sizeof(cap));
	qp->uidx = req.uidx;
	qp->cq[NULL_SEND] = find_cq(hdr, UVERBS_ATTR_CREATE_QP_SEND_CQ_HANDLE);
	qp->cq[NULL_RECV] = find_cq(hdr, UVERBS_ATTR_CREATE_QP_RECV_CQ_HANDLE);
	write_attr(hdr, UVERBS_ATTR_CREATE_QP_RESP_CAP, &cap, sizeof(cap));
	write_attr_u32(hdr, UVERBS_ATTR_CREATE_QP_RESP_QP_NUM,
		       FIRST_QPN + num_qps);
	write_handle(hdr, UVERBS_ATTR_CREATE_QP_HANDLE, num_qps++);
	write_attr(hdr, UVERBS_ATTR_UHW_OUT, &resp, sizeof(resp));
	return 0;
}

static int destroy_qp(struct ib_uverbs_ioctl_hdr *hdr)
{
	struct ib_uverbs_destroy_qp_resp resp = {};

	write_attr(hdr, UVERBS_ATTR_DESTROY_QP_RESP, &resp, sizeof(resp));
	return 0;
}

static int destroy_cq(struct ib_uverbs_ioctl_hdr *hdr)
{
	struct ib_uverbs_destroy_cq_resp resp = {};

	write_attr(hdr, UVERBS_ATTR_DESTROY_CQ_RESP, &resp, sizeof(resp));
	return 0;
}

static int reg_dmabuf_mr(struct ib_uverbs_ioctl_hdr *hdr)
{
	uint32_t key = ++num_others;

	write_handle(hdr, UVERBS_ATTR_REG_DMABUF_MR_HANDLE, key);
	write_attr_u32(hdr, UVERBS_ATTR_REG_DMABUF_MR_RESP_LKEY, key);
	write_attr_u32(hdr, UVERBS_ATTR_REG_DMABUF_MR_RESP_RKEY, key);
	return 0;
}

/* ---- Commands of the old kind ----------------------------------------------------- */

static void reply(struct ib_uverbs_ioctl_hdr *hdr, const void *core, size_t len)
{
	write_attr(hdr, UVERBS_ATTR_CORE_OUT, core, len);
}

static void fill_device(struct ib_uverbs_query_device_resp *dev)
{
	dev->max_mr_size = UINT64_MAX;
	dev->max_qp = dev->max_cq = dev->max_mr = dev->max_pd = 1 << 16;
	dev->max_qp_wr = MAX_WR;
	dev->max_cqe = 1 << 22;
	dev->max_sge = 30;
	dev->max_qp_rd_atom = dev->max_qp_init_rd_atom = 16;
	dev->phys_port_cnt = 1;
}

static int query_device_ex(struct ib_uverbs_ioctl_hdr *hdr)
{
	struct ib_uverbs_ex_query_device_resp resp = {
		.response_length = sizeof(resp),
	};

	fill_device(&resp.base);
	reply(hdr, &resp, sizeof(resp));
	return 0;
}

static int query_device(struct ib_uverbs_ioctl_hdr *hdr)
{
	struct ib_uverbs_query_device_resp resp = {};

	fill_device(&resp);
	/* Asked for with no room at all, to see whether the method is there. */
	if (!find_attr(hdr, UVERBS_ATTR_CORE_OUT))
		return ENOSPC;
	reply(hdr, &resp, sizeof(resp));
	return 0;
}

static int query_port_legacy(struct ib_uverbs_ioctl_hdr *hdr)
{
	struct ib_uverbs_query_port_resp resp = {};

	fill_port(&resp);
	reply(hdr, &resp, sizeof(resp));
	return 0;
}

static int alloc_pd(struct ib_uverbs_ioctl_hdr *hdr)
{
	struct mlx5_ib_alloc_pd_resp uhw = { .pdn = 1 };
	struct ib_uverbs_alloc_pd_resp resp = { .pd_handle = ++num_others };

	write_attr(hdr, UVERBS_ATTR_UHW_OUT, &uhw, sizeof(uhw));
	reply(hdr, &resp, sizeof(resp));
	return 0;
}

static int reg_mr(struct ib_uverbs_ioctl_hdr *hdr)
{
	uint32_t key = ++num_others;
	struct ib_uverbs_reg_mr_resp resp = {
		.mr_handle = key,
		.lkey = key,
		.rkey = key,
	};

	reply(hdr, &resp, sizeof(resp));
	return 0;
}

static int invoke_write(struct ib_uverbs_ioctl_hdr *hdr)
{
	const uint64_t extended = IB_USER_VERBS_CMD_FLAG_EXTENDED;
	uint64_t command;

	read_attr(hdr, UVERBS_ATTR_WRITE_CMD, &command, sizeof(command));
	if (command == (extended | IB_USER_VERBS_EX_CMD_QUERY_DEVICE))
		return query_device_ex(hdr);
	switch (command & ~extended) {
	case IB_USER_VERBS_CMD_QUERY_DEVICE:
		return query_device(hdr);
	case IB_USER_VERBS_CMD_QUERY_PORT:
		return query_port_legacy(hdr);
	case IB_USER_VERBS_CMD_ALLOC_PD:
		return alloc_pd(hdr);
	case IB_USER_VERBS_CMD_REG_MR:
		return reg_mr(hdr);
	case IB_USER_VERBS_CMD_MODIFY_QP:
		return 0;
	default:
		return EOPNOTSUPP;
	}
}

#define METHOD(object, method) ((object) << 16 | (method))

int null_ioctl(struct ib_uverbs_ioctl_hdr *hdr)
{
	switch (METHOD(hdr->object_id, hdr->method_id)) {
	case METHOD(UVERBS_OBJECT_DEVICE, UVERBS_METHOD_INVOKE_WRITE):
		return invoke_write(hdr);
	case METHOD(UVERBS_OBJECT_DEVICE, UVERBS_METHOD_GET_CONTEXT):
		return get_context(hdr);
	case METHOD(UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_PORT):
		return query_port(hdr);
	case METHOD(UVERBS_OBJECT_ASYNC_EVENT, UVERBS_METHOD_ASYNC_EVENT_ALLOC):
		return alloc_event_file(hdr);
	case METHOD(UVERBS_OBJECT_CQ, UVERBS_METHOD_CQ_CREATE):
		return create_cq(hdr);
	case METHOD(UVERBS_OBJECT_CQ, UVERBS_METHOD_CQ_DESTROY):
		return destroy_cq(hdr);
	case METHOD(UVERBS_OBJECT_QP, UVERBS_METHOD_QP_CREATE):
		return create_qp(hdr);
	case METHOD(UVERBS_OBJECT_QP, UVERBS_METHOD_QP_DESTROY):
		return destroy_qp(hdr);
	case METHOD(UVERBS_OBJECT_MR, UVERBS_METHOD_REG_DMABUF_MR):
		return reg_dmabuf_mr(hdr);
	case METHOD(UVERBS_OBJECT_MR, UVERBS_METHOD_MR_DESTROY):
	case METHOD(UVERBS_OBJECT_PD, UVERBS_METHOD_PD_DESTROY):
		return 0;
	default:
		return EPROTONOSUPPORT;
	}
}

/* ---- Completions ---------------------------------------------------------------------- */

/* The fields of a 64-byte entry that a library looks at. */
struct null_cqe {
	uint8_t reserved0[32];
	uint32_t srqn_uidx;
	uint8_t reserved1[8];
	uint32_t byte_cnt;
	uint8_t reserved2[8];
	uint32_t opcode_qpn;
	uint32_t counter_sig_own;
};

_Static_assert(sizeof(struct null_cqe) == 64, "an entry is 64 bytes");

#define CQE_RESP_SEND 2
#define WQE_RDMA_WRITE 8
#define MESSAGE_LEN 8

static void write_cqe(struct null_cq *cq, const struct null_qp *qp,
		      uint32_t qp_num, enum null_kind kind, uint32_t index)
{
	uint8_t *slot = cq->buf + (cq->pi & (cq->num - 1)) * cq->cqe_size +
			cq->cqe_size - sizeof(struct null_cqe);
	struct null_cqe *cqe = (struct null_cqe *)slot;
	uint32_t owner = (cq->pi & cq->num) != 0;
	uint32_t opcode = kind == NULL_SEND ? 0 : CQE_RESP_SEND;
	uint32_t wqe = kind == NULL_SEND ? WQE_RDMA_WRITE : 0;

	memset(cqe, 0, offsetof(struct null_cqe, counter_sig_own));
	cqe->srqn_uidx = htobe32(qp->uidx);
	cqe->byte_cnt = htobe32(MESSAGE_LEN);
	cqe->opcode_qpn = htobe32(wqe << 24 | qp_num);
	__atomic_store_n(&cqe->counter_sig_own,
			 htobe32((index & 0xffff) << 16 | opcode << 4 | owner),
			 __ATOMIC_RELEASE);
	cq->pi++;
}

__attribute__((visibility("default"))) int
null_complete(uint32_t qp_num, enum null_kind kind, unsigned int num)
{
	uint32_t i = qp_num - FIRST_QPN;
	struct null_qp *qp;

	if (i >= num_qps)
		return -1;
	qp = &qps[i];
	while (num--)
		write_cqe(qp->cq[kind], qp, qp_num, kind, qp->index[kind]++);
	return 0;
}
