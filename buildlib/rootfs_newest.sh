#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
#
# Adds to a root file system what is newer than its release: the newest kernel
# of its backports, beside its own, and Debian's newest RDMA packages.
#   rootfs_newest.sh ROOT SOURCES
# Runs as a hook of mmdebstrap, with its apt configuration, in which the
# backports are known. SOURCES holds the apt source of the RDMA packages; they
# are unpacked below ROOT/opt/rdma-newest, not installed, and their symbols
# files are put next to them.
set -euo pipefail

readonly BACKPORTS=trixie-backports
readonly RDMA_PACKAGES=(
	libibverbs1 libibverbs-dev ibverbs-providers ibverbs-utils
	librdmacm1t64 python3-pyverbs
)

export APT_CONFIG=$MMDEBSTRAP_APT_CONFIG

# dpkg has to run inside: the configuration only tells apt where ROOT is.
install_kernel() {
	INITRD=No apt-get install --yes --no-install-recommends \
		-o "DPkg::Chroot-Directory=$1" \
		"linux-image-amd64/$BACKPORTS" "linux-headers-amd64/$BACKPORTS"
	rm -f "$1"/boot/initrd.img-*
}

# unpack FOLDER DEB: the package's files, and its symbols under its own name.
unpack() {
	local name

	dpkg-deb --extract "$2" "$1"
	name=$(dpkg-deb --field "$2" Package)
	mkdir -p "$1/symbols"
	dpkg-deb --ctrl-tarfile "$2" | tar --extract --to-stdout \
		./symbols >"$1/symbols/$name" 2>/dev/null ||
		rm "$1/symbols/$name"
}

unpack_rdma() {
	local root=$1 sources=$2 work deb
	local -a apt

	work=$(mktemp -d "$root/tmp/newest.XXXXXX")
	mkdir -p "$work/lists/partial" "$root/opt/rdma-newest"
	apt=(apt-get -o "Dir::Etc::SourceList=$sources"
		-o Dir::Etc::SourceParts=/dev/null
		-o "Dir::State::Lists=$work/lists"
		# A mirror may be behind with it: signed it is all the same.
		-o Acquire::Check-Valid-Until=false)
	"${apt[@]}" update
	(cd "$work" && "${apt[@]}" download "${RDMA_PACKAGES[@]}")
	for deb in "$work"/*.deb; do
		unpack "$root/opt/rdma-newest" "$deb"
	done
	rm -rf "$work"
}

main() {
	install_kernel "$1"
	unpack_rdma "$1" "$2"
}

main "$@"
