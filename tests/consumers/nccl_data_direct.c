// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/*
 * NCCL with data direct: mlx5's own registration, for a NIC that reaches the GPU
 * past the root complex. Nothing here is such a NIC.
 */
#include "mlx5.h"
#include "nccl.h"

static struct consumer_mlx5 mlx5;

/* libmlx5 may be missing; where it is, one symbol of it may not. */
static int look_up(struct consumer_verbs *verbs)
{
	if (nccl_look_up(verbs))
		return -1;
	if (consumer_load_mlx5(&mlx5))
		return 0;
	return mlx5.is_supported ? 0 : -1;
}

static enum consumer_answer probe(const struct consumer_verbs *verbs,
				  struct ibv_context *context)
{
	enum consumer_answer answer = consumer_probe_errno(verbs, context);

	if (answer == CONSUMER_SUPPORTED)
		answer = consumer_probe_data_direct(&mlx5, verbs, context);
	return answer;
}

static struct ibv_mr *reg(const struct consumer_verbs *verbs, struct ibv_pd *pd,
			  const struct consumer_buffer *buf, uint64_t *iova)
{
	*iova = (uintptr_t)buf->addr;
	return mlx5.reg_dmabuf_mr(pd, 0, nccl_length(buf), nccl_first_page(buf),
				  buf->fd, nccl_access_flags(),
				  MLX5DV_REG_DMABUF_ACCESS_DATA_DIRECT);
}

int main(int argc, char **argv)
{
	static const struct consumer nccl = {
		.name = "nccl_data_direct",
		.look_up = look_up,
		.probe = probe,
		.reg = reg,
		.exports_pages = true,
	};

	return consumer_main(&nccl, argc, argv);
}
