# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
# shellcheck shell=bash
#
# What the machine itself needs: root, and a few packages. Sourced.

readonly HOST_PACKAGES=(
	mmdebstrap qemu-system-x86 python3 debian-archive-keyring ca-certificates
)

# become_root ARG...: runs ./dev again through sudo if need be.
become_root() {
	((EUID != 0)) || return 0
	command -v sudo >/dev/null ||
		die "needs root (for chroot and mounts), and there is no sudo"
	printf '+ sudo %s\n' "$SRC/dev $*" >&2
	exec sudo --preserve-env=RDMA_DMABUF_CACHE,CI,TMPDIR "$SRC/dev" "$@"
}

is_installed() {
	[[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

install_packages() {
	local package missing=()

	for package in "${HOST_PACKAGES[@]}"; do
		is_installed "$package" || missing+=("$package")
	done
	((${#missing[@]} > 0)) || return 0
	export DEBIAN_FRONTEND=noninteractive
	show_and_run "reading the package lists" apt-get update
	show_and_run "installing packages" apt-get install --yes \
		--no-install-recommends -o DPkg::Lock::Timeout=300 "${missing[@]}"
}

# What changes the machine is shown before it runs.
show_and_run() {
	local text=$1
	shift

	printf '+ %s\n' "$*" >&2
	step "$text" apt.log "$@"
}
