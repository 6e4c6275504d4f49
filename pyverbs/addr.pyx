# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""GIDs and address handles."""

import ipaddress

cimport cython
from libc.errno cimport errno
from libc.string cimport memcpy, memset

from pyverbs.base cimport check_minus_one, check_open, check_ptr, check_status
from pyverbs.cq cimport WC
from pyverbs.device cimport Context, gid_to_str
from pyverbs.pd cimport PD

from pyverbs.pyverbs_error import PyverbsUserError


cdef gid_from_str(v.ibv_gid *gid, text):
    cdef bytes raw

    try:
        raw = ipaddress.IPv6Address(text).packed
    except ValueError as error:
        raise PyverbsUserError(f'Invalid GID value ({text})') from error
    memcpy(gid.raw, <const char *>raw, 16)


cdef class GID(PyverbsObject):
    """A GID, made from its text: any notation of an IPv6 address."""

    def __init__(self, val=None):
        if val is not None:
            gid_from_str(&self.c_gid, val)

    @property
    def gid(self):
        """As text: eight groups of four digits."""
        return gid_to_str(&self.c_gid)

    @gid.setter
    def gid(self, val):
        gid_from_str(&self.c_gid, val)

    def __str__(self):
        return self.gid


cdef class GRH(PyverbsObject):
    """A global routing header, as a UD receive finds it in its first 40 bytes.

    version_tclass_flow and paylen are in network byte order.
    """

    def __init__(self, GID sgid=None, GID dgid=None, version_tclass_flow=0,
                 paylen=0, next_hdr=0, hop_limit=1):
        if sgid is not None:
            self.c_grh.sgid = sgid.c_gid
        if dgid is not None:
            self.c_grh.dgid = dgid.c_gid
        self.c_grh.version_tclass_flow = version_tclass_flow
        self.c_grh.paylen = paylen
        self.c_grh.next_hdr = next_hdr
        self.c_grh.hop_limit = hop_limit

    @classmethod
    def from_bytes(cls, bytes data not None):
        """The 40 bytes that a device put before a message, whatever they are."""
        cdef GRH grh = cls()

        if len(data) != sizeof(grh.c_grh):
            raise PyverbsUserError(f'A GRH has 40 bytes, not {len(data)}')
        memcpy(&grh.c_grh, <const char *>data, sizeof(grh.c_grh))
        return grh

    @property
    def sgid(self):
        return gid_to_str(&self.c_grh.sgid)

    @sgid.setter
    def sgid(self, val):
        gid_from_str(&self.c_grh.sgid, val)

    @property
    def dgid(self):
        return gid_to_str(&self.c_grh.dgid)

    @dgid.setter
    def dgid(self, val):
        gid_from_str(&self.c_grh.dgid, val)

    @property
    def version_tclass_flow(self):
        return self.c_grh.version_tclass_flow

    @version_tclass_flow.setter
    def version_tclass_flow(self, val):
        self.c_grh.version_tclass_flow = val

    @property
    def paylen(self):
        return self.c_grh.paylen

    @paylen.setter
    def paylen(self, val):
        self.c_grh.paylen = val

    @property
    def next_hdr(self):
        return self.c_grh.next_hdr

    @next_hdr.setter
    def next_hdr(self, val):
        self.c_grh.next_hdr = val

    @property
    def hop_limit(self):
        return self.c_grh.hop_limit

    @hop_limit.setter
    def hop_limit(self, val):
        self.c_grh.hop_limit = val


cdef class GlobalRoute(PyverbsObject):
    """Where to and how, for packets with a GRH.

    dgid is a GID, sgid_index the local port's GID to send from.
    """

    def __init__(self, GID dgid=None, flow_label=0, sgid_index=0,
                 hop_limit=1, traffic_class=0):
        memset(&self.gr, 0, sizeof(self.gr))
        if dgid is not None:
            self.gr.dgid = dgid.c_gid
        self.gr.flow_label = flow_label
        self.gr.sgid_index = sgid_index
        self.gr.hop_limit = hop_limit
        self.gr.traffic_class = traffic_class

    @property
    def dgid(self):
        return gid_to_str(&self.gr.dgid)

    @dgid.setter
    def dgid(self, val):
        gid_from_str(&self.gr.dgid, val)

    @property
    def flow_label(self):
        return self.gr.flow_label

    @flow_label.setter
    def flow_label(self, val):
        self.gr.flow_label = val

    @property
    def sgid_index(self):
        return self.gr.sgid_index

    @sgid_index.setter
    def sgid_index(self, val):
        self.gr.sgid_index = val

    @property
    def hop_limit(self):
        return self.gr.hop_limit

    @hop_limit.setter
    def hop_limit(self, val):
        self.gr.hop_limit = val

    @property
    def traffic_class(self):
        return self.gr.traffic_class

    @traffic_class.setter
    def traffic_class(self, val):
        self.gr.traffic_class = val


cdef class AHAttr(PyverbsObject):
    """An address vector. gr, a GlobalRoute, counts if is_global is set.

    The GRH's attributes (dgid, sgid_index ...) read None without a GRH.
    """

    def __init__(self, dlid=0, sl=0, src_path_bits=0, static_rate=0,
                 is_global=0, port_num=1, GlobalRoute gr=None):
        memset(&self.attr, 0, sizeof(self.attr))
        self.attr.dlid = dlid
        self.attr.sl = sl
        self.attr.src_path_bits = src_path_bits
        self.attr.static_rate = static_rate
        self.attr.is_global = is_global
        self.attr.port_num = port_num
        if is_global:
            if gr is None:
                raise PyverbsUserError('Global AH Attr is created but gr is None')
            self.attr.grh = gr.gr

    @classmethod
    def from_wc(cls, Context context not None, WC wc not None, GRH grh=None,
                unsigned char port_num=1):
        """The way back to the sender of a UD message."""
        cdef AHAttr ah_attr = cls()
        cdef v.ibv_grh *c_grh = NULL
        cdef int ret, err

        check_open(context.context, 'Context')
        if grh is not None:
            c_grh = &grh.c_grh
        with nogil:
            ret = v.ibv_init_ah_from_wc(context.context, port_num, &wc.wc,
                                        c_grh, &ah_attr.attr)
            err = errno
        check_minus_one(ret, err, 'ibv_init_ah_from_wc')
        return ah_attr

    def resolve_eth_l2(self, Context context not None):
        """The MAC, as text, and the VLAN id (0xffff: none) behind dgid.

        Waits for the network to answer if it has to.
        """
        cdef unsigned char mac[6]
        cdef unsigned short vlan
        cdef int ret

        check_open(context.context, 'Context')
        with nogil:
            ret = v.ibv_resolve_eth_l2_from_gid(context.context, &self.attr,
                                                mac, &vlan)
        check_status(ret, 'ibv_resolve_eth_l2_from_gid')
        return ':'.join(f'{mac[i]:02x}' for i in range(6)), vlan

    @property
    def dlid(self):
        return self.attr.dlid

    @dlid.setter
    def dlid(self, val):
        self.attr.dlid = val

    @property
    def sl(self):
        return self.attr.sl

    @sl.setter
    def sl(self, val):
        self.attr.sl = val

    @property
    def src_path_bits(self):
        return self.attr.src_path_bits

    @src_path_bits.setter
    def src_path_bits(self, val):
        self.attr.src_path_bits = val

    @property
    def static_rate(self):
        return self.attr.static_rate

    @static_rate.setter
    def static_rate(self, val):
        self.attr.static_rate = val

    @property
    def is_global(self):
        return self.attr.is_global

    @is_global.setter
    def is_global(self, val):
        self.attr.is_global = val

    @property
    def port_num(self):
        return self.attr.port_num

    @port_num.setter
    def port_num(self, val):
        self.attr.port_num = val

    @property
    def dgid(self):
        return gid_to_str(&self.attr.grh.dgid) if self.is_global else None

    @dgid.setter
    def dgid(self, val):
        gid_from_str(&self.attr.grh.dgid, val)

    @property
    def sgid_index(self):
        return self.attr.grh.sgid_index if self.is_global else None

    @sgid_index.setter
    def sgid_index(self, val):
        self.attr.grh.sgid_index = val

    @property
    def flow_label(self):
        return self.attr.grh.flow_label if self.is_global else None

    @flow_label.setter
    def flow_label(self, val):
        self.attr.grh.flow_label = val

    @property
    def hop_limit(self):
        return self.attr.grh.hop_limit if self.is_global else None

    @hop_limit.setter
    def hop_limit(self, val):
        self.attr.grh.hop_limit = val

    @property
    def traffic_class(self):
        return self.attr.grh.traffic_class if self.is_global else None

    @traffic_class.setter
    def traffic_class(self, val):
        self.attr.grh.traffic_class = val


@cython.no_gc_clear
cdef class AH(PyverbsCM):
    """An address handle: AH(pd, attr=AHAttr) or AH(pd, wc=, grh=, port_num=).

    The second form answers a UD message; grh may be None if wc has no GRH.
    """

    def __init__(self, PD pd not None, *, AHAttr attr=None, WC wc=None,
                 GRH grh=None, port_num=1):
        if (attr is None) == (wc is None):
            raise PyverbsUserError('An AH needs either attr or wc')
        check_open(pd.pd, 'PD')
        if attr is not None:
            self._create(pd, attr)
        else:
            self._create_from_wc(pd, wc, grh, port_num)
        self.pd = pd
        pd.add_ref(self)

    def _create(self, PD pd, AHAttr attr):
        cdef int err

        with nogil:
            self.ah = v.ibv_create_ah(pd.pd, &attr.attr)
            err = errno
        check_ptr(self.ah, err, 'ibv_create_ah')

    def _create_from_wc(self, PD pd, WC wc, GRH grh, unsigned char port):
        cdef v.ibv_grh *c_grh = NULL
        cdef int err

        if grh is not None:
            c_grh = &grh.c_grh
        with nogil:
            self.ah = v.ibv_create_ah_from_wc(pd.pd, &wc.wc, c_grh, port)
            err = errno
        check_ptr(self.ah, err, 'ibv_create_ah_from_wc')

    cpdef close(self):
        cdef int ret

        if self.ah == NULL:
            return
        with nogil:
            ret = v.ibv_destroy_ah(self.ah)
        check_status(ret, 'ibv_destroy_ah')
        self.ah = NULL
        self.pd = None

    def __dealloc__(self):
        if self.ah != NULL:
            with nogil:
                v.ibv_destroy_ah(self.ah)
