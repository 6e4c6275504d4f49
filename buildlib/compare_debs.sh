#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
#
# Whether two builds gave the same packages, bit for bit.
#   compare_debs.sh FOLDER OTHER
# Says of the first that differ which files in them do.
set -euo pipefail

list_contents() {
	local deb=$1 into

	into=$(mktemp -d)
	dpkg-deb --raw-extract "$deb" "$into"
	(cd "$into" && find . -printf '%p %m %l %T@\n' | sort &&
		find . -type f -print0 | sort -z | xargs -0 sha256sum)
	rm -rf "$into"
}

main() {
	local deb other same=0 differ=0

	for deb in "$1"/*.deb "$1"/*.dsc "$1"/*.tar.*; do
		other=$2/${deb##*/}
		if cmp -s "$deb" "$other"; then
			same=$((same + 1))
			continue
		fi
		differ=$((differ + 1))
		printf '%s differs\n' "${deb##*/}"
		[[ $deb != *.deb || ! -e $other ]] ||
			diff <(list_contents "$deb") <(list_contents "$other") || true
	done
	printf '%s files are the same, %s differ\n' "$same" "$differ"
	((same > 0 && differ == 0))
}

main "$@"
