/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Enhanced connection establishment: options that two peers agree on while
 * they connect. What they mean only the device's vendor knows.
 */
#include "driver.h"

VERBS_EXPORT
int ibv_query_ece(struct ibv_qp *qp, struct ibv_ece *ece)
{
	if (!qp || !ece)
		return verbs_err(EINVAL);
	return verbs_ops(qp->context)->query_ece(qp, ece);
}

/* Options of no vendor's mean that the peer has none. */
VERBS_EXPORT
int ibv_set_ece(struct ibv_qp *qp, struct ibv_ece *ece)
{
	if (!qp || !ece)
		return verbs_err(EINVAL);
	if (!ece->vendor_id)
		return verbs_err(EOPNOTSUPP);
	return verbs_ops(qp->context)->set_ece(qp, ece);
}
