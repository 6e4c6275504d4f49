# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Calls of the newest release, on kernels that may lack what is behind them."""

import errno
import os

import pytest

from pyverbs import enums as e
from pyverbs.comp_cntr import CompCntr, CompCntrInitAttr
from pyverbs.device import Context
from pyverbs.dmabuf import DmaBuf
from pyverbs.mr import (Buf, BufMR, DMAHandle, DmaHandleInitAttr, MR, MREx)
from pyverbs.pd import PD
from pyverbs.pyverbs_error import PyverbsUserError
from pyverbs.wr import SGE

import rdma
from rdma import ALL, LOCAL, PAGE, Pair, error_of, pattern


# ---- one registration -----------------------------------------------------

def write_between(pair, source, target, length):
    pair.a.send(e.IBV_WR_RDMA_WRITE, [SGE(source.buf, length, source.lkey)],
                (target.rkey, target.buf))
    rdma.succeed(pair.a.cq)


def test_memory_by_another_address(device):
    with Pair(device) as pair, MR(pair.a.pd, PAGE, LOCAL) as source, \
         MREx(pair.b.pd, PAGE, ALL, iova=0x40000) as target:
        source.write(pattern(PAGE, 1), PAGE)
        assert target.buf == 0x40000
        write_between(pair, source, target, PAGE)
        rdma.compare(target.read(PAGE, 0), pattern(PAGE, 1), 'target')


def test_part_of_a_dmabuf(hca, exporter):
    with Pair(hca) as pair, MR(pair.a.pd, PAGE, LOCAL) as source, \
         DmaBuf(3 * PAGE, exporter=exporter) as buf:
        buf.write(pattern(3 * PAGE, 2), 3 * PAGE)
        source.write(pattern(PAGE, 1), PAGE)
        with MREx(pair.b.pd, PAGE, ALL, fd=buf.fd, fd_offset=PAGE,
                  iova=0x40000) as target:
            assert target.addr == PAGE
            write_between(pair, source, target, PAGE)
            with pytest.raises(PyverbsUserError, match='not here'):
                target.read(1, 0)
        expected = bytearray(pattern(3 * PAGE, 2))
        expected[PAGE:2 * PAGE] = pattern(PAGE, 1)
        rdma.compare(buf.read(3 * PAGE, 0), bytes(expected), 'dma-buf')


def test_closed_fd_is_ebadf_where_dmabufs_are_imported(hca_pd):
    for length in (0, PAGE):
        assert error_of(MREx, hca_pd, length, LOCAL, fd=-1) == errno.EBADF


def test_dmabuf_where_they_are_not_imported_is_eopnotsupp(rxe_pd):
    assert error_of(MREx, rxe_pd, PAGE, LOCAL, fd=-1) == errno.EOPNOTSUPP
    with DmaBuf(PAGE, exporter='udmabuf') as buf:
        assert error_of(MREx, rxe_pd, PAGE, LOCAL, fd=buf.fd) == \
            errno.EOPNOTSUPP


@pytest.mark.parametrize('options, code', (
    (dict(iova=1), errno.EINVAL),
    (dict(address=PAGE), errno.EFAULT),
    (dict(access=e.IBV_ACCESS_REMOTE_WRITE), errno.EINVAL)))
def test_what_the_plain_call_refuses(pd, options, code):
    arguments = {'length': PAGE, 'access': LOCAL, **options}
    assert error_of(MREx, pd, **arguments) == code


def test_optional_access_is_taken(pd):
    with MREx(pd, PAGE, LOCAL | e.IBV_ACCESS_RELAXED_ORDERING) as mr:
        assert mr.lkey


# ---- buffers -----------------------------------------------------------------

def test_part_of_a_buffer(device):
    with Pair(device) as pair, MR(pair.a.pd, PAGE, LOCAL) as source:
        buf = Buf(pair.b.pd, 2 * PAGE)
        assert buf.addr % PAGE == 0
        source.write(pattern(PAGE, 1), PAGE)
        with BufMR(pair.b.pd, buf, PAGE, ALL, PAGE) as target:
            assert target.addr == buf.addr + PAGE
            assert target.read(PAGE, 0) == bytes(PAGE)
            write_between(pair, source, target, PAGE)
            rdma.compare(target.read(PAGE, 0), pattern(PAGE, 1), 'buffer')
        with MREx(pair.b.pd, PAGE, ALL, buf=buf) as whole:
            assert whole.addr == buf.addr
            assert whole.read(PAGE, 0) == bytes(PAGE)


@pytest.mark.parametrize('length, offset', (
    (PAGE + 1, 0), (1, PAGE), (0, 0), (PAGE, 1)))
def test_more_than_the_buffer_is_einval(pd, length, offset):
    with Buf(pd, PAGE) as buf:
        assert error_of(BufMR, pd, buf, length, LOCAL, offset) == errno.EINVAL


def test_plain_buffer_has_no_dmabuf(pd):
    with Buf(pd, PAGE) as buf:
        assert error_of(buf.export_dmabuf_fd) == errno.ENODATA


def test_buffer_closes_its_regions(pd):
    buf = Buf(pd, PAGE)
    mr = BufMR(pd, buf, PAGE, LOCAL)
    buf.close()
    with pytest.raises(PyverbsUserError, match='closed'):
        mr.lkey


# ---- what the kernel or the device may lack -------------------------------

HINT = DmaHandleInitAttr(e.IBV_DMAH_INIT_ATTR_MASK_PH, ph=1)


def test_rxe_has_no_dma_handles():
    with Context(name='rxe0') as ctx:
        assert error_of(DMAHandle, ctx, HINT) == errno.EOPNOTSUPP


def test_dma_handle(hca):
    with Context(name=hca) as ctx:
        if not rdma.NEWEST_KERNEL:
            assert error_of(DMAHandle, ctx, HINT) == errno.EPROTONOSUPPORT
            return
        with DMAHandle(ctx, HINT) as handle, PD(ctx) as pd:
            mr = MREx(pd, PAGE, ALL, dmah=handle)
            assert mr.length == PAGE
            handle.close()
            with pytest.raises(PyverbsUserError, match='closed'):
                mr.lkey


@pytest.mark.newest_kernel
def test_region_with_a_dma_handle(hca):
    with Pair(hca) as pair, MR(pair.a.pd, PAGE, LOCAL) as source, \
         DMAHandle(pair.b.ctx, HINT) as handle, \
         MREx(pair.b.pd, PAGE, ALL, iova=0x40000, dmah=handle) as target:
        source.write(pattern(PAGE, 1), PAGE)
        write_between(pair, source, target, PAGE)
        rdma.compare(target.read(PAGE, 0), pattern(PAGE, 1), 'target')


def test_unknown_bits_of_a_dma_handle_are_eopnotsupp(device):
    with Context(name=device) as ctx:
        attr = DmaHandleInitAttr(1 << 20)
        assert error_of(DMAHandle, ctx, attr) == errno.EOPNOTSUPP


def test_no_completion_counters(device):
    with Context(name=device) as ctx:
        assert error_of(ctx.query_comp_cntr_caps) == errno.EOPNOTSUPP
        assert error_of(CompCntr, ctx, CompCntrInitAttr()) == errno.EOPNOTSUPP


def test_port_speed(hca):
    with Context(name=hca) as ctx:
        if not rdma.NEWEST_KERNEL:
            assert error_of(ctx.query_port_speed, 1) == errno.EOPNOTSUPP
            return
        assert ctx.query_port_speed(1) == 1000      # 100 Gb/s
        assert error_of(ctx.query_port_speed, 2) == errno.EINVAL


def test_rxe_has_no_port_speed():
    with Context(name='rxe0') as ctx:
        assert error_of(ctx.query_port_speed, 1) == errno.EOPNOTSUPP
