# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
from pyverbs cimport librdmacm as cm
from pyverbs.base cimport PyverbsCM, PyverbsObject
from pyverbs.device cimport Context
from pyverbs.mr cimport MR
from pyverbs.pd cimport PD


cdef class AddrInfo(PyverbsCM):
    cdef cm.rdma_addrinfo *info


cdef class ConnParam(PyverbsObject):
    cdef cm.rdma_conn_param param
    cdef object data
    cdef size_t data_len


cdef class JoinMCAttrEx(PyverbsObject):
    cdef cm.rdma_cm_join_mc_attr_ex attr
    cdef AddrInfo addr


cdef class CMEventChannel(PyverbsCM):
    cdef cm.rdma_event_channel *event_channel


cdef class CMEvent(PyverbsCM):
    cdef cm.rdma_cm_event *event
    cdef cm.rdma_cm_id *request
    cdef cm.rdma_ud_param ud
    cdef object owners
    cdef object data
    cdef int type
    cdef int _status


cdef class UDParam(PyverbsObject):
    cdef cm.rdma_ud_param ud_param


cdef class CMID(PyverbsCM):
    cdef cm.rdma_cm_id *id
    cdef object channel
    cdef object users
    cdef Context ctx
    cdef PD own_pd
    cdef PD _pd
    cdef bint is_endpoint
    cdef void *place(self, MR mr, size_t length) except NULL
