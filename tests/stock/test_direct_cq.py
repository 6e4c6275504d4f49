# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Direct verbs: completion queues of a chosen format."""

import errno

import pytest

from pyverbs import enums as e
from pyverbs.cq import CqInitAttrEx, PollCqAttr
from pyverbs.device import Context
from pyverbs.providers.mlx5 import mlx5_enums as dve
from pyverbs.providers.mlx5.mlx5dv import (
    Mlx5Context, Mlx5CQ, Mlx5DVContextAttr, Mlx5DVCQInitAttr)
from pyverbs.pyverbs_error import PyverbsRDMAError

from stock import A, B, Side, connect, pattern

COMPRESSED = dve.MLX5DV_CQ_INIT_ATTR_MASK_COMPRESSED_CQE
FLAGS = dve.MLX5DV_CQ_INIT_ATTR_MASK_FLAGS
SIZE = dve.MLX5DV_CQ_INIT_ATTR_MASK_CQE_SIZE
PAD = dve.MLX5DV_CQ_INIT_ATTR_FLAGS_CQE_PAD
IGNORE = {'comp_mask': e.IBV_CQ_INIT_ATTR_MASK_FLAGS,
          'flags': e.IBV_CREATE_CQ_ATTR_IGNORE_OVERRUN}
LENGTH = 64
LARGE = 128
# The kernel says the second; the stock library, which looks for itself, the first.
CANNOT = (errno.EINVAL, errno.EOPNOTSUPP)


def open_direct(name):
    return Mlx5Context(Mlx5DVContextAttr(), name)


def direct_cq(ctx, attr=None, cqe=16, **options):
    return Mlx5CQ(ctx, CqInitAttrEx(cqe=cqe, **options), attr)


def writer(attr, **options):
    return Side(A, make_cq=lambda ctx: direct_cq(ctx, attr, **options),
                open_ctx=open_direct)


def write(a, b, count=1):
    out, to = a.memory(LENGTH, pattern(LENGTH)), b.memory(LENGTH)
    for _ in range(count):
        a.send(out, e.IBV_WR_RDMA_WRITE, remote=to)
    return to


def complete(cq):
    while cq.start_poll(PollCqAttr()):
        pass
    assert cq.status == e.IBV_WC_SUCCESS
    cq.end_poll()


def refused(attr, device=A):
    with open_direct(device) as ctx:
        with pytest.raises(PyverbsRDMAError) as info:
            direct_cq(ctx, attr)
        return info.value.error_code


@pytest.mark.parametrize('size', (64, 128))
def test_entries_have_the_size_that_was_asked_for(size):
    attr = Mlx5DVCQInitAttr(SIZE, cqe_size=size)
    with writer(attr) as a, Side(A) as b:
        connect(a, b)
        for _ in range(40):             # more than the ring has
            write(a, b)
            complete(a.cq)


@pytest.mark.parametrize('flags', (PAD, 0))
def test_large_entries_with_and_without_padding(flags):
    attr = Mlx5DVCQInitAttr(SIZE | FLAGS, flags=flags, cqe_size=LARGE)
    with writer(attr) as a, Side(A) as b:
        connect(a, b)
        write(a, b)
        complete(a.cq)


def test_what_the_device_can_is_told():
    for device, can in ((A, True), (B, False)):
        with Context(name=device) as ctx:
            attr = Mlx5Context.query_mlx5_device(
                ctx, dve.MLX5DV_CONTEXT_MASK_CQE_COMPRESION)
            assert bool(attr.flags & dve.MLX5DV_CONTEXT_FLAGS_CQE_128B_PAD) == can
            assert not attr.cqe_comp_caps['supported_format']


@pytest.mark.parametrize('attr', (
    Mlx5DVCQInitAttr(SIZE, cqe_size=32), Mlx5DVCQInitAttr(SIZE, cqe_size=0),
    Mlx5DVCQInitAttr(FLAGS, flags=PAD << 1), Mlx5DVCQInitAttr(1 << 20)))
def test_what_nobody_knows_is_einval(attr):
    assert refused(attr) == errno.EINVAL


@pytest.mark.parametrize('attr, device', (
    (Mlx5DVCQInitAttr(SIZE | FLAGS, flags=PAD, cqe_size=64), A),
    (Mlx5DVCQInitAttr(SIZE | FLAGS, flags=PAD, cqe_size=LARGE), B),
    (Mlx5DVCQInitAttr(COMPRESSED, dve.MLX5DV_CQE_RES_FORMAT_HASH), A)))
def test_what_the_device_cannot_is_refused(attr, device):
    assert refused(attr, device) in CANNOT


def test_overrun_that_is_ignored():
    """The last of them are there; nobody is told that others are not."""
    with writer(Mlx5DVCQInitAttr(), cqe=7, **IGNORE) as a, Side(A) as b:
        connect(a, b)
        to = write(a, b, 20)
        while to.read(LENGTH, 0) != pattern(LENGTH):
            pass
        complete(a.cq)
        assert a.state() == e.IBV_QPS_RTS
