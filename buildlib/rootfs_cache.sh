# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
# shellcheck shell=bash
#
# The cached root file system: made once, made anew when its recipe changes.
# Sourced. Sets ROOT.

ROOT=

recipe_hash() {
	cat "$SRC/buildlib/rootfs.sh" "$SRC/buildlib/rootfs_newest.sh" \
		"$SRC/buildlib/packages.list" | sha256sum | cut -c1-12
}

# write_sources: where the packages come from, all of them the mirror that
# this machine is set up for.
write_sources() {
	local sources=("$SRC/buildlib/apt_sources.py" "$RELEASE")

	python3 "${sources[@]}" >"$WORK_DIR/sources.list" &&
		python3 "${sources[@]}" --instead "$RELEASE-backports" \
			>>"$WORK_DIR/sources.list" &&
		python3 "${sources[@]}" --instead unstable \
			>"$WORK_DIR/newest.list"
}

make_rootfs() {
	mkdir -p "$CACHE" 2>/dev/null || die "cannot make $CACHE"
	ROOT=$CACHE/root-$(recipe_hash)
	[[ ! -d $ROOT ]] || return 0
	exec {LOCK}>"$CACHE/lock" || die "cannot write $CACHE/lock"
	lock "$CACHE/lock" "$LOCK"
	if [[ ! -d $ROOT ]]; then
		write_sources || die "no package mirror found"
		step "making the root file system" rootfs.log \
			"$SRC/buildlib/rootfs.sh" "$WORK_DIR/sources.list" \
			"$WORK_DIR/newest.list" "$SRC/buildlib/packages.list" "$ROOT"
	fi
	exec {LOCK}>&-
}

# What the debug kernel is made of; Debian's sources come with the release.
debug_hash() {
	cat "$SRC/buildlib/debug_kernel.sh" "$SRC/tests/softhca/debug.config" |
		sha256sum | cut -c1-12
}

debug_kernel() {
	printf '%s' "$CACHE/debug-$(debug_hash)"
}

make_debug_kernel() {
	[[ ! -d $(debug_kernel) ]] || return 0
	exec {LOCK}>"$CACHE/lock" || die "cannot write $CACHE/lock"
	lock "$CACHE/lock" "$LOCK"
	if [[ ! -d $(debug_kernel) ]]; then
		write_sources || die "no package mirror found"
		step "building the debug kernel (half an hour)" \
			debug-kernel.log "$SRC/buildlib/debug_kernel.sh" \
			"$WORK_DIR/sources.list" \
			"$SRC/tests/softhca/debug.config" "$ROOT" \
			"$(debug_kernel)"
	fi
	exec {LOCK}>&-
}

# Only what we made: the folder may be somebody's own.
remove_rootfs() {
	[[ -d $CACHE ]] || return 0
	exec {LOCK}>"$CACHE/lock" || die "cannot write $CACHE/lock"
	lock "$CACHE/lock" "$LOCK"
	printf '+ rm -rf %s\n' "$CACHE/root-* $CACHE/stock-* $CACHE/debug-*" >&2
	rm -rf --one-file-system "$CACHE"/root-* "$CACHE"/stock-* \
		"$CACHE"/debug-*
	rm -f "$CACHE/lock"
}
