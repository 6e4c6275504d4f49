/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* libhns.so.1 as long as there is no hns provider behind it. */
#include <infiniband/hnsdv.h>

#include "stub.h"

bool hnsdv_is_supported(struct ibv_device *device)
{
	return false;
}

int hnsdv_query_device(struct ibv_context *ctx_in,
		       struct hnsdv_context *attrs_out)
{
	return no_status();
}

struct ibv_qp *hnsdv_create_qp(struct ibv_context *context,
			       struct ibv_qp_init_attr_ex *qp_attr,
			       struct hnsdv_qp_init_attr *hns_qp_attr)
{
	return no_object();
}
