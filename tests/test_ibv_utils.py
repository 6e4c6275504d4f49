# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Our ibv_devices, ibv_devinfo and ibv_asyncwatch say what Debian's say."""

import glob
import os
import subprocess

import pytest

import peer
import rdma

STOCK = '/usr/bin'
DEVICES = ('rxe0', *rdma.SOFTHCA.values())
# What drivers of Linux 7.3 announce and Debian's program has no names for.
TABS = '\t' * 5
UNNAMED = f'{TABS}Unknown flags: 0xC0\n'
NAMED = f'{TABS}SUPPORT_FLUSH\n{TABS}SUPPORT_ATOMIC_WRITE\n'


def run(folder, program, *argv):
    """Exit code, stdout and stderr, without the folder; stock on stock."""
    libraries = 'ours' if folder == peer.OUR_BIN else 'stock'
    env = dict(os.environ, LD_LIBRARY_PATH=peer.LIB_DIRS[libraries])
    done = subprocess.run([f'{folder}/{program}', *argv], env=env, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=60, check=False)
    return (done.returncode, done.stdout.replace(folder, ''),
            done.stderr.replace(folder, ''))


def compare(program, *argv):
    """What ours said, which has to be what stock said."""
    ours = run(peer.OUR_BIN, program, *argv)
    code, out, err = run(STOCK, program, *argv)
    assert ours == (code, out.replace(UNNAMED, NAMED), err)
    return ours


def test_devices():
    code, out, _ = compare('ibv_devices')
    assert code == 0
    assert all(f'    {name} ' in out for name in DEVICES)


@pytest.mark.parametrize('argv', [
    (), ('-v',), ('-l',), ('--list', '-d', 'rxe0'), ('-d', 'nope', '-l'),
    ('-l', '-x'), ('-i', '1'), ('--ib-port=1', '--verbose')], ids=' '.join)
def test_devinfo_of_all(argv):
    assert compare('ibv_devinfo', *argv)[0] == 0


@pytest.mark.parametrize('argv', [(), ('-v',), ('-v', '-i', '1'), ('foo',)],
                         ids=' '.join)
def test_devinfo_of_one(device, argv):
    code, out, _ = compare('ibv_devinfo', '-d', device, *argv)
    assert code == 0
    assert f'hca_id:\t{device}\n' in out


@pytest.mark.parametrize('argv, code', [
    (('-d', 'nope'), 255), (('-i', '2'), 4), (('-d', 'rxe0', '-i', '2'), 4),
    (('-i', '0'), 1), (('-i', '-1'), 1), (('-i', 'x'), 1), (('-x',), 255),
    (('-i',), 255), (('--nope',), 255)], ids=str)
def test_devinfo_exit_code(argv, code):
    assert compare('ibv_devinfo', *argv)[0] == code


@pytest.mark.parametrize('argv, code', [
    (('-h',), 0), (('--help',), 0), (('-x',), 1), (('-d', 'nope'), 1)],
    ids=str)
def test_asyncwatch_exit_code(argv, code):
    assert compare('ibv_asyncwatch', *argv)[0] == code


@pytest.fixture
def netdev(device):
    return peer.read(glob.glob(f'/sys/class/infiniband/{device}/ports/1/'
                               'gid_attrs/ndevs/0')[0])


def set_link(netdev, state):
    subprocess.run(['ip', 'link', 'set', netdev, state], check=True)


def test_asyncwatch_prints_port_events(device, netdev):
    with peer.Program('ours', f'{peer.OUR_BIN}/ibv_asyncwatch', '-d',
                      device) as program:
        def printed(text):
            program.wait_until(lambda: text in peer.read(program.log), text)

        printed(f'{device}: async event FD ')
        try:
            set_link(netdev, 'down')
            printed('event_type port error (10), port 1')
        finally:
            set_link(netdev, 'up')
        printed('event_type port active (9), port 1')
