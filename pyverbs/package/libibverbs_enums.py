# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""The other name of pyverbs.enums."""

from pyverbs import enums

globals().update((name, value) for name, value in vars(enums).items()
                 if name.startswith(('ibv_', 'IBV_', '_IBV_')))
