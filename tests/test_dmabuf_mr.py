# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Registering dma-bufs: what works, and what each mistake gives."""

import errno
import os

import pytest

from pyverbs import enums as e
from pyverbs.dmabuf import DmaBuf
from pyverbs.mr import DmaBufMR
from pyverbs.pyverbs_error import PyverbsRDMAError, PyverbsUserError

from rdma import ALL, DEBUGFS, LOCAL, PAGE, SOFTHCA, pattern, \
    read_counters, read_number

SIZE = 4 * PAGE


@pytest.fixture
def buf(exporter):
    with DmaBuf(SIZE, exporter=exporter) as dmabuf:
        yield dmabuf


def refused(code, pd, length, access, dmabuf, offset=0, iova=None):
    """The registration fails with code, and nothing is left behind."""
    fds = len(os.listdir('/proc/self/fd'))
    with pytest.raises(PyverbsRDMAError) as info:
        DmaBufMR(pd, length, access, dmabuf, offset, iova=iova)
    assert errno.errorcode[info.value.error_code] == errno.errorcode[code]
    assert len(os.listdir('/proc/self/fd')) == fds
    pd.close()


@pytest.mark.parametrize('length', (1, PAGE - 1, PAGE, PAGE + 1, SIZE))
def test_register(hca_pd, buf, length):
    with DmaBufMR(hca_pd, length, ALL, buf) as mr:
        assert mr.length == length
        assert mr.lkey and mr.rkey


def test_region_counts_as_one_of_a_dmabuf(hca, hca_pd, buf):
    before = read_counters(f'{hca}/objects')['dmabuf_mrs']
    with DmaBufMR(hca_pd, PAGE, ALL, buf):
        assert read_counters(f'{hca}/objects')['dmabuf_mrs'] == before + 1
    assert read_counters(f'{hca}/objects')['dmabuf_mrs'] == before


@pytest.mark.parametrize('offset', (0, PAGE, 2 * PAGE + 8))
def test_addr_is_the_offset(hca_pd, buf, offset):
    with DmaBufMR(hca_pd, 100, ALL, buf, offset) as mr:
        assert mr.addr == mr.offset == offset


def test_iova_may_differ_by_pages(hca_pd, buf):
    with DmaBufMR(hca_pd, 100, ALL, buf, 8, iova=0x7f0000000008) as mr:
        assert mr.addr == 8
        assert mr.buf == 0x7f0000000008


def test_last_byte_can_be_registered(hca_pd, buf):
    DmaBufMR(hca_pd, 1, ALL, buf, buf.size - 1).close()


@pytest.mark.parametrize('length', (0, PAGE))
def test_fd_minus_one_is_ebadf(hca_pd, length):
    refused(errno.EBADF, hca_pd, length, LOCAL, -1)


@pytest.mark.parametrize('length', (0, PAGE))
def test_closed_fd_is_ebadf(hca_pd, length):
    fd = os.dup(1)
    os.close(fd)
    refused(errno.EBADF, hca_pd, length, LOCAL, fd)


@pytest.mark.parametrize('path', ('/dev/zero', '/etc/passwd', '/proc/self'))
def test_fd_of_something_else_is_einval(hca_pd, path):
    fd = os.open(path, os.O_RDONLY)
    try:
        refused(errno.EINVAL, hca_pd, PAGE, LOCAL, fd)
    finally:
        os.close(fd)


def test_memfd_is_einval(hca_pd):
    fd = os.memfd_create('notadmabuf')
    os.truncate(fd, PAGE)
    try:
        refused(errno.EINVAL, hca_pd, PAGE, LOCAL, fd)
    finally:
        os.close(fd)


@pytest.mark.parametrize('offset, iova', (
    (0, 1), (8, 0), (8, PAGE), (PAGE, PAGE + 4), (0, 2**63 + 1)))
def test_iova_elsewhere_in_the_page_is_einval(hca_pd, buf, offset, iova):
    refused(errno.EINVAL, hca_pd, 100, LOCAL, buf, offset, iova)


@pytest.mark.parametrize('offset, length', (
    (0, SIZE + 1), (PAGE, SIZE), (SIZE - 1, 2), (SIZE, 1), (SIZE + PAGE, 1),
    (0, 2**64 - 1), (0, 2**63)))
def test_range_past_the_end_is_einval(hca_pd, buf, offset, length):
    refused(errno.EINVAL, hca_pd, length, LOCAL, buf, offset)


@pytest.mark.parametrize('offset, length', (
    (2**64 - PAGE, 2 * PAGE), (2**64 - PAGE, PAGE), (PAGE, 2**64 - PAGE),
    (2**64 - 1, 2)))
def test_range_that_overflows_is_einval(hca_pd, buf, offset, length):
    refused(errno.EINVAL, hca_pd, length, LOCAL, buf, offset)


def test_length_zero_is_einval(hca_pd, buf):
    refused(errno.EINVAL, hca_pd, 0, LOCAL, buf)


@pytest.mark.parametrize('access', (
    e.IBV_ACCESS_MW_BIND, e.IBV_ACCESS_ZERO_BASED, e.IBV_ACCESS_ON_DEMAND,
    e.IBV_ACCESS_HUGETLB, 1 << 30))
def test_access_that_dmabufs_do_not_take_is_einval(hca_pd, buf, access):
    refused(errno.EINVAL, hca_pd, PAGE, LOCAL | access, buf)


@pytest.mark.parametrize('access', (
    e.IBV_ACCESS_REMOTE_WRITE, e.IBV_ACCESS_REMOTE_ATOMIC))
def test_remote_write_without_local_write_is_einval(hca_pd, buf, access):
    refused(errno.EINVAL, hca_pd, PAGE, access, buf)


@pytest.mark.parametrize('fd', ('bad', 'good'))
def test_device_without_import_is_eopnotsupp(rxe_pd, exporter, fd):
    with DmaBuf(SIZE, exporter=exporter) as dmabuf:
        refused(errno.EOPNOTSUPP, rxe_pd, PAGE, LOCAL,
                dmabuf if fd == 'good' else -1)


@pytest.mark.parametrize('name', ('ENOMEM', 'EBUSY', 'EPERM', 'EIO', 'ENODEV'))
@pytest.mark.parametrize('step', ('attach', 'map'))
def test_errno_of_the_exporter_comes_through(hca_pd, step, name):
    with DmaBuf(SIZE, exporter=f'testbuf:fail_{step}={name}') as dmabuf:
        refused(getattr(errno, name), hca_pd, PAGE, LOCAL, dmabuf)


@pytest.mark.parametrize('name', ('ENOMEM', 'EBUSY', 'EIO'))
def test_errno_of_a_pin_comes_through(hca, hca_pd, name):
    with DmaBuf(SIZE, exporter=f'testbuf:dynamic,fail_pin={name}') as dmabuf:
        if hca == SOFTHCA['dynamic'] and not read_number('map_pins'):
            DmaBufMR(hca_pd, PAGE, LOCAL, dmabuf).close()   # nothing pins it
        else:
            refused(getattr(errno, name), hca_pd, PAGE, LOCAL, dmabuf)


def test_registration_works_after_one_that_failed(hca_pd):
    with DmaBuf(SIZE, exporter='testbuf:fail_map=ENOMEM,nth=1') as dmabuf:
        with pytest.raises(PyverbsRDMAError):
            DmaBufMR(hca_pd, PAGE, LOCAL, dmabuf)
        DmaBufMR(hca_pd, PAGE, LOCAL, dmabuf).close()


def test_fd_may_be_closed_and_its_number_reused(hca_pd, buf):
    fd = os.dup(buf.fd)
    with DmaBufMR(hca_pd, SIZE, ALL, fd) as mr:
        os.close(fd)
        assert os.dup(1) == fd
        os.close(fd)
        assert mr.lkey


def test_fd_stays_the_callers(hca_pd, buf):
    fd = os.dup(buf.fd)
    DmaBufMR(hca_pd, SIZE, ALL, fd).close()
    os.close(fd)


def test_same_buffer_many_times(hca_pd, buf):
    mrs = [DmaBufMR(hca_pd, PAGE, ALL, buf) for _ in range(10)]
    assert len({mr.rkey for mr in mrs}) == 10


def test_attachment_goes_with_the_region(hca_pd):
    with DmaBuf(SIZE, exporter='testbuf') as dmabuf:
        mr = DmaBufMR(hca_pd, SIZE, ALL, dmabuf)
        assert dmabuf.stats()['attachments'] == 1
        mr.close()
        stats = dmabuf.stats()
    assert stats['attachments'] == stats['mapped'] == stats['pinned'] == 0


def test_region_makes_and_closes_its_own_buffer(hca_pd):
    with DmaBufMR(hca_pd, 5000, ALL, exporter='udmabuf') as mr:
        mr.write(pattern(5000, 2), 5000)
        assert mr.read(5000, 0) == pattern(5000, 2)


def test_closing_a_buffer_closes_its_regions(hca_pd):
    dmabuf = DmaBuf(SIZE, exporter='udmabuf')
    mr = DmaBufMR(hca_pd, SIZE, ALL, dmabuf)
    dmabuf.close()
    with pytest.raises(PyverbsUserError, match='closed'):
        mr.lkey


def test_cpu_access_is_relative_to_the_region(hca_pd, buf):
    buf.write(pattern(SIZE, 3), SIZE)
    with DmaBufMR(hca_pd, 100, ALL, buf, PAGE + 8) as mr:
        assert mr.read(10, 5) == pattern(SIZE, 3)[PAGE + 13:PAGE + 23]
        with pytest.raises(PyverbsUserError, match='not within'):
            mr.read(10, 91)


def test_region_of_an_fd_has_no_cpu_access(hca_pd, buf):
    with DmaBufMR(hca_pd, 100, ALL, buf.fd) as mr:
        with pytest.raises(PyverbsUserError, match='DmaBuf'):
            mr.read(1, 0)


def test_every_mode_is_there():
    assert set(SOFTHCA.values()) <= set(os.listdir(DEBUGFS))
