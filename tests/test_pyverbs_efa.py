# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""pyverbs.providers.efa on devices that are none of EFA."""

import errno

import pytest

from pyverbs import enums as e
from pyverbs.addr import AHAttr, GID, GlobalRoute
from pyverbs.comp_cntr import CompCntrInitAttr
from pyverbs.cq import CQ, CqInitAttrEx
from pyverbs.pd import PD
from pyverbs.providers.efa import efadv
from pyverbs.qp import QPCap, QPInitAttr, QPInitAttrEx

from rdma import LOCAL, PAGE, error_of, routable_gid


@pytest.fixture
def ctx(device):
    with efadv.EfaContext(device) as context:
        yield context


def test_context_answers_about_verbs_only(ctx, device):
    assert ctx.name == device
    assert ctx.query_port(1).state == e.IBV_PORT_ACTIVE
    for ask in (ctx.query_efa_device,
                lambda: ctx.get_max_sq_depth(efadv.EfaDVSQDepthAttr()),
                lambda: ctx.get_max_rq_depth(efadv.EfaDVRQDepthAttr())):
        assert error_of(ask) == errno.EOPNOTSUPP


def test_region_is_one_of_verbs(ctx):
    with efadv.EfaMR(PD(ctx), PAGE, LOCAL) as mr:
        assert mr.read(4, 0) == bytes(4)
        assert error_of(mr.query) == errno.EOPNOTSUPP


def test_address_is_one_of_verbs(ctx):
    index, gid = routable_gid(ctx)
    attr = AHAttr(is_global=1, gr=GlobalRoute(GID(gid), sgid_index=index))
    with efadv.EfaAH(PD(ctx), attr=attr) as ah:
        assert error_of(ah.query_efa_ah) == errno.EOPNOTSUPP


def test_queues_are_refused(ctx):
    pd, cq, cap = PD(ctx), CQ(ctx, 16), QPCap(4, 4, 1, 1, 0)
    made = {'qp_type': e.IBV_QPT_DRIVER, 'scq': cq, 'rcq': cq, 'cap': cap}
    attr = QPInitAttrEx(**made, pd=pd, comp_mask=e.IBV_QP_INIT_ATTR_PD)
    for make in (lambda: efadv.SRDQP(pd, QPInitAttr(**made)),
                 lambda: efadv.SRDQPEx(ctx, attr, efadv.EfaQPInitAttr()),
                 lambda: efadv.EfaCQ(ctx, CqInitAttrEx(), efadv.EfaDVCQInitAttr()),
                 lambda: efadv.EfaCompCntr(ctx, CompCntrInitAttr())):
        assert error_of(make) == errno.EOPNOTSUPP
