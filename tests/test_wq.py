# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Work queues, tables of them, and their attributes."""

import errno

import pytest

import frames
import rdma
from ports import KEY, Queues
from pyverbs import enums as e
from pyverbs.cq import CQ
from pyverbs.device import Context
from pyverbs.pd import PD
from pyverbs.pyverbs_error import PyverbsRDMAError, PyverbsUserError
from pyverbs.wq import WQ, RwqIndTableInitAttr, RxHashConf, WQAttr, WQInitAttr


@pytest.fixture
def rxe():
    with Context(name='rxe0') as ctx:
        yield ctx


def test_device_without_wqs_is_eopnotsupp(rxe):
    pd, cq = PD(rxe), CQ(rxe, 4)
    attr = WQInitAttr(wq_pd=pd, wq_cq=cq)
    assert (attr.pd, attr.cq, attr.wq_type) == (pd, cq, e.IBV_WQT_RQ)
    with pytest.raises(PyverbsRDMAError) as info:
        WQ(rxe, attr)
    assert info.value.error_code == errno.EOPNOTSUPP


def queue_of(sport, log):
    """Where the hash sends a packet from that port."""
    return frames.toeplitz(KEY, frames.hash_input(
        '192.0.2.7', '192.0.2.8', sport, 2000)) % (1 << log)


def test_packets_are_spread_by_their_hash(a, b):
    queues = Queues(b, 1)
    queues.enter(e.IBV_WQS_RDY)
    got = [b.post(8, wq) for wq in queues.wqs]
    filled = [0, 0]
    with b.to_me(kind=0x800, qp=queues.qp):
        for sport in range(8):
            frame = frames.packet(b.mac, a.mac, sport=sport)
            a.put(frame)
            i = queue_of(sport, 1)
            wc, = rdma.succeed(queues.cqs[i])
            assert (wc.wr_id, wc.byte_len) == (filled[i], len(frame))
            assert wc.wc_flags & e.IBV_WC_IP_CSUM_OK
            assert got[i][filled[i]].read(0, len(frame)) == frame
            filled[i] += 1
    assert min(filled) > 0


def test_wq_in_error_is_flushed_and_starts_anew(a, b):
    queues = Queues(b)
    queues.enter(e.IBV_WQS_RDY)
    b.post(2, queues.wqs[0])
    queues.enter(e.IBV_WQS_ERR)
    rdma.expect(rdma.poll(queues.cqs[0], 2), e.IBV_WC_WR_FLUSH_ERR,
                e.IBV_WC_WR_FLUSH_ERR)
    queues.enter(e.IBV_WQS_RESET)
    queues.enter(e.IBV_WQS_RDY)
    region, = b.post(1, queues.wqs[0])
    frame = frames.packet(b.mac, a.mac)
    with b.to_me(kind=0x800, qp=queues.qp):
        a.put(frame)
        rdma.succeed(queues.cqs[0])
    assert region.read(0, len(frame)) == frame


def test_post_in_reset_is_einval(b):
    queues = Queues(b)
    assert rdma.error_of(b.post, 1, queues.wqs[0]) == errno.EINVAL


def test_full_wq_is_enomem(b):
    queues = Queues(b, max_wr=4)
    queues.enter(e.IBV_WQS_RDY)
    b.post(4, queues.wqs[0])
    assert rdma.error_of(b.post, 1, queues.wqs[0]) == errno.ENOMEM


def test_attribute_that_nobody_knows_is_einval(b):
    attr = WQAttr(attr_mask=1 << 3)
    assert rdma.error_of(Queues(b).wqs[0].modify, attr) == errno.EINVAL


def test_qp_over_a_table_has_no_states(b):
    queues = Queues(b)
    for call in (lambda: queues.qp.query(e.IBV_QP_STATE),
                 lambda: queues.qp.to_init(rdma.QPAttr(port_num=1))):
        assert rdma.error_of(call) == errno.EOPNOTSUPP


@pytest.mark.parametrize('max_wr, max_sge, error', (
    (0, 1, errno.EINVAL), (1 << 30, 1, errno.EINVAL), (1, 1000, errno.EINVAL)))
def test_impossible_size_is_refused(b, max_wr, max_sge, error):
    attr = WQInitAttr(wq_pd=b.pd, wq_cq=b.cq, max_wr=max_wr, max_sge=max_sge)
    assert rdma.error_of(WQ, b.ctx, attr) == error


def test_flag_that_nobody_knows_is_eopnotsupp(b):
    attr = WQInitAttr(wq_pd=b.pd, wq_cq=b.cq, create_flags=1 << 4,
                      comp_mask=e.IBV_WQ_INIT_ATTR_FLAGS)
    assert rdma.error_of(WQ, b.ctx, attr) == errno.EOPNOTSUPP


def test_wq_without_cq_is_refused(rxe):
    with pytest.raises(PyverbsUserError, match='needs'):
        WQ(rxe, WQInitAttr(wq_pd=PD(rxe)))


def test_attributes_hold_what_they_were_given():
    attr = WQAttr(1, e.IBV_WQS_RDY, e.IBV_WQS_ERR, 4, 5)
    assert (attr.attr_mask, attr.wq_state, attr.curr_wq_state, attr.flags,
            attr.flags_mask) == (1, e.IBV_WQS_RDY, e.IBV_WQS_ERR, 4, 5)


@pytest.mark.parametrize('log', (-1, 0, 5))
def test_table_of_other_size_than_its_list_is_refused(log):
    with pytest.raises(PyverbsUserError, match='WQs for a table'):
        RwqIndTableInitAttr(log, [])


def test_hash_key_is_as_long_as_said():
    conf = RxHashConf(e.IBV_RX_HASH_FUNC_TOEPLITZ, 40, range(50), 3)
    assert conf.rx_hash_key == bytes(range(40))
    assert conf.rx_hash_key_len == 40
    with pytest.raises(PyverbsUserError, match='40, but 5'):
        RxHashConf(e.IBV_RX_HASH_FUNC_TOEPLITZ, 40, b'12345')
