/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef __EFADV_H__
#define __EFADV_H__

/*
 * What programs can ask of EFA devices beyond verbs. Attribute structs grow at
 * their end: inlen is the size the caller knows, comp_mask is zero. Errors as
 * in <infiniband/verbs.h>; EOPNOTSUPP on every other device.
 */

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include <infiniband/verbs.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Device
 */

enum {
	EFADV_DEVICE_ATTR_CAPS_RDMA_READ = 1 << 0,
	EFADV_DEVICE_ATTR_CAPS_RNR_RETRY = 1 << 1,
	EFADV_DEVICE_ATTR_CAPS_CQ_WITH_SGID = 1 << 2,
	EFADV_DEVICE_ATTR_CAPS_RDMA_WRITE = 1 << 3,
	EFADV_DEVICE_ATTR_CAPS_UNSOLICITED_WRITE_RECV = 1 << 4,
	EFADV_DEVICE_ATTR_CAPS_CQ_WITH_EXT_MEM_DMABUF = 1 << 5,
	EFADV_DEVICE_ATTR_CAPS_COMP_CNTR = 1 << 6,
};

struct efadv_device_attr {
	uint64_t comp_mask;
	uint32_t max_sq_wr;
	uint32_t max_rq_wr;
	uint16_t max_sq_sge;
	uint16_t max_rq_sge;
	uint16_t inline_buf_size;
	uint16_t inline_buf_size_ex;
	uint32_t device_caps; /* EFADV_DEVICE_ATTR_CAPS_* */
	uint32_t max_rdma_size; /* bytes in one RDMA request */
};

int efadv_query_device(struct ibv_context *ibvctx,
		       struct efadv_device_attr *attr, uint32_t inlen);

/*
 * How deep queues can be that take such requests; negative errno on failure
 */

enum {
	EFADV_SQ_DEPTH_ATTR_INLINE_WRITE = 1 << 0,
};

struct efadv_sq_depth_attr {
	uint64_t comp_mask;
	uint32_t flags; /* EFADV_SQ_DEPTH_ATTR_* */
	uint32_t max_send_sge;
	uint32_t max_rdma_sge;
	uint32_t max_inline_data;
};

int efadv_get_max_sq_depth(struct ibv_context *ibvctx,
			   struct efadv_sq_depth_attr *attr, uint32_t inlen);

struct efadv_rq_depth_attr {
	uint64_t comp_mask;
	uint32_t max_recv_sge;
};

int efadv_get_max_rq_depth(struct ibv_context *ibvctx,
			   struct efadv_rq_depth_attr *attr, uint32_t inlen);

/*
 * Queue pairs: scalable reliable datagram
 */

enum {
	EFADV_QP_DRIVER_TYPE_SRD = 0,
};

enum {
	/* The peer's write with immediate takes no receive. */
	EFADV_QP_FLAGS_UNSOLICITED_WRITE_RECV = 1 << 0,
	EFADV_QP_FLAGS_INLINE_WRITE = 1 << 1,
};

enum {
	EFADV_WR_EX_WITH_PROCESSING_HINTS = 1 << 0,
};

struct efadv_qp_init_attr {
	uint64_t comp_mask;
	uint32_t driver_qp_type; /* EFADV_QP_DRIVER_TYPE_* */
	uint16_t flags; /* EFADV_QP_FLAGS_* */
	uint8_t sl;
	uint8_t reserved;
	uint64_t wr_flags; /* EFADV_WR_EX_* */
};

struct ibv_qp *efadv_create_driver_qp(struct ibv_pd *ibvpd,
				      struct ibv_qp_init_attr *attr,
				      uint32_t driver_qp_type);

/* attr_ex->qp_type is IBV_QPT_DRIVER. */
struct ibv_qp *efadv_create_qp_ex(struct ibv_context *ibvctx,
				  struct ibv_qp_init_attr_ex *attr_ex,
				  struct efadv_qp_init_attr *efa_attr,
				  uint32_t inlen);

enum {
	EFADV_WQ_CAPS_64_BIT_REQ_ID = 1 << 0,
};

/* A queue as the device sees it, for programs that write to it themselves. */
struct efadv_wq_attr {
	uint64_t comp_mask;
	uint8_t *buffer;
	uint32_t entry_size;
	uint32_t num_entries;
	uint32_t *doorbell;
	uint32_t max_batch; /* entries in one doorbell */
	uint16_t caps; /* EFADV_WQ_CAPS_* */
	uint8_t reserved[2];
};

int efadv_query_qp_wqs(struct ibv_qp *ibvqp, struct efadv_wq_attr *sq_attr,
		       struct efadv_wq_attr *rq_attr, uint32_t inlen);

enum efadv_wr_processing_hint {
	EFADV_WR_PROCESSING_HINT_BURST_PPS_SENSITIVE = 1 << 0,
};

/* More setters for the request that an ibv_wr_* call has started. */
struct efadv_qp {
	uint64_t comp_mask;
	void (*wr_set_processing_hints)(struct efadv_qp *efadv_qp,
					uint32_t hints);
};

/* The part of the QP that has them; lives as long as the QP. */
struct efadv_qp *efadv_qp_from_ibv_qp_ex(struct ibv_qp_ex *ibvqpx);

static inline void efadv_wr_set_processing_hints(struct efadv_qp *efadv_qp,
						 uint32_t hints)
{
	efadv_qp->wr_set_processing_hints(efadv_qp, hints);
}

/*
 * Address handles
 */

struct efadv_ah_attr {
	uint64_t comp_mask;
	uint16_t ahn; /* what completions call it */
	uint8_t reserved[6];
};

int efadv_query_ah(struct ibv_ah *ibvah, struct efadv_ah_attr *attr,
		   uint32_t inlen);

/*
 * Completion queues
 */

enum {
	EFADV_WC_EX_WITH_SGID = 1 << 0,
	EFADV_WC_EX_WITH_IS_UNSOLICITED = 1 << 1,
};

enum {
	EFADV_CQ_INIT_FLAGS_EXT_MEM_DMABUF = 1 << 0,
};

struct efadv_cq_init_attr {
	uint64_t comp_mask;
	uint64_t wc_flags; /* EFADV_WC_EX_* */
	uint64_t flags; /* EFADV_CQ_INIT_FLAGS_* */
	struct {
		uint8_t *buffer; /* where the CPU sees it, or NULL */
		uint64_t length;
		uint64_t offset;
		int32_t fd;
		uint8_t reserved[4];
	} ext_mem_dmabuf;
};

/* More readers for the entry that an extended CQ's poll has reached. */
struct efadv_cq {
	uint64_t comp_mask;
	int (*wc_read_sgid)(struct efadv_cq *efadv_cq, union ibv_gid *sgid);
	bool (*wc_is_unsolicited)(struct efadv_cq *efadv_cq);
};

struct ibv_cq_ex *efadv_create_cq(struct ibv_context *ibvctx,
				  struct ibv_cq_init_attr_ex *attr_ex,
				  struct efadv_cq_init_attr *efa_attr,
				  uint32_t inlen);

struct efadv_cq_attr {
	uint64_t comp_mask;
	uint8_t *buffer;
	uint32_t entry_size;
	uint32_t num_entries;
	uint32_t *doorbell; /* NULL: the CQ takes no notification requests */
};

int efadv_query_cq(struct ibv_cq *ibvcq, struct efadv_cq_attr *attr,
		   uint32_t inlen);

/* The part of the CQ that has them; lives as long as the CQ. */
struct efadv_cq *efadv_cq_from_ibv_cq_ex(struct ibv_cq_ex *ibvcqx);

/* The sender's GID; ENOENT when it is one that an address handle has. */
static inline int efadv_wc_read_sgid(struct efadv_cq *efadv_cq,
				     union ibv_gid *sgid)
{
	return efadv_cq->wc_read_sgid(efadv_cq, sgid);
}

static inline bool efadv_wc_is_unsolicited(struct efadv_cq *efadv_cq)
{
	return efadv_cq->wc_is_unsolicited(efadv_cq);
}

/*
 * Completion counters in memory of the caller's
 */

enum {
	EFADV_MEMORY_LOCATION_VA,
	EFADV_MEMORY_LOCATION_DMABUF,
};

struct efadv_memory_location {
	uint8_t *ptr;
	struct {
		uint64_t offset;
		int32_t fd;
		uint32_t reserved;
	} dmabuf;
	uint8_t type; /* EFADV_MEMORY_LOCATION_* */
	uint8_t reserved[7];
};

enum {
	EFADV_COMP_CNTR_INIT_WITH_COMP_EXTERNAL_MEM = 1 << 0,
	EFADV_COMP_CNTR_INIT_WITH_ERR_EXTERNAL_MEM = 1 << 1,
};

struct efadv_comp_cntr_init_attr {
	uint64_t comp_mask;
	uint32_t flags; /* EFADV_COMP_CNTR_INIT_* */
	uint32_t reserved;
	struct efadv_memory_location comp_cntr_ext_mem;
	struct efadv_memory_location err_cntr_ext_mem;
};

struct ibv_comp_cntr *efadv_create_comp_cntr(
	struct ibv_context *ibvctx, struct ibv_comp_cntr_init_attr *attr,
	struct efadv_comp_cntr_init_attr *efa_attr, uint32_t inlen);

/*
 * Memory regions: the interconnects that reach one
 */

enum {
	EFADV_MR_ATTR_VALIDITY_RECV_IC_ID = 1 << 0,
	EFADV_MR_ATTR_VALIDITY_RDMA_READ_IC_ID = 1 << 1,
	EFADV_MR_ATTR_VALIDITY_RDMA_RECV_IC_ID = 1 << 2,
};

struct efadv_mr_attr {
	uint64_t comp_mask;
	uint16_t ic_id_validity; /* EFADV_MR_ATTR_VALIDITY_* */
	uint16_t recv_ic_id;
	uint16_t rdma_read_ic_id;
	uint16_t rdma_recv_ic_id;
};

int efadv_query_mr(struct ibv_mr *ibvmr, struct efadv_mr_attr *attr,
		   uint32_t inlen);

#ifdef __cplusplus
}
#endif

#endif
