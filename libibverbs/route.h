/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * What the kernel's routing netlink tells of the way to an IP address:
 * routes, neighbours, links. The parsing is apart from the socket, for tests.
 */
#ifndef VERBS_ROUTE_H
#define VERBS_ROUTE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define ROUTE_MAC_LEN 6

struct mnl_socket;
struct nlmsghdr;

struct ip_addr {
	sa_family_t family; /* AF_INET, AF_INET6 */
	uint8_t bytes[16];
};

static inline size_t ip_addr_len(const struct ip_addr *addr)
{
	return addr->family == AF_INET ? 4 : 16;
}

struct route {
	bool is_local; /* the address is one of this machine's */
	uint32_t ifindex;
	struct ip_addr hop; /* whose MAC is wanted; family 0: none named */
};

struct neigh {
	uint16_t state; /* NUD_* */
	bool has_mac;
	uint8_t mac[ROUTE_MAC_LEN];
};

struct link {
	bool has_mac;
	uint8_t mac[ROUTE_MAC_LEN];
	bool is_vlan;
	uint16_t vlan;
};

/*
 * Of one message of the kernel; 0, or EPROTO for one that is of another kind
 * or lacks what it must have.
 */
int route_parse(const struct nlmsghdr *msg, struct route *route);
int neigh_parse(const struct nlmsghdr *msg, struct neigh *neigh);
int link_parse(const struct nlmsghdr *msg, struct link *link);
/* Whether the message is about an interface with this address. */
bool addr_matches(const struct nlmsghdr *msg, const struct ip_addr *addr,
		  uint32_t *ifindex);

/*
 * The questions. All return 0 or a positive errno value; rtnl_open() gives
 * NULL with errno. ifindex restricts the answer to one interface, 0 does not;
 * src counts, where there are rules for it, if it is of dst's family.
 */
struct mnl_socket *rtnl_open(void);
void rtnl_close(struct mnl_socket *sock);
int rtnl_get_route(struct mnl_socket *sock, const struct ip_addr *dst,
		   const struct ip_addr *src, uint32_t ifindex,
		   struct route *route);
/* ENOENT: nothing is known of it. */
int rtnl_get_neigh(struct mnl_socket *sock, const struct ip_addr *dst,
		   uint32_t ifindex, struct neigh *neigh);
int rtnl_get_link(struct mnl_socket *sock, uint32_t ifindex, struct link *link);
/*
 * The interface that has the address. Several may have a link-local one: that
 * of *ifindex is taken if it is among them, and *ifindex changed otherwise.
 */
int rtnl_find_addr(struct mnl_socket *sock, const struct ip_addr *addr,
		   uint32_t *ifindex);

#endif
