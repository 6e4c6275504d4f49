/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#include <stdlib.h>

#include "rxe.h"

/*
 * Work requests name the AH by the driver's number for it. Kernels before 5.15
 * give none: they want the whole address, MAC included, in every request.
 */
struct ibv_ah *rxe_create_ah(struct ibv_pd *pd, struct ibv_ah_attr *attr)
{
	struct rxe_create_ah_resp resp = {};
	struct verbs_udata udata = { .out = &resp, .out_len = sizeof(resp) };
	struct rxe_ah *ah;
	int err;

	ah = calloc(1, sizeof(*ah));
	if (!ah)
		return NULL;
	err = ibv_cmd_create_ah(pd, attr, &ah->ibv, &udata);
	if (err)
		goto free_ah;
	if (!resp.ah_num) {
		err = EPROTONOSUPPORT;
		goto destroy_ah;
	}
	ah->num = resp.ah_num;
	return &ah->ibv;

destroy_ah:
	ibv_cmd_destroy_ah(&ah->ibv);
free_ah:
	free(ah);
	errno = err;
	return NULL;
}

int rxe_destroy_ah(struct ibv_ah *ah)
{
	int ret;

	ret = ibv_cmd_destroy_ah(ah);
	if (ret)
		return ret;
	free(to_rxe_ah(ah));
	return 0;
}
