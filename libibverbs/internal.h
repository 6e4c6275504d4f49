/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* What the library's own files share and providers do not see. */
#ifndef VERBS_INTERNAL_H
#define VERBS_INTERNAL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>

#include "driver.h"

/* ---- netlink.c ------------------------------------------------------------ */

struct nlmsghdr;

/* One RDMA device as netlink describes it. */
struct nl_device {
	uint32_t index;
	uint64_t node_guid; /* network byte order */
	uint8_t node_type;  /* enum rdma_nldev_node_type: RDMA_NODE_* + 0 */
	uint8_t num_ports;
	char name[IBV_SYSFS_NAME_MAX];
	/* Of its uverbs character device; has_uverbs says whether there is
	 * one and the driver told who it is. */
	bool has_uverbs;
	uint32_t driver_id;
	uint32_t abi;
	uint64_t chardev; /* as stat(2) has it */
	char dev_name[IBV_SYSFS_NAME_MAX];
};

/*
 * Asks the kernel for all RDMA devices of this network namespace. Returns
 * their number and an array for the caller to free in *devices, or -1 with
 * errno: ENOSYS for a kernel without RDMA.
 */
int nl_list_devices(struct nl_device **devices);

/*
 * Sends msg and feeds the answers to handler (an mnl_cb_t) until it or the
 * kernel stops. Negative with errno on failure, which the kernel's own is too.
 */
struct mnl_socket;
int nl_ask(struct mnl_socket *sock, const struct nlmsghdr *msg,
	   int (*handler)(const struct nlmsghdr *msg, void *data), void *data);

/*
 * The parsing, apart from the socket. Both take the attributes of one message
 * and return 0 or EPROTO for a message that lacks what it must have.
 */
int nl_parse_device(const struct nlmsghdr *msg, struct nl_device *dev);
int nl_parse_chardev(const struct nlmsghdr *msg, struct nl_device *dev);
bool nl_parse_copy_on_fork(const struct nlmsghdr *msg);

/*
 * Whether fork(2) copies what is pinned: 1, 0 for a kernel that does not tell,
 * or -1 with errno, as nl_list_devices().
 */
int nl_copies_on_fork(void);

/* ---- fork.c --------------------------------------------------------------- */

/* Does what RDMAV_FORK_SAFE asks for, once; errno stays as it is. */
void fork_init_from_env(void);

/* ---- provider.c ------------------------------------------------------------ */

/*
 * The provider for that driver and ABI, its shared object opened on first
 * use; NULL when there is none. Thread safe.
 */
const struct verbs_provider *provider_find(uint32_t driver_id, uint32_t abi);
/* Makes known one that is linked into the program. Thread safe. */
void provider_add(const struct verbs_provider *provider);
/* A found provider's ops, every slot filled. */
const struct verbs_ops *provider_ops(const struct verbs_provider *provider);
/* dst = src, with the empty slots filled from the library's defaults. */
void ops_complete(struct verbs_ops *dst, const struct verbs_ops *src);
/* Puts checks in front of what inline functions call without any. */
void set_checked_ops(struct verbs_context *vctx, const struct verbs_ops *ops);

/* ---- ops.c ------------------------------------------------------------------ */

extern const struct verbs_ops verbs_default_ops;

/* ---- xrcd.c ----------------------------------------------------------------- */

struct ibv_xrcd *verbs_open_xrcd(struct ibv_context *context,
				 struct ibv_xrcd_init_attr *attr);
int verbs_close_xrcd(struct ibv_xrcd *xrcd);

/* ---- wq.c ------------------------------------------------------------------- */

struct ibv_rwq_ind_table *
verbs_create_rwq_ind_table(struct ibv_context *context,
			   struct ibv_rwq_ind_table_init_attr *attr);
int verbs_destroy_rwq_ind_table(struct ibv_rwq_ind_table *table);

/* ---- flow.c, flow_spec.c ---------------------------------------------------- */

struct ibv_flow *verbs_create_flow(struct ibv_qp *qp,
				   struct ibv_flow_attr *attr);
int verbs_destroy_flow(struct ibv_flow *flow);

#define FLOW_SPEC_MAX_LEN 88

/*
 * Writes the kernel's form of the specifications behind attr to dst, which is
 * zeroed and has FLOW_SPEC_MAX_LEN bytes for each, and their length to *len.
 * Returns 0 or EINVAL.
 */
int flow_specs_to_uapi(void *dst, const struct ibv_flow_attr *attr,
		       size_t *len);

/* ---- device.c ---------------------------------------------------------------- */

void device_get(struct verbs_device *vdev);
void device_put(struct verbs_device *vdev);

/* ---- context.c --------------------------------------------------------------- */

/* A context without files; takes a reference to the device. */
struct verbs_context *context_alloc(struct verbs_device *vdev);
/* Closes what of the two files is open; errno survives. */
void context_free(struct verbs_context *vctx);
/* Opens the file for asynchronous events. */
int alloc_async_event(struct ibv_context *context);

/* ---- mr.c ---------------------------------------------------------------------- */

/* Sets what every new region has. */
void mr_fill(struct ibv_mr *mr, struct ibv_pd *pd, uint32_t handle,
	     uint32_t lkey, uint32_t rkey);

/* ---- buf.c -------------------------------------------------------------------- */

/*
 * Replaces the buffer that attr names by the memory in it that attr means.
 * EINVAL: there is none.
 */
int buf_to_memory(struct ibv_mr_init_attr *attr);

/* ---- event.c ------------------------------------------------------------------ */

/*
 * For a destroy call: returns once the program has acknowledged as many events
 * of an object as the kernel reported. mutex guards *completed, cond tells of
 * its changes.
 */
void wait_acknowledged(pthread_mutex_t *mutex, pthread_cond_t *cond,
		       const uint32_t *completed, uint32_t reported);

/* ---- gid.c -------------------------------------------------------------------- */

/*
 * For ibv_devinfo and its like, not declared in a header for programs: 0 for IB
 * or RoCE v1, 1 for RoCE v2, as the kernel's sysfs tells them apart.
 */
int ibv_query_gid_type(struct ibv_context *context, uint8_t port_num,
		       unsigned int index, unsigned int *type);

/* ---- sysfs.c ------------------------------------------------------------------ */

/*
 * Reads the file dir/file, NUL-terminates it and drops a final newline.
 * Returns its length, or -1 with errno.
 */
int sysfs_read(const char *dir, const char *file, char *buf, size_t len);

#endif
