# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
from pyverbs cimport libibverbs as v
from pyverbs cimport verbs_memory as m
from pyverbs.base cimport PyverbsCM, PyverbsObject


cdef class Context(PyverbsCM):
    cdef v.ibv_context *context
    cdef object dev_name


cdef class DeviceAttr(PyverbsObject):
    cdef v.ibv_device_attr dev_attr


cdef class PortAttr(PyverbsObject):
    cdef v.ibv_port_attr attr


cdef class GIDEntry(PyverbsObject):
    cdef v.ibv_gid_entry entry


cdef class AsyncEvent(PyverbsObject):
    cdef v.ibv_async_event event
    cdef object pending
    cdef object ctx


cdef class CompCntrCaps(PyverbsObject):
    cdef m.ibv_comp_cntr_caps caps


cdef class AllocDmAttr(PyverbsObject):
    cdef m.ibv_alloc_dm_attr attr


cdef class DM(PyverbsCM):
    cdef m.ibv_dm *dm
    cdef object context
    cdef bint imported


cdef gid_to_str(v.ibv_gid *gid)
