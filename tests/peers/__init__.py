# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Debian's unmodified RDMA programs, on Debian's libraries and on ours.

One list of rows, which `./dev peers` runs and prints, and which are the cases of
tests/test_peer.py.
"""

from . import ibverbs, others, perftest, rdmacm


def all_rows():
    """Yield every (row, driver)."""
    for part in (ibverbs, perftest, rdmacm, others):
        for row in part.rows():
            for driver in row.devices or ("",):
                yield row, driver
