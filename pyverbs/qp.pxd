# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
from pyverbs cimport libibverbs as v
from pyverbs cimport verbs_memory as m
from pyverbs.base cimport PyverbsCM, PyverbsObject
from pyverbs.cq cimport CQ
from pyverbs.pd cimport PD
from pyverbs.srq cimport SRQ


cdef class QPCap(PyverbsObject):
    cdef v.ibv_qp_cap cap


cdef class QPInitAttr(PyverbsObject):
    cdef v.ibv_qp_init_attr attr
    cdef object scq
    cdef object rcq
    cdef object _srq
    cdef use_objects(self)


cdef class QPAttr(PyverbsObject):
    cdef v.ibv_qp_attr attr


cdef class ECE(PyverbsObject):
    cdef m.ibv_ece ece


cdef class QPRateLimitAttr(PyverbsObject):
    cdef v.ibv_qp_rate_limit_attr attr


cdef class QPAttachCompCntrAttr(PyverbsObject):
    cdef m.ibv_qp_attach_comp_cntr_attr attr


cdef class QP(PyverbsCM):
    cdef v.ibv_qp *qp
    cdef object pd
    cdef object scq
    cdef object rcq
    cdef object srq
    cdef object _ind_table
    cdef object others
    cdef v.ibv_qp *create(self, v.ibv_pd *pd,
                          v.ibv_qp_init_attr *attr) except NULL
    cdef v.ibv_qp *create_ex(self, v.ibv_context *context,
                             v.ibv_qp_init_attr_ex *attr) except NULL


cdef class QPInitAttrEx(PyverbsObject):
    cdef v.ibv_qp_init_attr_ex attr
    cdef object scq
    cdef object rcq
    cdef object _srq
    cdef object _pd
    cdef object _xrcd
    cdef object _ind_table
    cdef object hash_conf
    cdef use_objects(self)


cdef class DataBuffer(PyverbsCM):
    cdef v.ibv_data_buf data


cdef class QPEx(QP):
    cdef v.ibv_qp_ex *ex
    cdef unsigned long long ops
    cdef bint in_batch
    cdef bint needs_ops(self)
    cdef v.ibv_qp_ex *extended_qp(self) except NULL
    cdef v.ibv_qp_ex *batch(self) except NULL
    cdef v.ibv_qp_ex *may(self, unsigned long long op) except NULL
