# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Of this project, not of the rdma-core whose names the package has."""

__version__ = '0.1.0'
