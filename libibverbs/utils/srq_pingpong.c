// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* ibv_srq_pingpong: several connections with one queue of receives. */
#include "pingpong.h"

static const struct pingpong_kind srq = {
	.letters = "rncmqo",
	.type = IBV_QPT_RC,
	.size = 4096,
	.num_qp = 16,
	.iters = 1000,
	.srq = true,
	.odp_operations = "RC send, receive and srq",
	.odp_needed = IBV_ODP_SUPPORT_SEND | IBV_ODP_SUPPORT_SRQ_RECV,
	.connect = connect_rc,
	.meet = pingpong_connect_all,
	.part = pingpong_report,
};

int main(int argc, char **argv)
{
	return pingpong_main(argc, argv, &srq);
}
