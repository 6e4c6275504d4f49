# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
cdef int check_ptr(const void *ptr, int err, what) except -1
cdef int check_status(int ret, what) except -1
cdef int check_open(const void *ptr, what) except -1
cdef int check_minus_one(int ret, int err, what) except -1


cdef class PyverbsObject:
    cdef object __weakref__


cdef class PyverbsCM(PyverbsObject):
    cdef object children
    cdef object serial
    cdef add_ref(self, PyverbsCM child)
    cdef close_children(self)
    cpdef close(self)
