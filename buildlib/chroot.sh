#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
#
# Runs a command in the root file system, with the source tree at /src.
#   chroot.sh [--writable] [--mnt FOLDER] ROOT SOURCE COMMAND...
# Everything is read-only but SOURCE/build-vm and /tmp, and ROOT, if it is a copy
# that is there to be written to; FOLDER is seen at /mnt. No network, and mounts
# and processes of its own: runs for several trees at once do not meet, and all
# of it is gone when the command ends or this process is killed. Needs root.
set -euo pipefail

bind() {
	mount --bind "$1" "$2"
	mount -o "remount,bind,$3" "$2"
}

enter() {
	local mode=$1 mnt=$2 root=$3 source=$4
	shift 4

	bind "$root" "$root" "$mode"
	cd "$root/.."		# the bind mount is seen by new look-ups only
	cd "$root"
	bind "$source" src ro
	mount --bind "$source/build-vm" src/build-vm
	mount -t proc proc proc
	mount -t tmpfs -o mode=1777 tmp tmp
	mount --bind /dev dev
	[[ -z $mnt ]] || bind "$mnt" mnt ro
	exec env -i HOME=/tmp LANG=C.UTF-8 TERM="${TERM:-dumb}" \
		PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		PYTHONDONTWRITEBYTECODE=1 \
		chroot . /bin/bash -c 'cd /src && exec "$@"' - "$@"
}

main() {
	local mode=ro mnt=

	if [[ ${1:-} == --inside ]]; then
		shift
		enter "$@"
	fi
	if [[ ${1:-} == --writable ]]; then
		mode=rw
		shift
	fi
	if [[ ${1:-} == --mnt ]]; then
		mnt=$2
		shift 2
	fi
	exec setpriv --pdeathsig KILL \
		unshare --mount --propagation private --net --ipc --pid --fork \
		--kill-child "$0" --inside "$mode" "$mnt" "$@"
}

main "$@"
