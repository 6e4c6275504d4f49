# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Our ping-pongs among themselves, and with Debian's at the other end."""

import os
import re
import socket
import subprocess

import pytest

import peer

FOLDERS = {'ours': peer.OUR_BIN, 'stock': '/usr/bin',
           'newest': f'{peer.NEWEST}/bin'}
ITERS = 20
# What differs from run to run: numbers of QPs and packets, and times.
VARYING = re.compile(r'(?<=[QP][PS]N 0x)\w{6}|(?<=in )[\d.]+(?= seconds)|'
                     r'(?<=RECV |SEND |SRQN | PSN )[\da-f]{6}|'
                     r'(?<== )[\d.]+(?= (Mbit|usec))|(?<=cycles = )[\d.]+')
# The newest libibverbs wants newer libraries than the release has.
LOADER = re.compile(r'.*: no version information available.*\n')

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


def plain(output):
    return VARYING.sub('*', LOADER.sub('', output))


def arguments(found, port, options):
    return ('-d', found.name, '-g', found.gid_index, '-n', ITERS, '-p', port,
            *options.split())


def run(server_side, client_side, kind, found, options):
    """What the server and the client printed, without what varies."""
    port = peer.free_port()
    argv = arguments(found, port, options)
    with peer.Program(server_side, program(server_side, kind),
                      *argv) as server:
        server.wait_for_listening(port)
        with peer.Program(client_side, program(client_side, kind), *argv,
                          '127.0.0.1') as client:
            return plain(client.finish().output), plain(server.finish().output)


@pytest.mark.parametrize('kind, options', OWN)
def test_ours(found, kind, options):
    for output in run('ours', 'ours', kind, found, options):
        assert 'invalid data' not in output
        assert re.search(r'iters in \* seconds = \* usec/iter', output)


@pytest.mark.parametrize('kind, options', [
    ('rc', '-c'), ('rc', '-N -e'), ('uc', '-c'), ('ud', '-c'), ('ud', '-e'),
    ('srq', '-c'), ('srq', '-q 4 -r 6 -e')])
def test_with_stock(found, kind, options):
    """Both ends print the same, whichever of them is whose."""
    outputs = run('ours', 'stock', kind, found, options)
    assert outputs == run('stock', 'ours', kind, found, options)


# Stock's gives up on an event that has no completion any more: not with -e.
@pytest.mark.parametrize('client, options', [
    ('stock', '-t'), ('ours', '-t'), ('ours', '-t -e -c')])
def test_timestamps(client, options):
    softhca = peer.find_device('softhca')
    for output in run('ours', client, 'rc', softhca, options):
        assert 'Average receive completion clock cycles = *' in output


ON_DEMAND = [('rc', '-o -c'), ('rc', '-o -P -c'), ('rc', '-O -c'),
             ('rc', '-O -P -N -e -c'), ('rc', '-o -s 20000 -c'),
             ('srq', '-o -c'), ('srq', '-o -e -q 4 -c')]


@pytest.mark.parametrize('kind, options', ON_DEMAND)
@pytest.mark.parametrize('sides', [('ours', 'ours'), ('ours', 'stock'),
                                   ('stock', 'ours')], ids='-'.join)
def test_memory_on_demand(kind, options, sides):
    softhca = peer.find_device('softhca')
    for output in run(*sides, kind, softhca, options):
        assert 'invalid data' not in output
        assert "Couldn't" not in output
        assert re.search(r'iters in \* seconds = \* usec/iter', output)


@pytest.mark.parametrize('options', ['-U -c', '-U -N -e -s 9000 -c'])
@pytest.mark.parametrize('sides', [('ours', 'ours'), ('ours', 'newest'),
                                   ('newest', 'ours')], ids='-'.join)
def test_unprotected_memory(options, sides):
    softhca = peer.find_device('softhca')
    for output in run(*sides, 'rc', softhca, options):
        assert 'invalid data' not in output
        assert re.search(r'iters in \* seconds = \* usec/iter', output)


@pytest.mark.parametrize('options', [
    '', '-e', '-n 1', '-s 1', '-m 512 -s 9000', '-o', '-o -e'])
@pytest.mark.parametrize('sides', [('ours', 'ours'), ('ours', 'stock'),
                                   ('stock', 'ours')], ids='-'.join)
def test_xrc(options, sides):
    softhca = peer.find_device('softhca')
    client, server = ([line.strip() for line in output.splitlines()]
                      for output in run(*sides, 'xsrq', softhca, options))
    local, remote, end = client
    assert re.fullmatch(r'local: LID 0000, QPN RECV \* SEND \*, PSN \*, '
                        r'SRQN \*, GID ::ffff:[\d.]+', local)
    assert remote == local.replace('local', 'remote')
    assert end == 'success'
    assert server == [remote, local, end]


# Of ours, stock's server answers one client at a time.
@pytest.mark.parametrize('sides', [
    ('ours', 'ours', 'stock'), ('ours', 'stock', 'stock'),
    ('ours', 'ours', 'ours')], ids='-'.join)
def test_xrc_with_several_clients(sides):
    softhca = peer.find_device('softhca')
    port = peer.free_port()
    argv = arguments(softhca, port, '-n 10')
    with peer.Program(sides[0], program(sides[0], 'xsrq'), *argv, '-c',
                      2) as server:
        server.wait_for_listening(port)
        with peer.Program(sides[1], program(sides[1], 'xsrq'), *argv,
                          '127.0.0.1') as first, \
             peer.Program(sides[2], program(sides[2], 'xsrq'), *argv,
                          '127.0.0.1') as second:
            for program_of in (first, second, server):
                assert program_of.finish().output.endswith('success')


# Stock's waits for ever.
def test_xrc_server_ends_when_its_client_does():
    port = peer.free_port()
    argv = arguments(peer.find_device('softhca'), port, '')
    with peer.Program('ours', program('ours', 'xsrq'), *argv) as server:
        server.wait_for_listening(port)
        socket.create_connection(('127.0.0.1', port)).close()
        assert "Couldn't read remote address" in server.finish((1,)).output


def alone(side, kind, *argv):
    """Exit code and stderr of a client that finds no server."""
    env = dict(os.environ, LD_LIBRARY_PATH=peer.LIB_DIRS[side])
    done = subprocess.run(
        [program(side, kind), '-p', '19999', *argv, '127.0.0.1'], env=env,
        text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
        check=False)
    errors = LOADER.sub('', done.stderr)
    return done.returncode, errors.replace(FOLDERS[side], '')


def alone_as_server(*argv):
    done = subprocess.run([program('ours', 'xsrq'), '-d', 'mlx5_0', *argv],
                          text=True, stderr=subprocess.PIPE, timeout=60,
                          check=False)
    return done.returncode, done.stderr


BAD = ('', '-d nope', '-d rxe0 -i 2', '-i 0', '-p 65536', '-x', '--nope',
       'one too many', '-d rxe0 -g 999', '-d mlx5_0')
MORE_BAD = {
    'rc': ('-m 1000', '-q 2', '-d rxe0 -s 0', '-d rxe0 -o', '-d rxe0 -O', '-P', '-d rxe0 -t',
           '-d rxe0 -j', '-d mlx5_0 -j', '-o -j', '-d mlx5_0 -o'),
    'uc': ('-m 1000', '-o', '-N'),
    'ud': ('-m 1024', '-d rxe0 -s 1025', '-d rxe0 -s 2048'),
    'srq': ('-m 1000', '-q 255', '-q 256', '-q 10 -r 9', '-r 0 -q 1',
            '-d rxe0 -o', '-t'),
    # With -i 0 stock's goes on, to fail as with any port that is not there.
    'xsrq': ('-m 1000', '-d rxe0', '-d rxe0 -g 1', '-d rxe0 -s 0',
             '-d rxe0 -o', '-q 2', '-r 2', '-d mlx5_0 -o'),
}
UNPROTECTED = ('-U -o', '-U -j', '-U -o -j', '-U -P', '-U -d nope',
               '-U -d mlx5_0 -g 1')
FAILURES = [(kind, options) for kind, more in MORE_BAD.items()
            for options in (*BAD, *more)
            if (kind, options) != ('xsrq', '-i 0')]


@pytest.mark.parametrize('kind, options', FAILURES)
def test_failure_is_that_of_stock(kind, options):
    ours, stock = (alone(side, kind, *options.split())
                   for side in ('ours', 'stock'))
    assert ours[0] != 0
    assert ours == stock


@pytest.mark.parametrize('options', UNPROTECTED)
def test_failure_is_that_of_the_newest(options):
    ours, newest = (alone(side, 'rc', *options.split())
                    for side in ('ours', 'newest'))
    assert ours[0] != 0
    assert ours == newest


@pytest.mark.parametrize('options', ['-c 0', '-c -1', '-n -1',
                                     '-c 100000 -n 100000'])
def test_xrc_server_of_impossible_numbers(options):
    code, errors = alone_as_server(*options.split())
    assert code == 1
    assert re.search('No server can have', errors)
