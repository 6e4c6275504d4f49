# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Completion counters, which the device keeps by itself."""

cimport cython
from libc.errno cimport errno
from libc.stdint cimport uint64_t

from pyverbs.base cimport check_open, check_ptr, check_status
from pyverbs.device cimport Context


cdef class CompCntrInitAttr(PyverbsObject):
    """What a CompCntr is to count. cntr_type: an ibv_comp_cntr_type."""

    def __init__(self, comp_mask=0, cntr_type=0, flags=0):
        self.attr.comp_mask = comp_mask
        self.attr.type = cntr_type
        self.attr.flags = flags

    @property
    def comp_mask(self):
        return self.attr.comp_mask

    @property
    def cntr_type(self):
        return self.attr.type

    @property
    def flags(self):
        return self.attr.flags


@cython.no_gc_clear
cdef class CompCntr(PyverbsCM):
    """Counts what completes on the QPs that it is attached to."""

    def __init__(self, Context ctx not None, CompCntrInitAttr attr not None):
        cdef int err

        check_open(ctx.context, 'Context')
        with nogil:
            self.cntr = m.ibv_create_comp_cntr(ctx.context, &attr.attr)
            err = errno
        check_ptr(self.cntr, err, 'ibv_create_comp_cntr')
        self.context = ctx
        ctx.add_ref(self)

    cpdef close(self):
        cdef int ret

        if self.cntr == NULL:
            return
        self.close_children()
        with nogil:
            ret = m.ibv_destroy_comp_cntr(self.cntr)
        check_status(ret, 'ibv_destroy_comp_cntr')
        self.cntr = NULL
        self.context = None

    def __dealloc__(self):
        if self.cntr != NULL:
            with nogil:
                m.ibv_destroy_comp_cntr(self.cntr)

    def set(self, uint64_t value):
        """Set the count of what succeeded."""
        cdef int ret

        check_open(self.cntr, 'CompCntr')
        with nogil:
            ret = m.ibv_set_comp_cntr(self.cntr, value)
        check_status(ret, 'ibv_set_comp_cntr')

    def set_err(self, uint64_t value):
        """Set the count of what failed."""
        cdef int ret

        check_open(self.cntr, 'CompCntr')
        with nogil:
            ret = m.ibv_set_err_comp_cntr(self.cntr, value)
        check_status(ret, 'ibv_set_err_comp_cntr')

    def inc(self, uint64_t amount):
        """Add to the count of what succeeded."""
        cdef int ret

        check_open(self.cntr, 'CompCntr')
        with nogil:
            ret = m.ibv_inc_comp_cntr(self.cntr, amount)
        check_status(ret, 'ibv_inc_comp_cntr')

    def inc_err(self, uint64_t amount):
        """Add to the count of what failed."""
        cdef int ret

        check_open(self.cntr, 'CompCntr')
        with nogil:
            ret = m.ibv_inc_err_comp_cntr(self.cntr, amount)
        check_status(ret, 'ibv_inc_err_comp_cntr')

    def read(self):
        """Return the count of what succeeded."""
        cdef uint64_t value = 0
        cdef int ret

        check_open(self.cntr, 'CompCntr')
        with nogil:
            ret = m.ibv_read_comp_cntr(self.cntr, &value)
        check_status(ret, 'ibv_read_comp_cntr')
        return value

    def read_err(self):
        """Return the count of what failed."""
        cdef uint64_t value = 0
        cdef int ret

        check_open(self.cntr, 'CompCntr')
        with nogil:
            ret = m.ibv_read_err_comp_cntr(self.cntr, &value)
        check_status(ret, 'ibv_read_err_comp_cntr')
        return value
