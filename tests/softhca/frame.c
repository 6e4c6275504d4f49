// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/if_vlan.h>
#include <linux/unaligned.h>
#include <net/checksum.h>
#include <net/dsfield.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>

#include "raw.h"

/* What is in a frame: what flows compare, completions say, and the hash is of. */

/* What is left to look at. */
struct cursor {
	const u8 *data;
	size_t len;
};

/* The next n bytes, or NULL if there are not as many. */
static const void *take(struct cursor *cur, size_t n)
{
	const void *p = cur->data;

	if (cur->len < n)
		return NULL;
	cur->data += n;
	cur->len -= n;
	return p;
}

static bool is_tcp(u8 proto)
{
	return proto == IPPROTO_TCP;
}

/* TCP or UDP; sum: that of what the checksum has of the IP header, inverted. */
static void parse_ports(struct hca_frame *frame, struct cursor *cur,
			__sum16 sum)
{
	struct hca_fields *f = &frame->fields;
	const struct udphdr *udp = (const void *)cur->data;

	if (cur->len <
	    (is_tcp(f->proto) ? sizeof(struct tcphdr) : sizeof(struct udphdr)))
		return;
	f->l4 = f->proto;
	f->sport = udp->source; /* where TCP has them, too */
	f->dport = udp->dest;
	frame->cqe_types |= is_tcp(f->proto) ? HCA_CQE_L4_TCP : HCA_CQE_L4_UDP;
	if (!sum || (!is_tcp(f->proto) && !udp->check && f->version == 4))
		frame->cqe_ok |= HCA_CQE_L4_OK;
}

static bool has_ports(const struct hca_fields *f)
{
	return is_tcp(f->proto) || f->proto == IPPROTO_UDP;
}

static void parse_ipv4(struct hca_frame *frame, struct cursor *cur)
{
	const struct iphdr *ip = (const void *)cur->data;
	struct hca_fields *f = &frame->fields;
	size_t head, len;

	if (cur->len < sizeof(*ip))
		return;
	head = ip->ihl * 4;
	len = ntohs(ip->tot_len);
	if (ip->version != 4 || head < sizeof(*ip) || len < head ||
	    len > cur->len)
		return;
	cur->len = len; /* without what fills a short frame */
	take(cur, head);

	f->version = 4;
	f->proto = ip->protocol;
	f->tos = ip->tos;
	memcpy(f->src, &ip->saddr, sizeof(ip->saddr));
	memcpy(f->dst, &ip->daddr, sizeof(ip->daddr));
	frame->cqe_types |= HCA_CQE_L3_IPV4;
	if (!ip_fast_csum(ip, ip->ihl))
		frame->cqe_ok |= HCA_CQE_L3_OK;
	if (has_ports(f) && !ip_is_fragment(ip))
		parse_ports(frame, cur,
			    csum_tcpudp_magic(
				    ip->saddr, ip->daddr, cur->len,
				    ip->protocol,
				    csum_partial(cur->data, cur->len, 0)));
}

/* Headers between this one and TCP or UDP are not looked through. */
static void parse_ipv6(struct hca_frame *frame, struct cursor *cur)
{
	const struct ipv6hdr *ip = (const void *)cur->data;
	struct hca_fields *f = &frame->fields;
	size_t len;

	if (cur->len < sizeof(*ip) || ip->version != 6)
		return;
	len = ntohs(ip->payload_len);
	take(cur, sizeof(*ip));
	if (len > cur->len)
		return;
	cur->len = len;

	f->version = 6;
	f->proto = ip->nexthdr;
	f->tos = ipv6_get_dsfield(ip);
	f->label = ip6_flowlabel(ip);
	memcpy(f->src, &ip->saddr, sizeof(f->src));
	memcpy(f->dst, &ip->daddr, sizeof(f->dst));
	frame->cqe_types |= HCA_CQE_L3_IPV6;
	frame->cqe_ok |= HCA_CQE_L3_OK;
	if (has_ports(f))
		parse_ports(
			frame, cur,
			csum_ipv6_magic(&ip->saddr, &ip->daddr, cur->len,
					ip->nexthdr,
					csum_partial(cur->data, cur->len, 0)));
}

void hca_parse_frame(struct hca_frame *frame, struct sk_buff *skb)
{
	struct cursor cur = { .data = skb->data, .len = skb->len };
	struct hca_fields *f = &frame->fields;
	const struct ethhdr *eth = take(&cur, sizeof(*eth));
	const struct vlan_hdr *vlan;

	memset(frame, 0, sizeof(*frame));
	frame->skb = skb;
	frame->cqe_ok = HCA_CQE_L2_OK;
	ether_addr_copy(f->dmac, eth->h_dest);
	ether_addr_copy(f->smac, eth->h_source);
	f->type = eth->h_proto;
	if (f->type == htons(ETH_P_8021Q)) {
		vlan = take(&cur, sizeof(*vlan));
		if (!vlan)
			return;
		f->tagged = 1;
		f->vlan = vlan->h_vlan_TCI;
		f->type = vlan->h_vlan_encapsulated_proto;
	}
	if (f->type == htons(ETH_P_IP))
		parse_ipv4(frame, &cur);
	else if (f->type == htons(ETH_P_IPV6))
		parse_ipv6(frame, &cur);
}

/* ---- The hash ------------------------------------------------------------------ */

static size_t append(u8 *input, size_t n, const void *field, size_t len)
{
	memcpy(input + n, field, len);
	return n + len;
}

/* Those of the fields asked for that the frame has, in the usual order. */
static size_t collect(const struct hca_rss *rss, const struct hca_fields *f,
		      u8 *input)
{
	u64 has = 0;
	size_t ip_len = 0, n = 0;

	if (f->version == 4) {
		has |= MLX5_RX_HASH_SRC_IPV4 | MLX5_RX_HASH_DST_IPV4;
		ip_len = sizeof(__be32);
	} else if (f->version == 6) {
		has |= MLX5_RX_HASH_SRC_IPV6 | MLX5_RX_HASH_DST_IPV6;
		ip_len = sizeof(f->src);
	}
	if (f->l4 == IPPROTO_TCP)
		has |= MLX5_RX_HASH_SRC_PORT_TCP | MLX5_RX_HASH_DST_PORT_TCP;
	else if (f->l4 == IPPROTO_UDP)
		has |= MLX5_RX_HASH_SRC_PORT_UDP | MLX5_RX_HASH_DST_PORT_UDP;

	has &= rss->fields;
	if (has & (MLX5_RX_HASH_SRC_IPV4 | MLX5_RX_HASH_SRC_IPV6))
		n = append(input, n, f->src, ip_len);
	if (has & (MLX5_RX_HASH_DST_IPV4 | MLX5_RX_HASH_DST_IPV6))
		n = append(input, n, f->dst, ip_len);
	if (has & (MLX5_RX_HASH_SRC_PORT_TCP | MLX5_RX_HASH_SRC_PORT_UDP))
		n = append(input, n, &f->sport, sizeof(f->sport));
	if (has & (MLX5_RX_HASH_DST_PORT_TCP | MLX5_RX_HASH_DST_PORT_UDP))
		n = append(input, n, &f->dport, sizeof(f->dport));
	return n;
}

/* Toeplitz: for each 1 in the input, the 32 bits of the key from there on. */
u32 hca_hash_frame(const struct hca_rss *rss, const struct hca_fields *fields)
{
	u8 input[HCA_RSS_KEY_LEN - sizeof(u32)];
	size_t n = collect(rss, fields, input);
	u64 window = get_unaligned_be64(rss->key);
	u32 hash = 0;
	size_t i;
	int bit;

	for (i = 0; i < n; i++) {
		for (bit = 7; bit >= 0; bit--, window <<= 1)
			if (input[i] & BIT(bit))
				hash ^= window >> 32;
		window |= i + 8 < HCA_RSS_KEY_LEN ? rss->key[i + 8] : 0;
	}
	return hash;
}
