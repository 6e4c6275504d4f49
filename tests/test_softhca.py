# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""The software device as a device: ports, unplugging, taking turns."""

import errno
import os
import subprocess
import threading
import time

import pytest

from pyverbs import enums as e
from pyverbs.device import Context
from pyverbs.dmabuf import DmaBuf
from pyverbs.mr import DmaBufMR
from pyverbs.pd import PD
from pyverbs.pyverbs_error import PyverbsRDMAError

from rdma import ALL, PAGE, SOFTHCA, Pair, Region, expect, next_event, \
    pattern, poll, read_counters, read_number, succeed, wait_until

DRIVER = '/sys/bus/platform/drivers/softhca'
INDEX = 1               # of the device that is unplugged: softhca.1, softhca1
NAME = SOFTHCA['pinned']
ADDRESS = '198.18.77.1/24'


def ip(*args):
    subprocess.run(['ip', *args], check=True)


def address_of(netdev):
    out = subprocess.run(['ip', '-br', '-4', 'address', 'show', netdev],
                         check=True, text=True, stdout=subprocess.PIPE).stdout
    return out.split()[2]


def wait_for_event(ctx, kind):
    """Others may come before it: addresses change with the port."""
    while next_event(ctx) != kind:
        pass


# Ports

@pytest.fixture
def netdev(hca):
    name = f'softhca{list(SOFTHCA.values()).index(hca)}'
    address = address_of(name)
    yield name
    ip('link', 'set', name, 'up', 'carrier', 'on')
    ip('address', 'replace', address, 'dev', name)
    wait_until(lambda: port_state(hca) == e.IBV_PORT_ACTIVE, 'the port')


def port_state(name):
    with Context(name=name) as ctx:
        return ctx.query_port(1).state


@pytest.mark.parametrize('away, back', (
    (('down',), ('up',)), (('carrier', 'off'), ('carrier', 'on'))),
    ids=('administrator', 'carrier'))
def test_port_that_goes_and_comes_is_told(hca, netdev, away, back):
    with Context(name=hca) as ctx:
        ip('link', 'set', netdev, *away)
        wait_for_event(ctx, e.IBV_EVENT_PORT_ERR)
        assert ctx.query_port(1).state == e.IBV_PORT_DOWN
        ip('link', 'set', netdev, *back)
        wait_for_event(ctx, e.IBV_EVENT_PORT_ACTIVE)


def test_new_address_is_a_new_gid(hca, netdev):
    with Context(name=hca) as ctx:
        ip('address', 'add', ADDRESS, 'dev', netdev)
        assert next_event(ctx) == e.IBV_EVENT_GID_CHANGE
        ip('address', 'del', ADDRESS, 'dev', netdev)
        assert next_event(ctx) == e.IBV_EVENT_GID_CHANGE


# Unplugging

def driver(action, index=INDEX):
    with open(f'{DRIVER}/{action}', 'w', encoding='ascii') as f:
        f.write(f'softhca.{index}')


def is_plugged(index):
    return os.path.exists(f'{DRIVER}/softhca.{index}')


def plugged(index, name):
    """Brings the device back that a test has unplugged, or was about to."""
    address = address_of(f'softhca{index}')
    yield
    if is_plugged(index):
        driver('unbind', index)
    driver('bind', index)
    ip('address', 'add', address, 'dev', f'softhca{index}')
    wait_until(lambda: port_state(name) == e.IBV_PORT_ACTIVE, 'the device')


@pytest.fixture
def plug():
    yield from plugged(INDEX, NAME)


def test_unplugged_device_is_fatal_and_refuses(plug):
    with Context(name=NAME) as ctx:
        pd = PD(ctx)
        driver('unbind')
        assert next_event(ctx) == e.IBV_EVENT_DEVICE_FATAL
        with pytest.raises(PyverbsRDMAError) as info:
            PD(ctx)
        assert info.value.error_code == errno.EIO
        pd.close()


def test_doorbells_of_an_unplugged_device_do_no_harm(plug):
    with Pair(NAME, SOFTHCA['dynamic']) as pair:
        user, to = Region(pair.a.pd, 100), Region(pair.b.pd, 100)
        pair.a.send(e.IBV_WR_RDMA_WRITE, [user.sge()], to.remote())
        succeed(pair.a.cq)
        driver('unbind')
        for _ in range(3):
            pair.a.send(e.IBV_WR_RDMA_WRITE, [user.sge()], to.remote())
            time.sleep(0.01)
        assert pair.a.cq.poll() == (0, [])
    assert read_number('alive') == 0


def test_unplugged_device_drops_its_dmabufs(plug, exporter):
    with Context(name=NAME) as ctx, DmaBuf(PAGE, exporter=exporter) as buf:
        mr = DmaBufMR(PD(ctx), PAGE, ALL, buf)
        driver('unbind')
        assert read_number('alive') == 0
        mr.close()


def test_peer_of_an_unplugged_device_gives_up(plug):
    with Pair(SOFTHCA['dynamic'], NAME,
              changes={'timeout': 8, 'retry_cnt': 1}) as pair:
        user, to = Region(pair.a.pd, 100), Region(pair.b.pd, 100)
        driver('unbind')
        pair.a.send(e.IBV_WR_RDMA_WRITE, [user.sge()], to.remote())
        expect(poll(pair.a.cq), e.IBV_WC_RETRY_EXC_ERR)


# Taking turns

def write_small(pair, user, to):
    pair.a.send(e.IBV_WR_RDMA_WRITE, [user.sge()], to.remote())
    succeed(pair.a.cq)


def test_exporter_that_is_slow_to_map_delays_nobody_else():
    with Pair(SOFTHCA['dynamic']) as slow, Pair(SOFTHCA['dynamic']) as other:
        out = Region(slow.a.pd, PAGE, fill=1)
        to = Region(slow.b.pd, PAGE, 'testbuf:dynamic,delay=1000000', 0)
        faults = read_counters('mlx5_0/stats')['page_faults']
        to.whole.move()
        slow.a.send(e.IBV_WR_RDMA_WRITE, [out.sge()], to.remote())
        small, there = Region(other.a.pd, 8), Region(other.b.pd, 8)
        write_small(other, small, there)
        assert slow.a.cq.poll() == (0, [])
        succeed(slow.a.cq)
        to.check(pattern(PAGE, 1), 'written')
        assert read_counters('mlx5_0/stats')['page_faults'] == faults + 1


def test_long_messages_of_many_leave_room_for_a_short_one():
    length = 8 << 20
    pairs = [Pair(SOFTHCA['dynamic']) for _ in range(8)]
    with Pair(SOFTHCA['dynamic']) as small:
        regions = [(Region(p.a.pd, length), Region(p.b.pd, length))
                   for p in pairs]
        user, to = Region(small.a.pd, 8), Region(small.b.pd, 8)
        for p, (out, there) in zip(pairs, regions):
            for _ in range(8):
                p.a.send(e.IBV_WR_RDMA_WRITE, [out.sge()], there.remote())
        write_small(small, user, to)
        assert pairs[-1].a.cq.poll(8)[0] < 8, 'nothing left to wait for'
        for p in pairs:
            p.a.qp.close()
            p.close()


def test_moving_buffer_is_written_all_the_same():
    with Pair(SOFTHCA['dynamic']) as pair:
        length = 100000
        out = Region(pair.a.pd, length, fill=1)
        to = Region(pair.b.pd, length, 'testbuf:dynamic', PAGE)
        mover = threading.Thread(target=to.whole.move, args=(200, 500))
        mover.start()
        rounds = 0
        while mover.is_alive():
            pair.a.send(e.IBV_WR_RDMA_WRITE, [out.sge()], to.remote())
            succeed(pair.a.cq)
            rounds += 1
        mover.join()
        to.check(pattern(length, 1), f'after {rounds} rounds')
        assert rounds > 3
