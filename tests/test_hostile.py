# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Programs that tell the kernel nonsense; what they can do to a device's queues
is in test_peer_softhca.py. The `clean` fixture sees what the kernel logged and
what is left of them."""

import subprocess

import pytest

import peer
from rdma import Pair, Region, pattern, read_number, succeed, wait_until

from pyverbs import enums as e

PROGRAM = f'{peer.OUR_BIN}/ioctl_noise'


def device_works(name):
    with Pair(name) as pair:
        user, to = Region(pair.a.pd, 5000, fill=1), Region(pair.b.pd, 5000)
        pair.a.send(e.IBV_WR_RDMA_WRITE, [user.sge()], to.remote())
        succeed(pair.a.cq)
        to.check(pattern(5000, 1), 'written')


def make_noise(device, seed, rounds):
    done = subprocess.run([PROGRAM, device, str(seed), str(rounds)],
                          text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 0, done.stdout
    assert ' 0 accepted' not in done.stdout, done.stdout
    wait_until(lambda: read_number('alive') == 0, 'objects to go')
    device_works(device)


@pytest.mark.parametrize('seed', (1000, 2000))
def test_changed_ioctls_do_no_harm(hca, seed):
    make_noise(hca, seed, 15)


@pytest.mark.sweep
@pytest.mark.parametrize('seed', range(10000, 20000, 1000))
def test_many_changed_ioctls_do_no_harm(hca, seed):
    make_noise(hca, seed, 150)
