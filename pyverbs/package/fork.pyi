# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors

from pyverbs import enums as e
def fork_init() -> None: ...

def is_fork_initialized() -> e.ibv_fork_status: ...
