# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""What the software device is told to do wrong: the Nth request from now."""

import time

import pytest

from pyverbs import enums as e
from pyverbs.addr import AH
from pyverbs.qp import QPAttr
from pyverbs.wr import SendWR

from rdma import CANARY, DEBUGFS, QKEY, Pair, Region, compare, expect, \
    pattern, poll, read_counters, read_number, succeed, ud_side

DEVICE = 'mlx5_0'
LEN = 1000
KINDS = ('fail_wqe', 'drop_wqe', 'delay_wqe')
TIMEOUT = 14
TIMEOUT_SECONDS = 4.096e-6 * 2 ** TIMEOUT
DELAY_MS = 300
HOUR_MS = 3600 * 1000


def order(name, value):
    with open(f'{DEBUGFS}/{name}', 'w', encoding='ascii') as f:
        f.write(str(value))


@pytest.fixture
def inject():
    before = read_number('delay_ms')
    yield order
    for name in KINDS:
        order(name, 0)
    order('delay_ms', before)


def write(pair, data=1):
    out, to = Region(pair.a.pd, LEN, fill=data), Region(pair.b.pd, LEN)
    pair.a.send(e.IBV_WR_RDMA_WRITE, [out.sge()], to.remote())
    return out, to


def test_nth_request_fails_and_no_other(inject):
    with Pair(DEVICE) as pair:
        inject('fail_wqe', 3)
        regions = [write(pair) for _ in range(4)]
        expect(poll(pair.a.cq, 4), e.IBV_WC_SUCCESS, e.IBV_WC_SUCCESS,
               e.IBV_WC_LOC_QP_OP_ERR, e.IBV_WC_WR_FLUSH_ERR)
        assert read_number('fail_wqe') == 0
        regions[1][1].check(pattern(LEN, 1), 'written')
    with Pair(DEVICE) as pair:
        regions = write(pair)
        succeed(pair.a.cq)
        assert regions


def test_dropped_request_is_sent_again(inject):
    with Pair(DEVICE, changes={'timeout': TIMEOUT}) as pair:
        inject('drop_wqe', 2)
        first = write(pair)
        succeed(pair.a.cq)
        start = time.monotonic()
        second = write(pair, data=2)
        succeed(pair.a.cq)
        assert time.monotonic() - start >= TIMEOUT_SECONDS
        second[1].check(pattern(LEN, 2), 'written')
        assert first


@pytest.mark.parametrize('retry_cnt, status', [
    (0, e.IBV_WC_RETRY_EXC_ERR), (1, e.IBV_WC_SUCCESS)])
def test_dropped_request_takes_a_retry(inject, retry_cnt, status):
    changes = {'timeout': TIMEOUT, 'retry_cnt': retry_cnt}
    with Pair(DEVICE, changes=changes) as pair:
        retries = read_counters(f'{DEVICE}/stats')['retries']
        inject('drop_wqe', 1)
        regions = write(pair)
        expect(poll(pair.a.cq), status)
        assert read_counters(f'{DEVICE}/stats')['retries'] == retries + retry_cnt
        assert regions


def test_dropped_request_of_an_unreliable_qp_is_lost(inject):
    with Pair(DEVICE, qp_type=e.IBV_QPT_UC) as pair:
        dropped = read_counters(f'{DEVICE}/stats')['dropped']
        inject('drop_wqe', 1)
        lost, arrived = write(pair), write(pair, data=2)
        succeed(pair.a.cq, 2)
        lost[1].check(pattern(LEN, CANARY), 'not written')
        arrived[1].check(pattern(LEN, 2), 'written')
        assert read_counters(f'{DEVICE}/stats')['dropped'] == dropped + 1


def test_dropped_datagram_is_lost(inject):
    a, b = ud_side(DEVICE), ud_side(DEVICE)
    ah = AH(a.pd, attr=a.ah_attr(b.gid))
    to = Region(b.pd, LEN + 40)
    b.recv([to.sge()])
    inject('drop_wqe', 1)
    for data in (1, 2):
        out = Region(a.pd, LEN, fill=data)
        wr = SendWR(1, e.IBV_WR_SEND, 1, 0, [out.sge()], e.IBV_SEND_SIGNALED)
        wr.set_wr_ud(ah, b.qp.qp_num, QKEY)
        a.qp.post_send(wr)
        succeed(a.cq)
    succeed(b.cq)
    compare(to.read(40), pattern(LEN, 2), 'the second one')
    a.close()
    b.close()


def test_delayed_request_takes_that_long(inject):
    with Pair(DEVICE) as pair:
        inject('delay_ms', DELAY_MS)
        inject('delay_wqe', 1)
        start = time.monotonic()
        regions = [write(pair), write(pair)]
        succeed(pair.a.cq, 2)
        assert time.monotonic() - start >= DELAY_MS / 1000
        regions[1][1].check(pattern(LEN, 1), 'written')


def test_delayed_request_makes_its_own_qp_wait(inject):
    """For longer than any test; what waits ends with its QP."""
    with Pair(DEVICE) as slow, Pair(DEVICE) as other:
        inject('delay_ms', HOUR_MS)
        inject('delay_wqe', 1)
        regions = [write(slow), write(slow), write(other)]
        succeed(other.a.cq)
        regions[2][1].check(pattern(LEN, 1), 'written')
        assert slow.a.cq.poll() == (0, [])
        for _, to in regions[:2]:
            to.check(pattern(LEN, CANARY), 'not written')
        slow.a.qp.modify(QPAttr(qp_state=e.IBV_QPS_ERR), e.IBV_QP_STATE)
        expect(poll(slow.a.cq, 2), e.IBV_WC_WR_FLUSH_ERR,
               e.IBV_WC_WR_FLUSH_ERR)
