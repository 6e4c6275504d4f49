# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Threads that do everything at once, under the thread sanitizer."""

import os
import subprocess

import pytest

BUILD = '/src/build-vm/tsan'
SECONDS = 6
RACE = 66       # the sanitizer's exit code


def run(*args):
    # The sanitizer wants its shadow where randomised addresses may lie.
    return subprocess.run(
        ['setarch', '-R', f'{BUILD}/bin/stress_threads', *args],
        env={**os.environ, 'LD_LIBRARY_PATH': f'{BUILD}/lib',
             'TSAN_OPTIONS': f'exitcode={RACE}'},
        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        timeout=120, check=False)


def test_race_is_noticed():
    done = run('--race')
    assert done.returncode == RACE, done.stdout
    assert 'data race' in done.stdout


@pytest.mark.parametrize('device', ['rxe0', 'mlx5_0'])
def test_no_races(device):
    done = run(device, str(SECONDS))
    assert done.returncode == 0, done.stdout
    assert 'ThreadSanitizer' not in done.stdout
