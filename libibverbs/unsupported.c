/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Public symbols that have no implementation yet. They are here so that a
 * program which binds them at load can start; calling one gives EOPNOTSUPP.
 */
#include "driver.h"

VERBS_EXPORT
int ibv_init_ah_from_wc(struct ibv_context *context, uint8_t port_num,
			struct ibv_wc *wc, struct ibv_grh *grh,
			struct ibv_ah_attr *ah_attr)
{
	errno = EOPNOTSUPP;
	return -1;
}

VERBS_EXPORT
struct ibv_ah *ibv_create_ah_from_wc(struct ibv_pd *pd, struct ibv_wc *wc,
				     struct ibv_grh *grh, uint8_t port_num)
{
	errno = EOPNOTSUPP;
	return NULL;
}

VERBS_EXPORT
int ibv_resolve_eth_l2_from_gid(struct ibv_context *context,
				struct ibv_ah_attr *attr,
				uint8_t eth_mac[ETHERNET_LL_SIZE],
				uint16_t *vid)
{
	return verbs_err(EOPNOTSUPP);
}

VERBS_EXPORT
struct ibv_dmah *ibv_alloc_dmah(struct ibv_context *context,
				struct ibv_dmah_init_attr *attr)
{
	errno = EOPNOTSUPP;
	return NULL;
}

VERBS_EXPORT
int ibv_dealloc_dmah(struct ibv_dmah *dmah)
{
	return verbs_err(EOPNOTSUPP);
}

VERBS_EXPORT
struct ibv_mr *ibv_reg_mr_ex(struct ibv_pd *pd,
			     struct ibv_mr_init_attr *mr_init_attr)
{
	errno = EOPNOTSUPP;
	return NULL;
}

VERBS_EXPORT
int ibv_dm_export_dmabuf_fd(struct ibv_dm *dm)
{
	errno = EOPNOTSUPP;
	return -1;
}

VERBS_EXPORT
int ibv_query_port_speed(struct ibv_context *context, uint32_t port_num,
			 uint64_t *port_speed)
{
	return verbs_err(EOPNOTSUPP);
}

VERBS_EXPORT
void *ibv_alloc_buf(struct ibv_pd *pd, size_t size, struct ibv_buf **buf)
{
	errno = EOPNOTSUPP;
	return NULL;
}

VERBS_EXPORT
void ibv_free_buf(struct ibv_buf *buf)
{
}

VERBS_EXPORT
struct ibv_mr *ibv_reg_buf_mr(struct ibv_pd *pd, struct ibv_buf *buf,
			      void *addr, size_t length, int access)
{
	errno = EOPNOTSUPP;
	return NULL;
}

VERBS_EXPORT
int ibv_export_buf_dmabuf_fd(struct ibv_buf *buf)
{
	errno = EOPNOTSUPP;
	return -1;
}

VERBS_EXPORT
int _ibv_query_comp_cntr_caps(struct ibv_context *context,
			      struct ibv_comp_cntr_caps *caps, size_t caps_size)
{
	return verbs_err(EOPNOTSUPP);
}

VERBS_EXPORT
struct ibv_comp_cntr *
ibv_create_comp_cntr(struct ibv_context *context,
		     struct ibv_comp_cntr_init_attr *cc_attr)
{
	errno = EOPNOTSUPP;
	return NULL;
}

VERBS_EXPORT
int ibv_destroy_comp_cntr(struct ibv_comp_cntr *comp_cntr)
{
	return verbs_err(EOPNOTSUPP);
}

VERBS_EXPORT
int ibv_qp_attach_comp_cntr(struct ibv_qp *qp, struct ibv_comp_cntr *comp_cntr,
			    struct ibv_qp_attach_comp_cntr_attr *attr)
{
	return verbs_err(EOPNOTSUPP);
}

VERBS_EXPORT
int ibv_set_comp_cntr(struct ibv_comp_cntr *comp_cntr, uint64_t value)
{
	return verbs_err(EOPNOTSUPP);
}

VERBS_EXPORT
int ibv_set_err_comp_cntr(struct ibv_comp_cntr *comp_cntr, uint64_t value)
{
	return verbs_err(EOPNOTSUPP);
}

VERBS_EXPORT
int ibv_inc_comp_cntr(struct ibv_comp_cntr *comp_cntr, uint64_t amount)
{
	return verbs_err(EOPNOTSUPP);
}

VERBS_EXPORT
int ibv_inc_err_comp_cntr(struct ibv_comp_cntr *comp_cntr, uint64_t amount)
{
	return verbs_err(EOPNOTSUPP);
}

VERBS_EXPORT
int ibv_read_comp_cntr(struct ibv_comp_cntr *comp_cntr, uint64_t *value)
{
	return verbs_err(EOPNOTSUPP);
}

VERBS_EXPORT
int ibv_read_err_comp_cntr(struct ibv_comp_cntr *comp_cntr, uint64_t *value)
{
	return verbs_err(EOPNOTSUPP);
}
