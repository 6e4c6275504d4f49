#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
#
# Builds RPM packages, source and binary, from the release tarball.
#   build_rpm.sh TARBALL OUT
# Runs in the root file system, which is Debian's: what it builds with is not
# known to rpm, and the macros of a distribution that uses rpm are given here.
# OUT is made anew.
set -euo pipefail

build() {
	local tarball=$1 work=$2 python

	python=$(python3 -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
	tar --extract --file "$tarball" --strip-components=1 -C "$work" \
		--wildcards '*/redhat/*'
	chmod 644 "$work/redhat/rdma-dmabuf.spec"
	rpmbuild -ba --nodeps --dbpath "$work/db" \
		--define "_topdir $work" --define "_tmppath /tmp" \
		--define "_sourcedir ${tarball%/*}" \
		--define "python3_sitearch %{_libdir}/$python/site-packages" \
		--define "__python3 /usr/bin/python3" \
		--define "debug_package %{nil}" \
		"$work/redhat/rdma-dmabuf.spec"
}

main() {
	local tarball=$1 out=$2 work=$2.work

	rm -rf "$out" "$work"
	mkdir -p "$work" "$out"
	build "$tarball" "$work"
	mv "$work"/RPMS/*/*.rpm "$work"/SRPMS/*.rpm "$out"
	rm -rf "$work"
}

main "$@"
