# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""XRC: messages that name the SRQ that they are for."""

import errno
import os

import pytest

from pyverbs import enums as e
from pyverbs.pyverbs_error import PyverbsRDMAError
from pyverbs.qp import QP, QPCap, QPEx, QPInitAttrEx
from pyverbs.srq import SRQ, SrqAttr, SrqInitAttr, SrqInitAttrEx
from pyverbs.wr import RecvWR, SendWR
from pyverbs.xrcd import XRCD, XRCDInitAttr

from rdma import Region, Side, compare, error_of, pattern, poll, succeed

DEVICE = 'mlx5_0'
LEN = 1000
OF_SRQ = (e.IBV_SRQ_INIT_ATTR_TYPE | e.IBV_SRQ_INIT_ATTR_PD |
          e.IBV_SRQ_INIT_ATTR_CQ | e.IBV_SRQ_INIT_ATTR_XRCD)
OF_SENDER = e.IBV_QP_INIT_ATTR_PD | e.IBV_QP_INIT_ATTR_SEND_OPS_FLAGS


class Xrc:
    """a has the end that sends, b the one that receives, with an SRQ."""

    def __init__(self):
        self.a, self.b = Side(DEVICE), Side(DEVICE)
        self.xrcd = XRCD(self.b.ctx, XRCDInitAttr(
            e.IBV_XRCD_INIT_ATTR_FD | e.IBV_XRCD_INIT_ATTR_OFLAGS,
            os.O_CREAT, -1))
        self.srq = self.make_srq()
        self.a.qp = QPEx(self.a.ctx, QPInitAttrEx(
            qp_type=e.IBV_QPT_XRC_SEND, scq=self.a.cq, rcq=self.a.cq,
            cap=QPCap(16, 0, 2, 0, 0), pd=self.a.pd, comp_mask=OF_SENDER,
            send_ops_flags=e.IBV_QP_EX_WITH_SEND))
        self.b.qp = QP(self.b.ctx, QPInitAttrEx(
            qp_type=e.IBV_QPT_XRC_RECV, xrcd=self.xrcd,
            comp_mask=e.IBV_QP_INIT_ATTR_XRCD))

    def connect(self):
        self.a.qp.to_rts(self.a.attr(self.b))
        self.b.qp.to_rts(self.b.attr(self.a))

    def make_srq(self):
        init = SrqInitAttrEx(max_wr=16, max_sge=2)
        init.comp_mask = OF_SRQ
        init.srq_type = e.IBV_SRQT_XRC
        init.pd, init.xrcd, init.cq = self.b.pd, self.xrcd, self.b.cq
        return SRQ(self.b.ctx, init)

    def send(self, region, number):
        wr = SendWR(7, e.IBV_WR_SEND, 1, 0, [region.sge()],
                    e.IBV_SEND_SIGNALED)
        wr.set_qp_type_xrc(number)
        self.a.qp.post_send(wr)

    def close(self):
        self.a.close()
        self.b.close()


@pytest.fixture
def xrc():
    ends = Xrc()
    yield ends
    ends.close()


def test_states_on_the_way(xrc):
    for side, other in ((xrc.a, xrc.b), (xrc.b, xrc.a)):
        attr = side.attr(other)
        for step, state in ((side.qp.to_init, e.IBV_QPS_INIT),
                            (side.qp.to_rtr, e.IBV_QPS_RTR),
                            (side.qp.to_rts, e.IBV_QPS_RTS)):
            step(attr)
            assert side.qp.query(e.IBV_QP_STATE)[0].qp_state == state


def test_message_goes_to_the_srq_it_names(xrc):
    xrc.connect()
    other = xrc.make_srq()
    first, second = Region(xrc.b.pd, LEN), Region(xrc.b.pd, LEN)
    xrc.srq.post_recv(RecvWR(1, 1, [first.sge()]))
    other.post_recv(RecvWR(2, 1, [second.sge()]))
    for fill, srq in ((3, other), (4, xrc.srq)):
        out = Region(xrc.a.pd, LEN, fill=fill)
        xrc.send(out, srq.get_srq_num())
        succeed(xrc.a.cq)
    assert [wc.wr_id for wc in succeed(xrc.b.cq, 2)] == [2, 1]
    compare(second.read(), pattern(LEN, 3), 'of the other SRQ')
    compare(first.read(), pattern(LEN, 4), 'of the first SRQ')


def test_message_by_calls_names_its_srq(xrc):
    xrc.connect()
    to, out = Region(xrc.b.pd, LEN), Region(xrc.a.pd, LEN, fill=3)
    xrc.srq.post_recv(RecvWR(1, 1, [to.sge()]))
    qp = xrc.a.qp
    qp.wr_start()
    qp.wr_id, qp.wr_flags = 8, e.IBV_SEND_SIGNALED
    qp.wr_send()
    qp.wr_set_xrc_srqn(xrc.srq.get_srq_num())
    qp.wr_set_sge(out.sge())
    qp.wr_complete()
    assert succeed(xrc.a.cq)[0].wr_id == 8
    succeed(xrc.b.cq)
    compare(to.read(), pattern(LEN, 3), 'received')


def test_receiving_end_is_known_by_its_number(xrc):
    """Who opens it has the same QP: it can be connected by one of them."""
    opened = QP.open(xrc.xrcd, xrc.b.qp.qp_num)
    assert opened.qp_num == xrc.b.qp.qp_num
    xrc.a.qp.to_rts(xrc.a.attr(xrc.b))
    opened.to_rts(xrc.b.attr(xrc.a))
    region, out = Region(xrc.b.pd, LEN), Region(xrc.a.pd, LEN, fill=3)
    xrc.srq.post_recv(RecvWR(1, 1, [region.sge()]))
    xrc.send(out, xrc.srq.get_srq_num())
    succeed(xrc.a.cq)
    succeed(xrc.b.cq)
    compare(region.read(), pattern(LEN, 3), 'received')


def test_receiving_end_lives_until_the_last_closes_it(xrc):
    number = xrc.b.qp.qp_num
    opened = QP.open(xrc.xrcd, number)
    xrc.b.qp.close()
    again = QP.open(xrc.xrcd, number)
    opened.close()
    again.close()
    assert error_of(QP.open, xrc.xrcd, number) == errno.EINVAL


def test_number_of_another_qp_is_not_opened(xrc):
    assert error_of(QP.open, xrc.xrcd, xrc.a.qp.qp_num) == errno.EINVAL


def test_srq_that_is_not_there_is_remote_invalid_request(xrc):
    xrc.connect()
    gone = xrc.make_srq()
    number = gone.get_srq_num()
    gone.close()
    out = Region(xrc.a.pd, LEN)
    xrc.send(out, number)
    assert poll(xrc.a.cq)[0].status == e.IBV_WC_REM_INV_REQ_ERR


def test_sending_end_has_nothing_to_receive_with(xrc):
    xrc.connect()
    region = Region(xrc.a.pd, LEN)
    with pytest.raises(PyverbsRDMAError) as info:
        xrc.a.qp.post_recv(RecvWR(1, 1, [region.sge()]))
    assert info.value.error_code in (errno.EINVAL, errno.ENOMEM)


def test_number_of_a_basic_srq(xrc):
    with SRQ(xrc.b.pd, SrqInitAttr(SrqAttr(4, 1))) as srq:
        assert srq.get_srq_num() not in (0, xrc.srq.get_srq_num())
