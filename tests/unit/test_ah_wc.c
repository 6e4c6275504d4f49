/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * The way back to the sender on link layers that the VM lacks, and what the 40
 * bytes before a message are taken for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <endian.h>
#include <rdma/ib_user_ioctl_verbs.h>
#include <rdma/ib_user_verbs.h>

#include "fake_kernel.h"

#define PORT 1

static const union ibv_gid ours = { .raw = { 0xfe, 0x80, [15] = 1 } };
static const union ibv_gid theirs = { .raw = { 0xfe, 0x80, [15] = 2 } };

static struct ibv_wc wc = { .slid = 7, .sl = 3, .dlid_path_bits = 1 };
static struct ibv_grh grh;

/* One port, whose table holds that GID everywhere. */
static struct ibv_context *
port_with_gid(uint8_t link_layer, const union ibv_gid *gid, uint32_t type)
{
	struct ib_uverbs_query_port_resp_ex port = {
		.legacy_resp = { .gid_tbl_len = 4, .link_layer = link_layer },
	};
	struct ib_uverbs_gid_entry entry = { .gid_type = type };

	memcpy(entry.gid, gid->raw, sizeof(entry.gid));
	fake_reset();
	fake_answer_bytes(UVERBS_ATTR_QUERY_PORT_RESP, &port, sizeof(port));
	fake_answer_bytes(UVERBS_ATTR_QUERY_GID_ENTRY_RESP_ENTRY, &entry,
			  sizeof(entry));
	return fake_context();
}

static int setup(void **state)
{
	wc.wc_flags = IBV_WC_GRH;
	memset(&grh, 0, sizeof(grh));
	grh.version_tclass_flow = htobe32(6u << 28 | 0xab << 20 | 0xcdef1);
	grh.hop_limit = 9;
	grh.sgid = theirs;
	grh.dgid = ours;
	return 0;
}

static void test_ib_without_grh(void **state)
{
	struct ibv_context *context = port_with_gid(IBV_LINK_LAYER_INFINIBAND,
						    &ours, IBV_GID_TYPE_IB);
	struct ibv_ah_attr attr;

	wc.wc_flags = 0;
	assert_int_equal(ibv_init_ah_from_wc(context, PORT, &wc, NULL, &attr),
			 0);
	assert_int_equal(attr.dlid, 7);
	assert_int_equal(attr.sl, 3);
	assert_int_equal(attr.src_path_bits, 1);
	assert_int_equal(attr.port_num, PORT);
	assert_int_equal(attr.is_global, 0);
}

static void test_ib_with_grh(void **state)
{
	struct ibv_context *context = port_with_gid(IBV_LINK_LAYER_INFINIBAND,
						    &ours, IBV_GID_TYPE_IB);
	struct ibv_ah_attr attr;

	grh.next_hdr = 0x1b;
	assert_int_equal(ibv_init_ah_from_wc(context, PORT, &wc, &grh, &attr),
			 0);
	assert_int_equal(attr.is_global, 1);
	assert_memory_equal(&attr.grh.dgid, &theirs, sizeof(theirs));
	assert_int_equal(attr.grh.sgid_index, 0);
	assert_int_equal(attr.grh.traffic_class, 0xab);
	assert_int_equal(attr.grh.flow_label, 0xcdef1);
	assert_int_equal(attr.grh.hop_limit, 9);
}

static void test_ib_with_flag_and_no_grh(void **state)
{
	struct ibv_context *context = port_with_gid(IBV_LINK_LAYER_INFINIBAND,
						    &ours, IBV_GID_TYPE_IB);
	struct ibv_ah_attr attr;

	errno = 0;
	assert_int_equal(ibv_init_ah_from_wc(context, PORT, &wc, NULL, &attr),
			 -1);
	assert_int_equal(errno, EINVAL);
}

/* The same GID of another kind is another GID. */
static void test_roce_v1_finds_its_own_kind_only(void **state)
{
	struct ibv_context *context = port_with_gid(
		IBV_LINK_LAYER_ETHERNET, &ours, IBV_GID_TYPE_ROCE_V1);
	struct ibv_ah_attr attr;

	grh.next_hdr = 0x1b;
	assert_int_equal(ibv_init_ah_from_wc(context, PORT, &wc, &grh, &attr),
			 0);
	grh.next_hdr = 17;
	assert_int_equal(ibv_init_ah_from_wc(context, PORT, &wc, &grh, &attr),
			 -1);
	assert_int_equal(errno, EINVAL);
}

static void put_ip4(uint8_t protocol, uint16_t checksum)
{
	const uint8_t ip[20] = { 0x45,
				 0x22,
				 0,
				 0,
				 0,
				 0,
				 0,
				 0,
				 61,
				 protocol,
				 (uint8_t)(checksum >> 8),
				 (uint8_t)checksum,
				 192,
				 0,
				 2,
				 2,
				 192,
				 0,
				 2,
				 1 };

	memcpy((uint8_t *)&grh + 20, ip, sizeof(ip));
}

/* Ones' complement of 4522+0000+0000+0000+3d11+0000+c000+0202+c000+0201. */
#define GOOD_CHECKSUM 0xf9c7

static struct ibv_context *port_with_ip4(void)
{
	const union ibv_gid gid = { .raw = {
					    [10] = 0xff, 0xff, 192, 0, 2, 1 } };

	return port_with_gid(IBV_LINK_LAYER_ETHERNET, &gid,
			     IBV_GID_TYPE_ROCE_V2);
}

static void test_ip4(void **state)
{
	struct ibv_context *context = port_with_ip4();
	struct ibv_ah_attr attr;
	const uint8_t sender[16] = { [10] = 0xff, 0xff, 192, 0, 2, 2 };

	put_ip4(17, GOOD_CHECKSUM);
	assert_int_equal(ibv_init_ah_from_wc(context, PORT, &wc, &grh, &attr),
			 0);
	assert_memory_equal(&attr.grh.dgid, sender, sizeof(sender));
	assert_int_equal(attr.grh.traffic_class, 0x22);
	assert_int_equal(attr.grh.hop_limit, 61);
	assert_int_equal(attr.grh.flow_label, 0);
}

/* Without one, what could be either is the GRH that it starts as. */
static void test_ip4_needs_checksum_behind_a_six(void **state)
{
	struct ibv_context *context = port_with_ip4();
	struct ibv_ah_attr attr;

	put_ip4(17, GOOD_CHECKSUM + 1);
	assert_int_equal(ibv_init_ah_from_wc(context, PORT, &wc, &grh, &attr),
			 -1);
	memset(&grh, 0, 20);
	assert_int_equal(ibv_init_ah_from_wc(context, PORT, &wc, &grh, &attr),
			 0);
}

static void test_ip4_of_another_protocol(void **state)
{
	struct ibv_context *context = port_with_ip4();
	struct ibv_ah_attr attr;

	memset(&grh, 0, sizeof(grh));
	put_ip4(6, 0);
	assert_int_equal(ibv_init_ah_from_wc(context, PORT, &wc, &grh, &attr),
			 -1);
	assert_int_equal(errno, EPROTONOSUPPORT);
}

static void test_kernel_that_fails(void **state)
{
	struct ibv_context *context = port_with_ip4();
	struct ibv_ah_attr attr;

	fake_fail(ENODEV);
	assert_int_equal(ibv_init_ah_from_wc(context, PORT, &wc, &grh, &attr),
			 -1);
	assert_int_equal(errno, ENODEV);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_ib_without_grh, setup),
		cmocka_unit_test_setup(test_ib_with_grh, setup),
		cmocka_unit_test_setup(test_ib_with_flag_and_no_grh, setup),
		cmocka_unit_test_setup(test_roce_v1_finds_its_own_kind_only,
				       setup),
		cmocka_unit_test_setup(test_ip4, setup),
		cmocka_unit_test_setup(test_ip4_needs_checksum_behind_a_six,
				       setup),
		cmocka_unit_test_setup(test_ip4_of_another_protocol, setup),
		cmocka_unit_test_setup(test_kernel_that_fails, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
