# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
from pyverbs.base cimport PyverbsCM, PyverbsObject
from pyverbs.providers.mlx5 cimport libmlx5 as dv


cdef dv.mlx5dv_mr_interleaved *copy_interleaved(parts) except? NULL


cdef class Mlx5Mkey(PyverbsCM):
    cdef dv.mlx5dv_mkey *mkey
    cdef object pd
    cdef int _max_entries


cdef class Mlx5MrInterleaved(PyverbsObject):
    cdef dv.mlx5dv_mr_interleaved mr_interleaved


cdef class Mlx5MkeyConfAttr(PyverbsObject):
    cdef dv.mlx5dv_mkey_conf_attr attr


cdef class Mlx5SigErr(PyverbsObject):
    cdef dv.mlx5dv_sig_err err


cdef class Mlx5MkeyErr(PyverbsObject):
    cdef object _err_type
    cdef Mlx5SigErr _sig_err
