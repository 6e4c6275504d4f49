# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
# shellcheck shell=bash
#
# Makes packages, in build-vm/packages, and tries them. Sourced. All of them are
# built from the release tarball: what git does not know is not in them.

PACKAGES=$BUILD/packages
TARBALL=

usage_package() {
	cat <<-END
	Usage: ./dev package WHAT

	Makes packages in build-vm/packages, out of what is committed:

	  tar        the release tarball
	  deb        Debian's packages, from the tarball; lintian has to be content
	  rpm        the same for RPM; rpmlint has to be content
	  reproduce  Debian's packages a second time, elsewhere: the same bits?
	  check      installs Debian's packages in place of the stock ones, in a
	             copy of the root file system, runs programs on them in the VM,
	             and goes back to the stock ones
	END
}

cmd_package() {
	local what=${1:-}

	case $what in
	tar | deb | rpm | reproduce | check) ;;
	*) die "package: what? see ./dev package --help" ;;
	esac
	(($# == 1)) || die "package $what takes no arguments"
	[[ $what != check ]] || with_own_mounts "package" "check"
	prepare package
	mkdir -p "$PACKAGES"
	"package_$what"
}

# The one place where the version is set.
read_version() {
	sed -n 's/^project(rdma-dmabuf VERSION \([0-9.]*\) .*/\1/p' \
		"$SRC/CMakeLists.txt"
}

# Somebody else may own the tree: it is only read.
git_here() {
	git -c safe.directory='*' -C "$SRC" "$@"
}

write_tarball() {
	local name=rdma-dmabuf-$1

	git_here archive --format=tar --prefix="$name/" HEAD |
		gzip -9n >"$2.new" && mv "$2.new" "$2"
}

package_tar() {
	local version

	git_here rev-parse --quiet --verify HEAD >/dev/null ||
		die "a tarball is made of a git repository, and this is none"
	version=$(read_version)
	TARBALL=$PACKAGES/rdma-dmabuf-$version.tar.gz
	[[ -z $(git_here status --porcelain --untracked-files=no) ]] ||
		printf 'note: what is not committed is not in the packages\n' >&2
	step "making the tarball" tar.log write_tarball "$version" "$TARBALL"
	printf '%s\n' "$TARBALL"
}

# in_packages NAME: that folder as the root file system sees it.
in_packages() {
	printf '/src/build-vm/packages/%s' "$1"
}

# build_deb FOLDER: the packages end up there, and nothing else.
build_deb() {
	step "building Debian's packages" deb.log in_root \
		buildlib/build_deb.sh "$(in_packages "${TARBALL##*/}")" \
		"$(in_packages "$1")"
}

# What was built of this very tarball is not built again.
have_deb() {
	cmp -s "$TARBALL" "$PACKAGES"/deb/*.orig.tar.gz
}

list_packages() {
	printf '%s\n' "$PACKAGES/$1"/*
}

package_deb() {
	package_tar >/dev/null
	build_deb deb
	step "asking lintian" lintian.log in_root \
		buildlib/lint_deb.sh "$(in_packages deb)"
	list_packages deb
}

package_rpm() {
	package_tar >/dev/null
	step "building RPM packages" rpm.log in_root buildlib/build_rpm.sh \
		"$(in_packages "${TARBALL##*/}")" "$(in_packages rpm)"
	step "asking rpmlint" rpmlint.log in_root \
		buildlib/lint_rpm.sh "$(in_packages rpm)"
	list_packages rpm
}

# In another folder, at another time, with another locale and umask.
build_elsewhere() {
	in_root env TZ=Pacific/Kiritimati LC_ALL=C HOME=/nonexistent \
		bash -c 'umask 027 && exec "$@"' - buildlib/build_deb.sh \
		"$(in_packages "${TARBALL##*/}")" "$(in_packages again)" \
		a-folder-with-a-longer-name
}

package_reproduce() {
	package_tar >/dev/null
	have_deb || build_deb deb
	step "building them once more" again.log build_elsewhere
	run_child in_root buildlib/compare_debs.sh \
		"$(in_packages deb)" "$(in_packages again)"
}
