# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""DEVX: queues that are made by commands."""

import os
import struct
import sys

import pytest

from pyverbs.mr import MR
from pyverbs.providers.mlx5 import mlx5_enums as dve
from pyverbs.providers.mlx5.mlx5dv_objects import Mlx5DvObj
from pyverbs.pyverbs_error import PyverbsError

from stock import A, LOCAL, REMOTE, pattern

sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import devx  # noqa: E402

SIZE = 300


def pdn_of(pd):
    return Mlx5DvObj(dve.MLX5DV_OBJ_PD, pd=pd).dvpd.pdn


class World:
    """Two connected QPs with one CQ; closed in the right order by hand."""

    def __init__(self):
        self.home = devx.Home(A, pdn_of)
        self.cq = devx.Cq(self.home)
        self.rmp = devx.Rmp(self.home)
        self.a = devx.Qp(self.home, self.cq, index=1)
        self.b = devx.Qp(self.home, self.cq, self.rmp, index=2)
        self.a.connect(self.b.number)
        self.b.connect(self.a.number)
        self.mrs = []

    def memory(self, data=None):
        mr = MR(self.home.pd, SIZE, LOCAL | REMOTE)
        mr.write(bytes(SIZE) if data is None else data, SIZE)
        self.mrs.append(mr)
        return mr

    def close(self):
        for thing in (self.a, self.b, self.cq, self.rmp, *self.mrs):
            thing.close()
        self.home.uar.close()
        self.home.pd.close()
        self.home.close()


@pytest.fixture
def world():
    world = World()
    yield world
    world.close()


def test_write(world):
    out, to = world.memory(pattern(SIZE)), world.memory()
    world.a.send(devx.WRITE, devx.remote(to.rkey, to.buf),
                 devx.data(SIZE, out.lkey, out.buf))
    assert world.cq.succeed().user_index == 1
    assert to.read(SIZE, 0) == pattern(SIZE)


def test_send_to_a_shared_queue(world):
    out, to = world.memory(pattern(SIZE)), world.memory()
    for _ in range(40):
        world.rmp.post(SIZE, to.lkey, to.buf)
        world.a.send(devx.SEND, devx.data(SIZE, out.lkey, out.buf))
        world.cq.succeed(2)
    assert to.read(SIZE, 0) == pattern(SIZE)


def test_wrong_key(world):
    out = world.memory()
    world.a.send(devx.WRITE, devx.remote(out.rkey ^ 0x100, out.buf),
                 devx.data(SIZE, out.lkey, out.buf))
    assert world.cq.poll().syndrome == 0x13
    assert (world.a.state(), world.b.state()) == (devx.ERR, devx.ERR)


def test_query(world):
    out = world.a.query()
    assert struct.unpack_from('>I', out, devx.QPC + 20)[0] & 0xffffff == \
        world.b.number
    assert world.cq.query()[28] == 6


def test_what_is_in_use_stays(world):
    for thing in (world.cq.obj, world.rmp.obj):
        with pytest.raises(PyverbsError):
            thing.close()


def test_context_that_makes_no_sense(world):
    with pytest.raises(PyverbsError):
        devx.Cq(world.home, at_88=('I', 0xffffffff))
