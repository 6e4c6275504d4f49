# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""The exporters, without RDMA."""

import errno
import fcntl
import gc
import os
import struct

import pytest

from pyverbs.dmabuf import DmaBuf, known_exporters
from pyverbs.pyverbs_error import PyverbsRDMAError, PyverbsUserError

from rdma import EXPORTERS, PAGE, pattern

DMA_HEAP_IOCTL_ALLOC = 0xc0184800


def test_the_tests_use_all_known_exporters():
    assert set(known_exporters()) == set(EXPORTERS)


@pytest.mark.parametrize('size', (1, PAGE - 1, PAGE, PAGE + 1, 1 << 20))
def test_size_is_whole_pages(exporter, size):
    with DmaBuf(size, exporter=exporter) as buf:
        assert size <= buf.size
        assert buf.size % PAGE == 0


def test_new_buffer_is_zero(exporter):
    with DmaBuf(3 * PAGE, exporter=exporter) as buf:
        assert buf.read(3 * PAGE) == bytes(3 * PAGE)


def test_read_what_was_written(exporter):
    with DmaBuf(3 * PAGE, exporter=exporter) as buf:
        buf.write(pattern(5000, 1), 5000, 100)
        assert buf.read(5000, 100) == pattern(5000, 1)
        assert buf.read(100) == bytes(100)


@pytest.mark.parametrize('length, offset', (
    (PAGE + 1, 0), (1, PAGE), (2**64 - 1, 2), (0, PAGE + 1)))
def test_access_outside_is_refused(exporter, length, offset):
    with DmaBuf(PAGE, exporter=exporter) as buf:
        with pytest.raises(PyverbsUserError, match='not within'):
            buf.write(b'x' * 2 * PAGE, length, offset)
        with pytest.raises(PyverbsUserError, match='not within'):
            buf.read(length, offset)


def test_close_twice_does_no_harm(exporter):
    buf = DmaBuf(PAGE, exporter=exporter)
    buf.close()
    buf.close()
    with pytest.raises(PyverbsUserError, match='closed'):
        buf.fd


@pytest.mark.parametrize('spec', (
    'nosuch', 'heap:nosuch', 'drm:/dev/nosuch', 'testbuf:nosuch', ''))
def test_unknown_exporter_is_named(spec):
    with pytest.raises(PyverbsRDMAError) as info:
        DmaBuf(PAGE, exporter=spec)
    assert info.value.error_code > 0


# ---- the CPU's turn -------------------------------------------------------

def test_view_is_the_buffer(exporter):
    with DmaBuf(3 * PAGE, exporter=exporter) as buf:
        with buf.cpu_access() as view:
            assert len(view) == buf.size
            view[100:5100] = pattern(5000, 1)
        assert buf.read(5000, 100) == pattern(5000, 1)
        with buf.cpu_access(write=False) as view:
            assert view.readonly
            assert bytes(view[100:5100]) == pattern(5000, 1)


def test_begin_and_end_reach_the_exporter():
    with DmaBuf(PAGE, exporter='testbuf') as buf:
        with buf.cpu_access():
            stats = buf.stats()
            assert (stats['cpu_begins'], stats['cpu_ends']) == (1, 0)
        assert buf.stats()['cpu_ends'] == 1


def test_view_ends_with_its_time():
    with DmaBuf(PAGE, exporter='testbuf') as buf:
        with buf.cpu_access() as view:
            pass
        with pytest.raises(ValueError, match='released'):
            view[0]
        access = buf.cpu_access()
        access.close()
        access.close()
        with pytest.raises(PyverbsUserError, match='closed'):
            access.__enter__()
        assert buf.stats()['cpu_ends'] == 2


def test_part_of_a_view_holds_the_buffer():
    buf = DmaBuf(PAGE, exporter='testbuf')
    with pytest.raises(PyverbsUserError, match='in use'):
        with buf.cpu_access() as view:
            part = view[10:20]
    with pytest.raises(PyverbsUserError, match='in use'):
        buf.close()
    part[:] = b'0123456789'
    part.release()
    assert buf.read(10, 10) == b'0123456789'
    buf.close()


def test_view_that_is_left_is_ended():
    with DmaBuf(PAGE, exporter='testbuf') as buf:
        buf.cpu_access().__enter__()
        gc.collect()
        assert buf.stats()['cpu_ends'] == 1


# ---- what it is -----------------------------------------------------------

def test_name_is_in_the_kernels_lists(exporter):
    with DmaBuf(PAGE, exporter=exporter) as buf:
        assert buf.name == ''
        buf.name = 'a buffer'
        assert buf.name == 'a buffer'
        assert buf.info()['exp_name']


def test_name_that_is_too_long_is_einval():
    with DmaBuf(PAGE, exporter='udmabuf') as buf:
        buf.name = 'x' * 31
        with pytest.raises(PyverbsRDMAError) as info:
            buf.name = 'x' * 32
        assert info.value.error_code == errno.EINVAL
        assert buf.name == 'x' * 31


def test_identity_is_the_buffers_not_the_descriptors(exporter):
    with DmaBuf(PAGE, exporter=exporter) as buf, \
         DmaBuf.from_fd(buf.fd) as same, DmaBuf(PAGE, exporter=exporter) as other:
        assert same.fd != buf.fd
        assert same.identity == buf.identity != other.identity


# ---- a descriptor from elsewhere ------------------------------------------

def test_buffer_of_a_descriptor(exporter):
    with DmaBuf(3 * PAGE, exporter=exporter) as buf:
        same = DmaBuf.from_fd(buf.fd)
        assert same.size == buf.size
        same.write(b'hello', 5, PAGE)
        assert buf.read(5, PAGE) == b'hello'
        same.close()
        assert buf.read(5, PAGE) == b'hello'


@pytest.mark.parametrize('fd, code', ((-1, errno.EINVAL), (999, errno.EBADF)))
def test_descriptor_that_is_none(fd, code):
    with pytest.raises(PyverbsRDMAError) as info:
        DmaBuf.from_fd(fd)
    assert info.value.error_code == code


def read_only_heap_fd():
    """An exporter decides what its descriptor is good for."""
    request = bytearray(struct.pack('QIIQ', PAGE, 0, os.O_RDONLY | os.O_CLOEXEC, 0))
    with open('/dev/dma_heap/system', 'rb') as heap:
        fcntl.ioctl(heap, DMA_HEAP_IOCTL_ALLOC, request)
    return struct.unpack('QIIQ', request)[1]


def test_buffer_that_cannot_be_mapped():
    fd = read_only_heap_fd()
    with DmaBuf.from_fd(fd) as buf:
        assert buf.size == PAGE
        for use in (lambda: buf.read(1), buf.cpu_access,
                    lambda: buf.write(b'x', 1)):
            with pytest.raises(PyverbsRDMAError) as info:
                use()
            assert info.value.error_code == errno.EACCES
    os.close(fd)


# ---- what is not there ----------------------------------------------------

@pytest.mark.parametrize('spec', ('cuda', 'cuda:1', 'hip', 'hip:1'))
def test_gpu_that_is_not_there(spec):
    """The release has HIP, which finds no GPU; of CUDA there is nothing."""
    with pytest.raises(PyverbsRDMAError, match=spec.split(':')[0]) as info:
        DmaBuf(PAGE, exporter=spec)
    assert info.value.error_code in (errno.ENOENT, errno.ENODEV)


def test_dumb_buffer_in_system_memory_is_eopnotsupp():
    with pytest.raises(PyverbsRDMAError, match='vgem') as info:
        DmaBuf(PAGE, gtt=1)
    assert info.value.error_code == errno.EOPNOTSUPP


def test_buffer_of_a_card():
    with DmaBuf(PAGE, 0) as buf:
        assert buf.exporter == 'drm:/dev/dri/card0'
        assert buf.read(PAGE) == bytes(PAGE)


def test_move_keeps_the_data():
    with DmaBuf(3 * PAGE, exporter='testbuf:dynamic') as buf:
        buf.write(pattern(3 * PAGE, 5), 3 * PAGE)
        assert buf.move(10) == 10
        assert buf.read(3 * PAGE) == pattern(3 * PAGE, 5)
        assert buf.stats()['moves'] == 10
        assert buf.check_guards() is None


@pytest.mark.parametrize('spec', ('udmabuf', 'testbuf'))
def test_move_of_what_cannot_is_eopnotsupp(spec):
    with DmaBuf(PAGE, exporter=spec) as buf:
        with pytest.raises(PyverbsRDMAError) as info:
            buf.move()
    assert info.value.error_code == errno.EOPNOTSUPP


def test_revoked_buffer_does_not_move():
    with DmaBuf(PAGE, exporter='testbuf:dynamic') as buf:
        buf.revoke()
        assert buf.stats()['revoked']
        with pytest.raises(PyverbsRDMAError) as info:
            buf.move()
    assert info.value.error_code == errno.ENODEV
