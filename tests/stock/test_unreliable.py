# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""UC: it delivers as RC does, and tells nobody when it cannot."""

import pytest

from pyverbs import enums as e

from stock import A, B, Side, connect, fail, nothing, pattern, succeed

DATA = pattern(5000)


@pytest.fixture
def pair():
    with Side(A, e.IBV_QPT_UC) as a, Side(B, e.IBV_QPT_UC) as b:
        connect(a, b)
        yield a, b


def test_send(pair):
    a, b = pair
    to = b.memory(5000)
    b.recv(to)
    a.send(a.memory(5000, DATA))
    succeed(a.cq)
    assert succeed(b.cq)[0].byte_len == 5000
    assert to.read(5000, 0) == DATA


def test_write_with_immediate(pair):
    a, b = pair
    to = b.memory(5000)
    b.recv(to)
    a.send(a.memory(5000, DATA), e.IBV_WR_RDMA_WRITE_WITH_IMM, remote=to, imm=3)
    succeed(a.cq)
    assert succeed(b.cq)[0].imm_data == 3
    assert to.read(5000, 0) == DATA


def test_send_without_receive_is_lost(pair):
    a, b = pair
    a.send(a.memory(100, DATA[:100]))
    succeed(a.cq)
    to = b.memory(100)
    b.recv(to)
    nothing(b.cq)
    a.send(a.memory(100, DATA[100:200]))
    succeed(b.cq)
    assert to.read(100, 0) == DATA[100:200]


def test_write_with_a_wrong_key_is_lost(pair):
    a, b = pair
    to = b.memory(100, access=e.IBV_ACCESS_LOCAL_WRITE)
    a.send(a.memory(100, DATA[:100]), e.IBV_WR_RDMA_WRITE, remote=to)
    succeed(a.cq)
    assert to.read(100, 0) == bytes(100)
    assert b.state() == e.IBV_QPS_RTS


def test_read_is_local_qp_operation(pair):
    a, b = pair
    try:
        a.send(a.memory(10), e.IBV_WR_RDMA_READ, remote=b.memory(10))
    except Exception as err:        # the library may refuse it first
        assert 'Invalid' in str(err)
    else:
        fail(a.cq, e.IBV_WC_LOC_QP_OP_ERR)
