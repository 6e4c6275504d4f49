# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Thread domains and parent domains."""

import errno

import pytest

from pyverbs.device import Context
from pyverbs.pd import PD, TD, ParentDomain, ParentDomainInitAttr
from pyverbs.pyverbs_error import PyverbsRDMAError


def error_of(call, *args, **kwargs):
    with pytest.raises(PyverbsRDMAError) as info:
        call(*args, **kwargs)
    return info.value.error_code


def test_parent_domain_of_a_thread():
    with Context(name='rxe0') as ctx, PD(ctx) as pd, TD(ctx) as td:
        ParentDomain(ctx, ParentDomainInitAttr(pd, td=td)).close()


def test_unknown_attribute_of_a_thread_domain_is_einval():
    with Context(name='rxe0') as ctx:
        assert error_of(TD, ctx, 1) == errno.EINVAL
