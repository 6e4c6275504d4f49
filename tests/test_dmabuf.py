# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""The exporters, without RDMA."""

import errno

import pytest

from pyverbs.dmabuf import DmaBuf, known_exporters
from pyverbs.pyverbs_error import PyverbsRDMAError, PyverbsUserError

from rdma import EXPORTERS, PAGE, pattern


def test_the_tests_use_all_known_exporters():
    assert set(known_exporters()) == set(EXPORTERS)


@pytest.mark.parametrize('size', (1, PAGE - 1, PAGE, PAGE + 1, 1 << 20))
def test_size_is_whole_pages(exporter, size):
    with DmaBuf(size, exporter=exporter) as buf:
        assert size <= buf.size
        assert buf.size % PAGE == 0


def test_new_buffer_is_zero(exporter):
    with DmaBuf(3 * PAGE, exporter=exporter) as buf:
        assert buf.read(3 * PAGE) == bytes(3 * PAGE)


def test_read_what_was_written(exporter):
    with DmaBuf(3 * PAGE, exporter=exporter) as buf:
        buf.write(pattern(5000, 1), 5000, 100)
        assert buf.read(5000, 100) == pattern(5000, 1)
        assert buf.read(100) == bytes(100)


@pytest.mark.parametrize('length, offset', (
    (PAGE + 1, 0), (1, PAGE), (2**64 - 1, 2), (0, PAGE + 1)))
def test_access_outside_is_refused(exporter, length, offset):
    with DmaBuf(PAGE, exporter=exporter) as buf:
        with pytest.raises(PyverbsUserError, match='not within'):
            buf.write(b'x' * 2 * PAGE, length, offset)
        with pytest.raises(PyverbsUserError, match='not within'):
            buf.read(length, offset)


def test_close_twice_does_no_harm(exporter):
    buf = DmaBuf(PAGE, exporter=exporter)
    buf.close()
    buf.close()
    with pytest.raises(PyverbsUserError, match='closed'):
        buf.fd


@pytest.mark.parametrize('spec', (
    'nosuch', 'heap:nosuch', 'drm:/dev/nosuch', 'testbuf:nosuch', ''))
def test_unknown_exporter_is_named(spec):
    with pytest.raises(PyverbsRDMAError) as info:
        DmaBuf(PAGE, exporter=spec)
    assert info.value.error_code > 0


def test_move_keeps_the_data():
    with DmaBuf(3 * PAGE, exporter='testbuf:dynamic') as buf:
        buf.write(pattern(3 * PAGE, 5), 3 * PAGE)
        assert buf.move(10) == 10
        assert buf.read(3 * PAGE) == pattern(3 * PAGE, 5)
        assert buf.stats()['moves'] == 10
        assert buf.check_guards() is None


@pytest.mark.parametrize('spec', ('udmabuf', 'testbuf'))
def test_move_of_what_cannot_is_eopnotsupp(spec):
    with DmaBuf(PAGE, exporter=spec) as buf:
        with pytest.raises(PyverbsRDMAError) as info:
            buf.move()
    assert info.value.error_code == errno.EOPNOTSUPP


def test_revoked_buffer_does_not_move():
    with DmaBuf(PAGE, exporter='testbuf:dynamic') as buf:
        buf.revoke()
        assert buf.stats()['revoked']
        with pytest.raises(PyverbsRDMAError) as info:
            buf.move()
    assert info.value.error_code == errno.ENODEV
