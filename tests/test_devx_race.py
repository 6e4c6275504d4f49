# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Commands of the device that name objects which the verbs make and destroy at
the same time: DEVX. Numbers are given out from the lowest on, those of SRQs one
after the other, and so are known before there is an object."""

import contextlib
import ctypes
import errno
import struct
import threading

import pytest

from pyverbs.cq import CQ
from pyverbs.pd import PD
from pyverbs.providers.mlx5 import mlx5_enums as dve
from pyverbs.providers.mlx5.mlx5dv import Mlx5DevxObj
from pyverbs.providers.mlx5.mlx5dv_objects import Mlx5DvObj
from pyverbs.pyverbs_error import PyverbsRDMAError
from pyverbs.srq import SRQ, SrqAttr, SrqInitAttr

import devx
from devx import Memory, changed, command, rmp_command
from test_devx_queue import make_home, pdn_of

ROUNDS = 500
NO_UMEM = 0xffffff


@pytest.fixture(name='home')
def fixture_home():
    with make_home() as home:
        yield home


@contextlib.contextmanager
def repeated(ctx, cmd):
    """Another thread runs a command all the time, and destroys what it makes."""
    stop = threading.Event()
    counts = {'made': 0, 'refused': 0}

    def run():
        while not stop.is_set():
            try:
                Mlx5DevxObj(ctx, bytes(cmd), 16).close()
                counts['made'] += 1
            except PyverbsRDMAError as error:
                assert error.error_code == errno.EREMOTEIO
                counts['refused'] += 1

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield counts
    finally:
        stop.set()
        thread.join()


def qp_command(home, pdn, cqn, umem):
    """Of one that has a send queue."""
    at = devx.QPC
    return changed(command(devx.CREATE_QP), {
        f'at_{at}': ('I', devx.RC << 16),
        f'at_{at + 4}': ('I', pdn),
        f'at_{at + 8}': ('I', 4 << 11),
        f'at_{at + 12}': ('I', home.uar.page_id),
        f'at_{at + 124}': ('I', cqn),
        f'at_{at + 172}': ('I', devx.NO_RQ << 24),
        'at_264': ('I', umem)})


def number_of(cq):
    return Mlx5DvObj(dve.MLX5DV_OBJ_CQ, cq=cq).dvcq.cqn


def close_when_free(obj):
    """A command may keep it for a while. Returns how often it did."""
    kept = 0
    while True:
        try:
            obj.close()
            return kept
        except PyverbsRDMAError as error:
            assert error.error_code == errno.EBUSY
            kept += 1


def test_cq_that_a_failing_command_names_is_destroyed(home):
    with CQ(home.ctx, 4) as cq:
        number = number_of(cq)
    with repeated(home.ctx, qp_command(home, home.pdn, number,
                                       NO_UMEM)) as counts:
        for _ in range(ROUNDS):
            CQ(home.ctx, 4).close()
    assert not counts['made'] and counts['refused']


def test_pd_that_a_failing_command_names_is_destroyed(home):
    with PD(home.ctx) as pd:
        number = pdn_of(pd)
    memory = Memory(home, devx.PAGE)
    cmd = changed(rmp_command(memory, number), {'at_120': ('I', NO_UMEM)})
    with repeated(home.ctx, cmd) as counts:
        for _ in range(ROUNDS):
            PD(home.ctx).close()
    assert not counts['made'] and counts['refused']


def make_srq(home):
    return SRQ(home.pd, SrqInitAttr(SrqAttr(4, 1)))


def srq_number(srq):
    return Mlx5DvObj(dve.MLX5DV_OBJ_SRQ, srq=srq).dvsrq.srqn


@pytest.fixture(name='next_srqs')
def fixture_next_srqs(home):
    """Makes SRQs, having put each one's number into a command before."""
    with make_srq(home) as srq:
        number = srq_number(srq)

    def make(cmd):
        nonlocal number
        number += 1
        devx.put(cmd, devx.QPC + 172, 'I', devx.SHARED_RQ << 24 | number)
        srq = make_srq(home)
        assert srq_number(srq) == number
        return srq

    return make


def test_srq_that_a_failing_command_names_is_destroyed(home, next_srqs):
    with CQ(home.ctx, 4) as cq:
        cmd = qp_command(home, home.pdn, number_of(cq), NO_UMEM)
        with repeated(home.ctx, cmd) as counts:
            for _ in range(ROUNDS):
                next_srqs(cmd).close()
    assert not counts['made'] and counts['refused']


def test_srq_is_there_for_commands_once_it_is_made(home, next_srqs):
    """Either the QP is made and keeps it, or it is destroyed."""
    kept = 0
    with CQ(home.ctx, 4) as cq:
        memory = Memory(home, devx.PAGE)
        cmd = changed(qp_command(home, home.pdn, number_of(cq), memory.id), {
            f'at_{devx.QPC + 156}': ('I', number_of(cq)),
            f'at_{devx.QPC + 160}': ('Q', memory.record),
            f'at_{devx.QPC + 228}': ('I', memory.id)})
        with repeated(home.ctx, cmd) as counts:
            for _ in range(ROUNDS):
                kept += close_when_free(next_srqs(cmd))
    assert counts['made'] or not kept


# ---- verbs that fail when all is made ---------------------------------------------

INVOKE, ALLOC_PD, MLX5, MANDATORY = 0xc0181b01, 3, 1, 1
REQUEST, RESPONSE, WRITE_CMD = 0, 1, 2
NOWHERE = 1 << 12                  # where no process has memory


def attribute(number, length, value):
    return struct.pack('<HHHHQ', number, length, MANDATORY, 0, value)


def alloc_pd_for_nobody(fd):
    """What the kernel has to say has no place to go: returns the errno value."""
    attrs = (attribute(WRITE_CMD, 8, ALLOC_PD), attribute(REQUEST, 8, 0),
             attribute(RESPONSE, 4, NOWHERE))
    head = struct.pack('<HHHHQII', 24 + 16 * len(attrs), 0, 0, len(attrs), 0,
                       MLX5, 0)
    buf = ctypes.create_string_buffer(head + b''.join(attrs))
    libc = ctypes.CDLL(None, use_errno=True)
    return ctypes.get_errno() if libc.ioctl(
        fd, ctypes.c_ulong(INVOKE), buf) else 0


def test_pd_that_a_command_names_is_taken_back(home):
    """The kernel would complain of a device that does not let it go."""
    with PD(home.ctx) as pd:
        number = pdn_of(pd)
    cmd = rmp_command(Memory(home, devx.PAGE), number)
    with repeated(home.ctx, cmd) as counts:
        for _ in range(ROUNDS):
            assert alloc_pd_for_nobody(home.ctx.cmd_fd) == errno.EFAULT
    assert not counts['made'] and counts['refused']


def test_pd_is_there_for_commands_once_it_is_made(home):
    """Either the queue is made and keeps it, or it is destroyed."""
    with PD(home.ctx) as pd:
        number = pdn_of(pd)
    cmd = rmp_command(Memory(home, devx.PAGE), number)
    kept = 0
    with repeated(home.ctx, cmd) as counts:
        for _ in range(ROUNDS):
            kept += close_when_free(PD(home.ctx))
    assert counts['made'] or not kept
