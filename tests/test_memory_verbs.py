# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Advice, null regions, ECE: what the VM's devices refuse."""

import errno

import pytest

from pyverbs import enums as e
from pyverbs.mr import MR, NullMR
from pyverbs.qp import ECE
from pyverbs.wr import SGE

from rdma import LOCAL, PAGE, Side, error_of

PREFETCH = e._IBV_ADVISE_MR_ADVICE_PREFETCH


@pytest.mark.release_kernel
def test_advice_without_on_demand_paging_is_eopnotsupp(rxe_pd):
    with MR(rxe_pd, PAGE, LOCAL) as mr:
        sge = SGE(mr.buf, PAGE, mr.lkey)
        for flags in (0, e._IBV_ADVISE_MR_FLAG_FLUSH):
            assert error_of(rxe_pd.advise_mr, PREFETCH, flags,
                            [sge, sge]) == errno.EOPNOTSUPP


def test_advice_about_nothing_is_einval(pd):
    assert error_of(pd.advise_mr, PREFETCH, 0, []) == errno.EINVAL


def test_advice_about_too_much_is_einval(pd):
    sges = [SGE(0, 0, 0)] * 4096
    assert error_of(pd.advise_mr, PREFETCH, 0, sges) == errno.EINVAL


def test_rxe_has_no_null_region(rxe_pd):
    assert error_of(NullMR, rxe_pd) == errno.EOPNOTSUPP


def test_rxe_has_no_ece():
    side = Side('rxe0')
    assert error_of(side.qp.query_ece) == errno.EOPNOTSUPP
    assert error_of(side.qp.set_ece, ECE(0x1234, 1)) == errno.EOPNOTSUPP
    side.close()


def test_ece_of_nobody_is_eopnotsupp(device):
    side = Side(device)
    assert error_of(side.qp.set_ece, ECE(0, 0, 0)) == errno.EOPNOTSUPP
    side.close()


@pytest.mark.parametrize('op', (e.IBV_WR_SEND, e.IBV_WR_RDMA_WRITE))
def test_no_order_is_promised(device, op):
    side = Side(device)
    assert side.qp.query_data_in_order(op) == 0
    assert side.qp.query_data_in_order(
        op, e.IBV_QUERY_QP_DATA_IN_ORDER_RETURN_CAPS) == 0
    side.close()
