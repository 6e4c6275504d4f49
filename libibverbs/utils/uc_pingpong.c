// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* ibv_uc_pingpong: messages over an unreliable connection. */
#include "pingpong.h"

static const struct pingpong_kind uc = {
	.letters = "rncm",
	.type = IBV_QPT_UC,
	.size = 4096,
	.num_qp = 1,
	.iters = 1000,
	.connect = connect_uc,
	.meet = pingpong_connect_all,
	.part = pingpong_report,
};

int main(int argc, char **argv)
{
	return pingpong_main(argc, argv, &uc);
}
