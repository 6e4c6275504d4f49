# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Changing a memory region."""

import errno

import pytest

from pyverbs import enums as e
from pyverbs.device import Context
from pyverbs.dmabuf import DmaBuf
from pyverbs.mr import MR, DmaBufMR
from pyverbs.pd import PD
from pyverbs.pyverbs_error import PyverbsRDMAError, PyverbsUserError

import rdma
from rdma import ALL, LOCAL, PAGE, Pair, Region

ACCESS = e.IBV_REREG_MR_CHANGE_ACCESS
CHANGE_PD = e.IBV_REREG_MR_CHANGE_PD
TRANSLATION = e.IBV_REREG_MR_CHANGE_TRANSLATION


def refusal(mr, *args, **kwargs):
    """How the call says that: the code's name, and errno."""
    with pytest.raises(PyverbsRDMAError, match='IBV_REREG_MR_ERR') as info:
        mr.rereg(*args, **kwargs)
    name = str(info.value).split('(')[1].split(')')[0]
    return name, info.value.error_code


BAD_INPUT = 'IBV_REREG_MR_ERR_INPUT', errno.EINVAL


@pytest.mark.parametrize('flags', (0, 1 << 3, ACCESS | 1 << 20))
def test_unknown_flags_are_einval(pd, flags):
    with MR(pd, PAGE, LOCAL) as mr:
        assert refusal(mr, flags, access=LOCAL) == BAD_INPUT


def test_new_memory_needs_address_and_length(pd):
    with MR(pd, PAGE, LOCAL) as mr:
        assert refusal(mr, TRANSLATION, addr=0, length=PAGE) == BAD_INPUT
        assert refusal(mr, TRANSLATION, addr=mr.buf, length=0) == BAD_INPUT


def test_pd_is_needed_and_of_the_same_context(device, pd):
    with MR(pd, PAGE, LOCAL) as mr, Context(name=device) as other:
        assert refusal(mr, CHANGE_PD) == BAD_INPUT
        assert refusal(mr, CHANGE_PD, PD(other)) == BAD_INPUT


def test_dmabuf_region_cannot_change(hca_pd):
    with DmaBuf(PAGE, exporter='udmabuf') as buf, \
         DmaBufMR(hca_pd, PAGE, LOCAL, buf) as mr:
        assert refusal(mr, ACCESS, access=LOCAL) == \
            ('IBV_REREG_MR_ERR_INPUT', errno.EOPNOTSUPP)


def test_bad_access_is_einval(pd):
    with MR(pd, PAGE, LOCAL) as mr:
        assert refusal(mr, ACCESS, access=e.IBV_ACCESS_REMOTE_WRITE) == \
            ('IBV_REREG_MR_ERR_CMD', errno.EINVAL)


def write(pair, source, target):
    pair.a.send(e.IBV_WR_RDMA_WRITE, [source.sge()], target.remote())
    return rdma.poll(pair.a.cq)[0].status


def test_access_given_by_rereg_is_there(device):
    with Pair(device) as pair:
        source = Region(pair.a.pd, 100, fill=1)
        target = Region(pair.b.pd, 100, access=LOCAL, fill=2)
        target.mr.rereg(ACCESS, access=ALL)
        assert write(pair, source, target) == e.IBV_WC_SUCCESS
        target.check(rdma.pattern(100, 1), 'target')


def test_access_taken_by_rereg_is_gone(device):
    with Pair(device) as pair:
        source = Region(pair.a.pd, 100, fill=1)
        target = Region(pair.b.pd, 100, fill=2)
        target.mr.rereg(ACCESS, access=LOCAL)
        assert write(pair, source, target) == e.IBV_WC_REM_ACCESS_ERR
        target.check(rdma.pattern(100, 2), 'target')


def test_region_goes_with_its_new_pd(device):
    with Context(name=device) as ctx:
        old, new = PD(ctx), PD(ctx)
        mr = MR(old, PAGE, LOCAL)
        mr.rereg(CHANGE_PD, new)
        old.close()                 # would be EBUSY, or close the region
        assert mr.lkey
        new.close()
        with pytest.raises(PyverbsUserError, match='closed'):
            mr.lkey
