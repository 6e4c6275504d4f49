/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * What libibverbs and its providers share. Not installed: library and
 * providers are built together and VERBS_PROVIDER_ABI guards against mixing.
 *
 * A provider is one `const struct verbs_provider verbs_provider_<name>` in
 * lib<name>-prv1.so. Every op has a default in ops.c; the provider fills
 * only the slots in which its device differs.
 *
 * Errors: an op that returns a pointer gives NULL and errno; one that returns
 * a status gives the positive errno value and sets errno to the same
 * (verbs_err()). ibv_cmd_*: always the latter.
 */
#ifndef VERBS_DRIVER_H
#define VERBS_DRIVER_H

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>

#include <infiniband/verbs.h>
#include <rdma/ib_user_ioctl_verbs.h>
#include <rdma/ib_user_verbs.h>

#include "ioctl.h"

/* Changes with every change of this header that a provider can notice. */
#define VERBS_PROVIDER_ABI 1

#define VERBS_EXPORT __attribute__((visibility("default")))

#define verbs_container_of(ptr, type, member)                                  \
	((type *)((char *)(ptr)-offsetof(type, member)))

struct verbs_provider;

/*
 * One device as RDMA netlink showed it. Shared by all lists and contexts
 * that refer to it and freed with the last of them.
 */
struct verbs_device {
	struct ibv_device device; /* first: what programs hold */
	const struct verbs_provider *provider;
	atomic_int refs;
	uint32_t index;	    /* RDMA_NLDEV_ATTR_DEV_INDEX */
	uint32_t driver_id; /* enum rdma_driver_id */
	uint32_t abi;	    /* the driver's user ABI version */
	uint64_t node_guid; /* network byte order */
	uint64_t chardev;   /* dev_t of the uverbs node, as stat(2) has it */
	uint8_t num_ports;
	struct verbs_device *next;
};

/* The library's side of one open context, behind verbs_context.priv. */
struct verbs_ex_private {
	const struct verbs_ops *ops; /* complete: no slot without a default */
	uint64_t core_support;	     /* IB_UVERBS_CORE_SUPPORT_* */
	uint32_t driver_id;
};

/*
 * Objects: what the library keeps beside the public struct. A provider puts
 * one of these, or the plain public struct, first in its own, so that the
 * pointer a program holds is also the one to free.
 */
enum verbs_mr_type {
	VERBS_MR,
	VERBS_MR_DMABUF,
	VERBS_MR_DM,
	VERBS_MR_NULL, /* no kernel object */
	VERBS_MR_IMPORTED,
};

struct verbs_mr {
	struct ibv_mr mr;
	enum verbs_mr_type type;
	unsigned int access;
};

/* The number is the one senders name; 0: it has none. */
struct verbs_srq {
	struct ibv_srq srq;
	enum ibv_srq_type type;
	uint32_t srq_num;
};

struct verbs_xrcd {
	struct ibv_xrcd xrcd;
	uint32_t handle;
};

struct verbs_td {
	struct ibv_td td;
	atomic_int parents; /* parent domains that name it */
};

/*
 * A PD of its own, or a parent domain, which has the kernel's PD of the one it
 * adds to. Every provider's PD begins with it.
 */
struct verbs_pd {
	struct ibv_pd pd;
	atomic_int parents; /* parent domains made from this one */
	struct verbs_pd *inner; /* NULL: not a parent domain */
	struct verbs_td *td;
	/* Of queue memory, both or none: see verbs_pd_alloc(). */
	void *(*alloc)(struct ibv_pd *pd, void *pd_context, size_t size,
		       size_t alignment, uint64_t resource_type);
	void (*free)(struct ibv_pd *pd, void *pd_context, void *ptr,
		     uint64_t resource_type);
	void *pd_context;
};

struct verbs_flow_action {
	struct ibv_flow_action action;
	uint32_t handle;
};

struct verbs_counters {
	struct ibv_counters counters;
	uint32_t handle;
};

struct verbs_dmah {
	struct ibv_dmah dmah;
	uint32_t handle;
};

struct ibv_buf {
	struct ibv_context *context;
	void *addr;
	size_t size; /* as asked for */
	size_t mapped;
	int dmabuf_fd; /* by which regions of it are registered; -1: none */
};

/*
 * A provider with extended CQs or QPs begins its own struct with one of these
 * (or with an anonymous union of one and the plain public struct).
 */
struct verbs_cq {
	union {
		struct ibv_cq cq;
		struct ibv_cq_ex cq_ex;
	};
};

struct verbs_qp {
	union {
		struct ibv_qp qp;
		struct ibv_qp_ex qp_ex;
	};
	/* The ibv_wr_* calls are filled in: ibv_qp_to_qp_ex() may be used. */
	uint32_t has_wr_ops;
};

struct verbs_ops {
	/* Context. query_port gets its result with attr_len known bytes. */
	int (*query_device_ex)(struct ibv_context *context,
			       const struct ibv_query_device_ex_input *input,
			       struct ibv_device_attr_ex *attr,
			       size_t attr_size);
	int (*query_port)(struct ibv_context *context, uint8_t port_num,
			  struct ibv_port_attr *attr, size_t attr_len);
	int (*query_port_speed)(struct ibv_context *context, uint32_t port_num,
				uint64_t *port_speed);
	int (*query_rt_values)(struct ibv_context *context,
			       struct ibv_values_ex *values);
	/* Called after the library has read the event, before the program
	 * sees it. */
	void (*async_event)(struct ibv_context *context,
			    struct ibv_async_event *event);

	/* Protection domains and memory */
	struct ibv_pd *(*alloc_pd)(struct ibv_context *context);
	int (*dealloc_pd)(struct ibv_pd *pd);
	/* These default to EOPNOTSUPP. A provider with nothing to add to them
	 * names verbs_alloc_td and so on. */
	struct ibv_td *(*alloc_td)(struct ibv_context *context,
				   struct ibv_td_init_attr *attr);
	int (*dealloc_td)(struct ibv_td *td);
	struct ibv_pd *(*alloc_parent_domain)(
		struct ibv_context *context,
		struct ibv_parent_domain_init_attr *attr);
	struct ibv_mr *(*reg_mr)(struct ibv_pd *pd, void *addr, size_t length,
				 uint64_t iova, int access);
	/* Default: EOPNOTSUPP. A provider whose driver imports dma-bufs names
	 * verbs_reg_dmabuf_mr. */
	struct ibv_mr *(*reg_dmabuf_mr)(struct ibv_pd *pd, uint64_t offset,
					size_t length, uint64_t iova, int fd,
					int access);
	int (*rereg_mr)(struct ibv_mr *mr, int flags, struct ibv_pd *pd,
			void *addr, size_t length, int access);
	int (*dereg_mr)(struct ibv_mr *mr);
	/* Default: EOPNOTSUPP. verbs_new_null_mr() makes one from its key. */
	struct ibv_mr *(*alloc_null_mr)(struct ibv_pd *pd);
	int (*advise_mr)(struct ibv_pd *pd,
			 enum ib_uverbs_advise_mr_advice advice, uint32_t flags,
			 struct ibv_sge *sg_list, uint32_t num_sge);
	struct ibv_mw *(*alloc_mw)(struct ibv_pd *pd, enum ibv_mw_type type);
	int (*dealloc_mw)(struct ibv_mw *mw);
	int (*bind_mw)(struct ibv_qp *qp, struct ibv_mw *mw,
		       struct ibv_mw_bind *bind);
	/* Device memory. alloc_dm and free_dm default to EOPNOTSUPP: the
	 * provider maps it and fills dm->memcpy_to_dm and the other. */
	struct ibv_dm *(*alloc_dm)(struct ibv_context *context,
				   struct ibv_alloc_dm_attr *attr);
	int (*free_dm)(struct ibv_dm *dm);
	struct ibv_mr *(*reg_dm_mr)(struct ibv_pd *pd, struct ibv_dm *dm,
				    uint64_t offset, size_t length,
				    unsigned int access);

	/* Default: EOPNOTSUPP. A provider fills it with what maps dm. */
	int (*dm_export_dmabuf_fd)(struct ibv_dm *dm);

	/* A provider whose regions are more than a struct verbs_mr fills it. */
	struct ibv_mr *(*reg_mr_ex)(struct ibv_pd *pd,
				    struct ibv_mr_init_attr *attr);
	/* These default to EOPNOTSUPP. A provider whose driver has them names
	 * verbs_alloc_dmah and verbs_dealloc_dmah. */
	struct ibv_dmah *(*alloc_dmah)(struct ibv_context *context,
				       struct ibv_dmah_init_attr *attr);
	int (*dealloc_dmah)(struct ibv_dmah *dmah);
	void *(*alloc_buf)(struct ibv_pd *pd, size_t size,
			   struct ibv_buf **buf);
	void (*free_buf)(struct ibv_buf *buf);

	/*
	 * Objects of an imported context, by the kernel's handle. Importing
	 * defaults to EOPNOTSUPP: what the driver keeps about an object, it
	 * has to tell. verbs_import_mr is for those who need no more. The
	 * unimport ops free what this process has; their defaults are free(3).
	 */
	struct ibv_pd *(*import_pd)(struct ibv_context *context,
				    uint32_t handle);
	void (*unimport_pd)(struct ibv_pd *pd);
	struct ibv_mr *(*import_mr)(struct ibv_pd *pd, uint32_t handle);
	void (*unimport_mr)(struct ibv_mr *mr);
	struct ibv_dm *(*import_dm)(struct ibv_context *context,
				    uint32_t handle);
	void (*unimport_dm)(struct ibv_dm *dm);

	/* Completion counters. entry: enum ib_uverbs_comp_cntr_entry, op: enum
	 * ib_uverbs_comp_cntr_modify_op. */
	int (*query_comp_cntr_caps)(struct ibv_context *context,
				    struct ibv_comp_cntr_caps *caps);
	struct ibv_comp_cntr *(*create_comp_cntr)(
		struct ibv_context *context,
		struct ibv_comp_cntr_init_attr *attr);
	int (*destroy_comp_cntr)(struct ibv_comp_cntr *cntr);
	int (*modify_comp_cntr)(struct ibv_comp_cntr *cntr, uint64_t entry,
				uint64_t op, uint64_t value);
	int (*read_comp_cntr)(struct ibv_comp_cntr *cntr, uint64_t entry,
			      uint64_t *value);
	int (*attach_comp_cntr)(struct ibv_qp *qp, struct ibv_comp_cntr *cntr,
				struct ibv_qp_attach_comp_cntr_attr *attr);

	/* Completion queues */
	struct ibv_cq *(*create_cq)(struct ibv_context *context, int cqe,
				    struct ibv_comp_channel *channel,
				    int comp_vector);
	struct ibv_cq_ex *(*create_cq_ex)(struct ibv_context *context,
					  struct ibv_cq_init_attr_ex *attr);
	int (*modify_cq)(struct ibv_cq *cq, struct ibv_modify_cq_attr *attr);
	int (*resize_cq)(struct ibv_cq *cq, int cqe);
	int (*destroy_cq)(struct ibv_cq *cq);
	int (*poll_cq)(struct ibv_cq *cq, int num_entries, struct ibv_wc *wc);
	int (*req_notify_cq)(struct ibv_cq *cq, int solicited_only);
	/* Called for every completion event that the program fetches. */
	void (*cq_event)(struct ibv_cq *cq);

	/* Queue pairs */
	struct ibv_qp *(*create_qp)(struct ibv_pd *pd,
				    struct ibv_qp_init_attr *attr);
	/* A provider that fills this one gets create_qp's default for free:
	 * it calls here with only the PD in comp_mask. */
	struct ibv_qp *(*create_qp_ex)(struct ibv_context *context,
				       struct ibv_qp_init_attr_ex *attr);
	struct ibv_qp *(*open_qp)(struct ibv_context *context,
				  struct ibv_qp_open_attr *attr);
	int (*query_qp)(struct ibv_qp *qp, struct ibv_qp_attr *attr,
			int attr_mask, struct ibv_qp_init_attr *init_attr);
	int (*modify_qp)(struct ibv_qp *qp, struct ibv_qp_attr *attr,
			 int attr_mask);
	int (*modify_qp_rate_limit)(struct ibv_qp *qp,
				    struct ibv_qp_rate_limit_attr *attr);
	int (*query_qp_data_in_order)(struct ibv_qp *qp, enum ibv_wr_opcode op,
				      uint32_t flags);
	int (*destroy_qp)(struct ibv_qp *qp);
	int (*post_send)(struct ibv_qp *qp, struct ibv_send_wr *wr,
			 struct ibv_send_wr **bad_wr);
	int (*post_recv)(struct ibv_qp *qp, struct ibv_recv_wr *wr,
			 struct ibv_recv_wr **bad_wr);
	int (*attach_mcast)(struct ibv_qp *qp, const union ibv_gid *gid,
			    uint16_t lid);
	int (*detach_mcast)(struct ibv_qp *qp, const union ibv_gid *gid,
			    uint16_t lid);
	int (*query_ece)(struct ibv_qp *qp, struct ibv_ece *ece);
	int (*set_ece)(struct ibv_qp *qp, struct ibv_ece *ece);

	/* XRC domains */
	struct ibv_xrcd *(*open_xrcd)(struct ibv_context *context,
				      struct ibv_xrcd_init_attr *attr);
	int (*close_xrcd)(struct ibv_xrcd *xrcd);

	/* Shared receive queues. create_srq_ex is not asked for a basic one:
	 * verbs.h hands that to create_srq. */
	struct ibv_srq *(*create_srq)(struct ibv_pd *pd,
				      struct ibv_srq_init_attr *attr);
	struct ibv_srq *(*create_srq_ex)(struct ibv_context *context,
					 struct ibv_srq_init_attr_ex *attr);
	/* A provider whose SRQs begin with struct verbs_srq names
	 * verbs_get_srq_num. */
	int (*get_srq_num)(struct ibv_srq *srq, uint32_t *srq_num);
	int (*modify_srq)(struct ibv_srq *srq, struct ibv_srq_attr *attr,
			  int attr_mask);
	int (*query_srq)(struct ibv_srq *srq, struct ibv_srq_attr *attr);
	int (*destroy_srq)(struct ibv_srq *srq);
	int (*post_srq_recv)(struct ibv_srq *srq, struct ibv_recv_wr *wr,
			     struct ibv_recv_wr **bad_wr);
	int (*post_srq_ops)(struct ibv_srq *srq, struct ibv_ops_wr *wr,
			    struct ibv_ops_wr **bad_wr);

	/* Work queues and tables of them */
	struct ibv_wq *(*create_wq)(struct ibv_context *context,
				    struct ibv_wq_init_attr *attr);
	int (*modify_wq)(struct ibv_wq *wq, struct ibv_wq_attr *attr);
	int (*destroy_wq)(struct ibv_wq *wq);
	struct ibv_rwq_ind_table *(*create_rwq_ind_table)(
		struct ibv_context *context,
		struct ibv_rwq_ind_table_init_attr *attr);
	int (*destroy_rwq_ind_table)(struct ibv_rwq_ind_table *table);

	/* Flows. The defaults of actions are EOPNOTSUPP; a provider whose
	 * driver has or had them names the verbs_ functions of the name. */
	struct ibv_flow *(*create_flow)(struct ibv_qp *qp,
					struct ibv_flow_attr *attr);
	int (*destroy_flow)(struct ibv_flow *flow);
	struct ibv_flow_action *(*create_flow_action_esp)(
		struct ibv_context *context,
		struct ibv_flow_action_esp_attr *attr);
	int (*modify_flow_action_esp)(struct ibv_flow_action *action,
				      struct ibv_flow_action_esp_attr *attr);
	int (*destroy_flow_action)(struct ibv_flow_action *action);

	/* Counters: likewise, but for what a provider attaches them to. */
	struct ibv_counters *(*create_counters)(
		struct ibv_context *context,
		struct ibv_counters_init_attr *attr);
	int (*destroy_counters)(struct ibv_counters *counters);
	int (*attach_counters_point_flow)(struct ibv_counters *counters,
					  struct ibv_counter_attach_attr *attr,
					  struct ibv_flow *flow);
	int (*read_counters)(struct ibv_counters *counters, uint64_t *values,
			     uint32_t num, uint32_t flags);

	/* Address handles */
	struct ibv_ah *(*create_ah)(struct ibv_pd *pd,
				    struct ibv_ah_attr *attr);
	int (*destroy_ah)(struct ibv_ah *ah);
};

struct verbs_provider {
	uint32_t abi; /* VERBS_PROVIDER_ABI */
	const char *name;
	uint32_t driver_id; /* enum rdma_driver_id */
	uint32_t min_kernel_abi; /* of the driver, both inclusive */
	uint32_t max_kernel_abi;

	/*
	 * Size of the provider's context struct, whose first member is a
	 * struct verbs_context. The library allocates it zeroed, sets the
	 * public fields, ops and cmd_fd, and then calls init_context, which
	 * sends ibv_cmd_get_context() with the driver's own request, maps
	 * what it needs and may replace single entries of context.ops where
	 * the choice depends on the device. On failure it leaves nothing
	 * behind. uninit_context undoes it; the library closes the files and
	 * frees the memory.
	 */
	size_t context_size;
	int (*init_context)(struct verbs_context *vctx);
	void (*uninit_context)(struct verbs_context *vctx);
	/*
	 * Like init_context, but for a cmd_fd on which another process has
	 * opened the context already: sends ibv_cmd_query_context() instead.
	 * NULL: devices cannot be imported.
	 */
	int (*import_context)(struct verbs_context *vctx);

	/* Static linking: not a provider but a name for these, up to NULL. */
	const struct verbs_provider *const *all;

	struct verbs_ops ops;
};

static inline int verbs_err(int err)
{
	errno = err;
	return err;
}

/* Likewise for what returns an object. */
static inline void *verbs_null(int err)
{
	errno = err;
	return NULL;
}

/*
 * For methods that a device may lack: to the kernel one that its driver does
 * not have is the same as one that nobody knows, EPROTONOSUPPORT.
 */
static inline int verbs_no_method(int ret)
{
	return ret == EPROTONOSUPPORT ? verbs_err(EOPNOTSUPP) : ret;
}

static inline struct verbs_context *to_vctx(struct ibv_context *context)
{
	return verbs_container_of(context, struct verbs_context, context);
}

static inline const struct verbs_ops *verbs_ops(struct ibv_context *context)
{
	return to_vctx(context)->priv->ops;
}

static inline struct verbs_device *to_vdev(struct ibv_device *device)
{
	return (struct verbs_device *)device;
}

static inline struct verbs_mr *to_vmr(struct ibv_mr *mr)
{
	return (struct verbs_mr *)mr;
}

static inline struct verbs_srq *to_vsrq(struct ibv_srq *srq)
{
	return (struct verbs_srq *)srq;
}

static inline struct verbs_xrcd *to_vxrcd(struct ibv_xrcd *xrcd)
{
	return (struct verbs_xrcd *)xrcd;
}

static inline struct verbs_pd *to_vpd(struct ibv_pd *pd)
{
	return (struct verbs_pd *)pd;
}

static inline struct verbs_dmah *to_vdmah(struct ibv_dmah *dmah)
{
	return (struct verbs_dmah *)dmah;
}

static inline struct verbs_td *to_vtd(struct ibv_td *td)
{
	return (struct verbs_td *)td;
}

static inline struct verbs_flow_action *
to_vflow_action(const struct ibv_flow_action *action)
{
	return (struct verbs_flow_action *)action;
}

static inline struct verbs_counters *to_vcounters(struct ibv_counters *counters)
{
	return (struct verbs_counters *)counters;
}

/* The plain attributes in the extended struct: it begins with them. */
static inline struct ibv_qp_init_attr_ex
verbs_qp_attr_ex(struct ibv_pd *pd, const struct ibv_qp_init_attr *attr)
{
	return (struct ibv_qp_init_attr_ex){
		.qp_context = attr->qp_context,
		.send_cq = attr->send_cq,
		.recv_cq = attr->recv_cq,
		.srq = attr->srq,
		.cap = attr->cap,
		.qp_type = attr->qp_type,
		.sq_sig_all = attr->sq_sig_all,
		.comp_mask = IBV_QP_INIT_ATTR_PD,
		.pd = pd,
	};
}

/* Closes fd and leaves errno as it was, for error paths. */
void verbs_close_keep_errno(int fd);
/* Likewise for free(3). */
void verbs_free_keep_errno(void *ptr);

/* ---- context.c ---------------------------------------------------------- */

/*
 * GET_CONTEXT with the driver's request and response, then the file for
 * asynchronous events; sets num_comp_vectors, async_fd and core_support.
 * May be repeated after a failure, with another request.
 */
int ibv_cmd_get_context(struct verbs_context *vctx,
			const struct verbs_udata *udata);
/*
 * QUERY_CONTEXT, for import_context; sets what ibv_cmd_get_context() sets.
 * attrs is initialised for the method and has the driver's own attributes.
 */
int ibv_cmd_query_context(struct verbs_context *vctx,
			  struct verbs_attrs *attrs);
/*
 * Fills all of attr, and *fw_ver with the raw 64-bit firmware version;
 * attr->orig_attr.fw_ver is left to the caller (verbs_format_fw_ver()).
 */
int ibv_cmd_query_device(struct ibv_context *context,
			 struct ibv_device_attr_ex *attr, uint64_t *fw_ver,
			 const struct verbs_udata *udata);
/*
 * Programs may have a struct of another size than this library, which knows so
 * many bytes of it: they get what they have room for, and zeros in the rest.
 */
void verbs_give_attr(void *to, size_t size, const void *from, size_t known);
int ibv_cmd_query_port(struct ibv_context *context, uint8_t port_num,
		       struct ibv_port_attr *attr, size_t attr_len);
/* major.minor.sub of the 16-bit fields major<<32 | minor<<16 | sub. */
void verbs_format_fw_ver(char *buf, size_t len, uint64_t fw_ver);
/* query_device_ex by the generic command. */
int verbs_query_device_ex(struct ibv_context *context,
			  const struct ibv_query_device_ex_input *input,
			  struct ibv_device_attr_ex *attr, size_t attr_size);

/* ---- pd.c, mr.c ----------------------------------------------------------- */

int ibv_cmd_alloc_pd(struct ibv_context *context, struct ibv_pd *pd,
		     const struct verbs_udata *udata);
int ibv_cmd_dealloc_pd(struct ibv_pd *pd);
/* Ends a PD or parent domain, but for its memory. EBUSY while a parent domain
 * is made from it. */
int verbs_release_pd(struct ibv_pd *pd);

int ibv_cmd_reg_mr(struct ibv_pd *pd, void *addr, size_t length, uint64_t iova,
		   int access, struct ibv_mr *mr,
		   const struct verbs_udata *udata);
int ibv_cmd_reg_dmabuf_mr(struct ibv_pd *pd, uint64_t offset, size_t length,
			  uint64_t iova, int fd, int access,
			  struct ibv_mr *mr);
/* Likewise; attrs is the method, with what is the driver's in it. */
int ibv_cmd_reg_dmabuf_mr_attrs(struct ibv_pd *pd, uint64_t offset,
				size_t length, uint64_t iova, int fd,
				int access, struct ibv_mr *mr,
				struct verbs_attrs *attrs);
int ibv_cmd_rereg_mr(struct ibv_mr *mr, int flags, struct ibv_pd *pd,
		     void *addr, size_t length, int access);
int ibv_cmd_dereg_mr(struct ibv_mr *mr);
int ibv_cmd_alloc_mw(struct ibv_pd *pd, enum ibv_mw_type type,
		     struct ibv_mw *mw);
int ibv_cmd_dealloc_mw(struct ibv_mw *mw);
int ibv_cmd_advise_mr(struct ibv_pd *pd, enum ib_uverbs_advise_mr_advice advice,
		      uint32_t flags, struct ibv_sge *sg_list,
		      uint32_t num_sge);
/* Fills mr, which has to be in a struct verbs_mr, with what the kernel knows
 * of the region with that handle. */
int ibv_cmd_query_mr(struct ibv_pd *pd, uint32_t handle, struct ibv_mr *mr);
struct ibv_mr *verbs_import_mr(struct ibv_pd *pd, uint32_t handle);
struct ibv_mr *verbs_new_null_mr(struct ibv_pd *pd, uint32_t lkey);
/* The generic reg_dmabuf_mr op, for providers to name in their table. */
struct ibv_mr *verbs_reg_dmabuf_mr(struct ibv_pd *pd, uint64_t offset,
				   size_t length, uint64_t iova, int fd,
				   int access);

/* ---- td.c, dm.c ------------------------------------------------------------ */

struct ibv_td *verbs_alloc_td(struct ibv_context *context,
			      struct ibv_td_init_attr *attr);
int verbs_dealloc_td(struct ibv_td *td);
struct ibv_pd *
verbs_alloc_parent_domain(struct ibv_context *context,
			  struct ibv_parent_domain_init_attr *attr);
/* The same in a zeroed PD of the provider's. */
int verbs_init_parent_domain(struct verbs_pd *vpd, struct ibv_context *context,
			     const struct ibv_parent_domain_init_attr *attr);
/*
 * Memory for a queue, from the program if pd is a parent domain with
 * allocators: NULL if that failed, IBV_ALLOCATOR_USE_DEFAULT to use the
 * provider's own. Only what came from it goes back by verbs_pd_free().
 */
void *verbs_pd_alloc(struct ibv_pd *pd, size_t size, size_t alignment,
		     uint64_t resource_type);
void verbs_pd_free(struct ibv_pd *pd, void *ptr, uint64_t resource_type);

/* attrs is initialised for the method and has the driver's own attributes. */
int ibv_cmd_alloc_dm(struct ibv_context *context,
		     const struct ibv_alloc_dm_attr *attr, struct ibv_dm *dm,
		     struct verbs_attrs *attrs);
int ibv_cmd_free_dm(struct ibv_dm *dm);
int ibv_cmd_reg_dm_mr(struct ibv_pd *pd, struct ibv_dm *dm, uint64_t offset,
		      size_t length, unsigned int access, struct ibv_mr *mr);
struct ibv_mr *verbs_reg_dm_mr(struct ibv_pd *pd, struct ibv_dm *dm,
			       uint64_t offset, size_t length,
			       unsigned int access);
/* A dma-buf over what mmap(2) on cmd_fd maps at that offset, as a new fd. */
int ibv_cmd_export_dmabuf(struct ibv_context *context, uint64_t offset,
			  int *fd);

/* ---- mr_ex.c, dmah.c, buf.c -------------------------------------------------- */

/* IOVA and either ADDR or FD and FD_OFFSET, and maybe DMAH, are in the mask. */
int ibv_cmd_reg_mr_ex(struct ibv_pd *pd, const struct ibv_mr_init_attr *attr,
		      struct ibv_mr *mr);
struct ibv_mr *verbs_reg_mr_ex(struct ibv_pd *pd,
			       struct ibv_mr_init_attr *attr);
int ibv_cmd_alloc_dmah(struct ibv_context *context,
		       const struct ibv_dmah_init_attr *attr,
		       struct verbs_dmah *vdmah);
int ibv_cmd_free_dmah(struct verbs_dmah *vdmah);
struct ibv_dmah *verbs_alloc_dmah(struct ibv_context *context,
				  struct ibv_dmah_init_attr *attr);
int verbs_dealloc_dmah(struct ibv_dmah *dmah);
void *verbs_alloc_buf(struct ibv_pd *pd, size_t size, struct ibv_buf **buf);
void verbs_free_buf(struct ibv_buf *buf);

/* ---- port_speed.c, comp_cntr.c ----------------------------------------------- */

int ibv_cmd_query_port_speed(struct ibv_context *context, uint32_t port_num,
			     uint64_t *port_speed);
int ibv_cmd_query_comp_cntr_caps(struct ibv_context *context,
				 struct ibv_comp_cntr_caps *caps);
/* Fills cntr. Counters of bytes, and flags, are not the kernel's. */
int ibv_cmd_create_comp_cntr(struct ibv_context *context,
			     struct ibv_comp_cntr *cntr);
int ibv_cmd_destroy_comp_cntr(struct ibv_comp_cntr *cntr);
int ibv_cmd_modify_comp_cntr(struct ibv_comp_cntr *cntr, uint64_t entry,
			     uint64_t op, uint64_t value);
int ibv_cmd_read_comp_cntr(struct ibv_comp_cntr *cntr, uint64_t entry,
			   uint64_t *value);
int ibv_cmd_attach_comp_cntr(struct ibv_qp *qp, struct ibv_comp_cntr *cntr,
			     struct ibv_qp_attach_comp_cntr_attr *attr);
struct ibv_comp_cntr *
verbs_create_comp_cntr(struct ibv_context *context,
		       struct ibv_comp_cntr_init_attr *attr);
int verbs_destroy_comp_cntr(struct ibv_comp_cntr *cntr);

/* ---- cq.c ----------------------------------------------------------------- */

/*
 * Creates the kernel's CQ for a zeroed cq. Sets the public fields but
 * cq_context before the kernel knows of it (an event may come at once);
 * cq->cqe becomes what the kernel grants. The verb sets cq_context.
 */
int ibv_cmd_create_cq(struct ibv_context *context, int cqe,
		      struct ibv_comp_channel *channel, int comp_vector,
		      struct ibv_cq *cq, const struct verbs_udata *udata);
/*
 * The same from extended attributes. The flags that the kernel has to know
 * are passed on; wc_flags and the rest are the provider's to judge.
 */
int ibv_cmd_create_cq_ex(struct ibv_context *context,
			 const struct ibv_cq_init_attr_ex *attr,
			 struct ibv_cq *cq, const struct verbs_udata *udata);
int ibv_cmd_modify_cq(struct ibv_cq *cq, struct ibv_modify_cq_attr *attr);
/* cq->cqe becomes what the kernel grants. */
int ibv_cmd_resize_cq(struct ibv_cq *cq, int cqe,
		      const struct verbs_udata *udata);
int ibv_cmd_req_notify_cq(struct ibv_cq *cq, int solicited_only);
/*
 * Destroys the kernel's CQ, then waits until the program has acknowledged
 * every event it was given. On failure the CQ is as it was.
 */
int ibv_cmd_destroy_cq(struct ibv_cq *cq);

/* ---- qp.c, srq.c ------------------------------------------------------------ */

/*
 * Creates the kernel's QP for a zeroed qp and sets the public fields before
 * the kernel knows of it. attr->cap becomes what the kernel grants.
 */
int ibv_cmd_create_qp(struct ibv_pd *pd, struct ibv_qp_init_attr *attr,
		      struct ibv_qp *qp, const struct verbs_udata *udata);
/*
 * The same from extended attributes. An XRC receive QP has an XRC domain and
 * nothing else, every other a PD; EINVAL where that is not in comp_mask.
 * max_tso_header, rx_hash_conf and send_ops_flags are not the kernel's: the
 * provider judges them before.
 */
int ibv_cmd_create_qp_ex(struct ibv_context *context,
			 struct ibv_qp_init_attr_ex *attr, struct ibv_qp *qp,
			 const struct verbs_udata *udata);
/*
 * Opens the XRC receive QP that attr names, for a zeroed qp, which has no
 * queues and whose state is unknown.
 */
int ibv_cmd_open_qp(struct ibv_context *context,
		    const struct ibv_qp_open_attr *attr, struct ibv_qp *qp,
		    const struct verbs_udata *udata);
int ibv_cmd_query_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr,
		     int attr_mask, struct ibv_qp_init_attr *init_attr);
/* qp->state follows when IBV_QP_STATE is in the mask. */
int ibv_cmd_modify_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr,
		      int attr_mask);
int ibv_cmd_modify_qp_udata(struct ibv_qp *qp, struct ibv_qp_attr *attr,
			    int attr_mask, const struct verbs_udata *udata);
/*
 * A QP's rate in kbit/s alone; what shapes it beyond that is between provider
 * and driver.
 */
int ibv_cmd_modify_qp_rate_limit(struct ibv_qp *qp, uint32_t rate_limit,
				 const struct verbs_udata *udata);
/* Waits for acknowledged events as ibv_cmd_destroy_cq() does. */
int ibv_cmd_destroy_qp(struct ibv_qp *qp);
/*
 * An empty POST_SEND: tells a driver that keeps its send queue in shared
 * memory (rxe, siw) to look there.
 */
int ibv_cmd_ring_send_queue(struct ibv_qp *qp);
int ibv_cmd_attach_mcast(struct ibv_qp *qp, const union ibv_gid *gid,
			 uint16_t lid);
int ibv_cmd_detach_mcast(struct ibv_qp *qp, const union ibv_gid *gid,
			 uint16_t lid);

int ibv_cmd_create_srq(struct ibv_pd *pd, struct ibv_srq_init_attr *attr,
		       struct ibv_srq *srq, const struct verbs_udata *udata);
/*
 * The same from extended attributes: of the type they say, in the XRC domain,
 * with the CQ and the tags that their comp_mask has. The number of an XRC SRQ
 * is the kernel's, that of one with tags its driver's, so the provider's to
 * set.
 */
int ibv_cmd_create_srq_ex(struct ibv_context *context,
			  struct ibv_srq_init_attr_ex *attr,
			  struct verbs_srq *vsrq,
			  const struct verbs_udata *udata);
/* EINVAL for one that has no number. */
int verbs_get_srq_num(struct ibv_srq *srq, uint32_t *srq_num);
int ibv_cmd_modify_srq(struct ibv_srq *srq, struct ibv_srq_attr *attr,
		       int attr_mask, const struct verbs_udata *udata);
int ibv_cmd_query_srq(struct ibv_srq *srq, struct ibv_srq_attr *attr);
int ibv_cmd_destroy_srq(struct ibv_srq *srq);

/* ---- xrcd.c ----------------------------------------------------------------- */

int ibv_cmd_open_xrcd(struct ibv_context *context,
		      const struct ibv_xrcd_init_attr *attr,
		      struct verbs_xrcd *vxrcd,
		      const struct verbs_udata *udata);
int ibv_cmd_close_xrcd(struct verbs_xrcd *vxrcd);

/* ---- wq.c ------------------------------------------------------------------- */

/*
 * Creates the kernel's WQ for a zeroed wq and sets the public fields but
 * post_recv. The attributes become what the kernel grants. The verb makes the
 * lock, whose zeroes are good until then.
 */
int ibv_cmd_create_wq(struct ibv_context *context,
		      struct ibv_wq_init_attr *attr, struct ibv_wq *wq,
		      const struct verbs_udata *udata);
/* wq->state follows when IBV_WQ_ATTR_STATE is in the mask. */
int ibv_cmd_modify_wq(struct ibv_wq *wq, const struct ibv_wq_attr *attr,
		      const struct verbs_udata *udata);
/* Waits for acknowledged events as ibv_cmd_destroy_cq() does. */
int ibv_cmd_destroy_wq(struct ibv_wq *wq);
int ibv_cmd_create_rwq_ind_table(
	struct ibv_context *context,
	const struct ibv_rwq_ind_table_init_attr *attr,
	struct ibv_rwq_ind_table *table, const struct verbs_udata *udata);
int ibv_cmd_destroy_rwq_ind_table(struct ibv_rwq_ind_table *table);

/* ---- flow.c, flow_action.c -------------------------------------------------- */

int ibv_cmd_create_flow(struct ibv_qp *qp, const struct ibv_flow_attr *attr,
			struct ibv_flow *flow, const struct verbs_udata *udata);
int ibv_cmd_destroy_flow(struct ibv_flow *flow);

int ibv_cmd_create_flow_action_esp(struct ibv_context *context,
				   const struct ibv_flow_action_esp_attr *esp,
				   struct verbs_flow_action *action,
				   const struct verbs_udata *udata);
int ibv_cmd_modify_flow_action_esp(struct verbs_flow_action *action,
				   const struct ibv_flow_action_esp_attr *esp,
				   const struct verbs_udata *udata);
int ibv_cmd_destroy_flow_action(struct verbs_flow_action *action);
/* The generic ops, for providers to name in their table. */
struct ibv_flow_action *
verbs_create_flow_action_esp(struct ibv_context *context,
			     struct ibv_flow_action_esp_attr *attr);
int verbs_modify_flow_action_esp(struct ibv_flow_action *action,
				 struct ibv_flow_action_esp_attr *attr);
int verbs_destroy_flow_action(struct ibv_flow_action *action);

/* ---- counters.c ------------------------------------------------------------- */

int ibv_cmd_create_counters(struct ibv_context *context,
			    const struct ibv_counters_init_attr *attr,
			    struct verbs_counters *counters);
int ibv_cmd_read_counters(struct verbs_counters *counters, uint64_t *values,
			  uint32_t num, uint32_t flags,
			  const struct verbs_udata *udata);
int ibv_cmd_destroy_counters(struct verbs_counters *counters);
/* The generic ops, for providers to name in their table. */
struct ibv_counters *verbs_create_counters(struct ibv_context *context,
					   struct ibv_counters_init_attr *attr);
int verbs_read_counters(struct ibv_counters *counters, uint64_t *values,
			uint32_t num, uint32_t flags);
int verbs_destroy_counters(struct ibv_counters *counters);

/* ---- ah.c ------------------------------------------------------------------- */

int ibv_cmd_create_ah(struct ibv_pd *pd, struct ibv_ah_attr *attr,
		      struct ibv_ah *ah, const struct verbs_udata *udata);
int ibv_cmd_destroy_ah(struct ibv_ah *ah);

#endif
