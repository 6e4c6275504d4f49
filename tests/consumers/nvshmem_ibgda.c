// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/*
 * NVSHMEM with IBGDA: looks for libmlx5 itself, tries memory of a dma-buf for
 * queues, and asks for data direct by NCCL's rule, which no device here has.
 */
#include "mlx5.h"
#include "nccl.h"

static struct consumer_mlx5 mlx5;

static int look_up(struct consumer_verbs *verbs)
{
	if (nccl_look_up(verbs))
		return -1;
	return consumer_load_mlx5(&mlx5);
}

static enum consumer_answer try_umem(const struct consumer_verbs *verbs,
				     struct ibv_pd *pd,
				     const struct dmabuf_buf *buf)
{
	struct mlx5dv_devx_umem_in in = {
		.size = buf->size,
		.access = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE |
			  IBV_ACCESS_REMOTE_READ,
		.pgsz_bitmap = UINT64_MAX & ~(uint64_t)(CONSUMER_PAGE - 1),
		.comp_mask = MLX5DV_UMEM_MASK_DMABUF,
		.dmabuf_fd = buf->fd,
	};
	struct mlx5dv_devx_umem *umem = mlx5.umem_reg_ex(pd->context, &in);

	if (!umem)
		return CONSUMER_NOT_SUPPORTED;
	return mlx5.umem_dereg(umem) ? CONSUMER_ERROR : CONSUMER_SUPPORTED;
}

static enum consumer_answer probe(const struct consumer_verbs *verbs,
				  struct ibv_context *context)
{
	if (!mlx5.is_supported || !mlx5.is_supported(context->device) ||
	    !mlx5.umem_reg_ex || !mlx5.umem_dereg)
		return CONSUMER_NOT_SUPPORTED;
	if (consumer_probe_data_direct(&mlx5, verbs, context) !=
	    CONSUMER_NOT_SUPPORTED)
		return CONSUMER_ERROR;
	return consumer_probe_buffer(verbs, context, CONSUMER_PAGE, try_umem);
}

int main(int argc, char **argv)
{
	static const struct consumer ibgda = {
		.name = "nvshmem_ibgda",
		.look_up = look_up,
		.probe = probe,
		.reg = consumer_reg_at_address,
		.exports_pages = true,
	};

	return consumer_main(&ibgda, argc, argv);
}
