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
    cdef unsigned int num_events


cdef class WC(PyverbsObject):
    cdef v.ibv_wc wc
