# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Direct verbs of mlx5 devices, <infiniband/mlx5dv.h>."""
