# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""The older format of completions, in which a queue is named by its number, as
devices have it that know of no other: the same cases as with the newer one,
on both libraries, in processes of their own."""

import os
import subprocess

import pytest

import nested
import probe

PARAMETER = '/sys/module/softhca/parameters/cqe_version'
DEVICE = 'mlx5_0'
# Those of ours that are also for other devices are run for this one.
OURS = ('cq_ex', 'srq', 'xrc')
WHICH = f'{DEVICE} or (test_xrc and (message or srq))'
STOCK = ('queues', 'shared')


def set_version(version):
    with open(PARAMETER, 'w', encoding='ascii') as f:
        f.write(str(version))


@pytest.fixture
def older():
    set_version(0)
    yield
    set_version(1)


def flags(libraries):
    """What a program is told by mlx5dv_query_device()."""
    out = subprocess.run(
        [f'{probe.BUILD}/bin/probe_mlx5dv', DEVICE, 'query_device'],
        check=True, text=True, stdout=subprocess.PIPE,
        env={**os.environ, 'LD_LIBRARY_PATH': probe.LIBRARIES[libraries]})
    return out.stdout.split('flags=')[1].split()[0]


@pytest.mark.parametrize('libraries', ('stock', 'ours'))
def test_programs_are_told(libraries, older):
    assert flags(libraries) == '0'


@pytest.mark.parametrize('libraries', ('stock', 'ours'))
def test_newer_format_is_usual(libraries):
    assert flags(libraries) == '1'


@pytest.fixture(scope='module')
def runs():
    """Of our cases and of those of the stock pyverbs."""
    set_version(0)
    try:
        return (nested.Run('-k', WHICH, *(f'{nested.TESTS}/test_{name}.py'
                                          for name in OURS)),
                nested.run_stock(*STOCK))
    finally:
        set_version(1)


@pytest.mark.parametrize('name', OURS)
def test_cases_of_ours(name, runs):
    runs[0].check(name)


@pytest.mark.parametrize('name', STOCK)
def test_cases_of_stock(name, runs):
    runs[1].check(name)
