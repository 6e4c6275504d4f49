// SPDX-License-Identifier: GPL-2.0
// Copyright (c) 2026 the rdma-dmabuf authors
#include <linux/log2.h>
#include <linux/mlx5/qp.h>

#include "devx.h"

/* DEVX: the states of queue pairs, those of the verbs as well. */

enum {
	CMD_OPTIONS_HIGH = 264, /* more of the mask of what changes: 64 bits */
	CMD_OPTIONS_END = 272,
	CMD_STREAM = 274,
	CMD_STREAM_END = 276,
};

#define RESET_STREAM (1ULL << 0)
#define CHANGE_UDP_SPORT (1ULL << 2)

enum {
	TO_INIT =
		IB_QP_PORT | IB_QP_PKEY_INDEX | IB_QP_ACCESS_FLAGS | IB_QP_QKEY,
	TO_RTR = IB_QP_AV | IB_QP_PATH_MTU | IB_QP_DEST_QPN | IB_QP_RQ_PSN |
		 IB_QP_MAX_DEST_RD_ATOMIC | IB_QP_MIN_RNR_TIMER,
	TO_RTS = IB_QP_TIMEOUT | IB_QP_RETRY_CNT | IB_QP_RNR_RETRY |
		 IB_QP_SQ_PSN | IB_QP_MAX_QP_RD_ATOMIC,
};

/* What a command changes in any case; its options come to that. */
struct step {
	u16 opcode;
	enum ib_qp_state from, to;
	int mask;
};

static const struct step steps[] = {
	{ MLX5_CMD_OP_RST2INIT_QP, IB_QPS_RESET, IB_QPS_INIT, TO_INIT },
	{ MLX5_CMD_OP_INIT2INIT_QP, IB_QPS_INIT, IB_QPS_INIT, TO_INIT },
	{ MLX5_CMD_OP_INIT2RTR_QP, IB_QPS_INIT, IB_QPS_RTR, TO_RTR },
	{ MLX5_CMD_OP_RTR2RTS_QP, IB_QPS_RTR, IB_QPS_RTS, TO_RTS },
	{ MLX5_CMD_OP_RTS2RTS_QP, IB_QPS_RTS, IB_QPS_RTS, 0 },
};

static const struct {
	u32 option;
	int mask;
} options[] = {
	{ MLX5_QP_OPTPAR_RRE, IB_QP_ACCESS_FLAGS },
	{ MLX5_QP_OPTPAR_RAE, IB_QP_ACCESS_FLAGS },
	{ MLX5_QP_OPTPAR_RWE, IB_QP_ACCESS_FLAGS },
	{ MLX5_QP_OPTPAR_PKEY_INDEX, IB_QP_PKEY_INDEX },
	{ MLX5_QP_OPTPAR_Q_KEY, IB_QP_QKEY },
	{ MLX5_QP_OPTPAR_RNR_TIMEOUT, IB_QP_MIN_RNR_TIMER },
	{ MLX5_QP_OPTPAR_PRIMARY_ADDR_PATH, IB_QP_AV },
	{ MLX5_QP_OPTPAR_SRA_MAX, IB_QP_MAX_QP_RD_ATOMIC },
	{ MLX5_QP_OPTPAR_RRA_MAX, IB_QP_MAX_DEST_RD_ATOMIC },
	{ MLX5_QP_OPTPAR_RETRY_COUNT, IB_QP_RETRY_CNT },
	{ MLX5_QP_OPTPAR_RNR_RETRY, IB_QP_RNR_RETRY },
	{ MLX5_QP_OPTPAR_ACK_TIMEOUT, IB_QP_TIMEOUT },
	{ MLX5_QP_OPTPAR_LAG_TX_AFF, 0 }, /* for take_step() */
	/* Only where what is asked for is all that there is. */
	{ MLX5_QP_OPTPAR_PM_STATE, 0 },
	{ MLX5_QP_OPTPAR_PRI_PORT, IB_QP_PORT },
	{ MLX5_QP_OPTPAR_COUNTER_SET_ID, 0 },
};

/* Returns the verbs' mask for it, or -EINVAL for what is not known. */
static int read_options(u32 bits)
{
	int i, mask = 0;

	for (i = 0; i < ARRAY_SIZE(options); i++) {
		if (!(bits & options[i].option))
			continue;
		mask |= options[i].mask;
		bits &= ~options[i].option;
	}
	return bits ? -EINVAL : mask;
}

/* ---- Contexts as attributes -------------------------------------------------- */

static void read_path(struct ib_qp_attr *attr, const void *path)
{
	struct rdma_ah_attr *ah = &attr->ah_attr;

	ah->type = RDMA_AH_ATTR_TYPE_ROCE;
	ah->port_num = 1;
	ah->ah_flags = IB_AH_GRH;
	ah->grh.sgid_index = MLX5_GET(ads, path, src_addr_index);
	ah->grh.hop_limit = MLX5_GET(ads, path, hop_limit);
	ah->grh.traffic_class = MLX5_GET(ads, path, tclass);
	ah->grh.flow_label = MLX5_GET(ads, path, flow_label);
	memcpy(ah->grh.dgid.raw, MLX5_ADDR_OF(ads, path, rgid_rip),
	       sizeof(ah->grh.dgid));
	attr->port_num = MLX5_GET(ads, path, vhca_port_num);
	attr->pkey_index = MLX5_GET(ads, path, pkey_index);
	attr->timeout = MLX5_GET(ads, path, ack_timeout);
}

static int read_access(const void *qpc)
{
	int access = 0;

	if (MLX5_GET(qpc, qpc, rre))
		access |= IB_ACCESS_REMOTE_READ;
	if (MLX5_GET(qpc, qpc, rwe))
		access |= IB_ACCESS_REMOTE_WRITE;
	if (MLX5_GET(qpc, qpc, rae))
		access |= IB_ACCESS_REMOTE_ATOMIC;
	return access;
}

static void read_context(struct ib_qp_attr *attr, const void *qpc)
{
	memset(attr, 0, sizeof(*attr));
	read_path(attr, MLX5_ADDR_OF(qpc, qpc, primary_address_path));
	attr->qp_access_flags = read_access(qpc);
	attr->path_mtu = MLX5_GET(qpc, qpc, mtu);
	attr->dest_qp_num = MLX5_GET(qpc, qpc, remote_qpn);
	attr->qkey = MLX5_GET(qpc, qpc, q_key);
	attr->sq_psn = MLX5_GET(qpc, qpc, next_send_psn);
	attr->rq_psn = MLX5_GET(qpc, qpc, next_rcv_psn);
	attr->retry_cnt = MLX5_GET(qpc, qpc, retry_count);
	attr->rnr_retry = MLX5_GET(qpc, qpc, rnr_retry);
	attr->min_rnr_timer = MLX5_GET(qpc, qpc, min_rnr_nak);
	attr->max_rd_atomic = 1 << MLX5_GET(qpc, qpc, log_sra_max);
	attr->max_dest_rd_atomic = 1 << MLX5_GET(qpc, qpc, log_rra_max);
}

/* Of the three kinds of access an option may change one alone. */
static void keep_access(struct ib_qp_attr *attr, int now, u32 bits)
{
	int changed = 0;

	if (bits & MLX5_QP_OPTPAR_RRE)
		changed |= IB_ACCESS_REMOTE_READ;
	if (bits & MLX5_QP_OPTPAR_RWE)
		changed |= IB_ACCESS_REMOTE_WRITE;
	if (bits & MLX5_QP_OPTPAR_RAE)
		changed |= IB_ACCESS_REMOTE_ATOMIC;
	attr->qp_access_flags =
		(attr->qp_access_flags & changed) | (now & ~changed);
}

/* ---- Changing ---------------------------------------------------------------- */

static const struct step *find_step(u16 opcode)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(steps); i++)
		if (steps[i].opcode == opcode)
			return &steps[i];
	return NULL;
}

/* Some attributes are not for all kinds, whatever is in their place. */
static int mask_for(const struct hca_qp *qp, int mask)
{
	if (qp->ib.qp_type == IB_QPT_UD)
		return mask & ~(IB_QP_AV | IB_QP_PATH_MTU | IB_QP_DEST_QPN);
	return qp->ib.qp_type == IB_QPT_RC || qp->dc ? mask & ~IB_QP_QKEY
						     : mask;
}

static int enter(struct hca_qp *qp, const struct step *step,
		 struct ib_qp_attr *attr, u32 bits)
{
	int mask = read_options(bits);
	int ret = MLX5_CMD_STAT_OK;

	if (mask < 0)
		return MLX5_CMD_STAT_BAD_PARAM_ERR;
	mask = mask_for(qp, mask | step->mask);
	if (hca_check_attr(attr, mask))
		return MLX5_CMD_STAT_BAD_PARAM_ERR;
	mutex_lock(&hca_mutex);
	if (qp->state != step->from) {
		ret = MLX5_CMD_STAT_BAD_QP_STATE_ERR;
	} else {
		if (!(step->mask & IB_QP_ACCESS_FLAGS))
			keep_access(attr, qp->attr.qp_access_flags, bits);
		hca_qp_enter_locked(qp, attr, mask, step->to);
	}
	mutex_unlock(&hca_mutex);
	return ret;
}

/* What changes of a QP in RTS beside its attributes; returns a status. */
static int check_more(const struct hca_qp *qp, const struct hca_devx_cmd *cmd,
		      u64 more)
{
	/* The port that packets come from; there are none, nothing depends on it. */
	if (more & ~(RESET_STREAM | CHANGE_UDP_SPORT))
		return MLX5_CMD_STAT_BAD_PARAM_ERR;
	if (!(more & RESET_STREAM))
		return MLX5_CMD_STAT_OK;
	if (!qp->streams.failed)
		return MLX5_CMD_STAT_BAD_PARAM_ERR;
	return cmd->len < CMD_STREAM_END ? MLX5_CMD_STAT_BAD_INP_LEN_ERR
					 : MLX5_CMD_STAT_OK;
}

static void reset_stream(struct hca_qp *qp, const struct hca_devx_cmd *cmd)
{
	mutex_lock(&hca_mutex);
	hca_stream_reset_locked(qp, get_unaligned_be16(cmd->in + CMD_STREAM));
	mutex_unlock(&hca_mutex);
}

static int take_step(struct hca_qp *qp, const struct step *step,
		     const struct hca_devx_cmd *cmd)
{
	const void *qpc = MLX5_ADDR_OF(rst2init_qp_in, cmd->in, qpc);
	u32 bits = MLX5_GET(rst2init_qp_in, cmd->in, opt_param_mask);
	struct ib_qp_attr attr;
	u64 more = 0;
	int status;

	if (cmd->len < CMD_OPTIONS_END)
		return MLX5_CMD_STAT_BAD_INP_LEN_ERR;
	if (step->from == IB_QPS_RTS)
		more = get_unaligned_be64(cmd->in + CMD_OPTIONS_HIGH);
	status = check_more(qp, cmd, more);
	if (status)
		return status;
	read_context(&attr, qpc);
	status = enter(qp, step, &attr, bits);
	if (!status && more & RESET_STREAM)
		reset_stream(qp, cmd);
	if (!status && bits & MLX5_QP_OPTPAR_LAG_TX_AFF)
		WRITE_ONCE(qp->lag_port,
			   MLX5_GET(qpc, qpc, lag_tx_port_affinity));
	return status;
}

/* From any state, but that what is reset has no errors. */
static int end(struct hca_qp *qp, enum ib_qp_state state)
{
	int ret = MLX5_CMD_STAT_BAD_QP_STATE_ERR;

	mutex_lock(&hca_mutex);
	if (state == IB_QPS_RESET || qp->state != IB_QPS_RESET) {
		hca_qp_enter_locked(qp, &qp->attr, 0, state);
		ret = MLX5_CMD_STAT_OK;
	}
	mutex_unlock(&hca_mutex);
	return ret;
}

int hca_devx_modify_qp(void *qp, struct hca_devx_cmd *cmd)
{
	u16 opcode = hca_devx_opcode(cmd->in);
	int status;

	if (opcode == MLX5_CMD_OP_2ERR_QP)
		status = end(qp, IB_QPS_ERR);
	else if (opcode == MLX5_CMD_OP_2RST_QP)
		status = end(qp, IB_QPS_RESET);
	else
		status = take_step(qp, find_step(opcode), cmd);
	if (status)
		return hca_devx_refuse(cmd->out, status);
	hca_kick();
	return 0;
}

/* ---- Asking ------------------------------------------------------------------ */

static const u8 states[] = {
	[IB_QPS_RESET] = MLX5_QP_STATE_RST, [IB_QPS_INIT] = MLX5_QP_STATE_INIT,
	[IB_QPS_RTR] = MLX5_QP_STATE_RTR,   [IB_QPS_RTS] = MLX5_QP_STATE_RTS,
	[IB_QPS_SQD] = MLX5_QP_STATE_SQD,   [IB_QPS_SQE] = MLX5_QP_STATE_SQER,
	[IB_QPS_ERR] = MLX5_QP_STATE_ERR,
};

static int kind_of(const struct hca_qp *qp)
{
	switch (qp->ib.qp_type) {
	case IB_QPT_RC:
		return MLX5_QP_ST_RC;
	case IB_QPT_UC:
		return MLX5_QP_ST_UC;
	case IB_QPT_UD:
		return MLX5_QP_ST_UD;
	case IB_QPT_DRIVER:
		return MLX5_QP_ST_DCI;
	default:
		return MLX5_QP_ST_XRC;
	}
}

static u32 number_of(struct ib_cq *cq)
{
	return cq ? to_hcq(cq)->cqn : 0;
}

static void fill_queues(void *qpc, const struct hca_qp *qp)
{
	MLX5_SET(qpc, qpc, st, kind_of(qp));
	MLX5_SET(qpc, qpc, pd, to_hpd(qp->ib.pd)->pdn);
	MLX5_SET(qpc, qpc, user_index, qp->uidx);
	MLX5_SET(qpc, qpc, cqn_snd, number_of(qp->ib.send_cq));
	MLX5_SET(qpc, qpc, cqn_rcv, number_of(qp->ib.recv_cq));
	MLX5_SET(qpc, qpc, no_sq, !qp->sq_num);
	if (qp->sq_num)
		MLX5_SET(qpc, qpc, log_sq_size, ilog2(qp->sq_num));
	if (qp->ib.srq) {
		MLX5_SET(qpc, qpc, rq_type, MLX5_SRQ_RQ);
		MLX5_SET(qpc, qpc, srqn_rmpn_xrqn, to_hsrq(qp->ib.srq)->srqn);
	} else if (!qp->rq_num) {
		MLX5_SET(qpc, qpc, rq_type, MLX5_ZERO_LEN_RQ);
	} else {
		MLX5_SET(qpc, qpc, log_rq_size, ilog2(qp->rq_num));
		MLX5_SET(qpc, qpc, log_rq_stride,
			 qp->rq_shift - ilog2(sizeof(struct hca_data_seg)));
	}
}

static void fill_inline(void *qpc, const struct hca_qp *qp)
{
	u8 cs_res, cs_req;

	hca_inline_get(qp, &cs_res, &cs_req);
	MLX5_SET(qpc, qpc, cs_res, cs_res);
	MLX5_SET(qpc, qpc, cs_req, cs_req);
}

static void fill_path(void *path, const struct ib_qp_attr *attr)
{
	const struct ib_global_route *grh = &attr->ah_attr.grh;

	MLX5_SET(ads, path, vhca_port_num, attr->port_num);
	MLX5_SET(ads, path, pkey_index, attr->pkey_index);
	MLX5_SET(ads, path, ack_timeout, attr->timeout);
	MLX5_SET(ads, path, src_addr_index, grh->sgid_index);
	MLX5_SET(ads, path, hop_limit, grh->hop_limit);
	MLX5_SET(ads, path, tclass, grh->traffic_class);
	memcpy(MLX5_ADDR_OF(ads, path, rgid_rip), grh->dgid.raw,
	       sizeof(grh->dgid));
}

static u8 log_of(u8 n)
{
	return n ? ilog2(n) : 0;
}

static void fill_state(void *qpc, const struct hca_qp *qp)
{
	const struct ib_qp_attr *attr = &qp->attr;

	MLX5_SET(qpc, qpc, state, states[qp->state]);
	MLX5_SET(qpc, qpc, lag_tx_port_affinity, qp->lag_port);
	fill_path(MLX5_ADDR_OF(qpc, qpc, primary_address_path), attr);
	MLX5_SET(qpc, qpc, mtu, attr->path_mtu);
	MLX5_SET(qpc, qpc, remote_qpn, attr->dest_qp_num);
	MLX5_SET(qpc, qpc, q_key, attr->qkey);
	MLX5_SET(qpc, qpc, rre,
		 !!(attr->qp_access_flags & IB_ACCESS_REMOTE_READ));
	MLX5_SET(qpc, qpc, rwe,
		 !!(attr->qp_access_flags & IB_ACCESS_REMOTE_WRITE));
	MLX5_SET(qpc, qpc, rae,
		 !!(attr->qp_access_flags & IB_ACCESS_REMOTE_ATOMIC));
	MLX5_SET(qpc, qpc, retry_count, attr->retry_cnt);
	MLX5_SET(qpc, qpc, rnr_retry, attr->rnr_retry);
	MLX5_SET(qpc, qpc, min_rnr_nak, attr->min_rnr_timer);
	MLX5_SET(qpc, qpc, log_sra_max, log_of(attr->max_rd_atomic));
	MLX5_SET(qpc, qpc, log_rra_max, log_of(attr->max_dest_rd_atomic));
	MLX5_SET(qpc, qpc, next_send_psn, qp->sq_psn);
	MLX5_SET(qpc, qpc, next_rcv_psn, qp->rq_psn);
	MLX5_SET(qpc, qpc, hw_sq_wqebb_counter, qp->sq_ci);
	MLX5_SET(qpc, qpc, hw_rq_counter, qp->rq_ci);
}

int hca_devx_query_qp(void *what, struct hca_devx_cmd *cmd)
{
	void *qpc = MLX5_ADDR_OF(query_qp_out, cmd->out, qpc);
	struct hca_qp *qp = what;

	mutex_lock(&hca_mutex);
	fill_queues(qpc, qp);
	fill_inline(qpc, qp);
	fill_state(qpc, qp);
	mutex_unlock(&hca_mutex);
	return 0;
}

enum { DCT_ACTIVE = 0, DCT_DRAINED = 2 };

int hca_devx_query_dct(void *what, struct hca_devx_cmd *cmd)
{
	void *dctc = MLX5_ADDR_OF(query_dct_out, cmd->out, dct_context_entry);
	struct hca_qp *qp = what;

	mutex_lock(&hca_mutex);
	MLX5_SET(dctc, dctc, state,
		 hca_qp_receives(qp) ? DCT_ACTIVE : DCT_DRAINED);
	MLX5_SET(dctc, dctc, user_index, qp->uidx);
	MLX5_SET(dctc, dctc, cqn, number_of(qp->ib.recv_cq));
	MLX5_SET(dctc, dctc, srqn_xrqn, to_hsrq(qp->ib.srq)->srqn);
	MLX5_SET(dctc, dctc, pd, to_hpd(qp->ib.pd)->pdn);
	MLX5_SET(dctc, dctc, mtu, qp->attr.path_mtu);
	MLX5_SET(dctc, dctc, port, qp->attr.port_num);
	MLX5_SET(dctc, dctc, min_rnr_nak, qp->attr.min_rnr_timer);
	MLX5_SET64(dctc, dctc, dc_access_key, qp->access_key);
	mutex_unlock(&hca_mutex);
	return 0;
}
