/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef _TM_TYPES_H
#define _TM_TYPES_H

/* Headers that tag matching puts in front of a message, as on the wire. */

#include <stdint.h>
#include <linux/types.h>

#ifdef __cplusplus
extern "C" {
#endif

enum ibv_tmh_op {
	IBV_TMH_NO_TAG = 0, /* not for matching */
	IBV_TMH_RNDV = 1, /* rendezvous: struct ibv_rvh follows */
	IBV_TMH_FIN = 2, /* rendezvous finished */
	IBV_TMH_EAGER = 3, /* the data follows */
};

struct ibv_tmh {
	uint8_t opcode; /* enum ibv_tmh_op */
	uint8_t reserved[3];
	__be32 app_ctx; /* opaque to the device */
	__be64 tag;
};

/* Where the receiver reads the data from. */
struct ibv_rvh {
	__be64 va;
	__be32 rkey;
	__be32 len;
};

#ifdef __cplusplus
}
#endif

#endif
