# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Shared receive queues."""

cimport cython
from libc.errno cimport errno
from libc.stdint cimport uint32_t
from libc.stdlib cimport free
from libc.string cimport memset

from pyverbs.base cimport check_open, check_ptr, check_status
from pyverbs.cq cimport CQ
from pyverbs.device cimport Context
from pyverbs.pd cimport PD
from pyverbs.wr cimport RecvWR, copy_sges
from pyverbs.xrcd cimport XRCD

from pyverbs import enums as e


cdef class SrqAttr(PyverbsObject):
    """What modify() sets and query() finds."""

    def __init__(self, max_wr=100, max_sge=1, srq_limit=0):
        self.attr.max_wr = max_wr
        self.attr.max_sge = max_sge
        self.attr.srq_limit = srq_limit

    @property
    def max_wr(self):
        return self.attr.max_wr

    @max_wr.setter
    def max_wr(self, val):
        self.attr.max_wr = val

    @property
    def max_sge(self):
        return self.attr.max_sge

    @max_sge.setter
    def max_sge(self, val):
        self.attr.max_sge = val

    @property
    def srq_limit(self):
        return self.attr.srq_limit

    @srq_limit.setter
    def srq_limit(self, val):
        self.attr.srq_limit = val


cdef class SrqInitAttr(PyverbsObject):
    """What a basic SRQ is made from: a copy of an SrqAttr."""

    def __init__(self, SrqAttr attr=None):
        memset(&self.attr, 0, sizeof(self.attr))
        if attr is not None:
            self.attr.attr = attr.attr

    @property
    def max_wr(self):
        return self.attr.attr.max_wr

    @max_wr.setter
    def max_wr(self, val):
        self.attr.attr.max_wr = val

    @property
    def max_sge(self):
        return self.attr.attr.max_sge

    @max_sge.setter
    def max_sge(self, val):
        self.attr.attr.max_sge = val

    @property
    def srq_limit(self):
        return self.attr.attr.srq_limit

    @srq_limit.setter
    def srq_limit(self, val):
        self.attr.attr.srq_limit = val


cdef class SrqInitAttrEx(PyverbsObject):
    """What an SRQ of any type is made from.

    comp_mask (ibv_srq_init_attr_mask) says which of srq_type, pd, xrcd, cq and
    the two of tag matching count.
    """

    def __init__(self, max_wr=100, max_sge=1, srq_limit=0):
        memset(&self.attr, 0, sizeof(self.attr))
        self.attr.attr.max_wr = max_wr
        self.attr.attr.max_sge = max_sge
        self.attr.attr.srq_limit = srq_limit

    @property
    def max_wr(self):
        return self.attr.attr.max_wr

    @max_wr.setter
    def max_wr(self, val):
        self.attr.attr.max_wr = val

    @property
    def max_sge(self):
        return self.attr.attr.max_sge

    @max_sge.setter
    def max_sge(self, val):
        self.attr.attr.max_sge = val

    @property
    def srq_limit(self):
        return self.attr.attr.srq_limit

    @srq_limit.setter
    def srq_limit(self, val):
        self.attr.attr.srq_limit = val

    @property
    def comp_mask(self):
        return self.attr.comp_mask

    @comp_mask.setter
    def comp_mask(self, val):
        self.attr.comp_mask = val

    @property
    def srq_type(self):
        return e.ibv_srq_type(self.attr.srq_type)

    @srq_type.setter
    def srq_type(self, val):
        self.attr.srq_type = val

    @property
    def max_num_tags(self):
        return self.attr.tm_cap.max_num_tags

    @max_num_tags.setter
    def max_num_tags(self, val):
        self.attr.tm_cap.max_num_tags = val

    @property
    def max_ops(self):
        return self.attr.tm_cap.max_ops

    @max_ops.setter
    def max_ops(self, val):
        self.attr.tm_cap.max_ops = val

    @property
    def pd(self):
        return self._pd

    @pd.setter
    def pd(self, PD val):
        self._pd = val

    @property
    def xrcd(self):
        return self._xrcd

    @xrcd.setter
    def xrcd(self, XRCD val):
        self._xrcd = val

    @property
    def cq(self):
        return self._cq

    @cq.setter
    def cq(self, CQ val):
        self._cq = val

    cdef use_objects(self):
        cdef PD pd = self._pd
        cdef XRCD xrcd = self._xrcd
        cdef CQ cq = self._cq

        self.attr.pd = NULL
        self.attr.xrcd = NULL
        self.attr.cq = NULL
        if pd is not None:
            check_open(pd.pd, 'PD')
            self.attr.pd = pd.pd
        if xrcd is not None:
            check_open(xrcd.xrcd, 'XRCD')
            self.attr.xrcd = xrcd.xrcd
        if cq is not None:
            check_open(cq.cq, 'CQ')
            self.attr.cq = cq.cq


@cython.no_gc_clear
cdef class OpsWr(PyverbsCM):
    """An operation on the tags of an SRQ; opcode is of ibv_ops_wr_opcode.

    The first num_sge SGEs in sg_list, by default all, are copied.
    """

    def __init__(self, wr_id=0, opcode=e.IBV_WR_TAG_ADD,
                 flags=e.IBV_OPS_SIGNALED, OpsWr next_wr=None,
                 unexpected_cnt=0, recv_wr_id=0, num_sge=None, tag=0, mask=0,
                 sg_list=None):
        sg_list = list(sg_list or ())
        if num_sge is None:
            num_sge = len(sg_list)
        memset(&self.ops_wr, 0, sizeof(self.ops_wr))
        self.ops_wr.tm.add.sg_list = copy_sges(sg_list, num_sge)
        self.ops_wr.tm.add.num_sge = num_sge
        self.ops_wr.wr_id = wr_id
        self.ops_wr.opcode = opcode
        self.ops_wr.flags = flags
        self.ops_wr.tm.unexpected_cnt = unexpected_cnt
        self.ops_wr.tm.add.recv_wr_id = recv_wr_id
        self.ops_wr.tm.add.tag = tag
        self.ops_wr.tm.add.mask = mask
        self.next_wr = next_wr

    def __dealloc__(self):
        free(self.ops_wr.tm.add.sg_list)

    @property
    def next_wr(self):
        """The OpsWr posted after it, or None."""
        return self.following

    @next_wr.setter
    def next_wr(self, OpsWr val):
        self.following = val
        self.ops_wr.next = NULL if val is None else &val.ops_wr

    @property
    def wr_id(self):
        return self.ops_wr.wr_id

    @wr_id.setter
    def wr_id(self, val):
        self.ops_wr.wr_id = val

    @property
    def flags(self):
        return self.ops_wr.flags

    @flags.setter
    def flags(self, val):
        self.ops_wr.flags = val

    @property
    def opcode(self):
        return e.ibv_ops_wr_opcode(self.ops_wr.opcode)

    @opcode.setter
    def opcode(self, val):
        self.ops_wr.opcode = val

    @property
    def unexpected_cnt(self):
        return self.ops_wr.tm.unexpected_cnt

    @unexpected_cnt.setter
    def unexpected_cnt(self, val):
        self.ops_wr.tm.unexpected_cnt = val

    @property
    def handle(self):
        """Of the tag that was added, or is to be deleted."""
        return self.ops_wr.tm.handle

    @handle.setter
    def handle(self, val):
        self.ops_wr.tm.handle = val

    @property
    def recv_wr_id(self):
        return self.ops_wr.tm.add.recv_wr_id

    @recv_wr_id.setter
    def recv_wr_id(self, val):
        self.ops_wr.tm.add.recv_wr_id = val

    @property
    def tag(self):
        return self.ops_wr.tm.add.tag

    @tag.setter
    def tag(self, val):
        self.ops_wr.tm.add.tag = val

    @property
    def mask(self):
        return self.ops_wr.tm.add.mask

    @mask.setter
    def mask(self, val):
        self.ops_wr.tm.add.mask = val


@cython.no_gc_clear
cdef class SRQ(PyverbsCM):
    """A shared receive queue.

    creator is a PD with a SrqInitAttr, or a Context with a SrqInitAttrEx. What
    was asked for is updated to what the device gave.
    """

    def __init__(self, creator not None, attr not None):
        if isinstance(creator, Context):
            self._create_srq_ex(creator, attr)
        else:
            self._create_srq(creator, attr)
        for parent in self.parents:
            (<PyverbsCM>parent).add_ref(self)

    def _create_srq(self, PD pd, SrqInitAttr init_attr):
        cdef int err

        check_open(pd.pd, 'PD')
        with nogil:
            self.srq = v.ibv_create_srq(pd.pd, &init_attr.attr)
            err = errno
        check_ptr(self.srq, err, 'ibv_create_srq')
        self.parents = [pd]

    def _create_srq_ex(self, Context context, SrqInitAttrEx init_attr_ex):
        cdef int err

        check_open(context.context, 'Context')
        init_attr_ex.use_objects()
        with nogil:
            self.srq = v.ibv_create_srq_ex(context.context, &init_attr_ex.attr)
            err = errno
        check_ptr(self.srq, err, 'ibv_create_srq_ex')
        self.parents = [parent for parent in
                        (context, init_attr_ex._pd, init_attr_ex._xrcd,
                         init_attr_ex._cq) if parent is not None]

    cpdef close(self):
        cdef int ret

        if self.srq == NULL:
            return
        self.close_children()
        with nogil:
            ret = v.ibv_destroy_srq(self.srq)
        check_status(ret, 'ibv_destroy_srq')
        self.srq = NULL
        self.parents = None

    def __dealloc__(self):
        if self.srq != NULL:
            with nogil:
                v.ibv_destroy_srq(self.srq)

    def modify(self, SrqAttr attr not None, int comp_mask):
        """Set what comp_mask (ibv_srq_attr_mask) names."""
        cdef int ret

        check_open(self.srq, 'SRQ')
        with nogil:
            ret = v.ibv_modify_srq(self.srq, &attr.attr, comp_mask)
        check_status(ret, 'ibv_modify_srq')

    def query(self):
        """Return an SrqAttr."""
        cdef SrqAttr attr = SrqAttr()
        cdef int ret

        check_open(self.srq, 'SRQ')
        with nogil:
            ret = v.ibv_query_srq(self.srq, &attr.attr)
        check_status(ret, 'ibv_query_srq')
        return attr

    def get_srq_num(self):
        """The number that the senders of XRC messages name."""
        cdef uint32_t number = 0
        cdef int ret

        check_open(self.srq, 'SRQ')
        ret = v.ibv_get_srq_num(self.srq, &number)
        check_status(ret, 'ibv_get_srq_num')
        return number

    def post_recv(self, RecvWR wr not None, RecvWR bad_wr=None):
        """Post a receive and those linked to it; bad_wr as in QP.post_recv()."""
        cdef v.ibv_recv_wr *bad = NULL
        cdef int ret

        check_open(self.srq, 'SRQ')
        with nogil:
            ret = v.ibv_post_srq_recv(self.srq, &wr.recv_wr, &bad)
        if ret and bad_wr is not None and bad != NULL:
            bad_wr.recv_wr.wr_id = bad.wr_id
        check_status(ret, 'ibv_post_srq_recv')

    def post_srq_ops(self, OpsWr wr not None, OpsWr bad_wr=None):
        """Post an operation on tags and those linked to it; bad_wr likewise."""
        cdef v.ibv_ops_wr *bad = NULL
        cdef int ret

        check_open(self.srq, 'SRQ')
        with nogil:
            ret = v.ibv_post_srq_ops(self.srq, &wr.ops_wr, &bad)
        if ret and bad_wr is not None and bad != NULL:
            bad_wr.ops_wr.wr_id = bad.wr_id
            bad_wr.ops_wr.opcode = bad.opcode
        check_status(ret, 'ibv_post_srq_ops')
