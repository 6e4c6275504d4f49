#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
#
# Builds a kernel that looks for mistakes: the release's own source, with the
# configuration of tests/softhca/debug.config.
#   debug_kernel.sh SOURCES CONFIG ROOT TARGET
# SOURCES holds one-line apt sources, ROOT is the root file system to build in.
# TARGET appears complete or not at all: the work is done in TARGET.new, renamed
# at the end. In it, build-vm is the tree that was built, for modules as well.
# Needs root, 4 GB of disk meanwhile, and half an hour on two processors.
set -euo pipefail

readonly HERE=${0%/*}
CHILD=

# The version that the release's own kernel has.
source_package() {
	local kernel

	kernel=$(cd "$1/boot" && printf '%s\n' vmlinuz-* | sort --version-sort |
		head -n 1)
	kernel=${kernel#vmlinuz-}
	printf 'linux-source-%s' "$(cut -d. -f1,2 <<<"$kernel")"
}

# A package's signature is checked as apt does it, by this machine's keys.
download() {
	local sources=$1 package=$2 folder=$3
	local -a apt

	mkdir -p "$folder/lists/partial"
	apt=(apt-get -o "Dir::Etc::SourceList=$sources"
		-o Dir::Etc::SourceParts=/dev/null
		-o "Dir::State::Lists=$folder/lists")
	"${apt[@]}" update
	(cd "$folder" && "${apt[@]}" download "$package")
}

unpack() {
	local folder=$1 tree=$2

	dpkg-deb --fsys-tarfile "$folder"/*.deb |
		tar --extract --to-stdout --wildcards './usr/src/linux-source-*.tar.xz' |
		tar --extract --xz --strip-components=1 --directory "$tree"
}

# make_in ROOT FOLDER TARGET...: in the root file system, FOLDER taking the place
# of the source tree, with the one folder in it that can be written to.
make_in() {
	local root=$1 folder=$2
	shift 2

	"$HERE/chroot.sh" "$root" "$folder" nice -n 19 \
		make -C /src/build-vm "-j$(nproc)" "$@" &
	CHILD=$!
	wait "$CHILD"
	CHILD=
}

# What it runs does not end when asked to.
clean_up() {
	[[ -z $CHILD ]] || kill -KILL "$CHILD"
	rm -rf --one-file-system "$NEW"
}

# Modules are built with headers, scripts and symbols.
prune() {
	local tree=$1

	find "$tree" -type f \( -name '*.[coS]' -o -name '*.a' \) \
		! -path "$tree/scripts/*" ! -path "$tree/tools/*" -delete
	rm -rf "$tree/Documentation" "$tree/vmlinux.unstripped"
}

# What was asked for and not granted, because something it needs is not there.
check_config() {
	local tree=$1 line ret=0

	while read -r line; do
		[[ $line == CONFIG_* ]] || continue
		grep -qxF "$line" "$tree/.config" && continue
		printf 'not in the configuration: %s\n' "$line" >&2
		ret=1
	done <"$tree/debug.config"
	return "$ret"
}

main() {
	local sources=$1 config=$2 root=$3 target=$4 new=$4.new

	NEW=$new
	trap clean_up EXIT
	trap 'exit 143' TERM INT HUP
	rm -rf --one-file-system "$new"
	mkdir -p "$new/build-vm" "$new/download"
	download "$sources" "$(source_package "$root")" "$new/download"
	unpack "$new/download" "$new/build-vm"
	cp "$config" "$new/build-vm/debug.config"
	make_in "$root" "$new" KCONFIG_ALLCONFIG=debug.config allnoconfig
	check_config "$new/build-vm"
	make_in "$root" "$new" bzImage modules
	prune "$new/build-vm"
	rm -r "$new/download"
	mv -T "$new" "$target"
}

main "$@"
