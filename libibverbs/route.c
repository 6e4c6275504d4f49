/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#include <errno.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "internal.h"
#include "route.h"

/* The attributes that we look at are below this in all their enums. */
#define MAX_ATTRS 64

/* ------------------------------------------------------------------ parsing */

static int collect_attr(const struct nlattr *attr, void *data)
{
	const struct nlattr **tb = data;
	unsigned int type = mnl_attr_get_type(attr);

	if (type < MAX_ATTRS)
		tb[type] = attr;
	return MNL_CB_OK;
}

/* The family's header at the start of the message, with its attributes. */
static const void *parse_msg(const struct nlmsghdr *msg, uint16_t type,
			     size_t header_len, const struct nlattr **tb)
{
	if (msg->nlmsg_type != type ||
	    mnl_nlmsg_get_payload_len(msg) < header_len)
		return NULL;
	memset(tb, 0, MAX_ATTRS * sizeof(*tb));
	mnl_attr_parse(msg, header_len, collect_attr, tb);
	return mnl_nlmsg_get_payload(msg);
}

static bool copy_exactly(void *dst, size_t len, const struct nlattr *attr)
{
	if (!attr || mnl_attr_get_payload_len(attr) != len)
		return false;
	memcpy(dst, mnl_attr_get_payload(attr), len);
	return true;
}

static bool copy_addr(struct ip_addr *addr, sa_family_t family,
		      const struct nlattr *attr)
{
	memset(addr, 0, sizeof(*addr));
	addr->family = family;
	return copy_exactly(addr->bytes, ip_addr_len(addr), attr);
}

/* An IPv4 route may go over an IPv6 router. */
static bool copy_via(struct ip_addr *addr, const struct nlattr *attr)
{
	const struct rtvia *via;
	size_t len;

	if (!attr || mnl_attr_get_payload_len(attr) < sizeof(*via))
		return false;
	via = mnl_attr_get_payload(attr);
	len = mnl_attr_get_payload_len(attr) - sizeof(*via);
	memset(addr, 0, sizeof(*addr));
	addr->family = via->rtvia_family;
	if (len != ip_addr_len(addr))
		return false;
	memcpy(addr->bytes, via->rtvia_addr, len);
	return true;
}

int route_parse(const struct nlmsghdr *msg, struct route *route)
{
	const struct nlattr *tb[MAX_ATTRS];
	const struct rtmsg *rtm;

	memset(route, 0, sizeof(*route));
	rtm = parse_msg(msg, RTM_NEWROUTE, sizeof(*rtm), tb);
	if (!rtm || !copy_exactly(&route->ifindex, 4, tb[RTA_OIF]))
		return EPROTO;
	route->is_local = rtm->rtm_type == RTN_LOCAL;
	if (!copy_addr(&route->hop, rtm->rtm_family, tb[RTA_GATEWAY]) &&
	    !copy_via(&route->hop, tb[RTA_VIA]))
		route->hop.family = AF_UNSPEC;
	return 0;
}

int neigh_parse(const struct nlmsghdr *msg, struct neigh *neigh)
{
	const struct nlattr *tb[MAX_ATTRS];
	const struct ndmsg *ndm;

	memset(neigh, 0, sizeof(*neigh));
	ndm = parse_msg(msg, RTM_NEWNEIGH, sizeof(*ndm), tb);
	if (!ndm)
		return EPROTO;
	neigh->state = ndm->ndm_state;
	neigh->has_mac =
		copy_exactly(neigh->mac, sizeof(neigh->mac), tb[NDA_LLADDR]);
	return 0;
}

static int collect_vlan(const struct nlattr *attr, void *data)
{
	struct link *link = data;

	if (mnl_attr_get_type(attr) == IFLA_VLAN_ID)
		link->is_vlan =
			copy_exactly(&link->vlan, sizeof(link->vlan), attr);
	return MNL_CB_OK;
}

/* The kind comes before the data, whose numbers mean something else in each. */
static int collect_link_info(const struct nlattr *attr, void *data)
{
	bool is_vlan = false;

	switch (mnl_attr_get_type(attr)) {
	case IFLA_INFO_KIND:
		is_vlan = mnl_attr_get_payload_len(attr) == sizeof("vlan") &&
			  !memcmp(mnl_attr_get_payload(attr), "vlan",
				  sizeof("vlan"));
		return is_vlan ? MNL_CB_OK : MNL_CB_STOP;
	case IFLA_INFO_DATA:
		mnl_attr_parse_nested(attr, collect_vlan, data);
	}
	return MNL_CB_OK;
}

int link_parse(const struct nlmsghdr *msg, struct link *link)
{
	const struct nlattr *tb[MAX_ATTRS];

	memset(link, 0, sizeof(*link));
	if (!parse_msg(msg, RTM_NEWLINK, sizeof(struct ifinfomsg), tb))
		return EPROTO;
	link->has_mac =
		copy_exactly(link->mac, sizeof(link->mac), tb[IFLA_ADDRESS]);
	if (tb[IFLA_LINKINFO])
		mnl_attr_parse_nested(tb[IFLA_LINKINFO], collect_link_info,
				      link);
	return 0;
}

bool addr_matches(const struct nlmsghdr *msg, const struct ip_addr *addr,
		  uint32_t *ifindex)
{
	const struct nlattr *tb[MAX_ATTRS];
	const struct ifaddrmsg *ifa;
	const struct nlattr *local;
	struct ip_addr found;

	ifa = parse_msg(msg, RTM_NEWADDR, sizeof(*ifa), tb);
	if (!ifa || ifa->ifa_family != addr->family)
		return false;
	/* IFA_ADDRESS is the far end where a link has one. */
	local = tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS];
	if (!copy_addr(&found, addr->family, local) ||
	    memcmp(found.bytes, addr->bytes, sizeof(found.bytes)) != 0)
		return false;
	*ifindex = ifa->ifa_index;
	return true;
}

/* ---------------------------------------------------------------- questions */

#define REQUEST_LEN 256

struct request {
	union {
		char buf[REQUEST_LEN];
		struct nlmsghdr msg;
	};
};

/* Returns the family's header, zeroed, to fill in. */
static void *start_request(struct request *req, uint16_t type, uint16_t flags,
			   size_t header_len)
{
	struct nlmsghdr *msg = mnl_nlmsg_put_header(req->buf);

	msg->nlmsg_type = type;
	msg->nlmsg_flags = NLM_F_REQUEST | flags;
	return mnl_nlmsg_put_extra_header(msg, header_len);
}

static void put_addr(struct request *req, uint16_t type,
		     const struct ip_addr *addr)
{
	mnl_attr_put(&req->msg, type, ip_addr_len(addr), addr->bytes);
}

/* One message answers; what is handed to its parser. */
struct answer {
	int (*parse)(const struct nlmsghdr *msg, void *result);
	void *result;
	int ret;
};

static int take_answer(const struct nlmsghdr *msg, void *data)
{
	struct answer *answer = data;

	answer->ret = answer->parse(msg, answer->result);
	return MNL_CB_STOP;
}

static int ask_one(struct mnl_socket *sock, const struct request *req,
		   int (*parse)(const struct nlmsghdr *msg, void *result),
		   void *result)
{
	struct answer answer = { parse, result, EPROTO };

	if (nl_ask(sock, &req->msg, take_answer, &answer) < 0)
		return errno;
	return answer.ret;
}

static int parse_route(const struct nlmsghdr *msg, void *result)
{
	return route_parse(msg, result);
}

int rtnl_get_route(struct mnl_socket *sock, const struct ip_addr *dst,
		   const struct ip_addr *src, uint32_t ifindex,
		   struct route *route)
{
	struct request req;
	struct rtmsg *rtm;

	rtm = start_request(&req, RTM_GETROUTE, 0, sizeof(*rtm));
	rtm->rtm_family = dst->family;
	rtm->rtm_dst_len = ip_addr_len(dst) * 8;
	put_addr(&req, RTA_DST, dst);
	if (src->family == dst->family) {
		rtm->rtm_src_len = ip_addr_len(src) * 8;
		put_addr(&req, RTA_SRC, src);
	}
	if (ifindex)
		mnl_attr_put_u32(&req.msg, RTA_OIF, ifindex);
	return ask_one(sock, &req, parse_route, route);
}

static int parse_neigh(const struct nlmsghdr *msg, void *result)
{
	return neigh_parse(msg, result);
}

int rtnl_get_neigh(struct mnl_socket *sock, const struct ip_addr *dst,
		   uint32_t ifindex, struct neigh *neigh)
{
	struct request req;
	struct ndmsg *ndm;

	ndm = start_request(&req, RTM_GETNEIGH, 0, sizeof(*ndm));
	ndm->ndm_family = dst->family;
	ndm->ndm_ifindex = (int)ifindex;
	put_addr(&req, NDA_DST, dst);
	return ask_one(sock, &req, parse_neigh, neigh);
}

static int parse_link(const struct nlmsghdr *msg, void *result)
{
	return link_parse(msg, result);
}

int rtnl_get_link(struct mnl_socket *sock, uint32_t ifindex, struct link *link)
{
	struct ifinfomsg *ifi;
	struct request req;

	ifi = start_request(&req, RTM_GETLINK, 0, sizeof(*ifi));
	ifi->ifi_index = (int)ifindex;
	return ask_one(sock, &req, parse_link, link);
}

struct addr_search {
	const struct ip_addr *addr;
	uint32_t preferred;
	uint32_t found; /* 0: no interface so far */
};

/* The dump is read to its end, or the rest would answer the next question. */
static int search_addr(const struct nlmsghdr *msg, void *data)
{
	struct addr_search *search = data;
	uint32_t ifindex;

	if (addr_matches(msg, search->addr, &ifindex) &&
	    (!search->found || ifindex == search->preferred))
		search->found = ifindex;
	return MNL_CB_OK;
}

int rtnl_find_addr(struct mnl_socket *sock, const struct ip_addr *addr,
		   uint32_t *ifindex)
{
	struct addr_search search = { addr, *ifindex, 0 };
	struct ifaddrmsg *ifa;
	struct request req;

	ifa = start_request(&req, RTM_GETADDR, NLM_F_DUMP, sizeof(*ifa));
	ifa->ifa_family = (uint8_t)addr->family;
	if (nl_ask(sock, &req.msg, search_addr, &search) < 0)
		return errno;
	if (!search.found)
		return EADDRNOTAVAIL;
	*ifindex = search.found;
	return 0;
}

struct mnl_socket *rtnl_open(void)
{
	return mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
}

void rtnl_close(struct mnl_socket *sock)
{
	mnl_socket_close(sock);
}
