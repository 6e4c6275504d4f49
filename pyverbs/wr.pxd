# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
from pyverbs cimport libibverbs as v
from pyverbs cimport verbs_memory as m
from pyverbs.base cimport PyverbsCM


cdef v.ibv_sge *copy_sges(sges, num_sge) except? NULL


cdef class SGE(PyverbsCM):
    cdef v.ibv_sge sge


cdef class RecvWR(PyverbsCM):
    cdef v.ibv_recv_wr recv_wr
    cdef RecvWR following


cdef class SendWR(PyverbsCM):
    cdef v.ibv_send_wr send_wr
    cdef SendWR following
    cdef object ah
    cdef object bound
