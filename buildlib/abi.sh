# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
# shellcheck shell=bash
#
# Compares the interface of our build with Debian's packages. Sourced. The unit
# tests run the same script, a part at a time.

# compare_abi OPTION...: its report goes to stdout, its exit code is returned.
compare_abi() {
	in_root python3 -B tests/unit/abi.py "$@" build-vm
}
