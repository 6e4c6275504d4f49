// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* ibv_rc_pingpong: messages over a reliable connection. */
#include "pingpong.h"

static const struct pingpong_kind rc = {
	.letters = "rncmoOPtjNU",
	.type = IBV_QPT_RC,
	.size = 4096,
	.num_qp = 1,
	.iters = 1000,
	.odp_operations = "RC send and receive",
	.odp_needed = IBV_ODP_SUPPORT_SEND | IBV_ODP_SUPPORT_RECV,
	.connect = connect_rc,
	.meet = pingpong_connect_all,
	.part = pingpong_report,
};

int main(int argc, char **argv)
{
	return pingpong_main(argc, argv, &rc);
}
