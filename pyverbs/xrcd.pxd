# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
from pyverbs cimport libibverbs as v
from pyverbs.base cimport PyverbsCM, PyverbsObject


cdef class XRCDInitAttr(PyverbsObject):
    cdef v.ibv_xrcd_init_attr attr


cdef class XRCD(PyverbsCM):
    cdef v.ibv_xrcd *xrcd
    cdef object ctx
