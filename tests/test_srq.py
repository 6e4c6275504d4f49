# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Shared receive queues: on rxe, whose kernel driver nobody here wrote, and
messages on mlx5, too."""

import ctypes
import errno
import socket

import pytest

from pyverbs import enums as e
from pyverbs.cq import CQ
from pyverbs.device import Context
from pyverbs.pd import PD
from pyverbs.providers.mlx5 import mlx5_enums as dve
from pyverbs.providers.mlx5.mlx5dv_objects import Mlx5DvObj
from pyverbs.pyverbs_error import PyverbsRDMAError, PyverbsUserError
from pyverbs.qp import QP, QPCap, QPInitAttr
from pyverbs.srq import SRQ, OpsWr, SrqAttr, SrqInitAttr, SrqInitAttrEx
from pyverbs.wr import SGE, RecvWR

import rdma
from rdma import Region, Side, connect, expect, next_event, pattern, poll, \
    succeed

LEN = 256


@pytest.fixture
def rxe():
    with Context(name='rxe0') as ctx:
        yield ctx


@pytest.fixture
def pd(rxe):
    return PD(rxe)


@pytest.fixture
def srq(pd):
    with SRQ(pd, SrqInitAttr(SrqAttr(max_wr=4, max_sge=2))) as queue:
        yield queue


class Receiver(Side):
    """A side whose QPs take their receives from one SRQ."""

    def __init__(self, device, max_wr=8):
        super().__init__(device)
        self.srq = SRQ(self.pd, SrqInitAttr(SrqAttr(max_wr, 2)))
        self.qp.close()
        self.qp = self.make_qp()
        self.region = Region(self.pd, 8 * LEN)

    def make_qp(self):
        cap = QPCap(4, 0, 1, 0, 0)
        return QP(self.pd, QPInitAttr(qp_type=e.IBV_QPT_RC, scq=self.cq,
                                      rcq=self.cq, srq=self.srq, cap=cap))

    def post(self, wr_id):
        sge = self.region.sge(wr_id * LEN, LEN)
        self.srq.post_recv(RecvWR(wr_id, 1, [sge]))


@pytest.fixture(params=('rxe0', 'mlx5_0'))
def name(request):
    return request.param


@pytest.fixture
def ends(name):
    """A sender with its data, and a receiver with an SRQ, connected."""
    sender, receiver = Side(name), Receiver(name)
    sender.region = Region(sender.pd, LEN, fill=1)
    connect(sender, receiver)
    yield sender, receiver
    sender.close()
    receiver.close()


def send(sender):
    sender.send(e.IBV_WR_SEND, [sender.region.sge()])
    succeed(sender.cq)


def test_grants_what_was_asked_for(pd):
    attr = SrqInitAttr(SrqAttr(max_wr=100, max_sge=3))
    with SRQ(pd, attr) as queue:
        assert attr.max_wr >= 100 and attr.max_sge >= 3
        found = queue.query()
        assert (found.max_wr, found.max_sge) == (attr.max_wr, attr.max_sge)
        assert found.srq_limit == 0


def test_messages_take_receives_in_order(ends):
    sender, receiver = ends
    for wr_id in range(3):
        receiver.post(wr_id)
    for _ in range(3):
        send(sender)
    wcs = poll(receiver.cq, 3)
    expect(wcs, *[e.IBV_WC_SUCCESS] * 3)
    assert [wc.wr_id for wc in wcs] == [0, 1, 2]
    assert {wc.qp_num for wc in wcs} == {receiver.qp.qp_num}
    assert receiver.region.read(0, 3 * LEN) == 3 * pattern(LEN, 1)


def test_two_qps_share_the_receives(ends, name):
    sender, receiver = ends
    other = Side(name)
    other.region = Region(other.pd, LEN, fill=2)
    first = receiver.qp
    receiver.qp = receiver.make_qp()
    connect(other, receiver)
    receiver.post(0)
    receiver.post(1)
    send(sender)
    send(other)
    wcs = poll(receiver.cq, 2)
    assert [wc.qp_num for wc in wcs] == [first.qp_num, receiver.qp.qp_num]
    assert receiver.region.read(0, LEN) == pattern(LEN, 1)
    assert receiver.region.read(LEN, LEN) == pattern(LEN, 2)
    other.close()


def test_limit_raises_one_event(ends):
    sender, receiver = ends
    for wr_id in range(4):
        receiver.post(wr_id)
    receiver.srq.modify(SrqAttr(srq_limit=3), e.IBV_SRQ_LIMIT)
    assert receiver.srq.query().srq_limit == 3
    send(sender)
    send(sender)
    assert next_event(receiver.ctx) == e.IBV_EVENT_SRQ_LIMIT_REACHED
    assert receiver.srq.query().srq_limit == 0


@pytest.mark.parametrize('name', ('mlx5_0',))
def test_more_receives_than_it_has_break_it(ends):
    """As the program's doorbell record says."""
    sender, receiver = ends
    found = Mlx5DvObj(dve.MLX5DV_OBJ_SRQ, srq=receiver.srq).dvsrq
    ctypes.c_uint32.from_address(found.dbrec).value = socket.htonl(0x7fff)
    sender.send(e.IBV_WR_SEND, [sender.region.sge()])
    expect(poll(sender.cq), e.IBV_WC_REM_OP_ERR)
    assert {next_event(receiver.ctx), next_event(receiver.ctx)} == \
        {e.IBV_EVENT_SRQ_ERR, e.IBV_EVENT_QP_FATAL}


@pytest.mark.parametrize('name', ('rxe0',))
def test_growing_keeps_what_is_posted(ends):
    sender, receiver = ends
    receiver.post(0)
    receiver.srq.modify(SrqAttr(max_wr=64), e.IBV_SRQ_MAX_WR)
    assert receiver.srq.query().max_wr >= 64
    receiver.post(1)
    send(sender)
    send(sender)
    assert [wc.wr_id for wc in succeed(receiver.cq, 2)] == [0, 1]


def test_limit_above_the_size_is_einval(srq):
    with pytest.raises(PyverbsRDMAError) as info:
        srq.modify(SrqAttr(srq_limit=1 << 20), e.IBV_SRQ_LIMIT)
    assert info.value.error_code == errno.EINVAL


def test_more_than_the_device_has_is_einval(pd):
    with pytest.raises(PyverbsRDMAError) as info:
        SRQ(pd, SrqInitAttr(SrqAttr(max_wr=1 << 30)))
    assert info.value.error_code == errno.EINVAL


def test_full_queue_is_enomem(srq):
    refused = RecvWR()
    for wr_id in range(srq.query().max_wr):
        srq.post_recv(RecvWR(wr_id))
    with pytest.raises(PyverbsRDMAError) as info:
        srq.post_recv(RecvWR(77), refused)
    assert info.value.error_code == errno.ENOMEM
    assert refused.wr_id == 77


def test_too_many_entries_is_einval(srq):
    sges = [SGE(0, 1, 0)] * (srq.query().max_sge + 1)
    with pytest.raises(PyverbsRDMAError) as info:
        srq.post_recv(RecvWR(1, len(sges), sges))
    assert info.value.error_code == errno.EINVAL


def test_pd_closes_its_srqs(pd):
    queue = SRQ(pd, SrqInitAttr(SrqAttr()))
    pd.close()
    with pytest.raises(PyverbsUserError, match='closed'):
        queue.query()


def test_srq_closes_its_qps(rxe, pd, srq):
    cq = CQ(rxe, 4)
    qp = QP(pd, QPInitAttr(qp_type=e.IBV_QPT_RC, scq=cq, rcq=cq, srq=srq,
                               cap=QPCap(1, 0, 1, 0, 0)))
    srq.close()
    with pytest.raises(PyverbsUserError, match='closed'):
        _ = qp.qp_num


def extended(pd, srq_type, **objects):
    attr = SrqInitAttrEx(max_wr=4)
    attr.comp_mask = e.IBV_SRQ_INIT_ATTR_TYPE | e.IBV_SRQ_INIT_ATTR_PD
    attr.srq_type = srq_type
    attr.pd = pd
    for name, (flag, value) in objects.items():
        setattr(attr, name, value)
        attr.comp_mask |= flag
    return attr


def test_basic_srq_by_extended_attributes(rxe, pd):
    attr = extended(pd, e.IBV_SRQT_BASIC)
    with SRQ(rxe, attr) as queue:
        assert attr.max_wr >= 4
        assert queue.query().max_wr == attr.max_wr


def test_tag_matching_srq_is_eopnotsupp_on_rxe(rxe, pd):
    with CQ(rxe, 4) as cq:
        attr = extended(pd, e.IBV_SRQT_TM,
                        cq=(e.IBV_SRQ_INIT_ATTR_CQ, cq),
                        max_num_tags=(e.IBV_SRQ_INIT_ATTR_TM, 4))
        with pytest.raises(PyverbsRDMAError) as info:
            SRQ(rxe, attr)
    assert info.value.error_code == errno.EOPNOTSUPP


def test_number_of_a_basic_srq_is_eopnotsupp_on_rxe(srq):
    with pytest.raises(PyverbsRDMAError) as info:
        srq.get_srq_num()
    assert info.value.error_code == errno.EOPNOTSUPP


def test_tag_operations_are_eopnotsupp_on_rxe(srq):
    refused = OpsWr()
    wr = OpsWr(wr_id=5, opcode=e.IBV_WR_TAG_DEL)
    with pytest.raises(PyverbsRDMAError) as info:
        srq.post_srq_ops(wr, refused)
    assert info.value.error_code == errno.EOPNOTSUPP
    assert (refused.wr_id, refused.opcode) == (5, e.IBV_WR_TAG_DEL)


def test_tag_operation_holds_what_it_was_given():
    wr = OpsWr(1, e.IBV_WR_TAG_ADD, e.IBV_OPS_TM_SYNC, None, 5, 6, None, 8, 9,
               [SGE(1, 2, 3)])
    wr.handle = 10
    assert (wr.wr_id, wr.flags, wr.unexpected_cnt, wr.recv_wr_id, wr.tag,
            wr.mask, wr.handle) == (1, e.IBV_OPS_TM_SYNC, 5, 6, 8, 9, 10)
    first = OpsWr(next_wr=wr)
    assert first.next_wr is wr
