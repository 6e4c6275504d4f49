// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/etherdevice.h>
#include <linux/netdevice.h>

#include "raw.h"

/*
 * The wire: all ports are at one switch. Frames come to it from the network
 * devices, whoever sent them there; the engine takes them to the ports that
 * they are for, where flows come first and the network device gets the rest.
 */

enum {
	MAX_ON_WIRE = 1024, /* before senders have to wait, */
	MAX_QUEUED = 4 * MAX_ON_WIRE, /* and those that cannot lose theirs */
	TURN_FRAMES = 64,
};

void hca_wire_init(struct hca_dev *dev)
{
	INIT_LIST_HEAD(&dev->flows);
	skb_queue_head_init(&dev->wire);
}

/* When nothing can be sent any more. */
void hca_wire_exit(struct hca_dev *dev)
{
	skb_queue_purge(&dev->wire);
}

bool hca_wire_busy(const struct hca_dev *dev)
{
	return skb_queue_len_lockless(&dev->wire) >= MAX_ON_WIRE;
}

/* From any context. */
void hca_wire_send(struct hca_dev *dev, struct sk_buff *skb)
{
	if (skb_queue_len_lockless(&dev->wire) >= MAX_QUEUED) {
		dev_core_stats_tx_dropped_inc(dev->ndev);
		kfree_skb(skb);
		return;
	}
	DEV_STATS_INC(dev->ndev, tx_packets);
	DEV_STATS_ADD(dev->ndev, tx_bytes, skb->len);
	skb_orphan(skb);
	skb_queue_tail(&dev->wire, skb);
	hca_kick();
}

static bool port_up(const struct hca_dev *dev)
{
	return netif_running(dev->ndev) && netif_carrier_ok(dev->ndev);
}

/* What no flow has taken. */
static void give_to_stack(struct hca_dev *dev, struct sk_buff *skb)
{
	struct sk_buff *copy = skb_clone(skb, GFP_KERNEL);
	u32 len = skb->len;

	if (copy && dev_forward_skb(dev->ndev, copy) == NET_RX_SUCCESS) {
		DEV_STATS_INC(dev->ndev, rx_packets);
		DEV_STATS_ADD(dev->ndev, rx_bytes, len);
	}
}

static void arrive(struct hca_dev *dev, const struct hca_frame *frame)
{
	if (port_up(dev) && !hca_steer_locked(dev, frame))
		give_to_stack(dev, frame->skb);
}

/* The port whose address this is, if there is one. */
static struct hca_dev *find_port(const u8 *mac)
{
	struct hca_dev *dev;

	list_for_each_entry (dev, &hca_devs, entry)
		if (ether_addr_equal(dev->ndev->dev_addr, mac))
			return dev;
	return NULL;
}

/* A frame that nobody is known to be the receiver of goes to all. */
static void forward(struct hca_dev *from, struct sk_buff *skb)
{
	struct hca_dev *dev, *to;
	struct hca_frame frame;

	hca_parse_frame(&frame, skb);
	hca_sniff_locked(from, &frame);
	to = find_port(frame.fields.dmac);
	if (to == from)
		return;
	if (to) {
		arrive(to, &frame);
		return;
	}
	list_for_each_entry (dev, &hca_devs, entry)
		if (dev != from)
			arrive(dev, &frame);
}

static bool run_wire(struct hca_dev *dev)
{
	struct sk_buff *skb;
	int n = TURN_FRAMES;
	bool any = false;

	while (n-- && (skb = skb_dequeue(&dev->wire))) {
		if (!skb_linearize(skb))
			forward(dev, skb);
		kfree_skb(skb);
		any = true;
	}
	return any;
}

bool hca_wires_run_locked(void)
{
	struct hca_dev *dev;
	bool any = false;

	list_for_each_entry (dev, &hca_devs, entry)
		any |= run_wire(dev);
	return any;
}
