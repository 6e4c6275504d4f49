// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
// Copyright (c) 2026 the rdma-dmabuf authors
#include <errno.h>
#include <limits.h>

#include "mlx5.h"

int consumer_load_mlx5(struct consumer_mlx5 *mlx5)
{
	static const char *const names[] = { "libmlx5.so", "libmlx5.so.1",
					     NULL };
	static const struct consumer_symbol is_supported = {
		"mlx5dv_is_supported", "MLX5_1.8", false
	};
	static const struct consumer_symbol reg = { "mlx5dv_reg_dmabuf_mr",
						    "MLX5_1.25", true };
	static const struct consumer_symbol path = {
		"mlx5dv_get_data_direct_sysfs_path", "MLX5_1.25", true
	};
	static const struct consumer_symbol umem_reg = {
		"mlx5dv_devx_umem_reg_ex", NULL, true
	};
	static const struct consumer_symbol umem_dereg = {
		"mlx5dv_devx_umem_dereg", NULL, true
	};
	void *library = consumer_open_library(names);

	if (!library)
		return -1;
	*(void **)&mlx5->is_supported = consumer_find(library, &is_supported);
	*(void **)&mlx5->reg_dmabuf_mr = consumer_find(library, &reg);
	*(void **)&mlx5->get_data_direct_path = consumer_find(library, &path);
	*(void **)&mlx5->umem_reg_ex = consumer_find(library, &umem_reg);
	*(void **)&mlx5->umem_dereg = consumer_find(library, &umem_dereg);
	return 0;
}

static int probe_errno(const struct consumer_mlx5 *mlx5, struct ibv_pd *pd)
{
	mlx5->reg_dmabuf_mr(pd, 0, 0, 0, -1, 0, 0);
	return errno;
}

enum consumer_answer
consumer_probe_data_direct(const struct consumer_mlx5 *mlx5,
			   const struct consumer_verbs *verbs,
			   struct ibv_context *context)
{
	char path[PATH_MAX];
	struct ibv_pd *pd;
	int code;

	if (!mlx5->is_supported || !mlx5->is_supported(context->device) ||
	    !mlx5->reg_dmabuf_mr || !mlx5->get_data_direct_path)
		return CONSUMER_NOT_SUPPORTED;
	pd = verbs->ibv_alloc_pd(context);
	if (!pd)
		return CONSUMER_ERROR;
	code = probe_errno(mlx5, pd);
	if (verbs->ibv_dealloc_pd(pd))
		return CONSUMER_ERROR;
	if (consumer_judge_errno(code) != CONSUMER_SUPPORTED)
		return CONSUMER_NOT_SUPPORTED;
	code = mlx5->get_data_direct_path(context, path, sizeof(path));
	if (code == EOPNOTSUPP || code == ENODEV)
		return CONSUMER_NOT_SUPPORTED;
	return code ? CONSUMER_ERROR : CONSUMER_SUPPORTED;
}
