# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Every operation on dma-bufs of every exporter, in every mode and shape.

A case is mode-exporter-operation-role-shape. The whole product takes long, so
a run does two shapes of each combination, chosen so that every shape meets
every operation, exporter, mode and role; the rest is marked `sweep`.
buildlib/summary.py reads the names and prints the table.
"""

import itertools

import pytest

from pyverbs import enums as e

from rdma import CANARY, EXPORTERS, PAGE, SOFTHCA, Pair, Region, pattern, \
    succeed

DATA = 1            # seed of what is moved
IMM = 0x87654321
GIB4 = 1 << 32

# name: offset, length, iova (None: the offset), bytes behind the region
SHAPES = {
    'page': (PAGE, PAGE, None, PAGE),
    'start': (0, 5 * PAGE, 0, PAGE),
    'end': (PAGE, 3 * PAGE, None, 0),
    'byte': (2 * PAGE - 1, 1, None, PAGE),
    'last_byte': (3 * PAGE - 1, 1, None, 0),
    'page_less_1': (PAGE + 1, PAGE - 1, None, PAGE),
    'page_and_1': (PAGE - 1, PAGE + 1, None, PAGE),
    'unaligned': (PAGE + 0x810, 3 * PAGE + 77, None, PAGE),
    'over_4_gib': (PAGE + 0x123, 3 * PAGE, GIB4 - PAGE + 0x123, PAGE),
    'high_iova': (2 * PAGE + 0x123, 2 * PAGE + 1, 0xffff800000000123, PAGE),
    'segments': (PAGE, 1 << 18, None, PAGE),
}

# Atomics take eight bytes at an aligned address: its last ones or its first.
ATOMIC_SHAPES = {
    'start': (0, 8, 0, PAGE),
    'page_end': (2 * PAGE - 8, 8, None, PAGE),
    'end': (3 * PAGE - 8, 8, None, 0),
    'over_4_gib': (PAGE + 0x128, 8, GIB4 + 0x128, PAGE),
}


def check_receive(side, length, imm, recv):
    """side's one completion is of that many bytes, with what came along."""
    wc, = succeed(side.cq)
    assert wc.byte_len == length
    assert wc.opcode == (e.IBV_WC_RECV if recv
                         else e.IBV_WC_RECV_RDMA_WITH_IMM)
    assert bool(wc.wc_flags & e.IBV_WC_WITH_IMM) == imm
    assert not imm or wc.imm_data == IMM


def plain(opcode, done, from_b=False, imm=False, recv=False):
    """One request of a whole region; a gets it from b, or b from a."""

    def run(pair, a, b):
        source, target = (b, a) if from_b else (a, b)
        source.fill(pattern(source.length, DATA))
        if recv:
            pair.b.recv([b.sge()])
        elif imm:
            pair.b.recv([])
        pair.a.send(opcode, [a.sge()], None if recv else b.remote(),
                    IMM if imm else 0)
        wc, = succeed(pair.a.cq)
        assert wc.opcode == done
        if recv or imm:
            check_receive(pair.b, a.length, imm, recv)
        source.check(pattern(source.length, DATA), 'source')
        target.check(pattern(target.length, DATA), 'target')

    return run


def atomic(opcode, done, operand, swap, result):
    """One atomic on b's eight bytes, whose old value gets to a."""

    def run(pair, a, b):
        b.fill((1 << 40).to_bytes(8, 'little'))
        pair.a.atomic(opcode, a.sge(), b.remote(), operand, swap)
        wc, = succeed(pair.a.cq)
        assert wc.opcode == done
        a.check((1 << 40).to_bytes(8, 'little'), 'old value')
        b.check(result.to_bytes(8, 'little'), 'new value')

    return run


OPERATIONS = {
    'write': plain(e.IBV_WR_RDMA_WRITE, e.IBV_WC_RDMA_WRITE),
    'write_imm': plain(e.IBV_WR_RDMA_WRITE_WITH_IMM, e.IBV_WC_RDMA_WRITE,
                       imm=True),
    'read': plain(e.IBV_WR_RDMA_READ, e.IBV_WC_RDMA_READ, from_b=True),
    'send': plain(e.IBV_WR_SEND, e.IBV_WC_SEND, recv=True),
    'send_imm': plain(e.IBV_WR_SEND_WITH_IMM, e.IBV_WC_SEND, imm=True,
                      recv=True),
    'fetch_add': atomic(e.IBV_WR_ATOMIC_FETCH_AND_ADD, e.IBV_WC_FETCH_ADD,
                        5, 0, (1 << 40) + 5),
    'cmp_swap': atomic(e.IBV_WR_ATOMIC_CMP_AND_SWP, e.IBV_WC_COMP_SWAP,
                       1 << 40, 77, 77),
}
ATOMICS = ('fetch_add', 'cmp_swap')

# Which end of the operation is a dma-buf.
ROLES = {'local': (True, False), 'remote': (False, True),
         'both': (True, True)}


def shapes_of(operation):
    return ATOMIC_SHAPES if operation in ATOMICS else SHAPES


def cases():
    """Yield (mode, exporter, operation, role, shape, is part of each run)."""
    combinations = itertools.product(SOFTHCA, EXPORTERS, OPERATIONS, ROLES)
    for number, combination in enumerate(combinations):
        shapes = list(shapes_of(combination[2]))
        chosen = {number % len(shapes), (3 * number + 1) % len(shapes)}
        for index, shape in enumerate(shapes):
            yield *combination, shape, index in chosen


def params():
    for *case, always in cases():
        yield pytest.param(*case, id='-'.join(case),
                           marks=() if always else pytest.mark.sweep)


def region(pair_side, is_dmabuf, exporter, shape):
    offset, length, iova, behind = shape
    if not is_dmabuf:
        return Region(pair_side.pd, length, fill=CANARY)
    return Region(pair_side.pd, length, exporter, offset, iova, behind=behind)


@pytest.mark.parametrize('mode, exporter, operation, role, shape', params())
def test_bytes_arrive(mode, exporter, operation, role, shape):
    shape = shapes_of(operation)[shape]
    with Pair(SOFTHCA[mode]) as pair:
        a, b = (region(side, is_dmabuf, exporter, shape) for side, is_dmabuf
                in zip((pair.a, pair.b), ROLES[role]))
        OPERATIONS[operation](pair, a, b)
        a.close()
        b.close()


def test_each_run_has_every_pair_of_shape_and_all_else():
    run = [case[:5] for case in cases() if case[5]]
    for dimension in range(4):
        wanted = {(case[dimension], case[4]) for case in cases()}
        assert {(case[dimension], case[4]) for case in run} == wanted
