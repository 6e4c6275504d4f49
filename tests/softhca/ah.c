// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <rdma/ib_addr.h>
#include <rdma/ib_cache.h>
#include <rdma/mlx5-abi.h>
#include <rdma/uverbs_ioctl.h>

#include "softhca.h"

/*
 * Where datagrams go: address handles, the device behind a GID, and the
 * header that a receiver finds in front of the data.
 */

enum {
	/* UDP, base and datagram transport headers, checksum. */
	ROCE_OVERHEAD = 8 + 12 + 8 + 4,
};

/* What the kernel's requests say of where they go. */
static void fill_av(struct hca_av_seg *av, const struct rdma_ah_attr *attr)
{
	const struct ib_global_route *grh = rdma_ah_read_grh(attr);

	ether_addr_copy(av->rmac, attr->roce.dmac);
	av->tclass = grh->traffic_class;
	av->hop_limit = grh->hop_limit;
	av->grh_gid_fl =
		cpu_to_be32(HCA_AV_GRH | grh->sgid_index << HCA_AV_GID_SHIFT |
			    (grh->flow_label & HCA_AV_FLOW_MASK));
	memcpy(av->rgid, grh->dgid.raw, sizeof(av->rgid));
}

/*
 * A program puts the address into its requests itself; what it wants to
 * know is the MAC address, which the core has found.
 */
int hca_create_ah(struct ib_ah *ibah, struct rdma_ah_init_attr *init,
		  struct ib_udata *udata)
{
	struct mlx5_ib_create_ah_resp resp = {};
	const struct rdma_ah_attr *attr = init->ah_attr;
	struct hca_dev *dev = to_hca(ibah->device);
	struct hca_ah *ah = to_hah(ibah);
	int ret;

	if (!(rdma_ah_get_ah_flags(attr) & IB_AH_GRH))
		return -EINVAL;
	ah->kernel = !udata;
	if (ah->kernel) {
		fill_av(&ah->av, attr);
		return 0;
	}
	if (!hca_obj_get(dev, HCA_OBJ_AHS, HCA_MAX_AH))
		return -ENOMEM;

	resp.response_length = min(sizeof(resp), udata->outlen);
	ether_addr_copy(resp.dmac, attr->roce.dmac);
	ret = ib_copy_to_udata(udata, &resp, resp.response_length);
	if (ret)
		hca_obj_put(dev, HCA_OBJ_AHS);
	return ret;
}

int hca_destroy_ah(struct ib_ah *ibah, u32 flags)
{
	if (!to_hah(ibah)->kernel)
		hca_obj_put(to_hca(ibah->device), HCA_OBJ_AHS);
	return 0;
}

/* The device that has this GID, NULL if none has. */
struct hca_dev *hca_find_gid_locked(const void *raw)
{
	const struct ib_gid_attr *attr;
	struct hca_dev *dev;
	union ib_gid gid;

	memcpy(gid.raw, raw, sizeof(gid.raw));
	list_for_each_entry (dev, &hca_devs, entry) {
		attr = rdma_find_gid(&dev->ib, &gid, IB_GID_TYPE_ROCE_UDP_ENCAP,
				     NULL);
		if (IS_ERR(attr))
			continue;
		rdma_put_gid_attr(attr);
		return dev;
	}
	return NULL;
}

/* The IPv4 header fills the second half, the first has no meaning. */
static void build_ipv4(const union ib_gid *sgid, const struct hca_av_seg *av,
		       u32 len, u8 *grh)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = sizeof(ip) / 4,
		.tos = av->tclass,
		.tot_len = cpu_to_be16(sizeof(ip) + ROCE_OVERHEAD + len),
		.frag_off = cpu_to_be16(IP_DF),
		.ttl = av->hop_limit,
		.protocol = IPPROTO_UDP,
	};

	memcpy(&ip.saddr, sgid->raw + 12, sizeof(ip.saddr));
	memcpy(&ip.daddr, av->rgid + 12, sizeof(ip.daddr));
	ip.check = ip_fast_csum(&ip, ip.ihl);
	memset(grh, 0, HCA_GRH_LEN - sizeof(ip));
	memcpy(grh + HCA_GRH_LEN - sizeof(ip), &ip, sizeof(ip));
}

static void build_ipv6(const union ib_gid *sgid, const struct hca_av_seg *av,
		       u32 len, u8 *grh)
{
	__be32 flow =
		cpu_to_be32(be32_to_cpu(av->grh_gid_fl) & HCA_AV_FLOW_MASK);
	struct ipv6hdr ip = {
		.payload_len = cpu_to_be16(ROCE_OVERHEAD + len),
		.nexthdr = IPPROTO_UDP,
		.hop_limit = av->hop_limit,
	};

	static_assert(sizeof(ip) == HCA_GRH_LEN);
	ip6_flow_hdr(&ip, av->tclass, flow);
	memcpy(&ip.saddr, sgid->raw, sizeof(ip.saddr));
	memcpy(&ip.daddr, av->rgid, sizeof(ip.daddr));
	memcpy(grh, &ip, sizeof(ip));
}

/* By which of the two it reaches the other end. */
bool hca_is_ipv4(const struct hca_av_seg *av)
{
	struct in6_addr dgid;

	memcpy(&dgid, av->rgid, sizeof(dgid));
	return ipv6_addr_v4mapped(&dgid);
}

/*
 * The network header of a datagram with len bytes of data from this device,
 * as a receiver gets to see it. Fails if the device has no such GID.
 */
int hca_build_grh(struct hca_dev *dev, const struct hca_av_seg *av, u32 len,
		  u8 *grh)
{
	u8 index = be32_to_cpu(av->grh_gid_fl) >> HCA_AV_GID_SHIFT;
	union ib_gid sgid;
	int ret;

	ret = rdma_query_gid(&dev->ib, 1, index, &sgid);
	if (ret)
		return ret;
	if (hca_is_ipv4(av))
		build_ipv4(&sgid, av, len, grh);
	else
		build_ipv6(&sgid, av, len, grh);
	return 0;
}
