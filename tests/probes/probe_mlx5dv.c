/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Direct verbs of mlx5, what succeeds and what does not. Numbers that vary are
 * told as whether they are there.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <infiniband/mlx5dv.h>

#include "dmabuf_exporter.h"
#include "probe.h"

#define PAGE 4096

/* What of a query does not depend on the release of the library. */
#define COMMON_FLAGS \
	(MLX5DV_CONTEXT_FLAGS_CQE_V1 | MLX5DV_CONTEXT_FLAGS_REAL_TIME_TS)
#define COMMON_MASK                                                     \
	(MLX5DV_CONTEXT_MASK_CQE_COMPRESION | MLX5DV_CONTEXT_MASK_SWP | \
	 MLX5DV_CONTEXT_MASK_STRIDING_RQ |                              \
	 MLX5DV_CONTEXT_MASK_TUNNEL_OFFLOADS |                          \
	 MLX5DV_CONTEXT_MASK_DYN_BFREGS |                               \
	 MLX5DV_CONTEXT_MASK_CLOCK_INFO_UPDATE |                        \
	 MLX5DV_CONTEXT_MASK_DC_ODP_CAPS |                              \
	 MLX5DV_CONTEXT_MASK_MAX_DC_RD_ATOM |                           \
	 MLX5DV_CONTEXT_MASK_HCA_CORE_CLOCK)

static uint8_t memory[2 * PAGE] __attribute__((aligned(PAGE)));

static void say_status(int ret)
{
	probe_say(" %s", probe_errno(ret));
}

static void say_pointer(const void *object)
{
	int err = errno;

	probe_say(" %s", object ? "made" : probe_errno(err));
}

/* ---- Device ------------------------------------------------------------------ */

static void run_is_supported(struct ibv_context *context)
{
	probe_say(" %d", mlx5dv_is_supported(context->device));
}

static void run_open(struct ibv_context *context)
{
	struct mlx5dv_context_attr attr = {
		.flags = MLX5DV_CONTEXT_FLAGS_DEVX,
	};
	struct ibv_context *other;

	other = mlx5dv_open_device(context->device, &attr);
	say_pointer(other);
	if (other)
		ibv_close_device(other);
}

static void run_query_device(struct ibv_context *context)
{
	struct mlx5dv_context attrs = { .comp_mask = COMMON_MASK };

	say_status(mlx5dv_query_device(context, &attrs));
	probe_say(" version=%u flags=%llx mask=%llx bfregs=%u", attrs.version,
		  (unsigned long long)attrs.flags & COMMON_FLAGS,
		  (unsigned long long)attrs.comp_mask,
		  attrs.max_dynamic_bfregs);
	probe_say(" dc_odp=%x dc_rd=%llu %llu", attrs.dc_odp_caps,
		  (unsigned long long)attrs.max_dc_rd_atom,
		  (unsigned long long)attrs.max_dc_init_rd_atom);
}

static void run_query_port(struct ibv_context *context)
{
	struct mlx5dv_port port = { .flags = 1 };

	say_status(mlx5dv_query_port(context, 1, &port));
	probe_say(" flags=%llx", (unsigned long long)port.flags);
}

static void run_query_port_9(struct ibv_context *context)
{
	struct mlx5dv_port port;

	say_status(mlx5dv_query_port(context, 9, &port));
}

static void run_clock(struct ibv_context *context)
{
	struct mlx5dv_clock_info clock;

	say_status(mlx5dv_get_clock_info(context, &clock));
}

/* ---- Commands -------------------------------------------------------------------- */

enum { QUERY_HCA_CAP = 0x100, ALLOC_PD = 0x800, NO_SUCH = 0xfff };

struct command {
	__be16 opcode;
	__be16 uid;
	__be16 reserved;
	__be16 op_mod;
	uint8_t rest[8];
};

struct response {
	uint8_t status;
	uint8_t reserved[3];
	__be32 syndrome;
	__be32 number;
	__be32 reserved12;
	uint8_t caps[4096];
};

static struct response response;

static void run_command(struct ibv_context *context, uint16_t opcode,
			uint16_t op_mod)
{
	struct command in = {
		.opcode = htobe16(opcode),
		.op_mod = htobe16(op_mod),
	};

	say_status(mlx5dv_devx_general_cmd(context, &in, sizeof(in), &response,
					   sizeof(response)));
	probe_say(" status=%u", response.status);
}

static void run_caps(struct ibv_context *context)
{
	run_command(context, QUERY_HCA_CAP, 1);
	probe_say(" log_max_qp=%u log_max_cq=%u", response.caps[19] & 0x1f,
		  response.caps[27] & 0x1f);
}

static void run_bad_caps(struct ibv_context *context)
{
	run_command(context, QUERY_HCA_CAP, 0x7fe);
}

static void run_bad_command(struct ibv_context *context)
{
	run_command(context, NO_SUCH, 0);
}

static void run_short_command(struct ibv_context *context)
{
	struct command in = { .opcode = htobe16(QUERY_HCA_CAP) };

	say_status(mlx5dv_devx_general_cmd(context, &in, 12, &response, 16));
	say_status(mlx5dv_devx_general_cmd(context, &in, 16, &response, 12));
}

static void run_eqn(struct ibv_context *context)
{
	uint32_t eqn = 0;

	say_status(mlx5dv_devx_query_eqn(context, 0, &eqn));
	probe_say(" eqn=%u", eqn != 0);
	say_status(mlx5dv_devx_query_eqn(context, 100000, &eqn));
}

/* ---- Objects ----------------------------------------------------------------------- */

static struct mlx5dv_devx_obj *create(struct ibv_context *context,
				      uint16_t opcode)
{
	struct command in = { .opcode = htobe16(opcode) };

	return mlx5dv_devx_obj_create(context, &in, sizeof(in), &response, 16);
}

static void run_object(struct ibv_context *context)
{
	struct mlx5dv_devx_obj *obj = create(context, ALLOC_PD);
	struct command in = { .opcode = htobe16(NO_SUCH) };

	say_pointer(obj);
	if (!obj)
		return;
	probe_say(" number=%u", (be32toh(response.number) & 0xffffff) != 0);
	say_status(mlx5dv_devx_obj_query(obj, &in, sizeof(in), &response, 16));
	say_status(mlx5dv_devx_obj_modify(obj, &in, sizeof(in), &response, 16));
	say_status(mlx5dv_devx_obj_destroy(obj));
}

static void run_bad_object(struct ibv_context *context)
{
	say_pointer(create(context, NO_SUCH));
}

/* ---- Memory -------------------------------------------------------------------------- */

static void say_umem(struct mlx5dv_devx_umem *umem)
{
	say_pointer(umem);
	if (!umem)
		return;
	probe_say(" id=%u", umem->umem_id != 0);
	say_status(mlx5dv_devx_umem_dereg(umem));
}

static void run_umem(struct ibv_context *context)
{
	say_umem(mlx5dv_devx_umem_reg(context, memory + 64, PAGE,
				      IBV_ACCESS_LOCAL_WRITE));
}

static void run_umem_mistakes(struct ibv_context *context)
{
	say_umem(mlx5dv_devx_umem_reg(context, memory, 0, 0));
	say_umem(mlx5dv_devx_umem_reg(context, memory, PAGE,
				      IBV_ACCESS_REMOTE_WRITE));
	say_umem(mlx5dv_devx_umem_reg(context, memory, PAGE,
				      IBV_ACCESS_REMOTE_ATOMIC |
					      IBV_ACCESS_LOCAL_WRITE));
	say_umem(mlx5dv_devx_umem_reg(context, (void *)PAGE, PAGE, 0));
}

static struct mlx5dv_devx_umem_in dmabuf_in(int fd, size_t offset, size_t size)
{
	return (struct mlx5dv_devx_umem_in){
		.addr = (void *)offset,
		.size = size,
		.access = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_READ |
			  IBV_ACCESS_REMOTE_WRITE,
		.pgsz_bitmap = PAGE,
		.comp_mask = MLX5DV_UMEM_MASK_DMABUF,
		.dmabuf_fd = fd,
	};
}

static void reg_dmabuf(struct ibv_context *context, int fd, size_t offset,
		       size_t size)
{
	struct mlx5dv_devx_umem_in in = dmabuf_in(fd, offset, size);

	say_umem(mlx5dv_devx_umem_reg_ex(context, &in));
}

static void run_umem_dmabuf(struct ibv_context *context)
{
	struct mlx5dv_devx_umem_in in;
	struct dmabuf_error err;
	struct dmabuf_buf *buf;
	unsigned int i;

	for (i = 0; dmabuf_known_spec(i); i++) {
		buf = dmabuf_alloc(dmabuf_known_spec(i), 4 * PAGE, &err);
		PROBE_NEED(buf);
		in = dmabuf_in(buf->fd, PAGE, 2 * PAGE);
		probe_say(" %s:", dmabuf_known_spec(i));
		say_umem(mlx5dv_devx_umem_reg_ex(context, &in));
		dmabuf_free(buf);
	}
}

static void run_umem_dmabuf_mistakes(struct ibv_context *context)
{
	struct dmabuf_error err;
	struct dmabuf_buf *buf;

	buf = dmabuf_alloc("udmabuf", 4 * PAGE, &err);
	PROBE_NEED(buf);
	reg_dmabuf(context, -1, 0, PAGE);
	reg_dmabuf(context, STDOUT_FILENO, 0, PAGE);
	reg_dmabuf(context, buf->fd, 0, 0);
	reg_dmabuf(context, buf->fd, 4 * PAGE, PAGE);
	reg_dmabuf(context, buf->fd, 0, 5 * PAGE);
	dmabuf_free(buf);
}

static void run_umem_page_sizes(struct ibv_context *context)
{
	struct mlx5dv_devx_umem_in in = {
		.addr = memory,
		.size = 2 * PAGE,
		.pgsz_bitmap = 1ull << 40,
	};

	say_umem(mlx5dv_devx_umem_reg_ex(context, &in));
	in.pgsz_bitmap = PAGE | 1ull << 40;
	say_umem(mlx5dv_devx_umem_reg_ex(context, &in));
}

/* ---- Registers ------------------------------------------------------------------------ */

static void try_uar(struct ibv_context *context, uint32_t flags)
{
	struct mlx5dv_devx_uar *uar = mlx5dv_devx_alloc_uar(context, flags);

	say_pointer(uar);
	if (!uar)
		return;
	*(volatile uint64_t *)uar->reg_addr = 0;
	probe_say(" id=%u reg=%lx", uar->page_id != 0,
		  (long)((char *)uar->reg_addr - (char *)uar->base_addr));
	mlx5dv_devx_free_uar(uar);
}

static void run_uar_bf(struct ibv_context *context)
{
	try_uar(context, MLX5DV_UAR_ALLOC_TYPE_BF);
}

static void run_uar_nc(struct ibv_context *context)
{
	try_uar(context, MLX5DV_UAR_ALLOC_TYPE_NC);
}

/* ---- Queues --------------------------------------------------------------------------- */

static void run_pd(struct ibv_context *context)
{
	struct ibv_pd *pd = ibv_alloc_pd(context);
	struct mlx5dv_pd out = { .comp_mask = 7 };
	struct mlx5dv_obj obj = { .pd = { .in = pd, .out = &out } };

	PROBE_NEED(pd);
	say_status(mlx5dv_init_obj(&obj, MLX5DV_OBJ_PD));
	probe_say(" pdn=%u mask=%u", out.pdn != 0, (unsigned)out.comp_mask);
}

static void run_cq(struct ibv_context *context)
{
	struct ibv_cq *cq = ibv_create_cq(context, 100, NULL, NULL, 0);
	struct mlx5dv_cq out = { .comp_mask = 7 };
	struct mlx5dv_obj obj = { .cq = { .in = cq, .out = &out } };

	PROBE_NEED(cq);
	say_status(mlx5dv_init_obj(&obj, MLX5DV_OBJ_CQ));
	probe_say(
		" cqe_cnt=%u cqe_size=%u buf=%d dbrec=%d uar=%d cqn=%d mask=%u",
		out.cqe_cnt, out.cqe_size, !!out.buf, !!out.dbrec,
		!((uintptr_t)out.cq_uar % PAGE), !!out.cqn,
		(unsigned)out.comp_mask);
	if (!out.buf)
		return;
	probe_say(" first=%x",
		  mlx5dv_get_cqe_opcode(
			  (struct mlx5_cqe64 *)((char *)out.buf + out.cqe_size -
						sizeof(struct mlx5_cqe64))));
}

static struct ibv_qp *make_qp(struct ibv_context *context)
{
	struct ibv_cq *cq = ibv_create_cq(context, 100, NULL, NULL, 0);
	struct ibv_qp_init_attr attr = {
		.send_cq = cq,
		.recv_cq = cq,
		.qp_type = IBV_QPT_RC,
		.cap = {
			.max_send_wr = 16,
			.max_recv_wr = 32,
			.max_send_sge = 1,
			.max_recv_sge = 2,
		},
	};
	struct ibv_pd *pd = ibv_alloc_pd(context);

	return cq && pd ? ibv_create_qp(pd, &attr) : NULL;
}

static void run_qp(struct ibv_context *context)
{
	struct ibv_qp *qp = make_qp(context);
	struct mlx5dv_qp out = {
		.comp_mask = MLX5DV_QP_MASK_UAR_MMAP_OFFSET |
			     MLX5DV_QP_MASK_RAW_QP_HANDLES,
	};
	struct mlx5dv_obj obj = { .qp = { .in = qp, .out = &out } };

	PROBE_NEED(qp);
	say_status(mlx5dv_init_obj(&obj, MLX5DV_OBJ_QP));
	probe_say(" sq=%u rq=%u stride=%u,%u between=%ld mask=%u",
		  out.sq.wqe_cnt, out.rq.wqe_cnt, out.sq.stride, out.rq.stride,
		  (long)((char *)out.sq.buf - (char *)out.rq.buf),
		  (unsigned)out.comp_mask);
	probe_say(" reg=%d dbrec=%d", !((uintptr_t)out.bf.reg % 256),
		  !!out.dbrec);
}

static void run_srq(struct ibv_context *context)
{
	struct ibv_srq_init_attr attr = { .attr = { .max_wr = 20,
						    .max_sge = 3 } };
	struct mlx5dv_srq out = { .comp_mask = MLX5DV_SRQ_MASK_SRQN };
	struct mlx5dv_obj obj = { .srq = { .out = &out } };
	struct ibv_pd *pd = ibv_alloc_pd(context);

	PROBE_NEED(pd);
	obj.srq.in = ibv_create_srq(pd, &attr);
	PROBE_NEED(obj.srq.in);
	say_status(mlx5dv_init_obj(&obj, MLX5DV_OBJ_SRQ));
	probe_say(" stride=%u head=%u tail=%u mask=%u srqn=%d", out.stride,
		  out.head, out.tail, (unsigned)out.comp_mask, !!out.srqn);
}

/* ---- Data direct ------------------------------------------------------------------------ */

static void try_direct(struct ibv_context *context, uint64_t iova, int fd,
		       int mlx5_access)
{
	struct ibv_pd *pd = ibv_alloc_pd(context);

	PROBE_NEED(pd);
	errno = 0;
	say_pointer(mlx5dv_reg_dmabuf_mr(pd, 0, PAGE, iova, fd,
					 IBV_ACCESS_LOCAL_WRITE, mlx5_access));
}

static void run_direct_probe(struct ibv_context *context)
{
	try_direct(context, 0, -1, 0);
}

static void run_direct(struct ibv_context *context)
{
	try_direct(context, 0, -1, MLX5DV_REG_DMABUF_ACCESS_DATA_DIRECT);
}

static void run_direct_plain(struct ibv_context *context)
{
	struct dmabuf_error err;
	struct dmabuf_buf *buf = dmabuf_alloc("udmabuf", PAGE, &err);

	PROBE_NEED(buf);
	try_direct(context, 0x10000, buf->fd, 0);
}

static void run_direct_unknown(struct ibv_context *context)
{
	try_direct(context, 0, -1, 1 << 5);
}

static void run_direct_path(struct ibv_context *context)
{
	char path[PAGE];

	say_status(
		mlx5dv_get_data_direct_sysfs_path(context, path, sizeof(path)));
}

static const struct probe_case cases[] = {
	{ "is_supported", run_is_supported, NULL },
	{ "open", run_open, NULL },
	{ "query_device", run_query_device, NULL },
	{ "query_port", run_query_port, NULL },
	{ "query_port_9", run_query_port_9, NULL },
	{ "clock", run_clock, NULL },
	{ "caps", run_caps, NULL },
	{ "bad_caps", run_bad_caps, NULL },
	{ "bad_command", run_bad_command, NULL },
	{ "short_command", run_short_command, NULL },
	{ "eqn", run_eqn, NULL },
	{ "object", run_object, NULL },
	{ "bad_object", run_bad_object, NULL },
	{ "umem", run_umem, NULL },
	{ "umem_mistakes", run_umem_mistakes, NULL },
	{ "umem_dmabuf", run_umem_dmabuf, NULL },
	{ "umem_dmabuf_mistakes", run_umem_dmabuf_mistakes, NULL },
	{ "umem_page_sizes", run_umem_page_sizes, NULL },
	{ "uar_bf", run_uar_bf, NULL },
	{ "uar_nc", run_uar_nc, NULL },
	{ "pd", run_pd, NULL },
	{ "cq", run_cq, NULL },
	{ "qp", run_qp, NULL },
	{ "srq", run_srq, NULL },
	{ "direct_probe", run_direct_probe, NULL },
	{ "direct", run_direct, NULL },
	{ "direct_plain", run_direct_plain, NULL },
	{ "direct_unknown", run_direct_unknown, NULL },
	{ "direct_path", run_direct_path, NULL },
};

int main(int argc, char **argv)
{
	return probe_main(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
