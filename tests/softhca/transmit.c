// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <net/checksum.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>

#include "raw.h"

/*
 * Sending frames. They go out through the network device, whose stack fills in
 * checksums and cuts up what is too long for one frame, as for its own.
 */

/* The first piece of the frame is in the request. */
int hca_raw_parse(struct hca_op *op, size_t *pos)
{
	const struct hca_ctrl_seg *ctrl = (void *)op->raw;
	struct hca_eth_seg *eth = (void *)op->raw + *pos;
	size_t end = (be32_to_cpu(ctrl->qpn_ds) & 0x3f) * 16;
	size_t len, head = offsetof(struct hca_eth_seg, data);

	if (end < *pos + sizeof(*eth))
		return HCA_SYN_LOCAL_QP_OP;
	len = be16_to_cpu(eth->inline_len);
	if (len > end - *pos - head)
		return HCA_SYN_LOCAL_QP_OP;
	op->cs_flags = eth->cs_flags;
	op->mss = be16_to_cpu(eth->mss);
	if (len) {
		op->seg[op->nseg++] =
			(struct hca_seg){ .inl = eth->data, .len = len };
		op->len = len;
	}
	*pos += max(ALIGN(head + len, 16), sizeof(*eth));
	return 0;
}

/* Headers of a TSO request are those that are in the request. */
static u32 headers_len(const struct hca_op *op)
{
	return op->nseg && op->seg[0].inl ? op->seg[0].len : 0;
}

int hca_raw_check_length(const struct hca_qp *qp)
{
	const struct hca_op *op = &qp->op;

	if (op->len < ETH_HLEN)
		return HCA_SYN_LOCAL_LENGTH;
	if (!hca_is_newer(qp->ib.device) &&
	    headers_len(op) < min_t(u64, HCA_MIN_INLINE, op->len))
		return HCA_SYN_LOCAL_QP_OP;
	if (op->opcode != HCA_OP_TSO)
		return 0;
	if (headers_len(op) <= ETH_HLEN || op->mss < HCA_MIN_MSS)
		return HCA_SYN_LOCAL_QP_OP;
	return op->len - headers_len(op) > HCA_MAX_TSO ? HCA_SYN_LOCAL_LENGTH
						       : 0;
}

/* What is longer than a frame may be gets no further than the port. */
static bool fits(const struct hca_qp *qp)
{
	const struct hca_op *op = &qp->op;
	const struct net_device *ndev = to_hca(qp->ib.device)->ndev;
	u64 len =
		op->opcode == HCA_OP_TSO ? headers_len(op) + op->mss : op->len;

	return len <= READ_ONCE(ndev->mtu) + VLAN_ETH_HLEN;
}

static int copy_out(struct hca_qp *qp, void *to)
{
	struct hca_op *op = &qp->op;
	struct hca_seg seg = { .inl = to, .len = op->len };
	struct hca_side src, dst = {
		.dev = to_hca(qp->ib.device),
		.seg = &seg,
		.nseg = 1,
	};
	enum hca_blame blame;
	long n;

	hca_local_side(qp, &src);
	for (op->done = 0; op->done < op->len; op->done += n) {
		n = hca_copy(&dst, &src, op->done, op->len - op->done, &blame);
		if (n < 0)
			return n;
	}
	return 0;
}

/* ---- Offloads ------------------------------------------------------------------ */

/* Headers of a frame that is about to leave; l4: 0 if it has none to fill in. */
struct headers {
	struct iphdr *ip4;
	struct ipv6hdr *ip6;
	u8 proto;
	u32 l3;
	u32 l4;
	u32 l4_len;
};

static bool find_ipv4(struct sk_buff *skb, struct headers *h)
{
	struct iphdr *ip = (void *)skb->data + h->l3;

	if (skb->len < h->l3 + sizeof(*ip) || ip->version != 4 || ip->ihl < 5 ||
	    skb->len < h->l3 + ip->ihl * 4)
		return false;
	h->ip4 = ip;
	h->proto = ip->protocol;
	if (!ip_is_fragment(ip))
		h->l4 = h->l3 + ip->ihl * 4;
	return true;
}

static bool find_ipv6(struct sk_buff *skb, struct headers *h)
{
	struct ipv6hdr *ip = (void *)skb->data + h->l3;

	if (skb->len < h->l3 + sizeof(*ip) || ip->version != 6)
		return false;
	h->ip6 = ip;
	h->proto = ip->nexthdr;
	h->l4 = h->l3 + sizeof(*ip);
	return true;
}

static u32 l4_size(u8 proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return sizeof(struct tcphdr);
	case IPPROTO_UDP:
		return sizeof(struct udphdr);
	default:
		return U32_MAX;
	}
}

/* What the IP header counts as its own, without what fills a short frame. */
static u32 l4_len(const struct sk_buff *skb, const struct headers *h)
{
	u32 len = h->ip4 ? ntohs(h->ip4->tot_len) - (h->l4 - h->l3)
			 : ntohs(h->ip6->payload_len);

	return min(len, skb->len - h->l4);
}

static bool find_headers(struct sk_buff *skb, struct headers *h)
{
	const struct ethhdr *eth = (void *)skb->data;
	const struct vlan_hdr *vlan = (void *)(eth + 1);
	__be16 type = eth->h_proto;
	bool found = false;

	*h = (struct headers){ .l3 = ETH_HLEN };
	if (type == htons(ETH_P_8021Q) && skb->len >= VLAN_ETH_HLEN) {
		type = vlan->h_vlan_encapsulated_proto;
		h->l3 = VLAN_ETH_HLEN;
	}
	if (type == htons(ETH_P_IP))
		found = find_ipv4(skb, h);
	else if (type == htons(ETH_P_IPV6))
		found = find_ipv6(skb, h);
	if (h->l4 && skb->len - h->l4 < l4_size(h->proto))
		h->l4 = 0;
	if (h->l4)
		h->l4_len = l4_len(skb, h);
	return found;
}

static __sum16 pseudo_sum(const struct headers *h)
{
	if (h->ip4)
		return ~csum_tcpudp_magic(h->ip4->saddr, h->ip4->daddr,
					  h->l4_len, h->proto, 0);
	return ~csum_ipv6_magic(&h->ip6->saddr, &h->ip6->daddr, h->l4_len,
				h->proto, 0);
}

/* Here and not later: the part that is summed up may end before the frame. */
static void fill_l4(struct sk_buff *skb, const struct headers *h)
{
	void *l4 = skb->data + h->l4;
	__sum16 *check = h->proto == IPPROTO_TCP
				 ? &((struct tcphdr *)l4)->check
				 : &((struct udphdr *)l4)->check;

	if (h->l4_len < l4_size(h->proto))
		return;
	*check = pseudo_sum(h);
	*check = csum_fold(csum_partial(l4, h->l4_len, 0));
	if (!*check && h->proto == IPPROTO_UDP)
		*check = CSUM_MANGLED_0;
}

static void fill_checksums(struct sk_buff *skb, u8 flags)
{
	struct headers h;

	if (!(flags & (HCA_ETH_L3_CSUM | HCA_ETH_L4_CSUM)) ||
	    !find_headers(skb, &h))
		return;
	if (flags & HCA_ETH_L3_CSUM && h.ip4)
		ip_send_check(h.ip4);
	if (flags & HCA_ETH_L4_CSUM && h.l4)
		fill_l4(skb, &h);
}

/* One that the stack is to cut up. Returns whether it can be. */
static bool prepare_tso(struct sk_buff *skb, const struct hca_op *op)
{
	struct skb_shared_info *info = skb_shinfo(skb);
	struct tcphdr *tcp;
	struct headers h;
	u32 len;

	if (!find_headers(skb, &h) || !h.l4 || h.proto != IPPROTO_TCP)
		return false;
	tcp = (void *)skb->data + h.l4;
	if (h.l4 + tcp->doff * 4 != headers_len(op) || tcp->doff < 5)
		return false;
	len = skb->len - h.l3;
	if (h.ip4) {
		h.ip4->tot_len = htons(len);
		ip_send_check(h.ip4);
	} else {
		h.ip6->payload_len = htons(len - sizeof(*h.ip6));
	}
	h.l4_len = skb->len - h.l4;
	tcp->check = pseudo_sum(&h);
	skb_set_network_header(skb, h.l3);
	skb_set_transport_header(skb, h.l4);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = offsetof(struct tcphdr, check);
	if (skb->len <= headers_len(op) + op->mss)
		return true;
	info->gso_size = op->mss;
	info->gso_segs = DIV_ROUND_UP(skb->len - headers_len(op), op->mss);
	info->gso_type =
		(h.ip4 ? SKB_GSO_TCPV4 : SKB_GSO_TCPV6) | SKB_GSO_DODGY;
	return true;
}

/* ---- The request --------------------------------------------------------------- */

static struct sk_buff *make_frame(struct hca_qp *qp, int *ret)
{
	struct hca_op *op = &qp->op;
	struct net_device *ndev = to_hca(qp->ib.device)->ndev;
	struct sk_buff *skb;

	skb = alloc_skb(op->len + NET_IP_ALIGN + ETH_ZLEN,
			GFP_KERNEL | __GFP_NOWARN);
	*ret = -EAGAIN;
	if (!skb)
		return NULL;
	skb_reserve(skb, NET_IP_ALIGN);
	*ret = copy_out(qp, skb_put(skb, op->len));
	if (*ret) {
		kfree_skb(skb);
		return NULL;
	}
	skb->dev = ndev;
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, ETH_HLEN);
	skb->protocol = eth_hdr(skb)->h_proto;
	return skb;
}

static bool prepare(struct sk_buff *skb, const struct hca_op *op)
{
	if (op->opcode == HCA_OP_TSO)
		return prepare_tso(skb, op);
	fill_checksums(skb, op->cs_flags);
	return true;
}

static void lose(struct hca_qp *qp)
{
	hca_count(to_hca(qp->ib.device), HCA_STAT_DROPPED, 1);
}

/* -EBADMSG if it cannot be cut up, or what is wrong with its memory. */
static int send_frame(struct hca_qp *qp)
{
	u32 len = qp->op.len;
	struct sk_buff *skb;
	int ret;

	skb = make_frame(qp, &ret);
	if (!skb)
		return ret;
	if (!prepare(skb, &qp->op)) {
		kfree_skb(skb);
		return -EBADMSG;
	}
	if (dev_queue_xmit(skb))
		lose(qp);
	else
		hca_count(to_hca(qp->ib.device), HCA_STAT_BYTES, len);
	return 0;
}

/* Sends the current request. That a frame is lost its sender does not know. */
enum hca_step hca_run_raw(struct hca_qp *qp, long *budget)
{
	struct hca_op *op = &qp->op;
	int ret = 0;

	if (hca_wire_busy(to_hca(qp->ib.device)))
		return hca_wait(qp, -EBUSY);
	*budget -= op->len;
	if (op->dropped || !fits(qp))
		lose(qp);
	else
		ret = send_frame(qp);
	if (hca_is_transient(ret))
		return hca_wait(qp, ret);
	if (ret)
		return hca_fail_send(qp, ret == -EBADMSG ? HCA_SYN_LOCAL_QP_OP
							 : HCA_SYN_LOCAL_PROT);
	return hca_finish_send(qp);
}
