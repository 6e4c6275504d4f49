// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* Those of libibverbs, after rdma-core 58. */
#include <infiniband/verbs.h>

#include "newer.h"

struct ibv_dmah *ibv_alloc_dmah(struct ibv_context *context,
				struct ibv_dmah_init_attr *attr)
{
	__typeof__(&ibv_alloc_dmah) real = newer_find("ibv_alloc_dmah");

	return real ? real(context, attr) : NULL;
}

int ibv_dealloc_dmah(struct ibv_dmah *dmah)
{
	__typeof__(&ibv_dealloc_dmah) real = newer_find("ibv_dealloc_dmah");

	return real ? real(dmah) : EOPNOTSUPP;
}

struct ibv_mr *ibv_reg_mr_ex(struct ibv_pd *pd,
			     struct ibv_mr_init_attr *mr_init_attr)
{
	__typeof__(&ibv_reg_mr_ex) real = newer_find("ibv_reg_mr_ex");

	return real ? real(pd, mr_init_attr) : NULL;
}

int ibv_dm_export_dmabuf_fd(struct ibv_dm *dm)
{
	__typeof__(&ibv_dm_export_dmabuf_fd) real =
		newer_find("ibv_dm_export_dmabuf_fd");

	return real ? real(dm) : -1;
}

int ibv_query_port_speed(struct ibv_context *context, uint32_t port_num,
			 uint64_t *port_speed)
{
	__typeof__(&ibv_query_port_speed) real =
		newer_find("ibv_query_port_speed");

	return real ? real(context, port_num, port_speed) : EOPNOTSUPP;
}

void *ibv_alloc_buf(struct ibv_pd *pd, size_t size, struct ibv_buf **buf)
{
	__typeof__(&ibv_alloc_buf) real = newer_find("ibv_alloc_buf");

	return real ? real(pd, size, buf) : NULL;
}

void ibv_free_buf(struct ibv_buf *buf)
{
	__typeof__(&ibv_free_buf) real = newer_find("ibv_free_buf");

	if (real)
		real(buf);
}

struct ibv_mr *ibv_reg_buf_mr(struct ibv_pd *pd, struct ibv_buf *buf,
			      void *addr, size_t length, int access)
{
	__typeof__(&ibv_reg_buf_mr) real = newer_find("ibv_reg_buf_mr");

	return real ? real(pd, buf, addr, length, access) : NULL;
}

int ibv_export_buf_dmabuf_fd(struct ibv_buf *buf)
{
	__typeof__(&ibv_export_buf_dmabuf_fd) real =
		newer_find("ibv_export_buf_dmabuf_fd");

	return real ? real(buf) : -1;
}

int _ibv_query_comp_cntr_caps(struct ibv_context *context,
			      struct ibv_comp_cntr_caps *caps, size_t caps_size)
{
	__typeof__(&_ibv_query_comp_cntr_caps) real =
		newer_find("_ibv_query_comp_cntr_caps");

	return real ? real(context, caps, caps_size) : EOPNOTSUPP;
}

struct ibv_comp_cntr *
ibv_create_comp_cntr(struct ibv_context *context,
		     struct ibv_comp_cntr_init_attr *cc_attr)
{
	__typeof__(&ibv_create_comp_cntr) real =
		newer_find("ibv_create_comp_cntr");

	return real ? real(context, cc_attr) : NULL;
}

int ibv_destroy_comp_cntr(struct ibv_comp_cntr *comp_cntr)
{
	__typeof__(&ibv_destroy_comp_cntr) real =
		newer_find("ibv_destroy_comp_cntr");

	return real ? real(comp_cntr) : EOPNOTSUPP;
}

int ibv_qp_attach_comp_cntr(struct ibv_qp *qp, struct ibv_comp_cntr *comp_cntr,
			    struct ibv_qp_attach_comp_cntr_attr *attr)
{
	__typeof__(&ibv_qp_attach_comp_cntr) real =
		newer_find("ibv_qp_attach_comp_cntr");

	return real ? real(qp, comp_cntr, attr) : EOPNOTSUPP;
}

int ibv_set_comp_cntr(struct ibv_comp_cntr *comp_cntr, uint64_t value)
{
	__typeof__(&ibv_set_comp_cntr) real = newer_find("ibv_set_comp_cntr");

	return real ? real(comp_cntr, value) : EOPNOTSUPP;
}

int ibv_set_err_comp_cntr(struct ibv_comp_cntr *comp_cntr, uint64_t value)
{
	__typeof__(&ibv_set_err_comp_cntr) real =
		newer_find("ibv_set_err_comp_cntr");

	return real ? real(comp_cntr, value) : EOPNOTSUPP;
}

int ibv_inc_comp_cntr(struct ibv_comp_cntr *comp_cntr, uint64_t amount)
{
	__typeof__(&ibv_inc_comp_cntr) real = newer_find("ibv_inc_comp_cntr");

	return real ? real(comp_cntr, amount) : EOPNOTSUPP;
}

int ibv_inc_err_comp_cntr(struct ibv_comp_cntr *comp_cntr, uint64_t amount)
{
	__typeof__(&ibv_inc_err_comp_cntr) real =
		newer_find("ibv_inc_err_comp_cntr");

	return real ? real(comp_cntr, amount) : EOPNOTSUPP;
}

int ibv_read_comp_cntr(struct ibv_comp_cntr *comp_cntr, uint64_t *value)
{
	__typeof__(&ibv_read_comp_cntr) real = newer_find("ibv_read_comp_cntr");

	return real ? real(comp_cntr, value) : EOPNOTSUPP;
}

int ibv_read_err_comp_cntr(struct ibv_comp_cntr *comp_cntr, uint64_t *value)
{
	__typeof__(&ibv_read_err_comp_cntr) real =
		newer_find("ibv_read_err_comp_cntr");

	return real ? real(comp_cntr, value) : EOPNOTSUPP;
}
