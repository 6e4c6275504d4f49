# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
from pyverbs cimport libibverbs as v
from pyverbs.base cimport PyverbsObject


cdef class Spec(PyverbsObject):
    cdef v.ibv_flow_spec spec
    cdef init(self, spec_type, size, is_inner)


cdef class ActionCountSpec(Spec):
    cdef object counters
