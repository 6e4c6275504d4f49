# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Connections by librdmacm over our library.

The cases are in tests/cm. They run in a process of their own, because librdmacm
keeps every device of the machine open as long as its process lives.
"""

import os
import subprocess
import sys

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'cm')


def test_connections():
    done = subprocess.run(
        [sys.executable, '-B', '-X', 'faulthandler', '-m', 'pytest', '-p',
         'no:cacheprovider', '--color=no', '--tb=short', '-v', '-o',
         'faulthandler_timeout=60', f'{FOLDER}/test_connections.py'],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=300, check=False)
    print(done.stdout)
    assert done.returncode == 0
