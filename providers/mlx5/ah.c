/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Address handles live in user space: each is the address vector that every
 * datagram to it carries. On InfiniBand the attributes are all there is. On
 * Ethernet the MAC address is found by the kernel driver, or by the library
 * where the driver does not tell it.
 */
#include <stdlib.h>
#include <string.h>

#include "mlx5.h"

#define PATH_BITS_MASK 0x7f
#define FLOW_LABEL_MASK 0xfffff

/* Datagrams on Ethernet have no choice, and the bit of the choice is reserved. */
static void fill_grh(struct prm_av_seg *av, const struct ibv_global_route *grh,
		     bool ethernet)
{
	uint32_t has_grh = ethernet ? 0 : PRM_AV_GRH;

	av->tclass = grh->traffic_class;
	av->hop_limit = grh->hop_limit;
	av->grh_gid_fl = htobe32(
		has_grh | (uint32_t)grh->sgid_index << PRM_AV_GID_INDEX_SHIFT |
		(grh->flow_label & FLOW_LABEL_MASK));
	memcpy(av->rgid, grh->dgid.raw, sizeof(av->rgid));
}

void mlx5_fill_av(struct prm_av_seg *av, const struct ibv_ah_attr *attr,
		  bool ethernet, bool over_udp)
{
	memset(av, 0, sizeof(*av));
	av->rate_sl = attr->static_rate << 4;
	if (ethernet) {
		av->rate_sl |= (attr->sl & 7) << 1;
	} else {
		av->rate_sl |= attr->sl & 0xf;
		av->path_bits = attr->src_path_bits & PATH_BITS_MASK;
		av->rlid = htobe16(attr->dlid);
	}
	if (over_udp)
		av->rlid = htobe16(
			ibv_flow_label_to_udp_sport(attr->grh.flow_label));
	if (attr->is_global)
		fill_grh(av, &attr->grh, ethernet);
}

static int ask_kernel(struct ibv_pd *pd, struct ibv_ah_attr *attr,
		      struct mlx5_ah *ah)
{
	struct mlx5_ib_create_ah_resp resp = { 0 };
	struct verbs_udata udata = {
		.out = &resp,
		.out_len = sizeof(resp),
	};
	int err = ibv_cmd_create_ah(pd, attr, &ah->ah, &udata);

	if (err)
		return err;
	ah->in_kernel = true;
	memcpy(ah->av.rmac, resp.dmac, sizeof(ah->av.rmac));
	return 0;
}

static int find_mac(struct ibv_pd *pd, struct ibv_ah_attr *attr,
		    struct mlx5_ah *ah)
{
	uint16_t vlan;

	if (to_mctx(pd->context)->ah_by_kernel)
		return ask_kernel(pd, attr, ah);
	if (ibv_resolve_eth_l2_from_gid(pd->context, attr, ah->av.rmac, &vlan))
		return errno;
	return 0;
}

/* RoCE has no other way to an address than its GID. */
static int init_ethernet(struct ibv_pd *pd, struct ibv_ah_attr *attr,
			 struct mlx5_ah *ah)
{
	struct ibv_gid_entry gid;

	if (!attr->is_global)
		return EINVAL;
	if (ibv_query_gid_ex(pd->context, attr->port_num, attr->grh.sgid_index,
			     &gid, 0))
		return errno;
	mlx5_fill_av(&ah->av, attr, true, gid.gid_type == IBV_GID_TYPE_ROCE_V2);
	return find_mac(pd, attr, ah);
}

static int init_ah(struct ibv_pd *pd, struct ibv_ah_attr *attr,
		   struct mlx5_ah *ah)
{
	struct ibv_port_attr port;

	if (ibv_query_port(pd->context, attr->port_num, &port))
		return errno;
	ah->ah.context = pd->context;
	ah->ah.pd = pd;
	if (port.link_layer == IBV_LINK_LAYER_ETHERNET)
		return init_ethernet(pd, attr, ah);
	mlx5_fill_av(&ah->av, attr, false, false);
	return 0;
}

struct ibv_ah *mlx5_create_ah(struct ibv_pd *pd, struct ibv_ah_attr *attr)
{
	struct mlx5_ah *ah;
	int err;

	ah = calloc(1, sizeof(*ah));
	if (!ah)
		return NULL;
	err = init_ah(pd, attr, ah);
	if (err) {
		free(ah);
		errno = err;
		return NULL;
	}
	return &ah->ah;
}

int mlx5_destroy_ah(struct ibv_ah *ibah)
{
	struct mlx5_ah *ah = to_mah(ibah);
	int ret = ah->in_kernel ? ibv_cmd_destroy_ah(ibah) : 0;

	if (!ret)
		free(ah);
	return ret;
}
