#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Register a dma-buf with every device that imports them.

Prints a line for each device: the keys by which it is reached, or why the device
refused. Exits 1 if none took it.
"""

from __future__ import annotations

import argparse
import sys

from pyverbs import enums as e
from pyverbs.device import Context, get_device_list
from pyverbs.dmabuf import DmaBuf, known_exporters
from pyverbs.mr import DmaBufMR
from pyverbs.pd import PD
from pyverbs.pyverbs_error import PyverbsRDMAError

ACCESS = (e.IBV_ACCESS_LOCAL_WRITE | e.IBV_ACCESS_REMOTE_WRITE |
          e.IBV_ACCESS_REMOTE_READ)


def register(name: str, dmabuf: DmaBuf) -> bool:
    """Try one device; the context closes what is made in it."""
    with Context(name=name) as context:
        try:
            mr = DmaBufMR(PD(context), dmabuf.size, ACCESS, dmabuf)
        except PyverbsRDMAError as error:
            print(f'{name}: {error}')
            return False
        print(f'{name}: {mr.length} bytes, lkey {mr.lkey:#x}, rkey {mr.rkey:#x}')
        return True


def main() -> int:
    parser = argparse.ArgumentParser(description='Register a dma-buf.')
    parser.add_argument('--exporter', default='udmabuf',
                        help=f'such as {", ".join(known_exporters())}')
    parser.add_argument('--size', type=int, default=1 << 20, help='in bytes')
    args = parser.parse_args()
    with DmaBuf(args.size, exporter=args.exporter) as dmabuf:
        taken = [register(device.name.decode(), dmabuf)
                 for device in get_device_list()]
    return 0 if any(taken) else 1


if __name__ == '__main__':
    sys.exit(main())
