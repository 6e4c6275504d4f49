/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * What is made of the kernel's answers about routes, neighbours, links and
 * addresses. Numbers are written out: <linux/rtnetlink.h> and its like.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "route.h"

enum { OIF = 4, GATEWAY = 5, VIA = 18 };
enum { NEIGH_DST = 1, NEIGH_LLADDR = 2 };
enum {
	LINK_ADDRESS = 1,
	LINK_INFO = 18,
	INFO_KIND = 1,
	INFO_DATA = 2,
	VLAN_ID = 1
};
enum { ADDR_ADDRESS = 1, ADDR_LOCAL = 2 };
enum { LOCAL = 2, UNICAST = 1 };

static const uint8_t mac[6] = { 2, 1, 2, 3, 4, 5 };
static const uint8_t ip4[4] = { 192, 0, 2, 7 };
static const uint8_t ip6[16] = { 0xfe, 0x80, [15] = 9 };

static char buf[1024];

static void *start(uint16_t type, size_t header_len, struct nlmsghdr **msg)
{
	memset(buf, 0, sizeof(buf));
	*msg = mnl_nlmsg_put_header(buf);
	(*msg)->nlmsg_type = type;
	return mnl_nlmsg_put_extra_header(*msg, header_len);
}

static struct nlmsghdr *route_msg(uint8_t family, uint8_t type)
{
	struct nlmsghdr *msg;
	struct rtmsg *rtm = start(RTM_NEWROUTE, sizeof(*rtm), &msg);

	rtm->rtm_family = family;
	rtm->rtm_type = type;
	mnl_attr_put_u32(msg, OIF, 5);
	return msg;
}

static void test_route_on_the_link(void **state)
{
	struct route route;

	assert_int_equal(route_parse(route_msg(AF_INET, UNICAST), &route), 0);
	assert_int_equal(route.ifindex, 5);
	assert_false(route.is_local);
	assert_int_equal(route.hop.family, AF_UNSPEC);
}

static void test_route_to_oneself(void **state)
{
	struct route route;

	assert_int_equal(route_parse(route_msg(AF_INET, LOCAL), &route), 0);
	assert_true(route.is_local);
}

static void test_route_over_a_gateway(void **state)
{
	struct nlmsghdr *msg = route_msg(AF_INET, UNICAST);
	struct route route;

	mnl_attr_put(msg, GATEWAY, sizeof(ip4), ip4);
	assert_int_equal(route_parse(msg, &route), 0);
	assert_int_equal(route.hop.family, AF_INET);
	assert_memory_equal(route.hop.bytes, ip4, sizeof(ip4));
}

static void test_route_over_a_gateway_of_the_other_family(void **state)
{
	struct nlmsghdr *msg = route_msg(AF_INET, UNICAST);
	char via[sizeof(struct rtvia) + sizeof(ip6)] = { 0 };
	struct route route;

	((struct rtvia *)via)->rtvia_family = AF_INET6;
	memcpy(((struct rtvia *)via)->rtvia_addr, ip6, sizeof(ip6));
	mnl_attr_put(msg, VIA, sizeof(via), via);
	assert_int_equal(route_parse(msg, &route), 0);
	assert_int_equal(route.hop.family, AF_INET6);
	assert_memory_equal(route.hop.bytes, ip6, sizeof(ip6));
}

/* Not that a kernel would: nothing is read beyond an attribute. */
static void test_route_over_a_short_gateway(void **state)
{
	struct nlmsghdr *msg = route_msg(AF_INET6, UNICAST);
	struct route route;

	mnl_attr_put(msg, GATEWAY, 3, ip6);
	mnl_attr_put(msg, VIA, 1, ip6);
	assert_int_equal(route_parse(msg, &route), 0);
	assert_int_equal(route.hop.family, AF_UNSPEC);
}

static void test_route_to_nowhere(void **state)
{
	struct route route;
	struct nlmsghdr *msg;

	start(RTM_NEWROUTE, sizeof(struct rtmsg), &msg);
	assert_int_equal(route_parse(msg, &route), EPROTO);
}

static void test_message_of_another_kind(void **state)
{
	struct nlmsghdr *msg = route_msg(AF_INET, UNICAST);
	struct neigh neigh;
	struct route route;
	struct link link;

	assert_int_equal(neigh_parse(msg, &neigh), EPROTO);
	assert_int_equal(link_parse(msg, &link), EPROTO);
	msg->nlmsg_type = RTM_NEWNEIGH;
	assert_int_equal(route_parse(msg, &route), EPROTO);
}

static void test_message_without_header(void **state)
{
	struct nlmsghdr *msg;
	struct route route;

	start(RTM_NEWROUTE, 4, &msg);
	assert_int_equal(route_parse(msg, &route), EPROTO);
}

static struct nlmsghdr *neigh_msg(uint16_t nud_state)
{
	struct nlmsghdr *msg;
	struct ndmsg *ndm = start(RTM_NEWNEIGH, sizeof(*ndm), &msg);

	ndm->ndm_state = nud_state;
	mnl_attr_put(msg, NEIGH_DST, sizeof(ip4), ip4);
	return msg;
}

static void test_neighbour(void **state)
{
	struct nlmsghdr *msg = neigh_msg(NUD_REACHABLE);
	struct neigh neigh;

	mnl_attr_put(msg, NEIGH_LLADDR, sizeof(mac), mac);
	assert_int_equal(neigh_parse(msg, &neigh), 0);
	assert_int_equal(neigh.state, NUD_REACHABLE);
	assert_true(neigh.has_mac);
	assert_memory_equal(neigh.mac, mac, sizeof(mac));
}

static void test_neighbour_still_looked_for(void **state)
{
	struct neigh neigh;

	assert_int_equal(neigh_parse(neigh_msg(NUD_INCOMPLETE), &neigh), 0);
	assert_int_equal(neigh.state, NUD_INCOMPLETE);
	assert_false(neigh.has_mac);
}

/* Of an IPoIB link: twenty bytes are no Ethernet address. */
static void test_neighbour_of_another_link_layer(void **state)
{
	struct nlmsghdr *msg = neigh_msg(NUD_REACHABLE);
	const uint8_t address[20] = { 0 };
	struct neigh neigh;

	mnl_attr_put(msg, NEIGH_LLADDR, sizeof(address), address);
	assert_int_equal(neigh_parse(msg, &neigh), 0);
	assert_false(neigh.has_mac);
}

static struct nlmsghdr *link_msg(const char *kind)
{
	struct nlattr *info, *data;
	struct nlmsghdr *msg;

	start(RTM_NEWLINK, sizeof(struct ifinfomsg), &msg);
	mnl_attr_put(msg, LINK_ADDRESS, sizeof(mac), mac);
	if (!kind)
		return msg;
	info = mnl_attr_nest_start(msg, LINK_INFO);
	mnl_attr_put_strz(msg, INFO_KIND, kind);
	data = mnl_attr_nest_start(msg, INFO_DATA);
	mnl_attr_put_u16(msg, VLAN_ID, 42);
	mnl_attr_nest_end(msg, data);
	mnl_attr_nest_end(msg, info);
	return msg;
}

static void test_link(void **state)
{
	struct link link;

	assert_int_equal(link_parse(link_msg(NULL), &link), 0);
	assert_memory_equal(link.mac, mac, sizeof(mac));
	assert_true(link.has_mac);
	assert_false(link.is_vlan);
}

static void test_link_of_a_vlan(void **state)
{
	struct link link;

	assert_int_equal(link_parse(link_msg("vlan"), &link), 0);
	assert_true(link.is_vlan);
	assert_int_equal(link.vlan, 42);
}

/* The same number means another thing there. */
static void test_link_of_another_kind(void **state)
{
	struct link link;

	assert_int_equal(link_parse(link_msg("bridge"), &link), 0);
	assert_false(link.is_vlan);
}

static struct nlmsghdr *addr_msg(int attr, uint8_t last_byte)
{
	uint8_t addr[4] = { 192, 0, 2, last_byte };
	struct nlmsghdr *msg;
	struct ifaddrmsg *ifa = start(RTM_NEWADDR, sizeof(*ifa), &msg);

	ifa->ifa_family = AF_INET;
	ifa->ifa_index = 8;
	mnl_attr_put(msg, (uint16_t)attr, sizeof(addr), addr);
	return msg;
}

static void test_address(void **state)
{
	struct ip_addr addr = { AF_INET, { 192, 0, 2, 7 } };
	struct ip_addr other = { AF_INET6, { 192, 0, 2, 7 } };
	struct nlmsghdr *msg = addr_msg(ADDR_ADDRESS, 7);
	uint32_t ifindex = 0;

	assert_true(addr_matches(msg, &addr, &ifindex));
	assert_int_equal(ifindex, 8);
	assert_false(addr_matches(msg, &other, &ifindex));
	msg = addr_msg(ADDR_ADDRESS, 8);
	assert_false(addr_matches(msg, &addr, &ifindex));
}

static void test_address_of_the_far_end_is_not_ours(void **state)
{
	struct ip_addr near = { AF_INET, { 192, 0, 2, 7 } };
	struct ip_addr far = { AF_INET, { 192, 0, 2, 8 } };
	struct nlmsghdr *msg = addr_msg(ADDR_LOCAL, 7);
	uint32_t ifindex;

	mnl_attr_put(msg, ADDR_ADDRESS, 4, far.bytes);
	assert_true(addr_matches(msg, &near, &ifindex));
	assert_false(addr_matches(msg, &far, &ifindex));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_route_on_the_link),
		cmocka_unit_test(test_route_to_oneself),
		cmocka_unit_test(test_route_over_a_gateway),
		cmocka_unit_test(test_route_over_a_gateway_of_the_other_family),
		cmocka_unit_test(test_route_over_a_short_gateway),
		cmocka_unit_test(test_route_to_nowhere),
		cmocka_unit_test(test_message_of_another_kind),
		cmocka_unit_test(test_message_without_header),
		cmocka_unit_test(test_neighbour),
		cmocka_unit_test(test_neighbour_still_looked_for),
		cmocka_unit_test(test_neighbour_of_another_link_layer),
		cmocka_unit_test(test_link),
		cmocka_unit_test(test_link_of_a_vlan),
		cmocka_unit_test(test_link_of_another_kind),
		cmocka_unit_test(test_address),
		cmocka_unit_test(test_address_of_the_far_end_is_not_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
