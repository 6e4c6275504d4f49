#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
#
# Makes the Debian root file system everything is built and tested in.
#   rootfs.sh SOURCES NEWEST PACKAGES TARGET
# SOURCES and NEWEST hold one-line apt sources (what NEWEST is for stands in
# rootfs_newest.sh), PACKAGES a package a line. TARGET appears complete or not
# at all: the work is done in TARGET.new, renamed at the end.
# Needs root and mmdebstrap.
set -euo pipefail

readonly RELEASE=trixie

# Documentation nobody reads in there, and translations.
readonly DPKG_OPTS=(
	--dpkgopt=force-unsafe-io
	--dpkgopt='path-exclude=/usr/share/doc/*'
	--dpkgopt='path-exclude=/usr/share/man/*'
	--dpkgopt='path-exclude=/usr/share/info/*'
	--dpkgopt='path-exclude=/usr/share/locale/*'
)

# A proxy and the like, as this machine's own apt uses it.
write_apt_options() {
	apt-config dump --no-empty Acquire::http Acquire::https >"$1"
	printf 'Acquire::Retries "2";\nAcquire::http::Timeout "30";\nAcquire::Languages "none";\n' >>"$1"
}

read_packages() {
	sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$1" | paste -sd, -
}

make_root() {
	local sources=$1 newest=$2 packages=$3 target=$4

	# We boot with an initramfs of our own; the package's needs a minute.
	# shellcheck disable=SC2016	# mmdebstrap expands $1
	INITRD=No mmdebstrap --mode=root --variant=minbase \
		--aptopt="$target.aptopts" "${DPKG_OPTS[@]}" \
		--include="$(read_packages "$packages")" \
		--customize-hook="'${0%/*}/rootfs_newest.sh' \"\$1\" '$newest'" \
		--customize-hook='mkdir -p "$1/src" "$1/host"' \
		--customize-hook='rm -f "$1"/boot/initrd.img-*' \
		--customize-hook='echo rdma-vm >"$1/etc/hostname"' \
		--customize-hook='echo "127.0.0.1 localhost rdma-vm" >"$1/etc/hosts"' \
		"$RELEASE" "$target" - <"$sources"
}

main() {
	local sources=$1 newest=$2 packages=$3 target=$4 new=$4.new

	NEW=$new
	trap 'rm -rf --one-file-system "$NEW" "$NEW.aptopts"' EXIT
	trap 'exit 143' TERM INT HUP
	rm -rf --one-file-system "$new"
	write_apt_options "$new.aptopts"
	make_root "$sources" "$newest" "$packages" "$new" &
	wait $!
	mv -T "$new" "$target"
}

main "$@"
