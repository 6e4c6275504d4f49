// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* ibv_dmabuf_pingpong: RDMA between two dma-bufs, every byte checked. */
#include <stdio.h>

#include "pp.h"

int main(int argc, char **argv)
{
	struct pp_options options;
	struct pp_result result;

	if (pp_parse_options(argc, argv, &options))
		return PP_FAILED;
	pp_run(&options, &result);
	if (options.json) {
		pp_print_json(&options, &result);
		printf("\n");
	} else {
		pp_print_text(&options, &result);
	}
	return result.status;
}
