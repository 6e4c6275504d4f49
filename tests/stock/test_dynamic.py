# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Dynamic connections: each request names the DCT that it is for."""

import errno

import pytest

from pyverbs import enums as e
from pyverbs.addr import AH
from pyverbs.providers.mlx5 import mlx5_enums as dve
from pyverbs.providers.mlx5.mlx5dv import (
    Mlx5DCIStreamInitAttr, Mlx5DVDCInitAttr, Mlx5DVQPInitAttr, Mlx5QP)
from pyverbs.pyverbs_error import PyverbsRDMAError
from pyverbs.qp import QPCap, QPInitAttrEx
from pyverbs.srq import SRQ, SrqAttr, SrqInitAttr
from pyverbs.wr import SGE

from stock import A, B, LOCAL, REMOTE, Side, connect, fail, nothing, \
    open_devx, pattern, recv_wr, succeed

SIZE = 200
KEY = 0x1122334455667788
SEND_OPS = (
    e.IBV_QP_EX_WITH_SEND | e.IBV_QP_EX_WITH_SEND_WITH_IMM |
    e.IBV_QP_EX_WITH_RDMA_WRITE | e.IBV_QP_EX_WITH_RDMA_WRITE_WITH_IMM |
    e.IBV_QP_EX_WITH_RDMA_READ | e.IBV_QP_EX_WITH_ATOMIC_CMP_AND_SWP |
    e.IBV_QP_EX_WITH_ATOMIC_FETCH_AND_ADD)
TO_INIT = e.IBV_QP_STATE | e.IBV_QP_PKEY_INDEX | e.IBV_QP_PORT


class End(Side):
    def make(self, dc, mask=0, dv_mask=0, **options):
        self.qp.close()
        init = QPInitAttrEx(
            qp_type=e.IBV_QPT_DRIVER, scq=self.cq, rcq=self.cq, pd=self.pd,
            comp_mask=e.IBV_QP_INIT_ATTR_PD | mask, **options)
        self.qp = Mlx5QP(self.ctx, init, Mlx5DVQPInitAttr(
            comp_mask=dve.MLX5DV_QP_INIT_ATTR_MASK_DC | dv_mask,
            dc_init_attr=dc))

    def step(self, state, mask, **changes):
        self.qp.modify(self.attr(self, qp_state=state, **changes),
                       e.IBV_QP_STATE | mask)


class Dct(End):
    def __init__(self, name, key=KEY):
        super().__init__(name)
        self.key = key
        self.srq = SRQ(self.pd, SrqInitAttr(SrqAttr(16, 2)))
        self.make(Mlx5DVDCInitAttr(dc_type=dve.MLX5DV_DCTYPE_DCT,
                                   dct_access_key=key), srq=self.srq)
        self.step(e.IBV_QPS_INIT, TO_INIT | e.IBV_QP_ACCESS_FLAGS)
        self.step(e.IBV_QPS_RTR, e.IBV_QP_MIN_RNR_TIMER | e.IBV_QP_AV |
                  e.IBV_QP_PATH_MTU)

    def post(self, mr, wr_id=1):
        self.srq.post_recv(recv_wr(mr, wr_id))


class Dci(End):
    def __init__(self, name, streams=None, **changes):
        super().__init__(name, open_ctx=open_devx)
        self.make(Mlx5DVDCInitAttr(dc_type=dve.MLX5DV_DCTYPE_DCI,
                                   dci_streams=streams),
                  e.IBV_QP_INIT_ATTR_SEND_OPS_FLAGS,
                  dve.MLX5DV_QP_INIT_ATTR_MASK_DCI_STREAMS if streams else 0,
                  cap=QPCap(16, 0, 2, 0, 64), send_ops_flags=SEND_OPS)
        self.make_ready(**changes)

    def make_ready(self, **changes):
        self.step(e.IBV_QPS_INIT, TO_INIT)
        self.step(e.IBV_QPS_RTR, e.IBV_QP_PATH_MTU)
        self.step(e.IBV_QPS_RTS, e.IBV_QP_TIMEOUT | e.IBV_QP_RETRY_CNT |
                  e.IBV_QP_RNR_RETRY | e.IBV_QP_MAX_QP_RD_ATOMIC |
                  e.IBV_QP_SQ_PSN, **changes)

    def post(self, dct, request, mr, *args, key=None, number=None,
             stream=None):
        qp, ah = self.qp, AH(self.pd, attr=self.ah_attr(dct.gid))
        qp.wr_start()
        qp.wr_id, qp.wr_flags = 5, e.IBV_SEND_SIGNALED
        getattr(qp, f'wr_{request}')(*args)
        to = ah, number or dct.qp.qp_num, key or dct.key
        if stream is None:
            qp.wr_set_dc_addr(*to)
        else:
            qp.wr_set_dc_addr_stream(*to, stream)
        qp.wr_set_sge(SGE(mr.buf, mr.length, mr.lkey))
        qp.wr_complete()


def test_messages_go_into_the_srq():
    with Dct(B) as dct, Dci(A) as dci:
        to = dct.memory(SIZE)
        for seed, request, args in ((1, 'send', ()), (2, 'send_imm', (7,))):
            dct.post(to, seed)
            dci.post(dct, request, dci.memory(SIZE, pattern(SIZE, seed)), *args)
            succeed(dci.cq)
            wc = succeed(dct.cq)[0]
            assert (wc.wr_id, wc.qp_num) == (seed, dct.qp.qp_num)
            assert bool(wc.wc_flags & e.IBV_WC_WITH_IMM) == bool(args)
            assert to.read(SIZE, 0) == pattern(SIZE, seed)


def test_write_and_read():
    with Dct(B) as dct, Dci(A) as dci:
        there = dct.memory(SIZE)
        dci.post(dct, 'rdma_write', dci.memory(SIZE, pattern(SIZE)),
                 there.rkey, there.buf)
        back = dci.memory(SIZE)
        dci.post(dct, 'rdma_read', back, there.rkey, there.buf)
        succeed(dci.cq, 2)
        assert there.read(SIZE, 0) == back.read(SIZE, 0) == pattern(SIZE)


def test_write_with_immediate():
    with Dct(B) as dct, Dci(A) as dci:
        there = dct.memory(SIZE)
        dct.post(dct.memory(1))
        dci.post(dct, 'rdma_write_imm', dci.memory(SIZE, pattern(SIZE)),
                 there.rkey, there.buf, 7)
        succeed(dci.cq)
        assert succeed(dct.cq)[0].wc_flags & e.IBV_WC_WITH_IMM
        assert there.read(SIZE, 0) == pattern(SIZE)


def test_atomics():
    with Dct(B) as dct, Dci(A) as dci:
        there = dct.memory(8, (5).to_bytes(8, 'little'))
        result = dci.memory(8)
        dci.post(dct, 'atomic_fetch_add', result, there.rkey, there.buf, 37)
        dci.post(dct, 'atomic_cmp_swp', result, there.rkey, there.buf, 42, 99)
        succeed(dci.cq, 2)
        assert result.read(8, 0) == (42).to_bytes(8, 'little')
        assert there.read(8, 0) == (99).to_bytes(8, 'little')


def test_each_request_has_its_own_address():
    with Dct(A, 1) as first, Dct(B, 2) as second, Dci(A) as dci:
        for seed, dct in enumerate((first, second, first)):
            to = dct.memory(SIZE)
            dct.post(to)
            dci.post(dct, 'send', dci.memory(SIZE, pattern(SIZE, seed)))
            succeed(dci.cq)
            succeed(dct.cq)
            assert to.read(SIZE, 0) == pattern(SIZE, seed)


def test_wrong_key_or_number_is_not_answered():
    for wrong in ({'key': KEY + 1}, {'number': 0xfffffe}):
        with Dct(B) as dct, Dci(A, timeout=8, retry_cnt=1) as dci:
            dct.post(dct.memory(SIZE))
            dci.post(dct, 'send', dci.memory(SIZE), **wrong)
            fail(dci.cq, e.IBV_WC_RETRY_EXC_ERR)
            nothing(dct.cq)


def test_error_of_a_dci_leaves_the_dct():
    with Dct(B) as dct, Dci(A) as bad, Dci(A) as good:
        there = dct.memory(SIZE)
        bad.post(dct, 'rdma_write', bad.memory(SIZE), there.rkey ^ 1, there.buf)
        fail(bad.cq, e.IBV_WC_REM_ACCESS_ERR)
        good.post(dct, 'rdma_write', good.memory(SIZE, pattern(SIZE)),
                  there.rkey, there.buf)
        succeed(good.cq)
        assert there.read(SIZE, 0) == pattern(SIZE)


def test_no_receive_and_no_patience():
    with Dct(B) as dct, Dci(A, rnr_retry=0) as dci:
        dci.post(dct, 'send', dci.memory(SIZE))
        fail(dci.cq, e.IBV_WC_RNR_RETRY_EXC_ERR)


def test_access_is_the_dcts():
    with Dct(B) as dct, Dci(A) as dci:
        there = dct.memory(SIZE, access=LOCAL | REMOTE &
                           ~e.IBV_ACCESS_REMOTE_WRITE)
        dci.post(dct, 'rdma_write', dci.memory(SIZE), there.rkey, there.buf)
        fail(dci.cq, e.IBV_WC_REM_ACCESS_ERR)


# ---- Streams ------------------------------------------------------------------

class Streams(Dci):
    """A DCI with eight streams, of which that many may fail."""

    def __init__(self, log_errored=1):
        super().__init__(A, Mlx5DCIStreamInitAttr(3, log_errored))
        self.data = self.memory(SIZE, pattern(SIZE))

    def write(self, dct, mr, stream, wrong=False):
        self.post(dct, 'rdma_write', self.data, mr.rkey ^ wrong, mr.buf,
                  stream=stream)

    def reset(self, stream):
        Mlx5QP.modify_dci_stream_channel_id(self.qp, stream)


def test_error_ends_its_stream_alone():
    with Dct(B) as dct, Streams() as dci:
        mr = dct.memory(SIZE)
        dci.write(dct, mr, 1, wrong=True)
        dci.write(dct, mr, 1)
        fail(dci.cq, e.IBV_WC_REM_ACCESS_ERR, e.IBV_WC_WR_FLUSH_ERR)
        assert mr.read(SIZE, 0) == bytes(SIZE)
        for stream in (0, 2, 7):
            mr.write(bytes(SIZE), SIZE)
            dci.write(dct, mr, stream)
            succeed(dci.cq)
            assert mr.read(SIZE, 0) == pattern(SIZE)
        dci.write(dct, mr, 1)
        fail(dci.cq, e.IBV_WC_WR_FLUSH_ERR)


def test_stream_is_used_again_once_it_is_reset():
    with Dct(B) as dct, Streams(0) as dci:
        mr = dct.memory(SIZE)
        for _ in range(3):
            dci.write(dct, mr, 5, wrong=True)
            fail(dci.cq, e.IBV_WC_REM_ACCESS_ERR)
            dci.reset(5)
            dci.write(dct, mr, 5)
            succeed(dci.cq)
        assert mr.read(SIZE, 0) == pattern(SIZE)


def test_more_streams_than_may_fail_end_the_dci():
    with Dct(B) as dct, Streams() as dci:
        mr = dct.memory(SIZE)
        for stream in (1, 2, 3):
            dci.write(dct, mr, stream, wrong=True)
        dci.write(dct, mr, 4)
        fail(dci.cq, *3 * [e.IBV_WC_REM_ACCESS_ERR], e.IBV_WC_WR_FLUSH_ERR)
        dci.step(e.IBV_QPS_RESET, 0)
        dci.make_ready()
        for stream in (1, 4):
            dci.write(dct, mr, stream)
            succeed(dci.cq)
        assert mr.read(SIZE, 0) == pattern(SIZE)


def test_receive_that_is_too_short_ends_one_stream():
    with Dct(B) as dct, Streams() as dci:
        short, other = dct.memory(SIZE // 2), dct.memory(SIZE)
        dct.post(short, 1)
        dct.post(other, 2)
        for stream in (1, 2):
            dci.post(dct, 'send', dci.data, stream=stream)
        fail(dci.cq, e.IBV_WC_REM_INV_REQ_ERR)
        fail(dct.cq, e.IBV_WC_LOC_LEN_ERR)
        succeed(dci.cq)
        succeed(dct.cq)
        assert other.read(SIZE, 0) == pattern(SIZE)
        assert short.read(SIZE // 2, 0) == bytes(SIZE // 2)


@pytest.fixture(name='rc')
def fixture_rc():
    with Side(A, open_ctx=open_devx) as a, Side(B) as b:
        connect(a, b)
        yield a


def error_of_reset(qp):
    with pytest.raises(PyverbsRDMAError) as info:
        Mlx5QP.modify_dci_stream_channel_id(qp, 1)
    return info.value.error_code


def test_what_has_no_streams_has_none_to_reset(rc):
    with Dci(A) as dci:
        for side in dci, rc:
            assert error_of_reset(side.qp) == errno.EINVAL
            side.error()
            assert error_of_reset(side.qp) == errno.EOPNOTSUPP
