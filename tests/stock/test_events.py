# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Events of queues that come without anybody's mistake, or with it."""

import pytest

from pyverbs import enums as e
from pyverbs.qp import QPAttr

from stock import A, Side, connect, event, nothing, pattern, succeed

SIZE = 64


@pytest.fixture(name='pair')
def fixture_pair():
    with Side(A) as a, Side(A) as b:
        connect(a, b)
        yield a, b


def drain(side):
    attr = QPAttr(qp_state=e.IBV_QPS_SQD)
    attr.en_sqd_async_notify = 1
    side.qp.modify(attr, e.IBV_QP_STATE | e.IBV_QP_EN_SQD_ASYNC_NOTIFY)


def send(a, b):
    a.send(a.memory(SIZE, pattern(SIZE)), e.IBV_WR_RDMA_WRITE,
           remote=b.memory(SIZE))


def test_queue_that_is_drained_tells_so(pair):
    a, b = pair
    send(a, b)
    succeed(a.cq)
    drain(a)
    assert event(a.ctx) == e.IBV_EVENT_SQ_DRAINED
    assert a.state() == e.IBV_QPS_SQD


def test_request_under_way_is_drained_first(pair):
    """It waits for a receive; what is posted behind it waits for RTS."""
    a, b = pair
    out, to = a.memory(SIZE, pattern(SIZE)), b.memory(SIZE)
    a.send(out)
    nothing(a.cq, 0.05)
    drain(a)
    a.send(out, e.IBV_WR_RDMA_WRITE, remote=b.memory(SIZE))
    b.recv(to)
    assert event(a.ctx) == e.IBV_EVENT_SQ_DRAINED
    succeed(a.cq)
    nothing(a.cq)
    a.qp.modify(QPAttr(qp_state=e.IBV_QPS_RTS), e.IBV_QP_STATE)
    succeed(a.cq)
    assert to.read(SIZE, 0) == pattern(SIZE)
