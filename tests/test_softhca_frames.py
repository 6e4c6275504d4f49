# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""What the software device does with frames: where they go, what counts and drops
them, and its limits. What a flow matches is in tests/stock/test_raw_packet.py, what
the library makes of it in test_raw_packet.py."""

import errno
import os
import subprocess

import pytest

from pyverbs import enums as e
from pyverbs.cq import PollCqAttr
from pyverbs.flow import Counters, Flow, FlowAttr
from pyverbs.spec import (
    ActionCountSpec, ActionDropSpec, ActionTagSpec, EthSpec)
from pyverbs.wq import (
    WQ, RwqIndTable, RwqIndTableInitAttr, WQAttr, WQInitAttr)
from pyverbs.wr import RecvWR

import frames
import rdma
from ports import A, B, NETDEV, Port
from rdma import (CANARY, PAGE, Region, error_of, expect, pattern, poll,
                  read_counters, succeed, wait_readable, wait_until)
from test_softhca import (DRIVER, INDEX, address_of, wait_for_event)

SIZE = 1000


def flow_of(port, *specs, kind=e.IBV_FLOW_ATTR_NORMAL, priority=0):
    attr = FlowAttr(num_of_specs=len(specs), flow_type=kind, priority=priority)
    attr.specs.extend(specs)
    return Flow(port.qp, attr)


def to_port(port, priority):
    return flow_of(port, EthSpec(dst_mac=port.mac, ether_type=frames.TYPE),
                   priority=priority)


@pytest.fixture(name='ports')
def _ports():
    ends = Port(A), Port(B)
    yield ends
    for end in ends:
        end.close()


def frame_between(ports, length=SIZE, seed=1):
    a, b = ports
    return frames.eth(b.mac, a.mac, pattern(length, seed))


# Memory

def test_gathered_and_scattered(ports, exporter):
    a, b = ports
    frame = frame_between(ports)
    out = Region(a.pd, len(frame))
    out.fill(frame)
    user, buf = Region(b.pd, 100), Region(b.pd, 1200, exporter, PAGE - 1)
    with b.to_me():
        b.recv([buf.sge(0, 7), user.sge(), buf.sge(7)])
        a.send(e.IBV_WR_SEND, [out.sge(0, 13), out.sge(13, 1), out.sge(14)])
        succeed(a.cq)
        succeed(b.cq)
    user.check(frame[7:107], 'user memory')
    buf.check(frame[:7] + frame[107:] +
              pattern(1200, CANARY)[len(frame) - 100:], 'dma-buf')
    buf.close()


def test_frame_into_a_buffer_that_moves():
    """The port that imports dynamically receives."""
    a, b = Port(B), Port(A)
    frame = frames.eth(b.mac, a.mac, pattern(SIZE, 1))
    to = Region(b.pd, len(frame), 'testbuf:dynamic')
    with b.to_me():
        for _ in range(3):
            to.whole.move()
            b.recv([to.sge()])
            a.put(frame)
            succeed(b.cq)
            to.check(frame, 'dma-buf')
    to.close()
    for end in (a, b):
        end.close()


def test_wrong_key_ends_the_queue(ports):
    a, b = ports
    to = Region(b.pd, 2 * SIZE)
    sge = to.sge()
    sge.lkey ^= 1
    b.recv([sge])
    with b.to_me():
        a.put(frame_between(ports))
        expect(poll(b.cq), e.IBV_WC_LOC_PROT_ERR)
    wait_for_event(b.ctx, e.IBV_EVENT_QP_FATAL)
    to.check(pattern(2 * SIZE, CANARY), 'memory')


# Actions of flows

def test_tag_comes_with_the_frame(ports):
    a, _ = ports
    b = Port(B, cq_ex={'wc_flags': e.IBV_WC_EX_WITH_FLOW_TAG})
    to = Region(b.pd, 2 * SIZE)
    b.recv([to.sge()])
    with b.to_me(ActionTagSpec(0xabcdef)):
        a.put(frames.eth(b.mac, a.mac, pattern(SIZE, 1)))
        wait_until(lambda: b.cq.start_poll(PollCqAttr()) == 0, 'the frame')
    assert b.cq.status == e.IBV_WC_SUCCESS
    assert b.cq.read_flow_tag() == 0xabcdef
    b.cq.end_poll()
    b.close()


def test_tag_of_25_bits_is_einval(ports):
    assert error_of(ports[1].to_me, ActionTagSpec(1 << 24)) == errno.EINVAL


def test_dropped_frame_reaches_nobody(ports):
    a, b = ports
    to = Region(b.pd, 2 * SIZE)
    rest = to_port(b, 1)
    b.recv([to.sge()])
    flow = b.to_me(ActionDropSpec())
    with frames.Tap(NETDEV[B], frames.TYPE) as tap:
        a.put(frame_between(ports))
        frames.wait_for_wire(a)
        flow.close()
        a.put(frame_between(ports, seed=2))
        succeed(b.cq)
        assert to.read(14, SIZE) == pattern(SIZE, 2)
        tap.socket.setblocking(False)
        with pytest.raises(BlockingIOError):
            tap.frames(1)
    rest.close()


def test_counters_count_packets_and_bytes(ports):
    a, b = ports
    counters = Counters(b.ctx)
    counters.attach(e.IBV_COUNTER_PACKETS, 1)
    counters.attach(e.IBV_COUNTER_BYTES, 0)
    flow = b.to_me(ActionCountSpec(counters), ActionDropSpec())
    for length in (100, 200, 300):
        a.put(frame_between(ports, length))
    wait_until(lambda: counters.read(2)[1] == 3, 'three frames')
    assert counters.read(2) == [642, 3]
    assert error_of(counters.close) == errno.EBUSY
    flow.close()
    counters.close()


# Limits and errors

def test_priority_16_is_enospc(ports):
    assert error_of(to_port, ports[1], 16) == errno.ENOSPC


def test_specs_of_a_sniffer_are_einval(ports):
    _, b = ports
    assert error_of(flow_of, b, EthSpec(dst_mac=b.mac),
                    kind=e.IBV_FLOW_ATTR_SNIFFER) == errno.EINVAL


def test_process_without_the_right_is_eperm():
    """CAP_NET_RAW is given up for good."""
    script = ('from rdma import Side, e, error_of\n'
              f'print(error_of(Side, "{A}", e.IBV_QPT_RAW_PACKET))')
    done = subprocess.run(
        ['setpriv', '--bounding-set', '-net_raw', '--inh-caps', '-net_raw',
         'python3', '-B', '-c', script], text=True, check=True,
        stdout=subprocess.PIPE, cwd=os.path.dirname(rdma.__file__))
    assert int(done.stdout) == errno.EPERM


def test_lost_frames_are_counted(ports):
    a, b = ports
    before = read_counters(f'{B}/stats')['dropped']
    with b.to_me():
        for _ in range(5):
            a.put(frame_between(ports))
        wait_until(lambda: read_counters(f'{B}/stats')['dropped'] ==
                   before + 5, 'five lost frames')


def carrier(netdev, state):
    subprocess.run(['ip', 'link', 'set', netdev, 'carrier', state], check=True)


def test_port_that_is_down_loses_frames(ports):
    a, b = ports
    to = Region(b.pd, 2 * SIZE)
    b.recv([to.sge()])
    with b.to_me():
        carrier(NETDEV[B], 'off')
        a.put(frame_between(ports, seed=2))
        frames.wait_for_wire(a)
        carrier(NETDEV[B], 'on')
        a.put(frame_between(ports))
        succeed(b.cq)
    assert to.read(14, SIZE) == pattern(SIZE, 1)


# Work queues

def make_wq(port):
    wq = WQ(port.ctx, WQInitAttr(wq_pd=port.pd, wq_cq=port.cq, max_wr=16,
                                 max_sge=1))
    wq.modify(WQAttr(attr_mask=e.IBV_WQ_ATTR_STATE, wq_state=e.IBV_WQS_RDY))
    return wq


def test_table_of_1024_is_einval(ports):
    _, b = ports
    assert error_of(RwqIndTable, b.ctx, RwqIndTableInitAttr(
        10, [make_wq(b)] * 1024)) == errno.EINVAL


def bind(how):
    with open(f'{DRIVER}/{how}', 'w', encoding='ascii') as f:
        f.write(f'softhca.{INDEX}')


@pytest.fixture(name='unplugged')
def _unplugged():
    """Gives the device back as it was, once the port is closed."""
    address = address_of(NETDEV[B])
    yield lambda: bind('unbind')
    bind('bind')
    subprocess.run(['ip', 'address', 'replace', address, 'dev', NETDEV[B]],
                   check=True)
    subprocess.run(['ip', 'link', 'set', NETDEV[B], 'up'], check=True)


def test_unplugging_ends_queues_and_flows(unplugged):
    a, b = Port(A), Port(B)
    wq = make_wq(b)
    table = RwqIndTable(b.ctx, RwqIndTableInitAttr(1, [wq, make_wq(b)]))
    flow = b.to_me()
    to = Region(b.pd, 2 * SIZE)
    b.recv([to.sge()])
    wq.post_recv(RecvWR(1, 1, [to.sge()]))
    unplugged()
    wait_readable(b.ctx.async_fd)
    a.put(frame_between((a, b)))
    assert table and flow
    b.close()
    a.close()
