// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* A port: its state and speed, and its GIDs. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devinfo.h"

static const struct name states[] = {
	{ IBV_PORT_DOWN, "PORT_DOWN" },
	{ IBV_PORT_INIT, "PORT_INIT" },
	{ IBV_PORT_ARMED, "PORT_ARMED" },
	{ IBV_PORT_ACTIVE, "PORT_ACTIVE" },
};

static const struct name mtus[] = {
	{ IBV_MTU_256, "256" },	  { IBV_MTU_512, "512" },
	{ IBV_MTU_1024, "1024" }, { IBV_MTU_2048, "2048" },
	{ IBV_MTU_4096, "4096" },
};

static const struct name link_layers[] = {
	{ IBV_LINK_LAYER_UNSPECIFIED, "Unspecified" },
	{ IBV_LINK_LAYER_INFINIBAND, "InfiniBand" },
	{ IBV_LINK_LAYER_ETHERNET, "Ethernet" },
};

/* IBTA, PortInfo: VLCap, LinkWidthActive, LinkSpeedActive, PortPhysicalState */
static const struct name virtual_lanes[] = {
	{ 1, "1" }, { 2, "2" }, { 3, "4" }, { 4, "8" }, { 5, "15" },
};

static const struct name widths[] = {
	{ 1, "1" }, { 2, "4" }, { 4, "8" }, { 8, "12" }, { 16, "2" },
};

static const struct name speeds[] = {
	{ 1, "2.5 Gbps" },   { 2, "5.0 Gbps" },	    { 4, "10.0 Gbps" },
	{ 8, "10.0 Gbps" },  { 16, "14.0 Gbps" },   { 32, "25.0 Gbps" },
	{ 64, "50.0 Gbps" }, { 128, "100.0 Gbps" }, { 256, "200.0 Gbps" },
};

static const struct name physical_states[] = {
	{ 1, "SLEEP" },	   { 2, "POLLING" },
	{ 3, "DISABLED" }, { 4, "PORT_CONFIGURATION TRAINNING" },
	{ 5, "LINK_UP" },  { 6, "LINK_ERROR_RECOVERY" },
	{ 7, "PHY TEST" },
};

#define NAME_OF(value, names, unknown) \
	name_of(value, names, COUNT_OF(names), unknown)

static void print_state(uint32_t port, const struct ibv_port_attr *attr)
{
	printf("\t\tport:\t%u\n", port);
	printf("\t\t\tstate:\t\t\t%s (%d)\n",
	       NAME_OF(attr->state, states, "invalid state"), attr->state);
	printf("\t\t\tmax_mtu:\t\t%s (%d)\n",
	       NAME_OF(attr->max_mtu, mtus, "invalid MTU"), attr->max_mtu);
	printf("\t\t\tactive_mtu:\t\t%s (%d)\n",
	       NAME_OF(attr->active_mtu, mtus, "invalid MTU"),
	       attr->active_mtu);
	printf("\t\t\tsm_lid:\t\t\t%d\n", attr->sm_lid);
	printf("\t\t\tport_lid:\t\t%d\n", attr->lid);
	printf("\t\t\tport_lmc:\t\t0x%02x\n", attr->lmc);
	printf("\t\t\tlink_layer:\t\t%s\n",
	       NAME_OF(attr->link_layer, link_layers, "Unknown"));
}

static void print_link(const struct ibv_port_attr *attr)
{
	uint32_t speed = attr->active_speed_ex ? attr->active_speed_ex
					       : attr->active_speed;

	printf("\t\t\tactive_width:\t\t%sX (%d)\n",
	       NAME_OF(attr->active_width, widths, "invalid width"),
	       attr->active_width);
	printf("\t\t\tactive_speed:\t\t%s (%u)\n",
	       NAME_OF(speed, speeds, "invalid speed"), speed);
	printf("\t\t\tphys_state:\t\t%s (%d)\n",
	       NAME_OF(attr->phys_state, physical_states,
		       "invalid physical state"),
	       attr->phys_state);
}

static void print_port_limits(const struct ibv_port_attr *attr)
{
	printf("\t\t\tmax_msg_sz:\t\t0x%x\n", attr->max_msg_sz);
	printf("\t\t\tport_cap_flags:\t\t0x%08x\n", attr->port_cap_flags);
	printf("\t\t\tport_cap_flags2:\t0x%04x\n", attr->port_cap_flags2);
	printf("\t\t\tmax_vl_num:\t\t%s (%d)\n",
	       NAME_OF(attr->max_vl_num, virtual_lanes, "invalid value"),
	       attr->max_vl_num);
	printf("\t\t\tbad_pkey_cntr:\t\t0x%x\n", attr->bad_pkey_cntr);
	printf("\t\t\tqkey_viol_cntr:\t\t0x%x\n", attr->qkey_viol_cntr);
	printf("\t\t\tsm_sl:\t\t\t%d\n", attr->sm_sl);
	printf("\t\t\tpkey_tbl_len:\t\t%d\n", attr->pkey_tbl_len);
	printf("\t\t\tgid_tbl_len:\t\t%d\n", attr->gid_tbl_len);
	printf("\t\t\tsubnet_timeout:\t\t%d\n", attr->subnet_timeout);
	printf("\t\t\tinit_type_reply:\t%d\n", attr->init_type_reply);
	print_link(attr);
}

/* As an address where it is one; else as eight numbers. */
static void print_gid(const struct ibv_gid_entry *entry)
{
	char text[INET6_ADDRSTRLEN];
	const uint8_t *raw = entry->gid.raw;
	unsigned int i;

	printf("\t\t\tGID[%3u]:\t\t", entry->gid_index);
	if (entry->gid_type == IBV_GID_TYPE_ROCE_V2) {
		inet_ntop(AF_INET6, raw, text, sizeof(text));
		printf("%s, RoCE v2\n", text);
		return;
	}
	for (i = 0; i < 16; i += 2)
		printf("%s%02x%02x", i ? ":" : "", raw[i], raw[i + 1]);
	printf("%s\n",
	       entry->gid_type == IBV_GID_TYPE_ROCE_V1 ? ", RoCE v1" : "");
}

static int print_gids(struct ibv_context *context, uint32_t port, int len)
{
	struct ibv_gid_entry entry;
	int i, ret;

	for (i = 0; i < len; i++) {
		ret = ibv_query_gid_ex(context, port, i, &entry, 0);
		if (!ret) {
			print_gid(&entry);
		} else if (ret != ENODATA) { /* that is an empty entry */
			fprintf(stderr,
				"Failed to query gid to port %u, index %d\n",
				port, i);
			return ret;
		}
	}
	return 0;
}

int print_port(struct ibv_context *context, uint32_t port, int verbose)
{
	struct ibv_port_attr attr;
	int ret = ibv_query_port(context, port, &attr);

	if (ret) {
		fprintf(stderr, "Failed to query port %u props\n", port);
		return ret;
	}
	print_state(port, &attr);
	if (!verbose)
		return 0;
	print_port_limits(&attr);
	return print_gids(context, port, attr.gid_tbl_len);
}
