/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* The Ethernet address and VLAN that lead to a RoCE GID. */
#include <netinet/in.h>
#include <time.h>
#include <unistd.h>

#include <linux/neighbour.h>

#include "internal.h"
#include "route.h"

#define NO_VLAN 0xffff
#define DISCARD_PORT 9
/* The kernel asks for a neighbour three times, a second apart. */
#define NEIGH_LIMIT_MS 4000
#define NEIGH_MAX_SLEEP_MS 64

/* The question, as it wanders down. */
struct search {
	struct mnl_socket *sock;
	const struct ibv_gid_entry *from;
	struct ip_addr to;
};

/* ------------------------------------------- addresses that tell it themselves */

/*
 * IPv4 addresses are mapped into IPv6; RoCE v1 has those of its IPv4 multicast
 * groups behind the prefix of a multicast GID.
 */
static bool is_mapped(const union ibv_gid *gid)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	static const uint8_t group[12] = { 0xff, 0x0e, [10] = 0xff, 0xff };

	return !memcmp(gid->raw, mapped, sizeof(mapped)) ||
	       !memcmp(gid->raw, group, sizeof(group));
}

static struct ip_addr ip_of_gid(const union ibv_gid *gid)
{
	struct ip_addr addr = { .family = AF_INET6 };

	if (!is_mapped(gid)) {
		memcpy(addr.bytes, gid->raw, 16);
		return addr;
	}
	addr.family = AF_INET;
	memcpy(addr.bytes, gid->raw + 12, 4);
	return addr;
}

static bool is_link_local(const struct ip_addr *addr)
{
	return addr->family == AF_INET6 && addr->bytes[0] == 0xfe &&
	       (addr->bytes[1] & 0xc0) == 0x80;
}

static bool is_multicast(const struct ip_addr *addr)
{
	return addr->family == AF_INET ? (addr->bytes[0] & 0xf0) == 0xe0
				       : addr->bytes[0] == 0xff;
}

/* RFC 1112, 6.4; RFC 2464, 7. */
static void multicast_mac(const struct ip_addr *addr, uint8_t *mac)
{
	static const uint8_t ip4_prefix[] = { 0x01, 0x00, 0x5e };

	if (addr->family == AF_INET) {
		memcpy(mac, ip4_prefix, 3);
		memcpy(mac + 3, addr->bytes + 1, 3);
		mac[3] &= 0x7f;
		return;
	}
	mac[0] = mac[1] = 0x33;
	memcpy(mac + 2, addr->bytes + 12, 4);
}

/*
 * Link-local addresses that are made of a MAC, a port's first GID among them:
 * a modified EUI-64 (RFC 4291, appendix A).
 */
static bool tells_mac(const struct ip_addr *addr)
{
	return is_link_local(addr) && addr->bytes[11] == 0xff &&
	       addr->bytes[12] == 0xfe;
}

static void told_mac(const struct ip_addr *addr, uint8_t *mac)
{
	memcpy(mac, addr->bytes + 8, 3);
	memcpy(mac + 3, addr->bytes + 13, 3);
	mac[0] ^= 2;
}

/* -------------------------------------------------- addresses to be asked for */

static int link_mac(const struct search *s, uint32_t ifindex, uint8_t *mac)
{
	struct link link;
	int ret = rtnl_get_link(s->sock, ifindex, &link);

	if (ret)
		return ret;
	if (!link.has_mac)
		return EHOSTUNREACH;
	memcpy(mac, link.mac, ROUTE_MAC_LEN);
	return 0;
}

/* A whole network may be local; then no interface has the very address. */
static int own_mac(const struct search *s, uint8_t *mac)
{
	uint32_t ifindex = s->from->ndev_ifindex;
	int ret = rtnl_find_addr(s->sock, &s->to, &ifindex);

	if (ret && ret != EADDRNOTAVAIL)
		return ret;
	return link_mac(s, ifindex, mac);
}

/*
 * A route whose interface is given is never missing for IPv4: the kernel takes
 * the address for a neighbour's then. So the tables are asked first, and the
 * source GID's interface is insisted on if they would go another way.
 */
static int find_route(const struct search *s, struct route *route)
{
	const struct ip_addr from = ip_of_gid(&s->from->gid);
	uint32_t ifindex = is_link_local(&s->to) ? s->from->ndev_ifindex : 0;
	int ret;

	ret = rtnl_get_route(s->sock, &s->to, &from, ifindex, route);
	if (ret || route->is_local || route->ifindex == s->from->ndev_ifindex)
		return ret;
	return rtnl_get_route(s->sock, &s->to, &from, s->from->ndev_ifindex,
			      route);
}

static socklen_t to_sockaddr(const struct ip_addr *addr, uint32_t ifindex,
			     struct sockaddr_storage *sa)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)sa;
	struct sockaddr_in *in = (struct sockaddr_in *)sa;

	memset(sa, 0, sizeof(*sa));
	sa->ss_family = addr->family;
	if (addr->family == AF_INET) {
		in->sin_port = htons(DISCARD_PORT);
		memcpy(&in->sin_addr, addr->bytes, sizeof(in->sin_addr));
		return sizeof(*in);
	}
	in6->sin6_port = htons(DISCARD_PORT);
	in6->sin6_scope_id = ifindex;
	memcpy(&in6->sin6_addr, addr->bytes, sizeof(in6->sin6_addr));
	return sizeof(*in6);
}

/*
 * Only a packet makes the kernel look for a neighbour, if one is not to need
 * privileges: an empty one, to the port that throws everything away.
 */
static int start_looking(const struct search *s, uint32_t ifindex)
{
	int index = (int)ifindex;
	struct sockaddr_storage sa;
	socklen_t len = to_sockaddr(&s->to, ifindex, &sa);
	int ret = 0, fd;

	fd = socket(s->to.family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno;
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &index,
		       sizeof(index)) ||
	    sendto(fd, NULL, 0, MSG_DONTWAIT, (struct sockaddr *)&sa, len) < 0)
		ret = errno;
	close(fd);
	return ret;
}

static bool is_usable(const struct neigh *neigh)
{
	return neigh->has_mac &&
	       neigh->state & (NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE |
			       NUD_STALE | NUD_DELAY | NUD_PROBE);
}

static void sleep_ms(int ms)
{
	const struct timespec time = { 0, ms * 1000000L };

	nanosleep(&time, NULL);
}

static int wait_neigh(const struct search *s, const struct route *route,
		      struct neigh *neigh)
{
	int waited, ret, ms = 1;

	for (waited = 0; waited < NEIGH_LIMIT_MS; waited += ms) {
		ret = rtnl_get_neigh(s->sock, &route->hop, route->ifindex,
				     neigh);
		if (ret && ret != ENOENT)
			return ret;
		if (!ret && is_usable(neigh))
			return 0;
		if (!ret && neigh->state & NUD_FAILED)
			return EHOSTUNREACH;
		if (ms < NEIGH_MAX_SLEEP_MS)
			ms *= 2;
		sleep_ms(ms);
	}
	return ETIMEDOUT;
}

static int neigh_mac(const struct search *s, const struct route *route,
		     uint8_t *mac)
{
	struct neigh neigh;
	int ret;

	ret = rtnl_get_neigh(s->sock, &route->hop, route->ifindex, &neigh);
	if (ret && ret != ENOENT)
		return ret;
	if (ret || !is_usable(&neigh)) {
		ret = start_looking(s, route->ifindex);
		if (!ret)
			ret = wait_neigh(s, route, &neigh);
		if (ret)
			return ret;
	}
	memcpy(mac, neigh.mac, ROUTE_MAC_LEN);
	return 0;
}

static int find_mac(const struct search *s, uint8_t *mac)
{
	struct route route;
	int ret;

	if (is_multicast(&s->to)) {
		multicast_mac(&s->to, mac);
		return 0;
	}
	if (tells_mac(&s->to)) {
		told_mac(&s->to, mac);
		return 0;
	}
	ret = find_route(s, &route);
	if (ret)
		return ret;
	if (route.is_local)
		return own_mac(s, mac);
	if (!route.hop.family)
		route.hop = s->to;
	return neigh_mac(s, &route, mac);
}

/* Frames leave by the interface that the source GID belongs to. */
static int find_vlan(const struct search *s, uint16_t *vlan)
{
	struct link link;
	int ret = rtnl_get_link(s->sock, s->from->ndev_ifindex, &link);

	if (!ret)
		*vlan = link.is_vlan ? link.vlan : NO_VLAN;
	return ret;
}

static int resolve(struct ibv_context *context, const struct ibv_ah_attr *attr,
		   uint8_t *mac, uint16_t *vlan)
{
	struct ibv_gid_entry from;
	struct search s = { .from = &from, .to = ip_of_gid(&attr->grh.dgid) };
	int ret;

	if (!attr->is_global)
		return EINVAL;
	ret = _ibv_query_gid_ex(context, attr->port_num, attr->grh.sgid_index,
				&from, 0, sizeof(from));
	if (ret)
		return ret;
	if (from.gid_type == IBV_GID_TYPE_IB || !from.ndev_ifindex)
		return EINVAL;
	s.sock = rtnl_open();
	if (!s.sock)
		return errno;
	ret = find_vlan(&s, vlan);
	if (!ret)
		ret = find_mac(&s, mac);
	rtnl_close(s.sock);
	return ret;
}

VERBS_EXPORT
int ibv_resolve_eth_l2_from_gid(struct ibv_context *context,
				struct ibv_ah_attr *attr,
				uint8_t eth_mac[ETHERNET_LL_SIZE],
				uint16_t *vid)
{
	uint8_t mac[ROUTE_MAC_LEN];
	uint16_t vlan = NO_VLAN;
	int ret = EINVAL;

	if (context && attr && eth_mac)
		ret = resolve(context, attr, mac, &vlan);
	if (ret)
		return -verbs_err(ret);
	memcpy(eth_mac, mac, sizeof(mac));
	if (vid)
		*vid = vlan;
	return 0;
}
