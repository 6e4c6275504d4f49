# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Queue pairs, their attributes and states."""

cimport cython
from libc.errno cimport errno
from libc.stdint cimport uint16_t, uint32_t, uintptr_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from pyverbs.addr cimport AH, AHAttr, GID
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
from pyverbs.names import flags_to_str, members
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
    e.IBV_QPT_RAW_PACKET: (e.IBV_QP_STATE | e.IBV_QP_PORT, e.IBV_QP_STATE,
                           e.IBV_QP_STATE),
    # One end requests, the other responds.
    e.IBV_QPT_XRC_SEND: (
        INIT | e.IBV_QP_ACCESS_FLAGS, RTR,
        RTS | e.IBV_QP_TIMEOUT | e.IBV_QP_RETRY_CNT | e.IBV_QP_RNR_RETRY |
        e.IBV_QP_MAX_QP_RD_ATOMIC),
    e.IBV_QPT_XRC_RECV: (
        INIT | e.IBV_QP_ACCESS_FLAGS,
        RTR | e.IBV_QP_MAX_DEST_RD_ATOMIC | e.IBV_QP_MIN_RNR_TIMER,
        RTS | e.IBV_QP_TIMEOUT),
}


def masks_of(qp_type):
    """What modify() is given on the way to INIT, RTR and RTS; None of a type that
    goes its own way."""
    return MASKS.get(qp_type)


include 'qp_attr.pxi'


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


cdef class QPRateLimitAttr(PyverbsObject):
    """How fast a QP may send: rate_limit in kbit/s, 0 for no limit.

    max_burst_sz and typical_pkt_sz, in bytes, are hints; 0 leaves them to the
    device.
    """

    def __init__(self, rate_limit=0, max_burst_sz=0, typical_pkt_sz=0,
                 comp_mask=0):
        self.attr.rate_limit = rate_limit
        self.attr.max_burst_sz = max_burst_sz
        self.attr.typical_pkt_sz = typical_pkt_sz
        self.attr.comp_mask = comp_mask

    @property
    def rate_limit(self):
        return self.attr.rate_limit

    @rate_limit.setter
    def rate_limit(self, val):
        self.attr.rate_limit = val

    @property
    def max_burst_sz(self):
        return self.attr.max_burst_sz

    @max_burst_sz.setter
    def max_burst_sz(self, val):
        self.attr.max_burst_sz = val

    @property
    def typical_pkt_sz(self):
        return self.attr.typical_pkt_sz

    @typical_pkt_sz.setter
    def typical_pkt_sz(self, val):
        self.attr.typical_pkt_sz = val

    @property
    def comp_mask(self):
        return self.attr.comp_mask

    @comp_mask.setter
    def comp_mask(self, val):
        self.attr.comp_mask = val


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

    cdef v.ibv_qp *create(self, v.ibv_pd *pd,
                          v.ibv_qp_init_attr *attr) except NULL:
        cdef v.ibv_qp *qp
        cdef int err

        with nogil:
            qp = v.ibv_create_qp(pd, attr)
            err = errno
        check_ptr(qp, err, 'ibv_create_qp')
        return qp

    def _create(self, PD pd, QPInitAttr init_attr):
        check_open(pd.pd, 'PD')
        init_attr.use_objects()
        self.qp = self.create(pd.pd, &init_attr.attr)
        self.pd = pd
        self.scq = init_attr.scq
        self.rcq = init_attr.rcq
        self.srq = init_attr._srq
        self.others = ()

    cdef v.ibv_qp *create_ex(self, v.ibv_context *context,
                             v.ibv_qp_init_attr_ex *attr) except NULL:
        cdef v.ibv_qp *qp
        cdef int err

        with nogil:
            qp = v.ibv_create_qp_ex(context, attr)
            err = errno
        check_ptr(qp, err, 'ibv_create_qp_ex')
        return qp

    def _create_ex(self, Context context, QPInitAttrEx init_attr):
        check_open(context.context, 'Context')
        init_attr.use_objects()
        self.qp = self.create_ex(context.context, &init_attr.attr)
        self.pd = init_attr._pd
        self.scq = init_attr.scq
        self.rcq = init_attr.rcq
        self.srq = init_attr._srq
        self._ind_table = init_attr._ind_table
        self.others = (context, init_attr._xrcd, self._ind_table)

    @classmethod
    def open(cls, XRCD xrcd not None, uint32_t qp_num):
        """The receiving end of an XRC connection that is there already.

        It is known by its number to all who have the domain open; the last one
        to close it destroys it.
        """
        cdef QP self = QP.__new__(QP)
        cdef v.ibv_context *context
        cdef v.ibv_qp_open_attr attr
        cdef int err

        check_open(xrcd.xrcd, 'XRCD')
        memset(&attr, 0, sizeof(attr))
        attr.comp_mask = (v.IBV_QP_OPEN_ATTR_NUM | v.IBV_QP_OPEN_ATTR_XRCD |
                          v.IBV_QP_OPEN_ATTR_TYPE)
        attr.qp_num = qp_num
        attr.xrcd = xrcd.xrcd
        attr.qp_type = <v.ibv_qp_type>e.IBV_QPT_XRC_RECV
        context = (<Context>xrcd.ctx).context
        with nogil:
            self.qp = v.ibv_open_qp(context, &attr)
            err = errno
        check_ptr(self.qp, err, 'ibv_open_qp')
        self.others = (xrcd.ctx, xrcd)
        for parent in self.others:
            (<PyverbsCM>parent).add_ref(self)
        return self

    def _advance(self, QPAttr qp_attr):
        if self.qp_type in (e.IBV_QPT_UD, e.IBV_QPT_RAW_PACKET):
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
        self.pd = self.scq = self.rcq = self.srq = None
        self._ind_table = self.others = None

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

    def modify_rate_limit(self, QPRateLimitAttr attr not None):
        """Send no faster than attr says."""
        cdef int ret

        check_open(self.qp, 'QP')
        with nogil:
            ret = v.ibv_modify_qp_rate_limit(self.qp, &attr.attr)
        check_status(ret, 'ibv_modify_qp_rate_limit')

    def _masks(self):
        """As masks_of(), for classes of providers to change."""
        return masks_of(self.qp_type)

    def _to_state(self, QPAttr qp_attr not None, state, step):
        masks = self._masks()
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

    def attach_mcast(self, GID gid not None, uint16_t lid=0):
        """Receive what is sent to the group, too; for UD."""
        cdef int ret

        check_open(self.qp, 'QP')
        with nogil:
            ret = v.ibv_attach_mcast(self.qp, &gid.c_gid, lid)
        check_status(ret, 'ibv_attach_mcast')

    def detach_mcast(self, GID gid not None, uint16_t lid=0):
        """No longer receive what is sent to the group."""
        cdef int ret

        check_open(self.qp, 'QP')
        with nogil:
            ret = v.ibv_detach_mcast(self.qp, &gid.c_gid, lid)
        check_status(ret, 'ibv_detach_mcast')

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
