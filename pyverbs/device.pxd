# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
from pyverbs cimport libibverbs as v
from pyverbs cimport verbs_memory as m
from pyverbs.base cimport PyverbsCM, PyverbsObject


cdef class Context(PyverbsCM):
    cdef v.ibv_context *context
    cdef object dev_name
    cdef bint borrowed
    cdef object cmid
    cdef v.ibv_context *open_device(self, v.ibv_device *device,
                                    attr) except? NULL


cdef class DeviceAttr(PyverbsObject):
    cdef v.ibv_device_attr dev_attr


cdef class QueryDeviceExInput(PyverbsObject):
    cdef v.ibv_query_device_ex_input input


cdef class ODPCaps(PyverbsObject):
    cdef v.ibv_odp_caps caps
    cdef unsigned int xrc_caps


cdef class TSOCaps(PyverbsObject):
    cdef v.ibv_tso_caps caps


cdef class RSSCaps(PyverbsObject):
    cdef v.ibv_rss_caps caps


cdef class PacketPacingCaps(PyverbsObject):
    cdef v.ibv_packet_pacing_caps caps


cdef class TMCaps(PyverbsObject):
    cdef v.ibv_tm_caps caps


cdef class CQModerationCaps(PyverbsObject):
    cdef v.ibv_cq_moderation_caps caps


cdef class PCIAtomicCaps(PyverbsObject):
    cdef v.ibv_pci_atomic_caps caps


cdef class DeviceAttrEx(PyverbsObject):
    cdef v.ibv_device_attr_ex dev_attr


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
