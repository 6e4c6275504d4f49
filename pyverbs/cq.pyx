# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Completion queues, their channels, and completions."""

cimport cython
from libc.errno cimport ENOENT, errno
from libc.stdint cimport uint16_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from pyverbs.base cimport check_minus_one, check_open, check_ptr, check_status
from pyverbs.device cimport Context
from pyverbs.pd cimport PD

from pyverbs import enums as e
from pyverbs.names import (
    cqe_flags_to_str, cqe_opcode_to_str, cqe_status_to_str,
    create_wc_flags_to_str, flags_to_str)
from pyverbs.pyverbs_error import PyverbsRDMAError, PyverbsUserError


@cython.no_gc_clear
cdef class CompChannel(PyverbsCM):
    """What completion events of CQs are waited for on."""

    def __init__(self, Context context not None):
        cdef int err

        check_open(context.context, 'Context')
        with nogil:
            self.cc = v.ibv_create_comp_channel(context.context)
            err = errno
        check_ptr(self.cc, err, 'ibv_create_comp_channel')
        self.context = context
        context.add_ref(self)

    cpdef close(self):
        cdef int ret

        if self.cc == NULL:
            return
        self.close_children()
        with nogil:
            ret = v.ibv_destroy_comp_channel(self.cc)
        check_status(ret, 'ibv_destroy_comp_channel')
        self.cc = NULL
        self.context = None

    def __dealloc__(self):
        if self.cc != NULL:
            with nogil:
                v.ibv_destroy_comp_channel(self.cc)

    @property
    def fd(self):
        """Readable when get_cq_event() has one; the channel owns it."""
        check_open(self.cc, 'CompChannel')
        return self.cc.fd

    def get_cq_event(self, CQ expected_cq not None):
        """Wait for the next event, which has to be expected_cq's.

        It counts as unacknowledged until the CQ's ack_events().
        """
        cdef v.ibv_cq *cq = NULL
        cdef void *cq_context
        cdef int ret, err

        check_open(self.cc, 'CompChannel')
        with nogil:
            ret = v.ibv_get_cq_event(self.cc, &cq, &cq_context)
            err = errno
        check_minus_one(ret, err, 'ibv_get_cq_event')
        if cq != expected_cq.cq:
            v.ibv_ack_cq_events(cq, 1)
            raise PyverbsRDMAError('The event is of another CQ')
        expected_cq.num_events += 1


@cython.no_gc_clear
cdef class CQ(PyverbsCM):
    """A completion queue for at least cqe completions.

    cq_context is kept for the interface's sake and not used. channel is a
    CompChannel, or None for a CQ without events.
    """

    def __init__(self, Context context not None, int cqe, cq_context=None,
                 CompChannel channel=None, int comp_vector=0):
        cdef v.ibv_comp_channel *cc = NULL
        cdef int err

        check_open(context.context, 'Context')
        if channel is not None:
            check_open(channel.cc, 'CompChannel')
            cc = channel.cc
        with nogil:
            self.cq = v.ibv_create_cq(context.context, cqe, NULL, cc,
                                      comp_vector)
            err = errno
        check_ptr(self.cq, err, 'ibv_create_cq')
        self.context = context
        self.channel = channel
        context.add_ref(self)
        if channel is not None:
            channel.add_ref(self)

    cpdef close(self):
        cdef int ret

        if self.cq == NULL:
            return
        self.close_children()
        self.ack_events(self.num_events)
        with nogil:
            ret = v.ibv_destroy_cq(self.cq)
        check_status(ret, 'ibv_destroy_cq')
        self.cq = NULL
        self.context = self.channel = self.domain = None

    def __dealloc__(self):
        if self.cq != NULL:
            with nogil:
                # Or destroying it would wait for them.
                v.ibv_ack_cq_events(self.cq, self.num_events)
                v.ibv_destroy_cq(self.cq)

    def poll(self, int num_entries=1):
        """Return (n, [WC, ...]): at most num_entries completions."""
        cdef v.ibv_wc *wcs
        cdef WC wc
        cdef int ret, err

        check_open(self.cq, 'CQ')
        if num_entries < 0:
            raise PyverbsUserError('num_entries is negative')
        wcs = <v.ibv_wc *>calloc(num_entries or 1, sizeof(v.ibv_wc))
        if wcs == NULL:
            raise MemoryError()
        try:
            with nogil:
                ret = v.ibv_poll_cq(self.cq, num_entries, wcs)
                err = errno
            check_minus_one(ret, err, 'ibv_poll_cq')
            found = []
            for i in range(ret):
                wc = WC()
                wc.wc = wcs[i]
                found.append(wc)
            return ret, found
        finally:
            free(wcs)

    def req_notify(self, solicited_only=False):
        """Have the next completion make an event on the channel."""
        cdef int only = bool(solicited_only)
        cdef int ret

        check_open(self.cq, 'CQ')
        with nogil:
            ret = v.ibv_req_notify_cq(self.cq, only)
        check_status(ret, 'ibv_req_notify_cq')

    def ack_events(self, unsigned int num_events):
        """Acknowledge events that get_cq_event() returned."""
        check_open(self.cq, 'CQ')
        if num_events > self.num_events:
            raise PyverbsUserError(
                f'{num_events} events to acknowledge, {self.num_events} were got')
        with nogil:
            v.ibv_ack_cq_events(self.cq, num_events)
        self.num_events -= num_events

    def resize(self, int cqe):
        """Make room for at least cqe completions."""
        cdef int ret

        check_open(self.cq, 'CQ')
        with nogil:
            ret = v.ibv_resize_cq(self.cq, cqe)
        check_status(ret, 'ibv_resize_cq')

    def moderate(self, uint16_t cq_count, uint16_t cq_period):
        """One event for cq_count completions, or cq_period us after the first."""
        cdef v.ibv_modify_cq_attr attr
        cdef int ret

        check_open(self.cq, 'CQ')
        attr.attr_mask = v.IBV_CQ_ATTR_MODERATE
        attr.moderate.cq_count = cq_count
        attr.moderate.cq_period = cq_period
        with nogil:
            ret = v.ibv_modify_cq(self.cq, &attr)
        check_status(ret, 'ibv_modify_cq')

    @property
    def comp_channel(self):
        return self.channel

    @property
    def cqe(self):
        """How many completions it holds."""
        check_open(self.cq, 'CQ')
        return self.cq.cqe


cdef class WC(PyverbsObject):
    """A completion. imm_data is in network byte order."""

    def __init__(self, wr_id=0, status=0, opcode=0, vendor_err=0, byte_len=0,
                 qp_num=0, src_qp=0, imm_data=0, wc_flags=0, pkey_index=0,
                 slid=0, sl=0, dlid_path_bits=0):
        memset(&self.wc, 0, sizeof(self.wc))
        self.wr_id = wr_id
        self.status = status
        self.opcode = opcode
        self.vendor_err = vendor_err
        self.byte_len = byte_len
        self.qp_num = qp_num
        self.src_qp = src_qp
        self.imm_data = imm_data
        self.wc_flags = wc_flags
        self.pkey_index = pkey_index
        self.slid = slid
        self.sl = sl
        self.dlid_path_bits = dlid_path_bits

    def __str__(self):
        return (f'WC wr_id {self.wr_id} {self.status.name} '
                f'{self.opcode.name} byte_len {self.byte_len} '
                f'qp_num {self.qp_num} vendor_err {self.vendor_err:#x}')

    @property
    def wr_id(self):
        return self.wc.wr_id

    @wr_id.setter
    def wr_id(self, val):
        self.wc.wr_id = val

    @property
    def status(self):
        return e.ibv_wc_status(self.wc.status)

    @status.setter
    def status(self, val):
        self.wc.status = val

    @property
    def opcode(self):
        return e.ibv_wc_opcode(self.wc.opcode)

    @opcode.setter
    def opcode(self, val):
        self.wc.opcode = val

    @property
    def vendor_err(self):
        return self.wc.vendor_err

    @vendor_err.setter
    def vendor_err(self, val):
        self.wc.vendor_err = val

    @property
    def byte_len(self):
        return self.wc.byte_len

    @byte_len.setter
    def byte_len(self, val):
        self.wc.byte_len = val

    @property
    def qp_num(self):
        return self.wc.qp_num

    @qp_num.setter
    def qp_num(self, val):
        self.wc.qp_num = val

    @property
    def src_qp(self):
        return self.wc.src_qp

    @src_qp.setter
    def src_qp(self, val):
        self.wc.src_qp = val

    @property
    def imm_data(self):
        return self.wc.imm_data

    @imm_data.setter
    def imm_data(self, val):
        self.wc.imm_data = val

    @property
    def wc_flags(self):
        return self.wc.wc_flags

    @wc_flags.setter
    def wc_flags(self, val):
        self.wc.wc_flags = val

    @property
    def pkey_index(self):
        return self.wc.pkey_index

    @pkey_index.setter
    def pkey_index(self, val):
        self.wc.pkey_index = val

    @property
    def slid(self):
        return self.wc.slid

    @slid.setter
    def slid(self, val):
        self.wc.slid = val

    @property
    def sl(self):
        return self.wc.sl

    @sl.setter
    def sl(self, val):
        self.wc.sl = val

    @property
    def dlid_path_bits(self):
        return self.wc.dlid_path_bits

    @dlid_path_bits.setter
    def dlid_path_bits(self, val):
        self.wc.dlid_path_bits = val


include 'cq_ex.pxi'
