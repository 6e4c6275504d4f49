# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
# Extended queue pairs. A part of qp.pyx.


cdef class QPInitAttrEx(PyverbsObject):
    """What a QP or QPEx in a Context is made from.

    What a QPInitAttr has, and what comp_mask (ibv_qp_init_attr_mask) says
    counts besides: the PD above all, and for a QPEx send_ops_flags
    (ibv_qp_create_send_ops_flags), the requests it will be used for.
    """

    def __init__(self, qp_type=e.IBV_QPT_UD, qp_context=None, CQ scq=None,
                 CQ rcq=None, SRQ srq=None, QPCap cap=None, sq_sig_all=0,
                 comp_mask=0, PD pd=None, XRCD xrcd=None, create_flags=0,
                 max_tso_header=0, source_qpn=0, RxHashConf hash_conf=None,
                 RwqIndTable ind_table=None, send_ops_flags=0):
        memset(&self.attr, 0, sizeof(self.attr))
        self.attr.qp_type = qp_type
        self.attr.sq_sig_all = sq_sig_all
        self.attr.comp_mask = comp_mask
        self.attr.create_flags = create_flags
        self.attr.max_tso_header = max_tso_header
        self.attr.source_qpn = source_qpn
        self.attr.send_ops_flags = send_ops_flags
        if cap is not None:
            self.attr.cap = cap.cap
        self.scq = scq
        self.rcq = rcq
        self._srq = srq
        self._pd = pd
        self._xrcd = xrcd
        self._ind_table = ind_table
        self.hash_conf = hash_conf

    cdef use_objects(self):
        """Name the objects."""
        cdef RwqIndTable table = self._ind_table
        cdef RxHashConf hash_conf = self.hash_conf
        cdef XRCD xrcd = self._xrcd

        self.attr.send_cq = cq_of(self.scq)
        self.attr.recv_cq = cq_of(self.rcq)
        self.attr.srq = srq_of(self._srq)
        self.attr.pd = pd_of(self._pd)
        self.attr.xrcd = NULL
        self.attr.rwq_ind_tbl = NULL
        if xrcd is not None:
            check_open(xrcd.xrcd, 'XRCD')
            self.attr.xrcd = xrcd.xrcd
        if table is not None:
            check_open(table.rwq_ind_table, 'RwqIndTable')
            self.attr.rwq_ind_tbl = table.rwq_ind_table
        if hash_conf is not None:
            self.attr.rx_hash_conf = hash_conf.conf

    def flags_to_str(self):
        """The names of create_flags."""
        return flags_to_str(self.create_flags, members(e.ibv_qp_create_flags))

    def mask_to_str(self):
        """The names of comp_mask."""
        return flags_to_str(self.comp_mask, members(e.ibv_qp_init_attr_mask))

    @property
    def send_cq(self):
        return self.scq

    @send_cq.setter
    def send_cq(self, CQ val):
        self.scq = val

    @property
    def recv_cq(self):
        return self.rcq

    @recv_cq.setter
    def recv_cq(self, CQ val):
        self.rcq = val

    @property
    def pd(self):
        return self._pd

    @pd.setter
    def pd(self, PD val):
        self._pd = val

    @property
    def srq(self):
        return self._srq

    @srq.setter
    def srq(self, SRQ val):
        self._srq = val

    @property
    def xrcd(self):
        return self._xrcd

    @xrcd.setter
    def xrcd(self, XRCD val):
        self._xrcd = val

    @property
    def ind_table(self):
        return self._ind_table

    @ind_table.setter
    def ind_table(self, RwqIndTable val):
        self._ind_table = val

    @property
    def cap(self):
        """A copy, as a QPCap."""
        cdef QPCap cap = QPCap()

        cap.cap = self.attr.cap
        return cap

    @cap.setter
    def cap(self, QPCap val not None):
        self.attr.cap = val.cap

    @property
    def qp_type(self):
        return e.ibv_qp_type(self.attr.qp_type)

    @qp_type.setter
    def qp_type(self, val):
        self.attr.qp_type = val

    @property
    def sq_sig_all(self):
        return self.attr.sq_sig_all

    @sq_sig_all.setter
    def sq_sig_all(self, val):
        self.attr.sq_sig_all = val

    @property
    def comp_mask(self):
        return self.attr.comp_mask

    @comp_mask.setter
    def comp_mask(self, val):
        self.attr.comp_mask = val

    @property
    def create_flags(self):
        return self.attr.create_flags

    @create_flags.setter
    def create_flags(self, val):
        self.attr.create_flags = val

    @property
    def max_tso_header(self):
        return self.attr.max_tso_header

    @max_tso_header.setter
    def max_tso_header(self, val):
        self.attr.max_tso_header = val

    @property
    def source_qpn(self):
        return self.attr.source_qpn

    @source_qpn.setter
    def source_qpn(self, val):
        self.attr.source_qpn = val

    @property
    def send_ops_flags(self):
        return self.attr.send_ops_flags

    @send_ops_flags.setter
    def send_ops_flags(self, val):
        self.attr.send_ops_flags = val

    @property
    def max_send_wr(self):
        return self.attr.cap.max_send_wr

    @property
    def max_recv_wr(self):
        return self.attr.cap.max_recv_wr

    @property
    def max_send_sge(self):
        return self.attr.cap.max_send_sge

    @property
    def max_recv_sge(self):
        return self.attr.cap.max_recv_sge

    @property
    def max_inline_data(self):
        return self.attr.cap.max_inline_data


cdef class DataBuffer(PyverbsCM):
    """length bytes at an address, for wr_set_inline_data_list()."""

    def __init__(self, addr, length):
        self.data.addr = <void *><uintptr_t>addr
        self.data.length = length


cdef class QPEx(QP):
    """A queue pair whose requests are made by one call for each part.

        qp.wr_start()
        qp.wr_id, qp.wr_flags = 1, e.IBV_SEND_SIGNALED
        qp.wr_send()
        qp.wr_set_sge(sge)
        qp.wr_complete()

    A call between wr_start() and wr_complete() that goes wrong shows in
    wr_complete(), and then nothing of the batch is sent. The calls of a QP
    work as well, outside of a batch.
    """

    def __init__(self, Context creator not None, QPInitAttrEx init_attr not None,
                 QPAttr qp_attr=None):
        super().__init__(creator, init_attr, qp_attr)
        self.ex = v.ibv_qp_to_qp_ex(self.qp)
        self.ops = init_attr.attr.send_ops_flags
        if self.ex == NULL and self.needs_ops():
            self.close()
            raise PyverbsUserError('A QPEx needs send_ops_flags in comp_mask')

    cpdef close(self):
        if self.in_batch:
            self.wr_abort()
        QP.close(self)
        self.ex = NULL

    cdef bint needs_ops(self):
        """Whether a QP that makes no requests is a mistake."""
        return self._ind_table is None

    cdef v.ibv_qp_ex *extended_qp(self) except NULL:
        check_open(self.qp, 'QP')
        if self.ex == NULL:
            raise PyverbsUserError('The QP has no send_ops_flags')
        return self.ex

    cdef v.ibv_qp_ex *batch(self) except NULL:
        """The QP, within a batch."""
        self.extended_qp()
        if not self.in_batch:
            raise PyverbsUserError('wr_start() comes first')
        return self.ex

    cdef v.ibv_qp_ex *may(self, unsigned long long op) except NULL:
        """Likewise; a device may lack the calls that were not asked for."""
        if op & ~self.ops:
            raise PyverbsUserError('The send_ops_flags did not say so')
        return self.batch()

    @property
    def comp_mask(self):
        self.extended_qp()
        return self.ex.comp_mask

    @property
    def ind_table(self):
        """The RwqIndTable that it was made with, or None."""
        return self._ind_table

    @property
    def wr_id(self):
        """Of the requests that follow."""
        self.extended_qp()
        return self.ex.wr_id

    @wr_id.setter
    def wr_id(self, val):
        self.extended_qp()
        self.ex.wr_id = val

    @property
    def wr_flags(self):
        """Of the requests that follow (ibv_send_flags)."""
        self.extended_qp()
        return self.ex.wr_flags

    @wr_flags.setter
    def wr_flags(self, val):
        self.extended_qp()
        self.ex.wr_flags = val

    # The batch

    def wr_start(self):
        """Begin a batch; other threads that want to post wait for its end."""
        self.extended_qp()
        if self.in_batch:
            raise PyverbsUserError('wr_complete() or wr_abort() comes first')
        with nogil:
            v.ibv_wr_start(self.ex)
        self.in_batch = True

    def wr_complete(self):
        """Send the batch."""
        cdef v.ibv_qp_ex *ex = self.batch()
        cdef int ret

        with nogil:
            ret = v.ibv_wr_complete(ex)
        self.in_batch = False
        check_status(ret, 'ibv_wr_complete')

    def wr_abort(self):
        """Forget the batch."""
        v.ibv_wr_abort(self.batch())
        self.in_batch = False

    # Requests

    def wr_send(self):
        """A message, for a receive of the peer."""
        v.ibv_wr_send(self.may(e.IBV_QP_EX_WITH_SEND))

    def wr_send_imm(self, data):
        """data is in network byte order, as in the other calls."""
        v.ibv_wr_send_imm(self.may(e.IBV_QP_EX_WITH_SEND_WITH_IMM), data)

    def wr_send_inv(self, invalidate_rkey):
        """Likewise, which takes the key of a region or window back there."""
        v.ibv_wr_send_inv(self.may(e.IBV_QP_EX_WITH_SEND_WITH_INV),
                          invalidate_rkey)

    def wr_send_tso(self, hdr, hdr_sz, mss):
        """hdr is bytes, of which hdr_sz are the header; or an address."""
        cdef const unsigned char[::1] view

        if isinstance(hdr, int):
            v.ibv_wr_send_tso(self.may(e.IBV_QP_EX_WITH_TSO),
                              <void *><uintptr_t>hdr, hdr_sz, mss)
            return
        view = hdr
        if <size_t>view.shape[0] < <size_t>hdr_sz or not hdr_sz:
            raise PyverbsUserError(f'hdr has less than {hdr_sz} bytes, or none')
        v.ibv_wr_send_tso(self.may(e.IBV_QP_EX_WITH_TSO), <void *>&view[0],
                          hdr_sz, mss)

    def wr_rdma_read(self, rkey, remote_addr):
        """Read what is at remote_addr, in the peer's memory of that rkey."""
        v.ibv_wr_rdma_read(self.may(e.IBV_QP_EX_WITH_RDMA_READ), rkey,
                           remote_addr)

    def wr_rdma_write(self, rkey, remote_addr):
        """Write to remote_addr, in the peer's memory of that rkey."""
        v.ibv_wr_rdma_write(self.may(e.IBV_QP_EX_WITH_RDMA_WRITE), rkey,
                            remote_addr)

    def wr_rdma_write_imm(self, rkey, remote_addr, data):
        """Likewise, and complete a receive of the peer with data."""
        v.ibv_wr_rdma_write_imm(
            self.may(e.IBV_QP_EX_WITH_RDMA_WRITE_WITH_IMM), rkey, remote_addr,
            data)

    def wr_atomic_cmp_swp(self, rkey, remote_addr, compare, swap):
        """Put swap into the 8 bytes at remote_addr if compare is there."""
        v.ibv_wr_atomic_cmp_swp(
            self.may(e.IBV_QP_EX_WITH_ATOMIC_CMP_AND_SWP), rkey, remote_addr,
            compare, swap)

    def wr_atomic_fetch_add(self, rkey, remote_addr, add):
        """Add to the 8 bytes at remote_addr."""
        v.ibv_wr_atomic_fetch_add(
            self.may(e.IBV_QP_EX_WITH_ATOMIC_FETCH_AND_ADD), rkey, remote_addr,
            add)

    def wr_atomic_write(self, rkey, remote_addr, atomic_wr):
        """atomic_wr is the eight bytes to write."""
        cdef const unsigned char[::1] view = atomic_wr

        if view.shape[0] != 8:
            raise PyverbsUserError('An atomic write is of 8 bytes')
        v.ibv_wr_atomic_write(self.may(e.IBV_QP_EX_WITH_ATOMIC_WRITE), rkey,
                              remote_addr, &view[0])

    def wr_flush(self, rkey, remote_addr, length, ptype, level):
        """ptype is an ibv_placement_type, level an ibv_selectivity_level."""
        v.ibv_wr_flush(self.may(e.IBV_QP_EX_WITH_FLUSH), rkey, remote_addr,
                       length, ptype, level)

    def wr_local_inv(self, invalidate_rkey):
        """Take the key of a region or window back here."""
        v.ibv_wr_local_inv(self.may(e.IBV_QP_EX_WITH_LOCAL_INV),
                           invalidate_rkey)

    def wr_bind_mw(self, MW mw not None, rkey, MWBindInfo bind_info not None):
        """Bind a window of type 2; rkey becomes its key."""
        check_open(mw.mw, 'MW')
        m.ibv_wr_bind_mw(self.may(e.IBV_QP_EX_WITH_BIND_MW), mw.mw, rkey,
                         &bind_info.info)

    # What completes the request before it

    def wr_set_ud_addr(self, AH ah not None, remote_qpn, remote_rkey):
        """The receiver of a datagram; remote_rkey is its Q_Key."""
        check_open(ah.ah, 'AH')
        if self.batch().wr_set_ud_addr == NULL:
            raise PyverbsUserError('The device does not have it')
        v.ibv_wr_set_ud_addr(self.ex, ah.ah, remote_qpn, remote_rkey)

    def wr_set_xrc_srqn(self, remote_srqn):
        """The SRQ, by its number, that an XRC message is for."""
        if self.batch().wr_set_xrc_srqn == NULL:
            raise PyverbsUserError('The device does not have it')
        v.ibv_wr_set_xrc_srqn(self.ex, remote_srqn)

    def wr_set_sge(self, SGE sge not None):
        """The memory of the request: one SGE, copied now."""
        v.ibv_wr_set_sge(self.batch(), sge.sge.lkey, sge.sge.addr,
                         sge.sge.length)

    def wr_set_sge_list(self, num_sge, sg_list):
        """The first num_sge of the SGEs in sg_list."""
        cdef v.ibv_sge *sges = copy_sges(sg_list, num_sge)

        try:
            v.ibv_wr_set_sge_list(self.batch(), num_sge, sges)
        finally:
            free(sges)

    def wr_set_inline_data(self, addr, length):
        """The bytes at an address, copied now."""
        v.ibv_wr_set_inline_data(self.batch(), <void *><uintptr_t>addr, length)

    def wr_set_inline_data_list(self, num_buf, buf_list):
        """The bytes of the first num_buf DataBuffers in buf_list, copied now."""
        cdef v.ibv_data_buf *bufs
        cdef DataBuffer buf
        cdef size_t i

        if not 0 <= num_buf <= len(buf_list):
            raise PyverbsUserError(
                f'num_buf {num_buf}, but {len(buf_list)} buffers')
        bufs = <v.ibv_data_buf *>calloc(num_buf or 1, sizeof(v.ibv_data_buf))
        if bufs == NULL:
            raise MemoryError()
        try:
            for i in range(num_buf):
                buf = buf_list[i]
                bufs[i] = buf.data
            v.ibv_wr_set_inline_data_list(self.batch(), num_buf, bufs)
        finally:
            free(bufs)
