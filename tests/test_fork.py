# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Registered memory keeps its pages when the process forks."""

import ctypes
import mmap
import os
import subprocess
import sys

import pytest

from pyverbs import enums as e
from pyverbs.fork import fork_init, is_fork_initialized
from pyverbs.mr import MR

from rdma import ALL, Child, Pair, Region, compare, pattern, succeed

BEFORE, PARENT, CHILD, PEER = 1, 2, 3, 4
SIZE = 3 * mmap.PAGESIZE
HUGE = 2 << 20
MAP_HUGETLB = 0x40000


def test_fork_init_succeeds_at_any_time(device):
    fork_init()
    with Pair(device) as pair:
        Region(pair.a.pd, SIZE)
        fork_init()


def test_kernel_does_it_all():
    assert is_fork_initialized() == e.IBV_FORK_UNNEEDED


@pytest.mark.parametrize('name', ('RDMAV_FORK_SAFE', 'IBV_FORK_SAFE'))
def test_environment_asks_without_complaint(name):
    done = subprocess.run(
        [sys.executable, '-c', 'from pyverbs.device import get_device_list\n'
         'assert get_device_list()'],
        env={**os.environ, name: '1', 'RDMAV_HUGEPAGES_SAFE': '1'},
        check=True, stderr=subprocess.PIPE)
    assert done.stderr == b''


def write_and_read_across_fork(pair, write, read, remote):
    """The peer sees what the parent wrote, the parent what the peer did."""
    write(pattern(SIZE, BEFORE))
    other = Region(pair.a.pd, SIZE)
    child = Child(lambda: write(pattern(SIZE, CHILD)))
    try:
        assert child.worked
        compare(read(), pattern(SIZE, BEFORE), "the parent's, child wrote")
        write(pattern(SIZE, PARENT))
        pair.a.send(e.IBV_WR_RDMA_READ, [other.sge()], remote)
        succeed(pair.a.cq)
        compare(other.read(), pattern(SIZE, PARENT), 'read by the peer')
        other.fill(pattern(SIZE, PEER))
        pair.a.send(e.IBV_WR_RDMA_WRITE, [other.sge()], remote)
        succeed(pair.a.cq)
        compare(read(), pattern(SIZE, PEER), 'written by the peer')
    finally:
        child.end()


def test_parent_keeps_its_pages(device):
    with Pair(device) as pair:
        region = Region(pair.b.pd, SIZE)
        write_and_read_across_fork(pair, region.fill, region.read,
                                   region.remote())


@pytest.fixture
def huge_pages():
    path = '/proc/sys/vm/nr_hugepages'
    with open(path, 'w', encoding='ascii') as f:
        f.write('8')
    with open(path, encoding='ascii') as f:
        assert int(f.read()) == 8
    yield
    with open(path, 'w', encoding='ascii') as f:
        f.write('0')


def test_parent_keeps_its_huge_pages(device, huge_pages):
    memory = mmap.mmap(-1, HUGE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS |
                       MAP_HUGETLB)
    anchor = ctypes.c_char.from_buffer(memory)
    address = ctypes.addressof(anchor)

    def write(data):
        memory[:len(data)] = data

    with Pair(device) as pair:
        mr = MR(pair.b.pd, SIZE, ALL, address=address)
        write_and_read_across_fork(pair, write, lambda: memory[:SIZE],
                                   (mr.rkey, address))
        mr.close()
    del anchor
    memory.close()
