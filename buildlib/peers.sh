# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
# shellcheck shell=bash
#
# Debian's programs on Debian's libraries and on ours, side by side. Sourced.

usage_peers() {
	cat <<-END
	Usage: ./dev peers [--json] [--device rxe|softhca] [--timeout SECONDS]
	                   [NAME...]

	Runs Debian's unmodified programs twice in the VM, on Debian's libraries
	and on ours, and prints both results and every difference. A row is one
	program with one set of options on one device; NAME is part of a row's
	name ('ib_write_bw', '-q 4'). Without NAME, all of them. Those marked
	core are also cases of './dev test peer'.

	A row is the same; better, if only ours passes; fails on stock, if both
	fail in the same way; or DIFFERS. Exits 0 only if nothing differs but
	what tests/peers/known.py lists, with its reason.

	  --json             the results as JSON on stdout
	  --device DEVICE    only the rows of that device
	  --timeout SECONDS  give the VM that long (5400)
	END
}

cmd_peers() {
	local limit=5400 args=()

	while (($# > 0)); do
		case $1 in
		--json) args+=("$1") ;;
		--device) args+=("$1" "${2:?--device needs a name}"); shift ;;
		--timeout) limit=${2:?--timeout needs a number}; shift ;;
		--) shift; break ;;
		-*) die "peers: unknown option '$1'; see ./dev peers --help" ;;
		*) break ;;
		esac
		shift
	done
	prepare peers
	build_all
	boot "peers in the VM" "$limit" no env -C tests \
		python3 -B -m peers "${args[@]}" -- "$@"
	return "$GUEST_STATUS"
}
