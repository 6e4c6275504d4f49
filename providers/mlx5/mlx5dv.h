/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef _MLX5DV_H_
#define _MLX5DV_H_

/*
 * What programs can ask of mlx5 devices beyond verbs. Only what is implemented
 * is declared.
 */

#include <stdbool.h>

#include <infiniband/verbs.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Whether @device is driven by mlx5: all other calls take only such devices. */
bool mlx5dv_is_supported(struct ibv_device *device);

#ifdef __cplusplus
}
#endif

#endif
