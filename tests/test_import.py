# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Importing what another context made."""

import errno
import os

import pytest

from pyverbs.device import DM, Context
from pyverbs.mr import MR
from pyverbs.pd import PD
from pyverbs.pyverbs_error import PyverbsRDMAError, PyverbsUserError

from rdma import ALL, PAGE


def error_of(call, *args, **kwargs):
    with pytest.raises(PyverbsRDMAError) as info:
        call(*args, **kwargs)
    return info.value.error_code


def test_no_file_is_einval():
    assert error_of(Context, cmd_fd=-1) == errno.EINVAL


def test_file_of_no_device_is_enodev():
    fd = os.open('/dev/null', os.O_RDWR)
    assert error_of(Context, cmd_fd=fd) == errno.ENODEV
    os.close(fd)


def test_failed_import_leaves_the_descriptor_alone(device):
    with Context(name=device) as ctx:
        fd = os.dup(ctx.cmd_fd)
        assert error_of(Context, cmd_fd=fd) == errno.EOPNOTSUPP
        os.close(fd)                # would be EBADF


def test_context_is_opened_in_one_way(device):
    with pytest.raises(PyverbsUserError, match='either'):
        Context(name=device, cmd_fd=3)
    with pytest.raises(PyverbsUserError, match='either'):
        Context()


def test_pd_and_device_memory_are_not_importable(device):
    with Context(name=device) as ctx, PD(ctx) as pd:
        assert error_of(PD, ctx, handle=pd.handle) == errno.EOPNOTSUPP
        assert error_of(DM, ctx, handle=0) == errno.EOPNOTSUPP


def test_rxe_regions_are_not_importable(rxe_pd):
    with MR(rxe_pd, PAGE, ALL) as mr:
        assert error_of(MR, rxe_pd, handle=mr.handle) == errno.EOPNOTSUPP


def test_imported_region_is_the_same_region(hca_pd):
    with MR(hca_pd, 5000, ALL) as mr:
        with MR(hca_pd, handle=mr.handle) as imported:
            assert imported.lkey == mr.lkey
            assert imported.rkey == mr.rkey
            assert imported.handle == mr.handle
            assert imported.length == 5000
            assert imported.addr == 0
        assert mr.read(1, 0) == b'\0'
        mr.write(b'x', 1)


def test_closing_an_imported_region_leaves_its_owner(hca_pd):
    mr = MR(hca_pd, PAGE, ALL)
    MR(hca_pd, handle=mr.handle).close()
    MR(hca_pd, handle=mr.handle).unimport()
    handle = mr.handle
    mr.close()                      # the kernel still had it
    assert error_of(MR, hca_pd, handle=handle) == errno.ENOENT


def test_memory_of_an_imported_region_is_not_here(hca_pd):
    with MR(hca_pd, PAGE, ALL) as mr, MR(hca_pd, handle=mr.handle) as imported:
        with pytest.raises(PyverbsUserError, match='not here'):
            imported.read(1, 0)
        with pytest.raises(PyverbsUserError, match='not here'):
            imported.write(b'x', 1)
