/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* RDMA netlink of a machine whose one device is the null device. */
#include <errno.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <rdma/ib_user_ioctl_verbs.h>
#include <rdma/rdma_netlink.h>

#include "null.h"

#define DEV_INDEX 0
#define NODE_GUID 0x0100000000000200ull
#define NODE_TYPE_CA 1
#define UVERBS_ABI 1

static void send_message(int fd, const struct nlmsghdr *msg)
{
	/* A reader that is gone has lost interest. */
	if (send(fd, msg, msg->nlmsg_len, MSG_NOSIGNAL) < 0)
		return;
}

static struct nlmsghdr *start_reply(void *buf, const struct nlmsghdr *request,
				    uint16_t type, uint16_t flags)
{
	struct nlmsghdr *msg = mnl_nlmsg_put_header(buf);

	msg->nlmsg_type = type;
	msg->nlmsg_flags = flags;
	msg->nlmsg_seq = request->nlmsg_seq;
	msg->nlmsg_pid = request->nlmsg_pid;
	return msg;
}

static void reply_device(int fd, const struct nlmsghdr *request, uint16_t flags)
{
	char buf[512];
	struct nlmsghdr *msg =
		start_reply(buf, request, request->nlmsg_type, flags);

	mnl_attr_put_u32(msg, RDMA_NLDEV_ATTR_DEV_INDEX, DEV_INDEX);
	mnl_attr_put_strz(msg, RDMA_NLDEV_ATTR_DEV_NAME, NULL_DEV_NAME);
	mnl_attr_put_u32(msg, RDMA_NLDEV_ATTR_PORT_INDEX, 1);
	mnl_attr_put_u64(msg, RDMA_NLDEV_ATTR_NODE_GUID, NODE_GUID);
	mnl_attr_put_u8(msg, RDMA_NLDEV_ATTR_DEV_NODE_TYPE, NODE_TYPE_CA);
	send_message(fd, msg);
}

static void reply_chardev(int fd, const struct nlmsghdr *request)
{
	char buf[512];
	struct nlmsghdr *msg =
		start_reply(buf, request, request->nlmsg_type, 0);

	mnl_attr_put_u64(msg, RDMA_NLDEV_ATTR_CHARDEV, NULL_RDEV);
	mnl_attr_put_u64(msg, RDMA_NLDEV_ATTR_CHARDEV_ABI, UVERBS_ABI);
	mnl_attr_put_strz(msg, RDMA_NLDEV_ATTR_CHARDEV_NAME, "uverbs0");
	mnl_attr_put_u32(msg, RDMA_NLDEV_ATTR_UVERBS_DRIVER_ID,
			 RDMA_DRIVER_MLX5);
	send_message(fd, msg);
}

/* The end of a dump (error 0), an acknowledgement (0), or a refusal. */
static void reply_status(int fd, const struct nlmsghdr *request, uint16_t type,
			 int error)
{
	char buf[128];
	struct nlmsghdr *msg = start_reply(
		buf, request, type, type == NLMSG_DONE ? NLM_F_MULTI : 0);
	struct nlmsgerr *err;

	if (type == NLMSG_DONE) {
		int *code = mnl_nlmsg_put_extra_header(msg, sizeof(*code));

		*code = error;
	} else {
		err = mnl_nlmsg_put_extra_header(msg, sizeof(*err));
		err->error = error;
		err->msg = *request;
	}
	send_message(fd, msg);
}

static bool is_dump(const struct nlmsghdr *request)
{
	return (request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
}

void null_netlink(int reply_fd, const void *buf, size_t len)
{
	const struct nlmsghdr *request = buf;
	int error = 0;

	if (len < sizeof(*request))
		return;
	switch (request->nlmsg_type & 0x3ff) {
	case RDMA_NLDEV_CMD_GET:
		reply_device(reply_fd, request,
			     is_dump(request) ? NLM_F_MULTI : 0);
		break;
	case RDMA_NLDEV_CMD_GET_CHARDEV:
		reply_chardev(reply_fd, request);
		break;
	default:
		error = -EOPNOTSUPP;
		break;
	}
	if (is_dump(request))
		reply_status(reply_fd, request, NLMSG_DONE, 0);
	else if (error || (request->nlmsg_flags & NLM_F_ACK))
		reply_status(reply_fd, request, NLMSG_ERROR, error);
}
