# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""What the packets of a flow have in their headers.

A specification has a value and a mask for each field: a packet matches when it
has the value in the bits of the mask. A value without a mask has to match as a
whole; without a value the field is not looked at.
"""

import socket

from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.string cimport memcpy, memset

from pyverbs.base cimport check_open
from pyverbs.flow cimport Counters

from pyverbs import enums as e
from pyverbs.printing import property_names
from pyverbs.pyverbs_error import PyverbsUserError

cdef extern from '<endian.h>' nogil:
    uint16_t htobe16(uint16_t value)
    uint16_t be16toh(uint16_t value)
    uint32_t htobe32(uint32_t value)
    uint32_t be32toh(uint32_t value)

MAC_LEN = 6
MAC_MASK = 'ff:ff:ff:ff:ff:ff'
IPV4_MASK = '255.255.255.255'
IPV6_MASK = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'
FLOW_LABEL_MASK = 0xfffff


cdef mac_to_str(const uint8_t *mac):
    """The address as text; empty where it is all zero."""
    octets = [mac[i] for i in range(MAC_LEN)]
    return ':'.join(f'{octet:02x}' for octet in octets) if any(octets) else ''


cdef str_to_mac(text, uint8_t *mac):
    octets = bytes.fromhex(text.replace(':', ''))
    if len(octets) != MAC_LEN:
        raise PyverbsUserError(f'{text!r} is no MAC address')
    memcpy(mac, <const char *>octets, MAC_LEN)


cdef ipv4_to_str(uint32_t address):
    return socket.inet_ntoa((<char *>&address)[:sizeof(address)])


cdef uint32_t str_to_ipv4(text) except? 0:
    cdef uint32_t address

    packed = socket.inet_aton(text)
    memcpy(&address, <const char *>packed, sizeof(address))
    return address


cdef ipv6_to_str(const uint8_t *address):
    return socket.inet_ntop(socket.AF_INET6, (<const char *>address)[:16])


cdef str_to_ipv6(text, uint8_t *address):
    packed = socket.inet_pton(socket.AF_INET6, text)
    memcpy(address, <const char *>packed, 16)


cdef class Spec(PyverbsObject):
    """Base of all specifications; bytes() of one is what the library gets."""

    def __cinit__(self):
        memset(&self.spec, 0, sizeof(self.spec))

    cdef init(self, spec_type, size, is_inner):
        if is_inner:
            spec_type |= e.IBV_FLOW_SPEC_INNER
        self.spec.hdr.type = spec_type
        self.spec.hdr.size = size

    def _set_field(self, name, default_mask, val, mask):
        """A field of the constructor's arguments."""
        if val is None:
            return
        setattr(self, name, val)
        setattr(self, name + '_mask', default_mask if mask is None else mask)

    def __bytes__(self):
        return (<char *>&self.spec)[:self.spec.hdr.size]

    def __str__(self):
        """The type, and in lines the fields, each with its mask."""
        fields = [name for name in property_names(type(self))
                  if hasattr(type(self), name + '_mask')]
        title = f'{type(self).__name__} {self.type_to_str(self.spec.hdr.type)}'
        return title + ''.join(
            f"\n  {name:<14} {getattr(self, name)} mask "
            f"{getattr(self, name + '_mask')}" for name in fields)

    @property
    def size(self):
        return self.spec.hdr.size

    @staticmethod
    def type_to_str(spec_type):
        """The name of an ibv_flow_spec_type."""
        outer = e.ibv_flow_spec_type(spec_type & ~e.IBV_FLOW_SPEC_INNER).name
        inner = spec_type & e.IBV_FLOW_SPEC_INNER
        return f'{outer} IBV_FLOW_SPEC_INNER' if inner else outer


cdef class EthSpec(Spec):
    """An Ethernet header: addresses as text, ether_type and vlan_tag numbers."""

    MAC_LEN = MAC_LEN
    MAC_MASK = MAC_MASK
    ZERO_MAC = [0] * MAC_LEN

    def __init__(self, dst_mac=None, dst_mac_mask=None, src_mac=None,
                 src_mac_mask=None, ether_type=None, ether_type_mask=None,
                 vlan_tag=None, vlan_tag_mask=None, is_inner=0):
        self.init(e.IBV_FLOW_SPEC_ETH, sizeof(self.spec.eth), is_inner)
        self._set_field('dst_mac', MAC_MASK, dst_mac, dst_mac_mask)
        self._set_field('src_mac', MAC_MASK, src_mac, src_mac_mask)
        self._set_field('ether_type', 0xffff, ether_type, ether_type_mask)
        self._set_field('vlan_tag', 0xffff, vlan_tag, vlan_tag_mask)

    @property
    def dst_mac(self):
        return mac_to_str(self.spec.eth.val.dst_mac)

    @dst_mac.setter
    def dst_mac(self, val):
        str_to_mac(val, self.spec.eth.val.dst_mac)

    @property
    def dst_mac_mask(self):
        return mac_to_str(self.spec.eth.mask.dst_mac)

    @dst_mac_mask.setter
    def dst_mac_mask(self, val):
        str_to_mac(val, self.spec.eth.mask.dst_mac)

    @property
    def src_mac(self):
        return mac_to_str(self.spec.eth.val.src_mac)

    @src_mac.setter
    def src_mac(self, val):
        str_to_mac(val, self.spec.eth.val.src_mac)

    @property
    def src_mac_mask(self):
        return mac_to_str(self.spec.eth.mask.src_mac)

    @src_mac_mask.setter
    def src_mac_mask(self, val):
        str_to_mac(val, self.spec.eth.mask.src_mac)

    @property
    def ether_type(self):
        return be16toh(self.spec.eth.val.ether_type)

    @ether_type.setter
    def ether_type(self, val):
        self.spec.eth.val.ether_type = htobe16(val)

    @property
    def ether_type_mask(self):
        return be16toh(self.spec.eth.mask.ether_type)

    @ether_type_mask.setter
    def ether_type_mask(self, val):
        self.spec.eth.mask.ether_type = htobe16(val)

    @property
    def vlan_tag(self):
        return be16toh(self.spec.eth.val.vlan_tag)

    @vlan_tag.setter
    def vlan_tag(self, val):
        self.spec.eth.val.vlan_tag = htobe16(val)

    @property
    def vlan_tag_mask(self):
        return be16toh(self.spec.eth.mask.vlan_tag)

    @vlan_tag_mask.setter
    def vlan_tag_mask(self, val):
        self.spec.eth.mask.vlan_tag = htobe16(val)


cdef class Ipv4ExtSpec(Spec):
    """An IPv4 header; addresses as text."""

    def __init__(self, dst_ip=None, dst_ip_mask=None, src_ip=None,
                 src_ip_mask=None, proto=None, proto_mask=None, tos=None,
                 tos_mask=None, ttl=None, ttl_mask=None, flags=None,
                 flags_mask=None, is_inner=0):
        self.init(e.IBV_FLOW_SPEC_IPV4_EXT, sizeof(self.spec.ipv4_ext),
                  is_inner)
        self._set_field('dst_ip', IPV4_MASK, dst_ip, dst_ip_mask)
        self._set_field('src_ip', IPV4_MASK, src_ip, src_ip_mask)
        self._set_field('proto', 0xff, proto, proto_mask)
        self._set_field('tos', 0xff, tos, tos_mask)
        self._set_field('ttl', 0xff, ttl, ttl_mask)
        self._set_field('flags', 0xff, flags, flags_mask)

    @property
    def dst_ip(self):
        return ipv4_to_str(self.spec.ipv4_ext.val.dst_ip)

    @dst_ip.setter
    def dst_ip(self, val):
        self.spec.ipv4_ext.val.dst_ip = str_to_ipv4(val)

    @property
    def dst_ip_mask(self):
        return ipv4_to_str(self.spec.ipv4_ext.mask.dst_ip)

    @dst_ip_mask.setter
    def dst_ip_mask(self, val):
        self.spec.ipv4_ext.mask.dst_ip = str_to_ipv4(val)

    @property
    def src_ip(self):
        return ipv4_to_str(self.spec.ipv4_ext.val.src_ip)

    @src_ip.setter
    def src_ip(self, val):
        self.spec.ipv4_ext.val.src_ip = str_to_ipv4(val)

    @property
    def src_ip_mask(self):
        return ipv4_to_str(self.spec.ipv4_ext.mask.src_ip)

    @src_ip_mask.setter
    def src_ip_mask(self, val):
        self.spec.ipv4_ext.mask.src_ip = str_to_ipv4(val)

    @property
    def proto(self):
        return self.spec.ipv4_ext.val.proto

    @proto.setter
    def proto(self, val):
        self.spec.ipv4_ext.val.proto = val

    @property
    def proto_mask(self):
        return self.spec.ipv4_ext.mask.proto

    @proto_mask.setter
    def proto_mask(self, val):
        self.spec.ipv4_ext.mask.proto = val

    @property
    def tos(self):
        return self.spec.ipv4_ext.val.tos

    @tos.setter
    def tos(self, val):
        self.spec.ipv4_ext.val.tos = val

    @property
    def tos_mask(self):
        return self.spec.ipv4_ext.mask.tos

    @tos_mask.setter
    def tos_mask(self, val):
        self.spec.ipv4_ext.mask.tos = val

    @property
    def ttl(self):
        return self.spec.ipv4_ext.val.ttl

    @ttl.setter
    def ttl(self, val):
        self.spec.ipv4_ext.val.ttl = val

    @property
    def ttl_mask(self):
        return self.spec.ipv4_ext.mask.ttl

    @ttl_mask.setter
    def ttl_mask(self, val):
        self.spec.ipv4_ext.mask.ttl = val

    @property
    def flags(self):
        return self.spec.ipv4_ext.val.flags

    @flags.setter
    def flags(self, val):
        self.spec.ipv4_ext.val.flags = val

    @property
    def flags_mask(self):
        return self.spec.ipv4_ext.mask.flags

    @flags_mask.setter
    def flags_mask(self, val):
        self.spec.ipv4_ext.mask.flags = val


cdef class Ipv6Spec(Spec):
    """An IPv6 header; addresses as text."""

    EMPTY_IPV6 = [0] * 16
    IPV6_MASK = IPV6_MASK
    FLOW_LABEL_MASK = FLOW_LABEL_MASK

    def __init__(self, dst_ip=None, dst_ip_mask=None, src_ip=None,
                 src_ip_mask=None, flow_label=None, flow_label_mask=None,
                 next_hdr=None, next_hdr_mask=None, traffic_class=None,
                 traffic_class_mask=None, hop_limit=None, hop_limit_mask=None,
                 is_inner=0):
        self.init(e.IBV_FLOW_SPEC_IPV6, sizeof(self.spec.ipv6), is_inner)
        self._set_field('dst_ip', IPV6_MASK, dst_ip, dst_ip_mask)
        self._set_field('src_ip', IPV6_MASK, src_ip, src_ip_mask)
        self._set_field('flow_label', FLOW_LABEL_MASK, flow_label,
                        flow_label_mask)
        self._set_field('next_hdr', 0xff, next_hdr, next_hdr_mask)
        self._set_field('traffic_class', 0xff, traffic_class,
                        traffic_class_mask)
        self._set_field('hop_limit', 0xff, hop_limit, hop_limit_mask)

    @property
    def dst_ip(self):
        return ipv6_to_str(self.spec.ipv6.val.dst_ip)

    @dst_ip.setter
    def dst_ip(self, val):
        str_to_ipv6(val, self.spec.ipv6.val.dst_ip)

    @property
    def dst_ip_mask(self):
        return ipv6_to_str(self.spec.ipv6.mask.dst_ip)

    @dst_ip_mask.setter
    def dst_ip_mask(self, val):
        str_to_ipv6(val, self.spec.ipv6.mask.dst_ip)

    @property
    def src_ip(self):
        return ipv6_to_str(self.spec.ipv6.val.src_ip)

    @src_ip.setter
    def src_ip(self, val):
        str_to_ipv6(val, self.spec.ipv6.val.src_ip)

    @property
    def src_ip_mask(self):
        return ipv6_to_str(self.spec.ipv6.mask.src_ip)

    @src_ip_mask.setter
    def src_ip_mask(self, val):
        str_to_ipv6(val, self.spec.ipv6.mask.src_ip)

    @property
    def flow_label(self):
        return be32toh(self.spec.ipv6.val.flow_label)

    @flow_label.setter
    def flow_label(self, val):
        self.spec.ipv6.val.flow_label = htobe32(val)

    @property
    def flow_label_mask(self):
        return be32toh(self.spec.ipv6.mask.flow_label)

    @flow_label_mask.setter
    def flow_label_mask(self, val):
        self.spec.ipv6.mask.flow_label = htobe32(val)

    @property
    def next_hdr(self):
        return self.spec.ipv6.val.next_hdr

    @next_hdr.setter
    def next_hdr(self, val):
        self.spec.ipv6.val.next_hdr = val

    @property
    def next_hdr_mask(self):
        return self.spec.ipv6.mask.next_hdr

    @next_hdr_mask.setter
    def next_hdr_mask(self, val):
        self.spec.ipv6.mask.next_hdr = val

    @property
    def traffic_class(self):
        return self.spec.ipv6.val.traffic_class

    @traffic_class.setter
    def traffic_class(self, val):
        self.spec.ipv6.val.traffic_class = val

    @property
    def traffic_class_mask(self):
        return self.spec.ipv6.mask.traffic_class

    @traffic_class_mask.setter
    def traffic_class_mask(self, val):
        self.spec.ipv6.mask.traffic_class = val

    @property
    def hop_limit(self):
        return self.spec.ipv6.val.hop_limit

    @hop_limit.setter
    def hop_limit(self, val):
        self.spec.ipv6.val.hop_limit = val

    @property
    def hop_limit_mask(self):
        return self.spec.ipv6.mask.hop_limit

    @hop_limit_mask.setter
    def hop_limit_mask(self, val):
        self.spec.ipv6.mask.hop_limit = val


cdef class TcpUdpSpec(Spec):
    """The ports of TCP or UDP, as spec_type says."""

    def __init__(self, spec_type, dst_port=None, dst_port_mask=None,
                 src_port=None, src_port_mask=None, is_inner=0):
        if spec_type not in (e.IBV_FLOW_SPEC_TCP, e.IBV_FLOW_SPEC_UDP):
            raise PyverbsUserError('spec_type is neither IBV_FLOW_SPEC_TCP nor '
                                   'IBV_FLOW_SPEC_UDP')
        self.init(spec_type, sizeof(self.spec.tcp_udp), is_inner)
        self._set_field('dst_port', 0xffff, dst_port, dst_port_mask)
        self._set_field('src_port', 0xffff, src_port, src_port_mask)

    @property
    def dst_port(self):
        return be16toh(self.spec.tcp_udp.val.dst_port)

    @dst_port.setter
    def dst_port(self, val):
        self.spec.tcp_udp.val.dst_port = htobe16(val)

    @property
    def dst_port_mask(self):
        return be16toh(self.spec.tcp_udp.mask.dst_port)

    @dst_port_mask.setter
    def dst_port_mask(self, val):
        self.spec.tcp_udp.mask.dst_port = htobe16(val)

    @property
    def src_port(self):
        return be16toh(self.spec.tcp_udp.val.src_port)

    @src_port.setter
    def src_port(self, val):
        self.spec.tcp_udp.val.src_port = htobe16(val)

    @property
    def src_port_mask(self):
        return be16toh(self.spec.tcp_udp.mask.src_port)

    @src_port_mask.setter
    def src_port_mask(self, val):
        self.spec.tcp_udp.mask.src_port = htobe16(val)


cdef class ActionTagSpec(Spec):
    """Completions of the flow's packets have this number, of 24 bits."""

    def __init__(self, tag_id):
        self.init(e.IBV_FLOW_SPEC_ACTION_TAG, sizeof(self.spec.flow_tag), 0)
        self.spec.flow_tag.tag_id = tag_id


cdef class ActionDropSpec(Spec):
    """Nobody gets the flow's packets."""

    def __init__(self):
        self.init(e.IBV_FLOW_SPEC_ACTION_DROP, sizeof(self.spec.drop), 0)


cdef class ActionCountSpec(Spec):
    """Counters count the flow's packets."""

    def __init__(self, Counters counters not None):
        check_open(counters.counters, 'Counters')
        self.init(e.IBV_FLOW_SPEC_ACTION_COUNT, sizeof(self.spec.flow_count),
                  0)
        self.spec.flow_count.counters = counters.counters
        self.counters = counters
