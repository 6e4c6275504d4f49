# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Completion queues, channels and asynchronous events."""

import errno
import select
import time

import pytest

from pyverbs import enums as e
from pyverbs.cq import CQ, CompChannel
from pyverbs.device import Context
from pyverbs.pyverbs_error import PyverbsRDMAError, PyverbsUserError

from rdma import LOCAL, REMOTE, Pair, Region, expect, poll, succeed, \
    wait_readable


@pytest.fixture
def ctx(device):
    with Context(name=device) as context:
        yield context


@pytest.mark.parametrize('cqe', (1, 10, 1000))
def test_cq_holds_what_was_asked_for(ctx, cqe):
    assert CQ(ctx, cqe).cqe >= cqe


@pytest.mark.parametrize('cqe', (0, -1))
def test_cq_for_nothing_is_einval(ctx, cqe):
    with pytest.raises(PyverbsRDMAError) as info:
        CQ(ctx, cqe)
    assert info.value.error_code == errno.EINVAL


def test_cq_too_large_is_einval(ctx):
    with pytest.raises(PyverbsRDMAError) as info:
        CQ(ctx, ctx.query_device().max_cqe + 1)
    assert info.value.error_code == errno.EINVAL


def test_cq_of_a_vector_that_is_not_there_is_einval(ctx):
    with pytest.raises(PyverbsRDMAError) as info:
        CQ(ctx, 10, None, None, ctx.num_comp_vectors)
    assert info.value.error_code == errno.EINVAL


def test_new_cq_is_empty(ctx):
    assert CQ(ctx, 10).poll(4) == (0, [])


def test_close_twice_does_no_harm(ctx):
    cq = CQ(ctx, 10)
    cq.close()
    cq.close()
    with pytest.raises(PyverbsUserError, match='closed'):
        cq.poll()


def test_channel_closes_its_cqs_first(ctx):
    channel = CompChannel(ctx)
    cq = CQ(ctx, 10, None, channel)
    channel.close()
    with pytest.raises(PyverbsUserError, match='closed'):
        cq.cqe


def test_cq_closes_its_qps_first(device):
    with Pair(device) as pair:
        pair.a.cq.close()
        with pytest.raises(PyverbsUserError, match='closed'):
            pair.a.qp.qp_num


def test_poll_takes_at_most_what_was_asked_for(device):
    with Pair(device) as pair:
        user = Region(pair.a.pd, 100)
        to = Region(pair.b.pd, 100)
        for i in range(3):
            pair.a.send(e.IBV_WR_RDMA_WRITE, [user.sge()], to.remote(),
                        wr_id=i)
        assert [wc.wr_id for wc in succeed(pair.a.cq, 2)] == [0, 1]
        assert [wc.wr_id for wc in succeed(pair.a.cq, 1)] == [2]
        assert pair.a.cq.poll(4) == (0, [])


def write_some(pair):
    user = Region(pair.a.pd, 100)
    to = Region(pair.b.pd, 100)
    pair.a.send(e.IBV_WR_RDMA_WRITE, [user.sge()], to.remote())
    return user, to


def test_completion_makes_an_event(device):
    with Pair(device, events=True) as pair:
        pair.a.cq.req_notify()
        regions = write_some(pair)
        wait_readable(pair.a.channel.fd)
        pair.a.channel.get_cq_event(pair.a.cq)
        pair.a.cq.ack_events(1)
        succeed(pair.a.cq)
        assert regions


def test_no_event_unless_asked_for(device):
    with Pair(device, events=True) as pair:
        regions = write_some(pair)
        succeed(pair.a.cq)
        assert not select.select([pair.a.channel.fd], [], [], 0.1)[0]
        assert regions


def test_every_request_for_an_event_gets_one(device):
    with Pair(device, events=True) as pair:
        for _ in range(10):
            pair.a.cq.req_notify()
            regions = write_some(pair)
            wait_readable(pair.a.channel.fd)
            pair.a.channel.get_cq_event(pair.a.cq)
            succeed(pair.a.cq)
            assert regions
        pair.a.cq.ack_events(10)


def test_solicited_only(device):
    with Pair(device, events=True) as pair:
        user, to = Region(pair.a.pd, 100), Region(pair.b.pd, 100)
        pair.b.recv([to.sge()])
        pair.b.recv([to.sge()])
        pair.b.cq.req_notify(solicited_only=True)
        pair.a.send(e.IBV_WR_SEND, [user.sge()])
        succeed(pair.b.cq)
        assert not select.select([pair.b.channel.fd], [], [], 0.1)[0]
        pair.a.send(e.IBV_WR_SEND, [user.sge()], flags=e.IBV_SEND_SOLICITED)
        wait_readable(pair.b.channel.fd)
        pair.b.channel.get_cq_event(pair.b.cq)
        succeed(pair.b.cq)


def test_moderated_event_waits_for_more_completions(hca):
    with Pair(hca, events=True) as pair:
        pair.a.cq.moderate(1000, 60000)
        pair.a.cq.req_notify()
        start = time.monotonic()
        regions = write_some(pair)
        wait_readable(pair.a.channel.fd)
        assert time.monotonic() - start >= 0.06
        pair.a.channel.get_cq_event(pair.a.cq)
        assert regions


def test_rxe_does_not_moderate():
    with Context(name='rxe0') as ctx, CQ(ctx, 10) as cq:
        with pytest.raises(PyverbsRDMAError) as info:
            cq.moderate(4, 100)
        assert info.value.error_code == errno.EOPNOTSUPP


def test_unacknowledged_event_does_not_keep_the_cq(device):
    with Pair(device, events=True) as pair:
        pair.a.cq.req_notify()
        regions = write_some(pair)
        wait_readable(pair.a.channel.fd)
        pair.a.channel.get_cq_event(pair.a.cq)
        pair.a.cq.close()
        assert regions


def test_acknowledging_too_much_is_refused(ctx):
    with pytest.raises(PyverbsUserError):
        CQ(ctx, 10).ack_events(1)


def test_denied_access_is_an_async_event_of_the_responder(hca):
    with Pair(hca) as pair:
        user = Region(pair.a.pd, 100)
        to = Region(pair.b.pd, 100, access=LOCAL)
        pair.a.send(e.IBV_WR_RDMA_WRITE, [user.sge()], to.remote())
        expect(poll(pair.a.cq), e.IBV_WC_REM_ACCESS_ERR)
        wait_readable(pair.b.ctx.async_fd)
        event = pair.b.ctx.get_async_event()
        assert event.event_type == e.IBV_EVENT_QP_ACCESS_ERR
        event.ack()
        event.ack()


def test_missing_qp_permission_is_an_async_event(hca):
    with Pair(hca, access=REMOTE & ~e.IBV_ACCESS_REMOTE_WRITE) as pair:
        user, to = Region(pair.a.pd, 100), Region(pair.b.pd, 100)
        pair.a.send(e.IBV_WR_RDMA_WRITE, [user.sge()], to.remote())
        expect(poll(pair.a.cq), e.IBV_WC_REM_INV_REQ_ERR)
        wait_readable(pair.b.ctx.async_fd)
        event = pair.b.ctx.get_async_event()
        assert event.event_type == e.IBV_EVENT_QP_REQ_ERR
        event.ack()


def test_a_device_at_rest_has_no_async_event(ctx):
    assert not select.select([ctx.async_fd], [], [], 0.05)[0]
