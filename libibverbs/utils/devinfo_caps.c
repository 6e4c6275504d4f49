// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* What a device can do: paging on demand, offloads, time, pacing, tags. */
#include <inttypes.h>
#include <stdio.h>

#include "devinfo.h"

static const struct name odp_general[] = {
	{ IBV_ODP_SUPPORT, "ODP_SUPPORT" },
	{ IBV_ODP_SUPPORT_IMPLICIT, "ODP_SUPPORT_IMPLICIT" },
};

static const struct name odp_operations[] = {
	{ IBV_ODP_SUPPORT_SEND, "SUPPORT_SEND" },
	{ IBV_ODP_SUPPORT_RECV, "SUPPORT_RECV" },
	{ IBV_ODP_SUPPORT_WRITE, "SUPPORT_WRITE" },
	{ IBV_ODP_SUPPORT_READ, "SUPPORT_READ" },
	{ IBV_ODP_SUPPORT_ATOMIC, "SUPPORT_ATOMIC" },
	{ IBV_ODP_SUPPORT_SRQ_RECV, "SUPPORT_SRQ" },
	{ IBV_ODP_SUPPORT_FLUSH, "SUPPORT_FLUSH" },
	{ IBV_ODP_SUPPORT_ATOMIC_WRITE, "SUPPORT_ATOMIC_WRITE" },
};

static const struct name raw_packet[] = {
	{ IBV_RAW_PACKET_CAP_CVLAN_STRIPPING, "C-VLAN stripping offload" },
	{ IBV_RAW_PACKET_CAP_SCATTER_FCS, "Scatter FCS offload" },
	{ IBV_RAW_PACKET_CAP_IP_CSUM, "IP csum offload" },
	{ IBV_RAW_PACKET_CAP_DELAY_DROP, "Delay drop" },
};

static const struct name flags_ex[] = {
	{ IBV_DEVICE_RAW_SCATTER_FCS, "RAW_SCATTER_FCS" },
	{ IBV_DEVICE_PCI_WRITE_END_PADDING, "PCI_WRITE_END_PADDING" },
	{ IBV_DEVICE_CC_DMA_BOUNCE, "CC_DMA_BOUNCE" },
};

static const struct name qp_types[] = {
	{ 1 << IBV_QPT_RC, "SUPPORT_RC" },
	{ 1 << IBV_QPT_UD, "SUPPORT_UD" },
	{ 1 << IBV_QPT_RAW_PACKET, "SUPPORT_RAW_PACKET" },
};

static const struct name tag_matching[] = {
	{ IBV_TM_CAP_RC, "IBV_TM_CAP_RC" },
};

static void print_transport_odp(const char *transport, uint32_t operations)
{
	printf("\t%s_odp_caps:\n", transport);
	if (!operations)
		printf("\t\t\t\t\tNO SUPPORT\n");
	print_unknown(print_flags(operations, odp_operations,
				  COUNT_OF(odp_operations)));
}

void print_odp_caps(const struct ibv_device_attr_ex *attr)
{
	const struct ibv_odp_caps *caps = &attr->odp_caps;

	printf("\tgeneral_odp_caps:\n");
	print_unknown(print_flags(caps->general_caps, odp_general,
				  COUNT_OF(odp_general)));
	print_transport_odp("rc", caps->per_transport_caps.rc_odp_caps);
	print_transport_odp("uc", caps->per_transport_caps.uc_odp_caps);
	print_transport_odp("ud", caps->per_transport_caps.ud_odp_caps);
	print_transport_odp("xrc", attr->xrc_odp_caps);
}

static void print_clock(const struct ibv_device_attr_ex *attr)
{
	if (attr->completion_timestamp_mask)
		printf("\tcompletion timestamp_mask:\t\t\t0x%016" PRIx64 "\n",
		       attr->completion_timestamp_mask);
	else
		printf("\tcompletion_timestamp_mask not supported\n");
	if (attr->hca_core_clock)
		printf("\thca_core_clock:\t\t\t%" PRIu64 "kHZ\n",
		       attr->hca_core_clock);
	else
		printf("\tcore clock not supported\n");
}

static void print_raw_packet_caps(uint32_t caps)
{
	if (!caps)
		return;
	printf("\traw packet caps:\n");
	print_flags(caps, raw_packet, COUNT_OF(raw_packet));
}

/* The lower half has been told as device_cap_flags. */
static void print_flags_ex(const struct ibv_device_attr_ex *attr)
{
	uint64_t more = attr->device_cap_flags_ex >> 32 << 32;

	printf("\tdevice_cap_flags_ex:\t\t0x%" PRIX64 "\n",
	       attr->device_cap_flags_ex);
	print_unknown(print_flags(more, flags_ex, COUNT_OF(flags_ex)));
}

static void print_qp_types(uint32_t supported)
{
	printf("\t\tsupported_qp:\n");
	print_unknown(print_flags(supported, qp_types, COUNT_OF(qp_types)));
}

static void print_tso_caps(const struct ibv_tso_caps *caps)
{
	printf("\ttso_caps:\n");
	printf("\t\tmax_tso:\t\t\t%u\n", caps->max_tso);
	if (caps->max_tso)
		print_qp_types(caps->supported_qpts);
}

static void print_rss_caps(const struct ibv_rss_caps *caps)
{
	printf("\trss_caps:\n");
	printf("\t\tmax_rwq_indirection_tables:\t\t\t%u\n",
	       caps->max_rwq_indirection_tables);
	printf("\t\tmax_rwq_indirection_table_size:\t\t\t%u\n",
	       caps->max_rwq_indirection_table_size);
	printf("\t\trx_hash_function:\t\t\t\t0x%x\n", caps->rx_hash_function);
	printf("\t\trx_hash_fields_mask:\t\t\t\t0x%" PRIX64 "\n",
	       caps->rx_hash_fields_mask);
	if (caps->supported_qpts)
		print_qp_types(caps->supported_qpts);
}

static void print_pacing_caps(const struct ibv_packet_pacing_caps *caps)
{
	printf("\tpacket_pacing_caps:\n");
	printf("\t\tqp_rate_limit_min:\t%ukbps\n", caps->qp_rate_limit_min);
	printf("\t\tqp_rate_limit_max:\t%ukbps\n", caps->qp_rate_limit_max);
	if (caps->qp_rate_limit_max)
		print_qp_types(caps->supported_qpts);
}

static void print_tag_matching_caps(const struct ibv_tm_caps *caps)
{
	if (!caps->max_num_tags) {
		printf("\ttag matching not supported\n");
		return;
	}
	printf("\tmax_rndv_hdr_size:\t\t%u\n", caps->max_rndv_hdr_size);
	printf("\tmax_num_tags:\t\t\t%u\n", caps->max_num_tags);
	printf("\tmax_ops:\t\t\t%u\n", caps->max_ops);
	printf("\tmax_sge:\t\t\t%u\n", caps->max_sge);
	printf("\tflags:\n");
	print_unknown(
		print_flags(caps->flags, tag_matching, COUNT_OF(tag_matching)));
}

static void print_moderation_caps(const struct ibv_cq_moderation_caps *caps)
{
	if (!caps->max_cq_count)
		return;
	printf("\n\tcq moderation caps:\n");
	printf("\t\tmax_cq_count:\t%u\n", caps->max_cq_count);
	printf("\t\tmax_cq_period:\t%u us\n\n", caps->max_cq_period);
}

void print_extended_caps(const struct ibv_device_attr_ex *attr)
{
	print_clock(attr);
	print_raw_packet_caps(attr->raw_packet_caps);
	print_flags_ex(attr);
	print_tso_caps(&attr->tso_caps);
	print_rss_caps(&attr->rss_caps);
	printf("\tmax_wq_type_rq:\t\t\t%u\n", attr->max_wq_type_rq);
	print_pacing_caps(&attr->packet_pacing_caps);
	print_tag_matching_caps(&attr->tm_caps);
	print_moderation_caps(&attr->cq_mod_caps);
	if (attr->max_dm_size)
		printf("\tmaximum available device memory:\t%" PRIu64
		       "Bytes\n\n",
		       attr->max_dm_size);
}
