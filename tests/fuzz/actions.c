// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/*
 * Calls of the library in no sensible order. What fails, fails: an object that
 * cannot be made stays NULL, one that cannot be destroyed is forgotten and goes
 * with the process.
 */
#include <infiniband/verbs.h>
#include <stddef.h>

#include "noise.h"

#define MEMORY 65536

enum { SLOTS = 4 };

static uint8_t memory[MEMORY] __attribute__((aligned(4096)));
static struct ibv_context *context;
static int dmabuf_fd;
static struct ibv_pd *pds[SLOTS];
static struct ibv_cq *cqs[SLOTS];
static struct ibv_qp *qps[SLOTS];
static struct ibv_srq *srqs[SLOTS];
static struct ibv_mr *mrs[SLOTS];
static struct ibv_mw *mws[SLOTS];
static struct ibv_ah *ahs[SLOTS];
static struct ibv_xrcd *xrcds[SLOTS];
static struct ibv_wq *wqs[SLOTS];
static struct ibv_rwq_ind_table *tables[SLOTS];
static struct ibv_flow *flows[SLOTS];
static struct ibv_counters *counters[SLOTS];

/* One of an array of pointers to objects, which may be NULL. */
#define ANY(array) ((array)[noise(SLOTS)])

static const int access_flags =
	IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE |
	IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_ATOMIC | IBV_ACCESS_MW_BIND;

static void act_on_pd(void)
{
	struct ibv_pd **pd = &ANY(pds);

	if (*pd && noise(4))
		return;
	if (*pd)
		ibv_dealloc_pd(*pd);
	*pd = ibv_alloc_pd(context);
}

static void act_on_cq(void)
{
	struct ibv_cq **cq = &ANY(cqs);

	if (!*cq)
		*cq = ibv_create_cq(context, 1 + (int)noise(500), NULL, NULL,
				    0);
	else if (noise(4) == 0 && !ibv_destroy_cq(*cq))
		*cq = NULL;
	else if (noise(2))
		ibv_resize_cq(*cq, 1 + (int)noise(1000));
	else
		ibv_req_notify_cq(*cq, 0);
}

static void create_qp(struct ibv_qp **qp)
{
	static const enum ibv_qp_type types[] = {
		IBV_QPT_RC,	  IBV_QPT_UC,	    IBV_QPT_UD,
		IBV_QPT_XRC_SEND, IBV_QPT_XRC_RECV, IBV_QPT_RAW_PACKET
	};
	struct ibv_qp_init_attr_ex init = {
		.send_cq = ANY(cqs),
		.recv_cq = ANY(cqs),
		.pd = ANY(pds),
		.xrcd = ANY(xrcds),
		.srq = noise(4) ? NULL : ANY(srqs),
		.cap = { 1 + noise(64), 1 + noise(64), 1 + noise(8),
			 1 + noise(8), noise(128) },
		.qp_type = types[noise(6)],
		.comp_mask = IBV_QP_INIT_ATTR_PD,
	};

	if (init.qp_type == IBV_QPT_XRC_RECV)
		init.comp_mask = IBV_QP_INIT_ATTR_XRCD;
	*qp = ibv_create_qp_ex(context, &init);
}

/* One whose frames go to the queues of a table. */
static void create_rss_qp(struct ibv_qp **qp)
{
	static uint8_t key[40];
	struct ibv_qp_init_attr_ex init = {
		.pd = ANY(pds),
		.qp_type = IBV_QPT_RAW_PACKET,
		.comp_mask = IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_IND_TABLE |
			     IBV_QP_INIT_ATTR_RX_HASH,
		.rwq_ind_tbl = ANY(tables),
		.rx_hash_conf = { IBV_RX_HASH_FUNC_TOEPLITZ, sizeof(key), key,
				  noise(256) },
	};

	if (init.rwq_ind_tbl)
		*qp = ibv_create_qp_ex(context, &init);
}

static void modify_qp(struct ibv_qp *qp)
{
	struct ibv_qp_attr attr = {
		.qp_state = noise(7),
		.port_num = 1,
		.qp_access_flags = (unsigned int)access_flags,
		.path_mtu = 1 + noise(5),
		.dest_qp_num = noise(2) ? qp->qp_num : noise(1u << 24),
		.max_rd_atomic = 1,
		.max_dest_rd_atomic = 1,
		.min_rnr_timer = (uint8_t)noise(32),
		.timeout = 1 + (uint8_t)noise(8),
		.retry_cnt = (uint8_t)noise(8),
		.rnr_retry = (uint8_t)noise(8),
		.ah_attr = { .is_global = 1, .port_num = 1 },
	};
	int mask = IBV_QP_STATE;

	if (qp->qp_type == IBV_QPT_RAW_PACKET)
		mask |= attr.qp_state == IBV_QPS_INIT ? IBV_QP_PORT : 0;
	else if (attr.qp_state == IBV_QPS_INIT)
		mask |= IBV_QP_PKEY_INDEX | IBV_QP_PORT |
			(qp->qp_type == IBV_QPT_UD ? IBV_QP_QKEY
						   : IBV_QP_ACCESS_FLAGS);
	else if (attr.qp_state == IBV_QPS_RTR && qp->qp_type != IBV_QPT_UD)
		mask |= IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN |
			IBV_QP_RQ_PSN | IBV_QP_MAX_DEST_RD_ATOMIC |
			IBV_QP_MIN_RNR_TIMER;
	else if (attr.qp_state == IBV_QPS_RTS)
		mask |= IBV_QP_SQ_PSN | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT |
			IBV_QP_RNR_RETRY | IBV_QP_MAX_QP_RD_ATOMIC;
	if (noise(8) == 0)
		mask ^= 1 << noise(21);
	ibv_modify_qp(qp, &attr, mask);
}

static void act_on_qp(void)
{
	struct ibv_qp_init_attr init;
	struct ibv_qp **qp = &ANY(qps);
	struct ibv_qp_attr attr;

	if (!*qp && noise(8) == 0)
		create_rss_qp(qp);
	else if (!*qp)
		create_qp(qp);
	else if (noise(6) == 0 && !ibv_destroy_qp(*qp))
		*qp = NULL;
	else if (noise(4) == 0)
		ibv_query_qp(*qp, &attr, IBV_QP_STATE, &init);
	else
		modify_qp(*qp);
}

static void create_srq(struct ibv_srq **srq)
{
	struct ibv_srq_init_attr_ex init = {
		.attr = { 1 + noise(64), 1 + noise(8), 0 },
		.pd = ANY(pds),
		.cq = ANY(cqs),
		.xrcd = ANY(xrcds),
		.srq_type = noise(2) ? IBV_SRQT_BASIC : IBV_SRQT_XRC,
		.comp_mask = IBV_SRQ_INIT_ATTR_TYPE | IBV_SRQ_INIT_ATTR_PD,
	};

	if (init.srq_type == IBV_SRQT_XRC)
		init.comp_mask |= IBV_SRQ_INIT_ATTR_XRCD | IBV_SRQ_INIT_ATTR_CQ;
	*srq = ibv_create_srq_ex(context, &init);
}

static void act_on_srq(void)
{
	struct ibv_srq_attr attr = { .srq_limit = noise(64) };
	struct ibv_srq **srq = &ANY(srqs);

	if (!*srq)
		create_srq(srq);
	else if (noise(4) == 0 && !ibv_destroy_srq(*srq))
		*srq = NULL;
	else if (noise(2))
		ibv_modify_srq(*srq, &attr, IBV_SRQ_LIMIT);
	else
		ibv_query_srq(*srq, &attr);
}

static void create_mr(struct ibv_mr **mr)
{
	struct ibv_pd *pd = ANY(pds);
	size_t first = noise(MEMORY), length = 1 + noise(MEMORY - noise(9000));

	if (!pd)
		return;
	if (noise(2))
		*mr = ibv_reg_dmabuf_mr(pd, first, length, first, dmabuf_fd,
					access_flags);
	else if (first + length <= MEMORY)
		*mr = ibv_reg_mr(pd, memory + first, length, access_flags);
}

static void act_on_mr(void)
{
	struct ibv_mr **mr = &ANY(mrs);

	if (!*mr)
		create_mr(mr);
	else if (noise(2) && !ibv_dereg_mr(*mr))
		*mr = NULL;
	else if (noise(2) && ANY(pds))
		ibv_rereg_mr(*mr, IBV_REREG_MR_CHANGE_ACCESS, NULL, NULL, 0,
			     access_flags);
}

static void act_on_mw(void)
{
	struct ibv_pd *pd = ANY(pds);
	struct ibv_mw **mw = &ANY(mws);

	if (*mw && !ibv_dealloc_mw(*mw))
		*mw = NULL;
	else if (!*mw && pd)
		*mw = ibv_alloc_mw(pd,
				   noise(2) ? IBV_MW_TYPE_1 : IBV_MW_TYPE_2);
}

static void act_on_ah(void)
{
	struct ibv_ah_attr attr = { .is_global = 1, .port_num = 1 };
	struct ibv_pd *pd = ANY(pds);
	struct ibv_ah **ah = &ANY(ahs);

	attr.grh.sgid_index = (uint8_t)noise(4);
	attr.grh.dgid.raw[15] = 1;
	if (*ah && !ibv_destroy_ah(*ah))
		*ah = NULL;
	else if (!*ah && pd)
		*ah = ibv_create_ah(pd, &attr);
}

static void act_on_xrcd(void)
{
	struct ibv_xrcd_init_attr init = {
		.fd = -1,
		.oflags = 0100, /* O_CREAT */
		.comp_mask = IBV_XRCD_INIT_ATTR_FD | IBV_XRCD_INIT_ATTR_OFLAGS,
	};
	struct ibv_xrcd **xrcd = &ANY(xrcds);

	if (!*xrcd)
		*xrcd = ibv_open_xrcd(context, &init);
	else if (noise(4) == 0 && !ibv_close_xrcd(*xrcd))
		*xrcd = NULL;
}

/*
 * Never changed: Linux 6.12 forgets to unlock a WQ whose new state it refuses,
 * and warns when the process ends.
 */
static void modify_wq(struct ibv_wq *wq)
{
	struct ibv_wq_attr attr = { .attr_mask = IBV_WQ_ATTR_STATE,
				    .wq_state = noise(3) };
	uint32_t rate = mutation_rate;

	mutation_rate = 0;
	ibv_modify_wq(wq, &attr);
	mutation_rate = rate;
}

static void act_on_wq(void)
{
	struct ibv_wq_init_attr init = {
		.wq_type = IBV_WQT_RQ,
		.max_wr = 1 + noise(64),
		.max_sge = 1 + noise(4),
		.pd = ANY(pds),
		.cq = ANY(cqs),
	};
	struct ibv_wq **wq = &ANY(wqs);

	if (!*wq && init.pd && init.cq)
		*wq = ibv_create_wq(context, &init);
	else if (*wq && noise(4) == 0 && !ibv_destroy_wq(*wq))
		*wq = NULL;
	else if (*wq)
		modify_wq(*wq);
}

static void act_on_table(void)
{
	struct ibv_wq *list[] = { ANY(wqs), ANY(wqs) };
	struct ibv_rwq_ind_table_init_attr init = { .log_ind_tbl_size = 1,
						    .ind_tbl = list };
	struct ibv_rwq_ind_table **table = &ANY(tables);

	if (!*table && list[0] && list[1])
		*table = ibv_create_rwq_ind_table(context, &init);
	else if (*table && !ibv_destroy_rwq_ind_table(*table))
		*table = NULL;
}

static void create_flow(struct ibv_flow **flow)
{
	struct {
		struct ibv_flow_attr attr;
		struct ibv_flow_spec_eth eth;
		struct ibv_flow_spec_counter_action count;
	} request = {
		.attr = { .type = noise(4),
			  .size = sizeof(request),
			  .priority = (uint16_t)noise(18),
			  .num_of_specs = (uint8_t)noise(3),
			  .port = 1 },
		.eth = { .type = IBV_FLOW_SPEC_ETH,
			 .size = sizeof(request.eth),
			 .mask.ether_type = 0xffff },
		.count = { .type = IBV_FLOW_SPEC_ACTION_COUNT,
			   .size = sizeof(request.count),
			   .counters = ANY(counters) },
	};
	struct ibv_qp *qp = ANY(qps);

	if (!request.count.counters && request.attr.num_of_specs == 2)
		request.attr.num_of_specs = 1;
	if (qp)
		*flow = ibv_create_flow(qp, &request.attr);
}

static void act_on_flow(void)
{
	struct ibv_flow **flow = &ANY(flows);

	if (!*flow)
		create_flow(flow);
	else if (!ibv_destroy_flow(*flow))
		*flow = NULL;
}

static void act_on_counters(void)
{
	struct ibv_counter_attach_attr attach = {
		.counter_desc =
			noise(3) ? IBV_COUNTER_PACKETS : IBV_COUNTER_BYTES,
		.index = noise(4),
	};
	struct ibv_counters_init_attr init = { 0 };
	struct ibv_counters **c = &ANY(counters);
	uint64_t values[4];

	if (!*c)
		*c = ibv_create_counters(context, &init);
	else if (noise(4) == 0 && !ibv_destroy_counters(*c))
		*c = NULL;
	else if (noise(2))
		ibv_attach_counters_point_flow(*c, &attach, NULL);
	else
		ibv_read_counters(*c, values, 1 + noise(4), 0);
}

static void query(void)
{
	struct ibv_device_attr_ex device;
	struct ibv_port_attr port;
	union ibv_gid gid;

	ibv_query_device_ex(context, NULL, &device);
	ibv_query_port(context, 1, &port);
	ibv_query_gid(context, 1, (int)noise(8), &gid);
}

static void act_on_commands(void)
{
	act_on_devx(context);
}

void run_actions(struct ibv_context *ctx, int fd, uint32_t count)
{
	static void (*const actions[])(void) = {
		act_on_pd,	 act_on_cq,	  act_on_qp,
		act_on_qp,	 act_on_qp,	  act_on_srq,
		act_on_mr,	 act_on_mr,	  act_on_mw,
		act_on_xrcd,	 act_on_ah,	  act_on_wq,
		act_on_wq,	 act_on_table,	  act_on_flow,
		act_on_counters, query,		  act_on_commands,
		act_on_commands, act_on_commands, act_on_commands,
	};

	context = ctx;
	dmabuf_fd = fd;
	while (count--)
		actions[noise(sizeof(actions) / sizeof(actions[0]))]();
}
