# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""The older format of completions, in which a queue is named by its number, as
devices have it that know of no other: the same cases as with the newer one,
on both libraries, in processes of their own."""

import os
import subprocess
import sys

import pytest

import probe

FOLDER = os.path.dirname(os.path.abspath(__file__))
PARAMETER = '/sys/module/softhca/parameters/cqe_version'
DEVICE = 'mlx5_0'
# Those of ours that are also for other devices are run for this one.
OURS = (('test_cq_ex.py', DEVICE), ('test_srq.py', DEVICE),
        ('test_xrc.py', 'message or srq'))


def set_version(version):
    with open(PARAMETER, 'w', encoding='ascii') as f:
        f.write(str(version))


@pytest.fixture
def older():
    set_version(0)
    yield
    set_version(1)


def run_pytest(*args, env=None):
    done = subprocess.run(
        [sys.executable, '-B', '-m', 'pytest', '-p', 'no:cacheprovider',
         '--color=no', '--tb=short', '-q', *args], env=env,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=600, check=False)
    assert done.returncode == 0, done.stdout


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


@pytest.mark.parametrize('name, which', OURS, ids=[name for name, _ in OURS])
def test_cases_of_ours(name, which, older):
    run_pytest('-k', which, f'{FOLDER}/{name}')


@pytest.mark.parametrize('name', ('queues', 'shared'))
def test_cases_of_stock(name, older):
    env = {key: value for key, value in os.environ.items()
           if key not in ('LD_LIBRARY_PATH', 'PYTHONPATH')}
    run_pytest('--noconftest', '--rootdir', f'{FOLDER}/stock',
               f'{FOLDER}/stock/test_{name}.py', env=env)
