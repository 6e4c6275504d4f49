/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * The list of devices. What netlink shows is matched with the devices that
 * are already known, so that a device keeps its address from one list to the
 * next, and stays valid after ibv_free_device_list() for programs that open
 * it late.
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <rdma/rdma_netlink.h>

#include "internal.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct verbs_device *known_devices; /* the list holds a reference */

void device_get(struct verbs_device *vdev)
{
	atomic_fetch_add(&vdev->refs, 1);
}

void device_put(struct verbs_device *vdev)
{
	if (atomic_fetch_sub(&vdev->refs, 1) == 1)
		free(vdev);
}

static enum ibv_node_type node_type_from_nl(uint8_t type)
{
	switch (type) {
	case RDMA_NODE_IB_CA:
	case RDMA_NODE_IB_SWITCH:
	case RDMA_NODE_IB_ROUTER:
	case RDMA_NODE_RNIC:
	case RDMA_NODE_USNIC:
	case RDMA_NODE_USNIC_UDP:
	case RDMA_NODE_UNSPECIFIED:
		/* The kernel's numbers are the verbs' numbers. */
		return (enum ibv_node_type)type;
	default:
		return IBV_NODE_UNKNOWN;
	}
}

static enum ibv_transport_type transport_of(enum ibv_node_type type)
{
	switch (type) {
	case IBV_NODE_CA:
	case IBV_NODE_SWITCH:
	case IBV_NODE_ROUTER:
		return IBV_TRANSPORT_IB;
	case IBV_NODE_RNIC:
		return IBV_TRANSPORT_IWARP;
	case IBV_NODE_USNIC:
		return IBV_TRANSPORT_USNIC;
	case IBV_NODE_USNIC_UDP:
		return IBV_TRANSPORT_USNIC_UDP;
	case IBV_NODE_UNSPECIFIED:
		return IBV_TRANSPORT_UNSPECIFIED;
	default:
		return IBV_TRANSPORT_UNKNOWN;
	}
}

static struct verbs_device *device_new(const struct nl_device *nl,
				       const struct verbs_provider *provider)
{
	struct verbs_device *vdev = calloc(1, sizeof(*vdev));
	struct ibv_device *dev;

	if (!vdev)
		return NULL;
	atomic_init(&vdev->refs, 1);
	vdev->provider = provider;
	vdev->index = nl->index;
	vdev->driver_id = nl->driver_id;
	vdev->abi = nl->abi;
	vdev->node_guid = nl->node_guid;
	vdev->chardev = nl->chardev;
	vdev->num_ports = nl->num_ports;
	dev = &vdev->device;
	dev->node_type = node_type_from_nl(nl->node_type);
	dev->transport_type = transport_of(dev->node_type);
	memcpy(dev->name, nl->name, sizeof(dev->name));
	memcpy(dev->dev_name, nl->dev_name, sizeof(dev->dev_name));
	snprintf(dev->dev_path, sizeof(dev->dev_path),
		 "/sys/class/infiniband_verbs/%s", nl->dev_name);
	snprintf(dev->ibdev_path, sizeof(dev->ibdev_path),
		 "/sys/class/infiniband/%s", nl->name);
	return vdev;
}

/* A device may have been renamed, or its index used again for another. */
static bool is_same(const struct verbs_device *vdev, const struct nl_device *nl)
{
	return vdev->index == nl->index && vdev->chardev == nl->chardev &&
	       vdev->driver_id == nl->driver_id &&
	       vdev->node_guid == nl->node_guid &&
	       !strcmp(vdev->device.name, nl->name);
}

static struct verbs_device *take_known_locked(const struct nl_device *nl)
{
	struct verbs_device **link, *vdev;

	for (link = &known_devices; *link; link = &(*link)->next) {
		if (!is_same(*link, nl))
			continue;
		vdev = *link;
		*link = vdev->next;
		return vdev;
	}
	return NULL;
}

static void forget_locked(struct verbs_device *vdev)
{
	struct verbs_device *next;

	for (; vdev; vdev = next) {
		next = vdev->next;
		device_put(vdev);
	}
}

static struct verbs_device *device_from_nl_locked(const struct nl_device *nl)
{
	const struct verbs_provider *provider;
	struct verbs_device *vdev;

	vdev = take_known_locked(nl);
	if (vdev)
		return vdev;
	if (!nl->has_uverbs)
		return NULL;
	provider = provider_find(nl->driver_id, nl->abi);
	return provider ? device_new(nl, provider) : NULL;
}

/* Replaces the known devices by those that netlink has just shown. */
static int refresh_locked(const struct nl_device *nl, int num)
{
	struct verbs_device *fresh = NULL, **tail = &fresh;
	int i, found = 0;

	for (i = 0; i < num; i++) {
		*tail = device_from_nl_locked(&nl[i]);
		if (!*tail)
			continue;
		tail = &(*tail)->next;
		*tail = NULL;
		found++;
	}
	forget_locked(known_devices);
	known_devices = fresh;
	return found;
}

static struct ibv_device **list_from_known_locked(int num)
{
	struct ibv_device **list = calloc(num + 1, sizeof(*list));
	struct verbs_device *vdev;
	int i = 0;

	if (!list)
		return NULL;
	for (vdev = known_devices; vdev; vdev = vdev->next) {
		device_get(vdev);
		list[i++] = &vdev->device;
	}
	return list;
}

VERBS_EXPORT
struct ibv_device **ibv_get_device_list(int *num_devices)
{
	struct ibv_device **list;
	struct nl_device *nl = NULL;
	int num;

	fork_init_from_env();
	if (num_devices)
		*num_devices = 0;
	num = nl_list_devices(&nl);
	if (num < 0)
		return NULL;
	pthread_mutex_lock(&lock);
	num = refresh_locked(nl, num);
	list = list_from_known_locked(num);
	pthread_mutex_unlock(&lock);
	free(nl);
	if (list && num_devices)
		*num_devices = num;
	return list;
}

VERBS_EXPORT
void ibv_free_device_list(struct ibv_device **list)
{
	int i;

	for (i = 0; list && list[i]; i++)
		device_put(to_vdev(list[i]));
	free(list);
}

VERBS_EXPORT
const char *ibv_get_device_name(struct ibv_device *device)
{
	return device ? device->name : verbs_null(EINVAL);
}

VERBS_EXPORT
__be64 ibv_get_device_guid(struct ibv_device *device)
{
	if (!device) {
		errno = EINVAL;
		return 0;
	}
	return to_vdev(device)->node_guid;
}

VERBS_EXPORT
int ibv_get_device_index(struct ibv_device *device)
{
	if (!device) {
		errno = EINVAL;
		return -1;
	}
	return to_vdev(device)->index;
}
