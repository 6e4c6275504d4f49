# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
from pyverbs cimport libibverbs as v
from pyverbs.base cimport PyverbsCM, PyverbsObject


cdef class CompChannel(PyverbsCM):
    cdef v.ibv_comp_channel *cc
    cdef object context


cdef class CQ(PyverbsCM):
    cdef v.ibv_cq *cq
    cdef object context
    cdef CompChannel channel
    cdef object domain
    cdef unsigned int num_events


cdef class WC(PyverbsObject):
    cdef v.ibv_wc wc


cdef class CqInitAttrEx(PyverbsObject):
    cdef v.ibv_cq_init_attr_ex attr
    cdef CompChannel channel
    cdef object domain


cdef class PollCqAttr(PyverbsObject):
    cdef v.ibv_poll_cq_attr attr


cdef class CQEX(CQ):
    cdef unsigned long long wc_flags
    cdef bint polling
    cdef v.ibv_cq_ex *create(self, v.ibv_context *context,
                             v.ibv_cq_init_attr_ex *attr) except NULL
    cdef v.ibv_cq_ex *current(self, unsigned long long flag=*) except NULL


cdef class WcTmInfo(PyverbsObject):
    cdef v.ibv_wc_tm_info info
