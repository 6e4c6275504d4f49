# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Extended completion queues, against what the plain ones say."""

import errno
import time

import pytest

from pyverbs import enums as e
from pyverbs.cq import CQEX, CompChannel, CqInitAttrEx, PollCqAttr
from pyverbs.device import Context
from pyverbs.pyverbs_error import PyverbsRDMAError, PyverbsUserError

from rdma import Pair, Region, expect, pattern, poll, succeed, wait_readable

DATA = 1
STANDARD = e.IBV_WC_STANDARD_FLAGS
FLAGS = e.IBV_CQ_INIT_ATTR_MASK_FLAGS
SINGLE = e.IBV_CREATE_CQ_ATTR_SINGLE_THREADED
# What completions of packets tell.
OF_PACKETS = (e.IBV_WC_EX_WITH_FLOW_TAG, e.IBV_WC_EX_WITH_CVLAN)


def attributes(threads):
    if threads == 'one':
        return {'wc_flags': STANDARD, 'comp_mask': FLAGS, 'flags': SINGLE}
    return {'wc_flags': STANDARD}


@pytest.fixture(params=('one', 'many'))
def pair(device, request):
    with Pair(device, cq_ex=attributes(request.param)) as both:
        yield both


@pytest.fixture
def ctx(device):
    with Context(name=device) as context:
        yield context


def start(cq, seconds=20):
    """At the first completion, waiting for it."""
    end = time.monotonic() + seconds
    while cq.start_poll(PollCqAttr()) == errno.ENOENT:
        assert time.monotonic() < end, f'no completion in {seconds} s'


def send_imm(pair, length=300, imm=0x11223344):
    out, to = Region(pair.a.pd, length, fill=DATA), Region(pair.b.pd, length)
    pair.b.recv([to.sge()], wr_id=77)
    pair.a.send(e.IBV_WR_SEND_WITH_IMM, [out.sge()], imm=imm, wr_id=55)
    return out, to


def test_fields_of_a_receive(pair):
    out, to = send_imm(pair)
    succeed(pair.a.cq)
    cq = pair.b.cq
    start(cq)
    assert (cq.wr_id, cq.status) == (77, e.IBV_WC_SUCCESS)
    assert cq.read_opcode() == e.IBV_WC_RECV
    assert cq.read_byte_len() == 300
    assert cq.read_wc_flags() & e.IBV_WC_WITH_IMM
    assert cq.read_imm_data() == 0x11223344
    assert cq.read_qp_num() == pair.b.qp.qp_num
    assert (cq.read_vendor_err(), cq.read_sl()) == (0, 0)
    cq.end_poll()
    to.check(pattern(300, DATA), 'received')
    assert out


def test_fields_of_a_send(pair):
    regions = send_imm(pair)
    cq = pair.a.cq
    start(cq)
    assert (cq.wr_id, cq.status) == (55, e.IBV_WC_SUCCESS)
    assert cq.read_opcode() == e.IBV_WC_SEND
    assert cq.read_qp_num() == pair.a.qp.qp_num
    cq.end_poll()
    succeed(pair.b.cq)
    assert regions


def test_plain_and_extended_say_the_same(pair):
    """The same message twice, polled either way."""
    regions = [send_imm(pair), send_imm(pair)]
    succeed(pair.a.cq, 2)
    wc, = succeed(pair.b.cq)
    cq = pair.b.cq
    start(cq)
    assert (wc.opcode, wc.byte_len, wc.imm_data, wc.qp_num, wc.src_qp,
            wc.wc_flags, wc.slid, wc.sl, wc.dlid_path_bits) == \
        (cq.read_opcode(), cq.read_byte_len(), cq.read_imm_data(),
         cq.read_qp_num(), cq.read_src_qp(), cq.read_wc_flags(),
         cq.read_slid(), cq.read_sl(), cq.read_dlid_path_bits())
    cq.end_poll()
    assert regions


def writes(pair, count, size=100):
    user, to = Region(pair.a.pd, size), Region(pair.b.pd, size)
    for i in range(count):
        pair.a.send(e.IBV_WR_RDMA_WRITE, [user.sge()], to.remote(), wr_id=i)
    return user, to


def test_one_poll_takes_many(pair):
    regions = writes(pair, 5)
    cq, found = pair.a.cq, []
    while len(found) < 5:
        start(cq)
        found.append(cq.wr_id)
        while cq.poll_next() == 0:
            found.append(cq.wr_id)
        cq.end_poll()
    assert found == [0, 1, 2, 3, 4]
    assert cq.start_poll(None) == errno.ENOENT
    assert regions


def test_many_completions_wrap_the_queue(pair):
    user, to = Region(pair.a.pd, 10), Region(pair.b.pd, 10)
    for i in range(300):
        pair.a.send(e.IBV_WR_RDMA_WRITE, [user.sge()], to.remote(), wr_id=i)
        start(pair.a.cq)
        assert pair.a.cq.wr_id == i
        pair.a.cq.end_poll()


def test_status_of_a_failure(pair):
    user, to = Region(pair.a.pd, 10), Region(pair.b.pd, 10)
    pair.a.send(e.IBV_WR_RDMA_WRITE, [user.sge()],
                (to.mr.rkey ^ 0xff00, to.addr), wr_id=8)
    cq = pair.a.cq
    start(cq)
    assert (cq.wr_id, cq.status) == (8, e.IBV_WC_REM_ACCESS_ERR)
    assert cq.read_qp_num() == pair.a.qp.qp_num
    cq.end_poll()


def test_events(device):
    with Pair(device, cq_ex={'wc_flags': STANDARD}, events=True) as pair:
        pair.a.cq.req_notify()
        regions = writes(pair, 1)
        wait_readable(pair.a.channel.fd)
        pair.a.channel.get_cq_event(pair.a.cq)
        start(pair.a.cq)
        pair.a.cq.end_poll()
        assert regions


def test_unknown_poll_attribute_is_einval(ctx):
    attr = PollCqAttr()
    attr.comp_mask = 1
    with pytest.raises(PyverbsRDMAError) as info:
        CQEX(ctx, CqInitAttrEx(10)).start_poll(attr)
    assert info.value.error_code == errno.EINVAL


def test_no_completion_no_fields(ctx):
    cq = CQEX(ctx, CqInitAttrEx(10, wc_flags=STANDARD))
    assert cq.start_poll(PollCqAttr()) == errno.ENOENT
    for call in (cq.read_opcode, cq.poll_next, cq.end_poll):
        with pytest.raises(PyverbsUserError, match='no current'):
            call()


def test_start_within_a_poll_is_refused(pair):
    regions = writes(pair, 1)
    start(pair.a.cq)
    with pytest.raises(PyverbsUserError, match='end_poll'):
        pair.a.cq.start_poll(PollCqAttr())
    pair.a.cq.end_poll()
    assert regions


def test_fields_that_were_not_asked_for_are_refused(pair):
    regions = writes(pair, 1)
    start(pair.a.cq)
    with pytest.raises(PyverbsUserError, match='wc_flags'):
        pair.a.cq.read_tm_info()
    pair.a.cq.end_poll()
    assert regions


def test_closing_ends_a_poll(device):
    with Pair(device, cq_ex={'wc_flags': STANDARD}) as pair:
        regions = writes(pair, 1)
        start(pair.a.cq)
        pair.a.cq.close()
        assert regions


@pytest.mark.parametrize('cqe', (1, 100))
def test_cq_holds_what_was_asked_for(ctx, cqe):
    assert CQEX(ctx, CqInitAttrEx(cqe)).cqe >= cqe


def test_default_attributes(ctx):
    assert CQEX(ctx, None).cqe >= 100


def refused(ctx, **attributes):
    with pytest.raises(PyverbsRDMAError) as info:
        CQEX(ctx, CqInitAttrEx(**attributes))
    return info.value.error_code


def test_cq_for_nothing_is_einval(ctx):
    assert refused(ctx, cqe=0) == errno.EINVAL


def test_cq_of_a_vector_that_is_not_there_is_einval(ctx):
    assert refused(ctx, comp_vector=ctx.num_comp_vectors) == errno.EINVAL


def test_fields_that_no_device_has_are_eopnotsupp(ctx):
    flag = e.IBV_WC_EX_WITH_TM_INFO
    assert refused(ctx, wc_flags=flag) == errno.EOPNOTSUPP


def test_unknown_flag_is_eopnotsupp(ctx):
    assert refused(ctx, comp_mask=FLAGS, flags=1 << 20) == errno.EOPNOTSUPP


def test_unknown_attribute_is_eopnotsupp(ctx):
    assert refused(ctx, comp_mask=1 << 20) == errno.EOPNOTSUPP


def test_channel_closes_its_cqs_first(ctx):
    channel = CompChannel(ctx)
    cq = CQEX(ctx, CqInitAttrEx(10, channel))
    channel.close()
    with pytest.raises(PyverbsUserError, match='closed'):
        cq.cqe


def test_rxe_has_no_timestamps_no_packets_and_no_overruns_to_ignore():
    with Context(name='rxe0') as ctx:
        for flag in (e.IBV_WC_EX_WITH_COMPLETION_TIMESTAMP, *OF_PACKETS):
            assert refused(ctx, wc_flags=flag) == errno.EOPNOTSUPP
        flag = e.IBV_CREATE_CQ_ATTR_IGNORE_OVERRUN
        assert refused(ctx, comp_mask=FLAGS, flags=flag) == errno.EOPNOTSUPP


def test_flushed_receives_are_read_in_order(pair):
    to = Region(pair.b.pd, 100)
    for i in range(3):
        pair.b.recv([to.sge()], wr_id=i)
    pair.b.enter(e.IBV_QPS_ERR)
    wcs = poll(pair.b.cq, 3)
    expect(wcs, *[e.IBV_WC_WR_FLUSH_ERR] * 3)
    assert [wc.wr_id for wc in wcs] == [0, 1, 2]
