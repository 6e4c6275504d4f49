# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""One program on our pyverbs and Debian's, over our libraries and Debian's.

Whichever two of them meet, it has to make the same objects and send the same
bytes. The program is that of the peer tests. What the release's libraries lack, our
pyverbs looks up when it is called.
"""

import errno
import functools
import os
import subprocess
import sys

import pytest

import peer

TESTS = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.join(os.path.dirname(TESTS), 'build-vm')
PYTHON = {'ours': os.path.join(BUILD, 'python'), 'stock': None}
PAIRS = [('ours', 'ours'), ('ours', 'stock'), ('ours', 'newest'),
         ('stock', 'ours'), ('stock', 'stock')]

# Runs the program, then says what it ran on.
PROGRAM = '''
import runpy, sys
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name='__main__')
import pyverbs
print(pyverbs.__path__[0])
print(*{line.split()[-1] for line in open('/proc/self/maps')
        if 'libibverbs.so' in line})
'''

on_every_pair = pytest.mark.parametrize('package, libraries', PAIRS)


def is_ours(path):
    return path.startswith(BUILD)


@functools.lru_cache
def use(package, libraries, driver, part):
    """The lines that the program prints; it ran on these two."""
    device = peer.find_device(driver)
    env = {name: value for name, value in os.environ.items()
           if name != 'PYTHONPATH'}
    if PYTHON[package]:
        env['PYTHONPATH'] = PYTHON[package]
    env['LD_LIBRARY_PATH'] = peer.LIB_DIRS[libraries]
    done = subprocess.run(
        [sys.executable, '-B', '-c', PROGRAM, f'{TESTS}/peers/use_pyverbs.py',
         part, device.name, str(device.gid_index)], env=env, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
        check=False)
    assert done.returncode == 0, done.stdout
    *lines, path, mapped = done.stdout.splitlines()
    assert is_ours(path) == (package == 'ours')
    assert mapped.startswith(peer.LIB_DIRS[libraries].split(':')[0])
    assert lines.pop() == 'done'
    return lines


@on_every_pair
def test_modules_are_imported(package, libraries):
    modules = use(package, libraries, 'rxe', 'modules')
    assert {'pyverbs.device', 'pyverbs.qp', 'pyverbs.cmid'} <= set(modules)


@on_every_pair
@pytest.mark.parametrize('driver', ['rxe', 'softhca'])
def test_bytes_are_sent(package, libraries, driver):
    lines = use(package, libraries, driver, 'traffic')
    assert lines[-1] == 'as sent'
    assert lines == use('stock', 'stock', driver, 'traffic')


NEWER = '''
import sys
from pyverbs import mr
from pyverbs.comp_cntr import CompCntr, CompCntrInitAttr
from pyverbs.device import Context
from pyverbs.pd import PD
from pyverbs.pyverbs_error import PyverbsRDMAError
ctx = Context(name=sys.argv[1])
pd = PD(ctx)
for call in (lambda: mr.MREx(pd, 4096), lambda: mr.Buf(pd, 4096),
             lambda: mr.DMAHandle(ctx, mr.DmaHandleInitAttr()),
             lambda: ctx.query_port_speed(1), ctx.query_comp_cntr_caps,
             lambda: CompCntr(ctx, CompCntrInitAttr())):
    try:
        call()
    except PyverbsRDMAError as err:
        print(err.error_code)
'''


def test_calls_that_the_library_lacks_are_not_supported():
    env = dict(os.environ, PYTHONPATH=PYTHON['ours'],
               LD_LIBRARY_PATH=peer.LIB_DIRS['stock'])
    device = peer.find_device('softhca')
    done = subprocess.run([sys.executable, '-B', '-c', NEWER, device.name],
                          env=env, text=True, stdout=subprocess.PIPE, timeout=60,
                          check=True)
    assert done.stdout.split() == [str(errno.EOPNOTSUPP)] * 6


def made(lines):
    """What could be made; each package has words of its own for what not."""
    return {line.split(':')[0] for line in lines if line.endswith(': made')}


@pytest.mark.parametrize('driver', ['rxe', 'softhca'])
def test_same_objects_are_made(driver):
    ours = made(use('ours', 'ours', driver, 'objects'))
    assert ours == made(use('stock', 'ours', driver, 'objects'))
    assert {'MR', 'CQEX', 'QP RC'} <= ours


def test_example_finds_the_devices_that_import():
    example = os.path.join(os.path.dirname(TESTS), 'pyverbs/examples/reg_dmabuf.py')
    done = subprocess.run([sys.executable, '-B', example, '--size', '8192'],
                          text=True, stdout=subprocess.PIPE, timeout=60,
                          check=True)
    said = dict(line.split(': ', 1) for line in done.stdout.splitlines())
    assert said['mlx5_0'].startswith('8192 bytes, lkey 0x')
    assert os.strerror(errno.EOPNOTSUPP) in said['rxe0']
