# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""What has bytes to read and write keeps to them: every class of pyverbs, alike."""

import pytest

from pyverbs import enums as e
from pyverbs.device import AllocDmAttr, Context, DM
from pyverbs.dmabuf import DmaBuf
from pyverbs.mr import DMMR, MR, DmaBufMR, NullMR
from pyverbs.pd import PD
from pyverbs.pyverbs_error import PyverbsUserError
from pyverbs.wr import SGE

import rdma
from rdma import ALL, LOCAL, PAGE, SOFTHCA

SIZE = PAGE
MOST = 2**64 - 1


def plain(ctx, pd):
    return MR(pd, SIZE, LOCAL)


def of_a_dmabuf(ctx, pd):
    """Not at the dma-buf's ends, so that its own bounds do not help."""
    return DmaBufMR(pd, SIZE, ALL, offset=PAGE, exporter='udmabuf')


def of_device_memory(ctx, pd):
    dm = DM(ctx, AllocDmAttr(3 * PAGE))
    return DMMR(pd, SIZE, LOCAL | e.IBV_ACCESS_ZERO_BASED, dm, PAGE)


def dmabuf(ctx, pd):
    return DmaBuf(SIZE, exporter='udmabuf')


class Element:
    """An SGE, which reads only, and the memory around it."""

    def __init__(self, ctx, pd):
        self.mr = MR(pd, 3 * PAGE, LOCAL)
        self.read = SGE(self.mr.buf + PAGE, SIZE, self.mr.lkey).read
        self.close = self.mr.close


# One of each kind for all cases: they do nothing to it but read and write.
@pytest.fixture(scope='module',
                params=(plain, of_a_dmabuf, of_device_memory, dmabuf, Element),
                ids=lambda make: make.__name__)
def memory(request):
    with Context(name=SOFTHCA['dynamic']) as ctx:
        made = request.param(ctx, PD(ctx))
        yield made
        made.close()


def attempts(memory, length, offset, data=bytes(2 * SIZE)):
    yield lambda: memory.read(length, offset)
    if hasattr(memory, 'write'):
        yield lambda: memory.write(data, length, offset)


@pytest.mark.parametrize('length, offset', (
    (SIZE + 1, 0), (1, SIZE), (SIZE, 1), (0, SIZE + 1), (8, SIZE - 7),
    (MOST, 0), (MOST, 2), (2, MOST), (MOST, MOST), (0, MOST),
    (2**63, 2**63), (MOST - SIZE, SIZE + 2)))
def test_what_is_outside_is_refused(memory, length, offset):
    for attempt in attempts(memory, length, offset):
        with pytest.raises(PyverbsUserError, match='not within'):
            attempt()


@pytest.mark.parametrize('length, offset', ((-1, 0), (1, -1), (2**64, 0),
                                            (1, 2**64), (-(2**63), 0)))
def test_what_is_no_size_is_refused(memory, length, offset):
    for attempt in attempts(memory, length, offset):
        with pytest.raises(OverflowError):
            attempt()


@pytest.mark.parametrize('length, offset', ((SIZE, 0), (8, SIZE - 8), (0, SIZE),
                                            (0, 0)))
def test_what_is_inside_is_done(memory, length, offset):
    data = rdma.pattern(length, 1)
    if hasattr(memory, 'write'):
        memory.write(data, length, offset)
        assert memory.read(length, offset) == data
    assert len(memory.read(length, offset)) == length


def test_data_is_not_read_past_its_end(memory):
    if hasattr(memory, 'write'):
        with pytest.raises(PyverbsUserError, match='less than'):
            memory.write(b'1234', 5, 0)


def test_whole_address_space_is_not_read():
    with Context(name=SOFTHCA['dynamic']) as ctx:
        access = LOCAL | e.IBV_ACCESS_ON_DEMAND
        with MR(PD(ctx), 0, access, implicit=True) as mr:
            for length, offset in ((1, 0), (8, 4096), (MOST, 0), (0, 0)):
                for attempt in attempts(mr, length, offset):
                    with pytest.raises(PyverbsUserError, match='not here'):
                        attempt()


def test_whole_address_space_is_read_where_an_address_says():
    with Context(name=SOFTHCA['dynamic']) as ctx:
        pd, access = PD(ctx), LOCAL | e.IBV_ACCESS_ON_DEMAND
        with MR(pd, SIZE, LOCAL) as own, \
                MR(pd, SIZE, access, own.buf, implicit=True) as mr:
            mr.write(b'1234', 4, 8)
            assert mr.buf == own.buf
            assert own.read(4, 8) == b'1234'
            with pytest.raises(PyverbsUserError, match='not within'):
                mr.read(1, SIZE)


def test_null_region_has_no_bytes():
    with Context(name=SOFTHCA['dynamic']) as ctx, NullMR(PD(ctx)) as mr:
        with pytest.raises(PyverbsUserError, match='not within'):
            mr.read(1, 0)
        assert mr.read(0, 0) == b''
