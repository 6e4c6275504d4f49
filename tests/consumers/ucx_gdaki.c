// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
/*
 * UCX with GDAKI: the GPU posts by itself, so the queues are in its memory and
 * made by the device's own commands. Tried with a page of a dma-buf; a program that
 * is taken seriously then needs a register page and an event queue, too.
 */
#include <infiniband/mlx5dv.h>

#include "consumers.h"

CONSUMER_LINKED_LOOK_UP

static struct mlx5dv_devx_umem *reg_umem(struct ibv_context *context, int fd,
					 uint64_t offset, size_t length)
{
	struct mlx5dv_devx_umem_in in = {
		.addr = (void *)(uintptr_t)offset,
		.size = length,
		.access = IBV_ACCESS_LOCAL_WRITE,
		.pgsz_bitmap = CONSUMER_PAGE,
		.comp_mask = MLX5DV_UMEM_MASK_DMABUF,
		.dmabuf_fd = fd,
	};

	return mlx5dv_devx_umem_reg_ex(context, &in);
}

static enum consumer_answer try_umem(const struct consumer_verbs *verbs,
				     struct ibv_pd *pd,
				     const struct dmabuf_buf *buf)
{
	struct mlx5dv_devx_umem *umem =
		reg_umem(pd->context, buf->fd, 0, buf->size);

	if (!umem)
		return CONSUMER_NOT_SUPPORTED;
	return mlx5dv_devx_umem_dereg(umem) ? CONSUMER_ERROR
					    : CONSUMER_SUPPORTED;
}

/* What the queues need beside their memory. */
static bool has_rest(struct ibv_context *context)
{
	struct mlx5dv_devx_uar *uar;
	uint32_t eqn;

	if (mlx5dv_devx_query_eqn(context, 0, &eqn))
		return false;
	uar = mlx5dv_devx_alloc_uar(context, MLX5DV_UAR_ALLOC_TYPE_BF);
	if (!uar)
		uar = mlx5dv_devx_alloc_uar(context, MLX5DV_UAR_ALLOC_TYPE_NC);
	if (!uar)
		return false;
	mlx5dv_devx_free_uar(uar);
	return true;
}

static enum consumer_answer probe(const struct consumer_verbs *verbs,
				  struct ibv_context *context)
{
	enum consumer_answer answer;

	if (!mlx5dv_is_supported(context->device))
		return CONSUMER_NOT_SUPPORTED;
	answer = consumer_probe_buffer(verbs, context, CONSUMER_PAGE, try_umem);
	if (answer == CONSUMER_SUPPORTED && !has_rest(context))
		return CONSUMER_ERROR;
	return answer;
}

/* The page with the buffer for the queues' sake, and the buffer for peers. */
static struct ibv_mr *reg(const struct consumer_verbs *verbs, struct ibv_pd *pd,
			  const struct consumer_buffer *buf, uint64_t *iova)
{
	struct mlx5dv_devx_umem *umem;

	umem = reg_umem(pd->context, buf->fd,
			buf->offset / CONSUMER_PAGE * CONSUMER_PAGE,
			CONSUMER_PAGE);
	if (!umem || mlx5dv_devx_umem_dereg(umem))
		return NULL;
	return consumer_reg_at_address(verbs, pd, buf, iova);
}

int main(int argc, char **argv)
{
	static const struct consumer gdaki = {
		.name = "ucx_gdaki",
		.look_up = look_up_linked,
		.probe = probe,
		.reg = reg,
	};

	return consumer_main(&gdaki, argc, argv);
}
