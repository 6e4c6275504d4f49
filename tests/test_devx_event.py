# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Events of queues that are made by commands, and of the device: DEVX."""

import errno
import os
import select
import struct
import threading
import time

import pytest

from pyverbs.providers.mlx5 import mlx5_enums as dve
from pyverbs.providers.mlx5.mlx5dv import Mlx5DevxCmdComp
from pyverbs.providers.mlx5.mlx5dv_event import EventChannel, EventFD

import devx
from devx import Cq, Qp, Rmp
from rdma import (SOFTHCA, Region, error_of, read_counters, read_number,
                  wait_readable, wait_until)
from test_devx_queue import Pair, make_home, seg
from test_softhca import driver, ip, plugged

COMP, CQ_ERROR, WQ_FATAL, PORT = 0, 4, 5, 9
WQ_INVALID, WQ_ACCESS, RMP_ERROR, LAST_WQE, LIMIT = 0x10, 0x11, 0x12, 0x13, 0x14
OMIT = dve.MLX5DV_DEVX_CREATE_EVENT_CHANNEL_FLAGS_OMIT_EV_DATA
COOKIE = 0x1234567890abcdef


@pytest.fixture(name='home')
def fixture_home():
    with make_home() as home:
        yield home


@pytest.fixture(name='channel')
def fixture_channel(home):
    with EventChannel(home.ctx) as channel:
        os.set_blocking(channel.fd, False)
        yield channel


def told(channel, type_, number=None, cookie=COOKIE):
    wait_readable(channel.fd)
    event = channel.get_event()
    assert (event.cookie, len(event.data), event.data[1]) == \
        (cookie, 64, type_)
    if number is not None:
        assert struct.unpack_from('>I', event.data, 56)[0] == number
    return event.data


def nothing(channel):
    assert not select.select([channel.fd], [], [], 0.1)[0]
    assert error_of(channel.get_event) == errno.EAGAIN


def events():
    """So many were told; a completion is there before its event."""
    return read_counters(f"{SOFTHCA['dynamic']}/stats")['devx_events']


def write(pair, **changes):
    regions = [Region(pair.home.pd, 8) for _ in range(2)]
    pair.home.kept += regions
    key, addr = regions[1].remote()
    pair.a.send(changes.get('opcode', devx.WRITE),
                devx.remote(key ^ changes.get('spoil', 0), addr),
                seg(regions[0]))


# ---- completions ------------------------------------------------------------------

def test_completion_is_told_once_it_is_asked_for(home, channel):
    pair = Pair(home)
    channel.subscribe(COMP, COOKIE, pair.cq.obj)
    write(pair)
    pair.cq.succeed()
    nothing(channel)
    for _ in range(5):
        pair.cq.arm()
        nothing(channel)
        write(pair)
        told(channel, COMP, pair.cq.number)
        pair.cq.succeed()
    nothing(channel)


def test_without_data_and_coalesced(home):
    pair = Pair(home)
    with EventChannel(home.ctx, OMIT) as channel:
        os.set_blocking(channel.fd, False)
        channel.subscribe(COMP, COOKIE, pair.cq.obj)
        for _ in range(3):
            before = events()
            pair.cq.arm()
            write(pair)
            pair.cq.succeed()
            wait_until(lambda: events() > before, 'the event')
        event = channel.get_event()
        assert (event.cookie, event.data) == (COOKIE, b'')
        nothing(channel)
        pair.cq.arm()
        write(pair)
        wait_readable(channel.fd)
        assert channel.get_event().cookie == COOKIE


def test_eventfd_counts_instead(home, channel):
    pair = Pair(home)
    with EventFD(0, os.EFD_NONBLOCK) as fd:
        channel.subscribe(COMP, obj=pair.cq.obj, fd=fd)
        for _ in range(3):
            pair.cq.arm()
            write(pair)
            wait_readable(fd.fd)
            assert channel.get_event(fd=fd) == 1
            pair.cq.succeed()
        nothing(channel)


def test_what_is_no_eventfd(home, channel):
    cq = Cq(home)
    with EventFD() as fd, open('/dev/null', 'rb') as other:
        os.dup2(other.fileno(), fd.fd)
        assert error_of(channel.subscribe, COMP, obj=cq.obj, fd=fd) == \
            errno.EINVAL


# ---- what goes wrong --------------------------------------------------------------

def test_full_cq_is_an_error(home, channel):
    cq = Cq(home, 1)
    a, b = Qp(home, cq), Qp(home, cq)
    a.connect(b.number)
    b.connect(a.number)
    channel.subscribe(CQ_ERROR, 1, cq.obj)
    channel.subscribe([WQ_FATAL, WQ_ACCESS], 2, a.obj)
    source, target = (Region(home.pd, 8) for _ in range(2))
    for _ in range(3):
        a.send(devx.WRITE, devx.remote(*target.remote()), seg(source))
    data = told(channel, CQ_ERROR, cookie=1)
    assert struct.unpack_from('>I', data, 32)[0] == cq.number
    told(channel, WQ_FATAL, a.number, 2)
    assert a.state() == devx.ERR
    assert cq.query()[16] >> 4 == 9
    nothing(channel)


@pytest.mark.parametrize('changes, type_', (
    ({'spoil': 0x100}, WQ_ACCESS), ({'opcode': devx.READ}, WQ_INVALID)))
def test_mistake_of_the_peer(home, channel, changes, type_):
    pair = Pair(home, access=2)
    channel.subscribe([WQ_ACCESS, WQ_INVALID, WQ_FATAL], COOKIE, pair.b.obj)
    channel.subscribe([WQ_ACCESS, WQ_INVALID, WQ_FATAL], 7, pair.a.obj)
    write(pair, **changes)
    told(channel, type_, pair.b.number)
    nothing(channel)


def test_last_request_and_limit_of_a_shared_queue(home, channel):
    rmp = Rmp(home)
    pair = Pair(home, rmp)
    target = Region(home.pd, 8)
    channel.subscribe(LAST_WQE, 1, pair.b.obj)
    channel.subscribe(LIMIT, 2, rmp.obj)
    for _ in range(4):
        rmp.post(8, target.mr.lkey, target.addr)
    rmp.limit(3)
    nothing(channel)
    for _ in range(3):
        pair.a.send(devx.SEND, seg(target))
        pair.cq.succeed(2)
    told(channel, LIMIT, rmp.number, 2)
    nothing(channel)
    pair.b.modify(devx.TO_ERR)
    told(channel, LAST_WQE, pair.b.number, 1)


def test_shared_queue_that_makes_no_sense(home, channel):
    """More is posted than there is room for."""
    rmp = Rmp(home)
    pair, source = Pair(home, rmp), Region(home.pd, 8)
    channel.subscribe(RMP_ERROR, COOKIE, rmp.obj)
    rmp.memory.write(rmp.memory.record, struct.pack('>I', 1000))
    pair.a.send(devx.SEND, seg(source))
    told(channel, RMP_ERROR, rmp.number)
    nothing(channel)


def test_port(home, channel):
    channel.subscribe(PORT, COOKIE)
    for state, subtype in (('off', 1), ('on', 4)):
        ip('link', 'set', 'softhca0', 'carrier', state)
        data = told(channel, PORT)
        assert (data[3], data[40] >> 4) == (subtype, 1)


# ---- subscriptions ------------------------------------------------------------------

@pytest.mark.parametrize('type_', (PORT, LIMIT, CQ_ERROR, COMP, 0x77, 0x111))
def test_event_that_the_object_has_not(home, channel, type_):
    qp = Qp(home, Cq(home))
    assert error_of(channel.subscribe, [WQ_FATAL, type_], 0, qp.obj) == \
        errno.EINVAL


@pytest.mark.parametrize('type_', (WQ_FATAL, COMP, 0x77))
def test_event_that_the_device_has_not(channel, type_):
    assert error_of(channel.subscribe, [PORT, type_]) == errno.EINVAL


def test_object_without_events(home, channel):
    obj = devx.make(home, devx.command(devx.ALLOC_PD, 16))
    assert error_of(channel.subscribe, WQ_FATAL, 0, obj) == errno.EINVAL


def test_each_subscription_is_told(home, channel):
    pair = Pair(home)
    for cookie in range(3):
        channel.subscribe(COMP, cookie, pair.cq.obj)
    pair.cq.arm()
    write(pair)
    assert [channel.get_event().cookie for _ in range(3)
            if not wait_readable(channel.fd)] == [0, 1, 2]


def test_objects_go_and_their_events_stay(home, channel):
    pair = Pair(home)
    channel.subscribe(COMP, COOKIE, pair.cq.obj)
    pair.cq.arm()
    write(pair)
    wait_readable(channel.fd)
    number = pair.cq.number
    for thing in (pair.a, pair.b, pair.cq):
        thing.close()
    told(channel, COMP, number)
    nothing(channel)


def test_channel_goes_with_what_was_told(home):
    pair = Pair(home)
    for flags in (0, OMIT):
        channel = EventChannel(home.ctx, flags)
        channel.subscribe(COMP, COOKIE, pair.cq.obj)
        pair.cq.arm()
        write(pair)
        wait_readable(channel.fd)
        channel.close()
    pair.cq.arm()
    write(pair)
    pair.cq.succeed(3)


def test_more_than_fits_is_said(home, channel):
    pair = Pair(home)
    for _ in range(1500):
        channel.subscribe(COMP, COOKIE, pair.cq.obj)
    for _ in range(20):         # two completions may be one event
        pair.cq.arm()
        write(pair)
        wait_readable(channel.fd)
        pair.cq.succeed()
    assert error_of(channel.get_event) == errno.EOVERFLOW
    count = 0
    while select.select([channel.fd], [], [], 0)[0]:
        assert channel.get_event().cookie == COOKIE
        count += 1
    assert count == (1 << 20) // 72


def test_event_without_room(home, channel):
    pair = Pair(home)
    channel.subscribe(COMP, COOKIE, pair.cq.obj)
    pair.cq.arm()
    write(pair)
    wait_readable(channel.fd)
    assert error_of(channel.get_event, 71) == errno.EINVAL
    assert len(channel.get_event(72).data) == 64


# ---- unplugging ---------------------------------------------------------------------

@pytest.fixture(name='plug')
def fixture_plug():
    yield from plugged(2, SOFTHCA['revocable'])


def polled(fd):
    poll = select.poll()
    poll.register(fd, select.POLLIN | select.POLLRDHUP)
    return poll.poll(0)


def error_of_read(fd):
    try:
        return os.read(fd, 128)
    except OSError as error:
        return error.errno


@pytest.mark.parametrize('make', (EventChannel, Mlx5DevxCmdComp))
def test_reader_is_told_of_the_end_of_the_device(plug, make):
    results = []
    with make_home(SOFTHCA['revocable']) as home, make(home.ctx) as file:
        reader = threading.Thread(
            target=lambda: results.append(error_of_read(file.fd)))
        reader.start()
        time.sleep(0.1)
        assert reader.is_alive() and not polled(file.fd)
        driver('unbind', 2)
        reader.join(20)
        assert results == [errno.EIO]
        assert polled(file.fd) == [
            (file.fd, select.POLLIN | select.POLLRDHUP)]
        assert error_of_read(file.fd) == errno.EIO


def test_events_that_nobody_has_read_go_with_the_device(plug):
    with make_home(SOFTHCA['revocable']) as home, \
         EventChannel(home.ctx) as channel:
        pair = Pair(home)
        channel.subscribe(COMP, COOKIE, pair.cq.obj)
        channel.subscribe(PORT)
        pair.cq.arm()
        write(pair)
        wait_readable(channel.fd)
        driver('unbind', 2)
        assert read_number('alive') == 0
        assert error_of(channel.get_event) == errno.EIO
        assert error_of(channel.subscribe, PORT) == errno.EIO
