# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""DEVX by pyverbs, as far as the software device has it."""

import errno
import os
import struct

import pytest

from pyverbs.device import Context
from pyverbs.dmabuf import DmaBuf
from pyverbs.providers.mlx5 import mlx5_enums as dve
from pyverbs.providers.mlx5.mlx5dv import (
    Mlx5Context, Mlx5DevxCmdComp, Mlx5DevxObj, Mlx5DVContextAttr, Mlx5UAR,
    Mlx5UMEM)
from pyverbs.providers.mlx5.mlx5dv_event import EventChannel, EventFD
from pyverbs.pyverbs_error import PyverbsUserError

from rdma import LOCAL, PAGE, SOFTHCA, error_of, read_counters

HCA = SOFTHCA['dynamic']
QUERY_HCA_CAP = 0x100
ALLOC_PD = 0x800
GENERAL_CAPS = 1            # op_mod: what they are now
LOG_MAX_QP = 16 + 19        # byte of the answer


def command(opcode, op_mod=0):
    return struct.pack('>HHHH8x', opcode, 0, 0, op_mod)


@pytest.fixture
def ctx():
    attr = Mlx5DVContextAttr(dve.MLX5DV_CONTEXT_FLAGS_DEVX)
    with Mlx5Context(attr, HCA) as context:
        yield context


def alive(name):
    return read_counters(f'{HCA}/objects')[name]


def test_command_is_answered(ctx):
    answer = ctx.devx_general_cmd(command(QUERY_HCA_CAP, GENERAL_CAPS), 48)
    assert len(answer) == 48
    assert 2 ** answer[LOG_MAX_QP] <= ctx.query_device().max_qp


def test_unknown_command_is_einval(ctx):
    assert error_of(ctx.devx_general_cmd, command(0x7ff), 16) == errno.EINVAL


def test_event_queues_have_numbers(ctx):
    numbers = [ctx.devx_query_eqn(vector)
               for vector in range(ctx.num_comp_vectors)]
    assert len(set(numbers)) == len(numbers)
    assert error_of(ctx.devx_query_eqn, 1000) == errno.EINVAL


def test_object_lives_until_it_is_closed(ctx):
    before = alive('devx_objs')
    with Mlx5DevxObj(ctx, command(ALLOC_PD), 16) as obj:
        number = struct.unpack_from('>I', obj.out_view, 8)[0] & 0xffffff
        assert number
        assert alive('devx_objs') == before + 1
        assert error_of(obj.query, command(ALLOC_PD), 16) == errno.EINVAL
        assert error_of(obj.modify, command(ALLOC_PD), 16) == errno.EINVAL
    assert alive('devx_objs') == before
    with pytest.raises(PyverbsUserError, match='closed'):
        obj.query(command(ALLOC_PD), 16)


def test_memory_is_its_own_or_of_a_dmabuf(ctx):
    before = alive('umems')
    with Mlx5UMEM(ctx, PAGE, alignment=PAGE, access=LOCAL) as own, \
            DmaBuf(PAGE, exporter='udmabuf') as buf, \
            Mlx5UMEM(ctx, PAGE, 0, access=LOCAL, dmabuf_fd=buf.fd) as of_buf:
        assert own.umem_addr % PAGE == 0
        assert of_buf.umem_addr is None
        assert own.umem_id != of_buf.umem_id
        assert alive('umems') == before + 2
    assert alive('umems') == before


def test_doorbell_page(ctx):
    before = alive('uars')
    with Mlx5UAR(ctx, dve._MLX5DV_UAR_ALLOC_TYPE_NC) as uar:
        assert uar.base_addr % PAGE == 0
        assert uar.reg_addr >= uar.base_addr
        assert uar.page_id
        assert alive('uars') == before + 1
    assert alive('uars') == before


@pytest.mark.parametrize('make', (EventChannel, Mlx5DevxCmdComp))
def test_driver_without_events_is_eprotonosupport(make):
    with Context(name=SOFTHCA['pinned']) as ctx:
        assert error_of(make, ctx) == errno.EPROTONOSUPPORT


@pytest.mark.parametrize('make', (EventChannel, Mlx5DevxCmdComp))
def test_file_closes_with_its_context(ctx, make):
    file = make(ctx)
    os.set_blocking(file.fd, False)
    with pytest.raises(BlockingIOError):
        os.read(file.fd, 100)
    ctx.close()
    with pytest.raises(PyverbsUserError, match='closed'):
        file.fd


def test_channel_of_a_kind_that_is_not_known(ctx):
    assert error_of(EventChannel, ctx, 1 << 7) == errno.EINVAL


def test_object_without_late_answers(ctx):
    with Mlx5DevxObj(ctx, command(ALLOC_PD), 16) as obj, \
            Mlx5DevxCmdComp(ctx) as comp:
        assert error_of(obj.query_async, command(ALLOC_PD), 16, 1, comp) == \
            errno.EINVAL


@pytest.mark.parametrize('make', (EventChannel, Mlx5DevxCmdComp))
def test_events_of_another_vendor_are_eopnotsupp(make):
    with Context(name='rxe0') as rxe:
        assert error_of(make, rxe) == errno.EOPNOTSUPP


def test_eventfd_counts():
    with EventFD(3, os.EFD_NONBLOCK) as fd:
        os.write(fd.fd, (4).to_bytes(8, 'little'))
        channel = EventChannel.__new__(EventChannel)
        assert channel.get_event(fd=fd) == 7
        assert error_of(channel.get_event, fd=fd) == errno.EAGAIN
    with pytest.raises(PyverbsUserError, match='closed'):
        channel.get_event(fd=fd)
