# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Thread domains and parent domains."""

import errno

import pytest

from pyverbs.device import Context
from pyverbs.pd import TD, ParentDomain, ParentDomainInitAttr
from pyverbs.pyverbs_error import PyverbsRDMAError


def error_of(call, *args, **kwargs):
    with pytest.raises(PyverbsRDMAError) as info:
        call(*args, **kwargs)
    return info.value.error_code


def test_rxe_has_no_thread_domains(rxe_pd):
    with Context(name='rxe0') as ctx:
        assert error_of(TD, ctx) == errno.EOPNOTSUPP
        attr = ParentDomainInitAttr(rxe_pd)
        assert error_of(ParentDomain, ctx, attr) == errno.EOPNOTSUPP
