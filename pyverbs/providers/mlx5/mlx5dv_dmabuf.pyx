# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""dma-buf memory regions of mlx5 devices."""

cimport cython
from libc.errno cimport errno

from pyverbs cimport libibverbs as v
from pyverbs.base cimport check_ptr
from pyverbs.pd cimport PD
from pyverbs.providers.mlx5 cimport libmlx5 as dv


@cython.no_gc_clear
cdef class Mlx5DmaBufMR(DmaBufMR):
    """A DmaBufMR that the device may reach by its data direct function, if
    MLX5DV_REG_DMABUF_ACCESS_DATA_DIRECT is in mlx5_access.

    fd is a DmaBuf or the descriptor of one, which stays the caller's.
    """

    def __init__(self, PD pd not None, offset=0, length=0, iova=0, fd=0,
                 access=0, mlx5_access=0):
        self.mlx5_access = mlx5_access
        super().__init__(pd, length, access, fd, offset, iova=iova)

    cdef v.ibv_mr *reg_dmabuf(self, v.ibv_pd *pd, int fd,
                              int access) except NULL:
        cdef v.ibv_mr *mr
        cdef int err

        with nogil:
            mr = dv.mlx5dv_reg_dmabuf_mr(pd, self._offset, self.mr_length,
                                         self.address, fd, access,
                                         self.mlx5_access)
            err = errno
        check_ptr(mr, err, 'mlx5dv_reg_dmabuf_mr')
        return mr
