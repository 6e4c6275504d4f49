/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * libionic.so.1 as long as there is no ionic provider behind it: every context
 * and every PD is one of another device.
 */
#include <infiniband/ionic_dv.h>

static int not_ionic(void)
{
	errno = EPERM;
	return EPERM;
}

uint8_t ionic_dv_ctx_get_udma_count(struct ibv_context *ibctx)
{
	return 0;
}

uint8_t ionic_dv_ctx_get_udma_mask(struct ibv_context *ibctx)
{
	return 0;
}

uint8_t ionic_dv_pd_get_udma_mask(struct ibv_pd *ibpd)
{
	return 0;
}

int ionic_dv_pd_set_udma_mask(struct ibv_pd *ibpd, uint8_t udma_mask)
{
	return not_ionic();
}

int ionic_dv_pd_set_sqcmb(struct ibv_pd *ibpd, bool enable, bool expdb,
			  bool require)
{
	return not_ionic();
}

int ionic_dv_pd_set_rqcmb(struct ibv_pd *ibpd, bool enable, bool expdb,
			  bool require)
{
	return not_ionic();
}
