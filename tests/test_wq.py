# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""The attributes of work queues, which no device of the VM has."""

import pytest

from pyverbs import enums as e
from pyverbs.pyverbs_error import PyverbsUserError
from pyverbs.wq import RwqIndTableInitAttr, RxHashConf, WQAttr


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
