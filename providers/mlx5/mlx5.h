/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef MLX5_H
#define MLX5_H

#include <endian.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "driver.h"

#include <rdma/mlx5-abi.h>

#include "prm.h"
#include "sync.h"

/* ---- Memory shared with the device ---------------------------------------- */

struct mlx5_buf {
	void *addr;
	size_t len;
};

/* Zeroed and page aligned. Returns 0 or an errno value. */
int mlx5_alloc_buf(struct mlx5_buf *buf, size_t len);
void mlx5_free_buf(struct mlx5_buf *buf);

/*
 * Doorbell records: two words each, on a cache line of its own so that no
 * two queues share one. Guarded by the allocator's own lock.
 */
struct mlx5_dbrec_page;

struct mlx5_dbrecs {
	pthread_mutex_t lock;
	struct mlx5_dbrec_page *pages;
	uint32_t stride;
};

void mlx5_dbrecs_init(struct mlx5_dbrecs *recs, uint32_t cache_line_size);
void mlx5_dbrecs_fini(struct mlx5_dbrecs *recs);
/* Both words are 0. NULL with errno. */
__be32 *mlx5_alloc_dbrec(struct mlx5_dbrecs *recs);
void mlx5_free_dbrec(struct mlx5_dbrecs *recs, __be32 *rec);

/* ---- From the number in a completion to its queue -------------------------- */

/*
 * 24-bit numbers, in chunks that appear when first needed and stay until
 * mlx5_table_fini(): a reader needs no lock for an entry that it knows
 * cannot go away. Writers take the lock.
 */
#define MLX5_TABLE_SHIFT 12
#define MLX5_TABLE_CHUNK (1u << MLX5_TABLE_SHIFT)
#define MLX5_TABLE_MASK (MLX5_TABLE_CHUNK - 1)

struct mlx5_table {
	pthread_mutex_t lock;
	void **chunk[MLX5_TABLE_CHUNK];
	uint32_t used[MLX5_TABLE_CHUNK];
};

void mlx5_table_init(struct mlx5_table *table);
void mlx5_table_fini(struct mlx5_table *table);
/* All return 0 or an errno value. add chooses the number, set is told. */
int mlx5_table_add(struct mlx5_table *table, void *entry, uint32_t *num);
int mlx5_table_set(struct mlx5_table *table, uint32_t num, void *entry);
/* Only if the number still belongs to entry. */
void mlx5_table_del(struct mlx5_table *table, uint32_t num, void *entry);

static inline void *mlx5_table_get(struct mlx5_table *table, uint32_t num)
{
	void **chunk;

	chunk = __atomic_load_n(&table->chunk[num >> MLX5_TABLE_SHIFT],
				__ATOMIC_ACQUIRE);
	return likely(chunk) ? chunk[num & MLX5_TABLE_MASK] : NULL;
}

/* ---- Context ---------------------------------------------------------------- */

/* What one queue may have, from the response to GET_CONTEXT. */
struct mlx5_limits {
	uint32_t max_sq_desc_sz;
	uint32_t max_rq_desc_sz;
	uint32_t max_send_wqebb;
	uint32_t max_recv_wr;
};

struct mlx5_context {
	struct verbs_context vctx; /* first: the library allocates it */
	struct mlx5_limits limits;
	uint8_t cqe_version;
	uint32_t cqe_size;
	uint32_t bf_reg_size;
	uint32_t uars_per_page;
	uint32_t num_uar_pages;
	size_t page_size;
	uint8_t **uar_page;
	struct mlx5_dbrecs dbrecs;
	struct mlx5_table qps; /* by uidx (CQE version 1) or QP number (0) */
};

struct mlx5_pd {
	union {
		struct ibv_pd pd;
		struct verbs_pd vpd;
	};
	uint32_t pdn;
};

/* The send doorbell register that the kernel chose; NULL if there is none. */
void *mlx5_bfreg(struct mlx5_context *ctx, uint32_t index);

/* ---- Completion queues ------------------------------------------------------ */

struct mlx5_cq {
	union {
		struct ibv_cq cq;
		struct verbs_cq vcq;
	};
	struct mlx5_lock lock; /* all below that changes */
	bool single_threaded; /* the lock is not taken */
	uint32_t ci; /* completions consumed; wraps at 32 bits */
	uint32_t num_cqe; /* power of two */
	uint32_t cqe_shift;
	uint32_t key_offset; /* in a CQE: the number to look up in qps */
	uint8_t *first_cqe; /* 64-byte CQE, or second half of a larger */
	__be32 *dbrec;
	struct mlx5_table *qps;
	void *arm_reg;
	uint32_t cqn;
	uint32_t arm_sn;
	/* Between start_poll and end_poll: the entry last taken. */
	const struct prm_cqe *cur_cqe;
	struct mlx5_qp *cur_qp;
	enum ibv_wc_opcode cur_opcode;
	struct mlx5_buf buf;
};

/* ---- Queue pairs --------------------------------------------------------------- */

/* What a send's completion needs to know; kept at the WQE's first block. */
struct mlx5_sent {
	uint64_t wr_id;
	uint32_t head; /* of the queue, after this WQE */
	uint32_t wc_opcode;
};

/* Between ibv_wr_start and ibv_wr_complete or ibv_wr_abort. */
struct mlx5_batch {
	struct ibv_send_wr wr; /* the request that the calls describe */
	bool open; /* it has begun and is not yet a WQE */
	int err; /* the first failure; nothing is built after it */
	uint32_t head; /* of the queue before the batch */
	uint32_t block;
};

struct mlx5_sq {
	struct mlx5_lock lock; /* of the posting side: all but tail */
	uint32_t cur_block; /* blocks posted; wraps at 32 bits */
	uint32_t head; /* WQEs posted */
	uint32_t tail; /* WQEs completed; written under the CQ's lock */
	uint32_t block_mask;
	uint32_t limit; /* max_post, or 0 while the state forbids to send */
	uint32_t max_post; /* WQEs that fit even if each has full size */
	uint32_t max_sge;
	uint32_t max_inline;
	__be32 qpn; /* as in the control segment, without DS */
	__be32 fm_ce_se[8]; /* by the lowest three send flags */
	uint8_t *buf;
	uint8_t *end;
	struct mlx5_sent *sent;
	__be32 *dbrec; /* the one word of it */
	void *reg;
	uint64_t doorbell; /* of the last WQE built */
	struct mlx5_batch batch;
};

struct mlx5_rq {
	struct mlx5_lock lock; /* of the posting side: all but tail */
	uint32_t head; /* WQEs posted */
	uint32_t tail; /* WQEs completed; written under the CQ's lock */
	uint32_t mask;
	uint32_t max_post;
	uint32_t max_sge;
	uint32_t stride_shift;
	uint8_t *buf;
	uint64_t *wr_id;
	__be32 *dbrec;
};

struct mlx5_qp {
	union {
		struct ibv_qp qp;
		struct verbs_qp vqp;
	};
	struct mlx5_sq sq;
	struct mlx5_rq rq;
	uint32_t key; /* its number in mlx5_context.qps and in CQEs */
	struct mlx5_buf buf;
	__be32 *dbrec;
};

/* The sizes of a QP's rings, as the kernel wants to know them. */
struct mlx5_qp_sizes {
	uint32_t sq_blocks; /* power of two, or 0 */
	uint32_t sq_wqe_blocks;
	uint32_t sq_max_sge;
	uint32_t sq_max_inline;
	uint32_t rq_wqes; /* power of two, or 0 */
	uint32_t rq_stride_shift;
};

static inline struct mlx5_context *to_mctx(struct ibv_context *context)
{
	return verbs_container_of(context, struct mlx5_context, vctx.context);
}

static inline struct mlx5_cq *to_mcq(struct ibv_cq *cq)
{
	return (struct mlx5_cq *)cq;
}

static inline struct mlx5_qp *to_mqp(struct ibv_qp *qp)
{
	return (struct mlx5_qp *)qp;
}

/* ---- Operations: see struct verbs_ops ------------------------------------------ */

struct ibv_pd *mlx5_alloc_pd(struct ibv_context *context);

struct ibv_cq *mlx5_create_cq(struct ibv_context *context, int cqe,
			      struct ibv_comp_channel *channel,
			      int comp_vector);
struct ibv_cq_ex *mlx5_create_cq_ex(struct ibv_context *context,
				    struct ibv_cq_init_attr_ex *attr);
int mlx5_destroy_cq(struct ibv_cq *ibcq);
int mlx5_poll_cq(struct ibv_cq *ibcq, int num_entries, struct ibv_wc *wc);
int mlx5_req_notify_cq(struct ibv_cq *ibcq, int solicited_only);
void mlx5_cq_event(struct ibv_cq *ibcq);

struct ibv_qp *mlx5_create_qp_ex(struct ibv_context *context,
				 struct ibv_qp_init_attr_ex *attr);
int mlx5_query_qp(struct ibv_qp *ibqp, struct ibv_qp_attr *attr, int attr_mask,
		  struct ibv_qp_init_attr *init_attr);
int mlx5_modify_qp(struct ibv_qp *ibqp, struct ibv_qp_attr *attr,
		   int attr_mask);
int mlx5_destroy_qp(struct ibv_qp *ibqp);
int mlx5_post_send(struct ibv_qp *ibqp, struct ibv_send_wr *wr,
		   struct ibv_send_wr **bad_wr);
int mlx5_post_recv(struct ibv_qp *ibqp, struct ibv_recv_wr *wr,
		   struct ibv_recv_wr **bad_wr);

/* ---- Parts of them that need no kernel ------------------------------------------- */

/* Which rings the attributes ask for. Returns 0 or an errno value. */
int mlx5_size_qp(const struct mlx5_limits *limits, const struct ibv_qp_cap *cap,
		 struct mlx5_qp_sizes *sizes);
size_t mlx5_qp_buf_len(const struct mlx5_qp_sizes *sizes);
/*
 * Lays the rings out in qp->buf and gives them their records in qp->dbrec.
 * Returns 0 or an errno value; mlx5_fini_rings() frees what it allocated.
 */
int mlx5_init_rings(struct mlx5_qp *qp, const struct mlx5_qp_sizes *sizes,
		    bool signal_all);
void mlx5_fini_rings(struct mlx5_qp *qp);
/*
 * Fills in the ibv_wr_* calls for these IBV_QP_EX_WITH_*. Returns 0, or
 * EOPNOTSUPP if one of them is not for an RC queue pair of this device.
 */
int mlx5_set_wr_ops(struct mlx5_qp *qp, uint64_t send_ops_flags);
/*
 * What the transition to a state means for the rings. RESET empties them;
 * sends can be posted from RTR on, as the device drops the doorbells before.
 */
void mlx5_rings_enter(struct mlx5_qp *qp, enum ibv_qp_state state);

/* Makes the ring of n CQEs in cq->buf empty. */
void mlx5_init_cq_ring(struct mlx5_cq *cq, uint32_t n, uint32_t cqe_size,
		       uint8_t cqe_version);
/* Fills in ibv_start_poll() and what may follow it. */
void mlx5_set_poll_ops(struct mlx5_cq *cq);
/*
 * For who takes qp out of mlx5_context.qps or empties its rings: with the
 * locks of both CQs, drop what entries of qp they still hold.
 */
void mlx5_lock_cqs(struct mlx5_qp *qp);
void mlx5_clean_cqs_locked(struct mlx5_qp *qp);
void mlx5_unlock_cqs(struct mlx5_qp *qp);

#endif
