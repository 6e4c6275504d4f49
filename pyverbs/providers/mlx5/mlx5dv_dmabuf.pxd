# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
from pyverbs.mr cimport DmaBufMR


cdef class Mlx5DmaBufMR(DmaBufMR):
    cdef int mlx5_access
