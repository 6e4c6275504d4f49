# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Small messages that come back to a requester in completions: of reads and
atomics. Only of queue pairs whose every request has a completion, unless more
is asked for. With entries of 128 bytes the stock library of 56 takes such data
from one byte before its place, the one of 65 from the right one.
"""

import os

import pytest

from pyverbs import enums as e
from pyverbs.wr import SGE, SendWR

from stock import A, B, Side, connect, inline_count, pattern, succeed

ROOM = 64 if os.environ.get('MLX5_CQE_SIZE') == '128' else 32
PIECES = ((3, 7), (20, 40), (70, 50))
AREA = 200


def open_pair(signal_all):
    a, b = Side(A, signal_all=signal_all), Side(B)
    connect(a, b)
    return a, b


def sges(mr):
    return [SGE(mr.buf + first, length, mr.lkey) for first, length in PIECES]


def cut(pieces, length):
    """The pieces as far as the message goes."""
    for sge in pieces:
        part = min(sge.length, length)
        length -= part
        if part:
            yield SGE(sge.addr, part, sge.lkey)


def read(a, to, remote, length, flags=0):
    pieces = list(cut(sges(to), length))
    wr = SendWR(7, e.IBV_WR_RDMA_READ, len(pieces), 0, pieces, flags)
    wr.set_wr_rdma(remote.rkey, remote.buf)
    a.qp.post_send(wr)


def check(mr, data):
    expected = bytearray(pattern(AREA, 9))
    for first, length in PIECES:
        part, data = data[:length], data[length:]
        expected[first:first + len(part)] = part
    assert mr.read(AREA, 0) == bytes(expected)
    mr.write(pattern(AREA, 9), AREA)


def test_reads():
    a, b = open_pair(signal_all=1)
    with a, b:
        to, remote = a.memory(AREA, pattern(AREA, 9)), b.memory(100)
        before, expected = inline_count(), 0
        # Requests of several sizes, so that one is around the queue's end.
        for i in range(90):
            length = 1 + i
            remote.write(pattern(100, i), 100)
            read(a, to, remote, length)
            wc, = succeed(a.cq)
            assert (wc.opcode, wc.byte_len) == (e.IBV_WC_RDMA_READ, length)
            check(to, pattern(100, i)[:length])
            expected += length <= ROOM
        assert inline_count() - before == expected


@pytest.mark.parametrize('opcode', (e.IBV_WR_ATOMIC_CMP_AND_SWP,
                                    e.IBV_WR_ATOMIC_FETCH_AND_ADD))
def test_atomics(opcode):
    a, b = open_pair(signal_all=1)
    with a, b:
        to, remote = a.memory(AREA, pattern(AREA, 9)), b.memory(8)
        old = pattern(8, 1)
        remote.write(old, 8)
        before = inline_count()
        wr = SendWR(7, opcode, 1, 0, [SGE(to.buf + 24, 8, to.lkey)])
        wr.set_wr_atomic(remote.rkey, remote.buf, 0, 5)
        a.qp.post_send(wr)
        wc, = succeed(a.cq)
        assert wc.byte_len == 8
        expected = bytearray(pattern(AREA, 9))
        expected[24:32] = old
        assert to.read(AREA, 0) == bytes(expected)
        assert inline_count() - before == 1


def test_some_without_completion_means_none_in_completions():
    a, b = open_pair(signal_all=0)
    with a, b:
        to, remote = a.memory(AREA, pattern(AREA, 9)), b.memory(20)
        remote.write(pattern(20), 20)
        before = inline_count()
        read(a, to, remote, 20, e.IBV_SEND_SIGNALED)
        succeed(a.cq)
        check(to, pattern(20))
        assert inline_count() == before
