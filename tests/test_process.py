# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""What a process leaves behind that ends in the middle of it all."""

import os
import signal
import subprocess
import sys

import pytest

from rdma import EXPORTERS, read_number, wait_until

# Writes into a dma-buf for ever; says so when the first round is done.
BUSY = '''
import sys
import rdma
from pyverbs import enums as e
pair = rdma.Pair(sys.argv[1])
user = rdma.Region(pair.a.pd, 100000, fill=1)
buf = rdma.Region(pair.b.pd, 100000, sys.argv[2], 4096)
while True:
    for _ in range(8):
        pair.a.send(e.IBV_WR_RDMA_WRITE, [user.sge()], buf.remote())
    rdma.succeed(pair.a.cq, 8)
    print('round', flush=True)
'''


def check_nothing_is_left(hca, exporter, number):
    alive = read_number('alive')
    bufs = read_number('testbuf_live')
    path = os.pathsep.join([os.path.dirname(__file__), *sys.path])
    with subprocess.Popen([sys.executable, '-B', '-c', BUSY, hca, exporter],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          env={**os.environ, 'PYTHONPATH': path}) as child:
        assert child.stdout.readline() == b'round\n'
        assert read_number('alive') > alive
        child.send_signal(number)
    assert child.returncode != 0
    wait_until(lambda: read_number('alive') == alive, 'objects to go')
    wait_until(lambda: read_number('testbuf_live') == bufs, 'buffers to go')


def test_killed_process_leaves_nothing(hca, exporter):
    check_nothing_is_left(hca, exporter, signal.SIGKILL)


# What Python does at an interrupt does not depend on the exporter.
@pytest.mark.parametrize('exporter', [
    pytest.param(name, marks=() if name == 'testbuf' else pytest.mark.sweep)
    for name in EXPORTERS])
def test_interrupted_process_leaves_nothing(hca, exporter):
    check_nothing_is_left(hca, exporter, signal.SIGINT)
