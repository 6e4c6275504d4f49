# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
#
# The part of cmid.pyx for addresses and what connections are made with.


cdef cm.rdma_addrinfo *look_up(node, service, cm.rdma_addrinfo *hints) \
        except NULL:
    cdef bytes c_node = node.encode() if node is not None else b''
    cdef bytes c_service = str(service).encode() if service is not None else b''
    cdef const char *node_ptr = NULL if node is None else <const char *>c_node
    cdef const char *service_ptr = \
        NULL if service is None else <const char *>c_service
    cdef cm.rdma_addrinfo *info = NULL
    cdef int ret, err

    with nogil:
        c_errno.errno = 0
        ret = cm.rdma_getaddrinfo(node_ptr, service_ptr, hints, &info)
        err = errno
    # It hands on what getaddrinfo(3) says, which is no errno.
    if ret and not err:
        raise PyverbsRDMAError(f'rdma_getaddrinfo({node}, {service}) failed: '
                               f'{cm.gai_strerror(ret).decode()}')
    check_status(err if ret else 0, f'rdma_getaddrinfo({node}, {service})')
    return info


@cython.no_gc_clear
cdef class AddrInfo(PyverbsCM):
    """Addresses that names stand for.

    src and src_service: where to listen (with RAI_PASSIVE in flags) or to
    connect from; dst and dst_service: where to. Names or numbers, of hosts and of
    services.
    """

    def __init__(self, src=None, dst=None, src_service=None, dst_service=None,
                 port_space=0, flags=0):
        cdef cm.rdma_addrinfo hints
        cdef cm.rdma_addrinfo *source = NULL

        memset(&hints, 0, sizeof(hints))
        hints.ai_flags = flags
        hints.ai_port_space = port_space
        if dst is None:
            self.info = look_up(src, src_service, &hints)
            return
        if src is not None:
            hints.ai_flags |= cm.RAI_PASSIVE
            source = look_up(src, src_service, &hints)
            hints.ai_flags = flags
            hints.ai_src_addr = source.ai_src_addr
            hints.ai_src_len = source.ai_src_len
        try:
            self.info = look_up(dst, dst_service, &hints)
        finally:
            if source != NULL:
                cm.rdma_freeaddrinfo(source)

    cpdef close(self):
        self.close_children()
        if self.info != NULL:
            cm.rdma_freeaddrinfo(self.info)
        self.info = NULL

    def __dealloc__(self):
        if self.info != NULL:
            cm.rdma_freeaddrinfo(self.info)


cdef bytes private_bytes(data):
    """Private data; its length is told in one byte."""
    raw = data.encode() if isinstance(data, str) else bytes(data)
    if len(raw) > 255:
        raise PyverbsUserError('Private data has at most 255 bytes')
    return raw


cdef class ConnParam(PyverbsObject):
    """How to connect, or to accept.

    resources and depth: reads and atomics at once, of the peer's here and of
    ours there. retry and rnr_retry: how often. srq and qp_num count for QPs that
    the CMID did not create. data_len: bytes of private data, for which
    RDMA_PS_TCP has room for 56 to connect and 196 to accept, RDMA_PS_UDP for 180
    and 136; without it, as long as the data is.
    """

    def __init__(self, resources=1, depth=1, flow_control=0, retry=5,
                 rnr_retry=5, srq=0, qp_num=0, data_len=0):
        memset(&self.param, 0, sizeof(self.param))
        self.param.responder_resources = resources
        self.param.initiator_depth = depth
        self.param.flow_control = flow_control
        self.param.retry_count = retry
        self.param.rnr_retry_count = rnr_retry
        self.param.srq = srq
        self.param.qp_num = qp_num
        if not 0 <= data_len <= 255:
            raise PyverbsUserError(f'data_len {data_len} is not within 0 to 255')
        self.data_len = data_len
        self.set_private_data(b'')

    def set_private_data(self, data):
        """What the peer gets with the request or the answer: bytes or str."""
        cdef bytes padded = private_bytes(data).ljust(self.data_len, b'\0')

        if self.data_len and len(padded) > self.data_len:
            raise PyverbsUserError(f'{len(padded)} bytes of private data, but '
                                   f'data_len is {self.data_len}')
        self.data = padded
        self.param.private_data = <const char *>padded
        self.param.private_data_len = len(padded)

    @property
    def private_data(self):
        """As bytes."""
        return self.data

    @property
    def qpn(self):
        return self.param.qp_num

    @qpn.setter
    def qpn(self, val):
        self.param.qp_num = val


cdef class JoinMCAttrEx(PyverbsObject):
    """Which multicast group to join, and how.

    addr: an AddrInfo with the group as dst. comp_mask
    (rdma_cm_join_mc_attr_mask) says which of the two count.
    """

    def __init__(self, AddrInfo addr not None, comp_mask=0, join_flags=0):
        check_open(addr.info, 'AddrInfo')
        self.addr = addr
        self.attr.addr = addr.info.ai_dst_addr
        self.attr.comp_mask = comp_mask
        self.attr.join_flags = join_flags

    @property
    def comp_mask(self):
        return self.attr.comp_mask

    @comp_mask.setter
    def comp_mask(self, val):
        self.attr.comp_mask = val

    @property
    def join_flags(self):
        return self.attr.join_flags

    @join_flags.setter
    def join_flags(self, val):
        self.attr.join_flags = val
