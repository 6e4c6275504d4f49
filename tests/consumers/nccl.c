// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/* NCCL's usual way: plain verbs. */
#include "nccl.h"

static struct ibv_mr *reg(const struct consumer_verbs *verbs, struct ibv_pd *pd,
			  const struct consumer_buffer *buf, uint64_t *iova)
{
	*iova = (uintptr_t)buf->addr;
	return verbs->ibv_reg_dmabuf_mr(pd, 0, nccl_length(buf),
					nccl_first_page(buf), buf->fd,
					nccl_access_flags());
}

int main(int argc, char **argv)
{
	static const struct consumer nccl = {
		.name = "nccl",
		.look_up = nccl_look_up,
		.probe = consumer_probe_errno,
		.reg = reg,
		.exports_pages = true,
	};

	return consumer_main(&nccl, argc, argv);
}
