/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Flows, as they reach ioctl(2). Each specification of ours is filled with
 * distinct bytes and its gaps with others, so that a field at the wrong place,
 * or a gap sent along, shows.
 */
#include <stdlib.h>

#include "expect.h"

/* An attribute with up to three specifications behind it. */
struct flow {
	struct ibv_flow_attr attr;
	unsigned char specs[3 * sizeof(struct ibv_flow_spec)];
};

static struct ibv_qp *qp(void)
{
	static struct ibv_qp qp;

	qp.context = fake_context();
	qp.handle = 0x99;
	return &qp;
}

static void flow_init(struct flow *flow)
{
	memset(flow, 0, sizeof(*flow));
	flow->attr.type = IBV_FLOW_ATTR_NORMAL;
	flow->attr.size = sizeof(flow->attr);
	flow->attr.priority = 0x0102;
	flow->attr.port = 1;
	flow->attr.flags = IBV_FLOW_ATTR_FLAGS_EGRESS;
}

static void flow_add(struct flow *flow, const void *spec, size_t len)
{
	memcpy((char *)flow + flow->attr.size, spec, len);
	flow->attr.size += len;
	flow->attr.num_of_specs++;
}

/* Counts up from first over len bytes. */
static void count_up(void *dst, unsigned char first, size_t len)
{
	unsigned char *bytes = dst;

	while (len--)
		*bytes++ = first++;
}

static int create(const struct flow *flow)
{
	struct ibv_flow created;

	return ibv_cmd_create_flow(qp(), &flow->attr, &created, NULL);
}

static void expect_flow(const void *specs, size_t len, uint8_t num)
{
	const unsigned char fixed[24] = {
		[4] = 0x99, [12] = (unsigned char)len,
		[14] = 2,   1,
		[16] = num, [19] = 1,
		[20] = 4,
	};
	const unsigned char *sent = fake_nth(0)->payload;

	expect_write_cmd(0x80000032, 3, 2);
	expect_pointer(0, CORE_IN, (int)(sizeof(fixed) + len));
	assert_memory_equal(sent, fixed, sizeof(fixed));
	assert_memory_equal(sent + sizeof(fixed), specs, len);
	expect_inline(1, CORE_OUT, 8, fake_nth(1)->raw.data);
}

/* One specification alone, its filters at val and mask in ours. */
static void check_filter(void *spec, size_t spec_len, const void *expected,
			 size_t expected_len)
{
	struct flow flow;

	fake_reset();
	flow_init(&flow);
	flow_add(&flow, spec, spec_len);
	assert_int_equal(create(&flow), 0);
	expect_flow(expected, expected_len, 1);
}

/* A filter of value and mask whose bytes are the same on both sides. */
#define CHECK_PLAIN(ours, spec_type, kernel_type, filter_len)            \
	do {                                                             \
		struct ours spec;                                        \
		unsigned char bytes[8 + 2 * (filter_len)] = {            \
			(kernel_type)&0xff,                              \
			(kernel_type) >> 8,                              \
			[4] = sizeof(bytes),                             \
		};                                                       \
                                                                         \
		memset(&spec, 0xee, sizeof(spec));                       \
		spec.type = (spec_type);                                 \
		spec.size = sizeof(spec);                                \
		count_up(&spec.val, 0x10, filter_len);                   \
		count_up(&spec.mask, 0x50, filter_len);                  \
		count_up(bytes + 8, 0x10, filter_len);                   \
		count_up(bytes + 8 + (filter_len), 0x50, filter_len);    \
		check_filter(&spec, sizeof(spec), bytes, sizeof(bytes)); \
	} while (0)

static void test_plain_filters(void **state)
{
	CHECK_PLAIN(ibv_flow_spec_eth, IBV_FLOW_SPEC_ETH, 0x20, 16);
	CHECK_PLAIN(ibv_flow_spec_ipv4_ext, IBV_FLOW_SPEC_IPV4_EXT, 0x30, 12);
	CHECK_PLAIN(ibv_flow_spec_esp, IBV_FLOW_SPEC_ESP, 0x34, 8);
	CHECK_PLAIN(ibv_flow_spec_tcp_udp, IBV_FLOW_SPEC_TCP, 0x40, 4);
	CHECK_PLAIN(ibv_flow_spec_tcp_udp, IBV_FLOW_SPEC_UDP, 0x41, 4);
	CHECK_PLAIN(ibv_flow_spec_tunnel, IBV_FLOW_SPEC_VXLAN_TUNNEL, 0x50, 4);
	CHECK_PLAIN(ibv_flow_spec_gre, IBV_FLOW_SPEC_GRE, 0x51, 8);
	CHECK_PLAIN(ibv_flow_spec_mpls, IBV_FLOW_SPEC_MPLS, 0x60, 4);
}

static void test_filters_of_the_inner_packet(void **state)
{
	CHECK_PLAIN(ibv_flow_spec_eth, IBV_FLOW_SPEC_ETH | IBV_FLOW_SPEC_INNER,
		    0x120, 16);
	CHECK_PLAIN(ibv_flow_spec_ipv4_ext,
		    IBV_FLOW_SPEC_IPV4_EXT | IBV_FLOW_SPEC_INNER, 0x130, 12);
}

/* The short form leaves what it lacks at zero. */
static void test_ipv4(void **state)
{
	static const unsigned char bytes[32] = {
		0x30, [4] = 32,	   [8] = 1, 2,	  3,	4,    5,    6,	  7,
		8,    [20] = 0x51, 0x52,    0x53, 0x54, 0x55, 0x56, 0x57, 0x58,
	};
	struct ibv_flow_spec_ipv4 spec = { .type = IBV_FLOW_SPEC_IPV4,
					   .size = sizeof(spec) };

	count_up(&spec.val, 1, sizeof(spec.val));
	count_up(&spec.mask, 0x51, sizeof(spec.mask));
	check_filter(&spec, sizeof(spec), bytes, sizeof(bytes));
}

/* Ours ends in a byte of padding, the kernel's is reserved: zero. */
static void test_ipv6(void **state)
{
	unsigned char bytes[88] = { 0x31, [4] = 88 };
	struct ibv_flow_spec_ipv6 spec;

	memset(&spec, 0xee, sizeof(spec));
	spec.type = IBV_FLOW_SPEC_IPV6;
	spec.size = sizeof(spec);
	count_up(&spec.val, 0x10, 39);
	count_up(&spec.mask, 0x50, 39);
	count_up(bytes + 8, 0x10, 39);
	count_up(bytes + 48, 0x50, 39);
	check_filter(&spec, sizeof(spec), bytes, sizeof(bytes));
}

static void test_actions(void **state)
{
	const struct verbs_flow_action action = { .handle = 0x61 };
	struct verbs_counters counters = { .handle = 0x41 };
	const struct ibv_flow_spec_action_tag tag = {
		IBV_FLOW_SPEC_ACTION_TAG,
		sizeof(tag),
		0x123456,
	};
	const struct ibv_flow_spec_action_handle handle = {
		IBV_FLOW_SPEC_ACTION_HANDLE,
		sizeof(handle),
		&action.action,
	};
	const struct ibv_flow_spec_counter_action count = {
		IBV_FLOW_SPEC_ACTION_COUNT,
		sizeof(count),
		&counters.counters,
	};
	static const unsigned char bytes[48] = {
		0x00,	     0x10,	  [4] = 16,  [8] = 0x56,  0x34,
		0x12,	     [16] = 0x02, 0x10,	     [20] = 16,	  [24] = 0x61,
		[32] = 0x03, 0x10,	  [36] = 16, [40] = 0x41,
	};
	struct flow flow;

	flow_init(&flow);
	flow_add(&flow, &tag, sizeof(tag));
	flow_add(&flow, &handle, sizeof(handle));
	flow_add(&flow, &count, sizeof(count));
	assert_int_equal(create(&flow), 0);
	expect_flow(bytes, sizeof(bytes), 3);
}

/* A filter and a drop: what comes second begins where the first ends. */
static void test_drop(void **state)
{
	const struct ibv_flow_spec_tcp_udp udp = {
		.type = IBV_FLOW_SPEC_UDP,
		.size = sizeof(udp),
		.val.dst_port = 0xb712,
		.mask.dst_port = 0xffff,
	};
	const struct ibv_flow_spec_action_drop drop = {
		IBV_FLOW_SPEC_ACTION_DROP,
		sizeof(drop),
	};
	static const unsigned char bytes[24] = {
		0x41, [4] = 16,	   [8] = 0x12, 0xb7,	 [12] = 0xff,
		0xff, [16] = 0x01, 0x10,       [20] = 8,
	};
	struct flow flow;

	flow_init(&flow);
	flow_add(&flow, &udp, sizeof(udp));
	flow_add(&flow, &drop, sizeof(drop));
	assert_int_equal(create(&flow), 0);
	expect_flow(bytes, sizeof(bytes), 2);
}

static void test_flow_without_specifications(void **state)
{
	static const uint32_t resp[2] = { 0, 0x71 };
	struct ibv_flow *created;
	struct flow flow;

	flow_init(&flow);
	fake_answer_bytes(CORE_OUT, resp, sizeof(resp));
	created = verbs_ops(qp()->context)->create_flow(qp(), &flow.attr);
	assert_non_null(created);
	expect_flow("", 0, 0);
	assert_ptr_equal(created->context, qp()->context);
	assert_int_equal(created->handle, 0x71);
	fake_reset();
	assert_int_equal(verbs_ops(created->context)->destroy_flow(created), 0);
	expect_method(OBJ_FLOW, 0, 1);
	expect_inline(0, 0, 0, 0x71);
}

static void test_specification_nobody_knows(void **state)
{
	struct ibv_flow_spec_action_drop spec = { 0x7777, sizeof(spec) };
	struct flow flow;

	flow_init(&flow);
	flow_add(&flow, &spec, sizeof(spec));
	errno = 0;
	assert_int_equal(create(&flow), EINVAL);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(fake.calls, 0);
}

/* An action has no inner packet. */
static void test_inner_action(void **state)
{
	struct ibv_flow_spec_action_drop spec = {
		IBV_FLOW_SPEC_ACTION_DROP | IBV_FLOW_SPEC_INNER,
		sizeof(spec),
	};
	struct flow flow;

	flow_init(&flow);
	flow_add(&flow, &spec, sizeof(spec));
	assert_int_equal(create(&flow), EINVAL);
}

static void test_specification_without_length(void **state)
{
	struct ibv_flow_spec_action_drop spec = { IBV_FLOW_SPEC_ACTION_DROP,
						  0 };
	struct flow flow;

	flow_init(&flow);
	flow_add(&flow, &spec, sizeof(spec));
	assert_int_equal(create(&flow), EINVAL);
}

static void test_flow_attributes_nobody_knows(void **state)
{
	struct flow flow;

	flow_init(&flow);
	flow.attr.comp_mask = 1;
	assert_int_equal(create(&flow), EINVAL);
	assert_int_equal(fake.calls, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_plain_filters, setup),
		cmocka_unit_test_setup(test_filters_of_the_inner_packet, setup),
		cmocka_unit_test_setup(test_ipv4, setup),
		cmocka_unit_test_setup(test_ipv6, setup),
		cmocka_unit_test_setup(test_actions, setup),
		cmocka_unit_test_setup(test_drop, setup),
		cmocka_unit_test_setup(test_flow_without_specifications, setup),
		cmocka_unit_test_setup(test_specification_nobody_knows, setup),
		cmocka_unit_test_setup(test_inner_action, setup),
		cmocka_unit_test_setup(test_specification_without_length,
				       setup),
		cmocka_unit_test_setup(test_flow_attributes_nobody_knows,
				       setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
