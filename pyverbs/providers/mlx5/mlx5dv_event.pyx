# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""What happens to objects of mlx5 devices, or to the device, told by DEVX."""

cimport cython
from libc.errno cimport errno
from libc.stdint cimport uint16_t, uint64_t
from posix.unistd cimport close as close_fd, read as read_fd

from pyverbs.base cimport (PyverbsCM, PyverbsObject, check_minus_one,
                           check_open, check_ptr, check_status)
from pyverbs.device cimport Context
from pyverbs.providers.mlx5 cimport libmlx5 as dv
from pyverbs.providers.mlx5 cimport libmlx5_event as ev
from pyverbs.providers.mlx5.mlx5dv cimport Mlx5DevxObj

from pyverbs.pyverbs_error import PyverbsUserError


cdef class EventHeader(PyverbsObject):
    """An event: the cookie of its subscription, and what the device said of it.

    data are bytes in the device's own format, none of a channel that omits them.
    """
    cdef readonly object cookie
    cdef readonly object data

    def __init__(self, cookie, data):
        self.cookie = cookie
        self.data = data


@cython.no_gc_clear
cdef class EventFD(PyverbsCM):
    """An eventfd(2), which counts events; the object owns its descriptor.

    initval is the count at first; flags are os.EFD_.
    """
    cdef int _fd

    def __cinit__(self, *args, **kwargs):
        self._fd = -1

    def __init__(self, unsigned int initval=0, int flags=0):
        cdef int err

        with nogil:
            self._fd = ev.eventfd(initval, flags)
            err = errno
        check_minus_one(self._fd, err, 'eventfd')

    cpdef close(self):
        if self._fd < 0:
            return
        self.close_children()
        with nogil:
            close_fd(self._fd)
        self._fd = -1

    def __dealloc__(self):
        if self._fd >= 0:
            with nogil:
                close_fd(self._fd)

    @property
    def fd(self):
        """Readable when the count is not 0; the object owns it."""
        if self._fd < 0:
            raise PyverbsUserError('EventFD is closed')
        return self._fd


cdef uint64_t read_count(int fd) except? 0:
    cdef uint64_t count = 0
    cdef ssize_t got
    cdef int err

    with nogil:
        got = read_fd(fd, &count, sizeof(count))
        err = errno
    check_minus_one(<int>got, err, 'read of an eventfd')
    return count


@cython.no_gc_clear
cdef class EventChannel(PyverbsCM):
    """What events of a Context are waited for on.

    flags: mlx5dv_devx_create_event_channel_flags. Subscriptions end with it.
    error_code: EOPNOTSUPP (not an mlx5 device), EPROTONOSUPPORT (the kernel, or
    its driver of this device, has no such events), EINVAL (a Context without
    DEVX).
    """
    cdef ev.mlx5dv_devx_event_channel *channel
    cdef object context

    def __init__(self, Context context not None, int flags=0):
        cdef ev.mlx5dv_devx_create_event_channel_flags c_flags
        cdef int err

        check_open(context.context, 'Context')
        c_flags = <ev.mlx5dv_devx_create_event_channel_flags>flags
        with nogil:
            self.channel = ev.mlx5dv_devx_create_event_channel(context.context,
                                                               c_flags)
            err = errno
        check_ptr(self.channel, err, 'mlx5dv_devx_create_event_channel')
        self.context = context
        context.add_ref(self)

    cpdef close(self):
        if self.channel == NULL:
            return
        self.close_children()
        with nogil:
            ev.mlx5dv_devx_destroy_event_channel(self.channel)
        self.channel = NULL
        self.context = None

    def __dealloc__(self):
        if self.channel != NULL:
            with nogil:
                ev.mlx5dv_devx_destroy_event_channel(self.channel)

    @property
    def fd(self):
        """Readable when get_event() has one; the channel owns it."""
        check_open(self.channel, 'EventChannel')
        return self.channel.fd

    def subscribe(self, events_num, cookie=0, Mlx5DevxObj obj=None,
                  EventFD fd=None):
        """Have the events of these numbers told here: of obj, or of the device.

        cookie, of 64 bits, comes back with each. With fd, which takes one number
        only, its count goes up instead.
        error_code: EINVAL (an event that obj does not have).
        """
        numbers = [events_num] if isinstance(events_num, int) else \
            list(events_num)
        check_open(self.channel, 'EventChannel')
        if obj is not None:
            check_open(obj._obj, 'DevxObj')
        if fd is None:
            self._subscribe(numbers, cookie, obj)
        elif len(numbers) == 1:
            self._subscribe_fd(numbers[0], obj, fd.fd)
        else:
            raise PyverbsUserError('An EventFD takes one number of an event')

    def _subscribe(self, numbers, uint64_t cookie, Mlx5DevxObj obj):
        cdef dv.mlx5dv_devx_obj *c_obj = NULL if obj is None else obj._obj
        cdef uint16_t events[256]
        cdef uint16_t size
        cdef int ret

        if len(numbers) > 256:
            raise PyverbsUserError('More numbers than there are events')
        for i, number in enumerate(numbers):
            events[i] = number
        size = len(numbers) * sizeof(uint16_t)
        with nogil:
            ret = ev.mlx5dv_devx_subscribe_devx_event(self.channel, c_obj, size,
                                                      events, cookie)
        check_status(ret, 'mlx5dv_devx_subscribe_devx_event')

    def _subscribe_fd(self, uint16_t number, Mlx5DevxObj obj, int fd):
        cdef dv.mlx5dv_devx_obj *c_obj = NULL if obj is None else obj._obj
        cdef int ret

        with nogil:
            ret = ev.mlx5dv_devx_subscribe_devx_event_fd(self.channel, fd, c_obj,
                                                         number)
        check_status(ret, 'mlx5dv_devx_subscribe_devx_event_fd')

    def get_event(self, size_t event_resp_len=1024, EventFD fd=None):
        """Wait for the next event, of at most event_resp_len bytes with its
        cookie; return an EventHeader, or of fd the count, which is 0 then.

        error_code: EINVAL (event_resp_len is too little), EIO (the device is
        gone), EOVERFLOW (there were more than could be kept).
        """
        cdef bytearray answer
        cdef ev.event_hdr *header
        cdef ssize_t got
        cdef int err

        if fd is not None:
            return read_count(fd.fd)
        check_open(self.channel, 'EventChannel')
        if event_resp_len < sizeof(ev.event_hdr):
            raise PyverbsUserError(
                f'An event has {sizeof(ev.event_hdr)} bytes or more')
        answer = bytearray(event_resp_len)
        header = <ev.event_hdr *><char *>answer
        with nogil:
            got = ev.mlx5dv_devx_get_event(self.channel, header, event_resp_len)
            err = errno
        check_minus_one(<int>got, err, 'mlx5dv_devx_get_event')
        return EventHeader(header.cookie, bytes(answer[sizeof(ev.event_hdr):got]))
