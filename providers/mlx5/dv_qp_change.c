/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Direct verbs: what of a queue pair in RTS the verbs cannot change. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "dv_caps.h"

/*
 * Whether the byte at this place of the capabilities has the bit. A device that
 * cannot say so cannot do it.
 */
static bool can_change(struct ibv_context *context, size_t place, uint8_t bit)
{
	const size_t len = sizeof(struct prm_general_caps);
	uint8_t *caps = malloc(len);
	bool can;

	if (!caps)
		return false;
	mlx5_query_caps(to_mctx(context), PRM_CAPS_GENERAL, caps, len);
	can = caps[place] & bit;
	free(caps);
	return can;
}

#define CAN_CHANGE(context, field, bit) \
	can_change(context, offsetof(struct prm_general_caps, field), bit)

/* in: what changes, and that it does. */
static int change(struct ibv_qp *qp, struct prm_change_qp *in)
{
	uint8_t out[16];

	in->opcode = htobe16(PRM_CMD_RTS2RTS_QP);
	in->qpn = htobe32(qp->qp_num);
	return mlx5dv_devx_qp_modify(qp, in, sizeof(*in), out, sizeof(out));
}

/* ---- The UDP port ------------------------------------------------------------ */

static bool is_connected(const struct ibv_qp *qp)
{
	return qp->state == IBV_QPS_RTS &&
	       (qp->qp_type == IBV_QPT_RC || qp->qp_type == IBV_QPT_UC);
}

VERBS_EXPORT int mlx5dv_modify_qp_udp_sport(struct ibv_qp *qp,
					    uint16_t udp_sport)
{
	if (!is_mlx5(qp->context) || !is_connected(qp) ||
	    !CAN_CHANGE(qp->context, change_qp, PRM_CAPS_CHANGE_UDP_SPORT))
		return verbs_err(EOPNOTSUPP);
	return change(qp, &(struct prm_change_qp){
				  .mask = htobe64(PRM_CHANGE_UDP_SPORT),
				  .udp_sport = htobe16(udp_sport),
			  });
}

/* ---- The port of a bond ------------------------------------------------------ */

/* Which port of a bond a queue pair wants, and which one has its traffic. */
struct lag {
	uint8_t wanted;
	uint8_t active;
};

/* 0: the port is not one that the device tells of. */
static uint8_t active_port(const struct prm_query_lag_out *lag, uint8_t wanted)
{
	switch (wanted) {
	case 1:
		return lag->port_of_1 & 0xf;
	case 2:
		return lag->port_of_2 & 0xf;
	default:
		return 0;
	}
}

static bool is_bonded(struct ibv_context *context,
		      struct prm_query_lag_out *out)
{
	const struct prm_query_caps in = {
		.opcode = htobe16(PRM_CMD_QUERY_LAG),
	};

	memset(out, 0, sizeof(*out));
	return !mlx5dv_devx_general_cmd(context, &in, sizeof(in), out,
					sizeof(*out)) &&
	       out->state & 7;
}

static bool read_lag(struct ibv_qp *qp, struct lag *lag)
{
	const struct prm_query_qp in = {
		.opcode = htobe16(PRM_CMD_QUERY_QP),
		.qpn = htobe32(qp->qp_num),
	};
	struct prm_query_qp_out out = {};
	struct prm_query_lag_out ports;

	if (!is_mlx5(qp->context) || !is_bonded(qp->context, &ports) ||
	    mlx5dv_devx_qp_query(qp, &in, sizeof(in), &out, sizeof(out)))
		return false;
	lag->wanted = out.lag_port & 0xf;
	lag->active = active_port(&ports, lag->wanted);
	return lag->wanted;
}

VERBS_EXPORT int mlx5dv_query_qp_lag_port(struct ibv_qp *qp, uint8_t *port_num,
					  uint8_t *active_port_num)
{
	struct lag lag;

	if (!read_lag(qp, &lag) || !lag.active)
		return verbs_err(EOPNOTSUPP);
	*port_num = lag.wanted;
	*active_port_num = lag.active;
	return 0;
}

VERBS_EXPORT int mlx5dv_modify_qp_lag_port(struct ibv_qp *qp, uint8_t port_num)
{
	struct lag lag;

	if (!read_lag(qp, &lag) ||
	    !CAN_CHANGE(qp->context, change_qp, PRM_CAPS_CHANGE_LAG_PORT))
		return verbs_err(EOPNOTSUPP);
	if (port_num > 0xf)
		return verbs_err(EINVAL);
	return change(qp, &(struct prm_change_qp){
				  .options = htobe32(PRM_OPTION_LAG_PORT),
				  .lag_port = port_num,
			  });
}

/* ---- The streams of a DCI ---------------------------------------------------- */

static bool has_streams(struct ibv_qp *qp)
{
	return qp->qp_type == IBV_QPT_DRIVER &&
	       to_mqp(qp)->extra.flags & MLX5_QP_FLAG_DCI_STREAM;
}

VERBS_EXPORT int mlx5dv_dci_stream_id_reset(struct ibv_qp *qp,
					    uint16_t stream_id)
{
	if (!is_mlx5(qp->context) || qp->state != IBV_QPS_RTS ||
	    !CAN_CHANGE(qp->context, change_dci, PRM_CAPS_RESET_STREAM))
		return verbs_err(EOPNOTSUPP);
	if (!has_streams(qp))
		return verbs_err(EINVAL);
	return change(qp, &(struct prm_change_qp){
				  .mask = htobe64(PRM_CHANGE_STREAM),
				  .stream = htobe16(stream_id),
			  });
}
