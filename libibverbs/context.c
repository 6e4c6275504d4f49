/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Opening a device, and what can be asked of it as a whole. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

VERBS_EXPORT
void verbs_close_keep_errno(int fd)
{
	int err = errno;

	if (fd >= 0)
		close(fd);
	errno = err;
}

VERBS_EXPORT
void verbs_free_keep_errno(void *ptr)
{
	int err = errno;

	free(ptr);
	errno = err;
}

/* ------------------------------------------------------------------ open */

/* The node must be the very device that netlink showed, not its successor. */
static int open_chardev(const struct verbs_device *vdev)
{
	char path[sizeof("/dev/infiniband/") + IBV_SYSFS_NAME_MAX];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "/dev/infiniband/%s",
		 vdev->device.dev_name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st))
		goto close;
	if (!S_ISCHR(st.st_mode) || st.st_rdev != vdev->chardev) {
		errno = ENODEV;
		goto close;
	}
	return fd;
close:
	verbs_close_keep_errno(fd);
	return -1;
}

static void set_public_ops(struct verbs_context *vctx,
			   const struct verbs_ops *ops)
{
	struct ibv_context_ops *data = &vctx->context.ops;

	data->alloc_mw = ops->alloc_mw;
	data->dealloc_mw = ops->dealloc_mw;
	data->bind_mw = ops->bind_mw;
	data->poll_cq = ops->poll_cq;
	data->req_notify_cq = ops->req_notify_cq;
	data->post_send = ops->post_send;
	data->post_recv = ops->post_recv;
	data->post_srq_recv = ops->post_srq_recv;
	vctx->query_port = ops->query_port;
	vctx->query_device_ex = ops->query_device_ex;
	vctx->modify_cq = ops->modify_cq;
	vctx->open_qp = ops->open_qp;
	vctx->close_xrcd = ops->close_xrcd;
	vctx->create_srq_ex = ops->create_srq_ex;
	vctx->get_srq_num = ops->get_srq_num;
	vctx->post_srq_ops = ops->post_srq_ops;
	vctx->alloc_td = ops->alloc_td;
	vctx->dealloc_td = ops->dealloc_td;
	vctx->alloc_parent_domain = ops->alloc_parent_domain;
	vctx->alloc_null_mr = ops->alloc_null_mr;
	vctx->advise_mr = ops->advise_mr;
	vctx->alloc_dm = ops->alloc_dm;
	vctx->free_dm = ops->free_dm;
	vctx->reg_dm_mr = ops->reg_dm_mr;
	vctx->dm_export_dmabuf_fd = ops->dm_export_dmabuf_fd;
	vctx->reg_mr_ex = ops->reg_mr_ex;
	vctx->alloc_dmah = ops->alloc_dmah;
	vctx->dealloc_dmah = ops->dealloc_dmah;
	vctx->alloc_buf = ops->alloc_buf;
	vctx->free_buf = ops->free_buf;
	vctx->query_rt_values = ops->query_rt_values;
	vctx->modify_qp_rate_limit = ops->modify_qp_rate_limit;
	vctx->create_wq = ops->create_wq;
	vctx->modify_wq = ops->modify_wq;
	vctx->destroy_wq = ops->destroy_wq;
	vctx->destroy_rwq_ind_table = ops->destroy_rwq_ind_table;
	vctx->ibv_create_flow = ops->create_flow;
	vctx->ibv_destroy_flow = ops->destroy_flow;
	vctx->create_flow_action_esp = ops->create_flow_action_esp;
	vctx->modify_flow_action_esp = ops->modify_flow_action_esp;
	vctx->destroy_flow_action = ops->destroy_flow_action;
	vctx->create_counters = ops->create_counters;
	vctx->destroy_counters = ops->destroy_counters;
	vctx->attach_counters_point_flow = ops->attach_counters_point_flow;
	vctx->read_counters = ops->read_counters;
	set_checked_ops(vctx, ops);
}

struct verbs_context *context_alloc(struct verbs_device *vdev)
{
	struct verbs_ex_private *priv;
	struct verbs_context *vctx;

	vctx = calloc(1, vdev->provider->context_size);
	if (!vctx)
		return NULL;
	priv = calloc(1, sizeof(*priv));
	if (!priv) {
		free(vctx);
		return NULL;
	}
	priv->ops = provider_ops(vdev->provider);
	priv->driver_id = vdev->driver_id;
	vctx->priv = priv;
	vctx->sz = sizeof(*vctx);
	vctx->context.abi_compat = __VERBS_ABI_IS_EXTENDED;
	vctx->context.device = &vdev->device;
	vctx->context.cmd_fd = -1;
	vctx->context.async_fd = -1;
	pthread_mutex_init(&vctx->context.mutex, NULL);
	set_public_ops(vctx, priv->ops);
	device_get(vdev);
	return vctx;
}

void context_free(struct verbs_context *vctx)
{
	struct ibv_context *context = &vctx->context;

	verbs_close_keep_errno(context->async_fd);
	verbs_close_keep_errno(context->cmd_fd);
	pthread_mutex_destroy(&context->mutex);
	device_put(to_vdev(context->device));
	verbs_free_keep_errno(vctx->priv);
	verbs_free_keep_errno(vctx);
}

VERBS_EXPORT
struct ibv_context *ibv_open_device(struct ibv_device *device)
{
	struct verbs_device *vdev = to_vdev(device);
	struct verbs_context *vctx;

	if (!device)
		return verbs_null(EINVAL);
	vctx = context_alloc(vdev);
	if (!vctx)
		return NULL;
	vctx->context.cmd_fd = open_chardev(vdev);
	if (vctx->context.cmd_fd < 0)
		goto free;
	if (vdev->provider->init_context(vctx))
		goto free;
	return &vctx->context;
free:
	context_free(vctx);
	return NULL;
}

VERBS_EXPORT
int ibv_close_device(struct ibv_context *context)
{
	const struct verbs_device *vdev;

	if (!context) {
		errno = EINVAL;
		return -1;
	}
	vdev = to_vdev(context->device);
	vdev->provider->uninit_context(to_vctx(context));
	context_free(to_vctx(context));
	return 0;
}

int alloc_async_event(struct ibv_context *context)
{
	struct ib_uverbs_attr *fd;
	struct verbs_attrs attrs;
	int ret;

	attrs_init(&attrs, UVERBS_OBJECT_ASYNC_EVENT,
		   UVERBS_METHOD_ASYNC_EVENT_ALLOC);
	fd = attr_new_obj(&attrs, UVERBS_ATTR_ASYNC_EVENT_ALLOC_FD_HANDLE);
	ret = verbs_ioctl(context, &attrs);
	if (!ret)
		context->async_fd = fd->data_s64;
	return ret;
}

VERBS_EXPORT
int ibv_cmd_get_context(struct verbs_context *vctx,
			const struct verbs_udata *udata)
{
	struct ibv_context *context = &vctx->context;
	uint64_t core_support = 0;
	uint32_t num_comp_vectors = 0;
	struct verbs_attrs attrs;
	int ret;

	attrs_init(&attrs, UVERBS_OBJECT_DEVICE, UVERBS_METHOD_GET_CONTEXT);
	attr_out_u32(&attrs, UVERBS_ATTR_GET_CONTEXT_NUM_COMP_VECTORS,
		     &num_comp_vectors);
	attr_out(&attrs, UVERBS_ATTR_GET_CONTEXT_CORE_SUPPORT, &core_support,
		 sizeof(core_support));
	attr_udata(&attrs, udata);
	ret = verbs_ioctl(context, &attrs);
	if (ret)
		return ret;
	context->num_comp_vectors = num_comp_vectors;
	vctx->priv->core_support = core_support;
	return alloc_async_event(context);
}

/* ---------------------------------------------------------------- device */

static void device_attr_from_uapi(struct ibv_device_attr *attr,
				  const struct ib_uverbs_query_device_resp *r)
{
	attr->node_guid = r->node_guid;
	attr->sys_image_guid = r->sys_image_guid;
	attr->max_mr_size = r->max_mr_size;
	attr->page_size_cap = r->page_size_cap;
	attr->vendor_id = r->vendor_id;
	attr->vendor_part_id = r->vendor_part_id;
	attr->hw_ver = r->hw_ver;
	attr->max_qp = r->max_qp;
	attr->max_qp_wr = r->max_qp_wr;
	attr->device_cap_flags = r->device_cap_flags;
	attr->max_sge = r->max_sge;
	attr->max_sge_rd = r->max_sge_rd;
	attr->max_cq = r->max_cq;
	attr->max_cqe = r->max_cqe;
	attr->max_mr = r->max_mr;
	attr->max_pd = r->max_pd;
	attr->max_qp_rd_atom = r->max_qp_rd_atom;
	attr->max_ee_rd_atom = r->max_ee_rd_atom;
	attr->max_res_rd_atom = r->max_res_rd_atom;
	attr->max_qp_init_rd_atom = r->max_qp_init_rd_atom;
	attr->max_ee_init_rd_atom = r->max_ee_init_rd_atom;
	attr->atomic_cap = r->atomic_cap;
	attr->max_ee = r->max_ee;
	attr->max_rdd = r->max_rdd;
	attr->max_mw = r->max_mw;
	attr->max_raw_ipv6_qp = r->max_raw_ipv6_qp;
	attr->max_raw_ethy_qp = r->max_raw_ethy_qp;
	attr->max_mcast_grp = r->max_mcast_grp;
	attr->max_mcast_qp_attach = r->max_mcast_qp_attach;
	attr->max_total_mcast_qp_attach = r->max_total_mcast_qp_attach;
	attr->max_ah = r->max_ah;
	attr->max_fmr = r->max_fmr;
	attr->max_map_per_fmr = r->max_map_per_fmr;
	attr->max_srq = r->max_srq;
	attr->max_srq_wr = r->max_srq_wr;
	attr->max_srq_sge = r->max_srq_sge;
	attr->max_pkeys = r->max_pkeys;
	attr->local_ca_ack_delay = r->local_ca_ack_delay;
	attr->phys_port_cnt = r->phys_port_cnt;
}

static void
device_attr_ex_from_uapi(struct ibv_device_attr_ex *attr,
			 const struct ib_uverbs_ex_query_device_resp *r)
{
	device_attr_from_uapi(&attr->orig_attr, &r->base);
	attr->odp_caps.general_caps = r->odp_caps.general_caps;
	attr->odp_caps.per_transport_caps.rc_odp_caps =
		r->odp_caps.per_transport_caps.rc_odp_caps;
	attr->odp_caps.per_transport_caps.uc_odp_caps =
		r->odp_caps.per_transport_caps.uc_odp_caps;
	attr->odp_caps.per_transport_caps.ud_odp_caps =
		r->odp_caps.per_transport_caps.ud_odp_caps;
	attr->completion_timestamp_mask = r->timestamp_mask;
	attr->hca_core_clock = r->hca_core_clock;
	attr->device_cap_flags_ex = r->device_cap_flags_ex;
	attr->rss_caps.supported_qpts = r->rss_caps.supported_qpts;
	attr->rss_caps.max_rwq_indirection_tables =
		r->rss_caps.max_rwq_indirection_tables;
	attr->rss_caps.max_rwq_indirection_table_size =
		r->rss_caps.max_rwq_indirection_table_size;
	attr->max_wq_type_rq = r->max_wq_type_rq;
	attr->raw_packet_caps = r->raw_packet_caps;
	attr->tm_caps.max_rndv_hdr_size = r->tm_caps.max_rndv_hdr_size;
	attr->tm_caps.max_num_tags = r->tm_caps.max_num_tags;
	attr->tm_caps.flags = r->tm_caps.flags;
	attr->tm_caps.max_ops = r->tm_caps.max_ops;
	attr->tm_caps.max_sge = r->tm_caps.max_sge;
	attr->cq_mod_caps.max_cq_count =
		r->cq_moderation_caps.max_cq_moderation_count;
	attr->cq_mod_caps.max_cq_period =
		r->cq_moderation_caps.max_cq_moderation_period;
	attr->max_dm_size = r->max_dm_size;
	attr->xrc_odp_caps = r->xrc_odp_caps;
}

VERBS_EXPORT
void verbs_give_attr(void *to, size_t size, const void *from, size_t known)
{
	if (size > known) {
		memset((char *)to + known, 0, size - known);
		size = known;
	}
	memcpy(to, from, size);
}

VERBS_EXPORT
int ibv_cmd_query_device(struct ibv_context *context,
			 struct ibv_device_attr_ex *attr, uint64_t *fw_ver,
			 const struct verbs_udata *udata)
{
	struct ib_uverbs_ex_query_device_resp resp = {};
	struct ib_uverbs_ex_query_device req = {};
	int ret;

	ret = verbs_write_cmd(context,
			      IB_USER_VERBS_CMD_FLAG_EXTENDED |
				      IB_USER_VERBS_EX_CMD_QUERY_DEVICE,
			      &req, sizeof(req), &resp, sizeof(resp), udata);
	if (ret)
		return ret;
	memset(attr, 0, sizeof(*attr));
	device_attr_ex_from_uapi(attr, &resp);
	attr->phys_port_cnt_ex = to_vdev(context->device)->num_ports;
	*fw_ver = resp.base.fw_ver;
	return 0;
}

VERBS_EXPORT
void verbs_format_fw_ver(char *buf, size_t len, uint64_t fw_ver)
{
	snprintf(buf, len, "%u.%u.%u", (unsigned int)(fw_ver >> 32) & 0xffff,
		 (unsigned int)(fw_ver >> 16) & 0xffff,
		 (unsigned int)fw_ver & 0xffff);
}

VERBS_EXPORT
int verbs_query_device_ex(struct ibv_context *context,
			  const struct ibv_query_device_ex_input *input,
			  struct ibv_device_attr_ex *attr, size_t attr_size)
{
	struct ibv_device_attr_ex full;
	uint64_t fw_ver;
	int ret;

	if (input && input->comp_mask)
		return verbs_err(EINVAL);
	ret = ibv_cmd_query_device(context, &full, &fw_ver, NULL);
	if (ret)
		return ret;
	verbs_format_fw_ver(full.orig_attr.fw_ver,
			    sizeof(full.orig_attr.fw_ver), fw_ver);
	verbs_give_attr(attr, attr_size, &full, sizeof(full));
	return 0;
}

VERBS_EXPORT
int ibv_query_device(struct ibv_context *context, struct ibv_device_attr *attr)
{
	if (!context || !attr)
		return verbs_err(EINVAL);
	/* The plain struct is the first member of the extended one. */
	return verbs_ops(context)->query_device_ex(
		context, NULL, (struct ibv_device_attr_ex *)attr,
		sizeof(*attr));
}

/* ------------------------------------------------------------------ port */

/*
 * struct ib_uverbs_query_port_resp_ex as of 6.12. Headers and kernels before
 * 6.12 have reserved bytes, and zero, in the place of active_speed_ex.
 */
struct query_port_resp {
	struct ib_uverbs_query_port_resp legacy;
	uint16_t port_cap_flags2;
	uint8_t reserved[2];
	uint32_t active_speed_ex;
};

_Static_assert(sizeof(struct query_port_resp) ==
		       sizeof(struct ib_uverbs_query_port_resp_ex),
	       "query_port_resp is the kernel's struct");

static void port_attr_from_uapi(struct ibv_port_attr *attr,
				const struct query_port_resp *ex)
{
	const struct ib_uverbs_query_port_resp *r = &ex->legacy;

	attr->state = r->state;
	attr->max_mtu = r->max_mtu;
	attr->active_mtu = r->active_mtu;
	attr->gid_tbl_len = r->gid_tbl_len;
	attr->port_cap_flags = r->port_cap_flags;
	attr->max_msg_sz = r->max_msg_sz;
	attr->bad_pkey_cntr = r->bad_pkey_cntr;
	attr->qkey_viol_cntr = r->qkey_viol_cntr;
	attr->pkey_tbl_len = r->pkey_tbl_len;
	attr->lid = r->lid;
	attr->sm_lid = r->sm_lid;
	attr->lmc = r->lmc;
	attr->max_vl_num = r->max_vl_num;
	attr->sm_sl = r->sm_sl;
	attr->subnet_timeout = r->subnet_timeout;
	attr->init_type_reply = r->init_type_reply;
	attr->active_width = r->active_width;
	attr->active_speed = r->active_speed;
	attr->phys_state = r->phys_state;
	attr->link_layer = r->link_layer;
	attr->flags = r->flags;
	attr->port_cap_flags2 = ex->port_cap_flags2;
	attr->active_speed_ex = ex->active_speed_ex;
}

VERBS_EXPORT
int ibv_cmd_query_port(struct ibv_context *context, uint8_t port_num,
		       struct ibv_port_attr *attr, size_t attr_len)
{
	struct query_port_resp resp = {};
	struct ibv_port_attr full = {};
	struct verbs_attrs attrs;
	int ret;

	attrs_init(&attrs, UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_PORT);
	/* CONST_IN: eight bytes, whatever the type behind it. */
	attr_in_u64(&attrs, UVERBS_ATTR_QUERY_PORT_PORT_NUM, port_num);
	attr_out(&attrs, UVERBS_ATTR_QUERY_PORT_RESP, &resp, sizeof(resp));
	ret = verbs_ioctl(context, &attrs);
	if (ret)
		return ret;
	port_attr_from_uapi(&full, &resp);
	verbs_give_attr(attr, attr_len, &full, sizeof(full));
	return 0;
}

/*
 * Programs built against current headers call the op through an inline
 * function; this symbol serves those that know the struct as it was before
 * port_cap_flags2.
 */
#undef ibv_query_port
VERBS_EXPORT
int ibv_query_port(struct ibv_context *context, uint8_t port_num,
		   struct _compat_ibv_port_attr *port_attr)
{
	if (!context || !port_attr)
		return verbs_err(EINVAL);
	return verbs_ops(context)->query_port(
		context, port_num, (struct ibv_port_attr *)port_attr,
		offsetof(struct ibv_port_attr, port_cap_flags2));
}
