# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
from pyverbs cimport libibverbs as v
from pyverbs.base cimport PyverbsCM, PyverbsObject


cdef class FlowAttr(PyverbsObject):
    cdef v.ibv_flow_attr attr
    cdef object _specs


cdef class Flow(PyverbsCM):
    cdef v.ibv_flow *flow
    cdef object qp


cdef class Counters(PyverbsCM):
    cdef v.ibv_counters *counters
    cdef object context


cdef class FlowAction(PyverbsCM):
    cdef v.ibv_flow_action *action
