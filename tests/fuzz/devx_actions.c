// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/*
 * Commands of the device in no sensible order. They are right but for what is
 * changed on the way to the kernel; a device without DEVX refuses them all.
 */
#include <endian.h>
#include <fcntl.h>
#include <infiniband/mlx5dv.h>
#include <string.h>

#include "noise.h"

enum {
	SLOTS = 4,
	COMMAND = 272,
	ANSWER = 272,
	MEMORY = 65536,
	RECORDS = MEMORY - 4096, /* the last page is for doorbell records */
};

enum kind { CQ, QP, RMP, KINDS };

static uint8_t memory[MEMORY] __attribute__((aligned(4096)));
static struct ibv_context *context;
static struct mlx5dv_devx_umem *umem;
static struct mlx5dv_devx_uar *uar;
static struct mlx5dv_devx_event_channel *channel;
static struct mlx5dv_devx_cmd_comp *answers;
static struct mlx5dv_devx_obj *objects[KINDS][SLOTS];
static uint32_t numbers[KINDS][SLOTS];
static struct ibv_pd *pd;
static uint32_t pdn, eqn;

static uint8_t command[COMMAND];

static void put16(size_t at, uint32_t value)
{
	uint16_t be = htobe16((uint16_t)value);

	memcpy(command + at, &be, sizeof(be));
}

static void put(size_t at, uint32_t value)
{
	uint32_t be = htobe32(value);

	memcpy(command + at, &be, sizeof(be));
}

static void begin(uint16_t opcode, uint32_t number)
{
	memset(command, 0, sizeof(command));
	put16(0, opcode);
	put(8, number);
}

static void make_home(void)
{
	struct mlx5dv_pd dv_pd = { 0 };
	struct mlx5dv_obj obj = { 0 };

	if (!umem)
		umem = mlx5dv_devx_umem_reg(context, memory, MEMORY,
					    IBV_ACCESS_LOCAL_WRITE);
	if (!uar)
		uar = mlx5dv_devx_alloc_uar(context, MLX5DV_UAR_ALLOC_TYPE_NC);
	if (!pd)
		pd = ibv_alloc_pd(context);
	obj.pd.in = pd;
	obj.pd.out = &dv_pd;
	if (pd && !mlx5dv_init_obj(&obj, MLX5DV_OBJ_PD))
		pdn = dv_pd.pdn;
	mlx5dv_devx_query_eqn(context, 0, &eqn);
	if (!channel)
		channel = mlx5dv_devx_create_event_channel(
			context,
			noise(2)
				? 0
				: MLX5DV_DEVX_CREATE_EVENT_CHANNEL_FLAGS_OMIT_EV_DATA);
	if (!answers)
		answers = mlx5dv_devx_create_cmd_comp(context);
}

static void write_cq(void)
{
	begin(0x400, 0);
	put(20, umem->umem_id);
	put(28, (4 + noise(3)) << 24 | uar->page_id);
	put(36, eqn);
	put(76, RECORDS + 8 * noise(512));
	put(84, 64 * noise(64));
	put(88, umem->umem_id);
}

static void write_qp(void)
{
	static const uint8_t types[] = { 0, 1, 2, 5 };
	uint32_t shared = noise(2), type = types[noise(4)];

	begin(0x500, 0);
	put(24, type << 16);
	put(28, pdn);
	put(32, 4 << 19 | 1 << 16 | 4 << 11);
	put(36, uar->page_id);
	put(148, numbers[CQ][noise(SLOTS)]);
	put(180, numbers[CQ][noise(SLOTS)]);
	put(188, RECORDS + 8 * noise(512));
	put(196, (type == 5 ? 3 : shared) << 24 | numbers[RMP][noise(SLOTS)]);
	put(252, umem->umem_id);
	put(260, 64 * noise(64));
	put(264, umem->umem_id);
}

static void write_rmp(void)
{
	begin(0x90c, 0);
	put(32, 1 << 20);
	put(88, pdn);
	put(100, RECORDS + 8 * noise(512));
	put(112, 6 << 16 | 4);
	put(120, umem->umem_id);
	put(124, umem->umem_id);
	put(132, 64 * noise(64));
}

static void create(enum kind kind, uint32_t slot)
{
	static void (*const writers[])(void) = { write_cq, write_qp,
						 write_rmp };
	uint8_t answer[16] = { 0 };
	uint32_t number;

	if (!umem || !uar)
		return;
	writers[kind]();
	objects[kind][slot] = mlx5dv_devx_obj_create(context, command, COMMAND,
						     answer, sizeof(answer));
	memcpy(&number, answer + 8, sizeof(number));
	numbers[kind][slot] = be32toh(number) & 0xffffff;
}

static void change(enum kind kind, struct mlx5dv_devx_obj *obj, uint32_t number)
{
	static const uint16_t steps[] = { 0x502, 0x503, 0x504, 0x505,
					  0x507, 0x50a, 0x50e };
	static const uint16_t others[] = { 0x403, 0, 0x90d };
	uint8_t answer[16];

	if (kind != QP) {
		begin(others[kind], number);
		put(kind == CQ ? 12 : 20, 1);
		put(32, 1 << 20);
	} else {
		begin(steps[noise(7)], number);
		put(32, 3u << 29);
		put(44, numbers[QP][noise(SLOTS)]);
		put(84, 1 << 16);
		put(168, 7 << 13);
	}
	mlx5dv_devx_obj_modify(obj, command, COMMAND, answer, sizeof(answer));
}

static void ask(enum kind kind, struct mlx5dv_devx_obj *obj, uint32_t number)
{
	static const uint16_t opcodes[] = { 0x402, 0x50b, 0x90f };
	uint8_t answer[ANSWER];

	begin(opcodes[kind], number);
	if (answers && noise(2))
		mlx5dv_devx_obj_query_async(obj, command, 16, ANSWER, number,
					    answers);
	else
		mlx5dv_devx_obj_query(obj, command, 16, answer, ANSWER);
}

static void subscribe(struct mlx5dv_devx_obj *obj)
{
	static const uint16_t types[] = { 0, 4, 5, 9, 0x10, 0x11, 0x13, 0x14 };
	uint16_t type = types[noise(8)];

	if (!channel)
		return;
	if (noise(4))
		mlx5dv_devx_subscribe_devx_event(channel, noise(8) ? obj : NULL,
						 sizeof(type), &type, noise(9));
	else
		mlx5dv_devx_subscribe_devx_event_fd(channel, (int)noise(9), obj,
						    type);
}

/* Events and answers are not waited for. */
static void forget_files(void)
{
	if (noise(4))
		return;
	if (channel)
		mlx5dv_devx_destroy_event_channel(channel);
	if (answers)
		mlx5dv_devx_destroy_cmd_comp(answers);
	channel = NULL;
	answers = NULL;
}

static void forget_memory(void)
{
	if (umem && noise(4) == 0 && !mlx5dv_devx_umem_dereg(umem))
		umem = NULL;
}

void act_on_devx(struct ibv_context *ctx)
{
	enum kind kind = noise(KINDS);
	uint32_t slot = noise(SLOTS);
	struct mlx5dv_devx_obj **obj = &objects[kind][slot];

	context = ctx;
	make_home();
	if (!*obj)
		create(kind, slot);
	else if (noise(8) == 0 && !mlx5dv_devx_obj_destroy(*obj))
		*obj = NULL;
	else if (noise(4) == 0)
		subscribe(*obj);
	else if (noise(2))
		ask(kind, *obj, numbers[kind][slot]);
	else
		change(kind, *obj, numbers[kind][slot]);
	forget_files();
	forget_memory();
}
