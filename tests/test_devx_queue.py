# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Queues that are made by commands of the device: DEVX."""

import contextlib
import errno
import os
import signal
import struct

import pytest

from pyverbs import enums as e
from pyverbs.cq import CQ
from pyverbs.dmabuf import DmaBuf
from pyverbs.providers.mlx5 import mlx5_enums as dve
from pyverbs.providers.mlx5.mlx5dv import Mlx5DevxCmdComp
from pyverbs.providers.mlx5.mlx5dv_objects import Mlx5DvObj

import devx
import rdma
from devx import Cq, Home, Memory, Qp, Rmp, command, put
from rdma import (PAGE, SOFTHCA, Region, error_of, pattern, read_counters,
                  wait_until)
from test_softhca import driver, plugged

HCA = SOFTHCA['dynamic']
LOCAL_PROT, FLUSH, REMOTE_ACCESS, LOCAL_QP_OP = 4, 5, 0x13, 2


def pdn_of(pd):
    return Mlx5DvObj(dve.MLX5DV_OBJ_PD, pd=pd).dvpd.pdn


def make_home(device=HCA):
    return Home(device, pdn_of)


@pytest.fixture(name='home')
def fixture_home():
    with make_home() as home:
        yield home


class Pair:
    """Two QPs of one context that are connected, and their CQ."""

    def __init__(self, home, rmp=None, access=7, memories=(None, None)):
        self.home, self.rmp = home, rmp
        self.cq = Cq(home)
        self.a = Qp(home, self.cq, index=1, memory=memories[0])
        self.b = Qp(home, self.cq, rmp, index=2, memory=memories[1])
        self.a.connect(self.b.number, access)
        self.b.connect(self.a.number, access)

    def write(self, source, target):
        self.a.send(devx.WRITE, devx.remote(*target.remote()),
                    seg(source))


def seg(region, length=None):
    return devx.data(region.length if length is None else length,
                     region.mr.lkey, region.addr)


@pytest.fixture(name='pair')
def fixture_pair(home):
    yield Pair(home)


# ---- data ------------------------------------------------------------------------

@pytest.mark.parametrize('exporter', (None,) + rdma.EXPORTERS)
@pytest.mark.parametrize('length', (1, PAGE + 1, 300000))
def test_write_and_read(pair, exporter, length):
    pd = pair.home.pd
    source, target = Region(pd, length, fill=1), Region(pd, length, exporter)
    pair.write(source, target)
    assert pair.cq.succeed().user_index == 1
    target.check(pattern(length, 1), 'written')
    back = Region(pd, length)
    pair.b.send(devx.READ, devx.remote(*target.remote()), seg(back))
    assert pair.cq.succeed().length == length
    back.check(pattern(length, 1), 'read back')
    for region in (source, target, back):
        region.close()


def test_send_is_received(pair):
    pd = pair.home.pd
    source, target = Region(pd, 100, fill=1), Region(pd, 200)
    before = target.read()
    pair.b.recv(200, target.mr.lkey, target.addr)
    pair.a.send(devx.SEND, seg(source))
    cqes = sorted((pair.cq.poll() for _ in range(2)), key=lambda c: c.kind)
    assert [c.kind for c in cqes] == [devx.CQE_REQ, devx.CQE_RESP_SEND]
    assert (cqes[1].length, cqes[1].user_index) == (100, 2)
    target.check(pattern(100, 1) + before[100:], 'received')


def test_atomic(pair):
    word, old = Region(pair.home.pd, 8), Region(pair.home.pd, 8)
    word.fill((40).to_bytes(8, 'little'))
    pair.a.send(devx.FETCH_ADD, devx.remote(*word.remote()),
                struct.pack('>QQ', 2, 0), seg(old))
    pair.cq.succeed()
    assert int.from_bytes(word.read(), 'little') == 42
    assert int.from_bytes(old.read(), 'little') == 40


def test_queues_go_round(pair):
    source, target = (Region(pair.home.pd, 64) for _ in range(2))
    for i in range(200):
        source.fill(pattern(64, i))
        pair.write(source, target)
        pair.cq.succeed()
        target.check(pattern(64, i), f'round {i}')


@pytest.mark.parametrize('exporter', rdma.EXPORTERS)
def test_queues_in_dmabufs(home, exporter):
    with DmaBuf(4 * PAGE, exporter=exporter) as one, \
            DmaBuf(4 * PAGE, exporter=exporter) as other:
        pair = Pair(home, memories=(devx.BufMemory(home, PAGE, one),
                                    devx.BufMemory(home, PAGE, other)))
        source, target = Region(home.pd, 100, fill=1), Region(home.pd, 100)
        pair.write(source, target)
        pair.cq.succeed()
        target.check(pattern(100, 1), 'written')
        for queue in (pair.a, pair.b):
            queue.close()
        source.close()
        target.close()


def test_peer_may_be_of_the_verbs(home):
    with contextlib.closing(rdma.Side(HCA)) as side:
        cq = Cq(home)
        qp = Qp(home, cq)
        qp.connect(side.qp.qp_num)
        attr = side.attr(side)
        attr.dest_qp_num = qp.number
        side.qp.to_rts(attr)
        here, there = Region(home.pd, 500, fill=1), Region(side.pd, 500)
        qp.send(devx.WRITE, devx.remote(*there.remote()), seg(here))
        cq.succeed()
        there.check(pattern(500, 1), 'written')
        here.fill(pattern(500, 2))
        side.send(e.IBV_WR_RDMA_READ, [there.sge()], here.remote())
        rdma.succeed(side.cq)
        there.check(pattern(500, 2), 'read')
        there.close()


def test_shared_queue(home):
    rmp = Rmp(home)
    pair = Pair(home, rmp)
    source, target = Region(home.pd, 100, fill=1), Region(home.pd, 300)
    for i in range(40):
        rmp.post(100, target.mr.lkey, target.addr + 100 * (i % 3))
        pair.a.send(devx.SEND, seg(source))
        pair.cq.succeed(2)
    target.check(3 * pattern(100, 1), 'received')


def make_dct(home):
    rmp, cq = Rmp(home), Cq(home)
    cmd = command(devx.CREATE_DCT, 176)
    put(cmd, 16 + 8, 'I', cq.number)
    put(cmd, 16 + 12, 'I', 7 << 17)
    put(cmd, 16 + 16, 'I', 12 << 8)
    put(cmd, 16 + 20, 'II', rmp.number, home.pdn)
    put(cmd, 16 + 32, 'QI', 0x1122334455667788, 3 << 24 | 1 << 16)
    return devx.make(home, cmd)


def address_of(home, dct):
    return address(devx.number_of(dct), *rdma.routable_gid(home.ctx))


def test_dynamic_connection(home):
    own = Cq(home)
    dci = Qp(home, own, kind=devx.DCI)
    dci.connect(0)
    target, source = Region(home.pd, 100), Region(home.pd, 16, fill=1)
    av = address_of(home, make_dct(home))
    # Two blocks: one request of 16 + 48 + 16 + 16 bytes.
    post_long(dci, devx.WRITE, av, devx.remote(*target.remote()), seg(source))
    own.succeed()
    assert target.read(0, 16) == pattern(16, 1)


FLUSHED, REMOTE_ACCESS = 5, 0x13


def test_streams_of_a_dynamic_connection(home):
    """Of eight one may fail: another one ends them all."""
    cq = Cq(home)
    dci = Qp(home, cq, kind=devx.DCI, **{
        f'at_{devx.QPC + 124}': ('I', 3 << 24 | cq.number)})
    dci.connect(0)
    target, source = Region(home.pd, 100), Region(home.pd, 16, fill=1)
    av = address_of(home, make_dct(home))

    def write(stream, wrong=0):
        key, addr = target.remote()
        post_long(dci, devx.WRITE, av, devx.remote(key ^ wrong, addr),
                  seg(source), stream=stream)
        return cq.poll().syndrome

    assert write(1, wrong=1) == REMOTE_ACCESS
    assert [write(stream) for stream in (1, 2)] == [FLUSHED, 0]
    dci.modify(devx.RTS2RTS, at_264=('Q', 1), at_274=('H', 1))
    assert write(1) == 0
    assert [write(stream, wrong=1) for stream in (3, 4)] == 2 * [REMOTE_ACCESS]
    assert write(1) == FLUSHED
    assert dci.state() == devx.ERR


def address(number, index, gid):
    raw = bytes.fromhex(gid.replace(':', ''))
    return struct.pack('>IIIIIIHBBI', 0x11223344, 0x55667788,
                       1 << 31 | number, 0, 0, 0, 0, 0, 64,
                       1 << 30 | index << 20) + raw


def post_long(qp, opcode, *segments, stream=0):
    body = struct.pack('>IIII', qp.sent << 8 | opcode,
                       qp.number << 8 | 1 + sum(map(len, segments)) // 16,
                       stream << 8 | 8, 0) + b''.join(segments)
    qp.memory.write(qp.rq_bytes + qp.sent * 64, body)
    qp.sent += -(-len(body) // 64)
    qp.memory.write(qp.memory.record + 4, struct.pack('>I', qp.sent))
    qp.home.ring(devx.UAR_SQ)


def test_completions_in_one_place(home):
    """What NVSHMEM has: nobody says how far he has read."""
    cq = Cq(home, 2, at_16=('I', 1 << 20 | 1 << 17))
    qp, peer = Qp(home, cq), Qp(home, cq)
    qp.connect(peer.number)
    peer.connect(qp.number)
    source, target = Region(home.pd, 8), Region(home.pd, 8)
    for i in range(10):
        qp.send(devx.WRITE, devx.remote(*target.remote()), seg(source))
    wait_until(lambda: devx.Cqe(cq.memory.read(0, 64)).counter == 9,
               'the last completion')
    assert all(cq.memory.read(64 * i + 63, 1) == b'\xf0' for i in range(1, 4))


# ---- what goes wrong --------------------------------------------------------------

def test_wrong_key_ends_both(pair):
    source, target = Region(pair.home.pd, 8), Region(pair.home.pd, 8)
    key, addr = target.remote()
    pair.a.send(devx.WRITE, devx.remote(key ^ 0x100, addr), seg(source))
    assert pair.cq.poll().syndrome == REMOTE_ACCESS
    assert (pair.a.state(), pair.b.state()) == (devx.ERR, devx.ERR)
    pair.a.send(devx.WRITE, devx.remote(key, addr), seg(source))
    assert pair.cq.poll().syndrome == FLUSH


def test_injected_failure(pair):
    source, target = Region(pair.home.pd, 8), Region(pair.home.pd, 8)
    with open(f'{rdma.DEBUGFS}/fail_wqe', 'w', encoding='ascii') as f:
        f.write('1')
    pair.write(source, target)
    assert pair.cq.poll().syndrome == LOCAL_QP_OP


def test_reset_begins_anew(pair):
    source, target = Region(pair.home.pd, 8, fill=1), Region(pair.home.pd, 8)
    pair.a.modify(devx.TO_ERR)
    assert pair.a.state() == devx.ERR
    for qp, peer in ((pair.a, pair.b), (pair.b, pair.a)):
        qp.modify(devx.TO_RST)
        assert qp.state() == devx.RESET
        qp.sent = 0
        qp.memory.write(qp.memory.record, bytes(8))
        qp.connect(peer.number)
    pair.write(source, target)
    pair.cq.succeed()
    target.check(pattern(8, 1), 'written')


def test_rights_are_the_queue_pairs(home):
    pair = Pair(home, access=0)
    source, target = Region(home.pd, 8, fill=1), Region(home.pd, 8)
    pair.b.modify(devx.RTS2RTS, devx.RWE, at_168=('I', 2 << 13))
    pair.write(source, target)
    pair.cq.succeed()
    pair.a.send(devx.READ, devx.remote(*target.remote()), seg(source))
    assert pair.cq.poll().syndrome == 0x12


def test_query_says_what_was_set(pair):
    out = pair.a.query()
    word = struct.unpack_from('>58I', out, devx.QPC)
    assert out[devx.QPC] >> 4 == devx.RTS
    assert word[1] == pair.home.pdn
    assert word[4] == 1
    assert word[5] & 0xffffff == pair.b.number
    assert word[31] & 0xffffff == pair.cq.number
    assert pair.cq.query()[28] == 6


# ---- what is in use stays ---------------------------------------------------------

def test_parts_in_use_are_busy(home):
    rmp = Rmp(home)
    pair = Pair(home, rmp)
    for thing in (pair.cq.obj, rmp.obj, pair.cq.memory, rmp.memory,
                  pair.a.memory):
        assert error_of(thing.close) == errno.EBUSY
    assert error_of(home.pd.close) == errno.EBUSY
    for thing in (pair.a, pair.b, pair.cq, rmp):
        thing.close()
    home.pd.close()


def test_cq_of_the_verbs_in_use_is_busy(home):
    with CQ(home.ctx, 16) as cq:
        other = Cq(home)
        number = Mlx5DvObj(dve.MLX5DV_OBJ_CQ, cq=cq).dvcq.cqn
        qp = Qp(home, other, at_148=('I', number))
        assert error_of(cq.close) == errno.EBUSY
        qp.close()


def test_umem_of_another_context(home):
    with make_home() as other:
        memory = Memory(other, PAGE)
        assert error_of(Cq, home, at_88=('I', memory.id)) == errno.EREMOTEIO
        cq = Cq(other)
        assert error_of(Qp, home, cq) == errno.EREMOTEIO


# ---- what the device does not make ---------------------------------------------------

BIG = 0xffffffff


@pytest.mark.parametrize('place, value', (
    ('at_16', ('I', 2 << 21)), ('at_20', ('I', BIG)), ('at_20', ('I', 0)),
    ('at_28', ('I', 31 << 24)), ('at_28', ('I', 6 << 24 | 0xfffff)),
    ('at_36', ('I', 0)), ('at_36', ('I', BIG)), ('at_72', ('Q', PAGE + 4)),
    ('at_72', ('Q', 2 * PAGE)), ('at_72', ('Q', 2 ** 64 - 8)),
    ('at_80', ('Q', PAGE + 64)), ('at_80', ('Q', 2 ** 64 - 64)),
    ('at_88', ('I', 0)), ('at_88', ('I', BIG))),
    ids=lambda value: value if isinstance(value, str) else hex(value[1]))
def test_cq_that_is_not_made(home, place, value):
    assert error_of(Cq, home, **{place: value}) == errno.EREMOTEIO


@pytest.mark.parametrize('place, value', (
    ('at_24', ('I', 9 << 16)), ('at_28', ('I', 0)), ('at_28', ('I', 0xffffff)),
    ('at_32', ('I', 4 << 19 | 7 << 16)), ('at_32', ('I', 15 << 19 | 1 << 16)),
    ('at_32', ('I', 4 << 19 | 1 << 16 | 15 << 11)), ('at_36', ('I', 0xfffff)),
    ('at_148', ('I', 0)), ('at_148', ('I', 0xffffff)), ('at_180', ('I', 0)),
    ('at_184', ('Q', 4)), ('at_184', ('Q', 1 << 40)),
    ('at_196', ('I', 1 << 24)), ('at_196', ('I', 1 << 24 | 0xffffff)),
    ('at_196', ('I', 2 << 24)), ('at_252', ('I', BIG)),
    ('at_256', ('Q', 2 ** 64 - 1)), ('at_264', ('I', BIG))),
    ids=lambda value: value if isinstance(value, str) else hex(value[1]))
def test_qp_that_is_not_made(home, place, value):
    cq = Cq(home)
    assert error_of(Qp, home, cq, **{place: value}) == errno.EREMOTEIO


@pytest.mark.parametrize('place, value', (
    ('at_80', ('I', 1 << 28)), ('at_88', ('I', 0)), ('at_96', ('Q', 2)),
    ('at_112', ('I', 15 << 16 | 4)), ('at_112', ('I', 6 << 16 | 31)),
    ('at_112', ('I', 3 << 16 | 4)), ('at_120', ('I', BIG)),
    ('at_124', ('I', BIG)), ('at_128', ('Q', 1 << 63))),
    ids=lambda value: value if isinstance(value, str) else hex(value[1]))
def test_shared_queue_that_is_not_made(home, place, value):
    assert error_of(Rmp, home, **{place: value}) == errno.EREMOTEIO


@pytest.mark.parametrize('opcode', (devx.CREATE_CQ, devx.CREATE_QP,
                                    devx.CREATE_DCT, devx.CREATE_RMP))
@pytest.mark.parametrize('length', (16, 80))
def test_command_that_ends_early(home, opcode, length):
    assert error_of(devx.make, home, command(opcode, length)) == \
        errno.EREMOTEIO


@pytest.mark.parametrize('opcode', (devx.RST2INIT, devx.INIT2INIT,
                                    devx.INIT2RTR, devx.RTR2RTS))
def test_step_from_another_state(pair, opcode):
    assert error_of(pair.a.modify, opcode, at_84=('I', 1 << 16),
                    at_32=('I', 3 << 29)) == errno.EREMOTEIO
    assert pair.a.state() == devx.RTS


def test_option_that_is_not_known(pair):
    assert error_of(pair.a.modify, devx.RTS2RTS, 1 << 31) == errno.EREMOTEIO


def test_object_that_the_command_does_not_mean(pair):
    for obj, cmd in ((pair.a.obj, command(devx.TO_ERR, 16, pair.b.number)),
                     (pair.a.obj, command(devx.MODIFY_CQ, 272,
                                          pair.a.number)),
                     (pair.cq.obj, command(devx.TO_ERR, 16, pair.cq.number))):
        assert error_of(obj.modify, bytes(cmd), 16) == errno.EINVAL
    assert pair.b.state() == devx.RTS


# ---- who is gone -----------------------------------------------------------------------

def test_killed_process_leaves_nothing():
    told, tell = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            home = make_home()
            pair = Pair(home, Rmp(home))
            source, target = (Region(home.pd, 10 * PAGE) for _ in range(2))
            pair.write(source, target)
            os.write(tell, b'.')
            signal.pause()
        finally:
            os._exit(1)
    os.close(tell)
    assert os.read(told, 1) == b'.'
    assert read_counters(f'{HCA}/objects')['devx_objs'] == 4
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(told)
    wait_until(lambda: rdma.read_number('alive') == 0, 'objects to go')


@pytest.fixture(name='plug')
def fixture_plug():
    yield from plugged(2, SOFTHCA['revocable'])


def test_unplugged_device_takes_its_queues(plug):
    with make_home(SOFTHCA['revocable']) as home:
        pair = Pair(home, Rmp(home))
        driver('unbind', 2)
        assert rdma.read_number('alive') == 0
        home.ring(devx.UAR_SQ)
        assert error_of(pair.a.query) == errno.EIO


# ---- answers that come later -------------------------------------------------------------

def test_answers_come_later(pair):
    with Mlx5DevxCmdComp(pair.home.ctx) as comp:
        for qp, name in ((pair.a, 5), (pair.b, 2 ** 64 - 1)):
            qp.obj.query_async(bytes(command(devx.QUERY_QP, 16, qp.number)),
                               272, name, comp)
        for qp, name in ((pair.a, 5), (pair.b, 2 ** 64 - 1)):
            rdma.wait_readable(comp.fd)
            assert comp.get_async_cmd_comp(272) == (name, qp.query())


def test_later_answer_without_room(pair):
    cmd = bytes(command(devx.QUERY_QP, 16, pair.a.number))
    with Mlx5DevxCmdComp(pair.home.ctx) as comp:
        pair.a.obj.query_async(cmd, 272, 1, comp)
        assert error_of(comp.get_async_cmd_comp, 271) == errno.ENOSPC
        assert comp.get_async_cmd_comp(272)[0] == 1
        assert error_of(pair.a.obj.query_async, bytes(command(0x7ff, 16)), 16,
                        1, comp) == errno.EINVAL
        for _ in range(15):
            pair.a.obj.query_async(cmd, 65535, 1, comp)
        assert error_of(pair.a.obj.query_async, cmd, 65535, 1, comp) == \
            errno.EAGAIN
