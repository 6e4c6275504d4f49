# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Work queues, which no device of the VM has, and their attributes."""

import errno

import pytest

from pyverbs import enums as e
from pyverbs.cq import CQ
from pyverbs.device import Context
from pyverbs.pd import PD
from pyverbs.pyverbs_error import PyverbsRDMAError, PyverbsUserError
from pyverbs.wq import WQ, RwqIndTableInitAttr, RxHashConf, WQAttr, WQInitAttr


@pytest.fixture
def rxe():
    with Context(name='rxe0') as ctx:
        yield ctx


def test_device_without_wqs_is_eopnotsupp(rxe):
    pd, cq = PD(rxe), CQ(rxe, 4)
    attr = WQInitAttr(wq_pd=pd, wq_cq=cq)
    assert (attr.pd, attr.cq, attr.wq_type) == (pd, cq, e.IBV_WQT_RQ)
    with pytest.raises(PyverbsRDMAError) as info:
        WQ(rxe, attr)
    assert info.value.error_code == errno.EOPNOTSUPP


def test_wq_without_cq_is_refused(rxe):
    with pytest.raises(PyverbsUserError, match='needs'):
        WQ(rxe, WQInitAttr(wq_pd=PD(rxe)))


def test_attributes_hold_what_they_were_given():
    attr = WQAttr(1, e.IBV_WQS_RDY, e.IBV_WQS_ERR, 4, 5)
    assert (attr.attr_mask, attr.wq_state, attr.curr_wq_state, attr.flags,
            attr.flags_mask) == (1, e.IBV_WQS_RDY, e.IBV_WQS_ERR, 4, 5)


@pytest.mark.parametrize('log', (-1, 0, 5))
def test_table_of_other_size_than_its_list_is_refused(log):
    with pytest.raises(PyverbsUserError, match='WQs for a table'):
        RwqIndTableInitAttr(log, [])


def test_hash_key_is_as_long_as_said():
    conf = RxHashConf(e.IBV_RX_HASH_FUNC_TOEPLITZ, 40, range(50), 3)
    assert conf.rx_hash_key == bytes(range(40))
    assert conf.rx_hash_key_len == 40
    with pytest.raises(PyverbsUserError, match='40, but 5'):
        RxHashConf(e.IBV_RX_HASH_FUNC_TOEPLITZ, 40, b'12345')
