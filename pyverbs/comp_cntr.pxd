# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
from pyverbs cimport verbs_memory as m
from pyverbs.base cimport PyverbsCM, PyverbsObject


cdef class CompCntrInitAttr(PyverbsObject):
    cdef m.ibv_comp_cntr_init_attr attr


cdef class CompCntr(PyverbsCM):
    cdef m.ibv_comp_cntr *cntr
    cdef object context
