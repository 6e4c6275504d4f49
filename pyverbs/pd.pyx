# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Protection domains."""

from libc.errno cimport errno

from pyverbs.base cimport check_open, check_ptr, check_status
from pyverbs.device cimport Context


cdef class PD(PyverbsCM):
    """A protection domain of the Context given."""

    def __init__(self, Context creator not None):
        cdef int err

        check_open(creator.context, 'Context')
        with nogil:
            self.pd = v.ibv_alloc_pd(creator.context)
            err = errno
        check_ptr(self.pd, err, 'ibv_alloc_pd')
        self.ctx = creator
        creator.add_ref(self)

    cpdef close(self):
        cdef int ret

        if self.pd == NULL:
            return
        self.close_children()
        with nogil:
            ret = v.ibv_dealloc_pd(self.pd)
        check_status(ret, 'ibv_dealloc_pd')
        self.pd = NULL
        self.ctx = None

    def __dealloc__(self):
        if self.pd != NULL:
            with nogil:
                v.ibv_dealloc_pd(self.pd)

    @property
    def handle(self):
        """The kernel's handle, None after close()."""
        return None if self.pd == NULL else self.pd.handle
