# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Dynamic connections: requests that name the DCT that they are for."""

import errno

import pytest

from pyverbs import enums as e
from pyverbs.addr import AH
from pyverbs.providers.mlx5 import mlx5_enums as dve
from pyverbs.providers.mlx5.mlx5dv import (
    Mlx5DCIStreamInitAttr, Mlx5DVDCInitAttr, Mlx5DVQPInitAttr, Mlx5QP)
from pyverbs.qp import QPCap, QPInitAttrEx
from pyverbs.srq import SRQ, SrqAttr, SrqInitAttr
from pyverbs.wr import RecvWR

from rdma import CANARY, EXPORTERS, PAGE, REMOTE, SOFTHCA, Region, Side, \
    compare, error_of, expect, pattern, poll, read_counters, succeed, \
    wait_until

DEVICE, OTHER = SOFTHCA['dynamic'], SOFTHCA['pinned']
LEN = 1000
KEY = 0x1122334455667788
SEND_OPS = (
    e.IBV_QP_EX_WITH_SEND | e.IBV_QP_EX_WITH_SEND_WITH_IMM |
    e.IBV_QP_EX_WITH_RDMA_WRITE | e.IBV_QP_EX_WITH_RDMA_WRITE_WITH_IMM |
    e.IBV_QP_EX_WITH_RDMA_READ | e.IBV_QP_EX_WITH_ATOMIC_CMP_AND_SWP |
    e.IBV_QP_EX_WITH_ATOMIC_FETCH_AND_ADD)
TO_INIT = e.IBV_QP_STATE | e.IBV_QP_PKEY_INDEX | e.IBV_QP_PORT
TO_RTR = e.IBV_QP_STATE | e.IBV_QP_PATH_MTU
TO_RTS = (e.IBV_QP_STATE | e.IBV_QP_TIMEOUT | e.IBV_QP_RETRY_CNT |
          e.IBV_QP_RNR_RETRY | e.IBV_QP_MAX_QP_RD_ATOMIC | e.IBV_QP_SQ_PSN)
DCT_TO_INIT = TO_INIT | e.IBV_QP_ACCESS_FLAGS
DCT_TO_RTR = TO_RTR | e.IBV_QP_MIN_RNR_TIMER | e.IBV_QP_AV


class End(Side):
    """A side whose QP is of dynamic connections."""

    def __init__(self, device):
        super().__init__(device)
        self.qp.close()

    def make(self, dc, mask=0, dv_mask=0, create_flags=0, **options):
        init = QPInitAttrEx(
            qp_type=e.IBV_QPT_DRIVER, scq=self.cq, rcq=self.cq, pd=self.pd,
            comp_mask=e.IBV_QP_INIT_ATTR_PD | mask, **options)
        return Mlx5QP(self.ctx, init, Mlx5DVQPInitAttr(
            dve.MLX5DV_QP_INIT_ATTR_MASK_DC | dv_mask,
            create_flags=create_flags, dc_init_attr=dc))

    def modify(self, state, mask, **changes):
        attr = self.attr(self, **changes)
        attr.qp_state = state
        self.qp.modify(attr, mask)


class Dct(End):
    """Receives into an SRQ; others reach it by number, key and GID."""

    def __init__(self, device=DEVICE, key=KEY, ready=True):
        super().__init__(device)
        self.key = key
        self.srq = SRQ(self.pd, SrqInitAttr(SrqAttr(16, 2)))
        self.qp = self.make(Mlx5DVDCInitAttr(dve.MLX5DV_DCTYPE_DCT, key),
                            srq=self.srq)
        if ready:
            self.make_ready()

    def make_ready(self, **changes):
        self.modify(e.IBV_QPS_INIT, DCT_TO_INIT, **changes)
        self.modify(e.IBV_QPS_RTR, DCT_TO_RTR, **changes)

    def post(self, region, wr_id=1):
        self.srq.post_recv(RecvWR(wr_id, 1, [region.sge()]))


class Dci(End):
    """Sends; each request has an address of its own."""

    def __init__(self, device=DEVICE, create_flags=0, streams=None, **changes):
        """streams: logarithms of how many there are, and may fail."""
        super().__init__(device)
        dv_mask = dve.MLX5DV_QP_INIT_ATTR_MASK_QP_CREATE_FLAGS
        if streams:
            dv_mask |= dve.MLX5DV_QP_INIT_ATTR_MASK_DCI_STREAMS
            streams = Mlx5DCIStreamInitAttr(*streams)
        self.qp = self.make(
            Mlx5DVDCInitAttr(dve.MLX5DV_DCTYPE_DCI, dci_streams=streams),
            e.IBV_QP_INIT_ATTR_SEND_OPS_FLAGS, dv_mask, create_flags,
            cap=QPCap(16, 0, 2, 0, 64), send_ops_flags=SEND_OPS)
        self.ahs = {}
        self.make_ready(**changes)

    def make_ready(self, **changes):
        self.modify(e.IBV_QPS_INIT, TO_INIT, **changes)
        self.modify(e.IBV_QPS_RTR, TO_RTR, **changes)
        self.modify(e.IBV_QPS_RTS, TO_RTS, **changes)

    def ah(self, gid):
        if gid not in self.ahs:
            self.ahs[gid] = AH(self.pd, attr=self.ah_attr(gid))
        return self.ahs[gid]

    def post(self, dct, request, region, *args, number=None, key=None,
             gid=None, inline=False, stream=None):
        """request: of Mlx5QP's, which gets args."""
        qp = self.qp
        qp.wr_start()
        qp.wr_id, qp.wr_flags = 5, e.IBV_SEND_SIGNALED
        getattr(qp, f'wr_{request}')(*args)
        to = (self.ah(gid or dct.gid),
              dct.qp.qp_num if number is None else number,
              dct.key if key is None else key)
        if stream is None:
            qp.wr_set_dc_addr(*to)
        else:
            qp.wr_set_dc_addr_stream(*to, stream)
        if inline:
            qp.wr_set_inline_data(region.addr, region.length)
        else:
            qp.wr_set_sge(region.sge())
        qp.wr_complete()


@pytest.fixture
def ends():
    """Gives ends, and closes them."""
    made = []

    def give(kind, *args, **options):
        made.append(kind(*args, **options))
        return made[-1]

    yield give
    for end in made:
        end.close()


@pytest.fixture
def dct(ends):
    return ends(Dct)


@pytest.fixture
def dci(ends):
    return ends(Dci)


def write(dci, dct, target, seed=3, **options):
    source = Region(dci.pd, target.length, fill=seed)
    dci.post(dct, 'rdma_write', source, *target.remote(), **options)
    return source


def still_takes_writes(dct, ends):
    other, target = ends(Dci), Region(dct.pd, LEN)
    source = write(other, dct, target)
    succeed(other.cq)
    target.check(pattern(LEN, 3), 'written by another')
    assert source


# ---- Requests ---------------------------------------------------------------

def test_message_goes_into_the_srq(hca, ends):
    dct, dci = ends(Dct, hca), ends(Dci, hca)
    source, target = Region(dci.pd, LEN, fill=3), Region(dct.pd, 2 * LEN)
    dct.post(target, 7)
    dci.post(dct, 'send', source)
    succeed(dci.cq)
    wc = succeed(dct.cq)[0]
    assert (wc.wr_id, wc.qp_num, wc.byte_len) == (7, dct.qp.qp_num, LEN)
    compare(target.read(0, LEN), pattern(LEN, 3), 'received')
    compare(target.read(LEN), pattern(2 * LEN, CANARY)[LEN:], 'what is left')


def test_immediate_data_arrives(dct, dci):
    target = Region(dct.pd, LEN)
    for seed, request, args in ((3, 'send_imm', ()),
                                (4, 'rdma_write_imm', target.remote())):
        source = Region(dci.pd, LEN, fill=seed)
        dct.post(target)
        dci.post(dct, request, source, *args, 0x1234)
        succeed(dci.cq)
        wc = succeed(dct.cq)[0]
        assert wc.imm_data == 0x1234 and wc.wc_flags & e.IBV_WC_WITH_IMM
        target.check(pattern(LEN, seed), request)
        assert source.read() == pattern(LEN, seed)


def test_inline_data_arrives(dct, dci):
    source, target = Region(dci.pd, 40, fill=3), Region(dct.pd, 40)
    dci.post(dct, 'rdma_write', source, *target.remote(), inline=True)
    source.fill(pattern(40, 4))
    succeed(dci.cq)
    target.check(pattern(40, 3), 'written')


def test_atomics(dct, dci):
    target, result = Region(dct.pd, 8), Region(dci.pd, 8)
    target.fill((5).to_bytes(8, 'little'))
    dci.post(dct, 'atomic_fetch_add', result, *target.remote(), 37)
    dci.post(dct, 'atomic_cmp_swp', result, *target.remote(), 42, 99)
    succeed(dci.cq, 2)
    result.check((42).to_bytes(8, 'little'), 'what was there')
    target.check((99).to_bytes(8, 'little'), 'what is there')


@pytest.mark.parametrize('exporter', EXPORTERS)
@pytest.mark.parametrize('request_', ('rdma_write', 'rdma_read', 'send'))
def test_between_dmabufs(dct, dci, exporter, request_):
    length = 3 * PAGE + 5
    here = Region(dci.pd, length, exporter, 3 * PAGE, fill=3)
    there = Region(dct.pd, length, exporter, 2 * PAGE, fill=4)
    dct.post(there)
    dci.post(dct, request_, here,
             *(() if request_ == 'send' else there.remote()))
    succeed(dci.cq)
    seed = 4 if request_ == 'rdma_read' else 3
    here.check(pattern(length, seed), 'here')
    there.check(pattern(length, seed), 'there')
    here.close()
    there.close()


@pytest.mark.parametrize('length', (1, 32, 33))
def test_small_answers_come_in_completions_where_asked_for(ends, dct, length):
    dci = ends(Dci, create_flags=dve.MLX5DV_QP_CREATE_ALLOW_SCATTER_TO_CQE)
    here, there = Region(dci.pd, length), Region(dct.pd, length, fill=4)
    before = read_counters(f'{DEVICE}/stats')['inline']
    dci.post(dct, 'rdma_read', here, *there.remote())
    succeed(dci.cq)
    here.check(pattern(length, 4), 'here')
    assert read_counters(f'{DEVICE}/stats')['inline'] - before == (length <= 32)


def test_one_dci_writes_to_many_dcts(ends, dci):
    dcts = [ends(Dct, name, key) for key, name in
            enumerate(SOFTHCA.values())] + [ends(Dct, key=KEY + 1)]
    targets = [Region(dct.pd, LEN) for dct in dcts]
    sources = [write(dci, dct, target, seed) for seed, (dct, target) in
               enumerate(zip(dcts, targets))]
    succeed(dci.cq, len(sources))
    for seed, target in enumerate(targets):
        target.check(pattern(LEN, seed), f'target {seed}')


def test_messages_of_many_dcis_do_not_mix(ends, dct):
    """Long ones, which take turns, into receives of one queue."""
    length = 1 << 20
    dcis = [ends(Dci) for _ in range(3)]
    targets = [Region(dct.pd, length) for _ in dcis]
    for wr_id, target in enumerate(targets):
        dct.post(target, wr_id)
    sources = [Region(dci.pd, length, fill=20 + i)
               for i, dci in enumerate(dcis)]
    for dci, source in zip(dcis, sources):
        dci.post(dct, 'send', source)
    for dci in dcis:
        succeed(dci.cq)
    assert {wc.wr_id for wc in succeed(dct.cq, 3)} == {0, 1, 2}
    got = {target.read() for target in targets}
    assert got == {source.read() for source in sources}


# ---- Requests that fail -----------------------------------------------------

@pytest.mark.parametrize('wrong', [
    {'key': KEY + 1}, {'key': KEY + (1 << 32)}, {'number': 0xfffffe}],
    ids=['low', 'high', 'number'])
def test_wrong_key_or_number_is_not_answered(dct, ends, wrong):
    dci = ends(Dci, timeout=8, retry_cnt=1)
    target = Region(dct.pd, LEN)
    source = write(dci, dct, target, **wrong)
    expect(poll(dci.cq), e.IBV_WC_RETRY_EXC_ERR)
    target.check(pattern(LEN, CANARY), 'target')
    assert source


def test_gid_of_another_device_is_not_answered(dct, ends):
    dci, other = ends(Dci, timeout=8, retry_cnt=1), ends(Dct, OTHER)
    target = Region(dct.pd, LEN)
    source = write(dci, dct, target, gid=other.gid)
    expect(poll(dci.cq), e.IBV_WC_RETRY_EXC_ERR)
    target.check(pattern(LEN, CANARY), 'target')
    assert source


def test_number_of_another_qp_is_not_answered(dct, ends):
    dci = ends(Dci, timeout=8, retry_cnt=1)
    source = write(dci, dct, Region(dct.pd, LEN), number=dci.qp.qp_num)
    expect(poll(dci.cq), e.IBV_WC_RETRY_EXC_ERR)
    assert source


def test_dct_that_is_gone_is_not_answered(dct, ends):
    dci = ends(Dci, timeout=8, retry_cnt=1)
    target, number = Region(dct.pd, LEN), dct.qp.qp_num
    dct.qp.close()
    source = write(dci, dct, target, number=number)
    expect(poll(dci.cq), e.IBV_WC_RETRY_EXC_ERR)
    assert source


def test_wrong_rkey_ends_the_dci_alone(dct, dci, ends):
    target = Region(dct.pd, LEN)
    rkey, address = target.remote()
    source = Region(dci.pd, LEN)
    dci.post(dct, 'rdma_write', source, rkey ^ 1, address)
    write(dci, dct, target)
    expect(poll(dci.cq, 2), e.IBV_WC_REM_ACCESS_ERR, e.IBV_WC_WR_FLUSH_ERR)
    still_takes_writes(dct, ends)


def test_access_that_the_dct_does_not_give(ends, dci):
    dct = ends(Dct, ready=False)
    dct.make_ready(qp_access_flags=REMOTE & ~e.IBV_ACCESS_REMOTE_WRITE)
    target = Region(dct.pd, LEN)
    source = write(dci, dct, target)
    expect(poll(dci.cq), e.IBV_WC_REM_INV_REQ_ERR)
    target.check(pattern(LEN, CANARY), 'target')
    assert source


def test_message_longer_than_the_receive(dct, dci, ends):
    target = Region(dct.pd, LEN - 1)
    dct.post(target)
    source = Region(dci.pd, LEN, fill=3)
    dci.post(dct, 'send', source)
    expect(poll(dci.cq), e.IBV_WC_REM_INV_REQ_ERR)
    expect(poll(dct.cq), e.IBV_WC_LOC_LEN_ERR)
    target.check(pattern(LEN - 1, CANARY), 'target')
    still_takes_writes(dct, ends)


def test_message_that_breaks_off_gives_the_receive_back(dct, dci, ends):
    source = Region(dci.pd, LEN, 'testbuf:dynamic')
    source.whole.revoke()
    target = Region(dct.pd, LEN)
    dct.post(target, 9)
    dci.post(dct, 'send', source)
    expect(poll(dci.cq), e.IBV_WC_LOC_PROT_ERR)
    wcs = poll(dct.cq)
    expect(wcs, e.IBV_WC_WR_FLUSH_ERR)
    assert wcs[0].wr_id == 9
    source.close()
    still_takes_writes(dct, ends)


def test_no_receive_and_no_patience(dct, ends):
    dci = ends(Dci, rnr_retry=0)
    source = Region(dci.pd, LEN)
    dci.post(dct, 'send', source)
    expect(poll(dci.cq), e.IBV_WC_RNR_RETRY_EXC_ERR)


def test_message_waits_for_a_receive(dct, dci):
    naks = read_counters(f'{DEVICE}/stats')['rnr_naks']
    source, target = Region(dci.pd, LEN, fill=3), Region(dct.pd, LEN)
    dci.post(dct, 'send', source)
    wait_until(lambda: read_counters(f'{DEVICE}/stats')['rnr_naks'] > naks,
               'a NAK')
    dct.post(target)
    succeed(dci.cq)
    succeed(dct.cq)
    target.check(pattern(LEN, 3), 'received')


# ---- Streams: more is in tests/stock/test_dynamic.py --------------------------

def test_message_that_breaks_off_ends_one_stream(dct, ends):
    dci = ends(Dci, streams=(1, 0))
    source = Region(dci.pd, LEN, 'testbuf:dynamic')
    source.whole.revoke()
    target = Region(dct.pd, LEN)
    dct.post(target, 9)
    dci.post(dct, 'send', source, stream=1)
    expect(poll(dci.cq), e.IBV_WC_LOC_PROT_ERR)
    expect(poll(dct.cq), e.IBV_WC_WR_FLUSH_ERR)
    user = Region(dci.pd, LEN, fill=3)
    dct.post(target)
    dci.post(dct, 'send', user, stream=0)
    succeed(dci.cq)
    succeed(dct.cq)
    target.check(pattern(LEN, 3), 'received')
    source.close()


def test_retries_that_end_one_stream(dct, ends):
    dci = ends(Dci, streams=(1, 0), timeout=8, retry_cnt=1)
    target, source = Region(dct.pd, LEN), Region(dci.pd, LEN, fill=3)
    for stream, key in ((1, KEY + 1), (0, KEY)):
        dci.post(dct, 'rdma_write', source, *target.remote(), key=key,
                 stream=stream)
    expect(poll(dci.cq, 2), e.IBV_WC_RETRY_EXC_ERR, e.IBV_WC_SUCCESS)
    target.check(pattern(LEN, 3), 'written')


@pytest.mark.parametrize('streams', ((17, 0), (1, 17)))
def test_more_streams_than_the_device_has_is_einval(streams):
    assert error_of(Dci, streams=streams) == errno.EINVAL


def test_older_device_has_no_streams():
    assert error_of(Dci, OTHER, streams=(1, 0)) == errno.EOPNOTSUPP


# ---- States -----------------------------------------------------------------

def test_dct_has_its_number_once_it_is_ready(ends):
    dct = ends(Dct, ready=False)
    dct.modify(e.IBV_QPS_INIT, DCT_TO_INIT)
    assert dct.qp.qp_num == 0
    dct.modify(e.IBV_QPS_RTR, DCT_TO_RTR)
    assert dct.qp.qp_num


def test_dcts_have_numbers_of_their_own(ends):
    numbers = [ends(Dct).qp.qp_num for _ in range(3)]
    assert len(set(numbers)) == 3


@pytest.mark.parametrize('state, mask', [
    (e.IBV_QPS_RTS, TO_RTS), (e.IBV_QPS_ERR, e.IBV_QP_STATE),
    (e.IBV_QPS_RESET, e.IBV_QP_STATE), (e.IBV_QPS_RTR, DCT_TO_RTR)],
    ids=['rts', 'error', 'reset', 'again'])
def test_dct_stays_ready(dct, state, mask):
    assert error_of(dct.modify, state, mask) == errno.EINVAL


def test_dct_needs_its_attributes(ends):
    dct = ends(Dct, ready=False)
    for state, mask, needed in (
            (e.IBV_QPS_INIT, DCT_TO_INIT, e.IBV_QP_ACCESS_FLAGS),
            (e.IBV_QPS_RTR, DCT_TO_RTR, e.IBV_QP_AV)):
        assert error_of(dct.modify, state, mask & ~needed) == errno.EINVAL
        dct.modify(state, mask)


def test_dci_needs_its_attributes(dci):
    dci.enter(e.IBV_QPS_RESET)
    for state, mask, needed in (
            (e.IBV_QPS_INIT, TO_INIT, e.IBV_QP_PORT),
            (e.IBV_QPS_RTR, TO_RTR, e.IBV_QP_PATH_MTU),
            (e.IBV_QPS_RTS, TO_RTS, e.IBV_QP_TIMEOUT)):
        assert error_of(dci.modify, state, mask & ~needed) == errno.EINVAL
        dci.modify(state, mask)


def test_dci_begins_anew_after_an_error(dct, dci):
    dci.enter(e.IBV_QPS_ERR)
    target = Region(dct.pd, LEN)
    source = write(dci, dct, target)
    expect(poll(dci.cq), e.IBV_WC_WR_FLUSH_ERR)
    dci.enter(e.IBV_QPS_RESET)
    dci.make_ready()
    source = write(dci, dct, target)
    succeed(dci.cq)
    target.check(pattern(LEN, 3), 'written')
    assert source
