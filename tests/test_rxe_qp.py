# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""What rxe's queue pairs do beyond what test_qp.py asks of every device."""

import errno
import socket

import pytest

from pyverbs import enums as e
from pyverbs.addr import AH
from pyverbs.cq import CQ
from pyverbs.device import Context
from pyverbs.pd import PD
from pyverbs.pyverbs_error import PyverbsRDMAError
from pyverbs.qp import QP, QPCap, QPInitAttr
from pyverbs.wr import SGE, RecvWR, SendWR

from rdma import (ALL, LOCAL, QKEY, REMOTE, Pair, Region, compare, expect,
                  pattern, poll, succeed, ud_side, wait_until)

DATA = 1
UC = e.IBV_QPT_UC
GRH = 40
IPV4 = 20           # where an IPv4 header starts within those 40 bytes


def pair_of(qp_type=e.IBV_QPT_RC, **options):
    return Pair('rxe0', qp_type=qp_type, **options)


@pytest.fixture
def pair():
    with pair_of() as both:
        yield both


@pytest.fixture
def uc():
    with pair_of(UC, access=e.IBV_ACCESS_REMOTE_WRITE) as both:
        yield both


def regions(pair, length):
    return Region(pair.a.pd, length, fill=DATA), Region(pair.b.pd, length)


# Unreliable connections.

@pytest.mark.parametrize('length', (1, 1024, 1025, 100001))
def test_uc_send(uc, length):
    out, to = regions(uc, length)
    uc.b.recv([to.sge()], wr_id=7)
    uc.a.send(e.IBV_WR_SEND, [out.sge()])
    succeed(uc.a.cq)
    wc, = succeed(uc.b.cq)
    assert (wc.wr_id, wc.byte_len) == (7, length)
    to.check(pattern(length, DATA), 'received')


def test_uc_send_with_immediate(uc):
    out, to = regions(uc, 100)
    uc.b.recv([to.sge()])
    uc.a.send(e.IBV_WR_SEND_WITH_IMM, [out.sge()], imm=0x11223344)
    succeed(uc.a.cq)
    wc, = succeed(uc.b.cq)
    assert wc.wc_flags & e.IBV_WC_WITH_IMM and wc.imm_data == 0x11223344
    to.check(pattern(100, DATA), 'received')


def test_uc_writes(uc):
    out, to = regions(uc, 5000)
    uc.b.recv([])
    uc.a.send(e.IBV_WR_RDMA_WRITE, [out.sge(0, 4000)], to.remote())
    uc.a.send(e.IBV_WR_RDMA_WRITE_WITH_IMM, [out.sge(4000)], to.remote(4000),
              imm=3)
    succeed(uc.a.cq, 2)
    assert succeed(uc.b.cq)[0].imm_data == 3
    to.check(pattern(5000, DATA), 'written')


def test_uc_message_without_a_receive_is_dropped(uc):
    out, to = regions(uc, 100)
    uc.a.send(e.IBV_WR_SEND_WITH_IMM, [out.sge()], imm=1)
    succeed(uc.a.cq)
    uc.b.recv([to.sge()])
    uc.a.send(e.IBV_WR_SEND_WITH_IMM, [out.sge()], imm=2)
    succeed(uc.a.cq)
    assert [wc.imm_data for wc in succeed(uc.b.cq)] == [2]


def refused(side, opcode, region, code=errno.EINVAL):
    bad = SendWR()
    wr = SendWR(4, opcode, 1, 0, [region.sge()])
    with pytest.raises(PyverbsRDMAError) as info:
        side.qp.post_send(wr, bad)
    assert (info.value.error_code, bad.wr_id) == (code, 4)


@pytest.mark.parametrize('opcode', (
    e.IBV_WR_RDMA_READ, e.IBV_WR_ATOMIC_FETCH_AND_ADD, e.IBV_WR_SEND_WITH_INV,
    e.IBV_WR_ATOMIC_WRITE))
def test_uc_refuses_what_needs_an_answer(uc, opcode):
    refused(uc.a, opcode, Region(uc.a.pd, 8))


@pytest.mark.parametrize('opcode', (e.IBV_WR_TSO, e.IBV_WR_FLUSH,
                                    e.IBV_WR_DRIVER1))
def test_rc_refuses_what_a_plain_post_cannot_say(pair, opcode):
    refused(pair.a, opcode, Region(pair.a.pd, 8))


# Atomics and atomic writes.

def number(value):
    return value.to_bytes(8, 'little')


@pytest.mark.parametrize('compare_with, result', ((7, 99), (8, 7)))
def test_compare_and_swap(pair, compare_with, result):
    back, there = Region(pair.a.pd, 8), Region(pair.b.pd, 8)
    there.fill(number(7))
    pair.a.atomic(e.IBV_WR_ATOMIC_CMP_AND_SWP, back.sge(), there.remote(),
                  compare_with, 99)
    wc, = succeed(pair.a.cq)
    assert wc.opcode == e.IBV_WC_COMP_SWAP
    back.check(number(7), 'what was there')
    there.check(number(result), 'what is there')


def test_unaligned_atomic_is_refused_by_the_peer(pair):
    back, there = Region(pair.a.pd, 8), Region(pair.b.pd, 16)
    pair.a.atomic(e.IBV_WR_ATOMIC_FETCH_AND_ADD, back.sge(), there.remote(4), 1)
    expect(poll(pair.a.cq), e.IBV_WC_REM_INV_REQ_ERR)


def test_atomic_write_by_a_plain_post(pair):
    out, to = regions(pair, 8)
    pair.a.send(e.IBV_WR_ATOMIC_WRITE, [out.sge()], to.remote(),
                flags=e.IBV_SEND_INLINE)
    assert succeed(pair.a.cq)[0].opcode == e.IBV_WC_ATOMIC_WRITE
    to.check(pattern(8, DATA), 'written')


# Every right, by what happens without it.

OPERATIONS = {
    e.IBV_ACCESS_REMOTE_WRITE: e.IBV_WR_RDMA_WRITE,
    e.IBV_ACCESS_REMOTE_READ: e.IBV_WR_RDMA_READ,
    e.IBV_ACCESS_REMOTE_ATOMIC: e.IBV_WR_ATOMIC_FETCH_AND_ADD,
}


def act(pair, right, there):
    """The operation that needs this right, on 8 bytes."""
    back = Region(pair.a.pd, 8)
    opcode = OPERATIONS[right]
    if right == e.IBV_ACCESS_REMOTE_ATOMIC:
        pair.a.atomic(opcode, back.sge(), there.remote(), 1)
    else:
        pair.a.send(opcode, [back.sge()], there.remote())
    return poll(pair.a.cq)


@pytest.mark.parametrize('right', OPERATIONS)
def test_region_without_the_right_is_remote_access_error(pair, right):
    access = LOCAL | (REMOTE & ~right)
    there = Region(pair.b.pd, 8, access=access, fill=DATA)
    expect(act(pair, right, there), e.IBV_WC_REM_ACCESS_ERR)
    there.check(pattern(8, DATA), 'the target')


@pytest.mark.parametrize('right', OPERATIONS)
def test_qp_without_the_right_is_remote_invalid_request(right):
    with pair_of(access=REMOTE & ~right) as pair:
        there = Region(pair.b.pd, 8, access=ALL, fill=DATA)
        expect(act(pair, right, there), e.IBV_WC_REM_INV_REQ_ERR)
        there.check(pattern(8, DATA), 'the target')


def test_region_is_not_written_past_its_end(pair):
    out, to = regions(pair, 100)
    pair.a.send(e.IBV_WR_RDMA_WRITE, [out.sge()], to.remote(1))
    expect(poll(pair.a.cq), e.IBV_WC_REM_ACCESS_ERR)
    to.check(pattern(100, 7), 'the target')


# Inline data.

def sides(qp_type, inline):
    if qp_type == e.IBV_QPT_UD:
        return ud_side('rxe0', inline=inline), ud_side('rxe0', inline=inline)
    both = pair_of(qp_type, inline=inline, access=e.IBV_ACCESS_REMOTE_WRITE)
    return both.a, both.b


def send_inline(a, b, sges, ah):
    wr = SendWR(1, e.IBV_WR_SEND, len(sges), 0, sges,
                e.IBV_SEND_SIGNALED | e.IBV_SEND_INLINE)
    if ah:
        wr.set_wr_ud(ah, b.qp.qp_num, QKEY)
    a.qp.post_send(wr)


@pytest.mark.parametrize('inline', (0, 64, 200))
@pytest.mark.parametrize('qp_type', (e.IBV_QPT_RC, UC, e.IBV_QPT_UD))
def test_inline_limit_is_exact(qp_type, inline):
    a, b = sides(qp_type, inline)
    skip = GRH if qp_type == e.IBV_QPT_UD else 0
    ah = AH(a.pd, attr=a.ah_attr(b.gid)) if skip else None
    room = a.qp.query(e.IBV_QP_CAP)[1].cap.max_inline_data
    assert room >= inline
    data = Region(a.pd, room + 1, fill=DATA)
    to = Region(b.pd, skip + room)
    b.recv([to.sge()])
    with pytest.raises(PyverbsRDMAError) as info:
        send_inline(a, b, [SGE(data.addr, room + 1, 0)], ah)
    assert info.value.error_code == errno.EINVAL
    half = room // 2
    send_inline(a, b, [SGE(data.addr, half, 0),
                       SGE(data.addr + half, room - half, 0)], ah)
    succeed(a.cq)
    assert succeed(b.cq)[0].byte_len == skip + room
    compare(to.read(skip), pattern(room + 1, DATA)[:room], 'received')
    a.close()
    b.close()


def test_more_inline_data_than_the_device_has_is_einval():
    with Context(name='rxe0') as ctx:
        cq = CQ(ctx, 10)
        init = QPInitAttr(qp_type=UC, scq=cq, rcq=cq, cap=QPCap(1, 1, 1, 1, 4096))
        with pytest.raises(PyverbsRDMAError) as info:
            QP(PD(ctx), init)
        assert info.value.error_code == errno.EINVAL


def test_read_into_inline_data_is_einval(pair):
    refused_wr = SendWR(4, e.IBV_WR_RDMA_READ, 1, 0,
                        [Region(pair.a.pd, 8).sge()], e.IBV_SEND_INLINE)
    with pytest.raises(PyverbsRDMAError) as info:
        pair.a.qp.post_send(refused_wr)
    assert info.value.error_code == errno.EINVAL


# Queues.

@pytest.mark.parametrize('wrong', (0, 1, 2))
def test_bad_wr_is_the_first_request_refused(pair, wrong):
    out, to = regions(pair, 10)
    wrs = [SendWR(i, e.IBV_WR_TSO if i == wrong else e.IBV_WR_RDMA_WRITE, 1, 0,
                  [out.sge()]) for i in range(3)]
    for wr, following in zip(wrs, wrs[1:]):
        wr.next_wr = following
    for wr in wrs:
        wr.set_wr_rdma(*to.remote())
    bad = SendWR()
    with pytest.raises(PyverbsRDMAError) as info:
        pair.a.qp.post_send(wrs[0], bad)
    assert (info.value.error_code, bad.wr_id) == (errno.EINVAL, wrong)
    assert [wc.wr_id for wc in succeed(pair.a.cq, wrong)] == list(range(wrong))
    assert pair.a.cq.poll() == (0, [])


def test_full_receive_queue_is_enomem(pair):
    to = Region(pair.b.pd, 10)
    bad, posted = RecvWR(), 0
    with pytest.raises(PyverbsRDMAError) as info:
        for posted in range(1000):
            pair.b.qp.post_recv(RecvWR(posted, 1, [to.sge()]), bad)
    assert info.value.error_code == errno.ENOMEM
    assert bad.wr_id == posted >= 16


def fill_cq(pair, count):
    """Leave count completions of writes in a's CQ, and that of an atomic."""
    out, to = regions(pair, 10)
    back, there = Region(pair.a.pd, 8), Region(pair.b.pd, 8, fill=DATA)
    for i in range(count):
        pair.a.send(e.IBV_WR_RDMA_WRITE, [out.sge()], to.remote(), wr_id=i)
    pair.a.atomic(e.IBV_WR_ATOMIC_FETCH_AND_ADD, back.sge(), there.remote(), 0)
    # What it fetches arrives after the writes have completed.
    wait_until(lambda: back.read() == pattern(8, DATA), 'the atomic')


def writes_in_order(pair, count=100):
    out, to = regions(pair, 10)
    for i in range(count):
        pair.a.send(e.IBV_WR_RDMA_WRITE, [out.sge()], to.remote(), wr_id=i)
        assert succeed(pair.a.cq)[0].wr_id == i


@pytest.mark.parametrize('cqe', (8, 1000))
def test_resized_cq_keeps_its_completions(pair, cqe):
    fill_cq(pair, 5)
    assert succeed(pair.a.cq)[0].wr_id == 0
    pair.a.cq.resize(cqe)
    assert pair.a.cq.cqe >= cqe
    assert [wc.wr_id for wc in succeed(pair.a.cq, 5)] == [1, 2, 3, 4, 3]
    writes_in_order(pair)


def test_resize_below_what_is_there_is_einval(pair):
    fill_cq(pair, 8)
    with pytest.raises(PyverbsRDMAError) as info:
        pair.a.cq.resize(2)
    assert info.value.error_code == errno.EINVAL
    assert [wc.wr_id for wc in succeed(pair.a.cq, 8)] == list(range(8))


@pytest.mark.parametrize('cqe', (0, -1, 1 << 24))
def test_resize_to_what_cannot_be_is_einval(pair, cqe):
    with pytest.raises(PyverbsRDMAError) as info:
        pair.a.cq.resize(cqe)
    assert info.value.error_code == errno.EINVAL
    writes_in_order(pair, 3)


# Datagrams: the address, field by field, as the receiver finds it.

@pytest.fixture
def datagrams():
    a, b = ud_side('rxe0'), ud_side('rxe0')
    yield a, b
    a.close()
    b.close()


def send_to(side, ah, qpn, region, imm=0):
    wr = SendWR(1, e.IBV_WR_SEND_WITH_IMM, 1, imm, [region.sge()])
    wr.set_wr_ud(ah, qpn, QKEY)
    side.qp.post_send(wr)
    succeed(side.cq)


def test_address_handle_is_in_the_packet(datagrams):
    a, b = datagrams
    out, to = Region(a.pd, 100, fill=DATA), Region(b.pd, 100 + GRH)
    b.recv([to.sge()])
    attr = a.ah_attr(b.gid)
    attr.traffic_class, attr.hop_limit = 0x64, 33
    attr.sl, attr.static_rate = 3, 2
    send_to(a, AH(a.pd, attr=attr), b.qp.qp_num, out, 5)
    wc, = succeed(b.cq)
    ip = to.read(IPV4, GRH - IPV4)
    assert ip[0] >> 4 == 4
    # The kernel asks the route for the hop limit, whatever attr says.
    assert (ip[1] & 0xfc, ip[8]) == (0x64, 64)
    assert ip[12:16] == ip[16:20] == socket.inet_aton('192.0.2.1')
    assert (wc.imm_data, wc.src_qp) == (5, a.qp.qp_num)
    compare(to.read(GRH), pattern(100, DATA), 'datagram')


def ah_refused(pd, attr):
    with pytest.raises(PyverbsRDMAError) as info:
        AH(pd, attr=attr)
    return info.value.error_code


def test_ah_of_a_port_that_is_not_there_is_einval(datagrams):
    attr = datagrams[0].ah_attr(datagrams[1].gid)
    attr.port_num = 2
    assert ah_refused(datagrams[0].pd, attr) == errno.EINVAL


def test_datagram_larger_than_the_mtu_is_not_sent(datagrams):
    a, b = datagrams
    out, to = Region(a.pd, 5000), Region(b.pd, 5000 + GRH)
    ah = AH(a.pd, attr=a.ah_attr(b.gid))
    b.recv([to.sge()])
    for length, imm in ((5000, 1), (500, 2)):
        wr = SendWR(1, e.IBV_WR_SEND_WITH_IMM, 1, imm, [out.sge(0, length)])
        wr.set_wr_ud(ah, b.qp.qp_num, QKEY)
        a.qp.post_send(wr)
        succeed(a.cq)
    assert [wc.imm_data for wc in succeed(b.cq)] == [2]
