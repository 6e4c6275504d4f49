# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""SRQ and XRC: receives that belong to no one QP."""

import os

from pyverbs import enums as e
from pyverbs.pd import PD
from pyverbs.qp import QP, QPCap, QPInitAttrEx
from pyverbs.srq import SRQ, SrqAttr, SrqInitAttr, SrqInitAttrEx
from pyverbs.wr import SGE, SendWR
from pyverbs.xrcd import XRCD, XRCDInitAttr

from stock import A, B, Side, connect, event, fail, pattern, recv_wr, succeed

SIZE = 200


class Shared:
    """One SRQ with QPs in front of it, each with a requester of its own."""

    def __init__(self, count, max_wr=16):
        self.base = Side(B)
        self.srq = SRQ(self.base.pd, SrqInitAttr(SrqAttr(max_wr, 2)))
        self.b = [Side(B, srq=self.srq, parent=self.base)
                  for _ in range(count)]
        self.a = [Side(A) for _ in range(count)]
        for a, b in zip(self.a, self.b):
            connect(a, b)
        self.cq = self.base.cq

    def post(self, mr, wr_id=1):
        self.srq.post_recv(recv_wr(mr, wr_id))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for side in self.a + self.b:
            side.close()
        self.srq.close()
        self.base.close()


def test_receives_go_to_whoever_needs_one():
    with Shared(2) as shared:
        to = [shared.base.memory(SIZE) for _ in range(4)]
        for i, mr in enumerate(to):
            shared.post(mr, 10 + i)
        for i in range(4):
            a = shared.a[i % 2]
            a.send(a.memory(SIZE, pattern(SIZE, i)))
            succeed(a.cq)
        wcs = succeed(shared.cq, 4)
        assert [wc.wr_id for wc in wcs] == [10, 11, 12, 13]
        assert [wc.qp_num for wc in wcs] == \
            [shared.b[i % 2].qp.qp_num for i in range(4)]
        for i, mr in enumerate(to):
            assert mr.read(SIZE, 0) == pattern(SIZE, i)


def test_the_queue_can_be_used_for_ever():
    with Shared(2, max_wr=5) as shared:
        to = shared.base.memory(SIZE)
        out = [a.memory(SIZE, pattern(SIZE)) for a in shared.a]
        for i in range(40):
            shared.post(to, i)
            shared.a[i % 2].send(out[i % 2])
            assert succeed(shared.cq)[0].wr_id == i
            succeed(shared.a[i % 2].cq)


def test_sender_waits_for_a_receive():
    with Shared(1) as shared:
        a = shared.a[0]
        a.send(a.memory(SIZE, pattern(SIZE)))
        to = shared.base.memory(SIZE)
        assert a.cq.poll(1)[0] == 0
        shared.post(to)
        succeed(a.cq)
        succeed(shared.cq)
        assert to.read(SIZE, 0) == pattern(SIZE)


def test_limit_is_told_once():
    with Shared(1) as shared:
        to, a = shared.base.memory(SIZE), shared.a[0]
        for _ in range(4):
            shared.post(to)
        shared.srq.modify(SrqAttr(srq_limit=3), e.IBV_SRQ_LIMIT)
        assert shared.srq.query().srq_limit == 3
        for _ in range(3):
            a.send(a.memory(SIZE))
            succeed(a.cq)
        assert event(shared.base.ctx) == e.IBV_EVENT_SRQ_LIMIT_REACHED
        assert shared.srq.query().srq_limit == 0


def test_last_request_is_told_in_error():
    with Shared(1) as shared:
        to = shared.base.memory(SIZE)
        shared.post(to)
        shared.b[0].error()
        assert event(shared.base.ctx) == e.IBV_EVENT_QP_LAST_WQE_REACHED
        assert shared.cq.poll(1)[0] == 0


def test_short_receive_ends_one_qp_only():
    with Shared(2) as shared:
        small, good = shared.base.memory(10), shared.base.memory(SIZE)
        shared.post(small, 1)
        shared.post(good, 2)
        a0, a1 = shared.a
        a0.send(a0.memory(SIZE))
        fail(a0.cq, e.IBV_WC_REM_INV_REQ_ERR)
        assert fail(shared.cq, e.IBV_WC_LOC_LEN_ERR)[0].wr_id == 1
        a1.send(a1.memory(SIZE, pattern(SIZE)))
        succeed(a1.cq)
        assert succeed(shared.cq)[0].wr_id == 2


# XRC

class Xrc:
    """An initiator on one device, a target and an SRQ on another."""

    def __init__(self):
        self.a, self.b = Side(A), Side(B)
        self.xrcd = XRCD(self.b.ctx, XRCDInitAttr(
            e.IBV_XRCD_INIT_ATTR_FD | e.IBV_XRCD_INIT_ATTR_OFLAGS,
            os.O_CREAT, -1))
        self.own_xrcd = XRCD(self.a.ctx, XRCDInitAttr(
            e.IBV_XRCD_INIT_ATTR_FD | e.IBV_XRCD_INIT_ATTR_OFLAGS,
            os.O_CREAT, -1))
        self.srq = self.make_srq(self.b.pd)
        cap = QPCap(16, 0, 2, 0, 0)
        self.ini = QP(self.a.ctx, QPInitAttrEx(
            qp_type=e.IBV_QPT_XRC_SEND, scq=self.a.cq, rcq=self.a.cq, cap=cap,
            comp_mask=e.IBV_QP_INIT_ATTR_PD, pd=self.a.pd))
        self.tgt = QP(self.b.ctx, QPInitAttrEx(
            qp_type=e.IBV_QPT_XRC_RECV, comp_mask=e.IBV_QP_INIT_ATTR_XRCD,
            xrcd=self.xrcd))
        self.connect(self.ini, self.a, self.tgt, self.b)
        self.connect(self.tgt, self.b, self.ini, self.a)

    @staticmethod
    def connect(qp, side, peer, peer_side):
        attr = side.attr(peer_side, dest_qp_num=peer.qp_num)
        qp.to_rts(attr)

    def make_srq(self, pd):
        init = SrqInitAttrEx(max_wr=16, max_sge=2)
        init.comp_mask = (e.IBV_SRQ_INIT_ATTR_TYPE | e.IBV_SRQ_INIT_ATTR_PD |
                          e.IBV_SRQ_INIT_ATTR_CQ | e.IBV_SRQ_INIT_ATTR_XRCD)
        init.srq_type = e.IBV_SRQT_XRC
        init.pd, init.xrcd, init.cq = pd, self.xrcd, self.b.cq
        return SRQ(self.b.ctx, init)

    def send(self, mr, srq, opcode=e.IBV_WR_SEND, remote=None):
        wr = SendWR(7, opcode, 1, 0, [SGE(mr.buf, mr.length, mr.lkey)],
                    e.IBV_SEND_SIGNALED)
        if remote:
            wr.set_wr_rdma(remote.rkey, remote.buf)
        wr.set_qp_type_xrc(srq.get_srq_num())
        self.ini.post_send(wr)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ini.close()
        self.tgt.close()
        self.srq.close()
        self.xrcd.close()
        self.own_xrcd.close()
        self.a.close()
        self.b.close()


def test_xrc_send_names_the_srq():
    with Xrc() as xrc:
        other = xrc.make_srq(xrc.b.pd)
        first, second = xrc.b.memory(SIZE), xrc.b.memory(SIZE)
        xrc.srq.post_recv(recv_wr(first, 1))
        other.post_recv(recv_wr(second, 2))
        for seed, srq in ((4, other), (5, xrc.srq)):
            xrc.send(xrc.a.memory(SIZE, pattern(SIZE, seed)), srq)
            succeed(xrc.a.cq)
        assert [wc.wr_id for wc in succeed(xrc.b.cq, 2)] == [2, 1]
        assert second.read(SIZE, 0) == pattern(SIZE, 4)
        assert first.read(SIZE, 0) == pattern(SIZE, 5)
        other.close()


def test_xrc_write():
    with Xrc() as xrc:
        to = xrc.b.memory(SIZE)
        xrc.send(xrc.a.memory(SIZE, pattern(SIZE)), xrc.srq,
                 e.IBV_WR_RDMA_WRITE, to)
        succeed(xrc.a.cq)
        assert to.read(SIZE, 0) == pattern(SIZE)


def test_xrc_write_needs_the_pd_of_the_srq():
    with Xrc() as xrc:
        pd = PD(xrc.b.ctx)
        srq = xrc.make_srq(pd)
        to = xrc.b.memory(SIZE)
        xrc.send(xrc.a.memory(SIZE), srq, e.IBV_WR_RDMA_WRITE, to)
        fail(xrc.a.cq, e.IBV_WC_REM_ACCESS_ERR)
        srq.close()
        pd.close()


def test_xrc_srq_that_is_not_there_is_remote_invalid_request():
    with Xrc() as xrc:
        srq = xrc.make_srq(xrc.b.pd)
        number = srq.get_srq_num()
        srq.close()

        class Gone:
            @staticmethod
            def get_srq_num():
                return number
        xrc.send(xrc.a.memory(SIZE), Gone)
        fail(xrc.a.cq, e.IBV_WC_REM_INV_REQ_ERR)
