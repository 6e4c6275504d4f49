# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""What a process leaves behind that ends in the middle of it all."""

import os
import signal
import subprocess
import sys

import pytest

import rdma
from rdma import EXPORTERS, read_number, wait_until

WRITE = 'import sys, rdma; rdma.write_for_ever(sys.argv[1], sys.argv[2], 1)'


@pytest.fixture
def has_objects():
    """Whether a process has some; in the end they have to be gone."""
    alive = read_number('alive')
    bufs = read_number('testbuf_live')
    yield lambda: read_number('alive') > alive
    wait_until(lambda: read_number('alive') == alive, 'objects to go')
    wait_until(lambda: read_number('testbuf_live') == bufs, 'buffers to go')


def test_killed_process_leaves_nothing(hca, exporter, has_objects):
    told, tell = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            rdma.write_for_ever(hca, exporter, tell)
        finally:
            os._exit(1)
    os.close(tell)
    assert os.read(told, 1) == b'.'
    assert has_objects()
    os.kill(pid, signal.SIGKILL)
    assert os.waitpid(pid, 0)[1] == signal.SIGKILL
    os.close(told)


# What Python does at an interrupt does not depend on the exporter.
@pytest.mark.parametrize('exporter', [
    pytest.param(name, marks=() if name == 'testbuf' else pytest.mark.sweep)
    for name in EXPORTERS])
def test_interrupted_process_leaves_nothing(hca, exporter, has_objects):
    path = os.pathsep.join([os.path.dirname(__file__), *sys.path])
    with subprocess.Popen([sys.executable, '-B', '-c', WRITE, hca, exporter],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          env={**os.environ, 'PYTHONPATH': path}) as child:
        assert child.stdout.read(1) == b'.'
        assert has_objects()
        child.send_signal(signal.SIGINT)
    assert child.returncode != 0
