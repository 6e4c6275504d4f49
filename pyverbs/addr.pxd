# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
from pyverbs cimport libibverbs as v
from pyverbs.base cimport PyverbsCM, PyverbsObject


cdef class GID(PyverbsObject):
    cdef v.ibv_gid c_gid


cdef class GRH(PyverbsObject):
    cdef v.ibv_grh c_grh


cdef class GlobalRoute(PyverbsObject):
    cdef v.ibv_global_route gr


cdef class AHAttr(PyverbsObject):
    cdef v.ibv_ah_attr attr


cdef class AH(PyverbsCM):
    cdef v.ibv_ah *ah
    cdef object pd
