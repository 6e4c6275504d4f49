# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""XRC domains."""

import errno
import os
import tempfile

import pytest

from pyverbs import enums as e
from pyverbs.device import Context
from pyverbs.pyverbs_error import PyverbsRDMAError
from pyverbs.xrcd import XRCD, XRCDInitAttr

BOTH = e.IBV_XRCD_INIT_ATTR_FD | e.IBV_XRCD_INIT_ATTR_OFLAGS


def refused(device, *attr):
    with Context(name=device) as ctx:
        with pytest.raises(PyverbsRDMAError) as info:
            XRCD(ctx, XRCDInitAttr(*attr))
    return info.value.error_code


@pytest.mark.parametrize('mask', (BOTH, 0, e.IBV_XRCD_INIT_ATTR_OFLAGS))
def test_device_without_xrc_is_eopnotsupp(mask):
    assert refused('rxe0', mask, os.O_CREAT, -1) == errno.EOPNOTSUPP


def test_device_without_xrc_does_not_look_at_the_file():
    assert refused('rxe0', BOTH, os.O_CREAT, 999) == errno.EOPNOTSUPP
    with tempfile.TemporaryFile() as file:
        assert refused('rxe0', BOTH, os.O_CREAT, file.fileno()) == \
            errno.EOPNOTSUPP


def test_mask_that_nobody_knows_is_eopnotsupp(device):
    assert refused(device, BOTH | 1 << 9, os.O_CREAT, -1) == errno.EOPNOTSUPP


def test_attributes_hold_what_they_were_given():
    attr = XRCDInitAttr(1, 2, 3)
    assert (attr.comp_mask, attr.oflags, attr.fd) == (1, 2, 3)
