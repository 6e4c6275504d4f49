# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Queue pairs, their attributes and states."""

cimport cython
from libc.errno cimport errno
from libc.stdint cimport uintptr_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from pyverbs.addr cimport AH, AHAttr
from pyverbs.base cimport check_open, check_ptr, check_status
from pyverbs.comp_cntr cimport CompCntr
from pyverbs.cq cimport CQ
from pyverbs.device cimport Context
from pyverbs.mr cimport MW, MWBind, MWBindInfo
from pyverbs.pd cimport PD
from pyverbs.srq cimport SRQ
from pyverbs.wq cimport RwqIndTable, RxHashConf
from pyverbs.wr cimport SGE, RecvWR, SendWR, copy_sges
from pyverbs.xrcd cimport XRCD

from pyverbs import enums as e
from pyverbs.pyverbs_error import PyverbsRDMAError, PyverbsUserError

# What modify has to be given, by transport, on the way from reset to RTS.
INIT = e.IBV_QP_STATE | e.IBV_QP_PKEY_INDEX | e.IBV_QP_PORT
RTR = (e.IBV_QP_STATE | e.IBV_QP_AV | e.IBV_QP_PATH_MTU | e.IBV_QP_DEST_QPN |
       e.IBV_QP_RQ_PSN)
RTS = e.IBV_QP_STATE | e.IBV_QP_SQ_PSN
MASKS = {
    e.IBV_QPT_RC: (
        INIT | e.IBV_QP_ACCESS_FLAGS,
        RTR | e.IBV_QP_MAX_DEST_RD_ATOMIC | e.IBV_QP_MIN_RNR_TIMER,
        RTS | e.IBV_QP_TIMEOUT | e.IBV_QP_RETRY_CNT | e.IBV_QP_RNR_RETRY |
        e.IBV_QP_MAX_QP_RD_ATOMIC),
    e.IBV_QPT_UC: (INIT | e.IBV_QP_ACCESS_FLAGS, RTR, RTS),
    e.IBV_QPT_UD: (INIT | e.IBV_QP_QKEY, e.IBV_QP_STATE, RTS),
}


cdef class QPCap(PyverbsObject):
    """How much a QP's queues hold; inline data in bytes."""

    def __init__(self, max_send_wr=1, max_recv_wr=10, max_send_sge=1,
                 max_recv_sge=1, max_inline_data=0):
        self.max_send_wr = max_send_wr
        self.max_recv_wr = max_recv_wr
        self.max_send_sge = max_send_sge
        self.max_recv_sge = max_recv_sge
        self.max_inline_data = max_inline_data

    @property
    def max_send_wr(self):
        return self.cap.max_send_wr

    @max_send_wr.setter
    def max_send_wr(self, val):
        self.cap.max_send_wr = val

    @property
    def max_recv_wr(self):
        return self.cap.max_recv_wr

    @max_recv_wr.setter
    def max_recv_wr(self, val):
        self.cap.max_recv_wr = val

    @property
    def max_send_sge(self):
        return self.cap.max_send_sge

    @max_send_sge.setter
    def max_send_sge(self, val):
        self.cap.max_send_sge = val

    @property
    def max_recv_sge(self):
        return self.cap.max_recv_sge

    @max_recv_sge.setter
    def max_recv_sge(self, val):
        self.cap.max_recv_sge = val

    @property
    def max_inline_data(self):
        return self.cap.max_inline_data

    @max_inline_data.setter
    def max_inline_data(self, val):
        self.cap.max_inline_data = val


cdef class QPInitAttr(PyverbsObject):
    """What a QP is made from: its type, CQs and QPCap.

    With sq_sig_all every send request completes visibly, else only those
    marked IBV_SEND_SIGNALED. qp_context is kept for the interface's sake.
    """

    def __init__(self, qp_type=e.IBV_QPT_UD, qp_context=None, CQ scq=None,
                 CQ rcq=None, SRQ srq=None, QPCap cap=None, sq_sig_all=1):
        memset(&self.attr, 0, sizeof(self.attr))
        self.attr.qp_type = qp_type
        self.attr.sq_sig_all = sq_sig_all
        if cap is not None:
            self.attr.cap = cap.cap
        self.scq = scq
        self.rcq = rcq
        self._srq = srq

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
    def srq(self):
        return self._srq

    @srq.setter
    def srq(self, SRQ val):
        self._srq = val

    @property
    def cap(self):
        """A copy, as a QPCap."""
        cdef QPCap cap = QPCap()

        cap.cap = self.attr.cap
        return cap

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
    def max_send_wr(self):
        return self.attr.cap.max_send_wr

    @max_send_wr.setter
    def max_send_wr(self, val):
        self.attr.cap.max_send_wr = val

    @property
    def max_recv_wr(self):
        return self.attr.cap.max_recv_wr

    @max_recv_wr.setter
    def max_recv_wr(self, val):
        self.attr.cap.max_recv_wr = val

    @property
    def max_send_sge(self):
        return self.attr.cap.max_send_sge

    @max_send_sge.setter
    def max_send_sge(self, val):
        self.attr.cap.max_send_sge = val

    @property
    def max_recv_sge(self):
        return self.attr.cap.max_recv_sge

    @max_recv_sge.setter
    def max_recv_sge(self, val):
        self.attr.cap.max_recv_sge = val

    @property
    def max_inline_data(self):
        return self.attr.cap.max_inline_data

    @max_inline_data.setter
    def max_inline_data(self, val):
        self.attr.cap.max_inline_data = val


cdef class QPAttr(PyverbsObject):
    """What modify() sets and query() finds. Times are in the encodings of IB.

    ah_attr and alt_ah_attr are AHAttr objects, copied both ways.
    """

    def __init__(self, qp_state=e.IBV_QPS_INIT, cur_qp_state=e.IBV_QPS_RESET,
                 port_num=1, path_mtu=e.IBV_MTU_1024):
        memset(&self.attr, 0, sizeof(self.attr))
        self.attr.qp_state = qp_state
        self.attr.cur_qp_state = cur_qp_state
        self.attr.port_num = port_num
        self.attr.path_mtu = path_mtu

    @property
    def ah_attr(self):
        cdef AHAttr ah = AHAttr()

        ah.attr = self.attr.ah_attr
        return ah

    @ah_attr.setter
    def ah_attr(self, AHAttr val not None):
        self.attr.ah_attr = val.attr

    @property
    def alt_ah_attr(self):
        cdef AHAttr ah = AHAttr()

        ah.attr = self.attr.alt_ah_attr
        return ah

    @alt_ah_attr.setter
    def alt_ah_attr(self, AHAttr val not None):
        self.attr.alt_ah_attr = val.attr

    @property
    def cap(self):
        cdef QPCap cap = QPCap()

        cap.cap = self.attr.cap
        return cap

    @cap.setter
    def cap(self, QPCap val not None):
        self.attr.cap = val.cap

    @property
    def qp_state(self):
        return e.ibv_qp_state(self.attr.qp_state)

    @qp_state.setter
    def qp_state(self, val):
        self.attr.qp_state = val

    @property
    def cur_qp_state(self):
        return e.ibv_qp_state(self.attr.cur_qp_state)

    @cur_qp_state.setter
    def cur_qp_state(self, val):
        self.attr.cur_qp_state = val

    @property
    def path_mtu(self):
        return e.ibv_mtu(self.attr.path_mtu)

    @path_mtu.setter
    def path_mtu(self, val):
        self.attr.path_mtu = val

    @property
    def path_mig_state(self):
        return e.ibv_mig_state(self.attr.path_mig_state)

    @path_mig_state.setter
    def path_mig_state(self, val):
        self.attr.path_mig_state = val

    @property
    def qkey(self):
        return self.attr.qkey

    @qkey.setter
    def qkey(self, val):
        self.attr.qkey = val

    @property
    def rq_psn(self):
        return self.attr.rq_psn

    @rq_psn.setter
    def rq_psn(self, val):
        self.attr.rq_psn = val

    @property
    def sq_psn(self):
        return self.attr.sq_psn

    @sq_psn.setter
    def sq_psn(self, val):
        self.attr.sq_psn = val

    @property
    def dest_qp_num(self):
        return self.attr.dest_qp_num

    @dest_qp_num.setter
    def dest_qp_num(self, val):
        self.attr.dest_qp_num = val

    @property
    def qp_access_flags(self):
        return self.attr.qp_access_flags

    @qp_access_flags.setter
    def qp_access_flags(self, val):
        self.attr.qp_access_flags = val

    @property
    def pkey_index(self):
        return self.attr.pkey_index

    @pkey_index.setter
    def pkey_index(self, val):
        self.attr.pkey_index = val

    @property
    def alt_pkey_index(self):
        return self.attr.alt_pkey_index

    @alt_pkey_index.setter
    def alt_pkey_index(self, val):
        self.attr.alt_pkey_index = val

    @property
    def en_sqd_async_notify(self):
        return self.attr.en_sqd_async_notify

    @en_sqd_async_notify.setter
    def en_sqd_async_notify(self, val):
        self.attr.en_sqd_async_notify = val

    @property
    def sq_draining(self):
        return self.attr.sq_draining

    @sq_draining.setter
    def sq_draining(self, val):
        self.attr.sq_draining = val

    @property
    def max_rd_atomic(self):
        return self.attr.max_rd_atomic

    @max_rd_atomic.setter
    def max_rd_atomic(self, val):
        self.attr.max_rd_atomic = val

    @property
    def max_dest_rd_atomic(self):
        return self.attr.max_dest_rd_atomic

    @max_dest_rd_atomic.setter
    def max_dest_rd_atomic(self, val):
        self.attr.max_dest_rd_atomic = val

    @property
    def min_rnr_timer(self):
        return self.attr.min_rnr_timer

    @min_rnr_timer.setter
    def min_rnr_timer(self, val):
        self.attr.min_rnr_timer = val

    @property
    def port_num(self):
        return self.attr.port_num

    @port_num.setter
    def port_num(self, val):
        self.attr.port_num = val

    @property
    def timeout(self):
        return self.attr.timeout

    @timeout.setter
    def timeout(self, val):
        self.attr.timeout = val

    @property
    def retry_cnt(self):
        return self.attr.retry_cnt

    @retry_cnt.setter
    def retry_cnt(self, val):
        self.attr.retry_cnt = val

    @property
    def rnr_retry(self):
        return self.attr.rnr_retry

    @rnr_retry.setter
    def rnr_retry(self, val):
        self.attr.rnr_retry = val

    @property
    def alt_port_num(self):
        return self.attr.alt_port_num

    @alt_port_num.setter
    def alt_port_num(self, val):
        self.attr.alt_port_num = val

    @property
    def alt_timeout(self):
        return self.attr.alt_timeout

    @alt_timeout.setter
    def alt_timeout(self, val):
        self.attr.alt_timeout = val

    @property
    def rate_limit(self):
        return self.attr.rate_limit

    @rate_limit.setter
    def rate_limit(self, val):
        self.attr.rate_limit = val


cdef class ECE(PyverbsObject):
    """What two QPs agree on while they connect, in their vendor's terms."""

    def __init__(self, vendor_id=0, options=0, comp_mask=0):
        self.ece.vendor_id = vendor_id
        self.ece.options = options
        self.ece.comp_mask = comp_mask

    @property
    def vendor_id(self):
        return self.ece.vendor_id

    @vendor_id.setter
    def vendor_id(self, val):
        self.ece.vendor_id = val

    @property
    def options(self):
        return self.ece.options

    @options.setter
    def options(self, val):
        self.ece.options = val

    @property
    def comp_mask(self):
        return self.ece.comp_mask

    @comp_mask.setter
    def comp_mask(self, val):
        self.ece.comp_mask = val

    def __str__(self):
        return (f'ECE vendor_id {self.vendor_id:#x} options {self.options:#x} '
                f'comp_mask {self.comp_mask:#x}')


cdef class QPAttachCompCntrAttr(PyverbsObject):
    """What a CompCntr is to count of a QP: ibv_qp_attach_comp_cntr_op."""

    def __init__(self, op_mask=0, comp_mask=0):
        self.attr.op_mask = op_mask
        self.attr.comp_mask = comp_mask

    @property
    def op_mask(self):
        return self.attr.op_mask


@cython.no_gc_clear
cdef class QP(PyverbsCM):
    """A queue pair.

    creator is a PD with a QPInitAttr, or a Context with a QPInitAttrEx.
    With a qp_attr it goes on as far as that takes it: a UD QP to RTS, a
    connected one to INIT. What init_attr asked for is updated to what the
    device gave.
    """

    def __init__(self, creator not None, init_attr not None,
                 QPAttr qp_attr=None):
        if isinstance(creator, Context):
            self._create_ex(creator, init_attr)
        else:
            self._create(creator, init_attr)
        for parent in (self.pd, self.scq, self.rcq, self.srq, *self.others):
            if parent is not None:
                (<PyverbsCM>parent).add_ref(self)
        if qp_attr is not None:
            self._advance(qp_attr)

    def _create(self, PD pd, QPInitAttr init_attr):
        cdef int err

        check_open(pd.pd, 'PD')
        init_attr.attr.send_cq = self._use_cq(init_attr.scq)
        init_attr.attr.recv_cq = self._use_cq(init_attr.rcq)
        init_attr.attr.srq = self._use_srq(init_attr._srq)
        with nogil:
            self.qp = v.ibv_create_qp(pd.pd, &init_attr.attr)
            err = errno
        check_ptr(self.qp, err, 'ibv_create_qp')
        self.pd = pd
        self.scq = init_attr.scq
        self.rcq = init_attr.rcq
        self.srq = init_attr._srq
        self.others = ()

    def _create_ex(self, Context context, QPInitAttrEx init_attr):
        cdef int err

        check_open(context.context, 'Context')
        init_attr.attr.send_cq = self._use_cq(init_attr.scq)
        init_attr.attr.recv_cq = self._use_cq(init_attr.rcq)
        init_attr.attr.pd = self._use_pd(init_attr._pd)
        init_attr.attr.srq = self._use_srq(init_attr._srq)
        init_attr.use_objects()
        with nogil:
            self.qp = v.ibv_create_qp_ex(context.context, &init_attr.attr)
            err = errno
        check_ptr(self.qp, err, 'ibv_create_qp_ex')
        self.pd = init_attr._pd
        self.scq = init_attr.scq
        self.rcq = init_attr.rcq
        self.srq = init_attr._srq
        self.others = (context, init_attr._xrcd, init_attr._ind_table)

    cdef v.ibv_pd *_use_pd(self, PD pd) except? NULL:
        if pd is None:
            return NULL
        check_open(pd.pd, 'PD')
        return pd.pd

    cdef v.ibv_cq *_use_cq(self, CQ cq) except? NULL:
        if cq is None:
            return NULL
        check_open(cq.cq, 'CQ')
        return cq.cq

    cdef v.ibv_srq *_use_srq(self, SRQ srq) except? NULL:
        if srq is None:
            return NULL
        check_open(srq.srq, 'SRQ')
        return srq.srq

    def _advance(self, QPAttr qp_attr):
        if self.qp_type == e.IBV_QPT_UD:
            self.to_rts(qp_attr)
        else:
            self.to_init(qp_attr)

    cpdef close(self):
        cdef int ret

        if self.qp == NULL:
            return
        self.close_children()
        with nogil:
            ret = v.ibv_destroy_qp(self.qp)
        check_status(ret, 'ibv_destroy_qp')
        self.qp = NULL
        self.pd = self.scq = self.rcq = self.srq = self.others = None

    def __dealloc__(self):
        if self.qp != NULL:
            with nogil:
                v.ibv_destroy_qp(self.qp)

    def modify(self, QPAttr qp_attr not None, int comp_mask):
        """Set those of the attributes that comp_mask (ibv_qp_attr_mask) names."""
        cdef int ret

        check_open(self.qp, 'QP')
        with nogil:
            ret = v.ibv_modify_qp(self.qp, &qp_attr.attr, comp_mask)
        check_status(ret, 'ibv_modify_qp')

    def _to_state(self, QPAttr qp_attr not None, state, step):
        masks = MASKS.get(self.qp_type)
        if masks is None:
            raise PyverbsUserError(f'{self.qp_type!r} needs modify()')
        qp_attr.qp_state = state
        self.modify(qp_attr, masks[step])

    def to_init(self, QPAttr qp_attr not None):
        """From RESET to INIT."""
        self._to_state(qp_attr, e.IBV_QPS_INIT, 0)

    def to_rtr(self, QPAttr qp_attr not None):
        """To RTR, by way of INIT if it is not there yet."""
        if self.qp_state != e.IBV_QPS_INIT:
            self.to_init(qp_attr)
        self._to_state(qp_attr, e.IBV_QPS_RTR, 1)

    def to_rts(self, QPAttr qp_attr not None):
        """To RTS, by way of the states before it."""
        if self.qp_state != e.IBV_QPS_RTR:
            self.to_rtr(qp_attr)
        self._to_state(qp_attr, e.IBV_QPS_RTS, 2)

    def query(self, int attr_mask):
        """Return (QPAttr, QPInitAttr), at least what attr_mask names."""
        cdef QPAttr attr = QPAttr()
        cdef QPInitAttr init_attr = QPInitAttr()
        cdef int ret

        check_open(self.qp, 'QP')
        with nogil:
            ret = v.ibv_query_qp(self.qp, &attr.attr, attr_mask,
                                 &init_attr.attr)
        check_status(ret, 'ibv_query_qp')
        init_attr.scq = self.scq
        init_attr.rcq = self.rcq
        init_attr._srq = self.srq
        return attr, init_attr

    def post_send(self, SendWR wr not None, SendWR bad_wr=None):
        """Post a request and those linked to it.

        On failure bad_wr, if given, becomes a copy of the first one refused,
        without its SGEs and successors.
        """
        cdef v.ibv_send_wr *bad = NULL
        cdef int ret

        check_open(self.qp, 'QP')
        with nogil:
            ret = v.ibv_post_send(self.qp, &wr.send_wr, &bad)
        if ret and bad_wr is not None and bad != NULL:
            bad_wr.send_wr.wr_id = bad.wr_id
            bad_wr.send_wr.opcode = bad.opcode
            bad_wr.send_wr.send_flags = bad.send_flags
        check_status(ret, 'ibv_post_send')

    def post_recv(self, RecvWR wr not None, RecvWR bad_wr=None):
        """Post a receive and those linked to it; bad_wr as in post_send()."""
        cdef v.ibv_recv_wr *bad = NULL
        cdef int ret

        check_open(self.qp, 'QP')
        with nogil:
            ret = v.ibv_post_recv(self.qp, &wr.recv_wr, &bad)
        if ret and bad_wr is not None and bad != NULL:
            bad_wr.recv_wr.wr_id = bad.wr_id
        check_status(ret, 'ibv_post_recv')

    def bind_mw(self, MW mw not None, MWBind mw_bind not None):
        """Post the bind of a window of type 1; its rkey is new at once."""
        cdef int ret

        check_open(self.qp, 'QP')
        check_open(mw.mw, 'MW')
        with nogil:
            ret = m.ibv_bind_mw(self.qp, mw.mw, &mw_bind.mw_bind)
        check_status(ret, 'ibv_bind_mw')

    def attach_comp_cntr(self, CompCntr comp_cntr not None,
                         QPAttachCompCntrAttr attr not None):
        """Count in comp_cntr what attr names, from now on."""
        cdef int ret

        check_open(self.qp, 'QP')
        check_open(comp_cntr.cntr, 'CompCntr')
        with nogil:
            ret = m.ibv_qp_attach_comp_cntr(self.qp, comp_cntr.cntr, &attr.attr)
        check_status(ret, 'ibv_qp_attach_comp_cntr')
        comp_cntr.add_ref(self)

    def query_ece(self):
        """Return the ECE that the QP offers."""
        cdef ECE ece = ECE()
        cdef int ret

        check_open(self.qp, 'QP')
        with nogil:
            ret = m.ibv_query_ece(self.qp, &ece.ece)
        check_status(ret, 'ibv_query_ece')
        return ece

    def set_ece(self, ECE ece not None):
        """Use what the peer's QP offers, before the QP leaves INIT."""
        cdef int ret

        check_open(self.qp, 'QP')
        with nogil:
            ret = m.ibv_set_ece(self.qp, &ece.ece)
        check_status(ret, 'ibv_set_ece')

    def query_data_in_order(self, op, unsigned int flags=0):
        """Whether data of op, an ibv_wr_opcode, arrives in memory in order.

        True or False in numbers, or with IBV_QUERY_QP_DATA_IN_ORDER_RETURN_CAPS
        ibv_query_qp_data_in_order_caps.
        """
        cdef v.ibv_wr_opcode opcode = op
        cdef int ret

        check_open(self.qp, 'QP')
        with nogil:
            ret = m.ibv_query_qp_data_in_order(self.qp, opcode, flags)
        return ret

    @property
    def qp_num(self):
        check_open(self.qp, 'QP')
        return self.qp.qp_num

    @property
    def qp_state(self):
        """As of the last modify() or query()."""
        check_open(self.qp, 'QP')
        return e.ibv_qp_state(self.qp.state)

    @property
    def qp_type(self):
        check_open(self.qp, 'QP')
        return e.ibv_qp_type(self.qp.qp_type)


include 'qp_ex.pxi'
