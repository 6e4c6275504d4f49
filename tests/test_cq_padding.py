# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Large entries of completion queues, as the device writes them. What else
`mlx5dv_create_cq` does is in tests/stock/test_direct_cq.py."""

import ctypes

import pytest

from pyverbs import enums as e
from pyverbs.cq import CqInitAttrEx
from pyverbs.providers.mlx5 import mlx5_enums as dve
from pyverbs.providers.mlx5.mlx5dv import Mlx5CQ, Mlx5DVCQInitAttr
from pyverbs.providers.mlx5.mlx5dv_objects import Mlx5DvObj
from pyverbs.qp import QPCap

import rdma
from rdma import Region, Side, connect, succeed

ENTRY, HALF = 128, 64
MASK = (dve.MLX5DV_CQ_INIT_ATTR_MASK_CQE_SIZE |
        dve.MLX5DV_CQ_INIT_ATTR_MASK_FLAGS)


@pytest.mark.parametrize('flags, expected', (
    (dve.MLX5DV_CQ_INIT_ATTR_FLAGS_CQE_PAD, 0), (0, 0x5a)))
def test_first_half_is_written_if_asked_for(flags, expected):
    a, b = (Side(rdma.SOFTHCA['dynamic']) for _ in range(2))
    a.qp.close()
    cq = Mlx5CQ(a.ctx, CqInitAttrEx(16), Mlx5DVCQInitAttr(
        MASK, flags=flags, cqe_size=ENTRY))
    a.qp = rdma.make_qp(a.ctx, a.pd, cq, e.IBV_QPT_RC, QPCap(16, 16, 4, 4, 0))
    connect(a, b)
    ring = Mlx5DvObj(dve.MLX5DV_OBJ_CQ, cq=cq).dvcq
    assert ring.cqe_size == ENTRY
    ctypes.memset(ring.buf, 0x5a, HALF)
    source, target = Region(a.pd, 8), Region(b.pd, 8)
    a.send(e.IBV_WR_RDMA_WRITE, [source.sge()], target.remote())
    succeed(cq)
    assert ctypes.string_at(ring.buf, HALF) == bytes([expected]) * HALF
    for side in a, b:
        side.close()
