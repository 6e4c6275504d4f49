# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Who goes first: objects, descriptors and processes around a dma-buf MR.

Whatever the order, the bytes go where they should or nowhere, and nothing is
left: the `clean` fixture counts objects, buffers and descriptors after each.
"""

import os
import socket

import pytest

from pyverbs import enums as e
from pyverbs.device import Context
from pyverbs.dmabuf import DmaBuf
from pyverbs.mr import DmaBufMR
from pyverbs.pd import PD

from rdma import ALL, PAGE, Child, Pair, Region, compare, expect, pattern, poll, \
    read_number, succeed, wait_until

DATA = 1
SIZE = 3 * PAGE


@pytest.fixture
def pair(hca):
    with Pair(hca) as both:
        yield both


@pytest.fixture
def regions(pair, exporter):
    """Data in user memory at a, a dma-buf at b."""
    buf = Region(pair.b.pd, SIZE, exporter)
    yield Region(pair.a.pd, SIZE, fill=DATA), buf
    buf.close()


def write(pair, user, remote, count=1):
    for _ in range(count):
        pair.a.send(e.IBV_WR_RDMA_WRITE, [user.sge()], remote)


# Objects closed in the wrong order, with requests on their way.

def test_region_closed_under_traffic_ends_it(pair, regions):
    user, buf = regions
    write(pair, user, buf.remote(), 8)
    buf.mr.close()
    wcs = poll(pair.a.cq, 8)
    good = sum(wc.status == e.IBV_WC_SUCCESS for wc in wcs)
    expect(wcs[good:], *[e.IBV_WC_REM_ACCESS_ERR,
                         *[e.IBV_WC_WR_FLUSH_ERR] * 7][:8 - good])


def test_buffer_closed_under_traffic_loses_nothing(pair, exporter):
    """close() takes the MRs along, so the traffic is over by then."""
    user = Region(pair.a.pd, SIZE, fill=DATA)
    buf = DmaBuf(SIZE, exporter=exporter)
    mr = DmaBufMR(pair.b.pd, SIZE, ALL, buf)
    write(pair, user, (mr.rkey, 0), 8)
    buf.close()
    assert len(poll(pair.a.cq, 8)) == 8


@pytest.mark.parametrize('first', ('qp', 'cq', 'pd', 'ctx'))
@pytest.mark.parametrize('end', ('a', 'b'))
def test_object_closed_under_traffic(hca, exporter, first, end):
    with Pair(hca, changes={'timeout': 8, 'retry_cnt': 1}) as pair:
        user = Region(pair.a.pd, SIZE, fill=DATA)
        whole = DmaBuf(SIZE, exporter=exporter)
        mr = DmaBufMR(pair.b.pd, SIZE, ALL, whole.fd)
        write(pair, user, (mr.rkey, 0), 8)
        getattr(getattr(pair, end), first).close()
        if end == 'b':
            assert len(poll(pair.a.cq, 8)) == 8
        pair.close()
        whole.read(SIZE)
        whole.close()


def test_regions_of_one_buffer_outlive_it(hca_pd, exporter):
    buf = DmaBuf(SIZE, exporter=exporter)
    mrs = [DmaBufMR(hca_pd, PAGE, ALL, buf.fd, i * PAGE) for i in range(3)]
    buf.close()
    keys = {mr.rkey for mr in mrs}
    for mr in mrs:
        mr.close()
    assert len(keys) == 3


# Processes

def test_write_goes_on_while_a_child_lives(pair, regions):
    user, buf = regions
    child = Child()
    try:
        write(pair, user, buf.remote())
        succeed(pair.a.cq)
        buf.check(pattern(SIZE, DATA), 'dma-buf')
    finally:
        child.end()


def test_write_goes_on_after_a_child_ended(pair, regions):
    user, buf = regions
    Child().end()
    write(pair, user, buf.remote())
    succeed(pair.a.cq)
    buf.check(pattern(SIZE, DATA), 'dma-buf')


def test_child_sees_what_the_device_wrote(pair, regions):
    """The mapping of a dma-buf is shared, not copied, by fork."""
    user, buf = regions
    told, tell = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(tell)
        os.read(told, 1)
        same = buf.read() == pattern(SIZE, DATA)
        os._exit(0 if same else 1)
    os.close(told)
    write(pair, user, buf.remote())
    succeed(pair.a.cq)
    os.close(tell)
    assert os.waitpid(pid, 0)[1] == 0


def test_child_keeps_the_buffer_but_not_the_region(hca):
    """The region goes with its owner's close, the buffer with the last
    descriptor of it."""
    before = read_number('testbuf_live')
    with Context(name=hca) as ctx:
        buf = DmaBuf(SIZE, exporter='testbuf')
        mr = DmaBufMR(PD(ctx), SIZE, ALL, buf)
        child = Child()
        mr.close()
        buf.close()
        assert read_number('testbuf_live') == before + 1
        child.end()
    wait_until(lambda: read_number('testbuf_live') == before, 'the buffer')


def test_descriptor_sent_to_the_parent_registers(pair):
    """The fd of another process's buffer, as an allocator process hands it
    out; that process ends before the region is used."""
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if not pid:
        buf = DmaBuf(SIZE, exporter='testbuf:dynamic')
        buf.write(pattern(SIZE, 5), SIZE)
        socket.send_fds(theirs, [b'x'], [buf.fd])
        os._exit(0)
    theirs.close()
    _, (fd,), _, _ = socket.recv_fds(ours, 1, 1)
    ours.close()
    os.waitpid(pid, 0)
    mr = DmaBufMR(pair.b.pd, SIZE, ALL, fd)
    os.close(fd)
    user = Region(pair.a.pd, SIZE)
    pair.a.send(e.IBV_WR_RDMA_READ, [user.sge()], (mr.rkey, 0))
    succeed(pair.a.cq)
    compare(user.read(), pattern(SIZE, 5), 'read')
    mr.close()
