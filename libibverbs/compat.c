/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Calls that programs look up at two nodes; both names lead to the same call.
 */
#include "internal.h"

/*
 * Current programs want these at IBVERBS_1.0 although their home is IBVERBS_1.1.
 * The two differed in struct layouts of before 2008, which nobody uses and we do
 * not support.
 */
int ibv_get_cq_event_1_0(struct ibv_comp_channel *channel, struct ibv_cq **cq,
			 void **cq_context);
void ibv_ack_cq_events_1_0(struct ibv_cq *cq, unsigned int nevents);

__asm__(".symver ibv_get_cq_event_1_0, ibv_get_cq_event@IBVERBS_1.0");
__asm__(".symver ibv_ack_cq_events_1_0, ibv_ack_cq_events@IBVERBS_1.0");

VERBS_EXPORT int ibv_get_cq_event_1_0(struct ibv_comp_channel *channel,
				      struct ibv_cq **cq, void **cq_context)
{
	return ibv_get_cq_event(channel, cq, cq_context);
}

VERBS_EXPORT void ibv_ack_cq_events_1_0(struct ibv_cq *cq, unsigned int nevents)
{
	ibv_ack_cq_events(cq, nevents);
}

/* What is linked with rdma-core 65 has its name for the private node. */
int ibv_query_gid_type_65(struct ibv_context *context, uint8_t port_num,
			  unsigned int index, unsigned int *type);
const char *ibv_wr_opcode_str_65(enum ibv_wr_opcode opcode);

__asm__(".symver ibv_query_gid_type_65, ibv_query_gid_type@IBVERBS_PRIVATE_65");
__asm__(".symver ibv_wr_opcode_str_65, ibv_wr_opcode_str@IBVERBS_PRIVATE_65");

VERBS_EXPORT int ibv_query_gid_type_65(struct ibv_context *context,
				       uint8_t port_num, unsigned int index,
				       unsigned int *type)
{
	return ibv_query_gid_type(context, port_num, index, type);
}

VERBS_EXPORT const char *ibv_wr_opcode_str_65(enum ibv_wr_opcode opcode)
{
	return ibv_wr_opcode_str(opcode);
}
