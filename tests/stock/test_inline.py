# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Small messages that the device puts into their completions, from where the
library takes them to the memory of the receive. The device counts them.
"""

import os

import pytest

from pyverbs import enums as e
from pyverbs.addr import AH
from pyverbs.cq import CQEX, CqInitAttrEx, PollCqAttr
from pyverbs.srq import SRQ, SrqAttr, SrqInitAttr
from pyverbs.wr import SGE, RecvWR, SendWR

from stock import (A, B, QKEY, Side, connect, fail, inline_count, pattern,
                   succeed)
from test_dynamic import Dci, Dct

# What an entry has room for.
ROOM = 64 if os.environ.get('MLX5_CQE_SIZE') == '128' else 32
LENGTHS = (0, 1, 7, 8, 31, 32, 33, 63, 64, 65)
# Of a receive: places and lengths, with bytes between them that stay.
PIECES = ((3, 7), (20, 40), (70, 50))
AREA = 200


def fits(length):
    return 0 < length <= ROOM


class Pieces:
    """Memory of a side, that is received into piece by piece."""

    def __init__(self, side):
        self.mr = side.memory(AREA, pattern(AREA, 9))

    def wr(self, wr_id=1):
        return RecvWR(wr_id, len(PIECES), [
            SGE(self.mr.buf + first, length, self.mr.lkey)
            for first, length in PIECES])

    def check(self, data):
        """data is there, all around is untouched."""
        expected = bytearray(pattern(AREA, 9))
        for first, length in PIECES:
            part, data = data[:length], data[length:]
            expected[first:first + len(part)] = part
        assert self.mr.read(AREA, 0) == bytes(expected)
        self.mr.write(pattern(AREA, 9), AREA)


@pytest.fixture(params=(e.IBV_QPT_RC, e.IBV_QPT_UC), ids=('rc', 'uc'))
def pair(request):
    with Side(A, request.param) as a, Side(B, request.param) as b:
        connect(a, b)
        yield a, b


def send(a, length, seed, imm=None):
    """One message; returns its data."""
    data = pattern(length, seed)
    opcode = e.IBV_WR_SEND if imm is None else e.IBV_WR_SEND_WITH_IMM
    mr = a.memory(max(length, 1))
    mr.write(data, length)
    a.send(mr, opcode, length=length, imm=imm or 0)
    succeed(a.cq)
    return data


@pytest.mark.parametrize('length', LENGTHS)
def test_message_gets_to_its_pieces(pair, length):
    a, b = pair
    to, before = Pieces(b), inline_count()
    b.qp.post_recv(to.wr())
    sent = send(a, length, 3)
    wc, = succeed(b.cq)
    assert wc.byte_len == length
    assert wc.opcode == e.IBV_WC_RECV
    to.check(sent)
    assert inline_count() - before == fits(length)


def test_immediate_comes_with_it(pair):
    a, b = pair
    to = Pieces(b)
    b.qp.post_recv(to.wr())
    sent = send(a, 32, 5, imm=0x01020304)
    wc, = succeed(b.cq)
    assert (wc.imm_data, wc.byte_len) == (0x01020304, 32)
    to.check(sent)


def test_many_more_than_the_queues_have(pair):
    a, b = pair
    to, before, expected = Pieces(b), inline_count(), 0
    for i in range(150):
        length = 1 + i % 70
        b.qp.post_recv(to.wr(i))
        sent = send(a, length, i)
        wc, = succeed(b.cq)
        assert (wc.wr_id, wc.byte_len) == (i, length)
        to.check(sent)
        expected += fits(length)
    assert inline_count() - before == expected


def test_several_wait_for_one_poll(pair):
    a, b = pair
    lengths = (5, 64, 1, 97, 32, 33)
    areas = [Pieces(b) for _ in lengths]
    for i, to in enumerate(areas):
        b.qp.post_recv(to.wr(i))
    sent = [send(a, length, i) for i, length in enumerate(lengths)]
    assert [wc.byte_len for wc in succeed(b.cq, 6)] == list(lengths)
    for to, data in zip(areas, sent):
        to.check(data)


def test_cq_is_resized_with_data_in_it(pair):
    a, b = pair
    areas = [Pieces(b) for _ in range(5)]
    for i, to in enumerate(areas):
        b.qp.post_recv(to.wr(i))
    sent = [send(a, 20 + i, i) for i in range(5)]
    b.cq.resize(500)
    assert [wc.wr_id for wc in succeed(b.cq, 5)] == list(range(5))
    for to, data in zip(areas, sent):
        to.check(data)


def test_receive_that_is_too_short_fails(pair):
    a, b = pair
    to, before = b.memory(20), inline_count()
    b.recv(to)
    a.send(a.memory(21))
    fail(b.cq, e.IBV_WC_LOC_LEN_ERR)
    assert to.read(20, 0) == bytes(20)
    assert inline_count() == before


def test_flushed_receive_has_none(pair):
    _, b = pair
    to = Pieces(b)
    b.qp.post_recv(to.wr())
    b.error()
    fail(b.cq, e.IBV_WC_WR_FLUSH_ERR)
    to.check(b'')


def test_extended_polls():
    def make_cq(ctx):
        return CQEX(ctx, CqInitAttrEx(
            64, wc_flags=e.IBV_WC_EX_WITH_BYTE_LEN))

    with Side(A) as a, Side(B, make_cq=make_cq) as b:
        connect(a, b)
        to, before = Pieces(b), inline_count()
        for length in (1, 31, 32, 33, 64, 65):
            b.qp.post_recv(to.wr(length))
            sent = send(a, length, length)
            while b.cq.start_poll(PollCqAttr()):
                pass
            assert (b.cq.wr_id, b.cq.status) == (length, e.IBV_WC_SUCCESS)
            assert b.cq.read_byte_len() == length
            b.cq.end_poll()
            to.check(sent)
        assert inline_count() - before == sum(map(fits, (1, 31, 32, 33, 64)))


def test_shared_receives():
    with Side(B) as base, Side(A) as a:
        srq = SRQ(base.pd, SrqInitAttr(SrqAttr(8, 3)))
        with Side(B, srq=srq, parent=base) as b:
            connect(a, b)
            to, before, expected = Pieces(base), inline_count(), 0
            for i in range(30):
                length = 1 + 3 * i
                srq.post_recv(to.wr(i))
                sent = send(a, length, i)
                assert succeed(base.cq)[0].wr_id == i
                to.check(sent)
                expected += fits(length)
            assert inline_count() - before == expected
        srq.close()


def test_datagrams_are_never_in_completions():
    with Side(A, e.IBV_QPT_UD) as a, Side(B, e.IBV_QPT_UD) as b:
        for side in (a, b):
            side.qp.to_rts(side.attr())
        before, to, out = inline_count(), b.memory(100), a.memory(5)
        b.recv(to)
        wr = SendWR(1, e.IBV_WR_SEND, 1, 0, [SGE(out.buf, 5, out.lkey)],
                    e.IBV_SEND_SIGNALED)
        wr.set_wr_ud(AH(a.pd, attr=a.ah_attr(b.gid)), b.qp.qp_num, QKEY)
        a.qp.post_send(wr)
        assert succeed(b.cq)[0].byte_len == 45
        assert inline_count() == before


def test_dynamic_connections_are_not_asked_for_them():
    """Not at the DCT. What comes back to a DCI is in tests/test_dc.py."""
    with Dct(B) as dct, Dci(A) as dci:
        to, before = Pieces(dct), inline_count()
        for length in (1, 32, 33, 64, 65):
            dct.srq.post_recv(to.wr(length))
            data = pattern(length, length)
            dci.post(dct, 'send', dci.memory(length, data))
            succeed(dci.cq)
            wc, = succeed(dct.cq)
            assert (wc.wr_id, wc.byte_len) == (length, length)
            to.check(data)
        assert inline_count() == before
