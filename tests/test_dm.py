# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Memory of the device: the program's copies, and those of work requests."""

import errno
import os

import pytest

from pyverbs import enums as e
from pyverbs.device import DM, AllocDmAttr, Context
from pyverbs.mr import DMMR, MR
from pyverbs.pd import PD
from pyverbs.pyverbs_error import PyverbsRDMAError
from pyverbs.wr import SGE

import rdma
from rdma import ALL, PAGE, Pair, compare, error_of, pattern, succeed

LEN = 2 * PAGE
DM_ACCESS = ALL | e.IBV_ACCESS_ZERO_BASED


def dms_alive(hca):
    return rdma.read_counters(f'{hca}/objects')['dms']


@pytest.fixture
def ctx(hca):
    with Context(name=hca) as context:
        yield context


@pytest.fixture
def memory(ctx):
    """A page of it, and a PD to make regions in."""
    with PD(ctx) as pd, DM(ctx, AllocDmAttr(PAGE)) as dm:
        yield pd, dm


@pytest.fixture
def pair(hca):
    with Pair(hca) as ends:
        yield ends


# ---- the program's side ------------------------------------------------------

@pytest.mark.parametrize('length', (4, 64, PAGE - 64, PAGE, PAGE + 4, LEN))
@pytest.mark.parametrize('log_align', (0, 12))
def test_it_keeps_what_was_written(ctx, length, log_align):
    with DM(ctx, AllocDmAttr(length, log_align)) as dm:
        assert dm.copy_from_dm(0, length) == bytes(length)
        dm.copy_to_dm(0, pattern(length, 1), length)
        compare(dm.copy_from_dm(0, length), pattern(length, 1), 'memory')


def test_a_copy_touches_nothing_else(ctx):
    expected = bytearray(pattern(LEN, 1))
    with DM(ctx, AllocDmAttr(LEN)) as dm:
        dm.copy_to_dm(0, bytes(expected), LEN)
        dm.copy_to_dm(PAGE - 8, b'0123456789abcdef', 16)
        expected[PAGE - 8:PAGE + 8] = b'0123456789abcdef'
        compare(dm.copy_from_dm(0, LEN), bytes(expected), 'memory')


def test_two_are_not_the_same_memory(ctx):
    with DM(ctx, AllocDmAttr(PAGE)) as one, DM(ctx, AllocDmAttr(PAGE)) as two:
        one.copy_to_dm(0, pattern(PAGE, 1), PAGE)
        two.copy_to_dm(0, pattern(PAGE, 2), PAGE)
        compare(one.copy_from_dm(0, PAGE), pattern(PAGE, 1), 'the first')


def test_copies_past_its_end_are_efault(ctx):
    with DM(ctx, AllocDmAttr(PAGE)) as dm:
        assert error_of(dm.copy_to_dm, PAGE - 4, bytes(8), 8) == errno.EFAULT
        assert error_of(dm.copy_from_dm, PAGE, 4) == errno.EFAULT


def test_copies_of_other_than_words_are_einval(ctx):
    with DM(ctx, AllocDmAttr(PAGE)) as dm:
        assert error_of(dm.copy_to_dm, 2, bytes(4), 4) == errno.EINVAL
        assert error_of(dm.copy_from_dm, 0, 3) == errno.EINVAL


@pytest.mark.parametrize('length, log_align', ((0, 0), (1 << 40, 0), (64, 40)))
def test_what_the_device_cannot_have_is_einval(ctx, length, log_align):
    assert error_of(DM, ctx, AllocDmAttr(length, log_align)) == errno.EINVAL


def test_unknown_attributes_are_einval(ctx):
    assert error_of(DM, ctx, AllocDmAttr(64, comp_mask=1)) == errno.EINVAL


def test_more_than_is_left_is_enomem(ctx):
    most = ctx.query_device_ex().max_dm_size
    with DM(ctx, AllocDmAttr(most)):
        assert error_of(DM, ctx, AllocDmAttr(64)) == errno.ENOMEM
    DM(ctx, AllocDmAttr(64)).close()


def test_closing_the_context_frees_it(hca):
    before = dms_alive(hca)
    with Context(name=hca) as ctx:
        dm = DM(ctx, AllocDmAttr(PAGE))
        assert dm.handle >= 0
        assert dms_alive(hca) == before + 1
    rdma.wait_until(lambda: dms_alive(hca) == before, 'it to go')


def test_rxe_has_none():
    with Context(name='rxe0') as ctx:
        assert ctx.query_device_ex().max_dm_size == 0
        assert error_of(DM, ctx, AllocDmAttr(PAGE)) == errno.EOPNOTSUPP


# The memory is not in a function of a bus, where another device would reach it.
def test_it_is_not_exported(ctx):
    with DM(ctx, AllocDmAttr(PAGE)) as dm:
        assert error_of(dm.export_dmabuf_fd) == errno.EOPNOTSUPP


# ---- regions -----------------------------------------------------------------

@pytest.mark.parametrize('offset, length', (
    (0, LEN), (64, PAGE), (PAGE - 64, 128), (4, PAGE - 4)))
def test_write_and_read(pair, offset, length):
    data = pattern(length, 1)
    with DM(pair.b.ctx, AllocDmAttr(LEN)) as dm, \
         DMMR(pair.b.pd, length, DM_ACCESS, dm, offset) as target, \
         MR(pair.a.pd, LEN, ALL) as mr:
        dm.copy_to_dm(0, pattern(LEN, rdma.CANARY), LEN)
        mr.write(data, length)
        pair.a.send(e.IBV_WR_RDMA_WRITE, [SGE(mr.buf, length, mr.lkey)],
                    (target.rkey, 0))
        succeed(pair.a.cq)
        expected = bytearray(pattern(LEN, rdma.CANARY))
        expected[offset:offset + length] = data
        compare(dm.copy_from_dm(0, LEN), bytes(expected), 'memory')
        mr.write(bytes(length), length)
        pair.a.send(e.IBV_WR_RDMA_READ, [SGE(mr.buf, length, mr.lkey)],
                    (target.rkey, 0))
        succeed(pair.a.cq)
        compare(mr.read(length, 0), data, 'read')


def test_send_from_one_to_another(pair):
    with DM(pair.a.ctx, AllocDmAttr(LEN)) as source, \
         DM(pair.b.ctx, AllocDmAttr(LEN)) as target, \
         DMMR(pair.a.pd, LEN, DM_ACCESS, source, 0) as source_mr, \
         DMMR(pair.b.pd, LEN, DM_ACCESS, target, 0) as target_mr:
        source.copy_to_dm(0, pattern(LEN, 1), LEN)
        pair.b.recv([SGE(0, LEN, target_mr.lkey)])
        pair.a.send(e.IBV_WR_SEND, [SGE(0, LEN, source_mr.lkey)])
        succeed(pair.b.cq)
        succeed(pair.a.cq)
        compare(target.copy_from_dm(0, LEN), pattern(LEN, 1), 'received')


def test_atomics(pair):
    with DM(pair.b.ctx, AllocDmAttr(64)) as dm, \
         DMMR(pair.b.pd, 64, DM_ACCESS, dm, 0) as target, \
         MR(pair.a.pd, 8, ALL) as mr:
        dm.copy_to_dm(8, (40).to_bytes(8, 'little'), 8)
        pair.a.atomic(e.IBV_WR_ATOMIC_FETCH_AND_ADD,
                      SGE(mr.buf, 8, mr.lkey), (target.rkey, 8), 2)
        succeed(pair.a.cq)
        assert int.from_bytes(mr.read(8, 0), 'little') == 40
        assert int.from_bytes(dm.copy_from_dm(8, 8), 'little') == 42


def test_access_past_a_region_fails(pair):
    with DM(pair.b.ctx, AllocDmAttr(LEN)) as dm, \
         DMMR(pair.b.pd, 64, DM_ACCESS, dm, 0) as target, \
         MR(pair.a.pd, 128, ALL) as mr:
        pair.a.send(e.IBV_WR_RDMA_WRITE, [SGE(mr.buf, 128, mr.lkey)],
                    (target.rkey, 0))
        rdma.expect(rdma.poll(pair.a.cq), e.IBV_WC_REM_ACCESS_ERR)
        assert dm.copy_from_dm(0, LEN) == bytes(LEN)


def test_memory_with_a_region_is_ebusy(ctx, memory):
    pd, dm = memory
    with DM(ctx, handle=dm.handle) as same, \
         DMMR(pd, PAGE, DM_ACCESS, same, 0):
        # Known to Python as one of the other's.
        assert error_of(dm.close) == errno.EBUSY
    dm.copy_to_dm(0, bytes(64), 64)


@pytest.mark.parametrize('offset, length, access', (
    (0, PAGE, ALL), (PAGE, 64, DM_ACCESS), (64, PAGE, DM_ACCESS)))
def test_regions_that_cannot_be_are_einval(memory, offset, length, access):
    pd, dm = memory
    assert error_of(DMMR, pd, length, access, dm, offset) == errno.EINVAL


def test_region_of_it_cannot_be_changed(memory):
    pd, dm = memory
    with DMMR(pd, PAGE, DM_ACCESS, dm, 0) as mr:
        with pytest.raises(PyverbsRDMAError):
            mr.rereg(e.IBV_REREG_MR_CHANGE_ACCESS, access=ALL)


# ---- imported ----------------------------------------------------------------

def test_imported_memory_is_the_same_memory(ctx):
    with DM(ctx, AllocDmAttr(PAGE)) as dm, \
         Context(cmd_fd=os.dup(ctx.cmd_fd)) as other:
        imported = DM(other, handle=dm.handle)
        imported.copy_to_dm(64, pattern(64, 1), 64)
        assert dm.copy_from_dm(64, 64) == pattern(64, 1)
        imported.close()
        assert dm.copy_from_dm(64, 64) == pattern(64, 1)


def test_handle_of_none_is_enoent(ctx):
    assert error_of(DM, ctx, handle=12345) == errno.ENOENT
