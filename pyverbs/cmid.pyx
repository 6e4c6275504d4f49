# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Connections by IP addresses, made by librdmacm.

With an AddrInfo a CMID is synchronous: its calls wait. With a CMEventChannel they
start something, and a CMEvent tells how that went.
"""

import sys

cimport cython
from libc cimport errno as c_errno
from libc.errno cimport errno
from libc.stdint cimport uint32_t, uint64_t, uintptr_t
from libc.string cimport memset

from pyverbs cimport libibverbs as v
from pyverbs.addr cimport AH, AHAttr
from pyverbs.base cimport check_minus_one, check_open, check_ptr, check_status
from pyverbs.cq cimport WC
from pyverbs.qp cimport ECE, QPAttr, QPInitAttr, QPInitAttrEx

from pyverbs import cm_enums as ce
from pyverbs import enums as e
from pyverbs.pyverbs_error import PyverbsRDMAError, PyverbsUserError

include 'cm_attr.pxi'
include 'cm_event.pxi'


def usable_devices():
    """The names, as bytes, of the devices that connections can be made with."""
    cdef v.ibv_context **devices
    cdef int num = 0
    cdef int err

    with nogil:
        devices = cm.rdma_get_devices(&num)
        err = errno
    check_ptr(devices, err, 'rdma_get_devices')
    try:
        return {<bytes>v.ibv_get_device_name(devices[i].device)
                for i in range(num)}
    finally:
        cm.rdma_free_devices(devices)


@cython.no_gc_clear
cdef class CMID(PyverbsCM):
    """One end of a connection, or what listens for them.

    creator: an AddrInfo, for calls that wait; a CMEventChannel, for events; or
    the CMEvent of a connection request, with the CMID that listened as
    listen_id. With an AddrInfo a qp_init_attr makes the QP, in the PD pd or in
    one of librdmacm's; that of a listening CMID is for those that get_request()
    returns.
    """

    def __init__(self, creator=None, QPInitAttr qp_init_attr=None, PD pd=None,
                 port_space=ce.RDMA_PS_TCP, CMID listen_id=None):
        self.users = []
        self.own_pd = pd
        if pd is not None:
            check_open(pd.pd, 'PD')
            self.use(pd)
        if isinstance(creator, AddrInfo):
            self._create_endpoint(creator, qp_init_attr)
        elif isinstance(creator, CMEventChannel):
            self._create(creator, port_space)
        elif isinstance(creator, CMEvent):
            self._take(creator, listen_id)
        elif creator is not None:
            raise PyverbsUserError(f'No CMID from a {type(creator).__name__}')
        elif listen_id is not None:
            self._get_request(listen_id)

    def use(self, PyverbsCM owner not None):
        """Be closed before owner is."""
        owner.add_ref(self)
        self.users.append(owner)

    def _use_queues(self, init_attr):
        for queue in (init_attr.send_cq, init_attr.recv_cq, init_attr.srq):
            if queue is not None:
                self.use(queue)

    def _create_endpoint(self, AddrInfo info, QPInitAttr init_attr):
        cdef v.ibv_pd *c_pd = NULL if self.own_pd is None else self.own_pd.pd
        cdef v.ibv_qp_init_attr *c_attr = NULL
        cdef int ret, err

        check_open(info.info, 'AddrInfo')
        if init_attr is not None:
            init_attr.use_objects()
            c_attr = &init_attr.attr
            self._use_queues(init_attr)
        with nogil:
            ret = cm.rdma_create_ep(&self.id, info.info, c_pd, c_attr)
            err = errno
        check_minus_one(ret, err, 'rdma_create_ep')
        self.is_endpoint = True
        self.id.context = <void *>self

    def _create(self, CMEventChannel channel, port_space):
        cdef cm.rdma_port_space ps = port_space
        cdef int ret, err

        check_open(channel.event_channel, 'CMEventChannel')
        with nogil:
            ret = cm.rdma_create_id(channel.event_channel, &self.id,
                                    <void *>self, ps)
            err = errno
        check_minus_one(ret, err, 'rdma_create_id')
        self.channel = channel
        self.use(channel)

    def _take(self, CMEvent event, CMID listen_id):
        if event.request == NULL:
            raise PyverbsUserError('Not a connection request, or taken already')
        self.id, event.request = event.request, NULL
        self.id.context = <void *>self
        if listen_id is not None:
            self.channel = listen_id.channel
            self.own_pd = listen_id.own_pd
        if self.channel is not None:
            self.use(self.channel)

    def _get_request(self, CMID listen_id):
        cdef int ret, err

        check_open(listen_id.id, 'CMID')
        with nogil:
            ret = cm.rdma_get_request(listen_id.id, &self.id)
            err = errno
        check_minus_one(ret, err, 'rdma_get_request')
        self.is_endpoint = True
        self.id.context = <void *>self
        self.own_pd = listen_id.own_pd
        # The queues, if they are the program's.
        for owner in listen_id.users:
            self.use(owner)

    cpdef close(self):
        cdef int ret, err

        if self.id == NULL:
            return
        self.close_children()
        self._pd = self.ctx = None
        with nogil:
            if self.is_endpoint:
                cm.rdma_destroy_ep(self.id)
                ret = err = 0
            else:
                if self.id.qp != NULL:
                    cm.rdma_destroy_qp(self.id)
                ret = cm.rdma_destroy_id(self.id)
                err = errno
        check_minus_one(ret, err, 'rdma_destroy_id')
        self.id = NULL
        self.users = []
        self.channel = self.own_pd = None

    def __dealloc__(self):
        if self.id == NULL:
            return
        with nogil:
            if self.is_endpoint:
                cm.rdma_destroy_ep(self.id)
            else:
                if self.id.qp != NULL:
                    cm.rdma_destroy_qp(self.id)
                cm.rdma_destroy_id(self.id)

    # What it is

    @property
    def event_channel(self):
        """The CMEventChannel, or None."""
        return self.channel

    @property
    def context(self):
        """The device, once there is one, as a Context that librdmacm closes."""
        check_open(self.id, 'CMID')
        if self.ctx is None and self.id.verbs != NULL:
            self.ctx = Context.__new__(Context)
            self.ctx.context = self.id.verbs
            self.ctx.borrowed = True
            self.ctx.dev_name = \
                v.ibv_get_device_name(self.id.verbs.device).decode()
            self.add_ref(self.ctx)
        return self.ctx

    @property
    def pd(self):
        """The PD given, or librdmacm's, once there is one."""
        check_open(self.id, 'CMID')
        if self.own_pd is not None:
            return self.own_pd
        if self._pd is None and self.id.pd != NULL:
            self._pd = PD.__new__(PD)
            self._pd.pd = self.id.pd
            self._pd.borrowed = True
            self._pd.ctx = self.context
            (<PyverbsCM>self.ctx).add_ref(self._pd)
            self.add_ref(self._pd)
        return self._pd

    @property
    def dev_name(self):
        """The device's name, None without one."""
        context = self.context
        return None if context is None else context.name

    @property
    def port_num(self):
        check_open(self.id, 'CMID')
        return self.id.port_num

    @property
    def qpn(self):
        """The number of its QP."""
        self._check_qp()
        return self.id.qp.qp_num

    def _check_qp(self):
        check_open(self.id, 'CMID')
        if self.id.qp == NULL:
            raise PyverbsUserError('The CMID has no QP')

    # Connections

    def bind_addr(self, AddrInfo lai not None):
        """Use the src of lai here."""
        cdef int ret, err

        check_open(self.id, 'CMID')
        check_open(lai.info, 'AddrInfo')
        with nogil:
            ret = cm.rdma_bind_addr(self.id, lai.info.ai_src_addr)
            err = errno
        check_minus_one(ret, err, 'rdma_bind_addr')

    def resolve_addr(self, AddrInfo rai not None, int timeout_ms=2000):
        """Find the device that leads to the dst of rai."""
        cdef int ret, err

        check_open(self.id, 'CMID')
        check_open(rai.info, 'AddrInfo')
        with nogil:
            ret = cm.rdma_resolve_addr(self.id, rai.info.ai_src_addr,
                                       rai.info.ai_dst_addr, timeout_ms)
            err = errno
        check_minus_one(ret, err, 'rdma_resolve_addr')

    def resolve_route(self, int timeout_ms=2000):
        """Find the way to the address that was resolved."""
        cdef int ret, err

        check_open(self.id, 'CMID')
        with nogil:
            ret = cm.rdma_resolve_route(self.id, timeout_ms)
            err = errno
        check_minus_one(ret, err, 'rdma_resolve_route')

    def listen(self, int backlog=0):
        """Let at most backlog connection requests wait; 0: as many as can."""
        cdef int ret, err

        check_open(self.id, 'CMID')
        with nogil:
            ret = cm.rdma_listen(self.id, backlog)
            err = errno
        check_minus_one(ret, err, 'rdma_listen')

    def get_request(self):
        """Wait for a connection request; return the CMID of its connection."""
        return CMID(listen_id=self)

    def connect(self, ConnParam param=None):
        """Ask the peer for a connection."""
        cdef cm.rdma_conn_param *c_param = NULL
        cdef int ret, err

        check_open(self.id, 'CMID')
        if param is not None:
            c_param = &param.param
        with nogil:
            ret = cm.rdma_connect(self.id, c_param)
            err = errno
        check_minus_one(ret, err, 'rdma_connect')

    def accept(self, ConnParam param=None):
        """Accept the connection request."""
        cdef cm.rdma_conn_param *c_param = NULL
        cdef int ret, err

        check_open(self.id, 'CMID')
        if param is not None:
            c_param = &param.param
        with nogil:
            ret = cm.rdma_accept(self.id, c_param)
            err = errno
        check_minus_one(ret, err, 'rdma_accept')

    def reject(self, private_data=None):
        """Refuse the connection request, with private data for the peer."""
        cdef bytes data
        cdef const char *c_data
        cdef unsigned char length
        cdef int ret, err

        check_open(self.id, 'CMID')
        data = private_bytes(private_data or b'')
        c_data = data
        length = len(data)
        with nogil:
            ret = cm.rdma_reject(self.id, c_data, length)
            err = errno
        check_minus_one(ret, err, 'rdma_reject')

    def establish(self):
        """Say that the connection is there, for a QP that is not the CMID's."""
        cdef int ret, err

        check_open(self.id, 'CMID')
        with nogil:
            ret = cm.rdma_establish(self.id)
            err = errno
        check_minus_one(ret, err, 'rdma_establish')

    def disconnect(self):
        """End the connection; the QP is in its error state then."""
        cdef int ret, err

        check_open(self.id, 'CMID')
        with nogil:
            ret = cm.rdma_disconnect(self.id)
            err = errno
        check_minus_one(ret, err, 'rdma_disconnect')

    def set_option(self, int level, int optname, optval, size_t optlen):
        """Set an option, such as RDMA_OPTION_ID_ACK_TIMEOUT of RDMA_OPTION_ID.

        optval: bytes, or a number that takes optlen of them.
        """
        cdef bytes data
        cdef char *c_data
        cdef int ret, err

        check_open(self.id, 'CMID')
        if isinstance(optval, int):
            optval = int(optval).to_bytes(optlen, sys.byteorder)
        data = bytes(optval)
        if len(data) < optlen:
            raise PyverbsUserError(f'optval has less than {optlen} bytes')
        c_data = data
        with nogil:
            ret = cm.rdma_set_option(self.id, level, optname, c_data, optlen)
            err = errno
        check_minus_one(ret, err, 'rdma_set_option')

    def join_multicast(self, AddrInfo addr=None, JoinMCAttrEx mc_attr=None,
                       uintptr_t context=0):
        """Join the group that is the dst of addr, or as mc_attr says.

        context comes back in the event.
        """
        cdef int ret, err

        check_open(self.id, 'CMID')
        if (addr is None) == (mc_attr is None):
            raise PyverbsUserError('Joining takes either addr or mc_attr')
        check_open(mc_attr.addr.info if addr is None else addr.info, 'AddrInfo')
        with nogil:
            if mc_attr is not None:
                ret = cm.rdma_join_multicast_ex(self.id, &mc_attr.attr,
                                                <void *>context)
            else:
                ret = cm.rdma_join_multicast(self.id, addr.info.ai_dst_addr,
                                             <void *>context)
            err = errno
        check_minus_one(ret, err, 'rdma_join_multicast')

    def leave_multicast(self, AddrInfo addr not None):
        """Leave the group that is the dst of addr."""
        cdef int ret, err

        check_open(self.id, 'CMID')
        check_open(addr.info, 'AddrInfo')
        with nogil:
            ret = cm.rdma_leave_multicast(self.id, addr.info.ai_dst_addr)
            err = errno
        check_minus_one(ret, err, 'rdma_leave_multicast')

    # The QP

    def create_qp(self, qp_init not None):
        """Make its QP as a QPInitAttr or QPInitAttrEx says.

        Without CQs there, librdmacm makes some for get_send_comp() and
        get_recv_comp().
        """
        cdef v.ibv_pd *c_pd = NULL if self.own_pd is None else self.own_pd.pd
        cdef QPInitAttr attr
        cdef QPInitAttrEx attr_ex
        cdef int ret, err

        check_open(self.id, 'CMID')
        if isinstance(qp_init, QPInitAttrEx):
            attr_ex = qp_init
            attr_ex.use_objects()
            with nogil:
                ret = cm.rdma_create_qp_ex(self.id, &attr_ex.attr)
                err = errno
        else:
            attr = qp_init
            attr.use_objects()
            with nogil:
                ret = cm.rdma_create_qp(self.id, c_pd, &attr.attr)
                err = errno
        check_minus_one(ret, err, 'rdma_create_qp')
        self._use_queues(qp_init)

    def query_qp(self, int attr_mask):
        """Return (QPAttr, QPInitAttr), at least what attr_mask names."""
        cdef QPAttr attr = QPAttr()
        cdef QPInitAttr init_attr = QPInitAttr()
        cdef int ret

        self._check_qp()
        with nogil:
            ret = v.ibv_query_qp(self.id.qp, &attr.attr, attr_mask,
                                 &init_attr.attr)
        check_status(ret, 'ibv_query_qp')
        return attr, init_attr

    def init_qp_attr(self, qp_state):
        """What a QP that is not the CMID's has to be given to reach a state.

        Return (QPAttr, mask), as for QP.modify().
        """
        cdef QPAttr attr = QPAttr()
        cdef int mask = 0
        cdef int ret, err

        check_open(self.id, 'CMID')
        attr.qp_state = qp_state
        with nogil:
            ret = cm.rdma_init_qp_attr(self.id, &attr.attr, &mask)
            err = errno
        check_minus_one(ret, err, 'rdma_init_qp_attr')
        return attr, mask

    def set_local_ece(self, ECE ece not None):
        """Offer this to the peer, for a QP that is not the CMID's."""
        cdef int ret, err

        check_open(self.id, 'CMID')
        with nogil:
            ret = cm.rdma_set_local_ece(self.id, &ece.ece)
            err = errno
        check_minus_one(ret, err, 'rdma_set_local_ece')

    def get_remote_ece(self):
        """Return the ECE that the peer offered."""
        cdef ECE ece = ECE()
        cdef int ret, err

        check_open(self.id, 'CMID')
        with nogil:
            ret = cm.rdma_get_remote_ece(self.id, &ece.ece)
            err = errno
        check_minus_one(ret, err, 'rdma_get_remote_ece')
        return ece

    # Memory and messages

    def reg_msgs(self, size):
        """Return an MR of size bytes of its own, for messages."""
        return self._register(size, e.IBV_ACCESS_LOCAL_WRITE)

    def reg_read(self, size=0):
        """Likewise, which the peer may read."""
        return self._register(size, e.IBV_ACCESS_LOCAL_WRITE |
                              e.IBV_ACCESS_REMOTE_READ)

    def reg_write(self, size=0):
        """Likewise, which the peer may write."""
        return self._register(size, e.IBV_ACCESS_LOCAL_WRITE |
                              e.IBV_ACCESS_REMOTE_WRITE)

    def _register(self, size, access):
        pd = self.pd
        if pd is None:
            raise PyverbsUserError('The CMID has no PD yet')
        return MR(pd, size, access)

    cdef void *place(self, MR mr, size_t length) except NULL:
        """The MR's first byte, after all that can be wrong was looked at."""
        self._check_qp()
        check_open(mr.mr, 'MR')
        mr.check_range(length, 0)
        return <void *><uintptr_t>mr.address

    def post_recv(self, MR mr not None, length=None):
        """Receive the next message into the first bytes of mr, by default all."""
        cdef size_t c_length = mr.length if length is None else length
        cdef void *addr = self.place(mr, c_length)
        cdef int ret, err

        with nogil:
            ret = cm.rdma_post_recv(self.id, NULL, addr, c_length, mr.mr)
            err = errno
        check_minus_one(ret, err, 'rdma_post_recv')

    def post_send(self, MR mr not None, int flags=e.IBV_SEND_SIGNALED,
                  length=None):
        """Send the first bytes of mr, by default all."""
        cdef size_t c_length = mr.length if length is None else length
        cdef void *addr = self.place(mr, c_length)
        cdef int ret, err

        with nogil:
            ret = cm.rdma_post_send(self.id, NULL, addr, c_length, mr.mr, flags)
            err = errno
        check_minus_one(ret, err, 'rdma_post_send')

    def post_ud_send(self, MR mr not None, AH ah not None, uint32_t rqpn=0,
                     int flags=e.IBV_SEND_SIGNALED, length=None):
        """Send the first bytes of mr, by default all, to a QP behind ah."""
        cdef size_t c_length = mr.length if length is None else length
        cdef void *addr = self.place(mr, c_length)
        cdef int ret, err

        check_open(ah.ah, 'AH')
        with nogil:
            ret = cm.rdma_post_ud_send(self.id, NULL, addr, c_length, mr.mr,
                                       flags, ah.ah, rqpn)
            err = errno
        check_minus_one(ret, err, 'rdma_post_ud_send')

    def post_read(self, MR mr not None, size_t length, uint64_t remote_addr,
                  uint32_t rkey, int flags=0):
        """Read length bytes of the peer's memory into mr."""
        cdef void *addr = self.place(mr, length)
        cdef int ret, err

        with nogil:
            ret = cm.rdma_post_read(self.id, NULL, addr, length, mr.mr, flags,
                                    remote_addr, rkey)
            err = errno
        check_minus_one(ret, err, 'rdma_post_read')

    def post_write(self, MR mr not None, size_t length, uint64_t remote_addr,
                   uint32_t rkey, int flags=0):
        """Write the first length bytes of mr to the peer's memory."""
        cdef void *addr = self.place(mr, length)
        cdef int ret, err

        with nogil:
            ret = cm.rdma_post_write(self.id, NULL, addr, length, mr.mr, flags,
                                     remote_addr, rkey)
            err = errno
        check_minus_one(ret, err, 'rdma_post_write')

    def get_send_comp(self):
        """Wait for the WC of a request."""
        cdef WC wc = WC()
        cdef int ret, err

        self._check_qp()
        with nogil:
            ret = cm.rdma_get_send_comp(self.id, &wc.wc)
            err = errno
        check_minus_one(ret, err, 'rdma_get_send_comp')
        return wc if ret else None

    def get_recv_comp(self):
        """Wait for the WC of a receive."""
        cdef WC wc = WC()
        cdef int ret, err

        self._check_qp()
        with nogil:
            ret = cm.rdma_get_recv_comp(self.id, &wc.wc)
            err = errno
        check_minus_one(ret, err, 'rdma_get_recv_comp')
        return wc if ret else None
