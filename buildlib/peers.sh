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

	  --json             the results as JSON on stdout, all else on stderr
	  --device DEVICE    only the rows of that device
	  --timeout SECONDS  give the VM that long (5400)
	END
}

# run_peers LIMIT ARG...: two machines share the rows, as they do tests.
run_peers() {
	local limit=$1 i
	shift

	# shellcheck disable=SC2034	# for boot()
	(($(nproc) < 2)) || MACHINES=2
	mkdir -p "$WORK_DIR/host/claims"
	# shellcheck disable=SC2016	# the guest knows which machine it is
	boot "peers in the VM" "$limit" no env -C tests \
		sh -c 'exec python3 -B -m peers --claims /host/claims \
			--results "/host/peers-$MACHINE.json" "$@"' sh "$@"
	RESULTS=()
	for i in $(machines); do
		RESULTS+=("$WORK_DIR/host/peers-$i.json")
	done
}

cmd_peers() {
	local limit=5400 json='' args=() ret=0

	while (($# > 0)); do
		case $1 in
		--json) json=$1 ;;
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
	if [[ -n $json ]]; then
		run_peers "$limit" "${args[@]}" -- "$@" >&2
	else
		run_peers "$limit" "${args[@]}" -- "$@"
	fi
	python3 "$SRC/buildlib/peers_summary.py" ${json:+"$json"} \
		"${RESULTS[@]}" || ret=$?
	((GUEST_STATUS == 0)) || ret=$GUEST_STATUS
	return "$ret"
}
