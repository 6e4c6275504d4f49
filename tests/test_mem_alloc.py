# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Raw memory by address."""

import errno

import pytest

from pyverbs import mem_alloc as m
from pyverbs.pyverbs_error import PyverbsRDMAError, PyverbsUserError

from rdma import PAGE, pattern


def test_aligned_memory_is_zero():
    addr = m.posix_memalign(5000, PAGE)
    assert addr % PAGE == 0
    assert m.read(addr, 5000) == bytes(5000)
    m.free(addr)


def test_bad_alignment_is_einval():
    with pytest.raises(PyverbsRDMAError) as info:
        m.posix_memalign(100, 3)
    assert info.value.error_code == errno.EINVAL


def test_read_what_was_written():
    addr = m.malloc(200)
    m.write(addr, pattern(100, 1), 100, 50)
    assert m.read(addr, 100, 50) == pattern(100, 1)
    assert m.read(addr + 50, 10) == pattern(100, 1)[:10]
    m.write(addr, 'text', 4)
    assert m.read(addr, 4) == b'text'
    m.free(addr)


def test_write_more_than_the_data_is_refused():
    addr = m.malloc(10)
    with pytest.raises(PyverbsUserError, match='less than'):
        m.write(addr, b'abc', 4)
    m.free(addr)


def test_numbers_are_counted_by_their_size():
    addr = m.posix_memalign(64)
    m.writebe32(addr, 0x01020304, 1)
    assert m.read(addr, 8) == bytes((0, 0, 0, 0, 1, 2, 3, 4))
    assert m.read32(addr, 1) == 0x04030201
    m.writebe64(addr, 0x0102030405060708, 2)
    assert m.read(addr, 8, 16) == bytes(range(1, 9))
    assert m.read64(addr, 2) == 0x0807060504030201
    m.free(addr)


def test_mapping():
    addr = m.mmap(length=2 * PAGE)
    assert addr % PAGE == 0
    m.write(addr, b'x', 1, 2 * PAGE - 1)
    m.madvise(addr, 2 * PAGE, 4)        # MADV_DONTNEED
    assert m.read(addr, 2 * PAGE) == bytes(2 * PAGE)
    m.munmap(addr, 2 * PAGE)
    with pytest.raises(PyverbsRDMAError) as info:
        m.madvise(addr, PAGE, 4)
    assert info.value.error_code == errno.ENOMEM


def test_mapping_of_no_file_is_ebadf():
    with pytest.raises(PyverbsRDMAError) as info:
        m.mmap(length=PAGE, flags=m.MAP_SHARED_, fd=-1)
    assert info.value.error_code == errno.EBADF
