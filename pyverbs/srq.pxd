# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
from pyverbs cimport libibverbs as v
from pyverbs.base cimport PyverbsCM, PyverbsObject


cdef class SrqAttr(PyverbsObject):
    cdef v.ibv_srq_attr attr


cdef class SrqInitAttr(PyverbsObject):
    cdef v.ibv_srq_init_attr attr


cdef class SrqInitAttrEx(PyverbsObject):
    cdef v.ibv_srq_init_attr_ex attr
    cdef object _pd
    cdef object _xrcd
    cdef object _cq
    cdef use_objects(self)


cdef class OpsWr(PyverbsCM):
    cdef v.ibv_ops_wr ops_wr
    cdef OpsWr following


cdef class SRQ(PyverbsCM):
    cdef v.ibv_srq *srq
    cdef object parents
