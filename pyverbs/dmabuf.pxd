# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
from pyverbs cimport dmabuf_exporter as x
from pyverbs.base cimport PyverbsCM


cdef class DmaBuf(PyverbsCM):
    cdef x.dmabuf_buf *buf
    cdef object spec
    cdef int allocate(self, spec, size_t size) except -1
    cdef int check_range(self, size_t length, size_t offset) except -1


cdef class CpuAccess(PyverbsCM):
    cdef DmaBuf dmabuf
    cdef x.dmabuf_buf *buf
    cdef x.dmabuf_access access
    cdef object view
    cdef Py_ssize_t exports
