# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Work queues, tables of them, and how packets are spread over a table."""

cimport cython
from libc.errno cimport errno
from libc.stdint cimport uint8_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from pyverbs.base cimport check_open, check_ptr, check_status
from pyverbs.cq cimport CQ
from pyverbs.device cimport Context
from pyverbs.pd cimport PD
from pyverbs.wr cimport RecvWR

from pyverbs import enums as e
from pyverbs.pyverbs_error import PyverbsUserError


cdef class WQInitAttr(PyverbsObject):
    """What a WQ is made from.

    create_flags (ibv_wq_flags) count if comp_mask names them. wq_context is
    kept for the interface's sake.
    """

    def __init__(self, wq_context=None, PD wq_pd=None, CQ wq_cq=None,
                 wq_type=e.IBV_WQT_RQ, max_wr=100, max_sge=1, comp_mask=0,
                 create_flags=0):
        memset(&self.attr, 0, sizeof(self.attr))
        self.attr.wq_type = wq_type
        self.attr.max_wr = max_wr
        self.attr.max_sge = max_sge
        self.attr.comp_mask = comp_mask
        self.attr.create_flags = create_flags
        self._pd = wq_pd
        self._cq = wq_cq

    @property
    def wq_type(self):
        return e.ibv_wq_type(self.attr.wq_type)

    @wq_type.setter
    def wq_type(self, val):
        self.attr.wq_type = val

    @property
    def pd(self):
        return self._pd

    @pd.setter
    def pd(self, PD val):
        self._pd = val

    @property
    def cq(self):
        return self._cq

    @cq.setter
    def cq(self, CQ val):
        self._cq = val


cdef class WQAttr(PyverbsObject):
    """What WQ.modify() sets, as far as attr_mask (ibv_wq_attr_mask) says."""

    def __init__(self, attr_mask=0, wq_state=0, curr_wq_state=0, flags=0,
                 flags_mask=0):
        self.attr.attr_mask = attr_mask
        self.attr.wq_state = wq_state
        self.attr.curr_wq_state = curr_wq_state
        self.attr.flags = flags
        self.attr.flags_mask = flags_mask

    @property
    def attr_mask(self):
        return self.attr.attr_mask

    @attr_mask.setter
    def attr_mask(self, val):
        self.attr.attr_mask = val

    @property
    def flags(self):
        return self.attr.flags

    @flags.setter
    def flags(self, val):
        self.attr.flags = val

    @property
    def flags_mask(self):
        return self.attr.flags_mask

    @flags_mask.setter
    def flags_mask(self, val):
        self.attr.flags_mask = val

    @property
    def wq_state(self):
        return e.ibv_wq_state(self.attr.wq_state)

    @wq_state.setter
    def wq_state(self, val):
        self.attr.wq_state = val

    @property
    def curr_wq_state(self):
        return e.ibv_wq_state(self.attr.curr_wq_state)

    @curr_wq_state.setter
    def curr_wq_state(self, val):
        self.attr.curr_wq_state = val


@cython.no_gc_clear
cdef class WQ(PyverbsCM):
    """A work queue of a Context, for receives."""

    def __init__(self, Context ctx not None, WQInitAttr attr not None):
        cdef PD pd = attr._pd
        cdef CQ cq = attr._cq
        cdef int err

        if pd is None or cq is None:
            raise PyverbsUserError('A WQ needs a PD and a CQ')
        check_open(ctx.context, 'Context')
        check_open(pd.pd, 'PD')
        check_open(cq.cq, 'CQ')
        attr.attr.pd = pd.pd
        attr.attr.cq = cq.cq
        with nogil:
            self.wq = v.ibv_create_wq(ctx.context, &attr.attr)
            err = errno
        check_ptr(self.wq, err, 'ibv_create_wq')
        self.parents = [ctx, pd, cq]
        for parent in self.parents:
            (<PyverbsCM>parent).add_ref(self)

    cpdef close(self):
        cdef int ret

        if self.wq == NULL:
            return
        self.close_children()
        with nogil:
            ret = v.ibv_destroy_wq(self.wq)
        check_status(ret, 'ibv_destroy_wq')
        self.wq = NULL
        self.parents = None

    def __dealloc__(self):
        if self.wq != NULL:
            with nogil:
                v.ibv_destroy_wq(self.wq)

    def modify(self, WQAttr wq_attr not None):
        """Set what wq_attr names."""
        cdef int ret

        check_open(self.wq, 'WQ')
        with nogil:
            ret = v.ibv_modify_wq(self.wq, &wq_attr.attr)
        check_status(ret, 'ibv_modify_wq')

    def post_recv(self, RecvWR wr not None, RecvWR bad_wr=None):
        """Post a receive and those linked to it; bad_wr as in QP.post_recv()."""
        cdef v.ibv_recv_wr *bad = NULL
        cdef int ret

        check_open(self.wq, 'WQ')
        with nogil:
            ret = v.ibv_post_wq_recv(self.wq, &wr.recv_wr, &bad)
        if ret and bad_wr is not None and bad != NULL:
            bad_wr.recv_wr.wr_id = bad.wr_id
        check_status(ret, 'ibv_post_wq_recv')

    @property
    def wqn(self):
        check_open(self.wq, 'WQ')
        return self.wq.wq_num


cdef class RwqIndTableInitAttr(PyverbsObject):
    """Two to the power of log_ind_tbl_size WQs."""

    def __init__(self, log_ind_tbl_size=5, wqs_list=None, comp_mask=0):
        cdef WQ wq

        self.wqs = list(wqs_list or ())
        if log_ind_tbl_size < 0 or len(self.wqs) != 1 << log_ind_tbl_size:
            raise PyverbsUserError(f'{len(self.wqs)} WQs for a table of 2 to '
                                   f'the power of {log_ind_tbl_size}')
        self.attr.log_ind_tbl_size = log_ind_tbl_size
        self.attr.comp_mask = comp_mask
        self.attr.ind_tbl = <v.ibv_wq **>calloc(len(self.wqs),
                                                sizeof(v.ibv_wq *))
        if self.attr.ind_tbl == NULL:
            raise MemoryError()
        for i, wq in enumerate(self.wqs):
            check_open(wq.wq, 'WQ')
            self.attr.ind_tbl[i] = wq.wq

    def __dealloc__(self):
        free(self.attr.ind_tbl)


@cython.no_gc_clear
cdef class RwqIndTable(PyverbsCM):
    """A table of WQs of a Context."""

    def __init__(self, Context ctx not None, RwqIndTableInitAttr attr not None):
        cdef WQ wq
        cdef int err

        check_open(ctx.context, 'Context')
        for wq in attr.wqs:
            check_open(wq.wq, 'WQ')
        with nogil:
            self.rwq_ind_table = v.ibv_create_rwq_ind_table(ctx.context,
                                                            &attr.attr)
            err = errno
        check_ptr(self.rwq_ind_table, err, 'ibv_create_rwq_ind_table')
        self.ctx = ctx
        self._wqs = attr.wqs
        ctx.add_ref(self)
        for wq in self._wqs:
            wq.add_ref(self)

    cpdef close(self):
        cdef int ret

        if self.rwq_ind_table == NULL:
            return
        self.close_children()
        with nogil:
            ret = v.ibv_destroy_rwq_ind_table(self.rwq_ind_table)
        check_status(ret, 'ibv_destroy_rwq_ind_table')
        self.rwq_ind_table = NULL
        self.ctx = self._wqs = None

    def __dealloc__(self):
        if self.rwq_ind_table != NULL:
            with nogil:
                v.ibv_destroy_rwq_ind_table(self.rwq_ind_table)

    @property
    def wqs(self):
        """The WQ at each place."""
        return self._wqs


cdef class RxHashConf(PyverbsObject):
    """How a QP on a table chooses a WQ for a packet.

    rx_hash_key is the first rx_hash_key_len bytes of what is given.
    """

    def __init__(self, rx_hash_function=0, rx_hash_key_len=0, rx_hash_key=None,
                 rx_hash_fields_mask=0):
        self.conf.rx_hash_function = rx_hash_function
        self.conf.rx_hash_fields_mask = rx_hash_fields_mask
        self.set_key(bytes(rx_hash_key or ()), rx_hash_key_len)

    def set_key(self, bytes key, length):
        """Use the first length bytes of key, which are kept."""
        if not 0 <= length <= len(key):
            raise PyverbsUserError(f'rx_hash_key_len {length}, but '
                                   f'{len(key)} bytes')
        self.key = key
        self.conf.rx_hash_key = <uint8_t *><char *>key
        self.conf.rx_hash_key_len = length

    @property
    def rx_hash_function(self):
        return self.conf.rx_hash_function

    @rx_hash_function.setter
    def rx_hash_function(self, val):
        self.conf.rx_hash_function = val

    @property
    def rx_hash_fields_mask(self):
        return self.conf.rx_hash_fields_mask

    @rx_hash_fields_mask.setter
    def rx_hash_fields_mask(self, val):
        self.conf.rx_hash_fields_mask = val

    @property
    def rx_hash_key_len(self):
        return self.conf.rx_hash_key_len

    @property
    def rx_hash_key(self):
        return self.key[:self.conf.rx_hash_key_len]
