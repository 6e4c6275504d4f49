# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
# shellcheck shell=bash
#
# Builds the source tree inside the root file system. Sourced. What is up to
# date is not touched, so this runs before every boot.

BUILD_LOCK=

in_root() {
	"$SRC/buildlib/chroot.sh" "$ROOT" "$SRC" "$@"
}

# cmake_build FOLDER TARGET OPTION...: FOLDER is relative to the source tree.
cmake_build() {
	local dir=$1 target=$2
	shift 2

	if [[ ! -e $SRC/$dir/build.ninja ]]; then
		in_root cmake -G Ninja -S /src -B "/src/$dir" "$@" || return
	fi
	in_root ninja -C "/src/$dir" "$target"
}

# Kbuild wants to write next to the sources: give it a folder with copies,
# renewed only where they differ. Each kernel has a module of its own; the guest
# finds the folder by the name of the kernel it runs.
build_module() {
	local kernel dir

	kernel=$(find_kernel "$ROOT") || return
	dir=$BUILD/softhca-$kernel
	mkdir -p "$dir"
	rsync_sources "$SRC/tests/softhca" "$dir"
	if [[ $KERNEL_CHOICE == debug ]]; then
		"$SRC/buildlib/chroot.sh" --mnt "$(debug_kernel)/build-vm" \
			"$ROOT" "$SRC" make -C /mnt \
			"M=/src/build-vm/softhca-$kernel" modules
		return
	fi
	in_root make -C "/lib/modules/$kernel/build" \
		"M=/src/build-vm/softhca-$kernel" modules
}

# Kbuild's own output stays where it is; sources that are gone go.
rsync_sources() {
	local file

	for file in "$1"/*.[ch] "$1"/Kbuild "$1"/Makefile; do
		[[ -e $file ]] || continue
		cmp -s "$file" "$2/${file##*/}" || cp "$file" "$2/" || return
	done
	for file in "$2"/*.[ch] "$2"/Kbuild "$2"/Makefile; do
		[[ $file != *.mod.c && -e $file ]] || continue
		[[ -e $1/${file##*/} ]] || rm "$file"
	done
}

# What was built in another root file system does not fit this one.
check_stamp() {
	local stamp=$BUILD/.root

	[[ -e $stamp && $(<"$stamp") == "$ROOT" ]] && return
	find "$BUILD" -mindepth 1 -maxdepth 1 ! -name log ! -name .lock \
		-exec rm -rf {} +
	printf '%s\n' "$ROOT" >"$stamp"
}

build_all() {
	exec {BUILD_LOCK}>"$BUILD/.lock" || die "cannot write $BUILD/.lock"
	lock "$BUILD/.lock" "$BUILD_LOCK"
	check_stamp
	step "building for the VM" build.log cmake_build build-vm all
	build_module_step
}

build_module_step() {
	[[ $KERNEL_CHOICE != debug ]] || make_debug_kernel
	step "building the software device ($KERNEL_CHOICE kernel)" \
		softhca.log build_module
}

# A VM may run for long: others may build in the meantime.
unlock_build() {
	[[ -n $BUILD_LOCK ]] || return 0
	exec {BUILD_LOCK}>&-
	BUILD_LOCK=
}

build_sanitized() {
	step "building the unit tests" build-sanitize.log \
		cmake_build build-vm/sanitize all -DSANITIZE=ON -DPYTHON=OFF
}

# Libraries, and the program that has threads.
build_tsan() {
	step "building with the thread sanitizer" build-tsan.log \
		cmake_build build-vm/tsan threads -DSANITIZE=thread -DPYTHON=OFF
}
