# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
from pyverbs.dmabuf import DmaBuf
from pyverbs.mr import DmaBufMR
from pyverbs.pd import PD


class Mlx5DmaBufMR(DmaBufMR):
    def __init__(
        self, pd: PD, offset: int = ..., length: int = ..., iova: int = ...,
        fd: DmaBuf | int = ..., access: int = ..., mlx5_access: int = ...,
    ) -> None: ...
