# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Memory windows."""

import errno

import pytest

from pyverbs import enums as e
from pyverbs.mr import MR, MW, MWBind, MWBindInfo, inc_rkey
from pyverbs.pd import PD
from pyverbs.pyverbs_error import PyverbsRDMAError, PyverbsUserError
from pyverbs.wr import SGE, SendWR

import rdma
from rdma import LOCAL, PAGE, Pair, pattern

BINDABLE = LOCAL | e.IBV_ACCESS_MW_BIND


def error_of(call, *args, **kwargs):
    with pytest.raises(PyverbsRDMAError) as info:
        call(*args, **kwargs)
    return info.value.error_code


@pytest.mark.parametrize('mw_type', (e.IBV_MW_TYPE_1, e.IBV_MW_TYPE_2))
def test_windows_have_keys_of_their_own(pd, mw_type):
    windows = [MW(pd, mw_type) for _ in range(8)]
    assert len({mw.rkey for mw in windows}) == 8
    assert all(mw.type == mw_type for mw in windows)


@pytest.mark.parametrize('mw_type', (0, 3))
def test_type_that_is_not_there_is_einval(pd, mw_type):
    assert error_of(MW, pd, mw_type) == errno.EINVAL


def test_close_twice_does_no_harm(pd):
    mw = MW(pd, e.IBV_MW_TYPE_1)
    mw.close()
    mw.close()
    with pytest.raises(PyverbsUserError, match='closed'):
        mw.rkey


def test_pd_closes_its_windows(pd):
    mw = MW(pd, e.IBV_MW_TYPE_2)
    pd.close()
    with pytest.raises(PyverbsUserError, match='closed'):
        mw.rkey


def test_next_key_differs_in_its_tag_alone():
    assert inc_rkey(0x12345600) == 0x12345601
    assert inc_rkey(0x123456ff) == 0x12345600


# ---- binding ------------------------------------------------------------------
#
# What a window keeps closed, and binding one again, is not tried: rxe of Linux
# 6.12 let the peer read past the ends of a window, and its kernel log warned of a
# reference count after a window was bound twice.

class Windowed:
    """Two sides; b has a region that only a window opens to a."""

    def __init__(self, mw_type):
        self.pair = Pair('rxe0')
        self.a, self.b = self.pair.a, self.pair.b
        self.local = MR(self.a.pd, 100, LOCAL)
        self.mr = MR(self.b.pd, PAGE, BINDABLE)
        self.mr.write(pattern(PAGE, 1), PAGE)
        self.mw = MW(self.b.pd, mw_type)

    def info(self, offset=0, length=100, access=e.IBV_ACCESS_REMOTE_READ):
        return MWBindInfo(self.mr, self.mr.buf + offset, length, access)

    def bind(self, info):
        """Bind the window as its type is bound; returns the completion."""
        if self.mw.type == e.IBV_MW_TYPE_1:
            self.b.qp.bind_mw(self.mw, MWBind(info, e.IBV_SEND_SIGNALED, 7))
        else:
            wr = SendWR(7, e.IBV_WR_BIND_MW)
            wr.set_bind_wr(self.mw, info)
            self.b.qp.post_send(wr)
        return rdma.poll(self.b.cq)[0]

    def read(self, rkey, offset=0, length=100):
        """A read by the peer: the completion's status."""
        sge = SGE(self.local.buf, length, self.local.lkey)
        self.a.send(e.IBV_WR_RDMA_READ, [sge], (rkey, self.mr.buf + offset))
        return rdma.poll(self.a.cq)[0].status

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.mw.close()             # before its region
        self.pair.close()


def bound_key(win):
    """Type 1 learns its key, type 2 was told it."""
    if win.mw.type == e.IBV_MW_TYPE_1:
        return win.mw.rkey
    return inc_rkey(win.mw.rkey)


both_types = pytest.mark.parametrize('mw_type', (e.IBV_MW_TYPE_1,
                                                 e.IBV_MW_TYPE_2))


@both_types
def test_window_opens_its_part_of_the_region(mw_type):
    with Windowed(mw_type) as win:
        wc = win.bind(win.info(offset=50))
        assert (wc.status, wc.wr_id) == (e.IBV_WC_SUCCESS, 7)
        assert wc.opcode == e.IBV_WC_BIND_MW
        assert win.read(bound_key(win), 50) == e.IBV_WC_SUCCESS
        rdma.compare(win.local.read(100, 0), pattern(PAGE, 1)[50:150], 'read')


@both_types
def test_region_newer_than_the_window_bound_to_it_can_be_closed(mw_type):
    """rxe lets go of the region only after the window."""
    with Windowed(mw_type) as win:
        win.mr = MR(win.b.pd, PAGE, BINDABLE)
        rdma.expect([win.bind(win.info())], e.IBV_WC_SUCCESS)
        win.b.pd.close()


@both_types
def test_region_stays_closed_without_window(mw_type):
    with Windowed(mw_type) as win:
        assert win.read(win.mr.rkey) == e.IBV_WC_REM_ACCESS_ERR


def test_window_and_region_of_different_pds_is_eperm():
    with Windowed(e.IBV_MW_TYPE_1) as win, PD(win.b.ctx) as other:
        mw = MW(other, e.IBV_MW_TYPE_1)
        bind = MWBind(win.info(), e.IBV_SEND_SIGNALED)
        assert error_of(win.b.qp.bind_mw, mw, bind) == errno.EPERM


def test_window_of_type_2_is_not_for_this_call():
    with Windowed(e.IBV_MW_TYPE_2) as win:
        bind = MWBind(win.info(), e.IBV_SEND_SIGNALED)
        assert error_of(win.b.qp.bind_mw, win.mw, bind) == errno.EINVAL
