# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
#
# The part of cmid.pyx for events.


@cython.no_gc_clear
cdef class CMEventChannel(PyverbsCM):
    """What CMEvents of CMIDs are waited for on."""

    def __init__(self):
        cdef int err

        with nogil:
            self.event_channel = cm.rdma_create_event_channel()
            err = errno
        check_ptr(self.event_channel, err, 'rdma_create_event_channel')

    cpdef close(self):
        if self.event_channel == NULL:
            return
        self.close_children()
        with nogil:
            cm.rdma_destroy_event_channel(self.event_channel)
        self.event_channel = NULL

    def __dealloc__(self):
        if self.event_channel != NULL:
            with nogil:
                cm.rdma_destroy_event_channel(self.event_channel)

    @property
    def fd(self):
        """Readable when there is an event; the channel owns it."""
        check_open(self.event_channel, 'CMEventChannel')
        return self.event_channel.fd


cdef copy_bytes(const void *data, size_t length):
    return (<const char *>data)[:length] if data != NULL else b''


@cython.no_gc_clear
cdef class CMEvent(PyverbsCM):
    """The next event of a channel, waited for.

    It has to be acknowledged, by ack_cm_event() or close(): until then the CMID
    that it is about cannot go. What it says stays readable. A connection request
    that no CMID was made from is refused by close().
    """

    def __init__(self, CMEventChannel channel not None):
        cdef int ret, err

        check_open(channel.event_channel, 'CMEventChannel')
        with nogil:
            ret = cm.rdma_get_cm_event(channel.event_channel, &self.event)
            err = errno
        check_minus_one(ret, err, 'rdma_get_cm_event')
        self.type = self.event.event
        self._status = self.event.status
        # At the same place for connections and for datagrams.
        self.data = copy_bytes(self.event.param.conn.private_data,
                               self.event.param.conn.private_data_len)
        self.ud = self.event.param.ud
        self.ud.private_data = NULL
        self.owners = [channel]
        self._find_owner()
        for owner in self.owners:
            (<PyverbsCM>owner).add_ref(self)

    def _find_owner(self):
        """The CMID that has to wait for the acknowledgement."""
        cdef cm.rdma_cm_id *id = self.event.id

        if self.type == cm.RDMA_CM_EVENT_CONNECT_REQUEST:
            self.request = id
            id = self.event.listen_id
        # Every CMID of ours has itself there, and a new id its listener.
        if id != NULL and id.context != NULL:
            self.owners.append(<object>id.context)

    def ack_cm_event(self):
        """Say that it has been dealt with; more than once does no harm."""
        cdef cm.rdma_cm_event *event = self.event
        cdef int ret, err

        if event == NULL:
            return
        with nogil:
            ret = cm.rdma_ack_cm_event(event)
            err = errno
        check_minus_one(ret, err, 'rdma_ack_cm_event')
        self.event = NULL

    cpdef close(self):
        cdef cm.rdma_cm_id *request

        # Not children that are closed with it: a CMID outlives its event.
        self.ack_cm_event()
        request, self.request = self.request, NULL
        if request != NULL:
            with nogil:
                cm.rdma_destroy_id(request)
        self.owners = []

    def __dealloc__(self):
        with nogil:
            if self.event != NULL:
                cm.rdma_ack_cm_event(self.event)
            if self.request != NULL:
                cm.rdma_destroy_id(self.request)

    @property
    def event_type(self):
        """A cm_enums.rdma_cm_event_type."""
        return ce.rdma_cm_event_type(self.type)

    @property
    def status(self):
        """0, a negative errno, or the reason of a rejection."""
        return self._status

    @property
    def private_data(self):
        """What the peer's ConnParam had, as bytes, maybe with zeros behind."""
        return self.data

    def event_str(self):
        """The name of the event's type."""
        return cm.rdma_event_str(<cm.rdma_cm_event_type>self.type).decode()


cdef class UDParam(PyverbsObject):
    """The peer of a datagram CMID, as a CMEvent told it."""

    def __init__(self, CMEvent cm_event not None):
        self.ud_param = cm_event.ud

    @property
    def qp_num(self):
        return self.ud_param.qp_num

    @property
    def qkey(self):
        return self.ud_param.qkey

    @property
    def ah_attr(self):
        """An AHAttr."""
        cdef AHAttr attr = AHAttr()

        attr.attr = self.ud_param.ah_attr
        return attr
