# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Resizing CQs of mlx5; tests/stock has the same for Debian's library."""

import pytest

from pyverbs import enums as e
from pyverbs.pyverbs_error import PyverbsRDMAError

from rdma import LOCAL, REMOTE, SOFTHCA, Pair, Region, succeed, wait_until


@pytest.fixture
def pair():
    with Pair(SOFTHCA['dynamic'], access=LOCAL | REMOTE) as both:
        both.regions = Region(both.a.pd, 10), Region(both.b.pd, 10)
        yield both


def fill(pair, first, count):
    """With that many completions that nobody has taken yet."""
    out, to = pair.regions
    for i in range(count):
        to.fill(b'\0')
        out.fill(b'\1')
        pair.a.send(e.IBV_WR_RDMA_WRITE, [out.sge()], to.remote(),
                    wr_id=first + i)
        wait_until(lambda: to.read(0, 1) == b'\1', 'the data')


def take(pair, count):
    return [wc.wr_id for wc in succeed(pair.a.cq, count)]


@pytest.mark.parametrize('cqe', (20, 63, 500, 4000))
def test_completions_stay_in_order(pair, cqe):
    fill(pair, 0, 10)
    assert take(pair, 1) == [0]
    pair.a.cq.resize(cqe)
    assert pair.a.cq.cqe >= cqe
    fill(pair, 50, 5)
    assert take(pair, 14) == [*range(1, 10), *range(50, 55)]


def test_again_and_again(pair):
    for turn, cqe in enumerate((30, 4000, 30, 100)):
        fill(pair, 100 * turn, 8)
        pair.a.cq.resize(cqe)
        fill(pair, 100 * turn + 8, 4)
        assert take(pair, 12) == [100 * turn + i for i in range(12)]


def test_below_what_is_there_fails_and_loses_nothing(pair):
    fill(pair, 0, 12)
    with pytest.raises(PyverbsRDMAError):
        pair.a.cq.resize(5)
    assert take(pair, 12) == list(range(12))
