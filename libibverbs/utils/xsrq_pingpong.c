// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* ibv_xsrq_pingpong: a server and its clients, all with XRC. */
#include "pingpong.h"

static const struct pingpong_kind xsrq = {
	.letters = "moCT",
	.type = IBV_QPT_XRC_SEND,
	.size = 4096,
	.num_qp = 1,
	.iters = 5,
	.xrc = true,
	.odp_operations = "XRC send, receive and srq",
	.odp_needed = IBV_ODP_SUPPORT_SEND | IBV_ODP_SUPPORT_SRQ_RECV,
	.connect = connect_xrc,
	.meet = pingpong_meet_xrc,
	.part = pingpong_part_xrc,
};

int main(int argc, char **argv)
{
	return pingpong_main(argc, argv, &xsrq);
}
