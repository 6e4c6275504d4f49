/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef SOFTHCA_H
#define SOFTHCA_H

#include <linux/atomic.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/skbuff.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <rdma/ib_umem.h>
#include <rdma/ib_umem_odp.h>
#include <rdma/ib_verbs.h>

#include "compat.h"
#include "wire.h"

/*
 * Locking
 *
 * hca_mutex is taken by the engine for each slice of work and by the verbs
 * that publish, change or remove an object. It protects the lists and tables
 * below and the state of every QP and CQ, so whoever removed an object under
 * it knows that the engine is through with it.
 *
 * The engine only tries the dma_resv of the dma-bufs of a copy and has them
 * mapped by a worker that does not hold hca_mutex: an exporter that takes its
 * time makes nobody wait but those who use its buffer. move_notify and revoke
 * run under the dma_resv and never take hca_mutex. The same goes for memory on
 * demand, its umem_mutex and its notifier. Nothing takes hca_mutex
 * under an mmap_lock, so the doorbell fault handler only wakes the engine.
 */
extern struct mutex hca_mutex;

/*
 * Held by a DEVX command that makes a queue of things it has by number, until
 * it counts as their user or has failed, and by who removes such a thing.
 * Taken before hca_mutex.
 */
extern struct mutex hca_command_mutex;

enum hca_mode {
	HCA_MODE_DYNAMIC, /* the exporter may move the buffer */
	HCA_MODE_PINNED, /* it must not */
	HCA_MODE_REVOCABLE, /* it must not, but may take it away */
	HCA_NUM_MODES
};

enum hca_stat {
	HCA_STAT_WQES,
	HCA_STAT_BYTES,
	HCA_STAT_PAGE_FAULTS,
	HCA_STAT_MOVE_NOTIFIES,
	HCA_STAT_REVOKES,
	HCA_STAT_INVALIDATIONS,
	HCA_STAT_RNR_NAKS,
	HCA_STAT_RETRIES,
	HCA_STAT_ERRORS,
	HCA_STAT_FLUSHED,
	HCA_STAT_CQ_EVENTS,
	HCA_STAT_DROPPED,
	HCA_STAT_INLINE,
	HCA_STAT_DEVX_QUEUES,
	HCA_STAT_DEVX_EVENTS,
	HCA_NUM_STATS
};

enum hca_object {
	HCA_OBJ_CONTEXTS,
	HCA_OBJ_PDS,
	HCA_OBJ_XRCDS,
	HCA_OBJ_AHS,
	HCA_OBJ_CQS,
	HCA_OBJ_SRQS,
	HCA_OBJ_QPS,
	HCA_OBJ_MWS,
	HCA_OBJ_MRS,
	HCA_OBJ_DMS,
	HCA_OBJ_UARS,
	HCA_OBJ_UMEMS,
	HCA_OBJ_DEVX_OBJS,
	HCA_OBJ_WQS,
	HCA_OBJ_RWQ_TABLES,
	HCA_OBJ_FLOWS,
	HCA_OBJ_COUNTERS,
	HCA_OBJ_DMABUF_MRS, /* also counted as MRs */
	HCA_NUM_OBJECTS
};

enum {
	HCA_PART_ID = 0x1021, /* a ConnectX-7, for programs that look */
	HCA_MAX_DEVICES = 8,
	HCA_GSI_QPN = 1, /* of every device: management */
	HCA_MAX_CQE = 1 << 22,
	HCA_MAX_WR = 1 << 15,
	HCA_MAX_SGE = 30, /* announced; more fit a request */
	HCA_MAX_SRQ_SGE = HCA_RQ_STRIDE_MAX / 16 - 1,
	HCA_MAX_SRQ_WR = HCA_MAX_WR - 1,
	HCA_MAX_QP = 1 << 14,
	HCA_MAX_CQ = 1 << 15,
	HCA_MAX_PD = 1 << 15,
	HCA_MAX_XRCD = 1 << 12,
	HCA_MAX_AH = 1 << 16,
	HCA_MAX_SRQ = 1 << 14,
	HCA_MAX_MR = 1 << 20,
	HCA_MAX_MW = 1 << 16,
	HCA_LOG_MAX_STREAMS = 16, /* of a DCI, all that requests can name */
	HCA_LOG_MAX_MKEY_PARTS = 16,
	HCA_MAX_MKEY_PARTS = 1 << HCA_LOG_MAX_MKEY_PARTS,
	HCA_MAX_RD_ATOMIC = 16,
	HCA_GID_TABLE_LEN = 128,
	HCA_ECE_OPTIONS = 0x30000003,
	HCA_MIN_INLINE = 18, /* of a frame, where some has to be: an Ethernet
			      * header with a tag */
	HCA_CLOCK_KHZ = 156250,
	HCA_CLOCK_OFFSET = 0x40, /* of the clock's register, in its page */
};

#define HCA_MAX_MSG (1U << 31)
#define HCA_MAX_DM (256 << 10) /* bytes, of a device */

struct hca_dev {
	struct ib_device ib;
	struct list_head entry; /* all that can be reached */
	struct platform_device *pdev;
	struct net_device *ndev;
	enum hca_mode mode;
	bool registered;
	struct dentry *debugfs;
	u8 lag_ports; /* that are told to be bonded; nothing depends on it */
	struct xarray keys; /* by key >> 8 */
	u32 next_key;
	u8 key_seq; /* the varying low byte of keys */
	struct hca_qp *gsi; /* gets what is sent to QP 1 */
	atomic64_t stats[HCA_NUM_STATS];
	atomic_t objects[HCA_NUM_OBJECTS];
	atomic_t dm_used; /* bytes */
	struct list_head flows; /* in the order in which frames try them */
	struct sk_buff_head wire; /* frames on their way to other ports */
	struct list_head devx_subs; /* to events of the device: devx_event.c */
};

/* What a program's register pages lead to; it lives as long as they do. */
struct hca_uar {
	struct kref ref;
	struct page *page; /* behind all of them */
	struct address_space *mapping; /* of the file that mapped it */
	int live; /* a PTE was put in since the last zap */
};

struct hca_ctx {
	struct ib_ucontext ib;
	struct list_head entry; /* all contexts */
	struct hca_uar *uar;
	u32 num_uars; /* mapped by index; 0: they are objects */
	u8 cqe_version;
	bool devx;
};

struct hca_pd {
	struct ib_pd ib;
	u32 pdn;
	bool kernel; /* not a program's, and not counted */
};

struct hca_xrcd {
	struct ib_xrcd ib;
};

struct hca_ah {
	struct ib_ah ib;
	bool kernel;
	struct hca_av_seg av; /* for the kernel's requests */
};

/* Memory of a program, or of the kernel, that the engine uses in place. */
struct hca_ring {
	struct ib_umem *umem; /* NULL: the kernel's, or */
	struct hca_umem *shared; /* a part of this one */
	void *va; /* of the first page */
	void *base;
	size_t len;
};

enum hca_key_kind {
	HCA_KEY_REGION,
	HCA_KEY_WINDOW,
	HCA_KEY_LIST, /* of parts of regions: see mkey.c */
};

/* What a key of a request stands for: a part of the address space behind it. */
struct hca_key {
	u32 key;
	enum hca_key_kind kind;
	struct hca_pd *pd;
	u64 iova;
	u64 len;
	int access;
};

/* Memory that is paged in on demand. */
struct hca_odp {
	struct kref ref;
	struct ib_umem_odp *umem; /* all of it, or the anchor of chunks */
	struct xarray chunks; /* of a whole address space */
	struct work_struct work; /* brings in what was asked for: */
	u64 fault_addr;
	size_t fault_len;
	u64 fault_need;
	/* Under hca_mutex, as is what was asked for unless busy. */
	bool busy;
	int fault_error; /* of that range, for the next access */
};

struct hca_mr {
	struct ib_mr ib;
	struct hca_key key;
	bool kernel; /* has no umem */
	struct hca_odp *odp; /* owns the umem, if there */
	struct ib_umem *umem;
	phys_addr_t *pages; /* valid while mapped */
	u32 start; /* of device memory: in its first page */
	size_t npages;
	struct work_struct fault; /* maps a dma-buf that has moved */
	/* Of a dma-buf these are protected by its dma_resv. */
	bool mapped;
	bool revoked;
	bool dying;
	int fault_error; /* for the next access */
};

/* A window into a region; without one it opens onto nothing. */
struct hca_mw {
	struct ib_mw ib;
	struct hca_key key;
	u32 mr_key; /* 0: not bound */
	u64 mr_addr; /* what key.iova is there */
	u32 qpn; /* of the only QP it is for; 0: all */
};

struct hca_cq {
	struct ib_cq ib;
	struct list_head entry; /* all CQs */
	struct hca_ring ring;
	struct hca_ring db;
	struct hca_ctx *ctx; /* whose it is; NULL: the kernel's */
	u32 cqn;
	bool collapsed; /* each completion goes to the first entry */
	bool overrun; /* nobody says how far he has got: never full */
	bool padded; /* the first half of a large entry is written, too */
	u16 event_count; /* moderation: so many, */
	u16 event_period; /* or so many us after the first */
	u64 unannounced_since; /* ns; 0: nothing to announce */
	u32 num; /* entries, a power of two */
	u32 cqe_size;
	u32 pi; /* completions written so far */
	u32 solicited_pi; /* pi after the last solicited one */
	u32 event_pi; /* pi when the last event went out */
	u32 last_arm; /* the arm word that event answered */
	bool error;
	bool kernel; /* the kernel polls it, under lock: */
	spinlock_t lock;
	u32 ci;
};

/* A piece of a message: memory named by key, or bytes of the request or of a
 * frame. */
struct hca_seg {
	u64 addr;
	u32 len;
	u32 key;
	void *inl;
};

enum { HCA_MAX_INLINE = 64 };

/* A small message that goes into a completion. */
struct hca_inline {
	struct hca_seg seg; /* of no length: there is none */
	bool in_front; /* of the 64 bytes that are always there */
	u8 data[HCA_MAX_INLINE];
};

/* The receive request a QP is to fill next, or is filling. */
struct hca_recv {
	bool taken; /* off its queue, owed a completion */
	u32 srqn; /* of the shared queue, 0: the QP's own */
	u16 idx;
	u16 next; /* of a shared queue */
	struct hca_inline inl; /* in place of the segments */
	int nseg;
	u64 len;
	struct hca_seg seg[HCA_RQ_STRIDE_MAX / sizeof(struct hca_data_seg)];
};

enum { HCA_GRH_LEN = 40 };

/* The send request at the head of the queue, copied out of user memory. */
struct hca_op {
	bool active;
	bool started; /* the responder has accepted it */
	bool lost; /* nobody answered the last time */
	bool dropped; /* nobody will see it this time */
	u64 not_before; /* ns; 0: at once */
	u8 opcode;
	u8 fm_ce_se;
	u16 idx;
	u16 blocks;
	u16 stream;
	__be32 imm;
	u64 raddr;
	u32 rkey;
	u32 xrc_srqn;
	struct hca_av_seg av;
	u8 grh[HCA_GRH_LEN];
	u8 cs_flags; /* of a frame */
	u16 mss;
	u64 swap_add;
	u64 compare;
	u64 len;
	u64 done;
	u32 peer_gen;
	u8 retries;
	u8 rnr_retries;
	struct hca_inline inl; /* comes back, in place of the segments */
	int nseg;
	struct hca_seg seg[HCA_WQE_MAX_DS];
	u8 raw[HCA_WQE_MAX + 16]; /* whole basic blocks */
};

struct hca_srq {
	struct ib_srq ib;
	struct hca_ring ring;
	struct hca_ring db;
	struct hca_ctx *ctx;
	u32 srqn;
	u32 uidx;
	u32 num;
	u32 shift;
	u32 max_sge;
	u16 head; /* index of the next request */
	u16 ci; /* requests taken so far */
	u32 limit; /* tell when fewer are left; 0: do not */
	bool by_number; /* named so in the older CQE format */
	bool error;
};

/* What the kernel keeps about a queue that it posts to itself. */
struct hca_kernel_queue {
	spinlock_t lock;
	u64 *wr_ids; /* by the index of a request */
	u16 pi; /* of the next request */
	u16 ci; /* of the last one that was completed */
};

/* Which end of dynamic connections a QP is, if it is one. */
enum hca_dc {
	HCA_DC_NONE,
	HCA_DCI, /* sends, each request to an address of its own */
	HCA_DCT, /* receives, from whoever has its key, into an SRQ */
};

/* Of a DCI, if it has some: in which ones a request has failed. */
struct hca_streams {
	unsigned long *failed; /* a bit for each number; NULL: no streams */
	u32 num_failed;
	u32 max_failed;
};

struct hca_qp {
	struct ib_qp ib;
	bool kernel;
	struct hca_kernel_queue ksq;
	struct hca_kernel_queue krq;
	struct list_head entry; /* all QPs */
	struct hca_ring ring;
	struct hca_ring db;
	struct ib_qp_cap cap;
	enum ib_sig_type sig_type;
	enum hca_dc dc;
	u64 access_key; /* what a DCT wants to be told */
	struct hca_streams streams;
	u32 qpn;
	u32 uidx;
	u32 rq_num;
	u32 rq_shift;
	u32 sq_num; /* basic blocks */
	u32 sq_off; /* in the ring */
	u8 inline_received; /* messages so long go into completions */
	u8 inline_returned; /* likewise, to a requester */
	enum ib_qp_state state;
	struct ib_qp_attr attr; /* as last set by the user */
	u32 gen; /* new whenever a connection ends */
	u8 lag_port; /* of a bond, that it wants to send by */
	u16 sq_ci;
	u16 rq_ci;
	u32 sq_psn;
	u32 rq_psn;
	u64 wait_until; /* ns; retry or poll then, 0: no */
	u64 err_poll; /* ns between looks at a dead RQ */
	bool drained_event; /* SQ_DRAINED is owed */
	bool last_wqe_event; /* QP_LAST_WQE_REACHED is owed */
	bool faulting; /* waits for hca_faults to change */
	int fault_seq; /* what it was then */
	struct hca_recv recv; /* of a DCI: the one it fills at a DCT */
	bool stuck; /* its CQ broke, nothing to flush to */
	struct hca_rxq *rxq; /* of a raw packet QP */
	struct hca_rss *rss; /* instead of queues */
	struct hca_op op;
};

static inline struct hca_dev *to_hca(struct ib_device *ib)
{
	return container_of(ib, struct hca_dev, ib);
}

static inline struct hca_ctx *to_hctx(struct ib_ucontext *ib)
{
	return container_of(ib, struct hca_ctx, ib);
}

static inline struct hca_pd *to_hpd(struct ib_pd *ib)
{
	return container_of(ib, struct hca_pd, ib);
}

static inline struct hca_ah *to_hah(struct ib_ah *ib)
{
	return container_of(ib, struct hca_ah, ib);
}

static inline struct hca_mr *to_hmr(struct ib_mr *ib)
{
	return container_of(ib, struct hca_mr, ib);
}

static inline struct hca_mw *to_hmw(struct ib_mw *ib)
{
	return container_of(ib, struct hca_mw, ib);
}

static inline struct hca_srq *to_hsrq(struct ib_srq *ib)
{
	return container_of(ib, struct hca_srq, ib);
}

static inline struct hca_cq *to_hcq(struct ib_cq *ib)
{
	return container_of(ib, struct hca_cq, ib);
}

static inline struct hca_qp *to_hqp(struct ib_qp *ib)
{
	return container_of(ib, struct hca_qp, ib);
}

static inline void hca_count(struct hca_dev *dev, enum hca_stat stat, u64 n)
{
	atomic64_add(n, &dev->stats[stat]);
}

static inline bool hca_obj_get(struct hca_dev *dev, enum hca_object obj,
			       int max)
{
	return atomic_add_unless(&dev->objects[obj], 1, max);
}

static inline void hca_obj_put(struct hca_dev *dev, enum hca_object obj)
{
	atomic_dec(&dev->objects[obj]);
}

/* main.c */
extern const char *const hca_mode_names[HCA_NUM_MODES];
int hca_count_alive(void);

/* device.c */
int hca_register_device(struct hca_dev *dev);
void hca_unregister_device(struct hca_dev *dev);
void hca_set_odp_caps(struct ib_odp_caps *caps);

/* netdev.c */
struct net_device *hca_netdev_create(struct hca_dev *dev);
void hca_netdev_up(struct net_device *ndev);
void hca_netdev_destroy(struct net_device *ndev);

/* pd.c */
int hca_pdn_alloc(void);
void hca_pdn_free(u32 pdn);
struct hca_pd *hca_pd_find_locked(const struct hca_ctx *ctx, u32 pdn);
int hca_alloc_pd(struct ib_pd *ibpd, struct ib_udata *udata);
int hca_dealloc_pd(struct ib_pd *ibpd, struct ib_udata *udata);
int hca_alloc_xrcd(struct ib_xrcd *ibxrcd, struct ib_udata *udata);
int hca_dealloc_xrcd(struct ib_xrcd *ibxrcd, struct ib_udata *udata);

/* ah.c */
int hca_create_ah(struct ib_ah *ibah, struct rdma_ah_init_attr *attr,
		  struct ib_udata *udata);
int hca_destroy_ah(struct ib_ah *ibah, u32 flags);
struct hca_dev *hca_find_gid_locked(const void *raw);
bool hca_is_ipv4(const struct hca_av_seg *av);
int hca_build_grh(struct hca_dev *dev, const struct hca_av_seg *av, u32 len,
		  u8 *grh);

/* uar.c */
int hca_alloc_ucontext(struct ib_ucontext *ibctx, struct ib_udata *udata);
void hca_dealloc_ucontext(struct ib_ucontext *ibctx);
struct mlx5_ib_alloc_ucontext_resp;
struct mlx5_ib_create_qp;

/* What the kernel tells of a context when it is made, and whenever asked. */
void hca_describe_ctx(const struct hca_ctx *ctx,
		      struct mlx5_ib_alloc_ucontext_resp *resp);
int hca_query_ucontext(struct ib_ucontext *ibctx,
		       struct uverbs_attr_bundle *attrs);
void hca_disassociate_ucontext(struct ib_ucontext *ibctx);
int hca_mmap(struct ib_ucontext *ibctx, struct vm_area_struct *vma);
bool hca_is_newer(struct ib_device *ib);
u32 hca_ece_options(struct ib_device *ib);
void hca_trap_doorbells_locked(void);

/* clock.c */
u64 hca_clock_tick(void);
struct page *hca_clock_register(void);
struct page *hca_clock_info(void);
int hca_clock_init(struct dentry *root);
void hca_clock_exit(void);

/* uar_obj.c */
void hca_mmap_free(struct rdma_user_mmap_entry *entry);
bool hca_uar_exists(struct hca_ctx *ctx, unsigned long page_id);
bool hca_uar_known(struct hca_ctx *ctx, unsigned long page_id);

/* uapi.c */
void hca_add_uapi(struct ib_device *ib);
int hca_read_request(void *cmd, size_t size, size_t least,
		     struct ib_udata *udata);
int hca_check_data_direct(struct uverbs_attr_bundle *attrs, u64 virt);

/* mem.c */
int hca_ring_pin(struct hca_ring *ring, struct ib_device *ib, u64 addr,
		 size_t len);
void hca_ring_unpin(struct hca_ring *ring);
int hca_ring_alloc(struct hca_ring *ring, size_t len);
int hca_db_pin(struct hca_ring *db, struct ib_device *ib, u64 addr);

static inline u32 hca_db_read(const struct hca_ring *db, int word)
{
	/* Pairs with the program's barrier between a request and its record. */
	const __be32 *record = db->base;
	__be32 value = smp_load_acquire(&record[word]);

	return be32_to_cpu(value);
}

/* Posted and not yet consumed, or -1 if the counter is forged. */
static inline int hca_posted(const struct hca_ring *db, int word, u16 ci,
			     u32 num)
{
	u16 n;

	if (!num)
		return 0;
	n = hca_db_read(db, word) - ci;
	return n <= num ? n : -1;
}

/* umem.c */
int hca_umem_ring(struct hca_ctx *ctx, u32 id, u64 offset, size_t len,
		  bool write, struct hca_ring *ring);
void hca_umem_put(struct hca_umem *umem);

/* mr.c */
struct ib_mr *hca_get_dma_mr(struct ib_pd *ibpd, int access);
struct ib_mr *hca_reg_user_mr(struct ib_pd *ibpd, u64 start, u64 length,
			      u64 virt, int access, struct ib_udata *udata);
struct ib_mr *hca_reg_user_mr_dmabuf(struct ib_pd *ibpd, u64 offset, u64 length,
				     u64 virt, int fd, int access,
				     struct uverbs_attr_bundle *attrs);
struct ib_mr *hca_rereg_user_mr(struct ib_mr *ibmr, int flags, u64 start,
				u64 length, u64 virt, int access,
				struct ib_pd *ibpd, struct ib_udata *udata);
struct ib_mr *hca_reg_dm_mr(struct ib_pd *ibpd, struct ib_dm *dm,
			    struct ib_dm_mr_attr *attr,
			    struct uverbs_attr_bundle *attrs);
int hca_dereg_mr(struct ib_mr *ibmr, struct ib_udata *udata);
void *hca_mr_ptr(struct hca_mr *mr, u64 addr, size_t *len);

/* dm.c */
struct ib_dm *hca_alloc_dm(struct ib_device *ib, struct ib_ucontext *ctx,
			   struct ib_dm_alloc_attr *attr,
			   struct uverbs_attr_bundle *attrs);
int hca_dealloc_dm(struct ib_dm *ibdm, struct uverbs_attr_bundle *attrs);
int hca_import_dm(struct hca_mr *mr, struct ib_dm *ibdm, u64 offset);
int hca_dm_mmap(struct ib_ucontext *ctx, struct vm_area_struct *vma,
		unsigned long index);

/* pages.c */
bool hca_ordinary_page(phys_addr_t phys);
int hca_pages_alloc(struct hca_mr *mr);
int hca_pages_fill(struct hca_mr *mr);

/* odp.c */
int hca_import_odp(struct hca_mr *mr, struct ib_device *ib, u64 start);
void hca_odp_release(struct hca_odp *odp);
u64 hca_odp_addr(const struct hca_mr *mr, u64 addr);
struct ib_umem_odp *hca_odp_find(struct hca_odp *odp, u64 addr, u32 *len);
void *hca_odp_ptr(struct ib_umem_odp *umem, u64 addr, size_t *len);
int hca_odp_ready_locked(struct hca_odp *odp, struct ib_umem_odp *umem,
			 u64 addr, size_t len, bool write);
int hca_advise_mr(struct ib_pd *pd, enum ib_uverbs_advise_mr_advice advice,
		  u32 flags, struct ib_sge *sges, u32 n,
		  struct uverbs_attr_bundle *attrs);

/* dmabuf.c */
extern atomic_t hca_faults;
void hca_fault_queue(struct work_struct *work);
int hca_import_dmabuf(struct hca_mr *mr, struct ib_device *ib, u64 offset,
		      int fd);
void hca_fault_cancel(struct hca_mr *mr);
struct dma_resv *hca_mr_resv(struct hca_mr *mr);
int hca_mr_ready_locked(struct hca_mr *mr);
int hca_fault_start(void);
void hca_fault_stop(void);

/* key.c */
enum { HCA_NULL_KEY = 0x200 }; /* reads as zero, keeps nothing */

int hca_key_publish(struct hca_dev *dev, struct hca_key *key);
int hca_key_publish_locked(struct hca_dev *dev, struct hca_key *key);
void hca_key_remove(struct hca_dev *dev, struct hca_key *key);
struct hca_key *hca_key_find(struct hca_dev *dev, u32 key);
int hca_key_access(u8 bits);

/* mw.c */
int hca_alloc_mw(struct ib_mw *ibmw, struct ib_udata *udata);
int hca_dealloc_mw(struct ib_mw *ibmw);
int hca_umr_locked(struct hca_qp *qp);
int hca_invalidate_locked(struct hca_qp *qp, u32 key);

/* mkey.c */
struct hca_mkey;

/* Where an address of a list is: in memory that another key stands for. */
struct hca_part {
	u64 addr;
	u64 len;
	u32 key;
};

struct hca_mkey *hca_mkey_create(struct hca_ctx *ctx, const u8 *in, size_t len,
				 u8 *out);
void hca_mkey_destroy(struct hca_mkey *mkey);
void hca_mkeys_forget_pd_locked(struct hca_dev *dev, struct hca_pd *pd);
int hca_mkey_find_part(const struct hca_key *key, u64 addr,
		       struct hca_part *part);
int hca_mkey_change_locked(struct hca_qp *qp, struct hca_key *key);
int hca_mkey_invalidate_locked(struct hca_qp *qp, struct hca_key *key);

/* copy.c */
struct hca_side {
	struct hca_dev *dev;
	struct hca_pd *pd;
	u32 qpn; /* whose QP's access this is */
	const struct hca_seg *seg;
	int nseg;
	int need; /* access bits */
	bool remote; /* by a key that was given away */
};

enum hca_blame { HCA_BLAME_SRC, HCA_BLAME_DST };

extern atomic_t hca_corrupt_copy;
int hca_check_side(const struct hca_side *side);
long hca_copy(const struct hca_side *dst, const struct hca_side *src, u64 pos,
	      size_t len, enum hca_blame *blame);
int hca_atomic(const struct hca_side *local, const struct hca_side *remote,
	       const struct hca_op *op, enum hca_blame *blame);

/* cq.c */
int hca_create_user_cq(struct ib_cq *ibcq, const struct ib_cq_init_attr *attr,
		       struct uverbs_attr_bundle *attrs);
int hca_create_kernel_cq(struct ib_cq *ibcq,
			 const struct ib_cq_init_attr *attr);
int hca_modify_cq(struct ib_cq *ibcq, u16 count, u16 period);
int hca_resize_cq(struct ib_cq *ibcq, unsigned int cqe, struct ib_udata *udata);
int hca_destroy_cq(struct ib_cq *ibcq, struct ib_udata *udata);
int hca_cq_reserve_number(struct hca_cq *cq);
void hca_cq_publish(struct hca_cq *cq);
int hca_cq_remove(struct hca_cq *cq);
struct hca_cq *hca_cq_find_locked(u32 cqn);

/* cqe.c */
enum { HCA_ARM_NEVER = 0xffffffff }; /* no arm word looks like this */

u32 hca_cq_used_locked(struct hca_cq *cq);
bool hca_cq_push_locked(struct hca_cq *cq, struct hca_cqe *cqe, u8 opcode,
			bool solicited, const struct hca_inline *inl);
void hca_cq_write_locked(struct hca_cq *cq, const struct hca_cqe *cqe,
			 u8 op_own);
bool hca_cq_arm_scan_locked(u64 *next);

/* srq.c */
int hca_create_srq(struct ib_srq *ibsrq, struct ib_srq_init_attr *attr,
		   struct ib_udata *udata);
int hca_modify_srq(struct ib_srq *ibsrq, struct ib_srq_attr *attr,
		   enum ib_srq_attr_mask mask, struct ib_udata *udata);
int hca_query_srq(struct ib_srq *ibsrq, struct ib_srq_attr *attr);
int hca_destroy_srq(struct ib_srq *ibsrq, struct ib_udata *udata);
int hca_srq_reserve_number(struct hca_srq *srq);
void hca_srq_publish(struct hca_srq *srq);
int hca_srq_remove(struct hca_srq *srq);
void hca_srq_set_limit(struct hca_srq *srq, u32 limit);
struct hca_srq *hca_srq_find_locked(u32 srqn);
int hca_srq_peek_locked(struct hca_srq *srq, struct hca_recv *recv);
void hca_srq_take_locked(struct hca_srq *srq, const struct hca_recv *recv);

/* qp.c */
int hca_create_qp(struct ib_qp *ibqp, struct ib_qp_init_attr *attr,
		  struct ib_udata *udata);
int hca_destroy_qp(struct ib_qp *ibqp, struct ib_udata *udata);
int hca_qp_reserve_number(struct hca_qp *qp);
void hca_qp_publish(struct hca_qp *qp);
void hca_qp_unpin(struct hca_qp *qp);
void hca_qp_remove(struct hca_qp *qp);
struct hca_qp *hca_qp_find_locked(u32 qpn);

/* kernel_cq.c */
int hca_poll_cq(struct ib_cq *ibcq, int n, struct ib_wc *wc);
int hca_req_notify_cq(struct ib_cq *ibcq, enum ib_cq_notify_flags flags);
void hca_kernel_cq_sync(struct ib_cq *ibcq);

/* kernel_qp.c */
int hca_kernel_layout(struct hca_qp *qp, struct ib_qp_init_attr *attr);
int hca_kernel_queues(struct hca_qp *qp);
void hca_kernel_queues_free(struct hca_qp *qp);
void hca_kernel_reset_locked(struct hca_qp *qp);
int hca_post_send(struct ib_qp *ibqp, const struct ib_send_wr *wr,
		  const struct ib_send_wr **bad);
int hca_post_recv(struct ib_qp *ibqp, const struct ib_recv_wr *wr,
		  const struct ib_recv_wr **bad);

/* qp_state.c */
int hca_modify_qp(struct ib_qp *ibqp, struct ib_qp_attr *attr, int mask,
		  struct ib_udata *udata);
int hca_query_qp(struct ib_qp *ibqp, struct ib_qp_attr *attr, int mask,
		 struct ib_qp_init_attr *init);
int hca_check_attr(const struct ib_qp_attr *attr, int mask);
void hca_qp_enter_locked(struct hca_qp *qp, const struct ib_qp_attr *attr,
			 int mask, enum ib_qp_state state);
u32 hca_next_gen_locked(void);
bool hca_qp_receives(const struct hca_qp *qp);
void hca_qp_error_locked(struct hca_qp *qp);
void hca_qp_event_locked(struct hca_qp *qp, enum ib_event_type type);

/* wqe.c */
void hca_set_seg(struct hca_seg *seg, const struct hca_data_seg *data);
bool hca_fetch_send(struct hca_qp *qp);
int hca_parse_send(struct hca_qp *qp);
bool hca_complete_send(struct hca_qp *qp);
bool hca_complete_send_error(struct hca_qp *qp, u8 syndrome);
bool hca_flush_send(struct hca_qp *qp);
bool hca_push(struct hca_qp *qp, struct ib_cq *cq, struct hca_cqe *cqe,
	      u8 opcode, bool solicited, const struct hca_inline *inl);

static inline bool hca_is_send(const struct hca_op *op)
{
	return op->opcode == HCA_OP_SEND || op->opcode == HCA_OP_SEND_IMM ||
	       op->opcode == HCA_OP_SEND_INVAL || op->opcode == HCA_OP_TSO;
}

static inline bool hca_is_atomic(const struct hca_op *op)
{
	return op->opcode == HCA_OP_ATOMIC_CS || op->opcode == HCA_OP_ATOMIC_FA;
}

/* Success is to be told, too. */
static inline bool hca_is_signaled(const struct hca_op *op)
{
	return (op->fm_ce_se & HCA_CTRL_CQ_MASK) == HCA_CTRL_CQ_UPDATE;
}

static inline bool hca_is_raw(const struct hca_qp *qp)
{
	return qp->ib.qp_type == IB_QPT_RAW_PACKET;
}

static inline bool hca_is_datagram(const struct hca_qp *qp)
{
	return qp->ib.qp_type == IB_QPT_UD || qp->ib.qp_type == IB_QPT_GSI;
}

/* Data comes back to the requester. */
static inline bool hca_is_response(const struct hca_op *op)
{
	return op->opcode == HCA_OP_RDMA_READ || hca_is_atomic(op);
}

/* recv.c */
void hca_parse_recv(struct hca_recv *recv, const struct hca_data_seg *data,
		    int n);
int hca_peek_ring(const struct hca_ring *ring, const struct hca_ring *db,
		  u16 ci, u32 num, u32 shift, u32 own, struct hca_recv *recv);
int hca_recv_peek_locked(struct hca_qp *qp, struct hca_srq *srq,
			 struct hca_recv *recv);
void hca_recv_take_locked(struct hca_qp *qp, struct hca_recv *recv);
bool hca_complete_recv(struct hca_qp *qp, struct hca_recv *recv,
		       struct hca_cqe *cqe, u8 opcode, bool solicited);
bool hca_complete_recv_error(struct hca_qp *qp, struct hca_recv *recv,
			     u8 syndrome);
bool hca_flush_locked(struct hca_qp *qp, int max);

/* inline.c */
void hca_inline_init(struct hca_qp *qp, const struct ib_qp_init_attr *attr,
		     u32 flags);
int hca_inline_set(struct hca_qp *qp, u8 cs_res, u8 cs_req);
void hca_inline_get(const struct hca_qp *qp, u8 *cs_res, u8 *cs_req);
void hca_inline_begin(struct hca_inline *inl, u8 limit, u64 len);
u8 hca_inline_put(const struct hca_inline *inl, struct hca_cqe *cqe,
		  struct hca_cqe *slot, u32 cqe_size);

/* inject.c */
enum hca_injection {
	HCA_INJECT_FAIL,
	HCA_INJECT_DROP,
	HCA_INJECT_DELAY,
	HCA_NUM_INJECTIONS
};

int hca_inject(struct hca_qp *qp);
void hca_inject_init(struct dentry *root);

/* send.c */
enum hca_step {
	HCA_STEP_DONE, /* the request is complete */
	HCA_STEP_MORE, /* it goes on in a later turn */
	HCA_STEP_WAIT, /* not before qp->wait_until */
};

void hca_local_side(struct hca_qp *qp, struct hca_side *side);
enum hca_step hca_fail_send(struct hca_qp *qp, u8 syndrome);
enum hca_step hca_finish_send(struct hca_qp *qp);
bool hca_is_transient(int err);
enum hca_step hca_wait(struct hca_qp *qp, int err);
bool hca_sq_run_locked(struct hca_qp *qp, u64 now);

/* respond.c */
enum hca_step hca_run_connected(struct hca_qp *qp, long *budget);

/* dc.c */
int hca_dc_create(struct hca_qp *qp, const struct ib_qp_init_attr *attr,
		  const struct mlx5_ib_create_qp *cmd);
bool hca_dc_may_modify(const struct hca_qp *qp, enum ib_qp_state cur,
		       enum ib_qp_state new, int mask);
struct hca_qp *hca_dc_responder_locked(struct hca_qp *qp);
void hca_dc_leave_locked(struct hca_qp *qp);
int hca_streams_create(struct hca_qp *qp, u8 log_num, u8 log_failed);
void hca_streams_destroy(struct hca_qp *qp);
bool hca_stream_failed(const struct hca_qp *qp);
bool hca_stream_fail_locked(struct hca_qp *qp);
void hca_stream_reset_locked(struct hca_qp *qp, u16 stream);
void hca_streams_reset_locked(struct hca_qp *qp);

/* ud.c */
struct hca_qp *hca_addressed_qp_locked(struct hca_qp *qp);
int hca_attach_mcast(struct ib_qp *ibqp, union ib_gid *gid, u16 lid);
int hca_detach_mcast(struct ib_qp *ibqp, union ib_gid *gid, u16 lid);
enum hca_step hca_run_datagram(struct hca_qp *qp, long *budget);

/* engine.c */
int hca_engine_start(void);
void hca_engine_stop(void);
void hca_kick(void);
void hca_look_again(bool any, u64 now, u64 *err_poll, u64 *wait_until);
void hca_engine_add_dev(struct hca_dev *dev);
void hca_engine_del_dev(struct hca_dev *dev);
void hca_engine_add_ctx(struct hca_ctx *ctx);
void hca_engine_del_ctx(struct hca_ctx *ctx);
void hca_engine_add_cq_locked(struct hca_cq *cq);
void hca_engine_del_cq_locked(struct hca_cq *cq);
void hca_engine_add_qp_locked(struct hca_qp *qp);
void hca_engine_del_qp_locked(struct hca_qp *qp);
extern struct list_head hca_devs;
extern struct list_head hca_ctxs;
extern struct list_head hca_cqs;

/* devx_event.c */
void hca_devx_port_event(struct hca_dev *dev, bool up);

/* debugfs.c */
struct dentry *hca_debugfs_init(void);
void hca_debugfs_exit(void);
void hca_debugfs_add(struct hca_dev *dev);
void hca_debugfs_del(struct hca_dev *dev);

#endif
