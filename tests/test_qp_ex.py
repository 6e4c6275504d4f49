# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Extended queue pairs: every call of a batch, by what it does to memory."""

import contextlib
import errno

import pytest

from pyverbs import enums as e
from pyverbs.addr import AH
from pyverbs.cq import CQ
from pyverbs.device import Context
from pyverbs.pd import PD
from pyverbs.pyverbs_error import PyverbsRDMAError, PyverbsUserError
from pyverbs.qp import QP, DataBuffer, QPCap, QPEx, QPInitAttrEx

from rdma import (LOCAL, QKEY, Pair, Region, compare, expect, pattern, poll,
                  succeed, ud_side)

DATA = 1
GRH = 40
SIGNALED = e.IBV_SEND_SIGNALED
# What every device here has for RC.
RC_OPS = (e.IBV_QP_EX_WITH_SEND | e.IBV_QP_EX_WITH_SEND_WITH_IMM |
          e.IBV_QP_EX_WITH_RDMA_WRITE | e.IBV_QP_EX_WITH_RDMA_WRITE_WITH_IMM |
          e.IBV_QP_EX_WITH_RDMA_READ | e.IBV_QP_EX_WITH_ATOMIC_CMP_AND_SWP |
          e.IBV_QP_EX_WITH_ATOMIC_FETCH_AND_ADD)


@pytest.fixture
def pair(device):
    with Pair(device, send_ops=RC_OPS) as both:
        yield both


@contextlib.contextmanager
def batch(qp, wr_id=1, flags=SIGNALED):
    """Requests made in the body are sent after it."""
    qp.wr_start()
    qp.wr_id, qp.wr_flags = wr_id, flags
    yield qp
    qp.wr_complete()


def number(value):
    return value.to_bytes(8, 'little')


def regions(pair, length):
    """A source with data in a, a target in b."""
    return Region(pair.a.pd, length, fill=DATA), Region(pair.b.pd, length)


def test_send(pair):
    out, to = regions(pair, 3000)
    pair.b.recv([to.sge()])
    with batch(pair.a.qp, 55) as qp:
        qp.wr_send()
        qp.wr_set_sge(out.sge())
    wc, = succeed(pair.a.cq)
    assert (wc.wr_id, wc.opcode) == (55, e.IBV_WC_SEND)
    assert succeed(pair.b.cq)[0].byte_len == 3000
    to.check(pattern(3000, DATA), 'received')


def test_send_with_immediate(pair):
    out, to = regions(pair, 100)
    pair.b.recv([to.sge()])
    with batch(pair.a.qp) as qp:
        qp.wr_send_imm(0x11223344)
        qp.wr_set_sge(out.sge())
    succeed(pair.a.cq)
    wc, = succeed(pair.b.cq)
    assert wc.wc_flags & e.IBV_WC_WITH_IMM and wc.imm_data == 0x11223344
    to.check(pattern(100, DATA), 'received')


def test_write_from_several_sges(pair):
    out, to = regions(pair, 900)
    with batch(pair.a.qp) as qp:
        qp.wr_rdma_write(*to.remote())
        qp.wr_set_sge_list(2, [out.sge(0, 200), out.sge(200), out.sge()])
    assert succeed(pair.a.cq)[0].opcode == e.IBV_WC_RDMA_WRITE
    to.check(pattern(900, DATA), 'written')


def test_write_with_immediate(pair):
    out, to = regions(pair, 500)
    pair.b.recv([])
    with batch(pair.a.qp) as qp:
        qp.wr_rdma_write_imm(*to.remote(), 9)
        qp.wr_set_sge(out.sge())
    succeed(pair.a.cq)
    wc, = succeed(pair.b.cq)
    assert wc.opcode == e.IBV_WC_RECV_RDMA_WITH_IMM and wc.imm_data == 9
    to.check(pattern(500, DATA), 'written')


def test_read(pair):
    back, there = Region(pair.a.pd, 5000), Region(pair.b.pd, 5000, fill=DATA)
    with batch(pair.a.qp) as qp:
        qp.wr_rdma_read(*there.remote())
        qp.wr_set_sge(back.sge())
    assert succeed(pair.a.cq)[0].opcode == e.IBV_WC_RDMA_READ
    back.check(pattern(5000, DATA), 'read')


@pytest.mark.parametrize('compare_with, result', ((7, 99), (8, 7)))
def test_compare_and_swap(pair, compare_with, result):
    back, there = Region(pair.a.pd, 8), Region(pair.b.pd, 8)
    there.fill(number(7))
    with batch(pair.a.qp) as qp:
        qp.wr_atomic_cmp_swp(*there.remote(), compare_with, 99)
        qp.wr_set_sge(back.sge())
    assert succeed(pair.a.cq)[0].opcode == e.IBV_WC_COMP_SWAP
    back.check(number(7), 'what was there')
    there.check(number(result), 'what is there')


def test_fetch_and_add(pair):
    back, there = Region(pair.a.pd, 8), Region(pair.b.pd, 8)
    there.fill(number(7))
    with batch(pair.a.qp) as qp:
        qp.wr_atomic_fetch_add(*there.remote(), 3)
        qp.wr_set_sge(back.sge())
    assert succeed(pair.a.cq)[0].opcode == e.IBV_WC_FETCH_ADD
    back.check(number(7), 'what was there')
    there.check(number(10), 'the sum')


def test_inline_data_is_copied_at_the_call(pair):
    out, to = regions(pair, 60)
    with batch(pair.a.qp) as qp:
        qp.wr_rdma_write(*to.remote())
        qp.wr_set_inline_data(out.addr, 60)
        out.fill(bytes(60))
    succeed(pair.a.cq)
    to.check(pattern(60, DATA), 'written')


def test_inline_data_from_several_buffers(pair):
    out, to = regions(pair, 60)
    bufs = [DataBuffer(out.addr, 7), DataBuffer(out.addr + 7, 53)]
    with batch(pair.a.qp) as qp:
        qp.wr_rdma_write(*to.remote())
        qp.wr_set_inline_data_list(2, bufs)
    succeed(pair.a.cq)
    to.check(pattern(60, DATA), 'written')


def test_requests_of_a_batch_arrive_in_order(pair):
    out, to = regions(pair, 300)
    with batch(pair.a.qp) as qp:
        for i in range(3):
            qp.wr_id = i
            qp.wr_rdma_write(*to.remote(100 * i))
            qp.wr_set_sge(out.sge(100 * i, 100))
    assert [wc.wr_id for wc in succeed(pair.a.cq, 3)] == [0, 1, 2]
    to.check(pattern(300, DATA), 'written')


def test_unsignaled_requests_make_no_completion(pair):
    out, to = regions(pair, 300)
    with batch(pair.a.qp, flags=0) as qp:
        qp.wr_rdma_write(*to.remote())
        qp.wr_set_sge(out.sge())
        qp.wr_id, qp.wr_flags = 2, SIGNALED
        qp.wr_rdma_read(*to.remote())
        qp.wr_set_sge(out.sge())
    assert succeed(pair.a.cq)[0].wr_id == 2
    assert pair.a.cq.poll() == (0, [])


def write_one(pair, out, to, wr_id=1):
    with batch(pair.a.qp, wr_id) as qp:
        qp.wr_rdma_write(*to.remote())
        qp.wr_set_sge(out.sge())


def test_many_batches_wrap_the_queue(pair):
    out, to = regions(pair, 64)
    for i in range(100):
        write_one(pair, out, to, i)
        assert succeed(pair.a.cq)[0].wr_id == i


def test_aborted_batch_is_not_sent(pair):
    out, to = regions(pair, 64)
    pair.a.qp.wr_start()
    pair.a.qp.wr_rdma_write(*to.remote())
    pair.a.qp.wr_set_sge(Region(pair.a.pd, 64).sge())
    pair.a.qp.wr_abort()
    write_one(pair, out, to, 9)
    assert succeed(pair.a.cq)[0].wr_id == 9
    to.check(pattern(64, DATA), 'written')


def test_calls_and_plain_posts_mix(pair):
    out, to = regions(pair, 64)
    write_one(pair, out, to, 1)
    pair.a.send(e.IBV_WR_RDMA_WRITE, [out.sge()], to.remote(), wr_id=2)
    write_one(pair, out, to, 3)
    assert [wc.wr_id for wc in succeed(pair.a.cq, 3)] == [1, 2, 3]


def fails(code, body, qp):
    """The batch that body makes is refused with code, all of it."""
    with pytest.raises(PyverbsRDMAError) as info:
        with batch(qp):
            body()
    assert info.value.error_code == code


def test_inline_limit_is_exact(device):
    with Pair(device, send_ops=RC_OPS) as pair:
        qp = pair.a.qp
        room = qp.query(e.IBV_QP_CAP)[1].cap.max_inline_data
        out, to = regions(pair, room + 1)

        def write(length):
            qp.wr_rdma_write(*to.remote())
            qp.wr_set_inline_data(out.addr, length)

        fails(errno.EINVAL, lambda: write(room + 1), qp)
        with batch(qp):
            write(room)
        succeed(pair.a.cq)
        compare(to.read(0, room), pattern(room + 1, DATA)[:room], 'written')


def test_too_many_sges_are_einval(pair):
    out = Region(pair.a.pd, 10)

    def send():
        pair.a.qp.wr_send()
        pair.a.qp.wr_set_sge_list(200, [out.sge()] * 200)

    fails(errno.EINVAL, send, pair.a.qp)


def test_full_queue_refuses_all_of_the_batch(pair):
    out, to = regions(pair, 64)
    room = pair.a.qp.query(e.IBV_QP_CAP)[1].cap.max_send_wr

    def write_many():
        for _ in range(room + 100):
            pair.a.qp.wr_rdma_write(*to.remote())
            pair.a.qp.wr_set_sge(out.sge())

    fails(errno.ENOMEM, write_many, pair.a.qp)
    write_one(pair, out, to, 9)
    assert succeed(pair.a.cq)[0].wr_id == 9
    assert pair.a.cq.poll() == (0, [])


def test_data_without_a_request_is_einval(pair):
    out = Region(pair.a.pd, 10)
    fails(errno.EINVAL, lambda: pair.a.qp.wr_set_sge(out.sge()), pair.a.qp)


def test_wrong_rkey_is_remote_access_error(pair):
    out, to = regions(pair, 10)
    with batch(pair.a.qp) as qp:
        qp.wr_rdma_write(to.mr.rkey ^ 0xff00, to.addr)
        qp.wr_set_sge(out.sge())
    expect(poll(pair.a.cq), e.IBV_WC_REM_ACCESS_ERR)


# What pyverbs does not let through to the device.

def test_call_outside_of_a_batch_is_refused(pair):
    with pytest.raises(PyverbsUserError, match='wr_start'):
        pair.a.qp.wr_send()


def test_batch_within_a_batch_is_refused(pair):
    pair.a.qp.wr_start()
    with pytest.raises(PyverbsUserError):
        pair.a.qp.wr_start()
    pair.a.qp.wr_abort()


def test_call_that_was_not_announced_is_refused(device):
    with Pair(device, send_ops=e.IBV_QP_EX_WITH_SEND) as pair:
        pair.a.qp.wr_start()
        with pytest.raises(PyverbsUserError, match='send_ops_flags'):
            pair.a.qp.wr_rdma_write(1, 2)
        pair.a.qp.wr_abort()


def test_closing_ends_a_batch(device):
    with Pair(device, send_ops=RC_OPS) as pair:
        pair.a.qp.wr_start()
        pair.a.qp.close()
        with pytest.raises(PyverbsUserError, match='closed'):
            pair.a.qp.wr_start()


# Creation.

def init_attr(pd, cq, **more):
    more = {'comp_mask': e.IBV_QP_INIT_ATTR_PD, 'pd': pd} | more
    return QPInitAttrEx(qp_type=e.IBV_QPT_RC, scq=cq, rcq=cq,
                        cap=QPCap(5, 7, 2, 3, 20), **more)


def test_creation_tells_what_it_gave(device):
    with Context(name=device) as ctx:
        attr = init_attr(PD(ctx), CQ(ctx, 10))
        QP(ctx, attr)
        assert attr.max_send_wr >= 5 and attr.max_recv_wr >= 7
        assert attr.max_send_sge >= 2 and attr.max_recv_sge >= 3
        assert attr.max_inline_data >= 20


def refused(code, ctx, attr, kind=QP):
    with pytest.raises(PyverbsRDMAError) as info:
        kind(ctx, attr)
    assert info.value.error_code == code


def test_unknown_call_is_eopnotsupp(device):
    with Context(name=device) as ctx:
        attr = init_attr(PD(ctx), CQ(ctx, 10), send_ops_flags=1 << 40)
        attr.comp_mask |= e.IBV_QP_INIT_ATTR_SEND_OPS_FLAGS
        refused(errno.EOPNOTSUPP, ctx, attr, QPEx)


def test_qp_without_a_pd_is_einval(device):
    with Context(name=device) as ctx:
        attr = init_attr(None, CQ(ctx, 10), comp_mask=0)
        refused(errno.EINVAL, ctx, attr)


def test_qp_ex_needs_the_calls_it_is_for(device):
    with Context(name=device) as ctx:
        with pytest.raises(PyverbsUserError, match='send_ops_flags'):
            QPEx(ctx, init_attr(PD(ctx), CQ(ctx, 10)))


# What rxe has besides.

def rxe_pair(ops, access, **options):
    return Pair('rxe0', send_ops=ops, access=access, **options)


def test_atomic_write():
    ops = e.IBV_QP_EX_WITH_ATOMIC_WRITE
    with rxe_pair(ops, e.IBV_ACCESS_REMOTE_WRITE) as pair:
        to = Region(pair.b.pd, 8)
        with batch(pair.a.qp) as qp:
            qp.wr_atomic_write(*to.remote(), b'01234567')
        assert succeed(pair.a.cq)[0].opcode == e.IBV_WC_ATOMIC_WRITE
        to.check(b'01234567', 'written')


def test_unaligned_atomic_write_is_refused_by_the_peer():
    ops = e.IBV_QP_EX_WITH_ATOMIC_WRITE
    with rxe_pair(ops, e.IBV_ACCESS_REMOTE_WRITE) as pair:
        to = Region(pair.b.pd, 16)
        rkey, addr = to.remote()
        with batch(pair.a.qp) as qp:
            qp.wr_atomic_write(rkey, addr + 4, b'01234567')
        expect(poll(pair.a.cq), e.IBV_WC_REM_INV_REQ_ERR)


FLUSHABLE = e.IBV_ACCESS_REMOTE_WRITE | e.IBV_ACCESS_FLUSH_GLOBAL


@pytest.mark.parametrize('level', (e.IBV_FLUSH_RANGE, e.IBV_FLUSH_MR))
def test_flush_behind_a_write(level):
    ops = e.IBV_QP_EX_WITH_FLUSH | e.IBV_QP_EX_WITH_RDMA_WRITE
    with rxe_pair(ops, FLUSHABLE) as pair:
        out = Region(pair.a.pd, 500, fill=DATA)
        to = Region(pair.b.pd, 500, access=LOCAL | FLUSHABLE)
        with batch(pair.a.qp) as qp:
            qp.wr_rdma_write(*to.remote())
            qp.wr_set_sge(out.sge())
            qp.wr_flush(*to.remote(), 500, e.IBV_FLUSH_GLOBAL, level)
        wcs = succeed(pair.a.cq, 2)
        assert [wc.opcode for wc in wcs] == [e.IBV_WC_RDMA_WRITE,
                                             e.IBV_WC_FLUSH]
        to.check(pattern(500, DATA), 'written')


def test_flush_without_the_right_is_remote_access_error():
    with rxe_pair(e.IBV_QP_EX_WITH_FLUSH, FLUSHABLE) as pair:
        to = Region(pair.b.pd, 500, access=LOCAL | e.IBV_ACCESS_REMOTE_WRITE)
        with batch(pair.a.qp) as qp:
            qp.wr_flush(*to.remote(), 500, e.IBV_FLUSH_GLOBAL,
                        e.IBV_FLUSH_RANGE)
        expect(poll(pair.a.cq), e.IBV_WC_REM_ACCESS_ERR)


UC_OPS = (e.IBV_QP_EX_WITH_SEND | e.IBV_QP_EX_WITH_SEND_WITH_IMM |
          e.IBV_QP_EX_WITH_RDMA_WRITE | e.IBV_QP_EX_WITH_RDMA_WRITE_WITH_IMM)


def test_uc_send_and_write():
    with rxe_pair(UC_OPS, e.IBV_ACCESS_REMOTE_WRITE,
                  qp_type=e.IBV_QPT_UC) as pair:
        out, to = regions(pair, 3000)
        written = Region(pair.b.pd, 3000)
        pair.b.recv([to.sge()])
        with batch(pair.a.qp) as qp:
            qp.wr_rdma_write(*written.remote())
            qp.wr_set_sge(out.sge())
            qp.wr_send_imm(5)
            qp.wr_set_sge(out.sge())
        succeed(pair.a.cq, 2)
        assert succeed(pair.b.cq)[0].imm_data == 5
        to.check(pattern(3000, DATA), 'received')
        written.check(pattern(3000, DATA), 'written')


def test_uc_has_no_reads():
    with pytest.raises(PyverbsRDMAError) as info:
        rxe_pair(e.IBV_QP_EX_WITH_RDMA_READ, 0, qp_type=e.IBV_QPT_UC)
    assert info.value.error_code == errno.EOPNOTSUPP


def test_datagram():
    ops = e.IBV_QP_EX_WITH_SEND | e.IBV_QP_EX_WITH_SEND_WITH_IMM
    a, b = ud_side('rxe0', send_ops=ops), ud_side('rxe0', send_ops=ops)
    out, to = Region(a.pd, 900, fill=DATA), Region(b.pd, 900 + GRH)
    b.recv([to.sge()])
    ah = AH(a.pd, attr=a.ah_attr(b.gid))
    with batch(a.qp) as qp:
        qp.wr_send_imm(77)
        qp.wr_set_ud_addr(ah, b.qp.qp_num, QKEY)
        qp.wr_set_sge(out.sge())
    succeed(a.cq)
    wc, = succeed(b.cq)
    assert wc.imm_data == 77 and wc.src_qp == a.qp.qp_num
    compare(to.read(GRH), pattern(900, DATA), 'datagram')
    a.close()
    b.close()
