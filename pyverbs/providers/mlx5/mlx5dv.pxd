# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
from pyverbs cimport libibverbs as v
from pyverbs.base cimport PyverbsCM, PyverbsObject
from pyverbs.cq cimport CQEX
from pyverbs.device cimport Context
from pyverbs.providers.mlx5 cimport libmlx5 as dv
from pyverbs.qp cimport QPEx


cdef class Mlx5DVContextAttr(PyverbsObject):
    cdef dv.mlx5dv_context_attr attr


cdef class Mlx5DVContext(PyverbsObject):
    cdef dv.mlx5dv_context dv


cdef class Mlx5DVPortAttr(PyverbsObject):
    cdef dv.mlx5dv_port attr


cdef class _Command:
    cdef bytes source
    cdef bytearray answer
    cdef const char *in_
    cdef char *out
    cdef size_t inlen
    cdef size_t outlen


cdef class Mlx5Context(Context):
    pass


cdef class Mlx5DVCQInitAttr(PyverbsObject):
    cdef dv.mlx5dv_cq_init_attr attr


cdef class Mlx5CQ(CQEX):
    cdef Mlx5DVCQInitAttr dv_attr


cdef class Mlx5DCIStreamInitAttr(PyverbsObject):
    cdef dv.mlx5dv_dci_streams attr


cdef class Mlx5DVDCInitAttr(PyverbsObject):
    cdef dv.mlx5dv_dc_init_attr attr


cdef class Mlx5DVQPInitAttr(PyverbsObject):
    cdef dv.mlx5dv_qp_init_attr attr


cdef class Mlx5QP(QPEx):
    cdef Mlx5DVQPInitAttr dv_attr
    cdef dv.mlx5dv_qp_ex *extended(self) except NULL


cdef class Mlx5UAR(PyverbsCM):
    cdef dv.mlx5dv_devx_uar *_uar
    cdef object context


cdef class Mlx5UMEM(PyverbsCM):
    cdef dv.mlx5dv_devx_umem *umem
    cdef object context
    cdef void *own_buf
    cdef void *addr
    cdef _alloc(self, size_t size, size_t alignment)
    cdef _register(self, Context context, dv.mlx5dv_devx_umem_in *umem_in,
                   bint extended)


cdef class Mlx5DevxObj(PyverbsCM):
    cdef dv.mlx5dv_devx_obj *_obj
    cdef object context
    cdef object _out
