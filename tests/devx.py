# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Queues of mlx5 devices that are made by commands, for tests: their memory is
written and read here, byte by byte, and the doorbells are rung by hand.

It runs on Debian's pyverbs as well. Places in commands are those of the kernel's
mlx5_ifc.h; what that has no name for, the umems of queues and of doorbell
records, is where UCX puts it.
"""

import ctypes
import struct
import time

from pyverbs.pd import PD
from pyverbs.providers.mlx5 import mlx5_enums as dve
from pyverbs.providers.mlx5.mlx5dv import (
    Mlx5Context, Mlx5DevxObj, Mlx5DVContextAttr, Mlx5UAR, Mlx5UMEM)

PAGE = 4096
LOCAL_WRITE = 1
CREATE_MKEY, ALLOC_PD = 0x200, 0x800
CREATE_CQ, QUERY_CQ, MODIFY_CQ = 0x400, 0x402, 0x403
CREATE_QP, RST2INIT, INIT2RTR, RTR2RTS, RTS2RTS = 0x500, 0x502, 0x503, 0x504, 0x505
TO_ERR, TO_RST, QUERY_QP, INIT2INIT = 0x507, 0x50a, 0x50b, 0x50e
CREATE_DCT, CREATE_RMP, MODIFY_RMP, QUERY_RMP = 0x710, 0x90c, 0x90d, 0x90f
RC, UC, UD, DCI = 0, 1, 2, 5
RESET, INIT, RTR, RTS, ERR = 0, 1, 2, 3, 6
OWN_RQ, SHARED_RQ, NO_RQ = 0, 1, 3
RRE, RAE, RWE = 1 << 1, 1 << 2, 1 << 3
SEND, WRITE, WRITE_IMM, READ, FETCH_ADD = 0x0a, 0x08, 0x09, 0x10, 0x12
CQE_REQ, CQE_RESP_SEND, CQE_REQ_ERR, CQE_RESP_ERR = 0, 2, 13, 14
INVALID = 0xf0
ENTRY = 64
UAR_CQ, UAR_SQ = 0x20, 0x800        # registers in their page


def put(command, at, fmt, *values):
    struct.pack_into('>' + fmt, command, at, *values)


def make(home, cmd):
    """Kept, for nobody destroys it in the right order but its context."""
    obj = Mlx5DevxObj(home.ctx, bytes(cmd), 16)
    home.kept.append(obj)
    return obj


def command(opcode, length=272, number=0):
    buf = bytearray(length)
    put(buf, 0, 'H', opcode)
    if length >= 12:
        put(buf, 8, 'I', number)
    return buf


def number_of(obj):
    """That an object has in the device."""
    return struct.unpack_from('>I', obj.out_view, 8)[0] & 0xffffff


class Home:
    """A context with DEVX, and what queues are made of in it."""

    def __init__(self, device, pdn_of):
        attr = Mlx5DVContextAttr(dve.MLX5DV_CONTEXT_FLAGS_DEVX)
        self.ctx = Mlx5Context(attr, device)
        self.pd = PD(self.ctx)
        self.pdn = pdn_of(self.pd)
        self.uar = Mlx5UAR(self.ctx, dve._MLX5DV_UAR_ALLOC_TYPE_NC)
        self.eqn = self.ctx.devx_query_eqn(0)
        self.kept = []

    def ring(self, register):
        """What is written does not matter, on hardware it would."""
        ctypes.c_uint64.from_address(self.uar.base_addr + register).value = 1

    def close(self):
        self.ctx.close()
        self.kept.clear()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


class Memory:
    """Of the process, as the device names it; a queue and, in a page of its own
    behind it, the doorbell record."""

    def __init__(self, home, length, access=LOCAL_WRITE):
        self.record = -(-length // PAGE) * PAGE
        self.umem = Mlx5UMEM(home.ctx, self.record + PAGE, alignment=PAGE,
                             access=access)
        home.kept.append(self.umem)
        self.bytes = (ctypes.c_ubyte * (self.record + PAGE)).from_address(
            self.umem.umem_addr)

    @property
    def id(self):
        return self.umem.umem_id

    def write(self, at, data):
        self.bytes[at:at + len(data)] = data

    def read(self, at, length):
        return bytes(self.bytes[at:at + length])

    def close(self):
        self.umem.close()


class BufMemory(Memory):
    """Likewise, in a dma-buf."""

    def __init__(self, home, length, buf):
        self.record = -(-length // PAGE) * PAGE
        self.buf = buf
        self.umem = Mlx5UMEM(home.ctx, self.record + PAGE, 0, access=LOCAL_WRITE,
                             dmabuf_fd=buf.fd)
        home.kept.append(self.umem)

    def write(self, at, data):
        self.buf.write(bytes(data), len(data), at)

    def read(self, at, length):
        return self.buf.read(length, at)


class Cq:
    def __init__(self, home, log_size=6, memory=None, **changes):
        self.home, self.num = home, 1 << log_size
        self.memory = memory or Memory(home, self.num * ENTRY)
        for i in range(self.num):
            self.memory.write(i * ENTRY + ENTRY - 1, [INVALID])
        self.ci = self.arms = 0
        self.obj = make(home, self.create(log_size, **changes))
        self.number = number_of(self.obj)

    def create(self, log_size, **changes):
        """changes: of any field, by its place in the command."""
        cmd = command(CREATE_CQ)
        put(cmd, 20, 'I', self.memory.id)
        put(cmd, 28, 'I', log_size << 24 | self.home.uar.page_id)
        put(cmd, 36, 'I', self.home.eqn)
        put(cmd, 72, 'Q', self.memory.record)
        put(cmd, 88, 'I', self.memory.id)
        return changed(cmd, changes)

    def arm(self):
        self.memory.write(self.memory.record + 4,
                          struct.pack('>I', self.arms << 28 | self.ci))
        self.arms = (self.arms + 1) % 4
        self.home.ring(UAR_CQ)

    def poll(self, seconds=20):
        """The next completion."""
        at = self.ci % self.num * ENTRY
        end = time.monotonic() + seconds
        while True:
            last, = self.memory.read(at + ENTRY - 1, 1)
            if last >> 4 != 15 and last & 1 == bool(self.ci & self.num):
                break
            assert time.monotonic() < end, 'no completion'
            time.sleep(0)
        cqe = Cqe(self.memory.read(at, ENTRY))
        self.ci += 1
        self.memory.write(self.memory.record, struct.pack('>I', self.ci))
        return cqe

    def succeed(self, count=1):
        cqes = [self.poll() for _ in range(count)]
        for cqe in cqes:
            assert cqe.kind < CQE_REQ_ERR, f'syndrome {cqe.syndrome:#x}'
        return cqes[-1]

    def query(self):
        return self.obj.query(bytes(command(QUERY_CQ, 16, self.number)), 272)

    def close(self):
        self.obj.close()
        self.memory.close()


class Cqe:
    def __init__(self, raw):
        self.kind = raw[63] >> 4
        self.user_index = struct.unpack_from('>I', raw, 32)[0] & 0xffffff
        self.imm, = struct.unpack_from('>I', raw, 36)
        self.length, = struct.unpack_from('>I', raw, 44)
        self.syndrome = raw[55] if self.kind >= CQE_REQ_ERR else 0
        self.qpn = struct.unpack_from('>I', raw, 56)[0] & 0xffffff
        self.counter, = struct.unpack_from('>H', raw, 60)


def changed(cmd, changes):
    """With other values: at_16=('I', 5) is a word at byte 16."""
    for place, (fmt, value) in changes.items():
        put(cmd, int(place[3:]), fmt, value)
    return cmd


def rmp_command(memory, pdn, log_size=4, log_stride=6):
    cmd = command(CREATE_RMP)
    put(cmd, 32, 'I', 1 << 20)
    put(cmd, 88, 'I', pdn)
    put(cmd, 96, 'Q', memory.record)
    put(cmd, 112, 'I', log_stride << 16 | log_size)
    put(cmd, 120, 'IIQ', memory.id, memory.id, 0)
    return cmd


class Rmp:
    """A shared receive queue."""

    def __init__(self, home, log_size=4, log_stride=6, **changes):
        self.home, self.num, self.stride = home, 1 << log_size, 1 << log_stride
        self.memory = Memory(home, self.num * self.stride)
        for i in range(self.num):
            self.memory.write(i * self.stride + 2,
                              struct.pack('>H', (i + 1) % self.num))
        self.posted = 0
        cmd = rmp_command(self.memory, home.pdn, log_size, log_stride)
        self.obj = make(home, changed(cmd, changes))
        self.number = number_of(self.obj)

    def post(self, length, key, addr):
        at = self.posted % self.num * self.stride + 16
        self.memory.write(at, struct.pack('>IIQ', length, key, addr) +
                          struct.pack('>IIQ', 0, 0x100, 0))
        self.posted += 1
        self.memory.write(self.memory.record,
                          struct.pack('>I', self.posted & 0xffff))

    def limit(self, number):
        cmd = command(MODIFY_RMP, 272, 1 << 28 | self.number)
        put(cmd, 20, 'I', 1)
        put(cmd, 32, 'I', 1 << 20)
        put(cmd, 84, 'I', number)
        self.obj.modify(bytes(cmd), 16)

    def close(self):
        self.obj.close()
        self.memory.close()


QPC = 24            # of commands; answers to queries have it there, too


class Qp:
    """With queues of 16 blocks and requests; the receive queue comes first."""

    LOG, STRIDE = 4, 32

    def __init__(self, home, cq, rmp=None, kind=RC, memory=None, index=0x777,
                 **changes):
        self.home, self.cq = home, cq
        self.rq_bytes = 0 if rmp or kind == DCI else self.STRIDE << self.LOG
        self.memory = memory or Memory(home, self.rq_bytes + (64 << self.LOG), 0)
        cmd = command(CREATE_QP)
        rq_type = SHARED_RQ if rmp else OWN_RQ if self.rq_bytes else NO_RQ
        put(cmd, QPC, 'I', kind << 16)
        put(cmd, QPC + 4, 'I', home.pdn)
        put(cmd, QPC + 8, 'I', self.LOG << 19 | 1 << 16 | self.LOG << 11)
        put(cmd, QPC + 12, 'I', home.uar.page_id)
        put(cmd, QPC + 16, 'I', index)
        put(cmd, QPC + 124, 'I', cq.number)
        put(cmd, QPC + 156, 'I', cq.number)
        put(cmd, QPC + 160, 'Q', self.memory.record)
        put(cmd, QPC + 172, 'I', rq_type << 24 | (rmp.number if rmp else 0))
        put(cmd, QPC + 228, 'I', self.memory.id)
        put(cmd, 256, 'QI', 0, self.memory.id)
        self.obj = make(home, changed(cmd, changes))
        self.number = number_of(self.obj)
        self.sent = self.posted = 0

    def close(self):
        self.obj.close()
        self.memory.close()

    def modify(self, opcode, options=0, **changes):
        cmd = command(opcode, 464, self.number)
        put(cmd, 16, 'I', options)
        return self.obj.modify(bytes(changed(cmd, changes)), 16)

    def to_init(self, access=7):
        self.modify(RST2INIT, at_84=('I', 1 << 16),
                    at_168=('I', access << 13))

    def to_rtr(self, peer, **changes):
        self.modify(INIT2RTR, **{
            'at_32': ('I', 3 << 29 | 30 << 24), 'at_44': ('I', peer),
            'at_172': ('I', 12 << 24), **changes})

    def to_rts(self, **changes):
        self.modify(RTR2RTS, **{
            'at_56': ('I', 14 << 27), 'at_136': ('I', 7 << 16 | 7 << 13),
            **changes})

    def connect(self, peer, access=7, **changes):
        """With the QP of this number."""
        self.to_init(access)
        self.to_rtr(peer)
        self.to_rts(**changes)

    def query(self):
        return self.obj.query(bytes(command(QUERY_QP, 16, self.number)), 272)

    def state(self):
        return self.query()[QPC] >> 4

    def send(self, opcode, *segments, imm=0):
        """One request, of segments behind the control one."""
        body = b''.join(bytes(s) for s in segments)
        ds = 1 + -(-len(body) // 16)
        ctrl = struct.pack('>IIIi', self.sent << 8 | opcode,
                           self.number << 8 | ds, 8, imm)
        at = self.rq_bytes + self.sent % (1 << self.LOG) * 64
        assert ds <= 4
        self.memory.write(at, ctrl + body)
        self.sent = (self.sent + 1) & 0xffff
        self.memory.write(self.memory.record + 4, struct.pack('>I', self.sent))
        self.home.ring(UAR_SQ)

    def recv(self, length, key, addr):
        at = self.posted % (1 << self.LOG) * self.STRIDE
        self.memory.write(at, struct.pack('>IIQIIQ', length, key, addr,
                                          0, 0x100, 0))
        self.posted = (self.posted + 1) & 0xffff
        self.memory.write(self.memory.record, struct.pack('>I', self.posted))


def data(length, key, addr):
    return struct.pack('>IIQ', length, key, addr)


def remote(key, addr):
    return struct.pack('>QII', addr, key, 0)
