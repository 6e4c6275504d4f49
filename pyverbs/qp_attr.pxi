# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
#
# The part of qp.pyx for what QPs are made from and set to.


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


# What an optional object is in C.

cdef v.ibv_pd *pd_of(PD pd) except? NULL:
    if pd is None:
        return NULL
    check_open(pd.pd, 'PD')
    return pd.pd


cdef v.ibv_cq *cq_of(CQ cq) except? NULL:
    if cq is None:
        return NULL
    check_open(cq.cq, 'CQ')
    return cq.cq


cdef v.ibv_srq *srq_of(SRQ srq) except? NULL:
    if srq is None:
        return NULL
    check_open(srq.srq, 'SRQ')
    return srq.srq


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

    cdef use_objects(self):
        """Name the objects."""
        self.attr.send_cq = cq_of(self.scq)
        self.attr.recv_cq = cq_of(self.rcq)
        self.attr.srq = srq_of(self._srq)

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
