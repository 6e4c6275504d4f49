# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Our ping-pongs among themselves, and with Debian's at the other end."""

import os
import re
import subprocess

import pytest

import peer

OURS = os.path.join(os.path.dirname(peer.OUR_DIR), 'bin')
FOLDERS = {'ours': OURS, 'stock': '/usr/bin'}
ITERS = 20
# What differs from run to run: numbers of QPs and packets, and times.
VARYING = re.compile(r'(?<=[QP][PS]N 0x)\w{6}|(?<=in )[\d.]+(?= seconds)|'
                     r'(?<== )[\d.]+(?= (Mbit|usec))|(?<=cycles = )[\d.]+')

RC = ('', '-c', '-e', '-s 1', '-s 9000 -c', '-m 512 -c', '-r 3', '-l 3', '-N',
      '-N -e -c', '--iters=5 --events --chk --size=100 --mtu=2048')
KINDS = {'rc': RC, 'uc': ('', '-c', '-e', '-m 512 -s 3000 -c'),
         'ud': ('', '-c', '-e', '-s 100 -c'),
         'srq': ('', '-c', '-e', '-q 4 -r 6 -c', '-q 1', '--num-qp=8 -n 3')}
OWN = [(kind, options) for kind, rows in KINDS.items() for options in rows]


def program(side, kind):
    return f'{FOLDERS[side]}/ibv_{kind}_pingpong'


@pytest.fixture(params=['rxe', 'softhca'])
def found(request):
    return peer.find_device(request.param)


def run(server_side, client_side, kind, found, options):
    """What the server and the client printed, without what varies."""
    port = peer.free_port()
    argv = ('-d', found.name, '-g', found.gid_index, '-n', ITERS, '-p', port,
            *options.split())
    with peer.Program(server_side, program(server_side, kind),
                      *argv) as server:
        server.wait_for_listening(port)
        with peer.Program(client_side, program(client_side, kind), *argv,
                          '127.0.0.1') as client:
            outputs = client.finish().output, server.finish().output
    return [VARYING.sub('*', output) for output in outputs]


@pytest.mark.parametrize('kind, options', OWN)
def test_ours(found, kind, options):
    for output in run('ours', 'ours', kind, found, options):
        assert 'invalid data' not in output
        assert re.search(r'iters in \* seconds = \* usec/iter', output)


@pytest.mark.parametrize('kind, options', [
    ('rc', '-c'), ('rc', '-N -e'), ('uc', '-c'), ('ud', '-c'), ('ud', '-e'),
    ('srq', '-c'), ('srq', '-q 4 -r 6 -e')])
@pytest.mark.parametrize('sides', [('ours', 'stock'), ('stock', 'ours')],
                         ids=['server-ours', 'client-ours'])
def test_with_stock(found, kind, options, sides):
    """Both ends print the same, whichever of them is whose."""
    outputs = run(*sides, kind, found, options)
    assert outputs == run(*sides[::-1], kind, found, options)


# Stock's gives up on an event that has no completion any more: not with -e.
@pytest.mark.parametrize('client, options', [
    ('stock', '-t'), ('ours', '-t'), ('ours', '-t -e -c')])
def test_timestamps(client, options):
    softhca = peer.find_device('softhca')
    for output in run('ours', client, 'rc', softhca, options):
        assert 'Average receive completion clock cycles = *' in output


def alone(side, kind, *argv):
    """Exit code and stderr of a client that finds no server."""
    env = dict(os.environ, LD_LIBRARY_PATH=peer.LIB_DIRS[side])
    done = subprocess.run(
        [program(side, kind), '-p', '19999', *argv, '127.0.0.1'], env=env,
        text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
        check=False)
    return done.returncode, done.stderr.replace(FOLDERS[side], '')


BAD = ('', '-d nope', '-d rxe0 -i 2', '-i 0', '-p 65536', '-x', '--nope',
       'one too many', '-d rxe0 -g 999', '-d mlx5_0')
MORE_BAD = {
    'rc': ('-m 1000', '-q 2', '-d rxe0 -s 0', '-d rxe0 -o', '-d rxe0 -O', '-P', '-d rxe0 -t',
           '-d rxe0 -j', '-d mlx5_0 -j', '-o -j', '-d mlx5_0 -o'),
    'uc': ('-m 1000', '-o', '-N'),
    'ud': ('-m 1024', '-d rxe0 -s 1025', '-d rxe0 -s 2048'),
    'srq': ('-m 1000', '-q 255', '-q 256', '-q 10 -r 9', '-r 0 -q 1',
            '-d rxe0 -o', '-t'),
}


@pytest.mark.parametrize('kind, options', [
    (kind, options) for kind, more in MORE_BAD.items()
    for options in (*BAD, *more)])
def test_failure_is_that_of_stock(kind, options):
    ours, stock = (alone(side, kind, *options.split())
                   for side in ('ours', 'stock'))
    assert ours[0] != 0
    assert ours == stock
