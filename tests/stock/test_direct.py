# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Direct verbs: keys that stand for lists of parts, and the path of packets."""

import errno

import pytest

from pyverbs import enums as e
from pyverbs.providers.mlx5 import mlx5_enums as dve
from pyverbs.providers.mlx5.mlx5dv import Mlx5DVQPInitAttr, Mlx5QP
from pyverbs.providers.mlx5.mlx5dv_mkey import (
    Mlx5Mkey, Mlx5MkeyConfAttr, Mlx5MrInterleaved)
from pyverbs.pyverbs_error import PyverbsRDMAError
from pyverbs.qp import QPCap, QPInitAttrEx
from pyverbs.wr import SGE

from stock import (A, LOCAL, REMOTE, Side, connect, fail, open_devx, pattern,
                   succeed)

SIZE = 300
ACCESS = LOCAL | REMOTE
KEY_OPS = (dve.MLX5DV_QP_EX_WITH_MR_LIST | dve.MLX5DV_QP_EX_WITH_MR_INTERLEAVED |
           dve.MLX5DV_QP_EX_WITH_MKEY_CONFIGURE)
SEND_OPS = e.IBV_QP_EX_WITH_RDMA_WRITE | e.IBV_QP_EX_WITH_LOCAL_INV
SIGNALED = e.IBV_SEND_SIGNALED


def make_qp(side):
    mask = e.IBV_QP_INIT_ATTR_PD | e.IBV_QP_INIT_ATTR_SEND_OPS_FLAGS
    init = QPInitAttrEx(qp_type=e.IBV_QPT_RC, scq=side.cq, rcq=side.cq,
                        cap=QPCap(16, 16, 4, 4, 0), pd=side.pd, comp_mask=mask,
                        send_ops_flags=SEND_OPS)
    return Mlx5QP(side.ctx, init, Mlx5DVQPInitAttr(
        dve.MLX5DV_QP_INIT_ATTR_MASK_SEND_OPS_FLAGS, send_ops_flags=KEY_OPS))


class At:
    """What stands for a region in Side.send(): an address of the key."""

    def __init__(self, mkey, buf=0):
        self.rkey, self.buf = mkey.rkey, buf


class Keyed(Side):
    """A side with a key and a queue pair that changes it."""

    def __init__(self, flags=dve.MLX5DV_MKEY_INIT_ATTR_FLAGS_INDIRECT):
        super().__init__(A, open_ctx=open_devx)
        self.qp.close()
        self.qp = make_qp(self)
        self.mkey = Mlx5Mkey(self.pd, flags, 8)

    def post(self, change, flags=SIGNALED | e.IBV_SEND_INLINE):
        self.qp.wr_start()
        self.qp.wr_id, self.qp.wr_flags = 5, flags
        change(self.qp)
        self.qp.wr_complete()

    def set(self, change):
        self.post(change)
        return succeed(self.cq)[0]

    def close(self):
        self.mkey.close()
        super().close()


@pytest.fixture
def pair():
    with Side(A) as a, Keyed() as b:
        connect(a, b)
        yield a, b


def write(a, mkey, length, seed=1, buf=0):
    out = a.memory(length, pattern(length, seed))
    a.send(out, e.IBV_WR_RDMA_WRITE, remote=At(mkey, buf))


def test_write_is_scattered(pair):
    a, b = pair
    mrs = [b.memory(SIZE) for _ in range(3)]
    wc = b.set(lambda qp: qp.wr_mr_list(b.mkey, ACCESS, [
        SGE(mr.buf + 10, 100, mr.lkey) for mr in mrs]))
    assert wc.opcode == dve.MLX5DV_WC_UMR
    write(a, b.mkey, 250, buf=25)
    succeed(a.cq)
    got = b''.join(mr.read(100, 10) for mr in mrs)
    assert got == bytes(25) + pattern(250) + bytes(25)
    assert all(mr.read(10, 0) + mr.read(190, 110) == bytes(200) for mr in mrs)
    write(a, b.mkey, 251, buf=50)
    fail(a.cq, e.IBV_WC_REM_ACCESS_ERR)


def test_own_write_is_gathered(pair):
    a, b = pair
    mrs = [b.memory(100, pattern(100, seed)) for seed in (1, 2)]
    target = a.memory(200)
    b.set(lambda qp: qp.wr_mr_list(b.mkey, 0, [
        SGE(mr.buf, 100, mr.lkey) for mr in mrs]))

    def gather(qp):
        qp.wr_flags = SIGNALED
        qp.wr_rdma_write(target.rkey, target.buf)
        qp.wr_set_sge(SGE(0, 200, b.mkey.lkey))

    b.set(gather)
    assert target.read(200, 0) == pattern(100, 1) + pattern(100, 2)


def test_blocks_are_repeated(pair):
    a, b = pair
    mr = b.memory(SIZE)
    b.set(lambda qp: qp.wr_mr_interleaved(
        b.mkey, ACCESS, 10, [Mlx5MrInterleaved(mr.buf + 5, 10, 20, mr.lkey)]))
    write(a, b.mkey, 100)
    succeed(a.cq)
    sent = pattern(100)
    assert mr.read(SIZE, 0) == b''.join(
        bytes(5) + sent[i:i + 10] + bytes(15) for i in range(0, 100, 10))


def test_setters_change_their_own(pair):
    a, b = pair
    mr = b.memory(SIZE)

    def change(qp):
        qp.wr_mkey_configure(b.mkey, 2, Mlx5MkeyConfAttr())
        qp.wr_set_mkey_access_flags(ACCESS)
        qp.wr_set_mkey_layout_list([SGE(mr.buf, 100, mr.lkey)])

    b.set(change)
    write(a, b.mkey, 100)
    succeed(a.cq)
    assert mr.read(SIZE, 0) == pattern(100) + bytes(200)

    def close(qp):
        qp.wr_mkey_configure(b.mkey, 1, Mlx5MkeyConfAttr())
        qp.wr_set_mkey_access_flags(e.IBV_ACCESS_REMOTE_READ)

    b.set(close)
    write(a, b.mkey, 1)
    fail(a.cq, e.IBV_WC_REM_ACCESS_ERR)


def test_taken_back_it_opens_nothing(pair):
    a, b = pair
    mr = b.memory(SIZE)
    b.set(lambda qp: qp.wr_mr_list(b.mkey, ACCESS,
                                   [SGE(mr.buf, 100, mr.lkey)]))

    def take_back(qp):
        qp.wr_flags = SIGNALED
        qp.wr_local_inv(b.mkey.rkey)

    assert b.set(take_back).opcode == e.IBV_WC_LOCAL_INV
    write(a, b.mkey, 1)
    fail(a.cq, e.IBV_WC_REM_ACCESS_ERR)


# ---- the path of packets --------------------------------------------------------

def test_udp_port_is_for_rts(pair):
    Mlx5QP.modify_udp_sport(pair[1].qp, 0xc0de)
    pair[1].error()
    with pytest.raises(PyverbsRDMAError) as info:
        Mlx5QP.modify_udp_sport(pair[1].qp, 0xc0de)
    assert info.value.error_code == errno.EOPNOTSUPP


BOND = '/sys/kernel/debug/softhca/mlx5_0/lag_ports'


@pytest.fixture(name='bond')
def fixture_bond():
    """Two ports that are one, from before the QPs are there."""
    with open(BOND, 'w', encoding='ascii') as f:
        f.write('2')
    yield
    with open(BOND, 'w', encoding='ascii') as f:
        f.write('0')


@pytest.mark.usefixtures('bond')
def test_lag_port(request):
    qp = request.getfixturevalue('pair')[1].qp
    for port in (1, 2):
        Mlx5QP.modify_lag_port(qp, port)
        assert Mlx5QP.query_lag_port(qp) == (port, port)
    Mlx5QP.modify_lag_port(qp, 0)
    for refused in (lambda: Mlx5QP.query_lag_port(qp),
                    lambda: Mlx5QP.modify_lag_port(qp, 1)):
        with pytest.raises(PyverbsRDMAError) as info:
            refused()
        assert info.value.error_code == errno.EOPNOTSUPP
