#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
#
# Builds Debian's packages, source and binary, from the release tarball.
#   build_deb.sh TARBALL OUT [SOURCE]
# Runs in the root file system. OUT is made anew; what is built in, next to it,
# goes away. SOURCE is the name of the folder that is built in.
set -euo pipefail

build() {
	local tarball=$1 source=$2 version

	mkdir -p "$source"
	tar --extract --file "$tarball" --strip-components=1 -C "$source"
	cd "$source"
	version=$(dpkg-parsechangelog --show-field Version)
	cp "$tarball" "../rdma-dmabuf_${version%-*}.orig.tar.gz"
	dpkg-buildpackage --no-sign
}

main() {
	local tarball=$1 out=$2 work=$2.work source=${3:-rdma-dmabuf}

	rm -rf "$out" "$work"
	(build "$tarball" "$work/$source")
	rm -rf "${work:?}/$source"
	mv "$work" "$out"
}

main "$@"
