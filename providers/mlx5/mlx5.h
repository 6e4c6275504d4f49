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

#include "mlx5dv.h"
#include "prm.h"
#include "sync.h"

/* ---- Memory shared with the device ---------------------------------------- */

struct mlx5_buf {
	void *addr;
	size_t len;
	struct ibv_pd *pd; /* whose allocator it came from; mostly NULL */
	uint64_t type;
	struct mlx5dv_ctx_allocators from; /* the program's, or all NULL */
};

/* As MLX5DV_RES_TYPE_* in the stock mlx5dv.h: what memory is asked for. */
enum mlx5_buf_type {
	MLX5_BUF_QP = 1,
	MLX5_BUF_WQ = 2,
	MLX5_BUF_SRQ = 4,
	MLX5_BUF_CQ = 5,
};

/* Zeroed and page aligned; of no length: nothing. Returns 0 or an errno value. */
int mlx5_alloc_buf(struct mlx5_buf *buf, size_t len);
/* Likewise, from the context's allocators, if the program has set some. */
int mlx5_alloc_buf_from(struct mlx5_buf *buf,
			const struct mlx5dv_ctx_allocators *allocators,
			size_t len);
/* Likewise; from the allocator of a parent domain if pd is one that has one. */
int mlx5_alloc_buf_pd(struct mlx5_buf *buf,
		      const struct mlx5dv_ctx_allocators *allocators,
		      struct ibv_pd *pd, enum mlx5_buf_type type, size_t len);
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
	const struct mlx5dv_ctx_allocators *allocators; /* NULL: none */
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

struct mlx5_table_dir {
	void **chunk[MLX5_TABLE_CHUNK];
	uint32_t used[MLX5_TABLE_CHUNK];
};

/* Opening a device costs no directory: one that is empty serves all until the
 * first entry. */
struct mlx5_table {
	pthread_mutex_t lock;
	struct mlx5_table_dir *dir;
};

/* What the entries are: the part of a QP or SRQ that names it. */
enum mlx5_rsc_type {
	MLX5_RSC_QP,
	MLX5_RSC_SRQ, /* of XRC; completions of others name the QP */
	MLX5_RSC_WQ,
};

struct mlx5_rsc {
	enum mlx5_rsc_type type;
	uint32_t key; /* its number in the table and in CQEs */
	bool of_packets; /* its receives tell of the headers of packets */
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
	struct mlx5_table_dir *dir;
	void **chunk;

	dir = __atomic_load_n(&table->dir, __ATOMIC_ACQUIRE);
	chunk = __atomic_load_n(&dir->chunk[num >> MLX5_TABLE_SHIFT],
				__ATOMIC_ACQUIRE);
	return likely(chunk) ? chunk[num & MLX5_TABLE_MASK] : NULL;
}

extern struct mlx5_rsc mlx5_no_rsc;

/* ---- Context ---------------------------------------------------------------- */

/* The ones that GET_CONTEXT asks for, and of these with one QP each. */
#define MLX5_BFREGS 16
#define MLX5_LOW_LATENCY_BFREGS 4

struct mlx5_bfreg {
	void *reg;
	off_t mmap_offset; /* of its page */
	uint32_t buf_size; /* for BlueFlame; 0: doorbells only */
	uint32_t offset; /* of the half that is next */
	bool shared; /* other queues may use it at the same time */
	struct mlx5_lock lock; /* then: of offset and what is written */
	uint32_t page_id; /* dynamic */
	uint32_t users; /* dynamic: queues that have it */
};

/* A page that is an object of the kernel. */
struct mlx5_uar {
	uint8_t *page;
	size_t len;
	off_t offset; /* that mapped it */
	uint32_t handle;
	uint32_t page_id;
	struct mlx5_bfreg bfreg[PRM_USABLE_BFREGS_PER_UAR];
};

struct mlx5_uars {
	pthread_mutex_t lock; /* of the dynamic pages and their users */
	uint32_t bf_reg_size;
	bool no_blueflame;
	uint8_t *arm_page; /* where CQs are armed */
	uint32_t arm_page_id; /* dynamic */
	/* Fixed */
	uint32_t uars_per_page;
	uint32_t num_pages;
	uint32_t num_fixed;
	uint8_t **page;
	struct mlx5_bfreg *fixed;
	/* Dynamic; NULL: they are fixed */
	struct mlx5_uar **dyn;
	struct mlx5_uar *arm;
};

/* What one queue may have, from the response to GET_CONTEXT. */
struct mlx5_limits {
	uint32_t max_sq_desc_sz;
	uint32_t max_rq_desc_sz;
	uint32_t max_send_wqebb;
	uint32_t max_recv_wr;
	uint32_t max_srq_recv_wr;
};

struct mlx5_context {
	struct verbs_context vctx; /* first: the library allocates it */
	struct mlx5_limits limits;
	struct mlx5_ib_alloc_ucontext_resp resp; /* to GET_CONTEXT, as it was */
	struct mlx5dv_ctx_allocators allocators; /* all NULL: none */
	int devx_err; /* why it has no DEVX; 0: it has */
	void *clock_info; /* pages mapped when first asked for */
	void *core_clock;
	uint8_t cqe_version;
	uint32_t cqe_size;
	size_t page_size;
	struct mlx5_uars uars;
	bool ah_by_kernel; /* CREATE_AH answers with the MAC address */
	bool single_threaded; /* the program says so of all it does */
	bool data_in_cqes; /* small messages may be there: see unload.c */
	struct mlx5_dbrecs dbrecs;
	struct mlx5_table rscs; /* by uidx (CQE version 1) or QP number (0) */
	struct mlx5_table srqs; /* by SRQ number; CQE version 0 */
};

/* In the page number of a file offset that is mapped, above an index. */
#define MLX5_MMAP_CMD_SHIFT 8

/* All return 0 or an errno value. */
int mlx5_init_uars(struct mlx5_context *ctx,
		   const struct mlx5_ib_alloc_ucontext_resp *resp);
void mlx5_fini_uars(struct mlx5_context *ctx);
int mlx5_init_fixed_bfregs(struct mlx5_context *ctx);
/* The register that the kernel chose; NULL if there is none such. */
struct mlx5_bfreg *mlx5_fixed_bfreg(struct mlx5_uars *uars, uint32_t index);
/* Dynamic: one for a queue to come; NULL with errno. */
struct mlx5_bfreg *mlx5_get_bfreg(struct mlx5_context *ctx);
void mlx5_put_bfreg(struct mlx5_context *ctx, struct mlx5_bfreg *bfreg);

/* A page, mapped; type: enum mlx5_ib_uapi_uar_alloc_type. NULL with *err. */
struct mlx5_uar *mlx5_new_uar(struct mlx5_context *ctx, uint64_t type,
			      int *err);
void mlx5_free_uar(struct mlx5_context *ctx, struct mlx5_uar *uar);

/* The kernel's page of the device's clock; NULL: it has none. */
const struct mlx5_ib_clock_info *mlx5_clock_info(struct mlx5_context *ctx);
/* The clock's register, likewise. */
void *mlx5_core_clock(struct mlx5_context *ctx);
void mlx5_unmap_clocks(struct mlx5_context *ctx);
/* Returns 0, EINVAL (there is none) or EBUSY. */
int mlx5_read_clock_info(struct mlx5_context *ctx,
			 struct mlx5dv_clock_info *clock);
int mlx5_query_rt_values(struct ibv_context *context,
			 struct ibv_values_ex *values);

struct mlx5_pd {
	union {
		struct ibv_pd pd;
		struct verbs_pd vpd;
	};
	uint32_t pdn;
};

/* ---- Completion queues ------------------------------------------------------ */

struct mlx5_cq {
	union {
		struct ibv_cq cq;
		struct verbs_cq vcq;
	};
	struct mlx5_lock lock; /* all below that changes */
	bool single_threaded; /* the lock is not taken */
	bool dv_owned; /* the program reads the ring itself */
	uint32_t ci; /* completions consumed; wraps at 32 bits */
	uint32_t num_cqe; /* power of two */
	uint32_t cqe_shift;
	uint32_t key_offset; /* in a CQE: the number to look up in rscs */
	uint8_t *first_cqe; /* 64-byte CQE, or second half of a larger */
	__be32 *dbrec;
	struct mlx5_table *rscs;
	struct mlx5_table *srqs;
	void *arm_reg;
	uint32_t cqn;
	uint32_t arm_sn;
	struct mlx5_rsc *last_rsc; /* whose the entry last taken is */
	/* Between start_poll and end_poll: that entry. */
	const struct prm_cqe *cur_cqe;
	enum ibv_wc_opcode cur_opcode;
	struct mlx5dv_clock_info clock; /* as last read, for the time of day */
	struct mlx5_buf buf;
};

/* ---- Shared receive queues --------------------------------------------------- */

/*
 * A ring of WQEs in the order of a linked list: the device consumes from the
 * head on, what it has completed is appended at the tail. The last one stays,
 * so that the list is never empty.
 */
struct mlx5_srq {
	union {
		struct ibv_srq srq;
		struct verbs_srq vsrq;
	};
	struct mlx5_rsc rsc;
	struct mlx5_cq *cq; /* of XRC */
	struct mlx5_lock lock; /* all below that changes */
	bool single_threaded; /* the lock is not taken */
	uint32_t head; /* the next to post */
	uint32_t tail; /* the last that is free */
	uint32_t posted; /* so far; the device knows the lowest 16 bits */
	uint32_t max_sge;
	uint32_t stride_shift;
	uint32_t num_wqe;
	uint8_t *wqes;
	uint64_t *wr_id;
	__be32 *dbrec;
	uint32_t srqn;
	struct mlx5_buf buf;
};

/* ---- Queue pairs --------------------------------------------------------------- */

/* As struct mlx5_sq.room: nothing may be posted. */
#define MLX5_NO_ROOM -1

/* What a send's completion needs to know; kept at the WQE's first block. */
struct mlx5_sent {
	uint64_t wr_id;
	uint32_t next_block; /* where the queue went on */
	uint32_t wc_opcode;
};

/* What a batch of ibv_wr_* calls waits for; nothing of it between requests. */
enum mlx5_pending {
	MLX5_PENDING_DATA = 1 << 0, /* of the last request, if it has any */
	MLX5_PENDING_NOT_INLINE = 1 << 1, /* that data comes back */
	MLX5_PENDING_ATOMIC = 1 << 2, /* and is eight bytes */
	MLX5_PENDING_ADDRESS = 1 << 3, /* of the last request */
	MLX5_PENDING_FAILED = 1 << 4, /* nothing but the end of the batch */
	MLX5_PENDING_SETTERS = 1 << 5, /* of a request about a key */
	MLX5_PENDING_HEADER = 1 << 6, /* of a packet, and its data */
};

/* What a request that changes a key has been told of it so far. */
struct mlx5_key_change {
	const struct mlx5_mkey *mkey;
	unsigned int setters; /* that are still to come */
	bool has_access;
	bool has_layout;
	uint32_t blocks; /* of the request */
};

/* Between ibv_wr_start and ibv_wr_complete or ibv_wr_abort. */
struct mlx5_batch {
	unsigned int pending; /* enum mlx5_pending */
	uint32_t block; /* of the queue before the batch */
	int err; /* the first failure */
	/* Of the last request, which sq.last is: */
	uint64_t ctrl; /* the start of its control segment, without its data */
	void *seg; /* where its data goes */
	void *address; /* where its address goes */
	struct mlx5_sent *sent;
};

/* What comes behind a change of a key has to wait for it: see fence.c. */
enum mlx5_fence {
	MLX5_FENCE_NONE,
	MLX5_FENCE_PENDING, /* the next request gets it */
	MLX5_FENCE_GIVEN, /* the one at fenced_block has it, or will */
};

/* Of a queue pair for raw packets. */
struct mlx5_packet_caps {
	uint32_t inline_header; /* bytes of a packet that are not fetched */
	uint32_t max_tso_header; /* 0: it cannot cut packets */
	bool csum;
};

struct mlx5_sq {
	uint8_t *buf;
	uint8_t *end;
	struct mlx5_sent *sent;
	uint32_t block_mask;
	/* A WQE fits while at most so many blocks are in use; -1: never. */
	int32_t room;
	uint32_t opcodes; /* a bit for each enum ibv_wr_opcode that may be */
	uint32_t qpn; /* as in the control segment, without DS */
	uint32_t max_sge;
	uint32_t max_inline;
	uint32_t address_len; /* of what follows the control segment */
	__be32 fm_ce_se[8]; /* by the lowest three send flags */
	__be32 *dbrec; /* the one word of it */
	struct mlx5_bfreg *bfreg;
	struct mlx5_lock lock; /* of the posting side: all but tail */
	uint32_t cur_block; /* blocks posted; wraps at 32 bits */
	struct prm_ctrl_seg *last; /* of the WQE built last */
	struct mlx5_batch batch;
	uint32_t tail; /* blocks completed; written under the CQ's lock */
	uint32_t max_post; /* WQEs that fit even if each has full size */
	int32_t room_if_ready; /* room in a state that allows to send */
	enum mlx5_fence fence;
	int32_t room_unfenced; /* what room is without a fence */
	uint32_t fenced_block;
	/*
	 * Of QPs that say what they will post: what may be posted all the same,
	 * but can be larger than what a WQE was reckoned with.
	 */
	uint32_t larger_opcodes;
	uint32_t larger_blocks;
	struct mlx5_key_change change; /* of the batch's last request */
	struct mlx5_packet_caps packet;
};

struct mlx5_rq {
	struct mlx5_lock lock; /* of the posting side: all but tail */
	uint32_t head; /* WQEs posted */
	uint32_t tail; /* WQEs completed; written under the CQ's lock */
	uint32_t mask;
	uint32_t limit; /* max_post, or 0 in RESET */
	uint32_t max_post;
	uint32_t max_sge;
	uint32_t stride_shift;
	uint8_t *buf;
	uint64_t *wr_id;
	__be32 *dbrec;
};

/* What a queue pair for packets consists of, by the device's numbers. */
struct mlx5_packet_handles {
	uint32_t tirn;
	uint32_t tisn;
	uint32_t rqn;
	uint32_t sqn;
	uint64_t tir_icm_addr;
};

/* What direct verbs say of a queue pair to come; all 0: an ordinary one. */
struct mlx5_qp_extra {
	uint32_t flags; /* MLX5_QP_FLAG_* */
	uint64_t access_key; /* of a DCT */
	struct mlx5_ib_create_qp_dci_streams streams; /* of a DCI */
};

struct mlx5_qp {
	union {
		struct ibv_qp qp;
		struct verbs_qp vqp;
	};
	struct mlx5_rsc rsc;
	/* Chosen when the QP is made, for its type and who may post. */
	int (*post_send)(struct mlx5_qp *qp, struct ibv_send_wr *wr,
			 struct ibv_send_wr **bad_wr);
	int (*post_recv)(struct mlx5_qp *qp, struct ibv_recv_wr *wr,
			 struct ibv_recv_wr **bad_wr);
	struct mlx5_sq sq;
	struct mlx5_rq rq;
	struct mlx5_srq *srq; /* in place of rq */
	struct mlx5_buf buf;
	struct mlx5_buf sq_buf; /* of raw packets; of others all is in buf */
	__be32 *dbrec;
	bool over_table; /* receives alone, by work queues */
	struct mlx5_packet_handles handles;
	uint32_t ece_wanted; /* by the peer; 0: it has none */
	uint32_t ece_granted; /* by the device */
	struct mlx5_qp_extra extra;
	struct mlx5dv_qp_ex dv_ex;
};

/* ---- Work queues ------------------------------------------------------------------ */

struct mlx5_wq {
	struct ibv_wq wq;
	struct mlx5_rsc rsc;
	struct mlx5_rq rq;
	struct mlx5_buf buf;
	__be32 *dbrec;
};

/* ---- Address handles ----------------------------------------------------------- */

struct mlx5_ah {
	struct ibv_ah ah;
	struct prm_av_seg av; /* all but Q_Key and QP number */
	bool in_kernel;
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

/* Does whoever made a thread domain promise to use it from one thread? */
static inline bool mlx5_is_single_threaded(struct ibv_pd *pd)
{
	return to_mctx(pd->context)->single_threaded || to_vpd(pd)->td;
}

static inline struct mlx5_cq *to_mcq(struct ibv_cq *cq)
{
	return (struct mlx5_cq *)cq;
}

static inline struct mlx5_pd *to_mpd(struct ibv_pd *pd)
{
	return (struct mlx5_pd *)pd;
}

static inline struct mlx5_qp *to_mqp(struct ibv_qp *qp)
{
	return (struct mlx5_qp *)qp;
}

static inline struct mlx5_srq *to_msrq(struct ibv_srq *srq)
{
	return (struct mlx5_srq *)srq;
}

static inline struct mlx5_wq *to_mwq(struct ibv_wq *wq)
{
	return (struct mlx5_wq *)wq;
}

static inline struct mlx5_ah *to_mah(struct ibv_ah *ah)
{
	return (struct mlx5_ah *)ah;
}

/* ---- Operations: see struct verbs_ops ------------------------------------------ */

static inline bool mlx5_driver_tells_caps(const struct mlx5_context *ctx)
{
	return ctx->resp.cmds_supp_uhw & MLX5_USER_CMDS_SUPP_UHW_QUERY_DEVICE;
}

/*
 * All that the kernel says of the device: to the verbs, and of what they have no
 * place for; the latter is 0 if the driver does not tell.
 */
int mlx5_query_caps_of_driver(struct mlx5_context *ctx,
			      struct ibv_device_attr_ex *attr, uint64_t *fw_ver,
			      struct mlx5_ib_query_device_resp *caps);
int mlx5_query_device_ex(struct ibv_context *context,
			 const struct ibv_query_device_ex_input *input,
			 struct ibv_device_attr_ex *attr, size_t attr_size);

struct ibv_pd *mlx5_alloc_pd(struct ibv_context *context);
struct ibv_pd *mlx5_import_pd(struct ibv_context *context, uint32_t handle);
struct ibv_pd *
mlx5_alloc_parent_domain(struct ibv_context *context,
			 struct ibv_parent_domain_init_attr *attr);

struct ibv_cq *mlx5_create_cq(struct ibv_context *context, int cqe,
			      struct ibv_comp_channel *channel,
			      int comp_vector);
struct ibv_cq_ex *mlx5_create_cq_ex(struct ibv_context *context,
				    struct ibv_cq_init_attr_ex *attr);
/*
 * cmd: what direct verbs ask of the kernel (and, in cqe_size, of the ring; 0:
 * the usual); the rest of it is filled in here.
 */
struct ibv_cq_ex *mlx5_create_cq_with(struct ibv_context *context,
				      struct ibv_cq_init_attr_ex *attr,
				      const struct mlx5_ib_create_cq *cmd);
int mlx5_resize_cq(struct ibv_cq *ibcq, int cqe);
int mlx5_destroy_cq(struct ibv_cq *ibcq);
int mlx5_poll_cq(struct ibv_cq *ibcq, int num_entries, struct ibv_wc *wc);
int mlx5_req_notify_cq(struct ibv_cq *ibcq, int solicited_only);
void mlx5_cq_event(struct ibv_cq *ibcq);

/* MLX5_QP_FLAG_* of one of which nothing is said. */
uint32_t mlx5_usual_qp_flags(struct ibv_context *context,
			     enum ibv_qp_type type);
struct ibv_qp *mlx5_create_qp_ex(struct ibv_context *context,
				 struct ibv_qp_init_attr_ex *attr);
struct ibv_qp *mlx5_create_qp_with(struct ibv_context *context,
				   struct ibv_qp_init_attr_ex *attr,
				   const struct mlx5_qp_extra *extra);
/* One that spreads packets over a table of work queues. */
struct ibv_qp *mlx5_create_table_qp(struct ibv_context *context,
				    struct ibv_qp_init_attr_ex *attr,
				    const struct mlx5_qp_extra *extra);
void mlx5_take_handles(struct mlx5_qp *qp,
		       const struct mlx5_ib_create_qp_resp *resp);
struct ibv_qp *mlx5_open_qp(struct ibv_context *context,
			    struct ibv_qp_open_attr *attr);
int mlx5_query_qp(struct ibv_qp *ibqp, struct ibv_qp_attr *attr, int attr_mask,
		  struct ibv_qp_init_attr *init_attr);
int mlx5_modify_qp(struct ibv_qp *ibqp, struct ibv_qp_attr *attr,
		   int attr_mask);
int mlx5_destroy_qp(struct ibv_qp *ibqp);
int mlx5_post_send(struct ibv_qp *ibqp, struct ibv_send_wr *wr,
		   struct ibv_send_wr **bad_wr);
int mlx5_post_recv(struct ibv_qp *ibqp, struct ibv_recv_wr *wr,
		   struct ibv_recv_wr **bad_wr);

struct ibv_mr *mlx5_alloc_null_mr(struct ibv_pd *pd);

struct ibv_dm *mlx5_alloc_dm(struct ibv_context *context,
			     struct ibv_alloc_dm_attr *attr);
int mlx5_free_dm(struct ibv_dm *ibdm);
void *mlx5_dm_place(struct ibv_dm *ibdm, uint64_t *len);
struct ibv_dm *mlx5_import_dm(struct ibv_context *context, uint32_t handle);
void mlx5_unimport_dm(struct ibv_dm *ibdm);
int mlx5_dm_export_dmabuf_fd(struct ibv_dm *ibdm);

int mlx5_bind_mw(struct ibv_qp *ibqp, struct ibv_mw *mw,
		 struct ibv_mw_bind *bind);

struct ibv_srq *mlx5_create_srq(struct ibv_pd *pd,
				struct ibv_srq_init_attr *attr);
struct ibv_srq *mlx5_create_srq_ex(struct ibv_context *context,
				   struct ibv_srq_init_attr_ex *attr);
int mlx5_modify_srq(struct ibv_srq *ibsrq, struct ibv_srq_attr *attr,
		    int attr_mask);
int mlx5_destroy_srq(struct ibv_srq *ibsrq);
int mlx5_post_srq_recv(struct ibv_srq *ibsrq, struct ibv_recv_wr *wr,
		       struct ibv_recv_wr **bad_wr);

struct ibv_wq *mlx5_create_wq(struct ibv_context *context,
			      struct ibv_wq_init_attr *attr);
/* cmd: what direct verbs ask of the kernel; the rest is filled in here. */
struct ibv_wq *mlx5_create_wq_with(struct ibv_context *context,
				   struct ibv_wq_init_attr *attr,
				   const struct mlx5_ib_create_wq *cmd);
int mlx5_modify_wq(struct ibv_wq *ibwq, struct ibv_wq_attr *attr);
int mlx5_destroy_wq(struct ibv_wq *ibwq);

struct ibv_flow *mlx5_create_flow(struct ibv_qp *qp,
				  struct ibv_flow_attr *attr);
int mlx5_destroy_flow(struct ibv_flow *ibflow);
struct ibv_counters *mlx5_create_counters(struct ibv_context *context,
					  struct ibv_counters_init_attr *attr);
int mlx5_destroy_counters(struct ibv_counters *ibcounters);
int mlx5_attach_counters(struct ibv_counters *ibcounters,
			 struct ibv_counter_attach_attr *attr,
			 struct ibv_flow *flow);

struct ibv_ah *mlx5_create_ah(struct ibv_pd *pd, struct ibv_ah_attr *attr);
int mlx5_destroy_ah(struct ibv_ah *ibah);

/* ---- Parts of them that need no kernel ------------------------------------------- */

/* Parts sq->opcodes by what the program says that it will post. */
void mlx5_part_opcodes(struct mlx5_sq *sq, uint64_t send_ops_flags);
/* What the device can do for packets. Returns 0 or an errno value. */
int mlx5_query_packet_caps(struct mlx5_context *ctx,
			   const struct ibv_qp_init_attr_ex *attr,
			   struct mlx5_packet_caps *caps);
/* Which rings the attributes ask for. Returns 0 or an errno value. */
int mlx5_size_qp(const struct mlx5_limits *limits,
		 const struct ibv_qp_init_attr_ex *attr,
		 struct mlx5_qp_sizes *sizes);
size_t mlx5_qp_buf_len(const struct mlx5_qp_sizes *sizes);
/*
 * A ring of at least max_wr receives of max_sge segments, with own bytes before
 * them. Returns 0 or an errno value.
 */
int mlx5_size_rq(const struct mlx5_limits *limits, uint32_t max_wr,
		 uint32_t max_sge, uint32_t own, uint32_t *num_wqe,
		 uint32_t *stride_shift);
/*
 * Lays the rings out in qp->buf and gives them their records in qp->dbrec.
 * Returns 0 or an errno value; mlx5_fini_rings() frees what it allocated.
 */
int mlx5_init_rings(struct mlx5_qp *qp, const struct mlx5_qp_sizes *sizes,
		    const struct ibv_qp_init_attr_ex *attr);
void mlx5_fini_rings(struct mlx5_qp *qp);
/* Chooses post_send, post_recv and what may be posted. */
void mlx5_set_post_ops(struct mlx5_qp *qp, enum ibv_qp_type type,
		       bool single_threaded);
void mlx5_set_send_ops(struct mlx5_qp *qp, enum ibv_qp_type type,
		       bool single_threaded);
void mlx5_set_recv_ops(struct mlx5_qp *qp, bool single_threaded);
void mlx5_set_wq_recv_ops(struct mlx5_wq *wq, bool single_threaded);
/*
 * Fills in the ibv_wr_* calls for these IBV_QP_EX_WITH_*. Returns 0, or
 * EOPNOTSUPP if one of them is not for a queue pair of this type.
 */
int mlx5_set_wr_ops(struct mlx5_qp *qp, const struct ibv_qp_init_attr_ex *attr,
		    bool single_threaded);
/* Likewise the calls of direct verbs, */
void mlx5_set_dv_ops(struct mlx5_qp *qp);
/* and those of them that change what keys stand for. */
void mlx5_set_key_ops(struct mlx5_qp *qp);
/*
 * What the transition to a state means for the rings. RESET empties them;
 * sends can be posted from RTS on, as the device drops the doorbells before,
 * and receives from INIT on.
 */
void mlx5_rings_enter(struct mlx5_qp *qp, enum ibv_qp_state state);

/*
 * How many WQEs of which stride (log2) the attributes ask for. Returns 0 or
 * an errno value.
 */
int mlx5_size_srq(const struct mlx5_limits *limits,
		  const struct ibv_srq_attr *attr, uint32_t *num_wqe,
		  uint32_t *stride_shift);
/* Links all WQEs in srq->buf. Returns 0 or ENOMEM. */
int mlx5_init_srq_ring(struct mlx5_srq *srq, uint32_t num_wqe,
		       uint32_t stride_shift);

int mlx5_query_ece(struct ibv_qp *qp, struct ibv_ece *ece);
int mlx5_set_ece(struct ibv_qp *qp, struct ibv_ece *ece);
/* As ibv_cmd_modify_qp(), and asks for what was set. */
int mlx5_modify_with_ece(struct mlx5_qp *qp, struct ibv_qp_attr *attr,
			 int attr_mask);

/* The address vector, all but the MAC address, Q_Key and QP number. */
void mlx5_fill_av(struct prm_av_seg *av, const struct ibv_ah_attr *attr,
		  bool ethernet, bool over_udp);

/* The size of the ring for so many; 0: there is none. */
uint32_t mlx5_size_cq(uint32_t cqe);
/*
 * Nothing is in the ring: the opcode says so, whatever the ownership bit of the
 * round.
 */
void mlx5_clear_cq_ring(const struct mlx5_buf *buf, uint32_t n,
			uint32_t cqe_size);
/* The ring is the one of n CQEs in cq->buf. */
void mlx5_set_cq_ring(struct mlx5_cq *cq, uint32_t n, uint32_t cqe_size);
/* Likewise, an empty one. */
void mlx5_init_cq_ring(struct mlx5_cq *cq, uint32_t n, uint32_t cqe_size,
		       uint8_t cqe_version);
/* Fills in ibv_start_poll() and what may follow it, as single_threaded says. */
void mlx5_set_poll_ops(struct mlx5_cq *cq);
/*
 * For who takes qp out of mlx5_context.rscs or empties its rings: with the
 * locks of both CQs (of XRC it has one or none), drop what entries of qp they
 * still hold.
 */
void mlx5_lock_cqs(struct mlx5_qp *qp);
void mlx5_clean_cqs_locked(struct mlx5_qp *qp);
void mlx5_unlock_cqs(struct mlx5_qp *qp);
/* Drops the entries of an SRQ of XRC that goes away. */
void mlx5_clean_cq_of_srq_locked(struct mlx5_srq *srq);
/* Likewise of a WQ, or of one that starts anew. */
void mlx5_clean_cq_of_wq_locked(struct mlx5_wq *wq);
/*
 * The entries that are there go to the ring in buf, of n, behind the place of
 * the one that says so; from then on that is the CQ's ring, and buf the old one.
 */
void mlx5_move_cqes_locked(struct mlx5_cq *cq, struct mlx5_buf *buf,
			   uint32_t n);

#endif
