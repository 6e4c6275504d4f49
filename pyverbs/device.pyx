# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Devices: listing, opening and asking what they are."""

cimport cython
from libc.errno cimport errno
from libc.stdint cimport uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free

from pyverbs.base cimport check_minus_one, check_open, check_ptr, check_status

from pyverbs import enums as e
from pyverbs.names import (
    guid_to_hex, phys_state_to_str, port_state_to_str, speed_to_str,
    str_from_flags, translate_device_caps, translate_event_type,
    translate_gid_type, translate_link_layer, translate_mtu,
    translate_node_type, translate_port_cap_flags, translate_port_cap_flags2,
    translate_transport_type, width_to_str)
from pyverbs.pyverbs_error import PyverbsUserError


cdef gid_to_str(v.ibv_gid *gid):
    return (<char *>gid.raw)[:16].hex(':', 2)


def guid_format(num):
    """A GUID in network byte order as text: four groups of four digits."""
    digits = num.to_bytes(8, 'little').hex()
    return ':'.join(digits[i:i + 4] for i in range(0, 16, 4))


cdef class Device(PyverbsObject):
    """What is known about a device without opening it."""
    cdef object _name
    cdef uint64_t _guid
    cdef int _index
    cdef object _node_type
    cdef object _transport_type

    @property
    def name(self):
        """As bytes."""
        return self._name

    @property
    def guid(self):
        """In network byte order, see guid_format()."""
        return self._guid

    @property
    def index(self):
        return self._index

    @property
    def node_type(self):
        return self._node_type

    @property
    def transport_type(self):
        return self._transport_type

    def __str__(self):
        return (f'Device {self.name.decode()}, index {self.index}, '
                f'guid {guid_format(self.guid)}')


cdef make_device(v.ibv_device *device):
    cdef Device dev = Device()

    dev._name = v.ibv_get_device_name(device)
    dev._guid = v.ibv_get_device_guid(device)
    dev._index = v.ibv_get_device_index(device)
    dev._node_type = e.ibv_node_type(device.node_type)
    dev._transport_type = e.ibv_transport_type(device.transport_type)
    return dev


def get_device_list():
    """List the machine's RDMA devices: Device objects, maybe none."""
    cdef v.ibv_device **devices
    cdef int num = 0
    cdef int err

    with nogil:
        devices = v.ibv_get_device_list(&num)
        err = errno
    check_ptr(devices, err, 'ibv_get_device_list')
    try:
        return [make_device(devices[i]) for i in range(num)]
    finally:
        v.ibv_free_device_list(devices)


def rdma_get_devices():
    """List the devices that the connection manager can use, as Device objects."""
    from pyverbs.cmid import usable_devices

    usable = usable_devices()
    return [device for device in get_device_list() if device.name in usable]


cdef v.ibv_device *find_device(v.ibv_device **devices, bytes name):
    cdef int i = 0

    while devices[i] != NULL:
        if v.ibv_get_device_name(devices[i]) == name:
            return devices[i]
        i += 1
    return NULL


@cython.no_gc_clear
cdef class Context(PyverbsCM):
    """An open device: Context(name='rxe0').

    Raises PyverbsUserError if no device has that name. Everything made from a
    context is closed with it. Context(cmd_fd=...) imports the device that
    another Context, maybe of another process, has opened there, and
    Context(cmid=...) is the device of a CMID, which stays open without it. attr
    is for the classes of providers.
    """

    def __init__(self, *, name=None, attr=None, cmid=None, cmd_fd=None):
        if [name, cmid, cmd_fd].count(None) != 2:
            raise PyverbsUserError(
                'A Context takes one of name, cmid and cmd_fd')
        if name is not None:
            self._open(name, attr)
        elif cmid is not None:
            self._borrow(cmid)
        else:
            self._import(cmd_fd)

    def _borrow(self, PyverbsCM cmid):
        cdef Context source = cmid.context

        if source is None:
            raise PyverbsUserError('The CMID has no device yet')
        self.context = source.context
        self.borrowed = True
        self.dev_name = source.dev_name
        self.cmid = cmid
        cmid.add_ref(self)

    def _import(self, int cmd_fd):
        cdef int err

        with nogil:
            self.context = m.ibv_import_device(cmd_fd)
            err = errno
        check_ptr(self.context, err, 'ibv_import_device')
        self.dev_name = v.ibv_get_device_name(self.context.device).decode()

    cdef v.ibv_context *open_device(self, v.ibv_device *device,
                                    attr) except? NULL:
        cdef v.ibv_context *context
        cdef int err

        if attr is not None:
            raise PyverbsUserError('attr is for the class of a provider')
        with nogil:
            context = v.ibv_open_device(device)
            err = errno
        check_ptr(context, err, 'ibv_open_device'
                  f'({v.ibv_get_device_name(device).decode()})')
        return context

    def _open(self, name, attr):
        cdef v.ibv_device **devices
        cdef v.ibv_device *device
        cdef int err

        with nogil:
            devices = v.ibv_get_device_list(NULL)
            err = errno
        check_ptr(devices, err, 'ibv_get_device_list')
        try:
            device = find_device(devices, name.encode())
            if device == NULL:
                raise PyverbsUserError(f'Failed to find device {name}')
            self.context = self.open_device(device, attr)
        finally:
            v.ibv_free_device_list(devices)
        self.dev_name = name

    cpdef close(self):
        cdef int ret, err

        if self.context == NULL:
            return
        self.close_children()
        if not self.borrowed:
            with nogil:
                ret = v.ibv_close_device(self.context)
                err = errno
            check_minus_one(ret, err, 'ibv_close_device')
        self.context = NULL
        self.cmid = None

    def __dealloc__(self):
        if self.context != NULL and not self.borrowed:
            with nogil:
                v.ibv_close_device(self.context)

    @property
    def name(self):
        return self.dev_name

    @property
    def cmd_fd(self):
        """The descriptor of the commands; the context owns it."""
        check_open(self.context, 'Context')
        return self.context.cmd_fd

    @property
    def async_fd(self):
        """Readable when get_async_event() has one; the context owns it."""
        check_open(self.context, 'Context')
        return self.context.async_fd

    @property
    def num_comp_vectors(self):
        check_open(self.context, 'Context')
        return self.context.num_comp_vectors

    def query_device(self):
        """Return a DeviceAttr."""
        cdef DeviceAttr attr = DeviceAttr()
        cdef int ret

        check_open(self.context, 'Context')
        with nogil:
            ret = v.ibv_query_device(self.context, &attr.dev_attr)
        check_status(ret, 'ibv_query_device')
        return attr

    def query_device_ex(self, QueryDeviceExInput ex_input=None):
        """Return a DeviceAttrEx."""
        cdef DeviceAttrEx attr = DeviceAttrEx()
        cdef v.ibv_query_device_ex_input *c_input = NULL
        cdef int ret

        check_open(self.context, 'Context')
        if ex_input is not None:
            c_input = &ex_input.input
        with nogil:
            ret = v.ibv_query_device_ex(self.context, c_input, &attr.dev_attr)
        check_status(ret, 'ibv_query_device_ex')
        return attr

    def query_rt_values_ex(self, comp_mask=e.IBV_VALUES_MASK_RAW_CLOCK):
        """Return the device's clock now: (seconds, ticks or nanoseconds)."""
        cdef v.ibv_values_ex values
        cdef int ret

        check_open(self.context, 'Context')
        values.comp_mask = comp_mask
        values.raw_clock.tv_sec = values.raw_clock.tv_nsec = 0
        with nogil:
            ret = v.ibv_query_rt_values_ex(self.context, &values)
        check_status(ret, 'ibv_query_rt_values_ex')
        return values.raw_clock.tv_sec, values.raw_clock.tv_nsec

    def query_port(self, unsigned char port_num):
        """Return the PortAttr of a port; the first is 1."""
        cdef PortAttr attr = PortAttr()
        cdef int ret

        check_open(self.context, 'Context')
        with nogil:
            ret = v.ibv_query_port(self.context, port_num, &attr.attr)
        check_status(ret, f'ibv_query_port({port_num})')
        return attr

    def query_gid(self, unsigned char port_num, int index):
        """Return the GID at that index."""
        from pyverbs.addr import GID

        cdef v.ibv_gid gid
        cdef int ret, err

        check_open(self.context, 'Context')
        with nogil:
            ret = v.ibv_query_gid(self.context, port_num, index, &gid)
            err = errno
        check_minus_one(ret, err, f'ibv_query_gid({port_num}, {index})')
        return GID(gid_to_str(&gid))

    def query_gid_ex(self, unsigned int port_num, unsigned int gid_index,
                     unsigned int flags=0):
        """Return the GIDEntry at that index."""
        cdef GIDEntry entry = GIDEntry()
        cdef int ret

        check_open(self.context, 'Context')
        with nogil:
            ret = v.ibv_query_gid_ex(self.context, port_num, gid_index,
                                     &entry.entry, flags)
        check_status(ret, f'ibv_query_gid_ex({port_num}, {gid_index})')
        return entry

    def query_gid_table(self, size_t max_entries, unsigned int flags=0):
        """Return the GIDEntry objects of all ports, at most max_entries."""
        cdef v.ibv_gid_entry *entries
        cdef ssize_t ret
        cdef GIDEntry entry

        check_open(self.context, 'Context')
        entries = <v.ibv_gid_entry *>calloc(max_entries or 1,
                                            sizeof(v.ibv_gid_entry))
        if entries == NULL:
            raise MemoryError()
        try:
            with nogil:
                ret = v.ibv_query_gid_table(self.context, entries,
                                            max_entries, flags)
            if ret < 0:
                check_status(<int>ret, 'ibv_query_gid_table')
            table = []
            for i in range(ret):
                entry = GIDEntry()
                entry.entry = entries[i]
                table.append(entry)
            return table
        finally:
            free(entries)

    def query_gid_type(self, unsigned int port_num, unsigned int index):
        """Return the type of the GID at that index, an ibv_gid_type_sysfs."""
        entry = self.query_gid_ex(port_num, index)
        if entry.gid_type == e.IBV_GID_TYPE_ROCE_V2:
            return e.IBV_GID_TYPE_SYSFS_ROCE_V2
        return e.IBV_GID_TYPE_SYSFS_IB_ROCE_V1

    def query_pkey(self, unsigned char port_num, int index):
        """Return the P_Key at that index, in network byte order."""
        cdef uint16_t pkey = 0
        cdef int ret, err

        check_open(self.context, 'Context')
        with nogil:
            ret = v.ibv_query_pkey(self.context, port_num, index, &pkey)
            err = errno
        check_minus_one(ret, err, f'ibv_query_pkey({port_num}, {index})')
        return pkey

    def get_pkey_index(self, unsigned char port_num, uint16_t pkey):
        """Return where a P_Key, in network byte order, is in the table."""
        cdef int ret, err

        check_open(self.context, 'Context')
        with nogil:
            ret = v.ibv_get_pkey_index(self.context, port_num, pkey)
            err = errno
        check_minus_one(ret, err, f'ibv_get_pkey_index({port_num}, {pkey:#x})')
        return ret

    def query_port_speed(self, uint32_t port_num):
        """Return how fast a port is as a whole, in units of 100 Mbit/s."""
        cdef uint64_t speed = 0
        cdef int ret

        check_open(self.context, 'Context')
        with nogil:
            ret = m.ibv_query_port_speed(self.context, port_num, &speed)
        check_status(ret, f'ibv_query_port_speed({port_num})')
        return speed

    def query_comp_cntr_caps(self):
        """Return the CompCntrCaps."""
        cdef CompCntrCaps caps = CompCntrCaps()
        cdef int ret

        check_open(self.context, 'Context')
        with nogil:
            ret = m.ibv_query_comp_cntr_caps(self.context, &caps.caps)
        check_status(ret, 'ibv_query_comp_cntr_caps')
        return caps

    def get_async_event(self):
        """Wait for an AsyncEvent. The caller has to ack() it.

        Until then what the event is about cannot be closed.
        """
        cdef AsyncEvent event = AsyncEvent()
        cdef int ret, err

        check_open(self.context, 'Context')
        with nogil:
            ret = v.ibv_get_async_event(self.context, &event.event)
            err = errno
        check_minus_one(ret, err, 'ibv_get_async_event')
        event.ctx = self
        event.pending = True
        return event


cdef class AsyncEvent(PyverbsObject):
    """An asynchronous event of a device, port, QP or CQ."""

    @property
    def event_type(self):
        """An ibv_event_type."""
        return e.ibv_event_type(self.event.event_type)

    def ack(self):
        """Say that it has been dealt with; more than once does no harm."""
        if not self.pending:
            return
        self.pending = False
        with nogil:
            v.ibv_ack_async_event(&self.event)


include 'device_attr.pxi'
include 'device_attr_ex.pxi'
include 'dm.pxi'
