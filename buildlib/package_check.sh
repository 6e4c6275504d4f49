# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
# shellcheck shell=bash
#
# Debian's packages in place of the stock ones, and back. Sourced.

# What ours take the place of.
readonly STOCK_PACKAGES=(
	libibverbs1 libibverbs-dev ibverbs-providers ibverbs-utils
	python3-pyverbs
)

# with_own_mounts ARG...: runs ./dev again with mounts of its own, so that what
# it mounts is gone with it, however it ends.
with_own_mounts() {
	[[ -z ${RDMA_DMABUF_OWN_MOUNTS:-} ]] || return 0
	become_root "$@"
	RDMA_DMABUF_OWN_MOUNTS=yes exec unshare --mount --propagation private \
		"$SRC/dev" "$@"
}

# copy_root: from here on, ROOT is a copy to write to, which is made as it is
# written to, in memory.
copy_root() {
	local dir=$PACKAGES/copy

	mkdir -p "$dir"
	mount -t tmpfs -o mode=755 copy "$dir"
	mkdir "$dir"/{upper,work,root}
	mount -t overlay -o "lowerdir=$ROOT,upperdir=$dir/upper,workdir=$dir/work" \
		copy "$dir/root"
	ROOT=$dir/root
}

# fetch_stock FOLDER: the very versions the root file system has, from where it
# has them from. Its own lists are gone since it was made.
fetch_stock() {
	local apt=(apt-get -o "Dir=$ROOT" -o "Dir::Cache=$1.new/cache"
		-o "Dir::State::Lists=$1.new/lists"
		-o "Dir::Etc::TrustedParts=/etc/apt/trusted.gpg.d"
		-o "Dir::Bin::Methods=/usr/lib/apt/methods")
	local names=() package

	rm -rf "$1.new"
	mkdir -p "$1.new/cache/archives/partial" "$1.new/lists/partial"
	"${apt[@]}" update || return
	for package in "${STOCK_PACKAGES[@]}"; do
		names+=("$package=$(dpkg-query --admindir "$ROOT/var/lib/dpkg" \
			-W -f '${Version}' "$package")") || return
	done
	(cd "$1.new" && "${apt[@]}" download "${names[@]}") || return
	rm -rf "$1.new/cache" "$1.new/lists" && mv -T "$1.new" "$1"
}

in_copy() {
	"$SRC/buildlib/chroot.sh" --writable "$ROOT" "$SRC" "$@"
}

check_swap() {
	in_copy python3 -B tests/package/check_swap.py "$@"
}

# What is installed has to work for programs of others, and for pyverbs.
try_installed() {
	boot "programs on what is installed ($KERNEL_CHOICE kernel)" 900 \
		installed bash tests/package/use_installed.sh
	((GUEST_STATUS == 0)) || die "what is installed does not work"
}

package_check() {
	local stock

	package_tar >/dev/null
	have_deb || build_deb deb
	stock=$CACHE/stock-${ROOT##*/root-}
	[[ -d $stock ]] ||
		step "fetching the stock packages" stock.log fetch_stock "$stock"
	mkdir -p "$PACKAGES/stock"
	cp "$stock"/*.deb "$PACKAGES/stock/"
	copy_root
	step "installing ours in place of the stock ones" install.log \
		check_swap install "$(in_packages deb)"
	try_installed
	choose_kernel newest
	try_installed
	step "the packages' own tests" autopkgtest.log \
		in_copy buildlib/autopkgtest.sh "$(in_packages deb)"
	step "going back to the stock ones" restore.log \
		check_swap restore "$(in_packages deb)" "$(in_packages stock)"
}
