# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""The region of no memory, on devices that have one."""

from pyverbs import enums as e
from pyverbs.mr import NullMR
from pyverbs.wr import SGE

import rdma
from rdma import PAGE, Pair, Region, pattern


def test_what_is_written_to_it_vanishes(hca):
    with Pair(hca) as pair:
        target, null = Region(pair.b.pd, PAGE), NullMR(pair.a.pd)
        mine = Region(pair.a.pd, 100)
        target.fill(pattern(PAGE, 3))
        pair.a.send(e.IBV_WR_RDMA_READ,
                    [SGE(0, 500, null.lkey), mine.sge()], target.remote())
        rdma.succeed(pair.a.cq)
        mine.check(pattern(PAGE, 3)[500:600], 'what comes behind')


def test_what_is_read_from_it_is_zero(hca):
    with Pair(hca) as pair:
        target, null = Region(pair.b.pd, PAGE), NullMR(pair.a.pd)
        pair.a.send(e.IBV_WR_RDMA_WRITE, [SGE(0, PAGE, null.lkey)],
                    target.remote())
        rdma.succeed(pair.a.cq)
        target.check(bytes(PAGE), 'zeroes')
