// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/*
 * What a program can do to an mlx5 device that it has: write anything into its
 * queues, doorbell records and registers. Requests that are right but for one thing, and
 * plain noise; the device may end the queues, and nothing else.
 *   queue_noise DEVICE SEED ROUNDS
 */
#include <endian.h>
#include <errno.h>
#include <infiniband/verbs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "find.h"

enum { DEPTH = 16, MEMORY = 65536, NUM_QPS = 8 };

/* What libmlx5 tells of its queues, as far as it is used here. */
struct dv_ring {
	void *buf;
	uint32_t count;
	uint32_t stride;
};

struct dv_qp {
	uint32_t *dbrec;
	struct dv_ring sq;
	struct dv_ring rq;
	void *bf_reg;
	uint32_t bf_size;
	uint64_t unused[5];
};

struct dv_cq {
	void *buf;
	uint32_t *dbrec;
	uint32_t count;
	uint32_t size;
	void *uar;
	uint32_t number;
	uint64_t comp_mask;
};

struct dv_srq {
	void *buf;
	uint32_t *dbrec;
	uint32_t stride;
	uint32_t head;
	uint32_t tail;
	uint64_t comp_mask;
	uint32_t number;
};

struct dv_obj {
	struct ibv_qp *qp_in;
	struct dv_qp *qp_out;
	struct ibv_cq *cq_in;
	struct dv_cq *cq_out;
	struct ibv_srq *srq_in;
	struct dv_srq *srq_out;
	void *unused[10];
};

enum { DV_QP = 1, DV_CQ = 2, DV_SRQ = 4 };

int mlx5dv_init_obj(struct dv_obj *obj, uint64_t kinds);

struct queue {
	struct ibv_qp *qp;
	struct dv_qp dv;
	uint16_t head;
};

static struct ibv_context *context;
static struct ibv_pd *pd;
static struct ibv_cq *cq;
static struct ibv_srq *srq;
static struct ibv_mr *mr;
static struct dv_cq dv_cq;
static struct dv_srq dv_srq;
static struct queue queues[NUM_QPS];
static struct ibv_flow *flow;
static union ibv_gid gid;
static int gid_index;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static uint32_t noise(uint32_t below)
{
	return (uint32_t)random() % below;
}

static void fill_noise(void *to, size_t len)
{
	uint8_t *byte = to;

	while (len--)
		*byte++ = (uint8_t)random();
}

static void make_objects(void)
{
	struct ibv_srq_init_attr init = { .attr = { DEPTH - 1, 2, 0 } };
	struct dv_obj obj = { 0 };
	void *memory = aligned_alloc(4096, MEMORY);

	pd = ibv_alloc_pd(context);
	cq = ibv_create_cq(context, 1023, NULL, NULL, 0);
	srq = pd ? ibv_create_srq(pd, &init) : NULL;
	mr = pd ? ibv_reg_mr(pd, memory, MEMORY,
			     IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE |
				     IBV_ACCESS_REMOTE_READ |
				     IBV_ACCESS_REMOTE_ATOMIC)
		: NULL;
	if (!cq || !srq || !mr)
		die("objects");
	obj.cq_in = cq;
	obj.cq_out = &dv_cq;
	obj.srq_in = srq;
	obj.srq_out = &dv_srq;
	if (mlx5dv_init_obj(&obj, DV_CQ | DV_SRQ))
		die("mlx5dv_init_obj");
}

static void make_qp(struct queue *queue, enum ibv_qp_type type,
		    struct ibv_srq *shared)
{
	struct ibv_qp_init_attr init = {
		.send_cq = cq,
		.recv_cq = cq,
		.srq = shared,
		.cap = { DEPTH, shared ? 0 : DEPTH, 4, shared ? 0 : 4, 64 },
		.qp_type = type,
	};
	struct dv_obj obj = { 0 };

	queue->qp = ibv_create_qp(pd, &init);
	if (!queue->qp)
		die("queue pair");
	obj.qp_in = queue->qp;
	obj.qp_out = &queue->dv;
	if (mlx5dv_init_obj(&obj, DV_QP))
		die("mlx5dv_init_obj");
}

static struct ibv_qp *peer_of(const struct queue *queue)
{
	return queues[(queue - queues) ^ 1].qp;
}

static enum ibv_qp_state state_of(struct queue *queue)
{
	struct ibv_qp_init_attr init;
	struct ibv_qp_attr attr;

	if (ibv_query_qp(queue->qp, &attr, IBV_QP_STATE, &init))
		die("query");
	return attr.qp_state;
}

/* What a QP of a kind is told on its way to each state. */
static int init_mask(enum ibv_qp_type type)
{
	switch (type) {
	case IBV_QPT_RAW_PACKET:
		return IBV_QP_STATE | IBV_QP_PORT;
	case IBV_QPT_UD:
		return IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT |
		       IBV_QP_QKEY;
	default:
		return IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT |
		       IBV_QP_ACCESS_FLAGS;
	}
}

static int rtr_mask(enum ibv_qp_type type)
{
	if (type == IBV_QPT_RAW_PACKET || type == IBV_QPT_UD)
		return IBV_QP_STATE;
	return IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN |
	       IBV_QP_RQ_PSN |
	       (type == IBV_QPT_RC
			? IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER
			: 0);
}

static int rts_mask(enum ibv_qp_type type)
{
	if (type == IBV_QPT_RAW_PACKET)
		return IBV_QP_STATE;
	return IBV_QP_STATE | IBV_QP_SQ_PSN |
	       (type == IBV_QPT_RC
			? IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY |
				  IBV_QP_MAX_QP_RD_ATOMIC
			: 0);
}

/* From the beginning; attributes that a kind does not have are left out. */
static void start(struct queue *queue)
{
	enum ibv_qp_type type = queue->qp->qp_type;
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_RESET,
		.port_num = 1,
		.qkey = 7,
		.qp_access_flags = IBV_ACCESS_REMOTE_WRITE |
				   IBV_ACCESS_REMOTE_READ |
				   IBV_ACCESS_REMOTE_ATOMIC,
		.path_mtu = IBV_MTU_1024,
		.dest_qp_num = peer_of(queue)->qp_num,
		.max_rd_atomic = 1,
		.max_dest_rd_atomic = 1,
		.min_rnr_timer = 1,
		.timeout = 1,
		.ah_attr = { .grh = { .dgid = gid,
				      .hop_limit = 1,
				      .sgid_index = (uint8_t)gid_index },
			     .is_global = 1,
			     .port_num = 1 },
	};

	queue->head = 0;
	if (ibv_modify_qp(queue->qp, &attr, IBV_QP_STATE))
		die("reset");
	queue->dv.dbrec[0] = 0;
	queue->dv.dbrec[1] = 0;
	attr.qp_state = IBV_QPS_INIT;
	if (ibv_modify_qp(queue->qp, &attr, init_mask(type)))
		die("init");
	attr.qp_state = IBV_QPS_RTR;
	if (ibv_modify_qp(queue->qp, &attr, rtr_mask(type)))
		die("rtr");
	attr.qp_state = IBV_QPS_RTS;
	if (ibv_modify_qp(queue->qp, &attr, rts_mask(type)) &&
	    state_of(queue) != IBV_QPS_ERR)
		die("rts"); /* not ended by what another queue sent it */
}

static void put32(void *to, uint32_t value)
{
	value = htobe32(value);
	memcpy(to, &value, sizeof(value));
}

static void put64(void *to, uint64_t value)
{
	value = htobe64(value);
	memcpy(to, &value, sizeof(value));
}

/* A piece of the registered memory, or somewhere next to it. */
static void put_data(uint8_t *seg)
{
	put32(seg, noise(4) ? noise(300) : noise(1u << 31));
	put32(seg + 4, noise(8) ? mr->lkey : noise(2) ? 0x200 : mr->lkey ^ 1);
	put64(seg + 8, (uintptr_t)mr->addr + noise(MEMORY + 4096));
}

static void put_remote(uint8_t *seg)
{
	put64(seg, (uintptr_t)mr->addr + 8 * noise(64));
	put32(seg + 8, mr->rkey);
}

/* How a frame begins, mostly with what a length is meant to fit. */
static void put_frame(uint8_t *seg)
{
	static const uint16_t sizes[] = { 0, 2, 14, 18, 34, 54, 1024 };
	uint16_t len = htobe16(noise(8) ? sizes[noise(7)] : (uint16_t)random());

	memset(seg, 0, 16);
	seg[4] = (uint8_t)noise(256); /* checksums */
	if (noise(4))
		seg[6] = (uint8_t)noise(8); /* mss */
	memcpy(seg + 12, &len, sizeof(len));
}

/* Something like a packet of IPv4 at the beginning of the memory, sent whole or not. */
static void send_packet(struct queue *queue, uint8_t *block)
{
	uint8_t *frame = mr->addr;

	fill_noise(frame, 64);
	frame[12] = 0x08;
	frame[13] = 0x00;
	frame[14] = (uint8_t)(0x40 | noise(8));
	frame[16] = 0;
	frame[23] = noise(2) ? 6 : 17;
	memset(block, 0, 64);
	put32(block, (uint32_t)queue->head << 8 | 0x0a);
	put32(block + 4, queue->qp->qp_num << 8 | 3);
	block[11] = 8;
	block[20] = (uint8_t)noise(256); /* checksums */
	put32(block + 32, 14 + noise(noise(4) ? 100 : 10000));
	put32(block + 36, mr->lkey);
	put64(block + 40, (uintptr_t)frame);
}

/* A header that the device accepts, and anything behind it. */
static void make_request(struct queue *queue, uint8_t *block)
{
	static const uint8_t opcodes[] = { 0x00, 0x01, 0x08, 0x09, 0x0a, 0x0b,
					   0x0e, 0x10, 0x11, 0x12, 0x1b, 0x25 };
	uint32_t ds = noise(4) ? noise(12) : noise(64);
	uint32_t i;

	fill_noise(block, 64);
	put32(block,
	      (uint32_t)queue->head << 8 | opcodes[noise(sizeof(opcodes))]);
	put32(block + 4, queue->qp->qp_num << 8 | ds);
	block[11] = 8;
	if (queue->qp->qp_type == IBV_QPT_RAW_PACKET)
		put_frame(block + 16);
	for (i = queue->qp->qp_type == IBV_QPT_RAW_PACKET ? 2 : 1; i < 4; i++) {
		if (noise(3))
			put_data(block + 16 * i);
		else if (noise(2))
			put32(block + 16 * i, 0x80000000 | noise(1024));
		else if (noise(2))
			put_remote(block + 16 * i);
	}
}

/* In the page of registers that the queue rings in. */
static void store_anywhere(struct queue *queue)
{
	uintptr_t page = (uintptr_t)queue->dv.bf_reg & ~(uintptr_t)4095;
	uint64_t value;

	fill_noise(&value, sizeof(value));
	*(volatile uint64_t *)(page + 8 * noise(512)) = value;
}

static void ring(struct queue *queue)
{
	uint64_t bell;

	__sync_synchronize();
	queue->dv.dbrec[1] = htobe32(noise(16) ? queue->head : noise(65536));
	__sync_synchronize();
	fill_noise(&bell, sizeof(bell));
	memcpy(queue->dv.bf_reg, &bell, sizeof(bell));
	if (noise(8) == 0)
		store_anywhere(queue);
}

/* A completion that never was, where the device may be about to write one. */
static void completion_noise(void)
{
	fill_noise((uint8_t *)dv_cq.buf + noise(dv_cq.count) * dv_cq.size,
		   dv_cq.size);
}

static void send_noise(struct queue *queue)
{
	uint32_t n = 1 + noise(4);
	uint8_t *block;

	while (n--) {
		block = (uint8_t *)queue->dv.sq.buf +
			queue->head % queue->dv.sq.count * 64;
		if (queue->qp->qp_type == IBV_QPT_RAW_PACKET && noise(4))
			send_packet(queue, block);
		else if (noise(10))
			make_request(queue, block);
		else
			fill_noise(block, 64);
		queue->head++;
	}
	ring(queue);
}

static void receive_noise(struct queue *queue)
{
	uint8_t *to = queue->dv.rq.buf;

	if (queue->qp->srq) {
		fill_noise(dv_srq.buf, (size_t)dv_srq.tail * dv_srq.stride);
		put_data((uint8_t *)dv_srq.buf + 16);
		*dv_srq.dbrec = htobe32(noise(4) ? noise(DEPTH) : noise(65536));
	} else {
		fill_noise(to, queue->dv.rq.count * queue->dv.rq.stride);
		put_data(to);
		queue->dv.dbrec[0] =
			htobe32(noise(4) ? noise(DEPTH + 1) : noise(65536));
	}
}

/* Takes completions away without asking what they are of. */
static void drain(void)
{
	static uint32_t ci;
	const volatile uint8_t *last;

	for (;;) {
		last = (uint8_t *)dv_cq.buf +
		       (size_t)(ci & (dv_cq.count - 1)) * dv_cq.size +
		       dv_cq.size - 1;
		if (*last >> 4 == 15 || (*last & 1) != !!(ci & dv_cq.count))
			break;
		ci++;
	}
	dv_cq.dbrec[0] = htobe32(noise(5000) ? ci & 0xffffff : noise(1 << 24));
}

static void round_of(struct queue *queue)
{
	if (noise(2))
		receive_noise(queue);
	send_noise(queue);
	if (noise(50) == 0)
		completion_noise();
	if (noise(8) == 0)
		usleep(noise(500));
	drain();
	if (state_of(queue) != IBV_QPS_RTS)
		start(queue);
}

static struct ibv_qp *flow_qp(void)
{
	return queues[NUM_QPS - 1].qp;
}

/* All frames that are sent come back to one of the queues. */
static void make_flow(struct ibv_qp *qp)
{
	struct ibv_flow_attr attr = {
		.type = IBV_FLOW_ATTR_SNIFFER,
		.size = sizeof(attr),
		.port = 1,
	};

	flow = ibv_create_flow(qp, &attr);
	if (!flow)
		die("flow");
}

static void close_all(void)
{
	int i;

	if (ibv_destroy_qp(flow_qp()) != EBUSY)
		die("a QP with a flow");
	if (ibv_destroy_flow(flow))
		die("destroy flow");
	for (i = 0; i < NUM_QPS; i++)
		if (ibv_destroy_qp(queues[i].qp))
			die("destroy");
	if (ibv_dereg_mr(mr) || ibv_destroy_srq(srq) || ibv_destroy_cq(cq) ||
	    ibv_dealloc_pd(pd) || ibv_close_device(context))
		die("close");
}

int main(int argc, char **argv)
{
	static const enum ibv_qp_type types[] = { IBV_QPT_RC, IBV_QPT_UC,
						  IBV_QPT_UD,
						  IBV_QPT_RAW_PACKET };
	int i, rounds;

	if (argc != 4)
		return 2;
	srandom((unsigned int)atoi(argv[2]));
	rounds = atoi(argv[3]);
	context = open_device(argv[1]);
	if (!context)
		die(argv[1]);
	gid_index = find_ip4_gid(context, &gid);
	if (gid_index < 0)
		die("no GID");
	make_objects();
	for (i = 0; i < NUM_QPS; i++)
		make_qp(&queues[i], types[i / 2],
			i % 2 && i < NUM_QPS - 2 ? srq : NULL);
	make_flow(flow_qp());
	for (i = 0; i < NUM_QPS; i++)
		start(&queues[i]);
	for (i = 0; i < rounds; i++)
		round_of(&queues[noise(NUM_QPS)]);
	close_all();
	printf("seed %s: %d rounds\n", argv[2], rounds);
	return 0;
}
