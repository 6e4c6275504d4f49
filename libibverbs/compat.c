/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Calls that current programs look up at IBVERBS_1.0 although their home is
 * IBVERBS_1.1. The two differed in struct layouts of before 2008, which nobody
 * uses and we do not support: both names lead to the same call.
 */
#include <infiniband/verbs.h>

#include "driver.h"

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
