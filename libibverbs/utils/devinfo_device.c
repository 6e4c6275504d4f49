// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* The device itself: who made it, and how much of everything it has. */
#include <endian.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "devinfo.h"

static const struct name transports[] = {
	{ IBV_TRANSPORT_IB, "InfiniBand" },
	{ IBV_TRANSPORT_IWARP, "iWARP" },
	{ IBV_TRANSPORT_USNIC, "usNIC" },
	{ IBV_TRANSPORT_USNIC_UDP, "usNIC UDP" },
	{ IBV_TRANSPORT_UNSPECIFIED, "unspecified" },
};

static const struct name atomics[] = {
	{ IBV_ATOMIC_NONE, "ATOMIC_NONE" },
	{ IBV_ATOMIC_HCA, "ATOMIC_HCA" },
	{ IBV_ATOMIC_GLOB, "ATOMIC_GLOB" },
};

static const struct name device_flags[] = {
	{ IBV_DEVICE_RESIZE_MAX_WR, "RESIZE_MAX_WR" },
	{ IBV_DEVICE_BAD_PKEY_CNTR, "BAD_PKEY_CNTR" },
	{ IBV_DEVICE_BAD_QKEY_CNTR, "BAD_QKEY_CNTR" },
	{ IBV_DEVICE_RAW_MULTI, "RAW_MULTI" },
	{ IBV_DEVICE_AUTO_PATH_MIG, "AUTO_PATH_MIG" },
	{ IBV_DEVICE_CHANGE_PHY_PORT, "CHANGE_PHY_PORT" },
	{ IBV_DEVICE_UD_AV_PORT_ENFORCE, "UD_AV_PORT_ENFORCE" },
	{ IBV_DEVICE_CURR_QP_STATE_MOD, "CURR_QP_STATE_MOD" },
	{ IBV_DEVICE_SHUTDOWN_PORT, "SHUTDOWN_PORT" },
	{ IBV_DEVICE_INIT_TYPE, "INIT_TYPE" },
	{ IBV_DEVICE_PORT_ACTIVE_EVENT, "PORT_ACTIVE_EVENT" },
	{ IBV_DEVICE_SYS_IMAGE_GUID, "SYS_IMAGE_GUID" },
	{ IBV_DEVICE_RC_RNR_NAK_GEN, "RC_RNR_NAK_GEN" },
	{ IBV_DEVICE_SRQ_RESIZE, "SRQ_RESIZE" },
	{ IBV_DEVICE_N_NOTIFY_CQ, "N_NOTIFY_CQ" },
	{ IBV_DEVICE_MEM_WINDOW, "MEM_WINDOW" },
	{ IBV_DEVICE_UD_IP_CSUM, "UD_IP_CSUM" },
	{ IBV_DEVICE_XRC, "XRC" },
	{ IBV_DEVICE_MEM_MGT_EXTENSIONS, "MEM_MGT_EXTENSIONS" },
	{ IBV_DEVICE_MEM_WINDOW_TYPE_2A, "MEM_WINDOW_TYPE_2A" },
	{ IBV_DEVICE_MEM_WINDOW_TYPE_2B, "MEM_WINDOW_TYPE_2B" },
	{ IBV_DEVICE_RC_IP_CSUM, "RC_IP_CSUM" },
	{ IBV_DEVICE_RAW_IP_CSUM, "RAW_IP_CSUM" },
	{ IBV_DEVICE_MANAGED_FLOW_STEERING, "MANAGED_FLOW_STEERING" },
};

static const struct name counted[] = {
	{ IBV_QP_ATTACH_COMP_CNTR_OP_SEND, "QP_ATTACH_SEND" },
	{ IBV_QP_ATTACH_COMP_CNTR_OP_RECV, "QP_ATTACH_RECV" },
	{ IBV_QP_ATTACH_COMP_CNTR_OP_RDMA_READ, "QP_ATTACH_RDMA_READ" },
	{ IBV_QP_ATTACH_COMP_CNTR_OP_REMOTE_RDMA_READ,
	  "QP_ATTACH_REMOTE_RDMA_READ" },
	{ IBV_QP_ATTACH_COMP_CNTR_OP_RDMA_WRITE, "QP_ATTACH_RDMA_WRITE" },
	{ IBV_QP_ATTACH_COMP_CNTR_OP_REMOTE_RDMA_WRITE,
	  "QP_ATTACH_REMOTE_RDMA_WRITE" },
};

static void print_guid(const char *name, __be64 guid)
{
	uint64_t value = be64toh(guid);

	printf("\t%s:\t\t\t%04x:%04x:%04x:%04x\n", name,
	       (unsigned int)(value >> 48 & 0xffff),
	       (unsigned int)(value >> 32 & 0xffff),
	       (unsigned int)(value >> 16 & 0xffff),
	       (unsigned int)(value & 0xffff));
}

/* Few drivers tell. */
static void print_board(struct ibv_device *device)
{
	char path[IBV_SYSFS_PATH_MAX + 16], text[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/board_id", device->ibdev_path);
	file = fopen(path, "re");
	if (!file)
		return;
	if (fgets(text, sizeof(text), file)) {
		text[strcspn(text, "\n")] = '\0';
		printf("\tboard_id:\t\t\t%s\n", text);
	}
	fclose(file);
}

void print_device(struct ibv_context *context,
		  const struct ibv_device_attr_ex *attr_ex)
{
	const struct ibv_device_attr *attr = &attr_ex->orig_attr;
	struct ibv_device *device = context->device;

	printf("hca_id:\t%s\n", ibv_get_device_name(device));
	printf("\ttransport:\t\t\t%s (%d)\n",
	       name_of(device->transport_type, transports, COUNT_OF(transports),
		       "invalid transport"),
	       device->transport_type);
	printf("\tfw_ver:\t\t\t\t%s\n", attr->fw_ver);
	print_guid("node_guid", attr->node_guid);
	print_guid("sys_image_guid", attr->sys_image_guid);
	printf("\tvendor_id:\t\t\t0x%04x\n", attr->vendor_id);
	printf("\tvendor_part_id:\t\t\t%d\n", attr->vendor_part_id);
	printf("\thw_ver:\t\t\t\t0x%X\n", attr->hw_ver);
	print_board(device);
	printf("\tphys_port_cnt:\t\t\t%d\n", attr_ex->phys_port_cnt_ex);
}

/* The value starts in the fifth column of eight, or right behind the name. */
static void print_limit(const char *name, int value)
{
	int column = (8 + strlen(name) + 1) / 8;

	printf("\t%s:", name);
	do
		putchar('\t');
	while (++column < 5);
	printf("%d\n", value);
}

static void print_queue_limits(const struct ibv_device_attr *attr)
{
	print_limit("max_sge", attr->max_sge);
	print_limit("max_sge_rd", attr->max_sge_rd);
	print_limit("max_cq", attr->max_cq);
	print_limit("max_cqe", attr->max_cqe);
	print_limit("max_mr", attr->max_mr);
	print_limit("max_pd", attr->max_pd);
	print_limit("max_qp_rd_atom", attr->max_qp_rd_atom);
	print_limit("max_ee_rd_atom", attr->max_ee_rd_atom);
	print_limit("max_res_rd_atom", attr->max_res_rd_atom);
	print_limit("max_qp_init_rd_atom", attr->max_qp_init_rd_atom);
	print_limit("max_ee_init_rd_atom", attr->max_ee_init_rd_atom);
	printf("\tatomic_cap:\t\t\t%s (%d)\n",
	       name_of(attr->atomic_cap, atomics, COUNT_OF(atomics),
		       "invalid atomic capability"),
	       attr->atomic_cap);
}

static void print_other_limits(const struct ibv_device_attr *attr)
{
	print_limit("max_ee", attr->max_ee);
	print_limit("max_rdd", attr->max_rdd);
	print_limit("max_mw", attr->max_mw);
	print_limit("max_raw_ipv6_qp", attr->max_raw_ipv6_qp);
	print_limit("max_raw_ethy_qp", attr->max_raw_ethy_qp);
	print_limit("max_mcast_grp", attr->max_mcast_grp);
	print_limit("max_mcast_qp_attach", attr->max_mcast_qp_attach);
	print_limit("max_total_mcast_qp_attach",
		    attr->max_total_mcast_qp_attach);
	print_limit("max_ah", attr->max_ah);
	print_limit("max_fmr", attr->max_fmr);
	if (attr->max_fmr)
		print_limit("max_map_per_fmr", attr->max_map_per_fmr);
	print_limit("max_srq", attr->max_srq);
	if (attr->max_srq) {
		print_limit("max_srq_wr", attr->max_srq_wr);
		print_limit("max_srq_sge", attr->max_srq_sge);
	}
	print_limit("max_pkeys", attr->max_pkeys);
}

static void print_counters(struct ibv_context *context)
{
	struct ibv_comp_cntr_caps caps;

	if (ibv_query_comp_cntr_caps(context, &caps) || !caps.max_counters)
		return;
	print_limit("max_comp_cntr", caps.max_counters);
	printf("\tcomp_cntr_caps:\n");
	print_flags(caps.supported_qp_attach_ops, counted, COUNT_OF(counted));
}

void print_device_limits(struct ibv_context *context,
			 const struct ibv_device_attr_ex *attr_ex)
{
	const struct ibv_device_attr *attr = &attr_ex->orig_attr;

	printf("\tmax_mr_size:\t\t\t0x%" PRIx64 "\n", attr->max_mr_size);
	printf("\tpage_size_cap:\t\t\t0x%" PRIx64 "\n", attr->page_size_cap);
	print_limit("max_qp", attr->max_qp);
	print_limit("max_qp_wr", attr->max_qp_wr);
	printf("\tdevice_cap_flags:\t\t0x%08x\n", attr->device_cap_flags);
	print_unknown(print_flags(attr->device_cap_flags, device_flags,
				  COUNT_OF(device_flags)));
	print_queue_limits(attr);
	print_other_limits(attr);
	print_counters(context);
	print_limit("local_ca_ack_delay", attr->local_ca_ack_delay);
}
