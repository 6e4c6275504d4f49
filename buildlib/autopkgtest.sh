#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
#
# Runs the tests that come with Debian's packages, which are installed.
#   autopkgtest.sh FOLDER
# Runs in a root file system that can be written to. FOLDER has the packages. A
# test that finds nothing to do there is a failure, too.
set -euo pipefail

main() {
	autopkgtest --no-built-binaries "$1"/*.dsc -- null
}

main "$@"
