// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/platform_device.h>
#include <linux/string.h>
#include <net/addrconf.h>
#include <rdma/ib_addr.h>
#include <rdma/ib_mad.h>
#include <rdma/mlx5-abi.h>

#include "raw.h"

/* The RDMA devices: what they say they are, and the verbs they have. */

void hca_set_odp_caps(struct ib_odp_caps *caps)
{
	u32 datagram = IB_ODP_SUPPORT_SEND | IB_ODP_SUPPORT_RECV |
		       IB_ODP_SUPPORT_SRQ_RECV;
	u32 all = datagram | IB_ODP_SUPPORT_WRITE | IB_ODP_SUPPORT_READ |
		  IB_ODP_SUPPORT_ATOMIC;

	caps->general_caps = IB_ODP_SUPPORT | IB_ODP_SUPPORT_IMPLICIT;
	caps->per_transport_caps.rc_odp_caps = all;
	caps->per_transport_caps.xrc_odp_caps = all;
	caps->per_transport_caps.uc_odp_caps = datagram | IB_ODP_SUPPORT_WRITE;
	caps->per_transport_caps.ud_odp_caps = datagram;
}

static void set_raw_caps(struct ib_device_attr *attr)
{
	attr->device_cap_flags |=
		IB_DEVICE_RAW_IP_CSUM | IB_DEVICE_MANAGED_FLOW_STEERING;
	attr->raw_packet_caps =
		IB_RAW_PACKET_CAP_IP_CSUM | IB_RAW_PACKET_CAP_CVLAN_STRIPPING;
	attr->max_wq_type_rq = HCA_MAX_WQ;
	attr->rss_caps.supported_qpts = BIT(IB_QPT_RAW_PACKET);
	attr->rss_caps.max_rwq_indirection_tables = HCA_MAX_RWQ_TABLES;
	attr->rss_caps.max_rwq_indirection_table_size =
		1 << HCA_LOG_MAX_RWQ_TABLE;
}

static void fill_newer(struct mlx5_ib_query_device_resp *resp)
{
	resp->flags = MLX5_IB_QUERY_DEV_RESP_FLAGS_CQE_128B_PAD;
	resp->dci_streams_caps = (struct mlx5_ib_dci_streams_caps){
		.max_log_num_concurent = HCA_LOG_MAX_STREAMS,
		.max_log_num_errored = HCA_LOG_MAX_STREAMS,
	};
	resp->striding_rq_caps = (struct mlx5_ib_striding_rq_caps){
		.min_single_stride_log_num_of_bytes = HCA_LOG_MIN_STRIDE,
		.max_single_stride_log_num_of_bytes = HCA_LOG_MAX_STRIDE,
		.min_single_wqe_log_num_of_strides = HCA_LOG_MIN_STRIDES,
		.max_single_wqe_log_num_of_strides = HCA_LOG_MAX_STRIDES,
		.supported_qpts = BIT(IB_QPT_RAW_PACKET),
	};
}

/* What the driver's own part of the answer says. */
static int answer_query(struct ib_device *ib, struct ib_udata *udata)
{
	struct mlx5_ib_query_device_resp resp = {
		.response_length = min(sizeof(resp), udata->outlen),
		.tso_caps.max_tso = HCA_MAX_TSO,
		.tso_caps.supported_qpts = BIT(IB_QPT_RAW_PACKET),
		.rss_caps.rx_hash_function = MLX5_RX_HASH_FUNC_TOEPLITZ,
		.rss_caps.rx_hash_fields_mask = HCA_RSS_FIELDS,
	};

	if (hca_is_newer(ib))
		fill_newer(&resp);

	if (udata->inlen && !ib_is_udata_cleared(udata, 0, udata->inlen))
		return -EINVAL;
	if (!udata->outlen)
		return 0;
	if (udata->outlen < offsetofend(typeof(resp), response_length))
		return -EINVAL;
	return ib_copy_to_udata(udata, &resp, resp.response_length);
}

static int hca_query_device(struct ib_device *ib, struct ib_device_attr *attr,
			    struct ib_udata *udata)
{
	memset(attr, 0, sizeof(*attr));
	attr->fw_ver = 1ULL << 32;
	attr->sys_image_guid = ib->node_guid;
	attr->max_mr_size = ~0ULL;
	attr->page_size_cap = PAGE_MASK & U32_MAX;
	attr->vendor_id = 0x02c9;
	attr->vendor_part_id = HCA_PART_ID;
	attr->max_qp = HCA_MAX_QP;
	attr->max_qp_wr = HCA_MAX_WR;
	attr->device_cap_flags =
		IB_DEVICE_RC_RNR_NAK_GEN | IB_DEVICE_PORT_ACTIVE_EVENT |
		IB_DEVICE_SYS_IMAGE_GUID | IB_DEVICE_XRC |
		IB_DEVICE_MEM_WINDOW | IB_DEVICE_MEM_WINDOW_TYPE_2B |
		IB_DEVICE_MEM_MGT_EXTENSIONS;
	attr->kernel_cap_flags = IBK_ON_DEMAND_PAGING;
	hca_set_odp_caps(&attr->odp_caps);
	attr->max_send_sge = HCA_MAX_SGE;
	attr->max_recv_sge = HCA_MAX_SGE;
	attr->max_sge_rd = HCA_MAX_SGE;
	attr->max_cq = HCA_MAX_CQ;
	attr->max_cqe = HCA_MAX_CQE - 1;
	attr->max_mr = HCA_MAX_MR;
	attr->max_mw = HCA_MAX_MW;
	attr->max_pd = HCA_MAX_PD;
	attr->max_ah = HCA_MAX_AH;
	attr->max_srq = HCA_MAX_SRQ;
	attr->max_srq_wr = HCA_MAX_SRQ_WR;
	attr->max_srq_sge = HCA_MAX_SRQ_SGE;
	attr->max_qp_rd_atom = HCA_MAX_RD_ATOMIC;
	attr->max_qp_init_rd_atom = HCA_MAX_RD_ATOMIC;
	attr->max_res_rd_atom = HCA_MAX_RD_ATOMIC * HCA_MAX_QP;
	attr->atomic_cap = IB_ATOMIC_HCA;
	attr->max_mcast_grp = HCA_MAX_QP;
	attr->max_mcast_qp_attach = HCA_MAX_QP;
	attr->max_total_mcast_qp_attach = HCA_MAX_QP;
	attr->max_pkeys = 1;
	attr->max_dm_size = HCA_MAX_DM;
	attr->cq_caps.max_cq_moderation_count = U16_MAX;
	attr->cq_caps.max_cq_moderation_period = U16_MAX;
	attr->timestamp_mask = U64_MAX;
	attr->hca_core_clock = HCA_CLOCK_KHZ;
	attr->local_ca_ack_delay = 16;
	set_raw_caps(attr);
	return udata ? answer_query(ib, udata) : 0;
}

static void hca_get_fw_str(struct ib_device *ib, char *str)
{
	snprintf(str, IB_FW_VERSION_NAME_MAX, "1.0.0");
}

static int hca_query_port(struct ib_device *ib, u32 port,
			  struct ib_port_attr *attr)
{
	struct net_device *ndev = to_hca(ib)->ndev;
	bool up = netif_running(ndev) && netif_carrier_ok(ndev);

	attr->state = up ? IB_PORT_ACTIVE : IB_PORT_DOWN;
	attr->phys_state =
		up ? IB_PORT_PHYS_STATE_LINK_UP : IB_PORT_PHYS_STATE_DISABLED;
	attr->max_mtu = IB_MTU_4096;
	attr->active_mtu = iboe_get_mtu(ndev->mtu);
	attr->gid_tbl_len = HCA_GID_TABLE_LEN;
	attr->ip_gids = true;
	attr->max_msg_sz = HCA_MAX_MSG;
	attr->pkey_tbl_len = 1;
	attr->max_vl_num = 1;
	attr->active_width = IB_WIDTH_4X;
	attr->active_speed = IB_SPEED_EDR;
	return 0;
}

static int hca_port_immutable(struct ib_device *ib, u32 port,
			      struct ib_port_immutable *immutable)
{
	immutable->core_cap_flags = RDMA_CORE_PORT_IBA_ROCE_UDP_ENCAP;
	immutable->max_mad_size = IB_MGMT_MAD_SIZE;
	immutable->gid_tbl_len = HCA_GID_TABLE_LEN;
	immutable->pkey_tbl_len = 1;
	return 0;
}

static enum rdma_link_layer hca_link_layer(struct ib_device *ib, u32 port)
{
	return IB_LINK_LAYER_ETHERNET;
}

static int hca_query_pkey(struct ib_device *ib, u32 port, u16 index, u16 *pkey)
{
	if (index)
		return -EINVAL;
	*pkey = 0xffff;
	return 0;
}

/* Without these two there is no GID table; the core keeps all that is in it. */
static int hca_add_gid(const struct ib_gid_attr *attr, void **context)
{
	return 0;
}

static int hca_del_gid(const struct ib_gid_attr *attr, void **context)
{
	return 0;
}

static const struct ib_device_ops hca_ops = {
	.owner = THIS_MODULE,
	.driver_id = RDMA_DRIVER_MLX5,
	.uverbs_abi_ver = MLX5_IB_UVERBS_ABI_VERSION,

	.query_device = hca_query_device,
	.get_dev_fw_str = hca_get_fw_str,
	.query_port = hca_query_port,
	.get_port_immutable = hca_port_immutable,
	.get_link_layer = hca_link_layer,
	.query_pkey = hca_query_pkey,
	.add_gid = hca_add_gid,
	.del_gid = hca_del_gid,
	.alloc_ucontext = hca_alloc_ucontext,
	.dealloc_ucontext = hca_dealloc_ucontext,
	.query_ucontext = hca_query_ucontext,
	.disassociate_ucontext = hca_disassociate_ucontext,
	.mmap = hca_mmap,
	.mmap_free = hca_mmap_free,
	.alloc_pd = hca_alloc_pd,
	.dealloc_pd = hca_dealloc_pd,
	.alloc_xrcd = hca_alloc_xrcd,
	.dealloc_xrcd = hca_dealloc_xrcd,
	.create_ah = hca_create_ah,
	.create_user_ah = hca_create_ah,
	.destroy_ah = hca_destroy_ah,
	.get_dma_mr = hca_get_dma_mr,
	.rereg_user_mr = hca_rereg_user_mr,
	.advise_mr = hca_advise_mr,
	.dereg_mr = hca_dereg_mr,
	.alloc_dm = hca_alloc_dm,
	.dealloc_dm = hca_dealloc_dm,
	.reg_dm_mr = hca_reg_dm_mr,
	.alloc_mw = hca_alloc_mw,
	.dealloc_mw = hca_dealloc_mw,
	.modify_cq = hca_modify_cq,
	.destroy_cq = hca_destroy_cq,
	.poll_cq = hca_poll_cq,
	.req_notify_cq = hca_req_notify_cq,
	.create_srq = hca_create_srq,
	.modify_srq = hca_modify_srq,
	.query_srq = hca_query_srq,
	.destroy_srq = hca_destroy_srq,
	.create_qp = hca_create_qp,
	.modify_qp = hca_modify_qp,
	.query_qp = hca_query_qp,
	.destroy_qp = hca_destroy_qp,
	.post_send = hca_post_send,
	.post_recv = hca_post_recv,
	.create_wq = hca_create_wq,
	.modify_wq = hca_modify_wq,
	.destroy_wq = hca_destroy_wq,
	.create_rwq_ind_table = hca_create_rwq_table,
	.destroy_rwq_ind_table = hca_destroy_rwq_table,
	.create_flow = hca_create_flow,
	.destroy_flow = hca_destroy_flow,
	.create_counters = hca_create_counters,
	.destroy_counters = hca_destroy_counters,
	.read_counters = hca_read_counters,
	.attach_mcast = hca_attach_mcast,
	.detach_mcast = hca_detach_mcast,

	INIT_RDMA_OBJ_SIZE(ib_ucontext, hca_ctx, ib),
	INIT_RDMA_OBJ_SIZE(ib_pd, hca_pd, ib),
	INIT_RDMA_OBJ_SIZE(ib_xrcd, hca_xrcd, ib),
	INIT_RDMA_OBJ_SIZE(ib_ah, hca_ah, ib),
	INIT_RDMA_OBJ_SIZE(ib_mw, hca_mw, ib),
	INIT_RDMA_OBJ_SIZE(ib_cq, hca_cq, ib),
	INIT_RDMA_OBJ_SIZE(ib_srq, hca_srq, ib),
	INIT_RDMA_OBJ_SIZE(ib_qp, hca_qp, ib),
	INIT_RDMA_OBJ_SIZE(ib_rwq_ind_table, hca_rwq_table, ib),
	INIT_RDMA_OBJ_SIZE(ib_counters, hca_counters, ib),
};

int hca_register_device(struct hca_dev *dev)
{
	struct ib_device *ib = &dev->ib;
	int ret;

	ib->node_type = RDMA_NODE_IB_CA;
	ib->phys_port_cnt = 1;
	ib->num_comp_vectors = num_possible_cpus();
	addrconf_addr_eui48((u8 *)&ib->node_guid, dev->ndev->dev_addr);
	strscpy(ib->node_desc, "softhca", sizeof(ib->node_desc));
	hca_add_uapi(ib);
	ib_set_device_ops(ib, &hca_ops);
	ib_set_device_ops(ib, &hca_compat_ops);
	ret = ib_device_set_netdev(ib, dev->ndev, 1);
	if (ret)
		return ret;
	ret = ib_register_device(ib, "mlx5_%d", &dev->pdev->dev);
	if (ret)
		return ret;
	hca_engine_add_dev(dev);
	WRITE_ONCE(dev->registered, true);
	return 0;
}

void hca_unregister_device(struct hca_dev *dev)
{
	WRITE_ONCE(dev->registered, false);
	hca_engine_del_dev(dev);
	ib_unregister_device(&dev->ib);
}
