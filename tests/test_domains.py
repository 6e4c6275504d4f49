# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Thread domains and parent domains of every device."""

import errno

import pytest

from pyverbs import enums as e
from pyverbs.cq import CQ
from pyverbs.device import Context
from pyverbs.mem_alloc import free, posix_memalign
from pyverbs.mr import MR
from pyverbs.pd import (PD, TD, ParentDomain, ParentDomainContext,
                        ParentDomainInitAttr)
from pyverbs.qp import QP, QPCap, QPInitAttr

from rdma import LOCAL, error_of


@pytest.fixture
def ctx(device):
    with Context(name=device) as context:
        yield context


@pytest.fixture
def hca_ctx(hca):
    with Context(name=hca) as context:
        yield context


def test_parent_has_the_kernels_pd(ctx):
    pd = PD(ctx)
    with ParentDomain(ctx, ParentDomainInitAttr(pd)) as domain:
        assert domain.handle == pd.handle
        with MR(domain, 100, LOCAL) as mr:
            assert mr.lkey


def test_parent_domain_goes_before_what_is_in_it(ctx):
    pd, td = PD(ctx), TD(ctx)
    domain = ParentDomain(ctx, ParentDomainInitAttr(pd, td=td))
    td.close()
    assert domain.handle is None
    pd.close()


def test_unknown_bits_are_einval(ctx):
    assert error_of(TD, ctx, 1) == errno.EINVAL
    attr = ParentDomainInitAttr(PD(ctx))
    attr.comp_mask = 1 << 20
    assert error_of(ParentDomain, ctx, attr) == errno.EINVAL


def make_qp(pd, ctx):
    cq = CQ(ctx, 16)
    cap = QPCap(4, 4, 1, 1, 0)
    return QP(pd, QPInitAttr(qp_type=e.IBV_QPT_RC, scq=cq, rcq=cq, cap=cap))


def test_qp_of_a_thread_domain(ctx):
    td = TD(ctx)
    with ParentDomain(ctx, ParentDomainInitAttr(PD(ctx), td=td)) as domain, \
         make_qp(domain, ctx) as qp:
        assert qp.qp_num


def test_queues_come_from_the_allocator(hca_ctx):
    taken = {}

    def alloc(pd, context, size, alignment, resource_type):
        assert context.user_data == 'mine'
        addr = posix_memalign(size, alignment)
        taken[addr] = size
        return addr

    def give_back(pd, context, addr, resource_type):
        del taken[addr]
        free(addr)

    pd = PD(hca_ctx)
    attr = ParentDomainInitAttr(pd, ParentDomainContext(pd, alloc, give_back,
                                                        'mine'))
    with ParentDomain(hca_ctx, attr) as domain:
        with make_qp(domain, hca_ctx) as qp:
            assert qp.qp_num
            assert taken
        assert not taken


def test_allocator_may_leave_it_to_the_provider(hca_ctx):
    asked = []

    def alloc(pd, context, size, alignment, resource_type):
        asked.append(size)
        return e._IBV_ALLOCATOR_USE_DEFAULT

    def give_back(*args):
        raise AssertionError('nothing was taken')

    pd = PD(hca_ctx)
    attr = ParentDomainInitAttr(pd, ParentDomainContext(pd, alloc, give_back))
    with ParentDomain(hca_ctx, attr) as domain, make_qp(domain, hca_ctx) as qp:
        assert qp.qp_num
    assert asked


def test_allocator_without_memory_is_enomem(hca_ctx):
    pd = PD(hca_ctx)
    attr = ParentDomainInitAttr(pd, ParentDomainContext(
        pd, lambda *args: 0, lambda *args: None))
    with ParentDomain(hca_ctx, attr) as domain:
        assert error_of(make_qp, domain, hca_ctx) == errno.ENOMEM
