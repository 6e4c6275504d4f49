#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
#
# In the VM, on what is installed there: Debian's programs, and our own tests by
# the installed pyverbs.
set -euo pipefail

cd /src
(cd tests && python3 -B package/use_installed.py)
RDMA_DMABUF_EXPECT=stock python3 -B -m pytest -p no:cacheprovider \
	--color=no --tb=short -q tests/test_mr.py tests/test_dmabuf_mr.py
