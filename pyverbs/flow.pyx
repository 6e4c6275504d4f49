# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Flows: which packets a QP gets, and what counts them."""

cimport cython
from libc.errno cimport errno
from libc.stdint cimport uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from pyverbs.base cimport check_open, check_ptr, check_status
from pyverbs.device cimport Context
from pyverbs.qp cimport QP

from pyverbs import enums as e
from pyverbs.pyverbs_error import PyverbsUserError


cdef class FlowAttr(PyverbsObject):
    """Where a flow belongs; its num_of_specs specifications go into specs."""

    def __init__(self, num_of_specs=0, flow_type=e.IBV_FLOW_ATTR_NORMAL,
                 priority=0, port=1, flags=0):
        memset(&self.attr, 0, sizeof(self.attr))
        self.attr.num_of_specs = num_of_specs
        self.attr.type = flow_type
        self.attr.priority = priority
        self.attr.port = port
        self.attr.flags = flags
        self._specs = []

    @property
    def num_of_specs(self):
        return self.attr.num_of_specs

    @num_of_specs.setter
    def num_of_specs(self, val):
        self.attr.num_of_specs = val

    @property
    def priority(self):
        return self.attr.priority

    @priority.setter
    def priority(self, val):
        self.attr.priority = val

    @property
    def port(self):
        return self.attr.port

    @port.setter
    def port(self, val):
        self.attr.port = val

    @property
    def flags(self):
        return self.attr.flags

    @flags.setter
    def flags(self, val):
        self.attr.flags = val

    @property
    def type(self):
        return e.ibv_flow_attr_type(self.attr.type)

    @type.setter
    def type(self, val):
        self.attr.type = val

    @property
    def specs(self):
        """A list of Spec objects, in the order of the headers."""
        return self._specs

    def __bytes__(self):
        """What the library gets: the attributes and the specifications."""
        specs = b''.join(map(bytes, self._specs))
        if len(self._specs) != self.attr.num_of_specs:
            raise PyverbsUserError(f'num_of_specs {self.attr.num_of_specs}, '
                                   f'but {len(self._specs)} specs')
        self.attr.size = sizeof(self.attr) + len(specs)
        return (<char *>&self.attr)[:sizeof(self.attr)] + specs


@cython.no_gc_clear
cdef class Flow(PyverbsCM):
    """Directs the packets that a FlowAttr describes to a QP, until close()."""

    def __init__(self, QP qp not None, FlowAttr flow_attr not None):
        cdef v.ibv_flow_attr *attr
        cdef bytearray packed
        cdef int err

        check_open(qp.qp, 'QP')
        packed = bytearray(bytes(flow_attr))
        attr = <v.ibv_flow_attr *><char *>packed
        with nogil:
            self.flow = v.ibv_create_flow(qp.qp, attr)
            err = errno
        check_ptr(self.flow, err, 'ibv_create_flow')
        self.qp = qp
        qp.add_ref(self)

    cpdef close(self):
        cdef int ret

        if self.flow == NULL:
            return
        self.close_children()
        with nogil:
            ret = v.ibv_destroy_flow(self.flow)
        check_status(ret, 'ibv_destroy_flow')
        self.flow = NULL
        self.qp = None

    def __dealloc__(self):
        if self.flow != NULL:
            with nogil:
                v.ibv_destroy_flow(self.flow)


@cython.no_gc_clear
cdef class Counters(PyverbsCM):
    """Numbers that a device keeps: of the flows that they are attached to."""

    def __init__(self, Context context not None):
        cdef v.ibv_counters_init_attr attr
        cdef int err

        check_open(context.context, 'Context')
        attr.comp_mask = 0
        with nogil:
            self.counters = v.ibv_create_counters(context.context, &attr)
            err = errno
        check_ptr(self.counters, err, 'ibv_create_counters')
        self.context = context
        context.add_ref(self)

    cpdef close(self):
        cdef int ret

        if self.counters == NULL:
            return
        self.close_children()
        with nogil:
            ret = v.ibv_destroy_counters(self.counters)
        check_status(ret, 'ibv_destroy_counters')
        self.counters = NULL
        self.context = None

    def __dealloc__(self):
        if self.counters != NULL:
            with nogil:
                v.ibv_destroy_counters(self.counters)

    def attach(self, int description, uint32_t index, Flow flow=None):
        """Have number index count what description (ibv_counter_description)
        says, of flow or of the flow that they are given to next."""
        cdef v.ibv_counter_attach_attr attr
        cdef v.ibv_flow *to = NULL
        cdef int ret

        check_open(self.counters, 'Counters')
        if flow is not None:
            check_open(flow.flow, 'Flow')
            to = flow.flow
        attr.counter_desc = <v.ibv_counter_description>description
        attr.index = index
        attr.comp_mask = 0
        with nogil:
            ret = v.ibv_attach_counters_point_flow(self.counters, &attr, to)
        check_status(ret, 'ibv_attach_counters_point_flow')

    def read(self, uint32_t count, uint32_t flags=0):
        """Return the first count numbers; flags: ibv_read_counters_flags."""
        cdef uint64_t *values
        cdef int ret

        check_open(self.counters, 'Counters')
        values = <uint64_t *>calloc(count or 1, sizeof(uint64_t))
        if values == NULL:
            raise MemoryError()
        try:
            with nogil:
                ret = v.ibv_read_counters(self.counters, values, count, flags)
            check_status(ret, 'ibv_read_counters')
            return [values[i] for i in range(count)]
        finally:
            free(values)


@cython.no_gc_clear
cdef class FlowAction(PyverbsCM):
    """Base of what the specifications of a flow can have done to packets.

    Those that a device has are made by the classes of its provider.
    """

    cpdef close(self):
        cdef int ret

        if self.action == NULL:
            return
        self.close_children()
        with nogil:
            ret = v.ibv_destroy_flow_action(self.action)
        check_status(ret, 'ibv_destroy_flow_action')
        self.action = NULL

    def __dealloc__(self):
        if self.action != NULL:
            with nogil:
                v.ibv_destroy_flow_action(self.action)
