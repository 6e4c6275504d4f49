/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Discovery: RDMA netlink (<rdma/rdma_netlink.h>) names the devices, and for
 * each its uverbs character device and the driver behind it.
 */
#include <endian.h>
#include <stdlib.h>

#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <rdma/rdma_netlink.h>
#include <sys/sysmacros.h>

#include "internal.h"

/* The kernel fills dump messages up to a page or 8 KiB, whichever is more. */
#define NL_BUF_LEN 16384

struct device_list {
	struct nl_device *devs;
	int num;
};

/* ------------------------------------------------------------ attributes */

static int collect_attr(const struct nlattr *attr, void *data)
{
	const struct nlattr **tb = data;
	unsigned int type = mnl_attr_get_type(attr);

	if (type < RDMA_NLDEV_ATTR_MAX)
		tb[type] = attr;
	return MNL_CB_OK;
}

static void parse_attrs(const struct nlmsghdr *msg, const struct nlattr **tb)
{
	memset(tb, 0, RDMA_NLDEV_ATTR_MAX * sizeof(*tb));
	mnl_attr_parse(msg, 0, collect_attr, tb);
}

static bool has_len(const struct nlattr *attr, size_t len)
{
	return attr && mnl_attr_get_payload_len(attr) >= len;
}

static bool copy_name(char *dst, size_t size, const struct nlattr *attr)
{
	size_t len;

	if (!attr)
		return false;
	len = strnlen(mnl_attr_get_payload(attr),
		      mnl_attr_get_payload_len(attr));
	if (!len || len >= size)
		return false;
	memcpy(dst, mnl_attr_get_payload(attr), len);
	dst[len] = '\0';
	return true;
}

int nl_parse_device(const struct nlmsghdr *msg, struct nl_device *dev)
{
	const struct nlattr *tb[RDMA_NLDEV_ATTR_MAX];

	parse_attrs(msg, tb);
	memset(dev, 0, sizeof(*dev));
	if (!has_len(tb[RDMA_NLDEV_ATTR_DEV_INDEX], 4) ||
	    !has_len(tb[RDMA_NLDEV_ATTR_PORT_INDEX], 4) ||
	    !has_len(tb[RDMA_NLDEV_ATTR_NODE_GUID], 8) ||
	    !has_len(tb[RDMA_NLDEV_ATTR_DEV_NODE_TYPE], 1) ||
	    !copy_name(dev->name, sizeof(dev->name),
		       tb[RDMA_NLDEV_ATTR_DEV_NAME]))
		return EPROTO;
	dev->index = mnl_attr_get_u32(tb[RDMA_NLDEV_ATTR_DEV_INDEX]);
	dev->num_ports = mnl_attr_get_u32(tb[RDMA_NLDEV_ATTR_PORT_INDEX]);
	dev->node_guid =
		htobe64(mnl_attr_get_u64(tb[RDMA_NLDEV_ATTR_NODE_GUID]));
	dev->node_type = mnl_attr_get_u8(tb[RDMA_NLDEV_ATTR_DEV_NODE_TYPE]);
	return 0;
}

int nl_parse_chardev(const struct nlmsghdr *msg, struct nl_device *dev)
{
	const struct nlattr *tb[RDMA_NLDEV_ATTR_MAX];
	uint64_t kdev;

	parse_attrs(msg, tb);
	if (!has_len(tb[RDMA_NLDEV_ATTR_CHARDEV], 8) ||
	    !has_len(tb[RDMA_NLDEV_ATTR_CHARDEV_ABI], 8) ||
	    !has_len(tb[RDMA_NLDEV_ATTR_UVERBS_DRIVER_ID], 4) ||
	    !copy_name(dev->dev_name, sizeof(dev->dev_name),
		       tb[RDMA_NLDEV_ATTR_CHARDEV_NAME]))
		return EPROTO;
	/* huge_encode_dev(): the layout that 64-bit stat(2) uses too. */
	kdev = mnl_attr_get_u64(tb[RDMA_NLDEV_ATTR_CHARDEV]);
	dev->chardev = makedev((kdev & 0xfff00) >> 8,
			       (kdev & 0xff) | ((kdev >> 12) & 0xfff00));
	dev->abi = mnl_attr_get_u64(tb[RDMA_NLDEV_ATTR_CHARDEV_ABI]);
	dev->driver_id = mnl_attr_get_u32(tb[RDMA_NLDEV_ATTR_UVERBS_DRIVER_ID]);
	dev->has_uverbs = true;
	return 0;
}

/* ---------------------------------------------------------------- queries */

static struct nlmsghdr *start_request(void *buf, int command, int flags)
{
	struct nlmsghdr *msg = mnl_nlmsg_put_header(buf);

	msg->nlmsg_type = RDMA_NL_GET_TYPE(RDMA_NL_NLDEV, command);
	msg->nlmsg_flags = NLM_F_REQUEST | flags;
	return msg;
}

int nl_ask(struct mnl_socket *sock, const struct nlmsghdr *msg,
	   mnl_cb_t handler, void *data)
{
	char buf[NL_BUF_LEN];
	ssize_t len;
	int ret;

	if (mnl_socket_sendto(sock, msg, msg->nlmsg_len) < 0)
		return -1;
	do {
		len = mnl_socket_recvfrom(sock, buf, sizeof(buf));
		if (len < 0)
			return -1;
		ret = mnl_cb_run(buf, len, msg->nlmsg_seq, 0, handler, data);
	} while (ret == MNL_CB_OK);
	return ret;
}

static int add_device(const struct nlmsghdr *msg, void *data)
{
	struct device_list *list = data;
	struct nl_device *devs;

	devs = realloc(list->devs, (list->num + 1) * sizeof(*devs));
	if (!devs)
		return MNL_CB_ERROR;
	list->devs = devs;
	if (!nl_parse_device(msg, &devs[list->num]))
		list->num++;
	return MNL_CB_OK;
}

static int set_chardev(const struct nlmsghdr *msg, void *data)
{
	nl_parse_chardev(msg, data);
	return MNL_CB_STOP;
}

/*
 * A device that uverbs does not serve answers with an error; such a device
 * simply has no verbs, so that is no failure of the listing.
 */
static void query_chardev(struct mnl_socket *sock, struct nl_device *dev)
{
	char buf[256];
	struct nlmsghdr *msg;

	msg = start_request(buf, RDMA_NLDEV_CMD_GET_CHARDEV, 0);
	mnl_attr_put_u32(msg, RDMA_NLDEV_ATTR_DEV_INDEX, dev->index);
	mnl_attr_put_strz(msg, RDMA_NLDEV_ATTR_CHARDEV_TYPE, "uverbs");
	nl_ask(sock, msg, set_chardev, dev);
}

static int query_devices(struct mnl_socket *sock, struct device_list *list)
{
	char buf[MNL_NLMSG_HDRLEN];
	int i;

	if (nl_ask(sock, start_request(buf, RDMA_NLDEV_CMD_GET, NLM_F_DUMP),
		   add_device, list) < 0)
		return -1;
	for (i = 0; i < list->num; i++)
		query_chardev(sock, &list->devs[i]);
	return 0;
}

static struct mnl_socket *open_socket(void)
{
	struct mnl_socket *sock = mnl_socket_open2(NETLINK_RDMA, SOCK_CLOEXEC);

	if (!sock && errno == EPROTONOSUPPORT)
		errno = ENOSYS;
	return sock;
}

int nl_list_devices(struct nl_device **devices)
{
	struct device_list list = {};
	struct mnl_socket *sock;
	int ret = -1;

	sock = open_socket();
	if (!sock)
		return -1;
	if (query_devices(sock, &list)) {
		verbs_free_keep_errno(list.devs);
		goto close;
	}
	*devices = list.devs;
	ret = list.num;
close:
	mnl_socket_close(sock);
	return ret;
}

/* ------------------------------------------------------------------- fork */

static int read_copy_on_fork(const struct nlmsghdr *msg, void *data)
{
	*(bool *)data = nl_parse_copy_on_fork(msg);
	return MNL_CB_STOP;
}

bool nl_parse_copy_on_fork(const struct nlmsghdr *msg)
{
	const struct nlattr *tb[RDMA_NLDEV_ATTR_MAX];

	parse_attrs(msg, tb);
	return has_len(tb[RDMA_NLDEV_SYS_ATTR_COPY_ON_FORK], 1) &&
	       mnl_attr_get_u8(tb[RDMA_NLDEV_SYS_ATTR_COPY_ON_FORK]);
}

int nl_copies_on_fork(void)
{
	char buf[MNL_NLMSG_HDRLEN];
	struct mnl_socket *sock;
	bool copies = false;
	int ret;

	sock = open_socket();
	if (!sock)
		return -1;
	ret = nl_ask(sock, start_request(buf, RDMA_NLDEV_CMD_SYS_GET, 0),
		     read_copy_on_fork, &copies);
	mnl_socket_close(sock);
	return ret < 0 ? -1 : copies;
}
