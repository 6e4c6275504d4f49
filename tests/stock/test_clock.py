# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""The device's clock: its register, its time stamps, and the time of day."""

import collections
import errno
import multiprocessing
import time

import pytest

from pyverbs import enums as e
from pyverbs.cq import CQEX, CqInitAttrEx, PollCqAttr
from pyverbs.device import Context
from pyverbs.providers.mlx5 import mlx5_enums as dve
from pyverbs.providers.mlx5.mlx5dv import Mlx5Context
from pyverbs.pyverbs_error import PyverbsRDMAError

from stock import A, B, Side, connect, pattern

RAW = e.IBV_WC_EX_WITH_COMPLETION_TIMESTAMP
WALL = e.IBV_WC_EX_WITH_COMPLETION_TIMESTAMP_WALLCLOCK
UPDATING = '/sys/kernel/debug/softhca/clock_updating'
SIZE = 64
WITHOUT = B                     # is as devices were before


def timed_cq(ctx, flags=RAW | WALL):
    return CQEX(ctx, CqInitAttrEx(cqe=16, wc_flags=flags))


@pytest.fixture(name='pair')
def fixture_pair():
    with Side(A, make_cq=timed_cq) as a, Side(A) as b:
        connect(a, b)
        yield a, b


def complete(pair, read):
    """What of the completion of a request is read."""
    a, b = pair
    a.send(a.memory(SIZE, pattern(SIZE)), e.IBV_WR_RDMA_WRITE,
           remote=b.memory(SIZE))
    while a.cq.start_poll(PollCqAttr()):
        pass
    assert a.cq.status == e.IBV_WC_SUCCESS
    value = read(a.cq)
    a.cq.end_poll()
    return value


def stamp(pair):
    return complete(pair, lambda cq: cq.read_timestamp())


def ticks(ctx):
    seconds, rest = ctx.query_rt_values_ex()
    assert seconds == 0
    return rest


# The device's clock, read between two readings of the processor's, in seconds.
Clocks = collections.namedtuple('Clocks', 'before ticks after')


def clocks(ctx):
    return Clocks(time.monotonic(), ticks(ctx), time.monotonic())


def to_ns(ctx, value):
    return Mlx5Context.device_timestamp_to_ns(ctx, value)


def error_of(call, *args):
    with pytest.raises(PyverbsRDMAError) as info:
        call(*args)
    return info.value.error_code


def set_updating(value):
    with open(UPDATING, 'w', encoding='ascii') as f:
        f.write(str(value))


@pytest.fixture(name='updating')
def fixture_updating():
    """The kernel is writing, and does not come to an end."""
    set_updating(1)
    yield
    set_updating(0)


def test_stamps_are_of_the_clock_that_can_be_read(pair):
    for _ in range(20):
        before = ticks(pair[0].ctx)
        value = stamp(pair)
        assert before <= value <= ticks(pair[0].ctx)


def test_clock_goes_on(pair):
    before = ticks(pair[0].ctx)
    time.sleep(0.05)
    assert ticks(pair[0].ctx) > before


def test_clock_has_the_rate_that_is_told(pair):
    ctx = pair[0].ctx
    start = clocks(ctx)
    time.sleep(0.5)
    end = clocks(ctx)
    passed = end.ticks - start.ticks
    # However long each reading took.
    slowest = passed / (end.after - start.before)
    fastest = passed / (end.before - start.after)
    told = ctx.query_device_ex().hca_core_clock * 1000
    assert slowest / 1.001 < told < fastest * 1.001


def test_stamp_is_a_time_of_day(pair):
    for _ in range(20):
        before = time.time_ns()
        value = to_ns(pair[0].ctx, stamp(pair))
        assert before <= value <= time.time_ns()


def test_stamp_stays_the_same_time(pair):
    """What the kernel tells is new by then."""
    ctx, value = pair[0].ctx, stamp(pair)
    first = to_ns(ctx, value)
    time.sleep(0.3)
    assert to_ns(ctx, value) == pytest.approx(first, abs=100)


def test_completion_has_the_time_of_day(pair):
    for _ in range(20):
        before = time.time_ns()
        value = complete(pair, lambda cq: cq.read_completion_wallclock_ns())
        assert before <= value <= time.time_ns()


def test_both_are_the_same_time(pair):
    value, ns = complete(pair, lambda cq: (
        cq.read_timestamp(), cq.read_completion_wallclock_ns()))
    assert to_ns(pair[0].ctx, value) == pytest.approx(ns, abs=100)


@pytest.mark.usefixtures('updating')
def test_what_is_being_written_is_not_read():
    with Context(name=A) as ctx:
        assert error_of(to_ns, ctx, 0) == errno.EBUSY


def write_for_ever():
    while True:
        set_updating(1)
        set_updating(0)


def test_writing_is_waited_for(pair):
    """Many reads meet a write; none gets a half of it."""
    ctx, value = pair[0].ctx, stamp(pair)
    ns, right, busy = to_ns(ctx, value), 0, 0
    writer = multiprocessing.get_context('fork').Process(target=write_for_ever)
    writer.start()
    try:
        while right < 1000 and busy < 100000:
            try:
                assert to_ns(ctx, value) == pytest.approx(ns, abs=100)
                right += 1
            except PyverbsRDMAError as error:
                assert error.error_code == errno.EBUSY
                busy += 1
    finally:
        writer.terminate()
        writer.join()
        set_updating(0)
    assert right == 1000


def test_time_between_updates_is_told():
    with Context(name=A) as ctx:
        attr = Mlx5Context.query_mlx5_device(
            ctx, dve.MLX5DV_CONTEXT_MASK_CLOCK_INFO_UPDATE)
        assert attr.max_clock_info_update_nsec == 10 ** 9


def test_device_without_a_clock():
    with Context(name=WITHOUT) as ctx:
        assert error_of(ctx.query_rt_values_ex) == errno.EOPNOTSUPP
        assert error_of(to_ns, ctx, 0) == errno.EINVAL
        assert error_of(timed_cq, ctx, WALL) == errno.EOPNOTSUPP
        timed_cq(ctx, RAW).close()
