# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""UD: addresses, headers, and what becomes of datagrams nobody can take."""

import ipaddress

import pytest

from pyverbs import enums as e
from pyverbs.addr import AH
from pyverbs.wr import SGE, SendWR

from stock import A, B, GRH, QKEY, Side, fail, nothing, pattern, succeed


def ready(name, gid='ipv4'):
    side = Side(name, e.IBV_QPT_UD, gid=gid)
    side.qp.to_rts(side.attr())
    return side


@pytest.fixture
def pair():
    with ready(A) as a, ready(B) as b:
        yield a, b


def post(a, b, mr, gid=None, qkey=QKEY, opcode=e.IBV_WR_SEND, imm=0):
    ah = AH(a.pd, attr=a.ah_attr(gid or b.gid))
    wr = SendWR(5, opcode, 1, imm, [SGE(mr.buf, mr.length, mr.lkey)],
                e.IBV_SEND_SIGNALED)
    wr.set_wr_ud(ah, b.qp.qp_num, qkey)
    a.qp.post_send(wr)


def exchange(a, b, length, **options):
    out, to = a.memory(length, pattern(length)), b.memory(length + GRH)
    b.recv(to)
    post(a, b, out, **options)
    if a is b:
        wc, = [wc for wc in succeed(a.cq, 2) if wc.opcode & e.IBV_WC_RECV]
    else:
        succeed(a.cq)
        wc, = succeed(b.cq)
    assert wc.byte_len == length + GRH
    assert wc.src_qp == a.qp.qp_num and wc.wc_flags & e.IBV_WC_GRH
    assert to.read(length, GRH) == pattern(length)
    return wc, to.read(GRH, 0)


@pytest.mark.parametrize('length', (1, 900, 4096))
def test_data_follows_an_ipv4_header(pair, length):
    a, b = pair
    _, header = exchange(a, b, length)
    ip = header[20:]
    assert ip[0] == 0x45 and ip[9] == 17
    for gid, at in ((a.gid, 12), (b.gid, 16)):
        packed = ipaddress.ip_address(gid).packed
        assert ip[at:at + 4] == packed[12:]
    words = [int.from_bytes(ip[i:i + 2], 'big') for i in range(0, 20, 2)]
    assert sum(words) % 0xffff == 0


def test_data_follows_an_ipv6_header():
    with ready(A, 'link') as a, ready(B, 'link') as b:
        _, header = exchange(a, b, 100)
        assert header[0] >> 4 == 6
        assert header[8:24] == ipaddress.ip_address(a.gid).packed
        assert header[24:40] == ipaddress.ip_address(b.gid).packed


def test_immediate(pair):
    wc, _ = exchange(*pair, 10, opcode=e.IBV_WR_SEND_WITH_IMM, imm=77)
    assert wc.wc_flags & e.IBV_WC_WITH_IMM and wc.imm_data == 77


def test_to_itself(pair):
    exchange(pair[0], pair[0], 50)


def lost(a, b, **options):
    """A datagram that does not arrive, and one after it that does."""
    to = b.memory(100 + GRH)
    b.recv(to)
    out = a.memory(100, pattern(100, 2))
    post(a, b, out, **options)
    succeed(a.cq)
    nothing(b.cq)
    post(a, b, out)
    succeed(a.cq)
    succeed(b.cq)


def test_wrong_qkey_is_dropped(pair):
    lost(*pair, qkey=QKEY ^ 1)


def test_gid_of_another_device_is_dropped(pair):
    a, b = pair
    lost(a, b, gid=a.gid)


def test_without_a_receive_it_is_dropped(pair):
    a, b = pair
    post(a, b, a.memory(10))
    succeed(a.cq)
    exchange(a, b, 10)


def test_longer_than_the_mtu_is_local_length(pair):
    a, b = pair
    post(a, b, a.memory(4097))
    fail(a.cq, e.IBV_WC_LOC_LEN_ERR)


def test_short_receive_is_local_length(pair):
    a, b = pair
    b.recv(b.memory(GRH + 9))
    post(a, b, a.memory(10))
    succeed(a.cq)
    fail(b.cq, e.IBV_WC_LOC_LEN_ERR)
    assert a.state() == e.IBV_QPS_RTS and b.state() == e.IBV_QPS_ERR
