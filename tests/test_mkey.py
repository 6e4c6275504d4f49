# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Keys of mlx5 devices that stand for lists of parts of regions."""

import errno
import itertools
import struct

import pytest

from pyverbs import enums as e
from pyverbs.mr import MR
from pyverbs.pd import PD
from pyverbs.providers.mlx5 import mlx5_enums as dve
from pyverbs.providers.mlx5.mlx5dv import (
    Mlx5DevxObj, Mlx5DVQPInitAttr, Mlx5QP)
from pyverbs.providers.mlx5.mlx5dv_mkey import (
    Mlx5Mkey, Mlx5MkeyConfAttr, Mlx5MkeyErr, Mlx5MrInterleaved, Mlx5SigErr)
from pyverbs.providers.mlx5.mlx5dv_objects import Mlx5DvObj
from pyverbs.pyverbs_error import PyverbsUserError
from pyverbs.qp import QPCap, QPInitAttrEx
from pyverbs.wr import SGE

import rdma
from rdma import (ALL, EXPORTERS, LOCAL, PAGE, Pair, Region, error_of, pattern,
                  read_counters)

HCA = rdma.SOFTHCA['dynamic']
INDIRECT = dve.MLX5DV_MKEY_INIT_ATTR_FLAGS_INDIRECT
REMOTE_INV = dve.MLX5DV_MKEY_INIT_ATTR_FLAGS_REMOTE_INVALIDATE
KEY_OPS = (dve.MLX5DV_QP_EX_WITH_MR_LIST | dve.MLX5DV_QP_EX_WITH_MR_INTERLEAVED |
           dve.MLX5DV_QP_EX_WITH_MKEY_CONFIGURE)
SEND_OPS = (e.IBV_QP_EX_WITH_SEND | e.IBV_QP_EX_WITH_RDMA_WRITE |
            e.IBV_QP_EX_WITH_RDMA_READ | e.IBV_QP_EX_WITH_LOCAL_INV |
            e.IBV_QP_EX_WITH_ATOMIC_FETCH_AND_ADD)
INLINE = e.IBV_SEND_SIGNALED | e.IBV_SEND_INLINE


def make_qp(side, inline=0, qp_type=e.IBV_QPT_RC, ops=KEY_OPS):
    mask = e.IBV_QP_INIT_ATTR_PD | e.IBV_QP_INIT_ATTR_SEND_OPS_FLAGS
    attr = Mlx5DVQPInitAttr(dve.MLX5DV_QP_INIT_ATTR_MASK_SEND_OPS_FLAGS,
                            send_ops_flags=ops)
    init = QPInitAttrEx(qp_type=qp_type, scq=side.cq, rcq=side.cq,
                        cap=QPCap(16, 16, 4, 4, inline), pd=side.pd,
                        comp_mask=mask, send_ops_flags=SEND_OPS)
    return Mlx5QP(side.ctx, init, attr)


class Keyed:
    """A pair, of which b has a key, and a queue pair that can change it."""

    def __init__(self, flags=INDIRECT, entries=8, inline=0, device=HCA):
        self.pair = Pair(device)
        self.a, self.b = self.pair.a, self.pair.b
        self.b.qp.close()
        self.b.qp = make_qp(self.b, inline)
        self.a.enter(e.IBV_QPS_RESET)
        rdma.connect(self.a, self.b)
        self.mkey = Mlx5Mkey(self.b.pd, flags, entries)

    def batch(self, change, flags=INLINE):
        """Post what change() asks the QP for."""
        qp = self.b.qp
        qp.wr_start()
        qp.wr_id, qp.wr_flags = 5, flags
        change(qp)
        qp.wr_complete()

    def set(self, change, status=e.IBV_WC_SUCCESS):
        """The same, and its completion, which has this status."""
        self.batch(change)
        wc, = rdma.poll(self.b.cq)
        rdma.expect([wc], status)
        return wc

    def set_list(self, parts, access=ALL, mkey=None, **expected):
        sges = [SGE(addr, length, key) for addr, length, key in parts]
        return self.set(lambda qp: qp.wr_mr_list(mkey or self.mkey, access,
                                                 sges), **expected)

    def remote(self, opcode, sge, first=0, rkey=None):
        """A request of the peer to the key: its completion's status."""
        self.a.send(opcode, [sge], (rkey or self.mkey.rkey, first))
        return rdma.poll(self.a.cq)[0].status

    def write(self, length, first=0, seed=1):
        source = Region(self.a.pd, length, fill=seed)
        return self.remote(e.IBV_WR_RDMA_WRITE, source.sge(), first)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.pair.close()


def part(region, first=0, length=None):
    length = region.length - first if length is None else length
    return region.addr + first, length, region.mr.lkey


# ---- the key itself -------------------------------------------------------------

@pytest.fixture(name='side')
def fixture_side():
    with Pair(HCA) as pair:
        yield pair.a


@pytest.fixture(name='pd')
def fixture_pd(side):
    return side.pd


@pytest.mark.parametrize('asked, granted', ((0, 0), (1, 4), (4, 4), (5, 8),
                                            (65532, 65532)))
def test_key_has_parts_by_fours(pd, asked, granted):
    with Mlx5Mkey(pd, INDIRECT, asked) as mkey:
        assert mkey.max_entries == granted
        assert mkey.lkey == mkey.rkey
        assert mkey.lkey & 0xff == 0


def test_more_parts_than_can_be_counted_is_einval(pd):
    assert error_of(Mlx5Mkey, pd, INDIRECT, 65533) == errno.EINVAL


@pytest.mark.parametrize('flags', (
    0, INDIRECT | dve.MLX5DV_MKEY_INIT_ATTR_FLAGS_BLOCK_SIGNATURE,
    INDIRECT | dve.MLX5DV_MKEY_INIT_ATTR_FLAGS_CRYPTO,
    INDIRECT | dve.MLX5DV_MKEY_INIT_ATTR_FLAGS_UPDATE_TAG, INDIRECT | 1 << 5))
def test_key_of_another_kind_is_eopnotsupp(pd, flags):
    assert error_of(Mlx5Mkey, pd, flags, 4) == errno.EOPNOTSUPP


def test_key_of_another_vendor_is_eopnotsupp(rxe_pd):
    assert error_of(Mlx5Mkey, rxe_pd, INDIRECT, 4) == errno.EOPNOTSUPP


def test_key_lives_until_it_is_closed(pd):
    def alive():
        return read_counters(f'{HCA}/objects')['devx_objs']

    before = alive()
    mkey = Mlx5Mkey(pd, INDIRECT, 4)
    assert alive() == before + 1
    mkey.close()
    mkey.close()
    assert alive() == before
    with pytest.raises(PyverbsUserError, match='closed'):
        mkey.lkey


def test_pd_closes_its_keys(pd):
    mkey = Mlx5Mkey(pd, INDIRECT, 4)
    pd.close()
    with pytest.raises(PyverbsUserError, match='closed'):
        mkey.rkey


def test_key_without_signature_has_nothing_to_check(pd):
    with Mlx5Mkey(pd, INDIRECT, 4) as mkey:
        assert error_of(mkey.mkey_check) == errno.EINVAL
    assert Mlx5MkeyErr().err_type == dve.MLX5DV_MKEY_NO_ERR
    err = Mlx5MkeyErr(Mlx5SigErr(1, 2, 3), dve.MLX5DV_MKEY_SIG_BLOCK_BAD_GUARD)
    assert (err.sig_err.actual_value, err.sig_err.expected_value,
            err.sig_err.offset) == (1, 2, 3)


# ---- lists -------------------------------------------------------------------------

LENGTHS = (100, PAGE + 1, 1, 3000)


@pytest.mark.parametrize('exporter', (None,) + EXPORTERS)
def test_data_is_scattered_and_gathered(exporter):
    """A peer's write is there, a read gets it back."""
    total = sum(LENGTHS)
    with Keyed() as keyed:
        regions = [Region(keyed.b.pd, length, exporter) for length in LENGTHS]
        wc = keyed.set_list([part(region) for region in regions])
        assert (wc.wr_id, wc.opcode) == (5, e.IBV_WC_DRIVER1)
        assert keyed.write(total) == e.IBV_WC_SUCCESS
        at = 0
        for region in regions:
            region.check(pattern(total, 1)[at:at + region.length], 'a part')
            at += region.length
        back = Region(keyed.a.pd, total)
        assert keyed.remote(e.IBV_WR_RDMA_READ, back.sge()) == \
            e.IBV_WC_SUCCESS
        back.check(pattern(total, 1), 'what was read')


@pytest.mark.parametrize('first, length', ((0, 100), (99, 2), (100, 1),
                                           (50, PAGE), (PAGE + 101, 1)))
def test_address_is_where_in_the_list(first, length):
    with Keyed() as keyed:
        regions = [Region(keyed.b.pd, size) for size in LENGTHS]
        keyed.set_list([part(region) for region in regions])
        before = b''.join(region.read() for region in regions)
        assert keyed.write(length, first) == e.IBV_WC_SUCCESS
        after = b''.join(region.read() for region in regions)
        expected = before[:first] + pattern(length, 1) + \
            before[first + length:]
        rdma.compare(after, expected, 'the list')


def test_own_requests_use_the_key():
    with Keyed() as keyed:
        sources = [Region(keyed.b.pd, 100, fill=seed) for seed in (1, 2)]
        target = Region(keyed.a.pd, 150)
        keyed.set_list([part(source) for source in sources], 0)

        def write(qp):
            qp.wr_flags = e.IBV_SEND_SIGNALED
            qp.wr_rdma_write(*target.remote())
            qp.wr_set_sge(SGE(25, 150, keyed.mkey.lkey))

        keyed.set(write)
        target.check((pattern(100, 1) + pattern(100, 2))[25:175], 'target')


def test_change_and_use_in_one_batch():
    with Keyed() as keyed:
        source = Region(keyed.b.pd, 100, fill=1)
        target = Region(keyed.a.pd, 100)

        def change(qp):
            qp.wr_mr_list(keyed.mkey, 0, [SGE(*part(source))])
            qp.wr_flags = e.IBV_SEND_SIGNALED
            qp.wr_rdma_write(*target.remote())
            qp.wr_set_sge(SGE(0, 100, keyed.mkey.lkey))

        keyed.batch(change)
        rdma.succeed(keyed.b.cq, 2)
        target.check(pattern(100, 1), 'target')


def test_receive_into_a_list():
    with Keyed() as keyed:
        regions = [Region(keyed.b.pd, 100) for _ in range(3)]
        keyed.set_list([part(region, 10, 50) for region in regions], LOCAL)
        keyed.b.recv([SGE(0, 150, keyed.mkey.lkey)])
        source = Region(keyed.a.pd, 120, fill=1)
        keyed.a.send(e.IBV_WR_SEND, [source.sge()])
        rdma.succeed(keyed.a.cq)
        rdma.succeed(keyed.b.cq)
        got = b''.join(region.read(10, 50) for region in regions)
        rdma.compare(got[:120], pattern(120, 1), 'received')


def test_list_as_long_as_inline_data_allows():
    count = 36
    with Keyed(entries=count, inline=count * 16 - 4) as keyed:
        region = Region(keyed.b.pd, 10 * count)
        backwards = [part(region, 10 * i, 10) for i in reversed(range(count))]
        keyed.set_list(backwards)
        assert keyed.write(10 * count) == e.IBV_WC_SUCCESS
        data = pattern(10 * count, 1)
        pieces = [data[i:i + 10] for i in range(0, len(data), 10)]
        region.check(b''.join(reversed(pieces)), 'region')


def test_empty_parts_are_none():
    with Keyed() as keyed:
        region = Region(keyed.b.pd, 100)
        keyed.set_list([part(region, 0, 0), part(region, 50, 50),
                        part(region, 50, 0), part(region, 0, 50)])
        assert keyed.write(100) == e.IBV_WC_SUCCESS
        region.check(pattern(100, 1)[50:] + pattern(100, 1)[:50], 'region')


def test_list_of_lists():
    with Keyed() as keyed, Mlx5Mkey(keyed.b.pd, INDIRECT, 4) as inner:
        region = Region(keyed.b.pd, 100)
        keyed.set_list([part(region, 60, 40), part(region, 0, 60)], LOCAL,
                       inner)
        keyed.set_list([(50, 50, inner.lkey), (0, 50, inner.lkey)])
        assert keyed.write(100) == e.IBV_WC_SUCCESS
        data = pattern(100, 1)
        inside = data[50:] + data[:50]
        region.check(inside[40:] + inside[:40], 'region')


def test_list_of_itself_ends():
    with Keyed() as keyed:
        keyed.set_list([(0, 100, keyed.mkey.lkey)])
        assert keyed.write(10) == e.IBV_WC_REM_ACCESS_ERR


def test_atomic_within_a_part():
    with Keyed() as keyed:
        region = Region(keyed.b.pd, 64)
        region.fill(bytes(64))
        keyed.set_list([part(region, 8, 24), part(region, 40, 24)])
        old = Region(keyed.a.pd, 8)
        for remote in (8, 24):
            keyed.a.atomic(e.IBV_WR_ATOMIC_FETCH_AND_ADD, old.sge(),
                           (keyed.mkey.rkey, remote), 5)
            rdma.succeed(keyed.a.cq)
        words = [int.from_bytes(region.read(at, 8), 'little')
                 for at in range(0, 64, 8)]
        assert words == [0, 0, 5, 0, 0, 5, 0, 0]


def test_atomic_over_the_end_of_a_part_is_refused():
    with Keyed() as keyed:
        region = Region(keyed.b.pd, 64)
        keyed.set_list([part(region, 0, 12), part(region, 32, 12)])
        before = region.read()
        old = Region(keyed.a.pd, 8)
        keyed.a.atomic(e.IBV_WR_ATOMIC_FETCH_AND_ADD, old.sge(),
                       (keyed.mkey.rkey, 8), 5)
        rdma.expect(rdma.poll(keyed.a.cq), e.IBV_WC_REM_ACCESS_ERR)
        region.check(before, 'region')


# ---- blocks that are repeated ------------------------------------------------------

def interleaved(region, first, count, skip):
    return Mlx5MrInterleaved(region.addr + first, count, skip, region.mr.lkey)


def test_blocks_are_repeated():
    """512 bytes of one region and 8 of another in turn."""
    with Keyed() as keyed:
        data, sums = Region(keyed.b.pd, 3 * 516), Region(keyed.b.pd, 24)
        before = data.read()
        keyed.set(lambda qp: qp.wr_mr_interleaved(
            keyed.mkey, ALL, 3, [interleaved(data, 0, 512, 4),
                                 interleaved(sums, 0, 8, 0)]))
        assert keyed.write(3 * 520) == e.IBV_WC_SUCCESS
        sent = [pattern(3 * 520, 1)[i:i + 520] for i in range(0, 3 * 520, 520)]
        data.check(b''.join(block[:512] + before[at + 512:at + 516]
                            for block, at in zip(sent, itertools.count(0, 516))),
                   'data')
        sums.check(b''.join(block[512:] for block in sent), 'sums')
        back = Region(keyed.a.pd, 600)
        assert keyed.remote(e.IBV_WR_RDMA_READ, back.sge(), 511) == \
            e.IBV_WC_SUCCESS
        back.check(pattern(3 * 520, 1)[511:1111], 'what was read')


def test_very_many_small_pieces():
    count = 20000
    with Keyed() as keyed:
        region = Region(keyed.b.pd, 2 * count)
        before = region.read()
        keyed.set(lambda qp: qp.wr_mr_interleaved(
            keyed.mkey, ALL, count, [interleaved(region, 1, 1, 1)]))
        assert keyed.write(count) == e.IBV_WC_SUCCESS
        expected = bytearray(before)
        expected[1::2] = pattern(count, 1)
        region.check(bytes(expected), 'region')


@pytest.mark.parametrize('count, skip', ((0x10000, 0), (0xffff, 1), (1, 0xffff)))
def test_stride_that_does_not_fit_is_einval(count, skip):
    with Keyed() as keyed:
        region = Region(keyed.b.pd, 100)
        assert error_of(keyed.batch, lambda qp: qp.wr_mr_interleaved(
            keyed.mkey, 0, 1, [interleaved(region, 0, count, skip)])) == \
            errno.EINVAL


# ---- setters -----------------------------------------------------------------------

def configure(keyed, *setters):
    """A change with those setters."""
    def change(qp):
        qp.wr_mkey_configure(keyed.mkey, len(setters), Mlx5MkeyConfAttr())
        for setter in setters:
            setter(qp)
    return change


def access(flags):
    return lambda qp: qp.wr_set_mkey_access_flags(flags)


def layout(*parts):
    return lambda qp: qp.wr_set_mkey_layout_list([SGE(*p) for p in parts])


def test_each_setter_changes_its_own():
    with Keyed() as keyed:
        region = Region(keyed.b.pd, 200)
        keyed.set(configure(keyed, access(ALL), layout(part(region, 0, 100))))
        assert keyed.write(100) == e.IBV_WC_SUCCESS
        keyed.set(configure(keyed, layout(part(region, 100, 100))))
        assert keyed.write(100, seed=2) == e.IBV_WC_SUCCESS
        region.check(pattern(100, 1) + pattern(100, 2), 'region')
        keyed.set(configure(keyed, access(e.IBV_ACCESS_REMOTE_READ)))
        back = Region(keyed.a.pd, 100)
        assert keyed.remote(e.IBV_WR_RDMA_READ, back.sge()) == e.IBV_WC_SUCCESS
        back.check(pattern(100, 2), 'what was read')
        keyed.set(configure(keyed))
        assert keyed.write(100) == e.IBV_WC_REM_ACCESS_ERR


def test_interleaved_by_setter():
    with Keyed() as keyed:
        region = Region(keyed.b.pd, 100)
        before = region.read()
        keyed.set(configure(
            keyed, lambda qp: qp.wr_set_mkey_layout_interleaved(
                10, [interleaved(region, 0, 5, 5)]), access(ALL)))
        assert keyed.write(50) == e.IBV_WC_SUCCESS
        data = pattern(50, 1)
        region.check(b''.join(data[i:i + 5] + before[2 * i + 5:2 * i + 10]
                              for i in range(0, 50, 5)), 'region')


SOME = (0x1000, 8, 1)


@pytest.mark.parametrize('setters, said, expected', (
    ([access(ALL)], 2, errno.EINVAL),
    ([access(ALL)], 0, errno.EINVAL),
    ([access(ALL), access(ALL)], 2, errno.EINVAL),
    ([layout(SOME), layout(SOME)], 2, errno.EINVAL),
    ([access(e.IBV_ACCESS_MW_BIND)], 1, errno.EINVAL),
    ([layout(*[SOME] * 5)], 1, errno.ENOMEM),
), ids=('one missing', 'one too many', 'access twice', 'layout twice',
        'another right', 'longer than the QP allows'))
def test_setters_that_do_not_go(setters, said, expected):
    with Keyed() as keyed:
        def change(qp):
            qp.wr_mkey_configure(keyed.mkey, said, Mlx5MkeyConfAttr())
            for setter in setters:
                setter(qp)

        assert error_of(keyed.batch, change) == expected
        keyed.set(configure(keyed))     # the queue is as before


def test_more_parts_than_the_key_has_is_enomem():
    with Keyed(entries=4, inline=512) as keyed:
        assert error_of(keyed.batch, lambda qp: qp.wr_mr_list(
            keyed.mkey, 0, [SGE(*SOME)] * 5)) == errno.ENOMEM


def test_setter_alone_is_einval():
    with Keyed() as keyed:
        assert error_of(keyed.batch, access(ALL)) == errno.EINVAL


def test_change_that_is_not_inline_is_eopnotsupp():
    with Keyed() as keyed:
        assert error_of(keyed.batch, configure(keyed),
                        e.IBV_SEND_SIGNALED) == errno.EOPNOTSUPP


@pytest.mark.parametrize('attr', (Mlx5MkeyConfAttr(1 << 1),
                                  Mlx5MkeyConfAttr(comp_mask=1)))
def test_attribute_that_is_not_known_is_eopnotsupp(attr):
    with Keyed() as keyed:
        assert error_of(keyed.batch, lambda qp: qp.wr_mkey_configure(
            keyed.mkey, 0, attr)) == errno.EOPNOTSUPP


@pytest.mark.parametrize('qp_type', (e.IBV_QPT_UC, e.IBV_QPT_UD))
def test_only_rc_changes_keys(qp_type):
    with Pair(HCA) as pair:
        assert error_of(make_qp, pair.a, qp_type=qp_type) == errno.EOPNOTSUPP


# ---- what the key keeps closed ---------------------------------------------------

def test_key_without_parts_opens_nothing():
    with Keyed() as keyed:
        assert keyed.write(1) == e.IBV_WC_REM_ACCESS_ERR


@pytest.mark.parametrize('first, length', ((0, 201), (200, 1), (150, 51)))
def test_nothing_behind_the_list(first, length):
    with Keyed() as keyed:
        region = Region(keyed.b.pd, 300)
        keyed.set_list([part(region, 0, 100), part(region, 100, 100)])
        before = region.read()
        assert keyed.write(length, first) == e.IBV_WC_REM_ACCESS_ERR
        region.check(before, 'region')


def test_key_gives_its_own_rights():
    """Not those of the regions."""
    with Keyed() as keyed:
        region = Region(keyed.b.pd, 100, access=ALL)
        keyed.set_list([part(region)], e.IBV_ACCESS_REMOTE_READ)
        assert keyed.write(100) == e.IBV_WC_REM_ACCESS_ERR


def test_region_need_not_be_open_itself():
    with Keyed() as keyed:
        region = Region(keyed.b.pd, 100, access=LOCAL)
        keyed.set_list([part(region)])
        assert keyed.write(100) == e.IBV_WC_SUCCESS
        region.check(pattern(100, 1), 'region')


def test_region_for_reading_is_not_written():
    with Keyed() as keyed:
        region = Region(keyed.b.pd, 100, access=0)
        before = region.read()
        keyed.set_list([part(region)])
        assert keyed.write(100) == e.IBV_WC_REM_ACCESS_ERR
        region.check(before, 'region')


@pytest.mark.parametrize('length', (101, 1 << 20))
def test_part_that_its_region_does_not_have(length):
    with Keyed() as keyed:
        region = Region(keyed.b.pd, 100)
        keyed.set_list([part(region, 0, length)])
        assert keyed.write(101) == e.IBV_WC_REM_ACCESS_ERR


def test_region_that_is_gone():
    with Keyed() as keyed:
        first, second = (Region(keyed.b.pd, 100) for _ in range(2))
        keyed.set_list([part(first), part(second)])
        second.close()
        assert keyed.write(100) == e.IBV_WC_SUCCESS
        assert keyed.write(101) == e.IBV_WC_REM_ACCESS_ERR
        first.check(pattern(100, 1), 'first')


def test_region_of_another_pd():
    with Keyed() as keyed, PD(keyed.b.ctx) as other:
        region = Region(other, 100)
        keyed.set_list([part(region)])
        assert keyed.write(100) == e.IBV_WC_REM_ACCESS_ERR
        region.close()


def test_key_of_another_pd_cannot_be_changed():
    with Keyed() as keyed, PD(keyed.b.ctx) as other, \
            Mlx5Mkey(other, INDIRECT, 4) as mkey:
        keyed.set_list([SOME], mkey=mkey, status=e.IBV_WC_MW_BIND_ERR)


def test_key_that_is_gone_cannot_be_changed():
    with Keyed() as keyed, Mlx5Mkey(keyed.b.pd, INDIRECT, 4) as other:
        region = Region(keyed.b.pd, 100)
        keyed.set_list([part(region)])
        rkey = keyed.mkey.rkey
        keyed.mkey.close()
        source = Region(keyed.a.pd, 100)
        assert keyed.remote(e.IBV_WR_RDMA_WRITE, source.sge(), rkey=rkey) == \
            e.IBV_WC_REM_ACCESS_ERR
        assert other.lkey != rkey


# ---- taking it back ----------------------------------------------------------------

def local_inv(keyed):
    def change(qp):
        qp.wr_flags = e.IBV_SEND_SIGNALED
        qp.wr_local_inv(keyed.mkey.rkey)
    return change


def test_taken_back_it_opens_nothing():
    with Keyed() as keyed:
        region = Region(keyed.b.pd, 100)
        keyed.set_list([part(region)])
        wc = keyed.set(local_inv(keyed))
        assert wc.opcode == e.IBV_WC_LOCAL_INV
        assert keyed.write(100) == e.IBV_WC_REM_ACCESS_ERR


def test_taken_back_it_can_be_given_again():
    with Keyed() as keyed:
        region = Region(keyed.b.pd, 100)
        keyed.set_list([part(region)])
        keyed.set(local_inv(keyed))
        keyed.set_list([part(region, 50), part(region, 0, 50)])
        assert keyed.write(100) == e.IBV_WC_SUCCESS
        region.check(pattern(100, 1)[50:] + pattern(100, 1)[:50], 'region')


@pytest.mark.parametrize('flags, status', (
    (INDIRECT | REMOTE_INV, e.IBV_WC_SUCCESS),
    (INDIRECT, e.IBV_WC_REM_OP_ERR)))
def test_peer_takes_back_what_it_may(flags, status):
    with Keyed(flags) as keyed:
        region, sink = Region(keyed.b.pd, 100), MR(keyed.b.pd, 10, LOCAL)
        keyed.set_list([part(region)])
        keyed.b.recv([SGE(sink.buf, 10, sink.lkey)])
        source = Region(keyed.a.pd, 10)
        keyed.a.send(e.IBV_WR_SEND_WITH_INV, [source.sge()],
                     imm=keyed.mkey.rkey)
        rdma.expect(rdma.poll(keyed.a.cq), status)
        if status == e.IBV_WC_SUCCESS:
            rdma.succeed(keyed.b.cq)
            assert keyed.write(100) == e.IBV_WC_REM_ACCESS_ERR


# ---- made with its parts, by a command ---------------------------------------------

MTT, KLM, KSM = 1, 2, 3
RIGHTS = 0x3c           # all but atomics


def key_command(pd, mode, parts, size, log_part=0, **changes):
    """parts: (length, key, address); changes: flags_pd and count of parts."""
    number = Mlx5DvObj(dve.MLX5DV_OBJ_PD, pd=pd).dvpd.pdn
    command = bytearray(272)
    struct.pack_into('>H', command, 0, 0x200)
    struct.pack_into('>BxII', command, 18, RIGHTS | mode, 0xffffff42, 0)
    struct.pack_into('>IQQ', command, 28, changes.get('flags_pd', number), 0, size)
    struct.pack_into('>I', command, 68, len(parts))
    command[75] = log_part
    struct.pack_into('>I', command, 96, changes.get('count', len(parts)))
    return bytes(command) + b''.join(struct.pack('>IIQ', *p) for p in parts)


def made_key(command, ctx):
    obj = Mlx5DevxObj(ctx, command, 16)
    index = struct.unpack_from('>I', obj.out_view, 8)[0] & 0xffffff
    return obj, index << 8 | 0x42


@pytest.mark.parametrize('mode, log_part', ((KLM, 0), (KSM, 6)))
def test_key_is_made_with_its_parts(mode, log_part):
    with Pair(HCA) as pair:
        region = Region(pair.b.pd, 200)
        before = region.read()
        parts = [(64, region.mr.lkey, region.addr + first)
                 for first in (130, 10)]
        obj, key = made_key(key_command(pair.b.pd, mode, parts, 128, log_part),
                            pair.b.ctx)
        source = Region(pair.a.pd, 128, fill=1)
        pair.a.send(e.IBV_WR_RDMA_WRITE, [source.sge()], (key, 0))
        rdma.succeed(pair.a.cq)
        data = pattern(128, 1)
        region.check(before[:10] + data[64:] + before[74:130] + data[:64] +
                     before[194:], 'region')
        obj.close()
        pair.a.send(e.IBV_WR_RDMA_WRITE, [source.sge()], (key, 0))
        rdma.expect(rdma.poll(pair.a.cq), e.IBV_WC_REM_ACCESS_ERR)


ONE_PART = [(64, 1, 0)]


@pytest.mark.parametrize('mode, options', (
    (MTT, {}), (KSM, {}), (KSM, {'log_part': 41}), (KLM, {'count': 2}),
    (KLM, {'flags_pd': 0xfffffe}), (KLM, {'flags_pd': 1 << 30})),
    ids=('pages', 'no size', 'too large', 'missing', 'no such PD', 'signature'))
def test_key_that_the_device_does_not_make(side, mode, options):
    command = key_command(side.pd, mode, ONE_PART, 64, **options)
    assert error_of(Mlx5DevxObj, side.ctx, command, 16) == errno.EREMOTEIO


@pytest.mark.parametrize('length', (16, 24, 271))
def test_command_that_ends_early(side, length):
    command = key_command(side.pd, KLM, ONE_PART, 64)[:length]
    assert error_of(Mlx5DevxObj, side.ctx, command, 16) == errno.EREMOTEIO


def test_key_in_the_pd_of_another_context(pd):
    command = key_command(pd, KLM, ONE_PART, 64)
    with Pair(HCA) as other:
        assert error_of(Mlx5DevxObj, other.a.ctx, command, 16) == \
            errno.EREMOTEIO
