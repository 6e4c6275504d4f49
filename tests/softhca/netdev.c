// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/etherdevice.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>

#include "raw.h"

/*
 * The network device of an RDMA device gives it its GIDs, and frames pass
 * through it to and from other ports. The traffic of other QPs never does.
 */

struct hca_netdev {
	struct hca_dev *dev;
};

static void port_event(struct net_device *ndev, enum ib_event_type type)
{
	struct hca_netdev *priv = netdev_priv(ndev);
	struct ib_event event = {
		.device = &priv->dev->ib,
		.element.port_num = 1,
		.event = type,
	};

	hca_devx_port_event(priv->dev, type == IB_EVENT_PORT_ACTIVE);
	if (!HCA_CORE_REPORTS_PORTS && READ_ONCE(priv->dev->registered))
		ib_dispatch_event(&event);
}

static int hca_ndo_open(struct net_device *ndev)
{
	netif_carrier_on(ndev);
	netif_start_queue(ndev);
	port_event(ndev, IB_EVENT_PORT_ACTIVE);
	return 0;
}

static int hca_ndo_stop(struct net_device *ndev)
{
	netif_stop_queue(ndev);
	netif_carrier_off(ndev);
	port_event(ndev, IB_EVENT_PORT_ERR);
	return 0;
}

static int hca_ndo_change_carrier(struct net_device *ndev, bool up)
{
	if (up)
		netif_carrier_on(ndev);
	else
		netif_carrier_off(ndev);
	port_event(ndev, up ? IB_EVENT_PORT_ACTIVE : IB_EVENT_PORT_ERR);
	return 0;
}

static netdev_tx_t hca_ndo_xmit(struct sk_buff *skb, struct net_device *ndev)
{
	struct hca_netdev *priv = netdev_priv(ndev);

	/* One that cannot be filled up is gone. */
	if (!eth_skb_pad(skb))
		hca_wire_send(priv->dev, skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops hca_netdev_ops = {
	.ndo_open = hca_ndo_open,
	.ndo_stop = hca_ndo_stop,
	.ndo_start_xmit = hca_ndo_xmit,
	.ndo_change_carrier = hca_ndo_change_carrier,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_validate_addr = eth_validate_addr,
};

struct net_device *hca_netdev_create(struct hca_dev *dev)
{
	struct hca_netdev *priv;
	struct net_device *ndev;
	int ret;

	ndev = alloc_netdev(sizeof(*priv), "softhca%d", NET_NAME_ENUM,
			    ether_setup);
	if (!ndev)
		return ERR_PTR(-ENOMEM);

	priv = netdev_priv(ndev);
	priv->dev = dev;
	hca_wire_init(dev);
	ndev->netdev_ops = &hca_netdev_ops;
	/* No neighbour answers here, and none has to be asked for. */
	ndev->flags |= IFF_NOARP;
	ndev->flags &= ~IFF_MULTICAST;
	/* The RDMA device stays in the first name space, so does this one. */
	ndev->netns_immutable = true;
	/* The smallest that leaves room for an MTU of RDMA, which is 256. */
	ndev->min_mtu = 512;
	ndev->max_mtu = ETH_MAX_MTU;
	ndev->mtu = 9000;
	eth_hw_addr_random(ndev);
	SET_NETDEV_DEV(ndev, dev->ib.dev.parent);
	netif_carrier_off(ndev);

	ret = register_netdev(ndev);
	if (ret) {
		free_netdev(ndev);
		return ERR_PTR(ret);
	}
	return ndev;
}

/* A device is ready for use once loaded; failing to is the user's to see. */
void hca_netdev_up(struct net_device *ndev)
{
	rtnl_lock();
	dev_change_flags(ndev, ndev->flags | IFF_UP, NULL);
	rtnl_unlock();
}

void hca_netdev_destroy(struct net_device *ndev)
{
	struct hca_netdev *priv = netdev_priv(ndev);

	unregister_netdev(ndev);
	hca_wire_exit(priv->dev);
	free_netdev(ndev);
}
