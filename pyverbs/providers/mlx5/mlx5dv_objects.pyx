# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""The queues and numbers behind objects of mlx5 devices."""

from libc.stdint cimport uintptr_t

from pyverbs.base cimport check_open, check_status
from pyverbs.cq cimport CQ
from pyverbs.pd cimport PD
from pyverbs.qp cimport QP
from pyverbs.srq cimport SRQ

from pyverbs.providers.mlx5 import mlx5_enums as dve
from pyverbs.pyverbs_error import PyverbsUserError


cdef class Mlx5DvPD(PyverbsObject):
    """What commands of the device call a PD."""

    @property
    def pdn(self):
        return self.dv.pdn

    @property
    def comp_mask(self):
        return self.dv.comp_mask


cdef class Mlx5DvCQ(PyverbsObject):
    """Where a CQ is in memory, and how large."""

    @property
    def cqe_size(self):
        """In bytes."""
        return self.dv.cqe_size

    @property
    def comp_mask(self):
        return self.dv.comp_mask

    @property
    def cqn(self):
        return self.dv.cqn

    @property
    def buf(self):
        """The address of the first entry."""
        return <uintptr_t>self.dv.buf

    @property
    def cq_uar(self):
        """The address of its doorbell register."""
        return <uintptr_t>self.dv.cq_uar

    @property
    def dbrec(self):
        """The address of its doorbell record."""
        return <uintptr_t>self.dv.dbrec

    @property
    def cqe_cnt(self):
        return self.dv.cqe_cnt


cdef class Mlx5DvQP(PyverbsObject):
    """comp_mask says what of it was filled in: mlx5dv_qp_comp_mask."""

    @property
    def rqn(self):
        return self.dv.rqn

    @property
    def sqn(self):
        return self.dv.sqn

    @property
    def tirn(self):
        return self.dv.tirn

    @property
    def tisn(self):
        return self.dv.tisn

    @property
    def comp_mask(self):
        return self.dv.comp_mask

    @property
    def uar_mmap_offset(self):
        return self.dv.uar_mmap_offset


cdef class Mlx5DvSRQ(PyverbsObject):
    """How the requests of an SRQ lie in memory; comp_mask says what was filled in."""

    @property
    def buf(self):
        """The address of the first request."""
        return <uintptr_t>self.dv.buf

    @property
    def dbrec(self):
        """The address of its doorbell record."""
        return <uintptr_t>self.dv.dbrec

    @property
    def stride(self):
        """In bytes."""
        return self.dv.stride

    @property
    def head(self):
        return self.dv.head

    @property
    def tail(self):
        return self.dv.tail

    @property
    def comp_mask(self):
        """mlx5dv_srq_comp_mask."""
        return self.dv.comp_mask

    @property
    def srqn(self):
        return self.dv.srqn


cdef class Mlx5DvObj(PyverbsObject):
    """What is behind the objects given: qp, cq, srq and pd, each for its bit of
    obj_type (mlx5dv_obj_type). qp_comp_mask and srq_comp_mask choose what of
    them, all of it by default.

    Whoever uses the queues must leave the verbs of the objects alone.
    """

    def __init__(self, obj_type=None, **kwargs):
        if obj_type is not None:
            self.init_obj(obj_type, **kwargs)

    def init_obj(self, obj_type, **kwargs):
        """Fill in dvqp, dvcq, dvsrq and dvpd for the bits of obj_type."""
        if obj_type & dve.MLX5DV_OBJ_CQ:
            self._cq(kwargs.get('cq'))
        if obj_type & dve.MLX5DV_OBJ_QP:
            self._qp(kwargs.get('qp'), kwargs.get(
                'qp_comp_mask', sum(dve.mlx5dv_qp_comp_mask)))
        if obj_type & dve.MLX5DV_OBJ_PD:
            self._pd(kwargs.get('pd'))
        if obj_type & dve.MLX5DV_OBJ_SRQ:
            self._srq(kwargs.get('srq'), kwargs.get(
                'srq_comp_mask', sum(dve.mlx5dv_srq_comp_mask)))
        if obj_type & ~(dve.MLX5DV_OBJ_CQ | dve.MLX5DV_OBJ_QP |
                        dve.MLX5DV_OBJ_PD | dve.MLX5DV_OBJ_SRQ):
            raise PyverbsUserError('Of CQ, QP, PD and SRQ only')

    def _cq(self, CQ cq not None):
        cdef Mlx5DvCQ made = Mlx5DvCQ()
        cdef int ret

        check_open(cq.cq, 'CQ')
        with nogil:
            ret = dv.dv_init_cq(cq.cq, &made.dv)
        check_status(ret, 'mlx5dv_init_obj')
        self._dvcq = made

    def _qp(self, QP qp not None, comp_mask):
        cdef Mlx5DvQP made = Mlx5DvQP()
        cdef int ret

        check_open(qp.qp, 'QP')
        made.dv.comp_mask = comp_mask
        with nogil:
            ret = dv.dv_init_qp(qp.qp, &made.dv)
        check_status(ret, 'mlx5dv_init_obj')
        self._dvqp = made

    def _srq(self, SRQ srq not None, comp_mask):
        cdef Mlx5DvSRQ made = Mlx5DvSRQ()
        cdef int ret

        check_open(srq.srq, 'SRQ')
        made.dv.comp_mask = comp_mask
        with nogil:
            ret = dv.dv_init_srq(srq.srq, &made.dv)
        check_status(ret, 'mlx5dv_init_obj')
        self._dvsrq = made

    def _pd(self, PD pd not None):
        cdef Mlx5DvPD made = Mlx5DvPD()
        cdef int ret

        check_open(pd.pd, 'PD')
        with nogil:
            ret = dv.dv_init_pd(pd.pd, &made.dv)
        check_status(ret, 'mlx5dv_init_obj')
        self._dvpd = made

    @property
    def dvcq(self):
        return self._dvcq

    @property
    def dvqp(self):
        return self._dvqp

    @property
    def dvsrq(self):
        return self._dvsrq

    @property
    def dvpd(self):
        return self._dvpd
