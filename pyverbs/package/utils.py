# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Helpers of programs that print what devices say."""

from __future__ import annotations

import ipaddress
import sys

from pyverbs.names import (
    access_flags_to_str, mig_state_to_str, mtu_to_str, qp_state_to_str,
    qp_type_to_str, rereg_error_to_str)
from pyverbs.pyverbs_error import PyverbsUserError

__all__ = (
    'access_flags_to_str', 'be64toh', 'gid_str', 'gid_str_to_array',
    'mig_state_to_str', 'mtu_to_str', 'qp_state_to_str', 'qp_type_to_str',
    'rereg_error_to_str')


def be64toh(num: int) -> int:
    """A 64-bit number in network byte order as one of this machine."""
    return int.from_bytes(num.to_bytes(8, sys.byteorder), 'big')


def gid_str(subnet_prefix: int, interface_id: int) -> str:
    """The halves of a GID, in network byte order, as its text."""
    raw = b''.join(half.to_bytes(8, sys.byteorder)
                   for half in (subnet_prefix, interface_id))
    return raw.hex(':', 2)


def gid_str_to_array(val: str) -> list[str]:
    """A GID's text as a list of 16 texts, one for each byte."""
    try:
        raw = ipaddress.IPv6Address(val).packed
    except ValueError as error:
        raise PyverbsUserError(f'Invalid GID value ({val})') from error
    return [f'{byte:02x}' for byte in raw]
