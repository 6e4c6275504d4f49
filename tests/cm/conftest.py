# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Of the cases over librdmacm: what it opens once is no leak of a case."""

import pytest

from pyverbs.device import rdma_get_devices


@pytest.fixture(scope='session', autouse=True)
def devices_are_open():
    """librdmacm opens all devices at the first call, for good."""
    return rdma_get_devices()
