# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Memory regions of user memory."""

import errno

import pytest

from pyverbs import enums as e
from pyverbs.mr import MR
from pyverbs.pyverbs_error import PyverbsRDMAError, PyverbsUserError

from rdma import ALL, LOCAL, PAGE, pattern


@pytest.mark.parametrize('length', (1, PAGE - 1, PAGE, PAGE + 1, 1 << 20))
def test_register(pd, length):
    with MR(pd, length, ALL) as mr:
        assert mr.length == length
        assert mr.addr == mr.buf
        assert mr.lkey and mr.rkey


def test_regions_have_keys_of_their_own(pd):
    mrs = [MR(pd, 100, ALL) for _ in range(20)]
    assert len({mr.lkey for mr in mrs}) == 20


def test_own_memory_is_zero_and_whole_pages(pd):
    with MR(pd, 100, LOCAL) as mr:
        assert mr.read(100, 0) == bytes(100)
        assert mr.buf % PAGE == 0


def test_read_what_was_written(pd):
    with MR(pd, 10000, LOCAL) as mr:
        mr.write(pattern(5000, 1), 5000, 77)
        assert mr.read(5000, 77) == pattern(5000, 1)
        assert mr.read(77, 0) == bytes(77)


@pytest.mark.parametrize('length, offset', (
    (101, 0), (1, 100), (50, 51), (2**64 - 1, 2), (0, 101)))
def test_cpu_access_outside_is_refused(pd, length, offset):
    with MR(pd, 100, LOCAL) as mr:
        with pytest.raises(PyverbsUserError, match='not within'):
            mr.read(length, offset)
        with pytest.raises(PyverbsUserError, match='not within'):
            mr.write(b'x' * 200, length, offset)


def test_write_more_than_the_data_is_refused(pd):
    with MR(pd, 100, LOCAL) as mr:
        with pytest.raises(PyverbsUserError, match='less than'):
            mr.write(b'abc', 4)


@pytest.mark.parametrize('access', (
    e.IBV_ACCESS_REMOTE_WRITE, e.IBV_ACCESS_REMOTE_ATOMIC))
def test_remote_write_without_local_write_is_einval(pd, access):
    with pytest.raises(PyverbsRDMAError) as info:
        MR(pd, 100, access)
    assert info.value.error_code == errno.EINVAL


def test_unmapped_address_is_efault(pd):
    with pytest.raises(PyverbsRDMAError) as info:
        MR(pd, PAGE, LOCAL, address=PAGE)
    assert info.value.error_code == errno.EFAULT


def test_range_that_wraps_is_refused(pd):
    with pytest.raises(PyverbsRDMAError) as info:
        MR(pd, 2 * PAGE, LOCAL, address=2**64 - PAGE)
    assert info.value.error_code in (errno.EINVAL, errno.EFAULT)


def test_close_twice_does_no_harm(pd):
    mr = MR(pd, 100, LOCAL)
    mr.close()
    mr.close()


def test_closed_region_is_refused(pd):
    mr = MR(pd, 100, LOCAL)
    mr.close()
    with pytest.raises(PyverbsUserError, match='closed'):
        mr.read(1, 0)
