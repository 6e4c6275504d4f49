# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Thread domains and parent domains."""

import errno

from pyverbs import enums as e
from pyverbs.device import Context
from pyverbs.pd import TD, ParentDomain, ParentDomainInitAttr
from pyverbs.qp import QPCap

from rdma import Region, Side, connect, error_of, make_qp, pattern, succeed


class DomainSide(Side):
    """A side whose QP no two threads use."""

    def __init__(self, device):
        super().__init__(device)
        self.qp.close()
        self.td = TD(self.ctx)
        self.domain = ParentDomain(
            self.ctx, ParentDomainInitAttr(self.pd, td=self.td))
        self.qp = make_qp(self.ctx, self.domain, self.cq, e.IBV_QPT_RC,
                          QPCap(16, 16, 4, 4, 64))


def test_queues_of_a_thread_domain_carry_data(device):
    a, b = DomainSide(device), DomainSide(device)
    connect(a, b)
    out, to = Region(a.pd, 500, fill=1), Region(b.pd, 500)
    for i in range(40):         # more than the queues hold
        b.recv([to.sge()], wr_id=i)
        a.send(e.IBV_WR_SEND, [out.sge()])
        succeed(a.cq)
        assert succeed(b.cq)[0].wr_id == i
    to.check(pattern(500, 1), 'received')
    a.close()
    b.close()


def test_unknown_attribute_of_a_thread_domain_is_einval():
    with Context(name='rxe0') as ctx:
        assert error_of(TD, ctx, 1) == errno.EINVAL
