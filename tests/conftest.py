# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""What surrounds every test: devices, and a look at what it left behind."""

import gc
import os
import re
import subprocess

import pytest

from pyverbs.device import Context
from pyverbs.pd import PD

import claims
import ports
import rdma

BAD_LOG = re.compile(
    r'WARNING:|BUG[: ]|Oops|general protection|Call Trace|KASAN|UBSAN|'
    r'refcount_t|lockdep|soft lockup|hung_task|blocked for more than|'
    r'unregister_netdevice: waiting|Bad page|list_(add|del) corruption')

# ours or stock: whose libibverbs these tests are meant to run on
EXPECT = os.environ.get('RDMA_DMABUF_EXPECT')


def pytest_addoption(parser):
    parser.addoption('--claims', metavar='FOLDER',
                     help='share the files with other machines (claims.py)')


def pytest_configure(config):
    config.addinivalue_line(
        'markers', 'sweep: thorough and slow, for `./dev test --sweep`')
    config.addinivalue_line(
        'markers', 'newest_kernel: of what the release\'s kernel has not')
    config.addinivalue_line(
        'markers', 'release_kernel: of what the newest kernel has more of')
    if folder := config.getoption('claims'):
        config.pluginmanager.register(claims.Claims(folder))


def pytest_collection_modifyitems(config, items):
    marker = 'release_kernel' if rdma.NEWEST_KERNEL else 'newest_kernel'
    other = [i for i in items if i.get_closest_marker(marker)]
    config.hook.pytest_deselected(items=other)
    items[:] = [i for i in items if i not in other]


class KernelLog:
    """What the kernel logged since the last look."""

    def __init__(self):
        self.fd = os.open('/dev/kmsg', os.O_RDONLY | os.O_NONBLOCK)
        os.lseek(self.fd, 0, os.SEEK_END)

    def read(self):
        lines = []
        while True:
            try:
                lines.append(os.read(self.fd, 8192).decode(errors='replace'))
            except BlockingIOError:
                return lines
            except BrokenPipeError:
                lines.append('0,0;WARNING: the log overran, lines are lost')

    def bad(self):
        return [line for line in self.read() if BAD_LOG.search(line)]


@pytest.fixture(scope='session')
def kernel_log():
    log = KernelLog()
    yield log
    os.close(log.fd)


def left_behind():
    """What a test must leave as it found it."""
    counts = {'fds': len(os.listdir('/proc/self/fd'))}
    if os.path.isdir(rdma.DEBUGFS):
        counts['alive'] = rdma.read_number('alive')
        counts['testbufs'] = rdma.read_number('testbuf_live')
    return counts


def settled(before):
    """left_behind(), after what still goes away by itself is gone."""
    if left_behind() != before:
        gc.collect()
    try:
        rdma.wait_until(lambda: left_behind() == before, 'it', 3)
    except AssertionError:
        pass
    return left_behind()


@pytest.fixture(autouse=True)
def clean(kernel_log):
    """Fail the test that leaks, or makes the kernel complain."""
    before = left_behind()
    yield
    after = settled(before)
    assert not (bad := kernel_log.bad()), '\n'.join(bad)
    assert after == before, f'left behind: {before} -> {after}'


def resources():
    out = subprocess.run(['rdma', 'resource', 'show'], check=True, text=True,
                         stdout=subprocess.PIPE).stdout
    # A device that was unplugged comes back under another number.
    return sorted(line.split(': ', 1)[1] for line in out.splitlines())


@pytest.fixture(scope='module', autouse=True)
def clean_resources():
    """Kernel objects of all devices, also those without counters."""
    before = resources()
    yield
    gc.collect()
    rdma.wait_until(lambda: resources() == before, 'rdma resources to go', 5)


@pytest.fixture(scope='session', autouse=True)
def right_library():
    """The tests ran on the libraries that they were meant to run on."""
    yield
    if not EXPECT:
        return
    with open('/proc/self/maps', encoding='utf-8') as f:
        mapped = set(re.findall(r'\S*/libibverbs\.so\S*', f.read()))
    assert mapped, 'libibverbs is not mapped'
    stock = {path.startswith('/usr/lib/') for path in mapped}
    assert stock == {EXPECT == 'stock'}, f'{EXPECT} expected, got {mapped}'


@pytest.fixture(params=['rxe0', *rdma.SOFTHCA.values()])
def device(request):
    """Every RDMA device of the VM, by name."""
    return request.param


@pytest.fixture(params=rdma.SOFTHCA.values(), ids=rdma.SOFTHCA)
def hca(request):
    """Those that import dma-bufs."""
    return request.param


@pytest.fixture(params=rdma.EXPORTERS)
def exporter(request):
    return request.param


@pytest.fixture(scope='session', autouse=True)
def modes_are_right():
    """The names the tests use stand for the modes they mean."""
    for mode, name in rdma.SOFTHCA.items():
        with open(f'{rdma.DEBUGFS}/{name}/mode', encoding='ascii') as f:
            assert f.read().strip() == mode


@pytest.fixture
def hca_pd(hca):
    with Context(name=hca) as ctx:
        yield PD(ctx)


@pytest.fixture
def pd(device):
    with Context(name=device) as ctx:
        yield PD(ctx)


@pytest.fixture
def rxe_pd():
    with Context(name='rxe0') as ctx:
        yield PD(ctx)


@pytest.fixture
def a():
    """A raw packet QP that is ready, and its port."""
    port = ports.Port(ports.A)
    yield port
    port.close()


@pytest.fixture
def b():
    """Another, of another port at the same switch."""
    port = ports.Port(ports.B)
    yield port
    port.close()
