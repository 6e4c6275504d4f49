/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/* Requests that say what a key stands for, and those of one's own. */
#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "differential.h"

enum {
	KEY = 0x00d5e600, /* in place of the number that the device chose */
	MAX_PARTS = 16,
	ALL = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE |
	      IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_ATOMIC,
};

static struct mlx5dv_mkey *mkey;
static struct ibv_sge sges[MAX_PARTS];
static struct mlx5dv_mr_interleaved strides[MAX_PARTS];
static struct mlx5dv_mkey_conf_attr no_attr;

static void make_parts(void)
{
	uint32_t i;

	for (i = 0; i < MAX_PARTS; i++) {
		sges[i] = (struct ibv_sge){
			.addr = 0x7000000000001000 * (i + 1ull),
			.length = i == 2 ? 0 : 100 * i + 1,
			.lkey = 0x00112233 + i,
		};
		strides[i] = (struct mlx5dv_mr_interleaved){
			.addr = 0x7000000000002000 * (i + 1ull),
			.bytes_count = 16 * (i + 1),
			.bytes_skip = 1000 * i,
			.lkey = 0x00445566 + i,
		};
	}
}

static void list(struct mlx5dv_qp_ex *qp, uint32_t n)
{
	mlx5dv_wr_mr_list(qp, mkey, ALL, (uint16_t)n, sges);
}

static void list_rights(struct mlx5dv_qp_ex *qp, uint32_t rights)
{
	mlx5dv_wr_mr_list(qp, mkey, rights, 1, sges);
}

static void list_over_2g(struct mlx5dv_qp_ex *qp, uint32_t num)
{
	struct ibv_sge large[2] = { { 1, 1u << 31, 2 }, { 3, 5, 4 } };

	mlx5dv_wr_mr_list(qp, mkey, ALL, (uint16_t)num, large);
}

static void blocks(struct mlx5dv_qp_ex *qp, uint32_t n)
{
	mlx5dv_wr_mr_interleaved(qp, mkey, ALL, 10, (uint16_t)n, strides);
}

static void wide_blocks(struct mlx5dv_qp_ex *qp, uint32_t count)
{
	struct mlx5dv_mr_interleaved wide = { 1, count, 4, 2 };

	mlx5dv_wr_mr_interleaved(qp, mkey, ALL, 2, 1, &wide);
}

static void set_nothing(struct mlx5dv_qp_ex *qp, uint32_t flags)
{
	struct mlx5dv_mkey_conf_attr attr = { .conf_flags = flags };

	mlx5dv_wr_mkey_configure(qp, mkey, 0, &attr);
}

static void set_access(struct mlx5dv_qp_ex *qp, uint32_t rights)
{
	mlx5dv_wr_mkey_configure(qp, mkey, 1, &no_attr);
	mlx5dv_wr_set_mkey_access_flags(qp, rights);
}

static void set_list(struct mlx5dv_qp_ex *qp, uint32_t n)
{
	mlx5dv_wr_mkey_configure(qp, mkey, 1, &no_attr);
	mlx5dv_wr_set_mkey_layout_list(qp, (uint16_t)n, sges);
}

static void set_blocks(struct mlx5dv_qp_ex *qp, uint32_t n)
{
	mlx5dv_wr_mkey_configure(qp, mkey, 1, &no_attr);
	mlx5dv_wr_set_mkey_layout_interleaved(qp, 3, (uint16_t)n, strides);
}

static void set_both(struct mlx5dv_qp_ex *qp, uint32_t n)
{
	mlx5dv_wr_mkey_configure(qp, mkey, 2, &no_attr);
	mlx5dv_wr_set_mkey_layout_list(qp, (uint16_t)n, sges);
	mlx5dv_wr_set_mkey_access_flags(qp, ALL);
}

static void set_twice(struct mlx5dv_qp_ex *qp, uint32_t n)
{
	mlx5dv_wr_mkey_configure(qp, mkey, 2, &no_attr);
	mlx5dv_wr_set_mkey_layout_list(qp, (uint16_t)n, sges);
	mlx5dv_wr_set_mkey_layout_list(qp, (uint16_t)n, sges);
}

static void set_more(struct mlx5dv_qp_ex *qp, uint32_t rights)
{
	set_access(qp, rights);
	mlx5dv_wr_set_mkey_access_flags(qp, rights);
}

static void own(struct mlx5dv_qp_ex *qp, uint32_t segments)
{
	uint32_t i, wqe[4 * 16];

	for (i = 0; i < NUM_OF(wqe); i++)
		wqe[i] = htobe32(0x01020304 * (i + 1));
	wqe[0] = htobe32(0x55ffff0a);
	wqe[1] = htobe32(0x12345600 | segments);
	mlx5dv_wr_raw_wqe(qp, wqe);
}

static const struct {
	const char *name;
	void (*call)(struct mlx5dv_qp_ex *qp, uint32_t arg);
	uint32_t arg;
} calls[] = {
	{ "list0", list, 0 },
	{ "list1", list, 1 },
	{ "list3", list, 3 },
	{ "list4", list, 4 },
	{ "list5", list, 5 },
	{ "list8", list, 8 },
	{ "list9", list, 9 },
	{ "list_none", list_rights, 0 },
	{ "list_local", list_rights, IBV_ACCESS_LOCAL_WRITE },
	{ "list_read", list_rights, IBV_ACCESS_REMOTE_READ },
	{ "list_write", list_rights, IBV_ACCESS_REMOTE_WRITE },
	{ "list_atomic", list_rights, IBV_ACCESS_REMOTE_ATOMIC },
	{ "list_bind", list_rights, IBV_ACCESS_MW_BIND },
	{ "list_over_2g", list_over_2g, 2 },
	{ "blocks0", blocks, 0 },
	{ "blocks1", blocks, 1 },
	{ "blocks3", blocks, 3 },
	{ "blocks4", blocks, 4 },
	{ "blocks7", blocks, 7 },
	{ "blocks8", blocks, 8 },
	{ "blocks_wide", wide_blocks, 0x10000 },
	{ "nothing", set_nothing, 0 },
	{ "reset", set_nothing, MLX5DV_MKEY_CONF_FLAG_RESET_SIG_ATTR },
	{ "unknown", set_nothing, 2 },
	{ "access", set_access, ALL },
	{ "access_none", set_access, 0 },
	{ "access_bind", set_access, IBV_ACCESS_MW_BIND },
	{ "set_list0", set_list, 0 },
	{ "set_list4", set_list, 4 },
	{ "set_list8", set_list, 8 },
	{ "set_list9", set_list, 9 },
	{ "set_blocks", set_blocks, 2 },
	{ "set_both", set_both, 5 },
	{ "set_twice", set_twice, 2 },
	{ "set_more", set_more, ALL },
	{ "own1", own, 1 },
	{ "own5", own, 5 },
	{ "own16", own, 16 },
};

static const struct {
	const char *name;
	unsigned int flags;
} flags[] = {
	{ "signaled", IBV_SEND_SIGNALED | IBV_SEND_INLINE },
	{ "silent", IBV_SEND_INLINE },
	{ "fenced", IBV_SEND_SIGNALED | IBV_SEND_FENCE | IBV_SEND_INLINE },
	{ "solicited",
	  IBV_SEND_SIGNALED | IBV_SEND_SOLICITED | IBV_SEND_INLINE },
	{ "not_inline", IBV_SEND_SIGNALED },
};

static void post(struct world *w, struct side *side, size_t call, size_t flag,
		 uint32_t to_end)
{
	struct ibv_qp_ex *qp = side->qpx;
	int ret;

	prepare(w, side, to_end);
	printf("keys.%s.%s.%u:", calls[call].name, flags[flag].name, to_end);
	ibv_wr_start(qp);
	qp->wr_id = call;
	qp->wr_flags = flags[flag].flags;
	calls[call].call(mlx5dv_qp_ex_from_ibv_qp_ex(qp), calls[call].arg);
	ret = ibv_wr_complete(qp);
	printf(" %d", ret);
	print_posted(w, side);
	putchar('\n');
}

static void post_everywhere(struct world *w, struct side *side, size_t call)
{
	uint32_t to_end;
	size_t flag;

	for (flag = 0; flag < NUM_OF(flags); flag++)
		post(w, side, call, flag, 0);
	for (to_end = 1; to_end <= NEAR_THE_END; to_end++)
		post(w, side, call, 0, to_end);
}

void check_keys(struct world *w)
{
	struct mlx5dv_mkey_init_attr attr = {
		.pd = w->pd,
		.create_flags = MLX5DV_MKEY_INIT_ATTR_FLAGS_INDIRECT,
		.max_entries = MAX_PARTS,
	};
	struct mlx5dv_mkey own_keys;
	struct side side;
	size_t i;

	make_parts();
	mkey = mlx5dv_create_mkey(&attr);
	if (!mkey)
		die("key");
	own_keys = *mkey;
	mkey->lkey = KEY;
	mkey->rkey = KEY;
	open_key_side(w, &side);
	print_geometry(&side);
	for (i = 0; i < NUM_OF(calls); i++)
		post_everywhere(w, &side, i);
	close_side(&side);
	*mkey = own_keys;
	if (mlx5dv_destroy_mkey(mkey))
		die("key");
}
