# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Connections by librdmacm over our library.

The cases are in tests/cm. They run in a process of their own, because librdmacm
keeps every device of the machine open as long as its process lives.
"""

import nested


def test_connections():
    run = nested.Run('-v', '-o', 'faulthandler_timeout=60',
                     f'{nested.TESTS}/cm/test_connections.py')
    run.check('connections')
