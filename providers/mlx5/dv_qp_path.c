/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Direct verbs: the path that the packets of a connected queue pair take. */
#include <errno.h>
#include <stdlib.h>

#include "dv_caps.h"

/* A device that cannot say so cannot do it. */
static bool can_change_sport(struct ibv_context *context)
{
	struct prm_general_caps *caps;
	bool can;

	caps = malloc(sizeof(*caps));
	if (!caps)
		return false;
	mlx5_query_caps(to_mctx(context), PRM_CAPS_GENERAL, caps,
			sizeof(*caps));
	can = caps->change_qp & PRM_CAPS_CHANGE_UDP_SPORT;
	free(caps);
	return can;
}

static int change_sport(struct ibv_qp *qp, uint16_t udp_sport)
{
	struct prm_change_qp in = {
		.opcode = htobe16(PRM_CMD_RTS2RTS_QP),
		.qpn = htobe32(qp->qp_num),
		.udp_sport = htobe16(udp_sport),
		.mask = htobe64(PRM_CHANGE_UDP_SPORT),
	};
	uint8_t out[16];

	return mlx5dv_devx_qp_modify(qp, &in, sizeof(in), out, sizeof(out));
}

static bool is_connected(const struct ibv_qp *qp)
{
	return qp->state == IBV_QPS_RTS &&
	       (qp->qp_type == IBV_QPT_RC || qp->qp_type == IBV_QPT_UC);
}

VERBS_EXPORT int mlx5dv_modify_qp_udp_sport(struct ibv_qp *qp,
					    uint16_t udp_sport)
{
	if (!is_mlx5(qp->context) || !is_connected(qp) ||
	    !can_change_sport(qp->context))
		return verbs_err(EOPNOTSUPP);
	return change_sport(qp, udp_sport);
}
