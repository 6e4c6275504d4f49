# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Memory of the device: copies of the program, and of work requests."""

import pytest

from pyverbs import enums as e
from pyverbs.device import DM, AllocDmAttr
from pyverbs.mr import DMMR
from pyverbs.wr import SGE, SendWR

from stock import A, LOCAL, REMOTE, Side, connect, pattern, succeed

LEN = 8192
ACCESS = LOCAL | REMOTE | e.IBV_ACCESS_ZERO_BASED


@pytest.fixture
def ends():
    with Side(A) as a, Side(A) as b:
        connect(a, b)
        yield a, b


@pytest.mark.parametrize('length', (4, 64, 4096, LEN))
@pytest.mark.parametrize('log_align', (0, 12))
def test_copies(ends, length, log_align):
    with DM(ends[0].ctx, AllocDmAttr(length, log_align)) as dm:
        dm.copy_to_dm(0, pattern(length), length)
        assert dm.copy_from_dm(0, length) == pattern(length)


@pytest.mark.parametrize('offset', (0, 64, 4032))
def test_write_and_read(ends, offset):
    a, b = ends
    length = LEN - offset
    dm = DM(b.ctx, AllocDmAttr(LEN))
    target = DMMR(b.pd, length, ACCESS, dm, offset)
    mr = a.memory(length, pattern(length))
    for opcode in (e.IBV_WR_RDMA_WRITE, e.IBV_WR_RDMA_READ):
        wr = SendWR(1, opcode, 1, 0, [SGE(mr.buf, length, mr.lkey)],
                    e.IBV_SEND_SIGNALED)
        wr.set_wr_rdma(target.rkey, 0)
        a.qp.post_send(wr)
        succeed(a.cq)
        assert dm.copy_from_dm(offset, length) == pattern(length)
        assert mr.read(length, 0) == pattern(length)
        mr.write(bytes(length), length)
    target.close()
    dm.close()
