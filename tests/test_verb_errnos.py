# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Calls that a device may not know end as they do on Debian's libraries.

verb_errnos makes them; here its answers on our libraries are compared with those
on the release's (rdma-core 56) and on the newest ones (65).
"""

import fnmatch
import os
import subprocess

import pytest

import peer
import rdma

NEWEST_DIR = '/opt/rdma-newest/usr/lib/x86_64-linux-gnu'
# The newest find their providers by the loader's path alone.
LIB_PATHS = {'ours': peer.OUR_DIR, 'stock': peer.STOCK_DIR,
             'newest': f'{NEWEST_DIR}:{NEWEST_DIR}/libibverbs'}
DEVICES = {'rxe': 'rxe0', 'softhca': 'mlx5_0'}

# (driver, libraries, case): why ours answers otherwise.
DIFFERENCES = {
    ('rxe', '*', 'td.*'): 'its queues do without locks in them',
    ('rxe', '*', 'parent_domain.*'): 'its queues do without locks in them',
    ('softhca', '*', 'parent_domain.no_free'):
        'an allocator whose memory nobody could take back',
    ('softhca', 'stock', 'parent_domain.cc'):
        'a bit that is newer than the release',
    ('softhca', 'newest', 'buf.allocator_calls'):
        'buffers do not come from the allocator of queues',
    ('rxe', '*', 'rereg_mr.*'):
        'the driver can change access and PD; the stock provider never asks it',
    ('rxe', 'stock', 'advise_mr.none'):
        'the release\'s provider does not ask the driver, the newest does',
    ('softhca', '*', 'rereg_mr.foreign_pd'):
        'checked for every device, as it is for those that can',
    ('softhca', 'newest', 'reg_mr_ex.unknown_mask'):
        'the stock provider ignores a bit that it does not know',
    ('softhca', 'newest', 'reg_mr_ex.fd*'):
        'without the method the stock provider refuses dma-bufs; ours '
        'registers them as ibv_reg_dmabuf_mr() does',
    ('softhca', 'newest', 'dmah.*'):
        'the stock provider wants a processing hint; ours asks the kernel',
    ('softhca', 'newest', 'buf.empty'):
        'as on all other devices',
}
# Of what one of the kernels has and the other has not.
DIFFERENCES |= {
    ('rxe', 'stock', 'advise_mr.[fp]*'):
        'the release\'s provider does not ask a driver that takes advice',
} if rdma.NEWEST_KERNEL else {
    ('softhca', 'newest', 'port_speed.*'):
        'the same answer for a kernel and for a driver that cannot tell',
}


def ask(libraries, device):
    """The answers by case."""
    path = LIB_PATHS[libraries]
    env = dict(os.environ, LD_LIBRARY_PATH=path)
    done = subprocess.run([f'{peer.OUR_BIN}/verb_errnos', device],
                          env=env, text=True, stdout=subprocess.PIPE,
                          check=False, timeout=60)
    assert done.returncode == 0, done.stdout
    answers = dict(line.split(' ', 1) for line in done.stdout.splitlines())
    assert answers.pop('library').startswith(path.split(':')[0] + '/')
    return answers


@pytest.fixture(scope='module')
def ours():
    return {driver: ask('ours', name) for driver, name in DEVICES.items()}


def same(theirs, mine):
    """Not every stock call sets errno too, as ours do."""
    return theirs.removesuffix(', errno ok') == mine


@pytest.mark.parametrize('libraries', ('stock', 'newest'))
@pytest.mark.parametrize('driver', DEVICES)
def test_answers_are_those_of(driver, libraries, ours):
    theirs, mine = ask(libraries, DEVICES[driver]), ours[driver]
    expected = {case for who, whose, case in DIFFERENCES
                if who == driver and whose in ('*', libraries)}
    found, wrong = set(), []
    # What only one side answers follows from an answer that both have.
    for case in theirs.keys() & mine.keys():
        if same(theirs[case], mine[case]):
            continue
        known = [pattern for pattern in expected
                 if fnmatch.fnmatch(case, pattern)]
        found |= set(known)
        if not known:
            wrong.append(f'{case}: {theirs[case]}, ours: {mine[case]}')
    assert not wrong, '\n'.join(sorted(wrong))
    assert found == expected, f'no difference any more: {expected - found}'


def test_newest_calls_are_there(ours):
    for answers in ours.values():
        assert 'absent' not in answers.values()
