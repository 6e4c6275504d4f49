# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
from libc.stdint cimport uint64_t

from pyverbs cimport libibverbs as v
from pyverbs cimport verbs_memory as m
from pyverbs.base cimport PyverbsCM, PyverbsObject
from pyverbs.device cimport DM
from pyverbs.pd cimport PD


cdef class MR(PyverbsCM):
    cdef v.ibv_mr *mr
    cdef object pd
    cdef object source
    cdef void *own_buf
    cdef uint64_t address
    cdef size_t mr_length
    cdef bint imported
    cdef bint elsewhere
    cdef int check_range(self, size_t length, size_t offset) except -1


cdef class DmaBufMR(MR):
    cdef size_t _offset
    cdef bint own_dmabuf
    cdef v.ibv_mr *reg_dmabuf(self, v.ibv_pd *pd, int fd,
                              int access) except NULL


cdef class DMMR(MR):
    cdef size_t _offset


cdef class NullMR(MR):
    pass


cdef class MW(PyverbsCM):
    cdef m.ibv_mw *mw
    cdef object pd


cdef class MWBindInfo(PyverbsCM):
    cdef m.ibv_mw_bind_info info
    cdef MR mr


cdef class MWBind(PyverbsCM):
    cdef m.ibv_mw_bind mw_bind
    cdef MWBindInfo info


cdef class DmaHandleInitAttr(PyverbsObject):
    cdef m.ibv_dmah_init_attr attr


cdef class DMAHandle(PyverbsCM):
    cdef m.ibv_dmah *dmah
    cdef object context


cdef class Buf(PyverbsCM):
    cdef m.ibv_buf *buf
    cdef void *start
    cdef size_t _size
    cdef object pd


cdef class BufMR(MR):
    pass


cdef class MREx(MR):
    cdef uint64_t iova
    cdef _register(self, PD pd, m.ibv_mr_init_attr *attr)
