/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * The way back to the sender of a UD message, from its completion and the 40
 * bytes that the device put before it.
 */
#include <endian.h>
#include <netinet/in.h>
#include <netinet/ip.h>

#include "driver.h"

/* Next header of RoCE v1 (IBTA annex A16); RoCE v2 has UDP there. */
#define NEXT_HDR_IBA 0x1b

/*
 * The 40 bytes: a GRH, which is an IPv6 header in RoCE v2, or an IPv4 header in
 * their second half (IBTA annex A17), behind bytes that mean nothing.
 */
struct received {
	union ibv_gid sgid;
	union ibv_gid dgid;
	uint32_t gid_type; /* enum ibv_gid_type: of dgid, in the port's table */
	uint32_t flow_label;
	uint8_t traffic_class;
	uint8_t hop_limit;
};

static const struct iphdr *ip4_header(const struct ibv_grh *grh)
{
	return (const struct iphdr *)((const uint8_t *)grh + sizeof(*grh) -
				      sizeof(struct iphdr));
}

/* RFC 1071: with its checksum, the whole adds up to all ones. */
static int checksum_fits(const struct iphdr *ip)
{
	uint16_t words[sizeof(*ip) / 2];
	uint32_t sum = 0;
	size_t i;

	memcpy(words, ip, sizeof(words));
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16) == 0xffff;
}

/*
 * The bytes before an IPv4 header may look like the start of a GRH; then only
 * a checksum tells. Where they do not it is none of ours to verify: software
 * devices leave it out.
 */
static int is_ip4(const struct ibv_grh *grh)
{
	const struct iphdr *ip = ip4_header(grh);

	if (ip->version != 4 || ip->ihl != 5)
		return 0;
	return be32toh(grh->version_tclass_flow) >> 28 != 6 ||
	       checksum_fits(ip);
}

static void map_ip4(union ibv_gid *gid, uint32_t addr)
{
	memset(gid->raw, 0, 10);
	memset(gid->raw + 10, 0xff, 2);
	memcpy(gid->raw + 12, &addr, 4);
}

static int read_ip4(struct received *r, const struct iphdr *ip)
{
	if (ip->protocol != IPPROTO_UDP)
		return EPROTONOSUPPORT;
	map_ip4(&r->sgid, ip->saddr);
	map_ip4(&r->dgid, ip->daddr);
	r->gid_type = IBV_GID_TYPE_ROCE_V2;
	r->flow_label = 0;
	r->traffic_class = ip->tos;
	r->hop_limit = ip->ttl;
	return 0;
}

static int read_grh(struct received *r, const struct ibv_grh *grh,
		    uint8_t link_layer)
{
	uint32_t word = be32toh(grh->version_tclass_flow);

	if (word >> 28 != 6)
		return EPROTONOSUPPORT;
	if (link_layer != IBV_LINK_LAYER_ETHERNET)
		r->gid_type = IBV_GID_TYPE_IB;
	else if (grh->next_hdr == NEXT_HDR_IBA)
		r->gid_type = IBV_GID_TYPE_ROCE_V1;
	else if (grh->next_hdr == IPPROTO_UDP)
		r->gid_type = IBV_GID_TYPE_ROCE_V2;
	else
		return EPROTONOSUPPORT;
	r->sgid = grh->sgid;
	r->dgid = grh->dgid;
	r->flow_label = word & IB_GRH_FLOWLABEL_MASK;
	r->traffic_class = (uint8_t)(word >> 20);
	r->hop_limit = grh->hop_limit;
	return 0;
}

static int read_header(struct received *r, const struct ibv_grh *grh,
		       uint8_t link_layer)
{
	if (link_layer == IBV_LINK_LAYER_ETHERNET && is_ip4(grh))
		return read_ip4(r, ip4_header(grh));
	return read_grh(r, grh, link_layer);
}

/* The table has holes. EINVAL: the message was sent to another address. */
static int find_sgid(struct ibv_context *context, uint8_t port_num, int len,
		     const struct received *r, uint8_t *index)
{
	struct ibv_gid_entry entry;
	int i, ret;

	for (i = 0; i < len && i <= UINT8_MAX; i++) {
		ret = _ibv_query_gid_ex(context, port_num, (uint32_t)i, &entry,
					0, sizeof(entry));
		if (ret == ENODATA)
			continue;
		if (ret)
			return ret;
		if (entry.gid_type == r->gid_type &&
		    !memcmp(&entry.gid, &r->dgid, sizeof(r->dgid))) {
			*index = (uint8_t)i;
			return 0;
		}
	}
	return EINVAL;
}

static int init_grh(struct ibv_context *context, uint8_t port_num,
		    const struct ibv_port_attr *port, const struct ibv_grh *grh,
		    struct ibv_global_route *route)
{
	struct received r;
	int ret;

	ret = read_header(&r, grh, port->link_layer);
	if (ret)
		return ret;
	ret = find_sgid(context, port_num, port->gid_tbl_len, &r,
			&route->sgid_index);
	if (ret)
		return ret;
	route->dgid = r.sgid;
	route->flow_label = r.flow_label;
	route->traffic_class = r.traffic_class;
	route->hop_limit = r.hop_limit;
	return 0;
}

/* On Ethernet every message has the 40 bytes, whatever the flag says. */
static int init_ah(struct ibv_context *context, uint8_t port_num,
		   const struct ibv_wc *wc, const struct ibv_grh *grh,
		   struct ibv_ah_attr *attr)
{
	struct ibv_port_attr port;
	int ret;

	ret = ibv_query_port(context, port_num, &port);
	if (ret)
		return ret;
	memset(attr, 0, sizeof(*attr));
	attr->dlid = wc->slid;
	attr->sl = wc->sl;
	attr->src_path_bits = wc->dlid_path_bits;
	attr->port_num = port_num;
	if (port.link_layer != IBV_LINK_LAYER_ETHERNET &&
	    !(wc->wc_flags & IBV_WC_GRH))
		return 0;
	if (!grh)
		return EINVAL;
	attr->is_global = 1;
	return init_grh(context, port_num, &port, grh, &attr->grh);
}

VERBS_EXPORT
int ibv_init_ah_from_wc(struct ibv_context *context, uint8_t port_num,
			struct ibv_wc *wc, struct ibv_grh *grh,
			struct ibv_ah_attr *ah_attr)
{
	int ret = EINVAL;

	if (context && wc && ah_attr)
		ret = init_ah(context, port_num, wc, grh, ah_attr);
	if (!ret)
		return 0;
	errno = ret;
	return -1;
}

VERBS_EXPORT
struct ibv_ah *ibv_create_ah_from_wc(struct ibv_pd *pd, struct ibv_wc *wc,
				     struct ibv_grh *grh, uint8_t port_num)
{
	struct ibv_ah_attr attr;

	if (!pd)
		return verbs_null(EINVAL);
	if (ibv_init_ah_from_wc(pd->context, port_num, wc, grh, &attr))
		return NULL;
	return ibv_create_ah(pd, &attr);
}
