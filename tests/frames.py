# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Ethernet frames as bytes, and what a device makes of them."""

import ipaddress
import socket
import struct

MULTICAST = '01:00:5e:01:02:03'
TCP, UDP = 6, 17
SHORTEST = 60                   # that leave a port
ETH_P_ALL = 3
TYPE = 0x88b5                   # for experiments
BYSTANDER = 'softhca2'          # a port that no test of frames is about


def mac_of(netdev):
    with open(f'/sys/class/net/{netdev}/address', encoding='ascii') as f:
        return f.read().strip()


def eth(dst, src, payload, kind=TYPE, vlan=None):
    tag = b'' if vlan is None else struct.pack('!HH', 0x8100, vlan)
    return (bytes.fromhex(dst.replace(':', '')) +
            bytes.fromhex(src.replace(':', '')) + tag +
            struct.pack('!H', kind) + payload)


def checksum(data):
    """Of the Internet; that of data which has its own in it is 0."""
    if len(data) % 2:
        data += b'\0'
    total = sum(struct.unpack(f'!{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def _addresses(src, dst):
    return ipaddress.ip_address(src).packed, ipaddress.ip_address(dst).packed


def pseudo(src, dst, proto, length):
    """What a checksum of TCP or UDP has of the header before."""
    return b''.join(_addresses(src, dst)) + struct.pack('!II', length, proto)


def _fill(header, at, *before):
    value = checksum(b''.join(before) + header)
    return header[:at] + struct.pack('!H', value) + header[at + 2:]


def udp(src, dst, sport, dport, payload, sum_up=True):
    data = struct.pack('!HHHH', sport, dport, 8 + len(payload), 0) + payload
    return _fill(data, 6, pseudo(src, dst, UDP, len(data))) if sum_up else data


def tcp(src, dst, sport, dport, payload, seq=0, flags=0x10, sum_up=True):
    data = struct.pack('!HHIIBBHHH', sport, dport, seq, 0, 5 << 4, flags,
                       1024, 0, 0) + payload
    return _fill(data, 16, pseudo(src, dst, TCP, len(data))) if sum_up else data


def ip(src, dst, proto, payload, tos=0, sum_up=True, label=0):
    """Of the version that the addresses are of."""
    a, b = _addresses(src, dst)
    if len(a) == 16:
        return struct.pack('!IHBB', 6 << 28 | tos << 20 | label, len(payload),
                           proto, 64) + a + b + payload
    header = struct.pack('!BBHHHBBH', 0x45, tos, 20 + len(payload), 7, 0, 64,
                         proto, 0) + a + b
    return (_fill(header, 10) if sum_up else header) + payload


def kind_of(address):
    return 0x800 if ipaddress.ip_address(address).version == 4 else 0x86dd


def packet(dst_mac, src_mac, src='192.0.2.7', dst='192.0.2.8', proto=UDP,
           sport=1000, dport=2000, payload=b'x' * 40, tos=0, vlan=None,
           sum_up=True, label=0):
    """A whole frame with a TCP or UDP packet in it."""
    layer4 = (udp if proto == UDP else tcp)(src, dst, sport, dport, payload,
                                            sum_up=sum_up)
    return eth(dst_mac, src_mac, ip(src, dst, proto, layer4, tos, sum_up,
                                    label), kind_of(src), vlan)


def toeplitz(key, data):
    """The hash by which a frame finds its queue."""
    bits = int.from_bytes(key, 'big')
    width = len(key) * 8
    result = 0
    for i in range(len(data) * 8):
        if data[i // 8] >> 7 - i % 8 & 1:
            result ^= bits >> width - 32 - i & 0xffffffff
    return result


def hash_input(src, dst, sport, dport):
    return b''.join(_addresses(src, dst)) + struct.pack('!HH', sport, dport)


class Tap:
    """A program that has no RDMA: a packet socket on a network device."""

    def __init__(self, netdev, kind=ETH_P_ALL):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                    socket.htons(kind))
        self.socket.bind((netdev, kind))
        self.socket.settimeout(20)

    def send(self, frame):
        self.socket.send(frame)

    def frames(self, count, wanted=lambda frame: True):
        """The next count that are wanted; the kernel sends some of its own."""
        found = []
        while len(found) < count:
            frame, address = self.socket.recvfrom(65536)
            if wanted(frame) and address[2] != socket.PACKET_OUTGOING:
                found.append(frame)
        return found

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def wait_for_wire(port):
    """Until what the port has sent is where it goes: frames keep their order."""
    with Tap(BYSTANDER, TYPE) as tap:
        port.put(eth(mac_of(BYSTANDER), port.mac, b''))
        tap.frames(1)
