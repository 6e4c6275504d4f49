# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Small messages in completions: who gets them, and who does not. What becomes
of them is in tests/stock/test_inline.py and test_returned.py, which run on our
libraries as well.
"""

import errno

import pytest

import pyverbs.providers.mlx5.mlx5_enums as dve
from pyverbs import enums as e
from pyverbs.mr import NullMR
from pyverbs.providers.mlx5.mlx5dv import Mlx5DVQPInitAttr, Mlx5QP
from pyverbs.qp import QPCap, QPInitAttrEx
from pyverbs.wr import SGE, SendWR

import rdma
from rdma import EXPORTERS, Pair, Region, pattern, read_counters, succeed

HCA = rdma.SOFTHCA['dynamic']
ALLOW = dve.MLX5DV_QP_CREATE_ALLOW_SCATTER_TO_CQE
DISABLE = dve.MLX5DV_QP_CREATE_DISABLE_SCATTER_TO_CQE
SMALL = 32
ENV = 'MLX5_SCATTER_TO_CQE'


def count():
    return read_counters(f'{HCA}/stats')['inline']


def make_qp(side, create_flags, qp_type=e.IBV_QPT_RC):
    attr = Mlx5DVQPInitAttr(dve.MLX5DV_QP_INIT_ATTR_MASK_QP_CREATE_FLAGS,
                            create_flags=create_flags)
    init = QPInitAttrEx(qp_type=qp_type, scq=side.cq, rcq=side.cq,
                        cap=QPCap(16, 16, 4, 4, 0), pd=side.pd,
                        comp_mask=e.IBV_QP_INIT_ATTR_PD)
    return Mlx5QP(side.ctx, init, attr)


def open_pair(create_flags=0):
    """Its queue pairs are of these flags, or ordinary ones."""
    pair = Pair(HCA)
    if create_flags:
        for side in pair.a, pair.b:
            side.qp.close()
            side.qp = make_qp(side, create_flags)
        rdma.connect(pair.a, pair.b)
    return pair


def send(pair, to, length=SMALL):
    """A message; returns how many were in completions."""
    out, before = Region(pair.a.pd, length, fill=3), count()
    pair.b.recv([to.sge(0, length)])
    pair.a.send(e.IBV_WR_SEND, [out.sge()])
    succeed(pair.a.cq)
    wc, = succeed(pair.b.cq)
    assert wc.byte_len == length
    to.check(pattern(length, 3) + pattern(to.length, rdma.CANARY)[length:],
             'the message')
    return count() - before


def read(pair, length, flags=e.IBV_SEND_SIGNALED):
    """Of two, of which the second is told of, and both come to one place."""
    mine, target = Region(pair.a.pd, 100), Region(pair.b.pd, 100, fill=4)
    before = count()
    for wr_flags in (flags, e.IBV_SEND_SIGNALED):
        wr = SendWR(5, e.IBV_WR_RDMA_READ, 1, 0, [mine.sge(0, length)],
                    wr_flags)
        wr.set_wr_rdma(*target.remote())
        pair.a.qp.post_send(wr)
    succeed(pair.a.cq, 2 if flags else 1)
    mine.check(pattern(100, 4)[:length] + pattern(100, rdma.CANARY)[length:],
               'what was read')
    return count() - before


# ---- Who asks for them ------------------------------------------------------

@pytest.mark.parametrize('flags, value, expected', [
    (0, None, 0), (0, '0', 0), (0, '1', 1), (0, 'x', 1),
    (ALLOW, None, 1), (ALLOW, '0', 1), (ALLOW, '1', 1),
    (DISABLE, None, 0), (DISABLE, '1', 0)])
def test_who_gets_them(flags, value, expected, monkeypatch):
    monkeypatch.delenv(ENV, raising=False)
    if value is not None:
        monkeypatch.setenv(ENV, value)
    with open_pair(flags) as pair:
        assert send(pair, Region(pair.b.pd, 100)) == expected


def test_both_flags_are_einval():
    with Pair(HCA) as pair:
        assert rdma.error_of(make_qp, pair.a, ALLOW | DISABLE) == \
            errno.EINVAL


def test_those_that_come_back_are_asked_for_by_the_flag(monkeypatch):
    with open_pair(ALLOW) as pair:
        assert read(pair, SMALL) == 2
        assert read(pair, SMALL + 1) == 0
    # Without it, if each request has a completion.
    monkeypatch.setenv(ENV, '1')
    with open_pair() as pair:
        assert read(pair, SMALL) == 2


def test_without_a_completion_the_data_is_in_memory():
    with open_pair(ALLOW) as pair:
        assert read(pair, SMALL, flags=0) == 1


# ---- Memory that the CPU does not reach by the address ----------------------

@pytest.mark.parametrize('exporter', EXPORTERS)
@pytest.mark.parametrize('length', (1, 8, SMALL))
def test_dmabuf_at_any_address_takes_small_messages(exporter, length):
    with open_pair() as pair:
        assert send(pair, Region(pair.b.pd, 100, exporter, iova=0x7000,
                                 offset=0), length) == 0


def test_small_message_to_nowhere_goes_nowhere():
    with open_pair(ALLOW) as pair:
        null, mine = NullMR(pair.b.pd), Region(pair.b.pd, 100)
        out, before = Region(pair.a.pd, SMALL, fill=3), count()
        pair.b.recv([SGE(0, 10, null.lkey), mine.sge()])
        pair.a.send(e.IBV_WR_SEND, [out.sge()])
        succeed(pair.b.cq)
        assert count() - before == 1
        mine.check(pattern(SMALL, 3)[10:] +
                   pattern(100, rdma.CANARY)[SMALL - 10:], 'what comes behind')
