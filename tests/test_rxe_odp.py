# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Memory on demand on rxe: no page is pinned, it asks for what it needs.

Its kernel driver has this since Linux 6.15. That of 7.3 puts what a packet
carries at the start of its page, wherever in the page it belongs: so messages
here are of one packet, to the start of a page.
"""

import ctypes
import errno
import mmap

import pytest

from pyverbs import enums as e
from pyverbs.device import Context
from pyverbs.mr import MR
from pyverbs.pd import PD
from pyverbs.wr import SGE

import rdma
from rdma import ALL, PAGE, Pair, compare, error_of, pattern, succeed

ON_DEMAND = ALL | e.IBV_ACCESS_ON_DEMAND
PAGES = 3
LEN = 1024          # of a packet
ADVICE = (e._IBV_ADVISE_MR_ADVICE_PREFETCH,
          e._IBV_ADVISE_MR_ADVICE_PREFETCH_WRITE,
          e._IBV_ADVISE_MR_ADVICE_PREFETCH_NO_FAULT)


on_newest = pytest.mark.newest_kernel


def test_device_says_what_its_kernel_has():
    with Context(name='rxe0') as ctx, PD(ctx) as pd:
        caps = ctx.query_device_ex().odp_caps.general_caps
        assert bool(caps & e.IBV_ODP_SUPPORT) == rdma.NEWEST_KERNEL
        if not rdma.NEWEST_KERNEL:
            assert error_of(MR, pd, PAGE, ON_DEMAND) == errno.EOPNOTSUPP


class Untouched:
    """Registered pages that nobody has touched: none is there yet."""

    def __init__(self, pd):
        self.map = mmap.mmap(-1, PAGES * PAGE)
        self.mr = MR(pd, PAGES * PAGE, ON_DEMAND,
                     address=address_of(self.map))

    def sge(self, page):
        return SGE(self.mr.buf + page * PAGE, LEN, self.mr.lkey)

    def remote(self, page):
        return self.mr.rkey, self.mr.buf + page * PAGE

    def fill(self, page, seed):
        self.map[page * PAGE:page * PAGE + LEN] = pattern(LEN, seed)

    def check(self, page, seed, what):
        """The packet, and that nothing else of the page was touched."""
        compare(self.map[page * PAGE:(page + 1) * PAGE],
                pattern(LEN, seed) + bytes(PAGE - LEN), what)

    def close(self):
        self.mr.close()


def address_of(area):
    return ctypes.addressof(ctypes.c_char.from_buffer(area))


@pytest.fixture
def pair():
    with Pair('rxe0') as ends:
        yield ends


@pytest.fixture
def regions(pair):
    made = Untouched(pair.a.pd), Untouched(pair.b.pd)
    yield made
    for region in made:
        region.close()


@on_newest
def test_write(pair, regions):
    source, target = regions
    for page in range(PAGES):
        source.fill(page, page)
        pair.a.send(e.IBV_WR_RDMA_WRITE, [source.sge(page)],
                    target.remote(page))
        succeed(pair.a.cq)
    for page in range(PAGES):
        target.check(page, page, 'written')


@on_newest
def test_read(pair, regions):
    target, source = regions
    source.fill(1, 2)
    pair.a.send(e.IBV_WR_RDMA_READ, [target.sge(2)], source.remote(1))
    succeed(pair.a.cq)
    target.check(2, 2, 'read')


@on_newest
def test_send(pair, regions):
    source, target = regions
    source.fill(0, 3)
    pair.b.recv([target.sge(1)])
    pair.a.send(e.IBV_WR_SEND, [source.sge(0)])
    succeed(pair.b.cq)
    succeed(pair.a.cq)
    target.check(1, 3, 'received')


@on_newest
def test_pages_that_went_come_back(pair, regions):
    source, target = regions
    for seed in (4, 5):
        source.fill(0, seed)
        pair.a.send(e.IBV_WR_RDMA_WRITE, [source.sge(0)], target.remote(0))
        succeed(pair.a.cq)
        target.check(0, seed, 'written')
        # Of shared memory the pages go only with a hole in the file.
        target.map.madvise(mmap.MADV_REMOVE)
        assert target.map[:] == bytes(PAGES * PAGE)


@on_newest
@pytest.mark.parametrize('advice', ADVICE)
@pytest.mark.parametrize('flags', (0, e._IBV_ADVISE_MR_FLAG_FLUSH))
def test_prefetch(pair, regions, advice, flags):
    region = regions[0]
    region.fill(0, 6)
    pair.a.pd.advise_mr(advice, flags, [region.sge(0)])


@on_newest
def test_prefetch_of_no_region_is_einval(pair):
    assert error_of(pair.a.pd.advise_mr, ADVICE[0],
                    e._IBV_ADVISE_MR_FLAG_FLUSH,
                    [SGE(0, PAGE, 0x12345678)]) == errno.EINVAL
