# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Memory windows of both types, and regions that change."""

import pytest

from pyverbs import enums as e
from pyverbs.mr import MR, MW, MWBind, MWBindInfo
from pyverbs.pd import PD
from pyverbs.qp import QPCap, QPEx, QPInitAttrEx
from pyverbs.wr import SGE

from stock import A, B, LOCAL, REMOTE, Side, connect, fail, pattern, succeed

SIZE = 300
BINDABLE = LOCAL | REMOTE | e.IBV_ACCESS_MW_BIND


class Target:
    """What stands for a region in Side.send()."""

    def __init__(self, rkey, buf):
        self.rkey, self.buf = rkey, buf


@pytest.fixture
def pair():
    with Side(A) as a, Side(B) as b:
        connect(a, b)
        yield a, b


def write(a, target, length=100, seed=1):
    out = a.memory(length, pattern(length, seed))
    a.send(out, e.IBV_WR_RDMA_WRITE, remote=target)
    return out


def bind(b, mw, mr, first, length, access=e.IBV_ACCESS_REMOTE_WRITE):
    info = MWBindInfo(mr, mr.buf + first, length, access)
    b.qp.bind_mw(mw, MWBind(info, e.IBV_SEND_SIGNALED, 9))


def test_window_opens_onto_a_part(pair):
    a, b = pair
    mr, mw = b.memory(SIZE, access=BINDABLE), MW(b.pd, e.IBV_MW_TYPE_1)
    bind(b, mw, mr, 100, 100)
    assert succeed(b.cq)[0].opcode == e.IBV_WC_BIND_MW
    write(a, Target(mw.rkey, mr.buf + 100))
    succeed(a.cq)
    assert mr.read(SIZE, 0) == bytes(100) + pattern(100) + bytes(100)
    write(a, Target(mw.rkey, mr.buf + 101))
    fail(a.cq, e.IBV_WC_REM_ACCESS_ERR)
    mw.close()


def test_bound_anew_it_has_another_key(pair):
    a, b = pair
    mr, mw = b.memory(SIZE, access=BINDABLE), MW(b.pd, e.IBV_MW_TYPE_1)
    bind(b, mw, mr, 0, 100)
    succeed(b.cq)
    old = mw.rkey
    bind(b, mw, mr, 200, 100)
    succeed(b.cq)
    assert mw.rkey != old
    write(a, Target(mw.rkey, mr.buf + 200))
    succeed(a.cq)
    write(a, Target(old, mr.buf))
    fail(a.cq, e.IBV_WC_REM_ACCESS_ERR)
    mw.close()


def test_bound_to_nothing_it_is_shut(pair):
    a, b = pair
    mr, mw = b.memory(SIZE, access=BINDABLE), MW(b.pd, e.IBV_MW_TYPE_1)
    bind(b, mw, mr, 0, 100)
    succeed(b.cq)
    bind(b, mw, mr, 0, 0, 0)
    succeed(b.cq)
    write(a, Target(mw.rkey, mr.buf))
    fail(a.cq, e.IBV_WC_REM_ACCESS_ERR)
    mw.close()


def test_window_allows_what_it_was_bound_for(pair):
    a, b = pair
    mr, mw = b.memory(SIZE, access=BINDABLE), MW(b.pd, e.IBV_MW_TYPE_1)
    bind(b, mw, mr, 0, 100, e.IBV_ACCESS_REMOTE_READ)
    succeed(b.cq)
    a.send(a.memory(100), e.IBV_WR_RDMA_READ,
           remote=Target(mw.rkey, mr.buf))
    succeed(a.cq)
    write(a, Target(mw.rkey, mr.buf))
    fail(a.cq, e.IBV_WC_REM_ACCESS_ERR)
    mw.close()


def test_region_that_is_not_bindable_is_an_error(pair):
    _, b = pair
    mr, mw = b.memory(SIZE), MW(b.pd, e.IBV_MW_TYPE_1)
    try:
        bind(b, mw, mr, 0, 100)
    except Exception as err:        # the library may refuse it first
        assert 'ermission' in str(err) or 'nvalid' in str(err)
    else:
        fail(b.cq, e.IBV_WC_MW_BIND_ERR)
    mw.close()


# Type 2, by the ibv_wr_* calls.

class Modern(Side):
    """A side whose requests are posted by the ibv_wr_* calls."""

    def __init__(self, name):
        super().__init__(name)
        self.qp.close()
        ops = (e.IBV_QP_EX_WITH_BIND_MW | e.IBV_QP_EX_WITH_LOCAL_INV |
               e.IBV_QP_EX_WITH_SEND_WITH_INV | e.IBV_QP_EX_WITH_RDMA_WRITE)
        self.qp = QPEx(self.ctx, QPInitAttrEx(
            qp_type=e.IBV_QPT_RC, scq=self.cq, rcq=self.cq,
            cap=QPCap(16, 16, 2, 2, 0), pd=self.pd, send_ops_flags=ops,
            comp_mask=e.IBV_QP_INIT_ATTR_PD |
            e.IBV_QP_INIT_ATTR_SEND_OPS_FLAGS))

    def wr(self, call, *args, sge=None):
        self.qp.wr_start()
        self.qp.wr_id, self.qp.wr_flags = 4, e.IBV_SEND_SIGNALED
        getattr(self.qp, call)(*args)
        if sge:
            self.qp.wr_set_sge(sge)
        self.qp.wr_complete()

    def bind(self, mw, mr, access=e.IBV_ACCESS_REMOTE_WRITE):
        rkey = (mw.rkey & ~0xff) | (mw.rkey + 1 & 0xff)
        self.wr('wr_bind_mw', mw, rkey,
                MWBindInfo(mr, mr.buf, mr.length, access))
        return rkey


@pytest.fixture
def modern():
    with Modern(A) as a, Modern(B) as b:
        connect(a, b)
        mr, mw = b.memory(SIZE, access=BINDABLE), MW(b.pd, e.IBV_MW_TYPE_2)
        yield a, b, mr, mw
        mw.close()


def put(a, rkey, mr):
    out = a.memory(SIZE, pattern(SIZE))
    a.wr('wr_rdma_write', rkey, mr.buf, sge=SGE(out.buf, SIZE, out.lkey))
    return out


def test_type_2_is_bound_and_taken_back_here(modern):
    a, b, mr, mw = modern
    rkey = b.bind(mw, mr)
    succeed(b.cq)
    put(a, rkey, mr)
    succeed(a.cq)
    assert mr.read(SIZE, 0) == pattern(SIZE)
    b.wr('wr_local_inv', rkey)
    assert succeed(b.cq)[0].opcode == e.IBV_WC_LOCAL_INV
    put(a, rkey, mr)
    fail(a.cq, e.IBV_WC_REM_ACCESS_ERR)


def test_type_2_is_taken_back_from_there(modern):
    a, b, mr, mw = modern
    rkey = b.bind(mw, mr)
    succeed(b.cq)
    to, out = b.memory(10), a.memory(10)
    b.recv(to)
    a.wr('wr_send_inv', rkey, sge=SGE(out.buf, 10, out.lkey))
    succeed(a.cq)
    wc, = succeed(b.cq)
    assert wc.wc_flags & e.IBV_WC_WITH_INV
    put(a, rkey, mr)
    fail(a.cq, e.IBV_WC_REM_ACCESS_ERR)


def test_type_2_is_for_one_qp(modern):
    a, b, mr, mw = modern
    rkey = b.bind(mw, mr)
    succeed(b.cq)
    with Side(A) as other, Side(B, parent=b) as there:
        connect(other, there)
        write(other, Target(rkey, mr.buf))
        fail(other.cq, e.IBV_WC_REM_ACCESS_ERR)


def test_type_2_that_is_bound_cannot_be_bound_again(modern):
    _, b, mr, mw = modern
    b.bind(mw, mr)
    succeed(b.cq)
    b.bind(mw, mr)
    fail(b.cq, e.IBV_WC_MW_BIND_ERR)


# Regions

def test_region_can_get_other_rights(pair):
    a, b = pair
    mr = b.memory(SIZE, access=0)
    write(a, mr)
    fail(a.cq, e.IBV_WC_REM_ACCESS_ERR)
    with Side(A) as c, Side(B, parent=b) as d:
        connect(c, d)
        mr.rereg(e.IBV_REREG_MR_CHANGE_ACCESS, access=LOCAL | REMOTE)
        write(c, mr)
        succeed(c.cq)
    assert mr.read(100, 0) == pattern(100)


def test_region_can_get_other_memory(pair):
    a, b = pair
    mr, other = b.memory(SIZE), b.memory(SIZE)
    mr.rereg(e.IBV_REREG_MR_CHANGE_TRANSLATION, addr=other.buf, length=100)
    write(a, Target(mr.rkey, other.buf))
    succeed(a.cq)
    assert other.read(100, 0) == pattern(100)
    write(a, Target(mr.rkey, other.buf + 1))
    fail(a.cq, e.IBV_WC_REM_ACCESS_ERR)


def test_region_can_get_another_pd(pair):
    a, b = pair
    pd = PD(b.ctx)
    mr = MR(b.pd, SIZE, LOCAL | REMOTE)
    mr.rereg(e.IBV_REREG_MR_CHANGE_PD, pd=pd)
    write(a, mr)
    fail(a.cq, e.IBV_WC_REM_ACCESS_ERR)
    mr.close()
    pd.close()
