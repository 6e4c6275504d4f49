// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* ibv_ud_pingpong: datagrams. */
#include "pingpong.h"

static const struct pingpong_kind ud = {
	.letters = "rnc",
	.type = IBV_QPT_UD,
	.size = 1024,
	.num_qp = 1,
	.iters = 1000,
	.connect = connect_ud,
	.meet = pingpong_connect_all,
	.part = pingpong_report,
};

int main(int argc, char **argv)
{
	return pingpong_main(argc, argv, &ud);
}
