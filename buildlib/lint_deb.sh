#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
#
# What lintian has to say about Debian's packages in a folder.
#   lint_deb.sh FOLDER
# Runs in the root file system. Fails if there is an error or a warning.
set -euo pipefail

main() {
	lintian --info --fail-on error,warning --tag-display-limit 0 \
		"$1"/*.changes
}

main "$@"
