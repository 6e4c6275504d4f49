# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""fork(2) in a process that has registered memory."""

from pyverbs cimport libibverbs as v
from pyverbs.base cimport check_status

from pyverbs import enums as e


def fork_init():
    """Make sure that registered memory survives a fork, or raise."""
    cdef int ret

    with nogil:
        ret = v.ibv_fork_init()
    check_status(ret, 'ibv_fork_init')


def is_fork_initialized():
    """The enums.ibv_fork_status."""
    cdef int status

    with nogil:
        status = v.ibv_is_fork_initialized()
    return e.ibv_fork_status(status)
