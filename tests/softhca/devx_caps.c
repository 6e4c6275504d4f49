// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/bitrev.h>
#include <linux/unaligned.h>
#include <rdma/ib_addr.h>
#include <rdma/ib_verbs.h>

#include "devx.h"

/* DEVX: what the device says that it can do. */

/* Bits of the general ones for which the kernel's headers have no name. */
enum {
	CHANGE_DCI_BYTE = 0x120 / 8,
	RESET_STREAM = 1 << 5,
	CHANGE_QP_BYTE = 0x150 / 8,
	CHANGE_UDP_SPORT = 1 << 6,
	CHANGE_LAG_PORT = 1 << 5,
};

enum {
	LOG_MAX_MSG = 30, /* what all devices say; more is taken */
	ATOMIC_HOST_ENDIAN = 1,
	ATOMIC_OPS = 3, /* compare and swap, fetch and add */
};

static void fill_sizes(void *caps)
{
	MLX5_SET(cmd_hca_cap, caps, log_max_srq_sz, ilog2(HCA_MAX_WR));
	MLX5_SET(cmd_hca_cap, caps, log_max_qp_sz, ilog2(HCA_MAX_WR));
	MLX5_SET(cmd_hca_cap, caps, log_max_qp, ilog2(HCA_MAX_QP));
	MLX5_SET(cmd_hca_cap, caps, log_max_srq, ilog2(HCA_MAX_SRQ));
	MLX5_SET(cmd_hca_cap, caps, log_max_cq_sz, ilog2(HCA_MAX_CQE));
	MLX5_SET(cmd_hca_cap, caps, log_max_cq, ilog2(HCA_MAX_CQ));
	MLX5_SET(cmd_hca_cap, caps, log_max_mkey, ilog2(HCA_MAX_MR));
	MLX5_SET(cmd_hca_cap, caps, log_max_klm_list_size,
		 HCA_LOG_MAX_MKEY_PARTS);
	MLX5_SET(cmd_hca_cap, caps, log_max_pd, ilog2(HCA_MAX_PD));
	MLX5_SET(cmd_hca_cap, caps, log_max_xrcd, ilog2(HCA_MAX_XRCD));
	MLX5_SET(cmd_hca_cap, caps, log_max_msg, LOG_MAX_MSG);
	MLX5_SET(cmd_hca_cap, caps, max_wqe_sz_sq, HCA_WQE_MAX);
	MLX5_SET(cmd_hca_cap, caps, max_wqe_sz_sq_dc, HCA_WQE_MAX);
	MLX5_SET(cmd_hca_cap, caps, max_wqe_sz_rq, HCA_RQ_STRIDE_MAX);
}

static void fill_transports(void *caps)
{
	u32 depth = ilog2(HCA_MAX_RD_ATOMIC);

	MLX5_SET(cmd_hca_cap, caps, rc, 1);
	MLX5_SET(cmd_hca_cap, caps, uc, 1);
	MLX5_SET(cmd_hca_cap, caps, ud, 1);
	MLX5_SET(cmd_hca_cap, caps, xrc, 1);
	MLX5_SET(cmd_hca_cap, caps, dct, 1);
	MLX5_SET(cmd_hca_cap, caps, atomic, 1);
	MLX5_SET(cmd_hca_cap, caps, roce, 1);
	MLX5_SET(cmd_hca_cap, caps, pg, 1);
	MLX5_SET(cmd_hca_cap, caps, log_max_ra_req_qp, depth);
	MLX5_SET(cmd_hca_cap, caps, log_max_ra_res_qp, depth);
	MLX5_SET(cmd_hca_cap, caps, log_max_ra_req_dc, depth);
	MLX5_SET(cmd_hca_cap, caps, log_max_ra_res_dc, depth);
	MLX5_SET(cmd_hca_cap, caps, log_max_dci_stream_channels,
		 HCA_LOG_MAX_STREAMS);
	MLX5_SET(cmd_hca_cap, caps, log_max_dci_errored_streams,
		 HCA_LOG_MAX_STREAMS);
}

/* Each port of a bond sends by itself. */
static void fill_lag(const struct hca_dev *dev, void *caps)
{
	u8 n = READ_ONCE(dev->lag_ports);

	MLX5_SET(cmd_hca_cap, caps, lag_master, n > 1);
	MLX5_SET(cmd_hca_cap, caps, num_lag_ports, n);
	MLX5_SET(cmd_hca_cap, caps, lag_tx_port_affinity, n > 1);
	if (n > 1)
		*((u8 *)caps + CHANGE_QP_BYTE) |= CHANGE_LAG_PORT;
}

void hca_devx_query_lag(const struct hca_dev *dev, u8 *out)
{
	void *lag = MLX5_ADDR_OF(query_lag_out, out, ctx);

	if (READ_ONCE(dev->lag_ports) < 2)
		return;
	MLX5_SET(lagc, lag, lag_state, 1);
	MLX5_SET(lagc, lag, tx_remap_affinity_1, 1);
	MLX5_SET(lagc, lag, tx_remap_affinity_2, 2);
}

static void fill_general(const struct hca_dev *dev, void *caps)
{
	fill_sizes(caps);
	fill_transports(caps);
	fill_lag(dev, caps);
	*((u8 *)caps + CHANGE_DCI_BYTE) |= RESET_STREAM;
	*((u8 *)caps + CHANGE_QP_BYTE) |= CHANGE_UDP_SPORT;
	MLX5_SET(cmd_hca_cap, caps, num_ports, 1);
	MLX5_SET(cmd_hca_cap, caps, port_type, MLX5_CAP_PORT_TYPE_ETH);
	MLX5_SET(cmd_hca_cap, caps, cqe_version, 1);
	MLX5_SET(cmd_hca_cap, caps, cq_resize, 1);
	MLX5_SET(cmd_hca_cap, caps, sctr_data_cqe, 1);
	MLX5_SET(cmd_hca_cap, caps, dc_req_scat_data_cqe, 1);
	MLX5_SET(cmd_hca_cap, caps, cq_moderation, 1);
	MLX5_SET(cmd_hca_cap, caps, device_memory, 1);
	MLX5_SET(cmd_hca_cap, caps, null_mkey, 1);
	MLX5_SET(cmd_hca_cap, caps, dump_fill_mkey, 1);
	MLX5_SET(cmd_hca_cap, caps, ece_support, 1);
	MLX5_SET(cmd_hca_cap, caps, uar_4k, 1);
}

/* The device has the bits of the verbs from the top down. */
static void put_odp(void *place, u32 verbs)
{
	put_unaligned_be32(bitrev32(verbs), place);
}

static void fill_odp(void *caps)
{
	void *scheme =
		MLX5_ADDR_OF(odp_cap, caps, transport_page_fault_scheme_cap);
	struct ib_odp_caps odp;

	hca_set_odp_caps(&odp);
	MLX5_SET(odp_scheme_cap, scheme, sig, 1);
	put_odp(MLX5_ADDR_OF(odp_scheme_cap, scheme, rc_odp_caps),
		odp.per_transport_caps.rc_odp_caps);
	put_odp(MLX5_ADDR_OF(odp_scheme_cap, scheme, uc_odp_caps),
		odp.per_transport_caps.uc_odp_caps);
	put_odp(MLX5_ADDR_OF(odp_scheme_cap, scheme, ud_odp_caps),
		odp.per_transport_caps.ud_odp_caps);
	put_odp(MLX5_ADDR_OF(odp_scheme_cap, scheme, xrc_odp_caps),
		odp.per_transport_caps.xrc_odp_caps);
	/* The verbs have no place for these; they are what RC can do. */
	put_odp(MLX5_ADDR_OF(odp_scheme_cap, scheme, dc_odp_caps),
		odp.per_transport_caps.rc_odp_caps);
}

static void fill_atomic(void *caps)
{
	MLX5_SET(atomic_caps, caps, atomic_req_8B_endianness_mode,
		 ATOMIC_HOST_ENDIAN);
	MLX5_SET(atomic_caps, caps, supported_atomic_req_8B_endianness_mode_1,
		 1);
	MLX5_SET(atomic_caps, caps, atomic_operations, ATOMIC_OPS);
	MLX5_SET(atomic_caps, caps, atomic_size_qp, sizeof(u64));
	MLX5_SET(atomic_caps, caps, atomic_size_dc, sizeof(u64));
}

static void fill_roce(void *caps)
{
	MLX5_SET(roce_cap, caps, l3_type,
		 MLX5_ROCE_L3_TYPE_IPV4_CAP | MLX5_ROCE_L3_TYPE_IPV6_CAP);
	MLX5_SET(roce_cap, caps, roce_version, MLX5_ROCE_VERSION_2_CAP);
	MLX5_SET(roce_cap, caps, r_roce_dest_udp_port, ROCE_V2_UDP_DPORT);
	MLX5_SET(roce_cap, caps, r_roce_max_src_udp_port,
		 IB_ROCE_UDP_ENCAP_VALID_PORT_MAX);
	MLX5_SET(roce_cap, caps, r_roce_min_src_udp_port,
		 IB_ROCE_UDP_ENCAP_VALID_PORT_MIN);
	MLX5_SET(roce_cap, caps, roce_address_table_size, HCA_GID_TABLE_LEN);
}

/*
 * out has room for a whole answer. Of op_mod the lowest bit asks for what holds
 * now, not for the most that could; here both are the same.
 */
int hca_devx_query_caps(const struct hca_dev *dev, const u8 *in, u8 *out)
{
	void *caps = MLX5_ADDR_OF(query_hca_cap_out, out, capability);

	switch (MLX5_GET(query_hca_cap_in, in, op_mod) >> 1) {
	case MLX5_CAP_GENERAL:
		fill_general(dev, caps);
		return 0;
	case MLX5_CAP_ODP:
		fill_odp(caps);
		return 0;
	case MLX5_CAP_ATOMIC:
		fill_atomic(caps);
		return 0;
	case MLX5_CAP_ROCE:
		fill_roce(caps);
		return 0;
	default:
		return hca_devx_refuse(out, MLX5_CMD_STAT_BAD_PARAM_ERR);
	}
}
