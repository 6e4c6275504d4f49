/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * A queue pair over a table of work queues: each packet goes to one of them, by a
 * hash of its headers. It has no rings and no states of its own.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mlx5.h"

#define NEEDED                                              \
	(IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_IND_TABLE | \
	 IBV_QP_INIT_ATTR_RX_HASH)

static int check_attr(const struct ibv_qp_init_attr_ex *attr)
{
	if (attr->comp_mask & ~(NEEDED | IBV_QP_INIT_ATTR_CREATE_FLAGS))
		return EOPNOTSUPP;
	if ((attr->comp_mask & NEEDED) != NEEDED ||
	    attr->qp_type != IBV_QPT_RAW_PACKET)
		return EINVAL;
	return 0;
}

/* Which hashes the device can do is for the kernel to say. */
static int take_hash(const struct ibv_rx_hash_conf *conf,
		     struct mlx5_ib_create_qp_rss *req)
{
	if (conf->rx_hash_key_len > sizeof(req->rx_hash_key))
		return EINVAL;
	req->rx_hash_fields_mask = conf->rx_hash_fields_mask;
	req->rx_hash_function = conf->rx_hash_function;
	req->rx_key_len = conf->rx_hash_key_len;
	if (conf->rx_hash_key_len)
		memcpy(req->rx_hash_key, conf->rx_hash_key,
		       conf->rx_hash_key_len);
	return 0;
}

static int create_kernel_qp(struct ibv_context *context,
			    const struct ibv_qp_init_attr_ex *attr,
			    struct mlx5_qp *qp)
{
	struct mlx5_ib_create_qp_rss req = { .flags = qp->extra.flags };
	struct mlx5_ib_create_qp_resp resp = { 0 };
	struct verbs_udata udata = {
		.in = &req,
		.in_len = sizeof(req),
		.out = &resp,
		.out_len = sizeof(resp),
	};
	struct ibv_qp_init_attr_ex only_table = {
		.qp_context = attr->qp_context,
		.qp_type = attr->qp_type,
		.comp_mask = attr->comp_mask,
		.pd = attr->pd,
		.create_flags = attr->create_flags,
		.rwq_ind_tbl = attr->rwq_ind_tbl,
	};
	int err = take_hash(&attr->rx_hash_conf, &req);

	if (err)
		return err;
	err = ibv_cmd_create_qp_ex(context, &only_table, &qp->qp, &udata);
	if (!err)
		mlx5_take_handles(qp, &resp);
	return err;
}

struct ibv_qp *mlx5_create_table_qp(struct ibv_context *context,
				    struct ibv_qp_init_attr_ex *attr,
				    const struct mlx5_qp_extra *extra)
{
	struct mlx5_qp *qp;
	int err = check_attr(attr);

	if (err)
		return verbs_null(err);
	qp = calloc(1, sizeof(*qp));
	if (!qp)
		return NULL;
	qp->extra = *extra;
	qp->over_table = true;
	qp->sq.room = MLX5_NO_ROOM;
	qp->sq.room_if_ready = MLX5_NO_ROOM;
	mlx5_set_post_ops(qp, attr->qp_type, false);
	err = create_kernel_qp(context, attr, qp);
	if (err) {
		free(qp);
		return verbs_null(err);
	}
	return &qp->qp;
}
