/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * The specifications of a flow as the kernel knows them. Filters have the
 * same bytes on both sides, those of the wire; but ours leave gaps that may
 * hold anything, and begin elsewhere.
 */
#include "internal.h"

/* Any of the kernel's specifications: they all begin like this. */
union uapi_spec {
	struct ib_uverbs_flow_spec_hdr hdr;
	struct ib_uverbs_flow_spec_eth eth;
	struct ib_uverbs_flow_spec_ipv4 ipv4;
	struct ib_uverbs_flow_spec_ipv6 ipv6;
	struct ib_uverbs_flow_spec_esp esp;
	struct ib_uverbs_flow_spec_tcp_udp tcp_udp;
	struct ib_uverbs_flow_spec_gre gre;
	struct ib_uverbs_flow_spec_mpls mpls;
	struct ib_uverbs_flow_spec_tunnel tunnel;
	struct ib_uverbs_flow_spec_action_tag tag;
	struct ib_uverbs_flow_spec_action_drop drop;
	struct ib_uverbs_flow_spec_action_handle action;
	struct ib_uverbs_flow_spec_action_count count;
};

_Static_assert(sizeof(union uapi_spec) == FLOW_SPEC_MAX_LEN,
	       "FLOW_SPEC_MAX_LEN is the longest");

static void eth_to_uapi(struct ib_uverbs_flow_eth_filter *dst,
			const struct ibv_flow_eth_filter *src)
{
	memcpy(dst->dst_mac, src->dst_mac, sizeof(dst->dst_mac));
	memcpy(dst->src_mac, src->src_mac, sizeof(dst->src_mac));
	dst->ether_type = src->ether_type;
	dst->vlan_tag = src->vlan_tag;
}

static void ipv4_to_uapi(struct ib_uverbs_flow_ipv4_filter *dst,
			 const struct ibv_flow_ipv4_filter *src)
{
	dst->src_ip = src->src_ip;
	dst->dst_ip = src->dst_ip;
}

static void ipv4_ext_to_uapi(struct ib_uverbs_flow_ipv4_filter *dst,
			     const struct ibv_flow_ipv4_ext_filter *src)
{
	dst->src_ip = src->src_ip;
	dst->dst_ip = src->dst_ip;
	dst->proto = src->proto;
	dst->tos = src->tos;
	dst->ttl = src->ttl;
	dst->flags = src->flags;
}

static void ipv6_to_uapi(struct ib_uverbs_flow_ipv6_filter *dst,
			 const struct ibv_flow_ipv6_filter *src)
{
	memcpy(dst->src_ip, src->src_ip, sizeof(dst->src_ip));
	memcpy(dst->dst_ip, src->dst_ip, sizeof(dst->dst_ip));
	dst->flow_label = src->flow_label;
	dst->next_hdr = src->next_hdr;
	dst->traffic_class = src->traffic_class;
	dst->hop_limit = src->hop_limit;
}

static void esp_to_uapi(struct ib_uverbs_flow_spec_esp_filter *dst,
			const struct ibv_flow_esp_filter *src)
{
	dst->spi = src->spi;
	dst->seq = src->seq;
}

static void tcp_udp_to_uapi(struct ib_uverbs_flow_tcp_udp_filter *dst,
			    const struct ibv_flow_tcp_udp_filter *src)
{
	dst->dst_port = src->dst_port;
	dst->src_port = src->src_port;
}

static void gre_to_uapi(struct ib_uverbs_flow_gre_filter *dst,
			const struct ibv_flow_gre_filter *src)
{
	dst->c_ks_res0_ver = src->c_ks_res0_ver;
	dst->protocol = src->protocol;
	dst->key = src->key;
}

/*
 * Fills dst but for its size, which it returns; 0 for a type that nobody
 * knows. What an encapsulated packet has differs only in a bit of the type.
 */
static size_t filter_to_uapi(union uapi_spec *dst,
			     const struct ibv_flow_spec *src)
{
	dst->hdr.type = src->hdr.type;
	switch (src->hdr.type & ~(uint32_t)IBV_FLOW_SPEC_INNER) {
	case IBV_FLOW_SPEC_ETH:
		eth_to_uapi(&dst->eth.val, &src->eth.val);
		eth_to_uapi(&dst->eth.mask, &src->eth.mask);
		return sizeof(dst->eth);
	case IBV_FLOW_SPEC_IPV4:
		ipv4_to_uapi(&dst->ipv4.val, &src->ipv4.val);
		ipv4_to_uapi(&dst->ipv4.mask, &src->ipv4.mask);
		return sizeof(dst->ipv4);
	case IBV_FLOW_SPEC_IPV4_EXT:
		/* The kernel has one for both. */
		dst->hdr.type ^= IBV_FLOW_SPEC_IPV4_EXT ^ IBV_FLOW_SPEC_IPV4;
		ipv4_ext_to_uapi(&dst->ipv4.val, &src->ipv4_ext.val);
		ipv4_ext_to_uapi(&dst->ipv4.mask, &src->ipv4_ext.mask);
		return sizeof(dst->ipv4);
	case IBV_FLOW_SPEC_IPV6:
		ipv6_to_uapi(&dst->ipv6.val, &src->ipv6.val);
		ipv6_to_uapi(&dst->ipv6.mask, &src->ipv6.mask);
		return sizeof(dst->ipv6);
	case IBV_FLOW_SPEC_ESP:
		esp_to_uapi(&dst->esp.val, &src->esp.val);
		esp_to_uapi(&dst->esp.mask, &src->esp.mask);
		return sizeof(dst->esp);
	case IBV_FLOW_SPEC_TCP:
	case IBV_FLOW_SPEC_UDP:
		tcp_udp_to_uapi(&dst->tcp_udp.val, &src->tcp_udp.val);
		tcp_udp_to_uapi(&dst->tcp_udp.mask, &src->tcp_udp.mask);
		return sizeof(dst->tcp_udp);
	case IBV_FLOW_SPEC_GRE:
		gre_to_uapi(&dst->gre.val, &src->gre.val);
		gre_to_uapi(&dst->gre.mask, &src->gre.mask);
		return sizeof(dst->gre);
	case IBV_FLOW_SPEC_MPLS:
		dst->mpls.val.label = src->mpls.val.label;
		dst->mpls.mask.label = src->mpls.mask.label;
		return sizeof(dst->mpls);
	case IBV_FLOW_SPEC_VXLAN_TUNNEL:
		dst->tunnel.val.tunnel_id = src->tunnel.val.tunnel_id;
		dst->tunnel.mask.tunnel_id = src->tunnel.mask.tunnel_id;
		return sizeof(dst->tunnel);
	default:
		return 0;
	}
}

/* Likewise for what happens to the packets that match. */
static size_t action_to_uapi(union uapi_spec *dst,
			     const struct ibv_flow_spec *src)
{
	dst->hdr.type = src->hdr.type;
	switch (src->hdr.type) {
	case IBV_FLOW_SPEC_ACTION_TAG:
		dst->tag.tag_id = src->flow_tag.tag_id;
		return sizeof(dst->tag);
	case IBV_FLOW_SPEC_ACTION_DROP:
		return sizeof(dst->drop);
	case IBV_FLOW_SPEC_ACTION_HANDLE:
		dst->action.handle =
			to_vflow_action(src->handle.action)->handle;
		return sizeof(dst->action);
	case IBV_FLOW_SPEC_ACTION_COUNT:
		dst->count.handle =
			to_vcounters(src->flow_count.counters)->handle;
		return sizeof(dst->count);
	default:
		return filter_to_uapi(dst, src);
	}
}

/*
 * Reads the specification at src, which need not be aligned, as far as it says
 * that it goes. Returns its length, or 0 when that cannot be.
 */
static size_t read_spec(struct ibv_flow_spec *spec, const char *src)
{
	size_t len;

	memset(spec, 0, sizeof(*spec));
	memcpy(&spec->hdr, src, sizeof(spec->hdr));
	len = spec->hdr.size;
	if (len < sizeof(spec->hdr))
		return 0;
	memcpy(spec, src, len < sizeof(*spec) ? len : sizeof(*spec));
	return len;
}

int flow_specs_to_uapi(void *dst, const struct ibv_flow_attr *attr, size_t *len)
{
	const char *src = (const char *)(attr + 1);
	struct ibv_flow_spec spec;
	union uapi_spec *out;
	size_t src_len;
	uint8_t i;

	*len = 0;
	for (i = 0; i < attr->num_of_specs; i++) {
		src_len = read_spec(&spec, src);
		if (!src_len)
			return EINVAL;
		out = (union uapi_spec *)((char *)dst + *len);
		out->hdr.size = action_to_uapi(out, &spec);
		if (!out->hdr.size)
			return EINVAL;
		*len += out->hdr.size;
		src += src_len;
	}
	return 0;
}
