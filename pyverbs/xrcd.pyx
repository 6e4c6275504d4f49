# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""XRC domains."""

cimport cython
from libc.errno cimport errno

from pyverbs.base cimport check_open, check_ptr, check_status
from pyverbs.device cimport Context


cdef class XRCDInitAttr(PyverbsObject):
    """Which domain: that of the file fd's inode, or with fd -1 one of its own.

    comp_mask (ibv_xrcd_init_attr_mask) says which of the two others count;
    oflags are os.O_CREAT and os.O_EXCL.
    """

    def __init__(self, comp_mask, oflags, fd):
        self.attr.comp_mask = comp_mask
        self.attr.oflags = oflags
        self.attr.fd = fd

    @property
    def comp_mask(self):
        return self.attr.comp_mask

    @comp_mask.setter
    def comp_mask(self, val):
        self.attr.comp_mask = val

    @property
    def oflags(self):
        return self.attr.oflags

    @oflags.setter
    def oflags(self, val):
        self.attr.oflags = val

    @property
    def fd(self):
        return self.attr.fd

    @fd.setter
    def fd(self, val):
        self.attr.fd = val


@cython.no_gc_clear
cdef class XRCD(PyverbsCM):
    """An XRC domain of the Context given."""

    def __init__(self, Context context not None,
                 XRCDInitAttr init_attr not None):
        cdef int err

        check_open(context.context, 'Context')
        with nogil:
            self.xrcd = v.ibv_open_xrcd(context.context, &init_attr.attr)
            err = errno
        check_ptr(self.xrcd, err, 'ibv_open_xrcd')
        self.ctx = context
        context.add_ref(self)

    cpdef close(self):
        cdef int ret

        if self.xrcd == NULL:
            return
        self.close_children()
        with nogil:
            ret = v.ibv_close_xrcd(self.xrcd)
        check_status(ret, 'ibv_close_xrcd')
        self.xrcd = NULL
        self.ctx = None

    def __dealloc__(self):
        if self.xrcd != NULL:
            with nogil:
                v.ibv_close_xrcd(self.xrcd)
