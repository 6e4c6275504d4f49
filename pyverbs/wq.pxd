# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
from pyverbs cimport libibverbs as v
from pyverbs.base cimport PyverbsCM, PyverbsObject


cdef class WQInitAttr(PyverbsObject):
    cdef v.ibv_wq_init_attr attr
    cdef object _pd
    cdef object _cq


cdef class WQAttr(PyverbsObject):
    cdef v.ibv_wq_attr attr


cdef class WQ(PyverbsCM):
    cdef v.ibv_wq *wq
    cdef object parents


cdef class RwqIndTableInitAttr(PyverbsObject):
    cdef v.ibv_rwq_ind_table_init_attr attr
    cdef object wqs


cdef class RwqIndTable(PyverbsCM):
    cdef v.ibv_rwq_ind_table *rwq_ind_table
    cdef object ctx
    cdef object _wqs


cdef class RxHashConf(PyverbsObject):
    cdef v.ibv_rx_hash_conf conf
    cdef object key
