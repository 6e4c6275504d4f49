# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Frames: raw packet QPs, work queues, and the flows that fill them."""

import struct

import pytest

from pyverbs import enums as e
from pyverbs.cq import CQ
from pyverbs.flow import Flow, FlowAttr
from pyverbs.pyverbs_error import PyverbsError
from pyverbs.qp import QPAttr, QPEx, QPCap, QPInitAttrEx
from pyverbs.spec import EthSpec, Ipv4ExtSpec, Ipv6Spec, TcpUdpSpec
from pyverbs.wq import (
    WQ, RwqIndTable, RwqIndTableInitAttr, RxHashConf, WQAttr, WQInitAttr)
from pyverbs.wr import SGE

from stock import A, B, Side, event, fail, frames, nothing, pattern, recv_wr, succeed

NETDEV = {A: 'softhca0', B: 'softhca1'}
KEY = pattern(40, 3)
PORTS = (e.IBV_RX_HASH_SRC_IPV4 | e.IBV_RX_HASH_DST_IPV4 |
         e.IBV_RX_HASH_SRC_PORT_UDP | e.IBV_RX_HASH_DST_PORT_UDP)
SIZE = 2048
INLINE = 64                     # what a Side has room for
SEND_OPS = e.IBV_QP_EX_WITH_SEND | e.IBV_QP_EX_WITH_TSO


class Port(Side):
    """A raw packet QP that is ready, and what it needs."""

    def __init__(self, name):
        super().__init__(name, e.IBV_QPT_RAW_PACKET)
        self.mac = frames.mac_of(NETDEV[name])
        self.kept = []
        self.qp.to_rts(QPAttr(port_num=1))

    def flow(self, *specs, kind=e.IBV_FLOW_ATTR_NORMAL, priority=0, flags=0,
             qp=None):
        attr = FlowAttr(num_of_specs=len(specs), flow_type=kind,
                        priority=priority, flags=flags)
        attr.specs.extend(specs)
        flow = Flow(qp or self.qp, attr)
        self.kept.insert(0, flow)
        return flow

    def to_me(self):
        return self.flow(EthSpec(dst_mac=self.mac, ether_type=frames.TYPE))

    def post(self, count=1, queue=None):
        buffers = [self.memory(SIZE) for _ in range(count)]
        for number, mr in enumerate(buffers):
            (queue or self.qp).post_recv(recv_wr(mr, number))
        return buffers

    def put(self, frame, **options):
        self.send(self.memory(len(frame), frame), **options)
        succeed(self.cq)


@pytest.fixture(name='a')
def _a():
    with Port(A) as port:
        yield port


@pytest.fixture(name='b')
def _b():
    with Port(B) as port:
        yield port


def test_frame_goes_to_the_flow_that_matches(a, b):
    b.to_me()
    mr, = b.post()
    frame = frames.eth(b.mac, a.mac, pattern(300))
    a.put(frame)
    wc = succeed(b.cq)[0]
    assert wc.byte_len == len(frame)
    assert mr.read(len(frame), 0) == frame


def test_short_frame_is_filled_up(a, b):
    b.to_me()
    mr, = b.post()
    frame = frames.eth(b.mac, a.mac, b'abc')
    a.put(frame)
    assert succeed(b.cq)[0].byte_len == frames.SHORTEST
    assert mr.read(frames.SHORTEST, 0) == frame.ljust(frames.SHORTEST, b'\0')


def test_frame_without_flow_is_the_kernels(a, b):
    b.post()
    frame = frames.eth(b.mac, a.mac, pattern(100))
    with frames.Tap(NETDEV[B], frames.TYPE) as tap:
        a.put(frame)
        assert tap.frames(1) == [frame]
    nothing(b.cq)


def test_frame_of_the_kernel_arrives(a, b):
    b.to_me()
    mr, = b.post()
    frame = frames.eth(b.mac, a.mac, pattern(100))
    with frames.Tap(NETDEV[A]) as tap:
        tap.send(frame)
    succeed(b.cq)
    assert mr.read(len(frame), 0) == frame


def test_no_receive_no_frame(a, b):
    b.to_me()
    a.put(frames.eth(b.mac, a.mac, pattern(100)))
    frames.wait_for_wire(a)
    b.post()
    nothing(b.cq)


def test_frame_longer_than_its_receive_ends_the_queue(a, b):
    b.to_me()
    b.recv(b.memory(100), length=100)
    a.put(frames.eth(b.mac, a.mac, pattern(100)))
    fail(b.cq, e.IBV_WC_LOC_LEN_ERR)
    assert b.state() == e.IBV_QPS_ERR


@pytest.mark.parametrize('src, dst', (('192.0.2.7', '192.0.2.8'),
                                      ('2001:db8::7', '2001:db8::8')))
@pytest.mark.parametrize('proto', (frames.TCP, frames.UDP))
def test_checksums_are_filled_in(a, b, src, dst, proto):
    b.flow(EthSpec(dst_mac=b.mac, ether_type=frames.kind_of(src)))
    bare, full = (frames.packet(b.mac, a.mac, src, dst, proto, sum_up=sum_up)
                  for sum_up in (False, True))
    mr, = b.post()
    a.put(bare, flags=e.IBV_SEND_SIGNALED | e.IBV_SEND_IP_CSUM)
    wc = succeed(b.cq)[0]
    assert mr.read(len(full), 0) == full
    # What a completion says is of IPv4 alone.
    assert bool(wc.wc_flags & e.IBV_WC_IP_CSUM_OK) == ('.' in src)


def test_wrong_checksum_is_told(a, b):
    b.flow(EthSpec(dst_mac=b.mac, ether_type=0x800))
    b.post()
    a.put(frames.packet(b.mac, a.mac, sum_up=False))
    assert not succeed(b.cq)[0].wc_flags & e.IBV_WC_IP_CSUM_OK


def test_long_message_is_cut_up(a, b):
    b.flow(EthSpec(dst_mac=b.mac, ether_type=0x800))
    got = b.post(4)
    data = pattern(2500)
    whole = frames.packet(b.mac, a.mac, proto=frames.TCP, payload=data)
    qp = QPEx(a.ctx, QPInitAttrEx(
        qp_type=e.IBV_QPT_RAW_PACKET, scq=a.cq, rcq=a.cq, pd=a.pd,
        cap=QPCap(4, 4, 2, 2, 0), max_tso_header=64, send_ops_flags=SEND_OPS,
        comp_mask=e.IBV_QP_INIT_ATTR_PD | e.IBV_QP_INIT_ATTR_MAX_TSO_HEADER |
        e.IBV_QP_INIT_ATTR_SEND_OPS_FLAGS))
    qp.to_rts(QPAttr(port_num=1))
    mr = a.memory(len(data), data)
    qp.wr_start()
    qp.wr_id, qp.wr_flags = 1, e.IBV_SEND_SIGNALED | e.IBV_SEND_IP_CSUM
    header = a.memory(54, whole[:54])
    qp.wr_send_tso(header.buf, 54, 1000)
    qp.wr_set_sge(SGE(mr.buf, mr.length, mr.lkey))
    qp.wr_complete()
    succeed(a.cq)
    wcs = succeed(b.cq, 3)
    assert all(wc.wc_flags & e.IBV_WC_IP_CSUM_OK for wc in wcs)
    pieces = [mr.read(wc.byte_len, 0) for mr, wc in zip(got, wcs)]
    assert [len(piece) for piece in pieces] == [1054, 1054, 554]
    assert b''.join(piece[54:] for piece in pieces) == data
    assert [struct.unpack('!I', piece[38:42])[0] for piece in pieces] == \
        [0, 1000, 2000]
    qp.close()


MATCH = (
    ('dst', {}, lambda b: Ipv4ExtSpec(dst_ip='192.0.2.8'),
     {'dst': '192.0.2.9'}),
    ('src', {}, lambda b: Ipv4ExtSpec(src_ip='192.0.2.7'),
     {'src': '192.0.2.9'}),
    ('tos', {'tos': 4}, lambda b: Ipv4ExtSpec(tos=4), {'tos': 8}),
    ('dst6', {'src': '::7', 'dst': '::8'}, lambda b: Ipv6Spec(dst_ip='::8', src_ip='::7'),
     {'dst': '::9'}),
    ('label', {'src': '::7', 'dst': '::8', 'label': 5},
     lambda b: Ipv6Spec(flow_label=5, dst_ip='::8', src_ip='::7'), {'label': 6}),
    ('sport', {}, lambda b: TcpUdpSpec(e.IBV_FLOW_SPEC_UDP, src_port=1000),
     {'sport': 1}),
    ('dport', {}, lambda b: TcpUdpSpec(e.IBV_FLOW_SPEC_UDP, dst_port=2000),
     {'dport': 1}),
    ('proto', {}, lambda b: TcpUdpSpec(e.IBV_FLOW_SPEC_UDP, dst_port=2000),
     {'proto': frames.TCP}),
    ('vlan', {'vlan': 5}, lambda b: EthSpec(vlan_tag=5, vlan_tag_mask=0xfff),
     {'vlan': 6}),
    ('no tag', {'vlan': 5},
     lambda b: EthSpec(vlan_tag=5, vlan_tag_mask=0xfff), {'vlan': None}),
)


@pytest.mark.parametrize('fields, spec, other',
                         [case[1:] for case in MATCH],
                         ids=[case[0] for case in MATCH])
def test_one_field_decides(a, b, fields, spec, other):
    spec = spec(b)
    specs = [spec] if isinstance(spec, EthSpec) else [EthSpec(dst_mac=b.mac),
                                                      spec]
    b.flow(*specs)
    mr, = b.post()
    a.put(frames.packet(b.mac, a.mac, **{**fields, **other}))
    nothing(b.cq)
    frame = frames.packet(b.mac, a.mac, **fields)
    a.put(frame)
    succeed(b.cq)
    assert mr.read(len(frame), 0) == frame


def test_priority_decides(a, b):
    other = Port(B)
    other.flow(EthSpec(dst_mac=b.mac, ether_type=frames.TYPE), priority=1)
    b.flow(EthSpec(dst_mac=b.mac))
    other.post()
    b.post(2)
    a.put(frames.eth(b.mac, a.mac, pattern(100)))
    succeed(b.cq)
    nothing(other.cq)
    b.kept.pop(0).close()           # the flow
    a.put(frames.eth(b.mac, a.mac, pattern(100)))
    succeed(other.cq)
    other.close()


def test_multicast_goes_to_all_that_want_it(a, b):
    other = Port(B)
    for port in b, other:
        port.flow(EthSpec(dst_mac=frames.MULTICAST))
        port.post()
    a.put(frames.eth(frames.MULTICAST, a.mac, pattern(100)))
    succeed(b.cq)
    succeed(other.cq)
    other.close()


def test_sniffer_sees_all_and_takes_nothing(a, b):
    sniffer = Port(B)
    sniffer.flow(kind=e.IBV_FLOW_ATTR_SNIFFER)
    b.to_me()
    frame = frames.eth(b.mac, a.mac, pattern(100))
    back = frames.eth(a.mac, b.mac, pattern(200))
    got = sniffer.post(16)
    b.post()
    a.put(frame)
    succeed(b.cq)
    b.put(back)
    wcs = succeed(sniffer.cq, 2)
    sniffed = [mr.read(wc.byte_len, 0) for mr, wc in zip(got, wcs)]
    assert frame in sniffed and back in sniffed
    sniffer.close()


def test_default_flow_gets_what_no_other_takes(a, b):
    rest = Port(B)
    rest.flow(kind=e.IBV_FLOW_ATTR_ALL_DEFAULT)
    b.to_me()
    b.post()
    mr, = rest.post()
    a.put(frames.eth(b.mac, a.mac, pattern(100)))
    succeed(b.cq)
    frame = frames.eth('02:00:00:00:00:01', a.mac, pattern(200), 0x88b6)
    a.put(frame)
    succeed(rest.cq)
    assert mr.read(len(frame), 0) == frame
    rest.close()


def test_default_flow_of_multicast_takes_no_more(a, b):
    rest = Port(B)
    rest.flow(kind=e.IBV_FLOW_ATTR_MC_DEFAULT)
    mr, = rest.post()
    a.put(frames.eth('02:00:00:00:00:01', a.mac, pattern(200), 0x88b6))
    nothing(rest.cq)
    frame = frames.eth(frames.MULTICAST, a.mac, pattern(200), 0x88b6)
    a.put(frame)
    succeed(rest.cq)
    assert mr.read(len(frame), 0) == frame
    rest.close()


def test_flow_that_does_not_trap_leaves_the_frame_to_others(a, b):
    other = Port(B)
    other.flow(EthSpec(dst_mac=b.mac, ether_type=frames.TYPE),
               flags=e.IBV_FLOW_ATTR_FLAGS_DONT_TRAP)
    b.flow(EthSpec(dst_mac=b.mac, ether_type=frames.TYPE), priority=1)
    got = other.post(2) + b.post(1)
    frame = frames.eth(b.mac, a.mac, pattern(100))
    a.put(frame)
    for port in other, b:
        succeed(port.cq)
    assert [mr.read(len(frame), 0) for mr in got[::2]] == [frame, frame]
    b.kept.pop(0).close()           # the flow
    with frames.Tap(NETDEV[B], frames.TYPE) as tap:
        a.put(frame)
        assert tap.frames(1) == [frame]
    succeed(other.cq)
    nothing(b.cq)
    other.close()


@pytest.mark.parametrize('length', (18, 61, 1500))
@pytest.mark.parametrize('flags', (0, e.IBV_SEND_INLINE), ids=('sges', 'inline'))
def test_device_that_wants_a_header_gets_it(a, b, length, flags):
    """The older one sends here: the beginning of a frame is in its request."""
    if flags and length > INLINE:
        length = INLINE
    a.to_me()
    mr, = a.post()
    frame = frames.eth(a.mac, b.mac, pattern(length - 14))
    b.put(frame, flags=e.IBV_SEND_SIGNALED | flags)
    succeed(a.cq)
    assert mr.read(length, 0) == frame


@pytest.mark.parametrize('length', (14, 17))
def test_frame_without_such_a_header_is_einval(b, length):
    with pytest.raises(PyverbsError):
        b.send(b.memory(length, frames.eth(b.mac, b.mac, bytes(length - 14))))
    with Port(B) as other:
        other.put(frames.eth(b.mac, other.mac, bytes(4)))


class Queues:
    """WQs of a port behind a QP that spreads frames over them."""

    def __init__(self, port, log, fields=PORTS, cqs=None):
        self.cqs = cqs or [CQ(port.ctx, 64) for _ in range(1 << log)]
        self.wqs = [WQ(port.ctx, WQInitAttr(wq_pd=port.pd, wq_cq=cq,
                                            max_wr=64, max_sge=2))
                    for cq in self.cqs]
        self.table = RwqIndTable(port.ctx, RwqIndTableInitAttr(log, self.wqs))
        # Its key goes with it: Debian's QPInitAttrEx keeps the address alone.
        self.hash = RxHashConf(e.IBV_RX_HASH_FUNC_TOEPLITZ, 40, KEY, fields)
        self.qp = QPEx(port.ctx, QPInitAttrEx(
            qp_type=e.IBV_QPT_RAW_PACKET, pd=port.pd, ind_table=self.table,
            hash_conf=self.hash,
            comp_mask=e.IBV_QP_INIT_ATTR_PD | e.IBV_QP_INIT_ATTR_RX_HASH |
            e.IBV_QP_INIT_ATTR_IND_TABLE))
        for wq in self.wqs:
            self.state(wq, e.IBV_WQS_RDY)

    def state(self, wq, state):
        wq.modify(WQAttr(attr_mask=e.IBV_WQ_ATTR_STATE, wq_state=state))

    def close(self):
        for part in (self.qp, self.table, *self.wqs):
            part.close()


def test_frames_are_spread_as_the_hash_says(a, b):
    queues = Queues(b, 2)
    b.flow(EthSpec(dst_mac=b.mac, ether_type=0x800), qp=queues.qp)
    for wq in queues.wqs:
        b.post(16, wq)
    expected = [0] * 4
    for sport in range(16):
        a.put(frames.packet(b.mac, a.mac, sport=sport))
        expected[frames.toeplitz(KEY, frames.hash_input(
            '192.0.2.7', '192.0.2.8', sport, 2000)) % 4] += 1
    assert min(expected) > 0
    for cq, count in zip(queues.cqs, expected):
        succeed(cq, count)
    assert [cq.poll(16)[0] for cq in queues.cqs] == [0] * 4
    queues.close()


def test_frame_longer_than_its_receive_ends_the_wq(a, b):
    queues = Queues(b, 1, cqs=2 * [b.cq])
    b.flow(EthSpec(dst_mac=b.mac, ether_type=0x800), qp=queues.qp)
    for wq in queues.wqs:
        wq.post_recv(recv_wr(b.memory(100), 1, 100))
    a.put(frames.packet(b.mac, a.mac, payload=bytes(100)))
    fail(b.cq, e.IBV_WC_LOC_LEN_ERR)
    assert event(b.ctx) == e.IBV_EVENT_WQ_FATAL
    queues.close()


def test_wq_in_error_is_flushed(b):
    queues = Queues(b, 1)
    wq = queues.wqs[0]
    b.post(2, wq)
    queues.state(wq, e.IBV_WQS_ERR)
    fail(queues.cqs[0], e.IBV_WC_WR_FLUSH_ERR, e.IBV_WC_WR_FLUSH_ERR)
    with pytest.raises(PyverbsError):
        queues.state(wq, e.IBV_WQS_RDY)
    queues.state(wq, e.IBV_WQS_RESET)
    queues.close()
