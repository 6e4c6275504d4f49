# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
from pyverbs.base cimport PyverbsObject
from pyverbs.providers.mlx5 cimport libmlx5 as dv


cdef class Mlx5DvPD(PyverbsObject):
    cdef dv.dv_pd dv


cdef class Mlx5DvCQ(PyverbsObject):
    cdef dv.dv_cq dv


cdef class Mlx5DvQP(PyverbsObject):
    cdef dv.dv_qp dv


cdef class Mlx5DvSRQ(PyverbsObject):
    cdef dv.dv_srq dv


cdef class Mlx5DvObj(PyverbsObject):
    cdef object _dvpd
    cdef object _dvcq
    cdef object _dvqp
    cdef object _dvsrq
