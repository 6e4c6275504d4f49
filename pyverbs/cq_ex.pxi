# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
# Extended completion queues. A part of cq.pyx.


cdef class CqInitAttrEx(PyverbsObject):
    """What a CQEX is made from.

    wc_flags (ibv_create_cq_wc_flags): what will be read of completions. flags
    (ibv_create_cq_attr_flags) and parent_domain count if comp_mask names them.
    """

    def __init__(self, cqe=100, CompChannel channel=None, comp_vector=0,
                 wc_flags=0, comp_mask=0, flags=0, PD parent_domain=None):
        memset(&self.attr, 0, sizeof(self.attr))
        self.attr.cqe = cqe
        self.attr.comp_vector = comp_vector
        self.attr.wc_flags = wc_flags
        self.attr.comp_mask = comp_mask
        self.attr.flags = flags
        self.channel = channel
        self.domain = parent_domain

    @property
    def cqe(self):
        return self.attr.cqe

    @cqe.setter
    def cqe(self, val):
        self.attr.cqe = val

    @property
    def cq_context(self):
        """There for the interface's sake; not used."""
        return None

    @property
    def comp_channel(self):
        return self.channel

    @comp_channel.setter
    def comp_channel(self, CompChannel val):
        self.channel = val

    @property
    def comp_vector(self):
        return self.attr.comp_vector

    @comp_vector.setter
    def comp_vector(self, val):
        self.attr.comp_vector = val

    @property
    def wc_flags(self):
        return self.attr.wc_flags

    @wc_flags.setter
    def wc_flags(self, val):
        self.attr.wc_flags = val

    @property
    def comp_mask(self):
        return self.attr.comp_mask

    @comp_mask.setter
    def comp_mask(self, val):
        self.attr.comp_mask = val

    @property
    def flags(self):
        return self.attr.flags

    @flags.setter
    def flags(self, val):
        self.attr.flags = val

    @property
    def parent_domain(self):
        return self.domain

    @parent_domain.setter
    def parent_domain(self, PD val):
        self.domain = val


cdef class PollCqAttr(PyverbsObject):
    """How start_poll() is to poll; nothing to choose yet."""

    def __init__(self):
        memset(&self.attr, 0, sizeof(self.attr))

    @property
    def comp_mask(self):
        return self.attr.comp_mask

    @comp_mask.setter
    def comp_mask(self, val):
        self.attr.comp_mask = val


cdef class CQEX(CQ):
    """A completion queue whose completions are read field by field.

        if cq.start_poll(PollCqAttr()) == 0:
            print(cq.wr_id, cq.status, cq.read_opcode())
            cq.end_poll()

    From start_poll() to end_poll() no other thread can poll it. The calls of a
    CQ work as well. init_attr may be left out, for 100 completions.
    """

    def __init__(self, Context context not None, CqInitAttrEx init_attr):
        cdef v.ibv_cq_ex *ex

        if init_attr is None:
            init_attr = CqInitAttrEx()
        check_open(context.context, 'Context')
        self._use_parents(init_attr)
        ex = self.create(context.context, &init_attr.attr)
        self.cq = v.ibv_cq_ex_to_cq(ex)
        self.wc_flags = init_attr.attr.wc_flags
        self.context = context
        self.channel = init_attr.channel
        self.domain = init_attr.domain
        for parent in (context, self.channel, self.domain):
            if parent is not None:
                (<PyverbsCM>parent).add_ref(self)

    cdef v.ibv_cq_ex *create(self, v.ibv_context *context,
                             v.ibv_cq_init_attr_ex *attr) except NULL:
        cdef v.ibv_cq_ex *ex
        cdef int err

        with nogil:
            ex = v.ibv_create_cq_ex(context, attr)
            err = errno
        check_ptr(ex, err, 'ibv_create_cq_ex')
        return ex

    def _use_parents(self, CqInitAttrEx init_attr):
        cdef CompChannel channel = init_attr.channel
        cdef PD domain = init_attr.domain

        init_attr.attr.channel = NULL
        init_attr.attr.parent_domain = NULL
        if channel is not None:
            check_open(channel.cc, 'CompChannel')
            init_attr.attr.channel = channel.cc
        if domain is not None:
            check_open(domain.pd, 'PD')
            init_attr.attr.parent_domain = domain.pd

    cpdef close(self):
        if self.polling:
            self.end_poll()
        CQ.close(self)

    cdef v.ibv_cq_ex *current(self, unsigned long long flag=0) except NULL:
        """The queue, which is at a completion that may be asked this."""
        if not self.polling:
            raise PyverbsUserError('There is no current completion')
        if flag & ~self.wc_flags:
            raise PyverbsUserError('The wc_flags at creation did not say so')
        return <v.ibv_cq_ex *>self.cq

    def start_poll(self, PollCqAttr attr):
        """Go to the first completion: return 0, or ENOENT without one.

        After 0 there must be an end_poll().
        """
        cdef v.ibv_poll_cq_attr none
        cdef v.ibv_poll_cq_attr *c_attr = &none
        cdef v.ibv_cq_ex *ex
        cdef int ret

        check_open(self.cq, 'CQ')
        if self.polling:
            raise PyverbsUserError('end_poll() comes first')
        none.comp_mask = 0
        if attr is not None:
            c_attr = &attr.attr
        ex = <v.ibv_cq_ex *>self.cq
        with nogil:
            ret = v.ibv_start_poll(ex, c_attr)
        if ret != ENOENT:
            check_status(ret, 'ibv_start_poll')
        self.polling = ret == 0
        return ret

    def poll_next(self):
        """Go to the next completion: return 0, or ENOENT without one."""
        cdef v.ibv_cq_ex *ex = self.current()
        cdef int ret

        with nogil:
            ret = v.ibv_next_poll(ex)
        if ret != ENOENT:
            check_status(ret, 'ibv_next_poll')
        return ret

    def end_poll(self):
        """Give back the completions that were visited."""
        v.ibv_end_poll(self.current())
        self.polling = False

    @property
    def wr_id(self):
        return self.current().wr_id

    @property
    def status(self):
        return e.ibv_wc_status(self.current().status)

    def read_opcode(self):
        """An ibv_wc_opcode."""
        return e.ibv_wc_opcode(v.ibv_wc_read_opcode(self.current()))

    def read_vendor_err(self):
        """What the device's maker calls the error."""
        return v.ibv_wc_read_vendor_err(self.current())

    def read_byte_len(self):
        """How many bytes came, or were read."""
        return v.ibv_wc_read_byte_len(self.current())

    def read_imm_data(self):
        """In network byte order; or the key that the peer invalidated."""
        return v.ibv_wc_read_imm_data(self.current())

    def read_qp_num(self):
        """The number of the local QP."""
        return v.ibv_wc_read_qp_num(self.current())

    def read_src_qp(self):
        """The number of the sender's QP, of a datagram."""
        return v.ibv_wc_read_src_qp(self.current())

    def read_wc_flags(self):
        """ibv_wc_flags."""
        return v.ibv_wc_read_wc_flags(self.current())

    def read_slid(self):
        """The sender's LID, of a datagram."""
        return v.ibv_wc_read_slid(self.current())

    def read_sl(self):
        """The service level, of a datagram."""
        return v.ibv_wc_read_sl(self.current())

    def read_dlid_path_bits(self):
        """The low bits of the LID it was sent to, of a datagram."""
        return v.ibv_wc_read_dlid_path_bits(self.current())

    # Not every device has these: they must have been asked for.

    def read_timestamp(self):
        """In ticks of the device's clock."""
        return v.ibv_wc_read_completion_ts(
            self.current(e.IBV_WC_EX_WITH_COMPLETION_TIMESTAMP))

    def read_completion_wallclock_ns(self):
        """In nanoseconds since 1970."""
        return v.ibv_wc_read_completion_wallclock_ns(
            self.current(e.IBV_WC_EX_WITH_COMPLETION_TIMESTAMP_WALLCLOCK))

    def read_cvlan(self):
        """The customer VLAN tag."""
        return v.ibv_wc_read_cvlan(self.current(e.IBV_WC_EX_WITH_CVLAN))

    def read_flow_tag(self):
        """What the flow that matched is tagged with."""
        return v.ibv_wc_read_flow_tag(self.current(e.IBV_WC_EX_WITH_FLOW_TAG))

    def read_tm_info(self):
        """Return a WcTmInfo."""
        cdef WcTmInfo info = WcTmInfo()

        v.ibv_wc_read_tm_info(self.current(e.IBV_WC_EX_WITH_TM_INFO),
                              &info.info)
        return info


cdef class WcTmInfo(PyverbsObject):
    """What tag matching says of a receive."""

    @property
    def tag(self):
        return self.info.tag

    @property
    def priv(self):
        return self.info.priv
