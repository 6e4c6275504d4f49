# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Completion queues that change, overrun, have large entries."""

import pytest

from pyverbs import enums as e
from pyverbs.cq import CQ
from pyverbs.pyverbs_error import PyverbsError

from stock import A, B, LOCAL, Side, connect, event, fail, pattern, succeed

SIZE = 64


class Writer(Side):
    """Writes to one place and leaves the completions for later."""

    def aim(self, peer):
        connect(self, peer)
        self.out, self.to = self.memory(SIZE, pattern(SIZE)), peer.memory(SIZE)
        self.end = peer.memory(SIZE)

    def write(self, count, first=0):
        for i in range(count):
            self.send(self.out, e.IBV_WR_RDMA_WRITE, first + i, remote=self.to)

    def settle(self):
        """Wait until all that was posted is done, without polling.

        Data comes before its completion, so a request that has none is last.
        """
        self.end.write(bytes(SIZE), SIZE)
        self.send(self.out, e.IBV_WR_RDMA_WRITE, remote=self.end, flags=0)
        while self.end.read(SIZE, 0) != pattern(SIZE):
            pass


@pytest.fixture
def pair():
    with Writer(A, signal_all=0) as a, Side(B) as b:
        a.aim(b)
        yield a, b


@pytest.mark.parametrize('size', (20, 63, 500, 4000))
def test_resize_keeps_what_is_there(pair, size):
    a, _ = pair
    for turn in range(3):
        first = 100 * turn
        a.write(10, first)
        a.settle()
        assert succeed(a.cq, 1)[0].wr_id == first
        a.cq.resize(size + turn)
        a.write(5, first + 50)
        assert [wc.wr_id for wc in succeed(a.cq, 14)] == \
            [*range(first + 1, first + 10), *range(first + 50, first + 55)]


def test_resize_below_what_is_there_fails(pair):
    a, _ = pair
    a.write(20)
    a.settle()
    with pytest.raises(PyverbsError):
        a.cq.resize(5)
    succeed(a.cq, 20)


def test_overrun_is_an_event_and_ends_the_qp():
    with Writer(A, make_cq=lambda ctx: CQ(ctx, 7)) as a, Side(B) as b:
        a.aim(b)
        a.write(20)
        assert {event(a.ctx), event(a.ctx)} == \
            {e.IBV_EVENT_CQ_ERR, e.IBV_EVENT_QP_FATAL}
        assert a.state() == e.IBV_QPS_ERR


# These are run with MLX5_CQE_SIZE=128 as well.

def test_rings_wrap(pair):
    a, b = pair
    to = b.memory(SIZE)
    for i in range(200):
        b.recv(to, i)
        a.send(a.out, wr_id=i)
        assert succeed(a.cq)[0].wr_id == i
        assert succeed(b.cq)[0].wr_id == i
    assert to.read(SIZE, 0) == pattern(SIZE)


def test_errors_are_told(pair):
    a, b = pair
    a.send(a.out, e.IBV_WR_RDMA_WRITE, remote=b.memory(SIZE, access=LOCAL))
    fail(a.cq, e.IBV_WC_REM_ACCESS_ERR)
