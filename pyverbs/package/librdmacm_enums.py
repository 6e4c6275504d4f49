# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""The other name of pyverbs.cm_enums."""

from pyverbs import cm_enums

globals().update((name, value) for name, value in vars(cm_enums).items()
                 if name.startswith(('rdma_', 'RDMA_', 'RAI_')))
