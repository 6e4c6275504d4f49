/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * What discovery makes of the kernel's netlink messages. Attribute numbers are
 * written out: <rdma/rdma_netlink.h>, enum rdma_nldev_attr.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <endian.h>
#include <libmnl/libmnl.h>
#include <sys/sysmacros.h>

#include "internal.h"

enum {
	DEV_INDEX = 1,
	DEV_NAME = 2,
	PORT_INDEX = 3,
	NODE_GUID = 6,
	NODE_TYPE = 14,
	CHARDEV_NAME = 70,
	CHARDEV_ABI = 71,
	CHARDEV = 72,
	DRIVER_ID = 73,
	COPY_ON_FORK = 93
};

static char buf[1024];

static struct nlmsghdr *device_msg(void)
{
	struct nlmsghdr *msg;

	memset(buf, 0, sizeof(buf));
	msg = mnl_nlmsg_put_header(buf);
	mnl_attr_put_u32(msg, DEV_INDEX, 4);
	mnl_attr_put_strz(msg, DEV_NAME, "mlx5_0");
	mnl_attr_put_u32(msg, PORT_INDEX, 2);
	mnl_attr_put_u64(msg, NODE_GUID, 0x0102030405060708);
	mnl_attr_put_u8(msg, NODE_TYPE, 1);
	return msg;
}

static void test_device(void **state)
{
	struct nl_device dev;

	assert_int_equal(nl_parse_device(device_msg(), &dev), 0);
	assert_int_equal(dev.index, 4);
	assert_string_equal(dev.name, "mlx5_0");
	assert_int_equal(dev.num_ports, 2);
	assert_int_equal(be64toh(dev.node_guid), 0x0102030405060708);
	assert_int_equal(dev.node_type, 1);
	assert_false(dev.has_uverbs);
}

/* A later kernel's attributes are beyond our tables. */
static void test_unknown_attributes_are_ignored(void **state)
{
	struct nlmsghdr *msg = device_msg();
	struct nl_device dev;

	mnl_attr_put_u32(msg, 4000, 1);
	assert_int_equal(nl_parse_device(msg, &dev), 0);
}

static void test_device_without_name(void **state)
{
	struct nlmsghdr *msg;
	struct nl_device dev;

	memset(buf, 0, sizeof(buf));
	msg = mnl_nlmsg_put_header(buf);
	mnl_attr_put_u32(msg, DEV_INDEX, 4);
	assert_int_equal(nl_parse_device(msg, &dev), EPROTO);
}

static void test_too_long_name(void **state)
{
	struct nlmsghdr *msg = device_msg();
	char name[IBV_SYSFS_NAME_MAX + 1];
	struct nl_device dev;

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	mnl_attr_put_strz(msg, DEV_NAME, name); /* the last one counts */
	assert_int_equal(nl_parse_device(msg, &dev), EPROTO);
}

static void test_truncated_attribute(void **state)
{
	struct nlmsghdr *msg = device_msg();
	struct nl_device dev;

	mnl_attr_put_u16(msg, NODE_GUID, 1);
	assert_int_equal(nl_parse_device(msg, &dev), EPROTO);
}

static struct nlmsghdr *chardev_msg(uint64_t kdev)
{
	struct nlmsghdr *msg;

	memset(buf, 0, sizeof(buf));
	msg = mnl_nlmsg_put_header(buf);
	mnl_attr_put_u32(msg, DRIVER_ID, 14);
	mnl_attr_put_u64(msg, CHARDEV, kdev);
	mnl_attr_put_u64(msg, CHARDEV_ABI, 2);
	mnl_attr_put_strz(msg, CHARDEV_NAME, "uverbs0");
	return msg;
}

static void test_chardev(void **state)
{
	struct nl_device dev = {};

	/* Major 231 minor 192, as the kernel encodes it. */
	assert_int_equal(nl_parse_chardev(chardev_msg(0xe7c0), &dev), 0);
	assert_true(dev.has_uverbs);
	assert_int_equal(dev.driver_id, 14);
	assert_int_equal(dev.abi, 2);
	assert_string_equal(dev.dev_name, "uverbs0");
	assert_int_equal(major(dev.chardev), 231);
	assert_int_equal(minor(dev.chardev), 192);
}

/* Dynamic numbers: minors beyond 255 lie above the major. */
static void test_chardev_large_minor(void **state)
{
	struct nl_device dev = {};

	assert_int_equal(nl_parse_chardev(chardev_msg(0x1fe12), &dev), 0);
	assert_int_equal(major(dev.chardev), 0x1fe);
	assert_int_equal(minor(dev.chardev), 0x12);
	assert_int_equal(nl_parse_chardev(chardev_msg(0x30fe12), &dev), 0);
	assert_int_equal(major(dev.chardev), 0xfe);
	assert_int_equal(minor(dev.chardev), 0x312);
}

static void test_driver_that_hides_its_id(void **state)
{
	struct nl_device dev = {};
	struct nlmsghdr *msg;

	memset(buf, 0, sizeof(buf));
	msg = mnl_nlmsg_put_header(buf);
	mnl_attr_put_u64(msg, CHARDEV, 0xe7c0);
	assert_int_equal(nl_parse_chardev(msg, &dev), EPROTO);
	assert_false(dev.has_uverbs);
}

static void test_kernel_that_copies_on_fork(void **state)
{
	struct nlmsghdr *msg;

	memset(buf, 0, sizeof(buf));
	msg = mnl_nlmsg_put_header(buf);
	assert_false(nl_parse_copy_on_fork(msg)); /* before Linux 5.13 */
	mnl_attr_put_u8(msg, COPY_ON_FORK, 0);
	assert_false(nl_parse_copy_on_fork(msg));
	mnl_attr_put_u8(msg, COPY_ON_FORK, 1);
	assert_true(nl_parse_copy_on_fork(msg));
}

static void test_unknown_driver_has_no_provider(void **state)
{
	assert_null(provider_find(0xfff, 1));
}

static void test_ops_are_completed(void **state)
{
	static const struct verbs_ops src = {
		.reg_dmabuf_mr = verbs_reg_dmabuf_mr,
	};
	struct verbs_ops ops;
	const void *const *slot = (const void *const *)&ops;
	size_t i;

	ops_complete(&ops, &src);
	for (i = 0; i < sizeof(ops) / sizeof(*slot); i++)
		assert_non_null(slot[i]);
	assert_ptr_equal(ops.reg_dmabuf_mr, verbs_reg_dmabuf_mr);
	assert_ptr_equal(ops.alloc_pd, verbs_default_ops.alloc_pd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_device),
		cmocka_unit_test(test_unknown_attributes_are_ignored),
		cmocka_unit_test(test_device_without_name),
		cmocka_unit_test(test_too_long_name),
		cmocka_unit_test(test_truncated_attribute),
		cmocka_unit_test(test_chardev),
		cmocka_unit_test(test_chardev_large_minor),
		cmocka_unit_test(test_driver_that_hides_its_id),
		cmocka_unit_test(test_kernel_that_copies_on_fork),
		cmocka_unit_test(test_unknown_driver_has_no_provider),
		cmocka_unit_test(test_ops_are_completed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
