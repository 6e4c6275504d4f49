# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Protection domains, and closing what was made from them."""

import gc

import pytest

from pyverbs import enums as e
from pyverbs.device import Context
from pyverbs.mr import MR
from pyverbs.pd import PD
from pyverbs.pyverbs_error import PyverbsUserError

import rdma


def test_pds_have_handles_of_their_own(device):
    with Context(name=device) as ctx:
        pds = [PD(ctx) for _ in range(10)]
        assert len({pd.handle for pd in pds}) == 10


def test_close_twice_does_no_harm(pd):
    pd.close()
    pd.close()
    assert pd.handle is None


def test_closed_pd_is_refused(pd):
    pd.close()
    with pytest.raises(PyverbsUserError, match='closed'):
        MR(pd, 100, rdma.LOCAL)


def test_pd_closes_its_regions_first(pd):
    mr = MR(pd, 100, rdma.LOCAL)
    pd.close()
    with pytest.raises(PyverbsUserError, match='closed'):
        mr.lkey


def test_context_closes_everything(device):
    ctx = Context(name=device)
    mr = MR(PD(ctx), 100, rdma.LOCAL)
    ctx.close()
    mr.close()


def test_dropped_objects_go_in_the_right_order(device):
    MR(PD(Context(name=device)), 100, rdma.LOCAL)


def test_wrong_type_is_a_type_error():
    with pytest.raises(TypeError):
        PD(None)


def test_collected_cycle_leaves_nothing_behind(device):
    """The collector must not close a context before what was made from it."""
    ctx = Context(name=device)
    pd = PD(ctx)
    mr = MR(pd, 4096, e.IBV_ACCESS_LOCAL_WRITE)
    cycle = [ctx, pd, mr]
    cycle.append(cycle)
    del ctx, pd, mr, cycle
    gc.collect()
