# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
from collections.abc import Iterable
from typing import overload

from pyverbs.base import PyverbsCM, PyverbsObject
from pyverbs.device import Context
from pyverbs.providers.mlx5.mlx5dv import Mlx5DevxObj


class EventHeader(PyverbsObject):
    cookie: int
    data: bytes
    def __init__(self, cookie: int, data: bytes) -> None: ...


class EventFD(PyverbsCM):
    def __init__(self, initval: int = ..., flags: int = ...) -> None: ...
    def close(self) -> None: ...
    @property
    def fd(self) -> int: ...


class EventChannel(PyverbsCM):
    def __init__(self, context: Context, flags: int = ...) -> None: ...
    def close(self) -> None: ...
    @property
    def fd(self) -> int: ...
    def subscribe(
        self, events_num: int | Iterable[int], cookie: int = ...,
        obj: Mlx5DevxObj | None = ..., fd: EventFD | None = ...,
    ) -> None: ...
    @overload
    def get_event(
        self, event_resp_len: int = ..., fd: None = ...,
    ) -> EventHeader: ...
    @overload
    def get_event(self, event_resp_len: int = ..., *, fd: EventFD) -> int: ...
