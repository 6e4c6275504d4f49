# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Traffic in and out of dma-bufs that move all the time (tests/motion): every
round of every connection is checked, and the exporter that no mapping outlived
a move and nothing was written beside the buffers."""

import re
import signal
import subprocess

import pytest

import peer
from rdma import SOFTHCA

PROGRAM = f'{peer.OUR_BIN}/motion'
FIGURES = re.compile(r'rounds (\d+) failed (\d+) moves (\d+) violations 0 '
                     r'guards 0 mapped 0\n')


def run(pairs, rounds, *options, device=SOFTHCA['dynamic']):
    """Rounds done, connections that failed, and moves."""
    done = subprocess.run([PROGRAM, *options, device, str(pairs), str(rounds)],
                          text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 0, done.stdout
    return map(int, FIGURES.search(done.stdout).groups())


def all_rounds(pairs, rounds, *options):
    done, failed, moves = run(pairs, rounds, *options)
    assert (done, failed) == (pairs * rounds, 0)
    assert moves > 20


@pytest.mark.parametrize('pairs, rounds', ((1, 1500), (8, 250), (64, 30)))
def test_every_round_is_right(pairs, rounds):
    all_rounds(pairs, rounds)


def test_descriptors_closed_under_traffic():
    all_rounds(8, 150, '-c')


@pytest.mark.parametrize('pairs', (1, 8, 64))
def test_revoked_under_traffic(pairs):
    """Every connection ends with an error, and nothing maps the buffer."""
    done, failed, moves = run(pairs, 1000000, '-r', '60')
    assert failed == pairs
    assert moves >= 60 and done >= pairs


@pytest.mark.parametrize('nth', (2, 3, 7, 40))
def test_exporter_that_fails_one_map(nth):
    """Once for each buffer. Who needs that map fails, and nobody else; the
    first is the registration's own."""
    done, failed, _ = run(8, 200, '-e', '-x',
                          f'testbuf:dynamic,fail_map=EIO,nth={nth}')
    assert 1 <= failed <= 3
    assert done >= 200 * (8 - failed)


@pytest.mark.parametrize('pairs', (1, 64))
def test_killed_under_traffic(pairs):
    argv = [PROGRAM, SOFTHCA['dynamic'], str(pairs), '1000000000']
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == 'running\n'
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        process.kill()
    assert process.returncode == -signal.SIGKILL


@pytest.mark.sweep
@pytest.mark.parametrize('pairs, rounds', ((1, 400000), (8, 100000),
                                           (64, 12000)))
def test_a_million_rounds(pairs, rounds):
    all_rounds(pairs, rounds)
