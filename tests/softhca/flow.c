// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/etherdevice.h>
#include <linux/slab.h>

#include "raw.h"

/*
 * Flows: which frames a QP receives. A frame tries the flows of its port one
 * after the other; the first that matches takes it, and so do those that are
 * the same but for their QP. Sniffers get a copy and take nothing.
 */

/* In the order in which frames try them. */
enum rank {
	RANK_SNIFFER,
	RANK_NORMAL,
	RANK_DEFAULT, /* what no flow has taken */
};

struct hca_flow {
	struct ib_flow ib;
	struct list_head entry; /* of the device's */
	struct hca_qp *qp;
	enum rank rank;
	u16 priority;
	bool dont_trap; /* others may have the frame as well */
	bool drop;
	u32 tag;
	struct hca_fields value;
	struct hca_fields mask;
	struct ib_counters *counters;
};

static struct hca_flow *to_hflow(struct ib_flow *ib)
{
	return container_of(ib, struct hca_flow, ib);
}

/* ---- What a flow wants --------------------------------------------------------- */

/* The field at an offset, which its spec may have at another. */
static void want(struct hca_flow *flow, size_t at, size_t len,
		 const void *value, const void *mask)
{
	memcpy((u8 *)&flow->value + at, value, len);
	memcpy((u8 *)&flow->mask + at, mask, len);
}

static void want_byte(u8 *value, u8 *mask, u8 wanted)
{
	*value = wanted;
	*mask = 0xff;
}

static int add_eth(struct hca_flow *flow, const struct ib_flow_spec_eth *spec)
{
	want(flow, offsetof(struct hca_fields, dmac), sizeof(spec->val.dst_mac),
	     &spec->val.dst_mac, &spec->mask.dst_mac);
	want(flow, offsetof(struct hca_fields, smac), sizeof(spec->val.src_mac),
	     &spec->val.src_mac, &spec->mask.src_mac);
	want(flow, offsetof(struct hca_fields, type),
	     sizeof(spec->val.ether_type), &spec->val.ether_type,
	     &spec->mask.ether_type);
	want(flow, offsetof(struct hca_fields, vlan),
	     sizeof(spec->val.vlan_tag), &spec->val.vlan_tag,
	     &spec->mask.vlan_tag);
	if (spec->mask.vlan_tag)
		want_byte(&flow->value.tagged, &flow->mask.tagged, 1);
	return 0;
}

/* As with the driver, not by time to live and fragmentation. */
static int add_ipv4(struct hca_flow *flow, const struct ib_flow_spec_ipv4 *spec)
{
	if (spec->mask.ttl || spec->mask.flags)
		return -EOPNOTSUPP;
	want_byte(&flow->value.version, &flow->mask.version, 4);
	want(flow, offsetof(struct hca_fields, src), sizeof(spec->val.src_ip),
	     &spec->val.src_ip, &spec->mask.src_ip);
	want(flow, offsetof(struct hca_fields, dst), sizeof(spec->val.dst_ip),
	     &spec->val.dst_ip, &spec->mask.dst_ip);
	want(flow, offsetof(struct hca_fields, proto), sizeof(spec->val.proto),
	     &spec->val.proto, &spec->mask.proto);
	want(flow, offsetof(struct hca_fields, tos), sizeof(spec->val.tos),
	     &spec->val.tos, &spec->mask.tos);
	return 0;
}

static int add_ipv6(struct hca_flow *flow, const struct ib_flow_spec_ipv6 *spec)
{
	if (spec->mask.hop_limit)
		return -EOPNOTSUPP;
	want_byte(&flow->value.version, &flow->mask.version, 6);
	want(flow, offsetof(struct hca_fields, src), sizeof(spec->val.src_ip),
	     &spec->val.src_ip, &spec->mask.src_ip);
	want(flow, offsetof(struct hca_fields, dst), sizeof(spec->val.dst_ip),
	     &spec->val.dst_ip, &spec->mask.dst_ip);
	want(flow, offsetof(struct hca_fields, label),
	     sizeof(spec->val.flow_label), &spec->val.flow_label,
	     &spec->mask.flow_label);
	want(flow, offsetof(struct hca_fields, proto),
	     sizeof(spec->val.next_hdr), &spec->val.next_hdr,
	     &spec->mask.next_hdr);
	want(flow, offsetof(struct hca_fields, tos),
	     sizeof(spec->val.traffic_class), &spec->val.traffic_class,
	     &spec->mask.traffic_class);
	return 0;
}

static int add_ports(struct hca_flow *flow,
		     const struct ib_flow_spec_tcp_udp *spec, u8 proto)
{
	want_byte(&flow->value.l4, &flow->mask.l4, proto);
	want(flow, offsetof(struct hca_fields, sport),
	     sizeof(spec->val.src_port), &spec->val.src_port,
	     &spec->mask.src_port);
	want(flow, offsetof(struct hca_fields, dport),
	     sizeof(spec->val.dst_port), &spec->val.dst_port,
	     &spec->mask.dst_port);
	return 0;
}

static int add_tag(struct hca_flow *flow,
		   const struct ib_flow_spec_action_tag *spec)
{
	if (spec->tag_id > HCA_MAX_TAG)
		return -EINVAL;
	flow->tag = spec->tag_id;
	return 0;
}

static int add_count(struct hca_flow *flow,
		     const struct ib_flow_spec_action_count *spec)
{
	if (flow->counters)
		return -EINVAL;
	flow->counters = spec->counters;
	return 0;
}

static int add_spec(struct hca_flow *flow, const union ib_flow_spec *spec)
{
	switch (spec->type) {
	case IB_FLOW_SPEC_ETH:
		return add_eth(flow, &spec->eth);
	case IB_FLOW_SPEC_IPV4:
		return add_ipv4(flow, &spec->ipv4);
	case IB_FLOW_SPEC_IPV6:
		return add_ipv6(flow, &spec->ipv6);
	case IB_FLOW_SPEC_TCP:
		return add_ports(flow, &spec->tcp_udp, IPPROTO_TCP);
	case IB_FLOW_SPEC_UDP:
		return add_ports(flow, &spec->tcp_udp, IPPROTO_UDP);
	case IB_FLOW_SPEC_ACTION_TAG:
		return add_tag(flow, &spec->flow_tag);
	case IB_FLOW_SPEC_ACTION_DROP:
		flow->drop = true;
		return 0;
	case IB_FLOW_SPEC_ACTION_COUNT:
		return add_count(flow, &spec->flow_count);
	default:
		return -EOPNOTSUPP;
	}
}

static int add_specs(struct hca_flow *flow, const struct ib_flow_attr *attr)
{
	const void *spec = attr->flows;
	u8 *value = (u8 *)&flow->value;
	const u8 *mask = (const u8 *)&flow->mask;
	int i, ret;

	for (i = 0; i < attr->num_of_specs; i++) {
		ret = add_spec(flow, spec);
		if (ret)
			return ret;
		spec += ((const union ib_flow_spec *)spec)->size;
	}
	/* So that two that want the same are the same. */
	for (i = 0; i < sizeof(flow->value); i++)
		value[i] &= mask[i];
	return 0;
}

static void want_multicast(struct hca_flow *flow)
{
	flow->value.dmac[0] = 1;
	flow->mask.dmac[0] = 1;
}

/* Only the flows of programs that look at fields have any to look at. */
static int set_type(struct hca_flow *flow, const struct ib_flow_attr *attr)
{
	if (attr->type != IB_FLOW_ATTR_NORMAL &&
	    (attr->num_of_specs || attr->flags))
		return -EINVAL;
	switch (attr->type) {
	case IB_FLOW_ATTR_NORMAL:
		flow->rank = RANK_NORMAL;
		flow->priority = attr->priority;
		return 0;
	case IB_FLOW_ATTR_MC_DEFAULT:
		want_multicast(flow);
		fallthrough;
	case IB_FLOW_ATTR_ALL_DEFAULT:
		flow->rank = RANK_DEFAULT;
		return 0;
	case IB_FLOW_ATTR_SNIFFER:
		flow->rank = RANK_SNIFFER;
		return 0;
	default:
		return -EINVAL;
	}
}

/* ---- The verbs ----------------------------------------------------------------- */

static int check_attr(const struct hca_qp *qp, const struct ib_flow_attr *attr)
{
	if (attr->flags & IB_FLOW_ATTR_FLAGS_EGRESS)
		return -EOPNOTSUPP;
	if (attr->flags & ~IB_FLOW_ATTR_FLAGS_DONT_TRAP || attr->port != 1 ||
	    !hca_is_raw(qp))
		return -EINVAL;
	return attr->priority < HCA_FLOW_PRIORITIES ? 0 : -ENOSPC;
}

static bool comes_before(const struct hca_flow *a, const struct hca_flow *b)
{
	if (a->rank != b->rank)
		return a->rank < b->rank;
	return a->priority < b->priority;
}

/* Behind those that are as important. */
static void publish(struct hca_dev *dev, struct hca_flow *flow)
{
	struct hca_flow *other;

	mutex_lock(&hca_mutex);
	list_for_each_entry (other, &dev->flows, entry)
		if (comes_before(flow, other))
			break;
	list_add_tail(&flow->entry, &other->entry);
	mutex_unlock(&hca_mutex);
}

static int init_flow(struct hca_flow *flow, struct hca_qp *qp,
		     const struct ib_flow_attr *attr)
{
	int ret;

	flow->qp = qp;
	flow->dont_trap = attr->flags & IB_FLOW_ATTR_FLAGS_DONT_TRAP;
	ret = set_type(flow, attr);
	if (!ret)
		ret = add_specs(flow, attr);
	if (!ret && !flow->drop && !qp->rxq && !qp->rss)
		ret = -EINVAL;
	return ret;
}

struct ib_flow *hca_create_flow(struct ib_qp *ibqp, struct ib_flow_attr *attr,
				struct ib_udata *udata)
{
	struct hca_dev *dev = to_hca(ibqp->device);
	struct hca_qp *qp = to_hqp(ibqp);
	struct hca_flow *flow;
	int ret;

	ret = check_attr(qp, attr);
	if (ret)
		return ERR_PTR(ret);
	if (!hca_obj_get(dev, HCA_OBJ_FLOWS, HCA_MAX_FLOWS))
		return ERR_PTR(-ENOMEM);
	flow = kzalloc(sizeof(*flow), GFP_KERNEL_ACCOUNT);
	ret = -ENOMEM;
	if (!flow)
		goto put_count;
	ret = init_flow(flow, qp, attr);
	if (!ret)
		ret = hca_counters_bind(flow->counters, udata);
	if (ret)
		goto free_flow;
	publish(dev, flow);
	return &flow->ib;

free_flow:
	kfree(flow);
put_count:
	hca_obj_put(dev, HCA_OBJ_FLOWS);
	return ERR_PTR(ret);
}

int hca_destroy_flow(struct ib_flow *ibflow)
{
	struct hca_flow *flow = to_hflow(ibflow);
	struct hca_dev *dev = to_hca(flow->qp->ib.device);

	mutex_lock(&hca_mutex);
	list_del(&flow->entry);
	mutex_unlock(&hca_mutex);
	hca_counters_unbind(flow->counters);
	kfree(flow);
	hca_obj_put(dev, HCA_OBJ_FLOWS);
	return 0;
}

/* ---- Frames -------------------------------------------------------------------- */

static bool matches(const struct hca_flow *flow, const struct hca_frame *frame)
{
	const u8 *value = (const u8 *)&flow->value;
	const u8 *mask = (const u8 *)&flow->mask;
	const u8 *is = (const u8 *)&frame->fields;
	size_t i;

	for (i = 0; i < sizeof(flow->value); i++)
		if ((is[i] ^ value[i]) & mask[i])
			return false;
	return true;
}

static void apply(const struct hca_flow *flow, const struct hca_frame *frame)
{
	struct hca_counters *counters;

	if (flow->counters) {
		counters =
			container_of(flow->counters, struct hca_counters, ib);
		counters->packets++;
		counters->bytes += frame->skb->len;
	}
	if (!flow->drop)
		hca_raw_take_locked(flow->qp, frame, flow->tag);
}

/* Whether a frame that the one has taken is the other's, too. */
static bool shares(const struct hca_flow *flow, const struct hca_flow *taker)
{
	if (flow->rank != taker->rank || flow->priority != taker->priority)
		return false;
	return flow->rank == RANK_DEFAULT ||
	       (!memcmp(&flow->value, &taker->value, sizeof(flow->value)) &&
		!memcmp(&flow->mask, &taker->mask, sizeof(flow->mask)));
}

/* Gives a frame that has arrived to its flows; false if none has taken it. */
bool hca_steer_locked(struct hca_dev *dev, const struct hca_frame *frame)
{
	const struct hca_flow *flow, *taker = NULL;

	list_for_each_entry (flow, &dev->flows, entry) {
		if (taker && !shares(flow, taker))
			continue;
		if (!matches(flow, frame))
			continue;
		apply(flow, frame);
		if (flow->rank != RANK_SNIFFER && !flow->dont_trap)
			taker = flow;
	}
	return taker;
}

/* Sniffers see also what their own port sends. */
void hca_sniff_locked(struct hca_dev *dev, const struct hca_frame *frame)
{
	const struct hca_flow *flow;

	list_for_each_entry (flow, &dev->flows, entry)
		if (flow->rank == RANK_SNIFFER)
			apply(flow, frame);
}
