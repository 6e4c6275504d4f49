#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
#
# What rpmlint has to say about the packages in a folder.
#   lint_rpm.sh FOLDER
# Runs in the root file system. Fails if there is anything; redhat/rpmlint.toml
# has what there may be, with reasons.
set -euo pipefail

main() {
	rpmlint --strict --config redhat/rpmlint.toml "$1"/*.rpm
}

main "$@"
