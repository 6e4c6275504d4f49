/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* From completion queue entries to work completions. */
#include <errno.h>
#include <stdlib.h>

#include "cqe.h"
#include "mlx5.h"

static enum ibv_wc_status status_of(uint8_t syndrome)
{
	switch (syndrome) {
	case PRM_SYNDROME_LOCAL_LENGTH:
		return IBV_WC_LOC_LEN_ERR;
	case PRM_SYNDROME_LOCAL_QP_OP:
		return IBV_WC_LOC_QP_OP_ERR;
	case PRM_SYNDROME_LOCAL_PROT:
		return IBV_WC_LOC_PROT_ERR;
	case PRM_SYNDROME_WR_FLUSH:
		return IBV_WC_WR_FLUSH_ERR;
	case PRM_SYNDROME_MW_BIND:
		return IBV_WC_MW_BIND_ERR;
	case PRM_SYNDROME_BAD_RESP:
		return IBV_WC_BAD_RESP_ERR;
	case PRM_SYNDROME_LOCAL_ACCESS:
		return IBV_WC_LOC_ACCESS_ERR;
	case PRM_SYNDROME_REMOTE_INVAL_REQ:
		return IBV_WC_REM_INV_REQ_ERR;
	case PRM_SYNDROME_REMOTE_ACCESS:
		return IBV_WC_REM_ACCESS_ERR;
	case PRM_SYNDROME_REMOTE_OP:
		return IBV_WC_REM_OP_ERR;
	case PRM_SYNDROME_RETRY_EXC:
		return IBV_WC_RETRY_EXC_ERR;
	case PRM_SYNDROME_RNR_RETRY_EXC:
		return IBV_WC_RNR_RETRY_EXC_ERR;
	case PRM_SYNDROME_REMOTE_ABORTED:
		return IBV_WC_REM_ABORT_ERR;
	default:
		return IBV_WC_GENERAL_ERR;
	}
}

/*
 * The entry tells the first block of its WQE. Unsignaled WQEs before that
 * one are done as well. The release pairs with the poster's acquire: it may
 * overwrite what has been read here.
 */
static void finish_send(struct mlx5_sq *sq, const struct prm_cqe *cqe,
			struct ibv_wc *wc)
{
	const struct mlx5_sent *sent;

	sent = &sq->sent[be16toh(cqe->wqe_counter) & sq->block_mask];
	wc->wr_id = sent->wr_id;
	wc->opcode = sent->wc_opcode;
	__atomic_store_n(&sq->tail, sent->head, __ATOMIC_RELEASE);
}

static void finish_recv(struct mlx5_rq *rq, struct ibv_wc *wc)
{
	uint32_t tail = rq->tail;

	wc->wr_id = rq->wr_id[tail & rq->mask];
	__atomic_store_n(&rq->tail, tail + 1, __ATOMIC_RELEASE);
}

static void read_send(struct mlx5_qp *qp, const struct prm_cqe *cqe,
		      struct ibv_wc *wc)
{
	finish_send(&qp->sq, cqe, wc);
	wc->status = IBV_WC_SUCCESS;
	wc->vendor_err = 0;
	wc->wc_flags = 0;
	if (wc->opcode == IBV_WC_COMP_SWAP || wc->opcode == IBV_WC_FETCH_ADD)
		wc->byte_len = PRM_ATOMIC_LEN;
	else
		wc->byte_len = be32toh(cqe->byte_cnt);
}

static void read_recv(struct mlx5_qp *qp, const struct prm_cqe *cqe,
		      struct ibv_wc *wc)
{
	uint32_t flags_rqpn = be32toh(cqe->flags_rqpn);

	finish_recv(&qp->rq, wc);
	wc->status = IBV_WC_SUCCESS;
	wc->opcode = IBV_WC_RECV;
	wc->vendor_err = 0;
	wc->byte_len = be32toh(cqe->byte_cnt);
	wc->src_qp = flags_rqpn & 0xffffff;
	wc->wc_flags = flags_rqpn & PRM_CQE_GRH_MASK ? IBV_WC_GRH : 0;
	wc->pkey_index = 0;
	wc->slid = be16toh(cqe->slid);
	wc->sl = flags_rqpn >> 24 & 0xf;
	wc->dlid_path_bits = cqe->ml_path & 0x7f;
}

static void read_error(const struct prm_cqe *cqe, struct ibv_wc *wc)
{
	wc->status = status_of(cqe->syndrome);
	wc->vendor_err = cqe->vendor_syndrome;
	wc->byte_len = 0;
	wc->wc_flags = 0;
}

/* Returns 0, or EINVAL for an entry that this provider never asked for. */
static int read_cqe(struct mlx5_qp *qp, const struct prm_cqe *cqe,
		    struct ibv_wc *wc)
{
	wc->qp_num = qp->qp.qp_num;
	switch (cqe->op_own >> PRM_CQE_OPCODE_SHIFT) {
	case PRM_CQE_REQ:
		read_send(qp, cqe, wc);
		return 0;
	case PRM_CQE_RESP_SEND:
		read_recv(qp, cqe, wc);
		return 0;
	case PRM_CQE_RESP_SEND_IMM:
		read_recv(qp, cqe, wc);
		wc->wc_flags |= IBV_WC_WITH_IMM;
		wc->imm_data = cqe->imm_inval;
		return 0;
	case PRM_CQE_RESP_WRITE_IMM:
		read_recv(qp, cqe, wc);
		wc->opcode = IBV_WC_RECV_RDMA_WITH_IMM;
		wc->wc_flags |= IBV_WC_WITH_IMM;
		wc->imm_data = cqe->imm_inval;
		return 0;
	case PRM_CQE_RESP_SEND_INV:
		read_recv(qp, cqe, wc);
		wc->wc_flags |= IBV_WC_WITH_INV;
		wc->invalidated_rkey = be32toh(cqe->imm_inval);
		return 0;
	case PRM_CQE_REQ_ERR:
		finish_send(&qp->sq, cqe, wc);
		read_error(cqe, wc);
		return 0;
	case PRM_CQE_RESP_ERR:
		finish_recv(&qp->rq, wc);
		wc->opcode = IBV_WC_RECV;
		read_error(cqe, wc);
		return 0;
	default:
		return EINVAL;
	}
}

/* Returns how many, or -EINVAL if the first entry cannot be understood. */
static int poll_locked(struct mlx5_cq *cq, int num_entries, struct ibv_wc *wc)
{
	struct mlx5_qp *qp = NULL;
	struct prm_cqe *cqe;
	uint32_t key;
	int n;

	for (n = 0; n < num_entries; n++) {
		cqe = mlx5_ready_cqe(cq, cq->ci);
		if (!cqe)
			break;
		key = mlx5_cqe_key(cq, cqe);
		if (!qp || qp->key != key)
			qp = mlx5_table_get(cq->qps, key);
		if (unlikely(!qp || read_cqe(qp, cqe, &wc[n]))) {
			if (n)
				break; /* the next call meets it first */
			cq->ci++;
			return -EINVAL;
		}
		cq->ci++;
	}
	return n;
}

int mlx5_poll_cq(struct ibv_cq *ibcq, int num_entries, struct ibv_wc *wc)
{
	struct mlx5_cq *cq = to_mcq(ibcq);
	int n;

	mlx5_lock(&cq->lock);
	n = poll_locked(cq, num_entries, wc);
	if (n)
		mlx5_publish_ci(cq);
	mlx5_unlock(&cq->lock);
	if (unlikely(n < 0))
		errno = -n;
	return n;
}
