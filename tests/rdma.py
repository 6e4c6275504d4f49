# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""What the tests share: connected queue pairs, data, and how to compare it."""

import functools
import os
import random
import select
import time

import pytest

from pyverbs import enums as e
from pyverbs.addr import AHAttr, GID, GlobalRoute
from pyverbs.cq import CQ, CQEX, CompChannel, CqInitAttrEx
from pyverbs.device import Context
from pyverbs.dmabuf import DmaBuf
from pyverbs.mr import MR, DmaBufMR
from pyverbs.pd import PD
from pyverbs.pyverbs_error import PyverbsRDMAError
from pyverbs.qp import QP, QPAttr, QPCap, QPEx, QPInitAttr, QPInitAttrEx
from pyverbs.wr import SGE, RecvWR, SendWR

PAGE = 4096
# The methods and drivers of the newest kernel that the tests know.
NEWEST_KERNEL = int(os.uname().release.split('.')[0]) >= 7
DEBUGFS = '/sys/kernel/debug/softhca'
SOFTHCA = {'dynamic': 'mlx5_0', 'pinned': 'mlx5_1', 'revocable': 'mlx5_2'}
EXPORTERS = ('udmabuf', 'heap:system', 'vgem', 'testbuf', 'testbuf:dynamic')

LOCAL = e.IBV_ACCESS_LOCAL_WRITE
REMOTE = (e.IBV_ACCESS_REMOTE_WRITE | e.IBV_ACCESS_REMOTE_READ |
          e.IBV_ACCESS_REMOTE_ATOMIC)
ALL = LOCAL | REMOTE
CANARY = 7          # seed of what nothing may overwrite


@functools.lru_cache(64)
def pattern(length, seed):
    """Bytes in which the position shows; the same for the same seed."""
    return random.Random(seed).randbytes(length)


def compare(got, expected, what):
    """Fail with the first wrong byte's position."""
    if got == expected:
        return
    assert len(got) == len(expected), f'{what}: {len(got)} bytes'
    bad = next(i for i, pair in enumerate(zip(got, expected))
               if pair[0] != pair[1])
    raise AssertionError(f'{what}: byte {bad} is {got[bad]:#04x}, '
                         f'not {expected[bad]:#04x}')


def read_counters(path):
    """A debugfs file of `name number` lines as a dict."""
    with open(f'{DEBUGFS}/{path}', encoding='ascii') as f:
        return {name: int(value) for name, value in map(str.split, f)}


def read_number(name):
    with open(f'{DEBUGFS}/{name}', encoding='ascii') as f:
        return int(f.read().split()[-1])


def wait_until(condition, what, seconds=20):
    """Poll until condition() is true, at most that long."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f'waited {seconds} s for {what}'
        time.sleep(0.01)


def wait_readable(fd, seconds=20):
    assert select.select([fd], [], [], seconds)[0], f'no event in {seconds} s'


def next_event(ctx):
    """The type of the next asynchronous event, which is acknowledged."""
    wait_readable(ctx.async_fd)
    event = ctx.get_async_event()
    event.ack()
    return event.event_type


def poll(cq, count=1, seconds=20):
    """Return count completions, whatever their status."""
    found = []
    end = time.monotonic() + seconds
    while len(found) < count:
        found += cq.poll(count - len(found))[1]
        assert time.monotonic() < end, \
            f'{len(found)} of {count} completions in {seconds} s'
    return found


def routable_gid(ctx):
    """The index and text of a GID made from an IPv4 address."""
    for entry in ctx.query_gid_table(32):
        if entry.gid_str().startswith('0000:0000:0000:0000:0000:ffff:'):
            return entry.gid_index, entry.gid_str()
    raise AssertionError(f'{ctx.name} has no GID made from an IPv4 address')


def make_cq(ctx, channel, cq_ex=None):
    """A CQ, or a CQEX if there is a dict of what its attributes are."""
    if cq_ex is None:
        return CQ(ctx, 64, None, channel, 0)
    return CQEX(ctx, CqInitAttrEx(64, channel, **cq_ex))


def make_qp(ctx, pd, cq, qp_type, cap, send_ops=0):
    """A QP, or a QPEx for these ibv_wr_* calls."""
    if not send_ops:
        return QP(pd, QPInitAttr(qp_type=qp_type, scq=cq, rcq=cq, cap=cap))
    mask = e.IBV_QP_INIT_ATTR_PD | e.IBV_QP_INIT_ATTR_SEND_OPS_FLAGS
    return QPEx(ctx, QPInitAttrEx(qp_type=qp_type, scq=cq, rcq=cq, cap=cap,
                                  pd=pd, comp_mask=mask,
                                  send_ops_flags=send_ops))


class Side:
    """One end of a connection: a PD, CQ and QP, in a device of its own.

    With send_ops the QP is a QPEx, with cq_ex the CQ a CQEX.
    """

    def __init__(self, device, qp_type=e.IBV_QPT_RC, access=REMOTE, inline=64,
                 events=False, send_ops=0, cq_ex=None):
        self.ctx = Context(name=device)
        self.pd = PD(self.ctx)
        self.channel = CompChannel(self.ctx) if events else None
        self.cq = make_cq(self.ctx, self.channel, cq_ex)
        self.qp = make_qp(self.ctx, self.pd, self.cq, qp_type,
                          QPCap(16, 16, 4, 4, inline), send_ops)
        self.access = access
        self.gid_index, self.gid = routable_gid(self.ctx)

    def close(self):
        self.ctx.close()

    def enter(self, state):
        """For states that need nothing to be reached: reset and error."""
        self.qp.modify(QPAttr(qp_state=state), e.IBV_QP_STATE)

    def ah_attr(self, gid):
        return AHAttr(is_global=1, port_num=1,
                      gr=GlobalRoute(GID(gid), sgid_index=self.gid_index,
                                     hop_limit=64))

    def attr(self, peer, **changes):
        attr = QPAttr(port_num=1)
        attr.path_mtu = e.IBV_MTU_1024
        attr.qp_access_flags = self.access
        attr.dest_qp_num = peer.qp.qp_num
        attr.ah_attr = self.ah_attr(peer.gid)
        attr.max_rd_atomic = attr.max_dest_rd_atomic = 1
        attr.min_rnr_timer = 12
        attr.timeout = 14
        attr.retry_cnt = attr.rnr_retry = 7
        for name, value in changes.items():
            setattr(attr, name, value)
        return attr

    def send(self, opcode, sges, remote=None, imm=0, flags=0, wr_id=1):
        """Post one signaled request; remote is (rkey, address)."""
        wr = SendWR(wr_id, opcode, len(sges), imm, sges,
                    e.IBV_SEND_SIGNALED | flags)
        if remote:
            wr.set_wr_rdma(*remote)
        self.qp.post_send(wr)

    def recv(self, sges, wr_id=2):
        self.qp.post_recv(RecvWR(wr_id, len(sges), sges))

    def atomic(self, opcode, sge, remote, operand, swap=0):
        wr = SendWR(3, opcode, 1, 0, [sge])
        wr.set_wr_atomic(*remote, operand, swap)
        self.qp.post_send(wr)


def connect(a, b, **changes):
    a.qp.to_rts(a.attr(b, **changes))
    b.qp.to_rts(b.attr(a, **changes))


class Pair:
    """Two connected sides: requests go from a to b."""

    def __init__(self, device_a, device_b=None, access=REMOTE, changes=None,
                 **options):
        self.a = Side(device_a, access=access, **options)
        self.b = Side(device_b or device_a, access=access, **options)
        connect(self.a, self.b, **(changes or {}))

    def close(self):
        self.a.close()
        self.b.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


# Datagrams.

QKEY = 0x11111111


def ud_side(device, **options):
    side = Side(device, e.IBV_QPT_UD, **options)
    attr = QPAttr(port_num=1)
    attr.qkey = QKEY
    side.qp.to_rts(attr)
    return side


class Region:
    """length registered bytes within more memory, which holds canaries.

    Of user memory, or with an exporter of a dma-buf. Everything outside the
    registered bytes has to keep its contents; check() says so.
    """

    def __init__(self, pd, length, exporter=None, offset=PAGE, iova=None,
                 access=ALL, fill=CANARY, behind=PAGE):
        self.length, self.offset = length, offset
        size = -(-(offset + length + behind) // PAGE) * PAGE
        if exporter:
            self.whole = DmaBuf(size, exporter=exporter)
            size = self.whole.size
        else:
            self.whole = MR(pd, size, LOCAL)
        self.size = size
        self.whole.write(pattern(size, CANARY), size)
        self.fill(pattern(length, fill))
        if exporter:
            self.mr = DmaBufMR(pd, length, access, self.whole, offset,
                               iova=iova)
        else:
            self.mr = MR(pd, length, access, address=self.whole.buf + offset)

    @property
    def addr(self):
        return self.mr.buf

    def sge(self, first=0, length=None):
        length = self.length - first if length is None else length
        return SGE(self.addr + first, length, self.mr.lkey)

    def remote(self, first=0):
        return self.mr.rkey, self.addr + first

    def fill(self, data, first=0):
        self.whole.write(data, len(data), self.offset + first)

    def read(self, first=0, length=None):
        length = self.length - first if length is None else length
        return self.whole.read(length, self.offset + first)

    def check(self, expected, what):
        """The registered bytes are expected, all others untouched."""
        all_bytes = self.whole.read(self.size, 0)
        canary = pattern(self.size, CANARY)
        end = self.offset + self.length
        compare(all_bytes[:self.offset], canary[:self.offset],
                f'{what}, before the region')
        compare(all_bytes[self.offset:end], expected, what)
        compare(all_bytes[end:], canary[end:], f'{what}, behind the region')
        if isinstance(self.whole, DmaBuf) and \
           self.whole.exporter.startswith('testbuf'):
            assert self.whole.check_guards() is None

    def close(self):
        self.mr.close()
        self.whole.close()


def error_of(call, *args, **kwargs):
    """The errno value that the call fails with; it has to fail."""
    with pytest.raises(PyverbsRDMAError) as info:
        call(*args, **kwargs)
    return info.value.error_code


def expect(wcs, *statuses):
    """The completions have these statuses, in this order."""
    got = [wc.status.name for wc in wcs]
    assert got == [status.name for status in statuses], \
        f'got {", ".join(map(str, wcs))}'


def succeed(cq, count=1):
    wcs = poll(cq, count)
    expect(wcs, *[e.IBV_WC_SUCCESS] * count)
    return wcs


class Child:
    """A fork that runs something and then stays, holding its pages."""

    def __init__(self, work=lambda: None):
        done, stay = os.pipe(), os.pipe()
        self.pid = os.fork()
        if not self.pid:
            try:
                os.close(stay[1])
                work()
                os.write(done[1], b'x')
                os.read(stay[0], 1)
            finally:
                os._exit(0)
        os.close(done[1])
        os.close(stay[0])
        self.done, self.stay = done[0], stay[1]
        self.worked = os.read(self.done, 1) == b'x'

    def end(self):
        os.close(self.stay)
        os.close(self.done)
        os.waitpid(self.pid, 0)


def write_for_ever(device, exporter, told):
    """RDMA into a dma-buf, in a process that another one ends; a byte is written
    to the descriptor after each round."""
    pair = Pair(device)
    user = Region(pair.a.pd, 100000, fill=1)
    buf = Region(pair.b.pd, 100000, exporter)
    while True:
        for _ in range(8):
            pair.a.send(e.IBV_WR_RDMA_WRITE, [user.sge()], buf.remote())
        succeed(pair.a.cq, 8)
        os.write(told, b'.')
