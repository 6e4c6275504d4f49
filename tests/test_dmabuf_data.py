# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Bytes in and out of dma-bufs, and what keeps them out."""

import errno
import os
import threading

import pytest

from pyverbs import enums as e
from pyverbs.dmabuf import DmaBuf
from pyverbs.mr import DmaBufMR
from pyverbs.pyverbs_error import PyverbsRDMAError
from pyverbs.wr import SGE

import rdma
from rdma import (ALL, CANARY, LOCAL, PAGE, SOFTHCA, Pair, Region, compare,
                  expect, pattern, poll, read_counters, succeed)

OK = e.IBV_WC_SUCCESS
FLUSHED = e.IBV_WC_WR_FLUSH_ERR
DATA = 1            # seed of what is sent

UNALIGNED = (PAGE + 0x810, 3 * PAGE + 77)      # offset, length


@pytest.fixture
def pair(hca):
    with Pair(hca) as both:
        yield both


def write(pair, local, remote):
    pair.a.send(e.IBV_WR_RDMA_WRITE, [local.sge()], remote.remote())
    succeed(pair.a.cq)


def read(pair, local, remote):
    pair.a.send(e.IBV_WR_RDMA_READ, [local.sge()], remote.remote())
    succeed(pair.a.cq)


def two_regions(pair, shape, exporter):
    """A region of user memory at a, one of a dma-buf at b."""
    offset, length = shape
    return (Region(pair.a.pd, length, fill=DATA),
            Region(pair.b.pd, length, exporter, offset))


def test_compare_that_differs_swaps_nothing(pair, exporter):
    user = Region(pair.a.pd, 8)
    buf = Region(pair.b.pd, 8, exporter, PAGE + 16)
    there = (8).to_bytes(8, 'little')
    buf.fill(there)
    pair.a.atomic(e.IBV_WR_ATOMIC_CMP_AND_SWP, user.sge(), buf.remote(), 9, 77)
    succeed(pair.a.cq)
    user.check(there, 'what was there')
    buf.check(there, 'dma-buf')
    buf.close()


@pytest.mark.parametrize('length', (1, 17, 60))
def test_inline_write(pair, exporter, length):
    user, buf = two_regions(pair, (PAGE - 3, length), exporter)
    sge = SGE(user.addr, length, 0)         # inline data needs no key
    pair.a.send(e.IBV_WR_RDMA_WRITE, [sge], buf.remote(),
                flags=e.IBV_SEND_INLINE)
    succeed(pair.a.cq)
    buf.check(pattern(length, DATA), 'dma-buf')
    buf.close()


def test_gather_from_user_memory_and_dmabuf(pair, exporter):
    user = Region(pair.a.pd, 5000, fill=2)
    buf = Region(pair.a.pd, 5000, exporter, 10, fill=3)
    to = Region(pair.b.pd, 9000)
    sges = [user.sge(0, 3000), buf.sge(7, 4000), user.sge(3000, 2000)]
    pair.a.send(e.IBV_WR_RDMA_WRITE, sges, to.remote())
    succeed(pair.a.cq)
    to.check(pattern(5000, 2)[:3000] + pattern(5000, 3)[7:4007] +
             pattern(5000, 2)[3000:], 'gathered')
    buf.close()


def test_scatter_to_user_memory_and_dmabuf(pair, exporter):
    out = Region(pair.a.pd, 9000, fill=DATA)
    user = Region(pair.b.pd, 4000)
    buf = Region(pair.b.pd, 5000, exporter, PAGE - 1)
    pair.b.recv([buf.sge(0, 3000), user.sge(), buf.sge(3000)])
    pair.a.send(e.IBV_WR_SEND, [out.sge()])
    succeed(pair.a.cq)
    succeed(pair.b.cq)
    data = pattern(9000, DATA)
    user.check(data[3000:7000], 'user memory')
    buf.check(data[:3000] + data[7000:], 'dma-buf')
    buf.close()


def test_read_into_user_memory_and_dmabuf(pair, exporter):
    there = Region(pair.b.pd, 9000, exporter, 20, fill=DATA)
    user = Region(pair.a.pd, 4000)
    buf = Region(pair.a.pd, 5000, exporter, PAGE - 1)
    pair.a.send(e.IBV_WR_RDMA_READ, [user.sge(0, 1000), buf.sge(), user.sge(1000)],
                there.remote())
    succeed(pair.a.cq)
    data = pattern(9000, DATA)
    user.check(data[:1000] + data[6000:], 'user memory')
    buf.check(data[1000:6000], 'dma-buf')
    for region in (there, buf):
        region.close()


def test_zero_length_write_touches_nothing(pair, exporter):
    user, buf = two_regions(pair, (PAGE, PAGE), exporter)
    pair.a.send(e.IBV_WR_RDMA_WRITE, [], buf.remote())
    succeed(pair.a.cq)
    buf.check(pattern(buf.length, CANARY), 'dma-buf')
    buf.close()


def test_region_outlives_its_descriptor(pair, exporter):
    user = Region(pair.a.pd, 5000, fill=DATA)
    whole = DmaBuf(2 * PAGE, exporter=exporter)
    fd = os.dup(whole.fd)
    mr = DmaBufMR(pair.b.pd, 5000, ALL, fd)
    os.close(fd)
    pair.a.send(e.IBV_WR_RDMA_WRITE, [user.sge()], (mr.rkey, 0))
    succeed(pair.a.cq)
    compare(whole.read(5000), pattern(5000, DATA), 'dma-buf')
    mr.close()
    whole.close()


def test_region_outlives_the_whole_buffer(pair, exporter):
    user = Region(pair.a.pd, 5000, fill=DATA)
    back = Region(pair.a.pd, 5000)
    whole = DmaBuf(2 * PAGE, exporter=exporter)
    mr = DmaBufMR(pair.b.pd, 5000, ALL, whole.fd)
    whole.close()
    pair.a.send(e.IBV_WR_RDMA_WRITE, [user.sge()], (mr.rkey, 0))
    pair.a.send(e.IBV_WR_RDMA_READ, [back.sge()], (mr.rkey, 0))
    succeed(pair.a.cq, 2)
    back.check(pattern(5000, DATA), 'written and read back')


# What the keys protect. Each access flag is left out in turn.

REMOTE_CASES = {
    'write': (e.IBV_WR_RDMA_WRITE, e.IBV_ACCESS_REMOTE_WRITE),
    'write_imm': (e.IBV_WR_RDMA_WRITE_WITH_IMM, e.IBV_ACCESS_REMOTE_WRITE),
    'read': (e.IBV_WR_RDMA_READ, e.IBV_ACCESS_REMOTE_READ),
}
ATOMICS = (e.IBV_WR_ATOMIC_FETCH_AND_ADD, e.IBV_WR_ATOMIC_CMP_AND_SWP)


def denied(pair, buf, status, length=None, wr_remote=None,
           opcode=e.IBV_WR_RDMA_WRITE, sge=None):
    """The request completes with status and leaves the dma-buf as it was."""
    user = Region(pair.a.pd, length or buf.length, fill=DATA)
    before = buf.whole.read(buf.size, 0)
    pair.a.send(opcode, [sge or user.sge()], wr_remote or buf.remote())
    expect(poll(pair.a.cq), status)
    compare(buf.whole.read(buf.size, 0), before, 'dma-buf after the denial')
    state = pair.a.qp.query(e.IBV_QP_STATE)[0].qp_state
    assert state == e.IBV_QPS_ERR
    buf.close()


@pytest.mark.parametrize('case', REMOTE_CASES)
def test_remote_access_without_the_flag(pair, exporter, case):
    opcode, flag = REMOTE_CASES[case]
    buf = Region(pair.b.pd, PAGE, exporter, access=ALL & ~flag)
    pair.b.recv([])                 # for the immediate
    denied(pair, buf, e.IBV_WC_REM_ACCESS_ERR, opcode=opcode)


@pytest.mark.parametrize('opcode', ATOMICS, ids=('fetch_add', 'cmp_swap'))
def test_atomic_without_the_flag(pair, exporter, opcode):
    user = Region(pair.a.pd, 8)
    access = ALL & ~e.IBV_ACCESS_REMOTE_ATOMIC
    buf = Region(pair.b.pd, PAGE, exporter, access=access)
    there = int.from_bytes(buf.read(0, 8), 'little')
    pair.a.atomic(opcode, user.sge(), buf.remote(), there, 5)
    expect(poll(pair.a.cq), e.IBV_WC_REM_ACCESS_ERR)
    buf.check(pattern(PAGE, CANARY), 'dma-buf')
    buf.close()


def test_read_into_dmabuf_without_local_write(pair, exporter):
    buf = Region(pair.a.pd, PAGE, exporter, access=0)
    user = Region(pair.b.pd, PAGE, fill=DATA)
    pair.a.send(e.IBV_WR_RDMA_READ, [buf.sge()], user.remote())
    expect(poll(pair.a.cq), e.IBV_WC_LOC_PROT_ERR)
    buf.check(pattern(PAGE, CANARY), 'dma-buf')
    buf.close()


def test_atomic_into_dmabuf_without_local_write(pair, exporter):
    buf = Region(pair.a.pd, PAGE, exporter, access=0)
    user = Region(pair.b.pd, 8)
    pair.a.atomic(e.IBV_WR_ATOMIC_FETCH_AND_ADD, buf.sge(0, 8), user.remote(), 5)
    expect(poll(pair.a.cq), e.IBV_WC_LOC_PROT_ERR)
    buf.check(pattern(PAGE, CANARY), 'dma-buf')
    buf.close()


def test_receive_into_dmabuf_without_local_write(pair, exporter):
    user = Region(pair.a.pd, PAGE, fill=DATA)
    buf = Region(pair.b.pd, PAGE, exporter, access=0)
    pair.b.recv([buf.sge()])
    pair.a.send(e.IBV_WR_SEND, [user.sge()])
    expect(poll(pair.a.cq), e.IBV_WC_REM_OP_ERR)
    expect(poll(pair.b.cq), e.IBV_WC_LOC_PROT_ERR)
    buf.check(pattern(PAGE, CANARY), 'dma-buf')
    buf.close()


def test_send_out_of_dmabuf_needs_no_flag(pair, exporter):
    buf = Region(pair.a.pd, PAGE, exporter, access=0, fill=DATA)
    user = Region(pair.b.pd, PAGE)
    pair.b.recv([user.sge()])
    pair.a.send(e.IBV_WR_SEND, [buf.sge()])
    succeed(pair.a.cq)
    succeed(pair.b.cq)
    user.check(pattern(PAGE, DATA), 'user memory')
    buf.close()


def test_wrong_rkey(pair, exporter):
    buf = Region(pair.b.pd, PAGE, exporter)
    denied(pair, buf, e.IBV_WC_REM_ACCESS_ERR,
           wr_remote=(buf.mr.rkey ^ 1, buf.addr))


def test_rkey_of_a_closed_region(pair, exporter):
    buf = Region(pair.b.pd, PAGE, exporter)
    remote = buf.remote()
    buf.mr.close()
    denied(pair, buf, e.IBV_WC_REM_ACCESS_ERR, wr_remote=remote)


def test_rkey_of_another_pd(pair, exporter):
    buf = Region(pair.a.pd, PAGE, exporter)
    denied(pair, buf, e.IBV_WC_REM_ACCESS_ERR)


def test_lkey_of_another_pd(pair, exporter):
    buf = Region(pair.b.pd, PAGE, exporter)
    user = Region(pair.b.pd, PAGE)
    pair.a.send(e.IBV_WR_RDMA_WRITE, [buf.sge()], user.remote())
    expect(poll(pair.a.cq), e.IBV_WC_LOC_PROT_ERR)
    user.check(pattern(PAGE, CANARY), 'user memory')
    buf.close()


def test_wrong_lkey(pair, exporter):
    buf = Region(pair.b.pd, PAGE, exporter)
    user = Region(pair.a.pd, PAGE)
    denied(pair, buf, e.IBV_WC_LOC_PROT_ERR,
           sge=SGE(user.addr, PAGE, user.mr.lkey ^ 1))


@pytest.mark.parametrize('first, length', (
    (-1, 10), (-PAGE, PAGE), (1, 5000), (5000, 1), (4999, 2), (2**20, 1)))
def test_remote_range_outside(pair, exporter, first, length):
    buf = Region(pair.b.pd, 5000, exporter, PAGE + 40)
    denied(pair, buf, e.IBV_WC_REM_ACCESS_ERR, length=length,
           wr_remote=(buf.mr.rkey, buf.addr + first))


@pytest.mark.parametrize('first, length', ((-1, 10), (1, 5000), (4999, 2)))
def test_local_range_outside(pair, exporter, first, length):
    buf = Region(pair.a.pd, 5000, exporter, PAGE + 40)
    user = Region(pair.b.pd, 5000)
    sge = SGE(buf.addr + first, length, buf.mr.lkey)
    pair.a.send(e.IBV_WR_RDMA_WRITE, [sge], user.remote())
    expect(poll(pair.a.cq), e.IBV_WC_LOC_PROT_ERR)
    user.check(pattern(5000, CANARY), 'user memory')
    buf.close()


def test_requests_behind_an_error_are_flushed(pair, exporter):
    buf = Region(pair.b.pd, PAGE, exporter)
    user = Region(pair.a.pd, PAGE, fill=DATA)
    bad = (buf.mr.rkey ^ 1, buf.addr)
    for remote in (buf.remote(), bad, buf.remote()):
        pair.a.send(e.IBV_WR_RDMA_WRITE, [user.sge()], remote)
    expect(poll(pair.a.cq, 3), OK, e.IBV_WC_REM_ACCESS_ERR, FLUSHED)
    buf.close()


# Buffers that move, are taken away, or are slow.

@pytest.fixture
def moving():
    """A connected pair of the dynamic device and a region that may move."""
    with Pair(SOFTHCA['dynamic']) as pair:
        buf = Region(pair.b.pd, 5 * PAGE + 77, 'testbuf:dynamic', PAGE + 9)
        yield pair, buf
        buf.close()


def test_access_after_a_move_faults_it_back(moving):
    pair, buf = moving
    user = Region(pair.a.pd, buf.length, fill=DATA)
    faults = read_counters('mlx5_0/stats')['page_faults']
    assert buf.whole.move(1, force=True) == 1
    assert buf.whole.stats()['mapped'] == 0
    write(pair, user, buf)
    buf.check(pattern(buf.length, DATA), 'dma-buf')
    assert read_counters('mlx5_0/stats')['page_faults'] == faults + 1
    assert buf.whole.stats()['violations'] == 0


def keep_moving(buf, stop, done):
    while not stop.is_set():
        done.append(buf.move(20, 200, force=True))


def test_moves_under_traffic_lose_no_byte(moving):
    pair, buf = moving
    out = Region(pair.a.pd, buf.length)
    back = Region(pair.a.pd, buf.length)
    stop, done = threading.Event(), []
    mover = threading.Thread(target=keep_moving, args=(buf.whole, stop, done))
    mover.start()
    try:
        for round_ in range(100, 200):
            out.fill(pattern(buf.length, round_))
            write(pair, out, buf)
            read(pair, back, buf)
            back.check(pattern(buf.length, round_), f'round {round_}')
    finally:
        stop.set()
        mover.join()
    buf.check(pattern(buf.length, 199), 'dma-buf')
    stats = buf.whole.stats()
    assert stats['moves'] == sum(done) > 100
    assert stats['violations'] == stats['guard_bad_bytes'] == 0


@pytest.mark.parametrize('mode', ('dynamic', 'revocable'))
def test_remote_access_after_revocation_fails(mode):
    with Pair(SOFTHCA[mode]) as pair:
        user = Region(pair.a.pd, PAGE, fill=DATA)
        buf = Region(pair.b.pd, PAGE, 'testbuf:dynamic')
        write(pair, user, buf)
        buf.whole.revoke()
        assert buf.whole.stats()['mapped'] == 0
        pair.a.send(e.IBV_WR_RDMA_WRITE, [user.sge()], buf.remote())
        pair.a.send(e.IBV_WR_RDMA_WRITE, [user.sge()], buf.remote())
        expect(poll(pair.a.cq, 2), e.IBV_WC_REM_ACCESS_ERR, FLUSHED)
        buf.close()


@pytest.mark.parametrize('mode', ('dynamic', 'revocable'))
def test_local_access_after_revocation_fails(mode):
    with Pair(SOFTHCA[mode]) as pair:
        buf = Region(pair.a.pd, PAGE, 'testbuf:dynamic')
        user = Region(pair.b.pd, PAGE)
        buf.whole.revoke()
        pair.a.send(e.IBV_WR_RDMA_WRITE, [buf.sge()], user.remote())
        expect(poll(pair.a.cq), e.IBV_WC_LOC_PROT_ERR)
        user.check(pattern(PAGE, CANARY), 'user memory')
        buf.close()


def test_pinned_buffer_does_not_move():
    with Pair(SOFTHCA['pinned']) as pair:
        buf = Region(pair.b.pd, PAGE, 'testbuf:dynamic')
        assert buf.whole.stats()['pinned'] > 0
        with pytest.raises(PyverbsRDMAError) as info:
            buf.whole.move()
        assert info.value.error_code == errno.EBUSY
        assert buf.whole.stats()['moves'] == 0
        buf.close()


def test_slow_exporter_only_takes_longer(hca):
    with Pair(hca) as pair:
        user = Region(pair.a.pd, PAGE, fill=DATA)
        buf = Region(pair.b.pd, PAGE, 'testbuf:delay=20000')
        write(pair, user, buf)
        buf.check(pattern(PAGE, DATA), 'dma-buf')
        buf.close()


def test_exporter_that_fails_to_map_again_gives_an_error():
    with Pair(SOFTHCA['dynamic']) as pair:
        user = Region(pair.a.pd, PAGE, fill=DATA)
        buf = Region(pair.b.pd, PAGE, 'testbuf:dynamic,fail_map=ENOMEM,nth=2')
        buf.whole.move(1, force=True)
        pair.a.send(e.IBV_WR_RDMA_WRITE, [user.sge()], buf.remote())
        expect(poll(pair.a.cq), e.IBV_WC_REM_ACCESS_ERR)
        buf.close()


# The tests' own teeth.

def corrupt_next_copy(count=1):
    with open(f'{rdma.DEBUGFS}/corrupt_copy', 'w', encoding='ascii') as f:
        f.write(str(count))


def test_one_wrong_byte_is_noticed(pair, exporter):
    user, buf = two_regions(pair, UNALIGNED, exporter)
    corrupt_next_copy()
    write(pair, user, buf)
    with pytest.raises(AssertionError, match='dma-buf: byte'):
        buf.check(pattern(user.length, DATA), 'dma-buf')
    buf.close()


@pytest.mark.parametrize('where', ('before', 'behind'))
def test_one_wrong_canary_is_noticed(hca_pd, exporter, where):
    buf = Region(hca_pd, PAGE, exporter)
    first = -1 if where == 'before' else buf.length
    byte = buf.read(first, 1)[0]
    buf.fill(bytes([byte ^ 1]), first)
    with pytest.raises(AssertionError, match=f'{where} the region: byte'):
        buf.check(pattern(PAGE, CANARY), 'dma-buf')
    buf.close()


def test_a_shifted_pattern_is_noticed():
    with pytest.raises(AssertionError, match='byte 0 '):
        compare(pattern(100, 1)[1:], pattern(100, 1)[:-1], 'shifted')
