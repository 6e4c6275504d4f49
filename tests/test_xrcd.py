# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""XRC domains."""

from pyverbs.xrcd import XRCDInitAttr


def test_attributes_hold_what_they_were_given():
    attr = XRCDInitAttr(1, 2, 3)
    assert (attr.comp_mask, attr.oflags, attr.fd) == (1, 2, 3)
