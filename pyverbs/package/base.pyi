# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
from typing_extensions import Self

from pyverbs.pyverbs_error import PyverbsRDMAError

LOG_FORMAT: str


def PyverbsRDMAErrno(
    msg: str, error_code: int | None = ...,
) -> PyverbsRDMAError: ...

def inc_rkey(rkey: int) -> int: ...


class PyverbsObject:
    def set_log_level(self, val: int | str) -> None: ...

def serial_of(obj: PyverbsCM) -> int: ...


class PyverbsCM(PyverbsObject):
    def __enter__(self) -> Self: ...
    def __exit__(
        self, exc_type: object, exc_value: object, traceback: object,
    ) -> None: ...
    def close(self) -> None: ...
