# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""How the objects of this package look as text: their properties, by name."""

from __future__ import annotations

import enum
import types
from collections.abc import Iterator

from pyverbs import enums as e
from pyverbs.names import flag_names, members
from pyverbs.pyverbs_error import PyverbsUserError

# What the bits of a property mean.
FLAGS: dict[str, type[enum.Enum]] = {
    'device_cap_flags': e.ibv_device_cap_flags,
    'port_cap_flags': e.ibv_port_cap_flags,
    'port_cap_flags2': e.ibv_port_cap_flags2,
    'qp_access_flags': e.ibv_access_flags,
    'mw_access_flags': e.ibv_access_flags,
    'send_flags': e.ibv_send_flags,
    'send_ops_flags': e.ibv_qp_create_send_ops_flags,
}
HEXADECIMAL = {'addr', 'buf', 'lkey', 'rkey', 'comp_mask', 'flags', 'wc_flags',
               'sys_image_guid', 'node_guid', 'page_size_cap', 'vendor_err'}


def property_names(cls: type) -> list[str]:
    """Those of its bases first, else in the order in which they are written."""
    names: dict[str, None] = {}
    for base in reversed(cls.__mro__):
        for name, member in vars(base).items():
            is_property = isinstance(
                member, (types.GetSetDescriptorType, property))
            if is_property and not name.startswith('_'):
                names[name] = None
    return list(names)


def flags_text(flags: int, flag_enum: type[enum.Enum]) -> str:
    """The names of the flags set, and what has no name as a number."""
    known = members(flag_enum)
    rest = flags & ~sum(flag for flag in known if flag & (flag - 1) == 0)
    names = flag_names(flags, known) + ([f'{rest:#x}'] if rest else [])
    return ' | '.join(names) or '0'


def value_text(name: str, value: object) -> str:
    """A value, where possible in one line."""
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, int) and name in FLAGS:
        return flags_text(value, FLAGS[name])
    if isinstance(value, int) and name in HEXADECIMAL:
        return f'{value:#x}'
    if isinstance(value, bytes):
        return value.decode(errors='replace')
    return str(value)


def is_owner(value: object) -> bool:
    """What is closed is named only: it has properties of its own to print."""
    return hasattr(value, 'close')


def property_lines(name: str, value: object, plain: type) -> Iterator[str]:
    """A line, or more, for one property."""
    if isinstance(value, list) and any(isinstance(v, plain) for v in value):
        for index, item in enumerate(value):
            yield from property_lines(f'{name}[{index}]', item, plain)
    elif isinstance(value, plain) and is_owner(value):
        yield f'{name:<20} {type(value).__name__}'
    elif isinstance(value, plain):
        yield f'{name}:'
        yield from (f'  {line}' for line in lines(value, plain))
    else:
        yield f'{name:<20} {value_text(name, value)}'.rstrip()


def lines(obj: object, plain: type) -> Iterator[str]:
    """The lines for all properties of what is open."""
    for name in property_names(type(obj)):
        try:
            value = getattr(obj, name)
        except PyverbsUserError:    # of what is closed
            continue
        yield from property_lines(name, value, plain)


def describe(obj: object, plain: type) -> str:
    """The class of an object, and a line for each property.

    plain: the class whose objects are printed in lines of their own.
    """
    body = ''.join(f'\n  {line}' for line in lines(obj, plain))
    return type(obj).__name__ + body
