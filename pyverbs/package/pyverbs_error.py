# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""What calls of this package raise."""

import os


class PyverbsError(Exception):
    """Base of everything raised on purpose. -1 for error_code: no errno."""

    def __init__(self, msg: str, error_code: int = -1) -> None:
        if error_code != -1:
            msg = f'{msg}. Errno: {error_code}, {os.strerror(error_code)}'
        super().__init__(msg)


class PyverbsRDMAError(PyverbsError):
    """A verb or the kernel refused; error_code is the errno value.

    Without a known errno, error_code is -1.
    """

    def __init__(self, msg: str, error_code: int = -1) -> None:
        self._error_code = error_code
        super().__init__(msg, error_code)

    @property
    def error_code(self) -> int:
        return self._error_code


class PyverbsUserError(PyverbsError):
    """The arguments cannot be meant; no verb was called."""

    def __init__(self, msg: str) -> None:
        super().__init__(msg)
