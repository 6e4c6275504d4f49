/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef IONIC_DV_H
#define IONIC_DV_H

/*
 * What programs can ask of ionic devices beyond verbs. Such a device has several
 * pipelines, "udma"; a mask has a bit for each. What is set on a PD, or on a
 * parent domain, holds for the queues made with it afterwards.
 */

#include <stdbool.h>

#include <infiniband/verbs.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 0 from an object of another device. */
uint8_t ionic_dv_ctx_get_udma_count(struct ibv_context *ibctx);
uint8_t ionic_dv_ctx_get_udma_mask(struct ibv_context *ibctx);
uint8_t ionic_dv_pd_get_udma_mask(struct ibv_pd *ibpd);

/* Status; EPERM: a PD of another device. */
int ionic_dv_pd_set_udma_mask(struct ibv_pd *ibpd, uint8_t udma_mask);

/*
 * Likewise. Whether send or receive queues may be in the controller's memory
 * buffer (@enable), with express doorbells (@expdb), or have to (@require).
 */
int ionic_dv_pd_set_sqcmb(struct ibv_pd *ibpd, bool enable, bool expdb,
			  bool require);
int ionic_dv_pd_set_rqcmb(struct ibv_pd *ibpd, bool enable, bool expdb,
			  bool require);

#ifdef __cplusplus
}
#endif

#endif
