/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* See the header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mlx5_completions.h"

static const struct format formats[] = {
	{ 64, 0 }, { 64, 1 }, { 128, 0 }, { 128, 1 }
};

static const struct ibv_qp_init_attr_ex usual_attr = {
	.qp_type = IBV_QPT_RC,
	.comp_mask = IBV_QP_INIT_ATTR_SEND_OPS_FLAGS,
	.send_ops_flags = IBV_QP_EX_WITH_RDMA_WRITE,
	.cap = { .max_send_wr = 8,
		 .max_recv_wr = 8,
		 .max_send_sge = 1,
		 .max_recv_sge = 1 },
};

static void init_rings(struct side *s, const struct ibv_qp_init_attr_ex *attr)
{
	static const struct mlx5_limits limits = { 1008, 512, 32768, 32768,
						   32767 };
	struct mlx5_qp_sizes sizes;
	struct mlx5_qp *qp = &s->qp;

	assert_int_equal(mlx5_size_qp(&limits, attr, &sizes), 0);
	assert_int_equal(mlx5_alloc_buf(&qp->buf, mlx5_qp_buf_len(&sizes)), 0);
	qp->dbrec = s->dbrec;
	assert_int_equal(mlx5_init_rings(qp, &sizes, attr), 0);
	mlx5_set_post_ops(qp, attr->qp_type, false);
	s->bfreg.reg = &s->reg;
	qp->sq.bfreg = &s->bfreg;
	mlx5_rings_enter(qp, IBV_QPS_RTS);
}

static void init_side(struct fixture *f, struct side *s, uint32_t qpn,
		      uint32_t uidx)
{
	struct mlx5_qp *qp = &s->qp;

	init_rings(s, &usual_attr);
	qp->qp.qp_num = qpn;
	qp->qp.send_cq = qp->qp.recv_cq = &f->cq.cq;
	qp->rsc.key = f->format->version ? uidx : qpn;
	assert_int_equal(mlx5_table_set(&f->rscs, qp->rsc.key, &qp->rsc), 0);
}

struct fixture *new_fixture(const struct format *format)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->format = format;
	mlx5_table_init(&f->rscs);
	mlx5_table_init(&f->srqs);
	assert_int_equal(mlx5_alloc_buf(&f->cq.buf, NUM_CQE * format->cqe_size),
			 0);
	memset(f->cq.buf.addr, FILL, f->cq.buf.len);
	f->cq.cq.context = &f->ctx.vctx.context;
	f->cq.dbrec = f->dbrec;
	f->cq.arm_reg = &f->arm_reg;
	f->cq.cqn = 0x00abcd;
	f->cq.rscs = &f->rscs;
	f->cq.srqs = &f->srqs;
	mlx5_init_cq_ring(&f->cq, NUM_CQE, format->cqe_size, format->version);
	mlx5_set_poll_ops(&f->cq);
	init_side(f, &f->a, QPN_A, UIDX_A);
	init_side(f, &f->b, QPN_B, UIDX_B);
	return f;
}

void restart(struct side *s)
{
	mlx5_rings_enter(&s->qp, IBV_QPS_RESET);
	mlx5_rings_enter(&s->qp, IBV_QPS_RTS);
}

static void fini_side(struct side *s)
{
	mlx5_fini_rings(&s->qp);
	mlx5_free_buf(&s->qp.buf);
}

void remake(struct side *s, const struct ibv_qp_init_attr_ex *attr)
{
	fini_side(s);
	init_rings(s, attr);
}

void free_fixture(struct fixture *f)
{
	fini_side(&f->a);
	fini_side(&f->b);
	mlx5_free_buf(&f->cq.buf);
	mlx5_table_fini(&f->srqs);
	mlx5_table_fini(&f->rscs);
	free(f);
}

void for_each_format(void (*test)(struct fixture *f))
{
	size_t i;

	for (i = 0; i < 2 * sizeof(formats) / sizeof(formats[0]); i++) {
		struct fixture *f = new_fixture(&formats[i / 2]);

		f->extended = i & 1;
		test(f);
		free_fixture(f);
	}
}

/* ---- The device's side ------------------------------------------------------------- */

uint8_t *slot(struct fixture *f, uint32_t i)
{
	return (uint8_t *)f->cq.buf.addr + i % NUM_CQE * f->format->cqe_size +
	       f->format->cqe_size - CQE_LEN;
}

void put_be(uint8_t *dst, uint64_t value, int len)
{
	while (len--) {
		dst[len] = value;
		value >>= 8;
	}
}

/* op is the CQE's opcode; qpn and uidx say whose it is. */
uint8_t *put_cqe(struct fixture *f, struct side *s, uint8_t op)
{
	uint8_t *cqe = slot(f, f->pi);
	uint32_t uidx = s == &f->a ? UIDX_A : UIDX_B;

	memset(cqe, 0, CQE_LEN);
	put_be(cqe + 33, f->format->version ? uidx : 0xffffff, 3);
	put_be(cqe + 57, s->qp.qp.qp_num, 3);
	cqe[63] = op << 4 | (f->pi / NUM_CQE & 1);
	f->pi++;
	return cqe;
}

uint8_t *put_send(struct fixture *f, struct side *s, uint16_t block)
{
	uint8_t *cqe = put_cqe(f, s, 0x0);

	put_be(cqe + 60, block, 2);
	return cqe;
}

/* ---- The program's side -------------------------------------------------------------- */

void post_send(struct side *s, uint64_t wr_id, enum ibv_wr_opcode op)
{
	struct ibv_send_wr wr = { .wr_id = wr_id, .opcode = op };
	struct ibv_send_wr *bad;

	assert_int_equal(mlx5_post_send(&s->qp.qp, &wr, &bad), 0);
}

void post_recv(struct side *s, uint64_t wr_id)
{
	struct ibv_recv_wr wr = { .wr_id = wr_id };
	struct ibv_recv_wr *bad;

	assert_int_equal(mlx5_post_recv(&s->qp.qp, &wr, &bad), 0);
}

int poll_cq(struct fixture *f, int n, struct ibv_wc *wc)
{
	memset(wc, FILL, n * sizeof(*wc));
	return mlx5_poll_cq(&f->cq.cq, n, wc);
}

/* The same completion by the extended calls, in the struct of the others. */
static void read_ex(struct ibv_cq_ex *ex, struct ibv_wc *wc)
{
	wc->wr_id = ex->wr_id;
	wc->status = ex->status;
	wc->opcode = ibv_wc_read_opcode(ex);
	wc->vendor_err = ibv_wc_read_vendor_err(ex);
	wc->byte_len = ibv_wc_read_byte_len(ex);
	wc->imm_data = ibv_wc_read_imm_data(ex);
	wc->qp_num = ibv_wc_read_qp_num(ex);
	wc->src_qp = ibv_wc_read_src_qp(ex);
	wc->wc_flags = ibv_wc_read_wc_flags(ex);
	wc->slid = ibv_wc_read_slid(ex);
	wc->sl = ibv_wc_read_sl(ex);
	wc->dlid_path_bits = ibv_wc_read_dlid_path_bits(ex);
	wc->pkey_index = 0;
}

int start_poll(struct fixture *f)
{
	struct ibv_poll_cq_attr attr = { 0 };

	return ibv_start_poll(&f->cq.vcq.cq_ex, &attr);
}

static void poll_one_ex(struct fixture *f, struct ibv_wc *wc)
{
	memset(wc, FILL, sizeof(*wc));
	assert_int_equal(start_poll(f), 0);
	assert_true(f->cq.lock.held);
	read_ex(&f->cq.vcq.cq_ex, wc);
	ibv_end_poll(&f->cq.vcq.cq_ex);
	assert_false(f->cq.lock.held);
}

void poll_one(struct fixture *f, struct ibv_wc *wc)
{
	if (f->extended)
		poll_one_ex(f, wc);
	else
		assert_int_equal(poll_cq(f, 1, wc), 1);
}

void check_ci(struct fixture *f, uint32_t ci)
{
	uint8_t word[4];

	put_be(word, ci & 0xffffff, 4);
	assert_memory_equal(&f->dbrec[0], word, 4);
}
