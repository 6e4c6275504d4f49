# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Memory that is paged in on demand, and what becomes of its pages meanwhile."""

import ctypes
import errno
import mmap
import os
import subprocess
import threading

import pytest

from pyverbs import enums as e
from pyverbs.addr import AH
from pyverbs.device import Context
from pyverbs.mr import MR
from pyverbs.pd import PD
from pyverbs.pyverbs_error import PyverbsRDMAError
from pyverbs.wr import SGE, SendWR

import rdma
from rdma import ALL, LOCAL, PAGE, SOFTHCA, Pair, Region, compare, expect, \
    pattern, poll, read_counters, succeed, wait_until

DEVICE, PEER = SOFTHCA['dynamic'], SOFTHCA['pinned']
DEMAND = e.IBV_ACCESS_ON_DEMAND
CHUNK = 16 << 20                # what the device makes an address space of
SIZE = 5 * PAGE
FIXED, ANONYMOUS = 0x10, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
DONTNEED, PAGEOUT = 4, 21
PREFETCH = e._IBV_ADVISE_MR_ADVICE_PREFETCH
PREFETCH_WRITE = e._IBV_ADVISE_MR_ADVICE_PREFETCH_WRITE
NO_FAULT = e._IBV_ADVISE_MR_ADVICE_PREFETCH_NO_FAULT
FLUSH = e._IBV_ADVISE_MR_FLAG_FLUSH

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3,
                      ctypes.c_long]
for call in (libc.munmap, libc.madvise, libc.mprotect):
    call.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]


class Memory:
    """Anonymous pages, and what can happen to some of them."""

    def __init__(self, size=SIZE, at=None):
        self.size = size
        flags = ANONYMOUS | (FIXED if at else 0)
        self.addr = libc.mmap(at, size, mmap.PROT_READ | mmap.PROT_WRITE,
                              flags, -1, 0)
        assert self.addr not in (None, ctypes.c_size_t(-1).value)

    def write(self, data, first=0):
        ctypes.memmove(self.addr + first, data, len(data))

    def read(self, first=0, length=None):
        return ctypes.string_at(self.addr + first,
                                self.size - first if length is None else length)

    def advise(self, advice, first=0, length=None):
        length = self.size - first if length is None else length
        assert libc.madvise(self.addr + first, length, advice) == 0

    def protect(self, flags):
        assert libc.mprotect(self.addr, self.size, flags) == 0

    def unmap(self, first=0, length=None):
        length = self.size - first if length is None else length
        assert libc.munmap(self.addr + first, length, 0) == 0

    def replace(self):
        """Other pages in the same place, all zeros."""
        Memory(self.size, self.addr)


class Demand:
    """Memory of the responder, registered on demand, and a requester's own."""

    def __init__(self, size=SIZE, access=ALL, implicit=False, memory=None):
        self.pair = Pair(PEER, DEVICE)
        self.memory = memory or Memory(size)
        self.mr = MR(self.pair.b.pd, 0 if implicit else self.memory.size,
                     access | DEMAND,
                     None if implicit else self.memory.addr, implicit)
        self.user = Region(self.pair.a.pd, self.memory.size, fill=1)

    def start(self, opcode, first=0, length=None):
        length = self.memory.size - first if length is None else length
        self.pair.a.send(opcode, [self.user.sge(first, length)],
                         (self.mr.rkey, self.memory.addr + first))

    def do(self, opcode, *args):
        self.start(opcode, *args)
        succeed(self.pair.a.cq)

    def write(self, *args):
        self.do(e.IBV_WR_RDMA_WRITE, *args)

    def read(self):
        """What a READ of all of it brings."""
        self.do(e.IBV_WR_RDMA_READ)
        return self.user.read()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.mr.close()
        self.pair.close()
        self.memory.unmap()


def counter(name):
    return read_counters(f'{DEVICE}/stats')[name]


def test_device_says_what_it_can():
    with Context(name=DEVICE) as ctx:
        caps = ctx.query_device_ex().odp_caps
    assert caps.general_caps == e.IBV_ODP_SUPPORT | e.IBV_ODP_SUPPORT_IMPLICIT
    datagram = e.IBV_ODP_SUPPORT_SEND | e.IBV_ODP_SUPPORT_RECV | \
        e.IBV_ODP_SUPPORT_SRQ_RECV
    everything = datagram | e.IBV_ODP_SUPPORT_WRITE | \
        e.IBV_ODP_SUPPORT_READ | e.IBV_ODP_SUPPORT_ATOMIC
    assert caps.rc_odp_caps == everything
    assert caps.uc_odp_caps == datagram | e.IBV_ODP_SUPPORT_WRITE
    assert caps.ud_odp_caps == datagram


# Every operation, on either side

def test_write_and_read_of_remote_memory():
    with Demand() as d:
        faults = counter('page_faults')
        d.write()
        assert counter('page_faults') > faults
        compare(d.memory.read(), pattern(SIZE, 1), 'written')
        d.memory.write(pattern(SIZE, 2))
        compare(d.read(), pattern(SIZE, 2), 'read')


@pytest.mark.parametrize('opcode', (e.IBV_WR_SEND, e.IBV_WR_RDMA_WRITE,
                                    e.IBV_WR_RDMA_READ))
def test_local_memory(opcode):
    memory = Memory()
    with Pair(DEVICE, PEER) as pair:
        mr = MR(pair.a.pd, SIZE, LOCAL | DEMAND, memory.addr)
        peer = Region(pair.b.pd, SIZE, fill=2)
        if opcode == e.IBV_WR_SEND:
            pair.b.recv([peer.sge()])
        memory.write(pattern(SIZE, 3))
        pair.a.send(opcode, [SGE(memory.addr, SIZE, mr.lkey)], peer.remote())
        succeed(pair.a.cq)
        read = opcode == e.IBV_WR_RDMA_READ
        compare(memory.read() if read else peer.read(),
                pattern(SIZE, 2 if read else 3), 'moved')
        mr.close()
    memory.unmap()


def test_receive_and_atomic():
    with Demand() as d:
        d.pair.b.recv([SGE(d.memory.addr, SIZE, d.mr.lkey)])
        d.pair.a.send(e.IBV_WR_SEND, [d.user.sge()])
        succeed(d.pair.a.cq)
        succeed(d.pair.b.cq)
        compare(d.memory.read(), pattern(SIZE, 1), 'received')
        d.memory.advise(DONTNEED)
        d.memory.write((41).to_bytes(8, 'little'), PAGE)
        d.pair.a.atomic(e.IBV_WR_ATOMIC_FETCH_AND_ADD, d.user.sge(0, 8),
                        (d.mr.rkey, d.memory.addr + PAGE), 1)
        succeed(d.pair.a.cq)
        assert int.from_bytes(d.memory.read(PAGE, 8), 'little') == 42
        assert int.from_bytes(d.user.read(0, 8), 'little') == 41


def test_datagrams():
    a, b = rdma.ud_side(PEER), rdma.ud_side(DEVICE)
    memory, user = Memory(), Region(a.pd, 100, fill=4)
    mr = MR(b.pd, SIZE, LOCAL | DEMAND, memory.addr)
    b.recv([SGE(memory.addr + PAGE - 50, 140, mr.lkey)])
    wr = SendWR(1, e.IBV_WR_SEND, 1, 0, [user.sge()], e.IBV_SEND_SIGNALED)
    ah = AH(a.pd, attr=a.ah_attr(b.gid))
    wr.set_wr_ud(ah, b.qp.qp_num, rdma.QKEY)
    a.qp.post_send(wr)
    succeed(a.cq)
    succeed(b.cq)
    compare(memory.read(PAGE - 10, 100), pattern(100, 4), 'datagram')
    mr.close()
    a.close()
    b.close()
    memory.unmap()


def test_memory_never_touched_reads_as_zeros():
    with Demand(1 << 20) as d:
        compare(d.read(), bytes(1 << 20), 'fresh memory')


# What the kernel, or the program, does to pages between two accesses

def test_memory_given_back_is_fresh_again():
    with Demand() as d:
        d.write()
        before = counter('invalidations')
        d.memory.advise(DONTNEED, PAGE, 2 * PAGE)
        assert counter('invalidations') > before
        expected = bytearray(pattern(SIZE, 1))
        expected[PAGE:3 * PAGE] = bytes(2 * PAGE)
        compare(d.read(), bytes(expected), 'given back')


def test_other_memory_in_the_same_place_is_used():
    with Demand() as d:
        d.write()
        d.memory.replace()
        d.memory.write(pattern(SIZE, 5))
        compare(d.read(), pattern(SIZE, 5), 'replaced')


def test_child_does_not_see_what_comes_in():
    with Demand() as d:
        d.write()
        start, result = os.pipe(), os.pipe()
        pid = os.fork()
        if not pid:
            os.read(start[0], 1)
            same = d.memory.read() == pattern(SIZE, 1)
            os.write(result[1], b'y' if same else b'n')
            os._exit(0)
        d.user.fill(pattern(SIZE, 6))
        d.write()
        compare(d.memory.read(), pattern(SIZE, 6), "the parent's")
        os.write(start[1], b'x')
        assert os.read(result[0], 1) == b'y'
        os.waitpid(pid, 0)
        for fd in start + result:
            os.close(fd)


@pytest.fixture
def swap():
    if not os.path.exists('/sys/block/zram0'):
        subprocess.run(['modprobe', 'zram'], check=True)
    with open('/sys/block/zram0/disksize', 'w', encoding='ascii') as f:
        f.write('64M')
    subprocess.run(['mkswap', '/dev/zram0'], check=True,
                   stdout=subprocess.DEVNULL)
    subprocess.run(['swapon', '/dev/zram0'], check=True)
    yield
    subprocess.run(['swapoff', '/dev/zram0'], check=True)
    with open('/sys/block/zram0/reset', 'w', encoding='ascii') as f:
        f.write('1')


def swapped():
    with open('/proc/self/status', encoding='ascii') as f:
        return next(int(line.split()[1]) for line in f
                    if line.startswith('VmSwap'))


def test_memory_that_was_swapped_out_comes_back(swap):
    with Demand(64 * PAGE) as d:
        d.write()
        d.memory.advise(PAGEOUT)
        assert swapped() > 0
        compare(d.read(), pattern(64 * PAGE, 1), 'from swap')


# While requests run

class Meanwhile:
    """Something done over and over by another thread."""

    def __init__(self, action):
        self.rounds, self.stop, self.action = 0, False, action
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.stop:
            self.action()
            self.rounds += 1

    def __enter__(self):
        self.thread.start()
        wait_until(lambda: self.rounds, 'the first round')
        return self

    def __exit__(self, *_):
        self.stop = True
        self.thread.join()


def test_pages_moved_by_the_kernel_lose_nothing(swap):
    size = 64 * PAGE
    with Demand(size) as d, Meanwhile(lambda: d.memory.advise(PAGEOUT)) as out:
        for seed in range(50):
            d.user.fill(pattern(size, seed))
            d.write()
            compare(d.memory.read(), pattern(size, seed), f'written, {seed}')
            d.user.fill(bytes(size))
            compare(d.read(), pattern(size, seed), f'read, {seed}')
        assert out.rounds > 1


def test_pages_given_back_meanwhile_are_old_or_fresh():
    """Each page of a READ is what was there or zeros, and nothing else."""
    with Demand(16 * PAGE) as d, Meanwhile(
            lambda: d.memory.advise(DONTNEED, PAGE, 14 * PAGE)):
        for _ in range(50):
            d.user.fill(pattern(16 * PAGE, 7))
            d.write()
            got = d.read()
            for first in range(0, 16 * PAGE, PAGE):
                page = got[first:first + PAGE]
                assert page in (bytes(PAGE),
                                pattern(16 * PAGE, 7)[first:first + PAGE])


def test_region_that_goes_while_pages_come_in():
    for _ in range(20):
        with Demand(1 << 20) as d:
            d.start(e.IBV_WR_RDMA_WRITE)


# Where there is no memory

def hole(d):
    d.memory.unmap(2 * PAGE, PAGE)


def read_only(d):
    d.memory.protect(mmap.PROT_READ)


@pytest.mark.parametrize('spoil', (hole, read_only))
def test_write_to_what_cannot_be_written_is_an_access_error(spoil):
    with Demand() as d:
        d.write()
        spoil(d)
        d.start(e.IBV_WR_RDMA_WRITE)
        expect(poll(d.pair.a.cq), e.IBV_WC_REM_ACCESS_ERR)


def test_read_of_what_may_be_read_works():
    with Demand() as d:
        d.memory.write(pattern(SIZE, 8))
        read_only(d)
        compare(d.read(), pattern(SIZE, 8), 'read only')


def test_pages_beside_a_hole_work():
    with Demand() as d:
        hole(d)
        d.write(0, 2 * PAGE)
        d.write(3 * PAGE, 2 * PAGE)
        compare(d.memory.read(0, 2 * PAGE), pattern(SIZE, 1)[:2 * PAGE],
                'before it')


def test_local_hole_is_a_protection_error():
    memory = Memory()
    with Pair(DEVICE, PEER) as pair:
        mr = MR(pair.a.pd, SIZE, LOCAL | DEMAND, memory.addr)
        peer = Region(pair.b.pd, SIZE)
        memory.unmap()
        pair.a.send(e.IBV_WR_RDMA_WRITE, [SGE(memory.addr, SIZE, mr.lkey)],
                    peer.remote())
        expect(poll(pair.a.cq), e.IBV_WC_LOC_PROT_ERR)
        mr.close()


def test_receive_into_a_hole_ends_both():
    with Demand() as d:
        hole(d)
        d.pair.b.recv([SGE(d.memory.addr, SIZE, d.mr.lkey)])
        d.pair.a.send(e.IBV_WR_SEND, [d.user.sge()])
        expect(poll(d.pair.a.cq), e.IBV_WC_REM_OP_ERR)
        expect(poll(d.pair.b.cq), e.IBV_WC_LOC_PROT_ERR)


def test_error_of_one_is_not_that_of_another():
    """Two connections, one of which aims at a hole."""
    with Demand() as d, Pair(PEER, DEVICE) as bad:
        region = MR(bad.b.pd, SIZE, ALL | DEMAND, d.memory.addr)
        user = Region(bad.a.pd, PAGE)
        hole(d)
        for seed in range(20):
            d.memory.advise(DONTNEED, 3 * PAGE)
            if seed == 10:
                bad.a.send(e.IBV_WR_RDMA_WRITE, [user.sge()],
                           (region.rkey, d.memory.addr + 2 * PAGE))
            d.write(3 * PAGE, PAGE)
        expect(poll(bad.a.cq), e.IBV_WC_REM_ACCESS_ERR)
        region.close()


# The whole address space

def test_memory_that_comes_after_its_registration():
    with Demand(implicit=True) as d:
        d.write()
        compare(d.memory.read(), pattern(SIZE, 1), 'written')
        later = Memory()
        d.pair.a.send(e.IBV_WR_RDMA_WRITE, [d.user.sge()],
                      (d.mr.rkey, later.addr))
        succeed(d.pair.a.cq)
        compare(later.read(), pattern(SIZE, 1), 'written later')
        later.unmap()


def test_range_across_chunks():
    whole = Memory(3 * CHUNK)
    at = (whole.addr + 2 * CHUNK) // CHUNK * CHUNK - 2 * PAGE
    with Demand(implicit=True, memory=Memory(SIZE, at)) as d:
        d.write()
        compare(d.memory.read(), pattern(SIZE, 1), 'written')
        compare(d.read(), pattern(SIZE, 1), 'read')
    libc.munmap(whole.addr, 3 * CHUNK, 0)


def test_where_nothing_is_mapped_is_an_access_error():
    with Demand(implicit=True) as d:
        d.pair.a.send(e.IBV_WR_RDMA_WRITE, [d.user.sge()], (d.mr.rkey, 0x1000))
        expect(poll(d.pair.a.cq), e.IBV_WC_REM_ACCESS_ERR)


# Advice

def sge_of(d, first=0, length=None):
    length = d.memory.size - first if length is None else length
    return SGE(d.memory.addr + first, length, d.mr.lkey)


def advice_error(pd, advice, flags, sge):
    with pytest.raises(PyverbsRDMAError) as info:
        pd.advise_mr(advice, flags, [sge])
    return info.value.error_code


@pytest.mark.parametrize('flags', (0, FLUSH))
def test_prefetched_memory_does_not_fault(flags):
    with Demand() as d:
        d.pair.b.pd.advise_mr(PREFETCH_WRITE, flags, [sge_of(d)])
        faults = counter('page_faults')
        d.write()
        assert counter('page_faults') == faults


def test_prefetch_of_what_is_present_only():
    with Demand() as d:
        d.memory.write(pattern(SIZE, 9))
        d.pair.b.pd.advise_mr(NO_FAULT, FLUSH, [sge_of(d)])
        faults = counter('page_faults')
        compare(d.read(), pattern(SIZE, 9), 'read')
        assert counter('page_faults') == faults


def test_prefetch_of_a_hole_is_efault_to_who_waits():
    with Demand() as d:
        pd = d.pair.b.pd
        hole(d)
        assert advice_error(pd, PREFETCH, FLUSH, sge_of(d)) == errno.EFAULT
        pd.advise_mr(PREFETCH, 0, [sge_of(d)])
        pd.advise_mr(NO_FAULT, FLUSH, [sge_of(d)])


def test_prefetch_beyond_the_region_is_efault():
    with Demand() as d:
        sge = sge_of(d, PAGE, SIZE)
        assert advice_error(d.pair.b.pd, PREFETCH, 0, sge) == errno.EFAULT


def test_prefetch_to_write_without_the_right_is_efault():
    with Demand(access=e.IBV_ACCESS_REMOTE_READ) as d:
        assert advice_error(d.pair.b.pd, PREFETCH_WRITE, 0,
                            sge_of(d)) == errno.EFAULT


def test_prefetch_by_a_key_of_another_domain_is_enoent():
    with Demand() as d:
        assert advice_error(PD(d.pair.b.ctx), PREFETCH, 0,
                            sge_of(d)) == errno.ENOENT


def test_prefetch_of_pinned_memory_is_einval():
    with Context(name=DEVICE) as ctx:
        pd = PD(ctx)
        with MR(pd, PAGE, LOCAL) as mr:
            sge = SGE(mr.buf, PAGE, mr.lkey)
            assert advice_error(pd, PREFETCH, 0, sge) == errno.EINVAL


# Changes

def test_region_becomes_pinned_and_back():
    with Demand() as d:
        d.mr.rereg(e.IBV_REREG_MR_CHANGE_ACCESS, access=ALL)
        before = counter('invalidations')
        d.memory.advise(DONTNEED)
        assert counter('invalidations') == before
        d.mr.rereg(e.IBV_REREG_MR_CHANGE_ACCESS, access=ALL | DEMAND)
        d.write()
        compare(d.memory.read(), pattern(SIZE, 1), 'written')


def test_region_of_other_memory():
    other = Memory()
    with Demand() as d:
        d.write()
        d.mr.rereg(e.IBV_REREG_MR_CHANGE_TRANSLATION, addr=other.addr,
                   length=SIZE)
        d.pair.a.send(e.IBV_WR_RDMA_WRITE, [d.user.sge()],
                      (d.mr.rkey, other.addr))
        succeed(d.pair.a.cq)
        compare(other.read(), pattern(SIZE, 1), 'written')
    other.unmap()
