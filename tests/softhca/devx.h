/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (c) 2026 the rdma-dmabuf authors */
#ifndef SOFTHCA_DEVX_H
#define SOFTHCA_DEVX_H

/* Commands of the device, by the names and places of the kernel's headers. */
#include <linux/mlx5/device.h>

#include "uapi.h"

/* All commands begin alike, and all answers. */
static inline u16 hca_devx_opcode(const u8 *in)
{
	return MLX5_GET(alloc_pd_in, in, opcode);
}

/* The device will not do it, and says why. */
static inline int hca_devx_refuse(u8 *out, u8 status)
{
	MLX5_SET(alloc_pd_out, out, status, status);
	return -EREMOTEIO;
}

/* devx_caps.c */
int hca_devx_query_caps(const u8 *in, u8 *out);

#endif
