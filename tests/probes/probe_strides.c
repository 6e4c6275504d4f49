/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Work queues whose receives take several packets. Which stride each begins in
 * only the completion tells, so these are read here as the device writes them.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <infiniband/mlx5dv.h>

#include "probe.h"

enum {
	LOG_STRIDE = 6, /* 64 bytes */
	LOG_STRIDES = 3,
	WQE_LEN = 1 << (LOG_STRIDE + LOG_STRIDES),
	DEPTH = 4,
	MAC_LEN = 6,
	HEADER = 14,
	TYPE = 0x88b5, /* of frames for experiments */
	FILLER = 0x8000,
	WAIT_S = 20,
	SEGMENT = 16,
};

static uint8_t memory[DEPTH][WQE_LEN] __attribute__((aligned(4096)));

/* ---- Frames ------------------------------------------------------------------------ */

/* The ports of the first two devices are at one switch. */
static const char receiver[] = "softhca0", sender[] = "softhca1";

static void read_mac(uint8_t *mac)
{
	unsigned int byte[MAC_LEN];
	char path[64];
	FILE *file;
	int i;

	snprintf(path, sizeof(path), "/sys/class/net/%s/address", receiver);
	file = fopen(path, "re");
	PROBE_NEED(file);
	PROBE_NEED(fscanf(file, "%x:%x:%x:%x:%x:%x", &byte[0], &byte[1],
			  &byte[2], &byte[3], &byte[4], &byte[5]) == MAC_LEN);
	fclose(file);
	for (i = 0; i < MAC_LEN; i++)
		mac[i] = (uint8_t)byte[i];
}

static uint8_t byte_at(size_t i, size_t len)
{
	return (uint8_t)(i + len);
}

/* Of len bytes, in which their number and the position show. */
static void send_frame(const uint8_t *mac, size_t len)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_ifindex = (int)if_nametoindex(sender),
	};
	uint8_t frame[2 * WQE_LEN] = { 0 };
	int fd = socket(AF_PACKET, SOCK_RAW, htons(TYPE));
	size_t i;

	PROBE_NEED(fd >= 0);
	memcpy(frame, mac, MAC_LEN);
	frame[2 * MAC_LEN] = TYPE >> 8;
	frame[2 * MAC_LEN + 1] = TYPE & 0xff;
	for (i = HEADER; i < len; i++)
		frame[i] = byte_at(i, len);
	PROBE_NEED(sendto(fd, frame, len, 0, (struct sockaddr *)&to,
			  sizeof(to)) == (ssize_t)len);
	close(fd);
}

/* ---- The queue --------------------------------------------------------------------- */

struct queue {
	struct ibv_context *context;
	struct ibv_pd *pd;
	struct ibv_mr *mr;
	struct ibv_cq *cq;
	struct ibv_wq *wq;
	struct mlx5dv_cq ring;
	uint32_t ci;
	uint8_t mac[MAC_LEN];
};

static struct ibv_wq *make_wq(struct queue *q, uint32_t log_stride,
			      uint32_t log_strides, uint8_t shift)
{
	struct ibv_wq_init_attr attr = {
		.wq_type = IBV_WQT_RQ,
		.max_wr = DEPTH,
		.max_sge = 1,
		.pd = q->pd,
		.cq = q->cq,
	};
	struct mlx5dv_wq_init_attr dv = {
		.comp_mask = MLX5DV_WQ_INIT_ATTR_MASK_STRIDING_RQ,
		.striding_rq_attrs = { log_stride, log_strides, shift },
	};

	errno = 0;
	return mlx5dv_create_wq(q->context, &attr, &dv);
}

static void open_queue(struct queue *q, struct ibv_context *context)
{
	struct mlx5dv_obj obj = { .cq = { .out = &q->ring } };

	memset(q, 0, sizeof(*q));
	q->context = context;
	q->pd = ibv_alloc_pd(context);
	PROBE_NEED(q->pd);
	q->mr = ibv_reg_mr(q->pd, memory, sizeof(memory),
			   IBV_ACCESS_LOCAL_WRITE);
	q->cq = ibv_create_cq(context, 16, NULL, NULL, 0);
	PROBE_NEED(q->mr && q->cq);
	obj.cq.in = q->cq;
	PROBE_NEED(!mlx5dv_init_obj(&obj, MLX5DV_OBJ_CQ));
	read_mac(q->mac);
}

/* A QP in front of it, which has no other. */
static struct ibv_qp *make_qp(struct queue *q)
{
	static uint8_t key[40];
	struct ibv_rwq_ind_table_init_attr table = {
		.ind_tbl = &q->wq,
	};
	struct ibv_qp_init_attr_ex attr = {
		.qp_type = IBV_QPT_RAW_PACKET,
		.comp_mask = IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_IND_TABLE |
			     IBV_QP_INIT_ATTR_RX_HASH,
		.pd = q->pd,
		.rx_hash_conf = {
			.rx_hash_function = IBV_RX_HASH_FUNC_TOEPLITZ,
			.rx_hash_key_len = sizeof(key),
			.rx_hash_key = key,
		},
	};

	attr.rwq_ind_tbl = ibv_create_rwq_ind_table(q->context, &table);
	PROBE_NEED(attr.rwq_ind_tbl);
	return ibv_create_qp_ex(q->context, &attr);
}

/* What is sent to the port goes there. */
static void steer(struct queue *q)
{
	struct {
		struct ibv_flow_attr attr;
		struct ibv_flow_spec_eth eth;
	} flow = {
		.attr = { .type = IBV_FLOW_ATTR_NORMAL,
			  .size = sizeof(flow),
			  .num_of_specs = 1,
			  .port = 1 },
		.eth = { .type = IBV_FLOW_SPEC_ETH, .size = sizeof(flow.eth) },
	};
	struct ibv_qp *qp = make_qp(q);

	PROBE_NEED(qp);
	memcpy(flow.eth.val.dst_mac, q->mac, MAC_LEN);
	memset(flow.eth.mask.dst_mac, 0xff, MAC_LEN);
	flow.eth.val.ether_type = htons(TYPE);
	flow.eth.mask.ether_type = 0xffff;
	PROBE_NEED(ibv_create_flow(qp, &flow.attr));
}

/*
 * Behind what requests of shared queues have for the link to the next one. The
 * stock library's ibv_post_wq_recv() leaves no place for that.
 */
static void post_all(struct queue *q)
{
	struct mlx5dv_rwq ring = { 0 };
	struct mlx5dv_obj obj = { .rwq = { .in = q->wq, .out = &ring } };
	uint8_t *wqe;
	int i;

	PROBE_NEED(!mlx5dv_init_obj(&obj, MLX5DV_OBJ_RWQ));
	PROBE_NEED(ring.wqe_cnt == DEPTH && ring.stride == 2 * SEGMENT);
	memset(memory, 0, sizeof(memory));
	for (i = 0; i < DEPTH; i++) {
		wqe = (uint8_t *)ring.buf + (size_t)i * ring.stride;
		mlx5dv_set_data_seg((void *)(wqe + SEGMENT), WQE_LEN,
				    q->mr->lkey, (uintptr_t)memory[i]);
	}
	__atomic_store_n(ring.dbrec, htobe32(DEPTH), __ATOMIC_RELEASE);
}

static void post_by_verb(struct queue *q)
{
	struct ibv_recv_wr *bad;
	int i;

	memset(memory, 0, sizeof(memory));
	for (i = 0; i < DEPTH; i++) {
		struct ibv_sge sge = { (uintptr_t)memory[i], WQE_LEN,
				       q->mr->lkey };
		struct ibv_recv_wr wr = { .sg_list = &sge, .num_sge = 1 };

		PROBE_NEED(!ibv_post_wq_recv(q->wq, &wr, &bad));
	}
}

static void start(struct queue *q, uint8_t shift, void (*post)(struct queue *q))
{
	struct ibv_wq_attr attr = { .attr_mask = IBV_WQ_ATTR_STATE,
				    .wq_state = IBV_WQS_RDY };

	q->wq = make_wq(q, LOG_STRIDE, LOG_STRIDES, shift);
	PROBE_NEED(q->wq);
	steer(q);
	PROBE_NEED(!ibv_modify_wq(q->wq, &attr));
	post(q);
}

/* ---- Completions ------------------------------------------------------------------- */

static const struct mlx5_cqe64 *wait_cqe(struct queue *q)
{
	const uint8_t *ring = q->ring.buf;
	const struct mlx5_cqe64 *cqe =
		(const void *)(ring + (size_t)(q->ci & (q->ring.cqe_cnt - 1)) *
					      q->ring.cqe_size);
	time_t end = time(NULL) + WAIT_S;
	uint8_t op_own, owner = !!(q->ci & q->ring.cqe_cnt);

	do {
		PROBE_NEED(time(NULL) < end);
		op_own = __atomic_load_n(&cqe->op_own, __ATOMIC_ACQUIRE);
	} while (op_own >> 4 == MLX5_CQE_INVALID || (op_own & 1) != owner);
	q->ci++;
	q->ring.dbrec[0] = htobe32(q->ci & 0xffffff); /* what is consumed */
	return cqe;
}

static int is_frame(const uint8_t *at, const uint8_t *mac, size_t len)
{
	size_t i;

	for (i = HEADER; i < len; i++)
		if (at[i] != byte_at(i, len))
			return 0;
	return !memcmp(at, mac, MAC_LEN);
}

/* WQE.STRIDE+STRIDES=BYTES, or what else has come. */
static void say_cqe(struct queue *q, size_t pad)
{
	const struct mlx5_cqe64 *cqe = wait_cqe(q);
	uint32_t count = be32toh(cqe->byte_cnt);
	unsigned int wqe = be16toh(cqe->wqe_id) & (DEPTH - 1);
	unsigned int stride = be16toh(cqe->wqe_counter);
	unsigned int strides = count >> 16, len = count & 0xffff;

	if (cqe->op_own >> 4 == MLX5_CQE_RESP_ERR) {
		probe_say(" error %x",
			  ((const struct mlx5_err_cqe *)cqe)->syndrome);
		return;
	}
	probe_say(" %u.%u+%u=", wqe, stride, strides & ~(unsigned)FILLER);
	if (strides & FILLER)
		probe_say("filler");
	else if (is_frame(memory[wqe] + ((size_t)stride << LOG_STRIDE) + pad,
			  q->mac, len))
		probe_say("%u", len);
	else
		probe_say("%u bytes of something else", len);
}

/* ---- Cases ------------------------------------------------------------------------- */

/* The last one does not fit into what the first receive has left. */
static void pass(struct ibv_context *context, uint8_t shift)
{
	struct queue q;

	open_queue(&q, context);
	start(&q, shift, post_all);
	send_frame(q.mac, 60);
	say_cqe(&q, shift * 2);
	send_frame(q.mac, 65);
	say_cqe(&q, shift * 2);
	send_frame(q.mac, 190);
	say_cqe(&q, shift * 2);
	send_frame(q.mac, 150);
	say_cqe(&q, shift * 2);
	say_cqe(&q, shift * 2);
}

static void run_pass(struct ibv_context *context)
{
	pass(context, 0);
}

static void run_shifted(struct ibv_context *context)
{
	pass(context, 1);
}

/* As many as there are strides, in each receive. */
static void run_full(struct ibv_context *context)
{
	struct queue q;
	int i;

	open_queue(&q, context);
	start(&q, 0, post_all);
	for (i = 0; i < DEPTH << LOG_STRIDES; i++) {
		send_frame(q.mac, 64);
		wait_cqe(&q);
	}
	probe_say(" %u", q.ci);
}

static void run_posted(struct ibv_context *context)
{
	struct queue q;

	open_queue(&q, context);
	start(&q, 0, post_by_verb);
	send_frame(q.mac, 60);
	say_cqe(&q, 0);
	send_frame(q.mac, 500);
	say_cqe(&q, 0);
	say_cqe(&q, 0);
}

static void run_too_long(struct ibv_context *context)
{
	struct ibv_async_event event;
	struct queue q;

	open_queue(&q, context);
	start(&q, 0, post_all);
	send_frame(q.mac, WQE_LEN + 1);
	say_cqe(&q, 0);
	PROBE_NEED(!ibv_get_async_event(context, &event));
	probe_say(" %s of %s",
		  event.event_type == IBV_EVENT_WQ_FATAL ? "WQ_FATAL" : "?",
		  event.element.wq == q.wq ? "the queue" : "another");
	ibv_ack_async_event(&event);
}

static void run_limits(struct ibv_context *context)
{
	struct mlx5dv_context attr = {
		.comp_mask = MLX5DV_CONTEXT_MASK_STRIDING_RQ,
	};
	const struct mlx5dv_striding_rq_caps *caps = &attr.striding_rq_caps;

	PROBE_NEED(!mlx5dv_query_device(context, &attr));
	probe_say(" %u-%u %u-%u %x", caps->min_single_stride_log_num_of_bytes,
		  caps->max_single_stride_log_num_of_bytes,
		  caps->min_single_wqe_log_num_of_strides,
		  caps->max_single_wqe_log_num_of_strides,
		  caps->supported_qpts);
}

static void run_mistakes(struct ibv_context *context)
{
	static const uint32_t sizes[][2] = {
		{ 5, 9 }, { 14, 9 }, { 6, 2 }, { 6, 17 }, { 13, 16 },
	};
	struct queue q;
	size_t i;

	open_queue(&q, context);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		probe_say(" %s", make_wq(&q, sizes[i][0], sizes[i][1], 0)
					 ? "made"
					 : probe_errno(errno));
}

static const struct probe_case cases[] = {
	{ "pass", run_pass, NULL },	    { "shifted", run_shifted, NULL },
	{ "full", run_full, NULL },	    { "posted", run_posted, NULL },
	{ "too_long", run_too_long, NULL }, { "limits", run_limits, NULL },
	{ "mistakes", run_mistakes, NULL },
};

int main(int argc, char **argv)
{
	return probe_main(cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
