/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Address vectors from completions, and Ethernet addresses behind GIDs. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/ip.h>
#include <stdio.h>
#include <string.h>

#include "find.h"
#include "probe.h"

#define PORT 1
#define UDP 17
#define IBA_TRANSPORT 27 /* next header of RoCE v1 */

/* ------------------------------------------------- ibv_init_ah_from_wc() */

static void say_attr(const struct ibv_ah_attr *attr)
{
	char gid[INET6_ADDRSTRLEN];

	probe_say(" dlid=%u sl=%u path=%u rate=%u global=%u port=%u",
		  attr->dlid, attr->sl, attr->src_path_bits, attr->static_rate,
		  attr->is_global, attr->port_num);
	if (!attr->is_global)
		return;
	inet_ntop(AF_INET6, attr->grh.dgid.raw, gid, sizeof(gid));
	probe_say(" dgid=%s flow=%#x sgid=%u hops=%u class=%u", gid,
		  attr->grh.flow_label, attr->grh.sgid_index,
		  attr->grh.hop_limit, attr->grh.traffic_class);
}

static void init_ah(struct ibv_context *context, uint8_t port,
		    struct ibv_wc *wc, struct ibv_grh *grh)
{
	struct ibv_ah_attr attr;
	int ret;

	memset(&attr, 0x55, sizeof(attr));
	errno = 0;
	ret = ibv_init_ah_from_wc(context, port, wc, grh, &attr);
	probe_say(" ret=%d errno=%s", ret, probe_errno(ret ? errno : 0));
	if (!ret)
		say_attr(&attr);
}

static struct ibv_wc make_wc(int flags)
{
	return (struct ibv_wc){
		.wc_flags = flags,
		.slid = 0x1234,
		.sl = 5,
		.dlid_path_bits = 3,
	};
}

static struct ibv_grh make_grh(const union ibv_gid *dgid, uint8_t next_hdr)
{
	struct ibv_grh grh = {
		.version_tclass_flow =
			htobe32(6u << 28 | 0x24u << 20 | 0x56789),
		.next_hdr = next_hdr,
		.hop_limit = 63,
	};

	inet_pton(AF_INET6, "2001:db8::77", grh.sgid.raw);
	grh.dgid = *dgid;
	return grh;
}

static uint16_t checksum(const void *header)
{
	const uint16_t *words = header;
	uint32_t sum = 0;
	int i;

	for (i = 0; i < 10; i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t) ~(sum + (sum >> 16));
}

/* What the card puts there for RoCE v2 over IPv4: the header comes second. */
static struct ibv_grh make_ip4(const char *to, int first_byte, int valid)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = 5,
		.tos = 0x68,
		.ttl = 61,
		.protocol = UDP,
	};
	struct ibv_grh grh;

	inet_pton(AF_INET, "192.0.2.77", &ip.saddr);
	inet_pton(AF_INET, to, &ip.daddr);
	ip.check = valid ? checksum(&ip) : 0;
	memset(&grh, 0, sizeof(grh));
	*(uint8_t *)&grh = (uint8_t)first_byte;
	memcpy((uint8_t *)&grh + 20, &ip, sizeof(ip));
	return grh;
}

static void own_ip4(struct ibv_context *context, char *text)
{
	union ibv_gid gid;

	PROBE_NEED(find_ip4_gid(context, &gid) >= 0);
	inet_ntop(AF_INET, gid.raw + 12, text, INET_ADDRSTRLEN);
}

static void wc_without_grh(struct ibv_context *context)
{
	struct ibv_wc wc = make_wc(0);

	init_ah(context, PORT, &wc, NULL);
}

static void wc_without_grh_bad_port(struct ibv_context *context)
{
	struct ibv_wc wc = make_wc(0);

	init_ah(context, 9, &wc, NULL);
}

static void each_gid(struct ibv_context *context, uint8_t next_hdr)
{
	struct ibv_wc wc = make_wc(IBV_WC_GRH);
	struct ibv_grh grh;
	union ibv_gid gid;
	int i;

	for (i = 0; i < 6; i++) {
		if (ibv_query_gid(context, PORT, i, &gid) ||
		    !gid.global.interface_id)
			break;
		probe_say(" [%d]", i);
		grh = make_grh(&gid, next_hdr);
		init_ah(context, PORT, &wc, &grh);
	}
}

static void grh_of_roce_v2(struct ibv_context *context)
{
	each_gid(context, UDP);
}

static void grh_of_roce_v1(struct ibv_context *context)
{
	each_gid(context, IBA_TRANSPORT);
}

static void grh_of_neither(struct ibv_context *context)
{
	each_gid(context, 6);
}

static void ip4(struct ibv_context *context, int first_byte, int valid)
{
	struct ibv_wc wc = make_wc(IBV_WC_GRH);
	char own[INET_ADDRSTRLEN];
	struct ibv_grh grh;

	own_ip4(context, own);
	grh = make_ip4(own, first_byte, valid);
	init_ah(context, PORT, &wc, &grh);
}

static void ip4_header(struct ibv_context *context)
{
	ip4(context, 0, 1);
}

static void ip4_header_without_checksum(struct ibv_context *context)
{
	ip4(context, 0, 0);
}

/* The bytes before the header are undefined. */
static void ip4_header_behind_a_six(struct ibv_context *context)
{
	ip4(context, 0x60, 1);
}

static void ip4_header_of_another_host(struct ibv_context *context)
{
	struct ibv_wc wc = make_wc(IBV_WC_GRH);
	struct ibv_grh grh = make_ip4("203.0.113.1", 0, 1);

	init_ah(context, PORT, &wc, &grh);
}

static void grh_of_another_host(struct ibv_context *context)
{
	struct ibv_wc wc = make_wc(IBV_WC_GRH);
	struct ibv_grh grh;
	union ibv_gid gid;

	inet_pton(AF_INET6, "2001:db8::1", gid.raw);
	grh = make_grh(&gid, UDP);
	init_ah(context, PORT, &wc, &grh);
}

static void grh_of_version_zero(struct ibv_context *context)
{
	struct ibv_wc wc = make_wc(IBV_WC_GRH);
	struct ibv_grh grh = { .next_hdr = UDP };

	init_ah(context, PORT, &wc, &grh);
}

static void grh_bad_port(struct ibv_context *context)
{
	struct ibv_wc wc = make_wc(IBV_WC_GRH);
	union ibv_gid gid;
	struct ibv_grh grh;

	PROBE_NEED(!ibv_query_gid(context, PORT, 1, &gid));
	grh = make_grh(&gid, UDP);
	init_ah(context, 9, &wc, &grh);
}

static void grh_null(struct ibv_context *context)
{
	struct ibv_wc wc = make_wc(IBV_WC_GRH);

	init_ah(context, PORT, &wc, NULL);
}

static void wc_null(struct ibv_context *context)
{
	init_ah(context, PORT, NULL, NULL);
}

static void create_without_grh(struct ibv_context *context)
{
	struct ibv_pd *pd = ibv_alloc_pd(context);
	struct ibv_wc wc = make_wc(0);
	struct ibv_ah *ah;

	PROBE_NEED(pd);
	errno = 0;
	ah = ibv_create_ah_from_wc(pd, &wc, NULL, PORT);
	probe_say(" %s errno=%s", ah ? "made" : "NULL",
		  probe_errno(ah ? 0 : errno));
}

static void create_from_ip4(struct ibv_context *context)
{
	struct ibv_pd *pd = ibv_alloc_pd(context);
	struct ibv_wc wc = make_wc(IBV_WC_GRH);
	char own[INET_ADDRSTRLEN];
	struct ibv_grh grh;
	struct ibv_ah *ah;

	PROBE_NEED(pd);
	own_ip4(context, own);
	grh = make_ip4(own, 0, 1);
	memcpy((uint8_t *)&grh + 32, (uint8_t *)&grh + 36, 4);
	errno = 0;
	ah = ibv_create_ah_from_wc(pd, &wc, &grh, PORT);
	probe_say(" %s errno=%s", ah ? "made" : "NULL",
		  probe_errno(ah ? 0 : errno));
}

/* ----------------------------------------- ibv_resolve_eth_l2_from_gid() */

static void resolve_attr(struct ibv_context *context, struct ibv_ah_attr *attr)
{
	uint8_t mac[6] = { 0 };
	uint16_t vid = 0x5555;
	int ret;

	errno = 0;
	ret = ibv_resolve_eth_l2_from_gid(context, attr, mac, &vid);
	probe_say(" ret=%d errno=%s", ret, probe_errno(ret ? errno : 0));
	if (!ret)
		probe_say(" mac=%02x:%02x:%02x:%02x:%02x:%02x vid=%#x", mac[0],
			  mac[1], mac[2], mac[3], mac[4], mac[5], vid);
}

static void resolve(struct ibv_context *context, const char *to, int sgid)
{
	struct ibv_ah_attr attr = {
		.is_global = 1,
		.port_num = PORT,
		.grh = { .sgid_index = (uint8_t)sgid, .hop_limit = 64 },
	};

	PROBE_NEED(inet_pton(AF_INET6, to, attr.grh.dgid.raw) == 1);
	resolve_attr(context, &attr);
}

static int ip4_index(struct ibv_context *context)
{
	union ibv_gid gid;
	int index = find_ip4_gid(context, &gid);

	PROBE_NEED(index >= 0);
	return index;
}

static void resolve_no_grh(struct ibv_context *context)
{
	struct ibv_ah_attr attr = { .port_num = PORT };

	resolve_attr(context, &attr);
}

static void resolve_own(struct ibv_context *context)
{
	char own[INET_ADDRSTRLEN], gid[64];

	own_ip4(context, own);
	snprintf(gid, sizeof(gid), "::ffff:%s", own);
	resolve(context, gid, ip4_index(context));
}

static void resolve_neighbour(struct ibv_context *context)
{
	char own[INET_ADDRSTRLEN], gid[64];

	own_ip4(context, own);
	snprintf(gid, sizeof(gid), "::ffff:%s7", own);
	resolve(context, gid, ip4_index(context));
}

static void resolve_unreachable(struct ibv_context *context)
{
	resolve(context, "::ffff:203.0.113.1", ip4_index(context));
}

static void resolve_unreachable_ip6(struct ibv_context *context)
{
	resolve(context, "2001:db8::1", ip4_index(context));
}

static void resolve_multicast_ip4(struct ibv_context *context)
{
	resolve(context, "::ffff:239.129.2.3", ip4_index(context));
}

static void resolve_multicast_mapped(struct ibv_context *context)
{
	resolve(context, "ff0e::ffff:239.129.2.3", ip4_index(context));
}

static void resolve_multicast_ip6(struct ibv_context *context)
{
	resolve(context, "ff12:401b::1234:5678", ip4_index(context));
}

static void resolve_link_local(struct ibv_context *context)
{
	char text[INET6_ADDRSTRLEN];
	union ibv_gid gid;
	int i;

	for (i = 0; i < 2; i++) {
		PROBE_NEED(!ibv_query_gid(context, PORT, i, &gid));
		inet_ntop(AF_INET6, gid.raw, text, sizeof(text));
		resolve(context, text, i);
	}
}

static void resolve_foreign_link_local(struct ibv_context *context)
{
	resolve(context, "fe80::211:22ff:fe33:4455", 0);
	resolve(context, "fe80::211:22ff:fe33:4455", 1);
}

static void resolve_bad_sgid(struct ibv_context *context)
{
	resolve(context, "::ffff:192.0.2.1", 200);
}

static void resolve_free_sgid(struct ibv_context *context)
{
	resolve(context, "::ffff:192.0.2.1", 30);
}

static void resolve_bad_port(struct ibv_context *context)
{
	struct ibv_ah_attr attr = { .port_num = 9, .is_global = 1 };

	inet_pton(AF_INET6, "::ffff:192.0.2.1", attr.grh.dgid.raw);
	resolve_attr(context, &attr);
}

/* ------------------------------------------------------------------------ */

static const struct probe_case cases[] = {
	{ "wc_without_grh", wc_without_grh, NULL },
	{ "wc_without_grh_bad_port", wc_without_grh_bad_port, NULL },
	{ "grh_of_roce_v2", grh_of_roce_v2, NULL },
	{ "grh_of_roce_v1", grh_of_roce_v1, NULL },
	{ "grh_of_neither", grh_of_neither, NULL },
	{ "ip4_header", ip4_header, NULL },
	{ "ip4_header_without_checksum", ip4_header_without_checksum, NULL },
	{ "ip4_header_behind_a_six", ip4_header_behind_a_six, NULL },
	{ "ip4_header_of_another_host", ip4_header_of_another_host, NULL },
	{ "grh_of_another_host", grh_of_another_host, NULL },
	{ "grh_of_version_zero", grh_of_version_zero, NULL },
	{ "grh_bad_port", grh_bad_port, NULL },
	{ "grh_null", grh_null, NULL },
	{ "wc_null", wc_null, NULL },
	{ "create_without_grh", create_without_grh, NULL },
	{ "create_from_ip4", create_from_ip4, NULL },
	{ "resolve_no_grh", resolve_no_grh, NULL },
	{ "resolve_own", resolve_own, NULL },
	{ "resolve_neighbour", resolve_neighbour, NULL },
	{ "resolve_unreachable", resolve_unreachable, NULL },
	{ "resolve_unreachable_ip6", resolve_unreachable_ip6, NULL },
	{ "resolve_multicast_ip4", resolve_multicast_ip4, NULL },
	{ "resolve_multicast_mapped", resolve_multicast_mapped, NULL },
	{ "resolve_multicast_ip6", resolve_multicast_ip6, NULL },
	{ "resolve_link_local", resolve_link_local, NULL },
	{ "resolve_foreign_link_local", resolve_foreign_link_local, NULL },
	{ "resolve_bad_sgid", resolve_bad_sgid, NULL },
	{ "resolve_free_sgid", resolve_free_sgid, NULL },
	{ "resolve_bad_port", resolve_bad_port, NULL },
};

int main(int argc, char **argv)
{
	return probe_main(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
