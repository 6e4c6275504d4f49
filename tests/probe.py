# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Run the programs of tests/probes on a choice of libraries."""

import functools
import os
import re
import subprocess

BUILD = '/src/build-vm'
NEWEST = '/opt/rdma-newest/usr/lib/x86_64-linux-gnu'
# The newest stock library looks for its providers by name.
LIBRARIES = {
    'stock': '/usr/lib/x86_64-linux-gnu',
    'newest': f'{NEWEST}:{NEWEST}/libibverbs',
    'ours': f'{BUILD}/lib',
}


@functools.lru_cache(None)
def ask(libraries, program, device):
    """What each case answered, by its name."""
    out = subprocess.run(
        [f'{BUILD}/bin/probe_{program}', device], text=True, check=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=300,
        env={**os.environ, 'LD_LIBRARY_PATH': LIBRARIES[libraries]}).stdout
    answers = {}
    for line in out.splitlines():
        name, _, answer = line.partition(':')
        answers[name] = answer.strip()
    assert answers
    return answers


def which_library(libraries, program):
    """The libibverbs that the program is bound to."""
    out = subprocess.run(
        ['ldd', f'{BUILD}/bin/probe_{program}'], text=True, check=True,
        stdout=subprocess.PIPE,
        env={**os.environ, 'LD_LIBRARY_PATH': LIBRARIES[libraries]}).stdout
    return re.search(r'libibverbs\.so\.1 => (\S+)', out)[1]
