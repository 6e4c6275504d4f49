# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Queue pairs: states, messages on every device, datagrams, mistakes."""

import errno

import pytest

from pyverbs import enums as e
from pyverbs.addr import AH
from pyverbs.cq import CQ
from pyverbs.device import Context
from pyverbs.pd import PD
from pyverbs.pyverbs_error import PyverbsRDMAError, PyverbsUserError
from pyverbs.qp import QP, QPAttr, QPCap, QPInitAttr, QPRateLimitAttr
from pyverbs.wr import SGE, RecvWR, SendWR

from rdma import (CANARY, QKEY, REMOTE, Pair, Region, Side, compare, connect,
                  expect, pattern, poll, succeed, ud_side)

DATA = 1
RC = e.IBV_QPT_RC
GRH = 40


@pytest.fixture
def pair(device):
    with Pair(device) as both:
        yield both


@pytest.fixture
def side(device):
    one = Side(device)
    yield one
    one.close()


def test_device_that_cannot_limit_its_rate_is_eopnotsupp(side):
    with pytest.raises(PyverbsRDMAError) as info:
        side.qp.modify_rate_limit(QPRateLimitAttr(1000))
    assert info.value.error_code == errno.EOPNOTSUPP


def test_states_on_the_way_to_rts(device):
    a, b = Side(device), Side(device)
    assert a.qp.qp_state == e.IBV_QPS_RESET
    attr = a.attr(b)
    a.qp.to_init(attr)
    assert a.qp.qp_state == e.IBV_QPS_INIT
    a.qp.to_rtr(attr)
    assert a.qp.qp_state == e.IBV_QPS_RTR
    a.qp.to_rts(attr)
    assert a.qp.qp_state == e.IBV_QPS_RTS
    assert a.qp.query(e.IBV_QP_STATE)[0].qp_state == e.IBV_QPS_RTS
    a.close()
    b.close()


def test_qp_attr_at_creation_leads_to_init(device):
    with Context(name=device) as ctx:
        cq = CQ(ctx, 10)
        init = QPInitAttr(qp_type=RC, scq=cq, rcq=cq, cap=QPCap())
        assert QP(PD(ctx), init, QPAttr()).qp_state == e.IBV_QPS_INIT


@pytest.mark.parametrize('state', (e.IBV_QPS_RTR, e.IBV_QPS_RTS,
                                   e.IBV_QPS_SQD))
def test_state_that_cannot_be_reached_is_einval(side, state):
    with pytest.raises(PyverbsRDMAError) as info:
        side.qp.modify(QPAttr(qp_state=state), e.IBV_QP_STATE)
    assert info.value.error_code == errno.EINVAL
    assert side.qp.qp_state == e.IBV_QPS_RESET


def test_init_without_its_attributes_is_einval(side):
    with pytest.raises(PyverbsRDMAError) as info:
        side.qp.modify(QPAttr(), e.IBV_QP_STATE)
    assert info.value.error_code == errno.EINVAL


def test_port_that_is_not_there_is_einval(side):
    with pytest.raises(PyverbsRDMAError) as info:
        side.qp.to_init(QPAttr(port_num=2))
    assert info.value.error_code == errno.EINVAL


def test_any_state_can_become_error_and_reset(pair):
    qp = pair.a.qp
    qp.modify(QPAttr(qp_state=e.IBV_QPS_ERR), e.IBV_QP_STATE)
    assert qp.qp_state == e.IBV_QPS_ERR
    qp.modify(QPAttr(qp_state=e.IBV_QPS_RESET), e.IBV_QP_STATE)
    assert qp.qp_state == e.IBV_QPS_RESET


def test_reset_qp_can_be_connected_again(pair):
    for side in (pair.a, pair.b):
        side.qp.modify(QPAttr(qp_state=e.IBV_QPS_RESET), e.IBV_QP_STATE)
    connect(pair.a, pair.b)
    exchange(pair, 1000)


def test_query_tells_what_was_set(pair):
    mask = (e.IBV_QP_STATE | e.IBV_QP_DEST_QPN | e.IBV_QP_ACCESS_FLAGS |
            e.IBV_QP_PATH_MTU | e.IBV_QP_CAP)
    attr, init = pair.a.qp.query(mask)
    assert attr.dest_qp_num == pair.b.qp.qp_num
    assert attr.path_mtu == e.IBV_MTU_1024
    assert attr.qp_access_flags == REMOTE
    assert init.cap.max_send_wr >= 16 and init.cap.max_recv_sge >= 4


def test_creation_tells_what_it_gave(device):
    with Context(name=device) as ctx:
        cq = CQ(ctx, 10)
        init = QPInitAttr(qp_type=RC, scq=cq, rcq=cq, cap=QPCap(5, 7, 2, 3, 20))
        QP(PD(ctx), init)
        assert init.max_send_wr >= 5 and init.max_recv_wr >= 7
        assert init.max_send_sge >= 2 and init.max_recv_sge >= 3
        assert init.max_inline_data >= 20


def test_qp_without_cqs_is_refused(device):
    with Context(name=device) as ctx:
        with pytest.raises(PyverbsRDMAError):
            QP(PD(ctx), QPInitAttr(qp_type=RC, cap=QPCap()))


def test_qp_numbers_differ(device):
    with Context(name=device) as ctx:
        pd, cq = PD(ctx), CQ(ctx, 10)
        init = QPInitAttr(qp_type=RC, scq=cq, rcq=cq, cap=QPCap())
        qps = [QP(pd, init) for _ in range(10)]
        assert len({qp.qp_num for qp in qps}) == 10


def test_close_twice_does_no_harm(side):
    side.qp.close()
    side.qp.close()
    with pytest.raises(PyverbsUserError, match='closed'):
        side.qp.qp_num


def exchange(pair, length, opcode=e.IBV_WR_SEND, imm=0):
    user = Region(pair.a.pd, length, fill=DATA)
    to = Region(pair.b.pd, length)
    pair.b.recv([to.sge()], wr_id=77)
    pair.a.send(opcode, [user.sge()], imm=imm, wr_id=55)
    assert succeed(pair.a.cq)[0].wr_id == 55
    wc, = succeed(pair.b.cq)
    to.check(pattern(length, DATA), 'received')
    assert (wc.wr_id, wc.byte_len) == (77, length)
    assert wc.qp_num == pair.b.qp.qp_num
    return wc


@pytest.mark.parametrize('length', (1, 1023, 1024, 1025, 4096, 100001))
def test_send(pair, length):
    wc = exchange(pair, length)
    assert wc.opcode == e.IBV_WC_RECV
    assert not wc.wc_flags & e.IBV_WC_WITH_IMM


def test_send_with_immediate(pair):
    wc = exchange(pair, 100, e.IBV_WR_SEND_WITH_IMM, 0x11223344)
    assert wc.wc_flags & e.IBV_WC_WITH_IMM
    assert wc.imm_data == 0x11223344


@pytest.mark.parametrize('length', (1, 4096, 100001))
def test_write_and_read_back(pair, length):
    out = Region(pair.a.pd, length, fill=DATA)
    to, back = Region(pair.b.pd, length), Region(pair.a.pd, length)
    pair.a.send(e.IBV_WR_RDMA_WRITE, [out.sge()], to.remote())
    pair.a.send(e.IBV_WR_RDMA_READ, [back.sge()], to.remote())
    wcs = succeed(pair.a.cq, 2)
    assert [wc.opcode for wc in wcs] == [e.IBV_WC_RDMA_WRITE,
                                         e.IBV_WC_RDMA_READ]
    to.check(pattern(length, DATA), 'written')
    back.check(pattern(length, DATA), 'read')


def test_write_with_immediate(pair):
    out, to = Region(pair.a.pd, 500, fill=DATA), Region(pair.b.pd, 500)
    pair.b.recv([])
    pair.a.send(e.IBV_WR_RDMA_WRITE_WITH_IMM, [out.sge()], to.remote(), 9)
    succeed(pair.a.cq)
    wc, = succeed(pair.b.cq)
    assert wc.opcode == e.IBV_WC_RECV_RDMA_WITH_IMM and wc.imm_data == 9
    to.check(pattern(500, DATA), 'written')


def test_inline_data_is_copied_when_posted(pair):
    out, to = Region(pair.a.pd, 50, fill=DATA), Region(pair.b.pd, 50)
    pair.a.send(e.IBV_WR_RDMA_WRITE, [SGE(out.addr, 50, 0)], to.remote(),
                flags=e.IBV_SEND_INLINE)
    out.fill(bytes(50))
    succeed(pair.a.cq)
    to.check(pattern(50, DATA), 'written')


def test_fetch_and_add(pair):
    out, to = Region(pair.a.pd, 8), Region(pair.b.pd, 8)
    to.fill((7).to_bytes(8, 'little'))
    pair.a.atomic(e.IBV_WR_ATOMIC_FETCH_AND_ADD, out.sge(), to.remote(), 3)
    succeed(pair.a.cq)
    out.check((7).to_bytes(8, 'little'), 'what was there')
    to.check((10).to_bytes(8, 'little'), 'the sum')


def test_requests_posted_as_a_list(pair):
    out, to = Region(pair.a.pd, 300, fill=DATA), Region(pair.b.pd, 300)
    second = SendWR(2, e.IBV_WR_RDMA_WRITE, 1, 0, [out.sge(100, 200)])
    second.set_wr_rdma(*to.remote(100))
    first = SendWR(1, e.IBV_WR_RDMA_WRITE, 1, 0, [out.sge(0, 100)],
                   next_wr=second)
    first.set_wr_rdma(*to.remote())
    pair.a.qp.post_send(first)
    assert [wc.wr_id for wc in succeed(pair.a.cq, 2)] == [1, 2]
    to.check(pattern(300, DATA), 'written')


def test_receives_posted_as_a_list(pair):
    out, to = Region(pair.a.pd, 300, fill=DATA), Region(pair.b.pd, 300)
    second = RecvWR(2, 1, [to.sge(200)])
    pair.b.qp.post_recv(RecvWR(1, 1, [to.sge(0, 200)], second))
    pair.a.send(e.IBV_WR_SEND, [out.sge(0, 200)])
    pair.a.send(e.IBV_WR_SEND, [out.sge(200)])
    assert [wc.wr_id for wc in succeed(pair.b.cq, 2)] == [1, 2]
    to.check(pattern(300, DATA), 'received')


def test_many_requests_wrap_the_queue(pair):
    out, to = Region(pair.a.pd, 64, fill=DATA), Region(pair.b.pd, 64)
    for i in range(100):
        pair.a.send(e.IBV_WR_RDMA_WRITE, [out.sge()], to.remote(), wr_id=i)
        assert succeed(pair.a.cq)[0].wr_id == i


def test_full_send_queue_is_enomem(device):
    side = Side(device)
    peer = Side(device)
    side.qp.to_rts(side.attr(peer))
    room = side.qp.query(e.IBV_QP_CAP)[1].cap.max_send_wr
    user = Region(side.pd, 10)
    bad = SendWR()
    with pytest.raises(PyverbsRDMAError) as info:
        for i in range(room + 100):
            wr = SendWR(i, e.IBV_WR_SEND, 1, 0, [user.sge()])
            side.qp.post_send(wr, bad)
    assert info.value.error_code == errno.ENOMEM
    assert bad.wr_id >= room
    side.close()
    peer.close()


def test_too_many_sges_are_einval(pair):
    user = Region(pair.a.pd, 10)
    with pytest.raises(PyverbsRDMAError) as info:
        pair.a.send(e.IBV_WR_SEND, [user.sge()] * 200)
    assert info.value.error_code in (errno.EINVAL, errno.ENOMEM)


def test_num_sge_beyond_the_sges_is_refused():
    with pytest.raises(PyverbsUserError):
        SendWR(num_sge=2, sg=[SGE(0, 1, 1)])


def test_wrong_rkey_is_remote_access_error(pair):
    user, to = Region(pair.a.pd, 100), Region(pair.b.pd, 100)
    rkey, addr = to.remote()
    pair.a.send(e.IBV_WR_RDMA_WRITE, [user.sge()], (rkey ^ 0xff00, addr))
    expect(poll(pair.a.cq), e.IBV_WC_REM_ACCESS_ERR)


def wrong_lkey(pair):
    """The completion of a write that names a key nobody has."""
    user, to = Region(pair.a.pd, 100), Region(pair.b.pd, 100)
    sge = SGE(user.addr, 100, user.mr.lkey ^ 0xff00)
    pair.a.send(e.IBV_WR_RDMA_WRITE, [sge], to.remote())
    wcs = poll(pair.a.cq)
    to.check(pattern(100, CANARY), 'the target')
    return wcs


def test_wrong_lkey_is_local_protection_error(hca):
    with Pair(hca) as pair:
        expect(wrong_lkey(pair), e.IBV_WC_LOC_PROT_ERR)


def test_wrong_lkey_fails_on_rxe():
    # The driver flushes its queue before it reports the first error.
    with Pair('rxe0') as pair:
        expect(wrong_lkey(pair), e.IBV_WC_WR_FLUSH_ERR)


def test_no_receive_posted_is_rnr_retry_exceeded(device):
    with Pair(device, changes={'rnr_retry': 1, 'min_rnr_timer': 1}) as pair:
        user = Region(pair.a.pd, 100)
        pair.a.send(e.IBV_WR_SEND, [user.sge()])
        expect(poll(pair.a.cq), e.IBV_WC_RNR_RETRY_EXC_ERR)


def test_receive_beyond_its_region_gets_what_fits(pair):
    user, to = Region(pair.a.pd, 100, fill=DATA), Region(pair.b.pd, 100)
    pair.b.recv([to.sge(0, 1000)])
    pair.a.send(e.IBV_WR_SEND, [user.sge()])
    succeed(pair.a.cq)
    succeed(pair.b.cq)
    to.check(pattern(100, DATA), 'the target')


def test_message_beyond_the_receivers_region_is_its_error(hca):
    with Pair(hca) as pair:
        user, to = Region(pair.a.pd, 101, fill=DATA), Region(pair.b.pd, 100)
        pair.b.recv([to.sge(0, 1000)])
        pair.a.send(e.IBV_WR_SEND, [user.sge()])
        expect(poll(pair.a.cq), e.IBV_WC_REM_OP_ERR)
        expect(poll(pair.b.cq), e.IBV_WC_LOC_PROT_ERR)
        to.check(pattern(100, CANARY), 'the target')


def test_receives_are_flushed_in_error(pair):
    to = Region(pair.b.pd, 100)
    pair.b.recv([to.sge()], wr_id=5)
    pair.b.qp.modify(QPAttr(qp_state=e.IBV_QPS_ERR), e.IBV_QP_STATE)
    wc, = poll(pair.b.cq)
    expect([wc], e.IBV_WC_WR_FLUSH_ERR)
    assert wc.wr_id == 5


def test_between_devices_of_different_modes():
    with Pair('mlx5_0', 'mlx5_1') as pair:
        exchange(pair, 10000)


# Datagrams.

@pytest.fixture
def datagrams(device):
    a, b = ud_side(device), ud_side(device)
    yield a, b
    a.close()
    b.close()


def send_to(side, ah, peer, region, qkey=QKEY, wr_id=1):
    wr = SendWR(wr_id, e.IBV_WR_SEND, 1, 0, [region.sge()])
    wr.set_wr_ud(ah, peer.qp.qp_num, qkey)
    side.qp.post_send(wr)


def test_datagram_arrives_behind_its_grh(datagrams):
    a, b = datagrams
    out, to = Region(a.pd, 900, fill=DATA), Region(b.pd, 900 + GRH)
    b.recv([to.sge()])
    ah = AH(a.pd, attr=a.ah_attr(b.gid))
    send_to(a, ah, b, out)
    succeed(a.cq)
    wc, = succeed(b.cq)
    assert wc.wc_flags & e.IBV_WC_GRH
    assert wc.byte_len == 900 + GRH
    assert wc.src_qp == a.qp.qp_num
    compare(to.read(GRH), pattern(900, DATA), 'datagram')


def test_datagram_with_wrong_qkey_is_dropped(datagrams):
    a, b = datagrams
    out, to = Region(a.pd, 100, fill=DATA), Region(b.pd, 100 + GRH)
    b.recv([to.sge()])
    ah = AH(a.pd, attr=a.ah_attr(b.gid))
    send_to(a, ah, b, out, qkey=QKEY ^ 1)
    succeed(a.cq)
    send_to(a, ah, b, out)
    succeed(a.cq)
    wcs = succeed(b.cq)
    assert len(wcs) == 1 and b.cq.poll() == (0, [])


def test_ah_needs_a_way_to_be_made(rxe_pd):
    with pytest.raises(PyverbsUserError):
        AH(rxe_pd)


def test_ah_of_a_gid_index_that_is_not_there_fails(datagrams):
    a, b = datagrams
    attr = a.ah_attr(b.gid)
    attr.sgid_index = 255
    with pytest.raises(PyverbsRDMAError):
        AH(a.pd, attr=attr)
