# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
from libc.stdint cimport uint64_t

from pyverbs cimport libibverbs as v
from pyverbs.base cimport PyverbsCM


cdef class MR(PyverbsCM):
    cdef v.ibv_mr *mr
    cdef object pd
    cdef void *own_buf
    cdef uint64_t address
    cdef size_t mr_length
    cdef int check_range(self, size_t length, size_t offset) except -1


cdef class DmaBufMR(MR):
    cdef object _dmabuf
    cdef size_t _offset
    cdef bint own_dmabuf
